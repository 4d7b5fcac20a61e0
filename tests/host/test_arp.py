"""ARP: questions, answers, and the cache behind them."""

from __future__ import annotations

import pytest

from synfin.config import SECOND
from synfin.host import Host, HostConfig
from synfin.trace import Record
from synfin.wire.addresses import Address, as_address, parse_mac
from synfin.wire.arp import REPLY, REQUEST, ArpPacket, parse_arp
from synfin.wire.ethernet import ETHERTYPE_ARP, ETHERTYPE_IPV4, parse_ethernet
from synfin.wire.frame import Frame
from tests.host.support import A4, A_MAC, B4, B_MAC, BROADCAST, Pair, arp, ethernet, give, make_host, rules_in, udp

C4 = as_address("10.0.0.3")
C_MAC = parse_mac("02:00:00:00:00:0c")


def arps(frames: list[bytes]) -> list[tuple[bytes, ArpPacket]]:
    """Destination and content of the ARP frames among `frames`."""
    parsed = [parse_ethernet(frame) for frame in frames]
    return [(each.dst, parse_arp(each.payload)) for each in parsed if each.ethertype == ETHERTYPE_ARP]


def send(host: Host, to: Address = B4, now: int = 0, data: bytes = b"x") -> list[bytes]:
    endpoint = host.udp(0)
    endpoint.sendto(data, (to, 9), now)
    endpoint.close()
    return [frame.data for frame in host.poll(now)]


def state_of(host: Host, address: str = "10.0.0.2") -> str:
    for known, _, state in host.neighbors("eth0"):
        if known == address:
            return state
    return "NONE"


def known(now: int = 0) -> Host:
    """Host A that has just resolved B."""
    host = make_host("A", 2)
    send(host)
    give(host, arp(REPLY, B_MAC, B4, A4, A_MAC), now)
    return host


def test_request_is_broadcast_and_the_packet_waits_for_the_reply() -> None:
    """[RFC826-01] [RFC1122-02] [RFC826-06]"""
    host = make_host("A", 2)
    [(to, request)] = arps(send(host, data=b"first"))
    assert to == BROADCAST
    assert request == ArpPacket(REQUEST, A_MAC, A4, bytes(6), B4)
    [packet] = give(host, arp(REPLY, B_MAC, B4, A4, A_MAC))
    frame = parse_ethernet(packet)
    assert (frame.dst, frame.src, frame.ethertype) == (B_MAC, A_MAC, ETHERTYPE_IPV4)
    assert frame.payload.endswith(b"first")
    assert state_of(host) == "REACHABLE"


def test_reply_swaps_the_fields_and_is_unicast() -> None:
    """[RFC826-01] [RFC826-03]"""
    host = make_host("A", 2)
    [(to, reply)] = arps(give(host, arp(REQUEST, B_MAC, B4, A4)))
    assert to == B_MAC
    assert reply == ArpPacket(REPLY, A_MAC, A4, B_MAC, B4)


def test_a_request_to_us_makes_an_entry() -> None:
    """[RFC826-02]: the answer will be wanted soon."""
    host = make_host("A", 2)
    give(host, arp(REQUEST, B_MAC, B4, A4))
    assert state_of(host) == "STALE"
    [data] = send(host)
    assert parse_ethernet(data).dst == B_MAC


def test_requests_for_others_are_not_answered_and_make_no_entry() -> None:
    """[RFC826-04]"""
    host = make_host("A", 2)
    assert give(host, arp(REQUEST, B_MAC, B4, C4)) == []
    assert state_of(host) == "NONE"


def test_an_unasked_reply_makes_no_entry_but_updates_one() -> None:
    """[RFC826-05] [RFC826-02]"""
    host = make_host("A", 2)
    give(host, arp(REPLY, B_MAC, B4, A4))
    assert state_of(host) == "NONE"
    host = known()
    give(host, arp(REPLY, C_MAC, B4, B4))  # gratuitous: B has a new card
    assert host.neighbors("eth0") == [("10.0.0.2", "02:00:00:00:00:0c", "STALE")]


def test_a_probe_is_answered_but_not_remembered() -> None:
    host = make_host("A", 2)
    [(to, reply)] = arps(give(host, arp(REQUEST, B_MAC, as_address("0.0.0.0"), A4)))
    assert to == B_MAC
    assert reply.target_ip == as_address("0.0.0.0")
    assert host.neighbors("eth0") == []


@pytest.mark.parametrize("mac", [BROADCAST, b"\x01\x00\x5e\x00\x00\x01", bytes(6)])
def test_a_group_address_cannot_be_a_sender(mac: bytes) -> None:
    """[RFC826-08]"""
    records: list[Record] = []
    host = make_host("A", 2, records=records)
    send(host)
    frame = arp(REPLY, B_MAC, B4, A4)
    data = frame.data.replace(B_MAC + B4, mac + B4)
    assert give(host, Frame(data)) == []
    assert rules_in(records) == ["arp-bad-sender"]
    assert state_of(host) == "INCOMPLETE"


def test_somebody_with_our_address_is_noticed() -> None:
    records: list[Record] = []
    host = make_host("A", 2, records=records)
    assert give(host, arp(REQUEST, B_MAC, A4, A4)) == []
    assert rules_in(records) == ["arp-address-conflict"]
    assert host.neighbors("eth0") == []


def test_at_most_one_request_per_second_then_the_packets_are_given_up() -> None:
    """[RFC1122-01] [RFC826-06] [RFC1122-03]: no ICMP goes out, the sender is told."""
    host = make_host("A", 2)
    endpoint = host.udp(0)
    endpoint.connect(B4, 9, 0)
    endpoint.send(b"x", 0)
    times: list[int] = []
    now = 0
    while True:
        frames = [frame.data for frame in host.poll(now)]
        assert len(arps(frames)) == len(frames)
        times.extend([now] * len(frames))
        for step in range(5):  # more packets do not ask more often
            if now < 3 * SECOND:
                endpoint.send(bytes((step,)), now)
        deadline = host.next_deadline()
        if deadline is None or deadline > 10 * SECOND:
            break
        now = max(deadline, now)
    assert times == [0, SECOND, 2 * SECOND]
    assert host.rules["neighbor-unreachable"] == 1
    assert state_of(host) == "NONE"
    assert {kind for kind, _ in endpoint.errors} == {"host-unreachable"}


def test_only_the_latest_packets_wait() -> None:
    """[RFC1122-02]"""
    host = make_host("A", 2, config=HostConfig(neighbor_queue_packets=3))
    for number in range(8):
        send(host, data=bytes((number,)))
    frames = give(host, arp(REPLY, B_MAC, B4, A4))
    assert [frame[-1] for frame in frames] == [5, 6, 7]
    assert host.rules["neighbor-queue-full"] == 5


def test_cache_is_limited() -> None:
    host = make_host("A", 2, config=HostConfig(neighbor_entries=8))
    for last in range(10, 110):
        give(host, arp(REQUEST, B_MAC, Address(b"\x0a\x00\x00" + bytes((last,))), A4))
        assert len(host.neighbors("eth0")) <= 8
    assert host.rules["neighbor-table-full"] == 92
    assert state_of(host, "10.0.0.109") == "STALE"


def test_a_waiting_question_survives_a_flood_of_entries() -> None:
    host = make_host("A", 2, config=HostConfig(neighbor_entries=4))
    send(host, data=b"wanted")
    for last in range(10, 60):
        give(host, arp(REQUEST, B_MAC, Address(b"\x0a\x00\x00" + bytes((last,))), A4))
    [packet] = give(host, arp(REPLY, B_MAC, B4, A4))
    assert packet.endswith(b"wanted")


def test_an_entry_in_use_is_checked_after_a_while_by_unicast() -> None:
    """[RFC826-07]: REACHABLE for 30 s, DELAY 5 s, then PROBE."""
    host = known()
    assert len(send(host, now=29 * SECOND)) == 1
    assert state_of(host) == "REACHABLE"
    assert len(send(host, now=31 * SECOND)) == 1
    assert state_of(host) == "DELAY"
    host.poll(35 * SECOND)
    assert state_of(host) == "DELAY"
    [(to, request)] = arps([frame.data for frame in host.poll(36 * SECOND)])
    assert to == B_MAC
    assert (request.operation, request.target_ip) == (REQUEST, B4)
    assert state_of(host) == "PROBE"
    give(host, arp(REPLY, B_MAC, B4, A4), 36 * SECOND + 1)
    assert state_of(host) == "REACHABLE"
    assert host.next_deadline() is None


def test_a_neighbour_that_is_gone_is_asked_three_times_and_forgotten() -> None:
    host = known()
    send(host, now=31 * SECOND)
    asked: list[int] = []
    now = 31 * SECOND
    while (deadline := host.next_deadline()) is not None:
        now = deadline
        asked.extend([now // SECOND] * len(arps([frame.data for frame in host.poll(now)])))
    assert asked == [36, 37, 38]
    assert now == 39 * SECOND
    assert state_of(host) == "NONE"


def test_an_idle_entry_is_not_probed() -> None:
    host = known()
    assert host.next_deadline() is None
    host.poll(1_000 * SECOND)
    assert state_of(host) == "REACHABLE"  # looked at only when it is used
    send(host, now=1_000 * SECOND)
    assert state_of(host) == "DELAY"


def test_retransmissions_make_tcp_doubt_the_next_hop() -> None:
    """[MUST-20a]: at R1, three retransmissions, the neighbour is checked although its time is not up."""
    pair = Pair(layer=2)
    pair.b.listen(80, 0)
    connection = pair.a.connect(B4, 80, 0)
    pair.run(100)
    pair.lost = lambda name, frame: name == "B"
    connection.write(b"x", pair.now)
    pair.run(6_000)  # sent again after 1 s and after 3 s
    assert state_of(pair.a) == "REACHABLE"
    pair.run(2_000)  # and after 7 s
    assert state_of(pair.a) == "DELAY"
    pair.seen.clear()
    pair.run(6_000)
    assert state_of(pair.a) == "PROBE"
    assert {to for to, _ in arps([frame.data for _, name, frame in pair.seen if name == "A"])} == {B_MAC}


def test_bad_arp_is_dropped() -> None:
    """[RFC826-01]"""
    host = make_host("A", 2)
    frame = arp(REQUEST, B_MAC, B4, A4).data
    assert give(host, Frame(frame[:14] + b"\x00\x06" + frame[16:])) == []
    assert give(host, Frame(frame[:20])) == []
    assert host.rules == {"arp-unsupported": 1, "arp-truncated": 1}


def test_two_hosts_find_each_other_with_one_exchange() -> None:
    pair = Pair(layer=2)
    outcome = pair.a.ping(B4, 0)
    pair.run(100)
    assert outcome.rtt == 4_000_000  # ARP and echo, each there and back
    assert len(pair.seen) == 4
    assert pair.b.neighbors("eth0") == [("10.0.0.1", "02:00:00:00:00:0a", "STALE")] or pair.b.neighbors("eth0") == [
        ("10.0.0.1", "02:00:00:00:00:0a", "DELAY")
    ]


def test_frames_to_others_are_left_alone() -> None:
    host = make_host("A", 2)
    endpoint = host.udp(7)
    give(host, arp(REQUEST, B_MAC, B4, A4))
    assert give(host, ethernet(udp(b"x"), dst=C_MAC)) == []
    assert not endpoint.readable
    assert host.rules["link-not-for-us"] == 1
    give(host, ethernet(udp(b"x")))
    assert endpoint.readable


def test_unicast_ip_in_a_link_broadcast_is_dropped() -> None:
    """[RFC1122-30]"""
    host = make_host("A", 2)
    endpoint = host.udp(7)
    assert give(host, ethernet(udp(b"x"), dst=BROADCAST)) == []
    assert not endpoint.readable
    assert host.rules["ip-unicast-in-link-broadcast"] == 1


def test_broadcasts_go_in_link_broadcasts_and_groups_in_link_groups() -> None:
    """[RFC1122-29]"""
    host = make_host("A", 2)
    endpoint = host.udp(0, broadcast=True)
    for address, mac in (
        ("10.0.0.255", BROADCAST),
        ("255.255.255.255", BROADCAST),
        ("ff02::1", b"\x33\x33\x00\x00\x00\x01"),
    ):
        endpoint.sendto(b"x", (address, 9), 0)
        [frame] = host.poll(0)
        assert parse_ethernet(frame.data).dst == mac, address
