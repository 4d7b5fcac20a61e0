"""Reassembly (RFC 791 3.2, RFC 815, RFC 5722, RFC 8200 4.5) and fragmentation."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.config import MILLISECOND, SECOND, TcpConfig
from synfin.errors import WireError
from synfin.host import Host, HostConfig
from synfin.host.fragments import Partial, Reassembler
from synfin.host.interfaces import Interface
from synfin.wire.addresses import as_address
from synfin.wire.icmpv4 import TIME_EXCEEDED
from synfin.wire.icmpv6 import PARAMETER_PROBLEM
from synfin.wire.icmpv6 import TIME_EXCEEDED as TIME_EXCEEDED_V6
from synfin.wire.ipv4 import OPTION_ROUTER_ALERT, parse_ipv4
from synfin.wire.ipv6 import FRAGMENT, FragmentHeader, build_fragment_header, find_upper_layer, parse_ipv6
from synfin.wire.tcp import AE, CWR, ECE, SYN, Segment, build_segment, parse_segment
from synfin.wire.udp import UdpDatagram, build_udp
from tests.host.support import A4, A6, B4, B6, FAMILIES, Pair, give, icmp4_in, icmp6_in, ip, make_host

TEXT = bytes(i % 251 for i in range(4_000))
LINK = Interface(0, "eth0", 1500, None)


def whole(v6: bool, text: bytes = TEXT) -> bytes:
    src, dst = (B6, A6) if v6 else (B4, A4)
    return build_udp(UdpDatagram(5000, 7, text), src, dst)


def piece(v6: bool, data: bytes, start: int, end: int, more: bool, ident: int = 7, **options: Any) -> bytes:
    """Octets `start` to `end` of `data` as one fragment from B to A."""
    if v6:
        header = build_fragment_header(FragmentHeader(17, start, more, ident))
        return ip(header + data[start:end], FRAGMENT, B6, A6, **options)
    return ip(data[start:end], 17, B4, A4, identification=ident, more_fragments=more, fragment_offset=start, **options)


def cut(v6: bool, data: bytes, size: int, ident: int = 7) -> list[bytes]:
    return [
        piece(v6, data, start, min(start + size, len(data)), start + size < len(data), ident)
        for start in range(0, len(data), size)
    ]


def listening(**config: int) -> tuple[Host, Any]:
    host = make_host("A", config=HostConfig(**config))
    return host, host.udp(7)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("order", ["forward", "backward", "random", "doubled"])
def test_any_order_and_duplicates(family: str, order: str) -> None:
    """[RFC815-01] [RFC815-03] [RFC1122-25] [RFC5722-04]"""
    host, endpoint = listening()
    pieces = cut(family == "v6", whole(family == "v6"), 800)
    if order == "backward":
        pieces.reverse()
    elif order == "random":
        Random(4).shuffle(pieces)
    elif order == "doubled":
        pieces = [each for each in pieces[:-1] for _ in range(2)] + pieces[-1:]
    for fragment in pieces[:-1]:
        give(host, fragment)
        assert not endpoint.readable
    give(host, pieces[-1])
    assert endpoint.recvfrom().payload == TEXT
    prefix = "Ip6" if family == "v6" else "Ip"
    assert host.counters[prefix + "ReasmOKs"] == 1
    assert host.counters[prefix + "ReasmReqds"] == len(pieces)
    assert len(host._input.reassembler) == 0
    assert host._input.reassembler.bytes_held == 0
    assert host.next_deadline() is None


def test_smallest_fragments_of_a_576_octet_datagram() -> None:
    """[RFC791-09] [RFC1122-25]"""
    host, endpoint = listening()
    text = TEXT[: 576 - 28]
    for fragment in cut(False, whole(False, text), 8):
        give(host, fragment)
    assert endpoint.recvfrom().payload == text


@pytest.mark.parametrize("family", FAMILIES)
def test_largest_datagram(family: str) -> None:
    """[RFC768-09]"""
    pair = Pair()
    receiver = pair.b.udp(7)
    text = Random(1).randbytes(65_507 if family == "v4" else 65_527)
    pair.a.udp(5000).sendto(text, ("10.0.0.2" if family == "v4" else "fd00::2", 7), 0)
    pair.run(10)
    assert receiver.recvfrom().payload == text
    assert all(len(frame.data) <= 1500 for _, _, frame in pair.seen)


@pytest.mark.parametrize("family", FAMILIES)
def test_datagrams_are_told_apart_by_number(family: str) -> None:
    """[RFC791-08]"""
    host, endpoint = listening()
    v6 = family == "v6"
    first, second = cut(v6, whole(v6, TEXT[:1000]), 504, 1), cut(v6, whole(v6, TEXT[1000:2000]), 504, 2)
    for fragment in (first[0], second[1], first[1], second[0]):
        give(host, fragment)
    assert [endpoint.recvfrom().payload for _ in range(2)] == [TEXT[:1000], TEXT[1000:2000]]


def test_overlap_in_ipv6_drops_the_datagram_and_what_still_comes() -> None:
    """[RFC5722-02] [RFC8200-11] [RFC5722-03] [RFC5722-05]"""
    host, endpoint = listening()
    data = whole(True)
    assert give(host, piece(True, data, 0, 800, True)) == []
    assert give(host, piece(True, data, 792, 1600, True)) == []
    assert host.rules == {"ip-fragment-overlap": 1}
    assert host.counters["IpExtReasmOverlaps"] == 1
    assert host._input.reassembler.bytes_held == 0
    for fragment in cut(True, data, 800):
        assert give(host, fragment) == []
    assert not endpoint.readable
    assert host.rules["ip-fragment-of-dropped"] == 6
    assert [frame.data for frame in host.poll(61 * SECOND)] == []  # silently, at the end as well
    assert len(host._input.reassembler) == 0
    for fragment in cut(True, data, 800):
        give(host, fragment, 62 * SECOND)
    assert endpoint.recvfrom().payload == TEXT


def test_overlap_in_ipv4_keeps_what_came_first() -> None:
    """[RFC815-01]"""
    host, endpoint = listening()
    data = whole(False, TEXT[:1000])
    liar = bytes(1008)
    give(host, piece(False, data, 0, 504, True))
    give(host, piece(False, liar, 400, 800, True))
    give(host, piece(False, data, 504, 800, True))  # too late for 504..800, which were a hole
    give(host, piece(False, data, 800, 1008, False))
    host.poll(0)
    assert not endpoint.readable  # the UDP checksum sees the forged octets
    assert host.rules["udp-bad-checksum"] == 1
    give(host, piece(False, data, 0, 504, True, 8))
    give(host, piece(False, liar, 400, 504, True, 8))  # all of it is there already
    give(host, piece(False, data, 504, 1008, False, 8))
    assert endpoint.recvfrom().payload == TEXT[:1000]


@pytest.mark.parametrize("v6", [False, True])
def test_two_ends_that_differ(v6: bool) -> None:
    """[RFC815-04] [RFC815-02]"""
    host, endpoint = listening()
    data = whole(v6, TEXT[:1000])
    give(host, piece(v6, data, 800, 1008, False))
    give(host, piece(v6, data, 400, 600, False))
    give(host, piece(v6, data + bytes(1000), 1008, 1200, True))
    give(host, piece(v6, data, 0, 800, True))
    if v6:
        assert not endpoint.readable
        assert host.rules == {"ip-fragment-overlap": 1, "ip-fragment-of-dropped": 2}
    else:
        assert endpoint.recvfrom().payload == TEXT[:1000]
        assert host.rules == {"ip-fragment-beyond-end": 2}


@pytest.mark.parametrize("v6", [False, True])
def test_empty_fragments_complete_nothing(v6: bool) -> None:
    """[RFC815-04]"""
    host, endpoint = listening()
    give(host, piece(v6, b"", 800, 800, False))
    give(host, piece(v6, b"", 0, 0, True))
    assert host.rules == {"ip-fragment-empty": 2}
    assert len(host._input.reassembler) == 0
    assert not endpoint.readable


def test_bad_lengths_in_ipv4_are_dropped() -> None:
    """[RFC791-06] [RFC791-10]"""
    host, _ = listening()
    assert give(host, piece(False, TEXT, 0, 801, True)) == []
    assert give(host, ip(bytes(800), 17, more_fragments=False, fragment_offset=65_528)) == []
    assert host.rules == {"ip-fragment-length": 1, "ip-fragment-too-long": 1}


def test_bad_lengths_in_ipv6_are_answered() -> None:
    """[RFC8200-08] [RFC8200-09]"""
    host, _ = listening()
    [answer] = give(host, piece(True, TEXT, 0, 801, True))
    assert (icmp6_in(answer).type, icmp6_in(answer).code, icmp6_in(answer).pointer) == (PARAMETER_PROBLEM, 0, 4)
    header = build_fragment_header(FragmentHeader(17, 65_528, False, 1))
    [answer] = give(host, ip(header + bytes(16), FRAGMENT, B6, A6))
    assert (icmp6_in(answer).type, icmp6_in(answer).code, icmp6_in(answer).pointer) == (PARAMETER_PROBLEM, 0, 42)
    assert host.rules == {"ip-fragment-length": 1, "ip-fragment-too-long": 1}


def test_first_fragment_without_all_headers_is_answered() -> None:
    """[RFC8200-10]"""
    host, _ = listening()
    options = bytes((17, 1)) + b"\x01\x0c" + bytes(12)  # 16 octets of destination options, cut in the middle
    for data, kind in ((options[:8], 60), (bytes(16), 6)):
        header = build_fragment_header(FragmentHeader(kind, 0, True, 9))
        [answer] = give(host, ip(header + data, FRAGMENT, B6, A6))
        assert (icmp6_in(answer).type, icmp6_in(answer).code) == (PARAMETER_PROBLEM, 3), kind


def test_atomic_fragment_is_read_alone() -> None:
    """[RFC8200-12]: one with the same number waits, and is not touched."""
    host, endpoint = listening()
    data = whole(True, TEXT[:1000])
    give(host, piece(True, data, 0, 504, True))
    give(host, piece(True, whole(True, b"atomic"), 0, 999, False))
    assert endpoint.recvfrom().payload == b"atomic"
    give(host, piece(True, data, 504, 1008, False))
    assert endpoint.recvfrom().payload == TEXT[:1000]


@pytest.mark.parametrize("family", FAMILIES)
def test_time_is_over(family: str) -> None:
    """[RFC1122-26] [RFC8200-07] [RFC1122-14] [RFC792-03]: told only if the first fragment has come."""
    v6 = family == "v6"
    host, endpoint = listening()
    first, second, last = cut(v6, whole(v6, TEXT[:1400]), 504)
    give(host, first, 0)
    give(host, second, 30 * SECOND)  # does not start the time anew
    assert host.next_deadline() == 60 * SECOND
    assert host.poll(60 * SECOND - 1) == []
    [answer] = [frame.data for frame in host.poll(60 * SECOND)]
    if v6:
        message6 = icmp6_in(answer)
        assert (message6.type, message6.code, message6.body) == (TIME_EXCEEDED_V6, 1, first)
    else:
        message = icmp4_in(answer)
        assert (message.type, message.code, message.body) == (TIME_EXCEEDED, 1, first)
    assert host.counters["Ip6ReasmTimeout" if v6 else "IpReasmTimeout"] == 1
    give(host, last, 61 * SECOND)
    assert not endpoint.readable
    assert host.poll(200 * SECOND) == []  # without the first fragment: silence
    assert host.rules["ip-fragment-timeout"] == 2
    assert len(host._input.reassembler) == 0


@pytest.mark.parametrize("dst", ["10.0.0.255", "ff02::1"])
def test_no_error_when_fragments_to_a_group_are_given_up(dst: str) -> None:
    """[RFC1122-15] [RFC4443-04]"""
    host, _ = listening()
    address = as_address(dst)
    if len(address) == 4:
        give(host, ip(TEXT[:800], 17, B4, address, more_fragments=True))
    else:
        header = build_fragment_header(FragmentHeader(17, 0, True, 1))
        give(host, ip(header + TEXT[:800], FRAGMENT, B6, address))
    assert host.poll(61 * SECOND) == []
    assert host.rules == {"ip-fragment-timeout": 1}


def test_options_of_the_first_fragment_do_not_hurt() -> None:
    """[RFC815-06]"""
    host, endpoint = listening()
    data = whole(False, TEXT[:1000])
    give(host, piece(False, data, 504, 1008, False))
    give(host, piece(False, data, 0, 504, True, options=bytes((OPTION_ROUTER_ALERT, 4, 0, 0))))
    assert endpoint.recvfrom().payload == TEXT[:1000]


@pytest.mark.parametrize("v6", [False, True])
def test_memory_is_limited_and_the_oldest_go(v6: bool) -> None:
    """[RFC815-05]"""
    host, endpoint = listening(reassembly_datagrams=10, reassembly_bytes=6_000)
    reassembler = host._input.reassembler
    for ident in range(300):
        give(host, piece(v6, TEXT, 0, 496, True, ident))
        assert len(reassembler) <= 10
        assert reassembler.bytes_held <= 6_000 + 2_000
    data = whole(v6, TEXT[:1000])
    for fragment in cut(v6, data, 504, 999):
        give(host, fragment)
    assert endpoint.recvfrom().payload == TEXT[:1000]
    assert host.rules["ip-fragment-table-full"] >= 290
    host.poll(100 * SECOND)
    assert (len(reassembler), reassembler.bytes_held) == (0, 0)


def test_pieces_of_one_datagram_are_limited() -> None:
    host, endpoint = listening(reassembly_fragments=16)
    for fragment in cut(False, whole(False), 200):
        give(host, fragment)
    assert host.rules["ip-fragment-too-many"] == 5
    assert not endpoint.readable


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_reassembly_against_an_array(data: st.DataObject) -> None:
    """Whatever comes in whatever order: complete exactly when every octet is there, and the first octet wins."""
    reassembler = Reassembler(HostConfig(), lambda partial, now: None)
    size = data.draw(st.integers(1, 40)) * 8 - data.draw(st.integers(0, 7))
    partial, _ = reassembler.get(b"key", LINK, 0)
    model: dict[int, int] = {}
    end: int | None = None
    for number in range(data.draw(st.integers(1, 30))):
        start = data.draw(st.integers(0, (size - 1) // 8)) * 8
        stop = min(size, start + data.draw(st.integers(1, 12)) * 8)
        octets = bytes([(number * 7 + at) % 256 for at in range(start, stop)])
        more = stop < size
        out = reassembler.add(partial, start, octets, more, strict=False)
        for at in range(start, stop):
            model.setdefault(at, octets[at - start])
        end = end if more else size
        complete = end is not None and len(model) == size
        assert (out is not None) == complete
        if out is not None:
            assert out == bytes(model[at] for at in range(size))
            assert reassembler.bytes_held == 0
            return


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_strict_reassembly_never_accepts_an_overlap(data: st.DataObject) -> None:
    reassembler = Reassembler(HostConfig(), lambda partial, now: None)
    partial: Partial = reassembler.get(b"key", LINK, 0)[0]
    held: list[tuple[int, bytes]] = []
    for number in range(data.draw(st.integers(1, 20))):
        start = data.draw(st.integers(0, 30)) * 8
        octets = bytes([number]) * (data.draw(st.integers(1, 6)) * 8)
        overlaps = any(start < first + len(text) and first < start + len(octets) for first, text in held)
        if overlaps and (start, octets) not in held:
            with pytest.raises(WireError, match="overlap"):
                reassembler.add(partial, start, octets, True, strict=True)
            assert partial.poisoned
            return
        assert reassembler.add(partial, start, octets, True, strict=True) is None
        held.append((start, octets))


# The way out


def test_ipv4_fragments_share_a_number_and_do_not_set_df() -> None:
    """[RFC791-06] [RFC6864-04] [RFC791-11]"""
    host = make_host("A", mtu=576)
    endpoint = host.udp(5000)
    endpoint.sendto(TEXT, (B4, 7), 0)
    packets = [parse_ipv4(frame.data) for frame in host.poll(0)]
    assert len({packet.identification for packet in packets}) == 1
    assert [packet.more_fragments for packet in packets] == [True] * (len(packets) - 1) + [False]
    assert not any(packet.dont_fragment or packet.reserved for packet in packets)
    assert all(len(packet.payload) == 552 for packet in packets[:-1])
    assert b"".join(packet.payload for packet in packets)[8:] == TEXT
    assert host.counters["IpFragCreates"] == len(packets)


def test_numbers_of_non_atomic_datagrams_do_not_come_again_soon() -> None:
    """[RFC6864-04] [RFC6864-07]"""
    host = make_host("A")
    endpoint = host.udp(5000)
    seen: set[int] = set()
    for _ in range(3_000):
        endpoint.sendto(b"same", (B4, 7), 0)
        [frame] = host.poll(0)
        seen.add(parse_ipv4(frame.data).identification)
    assert len(seen) == 3_000


def test_identification_table_is_limited() -> None:
    host = make_host("A", config=HostConfig(identification_entries=8))
    endpoint = host.udp(5000)
    for last in range(2, 250):
        endpoint.sendto(b"x", (f"10.0.0.{last}", 7), 0)
        assert len(host._output._identifications) <= 8


def test_ipv6_fragments() -> None:
    """[RFC8200-13] [RFC5722-01]"""
    host = make_host("A")
    endpoint = host.udp(5000)
    endpoint.sendto(TEXT, (B6, 7), 0)
    headers, at = [], 0
    for frame in host.poll(0):
        assert len(frame.data) <= 1500
        packet = parse_ipv6(frame.data)
        upper = find_upper_layer(packet)
        assert upper.fragment is not None
        assert upper.fragment.offset == at
        at += len(packet.payload) - 8
        headers.append(upper.fragment)
    assert len({header.identification for header in headers}) == 1
    endpoint.sendto(TEXT, (B6, 7), 0)
    again = find_upper_layer(parse_ipv6(host.poll(0)[0].data)).fragment
    assert again is not None
    assert again.identification not in (headers[0].identification, headers[0].identification + 1)


def test_fragments_pass_over_a_narrow_link_in_order() -> None:
    pair = Pair(mtu=68)
    receiver = pair.b.udp(7)
    pair.a.udp(5000).sendto(TEXT, (B4, 7), 0)
    pair.run(10)
    assert receiver.recvfrom().payload == TEXT
    assert len(pair.seen) == -(-4_008 // 48)
    assert pair.now == 10 * MILLISECOND


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        (0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 3, 3), (2, 3, 3), (3, 2, 3), (1, 3, 3), (3, 1, 3), (1, 2, 2), (2, 1, 2),
        (0, 1, None), (0, 2, None), (0, 3, None), (1, 0, None), (2, 0, None), (3, 0, None),
    ],
)  # fmt: skip
def test_ecn_field_of_fragments(family: str, first: int, second: int, field: int | None) -> None:
    """[RFC3168-10]: CE in any fragment is CE of the whole; Not-ECT beside others is dropped.

    The SYN-ACK of AccECN tells which field TCP was given (RFC 9768 table 2).
    """
    v6 = family == "v6"
    host = make_host("A", tcp=TcpConfig(ecn="accept_accecn"))
    host.listen(80, 0)
    src, dst = (B6, A6) if v6 else (B4, A4)
    syn = build_segment(Segment(5000, 80, 1, 0, SYN | ECE | CWR | AE, 1_000, payload=bytes(40)), src, dst)
    out: list[bytes] = []
    for start, ecn in ((0, first), (32, second)):
        end, more = (32, True) if start == 0 else (len(syn), False)
        mark = {"traffic_class" if v6 else "tos": 0xB8 | ecn}
        if v6:
            header = build_fragment_header(FragmentHeader(6, start, more, 7))
            packet = ip(header + syn[start:end], FRAGMENT, B6, A6, **mark)
        else:
            packet = ip(syn[start:end], 6, B4, A4, identification=7, more_fragments=more, fragment_offset=start, **mark)
        out += give(host, packet)
    if field is None:
        assert out == []
        assert host.rules["ip-fragment-ecn-mixed"] == 1
        assert host.counters["Ip6ReasmFails" if v6 else "IpReasmFails"] == 1
        return
    answer = parse_segment(out[0][40 if v6 else 20 :], dst, src)
    assert answer.flags >> 6 & 7 == (0b010, 0b011, 0b100, 0b110)[field]
