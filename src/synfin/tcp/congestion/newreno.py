"""The window of RFC 5681: one segment more per round trip, half after loss."""

from __future__ import annotations

from synfin.mypyc import mypyc_attr
from synfin.tcp.congestion.base import register
from synfin.tcp.congestion.lossbased import LossBased
from synfin.tcp.congestion.sample import AckSample


@mypyc_attr(allow_interpreted_subclasses=True)
class NewReno(LossBased):
    """Doubles per round trip below `ssthresh`, grows by one SMSS per round trip above [MUST-19]."""

    def __init__(self, mss: int, initial_segments: int) -> None:
        super().__init__(mss, initial_segments)
        self._avoided = 0  # octets acknowledged since cwnd last grew in congestion avoidance

    def avoid(self, sample: AckSample) -> None:
        """SMSS for each window acknowledged [RFC5681-07]."""
        self._avoided += sample.acked
        if self._avoided >= self.cwnd:
            self._avoided -= self.cwnd
            self.cwnd += self.mss

    def reduced(self, flight: int) -> int:
        """FlightSize / 2 [RFC5681-11]."""
        self._avoided = 0
        return flight // 2


register("newreno")(NewReno)  # not as a decorator: a decorated class would not compile to a native one
