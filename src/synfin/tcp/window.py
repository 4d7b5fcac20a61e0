"""The two windows of a connection (RFC 9293 3.8.6), in octets; silly windows are avoided on both sides."""

from __future__ import annotations

from typing import Final, final

from synfin.mypyc import mypyc_attr

WINDOW_FIELD_MAX: Final = 65_535


@final
@mypyc_attr(acyclic=True)
class SendWindow:
    """What the peer allows: SND.WND with SND.WL1 and SND.WL2, and the largest window seen [RFC5961-09]."""

    __slots__ = ("largest", "shift", "size", "wl1", "wl2")

    def __init__(self) -> None:
        self.size = 0
        self.wl1 = 0
        self.wl2 = 0
        self.largest = 0
        self.shift = 0

    def start(self, size: int, seq: int, ack: int) -> None:
        """Take the first window of the connection."""
        self.size = size
        self.wl1 = seq
        self.wl2 = ack
        if size > self.largest:
            self.largest = size

    def update(self, size: int, seq: int, ack: int) -> bool:
        """Take a window unless the segment is older than the last one used [RFC9293-E28]; True if the size changed.

        A higher ACK proves that a segment is newer although its number is lower: it repeats text that was lost.  Its
        window must count, because SND.WND is an offset from the SND.UNA that it moves.
        """
        if not (self.wl1 < seq or (self.wl1 == seq and self.wl2 <= ack) or self.wl2 < ack):
            return False
        changed = size != self.size
        self.size = size
        if seq > self.wl1:
            self.wl1 = seq
        self.wl2 = ack
        if size > self.largest:
            self.largest = size
        return changed

    def usable(self, snd_una: int, snd_nxt: int) -> int:
        """U of RFC 9293 3.8.6.2.1; negative after a shrink [MUST-34]."""
        return snd_una + self.size - snd_nxt

    def worth_sending(self, count: int, queued: int, mss: int, idle: bool) -> bool:
        """Sender-side silly-window avoidance and Nagle (RFC 9293 3.7.4, 3.8.6.2.1) [MUST-38] [RFC9293-E42].

        `count` octets of `queued` fit; `idle`: nothing is unacknowledged, or Nagle is off.
        """
        if count >= mss:
            return True
        if not idle:
            return False
        return count >= queued or 2 * count >= self.largest


@final
@mypyc_attr(acyclic=True)
class ReceiveWindow:
    """What we allow: the right edge told to the peer never moves left [SHLD-14] [RFC7323-05].

    `squeezed` is 0, or how much of `capacity` may be used now, because the host's memory is short.
    """

    __slots__ = ("capacity", "edge", "offered", "shift", "squeezed")

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.edge = 0  # absolute number of the first octet that we have not allowed
        self.offered = 0  # the field of our SYN
        self.shift = 0
        self.squeezed = 0

    def open(self, rcv_nxt: int, limit: int) -> int:
        """The field of a SYN: unscaled [RFC7323-02]; `limit` bounds it."""
        size = min(self.capacity, limit, WINDOW_FIELD_MAX)
        if rcv_nxt + size < self.edge:  # a repeated SYN-ACK takes nothing back of what was told meanwhile [SHLD-14]
            size = min(self.edge - rcv_nxt, WINDOW_FIELD_MAX)
        self.offered = size
        if rcv_nxt + size > self.edge:
            self.edge = rcv_nxt + size
        return size

    def most(self) -> int:
        """The largest window that can be told: the buffer, or what the field holds without (enough) scaling."""
        limit = WINDOW_FIELD_MAX << self.shift
        return self.capacity if self.capacity < limit else limit

    def gain(self, rcv_nxt: int, buffered: int) -> int:
        """By how many octets the right edge could move now."""
        room = self.capacity - buffered
        if self.squeezed and room > self.squeezed - buffered:
            room = self.squeezed - buffered
        limit = WINDOW_FIELD_MAX << self.shift
        return rcv_nxt + (room if room < limit else limit) - self.edge

    def worth_telling(self, rcv_nxt: int, buffered: int, mss: int) -> bool:
        """Whether the edge may move: receiver-side silly-window avoidance [MUST-39] [RFC9293-E43]."""
        half = self.most() // 2
        return self.gain(rcv_nxt, buffered) >= (mss if mss < half else half)

    def field(self, rcv_nxt: int, buffered: int, mss: int) -> int:
        """The window field of a segment that acknowledges `rcv_nxt`, scaled [RFC7323-04]; moves the edge."""
        edge = self.edge
        if self.worth_telling(rcv_nxt, buffered, mss):
            edge += self.gain(rcv_nxt, buffered)
        size = edge - rcv_nxt
        if size <= 0:
            return 0
        value = size >> self.shift
        if rcv_nxt + (value << self.shift) < self.edge and self._rounds_up(value, buffered):
            value += 1
        if value > WINDOW_FIELD_MAX:
            value = WINDOW_FIELD_MAX
        told = rcv_nxt + (value << self.shift)
        if told > self.edge:
            self.edge = told
        return value

    def _rounds_up(self, value: int, buffered: int) -> bool:
        """Whether rounding the field up is affordable; down would seem to take back what was allowed.

        Text that comes in pieces below one step of the scale, and is not read, would move the edge for ever.  So
        there is a limit, a quarter above the buffer; beyond it the field is rounded down and the edge still honoured
        (RFC 7323 2.4).
        """
        return (value + 1) << self.shift <= self.capacity + self.capacity // 4 - buffered


def shift_for(capacity: int) -> int:
    """The smallest window scale shift that lets `capacity` octets be told (RFC 7323 2.3)."""
    shift = 0
    while shift < 14 and WINDOW_FIELD_MAX << shift < capacity:
        shift += 1
    return shift
