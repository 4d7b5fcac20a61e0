"""A segment that has arrived, in absolute numbers: what the steps of RFC 9293 3.10.7 read and trim."""

from __future__ import annotations

from typing import final

from synfin.wire.tcp import FIN, SYN, Segment


@final
class Arrival:
    """`seq` and `ack` are absolute; `text` and the SYN and FIN in `flags` shrink when a step trims the segment."""

    __slots__ = ("ack", "flags", "segment", "seq", "text")

    def __init__(self, segment: Segment, seq: int, ack: int) -> None:
        self.segment = segment
        self.seq = seq
        self.ack = ack
        self.flags = segment.flags
        self.text = segment.payload

    def length(self) -> int:
        """SEG.LEN: text, SYN and FIN [RFC9293-E05]."""
        count = len(self.text)
        if self.flags & SYN:
            count += 1
        if self.flags & FIN:
            count += 1
        return count
