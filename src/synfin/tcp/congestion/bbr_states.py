"""The phases of BBR version 3 (draft-ietf-ccwg-bbr): STARTUP, DRAIN, the cycle of ProbeBW, ProbeRTT.

The path model, and what window and rate follow from it, are in `bbr`.
"""

from __future__ import annotations

from typing import Final

from synfin.config import MILLISECOND, SECOND
from synfin.mypyc import mypyc_attr
from synfin.tcp.congestion.base import register
from synfin.tcp.congestion.bbr import (
    ACKS_PROBE_FEEDBACK,
    ACKS_PROBE_STARTING,
    ACKS_PROBE_STOPPING,
    ACKS_REFILLING,
    BETA,
    DRAIN,
    INFINITE,
    LOSS_THRESH,
    MIN_RTT_FILTER,
    PACING_GAIN,
    PROBE_CRUISE,
    PROBE_DOWN,
    PROBE_REFILL,
    PROBE_RTT,
    PROBE_RTT_DURATION,
    PROBE_RTT_INTERVAL,
    PROBE_UP,
    STARTUP,
    BbrModel,
)
from synfin.tcp.congestion.sample import AckSample

FULL_BW_GROWTH: Final = 125  # percent in a round below which the pipe counts as full
FULL_BW_ROUNDS: Final = 3
STARTUP_LOSS_EVENTS: Final = 6
STARTUP_ECN_ROUNDS: Final = 2
RENO_ROUNDS_MAX: Final = 63  # probe as often as Reno would at this window, in rounds
PROBE_WAIT_BASE: Final = 2 * SECOND
PROBE_WAIT_SPREAD_MS: Final = 1_000


@mypyc_attr(allow_interpreted_subclasses=True)
class Bbr(BbrModel):
    """The state machine; one `on_ack` per ACK does everything."""

    def on_ack(self, sample: AckSample) -> None:
        """Model, then phase, then window and rate (draft-ietf-ccwg-bbr 5.2.3)."""
        rate = sample.rate()
        self._update_signals(sample, rate)
        self._adapt_lower_bounds()
        self._update_aggregation(sample)
        self._check_full_bw(sample, rate)
        if self.state == STARTUP:
            self._check_startup(sample)
        if self.state == DRAIN and sample.pipe <= self.inflight(self.bw(), 100):
            self._start_down(sample.now)
        if self.full_bw_reached:
            self._adapt_long_term(sample)
            if self.probing_bw():
                self._cycle(sample, rate)
        self._update_min_rtt(sample)
        if self.state == PROBE_RTT:
            self._stay_in_probe_rtt(sample)
        if sample.delivered:
            self.idle = False
        if self.loss_round_start:
            self.bw_latest = rate
            self.inflight_latest = sample.rate_delivered
        self._set_rate()
        self._set_cwnd(sample)

    # STARTUP and DRAIN

    def _check_full_bw(self, sample: AckSample, rate: int) -> None:
        """Three rounds without a quarter more: the rate is that of the path (5.3.1.2)."""
        if self.full_bw_now or not self.round_start or self.limited or not rate:
            return
        if rate * 100 >= self.full_bw * FULL_BW_GROWTH:
            self.reset_full_bw()
            self.full_bw = rate
            return
        self.full_bw_count += 1
        if self.full_bw_count >= FULL_BW_ROUNDS:
            self.full_bw_now = True
            self.full_bw_reached = True

    def _check_startup(self, sample: AckSample) -> None:
        """STARTUP ends when the pipe is full, or when much is lost for a whole round of recovery (5.3.1.3)."""
        if self.loss_round_start:
            if self.loss_events >= STARTUP_LOSS_EVENTS and sample.recovering and self._inflight_too_high(sample):
                self.full_bw_reached = True
                self.inflight_hi = max(self.bdp(self.max_bw, 100), self.inflight_latest)
            self.loss_events = 0
        if self.full_bw_reached:
            self.state = DRAIN

    # ProbeBW

    def _cycle(self, sample: AckSample, rate: int) -> None:
        """DOWN until the queue is gone, CRUISE until it is time, REFILL for a round, UP until the path says no."""
        state = self.state
        if PROBE_DOWN <= state <= PROBE_CRUISE:
            if self._time_to_probe(sample.now):
                self._start_refill()
            elif state == PROBE_DOWN and self._time_to_cruise(sample.pipe):
                self.state = PROBE_CRUISE
        elif state == PROBE_REFILL:
            if self.round_start:
                self.bw_probe_samples = True
                self._start_up(sample.now, rate)
        elif self._time_to_go_down(sample, rate):
            self._start_down(sample.now)

    def _start_down(self, now: int) -> None:
        self.reset_congestion_signals()
        self.probe_up_cnt = INFINITE
        self.rounds_since_bw_probe = self.draw(2)
        self.bw_probe_wait = PROBE_WAIT_BASE + self.draw(PROBE_WAIT_SPREAD_MS) * MILLISECOND
        self.cycle_stamp = now
        self.ack_phase = ACKS_PROBE_STOPPING
        self.start_round()
        self.state = PROBE_DOWN

    def _start_refill(self) -> None:
        self.reset_lower_bounds()
        self.bw_probe_up_rounds = 0
        self.bw_probe_up_acks = 0
        self.ack_phase = ACKS_REFILLING
        self.start_round()
        self.state = PROBE_REFILL

    def _start_up(self, now: int, rate: int) -> None:
        self.ack_phase = ACKS_PROBE_STARTING
        self.start_round()
        self.reset_full_bw()
        self.full_bw = rate
        self.cycle_stamp = now
        self.state = PROBE_UP
        self._raise_slope()

    def _time_to_probe(self, now: int) -> bool:
        """A few seconds after the last probe, or when a Reno flow would have grown back (5.3.3.5)."""
        if now > self.cycle_stamp + self.bw_probe_wait:
            return True
        return self.rounds_since_bw_probe >= min(self.target_inflight() // self.mss, RENO_ROUNDS_MAX)

    def _time_to_cruise(self, pipe: int) -> bool:
        """The queue is gone, and there is headroom."""
        return pipe <= self.inflight_with_headroom() and pipe <= self.inflight(self.max_bw, 100)

    def _time_to_go_down(self, sample: AckSample, rate: int) -> bool:
        """The rate does not grow any more although the window has let it."""
        if sample.cwnd_limited and self.cwnd >= self.inflight_hi:
            self.reset_full_bw()
            self.full_bw = rate
            return False
        return self.full_bw_now

    def _inflight_too_high(self, sample: AckSample) -> bool:
        """More than LOSS_THRESH of what was in flight with the newest segment delivered was lost."""
        return sample.rate_lost * 100 > sample.prior_pipe * LOSS_THRESH

    def _adapt_long_term(self, sample: AckSample) -> None:
        """What a probe has shown about how much may be in flight (5.3.3.6)."""
        if self.round_start:
            if self.ack_phase == ACKS_PROBE_STARTING:
                self.ack_phase = ACKS_PROBE_FEEDBACK
            elif self.ack_phase == ACKS_PROBE_STOPPING:
                self.bw_probe_samples = False
                self.ack_phase = ACKS_REFILLING
                if self.probing_bw() and not self.limited:
                    self.cycle_count += 1
        if self._inflight_too_high(sample):
            if self.bw_probe_samples:
                self._lower_inflight_hi(sample.now, sample.prior_pipe, self.limited)
            return
        if self.inflight_hi >= INFINITE:
            return
        if sample.prior_pipe > self.inflight_hi:
            self.inflight_hi = sample.prior_pipe
        if self.state == PROBE_UP:
            self._raise_inflight_hi(sample)

    def _lower_inflight_hi(self, now: int, pipe: int, app_limited: bool) -> None:
        """The probe went too far; once per probe."""
        self.bw_probe_samples = False
        if not app_limited:
            self.inflight_hi = max(pipe, self.target_inflight() * BETA // 100)
        if self.state == PROBE_UP:
            self._start_down(now)

    def _raise_inflight_hi(self, sample: AckSample) -> None:
        """More and more per round, while the bound is what holds us (5.3.3.6)."""
        if not sample.cwnd_limited or self.cwnd < self.inflight_hi:
            return
        self.bw_probe_up_acks += sample.delivered
        if self.bw_probe_up_acks >= self.probe_up_cnt:
            segments = self.bw_probe_up_acks // self.probe_up_cnt
            self.bw_probe_up_acks -= segments * self.probe_up_cnt
            self.inflight_hi += segments * self.mss
        if self.round_start:
            self._raise_slope()

    def _raise_slope(self) -> None:
        """1, 2, 4, ... segments in this round; `probe_up_cnt` is octets delivered per segment more."""
        growth = 1 << self.bw_probe_up_rounds
        self.bw_probe_up_rounds = min(self.bw_probe_up_rounds + 1, 30)
        self.probe_up_cnt = max(self.cwnd // growth, self.mss)

    # ProbeRTT

    def _update_min_rtt(self, sample: AckSample) -> None:
        """The smallest of ten seconds; after five without news the pipe is emptied to see it (5.3.4)."""
        now = sample.now
        expired = now > self.probe_rtt_min_stamp + PROBE_RTT_INTERVAL
        rtt = sample.rtt
        if self.min_rtt >= INFINITE and rtt == 0:
            rtt = sample.min_rtt
        if rtt and (rtt < self.probe_rtt_min_delay or expired):
            self.probe_rtt_min_delay = rtt
            self.probe_rtt_min_stamp = now
        if self.probe_rtt_min_delay < self.min_rtt or now > self.min_rtt_stamp + MIN_RTT_FILTER:
            self.min_rtt = self.probe_rtt_min_delay
            self.min_rtt_stamp = self.probe_rtt_min_stamp
        if expired and self.state != PROBE_RTT and not self.idle and self.round_count > 1:
            self.state = PROBE_RTT
            self.remember()
            self.probe_rtt_done_stamp = 0
            self.ack_phase = ACKS_PROBE_STOPPING
            self.start_round()

    def _stay_in_probe_rtt(self, sample: AckSample) -> None:
        """Half a pipe for 200 ms and one round."""
        self.held_until = self.delivered + sample.pipe
        if self.probe_rtt_done_stamp == 0:
            if sample.pipe <= self.probe_rtt_cwnd():
                self.probe_rtt_done_stamp = sample.now + PROBE_RTT_DURATION
                self.probe_rtt_round_done = False
                self.start_round()
            return
        if self.round_start:
            self.probe_rtt_round_done = True
        if self.probe_rtt_round_done:
            self._leave_probe_rtt(sample.now)

    def _leave_probe_rtt(self, now: int) -> None:
        if self.probe_rtt_done_stamp == 0 or now <= self.probe_rtt_done_stamp:
            return
        self.probe_rtt_min_stamp = now
        self.cwnd = max(self.cwnd, self.prior_cwnd)
        self.reset_lower_bounds()
        if self.full_bw_reached:
            self._start_down(now)
            self.state = PROBE_CRUISE
        else:
            self.state = STARTUP

    # Loss, ECN, idle times

    def on_loss(self, now: int, flight: int) -> None:
        """Recovery begins: the model answers by itself, ACK by ACK; only what `on_undo` needs is noted."""
        if self.state != PROBE_RTT:
            self.remember()
        self._undo = (self.state, self.bw_lo, self.inflight_lo, self.inflight_hi)

    def on_timeout(self, now: int, flight: int, again: bool) -> None:
        """Everything in flight is lost: begin with one segment, and grow back by what is delivered."""
        if not again:
            self.on_loss(now, flight)
        self.loss_in_round = True
        self.cwnd = self.mss

    def on_recovered(self, now: int, flight: int) -> None:
        """The window was never taken from `ssthresh`."""

    def on_ecn(self, now: int, flight: int) -> None:
        """As loss in this round, and the end of a probe (RFC 3168 asks for an answer once per window)."""
        self.loss_in_round = True
        if self.state == STARTUP:
            self.ecn_rounds += 1
            if self.ecn_rounds >= STARTUP_ECN_ROUNDS:
                self.full_bw_reached = True
                self.inflight_hi = max(self.bdp(self.max_bw, 100), self.inflight_latest)
        elif self.bw_probe_samples:
            self._lower_inflight_hi(now, min(flight, self.inflight_hi), False)

    def on_undo(self) -> None:
        """The loss was none: bounds and phase as before it."""
        state, bw_lo, inflight_lo, inflight_hi = self._undo
        self.cwnd = max(self.cwnd, self.prior_cwnd)
        self.prior_cwnd = 0
        self.loss_in_round = False
        self.reset_full_bw()
        self.bw_lo = max(self.bw_lo, bw_lo)
        self.inflight_lo = max(self.inflight_lo, inflight_lo)
        self.inflight_hi = max(self.inflight_hi, inflight_hi)
        if state == STARTUP and self.state != PROBE_RTT:
            self.state = STARTUP
            self.full_bw_reached = False

    def on_idle(self, now: int) -> None:
        """The model still holds after an idle time: go on at the rate of the path (5.4.1)."""
        self.idle = True
        self._extra_start = now
        self._extra_delivered = 0
        if self.probing_bw():
            self.rate = self.bw() * PACING_GAIN[PROBE_CRUISE] // 100
        elif self.state == PROBE_RTT:
            self._leave_probe_rtt(now)


register("bbr")(Bbr)  # not as a decorator: a decorated class would not compile to a native one
