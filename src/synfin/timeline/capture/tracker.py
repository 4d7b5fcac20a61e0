"""The state of one end of a connection, inferred from what it sent and received.

Responsible for moves between states (RFC 9293 3.3.2) as far as segments show them, and for text that came twice or too
early.  What only a timer or an application knows does not show: the end of TIME_WAIT, giving up, a call without a
segment.  A `close` shows when its FIN leaves.
"""

from __future__ import annotations

from bisect import insort
from typing import Final, NamedTuple, final

from synfin.tcp.seq import unwrap
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment

HELD_LIMIT: Final = 1_024  # pieces of text beyond a gap that are remembered

CLOSED: Final = "CLOSED"
LISTEN: Final = "LISTEN"
SYN_SENT: Final = "SYN_SENT"
SYN_RECEIVED: Final = "SYN_RECEIVED"
ESTABLISHED: Final = "ESTABLISHED"
FIN_WAIT_1: Final = "FIN_WAIT_1"
FIN_WAIT_2: Final = "FIN_WAIT_2"
CLOSE_WAIT: Final = "CLOSE_WAIT"
CLOSING: Final = "CLOSING"
LAST_ACK: Final = "LAST_ACK"
TIME_WAIT: Final = "TIME_WAIT"

_SYNCHRONIZED: Final = (ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT)
_UNKNOWN: Final = -1


class Found(NamedTuple):
    """A move (`to` is not empty) or only a rule that decided; `rule` is a name of `tcp.rules`."""

    rule: str
    to: str = ""


@final
class End:
    """One end.  `passive`: it answers a SYN with a SYN-ACK; `state` is what is known so far.

    Its numbers are absolute and count from where the capture saw them first.
    """

    __slots__ = (
        "_fin", "_found", "_held", "_iss", "_peer_fin", "_rcv_edge", "_rcv_nxt", "_scale", "_scaled", "_snd_nxt",
        "_snd_una", "passive", "peer_scaled", "state",
    )  # fmt: skip

    def __init__(self, state: str, *, passive: bool) -> None:
        self.state = state
        self.passive = passive
        self.peer_scaled = False  # the other end's SYN had a window scale
        self._iss = _UNKNOWN
        self._snd_una = 0
        self._snd_nxt = _UNKNOWN
        self._rcv_nxt = _UNKNOWN
        self._rcv_edge = 0  # the largest number that it has allowed, and one
        self._fin = _UNKNOWN  # number of its FIN
        self._peer_fin = _UNKNOWN
        self._scale = 0
        self._scaled = False
        self._held: list[tuple[int, int]] = []
        self._found: list[Found] = []

    # What it sends

    def sent(self, segment: Segment) -> list[Found]:
        """What a segment that it sends shows; the moves were made before it left."""
        self._found = []
        flags = segment.flags
        if flags & RST:
            self._reset(segment)
            return self._found
        if flags & SYN:
            self._syn(segment)
        if self._snd_nxt == _UNKNOWN:
            self._snd_una = self._snd_nxt = segment.seq
        seq = unwrap(segment.seq, self._snd_nxt)
        if flags & ACK:
            self._told(segment)
        if flags & FIN:
            self._fin = seq + segment.length - 1
            self._close()
        self._snd_nxt = max(self._snd_nxt, seq + segment.length)
        return self._found

    def _move(self, to: str, rule: str) -> None:
        self.state = to
        self._found.append(Found(rule, to))

    def _syn(self, segment: Segment) -> None:
        """A SYN, or a SYN-ACK."""
        new = self._iss == _UNKNOWN or segment.seq != self._iss & 0xFFFF_FFFF
        if new:
            self._iss = self._snd_una = self._snd_nxt = segment.seq
            self._fin = _UNKNOWN
        self._scaled = segment.options.window_scale is not None
        self._scale = min(segment.options.window_scale or 0, 14)
        if not segment.flags & ACK:
            if new and self.state != SYN_SENT:
                self._rcv_nxt = self._peer_fin = _UNKNOWN
                self._held = []
                self._move(SYN_SENT, "active-open")
        elif self.state == LISTEN:  # the SYN that it answers was not seen
            self._move(SYN_RECEIVED, "syn-accepted")

    def _told(self, segment: Segment) -> None:
        """What it acknowledges it has received, seen or not."""
        if self._rcv_nxt == _UNKNOWN:
            self._rcv_nxt = segment.ack
        ack = unwrap(segment.ack, self._rcv_nxt)
        if self.state in _SYNCHRONIZED or self.state == SYN_RECEIVED:
            self._advance(max(ack, self._rcv_nxt))
        shift = self._scale if self._scaled and self.peer_scaled and not segment.flags & SYN else 0
        self._rcv_edge = max(self._rcv_edge, ack + (segment.window << shift))

    def _close(self) -> None:
        """Its FIN leaves."""
        if self.state in (SYN_RECEIVED, ESTABLISHED):
            self._move(FIN_WAIT_1, "close-call")
        elif self.state == CLOSE_WAIT:
            self._move(LAST_ACK, "close-call")

    def _reset(self, segment: Segment) -> None:
        """A reset: of its own connection, or an answer to a segment that belongs to none."""
        if (self.state in _SYNCHRONIZED and self.state != TIME_WAIT) or (
            self.state == SYN_RECEIVED and segment.seq == self._snd_nxt & 0xFFFF_FFFF
        ):
            self._move(CLOSED, "abort-call")

    # What it receives

    def received(self, segment: Segment, *, answers: bool = True) -> list[Found]:
        """What a segment that arrives does to it; `answers`: its SYN will be answered with a SYN-ACK."""
        self._found = []
        if segment.flags & SYN and self.state in (LISTEN, SYN_SENT, CLOSED):
            self.peer_scaled = segment.options.window_scale is not None
        if self.state == LISTEN:
            self._in_listen(segment, answers)
        elif self.state == SYN_SENT:
            self._in_syn_sent(segment)
        elif self.state != CLOSED:
            self._in_others(segment)
        return self._found

    def _in_listen(self, segment: Segment, answers: bool) -> None:
        if segment.flags & (SYN | ACK | RST) == SYN and answers:
            self._rcv_nxt = self._rcv_edge = segment.seq + 1
            self._peer_fin = _UNKNOWN
            self._move(SYN_RECEIVED, "syn-accepted")

    def _in_syn_sent(self, segment: Segment) -> None:
        """RFC 9293 3.10.7.3."""
        acks = bool(segment.flags & ACK)
        good = acks and self._iss < unwrap(segment.ack, self._snd_nxt) <= self._snd_nxt
        if acks and not good:
            return
        if segment.flags & RST:
            if good:
                self._move(CLOSED, "syn-sent-refused")
        elif segment.flags & SYN:
            self._rcv_nxt = self._rcv_edge = segment.seq + 1
            if good:
                self._snd_una = unwrap(segment.ack, self._snd_nxt)
                self._move(ESTABLISHED, "syn-sent-established")
            else:
                self._move(SYN_RECEIVED, "simultaneous-open")

    def _in_others(self, segment: Segment) -> None:
        """RFC 9293 3.10.7.4, as far as it moves the state."""
        if self._rcv_nxt == _UNKNOWN:
            self._rcv_nxt = segment.seq
        seq = unwrap(segment.seq, self._rcv_nxt)
        if segment.flags & RST:
            if seq == self._rcv_nxt and self.state != TIME_WAIT:
                passive = self.state == SYN_RECEIVED and self.passive
                self._move(LISTEN if passive else CLOSED, "rst-returns-to-listen" if passive else "rst-exact")
            return
        if segment.flags & SYN and self.state != SYN_RECEIVED:
            return
        if not segment.flags & ACK or not self._acceptable(seq, segment):
            return
        self._acknowledged(unwrap(segment.ack, self._snd_nxt), segment)
        if self.state in (SYN_RECEIVED, CLOSED):
            return
        self._text(seq + bool(segment.flags & SYN), segment)

    def _acceptable(self, seq: int, segment: Segment) -> bool:
        """Whether any of it is new and lies in the window; one that was never told is taken for open.

        An old SYN-ACK passes: it may be what acknowledges the own SYN (RFC 9293 3.5, simultaneous open).
        """
        edge = max(self._rcv_edge, self._rcv_nxt)
        end = seq + segment.length
        if end < self._rcv_nxt or (end == self._rcv_nxt and segment.length > 0):
            if segment.payload and not segment.flags & SYN:
                self._found.append(Found("text-duplicate"))
            return bool(segment.flags & SYN)
        return seq <= edge or self._rcv_edge == 0

    def _acknowledged(self, ack: int, segment: Segment) -> None:
        """The fifth step: what of its own has arrived."""
        if ack > self._snd_nxt:
            return
        if self.state == SYN_RECEIVED:
            if self._snd_una < ack:
                self._move(ESTABLISHED, "ack-establishes")
            else:
                return
        if ack == self._snd_una < self._snd_nxt and not segment.length and self.state != TIME_WAIT:
            if segment.options.sack:
                self._found.append(Found("ack-duplicate"))
        self._snd_una = max(self._snd_una, ack)
        if self._fin != _UNKNOWN and self._snd_una > self._fin:
            if self.state == FIN_WAIT_1:
                ends = segment.flags & FIN and unwrap(segment.seq, self._rcv_nxt) <= self._rcv_nxt
                if not ends:  # else its FIN counts together with its ACK
                    self._move(FIN_WAIT_2, "fin-acked")
            elif self.state == CLOSING:
                self._move(TIME_WAIT, "fin-acked")
            elif self.state == LAST_ACK:
                self._move(CLOSED, "fin-acked")

    def _text(self, seq: int, segment: Segment) -> None:
        """The seventh and eighth step: text and FIN, in order or not."""
        text = len(segment.payload)
        if segment.flags & FIN:
            self._peer_fin = seq + text
        if not text and not segment.flags & FIN:
            return
        end = seq + text + bool(segment.flags & FIN)
        if seq > self._rcv_nxt:
            self._found.append(Found("text-out-of-order" if text else "fin-out-of-order"))
            if len(self._held) < HELD_LIMIT:
                insort(self._held, (seq, end))
            return
        self._advance(max(end, self._rcv_nxt))

    def _advance(self, number: int) -> None:
        """Everything below `number` has arrived; with it what was held behind, and perhaps the FIN."""
        gone = 0
        for first, end in self._held:
            if first > number:
                break
            number = max(number, end)
            gone += 1
        del self._held[:gone]
        self._rcv_nxt = number
        if self._peer_fin != _UNKNOWN and number > self._peer_fin:
            self._peer_closed()

    def _peer_closed(self) -> None:
        """The peer's FIN is in order."""
        if self.state in (SYN_RECEIVED, ESTABLISHED):
            self._move(CLOSE_WAIT, "fin-received")
        elif self.state == FIN_WAIT_1:
            acked = self._snd_una > self._fin
            self._move(TIME_WAIT if acked else CLOSING, "fin-received-and-acked" if acked else "fin-received")
        elif self.state == FIN_WAIT_2:
            self._move(TIME_WAIT, "fin-received")


__all__ = ["CLOSED", "ESTABLISHED", "LISTEN", "End", "Found"]
