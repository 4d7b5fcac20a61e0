"""What all congestion controls share that take loss for congestion: everything but the two shapes of the window.

Slow start with HyStart++ and byte counting, the use of the window (RFC 7661), loss, time-outs, ECN, undo, restart after
idle times.  A subclass says how the window grows in congestion avoidance (`avoid`) and how much of it is left after
loss (`reduced`).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from synfin.config import SECOND, TcpConfig
from synfin.mypyc import mypyc_attr
from synfin.tcp.congestion.base import CongestionControl, initial_window_rfc3390
from synfin.tcp.congestion.hystart import HyStart, L
from synfin.tcp.congestion.sample import AckSample
from synfin.tcp.congestion.validation import UNDEFINED, Validation

HOLD_MAX: Final = 16  # doublings of the time between segments that ECN asks for at a window of one


@mypyc_attr(allow_interpreted_subclasses=True)
class LossBased(CongestionControl):
    """A window that grows until something is lost or marked."""

    def __init__(self, mss: int, initial_segments: int) -> None:
        super().__init__(mss, initial_segments)
        # Both are made by the first ACK: a connection that sends nothing needs none
        self.hystart: HyStart | None = None
        self.validation: Validation | None = None
        self.first_slow_start = True  # the one in which HyStart++ judges; False as well where it is switched off
        self.validates = True
        self.count_segments = 2  # L of RFC 3465: segments that one ACK may add in slow start
        self.timed_out = False  # slow start follows a time-out
        self.delivered = 0  # octets acknowledged since the beginning
        self.hold = 0  # doublings of the pause, while ECN goes on at a window of one segment
        self.srtt = 0

    def configure(self, config: TcpConfig) -> None:
        """HyStart++, validation and byte counting can be switched off."""
        super().configure(config)
        self.count_segments = config.byte_counting_segments
        self.validates = config.window_validation
        if not config.hystart:
            self.end_first_slow_start()
        if not config.window_validation:
            self.validation = None

    def on_ack(self, sample: AckSample) -> None:
        """Grow, if the window is what bounds the connection [RFC9438-16] [RFC7661-04]."""
        self.srtt = sample.srtt
        acked = sample.acked
        self.delivered += acked
        validation = self.validation
        if validation is None and self.validates:
            validation = Validation()
            self.validation = validation
        if sample.recovering:
            if validation is not None:
                validation.resent += sample.lost
            return
        outstanding = sample.flight - acked
        if validation is not None:
            validation.on_ack(sample.now, acked, outstanding, sample.srtt, self.cwnd)
            if validation.since != UNDEFINED and validation.expired(sample.now):
                self._shrink()
        slow = self.cwnd < self.ssthresh
        if slow and self.hystart is None and self.first_slow_start:
            self.hystart = HyStart()
        if not sample.cwnd_limited:
            self.unused(sample)
        elif slow:
            self._slow_start(acked)
        else:
            self.avoid(sample)
        if slow and self.hystart is not None and self.hystart.on_ack(acked, outstanding, sample.rtt):
            self.end_first_slow_start()
            self.ssthresh = self.cwnd  # [RFC9406-05]
        if self.hold and self.cwnd > self.mss:
            self.hold = 0

    def _slow_start(self, acked: int) -> None:
        """One ACK adds what it acknowledges, up to L segments, and not beyond ssthresh [RFC5681-02] [RFC9438-15].

        L is 8 with HyStart++ (RFC 9406 4.2), 1 after a time-out (RFC 3465 2.3), where an ACK may cover text that had
        arrived long before.
        """
        hystart = self.hystart
        if hystart is not None:
            limit = max(L, self.count_segments) * self.mss
            self.cwnd += (acked if acked < limit else limit) // hystart.divisor  # [RFC9406-03]
            return
        limit = self.mss if self.timed_out else self.count_segments * self.mss
        cwnd = self.cwnd + (acked if acked < limit else limit)
        self.cwnd = cwnd if cwnd < self.ssthresh else max(self.ssthresh, self.cwnd)

    @abstractmethod
    def avoid(self, sample: AckSample) -> None:
        """An ACK in congestion avoidance that finds the window in use: grow `cwnd`."""

    @abstractmethod
    def reduced(self, flight: int) -> int:
        """Octets that are left of `flight` after loss; called once per loss, before `cwnd` changes."""

    def unused(self, sample: AckSample) -> None:
        """An ACK that finds the window not in use: it does not grow."""

    def end_first_slow_start(self) -> None:
        """HyStart++ has no more to say, for the rest of the connection."""
        self.hystart = None
        self.first_slow_start = False

    def on_loss(self, now: int, flight: int) -> None:
        """ssthresh = what is left of `flight`, at least two segments, and cwnd = ssthresh [RFC5681-11].

        A window that was not in use says little: then half of what was [RFC7661-06].
        """
        self.remember()
        if self.delivered < self.initial_window:  # lost within the initial window [RFC6928-03]
            self.restart_window = min(self.restart_window, initial_window_rfc3390(self.mss))
        self.ssthresh = max(self.reduced(flight), 2 * self.mss)  # [RFC9438-09]
        self.cwnd = self.ssthresh
        self.end_first_slow_start()  # [RFC9406-06] [RFC9406-08]
        self.timed_out = False
        validation = self.validation
        if validation is not None:
            validation.on_loss(flight)
            if validation.loss_flight != UNDEFINED:
                self.cwnd = max(min(self.cwnd, validation.loss_flight // 2), self.mss)

    def on_timeout(self, now: int, flight: int, again: bool) -> None:
        """One segment, then slow start to half of what was [RFC5681-08]."""
        if not again:
            self.on_loss(now, flight)
        self.cwnd = self.mss
        self.timed_out = True
        if self.validation is not None:
            self.validation.reset()

    def on_recovered(self, now: int, flight: int) -> None:
        """cwnd = ssthresh [RFC5681-13]; less what was lost, if the window had not been in use [RFC7661-06]."""
        self.cwnd = min(self.cwnd, self.ssthresh)
        validation = self.validation
        if validation is not None:
            if validation.loss_flight != UNDEFINED:
                safe = (validation.loss_flight - validation.resent) // 2
                self.cwnd = max(min(self.cwnd, safe), self.mss)
            validation.reset()

    def on_ecn(self, now: int, flight: int) -> None:
        """As loss, but the window may become one segment; then the pauses grow instead [RFC9438-10] [RFC9406-06]."""
        if self.cwnd <= self.mss:
            self.hold = min(self.hold + 1, HOLD_MAX)
            self.paced = True
            return
        self.remember()
        left = self.reduced(flight)
        self.ssthresh = max(left, 2 * self.mss)
        self.cwnd = max(min(left, self.cwnd), self.mss)
        self.end_first_slow_start()

    def on_undo(self) -> None:
        """Back to the window before the last reduction [RFC9438-14]."""
        super().on_undo()
        self.timed_out = False
        if self.validation is not None:
            self.validation.reset()

    def on_idle(self, now: int) -> None:
        """Nothing was sent for more than one RTO [RFC5681-15]; a window too long unused shrinks in any case."""
        validation = self.validation
        if validation is not None and validation.expired(now):
            self._shrink()
        if self.idle_restart and self.cwnd > self.restart_window:
            self.ssthresh = max(self.ssthresh, self.cwnd * 3 // 4)
            self.cwnd = self.restart_window

    def adopt(self, cwnd: int, ssthresh: int, srtt: int) -> None:
        """Another algorithm's window; its first slow start is not ours [RFC9406-08]."""
        super().adopt(cwnd, ssthresh, srtt)
        self.delivered = self.initial_window
        self.end_first_slow_start()

    def _shrink(self) -> None:
        """Five minutes without use: half, but remember in ssthresh what there was [RFC7661-07]."""
        self.ssthresh = max(self.ssthresh, self.cwnd * 3 // 4)
        self.cwnd = max(self.cwnd // 2, self.initial_window)

    def pacing_rate(self) -> int:
        """A window of one segment that is still too much: one segment each 2, 4, 8, ... round trips [RFC9438-10]."""
        if self.hold and self.srtt:
            return max(self.mss * SECOND // (self.srtt << self.hold), 1)
        return 0
