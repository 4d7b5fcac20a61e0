"""Congestion window validation (RFC 7661): how much of the window was lately used, and for how long too little of it.

It measures and judges; what follows for the window is decided in `lossbased`.
"""

from __future__ import annotations

from typing import Final, final

UNDEFINED: Final = -1
BINS: Final = 4  # of the pipeACK sampling period, the newest first
NO_BINS: Final = (0, 0, 0, 0)
PERIOD_MIN: Final = 1_000_000_000  # ns; the sampling period is max(3*RTT, 1 s)
NVP_MAX: Final = 300_000_000_000  # five minutes in the non-validated phase [RFC7661-05]


@final
class Validation:
    """`pipe_ack`: the most octets that were acknowledged within one round trip of the sampling period."""

    __slots__ = ("_acked", "_bins", "_left", "_offered", "_turned_at", "loss_flight", "pipe_ack", "resent", "since")

    def __init__(self) -> None:
        self.pipe_ack = UNDEFINED  # [RFC7661-01]
        self.since = UNDEFINED  # when the non-validated phase began, UNDEFINED: in the validated one
        self.loss_flight = UNDEFINED  # max(pipeACK, flight) when loss was found in the non-validated phase
        self.resent = 0  # octets that were lost and so retransmitted since
        self._acked = 0  # in the running round trip
        self._left = 0  # octets to be acknowledged until it ends
        self._offered = 0  # the window when it began
        self._bins = NO_BINS
        self._turned_at = 0

    def on_ack(self, now: int, acked: int, outstanding: int, srtt: int, cwnd: int) -> None:
        """Take an ACK outside of recovery; once per round trip, judge [RFC7661-02].

        The window is the one that the round trip began with: slow start has doubled it meanwhile, which says nothing
        about its use [RFC7661-03] [RFC7661-04].
        """
        if self._left <= 0:  # nothing was in flight: a round trip began with what is acknowledged now
            self._left = acked + outstanding
            self._offered = cwnd
        self._acked += acked
        self._left -= acked
        if self._left > 0:
            return
        self._turn(now, srtt)
        newest, second, third, oldest = self._bins
        if self._acked > newest:
            newest = self._acked
            self._bins = (newest, second, third, oldest)
        self.pipe_ack = max(newest, second, third, oldest)
        if 2 * self.pipe_ack >= self._offered:
            self.since = UNDEFINED
        elif self.since == UNDEFINED:
            self.since = now
        self._acked = 0
        self._left = outstanding
        self._offered = cwnd

    def _turn(self, now: int, srtt: int) -> None:
        """Forget what is older than the sampling period, a quarter at a time."""
        quarter = max(3 * srtt, PERIOD_MIN) // BINS
        if now - self._turned_at < quarter:
            return
        for _ in range(min((now - self._turned_at) // quarter, BINS)):
            newest, second, third, _oldest = self._bins
            self._bins = (0, newest, second, third)
        self._turned_at = now

    def on_loss(self, flight: int) -> None:
        """Loss recovery begins: in the non-validated phase, keep what the window is computed from [RFC7661-06]."""
        self.loss_flight = UNDEFINED if self.since == UNDEFINED else max(self.pipe_ack, flight)
        self.resent = 0

    def reset(self) -> None:
        """Recovery is over: pipeACK is undefined until it is measured again (RFC 7661 4.4.1)."""
        self.pipe_ack = self.since = self.loss_flight = UNDEFINED
        self._acked = self._left = self._offered = 0
        self._bins = NO_BINS

    def expired(self, now: int) -> bool:
        """Whether the non-validated phase has lasted too long; it starts anew then [RFC7661-07]."""
        if self.since == UNDEFINED or now - self.since < NVP_MAX:
            return False
        self.since = UNDEFINED
        return True
