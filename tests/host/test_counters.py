"""Counters and rules do not depend on whether anybody watches."""

from __future__ import annotations

import errno

import pytest

from synfin.host import Host
from synfin.trace import Record
from synfin.wire.addresses import as_address
from synfin.wire.frame import Frame
from synfin.wire.icmpv4 import TIMESTAMP_REQUEST, Icmpv4Message
from synfin.wire.icmpv6 import ROUTER_ADVERTISEMENT, ROUTER_SOLICITATION, Icmpv6Message
from tests.host.support import A4, A6, B4, B6, FAMILIES, give, icmp4, icmp6, make_host, udp


def exchange(family: str, watched: bool) -> tuple[Host, Host]:
    """A handshake, text that overtakes other text, and the SYN again, too often."""
    records: list[Record] | None = [] if watched else None
    a, b = make_host("A", records=records), make_host("B", records=records)
    b.listen(80, 0)
    connection = a.connect(B4 if family == "v4" else B6, 80, 0)
    syn: list[Frame] = []
    for now in range(4):
        for frame in a.poll(now):
            syn.append(frame)
            b.receive(frame, now)
        for frame in b.poll(now):
            a.receive(frame, now)
    connection.configure(4, nodelay=True)
    connection.write(b"one", 4)
    first = a.poll(4)
    connection.write(b"two", 5)
    for frame in [*a.poll(5), *first, *[syn[0]] * 20]:
        b.receive(frame, 6)
    return a, b


@pytest.mark.parametrize("family", FAMILIES)
def test_counts_are_the_same_with_a_trace_and_without(family: str) -> None:
    watched, alone = exchange(family, watched=True)[1], exchange(family, watched=False)[1]
    assert alone.counters == watched.counters
    assert alone.rules == watched.rules
    assert alone.counters["TcpExtTCPOFOQueue"] == 1
    assert alone.counters["TcpExtTCPACKSkippedChallenge"] == 10
    assert alone.rules["text-out-of-order"] == 1


def test_a_listener_counts_without_a_trace_too() -> None:
    a, b = make_host("A"), make_host("B")
    b.listen(80, 0, backlog=0)
    a.connect(B4, 80, 0)
    for now in range(4):
        for frame in a.poll(now):
            b.receive(frame, now)
        for frame in b.poll(now):
            a.receive(frame, now)
    assert b.rules["accept-queue-full"] == 1
    assert b.counters["TcpExtListenOverflows"] == 1


def test_octets_of_ipv4() -> None:
    a, b = make_host("A"), make_host("B")
    sender = a.udp(0)
    sender.sendto(bytes(100), (B4, 9), 0)
    sender.sendto(bytes(3_000), (B4, 9), 0)  # three fragments
    frames = a.poll(0)
    octets = sum(len(frame.data) for frame in frames)
    assert (len(frames), octets) == (4, 128 + 3_008 + 60)
    for frame in frames:
        b.receive(frame, 0)
    assert a.counters["IpExtOutOctets"] == octets
    assert b.counters["IpExtInOctets"] == octets


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_has_its_own_counters_of_bad_datagrams(family: str) -> None:
    src, dst, mine, other = (B4, A4, "Udp", "Udp6") if family == "v4" else (B6, A6, "Udp6", "Udp")
    host = make_host("A")
    packet = udp(b"hello", src=src, dst=dst)
    give(host, packet[:-1] + b"?")
    give(host, udp(b"", src=src, dst=dst)[:-3] + bytes((2, 0, 0)))  # a length of 2
    assert (host.counters[mine + "InErrors"], host.counters[mine + "InCsumErrors"]) == (2, 1)
    assert (host.counters[other + "InErrors"], host.counters[other + "InCsumErrors"]) == (0, 0)


@pytest.mark.parametrize(("remote", "counter"), [("192.0.2.1", "IpOutNoRoutes"), ("2001:db8::1", "Ip6OutNoRoutes")])
def test_no_route(remote: str, counter: str) -> None:
    host = make_host("A")
    with pytest.raises(OSError, match="no route") as caught:
        host.udp(0).sendto(b"x", (as_address(remote), 9), 0)
    assert caught.value.errno == errno.ENETUNREACH
    counters = host.counters
    assert counters[counter] == 1
    assert counters["IpOutNoRoutes"] + counters["Ip6OutNoRoutes"] == 1


def test_messages_that_nobody_obeys_are_counted() -> None:
    host = make_host("A")
    give(host, icmp4(Icmpv4Message(TIMESTAMP_REQUEST, 0, 0, bytes(12))))
    give(host, icmp4(Icmpv4Message(17, 0, 0, bytes(4))))
    give(host, icmp6(Icmpv6Message(ROUTER_SOLICITATION), hop_limit=255))
    give(host, icmp6(Icmpv6Message(ROUTER_ADVERTISEMENT, 0, 0, bytes(8)), src=as_address("fe80::2"), hop_limit=255))
    names = ("IcmpInTimestamps", "IcmpInAddrMasks", "Icmp6InRouterSolicits", "Icmp6InRouterAdvertisements")
    assert [host.counters[name] for name in names] == [1, 1, 1, 1]
