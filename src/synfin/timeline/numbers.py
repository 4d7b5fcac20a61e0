"""Numbers as people count them: relative to the initial sequence numbers, windows unscaled, and what was sent before.

Responsible for what can be worked out from the segments of a trace alone.  States are `model`'s affair.
"""

from __future__ import annotations

from typing import Final, NamedTuple, final

from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import ACK, SYN, Segment

FLOW_LIMIT: Final = 65_536  # directions remembered; the oldest is forgotten
_HALF: Final = 1 << 31
_WRAP: Final = 1 << 32
_PROBES: Final = ("zero-window-probe", "keep-alive-probe")


class Numbers(NamedTuple):
    """What one segment's numbers say.

    `seq` and `ack` count from the initial numbers (`ack` is None without ACK); `window` is in octets; `again`: all of
    its text, SYN and FIN had been sent before.
    """

    seq: int
    ack: int | None
    window: int
    again: bool


@final
class _Direction:
    """What is known of one direction of a connection."""

    __slots__ = ("base", "high", "offered", "scale", "syns")

    def __init__(self, base: int) -> None:
        self.base = base
        self.high = 0  # end of what was sent so far, relative
        self.offered = False
        self.scale = 0
        self.syns: list[int] = []  # SYN and SYN-ACK, once they were sent

    def relative(self, wire: int) -> int:
        """`wire` as a number relative to the base, the one closest to what was sent last."""
        ahead = (wire - self.base - self.high) % _WRAP
        return self.high + (ahead if ahead < _HALF else ahead - _WRAP)


@final
class NumberTracker:
    """Feeds on segments in the order they were sent."""

    __slots__ = ("_directions",)

    def __init__(self) -> None:
        self._directions: dict[tuple[Endpoint, Endpoint], _Direction] = {}

    def __len__(self) -> int:
        return len(self._directions)

    def sent(self, src: Endpoint, dst: Endpoint, segment: Segment, rule: str, foreign: bool = False) -> Numbers:
        """Take note of a segment that is sent; `foreign`: it is not the sender's own (injected), so it sets no base."""
        direction = self._directions.get((src, dst))
        if segment.flags & SYN and not foreign and (direction is None or direction.base != segment.seq):
            direction = self._begin(src, dst, segment.seq)
        elif direction is None:
            direction = self._begin(src, dst, segment.seq if segment.flags & SYN else (segment.seq - 1) % _WRAP)
        if segment.flags & SYN and not foreign:
            direction.offered = segment.options.window_scale is not None
            direction.scale = min(segment.options.window_scale or 0, 14)
        numbers = self.look(src, dst, segment, rule)
        if not foreign and rule not in _PROBES:
            direction.high = max(direction.high, numbers.seq + segment.length)
            if segment.flags & SYN:
                direction.syns.append(segment.flags & (SYN | ACK))
                del direction.syns[:-2]
        return numbers

    def look(self, src: Endpoint, dst: Endpoint, segment: Segment, rule: str = "") -> Numbers:
        """The numbers of a segment that is not (newly) sent."""
        direction = self._directions.get((src, dst)) or self._begin(src, dst, (segment.seq - 1) % _WRAP)
        seq = direction.relative(segment.seq)
        back = self._directions.get((dst, src))
        ack: int | None = None
        if segment.flags & ACK:
            if back is None:
                back = self._begin(dst, src, (segment.ack - 1) % _WRAP)
            ack = back.relative(segment.ack)
        scaled = direction.offered and back is not None and back.offered and not segment.flags & SYN
        length = segment.length
        again = length > 0 and seq + length <= direction.high and rule not in _PROBES
        if segment.flags & SYN and segment.flags & (SYN | ACK) not in direction.syns:
            again = False  # a SYN-ACK after a crossing SYN repeats the number, but is another message
        return Numbers(seq, ack, segment.window << (direction.scale if scaled else 0), again)

    def _begin(self, src: Endpoint, dst: Endpoint, base: int) -> _Direction:
        if len(self._directions) >= FLOW_LIMIT:
            del self._directions[next(iter(self._directions))]
        direction = _Direction(base)
        self._directions[src, dst] = direction
        return direction
