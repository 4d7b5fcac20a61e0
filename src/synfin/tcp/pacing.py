"""Pacing: when the next burst may leave, so that a window spreads over its round trip.

The rate is what the congestion control asks for, or is made from its window, and never above `max_pacing_rate`.  A
burst is about a millisecond of the rate in whole segments, so that super-segments stay large and timers rare.
`output` asks before it sends text; nothing else is held back.
"""

from __future__ import annotations

from typing import Final, final

from synfin.config import MILLISECOND, SECOND
from synfin.tcp.congestion.base import CongestionControl

UNLIMITED: Final = 1 << 60
BURST_TIME: Final = 1 * MILLISECOND  # of the rate
BURST_MAX: Final = 65_536  # octets
BURST_SEGMENTS: Final = 2  # at least, from SLOW on
SLOW: Final = 150_000  # octets per second: below it a burst is one segment
SLOW_START_PERCENT: Final = 200  # of cwnd per round trip, for algorithms without a rate of their own
AVOIDANCE_PERCENT: Final = 120
LATE_MAX: Final = 10 * MILLISECOND  # by which a timer may be late without loss of rate


@final
class Pacer:
    """A rate in octets per second, and the time from which on more may be sent; `rate` 0: no limit."""

    __slots__ = ("_burst_at", "_left", "burst", "held", "limit", "mss", "next_at", "rate")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit or 0  # largest rate, 0: none
        self.rate = self.limit
        self.mss = 1
        self.burst = BURST_MAX
        self.next_at = 0  # when what was sent so far has left at the rate
        self.held = False  # output has stopped because of us, and waits for a timer
        self._burst_at = -1  # when the running burst began
        self._left = 0  # octets that it may still take

    def update(self, congestion: CongestionControl, srtt: int) -> None:
        """Take the rate anew, after an ACK; `srtt` 0: not known yet."""
        rate = congestion.pacing_rate() if congestion.paced else 0
        if rate == 0 and congestion.paced and srtt:
            percent = SLOW_START_PERCENT if congestion.in_slow_start() else AVOIDANCE_PERCENT
            rate = congestion.cwnd * percent * SECOND // (100 * srtt)
        if self.limit and (rate == 0 or rate > self.limit):
            rate = self.limit
        self.rate = rate
        mss = congestion.mss
        self.mss = mss
        burst = rate * BURST_TIME // SECOND // mss * mss
        least = mss if rate < SLOW else BURST_SEGMENTS * mss
        self.burst = least if burst < least else burst if burst < BURST_MAX else BURST_MAX // mss * mss or mss

    def room(self, now: int) -> int:
        """Octets that may be sent at `now`; 0: not before `next_at`."""
        if self.rate == 0:
            return UNLIMITED
        if now >= self.next_at:
            if self._burst_at != now:
                self._burst_at = now
                self._left = self.burst
                # What a late timer has cost is made up for by several bursts; an idle time is not
                credit = LATE_MAX if self.held else BURST_TIME
                self.held = False
                if self.next_at < now - credit:
                    self.next_at = now - credit
            elif self._left < self.mss:
                self._left = self.burst
            return self._left
        return self._left if self._burst_at == now and self._left > 0 else 0

    def sent(self, octets: int) -> None:
        """`octets` of text have left."""
        if self.rate:
            self.next_at += octets * SECOND // self.rate
            self._left -= octets
