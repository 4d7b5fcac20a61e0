"""Loss by duplicate acknowledgments alone (RFC 5681 3.2, RFC 6582): where SACK was not negotiated."""

from __future__ import annotations

from synfin.tcp.recovery.base import DUPLICATES, LossDetection, register
from synfin.tcp.recovery.facts import LossFacts
from synfin.tcp.recovery.scoreboard import Scoreboard


class NewReno(LossDetection):
    """The third duplicate says that the first segment is lost, a partial ACK that the next one is [RFC6582-04]."""

    uses_sack = False
    rule = "retransmit-partial-ack"

    def detect(self, board: Scoreboard, facts: LossFacts) -> int:
        """[RFC5681-11]: the first segment and no other."""
        first = board.first()
        if first is None:
            return 0
        if (facts.recovering and facts.acked) or (not facts.recovering and facts.duplicates == DUPLICATES):
            board.mark_lost(first)
        return 0


register("newreno")(NewReno)  # not as a decorator: a decorated class would not compile to a native one
