"""What is known of one direction of a connection from where its sender is: numbers, SACK blocks, round-trip times.

Responsible for the arithmetic that `series` needs, with wire numbers that wrap and peers that may say anything.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final, final

from synfin.wire.tcp import SYN, Segment

OUTSTANDING_LIMIT: Final = 65_536  # segments that are timed at once
BLOCK_LIMIT: Final = 4_096  # SACK blocks remembered
_WRAP: Final = 1 << 32
_HALF: Final = 1 << 31
_MAX_SHIFT: Final = 14  # RFC 7323 2.3


@final
class SenderNumbers:
    """Wire numbers of the host's direction to numbers from its initial one, and the peer's window."""

    __slots__ = ("_base", "_offers", "_scale", "acked", "board", "high", "text_end", "window")

    def __init__(self) -> None:
        self._base: int | None = None
        self._offers = [False, False]  # window scale in the own SYN, in the peer's
        self._scale = 0
        self.high = 0  # end of what was sent
        self.acked = 0
        self.board = Blocks()
        self.text_end = 1  # end of the text that was sent
        self.window = 0

    def own(self, wire: int) -> int:
        """A number of the host's direction: the one closest to what was sent last."""
        if self._base is None:
            self._base = (wire - 1) % _WRAP
        ahead = (wire - self._base - self.high) % _WRAP
        return self.high + (ahead if ahead < _HALF else ahead - _WRAP)

    def begins(self, segment: Segment) -> bool:
        """Whether this SYN is the first of another connection between the same ends."""
        return bool(segment.flags & SYN) and self._base != segment.seq

    def send(self, segment: Segment) -> int:
        """Take note of a segment of the host; gives its number."""
        if self.begins(segment):
            self._base = segment.seq
            self.high = self.acked = 0
            self.board = Blocks()
            self.text_end = 1
        if segment.flags & SYN:
            self._offers[0] = segment.options.window_scale is not None
        start = self.own(segment.seq)
        if segment.payload:
            self.text_end = max(self.text_end, start + (1 if segment.flags & SYN else 0) + len(segment.payload))
        return start

    def heard(self, segment: Segment) -> None:
        """Take note of a segment of the peer."""
        if segment.flags & SYN:
            self._offers[1] = segment.options.window_scale is not None
            self._scale = min(segment.options.window_scale or 0, _MAX_SHIFT)

    def scaled(self, segment: Segment) -> int:
        """The peer's window in octets (RFC 7323 2.3)."""
        return segment.window << (self._scale if all(self._offers) and not segment.flags & SYN else 0)

    def acked_text(self) -> int:
        """Octets of text that the peer has acknowledged, without SYN and FIN."""
        return max(min(self.acked, self.text_end) - 1, 0)


@final
class Blocks:
    """What the peer has beyond its acknowledgment number: blocks that do not touch, in order, and their `octets`."""

    __slots__ = ("_ends", "_starts", "octets")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self.octets = 0

    def add(self, start: int, end: int) -> None:
        """A block, which may cover or touch others; one too many is left out."""
        first, last = bisect_left(self._ends, start), bisect_right(self._starts, end)
        if end <= start or (first == last and len(self._starts) >= BLOCK_LIMIT):
            return
        if first < last:
            start, end = min(start, self._starts[first]), max(end, self._ends[last - 1])
        self._replace(first, last, [(start, end)])

    def forget(self, ack: int) -> None:
        """Everything below `ack` is acknowledged."""
        last = bisect_left(self._starts, ack)
        if last:
            end = self._ends[last - 1]
            self._replace(0, last, [(ack, end)] if end > ack else [])

    def _replace(self, first: int, last: int, blocks: list[tuple[int, int]]) -> None:
        self.octets -= sum(self._ends[first:last]) - sum(self._starts[first:last])
        self._starts[first:last] = [start for start, _ in blocks]
        self._ends[first:last] = [end for _, end in blocks]
        self.octets += sum(end - start for start, end in blocks)


@final
class Timing:
    """Times segments from sending to their first acknowledgment; nothing that was resent is timed (RFC 6298 3)."""

    __slots__ = ("_ends", "_starts", "_times")

    def __init__(self) -> None:
        self._starts: list[int] = []  # all three go together, in the order of numbers
        self._ends: list[int] = []
        self._times: list[int] = []

    def sent(self, now: int, start: int, end: int) -> None:
        """A new segment; `start` is not below that of the one before."""
        if len(self._times) < OUTSTANDING_LIMIT:
            self._starts.append(start)
            self._ends.append(end)
            self._times.append(now)

    def resent(self, start: int, end: int) -> None:
        """Numbers were sent again: nobody can tell any more which sending an answer is to."""
        self._take(bisect_right(self._ends, start), bisect_left(self._starts, end))

    def acknowledged(self, ack: int) -> int:
        """When the latest of what is now acknowledged was sent, or -1."""
        return self._take(0, bisect_right(self._ends, ack))

    def sacked(self, start: int, end: int) -> int:
        """As `acknowledged`, for a SACK block."""
        return self._take(bisect_left(self._starts, start), bisect_right(self._ends, end))

    def _take(self, first: int, last: int) -> int:
        if last <= first:
            return -1
        latest = max(self._times[first:last])
        del self._starts[first:last], self._ends[first:last], self._times[first:last]
        return latest
