"""Packets that are for us and packets that are not (RFC 1122 3.2.1, RFC 8200)."""

from __future__ import annotations

from random import Random

import pytest

from synfin.host import Host
from synfin.trace import Record
from synfin.wire.addresses import Address, as_address
from synfin.wire.frame import Frame
from synfin.wire.icmpv4 import UNREACHABLE
from synfin.wire.icmpv6 import PARAMETER_PROBLEM
from synfin.wire.ipv6 import DESTINATION_OPTIONS, HOP_BY_HOP, NO_NEXT_HEADER, ROUTING
from synfin.wire.tcp import SYN, Segment
from synfin.wire.udp import UdpDatagram, build_udp
from tests.host.support import (
    A4,
    A6,
    A_MAC,
    B4,
    B6,
    B_MAC,
    ethernet,
    give,
    icmp4_in,
    icmp6_in,
    ip,
    make_host,
    rules_in,
    tcp,
    udp,
)

UDP6 = build_udp(UdpDatagram(5000, 7, b"hello"), B6, A6)


@pytest.mark.parametrize(
    ("packet", "rule"),
    [
        (b"", "frame-empty"),
        (b"\x55" * 40, "ip-bad-version"),
        (b"\x45" + bytes(10), "ipv4-truncated"),
        (udp(b"x")[:-1], "ipv4-bad-total-length"),
        (b"\x44" + udp(b"x")[1:], "ipv4-bad-header-length"),
        (udp(b"x", src=B6, dst=A6)[:30], "ipv6-truncated"),
        (udp(b"x", src=B6, dst=A6)[:-1], "ipv6-bad-payload-length"),
    ],
)
def test_malformed_packets_are_dropped_by_name(packet: bytes, rule: str) -> None:
    """[RFC791-01] [RFC8200-01] [RFC1122-04]"""
    records: list[Record] = []
    host = make_host("A", records=records)
    assert give(host, packet) == []
    assert rules_in(records) == [rule]
    assert host.rules == {rule: 1}


def test_every_flipped_bit_of_an_ipv4_header_is_seen() -> None:
    """[RFC1122-06]: the version field (4 bits) is read before the checksum."""
    host = make_host("A")
    endpoint = host.udp(7)
    packet = udp(b"x")
    for bit in range(160):
        broken = bytearray(packet)
        broken[bit // 8] ^= 0x80 >> (bit % 8)
        give(host, bytes(broken))
        assert not endpoint.readable, bit
    give(host, packet)
    assert endpoint.readable


def test_other_version_under_an_ethertype() -> None:
    """[RFC1122-05]"""
    host = make_host("A", 2)
    give(host, ethernet(udp(b"x"), ethertype=0x86DD))
    give(host, ethernet(udp(b"x", src=B6, dst=A6), ethertype=0x0800))
    assert host.rules == {"ipv6-truncated": 1, "ipv4-bad-version": 1}


def test_link_padding_is_ignored() -> None:
    """[RFC791-03]"""
    host = make_host("A", 2)
    endpoint = host.udp(7)
    frame = ethernet(udp(b"x"))
    give(host, Frame(frame.data + bytes(17)))
    assert endpoint.recvfrom().payload == b"x"


@pytest.mark.parametrize("dst", ["10.0.0.2", "192.0.2.1", "127.0.0.1", "224.0.0.9", "10.0.1.255", "0.0.0.0"])
def test_packets_for_others_are_silently_dropped(dst: str) -> None:
    """[RFC1122-08]"""
    host = make_host("A")
    host.udp(7)
    assert give(host, udp(b"x", src=as_address("10.0.0.9"), dst=as_address(dst))) == []
    assert host.rules == {"ip-not-for-us": 1}
    assert host.counters["IpInAddrErrors"] == 1


@pytest.mark.parametrize("dst", ["fd00::2", "::1", "ff02::1:ff00:99", "ff05::1"])
def test_ipv6_packets_for_others_are_silently_dropped(dst: str) -> None:
    """[RFC1122-08]"""
    host = make_host("A")
    assert give(host, udp(b"x", src=as_address("fd00::9"), dst=as_address(dst))) == []
    assert host.rules == {"ip6-not-for-us": 1}


@pytest.mark.parametrize(
    ("src", "rule"),
    [
        ("255.255.255.255", "ip-bad-source"),
        ("224.0.0.1", "ip-bad-source"),
        ("240.0.0.1", "ip-bad-source"),
        ("127.0.0.1", "ip-bad-source"),
        ("0.0.0.0", "ip-bad-source"),
        ("10.0.0.255", "ip-bad-source"),
        ("10.0.0.1", "ip-source-is-ours"),
        ("ff02::1", "ip6-bad-source"),
        ("::", "ip6-bad-source"),
        ("::1", "ip6-bad-source"),
        ("fd00::1", "ip-source-is-ours"),
    ],
)
def test_senders_that_cannot_exist_get_silence(src: str, rule: str) -> None:
    """[RFC1122-08] [MUST-63] [RFC1122-35]: SYN and datagram alike, open port or closed."""
    host = make_host("A")
    host.listen(80, 0)
    endpoint = host.udp(7)
    address = as_address(src)
    ours = A4 if len(address) == 4 else A6
    for packet in (
        udp(b"x", src=address, dst=ours),
        udp(b"x", src=address, dst=ours, dst_port=9),
        tcp(Segment(5000, 80, 100, 0, SYN), address, ours),
        tcp(Segment(5000, 81, 100, 0, SYN), address, ours),
    ):
        assert give(host, packet) == []
    assert host.rules == {rule: 4}
    assert not endpoint.readable


def test_ttl_zero_and_one_are_accepted() -> None:
    """[RFC1122-10]"""
    host = make_host("A")
    endpoint = host.udp(7)
    for ttl in (0, 1):
        give(host, udp(b"x", ttl=ttl))
        assert endpoint.recvfrom() is not None
        give(host, udp(b"x", src=B6, dst=A6, hop_limit=ttl))
        assert endpoint.recvfrom() is not None


def test_ipv4_options_are_walked_over_and_ignored() -> None:
    """[MUST-50] [RFC1122-12] [RFC791-05]"""
    host = make_host("A")
    endpoint = host.udp(7)
    for options in (
        b"\x94\x04\x00\x00",  # router alert
        b"\x07\x07\x04\x00\x00\x00\x00\x00",  # record route
        b"\x9e\x04\xff\xff",  # unknown
        b"\x01\x01\x01\x00",
        b"\x83\x07\x08\x0a\x00\x00\x09\x00",  # a source route that ends here
    ):
        give(host, udp(b"x", options=options))
        assert endpoint.recvfrom() is not None, options
    assert host.rules == {}


def test_a_source_route_that_goes_on_is_not_followed() -> None:
    host = make_host("A")
    host.udp(7)
    for kind in (0x83, 0x89):
        assert give(host, udp(b"x", options=bytes((kind, 7, 4)) + b"\x0a\x00\x00\x09\x00")) == []
    assert host.rules == {"ip-source-route": 2}


def test_option_lengths_that_cannot_be_walked_are_dropped() -> None:
    """[RFC791-05]"""
    host = make_host("A")
    host.udp(7)
    for options in (b"\x07\x00\x00\x00", b"\x07\x01\x00\x00", b"\x07\x09\x00\x00", b"\x01\x01\x01\x07"):
        assert give(host, udp(b"x", options=options)) == []
    assert host.rules == {"ipv4-option-bad-length": 4}


def test_unknown_protocol_is_told() -> None:
    """[RFC1122-16] [RFC8200-03] [RFC4443-10] [RFC1122-14]"""
    host = make_host("A")
    packet = ip(bytes(20), 200)
    [answer] = give(host, packet)
    message = icmp4_in(answer)
    assert (message.type, message.code, message.body) == (UNREACHABLE, 2, packet)
    assert host.counters["IpInUnknownProtos"] == 1
    packet = ip(bytes(20), 200, B6, A6)
    [answer] = give(host, packet)
    message6 = icmp6_in(answer)
    assert (message6.type, message6.code, message6.pointer, message6.body) == (PARAMETER_PROBLEM, 1, 6, packet)
    assert host.counters["Ip6InUnknownProtos"] == 1


# Extension headers


def options_header(next_header: int, *options: bytes) -> bytes:
    data = b"".join(options)
    length = -(-(2 + len(data)) // 8)
    rest = length * 8 - 2 - len(data)
    padding = b"" if rest == 0 else (b"\x00" if rest == 1 else bytes((1, rest - 2)) + bytes(rest - 2))
    return bytes((next_header, length - 1)) + data + padding


def v6(chain: bytes, next_header: int, src: Address = B6, dst: Address = A6) -> bytes:
    return ip(chain, next_header, src, dst)


def test_extension_headers_are_walked_in_any_order() -> None:
    """[RFC8200-02] [RFC8200-05] [RFC8200-06]"""
    host = make_host("A")
    endpoint = host.udp(7)
    routing = bytes((17, 0, 0, 0)) + bytes(4)  # segments left 0: ignored
    for chain, first in (
        (options_header(17, b"\x00", b"\x01\x00"), HOP_BY_HOP),
        (options_header(17, b"\x01\x04\x00\x00\x00\x00"), DESTINATION_OPTIONS),
        (options_header(DESTINATION_OPTIONS) + options_header(17), HOP_BY_HOP),
        (options_header(DESTINATION_OPTIONS) + options_header(17), DESTINATION_OPTIONS),
        (routing, ROUTING),
        (options_header(17, b"\x05\x02\x00\x00"), HOP_BY_HOP),  # router alert
        (options_header(17, b"\x1e\x01\xff"), DESTINATION_OPTIONS),  # unknown, skip
    ):
        give(host, v6(chain + UDP6, first))
        assert endpoint.recvfrom().payload == b"hello", chain
    assert host.rules == {}


@pytest.mark.parametrize(("kind", "told"), [(0x5E, False), (0x9E, True), (0xDE, True)])
def test_unknown_options_say_what_is_to_be_done(kind: int, told: bool) -> None:
    """[RFC8200-04]"""
    host = make_host("A")
    endpoint = host.udp(7)
    packet = v6(options_header(17, bytes((kind, 1, 0))) + UDP6, DESTINATION_OPTIONS)
    answers = give(host, packet)
    assert not endpoint.readable
    assert host.rules == {"ip6-option-unknown": 1}
    assert len(answers) == told
    if told:
        message = icmp6_in(answers[0])
        assert (message.type, message.code, message.pointer) == (PARAMETER_PROBLEM, 2, 42)


@pytest.mark.parametrize(("kind", "told"), [(0x5E, False), (0x9E, True), (0xDE, False)])
def test_unknown_options_in_a_packet_to_a_group(kind: int, told: bool) -> None:
    """[RFC8200-04] [RFC4443-04]"""
    host = make_host("A")
    packet = v6(options_header(17, bytes((kind, 1, 0))) + UDP6, DESTINATION_OPTIONS, dst=as_address("ff02::1"))
    assert len(give(host, packet)) == told


def test_a_routing_header_with_segments_left_is_refused() -> None:
    """[RFC8200-06]"""
    host = make_host("A")
    host.udp(7)
    for kind in (0, 2, 200):
        [answer] = give(host, v6(bytes((17, 2, kind, 1)) + bytes(20) + UDP6, ROUTING))
        message = icmp6_in(answer)
        assert (message.type, message.code, message.pointer) == (PARAMETER_PROBLEM, 0, 42)
    assert host.rules == {"ip6-routing-header": 3}


def test_hop_by_hop_options_belong_to_the_front() -> None:
    """[RFC8200-02] [RFC8200-03]"""
    host = make_host("A")
    host.udp(7)
    [answer] = give(host, v6(options_header(HOP_BY_HOP) + options_header(17) + UDP6, DESTINATION_OPTIONS))
    message = icmp6_in(answer)
    assert (message.type, message.code, message.pointer) == (PARAMETER_PROBLEM, 1, 40)


def test_no_next_header_ends_the_packet() -> None:
    """[RFC8200-19]"""
    host = make_host("A")
    assert give(host, v6(b"rest", NO_NEXT_HEADER)) == []
    assert give(host, v6(options_header(NO_NEXT_HEADER) + b"rest", DESTINATION_OPTIONS)) == []
    assert "ip6-no-next-header" in host.rules


def test_too_many_or_truncated_headers_are_dropped() -> None:
    host = make_host("A")
    host.udp(7)
    assert give(host, v6(options_header(60) * 20 + UDP6, DESTINATION_OPTIONS)) == []
    assert give(host, v6(b"\x11\x09" + bytes(6), DESTINATION_OPTIONS)) == []
    assert host.rules == {"ipv6-too-many-extensions": 1, "ipv6-extension-truncated": 1}


# Host model


def two_armed() -> Host:
    host = Host("M", rng=Random(1))
    host.add_interface("eth0", ["10.0.0.1/24", "fd00::1/64"])
    host.add_interface("eth1", ["10.1.0.1/24", "fd01::1/64"])
    return host


def test_weak_host_model_answers_from_the_address_that_was_asked() -> None:
    """[RFC1122-28]"""
    host = two_armed()
    endpoint = host.udp(7)
    host.receive(Frame(udp(b"x", src=B4, dst=as_address("10.1.0.1")), interface=0), 0)
    message = endpoint.recvfrom()
    assert message.local == as_address("10.1.0.1")
    [answer] = give(host, udp(b"x", dst_port=9, src=B4, dst=as_address("10.1.0.1")))
    assert answer[12:16] == as_address("10.1.0.1")


def test_link_local_addresses_stay_on_their_link() -> None:
    host = Host("M", rng=Random(1))
    host.add_interface("eth0", ["fd00::1/64"], mac=A_MAC)
    host.add_interface("eth1", ["fd01::1/64"], mac="02:00:00:00:00:1a")
    endpoint = host.udp(7)
    own = as_address("fe80::ff:fe00:a")
    packet = udp(b"x", src=as_address("fe80::9"), dst=own)
    host.receive(Frame(ethernet(packet, dst=b"\x02\x00\x00\x00\x00\x1a").data, interface=1), 0)
    assert not endpoint.readable
    host.receive(Frame(ethernet(packet).data, interface=0), 0)
    assert endpoint.readable


def test_link_local_peers_are_answered_on_their_link() -> None:
    host = Host("M", rng=Random(1))
    host.add_interface("eth0", ["fe80::1/64"])
    host.add_interface("eth1", ["fe80::2/64"])
    host.receive(Frame(udp(b"x", dst_port=9, src=as_address("fe80::9"), dst=as_address("fe80::2")), interface=1), 0)
    [frame] = host.poll(0)
    assert frame.interface == 1


def test_frames_from_nowhere_are_dropped() -> None:
    host = make_host("A", 2)
    host.receive(Frame(b"", interface=5), 0)
    host.receive(Frame(b"", interface=-1), 0)
    host.receive(Frame(bytes(13)), 0)
    host.receive(ethernet(udp(b"x"), src=A_MAC), 0)
    host.receive(ethernet(udp(b"x"), ethertype=0x8100), 0)
    host.receive(ethernet(udp(b"x"), ethertype=0x0010 + 0x0600), 0)
    assert host.rules["interface-unknown"] == 2
    assert host.rules["ethernet-truncated"] == 1
    assert host.rules["link-own-frame"] == 1
    assert host.rules["link-unknown-type"] == 2
    assert host.poll(0) == []
    assert B_MAC != A_MAC
