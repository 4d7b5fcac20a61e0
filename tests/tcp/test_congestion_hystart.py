"""HyStart++ (RFC 9406), and byte counting in slow start (RFC 3465)."""

from __future__ import annotations

import pytest

from synfin.config import MILLISECOND, SECOND, TcpConfig
from synfin.tcp.congestion import Cubic, LossBased, NewReno, create
from synfin.tcp.congestion.hystart import (
    CSS_GROWTH_DIVISOR,
    CSS_ROUNDS,
    MAX_RTT_THRESH,
    MIN_RTT_DIVISOR,
    MIN_RTT_THRESH,
    N_RTT_SAMPLE,
    HyStart,
    L,
)
from tests.tcp.acking import MSS, Sender, sample


def test_the_constants() -> None:
    """[RFC9406-07]: those of RFC 9406 4.3."""
    assert (MIN_RTT_THRESH, MAX_RTT_THRESH, MIN_RTT_DIVISOR) == (4 * MILLISECOND, 16 * MILLISECOND, 8)
    assert (N_RTT_SAMPLE, CSS_GROWTH_DIVISOR, CSS_ROUNDS, L) == (8, 4, 5, 8)


def round_of(hystart: HyStart, rtt_ms: float, samples: int = 10) -> bool:
    """One round: `samples` ACKs of a segment each, the next window outstanding; whether slow start is over."""
    over = False
    for number in range(samples):
        outstanding = (samples - number - 1) * MSS if number < samples - 1 else samples * MSS
        over = hystart.on_ack(MSS, outstanding, int(rtt_ms * MILLISECOND)) or over
    return over


@pytest.mark.parametrize(
    ("first", "second", "leaves"),
    [
        (20, 23.9, False),  # the threshold is at least 4 ms
        (20, 24, True),
        (80, 89.9, False),  # an eighth
        (80, 90, True),
        (300, 315.9, False),  # at most 16 ms
        (300, 316, True),
        (100, 100, False),
    ],
)
def test_a_slower_round_leads_into_conservative_slow_start(first: float, second: float, leaves: bool) -> None:
    """[RFC9406-02]: last round's minimum + clamp(last / 8, 4 ms, 16 ms)."""
    hystart = HyStart()
    hystart.left = 10 * MSS
    round_of(hystart, first)
    round_of(hystart, second)
    assert (hystart.divisor == CSS_GROWTH_DIVISOR) is leaves


def test_few_samples_decide_nothing() -> None:
    """[RFC9406-02]: fewer than eight samples in a round are not enough; ACKs without one do not count."""
    hystart = HyStart()
    hystart.left = 7 * MSS
    round_of(hystart, 20, samples=7)
    round_of(hystart, 100, samples=7)
    assert hystart.divisor == 1
    for _ in range(20):
        hystart.on_ack(0, 7 * MSS, 0)
    assert hystart.divisor == 1


def test_eight_samples_are_enough() -> None:
    """[RFC9406-02]: the eighth decides."""
    hystart = HyStart()
    hystart.left = 8 * MSS
    round_of(hystart, 20, samples=8)
    for number in range(8):
        assert hystart.divisor == 1
        hystart.on_ack(MSS, (7 - number) * MSS, 40 * MILLISECOND)
    assert hystart.divisor == CSS_GROWTH_DIVISOR


def test_the_smallest_of_a_round_counts() -> None:
    """[RFC9406-01]: one fast sample shows that the path is no slower."""
    hystart = HyStart()
    hystart.left = 10 * MSS
    round_of(hystart, 20)
    hystart.on_ack(MSS, 9 * MSS, 20 * MILLISECOND)
    for number in range(8):
        hystart.on_ack(MSS, (8 - number) * MSS, 60 * MILLISECOND)
    assert hystart.divisor == 1


def test_a_faster_round_leads_back() -> None:
    """[RFC9406-04]: below the baseline it was jitter."""
    hystart = HyStart()
    hystart.left = 10 * MSS
    round_of(hystart, 20)
    round_of(hystart, 30)
    assert hystart.divisor == CSS_GROWTH_DIVISOR
    round_of(hystart, 30)
    assert hystart.divisor == CSS_GROWTH_DIVISOR
    round_of(hystart, 29)
    assert hystart.divisor == 1


def test_five_rounds_later_it_is_over() -> None:
    """[RFC9406-05]: the round in whose middle it began is the first."""
    hystart = HyStart()
    hystart.left = 10 * MSS
    round_of(hystart, 20)
    rounds = 0
    while not round_of(hystart, 40):
        rounds += 1
        assert rounds < 10
    assert rounds + 1 == CSS_ROUNDS


def slow_start(kind: str, **settings: object) -> LossBased:
    """At the beginning of a connection."""
    algorithm = create(kind, MSS, 10, TcpConfig(**settings))  # type: ignore[arg-type]
    assert isinstance(algorithm, LossBased)
    return algorithm


@pytest.mark.parametrize("kind", ["cubic", "newreno"])
def test_a_queue_that_builds_up_ends_slow_start(kind: str) -> None:
    """[RFC9406-03] [RFC9406-05] [RFC9438-15]: double, then a quarter of that, then avoidance with ssthresh = cwnd."""
    algorithm = slow_start(kind)
    t = Sender(algorithm, rtt_ms=100)
    windows = [t.round_trip(), t.round_trip(), t.round_trip()]
    assert windows == [20 * MSS, 40 * MSS, 80 * MSS]
    t.round_trip(rtt_ms=120)  # begins as slow start; the eighth sample tells
    assert algorithm.hystart is not None
    assert algorithm.hystart.divisor == CSS_GROWTH_DIVISOR
    before = algorithm.cwnd
    t.round_trip(rtt_ms=120)
    assert algorithm.cwnd == before + before // MSS * (MSS // 4)
    while algorithm.hystart is not None:
        t.round_trip(rtt_ms=120)
    assert before < algorithm.ssthresh <= algorithm.cwnd < 3 * before


@pytest.mark.parametrize("kind", ["cubic", "newreno"])
def test_loss_and_ecn_end_it_as_ever(kind: str) -> None:
    """[RFC9406-06]: the window is reduced and slow start over, in CSS too."""
    for event in ("loss", "ecn"):
        algorithm = slow_start(kind)
        t = Sender(algorithm, rtt_ms=100)
        t.round_trip()
        if event == "loss":
            algorithm.on_loss(t.now, algorithm.cwnd)
        else:
            algorithm.on_ecn(t.now, algorithm.cwnd)
        assert algorithm.hystart is None
        assert algorithm.cwnd == algorithm.ssthresh < 20 * MSS


def test_only_the_first_slow_start_has_it() -> None:
    """[RFC9406-08]: after a time-out it is the classic one, a segment an ACK (RFC 3465 2.3)."""
    algorithm = slow_start("newreno")
    algorithm.on_timeout(SECOND, 60 * MSS, False)
    assert algorithm.hystart is None
    algorithm.on_ack(sample(2 * SECOND, 4 * MSS, 60 * MSS))
    assert algorithm.cwnd == 2 * MSS


@pytest.mark.parametrize(
    ("settings", "growth"),
    [
        ({}, 8),  # L of RFC 9406
        ({"hystart": False}, 2),  # L of RFC 3465
        ({"hystart": False, "byte_counting_segments": 1}, 1),  # RFC 5681
        ({"byte_counting_segments": 65_535}, 20),  # Linux
    ],
)
def test_how_much_one_acknowledgment_adds(settings: dict[str, object], growth: int) -> None:
    """[RFC9406-07] [RFC5681-02]: an ACK of twenty segments, under each limit."""
    algorithm = slow_start("cubic", **settings)
    algorithm.on_ack(sample(SECOND, 20 * MSS, 20 * MSS))
    assert algorithm.cwnd == (10 + growth) * MSS


def test_later_slow_starts_stop_at_ssthresh() -> None:
    """[RFC9438-15] [RFC5681-02]: what an ACK would add beyond it is avoidance's."""
    algorithm = Cubic(MSS, 10)
    algorithm.end_first_slow_start()
    algorithm.ssthresh = 11 * MSS
    algorithm.on_ack(sample(SECOND, 2 * MSS, 10 * MSS))
    assert algorithm.cwnd == 11 * MSS


def test_nothing_grows_in_recovery_or_unused() -> None:
    """[RFC5681-01] [RFC7661-04]: an ACK in fast recovery, and one that finds the window unused."""
    algorithm = NewReno(MSS, 10)
    algorithm.on_ack(sample(SECOND, MSS, 10 * MSS, recovering=True))
    algorithm.on_ack(sample(SECOND, MSS, 2 * MSS, cwnd_limited=False))
    assert algorithm.cwnd == 10 * MSS
