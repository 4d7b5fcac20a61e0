"""Our pcapng: the octets are a pure function of the calls, and tshark, scapy and our reader all read the same."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.utils import RawPcapNgReader

from synfin.errors import UsageError
from synfin.pcap import CapturedPacket, CaptureInterface, PcapngWriter, read_capture
from synfin.pcap.model import BLOCK_LIMIT_OCTETS, INTERFACE_LIMIT, LINK_ETHERNET, LINK_IPV4, LINK_IPV6, LINK_RAW
from synfin.wire.addresses import parse_address
from synfin.wire.ethernet import EthernetFrame, build_ethernet
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from synfin.wire.ipv6 import Ipv6Packet, build_ipv6
from synfin.wire.udp import UdpDatagram, build_udp

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")

ENDS = parse_address("192.0.2.1"), parse_address("192.0.2.2")
SIXES = parse_address("2001:db8::1"), parse_address("2001:db8::2")
IPV4 = build_ipv4(Ipv4Packet(*ENDS, 17, build_udp(UdpDatagram(1, 2, b"odd"), *ENDS)))
IPV6 = build_ipv6(Ipv6Packet(*SIXES, 17, build_udp(UdpDatagram(3, 4, b"even"), *SIXES)))
ETHERNET = build_ethernet(EthernetFrame(b"\2" * 6, b"\4" * 6, 0x800, IPV4))
YEAR_2200 = 7_258_118_400_000_000_001


def sample() -> bytes:
    """A capture with everything in it."""
    out = io.BytesIO()
    writer = PcapngWriter(out, comment="seed 7")
    cable = writer.add_interface("A-eth0", LINK_ETHERNET)
    raw = writer.add_interface("tun β", LINK_RAW, snaplen=48)
    four = writer.add_interface("four", LINK_IPV4)
    six = writer.add_interface("six", LINK_IPV6)
    writer.write(cable, 0, ETHERNET, comment="rule ack-now", direction="out")
    writer.write(raw, 1_000_000_001, IPV6, direction="in")
    writer.write(four, 1_000_000_002, IPV4, comment="日本語")
    writer.write(six, YEAR_2200, IPV6)
    return out.getvalue()


def test_the_first_octets_by_hand() -> None:
    out = io.BytesIO()
    writer = PcapngWriter(out)
    writer.add_interface("if", LINK_ETHERNET, 96)
    writer.write(0, 0x1_0000_0002, b"abc", comment="x", direction="in")
    section = "0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff 0400 0600 73796e66696e 0000 0000 0000 2c000000"
    interface = "01000000 28000000 0100 0000 60000000 0200 0200 6966 0000 0900 0100 09 000000 0000 0000 28000000"
    packet = (
        "06000000 38000000 00000000 01000000 02000000 03000000 03000000 616263 00"
        "0100 0100 78 000000 0200 0400 01000000 0000 0000 38000000"
    )
    assert out.getvalue().hex() == (section + interface + packet).replace(" ", "")


def test_the_same_calls_give_the_same_octets() -> None:
    assert sample() == sample()
    assert len(sample()) % 4 == 0


def test_our_reader_gives_back_what_was_written() -> None:
    reader = read_capture(io.BytesIO(sample()))
    assert list(reader) == [
        CapturedPacket(0, 0, ETHERNET, len(ETHERNET), "rule ack-now", "out"),
        CapturedPacket(1, 1_000_000_001, IPV6[:48], len(IPV6), "", "in"),
        CapturedPacket(2, 1_000_000_002, IPV4, len(IPV4), "日本語"),
        CapturedPacket(3, YEAR_2200, IPV6, len(IPV6)),
    ]
    assert reader.interfaces == [
        CaptureInterface("A-eth0", LINK_ETHERNET, 0),
        CaptureInterface("tun β", LINK_RAW, 48),
        CaptureInterface("four", LINK_IPV4, 0),
        CaptureInterface("six", LINK_IPV6, 0),
    ]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.integers(0, (1 << 64) - 1),
            st.binary(max_size=70),
            st.text(max_size=20),
            st.sampled_from((None, "in", "out")),
        ),
        max_size=8,
    )
)
def test_any_packets_come_back(packets: list[tuple[int, int, bytes, str, Any]]) -> None:
    out = io.BytesIO()
    writer = PcapngWriter(out)
    for snaplen in (0, 30, 1_000):
        writer.add_interface("", LINK_ETHERNET, snaplen)
    for packet in packets:
        writer.write(*packet)
    out.seek(0)
    expected = [
        CapturedPacket(interface, now, data[:30] if interface == 1 else data, len(data), comment, direction)
        for interface, now, data, comment, direction in packets
    ]
    assert list(read_capture(out)) == expected


def test_each_block_is_written_at_once() -> None:
    """A reader that follows the file never sees half a block."""

    class Counting(io.BytesIO):
        writes = 0

        def write(self, data: Any) -> int:
            self.writes += 1
            return super().write(data)

    out = Counting()
    writer = PcapngWriter(out)
    writer.add_interface("a", 1)
    writer.write(0, 0, b"data", comment="c", direction="out")
    assert out.writes == 3


def test_surrogates_do_not_stop_a_capture() -> None:
    out = io.BytesIO()
    writer = PcapngWriter(out)
    writer.add_interface("a\udcffb", 1)
    out.seek(0)
    reader = read_capture(out)
    assert list(reader) == []
    assert reader.interfaces[0].name == "a?b"


@pytest.mark.parametrize(
    "arguments",
    [(1, 0, b""), (-1, 0, b""), (0, -1, b""), (0, 1 << 64, b""), (0, 0, b"", "x" * 65_536), (0, 0, b"", "", "up"),
     (0, 0, bytes(BLOCK_LIMIT_OCTETS))],
)  # fmt: skip
def test_the_callers_mistakes_leave_the_file_whole(arguments: Any) -> None:
    out = io.BytesIO()
    writer = PcapngWriter(out)
    writer.add_interface("a", 1)
    before = out.getvalue()
    with pytest.raises(UsageError):
        writer.write(*arguments)
    assert out.getvalue() == before


@pytest.mark.parametrize("arguments", [("a", -1), ("a", 65_536), ("a", 1, -1), ("a", 1, 1 << 32), ("a" * 65_536, 1)])
def test_interfaces_that_cannot_be(arguments: Any) -> None:
    with pytest.raises(UsageError):
        PcapngWriter(io.BytesIO()).add_interface(*arguments)


def test_the_limit_of_interfaces() -> None:
    writer = PcapngWriter(io.BytesIO())
    for _ in range(INTERFACE_LIMIT):
        writer.add_interface("", 1)
    with pytest.raises(UsageError, match="interfaces"):
        writer.add_interface("", 1)


def test_scapy_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "sample.pcapng"
    path.write_bytes(sample())
    with RawPcapNgReader(str(path)) as reader:
        read = [(data, meta.tshigh << 32 | meta.tslow, meta.linktype, meta.comments) for data, meta in reader]
    assert read == [
        (ETHERNET, 0, LINK_ETHERNET, [b"rule ack-now"]),
        (IPV6[:48], 1_000_000_001, LINK_RAW, None),
        (IPV4, 1_000_000_002, LINK_IPV4, ["日本語".encode()]),
        (IPV6, YEAR_2200, LINK_IPV6, None),
    ]


@pytest.mark.interop
@needs_tshark
def test_tshark_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "sample.pcapng"
    path.write_bytes(sample())
    fields = "frame.time_epoch frame.interface_name frame.comment frame.packet_flags_direction frame.len frame.cap_len "
    fields += "udp.srcport udp.checksum.status"
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-o", "udp.check_checksum:TRUE"]
    for field in fields.split():
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert rows[0] == ["0.000000000", "A-eth0", "rule ack-now", "0x00000002", "45", "45", "1", "1"]
    assert rows[1] == ["1.000000001", "tun β", "", "0x00000001", "52", "48", "3", "2"]
    assert rows[2] == ["1.000000002", "four", "日本語", "", "31", "31", "1", "1"]
    assert rows[3] == ["7258118400.000000001", "six", "", "", "52", "52", "3", "1"]
    # Nothing to complain about, such as a bad block or an unknown option.
    assert not [line for line in done.stderr.splitlines() if "Running as user" not in line]
