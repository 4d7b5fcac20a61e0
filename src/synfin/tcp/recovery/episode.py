"""Where a sender stands between loss and its repair: fast recovery, sending again after a time-out, or neither.

Responsible for beginnings and ends of these episodes, for the extra that may be in flight meanwhile (RFC 3042,
RFC 6582, PRR), for F-RTO (RFC 5682), for what undoing needs to know (RFC 3522, 3708, 4015), and for the tail loss
probe (RFC 8985 7).  It is told facts and answers; what is lost is decided by a `LossDetection`, the congestion window
by a `CongestionControl`, and both are told of events by `steps_loss`.
"""

from __future__ import annotations

from typing import Final, final

from synfin.tcp.recovery.base import LossDetection
from synfin.tcp.recovery.newreno import NewReno
from synfin.tcp.recovery.prr import Prr

NO_NUMBER: Final = -1

OPEN: Final = 0
RECOVERY: Final = 1  # fast recovery
LOSS: Final = 2  # after a retransmission time-out

FRTO_OFF: Final = 0
FRTO_FIRST: Final = 1  # the first segment was sent again; nothing was acknowledged since
FRTO_SECOND: Final = 2  # it was acknowledged; new text was sent instead of more retransmissions


@final
class Recovery:
    """One connection's state of loss recovery.  All numbers are absolute sequence numbers or octets, times in ns."""

    __slots__ = (
        "by_sack",
        "detection",
        "disorder_top",
        "dsack_end",
        "dsacks",
        "duplicates",
        "frto",
        "frto_end",
        "inflation",
        "kind",
        "limited",
        "octets_resent",
        "partial",
        "probe_again",
        "probe_end",
        "probe_sampled",
        "probes",
        "prr",
        "recover",
        "reduced_at",
        "reorder_at",
        "rescued",
        "rto_at",
        "state",
        "undo_echo",
        "undo_octets",
        "undo_una",
    )

    def __init__(self, iss: int) -> None:
        self.state = OPEN
        self.recover = iss  # RFC 6582 `recover`, RFC 6675 RecoveryPoint: SND.NXT when loss was found [RFC6582-01]
        self.kind: type[LossDetection] = NewReno  # chosen when the handshake has told whether SACK may be used
        self.by_sack = False
        self.probes = False
        self.detection: LossDetection | None = None  # made when something is out of order for the first time
        self.duplicates = 0
        self.disorder_top = NO_NUMBER  # SND.NXT when the first duplicate or SACK of this window came
        self.partial = False  # a partial ACK has come in this recovery
        self.inflation = 0  # octets beyond cwnd that duplicate ACKs allow in fast recovery (RFC 6582)
        self.limited = 0  # octets beyond cwnd that limited transmit allows
        self.prr: Prr | None = None
        self.rescued = False  # RFC 6675 4, rule 4: once in each recovery
        self.reduced_at = 0  # when the window was last reduced in this recovery
        self.frto = FRTO_OFF
        self.frto_end = 0  # end of the segment that the time-out sent again
        self.dsack_end = NO_NUMBER  # end of the D-SACK in the acknowledgment at hand
        # For info()
        self.dsacks = 0  # reports of what the peer has received twice
        self.octets_resent = 0
        # Undo: was the reduction of the window needed?
        self.undo_una = NO_NUMBER  # SND.UNA when it was made, NO_NUMBER: nothing to undo
        self.undo_echo = NO_NUMBER  # our timestamp clock (ms) when the first retransmission left
        self.undo_octets = 0  # sent again and not reported as duplicate
        # Tail loss probe
        self.probe_end = NO_NUMBER  # SND.NXT after the probe that is under way
        self.probe_again = False  # it was a retransmission
        self.probe_sampled = True  # the round trip was measured since the last probe [RFC8985-12]
        self.reorder_at = 0  # when the detection wants to look again, 0: with the next ACK
        self.rto_at = 0  # when the retransmission timer would fire, had no other timer its place

    def choose(self, kind: type[LossDetection]) -> None:
        """The handshake is over: how loss is found from now on."""
        self.kind = kind
        self.by_sack = kind.uses_sack
        self.probes = kind.uses_probes

    def detector(self) -> LossDetection:
        """The detection of this connection."""
        if self.detection is None:
            self.detection = self.kind()
        return self.detection

    @property
    def recovering(self) -> bool:
        """In fast recovery."""
        return self.state == RECOVERY

    def on_duplicate(self, snd_nxt: int, mss: int, limited_transmit: bool) -> None:
        """An ACK that acknowledges nothing by its number [RFC5681-10] [RFC5681-12]."""
        if self.disorder_top == NO_NUMBER:
            self.disorder_top = snd_nxt
        if self.state == OPEN:
            self.duplicates += 1
        if self.by_sack:
            return  # the pipe tells how much may be sent
        if self.state == RECOVERY:
            self.inflation += mss
        elif self.state == OPEN:
            self.limited = min(self.duplicates, 2) * mss if limited_transmit else 0  # [RFC3042-01] [RFC3042-02]

    def on_progress(self, acked: int, mss: int) -> None:
        """SND.UNA moved: deflate the window by that, but for one segment [RFC6582-04]."""
        self.duplicates = 0
        self.limited = 0
        if self.inflation:
            self.inflation -= acked
            if acked >= mss:
                self.inflation += mss
            if self.inflation < 0:
                self.inflation = 0

    def flight_at_loss(self, snd_una: int, snd_nxt: int) -> int:
        """FlightSize without what limited transmit sent [RFC5681-11]."""
        top = snd_nxt if self.disorder_top == NO_NUMBER or self.disorder_top > snd_nxt else self.disorder_top
        return max(top - snd_una, 0)

    def enter(self, now: int, snd_una: int, snd_nxt: int) -> None:
        """Fast recovery begins [RFC6675-08] [RFC6582-02]."""
        self.state = RECOVERY
        self.partial = False
        self.rescued = False
        self.recover = snd_nxt
        self.reduced_at = now
        self.limited = 0
        self.probe_end = NO_NUMBER
        self.frto = FRTO_OFF
        self._arm_undo(snd_una)

    def on_timeout(self, now: int, snd_una: int, snd_nxt: int, again: bool, frto: bool) -> None:
        """The timer expired: leave fast recovery, send again as slow start allows [RFC6582-06] [RFC6675-11]."""
        if self.state == OPEN:
            self._arm_undo(snd_una)
        elif self.state == RECOVERY:
            self.undo_una = NO_NUMBER
        # Not when the window was being repaired already, nor for a repeated time-out [RFC5682-01] [RFC5682-08]
        fresh = self.state == OPEN and not again
        self.frto = FRTO_FIRST if frto and fresh else FRTO_OFF
        self.state = LOSS
        self.reduced_at = now
        self.recover = snd_nxt
        self.leave_window()
        self.probe_end = NO_NUMBER

    def leave_window(self) -> None:
        """Forget what recovery allowed beyond cwnd."""
        self.inflation = 0
        self.limited = 0
        self.duplicates = 0
        self.disorder_top = NO_NUMBER
        self.prr = None

    def finish(self) -> None:
        """The episode is over."""
        self.state = OPEN
        self.frto = FRTO_OFF
        self.leave_window()

    def _arm_undo(self, snd_una: int) -> None:
        self.undo_una = snd_una
        self.undo_echo = NO_NUMBER
        self.undo_octets = 0

    def disarm_undo(self) -> None:
        """Nothing to undo any more."""
        self.undo_una = NO_NUMBER
        self.undo_echo = NO_NUMBER
        self.undo_octets = 0

    def on_resent(self, octets: int, clock_ms: int) -> None:
        """A retransmission leaves; what undoing must know of it."""
        if self.undo_una == NO_NUMBER:
            return
        if self.undo_echo == NO_NUMBER:
            self.undo_echo = clock_ms  # RFC 3522 3.2 step 2: RetransmitTS
        self.undo_octets += octets
