"""Explicit congestion notification of one connection (RFC 3168, RFC 8311) [SHLD-8]: both halves of the feedback.

`Ecn` is told what the IP headers and flags of segments say, and answers which field and flags go out, and when an
acknowledgment may not wait.  How it is agreed upon is `ecn_setup`'s business, the counters of RFC 9768 are `accecn`'s,
and what happens to the window is the congestion control's.  A connection without ECN has no such object.
"""

from __future__ import annotations

from typing import Final, final

from synfin.tcp.accecn import AccurateEcn
from synfin.wire.tcp import AE, CWR, ECE

# The ECN field of an IP header (RFC 3168 5)
NOT_ECT: Final = 0
ECT_1: Final = 1  # left to experiments; the nonce that used it is gone [RFC8311-03]
ECT_0: Final = 2  # what we send [RFC3168-13] [RFC8311-02]
CE: Final = 3

ECN_FLAGS: Final = ECE | CWR | AE

# How marks are reported to the peer
CLASSIC: Final = 0  # RFC 3168 6.1.3: ECE until CWR comes
PRECISE: Final = 1  # RFC 8257 3.2: ECE on exactly what acknowledges marked text, for DCTCP
ACCURATE: Final = 2  # RFC 9768: a counter in the flags

# What our SYNs have asked for
NOTHING: Final = 0
ASKED_CLASSIC: Final = 1
ASKED_ACCURATE: Final = 2

QUICK_ACKS: Final = 2  # the peer's window may be small from now on: delayed ACKs would stall it
PRIOR_ACKS_LIMIT: Final = 64  # acknowledgments of the state before a change, between two polls


@final
class Ecn:
    """The state of ECN on one connection.  Numbers are absolute.

    `sends`: our text may be ECT; it can be False although marks are reported (RFC 3168 6.1.1, RFC 9768 3.1.5).
    `asked` and `unasked`: what the SYNs that we have sent asked for, and whether one asked for nothing.
    `prior`: acknowledgments (number, ECE) that `output` has to send before anything else.
    """

    __slots__ = (
        "accurate",
        "asked",
        "ce_told",
        "cwr",
        "delivered_ce",
        "echo",
        "echoed",
        "hold",
        "marked_until",
        "mode",
        "prior",
        "prior_dropped",
        "reduced_until",
        "seen",
        "sends",
        "unasked",
    )

    def __init__(self, mode: int, asked: int = NOTHING) -> None:
        self.mode = mode
        self.asked = asked
        self.unasked = False
        self.sends = True
        self.seen = False  # something came that was not Not-ECT
        self.accurate: AccurateEcn | None = AccurateEcn() if mode == ACCURATE else None
        self.echo = False  # ECE goes on what we send
        self.prior: list[tuple[int, bool]] = []
        self.prior_dropped = 0
        self.cwr = False  # CWR goes on the first new text
        self.reduced_until = -1  # SND.NXT when the window was reduced last; ACKs up to it bring no new news
        self.marked_until = -1  # the same, when it was for marks
        self.echoed = False  # the segment at hand reports congestion: no growth
        self.hold = 0  # no new text before this time (ns), a window of one segment cannot become smaller
        self.ce_told = 0  # octets reported as marked that congestion control has not heard of
        self.delivered_ce = 0  # segments of ours that were reported as marked

    # Receiving text

    def on_text(self, field: int, flags: int, rcv_nxt: int, pending: int) -> str:
        """Text within the window came: the rule that asks for an acknowledgment at once, or nothing.

        `field` is the ECN field of its packet, `rcv_nxt` RCV.NXT before it, `pending` the octets that wait for an
        acknowledgment.
        """
        if field:
            self.seen = True
        if self.mode == PRECISE:
            return self._precise(field == CE, rcv_nxt, pending)
        rule = ""
        if flags & CWR:  # [RFC3168-04]
            self.echo = False
            rule = "ack-window-reduced"
        if field == CE and not self.echo:  # [RFC3168-05]
            self.echo = True
            rule = "ack-congestion"
        return rule

    def _precise(self, marked: bool, rcv_nxt: int, pending: int) -> str:
        """RFC 8257 3.2: each change of the marks is told at once, what came before it with the state before it."""
        if marked == self.echo:
            return ""
        if pending:
            if len(self.prior) < PRIOR_ACKS_LIMIT:
                self.prior.append((rcv_nxt, self.echo))
            else:
                self.prior_dropped += 1
        self.echo = marked
        return "ack-marks-changed"

    # Sending

    def flags(self) -> int:
        """The flags that a segment without SYN has because of ECN; it tells all that there is to tell."""
        accurate = self.accurate
        if accurate is not None:
            return accurate.ace() << 6
        return ECE if self.echo else 0

    def take_cwr(self) -> int:
        """The flag for new text: CWR once after each reduction [RFC3168-06]."""
        if not self.cwr:
            return 0
        self.cwr = False
        return CWR

    def on_reduced(self, snd_nxt: int) -> None:
        """The window was reduced, for whatever reason: say so, and not again for what is in flight [RFC3168-06]."""
        self.reduced_until = snd_nxt
        self.cwr = self.accurate is None

    def on_undo(self) -> None:
        """The reduction was a mistake: there is nothing to say."""
        self.cwr = False

    def may_reduce(self, ack: int) -> bool:
        """Whether news with this acknowledgment number are about another window than the last reduction."""
        return ack > self.reduced_until
