"""DCTCP (RFC 8257): reduces in proportion to the share of octets that were marked, for networks that mark early.

The receiver's half, which reports each mark, is `tcp/ecn` or AccECN; this is the sender's.
"""

from __future__ import annotations

from typing import ClassVar, Final

from synfin.tcp.congestion.base import register
from synfin.tcp.congestion.newreno import NewReno
from synfin.tcp.congestion.sample import AckSample

ONE: Final = 1 << 20  # alpha 1.0
GAIN_SHIFT: Final = 4  # g = 1/16 (RFC 8257 4.2)


class Dctcp(NewReno):
    """Reno's growth; after marks cwnd * (1 - alpha/2) once per window; after loss as Reno (RFC 8257 3.5)."""

    ecn: ClassVar[str] = "precise"

    def __init__(self, mss: int, initial_segments: int) -> None:
        super().__init__(mss, initial_segments)
        self.alpha = ONE  # estimate of the marked share; begins with the worst (RFC 8257 4.2)
        self.acked = 0  # octets delivered in this observation window
        self.marked = 0  # those of them that were marked
        self.left = 0  # octets to be acknowledged until it ends
        self.reduced_already = False  # in this window

    def on_ack(self, sample: AckSample) -> None:
        """Count marks, reduce at the first of a window, work out alpha at its end (RFC 8257 3.3)."""
        ce = sample.ce
        self.acked += sample.delivered
        self.marked += ce
        if ce and not self.reduced_already and not sample.recovering:
            self.reduced_already = True
            self.remember()
            self.end_first_slow_start()
            self.cwnd = max(self.cwnd - (self.cwnd * self.alpha >> 21), self.mss)
            self.ssthresh = max(self.cwnd, 2 * self.mss)
        elif not ce:
            super().on_ack(sample)
        self.left -= sample.acked
        if self.left <= 0:
            self._end_window(sample.flight - sample.acked)

    def _end_window(self, outstanding: int) -> None:
        """alpha = alpha * (1 - g) + g * M (RFC 8257 3.3 step 6)."""
        if self.acked:
            share = min(ONE * self.marked // self.acked, ONE)
            self.alpha += (share >> GAIN_SHIFT) - (self.alpha >> GAIN_SHIFT)
        self.acked = self.marked = 0
        self.left = outstanding
        self.reduced_already = False


register("dctcp")(Dctcp)  # not as a decorator: a decorated class would not compile to a native one
