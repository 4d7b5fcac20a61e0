"""IPv4 and IPv6 packets, fragments, options, extension headers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.errors import UsageError, WireError
from synfin.wire import ipv6
from synfin.wire.addresses import Address, parse_address
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4, iter_ipv4_options, options_for_fragments, parse_ipv4
from synfin.wire.ipv6 import (
    AUTHENTICATION,
    DESTINATION_OPTIONS,
    EXTENSION_HEADER_LIMIT,
    FRAGMENT,
    HOP_BY_HOP,
    ICMPV6,
    NO_NEXT_HEADER,
    ROUTING,
    ExtensionHeader,
    FragmentHeader,
    Ipv6Packet,
    build_fragment_header,
    build_ipv6,
    find_upper_layer,
    iter_ipv6_options,
    parse_ipv6,
    walk_extensions,
)

V4 = st.binary(min_size=4, max_size=4).map(Address)
V6 = st.binary(min_size=16, max_size=16).map(Address)
OCTET = st.integers(0, 255)
V4_PACKETS = st.builds(
    Ipv4Packet,
    V4,
    V4,
    OCTET,
    st.binary(max_size=100),
    OCTET,
    OCTET,
    st.integers(0, 0xFFFF),
    st.booleans(),
    st.booleans(),
    st.integers(0, 0x1FFF).map(lambda units: units * 8),
    st.integers(0, 10).flatmap(lambda words: st.binary(min_size=4 * words, max_size=4 * words)),
    st.booleans(),
)
V6_PACKETS = st.builds(Ipv6Packet, V6, V6, OCTET, st.binary(max_size=100), OCTET, OCTET, st.integers(0, 0xF_FFFF))

A4, B4 = parse_address("192.0.2.1"), parse_address("192.0.2.2")
A6, B6 = parse_address("2001:db8::1"), parse_address("2001:db8::2")


def four(**changes: Any) -> Ipv4Packet:
    packet = Ipv4Packet(A4, B4, 6, b"payload")
    for name, value in changes.items():
        setattr(packet, name, value)
    return packet


def six(**changes: Any) -> Ipv6Packet:
    packet = Ipv6Packet(A6, B6, 6, b"payload")
    for name, value in changes.items():
        setattr(packet, name, value)
    return packet


@given(V4_PACKETS, st.integers(0, 30))
def test_ipv4_round_trip(packet: Ipv4Packet, padding: int) -> None:
    """Link padding is left out [RFC791-03]."""
    octets = build_ipv4(packet)
    parsed = parse_ipv4(octets + bytes(padding))
    assert parsed == packet
    assert build_ipv4(parsed) == octets


@given(V6_PACKETS, st.integers(0, 30))
def test_ipv6_round_trip(packet: Ipv6Packet, padding: int) -> None:
    octets = build_ipv6(packet)
    parsed = parse_ipv6(octets + bytes(padding))
    assert parsed == packet
    assert build_ipv6(parsed) == octets


def test_every_damaged_octet_of_an_ipv4_header_is_noticed() -> None:
    """[RFC1122-06] [RFC791-02]"""
    octets = build_ipv4(four(options=b"\x94\x04\x00\x00"))
    for at in range(24):
        for bit in range(8):
            bad = octets[:at] + bytes((octets[at] ^ 1 << bit,)) + octets[at + 1 :]
            with pytest.raises(WireError):
                parse_ipv4(bad)
    bad = octets[:8] + b"\x01" + octets[9:]
    with pytest.raises(WireError, match="ipv4-bad-checksum"):
        parse_ipv4(bad)
    assert parse_ipv4(bad, verify=False).ttl == 1


@pytest.mark.parametrize("size", range(31))
def test_every_truncation_of_ipv4(size: int) -> None:
    octets = build_ipv4(four(options=b"\x94\x04\x00\x00"))
    assert len(octets) == 31
    with pytest.raises(WireError) as caught:
        parse_ipv4(octets[:size])
    assert caught.value.rule == ("ipv4-truncated" if size < 24 else "ipv4-bad-total-length")


@pytest.mark.parametrize(
    ("first", "total", "rule"),
    [(0x55, 27, "ipv4-bad-version"), (0x44, 27, "ipv4-bad-header-length"), (0x40, 27, "ipv4-bad-header-length"),
     (0x47, 27, "ipv4-truncated"), (0x45, 28, "ipv4-bad-total-length"), (0x45, 19, "ipv4-bad-total-length"),
     (0x46, 23, "ipv4-bad-total-length"), (0x45, 0, "ipv4-bad-total-length")],
)  # fmt: skip
def test_lengths_of_an_ipv4_header(first: int, total: int, rule: str) -> None:
    """[RFC791-01]"""
    octets = bytes((first, 0)) + total.to_bytes(2, "big") + build_ipv4(four())[4:]
    with pytest.raises(WireError) as caught:
        parse_ipv4(octets, verify=False)
    assert caught.value.rule == rule


def test_fragment_fields() -> None:
    """[RFC791-06] [RFC791-11]"""
    octets = build_ipv4(four(identification=0x1234, more_fragments=True, fragment_offset=1_480))
    assert octets[4:8].hex() == "123420b9"
    assert parse_ipv4(octets).is_fragment
    assert build_ipv4(four(dont_fragment=True))[6:8].hex() == "4000"
    assert not four(dont_fragment=True).is_fragment
    assert four(fragment_offset=8).is_fragment


@pytest.mark.parametrize(
    "change",
    [{"ttl": 256}, {"tos": -1}, {"protocol": 256}, {"identification": 65_536}, {"fragment_offset": 4},
     {"fragment_offset": 65_536}, {"fragment_offset": -8}, {"options": bytes(41)}, {"payload": bytes(65_516)},
     {"src": A6}, {"dst": B6}],
)  # fmt: skip
def test_what_does_not_fit_ipv4(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        build_ipv4(four(**change))


def test_options_of_ipv4() -> None:
    """[RFC791-05] [RFC1122-12]: walked over, whatever they are [MUST-50]."""
    options = bytes.fromhex("01 94040000 8303ff 4404ffff 07 03 04 00 ff".replace(" ", ""))
    assert iter_ipv4_options(options) == [(148, 21, b"\0\0"), (131, 25, b"\xff"), (68, 28, b"\xff\xff"), (7, 32, b"\4")]
    parsed = parse_ipv4(build_ipv4(four(options=options)))
    assert parsed.options == options + b"\0" * (-len(options) % 4)
    assert parsed.payload == b"payload"


@pytest.mark.parametrize("octets", ["9400", "9401", "94", "9405ffff", "0183"])
def test_bad_option_lengths_of_ipv4(octets: str) -> None:
    with pytest.raises(WireError) as caught:
        iter_ipv4_options(bytes.fromhex(octets))
    assert caught.value.rule == "ipv4-option-bad-length"


def test_fragments_carry_only_options_with_the_copied_bit() -> None:
    """[RFC791-07]"""
    options = bytes.fromhex("0703048303ff94040000" + "0000")
    assert options_for_fragments(options) == bytes.fromhex("8303ff94040000" + "00")
    assert options_for_fragments(bytes.fromhex("070304")) == b""


def test_fields_of_an_ipv6_header() -> None:
    octets = build_ipv6(six(traffic_class=0xB9, flow_label=0xABCDE, hop_limit=9, next_header=17))
    assert octets[:8].hex() == "6b9abcde00071109"
    assert octets[8:40] == A6 + B6


@pytest.mark.parametrize("size", range(47))
def test_every_truncation_of_ipv6(size: int) -> None:
    """[RFC8200-01]"""
    with pytest.raises(WireError) as caught:
        parse_ipv6(build_ipv6(six())[:size])
    assert caught.value.rule == ("ipv6-truncated" if size < 40 else "ipv6-bad-payload-length")


@pytest.mark.parametrize("version", [0, 4, 5, 7, 15])
def test_version_of_ipv6(version: int) -> None:
    octets = build_ipv6(six())
    with pytest.raises(WireError, match="ipv6-bad-version"):
        parse_ipv6(bytes((version << 4,)) + octets[1:])


@pytest.mark.parametrize(
    "change",
    [{"hop_limit": 256}, {"traffic_class": 256}, {"traffic_class": -1}, {"flow_label": 1 << 20}, {"next_header": -1},
     {"payload": bytes(65_536)}, {"src": A4}, {"dst": B4}],
)  # fmt: skip
def test_what_does_not_fit_ipv6(change: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        build_ipv6(six(**change))


def test_packets_are_equal_when_all_fields_are() -> None:
    assert four() == four()
    assert hash(four()) == hash(four())
    for name in ("protocol", "ttl", "tos", "identification", "fragment_offset"):
        assert four(**{name: 8}) != four()
    for name in ("dont_fragment", "more_fragments", "reserved"):
        assert four(**{name: True}) != four()
    for name in ("src", "dst", "payload", "options"):
        assert four(**{name: b"\1\2\3\4"}) != four()
    assert six() == six()
    assert hash(six()) == hash(six())
    for name in ("next_header", "hop_limit", "traffic_class", "flow_label"):
        assert six(**{name: 8}) != six()
    for name in ("src", "dst", "payload"):
        assert six(**{name: bytes(16)}) != six()
    assert four() != six()
    assert six() != four()


def extension(kind: int, next_header: int, length: int = 8) -> bytes:
    """An extension header of `kind` that is followed by `next_header`."""
    if kind == AUTHENTICATION:
        return bytes((next_header, length // 4 - 2)) + bytes(length - 2)
    if kind == FRAGMENT:
        return build_fragment_header(FragmentHeader(next_header, 0, False, 7))
    return bytes((next_header, length // 8 - 1, 1, length - 4)) + bytes(length - 4)


def chain(*kinds: int, upper: int = 6, length: int = 8) -> tuple[int, bytes]:
    """The first next-header value and the payload of a chain that ends in `upper`."""
    out = b""
    for kind, following in zip(kinds, (*kinds, upper)[1:], strict=True):
        out += extension(kind, following, length)
    return (kinds[0] if kinds else upper), out


KINDS = (ROUTING, DESTINATION_OPTIONS, AUTHENTICATION, FRAGMENT)


@given(st.lists(st.sampled_from(KINDS), max_size=EXTENSION_HEADER_LIMIT), st.sampled_from((8, 16, 24)), st.booleans())
def test_any_order_of_extension_headers(kinds: list[int], length: int, hop_by_hop: bool) -> None:
    """[RFC8200-02]: in any order and number; hop-by-hop options only first."""
    if hop_by_hop:
        kinds = [HOP_BY_HOP, *kinds][:EXTENSION_HEADER_LIMIT]
    first, octets = chain(*kinds, length=length)
    upper = find_upper_layer(six(next_header=first, payload=octets + b"TCP"))
    assert upper.protocol == 6
    assert octets[upper.offset :] == b""
    assert [header.kind for header in upper.headers] == kinds
    assert sum(header.length for header in upper.headers) == upper.offset
    # The pointer leads to the field that names the upper layer, in the whole packet.
    packet = build_ipv6(six(next_header=first, payload=octets))
    assert packet[upper.pointer] == 6
    assert (upper.fragment is not None) is (FRAGMENT in kinds)


@pytest.mark.parametrize("kind", [HOP_BY_HOP, *KINDS])
@pytest.mark.parametrize("size", range(16))
def test_every_truncation_of_an_extension_header(kind: int, size: int) -> None:
    octets = extension(kind, 6, 16)
    if size < len(octets):
        with pytest.raises(WireError) as caught:
            walk_extensions(kind, octets[:size])
        assert caught.value.rule == "ipv6-extension-truncated"
    else:
        assert walk_extensions(kind, octets[:size]).offset == len(octets)


def test_hop_by_hop_options_behind_another_header_are_not_walked_over() -> None:
    first, octets = chain(DESTINATION_OPTIONS, HOP_BY_HOP)
    upper = walk_extensions(first, octets)
    assert (upper.protocol, upper.offset, upper.pointer) == (HOP_BY_HOP, 8, 40)


@pytest.mark.parametrize("last", [NO_NEXT_HEADER, ipv6.ENCAPSULATION, 253, 6, ICMPV6])
def test_where_the_walk_ends(last: int) -> None:
    """[RFC8200-03] [RFC8200-19]: at what is no extension header, known or not."""
    first, octets = chain(DESTINATION_OPTIONS, upper=last)
    assert walk_extensions(first, octets).protocol == last
    assert find_upper_layer(six(next_header=last)) == ipv6.UpperLayer(last, 0, 6, (), None)


def test_too_many_extension_headers() -> None:
    first, octets = chain(*[DESTINATION_OPTIONS] * (EXTENSION_HEADER_LIMIT + 1))
    with pytest.raises(WireError) as caught:
        walk_extensions(first, octets)
    assert caught.value.rule == "ipv6-too-many-extensions"


@given(st.integers(0, 0x1FFF), st.booleans(), st.integers(0, 0xFFFF_FFFF), OCTET)
def test_fragment_headers(units: int, more: bool, identification: int, next_header: int) -> None:
    header = FragmentHeader(next_header, units * 8, more, identification)
    octets = build_fragment_header(header)
    assert octets[1] == 0
    upper = walk_extensions(FRAGMENT, octets + bytes(2_100))
    assert upper.fragment is not None
    if units or next_header != FRAGMENT:
        assert upper.fragment == header
    assert header.is_atomic is (units == 0 and not more)
    if units:
        assert (upper.protocol, upper.offset) == (next_header, 8)


@pytest.mark.parametrize(
    "header",
    [FragmentHeader(6, 4, False, 0), FragmentHeader(6, 65_536, False, 0), FragmentHeader(6, 0, False, 1 << 32),
     FragmentHeader(256, 0, False, 0)],
)  # fmt: skip
def test_what_does_not_fit_a_fragment_header(header: FragmentHeader) -> None:
    with pytest.raises(UsageError):
        build_fragment_header(header)


def test_the_outermost_fragment_header_counts() -> None:
    """A fragment of a packet that has a fragment header inside: only the outer one can be reassembled."""
    outer = FragmentHeader(FRAGMENT, 0, True, 1)
    inner = FragmentHeader(6, 8, True, 2)
    upper = walk_extensions(FRAGMENT, build_fragment_header(outer) + build_fragment_header(inner) + bytes(64))
    assert upper.fragment == outer
    atomic = FragmentHeader(FRAGMENT, 0, False, 1)
    upper = walk_extensions(FRAGMENT, build_fragment_header(atomic) + build_fragment_header(inner) + bytes(64))
    assert upper.fragment == inner


def test_a_first_fragment_without_all_headers() -> None:
    """[RFC8200-10]: told apart from mere truncation, as it draws a Parameter Problem with code 3."""
    first = build_fragment_header(FragmentHeader(DESTINATION_OPTIONS, 0, True, 1))
    with pytest.raises(WireError) as caught:
        walk_extensions(FRAGMENT, first + extension(DESTINATION_OPTIONS, 6, 16)[:8])
    assert caught.value.rule == "ipv6-incomplete-chain"
    only = build_fragment_header(FragmentHeader(DESTINATION_OPTIONS, 0, False, 1))
    with pytest.raises(WireError) as caught:
        walk_extensions(FRAGMENT, only + extension(DESTINATION_OPTIONS, 6, 16)[:8])
    assert caught.value.rule == "ipv6-extension-truncated"


def test_ipv6_options() -> None:
    """[RFC8200-04]: found behind padding of both kinds; what an unknown one asks for is in its top bits."""
    octets = bytes.fromhex("0601" + "0100" + "00" + "05020000" + "c20400010000" + "00")
    assert len(octets) == 16
    header = ExtensionHeader(HOP_BY_HOP, 0, 16)
    assert iter_ipv6_options(octets, header) == [(5, 5, b"\0\0"), (0xC2, 9, b"\0\1\0\0")]
    actions = [ipv6.option_action(kind) for kind in (0x1E, 0x5E, 0x9E, 0xDE)]
    assert actions == [ipv6.SKIP, ipv6.DISCARD, ipv6.DISCARD_AND_TELL, ipv6.DISCARD_AND_TELL_UNLESS_MULTICAST]


@pytest.mark.parametrize(
    "options", ["050500000000", "000000000005", "010500000000", "0103000000" + "05", "ff0500000000"]
)
def test_ipv6_options_that_lead_out_of_their_header(options: str) -> None:
    octets = b"\x06\x00" + bytes.fromhex(options)
    with pytest.raises(WireError) as caught:
        iter_ipv6_options(octets + bytes(8), ExtensionHeader(HOP_BY_HOP, 0, 8))
    assert caught.value.rule == "ipv6-option-bad-length"


def test_too_many_ipv6_options() -> None:
    assert iter_ipv6_options(b"\x06\x07" + bytes(62) + bytes(8), ExtensionHeader(DESTINATION_OPTIONS, 0, 64)) == []
    with pytest.raises(WireError) as caught:
        iter_ipv6_options(b"\x06\x08" + bytes(70), ExtensionHeader(DESTINATION_OPTIONS, 0, 72))
    assert caught.value.rule == "ipv6-too-many-options"
