"""RFC 5681 slow start, congestion avoidance and the halving on loss."""

from __future__ import annotations

from synfin.tcp.congestion.base import CongestionControl, register
from synfin.tcp.congestion.sample import AckSample


@register("newreno")
class NewReno(CongestionControl):
    """The standard window: doubles per RTT below `ssthresh`, grows by one SMSS per RTT above [MUST-19]."""

    def __init__(self, mss: int, initial_segments: int) -> None:
        super().__init__(mss, initial_segments)
        self._avoided = 0  # octets acknowledged since cwnd last grew in congestion avoidance

    def on_ack(self, sample: AckSample) -> None:
        """Slow start adds min(N, SMSS) [RFC5681-02]; avoidance adds SMSS per cwnd acknowledged [RFC5681-07]."""
        if sample.recovering:
            return
        acked = sample.acked
        if self.cwnd < self.ssthresh:
            self.cwnd += min(acked, self.mss)
            return
        self._avoided += acked
        if self._avoided >= self.cwnd:
            self._avoided -= self.cwnd
            self.cwnd += self.mss

    def on_loss(self, now: int, flight: int) -> None:
        """Halve: ssthresh = max(FlightSize / 2, 2*SMSS) [RFC5681-11]."""
        self.remember()
        self.ssthresh = max(flight // 2, 2 * self.mss)
        self.cwnd = self.ssthresh
        self._avoided = 0
