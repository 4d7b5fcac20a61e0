"""BBR's model and phases without a network: a path of a fixed rate that acknowledges what BBR sends."""

from __future__ import annotations

import pytest

from synfin.config import MILLISECOND, SECOND
from synfin.tcp.congestion import AckSample, Bbr, create
from synfin.tcp.congestion.bbr import (
    DRAIN,
    INFINITE,
    PROBE_CRUISE,
    PROBE_DOWN,
    PROBE_REFILL,
    PROBE_RTT,
    PROBE_UP,
    STARTUP,
)
from synfin.tcp.congestion.maxfilter import MaxFilter
from tests.tcp.acking import MSS

RATE = 1_250_000  # octets per second: 10 Mbit/s
RTT = 40 * MILLISECOND
BDP = RATE * RTT // SECOND


class Path:
    """Delivers at most `rate`; what is in flight beyond a BDP waits in a queue.  One ACK per segment.

    What BBR sends follows its pacing rate and its window.
    """

    def __init__(self, algorithm: Bbr, rate: int = RATE) -> None:
        self.algorithm = algorithm
        self.rate = rate
        self.now = SECOND
        self.delivered = 0
        self.pipe = 10 * MSS
        self.credit = 0
        self.seen: list[int] = []
        algorithm.on_established(MSS, RTT, False, 10)

    def ack(self, **facts: int | bool) -> AckSample:
        """The next segment arrives."""
        algorithm = self.algorithm
        pipe = self.pipe
        rate = min(self.rate, pipe * SECOND // RTT)
        trip = max(RTT, pipe * SECOND // self.rate)
        self.now += MSS * SECOND // rate
        self.delivered += MSS
        self.credit += algorithm.pacing_rate() * MSS // rate
        sent = max(min(self.credit, algorithm.cwnd - pipe + MSS), 0)
        self.credit = min(self.credit - sent, 2 * MSS)
        self.pipe = max(pipe - MSS + sent, MSS)
        made = AckSample()
        made.now = self.now
        made.acked = made.delivered = MSS
        made.flight = made.prior_pipe = pipe
        made.pipe = self.pipe
        made.rtt = made.srtt = trip
        made.min_rtt = RTT
        made.cwnd_limited = self.pipe + 2 * MSS >= algorithm.cwnd
        made.rate_delivered = rate * trip // SECOND
        made.rate_interval = trip
        made.total_delivered = self.delivered
        made.prior_delivered = max(self.delivered - made.rate_delivered, 0)
        for name, value in facts.items():
            setattr(made, name, value)
        algorithm.on_ack(made)
        if not self.seen or self.seen[-1] != algorithm.state:
            self.seen.append(algorithm.state)
        return made

    def until(self, state: int, limit: int = 100_000, **facts: int | bool) -> None:
        """ACKs until the algorithm is in `state`."""
        for _ in range(limit):
            if self.algorithm.state == state:
                return
            self.ack(**facts)
        raise AssertionError(f"never in {state}; phases {self.seen}")


@pytest.fixture
def path() -> Path:
    """A new connection."""
    return Path(Bbr(MSS, 10))


def test_the_largest_of_a_window() -> None:
    """A value counts for so many turns, then the next largest."""
    largest = MaxFilter(2)
    assert largest.best() == 0
    assert [largest.update(turn, value) for turn, value in ((0, 5), (0, 3), (1, 4), (2, 1), (3, 1))] == [5, 5, 5, 4, 1]
    assert largest.best() == 1


def test_it_paces_from_the_first_segment_on() -> None:
    """The initial window in a round trip of the handshake, times 2.77; no PRR, and nothing to do with ssthresh."""
    algorithm = create("bbr", MSS, 10)
    assert not algorithm.uses_prr
    algorithm.on_established(MSS, RTT, False, 10)
    assert algorithm.paced
    assert algorithm.pacing_rate() == 10 * MSS * SECOND // RTT * 277 // 100


def test_startup_ends_after_three_rounds_without_growth(path: Path) -> None:
    """The rate is found, the queue of STARTUP is drained, and ProbeBW begins."""
    path.until(PROBE_CRUISE)
    algorithm = path.algorithm
    assert path.seen[:2] == [STARTUP, DRAIN]
    assert algorithm.max_bw == pytest.approx(RATE, rel=0.02)
    assert algorithm.min_rtt == RTT
    assert algorithm.pacing_rate() == pytest.approx(0.99 * RATE, rel=0.02)


def test_an_application_that_sends_little_does_not_end_startup(path: Path) -> None:
    """App-limited samples say nothing about the pipe."""
    for _ in range(600):
        path.ack(app_limited=True)
    assert path.algorithm.state == STARTUP
    assert not path.algorithm.full_bw_reached


def test_a_cycle_of_probing(path: Path) -> None:
    """DOWN, CRUISE, REFILL for a round, UP until the rate grows no more; a small path is probed as Reno would."""
    path.until(PROBE_UP)
    path.until(PROBE_CRUISE)
    path.until(PROBE_REFILL)
    seen = [state for state in path.seen if state != PROBE_RTT]
    cycle = [PROBE_REFILL, PROBE_UP, PROBE_DOWN, PROBE_CRUISE, PROBE_REFILL]
    assert seen in ([STARTUP, DRAIN, PROBE_CRUISE, *cycle], [STARTUP, DRAIN, PROBE_DOWN, PROBE_CRUISE, *cycle])
    assert path.algorithm.cycle_count >= 1


def test_a_path_that_becomes_faster_is_followed(path: Path) -> None:
    """UP goes on while each round brings a quarter more."""
    path.until(PROBE_CRUISE)
    path.rate = 2 * RATE
    for _ in range(3_000):
        path.ack()
    assert path.algorithm.max_bw == pytest.approx(2 * RATE, rel=0.05)


def test_a_path_that_becomes_slower_is_forgotten_after_two_cycles(path: Path) -> None:
    """The filter of the largest rate is two probes long."""
    path.until(PROBE_CRUISE)
    path.rate = RATE // 2
    for _ in range(8_000):
        path.ack()
    assert path.algorithm.max_bw == pytest.approx(RATE / 2, rel=0.05)


def test_loss_while_cruising_lowers_the_short_term_bounds(path: Path) -> None:
    """What was delivered in the round, at least 0.7 of the bound before; a new probe forgets it."""
    path.until(PROBE_CRUISE)
    algorithm = path.algorithm
    before = algorithm.max_bw
    path.rate = RATE // 4
    for _ in range(400):
        path.ack(lost=MSS)
        if algorithm.bw_lo < INFINITE:
            break
    assert algorithm.bw_lo == pytest.approx(0.7 * before, rel=0.02)
    assert algorithm.bw() == algorithm.bw_lo
    path.until(PROBE_REFILL)
    assert algorithm.bw_lo == algorithm.inflight_lo == INFINITE


def test_little_loss_costs_little(path: Path) -> None:
    """Rounds with loss at the full rate: the bound stays at what is delivered, however many they are."""
    path.until(PROBE_CRUISE)
    for number in range(120):
        path.ack(lost=MSS if number % 20 == 0 else 0)
        if path.algorithm.state != PROBE_CRUISE:
            break
    assert path.algorithm.bw() > 0.95 * RATE


def test_too_much_loss_ends_a_probe(path: Path) -> None:
    """More than 2 % of what was in flight: that much, or 0.7 of the target, is the limit from now on."""
    path.until(PROBE_UP)
    algorithm = path.algorithm
    flight = path.pipe
    path.ack(rate_lost=flight * 3 // 100, lost=MSS)
    assert algorithm.state in (PROBE_DOWN, PROBE_CRUISE)
    assert algorithm.inflight_hi == flight > 0.7 * BDP
    assert algorithm.inflight_with_headroom() < algorithm.inflight_hi


def test_loss_of_two_per_cent_is_tolerated_while_probing(path: Path) -> None:
    """Up to LOSS_THRESH."""
    path.until(PROBE_UP)
    for _ in range(10):
        path.ack(rate_lost=path.pipe * 19 // 1000, lost=MSS)
    assert path.algorithm.inflight_hi == INFINITE


def test_ecn_ends_a_probe_as_loss_does(path: Path) -> None:
    """RFC 3168's answer, once per window; in STARTUP the second one ends it."""
    path.until(PROBE_UP)
    path.algorithm.on_ecn(path.now, BDP)
    assert path.algorithm.state == PROBE_DOWN
    assert path.algorithm.inflight_hi <= max(BDP, path.algorithm.cwnd)
    young = Path(Bbr(MSS, 10))
    for _ in range(30):
        young.ack()
    young.algorithm.on_ecn(young.now, BDP)
    assert not young.algorithm.full_bw_reached
    young.algorithm.on_ecn(young.now, BDP)
    young.ack()
    assert young.algorithm.state != STARTUP


def test_the_pipe_is_emptied_to_see_the_smallest_round_trip(path: Path) -> None:
    """Five seconds without a smaller one: half a pipe for 200 ms and a round, then the window as before."""
    path.until(PROBE_CRUISE)
    algorithm = path.algorithm
    path.until(PROBE_RTT, rtt=RTT + MILLISECOND)
    begun = path.now
    before = algorithm.prior_cwnd
    path.until(PROBE_CRUISE, rtt=RTT + MILLISECOND)
    assert 200 * MILLISECOND <= path.now - begun <= 400 * MILLISECOND
    assert algorithm.cwnd <= before
    for _ in range(100):
        path.ack()
    assert algorithm.cwnd > 0.8 * before


def test_a_timeout_leaves_one_segment_and_the_model(path: Path) -> None:
    """The window grows back by what is delivered; the path is not thought slower for it."""
    path.until(PROBE_CRUISE)
    algorithm = path.algorithm
    algorithm.on_timeout(path.now, BDP, False)
    assert algorithm.cwnd == MSS
    assert algorithm.max_bw == pytest.approx(RATE, rel=0.02)
    algorithm.on_undo()
    assert algorithm.cwnd > BDP


def test_spurious_loss_is_undone(path: Path) -> None:
    """Bounds and window as before."""
    path.until(PROBE_CRUISE)
    algorithm = path.algorithm
    before = (algorithm.cwnd, algorithm.bw_lo, algorithm.inflight_lo, algorithm.inflight_hi)
    algorithm.on_loss(path.now, BDP)
    algorithm.bw_lo = RATE // 2
    algorithm.inflight_lo = BDP // 2
    algorithm.cwnd = BDP // 2
    algorithm.on_undo()
    assert (algorithm.cwnd, algorithm.bw_lo, algorithm.inflight_lo, algorithm.inflight_hi) == before


def test_after_an_idle_time_it_goes_on_at_the_rate_of_the_path(path: Path) -> None:
    """The model holds: neither slow start nor a burst."""
    path.until(PROBE_CRUISE)
    before = path.algorithm.cwnd
    path.algorithm.on_idle(path.now + 10 * SECOND)
    assert path.algorithm.cwnd == before
    assert path.algorithm.pacing_rate() == pytest.approx(RATE, rel=0.02)
    path.now += 10 * SECOND
    path.ack()
    assert path.algorithm.state != PROBE_RTT, "nothing was in flight, so the round trips are fresh"


def test_waits_are_drawn_from_the_seed() -> None:
    """Two to three seconds, the same for the same connection, different for others."""
    waits = []
    for seed in (1, 1, 2, 3):
        path = Path(Bbr(MSS, 10))
        path.algorithm.seed = seed
        path.until(PROBE_CRUISE)
        waits.append(path.algorithm.bw_probe_wait)
    assert waits[0] == waits[1]
    assert len(set(waits)) == 3
    assert all(2 * SECOND <= wait < 3 * SECOND for wait in waits)


def test_it_takes_over_a_live_connection() -> None:
    """TCP_CONGESTION: STARTUP at the window there is."""
    algorithm = Bbr(MSS, 10)
    algorithm.adopt(50 * MSS, 40 * MSS, RTT)
    assert algorithm.cwnd == 50 * MSS
    assert algorithm.pacing_rate() > 50 * MSS * SECOND // RTT
