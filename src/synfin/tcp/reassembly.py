"""Out-of-order text, kept until the gap before it closes [SHLD-31], and the SACK blocks that tell of it (RFC 2018).

What arrived first is kept where pieces overlap: a later copy cannot change octets that were already accepted.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final, final

SACK_BLOCKS_REMEMBERED: Final = 8
FULL_PIECE: Final = 512  # octets: pieces of this size on average are limited by the receive window alone


@final
class Reassembly:
    """Disjoint pieces above RCV.NXT, sorted; at most `limit`, and one more for every `FULL_PIECE` octets held.

    So a peer that sends crumbs cannot make us keep many, and one that fills segments can fill the window.
    """

    __slots__ = ("_data", "_ends", "_recent", "_run_ends", "_run_starts", "_starts", "limit", "size")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0  # octets held
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._data: list[bytes] = []
        self._run_starts: list[int] = []  # pieces without a gap between them form one run: a SACK block
        self._run_ends: list[int] = []
        self._recent: list[int] = []  # numbers of pieces that came last, newest first

    def __len__(self) -> int:
        return len(self._starts)

    def add(self, seq: int, data: bytes) -> bool:
        """Keep the octets of `data` (first one has number `seq`) that are new; False when the limit stops some."""
        end = seq + len(data)
        self._remember(seq)
        index = bisect_right(self._starts, seq) - 1
        position = seq
        if index >= 0 and self._ends[index] > position:
            position = self._ends[index]
        index += 1
        while position < end:
            stop = end
            if index < len(self._starts) and self._starts[index] < end:
                stop = self._starts[index]
            if stop > position:
                if len(self._starts) >= self.limit + self.size // FULL_PIECE:
                    return False
                self._starts.insert(index, position)
                self._ends.insert(index, stop)
                self._data.insert(index, data[position - seq : stop - seq])
                self.size += stop - position
                self._join(position, stop)
                index += 1
            if index >= len(self._starts):
                break
            position = self._ends[index]
            index += 1
        return True

    def overlay(self, seq: int, data: bytes) -> bytes:
        """`data` from number `seq` on, with the octets that are held already in their places: the first copy counts."""
        end = seq + len(data)
        for index in range(len(self._starts)):
            start = self._starts[index]
            if start >= end:
                break
            stop = self._ends[index]
            if stop > seq:
                first = max(start, seq)
                last = min(stop, end)
                held = self._data[index][first - start : last - start]
                data = data[: first - seq] + held + data[last - seq :]
        return data

    def take(self, rcv_nxt: int) -> list[bytes]:
        """Pieces that now follow `rcv_nxt` without a gap, in order; they leave the store."""
        found: list[bytes] = []
        count = 0
        for index in range(len(self._starts)):
            if self._starts[index] > rcv_nxt:
                break
            count = index + 1
            data = self._data[index]
            self.size -= len(data)
            skip = rcv_nxt - self._starts[index]
            if skip < len(data):
                found.append(data[skip:] if skip else data)
                rcv_nxt = self._ends[index]
        if count:
            del self._starts[:count]
            del self._ends[:count]
            del self._data[:count]
            gone = bisect_right(self._run_starts, rcv_nxt)
            del self._run_starts[:gone]
            del self._run_ends[:gone]
        return found

    def overlap(self, seq: int, end: int) -> tuple[int, int] | None:
        """The first part of `seq` to `end` that is held already [RFC2883-04]."""
        index = bisect_right(self._run_starts, seq) - 1
        if index < 0 or self._run_ends[index] <= seq:
            index += 1
        if index >= len(self._run_starts) or self._run_starts[index] >= end:
            return None
        return max(seq, self._run_starts[index]), min(end, self._run_ends[index])

    def blocks(self, count: int) -> list[tuple[int, int]]:
        """At most `count` SACK blocks: first the one with the latest piece, then those told before.

        RFC 2018 4 [RFC2018-04] [RFC2018-06].
        """
        found: list[tuple[int, int]] = []
        for seq in self._recent:
            block = self._block_of(seq)
            if block is not None and block not in found:
                found.append(block)
                if len(found) == count:
                    break
        return found

    def _remember(self, seq: int) -> None:
        if seq in self._recent:
            self._recent.remove(seq)
        self._recent.insert(0, seq)
        kept: list[int] = []
        blocks: list[tuple[int, int]] = []
        for number in self._recent:
            block = self._block_of(number)
            if number == seq or (block is not None and block not in blocks):
                kept.append(number)
                if block is not None:
                    blocks.append(block)
        self._recent = kept[:SACK_BLOCKS_REMEMBERED]

    def _block_of(self, seq: int) -> tuple[int, int] | None:
        index = bisect_right(self._run_starts, seq) - 1
        if index < 0 or self._run_ends[index] <= seq:
            return None
        return self._run_starts[index], self._run_ends[index]

    def _join(self, start: int, end: int) -> None:
        """Enter the new piece into the runs: it never overlaps one, but may touch one on each side."""
        index = bisect_right(self._run_starts, start)
        follows = index > 0 and self._run_ends[index - 1] == start
        precedes = index < len(self._run_starts) and self._run_starts[index] == end
        if follows and precedes:
            self._run_ends[index - 1] = self._run_ends[index]
            del self._run_starts[index]
            del self._run_ends[index]
        elif follows:
            self._run_ends[index - 1] = end
        elif precedes:
            self._run_starts[index] = start
        else:
            self._run_starts.insert(index, start)
            self._run_ends.insert(index, end)
