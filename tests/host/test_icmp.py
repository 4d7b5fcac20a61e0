"""Echo, ping, and ICMP errors in both directions (RFC 792, RFC 1122 3.2.2, RFC 4443, RFC 5927)."""

from __future__ import annotations

from typing import Any

import pytest

from synfin.config import MILLISECOND, SECOND
from synfin.errors import UsageError
from synfin.host import Host, HostConfig, Ping
from synfin.trace import Record
from synfin.wire import icmpv4, icmpv6
from synfin.wire.addresses import Address, as_address
from synfin.wire.icmpv4 import Icmpv4Message, echo_request
from synfin.wire.icmpv6 import Icmpv6Message
from tests.host.support import (
    A4,
    A6,
    B4,
    B6,
    B_MAC,
    BROADCAST,
    FAMILIES,
    Pair,
    ethernet,
    give,
    icmp4,
    icmp4_in,
    icmp6,
    icmp6_in,
    ip,
    make_host,
    rules_in,
    udp,
)  # fmt: skip

R4, R6 = as_address("10.0.0.254"), as_address("fd00::ff")  # a router


# Echo


def test_echo_reply_has_the_same_data_and_swapped_addresses() -> None:
    """[RFC1122-19] [RFC792-04]"""
    host = make_host("A")
    [reply] = give(host, icmp4(echo_request(77, 3, b"data"), tos=0x28))
    assert reply[12:20] == A4 + B4
    assert reply[1] == 0x28
    message = icmp4_in(reply)
    assert (message.type, message.code, message.identifier, message.sequence) == (icmpv4.ECHO_REPLY, 0, 77, 3)
    assert message.body == b"data"


def test_echo_reply_over_ipv6() -> None:
    """[RFC4443-11] [RFC4443-06]"""
    host = make_host("A")
    [reply] = give(host, icmp6(icmpv6.echo_request(77, 3, b"data")))
    assert reply[8:40] == A6 + B6
    message = icmp6_in(reply)
    assert (message.type, message.identifier, message.sequence, message.body) == (icmpv6.ECHO_REPLY, 77, 3, b"data")


@pytest.mark.parametrize("asked", ["10.0.0.11", "fd00::11"])
def test_echo_is_answered_from_the_address_that_was_asked(asked: str) -> None:
    """[RFC1122-19] [RFC4443-06] [RFC1122-28]"""
    host = make_host("A")
    host.add_address("eth0", "10.0.0.11/24")
    host.add_address("eth0", "fd00::11/64")
    address = as_address(asked)
    if len(address) == 4:
        [reply] = give(host, icmp4(echo_request(1, 1), dst=address))
        assert reply[12:16] == address
    else:
        [reply] = give(host, icmp6(icmpv6.echo_request(1, 1), dst=address))
        assert reply[8:24] == address


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("layer", [2, 3])
def test_ping_with_a_large_packet_goes_in_fragments_both_ways(family: str, layer: int) -> None:
    """[RFC1122-19]: 8 kB."""
    pair = Pair(layer=layer)
    told: list[Ping] = []
    ping = pair.a.ping(B4 if family == "v4" else B6, 0, size=8_000, handler=lambda ping, now: told.append(ping))
    pair.run(100)
    assert told == [ping]
    assert ping.done
    assert ping.error is None
    assert ping.rtt == (2 if layer == 3 else 4) * MILLISECOND
    assert ping.hop_limit == 64


def test_echo_to_a_group() -> None:
    """[RFC1122-20] [RFC4443-11]: IPv4 is silent, IPv6 answers from an address of its own."""
    host = make_host("A")
    for group in ("10.0.0.255", "255.255.255.255", "224.0.0.1"):
        assert give(host, icmp4(echo_request(1, 1), dst=as_address(group))) == []
    assert host.rules == {"icmp-echo-to-group": 3}
    [reply] = give(host, icmp6(icmpv6.echo_request(1, 1), dst=as_address("ff02::1")))
    assert reply[8:24] == A6


def test_echo_can_be_switched_off() -> None:
    host = make_host("A", config=HostConfig(echo_replies=False))
    assert give(host, icmp4(echo_request(1, 1))) == []
    assert give(host, icmp6(icmpv6.echo_request(1, 1))) == []
    assert host.rules == {"icmp-echo-ignored": 2}


def test_ping_that_nobody_answers_times_out() -> None:
    host = make_host("A")
    told: list[int] = []
    ping = host.ping(B4, 0, timeout_ms=500, handler=lambda ping, now: told.append(now))
    assert host.next_deadline() == 0
    assert len(host.poll(0)) == 1
    assert host.next_deadline() == 500 * MILLISECOND
    host.poll(500 * MILLISECOND)
    assert (ping.error, ping.rtt, told) == ("timeout", None, [500 * MILLISECOND])
    assert host.next_deadline() is None


def test_ping_ends_with_an_icmp_error() -> None:
    """[MUST-54]"""
    host = make_host("A")
    ping = host.ping(B4, 0)
    [request] = [frame.data for frame in host.poll(0)]
    give(host, icmp4(icmpv4.unreachable(icmpv4.HOST_UNREACHABLE, request), src=R4))
    assert ping.error == "host-unreachable"
    ping = host.ping(B6, 0)
    [request] = [frame.data for frame in host.poll(0)]
    give(host, icmp6(icmpv6.time_exceeded(0, request), src=R6))
    assert ping.error == "time-exceeded"


def test_replies_that_nobody_waits_for_are_counted() -> None:
    host = make_host("A")
    ping = host.ping(B4, 0)
    host.poll(0)
    for identifier, sequence, src in (
        (ping.identifier ^ 1, ping.sequence, B4),
        (ping.identifier, ping.sequence + 1, B4),
        (ping.identifier, ping.sequence, R4),
    ):
        reply = Icmpv4Message(icmpv4.ECHO_REPLY, 0, identifier << 16 | sequence)
        give(host, icmp4(reply, src=src))
        assert not ping.done
    assert host.rules == {"icmp-echo-unasked": 3}
    give(host, icmp4(Icmpv4Message(icmpv4.ECHO_REPLY, 0, ping.identifier << 16 | ping.sequence)), 3 * MILLISECOND)
    assert ping.rtt == 3 * MILLISECOND


def test_ping_of_ourselves_goes_round_inside() -> None:
    host = make_host("A")
    pings = [host.ping(address, 0) for address in (A4, A6, "127.0.0.1", "::1")]
    assert host.poll(0) == []
    assert [ping.rtt for ping in pings] == [0, 0, 0, 0]


def test_numbers_of_pings_that_wait_are_not_used_again() -> None:
    host = make_host("A")
    first = host.ping(B4, 0)
    host._pings._next = first.sequence  # as after 65,536 others
    assert host.ping(B4, 0).sequence == first.sequence + 1


def test_bad_pings_are_refused() -> None:
    host = make_host("A", config=HostConfig(pings=2))
    with pytest.raises(OSError, match="no route"):
        host.ping("192.0.2.1", 0)
    with pytest.raises(OSError, match="not the address of one host"):
        host.ping("10.0.0.255", 0)
    with pytest.raises(UsageError, match="between 0 and 65507 octets"):
        host.ping(B4, 0, size=65_508)
    host.ping(B4, 0)
    host.ping(B4, 0)
    with pytest.raises(OSError, match="2 pings wait"):
        host.ping(B4, 0)


# Errors that we send


@pytest.mark.parametrize("family", FAMILIES)
def test_port_unreachable_quotes_what_came(family: str) -> None:
    """[RFC1122-14] [RFC1122-16] [RFC1122-31] [RFC4443-03] [RFC4443-07] [RFC792-02]"""
    host = make_host("A")
    src, dst = (B4, A4) if family == "v4" else (B6, A6)
    for size in (0, 100, 1_300):
        packet = udp(bytes(size), dst_port=9, src=src, dst=dst)
        [answer] = give(host, packet)
        if family == "v4":
            message = icmp4_in(answer)
            assert (message.type, message.code) == (3, 3)
            assert len(answer) <= 576
        else:
            message6 = icmp6_in(answer)
            assert (message6.type, message6.code) == (1, 4)
            assert len(answer) == min(1280, 48 + len(packet))
        body = answer[28:] if family == "v4" else answer[48:]
        assert packet.startswith(body)
        assert len(body) >= 28
    assert host.counters["IcmpOutDestUnreachs" if family == "v4" else "Icmp6OutDestUnreachs"] == 3


def test_no_error_about_errors_groups_and_later_fragments() -> None:
    """[RFC1122-15] [RFC4443-04] [RFC792-03]"""
    host = make_host("A")
    group = as_address("10.0.0.255")
    packets = [
        udp(b"x", dst_port=9, dst=group),
        udp(b"x", dst_port=9, dst=as_address("255.255.255.255")),
        udp(b"x", dst_port=9, dst=as_address("224.0.0.1")),
        udp(b"x", dst_port=9, src=B6, dst=as_address("ff02::1")),
        ip(bytes(8), 200, dst=group),
        ip(bytes(8), 200, fragment_offset=80),
        icmp4(Icmpv4Message(200)),
        icmp6(Icmpv6Message(200)),
        icmp4(icmpv4.unreachable(3, udp(b"x", src=A4, dst=B4))),
        icmp6(icmpv6.unreachable(4, udp(b"x", src=A6, dst=B6))),
    ]
    for number, packet in enumerate(packets):
        assert give(host, packet) == [], number
    layer2 = make_host("A", 2)
    assert give(layer2, ethernet(udp(b"x", dst_port=9), dst=BROADCAST)) == []


@pytest.mark.parametrize("v6", [False, True])
def test_no_error_about_fragments_of_an_error(v6: bool) -> None:
    """[RFC1122-15] [RFC4443-04]: reassembly of an ICMP error that is never complete."""
    host = make_host("A")
    if v6:
        from synfin.wire.ipv6 import FRAGMENT, FragmentHeader, build_fragment_header

        error = icmp6(icmpv6.unreachable(0, udp(bytes(600), src=A6, dst=B6)))[40:]
        give(host, ip(build_fragment_header(FragmentHeader(58, 0, True, 1)) + error[:400], FRAGMENT, B6, A6))
    else:
        error = icmp4(icmpv4.unreachable(0, udp(bytes(600), src=A4, dst=B4)))[20:]
        give(host, ip(error[:400], 1, more_fragments=True))
    assert host.poll(61 * SECOND) == []
    assert host.rules == {"ip-fragment-timeout": 1, "icmp-error-forbidden": 1}


def test_errors_are_limited_by_a_token_bucket() -> None:
    """[RFC4443-05]: both families draw from it."""
    host = make_host("A", config=HostConfig(icmp_errors_per_second=10, icmp_error_burst=5))
    sent = sum(len(give(host, udp(b"x", dst_port=9))) for _ in range(20))
    sent += sum(len(give(host, udp(b"x", dst_port=9, src=B6, dst=A6))) for _ in range(20))
    assert sent == 5
    assert host.rules["icmp-error-limited"] == 35
    assert host.counters["IcmpOutRateLimitGlobal"] == 15
    assert host.counters["Icmp6OutRateLimitHost"] == 20
    later = sum(len(give(host, udp(b"x", dst_port=9), SECOND + ms * MILLISECOND)) for ms in range(1_000))
    assert later == 14


# Errors that come in


def sender(v6: bool = False, **config: Any) -> tuple[Host, Any, bytes]:
    """Host A, a connected endpoint, and the packet that it has sent."""
    host = make_host("A", config=HostConfig(**config))
    endpoint = host.udp(5000)
    endpoint.connect(B6 if v6 else B4, 7, 0)
    endpoint.send(bytes(1_000), 0)
    [frame] = host.poll(0)
    return host, endpoint, frame.data


V4_KINDS = [
    (3, 0, "net-unreachable"), (3, 1, "host-unreachable"), (3, 2, "protocol-unreachable"), (3, 3, "port-unreachable"),
    (3, 5, "source-route-failed"), (3, 6, "net-unreachable"), (3, 7, "host-unreachable"), (3, 9, "admin-prohibited"),
    (3, 10, "admin-prohibited"), (3, 11, "net-unreachable"), (3, 12, "host-unreachable"), (3, 13, "admin-prohibited"),
    (11, 0, "time-exceeded"), (11, 1, "time-exceeded"), (12, 0, "parameter-problem"),
]  # fmt: skip
V6_KINDS = [
    (1, 0, "net-unreachable"), (1, 1, "admin-prohibited"), (1, 3, "host-unreachable"), (1, 4, "port-unreachable"),
    (1, 5, "admin-prohibited"), (3, 0, "time-exceeded"), (4, 0, "parameter-problem"), (4, 1, "protocol-unreachable"),
    (4, 2, "parameter-problem"), (100, 0, "parameter-problem"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "code", "name"), V4_KINDS)
def test_names_of_ipv4_errors(kind: int, code: int, name: str) -> None:
    """[RFC792-05] [RFC1122-17]"""
    host, endpoint, packet = sender()
    give(host, icmp4(Icmpv4Message(kind, code, 0, packet[:28]), src=R4))
    assert [error[0] for error in endpoint.errors] == [name]
    assert host.rules == {}


@pytest.mark.parametrize(("kind", "code", "name"), V6_KINDS)
def test_names_of_ipv6_errors(kind: int, code: int, name: str) -> None:
    """[RFC4443-02] [RFC4443-07]"""
    host, endpoint, packet = sender(v6=True)
    give(host, icmp6(Icmpv6Message(kind, code, 0, packet[:48]), src=R6))
    assert [error[0] for error in endpoint.errors] == [name]
    assert host.rules == {}


def test_errors_about_what_we_did_not_send_are_dropped() -> None:
    """[MUST-54]"""
    records: list[Record] = []
    host = make_host("A", records=records)
    host.udp(5000).connect(B4, 7, 0)
    for packet in (
        udp(b"x", 5000, 7, src=R4, dst=B4),  # not from us
        udp(b"x", 5001, 7, src=A4, dst=B4),  # port without endpoint
        udp(b"x", 5000, 8, src=A4, dst=B4),  # connected elsewhere
        udp(b"x", 5000, 7, src=A4, dst=R4),
        ip(bytes(8), 200, A4, B4),  # a protocol that we do not speak
    ):
        give(host, icmp4(icmpv4.unreachable(3, packet), src=R4))
    give(host, icmp4(icmpv4.unreachable(3, udp(b"x", 5000, 7, src=A4, dst=B4)), dst=as_address("10.0.0.255"), src=R4))
    assert rules_in(records) == ["icmp-error-about-unknown"] * 5


def test_short_and_broken_quotes_are_dropped() -> None:
    host, endpoint, packet = sender()
    for body, rule in (
        (b"", "quote-truncated"),
        (packet[:19], "quote-truncated"),
        (b"\x65" + packet[1:], "quote-truncated"),
        (b"\x42" + packet[1:], "quote-bad-header"),
        (b"\x95" + packet[1:], "quote-bad-version"),
        (packet[:22], "icmp-error-short"),
    ):
        host.rules.clear()
        give(host, icmp4(Icmpv4Message(3, 3, 0, body), src=R4))
        if rule == "quote-truncated" and body[:1] == b"\x65":
            assert host.rules  # an IPv6 header of 40 octets is there, but its addresses are not ours
        else:
            assert host.rules == {rule: 1}, body
    assert not endpoint.errors


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        (Icmpv4Message(icmpv4.SOURCE_QUENCH, 0, 0, b""), "icmp-source-quench"),
        (Icmpv4Message(icmpv4.REDIRECT, 1, 0, b""), "icmp-redirect-ignored"),
        (Icmpv4Message(icmpv4.TIMESTAMP_REQUEST, 0, 0, bytes(12)), "icmp-obsolete"),
        (Icmpv4Message(17, 0, 0, bytes(4)), "icmp-obsolete"),
        (Icmpv4Message(200), "icmp-unknown-type"),
        (Icmpv4Message(3, 16, 0, b""), "icmp-unknown-type"),
    ],
)
def test_messages_that_are_silently_dropped(message: Icmpv4Message, rule: str) -> None:
    """[MUST-55] [RFC5927-04] [RFC1122-13] [RFC1122-21] [RFC792-08]"""
    host = make_host("A")
    assert give(host, icmp4(message)) == []
    assert host.rules == {rule: 1}


def test_unknown_informational_ipv6_messages_are_silently_dropped() -> None:
    """[RFC4443-02]"""
    host = make_host("A")
    assert give(host, icmp6(Icmpv6Message(200))) == []
    assert host.rules == {"icmp-unknown-type": 1}
    assert give(host, icmp6(Icmpv6Message(143))) == []  # multicast listener report
    assert host.counters["Icmp6InMLDv2Reports"] == 1


def test_bad_icmp_checksums_are_dropped() -> None:
    """[RFC792-01] [RFC4443-01]"""
    host = make_host("A")
    for packet, head in ((icmp4(echo_request(1, 1, b"data")), 20), (icmp6(icmpv6.echo_request(1, 1, b"data")), 40)):
        broken = packet[: head + 9] + b"!" + packet[head + 10 :]
        assert give(host, broken) == []
    assert host.rules == {"icmpv4-bad-checksum": 1, "icmpv6-bad-checksum": 1}
    assert host.counters["IcmpInCsumErrors"] == 1


# Path MTU


def too_big(v6: bool, packet: bytes, mtu: int) -> bytes:
    if v6:
        return icmp6(icmpv6.packet_too_big(mtu, packet), src=R6)
    return icmp4(icmpv4.unreachable(icmpv4.FRAGMENTATION_NEEDED, packet, mtu), src=R4)


@pytest.mark.parametrize(("v6", "mtu"), [(False, 600), (True, 1_280)])
def test_too_big_makes_later_datagrams_smaller(v6: bool, mtu: int) -> None:
    host = make_host("A")
    endpoint = host.udp(5000)
    remote = (B6 if v6 else B4, 7)
    endpoint.sendto(bytes(1_400), remote, 0)
    [packet] = [frame.data for frame in host.poll(0)]
    give(host, too_big(v6, packet, mtu))
    endpoint.sendto(bytes(1_400), remote, 0)
    sizes = [len(frame.data) for frame in host.poll(0)]
    assert len(sizes) > 1
    assert max(sizes) <= mtu
    assert [kind for kind, _ in endpoint.errors] == ["packet-too-big"]
    endpoint.sendto(bytes(1_400), remote, 601 * SECOND)  # forgotten after ten minutes
    assert len(host.poll(601 * SECOND)) == 1


@pytest.mark.parametrize(
    ("v6", "mtu", "rule"),
    [
        (False, 1_500, "icmp-mtu-not-smaller"),
        (False, 1_028, "icmp-mtu-not-smaller"),  # exactly as large as the packet
        (True, 1_279, "icmp-mtu-below-minimum"),
        (True, 0, "icmp-mtu-below-minimum"),
        (True, 9_000, "icmp-mtu-not-smaller"),
    ],
)
def test_impossible_claims_about_the_mtu_are_dropped(v6: bool, mtu: int, rule: str) -> None:
    """[RFC5927-06] [RFC5927-09]"""
    host, endpoint, packet = sender(v6=v6)
    give(host, too_big(v6, packet, mtu))
    assert host.rules == {rule: 1}
    assert not endpoint.errors
    assert len(host._output.pmtu) == 0


@pytest.mark.parametrize(("claimed", "used"), [(0, 1_006), (10, 68)])
def test_old_routers_leave_the_mtu_empty(claimed: int, used: int) -> None:
    """RFC 1191 7.1; [RFC5927-09]"""
    host, _, packet = sender()
    give(host, too_big(False, packet, claimed))
    assert host._output.pmtu.get(B4, 0, 1_500) == used


def test_path_mtu_table_is_limited_and_only_shrinks() -> None:
    host = make_host("A", config=HostConfig(pmtu_entries=4))
    endpoint = host.udp(5000)
    for last in range(2, 40):
        remote = Address(b"\x0a\x00\x00" + bytes((last,)))
        for mtu in (700, 900):
            endpoint.sendto(bytes(650), (remote, 7), 0)
            packet = udp(bytes(1_400), 5000, 7, src=A4, dst=remote)
            give(host, too_big(False, packet, mtu))
        assert host._output.pmtu.get(remote, 0, 1_500) == 700
        assert len(host._output.pmtu) <= 4


def test_ping_learns_the_path_mtu() -> None:
    host = make_host("A")
    ping = host.ping(B4, 0, size=1_400)
    [packet] = [frame.data for frame in host.poll(0)]
    give(host, too_big(False, packet, 800))
    assert ping.error == "packet-too-big"
    host.ping(B4, 0, size=1_400)
    assert max(len(frame.data) for frame in host.poll(0)) <= 800


def test_counters_of_icmp() -> None:
    host = make_host("A")
    give(host, icmp4(echo_request(1, 1)))
    give(host, icmp6(icmpv6.echo_request(1, 1)))
    counters = host.counters
    assert [counters[name] for name in ("IcmpInMsgs", "IcmpInEchos", "IcmpOutMsgs", "IcmpOutEchoReps")] == [1, 1, 1, 1]
    assert [counters[name] for name in ("Icmp6InMsgs", "Icmp6InEchos", "Icmp6OutMsgs", "Icmp6OutEchoReplies")] == [
        1, 1, 1, 1,
    ]  # fmt: skip
    assert B_MAC
