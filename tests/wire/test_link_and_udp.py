"""Ethernet frames, ARP packets, UDP datagrams."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, in4_chksum
from scapy.layers.inet6 import IPv6, in6_chksum

from synfin.errors import UsageError, WireError
from synfin.wire.addresses import Address, parse_address
from synfin.wire.arp import REPLY, REQUEST, ArpPacket, build_arp, parse_arp
from synfin.wire.ethernet import ETHERTYPE_VLAN, EthernetFrame, build_ethernet, parse_ethernet
from synfin.wire.udp import UdpDatagram, build_udp, parse_udp

MAC = st.binary(min_size=6, max_size=6)
V4 = st.binary(min_size=4, max_size=4).map(Address)
ONE, TWO = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
ENDS = {
    4: (parse_address("192.0.2.1"), parse_address("192.0.2.2")),
    6: (parse_address("2001:db8::1"), parse_address("2001:db8::2")),
}


@given(st.builds(EthernetFrame, MAC, MAC, st.integers(0x600, 0xFFFF), st.binary(max_size=60)))
def test_ethernet_round_trip(frame: EthernetFrame) -> None:
    octets = build_ethernet(frame)
    assert parse_ethernet(octets) == frame
    assert hash(parse_ethernet(octets)) == hash(frame)
    assert octets == frame.dst + frame.src + frame.ethertype.to_bytes(2, "big") + frame.payload


@pytest.mark.parametrize("size", range(14))
def test_short_ethernet_frames(size: int) -> None:
    with pytest.raises(WireError, match="ethernet-truncated"):
        parse_ethernet(bytes(size))


def test_ieee_framing_is_not_ethernet_ii() -> None:
    with pytest.raises(WireError, match="ethernet-length-field"):
        parse_ethernet(ONE + TWO + b"\x05\xff" + bytes(60))
    assert parse_ethernet(ONE + TWO + b"\x06\x00").ethertype == 0x600


def test_a_vlan_tag_is_a_type() -> None:
    frame = parse_ethernet(ONE + TWO + bytes.fromhex("8100" + "0007" + "0800"))
    assert frame.ethertype == ETHERTYPE_VLAN
    assert frame.payload == bytes.fromhex("00070800")


@pytest.mark.parametrize(
    "frame", [(ONE[:5], TWO, 0x800), (ONE, TWO + b"x", 0x800), (ONE, TWO, 0x5FF), (ONE, TWO, 1 << 16)]
)
def test_what_does_not_fit_ethernet(frame: tuple[bytes, bytes, int]) -> None:
    with pytest.raises(UsageError):
        build_ethernet(EthernetFrame(*frame))


@given(st.builds(ArpPacket, st.integers(0, 0xFFFF), MAC, V4, MAC, V4), st.integers(0, 18))
def test_arp_round_trip(packet: ArpPacket, padding: int) -> None:
    octets = build_arp(packet)
    assert len(octets) == 28
    assert parse_arp(octets + bytes(padding)) == packet
    assert hash(parse_arp(octets)) == hash(packet)


def test_arp_layout() -> None:
    """[RFC826-01]"""
    src, dst = ENDS[4]
    octets = build_arp(ArpPacket(REQUEST, ONE, src, bytes(6), dst))
    assert octets.hex() == "0001080006040001020000000001c0000201000000000000c0000202"
    assert build_arp(ArpPacket(REPLY, ONE, src, TWO, dst))[7] == 2


@pytest.mark.parametrize("size", range(28))
def test_every_truncation_of_arp(size: int) -> None:
    octets = build_arp(ArpPacket(REQUEST, ONE, ENDS[4][0], bytes(6), ENDS[4][1]))
    with pytest.raises(WireError, match="arp-truncated"):
        parse_arp(octets[:size])


@pytest.mark.parametrize("head", ["0006080006040001", "0001080606040001", "0001080008040001", "0001080006100001"])
def test_other_kinds_of_arp(head: str) -> None:
    with pytest.raises(WireError, match="arp-unsupported"):
        parse_arp(bytes.fromhex(head) + bytes(20))


@pytest.mark.parametrize(
    "values",
    [(-1, ONE, b"1234", TWO, b"1234"), (1 << 16, ONE, b"1234", TWO, b"1234"), (1, b"", b"1234", TWO, b"1234"),
     (1, ONE, b"123", TWO, b"1234"), (1, ONE, b"1234", TWO * 2, b"1234"), (1, ONE, b"1234", TWO, bytes(16))],
)  # fmt: skip
def test_what_does_not_fit_arp(values: Any) -> None:
    with pytest.raises(UsageError):
        build_arp(ArpPacket(*values))


DATAGRAMS = st.builds(
    UdpDatagram,
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF),
    st.binary(max_size=100) | st.integers(0, 5_000).map(bytes),
)


@given(DATAGRAMS, st.sampled_from((4, 6)), st.binary(max_size=5))
def test_udp_round_trip(datagram: UdpDatagram, family: int, excess: bytes) -> None:
    """Octets beyond the length are ignored [RFC768-02]."""
    src, dst = ENDS[family]
    octets = build_udp(datagram, src, dst)
    parsed = parse_udp(octets + excess, src, dst)
    assert parsed == datagram
    assert hash(parsed) == hash(datagram)
    assert build_udp(parsed, src, dst) == octets


@given(DATAGRAMS, st.sampled_from((4, 6)))
def test_scapy_computes_the_same_udp_checksum(datagram: UdpDatagram, family: int) -> None:
    src, dst = ENDS[family]
    octets = build_udp(datagram, src, dst)
    zeroed = octets[:6] + b"\0\0" + octets[8:]
    if family == 4:
        computed = in4_chksum(17, IP(src="192.0.2.1", dst="192.0.2.2"), zeroed)
    else:
        computed = in6_chksum(17, IPv6(src="2001:db8::1", dst="2001:db8::2"), zeroed)
    assert int.from_bytes(octets[6:8], "big") == (computed or 0xFFFF)


@pytest.mark.parametrize("family", [4, 6])
def test_a_checksum_of_zero_is_sent_as_all_ones(family: int) -> None:
    """[RFC768-03] [RFC8200-15]: found by trying all ports, as exactly one of them makes the sum come out as zero."""
    src, dst = ENDS[family]
    found = [port for port in range(1 << 16) if build_udp(UdpDatagram(port, 7, b"x"), src, dst)[6:8] == b"\xff\xff"]
    assert len(found) == 1
    octets = build_udp(UdpDatagram(found[0], 7, b"x"), src, dst)
    assert parse_udp(octets, src, dst) == UdpDatagram(found[0], 7, b"x")


def test_no_checksum_is_for_ipv4_only() -> None:
    """[RFC768-03] [RFC8200-15]"""
    datagram = UdpDatagram(1, 2, b"data", checksummed=False)
    octets = build_udp(datagram, *ENDS[4])
    assert octets.hex() == "00010002000c0000" + b"data".hex()
    assert parse_udp(octets, *ENDS[4]) == datagram
    assert datagram != UdpDatagram(1, 2, b"data")
    with pytest.raises(WireError, match="udp-zero-checksum"):
        parse_udp(octets, *ENDS[6])
    with pytest.raises(UsageError, match="checksum"):
        build_udp(datagram, *ENDS[6])


@pytest.mark.parametrize("family", [4, 6])
def test_damaged_datagrams(family: int) -> None:
    """[RFC1122-33]"""
    src, dst = ENDS[family]
    octets = build_udp(UdpDatagram(1, 2, b"odd"), src, dst)
    for at in (0, 1, 2, 3, 6, 7, 8, 9, 10):
        bad = octets[:at] + bytes((octets[at] ^ 4,)) + octets[at + 1 :]
        with pytest.raises(WireError, match="udp-bad-checksum"):
            parse_udp(bad, src, dst)
    assert parse_udp(octets[:-1] + b"?", src, dst, verify=False).payload == b"od?"
    for size in range(len(octets)):
        with pytest.raises(WireError) as caught:
            parse_udp(octets[:size], src, dst)
        assert caught.value.rule == ("udp-truncated" if size < 8 else "udp-bad-length")
    for length in (0, 7, 12, 0xFFFF):
        with pytest.raises(WireError, match="udp-bad-length"):
            parse_udp(octets[:4] + length.to_bytes(2, "big") + octets[6:], src, dst)


@pytest.mark.parametrize("values", [(-1, 2, b""), (1, 65_536, b""), (1, 2, bytes(65_528))])
def test_what_does_not_fit_udp(values: Any) -> None:
    with pytest.raises(UsageError):
        build_udp(UdpDatagram(*values), *ENDS[4])


def test_values_of_different_kinds_are_not_equal() -> None:
    values = [EthernetFrame(ONE, TWO, 0x800), ArpPacket(1, ONE, ENDS[4][0], TWO, ENDS[4][1]), UdpDatagram(1, 2)]
    assert [one == two for one in values for two in values] == [
        True,
        False,
        False,
        False,
        True,
        False,
        False,
        False,
        True,
    ]
