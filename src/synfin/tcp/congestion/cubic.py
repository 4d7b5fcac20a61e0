"""CUBIC (RFC 9438): the window is a cubic function of the time since the last congestion event.

All in integers, octets and nanoseconds, so that every platform computes the same window.
"""

from __future__ import annotations

from typing import Final

from synfin.mypyc import mypyc_attr
from synfin.tcp.congestion.base import register
from synfin.tcp.congestion.lossbased import LossBased
from synfin.tcp.congestion.sample import AckSample

BETA: Final = (7, 10)  # multiplicative decrease factor [RFC9438-01]
C: Final = (4, 10)  # segments per cubic second
ALPHA: Final = (9, 17)  # 3 * (1 - BETA) / (1 + BETA): growth per round trip that is fair to Reno
FAST_CONVERGENCE: Final = (17, 20)  # (1 + BETA) / 2
CUBIC_SECOND: Final = 10**27  # in cubic nanoseconds
FRACTION: Final = 20  # bits of an octet that are kept between ACKs
NO_EPOCH: Final = -1


def cube_root(value: int) -> int:
    """The largest integer whose cube is not above `value` (which is not negative), by Newton's method."""
    if value <= 0:
        return 0
    root = 1 << -(-value.bit_length() // 3)  # not below the root, from where the iteration only falls
    while True:
        better = (2 * root + value // (root * root)) // 3
        if better >= root:
            return root
        root = better


def w_cubic(elapsed: int, k: int, w_max: int, mss: int) -> int:
    """C * (t - K)^3 + W_max in octets, rounded down; `elapsed` and `k` in ns [RFC9438-02]."""
    distance = elapsed - k
    return w_max + C[0] * mss * distance * distance * distance // (C[1] * CUBIC_SECOND)


def k_for(w_max: int, cwnd: int, mss: int) -> int:
    """K = cbrt((W_max - cwnd) / C) in ns, windows in octets; 0 where the window is above W_max already [RFC9438-02]."""
    return cube_root((w_max - cwnd) * C[1] * CUBIC_SECOND // (C[0] * mss)) if w_max > cwnd else 0


@mypyc_attr(allow_interpreted_subclasses=True)
class Cubic(LossBased):
    """Growth that depends on time, not on the round-trip time; at least as fast as Reno's."""

    def __init__(self, mss: int, initial_segments: int) -> None:
        super().__init__(mss, initial_segments)
        self.w_max = 0  # window where the plateau lies; 0: no congestion since the beginning or a time-out
        self.cwnd_prior = 0  # window before the last reduction
        self.k = 0  # ns from the epoch to the plateau
        self.epoch = NO_EPOCH  # when this congestion avoidance stage began, less the times when cwnd was not used
        self.w_est = 0  # Reno's window, in octets << FRACTION
        self.fraction = 0  # of an octet, what growth has left over
        self.last_at = 0  # time of the ACK before
        self.empty_at = 0  # when the last ACK left nothing in flight; 0: it left something
        self._before: tuple[int, int, int, int, int] = (0, 0, 0, NO_EPOCH, 0)

    def on_ack(self, sample: AckSample) -> None:
        """Keep time: while nothing was in flight it stands still [RFC9438-04]."""
        now = sample.now
        if self.empty_at and self.epoch != NO_EPOCH and sample.cwnd_limited:
            idle = now - (sample.rtt or sample.srtt) - self.empty_at
            if idle > 0:
                self.epoch += idle
        self.empty_at = now if sample.flight <= sample.acked else 0
        super().on_ack(sample)
        self.last_at = now

    def unused(self, sample: AckSample) -> None:
        """Time that the application has left unused does not count [RFC9438-04]."""
        if self.epoch != NO_EPOCH:
            self.epoch += sample.now - self.last_at

    def avoid(self, sample: AckSample) -> None:
        """Concave below W_max, convex above [RFC9438-07] [RFC9438-08], or as Reno where that is more [RFC9438-05]."""
        cwnd = self.cwnd
        mss = self.mss
        if self.epoch == NO_EPOCH:
            self._begin(sample.now)
        elapsed = sample.now - self.epoch
        acked = sample.acked if sample.acked < cwnd else cwnd
        target = w_cubic(elapsed + sample.srtt, self.k, self.w_max, mss)
        if target > cwnd:  # [RFC9438-03]
            if 2 * target > 3 * cwnd:
                target = 3 * cwnd // 2
            grown = (cwnd << FRACTION) + self.fraction + ((target - cwnd) * acked << FRACTION) // cwnd
            self.cwnd = grown >> FRACTION
            self.fraction = grown & ((1 << FRACTION) - 1)
        if self.w_est >> FRACTION < self.cwnd_prior:
            self.w_est += (ALPHA[0] * mss * acked << FRACTION) // (ALPHA[1] * cwnd)
        else:  # alpha is 1 from here on [RFC9438-06]
            self.w_est += (mss * acked << FRACTION) // cwnd
        reno = self.w_est >> FRACTION
        # RFC 9438 4.3 sets cwnd to W_est where W_cubic(t) is below it; a cwnd that is above already is not reduced
        if reno > self.cwnd and w_cubic(elapsed, self.k, self.w_max, mss) < reno:
            self.cwnd = reno
            self.fraction = 0

    def _begin(self, now: int) -> None:
        """A congestion avoidance stage begins at the window there is (RFC 9438 4.2).

        Without a W_max (no loss yet, or a time-out) it begins on the plateau [RFC9438-12].
        """
        self.epoch = now
        if self.w_max == 0:
            self.w_max = self.cwnd
            self.cwnd_prior = max(self.cwnd_prior, self.cwnd)
        self.k = k_for(self.w_max, self.cwnd, self.mss)
        self.w_est = self.cwnd << FRACTION
        self.fraction = 0

    def remember(self) -> None:
        """For `on_undo`: the curve as well [RFC9438-14]."""
        super().remember()
        self._before = (self.w_max, self.cwnd_prior, self.k, self.epoch, self.w_est)

    def reduced(self, flight: int) -> int:
        """flight * BETA; the plateau lies where the window was, or lower for others' sake [RFC9438-09] [RFC9438-11]."""
        cwnd = self.cwnd
        self.cwnd_prior = cwnd
        self.w_max = cwnd * FAST_CONVERGENCE[0] // FAST_CONVERGENCE[1] if cwnd < self.w_max else cwnd
        self.epoch = NO_EPOCH
        return flight * BETA[0] // BETA[1]

    def on_timeout(self, now: int, flight: int, again: bool) -> None:
        """As loss, then one segment; the next stage of avoidance begins on the plateau [RFC9438-12]."""
        super().on_timeout(now, flight, again)
        self.w_max = 0
        self.epoch = NO_EPOCH

    def on_undo(self) -> None:
        """The reduction was spurious: window and curve as they were [RFC9438-13] [RFC9438-14]."""
        if self.prior_cwnd:
            self.w_max, self.cwnd_prior, self.k, self.epoch, self.w_est = self._before
        super().on_undo()

    def on_idle(self, now: int) -> None:
        """A smaller window: slow start, then a new stage."""
        before = self.cwnd
        super().on_idle(now)
        if self.cwnd < before:
            self.epoch = NO_EPOCH


register("cubic")(Cubic)  # not as a decorator: a decorated class would not compile to a native one
