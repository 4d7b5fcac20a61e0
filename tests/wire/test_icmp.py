"""ICMP, ICMPv6, neighbour discovery, and the packets that errors quote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet6 import IPv6, in6_chksum
from scapy.utils import checksum as scapy_checksum

from synfin.errors import UsageError, WireError
from synfin.wire import icmpv4, icmpv6
from synfin.wire.addresses import ALL_NODES_V6, ANY_V6, Address, parse_address, solicited_node
from synfin.wire.icmpv4 import Icmpv4Message, build_icmpv4, parse_icmpv4
from synfin.wire.icmpv6 import Icmpv6Message, build_icmpv6, check_neighbor_discovery, neighbor_options, parse_icmpv6
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from synfin.wire.ipv6 import FRAGMENT, FragmentHeader, Ipv6Packet, build_fragment_header, build_ipv6
from synfin.wire.quote import parse_quote
from synfin.wire.tcp import ACK, Segment, build_segment

A4, B4 = parse_address("192.0.2.1"), parse_address("192.0.2.2")
A6, B6 = parse_address("2001:db8::1"), parse_address("2001:db8::2")
ROUTER = parse_address("fe80::1")
MAC = bytes.fromhex("020000000001")
OCTET = st.integers(0, 255)
WORD = st.integers(0, 0xFFFF_FFFF)
BODY = st.binary(max_size=60) | st.integers(380, 400).map(bytes)


@given(st.builds(Icmpv4Message, OCTET, OCTET, WORD, BODY))
def test_icmpv4_round_trip(message: Icmpv4Message) -> None:
    """Unknown types are carried as well [RFC1122-13]; scapy agrees about the checksum [RFC792-01]."""
    octets = build_icmpv4(message)
    parsed = parse_icmpv4(octets)
    assert parsed == message
    assert hash(parsed) == hash(message)
    assert build_icmpv4(parsed) == octets
    assert scapy_checksum(octets[:2] + b"\0\0" + octets[4:]) == int.from_bytes(octets[2:4], "big")


@given(st.builds(Icmpv6Message, OCTET, OCTET, WORD, BODY))
def test_icmpv6_round_trip(message: Icmpv6Message) -> None:
    """[RFC4443-01]"""
    octets = build_icmpv6(message, A6, B6)
    parsed = parse_icmpv6(octets, A6, B6)
    assert parsed == message
    assert hash(parsed) == hash(message)
    assert build_icmpv6(parsed, A6, B6) == octets
    zeroed = octets[:2] + b"\0\0" + octets[4:]
    computed = in6_chksum(58, IPv6(src="2001:db8::1", dst="2001:db8::2"), zeroed)
    # scapy sends all ones for zero whatever the protocol; only UDP asks for that.
    assert computed in (int.from_bytes(octets[2:4], "big"), 0xFFFF)


def test_messages_differ_in_any_field() -> None:
    for kind in (Icmpv4Message, Icmpv6Message):
        base = kind(1, 2, 3, b"4")
        assert base == kind(1, 2, 3, b"4")
        for other in (kind(9, 2, 3, b"4"), kind(1, 9, 3, b"4"), kind(1, 2, 9, b"4"), kind(1, 2, 3, b"9"), "message"):
            assert base != other


def test_damage_and_truncation() -> None:
    four = build_icmpv4(icmpv4.echo_request(1, 2, b"data"))
    six = build_icmpv6(icmpv6.echo_request(1, 2, b"data"), A6, B6)
    for at in range(12):
        flip = bytes((four[at] ^ 8,))
        with pytest.raises(WireError, match="icmpv4-bad-checksum"):
            parse_icmpv4(four[:at] + flip + four[at + 1 :])
        with pytest.raises(WireError, match="icmpv6-bad-checksum"):
            parse_icmpv6(six[:at] + bytes((six[at] ^ 8,)) + six[at + 1 :], A6, B6)
    with pytest.raises(WireError, match="icmpv6-bad-checksum"):
        parse_icmpv6(six, A6, ROUTER)
    for size in range(8):
        with pytest.raises(WireError, match="icmpv4-truncated"):
            parse_icmpv4(four[:size])
        with pytest.raises(WireError, match="icmpv6-truncated"):
            parse_icmpv6(six[:size], A6, B6)
    assert parse_icmpv4(four[:-1] + b"?", verify=False).body == b"dat?"
    assert parse_icmpv6(six[:-1] + b"?", A6, B6, verify=False).body == b"dat?"


def test_all_zero_octets_are_no_echo_reply() -> None:
    """Their sum is 0, not FFFF: the one case that a remainder alone cannot tell."""
    with pytest.raises(WireError, match="icmpv4-bad-checksum"):
        parse_icmpv4(bytes(8))
    assert build_icmpv4(Icmpv4Message(0)) == bytes.fromhex("0000ffff00000000")
    assert parse_icmpv4(bytes.fromhex("0000ffff00000000")) == Icmpv4Message(0)


def test_echo() -> None:
    """[RFC792-04]"""
    four = icmpv4.echo_request(0x1234, 0x5678, b"data")
    assert build_icmpv4(four).hex()[:4] == "0800"
    assert (four.identifier, four.sequence, four.is_error) == (0x1234, 0x5678, False)
    reply = icmpv4.echo_reply(four)
    assert (reply.type, reply.rest, reply.body) == (0, four.rest, b"data")
    six = icmpv6.echo_request(0x1234, 0x5678, b"data")
    assert build_icmpv6(six, A6, B6).hex()[:4] == "8000"
    assert (six.identifier, six.sequence, six.is_error) == (0x1234, 0x5678, False)
    answer = icmpv6.echo_reply(six)
    assert (answer.type, answer.rest, answer.body) == (129, six.rest, b"data")


def test_errors_of_icmpv4() -> None:
    """[RFC1122-14] [RFC1812-04] [RFC792-02]: the packet is quoted as it came, up to 576 octets in all."""
    packet = bytes(range(256)) * 6
    made = icmpv4.unreachable(icmpv4.FRAGMENTATION_NEEDED, packet, 1_280)
    assert build_icmpv4(made)[:2].hex() == "0304"
    assert build_icmpv4(made)[4:8].hex() == "00000500"
    assert made.next_hop_mtu == 1_280
    assert made.body == packet[:548]
    assert 20 + len(build_icmpv4(made)) == 576
    problem = icmpv4.parameter_problem(20, packet[:28])
    assert (problem.type, problem.code, problem.pointer) == (12, 0, 20)
    assert icmpv4.time_exceeded(icmpv4.REASSEMBLY_EXCEEDED, packet).code == 1
    errors = [kind for kind in range(256) if Icmpv4Message(kind).is_error]
    assert errors == [3, 4, 5, 11, 12]


def test_errors_of_icmpv6() -> None:
    packet = bytes(range(256)) * 6
    made = icmpv6.packet_too_big(1_280, packet)
    octets = build_icmpv6(made, A6, B6)
    assert octets[:2].hex() + octets[4:8].hex() == "0200" + "00000500"
    assert made.mtu == 1_280
    assert 40 + len(octets) == 1_280
    assert icmpv6.unreachable(icmpv6.PORT_UNREACHABLE, packet[:9]) == Icmpv6Message(1, 4, 0, packet[:9])
    assert icmpv6.time_exceeded(icmpv6.HOP_LIMIT_EXCEEDED, b"p") == Icmpv6Message(3, 0, 0, b"p")
    problem = icmpv6.parameter_problem(icmpv6.UNKNOWN_NEXT_HEADER, 40, b"p")
    assert (problem.type, problem.code, problem.pointer) == (4, 1, 40)
    assert [Icmpv6Message(kind).is_error for kind in (0, 127, 128, 255)] == [True, True, False, False]


@pytest.mark.parametrize("message", [(256, 0, 0), (0, -1, 0), (0, 0, 1 << 32), (0, 0, -1)])
def test_what_does_not_fit(message: tuple[int, int, int]) -> None:
    with pytest.raises(UsageError):
        build_icmpv4(Icmpv4Message(*message))
    with pytest.raises(UsageError):
        build_icmpv6(Icmpv6Message(*message), A6, B6)


def test_neighbor_solicitation() -> None:
    made = icmpv6.neighbor_solicitation(B6, MAC)
    assert made.body == B6 + bytes.fromhex("0101") + MAC
    assert made.target == B6
    assert made.link_address(icmpv6.OPTION_SOURCE_LINK_ADDRESS) == MAC
    assert made.link_address(icmpv6.OPTION_TARGET_LINK_ADDRESS) is None
    assert icmpv6.neighbor_solicitation(B6).link_address(icmpv6.OPTION_SOURCE_LINK_ADDRESS) is None
    check_neighbor_discovery(made, A6, solicited_node(B6), 255)
    check_neighbor_discovery(icmpv6.neighbor_solicitation(B6), ANY_V6, solicited_node(B6), 255)


def test_neighbor_advertisement() -> None:
    made = icmpv6.neighbor_advertisement(B6, MAC, solicited=True, override=True)
    assert made.rest == 0x6000_0000
    assert (made.router, made.solicited, made.override) == (False, True, True)
    assert made.link_address(icmpv6.OPTION_TARGET_LINK_ADDRESS) == MAC
    assert icmpv6.neighbor_advertisement(B6, router=True).rest == 0x8000_0000
    check_neighbor_discovery(made, B6, A6, 255)


def test_routers_are_recognised() -> None:
    made = icmpv6.router_solicitation(MAC)
    assert made.link_address(icmpv6.OPTION_SOURCE_LINK_ADDRESS) == MAC
    check_neighbor_discovery(made, A6, parse_address("ff02::2"), 255)
    check_neighbor_discovery(icmpv6.router_solicitation(), ANY_V6, parse_address("ff02::2"), 255)
    advertisement = Icmpv6Message(134, 0, 0x40000708, bytes(8) + bytes.fromhex("0501000000000500"))
    assert neighbor_options(advertisement) == [(5, bytes.fromhex("000000000500"))]
    check_neighbor_discovery(advertisement, ROUTER, ALL_NODES_V6, 255)
    assert [kind for kind in range(256) if Icmpv6Message(kind).is_neighbor_discovery] == [133, 134, 135, 136, 137]


NS = icmpv6.neighbor_solicitation(B6, MAC)


@pytest.mark.parametrize(
    ("message", "src", "dst", "hop_limit", "rule"),
    [
        (NS, A6, B6, 254, "nd-bad-hop-limit"),
        (Icmpv6Message(135, 1, 0, NS.body), A6, B6, 255, "nd-bad-code"),
        (Icmpv6Message(135, 0, 0, NS.body[:15]), A6, B6, 255, "nd-truncated"),
        (Icmpv6Message(136, 0, 0, b""), A6, B6, 255, "nd-truncated"),
        (Icmpv6Message(134, 0, 0, bytes(7)), ROUTER, B6, 255, "nd-truncated"),
        (Icmpv6Message(137, 0, 0, bytes(31)), ROUTER, B6, 255, "nd-truncated"),
        (Icmpv6Message(135, 0, 0, B6 + bytes(8)), A6, B6, 255, "nd-option-bad-length"),
        (Icmpv6Message(135, 0, 0, B6 + b"\1\2" + MAC), A6, B6, 255, "nd-option-bad-length"),
        (Icmpv6Message(135, 0, 0, B6 + b"\1"), A6, B6, 255, "nd-option-bad-length"),
        (Icmpv6Message(133, 0, 0, b"\1\1" + MAC[:5]), A6, B6, 255, "nd-option-bad-length"),
        (icmpv6.neighbor_solicitation(ALL_NODES_V6), A6, B6, 255, "nd-bad-target"),
        (icmpv6.neighbor_advertisement(ALL_NODES_V6), A6, B6, 255, "nd-bad-target"),
        (NS, ANY_V6, solicited_node(B6), 255, "nd-bad-source"),
        (icmpv6.neighbor_solicitation(B6), ANY_V6, B6, 255, "nd-bad-source"),
        (icmpv6.router_solicitation(MAC), ANY_V6, ALL_NODES_V6, 255, "nd-bad-source"),
        (Icmpv6Message(134, 0, 0, bytes(8)), A6, B6, 255, "nd-bad-source"),
        (Icmpv6Message(137, 0, 0, bytes(32)), A6, B6, 255, "nd-bad-source"),
        (icmpv6.neighbor_advertisement(B6, MAC, solicited=True), B6, ALL_NODES_V6, 255, "nd-solicited-multicast"),
    ],
)
def test_invalid_neighbor_discovery(
    message: Icmpv6Message, src: Address, dst: Address, hop_limit: int, rule: str
) -> None:
    """[RFC4861-01] [RFC4861-15]"""
    with pytest.raises(WireError) as caught:
        check_neighbor_discovery(message, src, dst, hop_limit)
    assert caught.value.rule == rule


def test_unknown_options_are_passed_over() -> None:
    """[RFC4861-16]"""
    body = B6 + b"\xfe\x02" + bytes(14) + b"\1\1" + MAC + b"\1\2" + bytes(14)
    made = Icmpv6Message(135, 0, 0, body)
    check_neighbor_discovery(made, A6, B6, 255)
    assert [kind for kind, _ in neighbor_options(made)] == [254, 1, 1]
    assert made.link_address(icmpv6.OPTION_SOURCE_LINK_ADDRESS) == MAC


def test_a_link_address_has_six_octets() -> None:
    with pytest.raises(UsageError):
        icmpv6.neighbor_solicitation(B6, MAC + b"x")


def quoted(family: int, payload: bytes = b"") -> bytes:
    """A TCP packet as an error would quote it."""
    src, dst = (A4, B4) if family == 4 else (A6, B6)
    segment = build_segment(Segment(40_000, 80, 0xFEDC_BA98, 7, ACK, payload=payload or bytes(1_000)), src, dst)
    if family == 4:
        return build_ipv4(Ipv4Packet(src, dst, 6, segment, options=b"\x94\4\0\0"))
    return build_ipv6(Ipv6Packet(src, dst, 60, bytes((6, 0, 1, 4, 0, 0, 0, 0)) + segment))


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("keep", [8, 20, 100, 10_000])
def test_whom_an_error_is_about(family: int, keep: int) -> None:
    """[MUST-54] [RFC1191-03]: the ports and the number are in the first eight octets."""
    packet = quoted(family)
    headers = 24 if family == 4 else 48
    quote = parse_quote(packet[: headers + keep])
    assert (quote.src, quote.dst) == ((A4, B4) if family == 4 else (A6, B6))
    assert quote.protocol == 6
    assert quote.ports == (40_000, 80)
    assert quote.seq == 0xFEDC_BA98
    assert quote.total_length == len(packet)
    assert quote.transport == packet[headers : headers + keep]


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("keep", range(8))
def test_too_little_quoted(family: int, keep: int) -> None:
    headers = 24 if family == 4 else 48
    quote = parse_quote(quoted(family)[: headers + keep])
    assert quote.ports == ((40_000, 80) if keep >= 4 else None)
    assert quote.seq is None


def test_protocols_without_ports() -> None:
    quote = parse_quote(build_ipv4(Ipv4Packet(A4, B4, 1, bytes(8))))
    assert quote.ports is None
    assert quote.seq is None
    assert parse_quote(build_ipv4(Ipv4Packet(A4, B4, 17, b"\0\1\0\2\0\0\0\0"))).ports == (1, 2)
    assert parse_quote(build_ipv4(Ipv4Packet(A4, B4, 17, b"\0\1\0\2\0\0\0\0"))).seq is None


def test_later_fragments_have_no_ports() -> None:
    four = parse_quote(build_ipv4(Ipv4Packet(A4, B4, 6, bytes(20), fragment_offset=1_480)))
    assert (four.fragment_offset, four.ports, four.transport) == (1_480, None, b"")
    header = build_fragment_header(FragmentHeader(6, 1_448, True, 1))
    six = parse_quote(build_ipv6(Ipv6Packet(A6, B6, FRAGMENT, header + bytes(20))))
    assert (six.fragment_offset, six.ports, six.transport) == (1_448, None, b"")
    header = build_fragment_header(FragmentHeader(6, 0, True, 1))
    six = parse_quote(build_ipv6(Ipv6Packet(A6, B6, FRAGMENT, header + bytes(range(20)))))
    assert six.ports == (0x0001, 0x0203)


def test_what_follows_the_quoted_packet_is_not_part_of_it() -> None:
    """Extensions of RFC 4884 may stand behind it."""
    packet = build_ipv4(Ipv4Packet(A4, B4, 17, b"\0\1\0\2"))
    assert parse_quote(packet + bytes(20)).transport == b"\0\1\0\2"
    packet = build_ipv6(Ipv6Packet(A6, B6, 17, b"\0\1\0\2"))
    assert parse_quote(packet + bytes(20)).transport == b"\0\1\0\2"
    # A total length inside the header itself leaves nothing, rather than failing.
    assert parse_quote(b"\x45\0\0\x07" + bytes(30)).transport == b""


@pytest.mark.parametrize(
    ("octets", "rule"),
    [
        (b"", "quote-truncated"),
        (b"\x45" + bytes(18), "quote-truncated"),
        (b"\x46" + bytes(22), "quote-truncated"),
        (b"\x60" + bytes(38), "quote-truncated"),
        (b"\x44" + bytes(40), "quote-bad-header"),
        (b"\x05" + bytes(40), "quote-bad-version"),
        (b"\x60\0\0\0\xff\xff\x3c\x40" + bytes(39), "quote-bad-header"),
    ],
)
def test_unreadable_quotes(octets: bytes, rule: str) -> None:
    with pytest.raises(WireError) as caught:
        parse_quote(octets)
    assert caught.value.rule == rule
