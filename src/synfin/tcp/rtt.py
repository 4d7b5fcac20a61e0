"""Round-trip time and retransmission time-out (RFC 6298).  All times in nanoseconds."""

from __future__ import annotations

from typing import Final, final

from synfin.config import MILLISECOND, TcpConfig
from synfin.mypyc import mypyc_attr

GRANULARITY: Final = 1_000_000  # G: our clock's step as far as RTT samples by timestamps go


@final
@mypyc_attr(acyclic=True)
class RttEstimator:
    """SRTT, RTTVAR and RTO of one connection; takes samples, answers `rto()`."""

    __slots__ = ("backoff", "base", "maximum", "min_rtt", "minimum", "rttvar", "srtt", "variance_floor")

    def __init__(self, config: TcpConfig) -> None:
        self.srtt = 0  # 0: no sample yet
        self.rttvar = 0
        self.min_rtt = 0
        self.backoff = 0
        self.minimum: int = config.rto_min_ms * MILLISECOND
        self.maximum: int = config.rto_max_ms * MILLISECOND
        self.variance_floor: int = max(GRANULARITY, config.rto_variance_min_ms * MILLISECOND)
        self.base: int = config.rto_initial_ms * MILLISECOND  # [RFC6298-01]

    def sample(self, rtt: int) -> None:
        """Take one measurement [RFC6298-02] [RFC6298-03]; it also ends the back-off."""
        if rtt < 1:
            rtt = 1
        if self.srtt == 0:
            self.srtt = rtt
            self.rttvar = rtt // 2
            self.min_rtt = rtt
        else:
            error = self.srtt - rtt
            if error < 0:
                error = -error
            self.rttvar += (error - self.rttvar) // 4
            self.srtt += (rtt - self.srtt) // 8
            if rtt < self.min_rtt:
                self.min_rtt = rtt
        self.backoff = 0
        self._settle()

    def configure(self, config: TcpConfig) -> None:
        """Other bounds, from the next time that the timer is set; what was measured stays."""
        before = (self.minimum, self.maximum, self.variance_floor)
        self.minimum = config.rto_min_ms * MILLISECOND
        self.maximum = config.rto_max_ms * MILLISECOND
        self.variance_floor = max(GRANULARITY, config.rto_variance_min_ms * MILLISECOND)
        if self.srtt and before != (self.minimum, self.maximum, self.variance_floor):
            self._settle()

    def _settle(self) -> None:
        """The time-out that follows from what was measured, within its bounds."""
        variance = 4 * self.rttvar
        if variance < self.variance_floor:  # [RFC6298-08]
            variance = self.variance_floor
        base = self.srtt + variance
        if base < self.minimum:  # [RFC6298-04]
            base = self.minimum
        if base > self.maximum:
            base = self.maximum
        self.base = base

    def rto(self) -> int:
        """The time-out to use now, back-off included [RFC6298-05]."""
        value = self.base << self.backoff
        return value if value < self.maximum else self.maximum

    def back_off(self) -> None:
        """Double the time-out [RFC6298-14]."""
        if self.base << self.backoff < self.maximum:
            self.backoff += 1

    def restart(self, base: int) -> None:
        """Forget the back-off and begin with `base` ns (RFC 6298 5.7)."""
        self.backoff = 0
        self.base = base
