"""S24: header formats, as they are on the wire of a run; `tests/wire` has the golden vectors."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from synfin.pcap import read_capture
from synfin.tcp import Event
from synfin.wire import udp
from synfin.wire.addresses import parse_address
from synfin.wire.checksum import checksum, pseudo_header_sum
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from synfin.wire.ipv6 import Ipv6Packet, build_ipv6
from synfin.wire.tcp import ACK, PROTOCOL, PSH, Segment, build_segment
from synfin.wire.tcp_options import TcpOptions
from tests.scenarios.play import CLIENT, PRESETS, SERVER, Play, established, text

V4 = parse_address("10.0.0.1"), parse_address("10.0.0.2")
V6 = parse_address("fd00::1"), parse_address("fd00::2")
LAYOUT = {2: (4,), 3: (3,), 4: (2,), 8: (10,), 34: (2, 10), 5: (10, 18, 26, 34)}  # kind: octets, header included

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def data(options: TcpOptions | None = None, payload: bytes = b"12345") -> bytes:
    """A segment from A that B would take at once."""
    segment = Segment(CLIENT, SERVER, 100, 300, ACK | PSH, 65_535, payload=payload)
    if options is not None:
        segment.options = options
    return build_segment(segment, *V4)


def rechecked(octets: bytes) -> bytes:
    """With the checksum that a sender would have put over exactly these octets."""
    blank = octets[:16] + b"\0\0" + octets[18:]
    return octets[:16] + checksum(blank, pseudo_header_sum(*V4, PROTOCOL, len(blank))).to_bytes(2, "big") + octets[18:]


def give(play: Play, octets: bytes) -> None:
    """Let an IP packet with these octets come out of the cable at B."""
    play.cable.inject("A", build_ipv4(Ipv4Packet(*V4, PROTOCOL, octets)), "injected-by-hand")
    play.run(more="60ms")


def bent(octets: bytes, position: int, value: int) -> bytes:
    """With one octet changed and the checksum right."""
    return rechecked(octets[:position] + bytes([value]) + octets[position + 1 :])


@pytest.mark.parametrize("preset", PRESETS)
def test_good_segment_is_taken(preset: str) -> None:
    """S24: the segment that the other tests break, unbroken; odd lengths are padded for the checksum only [E03]."""
    for length in (5, 6):
        play = established(preset)
        give(play, data(payload=text(length)))
        assert play.b.received == text(length)


@pytest.mark.parametrize(
    ("name", "octets", "rule"),
    [
        ("truncated", data()[:19], "tcp-truncated"),
        ("empty", b"", "tcp-truncated"),
        ("offset too small", bent(data(), 12, 4 << 4), "tcp-bad-offset"),
        ("offset beyond the end", bent(data(), 12, 15 << 4), "tcp-bad-offset"),
        ("checksum", data()[:16] + b"\x12\x34" + data()[18:], "tcp-bad-checksum"),
        ("turned bit", data()[:-1] + bytes([data()[-1] ^ 1]), "tcp-bad-checksum"),
        ("turned port", bytes([data()[0] ^ 128]) + data()[1:], "tcp-bad-checksum"),
    ],
)
def test_broken_segment_is_dropped_silently(name: str, octets: bytes, rule: str) -> None:
    """S24: truncated, bad offset, bad checksum: no answer, no delivery, counted [MUST-3] [E01]."""
    play = established("rfc")
    give(play, octets)
    assert play.b.received == b""
    assert [row for row in play.take() if row.ends[0] == "B"] == [], name
    assert play.b.node.host.rules[rule] == 1
    assert play.b.node.host.counters["TcpInErrs"] == 1
    assert play.b.node.host.counters["TcpInCsumErrors"] == (rule == "tcp-bad-checksum")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")


def test_corruption_on_the_way_is_repaired() -> None:
    """S24: a bit turned by the link costs a retransmission, nothing else [MUST-3]."""
    play = established("rfc", "corrupt(A>B,DATA,1..2)")
    play.a.write(3_000)
    play.run("20s")
    assert play.b.received == text(3_000)
    assert play.b.node.host.counters["TcpInErrs"] + play.b.node.host.counters["TcpInSegs"] > 4


@pytest.mark.parametrize("family", [4, 6])
def test_udp_checksum_of_zero(family: int) -> None:
    """S24: UDP: checksum 0 means none over IPv4 and is forbidden over IPv6 [RFC768-03] [RFC8200-15]."""
    play = Play()
    endpoint = play.b.node.host.udp(5_000)
    ends = V4 if family == 4 else V6
    octets = udp.build_udp(udp.UdpDatagram(4_000, 5_000, b"hello"), *ends)
    for field in (octets[6:8], b"\0\0"):
        packet = octets[:6] + field + octets[8:]
        frame = (
            build_ipv4(Ipv4Packet(*V4, udp.PROTOCOL, packet))
            if family == 4
            else build_ipv6(Ipv6Packet(*V6, udp.PROTOCOL, packet))
        )
        play.cable.inject("A", frame, "injected-by-hand")
    received = []
    while (message := endpoint.recvfrom()) is not None:
        received.append(message.payload)
    assert received == [b"hello"] * (2 if family == 4 else 1)


def test_udp_length_counts_its_header() -> None:
    """S24: the UDP length includes the 8 octets of header; what lies beyond it is padding [RFC768-02]."""
    play = Play()
    endpoint = play.b.node.host.udp(5_000)
    octets = udp.build_udp(udp.UdpDatagram(4_000, 5_000, b"hello"), *V4)
    assert int.from_bytes(octets[4:6], "big") == len(octets) == 8 + 5
    for broken in (octets[:4] + b"\0\x07" + octets[6:], octets[:4] + b"\0\x0e" + octets[6:], octets + b"padding"):
        play.cable.inject("A", build_ipv4(Ipv4Packet(*V4, udp.PROTOCOL, broken)), "injected-by-hand")
    message = endpoint.recvfrom()
    assert message is not None
    assert message.payload == b"hello"
    assert endpoint.recvfrom() is None


def rich_run(preset: str) -> Play:
    """A run with every option that the stack sends: one connection for a cookie, one with it, and a lost segment."""
    play = Play(
        preset, "drop(A>B,DATA,2)", isn_a=None, isn_b=None, timestamps=True, window_scaling=True, fast_open=True
    )
    play.b.listen()
    play.a.connect("B", cookie=b"", local_port=39_999)
    play.run("100ms")
    cookie = play.a.the.fast_open_cookie
    play.a.connect("B", data=text(100), cookie=cookie)
    play.a.on(Event.CONNECTED, lambda: play.a.write(20_000))
    play.run("5s")
    assert len(play.b.received) == 20_100
    return play


@pytest.mark.parametrize("preset", PRESETS)
def test_header_sizes_on_the_wire(preset: str) -> None:
    """S24: 20 to 60 octets, in words; the length of the text is what IP leaves: there is no length field [E01]."""
    play = rich_run(preset)
    stream = io.BytesIO()
    play.world.write_capture(stream)
    stream.seek(0)
    sizes = set()
    for packet in read_capture(stream):
        ihl = (packet.data[0] & 15) * 4
        offset = (packet.data[ihl + 12] >> 4) * 4
        assert int.from_bytes(packet.data[2:4], "big") == len(packet.data) <= 1_500
        assert 20 <= offset <= 60
        assert packet.data[ihl + 12] & 0x0F == 0  # reserved bits are sent as zero [E02]
        sizes.add(offset)
    assert len(sizes) >= 3


@needs_tshark
@pytest.mark.parametrize("preset", PRESETS)
def test_tshark_reads_the_options(preset: str, tmp_path: Path) -> None:
    """S24: option kinds and lengths as tshark reads them from a capture; all checksums good [MUST-14] [MUST-65]."""
    path = tmp_path / "run.pcapng"
    with path.open("wb") as stream:
        rich_run(preset).world.write_capture(stream)
    fields = ("tcp.flags.syn", "tcp.option_kind", "tcp.option_len", "tcp.checksum.status", "tcp.analysis.flags")
    command = ["tshark", "-r", str(path), "-o", "tcp.check_checksum:TRUE", "-Y", "tcp", "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    lines = [line.split("\t") for line in output.splitlines()]
    assert len(lines) > 40
    assert {line[3] for line in lines} == {"1"}
    with_syn: set[int] = set()
    without: set[int] = set()
    for syn, kinds, lengths, *_ in lines:
        named = [int(kind) for kind in kinds.split(",") if kind]
        sizes = [int(length) for length in lengths.split(",") if length]
        real = [kind for kind in named if kind > 1]  # End of Option List and NOP have no length
        (with_syn if syn in ("1", "True") else without).update(real)
        for kind, size in zip(real, sizes, strict=True):
            assert size in LAYOUT[kind]
    assert with_syn >= {2, 3, 4, 8, 34}
    assert without == {5, 8}
