"""Loss by what was SACKed above it: the conservative algorithm of RFC 6675."""

from __future__ import annotations

from synfin.tcp.recovery.base import DUPLICATES, LossDetection, register
from synfin.tcp.recovery.facts import LossFacts
from synfin.tcp.recovery.scoreboard import Scoreboard


class SackLoss(LossDetection):
    """IsLost and NextSeg of RFC 6675 4.  A lost retransmission is left to the time-out."""

    def __init__(self) -> None:
        self._marked = 0  # below this number everything was judged
        self._undone = 0

    def detect(self, board: Scoreboard, facts: LossFacts) -> int:
        """Mark what IsLost says [RFC6675-02]; the third duplicate marks the first segment at any rate [RFC6675-08]."""
        if board.undone != self._undone:  # all judgments were taken back
            self._undone = board.undone
            self._marked = 0
        edge = board.lost_edge(DUPLICATES, (DUPLICATES - 1) * facts.mss)
        if edge > self._marked:
            board.mark_lost_between(max(self._marked, facts.snd_una), edge)
            self._marked = edge
        if not facts.recovering and facts.duplicates >= DUPLICATES:
            first = board.first()
            if first is not None and not first.lost:
                board.mark_lost(first)
        return 0

    def on_timeout(self, board: Scoreboard, facts: LossFacts) -> None:
        """Everything that is not SACKed is sent again [RFC6675-12]."""
        board.mark_all_lost()
        self._marked = max(self._marked, facts.snd_una)

    def speculate(self, board: Scoreboard, facts: LossFacts, rescued: bool) -> tuple[int, int, str] | None:
        """NextSeg rule 3: what lies below a SACK though not deemed lost [RFC6675-06]; rule 4: the end, once
        [RFC6675-07]."""
        record = board.first_unsure()
        if record is not None and record.start < board.sacked_end:
            return record.start, record.end, "retransmit-unsure"
        last = board.last()
        if rescued or last is None or last.sacked or last.resent:
            return None
        return max(last.start, last.end - facts.mss), last.end, "retransmit-rescue"


register("sack")(SackLoss)  # not as a decorator: a decorated class would not compile to a native one
