"""The ring of workers: what one of them does not know reaches the one that does, and nothing goes round for ever."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from synfin.device.workers import WORKERS_LIMIT, Member, Ring
from synfin.errors import UsageError
from synfin.host import Host
from synfin.wire.icmpv4 import UNREACHABLE, Icmpv4Message
from synfin.wire.tcp import ACK, RST, SYN, Segment, build_segment
from tests.host.support import A4, B4, give, icmp4, ip, make_host, segment_in, tcp

COUNT = 3


class Loop:
    """As much of a `Driver` as a ring needs: a host, and what is to be called when a message waits."""

    def __init__(self, host: Host, layer: int = 3) -> None:
        self.host = host
        self.device = type("", (), {"layer": layer})
        self.ready: Callable[[int, int], None] = lambda events, now: None

    def watch(self, fd: int, events: int, ready: Callable[[int, int], None]) -> None:
        self.ready = ready

    def unwatch(self, fd: int) -> None:
        pass


class Workers:
    """Three hosts of the same addresses, each a member of the ring."""

    def __init__(self, count: int = COUNT) -> None:
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(count)]
        self.loops: list[Any] = [Loop(make_host("A", seed=index)) for index in range(count)]
        self.members = [Member(pairs[i][0], pairs[(i + 1) % count][1], count) for i in range(count)]
        for loop, member in zip(self.loops, self.members, strict=True):
            member.join(loop)
            loop.host.listen(80, 0)

    def give(self, index: int, packet: bytes) -> list[tuple[int, bytes]]:
        """Hand a packet to one worker, let the ring settle, and return who sent what."""
        out = [(index, answer) for answer in give(self.loops[index].host, packet)]
        for _ in range(COUNT + 2):
            for number, loop in enumerate(self.loops):
                loop.ready(1, 0)
                out += [(number, frame.data) for frame in loop.host.poll(0)]
        return out

    def close(self) -> None:
        for member in self.members:
            member.close()


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


def opened(workers: Workers, index: int) -> int:
    """A connection from port 5000 that worker `index` has; returns its ISS."""
    [(_, answer)] = workers.give(index, tcp(Segment(5000, 80, 100, 0, SYN, 65_535)))
    iss = segment_in(answer).seq
    workers.give(index, tcp(Segment(5000, 80, 101, iss + 1, ACK, 65_535)))
    assert len(workers.loops[index].host.connections()) == 1
    return iss


@pytest.mark.parametrize("steered", range(COUNT))
def test_text_reaches_its_connection_wherever_it_arrives(workers: Workers, steered: int) -> None:
    iss = opened(workers, 2)
    text = tcp(Segment(5000, 80, 101, iss + 1, ACK, 65_535, payload=b"hello"))
    workers.give(steered, text)
    assert workers.loops[2].host.connections()[0].readable == 5
    assert [member.passed_on for member in workers.members] == [int(steered == 0), int(steered < 2), 0]
    assert [loop.host.rules.get("closed-reset", 0) for loop in workers.loops] == [0, 0, 0]


def test_what_nobody_knows_is_reset_once_by_the_worker_it_came_to(workers: Workers) -> None:
    """[MUST-2] of RFC 9293 3.10.7.1 holds for all workers together."""
    [(who, answer)] = workers.give(1, tcp(Segment(5000, 80, 100, 7, ACK, 65_535)))
    assert (who, segment_in(answer).flags) == (1, RST)
    assert [member.passed_on for member in workers.members] == [1, 1, 1]


def test_a_reset_finds_its_connection(workers: Workers) -> None:
    opened(workers, 0)
    workers.give(1, tcp(Segment(5000, 80, 101, 0, RST)))
    assert workers.loops[0].host.connections() == []


def test_a_syn_is_answered_where_it_arrives(workers: Workers) -> None:
    [(who, answer)] = workers.give(1, tcp(Segment(5001, 80, 100, 0, SYN, 65_535)))
    assert (who, segment_in(answer).flags) == (1, SYN | ACK)
    assert [member.passed_on for member in workers.members] == [0, 0, 0]


def test_a_segment_that_came_in_fragments_goes_round_whole(workers: Workers) -> None:
    iss = opened(workers, 1)
    segment = build_segment(Segment(5000, 80, 101, iss + 1, ACK, 65_535, payload=b"x" * 1_004), B4, A4)
    assert len(segment) % 8 == 0
    workers.give(0, ip(segment[:512], 6, identification=9, more_fragments=True))
    workers.give(0, ip(segment[512:], 6, identification=9, fragment_offset=512))
    assert workers.loops[1].host.connections()[0].readable == 1_004


def test_an_icmp_error_is_heard_by_all_once(workers: Workers) -> None:
    iss = opened(workers, 2)
    quoted = ip(build_segment(Segment(80, 5000, iss + 1, 101, ACK, 100), A4, B4)[:8], 6, src=A4, dst=B4)
    workers.give(0, icmp4(Icmpv4Message(UNREACHABLE, 1, 0, quoted)))
    assert [loop.host.counters["IcmpInDestUnreachs"] for loop in workers.loops] == [1, 1, 1]
    assert [member.passed_on for member in workers.members] == [1, 1, 0]
    assert workers.loops[2].host.connections()[0].soft_error is not None


def test_a_full_ring_loses_and_counts(workers: Workers) -> None:
    """As a wire does; nothing blocks and nothing raises (law 9)."""
    stray = tcp(Segment(5000, 80, 100, 7, ACK, 65_535, payload=b"x" * 1_000))
    for _ in range(10_000):
        give(workers.loops[0].host, stray)
        if workers.members[0].lost:
            break
    assert workers.members[0].lost == 1


def test_who_has_left_passes_nothing_on(workers: Workers) -> None:
    workers.members[0].close()
    [(who, _)] = workers.give(0, tcp(Segment(5000, 80, 100, 7, ACK, 65_535)))
    assert who == 0


def test_only_layer_three_and_a_number_of_workers() -> None:
    for count in (0, WORKERS_LIMIT + 1):
        with pytest.raises(UsageError, match="there can be 1 to"):
            Ring(count)
    ring = Ring(2)
    member = ring.member(0)
    loop: Any = Loop(make_host("A"), layer=2)
    with pytest.raises(UsageError, match="TUN"):
        member.join(loop)
    member.close()
    ring.close()
