"""Loss by time: what was sent before something that has arrived, by more than a reordering window (RFC 8985 6).

The scoreboard does steps 1 to 3 of 6.2 as acknowledgments come; here are the reordering window and the judgment.
"""

from __future__ import annotations

from typing import Final

from synfin.config import SECOND
from synfin.tcp.recovery.base import DUPLICATES, LossDetection, register
from synfin.tcp.recovery.facts import LossFacts
from synfin.tcp.recovery.scoreboard import Scoreboard
from synfin.tcp.recovery.sent import Sent

KEPT_RECOVERIES: Final = 16  # so many recoveries without a D-SACK, and the reordering window is small again
MIN_RTT_SPAN: Final = 150 * SECOND  # the smallest RTT is that of the last one to two spans [RFC8985-03]


class Rack(LossDetection):
    """RACK with tail loss probes; no counting of duplicates is left in it [RFC8985-17]."""

    uses_probes = True
    rule = "retransmit-rack"

    def __init__(self) -> None:
        self.multiplier = 1  # reo_wnd_mult
        self._persist = 0  # recoveries for which it is kept
        self._round: int = -1  # SND.NXT when a D-SACK widened the window last
        self._min_now = 0
        self._min_before = 0
        self._min_since = 0

    def detect(self, board: Scoreboard, facts: LossFacts) -> int:
        """Step 5 [RFC8985-08]: mark what is overdue; when the next one will be."""
        if self._min_now == 0:
            self._min_now = facts.min_rtt
            self._min_since = facts.now
        self._note_rtt(board.recent_rtt, facts.now)
        if board.recent_end == 0:
            return 0
        patience = board.recent_rtt + self.window(board, facts)
        record = board.order.oldest
        while record is not None and _sent_after(board, record):
            if record.sent_at + patience > facts.now:
                return board.recent_sent_at + patience  # by then the last of them is overdue
            following = record.newer
            board.mark_lost(record)
            record = following
        return 0

    def window(self, board: Scoreboard, facts: LossFacts) -> int:
        """RACK.reo_wnd, step 4 [RFC8985-06] [RFC8985-19]: none until reordering was seen, once loss is certain."""
        if not board.reordered and (facts.recovering or board.sacked >= DUPLICATES * facts.mss):
            return 0
        return min(self.multiplier * self.min_rtt() // 4, facts.srtt)

    def min_rtt(self) -> int:
        """The smallest round trip of the last minutes, 0: none known."""
        if self._min_before and self._min_before < self._min_now:
            return self._min_before
        return self._min_now

    def _note_rtt(self, rtt: int, now: int) -> None:
        if rtt <= 0:
            return
        if now - self._min_since > MIN_RTT_SPAN:
            self._min_before = self._min_now
            self._min_now = rtt
            self._min_since = now
        elif self._min_now == 0 or rtt < self._min_now:
            self._min_now = rtt

    def on_timeout(self, board: Scoreboard, facts: LossFacts) -> None:
        """The first segment, and those that are overdue by now [RFC8985-09]."""
        first = board.first()
        if first is not None:
            board.mark_lost(first)
        patience = board.recent_rtt + self.window(board, facts)
        record = board.order.oldest
        while record is not None:
            following = record.newer
            if record.sent_at + patience <= facts.now:
                board.mark_lost(record)
            record = following

    def on_dsack(self, snd_una: int, snd_nxt: int) -> None:
        """A retransmission was not needed: be more patient, by one step for each round trip [RFC8985-07]."""
        self._persist = KEPT_RECOVERIES
        if self._round >= 0 and snd_una < self._round:
            return
        self._round = snd_nxt
        self.multiplier += 1

    def on_recovered(self) -> None:
        """Patience wears off [RFC8985-07]."""
        if self._persist > 0:
            self._persist -= 1
            if self._persist == 0:
                self.multiplier = 1


def _sent_after(board: Scoreboard, record: Sent) -> bool:
    """Whether something that has arrived was sent after `record`."""
    if board.recent_sent_at != record.sent_at:
        return board.recent_sent_at > record.sent_at
    return board.recent_end > record.end


register("rack")(Rack)  # not as a decorator: a decorated class would not compile to a native one
