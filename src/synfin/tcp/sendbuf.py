"""Octets that the application has sent and the peer has not acknowledged yet (RFC 9293 3.8.1).

Large pieces that cannot change are kept as they were given, so that each octet is copied once on its way out: into the
segment that carries it.
"""

from __future__ import annotations

from typing import Final, TypeAlias, final

from synfin.mypyc import mypyc_attr

SMALL: Final = 4_096  # octets; shorter pieces are gathered, so that tiny writes do not cost more than their text
_KEPT_DEAD: Final = 32  # pieces that may stay in the list after they were acknowledged

Octets: TypeAlias = bytes | bytearray | memoryview
_NOTHING: Final[list[Octets]] = []  # shared by all that are empty; never changed


@final
@mypyc_attr(acyclic=True)
class SendBuffer:
    """The stream from `start` (absolute number of its first octet) to `end`; holds at most `limit` octets."""

    __slots__ = ("_chunks", "_first", "_first_start", "_hint", "_hint_start", "end", "limit", "start")

    def __init__(self, start: int, limit: int) -> None:
        self.start = start
        self.end = start  # number of the octet after the last one
        self.limit = limit
        self._chunks: list[Octets] = _NOTHING
        self._first = 0  # index of the first chunk that still has octets
        self._first_start = start  # number of its first octet
        self._hint = 0  # index and number of the chunk that was read from last
        self._hint_start = start

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def free(self) -> int:
        """How many octets can be taken now."""
        room = self.limit - (self.end - self.start)
        return room if room > 0 else 0

    def append(self, data: Octets) -> int:
        """Take as much of `data` as there is room for; returns how much.

        `bytes` and read-only views are kept, not copied: whoever gives a view of something that can change (a file
        that is mapped) promises that it does not, as long as this buffer has it.
        """
        if isinstance(data, memoryview) and (data.itemsize != 1 or data.ndim != 1 or not data.contiguous):
            data = data.tobytes()
        count = len(data)
        room = self.limit - (self.end - self.start)
        if room <= 0 or count == 0:
            return 0
        if count > room:
            count = room
        chunks = self._chunks
        if not chunks:
            chunks = []
            self._chunks = chunks
        if count < SMALL:
            last = chunks[-1] if chunks else b""
            piece = data if count == len(data) else data[:count]
            if isinstance(last, bytearray) and len(last) + count <= SMALL:
                last += piece
            else:
                chunks.append(bytearray(piece))
        elif isinstance(data, bytes):
            chunks.append(data if count == len(data) else memoryview(data)[:count])
        elif isinstance(data, memoryview) and data.readonly:
            chunks.append(data if count == len(data) else data[:count])
        else:
            chunks.append(bytes(data if count == len(data) else data[:count]))
        self.end += count
        return count

    def slice(self, seq: int, count: int) -> bytes:
        """At most `count` octets from number `seq` on."""
        left = self.end - seq
        if count < left:
            left = count
        if left <= 0:
            return b""
        index = self._hint
        at = self._hint_start
        if at > seq or index < self._first:
            index = self._first
            at = self._first_start
        chunks = self._chunks
        chunk = chunks[index]
        while at + len(chunk) <= seq:
            at += len(chunk)
            index += 1
            chunk = chunks[index]
        self._hint = index
        self._hint_start = at
        begin = seq - at
        if begin + left <= len(chunk):
            if isinstance(chunk, bytes):
                return chunk[begin : begin + left]
            return bytes(chunk[begin : begin + left])
        parts: list[Octets] = [memoryview(chunk)[begin:]]
        left -= len(chunk) - begin
        while left > 0:
            index += 1
            chunk = chunks[index]
            parts.append(chunk if len(chunk) <= left else memoryview(chunk)[:left])
            left -= len(chunk)
        return b"".join(parts)

    def release(self, upto: int) -> None:
        """Forget octets below number `upto`: they are acknowledged."""
        if upto <= self.start:
            return
        if upto >= self.end:
            self.start = self.end
            self._chunks = _NOTHING
            self._first = self._hint = 0
            self._first_start = self._hint_start = self.end
            return
        self.start = upto
        chunks = self._chunks
        index = self._first
        at = self._first_start
        while at + len(chunks[index]) <= upto:
            at += len(chunks[index])
            chunks[index] = b""
            index += 1
        self._first = index
        self._first_start = at
        if index > _KEPT_DEAD and 2 * index > len(chunks):
            del chunks[:index]
            self._hint -= index
            self._first = 0
