"""A capture may be anything: what is wrong in it is counted, and never raises."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synfin.errors import UsageError
from synfin.lab.scenarios import run
from synfin.pcap import PcapngWriter, read_capture
from synfin.timeline import from_capture
from synfin.timeline.capture import contents_of, timeline_of
from synfin.timeline.capture import frames as frames_module
from synfin.trace import SEND, SegmentRecord
from tests.timeline.test_capture import LINK_RAW, capture_of, one_interface, saved


def test_what_is_no_capture_is_a_usage_error_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    for data in (b"", b"\x0a", b"hello, world", b"\x1f\x8b\x08"):
        path.write_bytes(data)
        with pytest.raises(UsageError, match=r"x\.pcapng: "):
            from_capture(path)
    with pytest.raises(FileNotFoundError):
        from_capture(tmp_path / "nowhere.pcapng")
    writer = PcapngWriter(stream := io.BytesIO(), comment="")
    writer.add_interface("eth0", LINK_RAW)
    path.write_bytes(stream.getvalue())
    with pytest.raises(UsageError, match="there is no TCP connection in this capture"):
        from_capture(path)


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    stream = io.BytesIO()
    writer = PcapngWriter(stream, comment="")
    writer.add_interface("eth0", LINK_RAW)
    writer.add_interface("odd0", 147)
    writer.add_interface("eth1", 1)
    packets = [packet for packet in read_capture(io.BytesIO(capture_of(run("close")))) if packet.interface == 0]
    for packet in packets:
        writer.write(0, packet.now_ns, packet.data, direction=packet.direction)
    good = packets[0].data
    udp = bytearray(good)
    udp[9] = 17
    fragment = bytearray(good)
    fragment[6] = 0x20
    writer.write(0, 1, bytes(udp))  # broken as UDP, and its header sum is wrong
    writer.write(0, 1, bytes(fragment))
    writer.write(0, 1, b"\x45" + bytes(10))
    writer.write(1, 1, b"whatever")
    writer.write(2, 1, bytes(12) + b"\x88\x99" + bytes(20))
    writer.write(0, 1, b"\x00\x00")
    path = tmp_path / "run.pcapng"
    path.write_bytes(stream.getvalue() + b"\x06\x00\x00\x00\xff\xff")
    left = contents_of(path).left
    assert (left.no_ip, left.no_tcp, left.broken, left.links) == (2, 1, 2, {147: 1})
    assert left.error is not None
    told = " ".join(from_capture(path).told())
    for part in ("no IP packets: 2", "fragments: 1", "make no sense: 2", "not understood: 1", "damaged from octet"):
        assert part in told


def test_a_file_that_is_too_large_is_read_up_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_module, "PACKET_LIMIT", 4)
    path = saved("close", tmp_path / "run.pcapng")
    assert contents_of(path).left.beyond == 10
    assert any("too many: 10" in remark for remark in from_capture(path).told())


def test_damaged_segments_are_left_out_and_counted(tmp_path: Path) -> None:
    path = saved("bad-checksum", tmp_path / "run.pcapng")
    timeline = from_capture(path)
    assert any("wrong checksum: 1" in remark for remark in timeline.told())
    assert "≠" in timeline.text()


def test_checksums_that_a_network_card_adds_up_are_no_damage(tmp_path: Path) -> None:
    """A capture on the sending machine itself: what it sends has no checksum yet."""
    stream = io.BytesIO()
    writer = PcapngWriter(stream, comment="")
    writer.add_interface("eth0", LINK_RAW)
    for packet in read_capture(io.BytesIO(capture_of(run("close")))):
        if packet.interface == 0:
            data = bytearray(packet.data)
            if packet.direction == "out":
                data[36:38] = b"\xab\xcd"
            writer.write(0, packet.now_ns, bytes(data), direction=packet.direction)
    path = tmp_path / "run.pcapng"
    path.write_bytes(stream.getvalue())
    timeline = from_capture(path)
    assert timeline.final() == {"client": "TIME_WAIT", "server": "CLOSED"}
    assert any("network card" in remark for remark in timeline.told())


CAPTURES = [one_interface(capture_of(run(name)), 0) for name in ("whole-life", "fin-lost")]
CAPTURES.append(capture_of(run("simultaneous-close")))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.integers(0, len(CAPTURES) - 1),
    changes=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=12),
    cut=st.integers(0, 1 << 16) | st.none(),
)
def test_nothing_in_a_file_raises(which: int, changes: list[tuple[int, int]], cut: int | None, tmp_path: Path) -> None:
    data = bytearray(CAPTURES[which])
    for place, value in changes:
        data[place % len(data)] = value
    path = tmp_path / "fuzz.pcapng"
    path.write_bytes(bytes(data if cut is None else data[: cut % len(data)]))
    try:
        contents = contents_of(path)
    except UsageError:
        return
    for chosen in contents.connections:
        timeline = timeline_of(chosen, contents)
        timeline.text()
        timeline.final()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(
        st.tuples(
            st.booleans(), st.integers(0, 0x1FF), st.sampled_from([0, 1, 100, 101, 1 << 31, (1 << 32) - 1]),
            st.sampled_from([0, 1, 100, 101, 1 << 31]), st.integers(0, 30),
        ),
        max_size=30,
    )
)  # fmt: skip
def test_no_sequence_of_segments_raises(numbers: list[tuple[bool, int, int, int, int]], tmp_path: Path) -> None:
    from synfin.lab.world import _packet
    from synfin.wire.addresses import parse_address
    from synfin.wire.tcp import Segment, build_segment

    a, b = parse_address("10.0.0.1"), parse_address("10.0.0.2")
    stream = io.BytesIO()
    writer = PcapngWriter(stream, comment="")
    writer.add_interface("eth0", LINK_RAW)
    for time, (left, flags, seq, ack, size) in enumerate(numbers):
        src, dst, ports = (a, b, (1, 2)) if left else (b, a, (2, 1))
        segment = Segment(*ports, seq, ack, flags, 1_000, payload=bytes(size))
        writer.write(0, time, _packet(src, dst, build_segment(segment, src, dst)), direction="out" if left else "in")
    path = tmp_path / "fuzz.pcapng"
    path.write_bytes(stream.getvalue())
    contents = contents_of(path)
    for chosen in contents.connections:
        timeline = timeline_of(chosen, contents)
        timeline.text("zh")
        sent = sum(isinstance(r, SegmentRecord) and r.kind == SEND for r in timeline.records)
        assert sent == len(chosen.packets)
