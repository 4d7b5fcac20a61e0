"""Pacing on a connection: what leaves when, and the timer for the rest."""

from __future__ import annotations

import pytest

from synfin.config import MILLISECOND
from synfin.tcp.timers import PACE
from tests.harness import Opened
from tests.notation import Sent


def measured(rtt_ms: int = 100, **options: object) -> Opened:
    """A new connection whose handshake took that long."""
    t = Opened(**{"mss": 1000, "ws": 7, **options})
    t.advance(ms=rtt_ms)
    t.inject("SA win=65535")
    t.drain()
    t.inject("A")
    return t


def burst(t: Opened) -> list[Sent]:
    """What is sent at this very moment."""
    return t.drain()


def test_without_pacing_the_window_leaves_at_once() -> None:
    """The default."""
    t = measured()
    t.app.write(b"x" * 60_000)
    assert len(burst(t)) == 10
    assert not t.connection.tcb.timers.running(PACE)


def test_a_paced_window_spreads_over_half_a_round_trip() -> None:
    """[RFC7661-08]: `pacing=True`, in slow start twice the window per round trip, in bursts of two segments."""
    t = measured(pacing=True)
    t.app.write(b"x" * 60_000)
    sizes = [len(burst(t))]
    while sum(sizes) < 10:
        assert t.connection.tcb.timers.running(PACE)
        t.advance(ms=1)
        sizes.append(len(burst(t)))
        assert len(sizes) < 100
    assert max(sizes) <= 3
    assert 40 <= len(sizes) <= 60


def test_the_pace_does_not_wait_for_acknowledgments() -> None:
    """The host is told when to come back: the deadline is the pacer's."""
    t = measured(pacing=True)
    t.app.write(b"x" * 60_000)
    burst(t)
    due = t.connection.next_deadline()
    assert due is not None
    assert due == t.connection.tcb.timers.deadlines[PACE]
    t.advance(ms=(due - t.now) / 1_000_000)
    assert burst(t)


def test_bbr_paces_without_being_asked() -> None:
    """The whole initial window does not leave at once even on a new connection."""
    t = measured(congestion="bbr")
    t.app.write(b"x" * 60_000)
    assert 1 <= len(burst(t)) <= 5
    assert t.connection.tcb.timers.running(PACE)
    assert t.connection.info().pacing_rate < 1 << 40


def test_a_largest_rate_paces_every_algorithm() -> None:
    """100 octets per ms: a segment each 10 ms."""
    t = measured(max_pacing_rate=100_000)
    t.app.write(b"x" * 10_000)
    count = len(burst(t))
    for _ in range(50):
        t.advance(ms=1)
        count += len(burst(t))
    assert 5 <= count <= 7
    assert t.connection.info().pacing_rate == t.connection.info().max_pacing_rate == 100_000


def test_small_segments_and_acknowledgments_are_not_held_back_for_long() -> None:
    """What is not text is not paced; a small segment goes when its turn comes."""
    t = measured(max_pacing_rate=10_000, nodelay=True)
    t.app.write(b"a" * 1000)
    assert len(burst(t)) == 1
    t.app.write(b"b")
    assert burst(t) == []
    t.inject("A seq=1 len=10")
    t.advance(ms=45)
    assert [s.len for s in t.drain()] == [0]
    t.advance(ms=60)
    assert [s.len for s in t.drain()] == [1]


def test_retransmissions_are_paced_too() -> None:
    """After a loss of many segments the first goes at once, the others by the rate."""
    t = measured(max_pacing_rate=1_000_000, sackok=True, initial_cwnd_segments=30)
    t.app.write(b"x" * 20_000)
    for _ in range(30):
        t.advance(ms=1)
        t.drain()
    t.inject("A ack=1001 sack=9001:12001")
    t.drain()
    t.advance(ms=30)
    sizes = []
    t.inject("A ack=1001 sack=9001:15001")
    for _ in range(8):
        sizes.append(len(t.drain()))
        t.advance(ms=1)
    assert max(sizes) <= 3


@pytest.mark.parametrize("push_limit", [0, 65_536])
def test_super_segments_keep_to_the_pace(push_limit: int) -> None:
    """A device with offload gets bursts of about a millisecond as one segment each."""
    t = measured(max_pacing_rate=10_000_000)
    t.connection.tcb.push_limit = push_limit
    t.connection.tcb.congestion.cwnd = 1_000_000
    connection = t.connection
    now = t.now
    connection.write(b"x" * 100_000, now)
    total = 0
    for _ in range(5):
        sent = [len(segment.payload) for segment in connection.poll(now)]
        total += sum(sent)
        assert sum(sent) <= 20_000
        assert max(sent) == (10_000 if push_limit else 1_000)
        now += MILLISECOND
    assert 50_000 <= total <= 60_000
