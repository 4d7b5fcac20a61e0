"""A capture shows what was on the wire, who sent it, when, and which rule decided."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from synfin.device.capture import LINK_ETHERNET, LINK_RAW, Capture
from synfin.device.memory import MemoryPair
from synfin.pcap import PcapngWriter, read_capture
from synfin.trace import AppRecord, Record, RuleRecord, StateRecord
from synfin.wire.addresses import Endpoint, parse_address
from synfin.wire.frame import Frame
from synfin.wire.ipv4 import build_ipv4_header
from synfin.wire.tcp import build_header
from tests.device.test_split import ENDS, packet, segment

END = Endpoint(parse_address("192.0.2.1"), 80)


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


def rule(name: str) -> RuleRecord:
    return RuleRecord(0, "A", END, END, name, "RFC 9293")


def captured(stream: io.BytesIO) -> list[tuple[int, int, str, bytes]]:
    stream.seek(0)
    return [(p.interface, p.now_ns, p.comment, p.data) for p in read_capture(stream)]


def test_each_side_has_an_interface_and_each_frame_its_rules() -> None:
    stream, clock, pair = io.BytesIO(), Clock(), MemoryPair()
    capture = Capture(pair.a, PcapngWriter(stream), clock=clock, epoch=1_000, ours="A", theirs="B")
    pair.b.write(Frame(b"in"))
    clock.now = 5
    assert capture.read(None) is not None
    clock.now = 6
    seen: list[Record] = []
    sink = capture.tee(seen.append)
    for record in (
        rule("first"),
        rule("first"),
        StateRecord(6, "A", END, END, "ESTABLISHED", "CLOSE_WAIT", "fin-received", "r"),
        AppRecord(6, "A", END, END, "event", "eof"),
        rule("second"),
        AppRecord(6, "A", END, END, "close"),
        StateRecord(6, "A", END, END, "CLOSE_WAIT", "LAST_ACK", "close-call", "r"),
    ):
        sink(record)
    capture.write(Frame(b"out", note="because"))
    assert capture.read(None) is None
    sink(rule("belongs to no frame"))
    capture.close()
    assert captured(stream) == [(1, 1_005, "first, fin-received, second", b"in"), (0, 1_006, "because", b"out")]
    assert len(seen) == 8
    assert pair.a.closed  # closing the capture closes the device


def test_the_last_frame_is_written_at_the_end() -> None:
    stream, pair = io.BytesIO(), MemoryPair()
    with Capture(pair.a, PcapngWriter(stream), clock=Clock()) as capture:
        pair.b.write(Frame(b"last"))
        assert capture.read(None) is not None
        assert captured(stream) == []
    assert [data for _, _, _, data in captured(stream)] == [b"last"]


def test_super_segments_are_captured_as_they_go_on_the_wire() -> None:
    stream, pair = io.BytesIO(), MemoryPair()
    capture = Capture(pair.a, PcapngWriter(stream), clock=Clock())
    capture.write(Frame(packet(4, segment(b"x" * 250)), mss=100, note="data"))
    assert [len(data) for _, _, _, data in captured(stream)] == [152, 152, 102]
    assert pair.b.waiting == 3


@pytest.mark.parametrize(("layer", "link_type"), [(3, LINK_RAW), (2, LINK_ETHERNET)])
def test_the_link_type_follows_the_layer(layer: int, link_type: int) -> None:
    stream, pair = io.BytesIO(), MemoryPair(layer=layer)
    Capture(pair.a, PcapngWriter(stream), clock=Clock()).write(Frame(b"x" * 60))
    stream.seek(0)
    reader = read_capture(stream)
    list(reader)
    assert [interface.link_type for interface in reader.interfaces] == [link_type, link_type]


@pytest.mark.interop
def test_tshark_reads_it_without_complaint(tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed")
    path = tmp_path / "run.pcapng"
    pair = MemoryPair()
    with path.open("wb") as stream, Capture(pair.a, PcapngWriter(stream), clock=Clock(), epoch=10**18) as capture:
        pair.b.write(Frame(packet(6, segment(b"hello"))))
        assert capture.read(None) is not None
        capture.observe(rule("text-in-order"))
        capture.write(Frame(packet(6, segment(b"answer")), note="new-data"))
    fields = ["frame.interface_name", "frame.comment", "tcp.len", "frame.packet_flags_direction", "tcp.checksum.status"]
    command = [tshark, "-r", str(path), "-T", "json", "-o", "tcp.check_checksum:TRUE"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    rows = [[entry["_source"]["layers"].get(field, [""])[0] for field in fields] for entry in json.loads(done.stdout)]
    assert [row[:3] for row in rows] == [["peer", "text-in-order", "5"], ["synfin", "new-data", "6"]]
    assert [int(row[3], 0) for row in rows] == [1, 2]
    assert [row[4] for row in rows] == ["1", "1"]


@pytest.mark.interop
def test_tshark_finds_nothing_wrong_with_offloaded_packets(tmp_path: Path) -> None:
    """Super-segments and checksums that the device completes, both ways: whole in the file, and said to be so."""
    tshark = shutil.which("tshark")
    if tshark is None:
        pytest.skip("tshark is not installed")
    path = tmp_path / "offload.pcapng"
    pair = MemoryPair(offload=True)

    def left_to_the_device(text: bytes, mss: int) -> Frame:
        src, dst = ENDS[4]
        header = build_header(segment(text), src, dst, partial=True)
        start = build_ipv4_header(src, dst, 6, len(header) + len(text))
        return Frame(start + header, mss, "data", text=text, sum_from=20, sum_at=16)

    with path.open("wb") as stream, Capture(pair.a, PcapngWriter(stream), clock=Clock(), epoch=10**18) as capture:
        for text, mss in ((b"x" * 50_000, 1_448), (b"y" * 100, 0)):
            capture.write(left_to_the_device(text, mss))
            pair.a.peer._queue.clear()
            pair.a._queue.append(left_to_the_device(text, mss))
            assert capture.read(None) is not None
    command = [tshark, "-r", str(path), "-T", "fields", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    for field in ("tcp.len", "tcp.checksum.status", "ip.checksum.status", "frame.comment"):
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[:3] for row in rows] == [[size, "1", "1"] for size in ("50000", "50000", "100", "100")]
    said = "segmentation left to the device: at most 1448 octets of text each"
    assert [row[3] for row in rows] == [f"data, {said}", said, "data", ""]
