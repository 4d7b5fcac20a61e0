"""The pacer: bursts, their distance, and what late timers and idle times do."""

from __future__ import annotations

import pytest

from synfin.config import MILLISECOND, SECOND, TcpConfig
from synfin.tcp.congestion import create
from synfin.tcp.pacing import BURST_MAX, UNLIMITED, Pacer
from tests.tcp.acking import MSS

RTT = 100 * MILLISECOND


def pacer(rate: int) -> Pacer:
    """One with a fixed rate in octets per second."""
    made = Pacer(rate)
    made.update(create("cubic", MSS, 10), 0)
    return made


def drain(p: Pacer, until: int, step: int = 1) -> list[tuple[int, int]]:
    """Send whenever allowed up to `until`: (time, octets) of each burst; `step`: how coarse the clock is."""
    now, sent = 0, []
    while now < until:
        burst = 0
        while p.room(now) >= MSS:
            p.sent(MSS)
            burst += MSS
        if burst:
            sent.append((now, burst))
        p.held = True
        now = -(-max(p.next_at, now + 1) // step) * step
    return sent


@pytest.mark.parametrize("rate", [20_000, 125_000, 1_250_000, 12_500_000, 125_000_000])
def test_the_rate_is_kept(rate: int) -> None:
    """Over a second, to a burst."""
    p = pacer(rate)
    total = sum(octets for _, octets in drain(p, SECOND))
    assert rate - p.burst <= total <= rate + 2 * p.burst


@pytest.mark.parametrize(
    ("rate", "burst"),
    [(20_000, MSS), (125_000, MSS), (1_250_000, 2 * MSS), (12_500_000, 12 * MSS), (125_000_000, 65 * MSS)],
)
def test_a_burst_is_a_millisecond_in_whole_segments(rate: int, burst: int) -> None:
    """At least one segment, two where the rate is not low, at most 64 KiB."""
    p = pacer(rate)
    assert p.burst == burst <= BURST_MAX
    bursts = drain(p, SECOND)
    assert {octets for _, octets in bursts[2:]} == {burst}


def test_a_coarse_clock_costs_no_rate() -> None:
    """Timers that fire up to 4 ms late: made up for."""
    p = pacer(12_500_000)
    total = sum(octets for _, octets in drain(p, SECOND, step=4 * MILLISECOND))
    assert total >= 0.97 * 12_500_000


def test_an_idle_time_earns_no_more_than_one_burst() -> None:
    """After a second of nothing: the burst that is due, and one on account."""
    p = pacer(1_250_000)
    drain(p, 50 * MILLISECOND)
    p.held = False
    now = p.next_at + SECOND
    sent = 0
    while p.room(now) >= MSS:
        p.sent(MSS)
        sent += MSS
    assert sent <= 2 * p.burst


def test_without_a_rate_there_is_no_limit() -> None:
    """Nothing is paced that was not asked for."""
    p = Pacer(None)
    p.update(create("cubic", MSS, 10), RTT)
    assert p.rate == 0
    assert p.room(0) == UNLIMITED


def test_the_rate_follows_the_window() -> None:
    """`pacing=True`: twice the window per round trip in slow start, six fifths afterwards."""
    algorithm = create("newreno", MSS, 10, TcpConfig(pacing=True))
    p = Pacer(None)
    p.update(algorithm, 0)
    assert p.rate == 0, "no round-trip time yet"
    p.update(algorithm, RTT)
    assert p.rate == 2 * 10 * MSS * 10
    algorithm.ssthresh = 5 * MSS
    p.update(algorithm, RTT)
    assert p.rate == 10 * MSS * 10 * 6 // 5


def test_the_maximum_is_never_exceeded() -> None:
    """SO_MAX_PACING_RATE: also where nothing else paces."""
    p = Pacer(50_000)
    p.update(create("cubic", MSS, 10), RTT)
    assert p.rate == 50_000
    p.update(create("cubic", MSS, 10, TcpConfig(pacing=True)), RTT)
    assert p.rate == 50_000
    p.update(create("cubic", MSS, 10, TcpConfig(pacing=True)), 100 * SECOND)
    assert p.rate == 10 * MSS * 2 // 100
