"""HyStart++ (RFC 9406): leaves slow start when the round-trip time says that a queue is building up.

It judges round-trip times and answers by how much slow start may grow; the window itself is not its business.
"""

from __future__ import annotations

from typing import Final, final

MIN_RTT_THRESH: Final = 4_000_000  # ns [RFC9406-07]
MAX_RTT_THRESH: Final = 16_000_000
MIN_RTT_DIVISOR: Final = 8
N_RTT_SAMPLE: Final = 8
CSS_GROWTH_DIVISOR: Final = 4
CSS_ROUNDS: Final = 5
L: Final = 8  # segments that one ACK may add to the window unless it is paced

UNKNOWN: Final = 1 << 62  # RFC 9406: infinity


@final
class HyStart:
    """The first slow start of a connection: standard slow start, or the conservative one (CSS)."""

    __slots__ = ("baseline", "current", "divisor", "last", "left", "rounds", "samples")

    def __init__(self) -> None:
        self.divisor = 1  # of the growth: 1 in slow start, CSS_GROWTH_DIVISOR in CSS
        self.current = UNKNOWN  # smallest RTT of this round
        self.last = UNKNOWN  # and of the one before
        self.samples = 0  # RTT samples in this round
        self.baseline = UNKNOWN  # smallest RTT of the round that led into CSS
        self.rounds = 0  # begun in CSS
        self.left = 0  # octets to be acknowledged until this round ends

    def on_ack(self, acked: int, outstanding: int, rtt: int) -> bool:
        """`acked` octets were, `outstanding` ones are not acknowledged; `rtt` 0: not measured.

        True: CSS has lasted for its rounds, so congestion avoidance begins [RFC9406-05].
        """
        if rtt:
            self._measure(rtt)
        self.left -= acked
        if self.left > 0:
            return False
        self.left = outstanding  # the window's end is SND.NXT now [RFC9406-01]
        self.last = self.current
        self.current = UNKNOWN
        self.samples = 0
        if self.divisor == 1:
            return False
        self.rounds += 1  # one in whose middle CSS began counts as well (RFC 9406 4.2)
        return self.rounds >= CSS_ROUNDS

    def _measure(self, rtt: int) -> None:
        """Compare this round's smallest RTT with the last one's, or with the baseline."""
        self.samples += 1
        if rtt < self.current:
            self.current = rtt
        if self.samples < N_RTT_SAMPLE:
            return
        if self.divisor != 1:
            if self.current < self.baseline:  # the increase was no queue after all [RFC9406-04]
                self.divisor = 1
                self.baseline = UNKNOWN
        elif self.last != UNKNOWN:
            threshold = self.last // MIN_RTT_DIVISOR
            threshold = min(max(threshold, MIN_RTT_THRESH), MAX_RTT_THRESH)
            if self.current >= self.last + threshold:  # [RFC9406-02]
                self.baseline = self.current
                self.divisor = CSS_GROWTH_DIVISOR
                self.rounds = 0
