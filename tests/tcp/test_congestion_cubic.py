"""CUBIC against the formulas of RFC 9438, worked out here in exact and in decimal arithmetic."""

from __future__ import annotations

from decimal import Decimal, getcontext
from fractions import Fraction

import pytest

from synfin.config import MILLISECOND, SECOND
from synfin.tcp.congestion import Cubic, create
from synfin.tcp.congestion.cubic import ALPHA, BETA, C, cube_root, k_for, w_cubic
from tests.tcp.acking import MSS, Sender, sample

getcontext().prec = 60
EXACT_C = Fraction(4, 10)
EXACT_BETA = Fraction(7, 10)


def reduced(segments: int, flight: int | None = None) -> Cubic:
    """In congestion avoidance after one loss at a window of `segments`."""
    algorithm = Cubic(MSS, 10)
    algorithm.end_first_slow_start()
    algorithm.cwnd = segments * MSS
    algorithm.on_loss(0, segments * MSS if flight is None else flight)
    algorithm.on_recovered(0, 0)
    return algorithm


def exact_k(w_max: int, cwnd: int, mss: int) -> Decimal:
    """K in seconds to sixty digits (RFC 9438 4.2, figure 2)."""
    return (Decimal(w_max - cwnd) / Decimal(mss) / Decimal("0.4")) ** (Decimal(1) / 3)


def test_the_constants() -> None:
    """[RFC9438-01]: C = 0.4, beta = 0.7, alpha = 3 * (1 - beta) / (1 + beta)."""
    assert Fraction(*C) == EXACT_C
    assert Fraction(*BETA) == EXACT_BETA
    assert Fraction(*ALPHA) == 3 * (1 - EXACT_BETA) / (1 + EXACT_BETA)


@pytest.mark.parametrize("value", [0, 1, 7, 8, 26, 27, 28, 10**27, 10**27 - 1, 75 * 10**27, 3**90, 3**90 - 1])
def test_the_cube_root_is_exact(value: int) -> None:
    """Rounded down, however large the number."""
    root = cube_root(value)
    assert root**3 <= value < (root + 1) ** 3


@pytest.mark.parametrize(
    ("w_max", "cwnd", "k_ns"),
    [(100, 70, 4_217_163_326), (1000, 700, 9_085_602_964), (10, 7, 1_957_433_820), (70, 70, 0), (60, 70, 0)],
)
def test_the_time_to_the_plateau(w_max: int, cwnd: int, k_ns: int) -> None:
    """[RFC9438-02]: K = cbrt((W_max - cwnd_epoch) / C), to the nanosecond."""
    assert k_for(w_max * MSS, cwnd * MSS, MSS) == k_ns
    if w_max > cwnd:
        assert k_ns == int(exact_k(w_max * MSS, cwnd * MSS, MSS) * SECOND)


# Octets at a time in ms since the epoch; W_max 100 segments of 1000 octets, the window 70 at the epoch
WINDOWS = [
    (0, 70_000),
    (100, 72_083),
    (1_000, 86_680),
    (2_000, 95_640),
    (4_000, 99_995),
    (4_217, 99_999),
    (4_218, 100_000),
    (5_000, 100_191),
    (8_000, 121_652),
    (12_000, 288_570),
    (30_000, 6_955_704),
]


@pytest.mark.parametrize(("ms", "octets"), WINDOWS)
def test_the_cubic_function_to_the_octet(ms: int, octets: int) -> None:
    """[RFC9438-02]: W_cubic(t) = C * (t - K)^3 + W_max, rounded down, in the concave and in the convex region."""
    k = k_for(100 * MSS, 70 * MSS, MSS)
    assert w_cubic(ms * MILLISECOND, k, 100 * MSS, MSS) == octets
    distance = Decimal(ms) / 1000 - exact_k(100 * MSS, 70 * MSS, MSS)
    exact = Decimal("0.4") * distance**3 * MSS + 100 * MSS
    assert 0 <= exact - octets < 1 + Decimal("0.001")


class Reference:
    """One congestion avoidance stage in exact fractions, written down from RFC 9438 4.2 to 4.5 and nothing else."""

    def __init__(self, algorithm: Cubic, now: int) -> None:
        self.cwnd = Fraction(algorithm.cwnd)
        self.w_max = Fraction(algorithm.w_max)
        self.prior = Fraction(algorithm.cwnd_prior)
        self.w_est = self.cwnd
        self.epoch = now
        self.k = Fraction(exact_k(algorithm.w_max, algorithm.cwnd, MSS))

    def cubic(self, ns: int) -> Fraction:
        return EXACT_C * (Fraction(ns, SECOND) - self.k) ** 3 * MSS + self.w_max

    def on_ack(self, now: int, acked: int, srtt: int) -> None:
        t = now - self.epoch
        before = self.cwnd
        target = min(max(self.cubic(t + srtt), self.cwnd), self.cwnd * 3 / 2)
        alpha = 3 * (1 - EXACT_BETA) / (1 + EXACT_BETA) if self.w_est < self.prior else Fraction(1)
        self.cwnd += (target - before) / before * acked
        self.w_est += alpha * acked / before * MSS
        if self.cubic(t) < self.w_est:
            self.cwnd = max(self.cwnd, self.w_est)


@pytest.mark.parametrize(("segments", "rtt_ms", "rounds"), [(60, 100, 60), (120, 200, 40), (20, 200, 40), (12, 5, 100)])
def test_the_window_follows_the_formulas(segments: int, rtt_ms: int, rounds: int) -> None:
    """[RFC9438-03] [RFC9438-05] [RFC9438-07] [RFC9438-08]: within one octet of exact arithmetic after every ACK."""
    algorithm = reduced(segments)
    rtt = rtt_ms * MILLISECOND
    now = 50 * MILLISECOND
    reference: Reference | None = None
    worst = Fraction(0)
    grown_beyond = False
    for _ in range(rounds):
        flight = algorithm.cwnd
        count = max(flight // MSS, 1)
        for _ in range(count):
            now += rtt // count
            if reference is None:
                reference = Reference(algorithm, now)
            algorithm.on_ack(sample(now, MSS, flight, rtt=rtt, srtt=rtt))
            reference.on_ack(now, MSS, rtt)
            worst = max(worst, abs(reference.cwnd - algorithm.cwnd))
            grown_beyond = grown_beyond or algorithm.cwnd > algorithm.w_max
            # Fractions would grow without end: keep what matters of them
            reference.cwnd = Fraction(round(reference.cwnd * (1 << 80)), 1 << 80)
            reference.w_est = Fraction(round(reference.w_est * (1 << 80)), 1 << 80)
    assert worst < 2
    assert grown_beyond, "the convex region was reached"


def test_the_target_is_at_most_half_a_window_more() -> None:
    """[RFC9438-03]: after a long time W_cubic is far away, and still one round trip adds no more than half."""
    algorithm = reduced(10)
    algorithm.on_ack(sample(SECOND, 0, 7000, srtt=100 * MILLISECOND))
    algorithm.on_ack(sample(60 * SECOND, algorithm.cwnd, algorithm.cwnd, srtt=100 * MILLISECOND))
    assert algorithm.cwnd == 7000 * 3 // 2


def test_the_target_is_never_below_the_window() -> None:
    """[RFC9438-03]: an ACK in congestion avoidance does not shrink the window."""
    algorithm = reduced(100)
    algorithm.on_ack(sample(SECOND, MSS, 70_000, srtt=MILLISECOND))
    algorithm.cwnd = 90_000
    algorithm.on_ack(sample(SECOND + MILLISECOND, MSS, 90_000, srtt=MILLISECOND))
    assert algorithm.cwnd >= 90_000


def test_loss_leaves_seven_tenths_of_the_flight() -> None:
    """[RFC9438-09]: of the flight, at once; the plateau is where the window was."""
    algorithm = reduced(100, flight=90 * MSS)
    assert (algorithm.cwnd, algorithm.ssthresh) == (63_000, 63_000)
    assert (algorithm.w_max, algorithm.cwnd_prior) == (100_000, 100_000)
    small = reduced(2)
    assert small.cwnd == small.ssthresh == 2 * MSS


def test_a_second_loss_below_the_plateau_releases_bandwidth() -> None:
    """[RFC9438-11]: fast convergence, W_max = cwnd * (1 + beta) / 2."""
    algorithm = reduced(100)
    algorithm.on_loss(SECOND, 70 * MSS)
    assert algorithm.w_max == 70 * MSS * 85 // 100
    algorithm.cwnd = 80 * MSS
    algorithm.on_loss(2 * SECOND, 80 * MSS)
    assert algorithm.w_max == 80 * MSS, "above W_max again: no release"


def test_the_plateau_is_reached_after_k() -> None:
    """[RFC9438-07]: from 70 to 100 segments in 4.2 s, where Reno would have grown by 11."""
    algorithm = reduced(100)
    t = Sender(algorithm, rtt_ms=200)
    while t.now < 1_000 * MILLISECOND + 4_200 * MILLISECOND:
        t.round_trip()
    assert 99_900 <= algorithm.cwnd <= 100_100


def test_short_round_trips_grow_like_reno() -> None:
    """[RFC9438-05] [RFC9438-06]: 9/17 of a segment per round trip up to the old window, then a whole one."""
    algorithm = reduced(20)
    t = Sender(algorithm, rtt_ms=1)
    windows = [t.round_trip() for _ in range(12)]
    assert algorithm.cwnd == pytest.approx(14_000 + 12 * MSS * 9 / 17, rel=0.01)
    while algorithm.cwnd < 20_100:
        windows.append(t.round_trip())
    before = algorithm.cwnd
    for _ in range(10):
        t.round_trip()
    assert algorithm.cwnd - before == pytest.approx(10 * MSS, rel=0.05)


def test_an_idle_time_is_no_time() -> None:
    """[RFC9438-04]: ten seconds without anything in flight do not move the window along the curve."""
    windows = []
    for idle in (0, 10 * SECOND):
        algorithm = reduced(100)
        t = Sender(algorithm, rtt_ms=100)
        for _ in range(10):
            t.round_trip()
        algorithm.on_ack(sample(t.now, algorithm.cwnd, algorithm.cwnd, rtt=t.rtt, srtt=t.rtt, cwnd_limited=False))
        t.now += idle + t.rtt
        for _ in range(5):
            t.round_trip()
        windows.append(algorithm.cwnd)
    assert windows[0] == windows[1]


def test_time_of_an_application_that_sends_little_does_not_count() -> None:
    """[RFC9438-04] [RFC9438-16]: nothing grows while the window is not used, nor is it caught up on afterwards."""
    algorithm = reduced(100)
    t = Sender(algorithm, rtt_ms=100)
    t.round_trip()
    before = algorithm.cwnd
    for _ in range(100):
        t.now += 100 * MILLISECOND
        algorithm.on_ack(sample(t.now, MSS, 2 * MSS, rtt=t.rtt, srtt=t.rtt, cwnd_limited=False))
    assert algorithm.cwnd == before
    for _ in range(3):
        t.round_trip()
    assert algorithm.cwnd < 85_000, "as after 0.4 s, not after ten"


def test_after_a_time_out_the_curve_begins_on_the_plateau() -> None:
    """[RFC9438-12]: one segment, slow start to 0.7 of the flight, then K = 0 and W_max = cwnd."""
    algorithm = Cubic(MSS, 10)
    algorithm.cwnd = 100 * MSS
    algorithm.on_timeout(SECOND, 100 * MSS, False)
    assert (algorithm.cwnd, algorithm.ssthresh) == (MSS, 70 * MSS)
    algorithm.on_timeout(3 * SECOND, MSS, True)
    assert algorithm.ssthresh == 70 * MSS, "only the first one counts"
    t = Sender(algorithm, rtt_ms=100)
    while algorithm.cwnd < algorithm.ssthresh:
        t.round_trip()
    t.round_trip()
    assert algorithm.k == 0
    assert 70 * MSS <= algorithm.w_max < 72 * MSS


def test_leaving_slow_start_without_loss_begins_on_the_plateau() -> None:
    """RFC 9438 4.10: no W_max is known; K = 0 and W_max = cwnd."""
    algorithm = Cubic(MSS, 10)
    algorithm.end_first_slow_start()
    algorithm.ssthresh = algorithm.cwnd = 50 * MSS
    t = Sender(algorithm, rtt_ms=100)
    t.round_trip()
    assert (algorithm.k, algorithm.w_max) == (0, 50 * MSS)


@pytest.mark.parametrize("event", ["loss", "timeout"])
def test_a_spurious_reduction_is_undone(event: str) -> None:
    """[RFC9438-13] [RFC9438-14]: window, threshold and curve are as if nothing had been; only once."""
    algorithm = reduced(100)
    t = Sender(algorithm, rtt_ms=100)
    for _ in range(5):
        t.round_trip()
    before = (algorithm.cwnd, algorithm.ssthresh, algorithm.w_max, algorithm.k, algorithm.epoch, algorithm.w_est)
    if event == "loss":
        algorithm.on_loss(t.now, algorithm.cwnd)
    else:
        algorithm.on_timeout(t.now, algorithm.cwnd, False)
    assert algorithm.cwnd < before[0]
    algorithm.on_undo()
    after = (algorithm.cwnd, algorithm.ssthresh, algorithm.w_max, algorithm.k, algorithm.epoch, algorithm.w_est)
    assert after == before
    algorithm.on_loss(t.now, algorithm.cwnd)
    algorithm.on_undo()
    again = algorithm.cwnd
    algorithm.on_undo()
    assert algorithm.cwnd == again


def test_ecn_may_leave_one_segment_and_then_longer_and_longer_pauses() -> None:
    """[RFC9438-10]: below two segments, and at one segment a rate that halves with each further report."""
    algorithm = Cubic(MSS, 10)
    srtt = 100 * MILLISECOND
    algorithm.cwnd = 2 * MSS
    algorithm.on_ack(sample(SECOND, MSS, 2 * MSS, srtt=srtt, cwnd_limited=False))
    for _ in range(3):
        algorithm.on_ecn(SECOND, algorithm.cwnd)
    assert algorithm.cwnd == MSS
    assert algorithm.ssthresh == 2 * MSS
    rates = []
    for _ in range(3):
        algorithm.on_ecn(SECOND, MSS)
        rates.append(algorithm.pacing_rate())
    assert algorithm.paced
    assert rates[0] < MSS * 10, "less than a segment per round trip"
    assert rates[1] == rates[0] // 2
    assert rates[2] == rates[0] // 4
    for number in range(4):
        algorithm.on_ack(sample(2 * SECOND + number * SECOND, MSS, MSS, srtt=srtt))
    assert algorithm.cwnd > MSS
    assert algorithm.pacing_rate() == 0


def test_cubic_is_the_default() -> None:
    """Chosen by name, and without one."""
    from synfin.tcp import TcpConfig

    assert TcpConfig().congestion == "cubic"
    assert isinstance(create("cubic", MSS, 10), Cubic)
