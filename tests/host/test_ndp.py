"""IPv6 neighbour discovery between hosts (RFC 4861)."""

from __future__ import annotations

from typing import Any

import pytest

from synfin.config import SECOND
from synfin.host import Host, HostConfig
from synfin.wire.addresses import ALL_NODES_V6, Address, as_address, parse_mac, solicited_node
from synfin.wire.ethernet import parse_ethernet
from synfin.wire.frame import Frame
from synfin.wire.icmpv6 import (
    NEIGHBOR_ADVERTISEMENT,
    NEIGHBOR_SOLICITATION,
    OPTION_SOURCE_LINK_ADDRESS,
    OPTION_TARGET_LINK_ADDRESS,
    REDIRECT,
    ROUTER_ADVERTISEMENT,
    Icmpv6Message,
    neighbor_advertisement,
    neighbor_solicitation,
)
from synfin.wire.ipv6 import parse_ipv6
from tests.host.support import A6, A_MAC, B6, B_MAC, Pair, ethernet, give, icmp6, icmp6_in, make_host, payload_of

C_MAC = parse_mac("02:00:00:00:00:0c")
GROUP = solicited_node(A6)
ANY = as_address("::")


def to_a(
    message: Icmpv6Message, dst: Address = A6, src: Address = B6, hop_limit: int = 255, mac: bytes = B_MAC
) -> Frame:
    to = A_MAC if dst[0] != 0xFF else b"\x33\x33" + dst[12:]
    return ethernet(icmp6(message, src, dst, hop_limit=hop_limit), src=mac, dst=to)


def told(frames: list[bytes]) -> list[tuple[bytes, Icmpv6Message, Address, Address]]:
    """Link destination, message, source and destination of the neighbour messages among `frames`."""
    out = []
    for data in frames:
        frame = parse_ethernet(data)
        protocol, src, dst, _ = payload_of(frame.payload)
        if protocol == 58:
            assert parse_ipv6(frame.payload).hop_limit == 255
            out.append((frame.dst, icmp6_in(frame.payload), src, dst))
    return out


def send(host: Host, now: int = 0, data: bytes = b"x") -> list[bytes]:
    endpoint = host.udp(0)
    endpoint.sendto(data, (B6, 9), now)
    endpoint.close()
    return [frame.data for frame in host.poll(now)]


def state_of(host: Host) -> str:
    for address, mac, state in host.neighbors("eth0"):
        if address == "fd00::2":
            return f"{state} {mac}".strip()
    return "NONE"


def in_state(state: str) -> Host:
    """Host A whose entry for B is in `state`."""
    host = make_host("A", 2)
    if state == "STALE":
        give(host, to_a(neighbor_solicitation(A6, B_MAC), GROUP))
    else:
        send(host)
    if state == "REACHABLE":
        give(host, to_a(neighbor_advertisement(B6, B_MAC, solicited=True, override=True)))
    assert state_of(host).split()[0] == state
    return host


def test_question_goes_to_the_solicited_node_group() -> None:
    """[RFC4861-05]"""
    host = make_host("A", 2)
    [(to, question, src, dst)] = told(send(host, data=b"first"))
    assert to == b"\x33\x33\xff\x00\x00\x02"
    assert dst == solicited_node(B6)
    assert src == A6
    assert (question.type, question.target) == (NEIGHBOR_SOLICITATION, B6)
    assert question.link_address(OPTION_SOURCE_LINK_ADDRESS) == A_MAC
    [packet] = give(host, to_a(neighbor_advertisement(B6, B_MAC, solicited=True, override=True)))
    assert parse_ethernet(packet).dst == B_MAC
    assert packet.endswith(b"first")


def test_answer_is_solicited_overriding_and_unicast() -> None:
    """[RFC4861-06]"""
    host = make_host("A", 2)
    [(to, answer, src, dst)] = told(give(host, to_a(neighbor_solicitation(A6, B_MAC), GROUP)))
    assert (to, src, dst) == (B_MAC, A6, B6)
    assert (answer.type, answer.target) == (NEIGHBOR_ADVERTISEMENT, A6)
    assert (answer.solicited, answer.override, answer.router) == (True, True, False)
    assert answer.link_address(OPTION_TARGET_LINK_ADDRESS) == A_MAC
    assert state_of(host) == "STALE 02:00:00:00:00:0b"


def test_answer_to_the_unspecified_address_goes_to_all_nodes_and_teaches_nothing() -> None:
    """[RFC4861-06] [RFC4861-18]"""
    host = make_host("A", 2)
    [(to, answer, _, dst)] = told(give(host, to_a(neighbor_solicitation(A6), GROUP, ANY)))
    assert dst == ALL_NODES_V6
    assert to == b"\x33\x33\x00\x00\x00\x01"
    assert (answer.solicited, answer.override) == (False, True)
    assert host.neighbors("eth0") == []


def test_question_without_link_address_makes_us_ask_first() -> None:
    host = make_host("A", 2)
    [(_, question, _, _)] = told(give(host, to_a(neighbor_solicitation(A6))))
    assert (question.type, question.target) == (NEIGHBOR_SOLICITATION, B6)
    frames = give(host, to_a(neighbor_advertisement(B6, B_MAC, solicited=True)))
    assert [message.type for _, message, _, _ in told(frames)] == [NEIGHBOR_ADVERTISEMENT]


def test_questions_for_others_are_not_answered() -> None:
    host = make_host("A", 2)
    assert give(host, to_a(neighbor_solicitation(as_address("fd00::1:0:1"), B_MAC), GROUP)) == []
    assert host.neighbors("eth0") == []


@pytest.mark.parametrize(
    ("message", "options", "rule"),
    [
        (neighbor_solicitation(A6, B_MAC), {"hop_limit": 254}, "nd-bad-hop-limit"),
        (neighbor_advertisement(B6, B_MAC, True, True), {"hop_limit": 64}, "nd-bad-hop-limit"),
        (Icmpv6Message(NEIGHBOR_SOLICITATION, 1, 0, A6), {}, "nd-bad-code"),
        (Icmpv6Message(NEIGHBOR_SOLICITATION, 0, 0, A6[:8]), {}, "nd-truncated"),
        (neighbor_solicitation(as_address("ff02::1"), B_MAC), {}, "nd-bad-target"),
        (Icmpv6Message(NEIGHBOR_SOLICITATION, 0, 0, A6 + b"\x01\x00" + B_MAC), {}, "nd-option-bad-length"),
        (neighbor_solicitation(A6, B_MAC), {"src": ANY, "dst": GROUP}, "nd-bad-source"),
        (neighbor_solicitation(A6), {"src": ANY}, "nd-bad-source"),
        (neighbor_advertisement(B6, B_MAC, solicited=True), {"dst": ALL_NODES_V6}, "nd-solicited-multicast"),
        (Icmpv6Message(REDIRECT, 0, 0, bytes(32)), {"src": B6}, "nd-bad-source"),
        (Icmpv6Message(REDIRECT, 0, 0, bytes(32)), {"src": as_address("fe80::2")}, "nd-redirect-ignored"),
        (Icmpv6Message(ROUTER_ADVERTISEMENT, 0, 0, bytes(8)), {"src": as_address("fe80::2")}, "nd-router-ignored"),
        (neighbor_advertisement(A6, B_MAC, override=True), {"dst": ALL_NODES_V6}, "nd-address-conflict"),
    ],
)
def test_what_is_not_valid_changes_nothing(message: Icmpv6Message, options: dict[str, Any], rule: str) -> None:
    """[RFC4861-01] [RFC4861-02] [RFC4861-15]"""
    host = in_state("REACHABLE")
    before = host.neighbors("eth0")
    assert give(host, to_a(message, **options)) == []
    assert host.rules == {rule: 1}
    assert host.neighbors("eth0") == before


# RFC 4861 7.2.5: state before, link-layer address (same, other, none), S, O -> state and address after
TABLE = [
    ("INCOMPLETE", None, True, True, "INCOMPLETE"),
    ("INCOMPLETE", B_MAC, False, False, "STALE B"),
    ("INCOMPLETE", B_MAC, True, False, "REACHABLE B"),
    ("INCOMPLETE", B_MAC, True, True, "REACHABLE B"),
    ("REACHABLE", B_MAC, False, False, "REACHABLE B"),
    ("REACHABLE", C_MAC, False, False, "STALE B"),
    ("REACHABLE", C_MAC, True, False, "STALE B"),
    ("REACHABLE", C_MAC, False, True, "STALE C"),
    ("REACHABLE", C_MAC, True, True, "REACHABLE C"),
    ("REACHABLE", None, False, True, "REACHABLE B"),
    ("STALE", B_MAC, False, True, "STALE B"),
    ("STALE", C_MAC, True, False, "STALE B"),
    ("STALE", B_MAC, True, False, "REACHABLE B"),
    ("STALE", None, True, True, "REACHABLE B"),
    ("STALE", C_MAC, False, True, "STALE C"),
]


@pytest.mark.parametrize(("before", "mac", "solicited", "override", "after"), TABLE)
def test_advertisements_by_the_table(
    before: str, mac: bytes | None, solicited: bool, override: bool, after: str
) -> None:
    """[RFC4861-07] [RFC4861-09]"""
    host = in_state(before)
    give(host, to_a(neighbor_advertisement(B6, mac, solicited, override)))
    expected = after.replace(" B", " 02:00:00:00:00:0b").replace(" C", " 02:00:00:00:00:0c")
    if before == "INCOMPLETE" and after.startswith("STALE"):
        expected = expected.replace("STALE", "DELAY")  # a packet was waiting, so it is in use at once
    assert state_of(host) == expected


def test_an_advertisement_makes_no_entry() -> None:
    host = make_host("A", 2)
    give(host, to_a(neighbor_advertisement(B6, B_MAC, solicited=True, override=True)))
    assert host.neighbors("eth0") == []
    assert host.rules == {"nd-unknown-neighbor": 1}


def test_resolution_asks_three_times_and_tells_the_sender() -> None:
    """[RFC4861-05]"""
    host = make_host("A", 2)
    endpoint = host.udp(0)
    endpoint.connect(B6, 9, 0)
    endpoint.send(b"x", 0)
    asked: list[int] = []
    now = 0
    while True:
        asked.extend([now] * len(told([frame.data for frame in host.poll(now)])))
        deadline = host.next_deadline()
        if deadline is None:
            break
        now = deadline
    assert asked == [0, SECOND, 2 * SECOND]
    assert now == 3 * SECOND
    assert [kind for kind, _ in endpoint.errors] == ["host-unreachable"]


def test_reachability_is_probed_by_unicast() -> None:
    """[RFC4861-08]"""
    host = in_state("REACHABLE")
    send(host, 31 * SECOND)
    assert state_of(host).startswith("DELAY")
    [(to, question, _, dst)] = told([frame.data for frame in host.poll(36 * SECOND)])
    assert (to, dst, question.target) == (B_MAC, B6, B6)
    give(host, to_a(neighbor_advertisement(B6, B_MAC, solicited=True)), 36 * SECOND)
    assert state_of(host).startswith("REACHABLE")


def test_cache_is_limited() -> None:
    host = make_host("A", 2, config=HostConfig(neighbor_entries=8))
    for number in range(100):
        source = Address(B6[:14] + (1_000 + number).to_bytes(2, "big"))
        give(host, to_a(neighbor_solicitation(A6, B_MAC), GROUP, source))
        assert len(host.neighbors("eth0")) <= 8


def test_two_hosts_find_each_other() -> None:
    pair = Pair(layer=2)
    outcome = pair.a.ping(B6, 0)
    pair.run(100)
    assert outcome.rtt == 4_000_000
    far = pair.a.ping("fe80::ff:fe00:b", pair.now)
    pair.run(100)
    assert far.rtt is not None
    assert pair.a.rules == {}
    assert pair.b.rules == {}


def test_on_layer_3_nothing_is_resolved() -> None:
    pair = Pair(layer=3)
    outcome = pair.a.ping(B6, 0)
    pair.run(100)
    assert outcome.rtt == 2_000_000
    assert len(pair.seen) == 2
