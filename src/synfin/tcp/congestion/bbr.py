"""BBR version 3 (draft-ietf-ccwg-bbr): a window and a pacing rate from a model of the path, not from loss alone.

The model is the largest recent delivery rate (`max_bw`) and the smallest recent round-trip time (`min_rtt`), bounded by
what loss and ECN have taught lately (`bw_lo`, `inflight_lo`) and in the last probe (`inflight_hi`).  This module keeps
the model and computes window and rate; `bbr_states` moves through the phases.  Rates are octets per second, times ns.
Names are those of the draft.  Instead of a random generator there is `seed`, which the connection sets, and the first
round of recovery does not conserve packets: the window of the model is what bounds it from the start.
"""

from __future__ import annotations

from typing import ClassVar, Final

from synfin.config import MILLISECOND, SECOND, TcpConfig
from synfin.mypyc import mypyc_attr
from synfin.tcp.congestion.base import CongestionControl
from synfin.tcp.congestion.maxfilter import MaxFilter
from synfin.tcp.congestion.sample import AckSample

STARTUP: Final = 0
DRAIN: Final = 1
PROBE_DOWN: Final = 2
PROBE_CRUISE: Final = 3
PROBE_REFILL: Final = 4
PROBE_UP: Final = 5
PROBE_RTT: Final = 6

# Gains in percent, by phase
PACING_GAIN: Final = (277, 50, 90, 100, 100, 125, 100)
CWND_GAIN: Final = (200, 200, 200, 200, 200, 225, 50)
PACING_MARGIN: Final = 1  # percent below the estimate, so that queues drain
LOSS_THRESH: Final = 2  # percent of what was in flight
BETA: Final = 70  # percent that are left after loss
HEADROOM: Final = 15  # percent of inflight_hi left free for others
MIN_PIPE_SEGMENTS: Final = 4
MIN_RTT_FILTER: Final = 10 * SECOND
PROBE_RTT_INTERVAL: Final = 5 * SECOND
PROBE_RTT_DURATION: Final = 200 * MILLISECOND
EXTRA_ACKED_ROUNDS: Final = 10
BW_CYCLES: Final = 2
INFINITE: Final = 1 << 60
QUANTUM_MAX: Final = 65_536

# What the ACKs that come in tell about, while probing
ACKS_INIT: Final = 0
ACKS_REFILLING: Final = 1
ACKS_PROBE_STARTING: Final = 2
ACKS_PROBE_FEEDBACK: Final = 3
ACKS_PROBE_STOPPING: Final = 4


@mypyc_attr(allow_interpreted_subclasses=True)
class BbrModel(CongestionControl):
    """The path model, and the window and rate that follow from it."""

    uses_prr: ClassVar[bool] = False

    def __init__(self, mss: int, initial_segments: int) -> None:
        super().__init__(mss, initial_segments)
        self.paced = True
        self.state = STARTUP
        # The model
        self.max_bw = 0
        self.bw_lo = INFINITE
        self.inflight_lo = INFINITE
        self.inflight_hi = INFINITE
        self.min_rtt = INFINITE
        self.min_rtt_stamp = 0
        self.probe_rtt_min_delay = INFINITE
        self.probe_rtt_min_stamp = 0
        self.extra_acked = 0
        self._bw_filter = MaxFilter(BW_CYCLES)
        self.cycle_count = 0
        self._extra_filter = MaxFilter(EXTRA_ACKED_ROUNDS)
        self._extra_start = 0
        self._extra_delivered = 0
        # Rounds and their signals
        self.delivered = 0
        self.next_round_delivered = 0
        self.round_count = 0
        self.round_start = False
        self.loss_round_delivered = 0
        self.loss_round_start = False
        self.loss_in_round = False
        self.held_until = 0  # what was sent before so much was delivered shows ProbeRTT's rate, not the path's
        self.held = False  # the sample at hand is of that kind
        self.limited = False  # the sample at hand is no rate of the path: the application's, or ProbeRTT's
        self.loss_events = 0
        self.ecn_rounds = 0  # in STARTUP
        self.bw_latest = 0
        self.inflight_latest = 0
        # Phases
        self.full_bw = 0
        self.full_bw_count = 0
        self.full_bw_now = False
        self.full_bw_reached = False
        self.ack_phase = ACKS_INIT
        self.bw_probe_samples = False
        self.rounds_since_bw_probe = 0
        self.bw_probe_wait = 0
        self.cycle_stamp = 0
        self.probe_up_cnt = INFINITE
        self.bw_probe_up_rounds = 0
        self.bw_probe_up_acks = 0
        self.probe_rtt_done_stamp = 0
        self.probe_rtt_round_done = False
        self.idle = False  # restarting after an idle time
        # What is answered
        self.rate = 0
        self._undo = (STARTUP, INFINITE, INFINITE, INFINITE)

    def configure(self, config: TcpConfig) -> None:
        """Pacing is part of the algorithm."""
        super().configure(config)
        self.paced = True

    def on_established(self, mss: int, rtt: int, syn_lost: bool, segments_after_loss: int) -> None:
        """The first pacing rate: the initial window in one round trip, times the gain of STARTUP."""
        super().on_established(mss, rtt, syn_lost, segments_after_loss)
        self.rate = self.cwnd * SECOND // (rtt or MILLISECOND) * PACING_GAIN[STARTUP] // 100

    def adopt(self, cwnd: int, ssthresh: int, srtt: int) -> None:
        """Begin with STARTUP at the other algorithm's window."""
        super().adopt(cwnd, ssthresh, srtt)
        self.rate = cwnd * SECOND // (srtt or MILLISECOND) * PACING_GAIN[STARTUP] // 100

    # Derived quantities

    def bw(self) -> int:
        """The bandwidth to use: the estimate, within what loss has taught."""
        return self.max_bw if self.max_bw < self.bw_lo else self.bw_lo

    def bdp(self, bw: int, gain: int) -> int:
        """`gain` percent of `bw` for the smallest round-trip time, in octets; the initial window without one."""
        if self.min_rtt >= INFINITE:
            return self.initial_window
        return bw * self.min_rtt * gain // (100 * SECOND)

    def inflight(self, bw: int, gain: int) -> int:
        """Octets to keep in flight for a utilisation of `gain` percent, offload and delayed ACKs considered."""
        return self._quantized(self.bdp(bw, gain))

    def _quantized(self, octets: int) -> int:
        octets = max(octets, 3 * self.send_quantum(), self.min_pipe_cwnd())
        return octets + 2 * self.mss if self.state == PROBE_UP else octets

    def send_quantum(self) -> int:
        """Octets in one burst: a millisecond of the rate, within two segments and 64 KiB."""
        low = self.mss if self.rate < 150_000 else 2 * self.mss
        return max(low, min(self.rate // 1_000, QUANTUM_MAX))

    def min_pipe_cwnd(self) -> int:
        """The window that keeps ACKs coming."""
        return MIN_PIPE_SEGMENTS * self.mss

    def probe_rtt_cwnd(self) -> int:
        """Half of what the path holds."""
        return max(self.bdp(self.bw(), CWND_GAIN[PROBE_RTT]), self.min_pipe_cwnd())

    def inflight_with_headroom(self) -> int:
        """`inflight_hi` less what is left for others to come in."""
        if self.inflight_hi >= INFINITE:
            return INFINITE
        headroom = max(self.mss, self.inflight_hi * HEADROOM // 100)
        return max(self.inflight_hi - headroom, self.min_pipe_cwnd())

    def target_inflight(self) -> int:
        """What the path holds, as far as the window lets us use it."""
        return min(self.bdp(self.bw(), 100), self.cwnd)

    def probing_bw(self) -> bool:
        """In one of the four phases of ProbeBW."""
        return PROBE_DOWN <= self.state <= PROBE_UP

    # Taking an ACK

    def _update_signals(self, sample: AckSample, rate: int) -> None:
        """Rounds, the latest delivery, the largest bandwidth, and what loss makes of the short-term bounds."""
        self.delivered = sample.total_delivered
        self.held = sample.prior_delivered < self.held_until
        self.limited = sample.app_limited or self.held
        self.round_start = False
        if sample.prior_delivered >= self.next_round_delivered:
            self.start_round()
            self.round_count += 1
            self.rounds_since_bw_probe += 1
            self.round_start = True
        self.loss_round_start = False
        if rate > self.bw_latest:
            self.bw_latest = rate
        if sample.rate_delivered > self.inflight_latest:
            self.inflight_latest = sample.rate_delivered
        if sample.prior_delivered >= self.loss_round_delivered:
            self.loss_round_delivered = sample.total_delivered
            self.loss_round_start = True
        if rate and (rate >= self.max_bw or not self.limited):
            self.max_bw = self._bw_filter.update(self.cycle_count, rate)
        if sample.lost:
            self.loss_in_round = True
            self.loss_events += 1

    def _adapt_lower_bounds(self) -> None:
        """Once per round with loss, unless the loss is of our own probing: what was delivered, or less (Beta).

        Two differences from the draft, without which random loss lets the bound decay round after round: the margin
        that pacing stays below the estimate is our choice and no sign of the path, so it is added to what was
        delivered; and what was delivered with ProbeRTT's small window bounds nothing.
        """
        if not self.loss_round_start:
            return
        if self.loss_in_round and not self.held and self.state not in (STARTUP, PROBE_REFILL, PROBE_UP):
            if self.bw_lo >= INFINITE:
                self.bw_lo = self.max_bw
            if self.inflight_lo >= INFINITE:
                self.inflight_lo = self.cwnd
            shown = self.bw_latest * 100 // (100 - PACING_MARGIN)
            self.bw_lo = max(min(shown, self.bw_lo), self.bw_lo * BETA // 100)
            self.inflight_lo = max(self.inflight_latest, self.inflight_lo * BETA // 100)
        self.loss_in_round = False

    def _update_aggregation(self, sample: AckSample) -> None:
        """How much more than expected ACKs bring at once; that much more may be in flight."""
        now = sample.now
        expected = self.bw() * (now - self._extra_start) // SECOND
        if self._extra_delivered <= expected:
            self._extra_delivered = 0
            self._extra_start = now
            expected = 0
        self._extra_delivered += sample.delivered
        extra = min(self._extra_delivered - expected, self.cwnd)
        self._extra_filter.length = EXTRA_ACKED_ROUNDS if self.full_bw_reached else 1
        self.extra_acked = self._extra_filter.update(self.round_count, extra)

    def start_round(self) -> None:
        """A round ends when what is sent from now on is acknowledged."""
        self.next_round_delivered = self.delivered

    def reset_congestion_signals(self) -> None:
        """What was delivered and lost lately belongs to the phase before."""
        self.loss_in_round = False
        self.bw_latest = 0
        self.inflight_latest = 0

    def reset_lower_bounds(self) -> None:
        """Loss of the past teaches nothing about the present."""
        self.bw_lo = INFINITE
        self.inflight_lo = INFINITE

    def reset_full_bw(self) -> None:
        """Look anew for the point where the rate stops growing."""
        self.full_bw = 0
        self.full_bw_count = 0
        self.full_bw_now = False

    # What is answered

    def _set_rate(self) -> None:
        """The pacing rate; in STARTUP it never falls."""
        rate = self.bw() * PACING_GAIN[self.state] // 100 * (100 - PACING_MARGIN) // 100
        if rate and (self.full_bw_reached or rate > self.rate):
            self.rate = rate

    def _set_cwnd(self, sample: AckSample) -> None:
        """Towards what the model wants in flight, by no more than what was delivered, within all bounds."""
        most = self._quantized(self.bdp(self.bw(), CWND_GAIN[self.state]) + self.extra_acked)
        cwnd = self.cwnd
        if self.full_bw_reached:
            cwnd = min(cwnd + sample.delivered, most)
        elif cwnd < most or self.delivered < self.initial_window:
            cwnd += sample.delivered
        if self.state == PROBE_RTT:
            cwnd = min(cwnd, self.probe_rtt_cwnd())
        cap = INFINITE
        if self.state in (PROBE_RTT, PROBE_CRUISE):
            cap = self.inflight_with_headroom()
        elif self.probing_bw():
            cap = self.inflight_hi
        self.cwnd = max(min(cwnd, cap, self.inflight_lo), self.min_pipe_cwnd())

    def pacing_rate(self) -> int:
        """BBR paces always."""
        return self.rate

    def draw(self, choices: int) -> int:
        """A number below `choices` from the connection's own sequence (a linear congruential generator)."""
        self.seed = (self.seed * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % (1 << 64)
        return (self.seed >> 33) % choices
