"""Octets received in order that the application has not read yet.

Each was copied once on its way in, out of the packet; reading whole pieces hands them over as they are, all other ways
of reading copy once more.
"""

from __future__ import annotations

from typing import Final, TypeAlias, final

from synfin.mypyc import mypyc_attr

Buffer: TypeAlias = bytearray | memoryview  # what can be read into

SMALL: Final = 512  # octets; pieces below this are joined, so that tiny segments do not cost more than their text
_NOTHING: Final[list[bytes]] = []  # shared by all that are empty; never changed


@final
@mypyc_attr(acyclic=True)
class ReceiveBuffer:
    """A queue of octets; its limit is kept by the receive window (`window.ReceiveWindow.capacity`)."""

    __slots__ = ("_chunks", "_head", "_offset", "_size")

    def __init__(self) -> None:
        self._chunks: list[bytes] = _NOTHING
        self._head = 0  # index of the first chunk that still has octets
        self._offset = 0  # octets of that chunk that are gone
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, data: bytes) -> None:
        """Add octets at the end."""
        self._size += len(data)
        if not self._chunks:
            self._chunks = [data]
        elif len(data) < SMALL and len(self._chunks[-1]) < SMALL:
            self._chunks[-1] += data
        else:
            self._chunks.append(data)

    def read(self, limit: int) -> bytes:
        """At most `limit` octets; `b""` when there are none."""
        if limit <= 0 or self._size == 0:
            return b""
        if limit >= self._size:
            first = self._chunks[self._head]
            if self._offset:
                self._chunks[self._head] = first[self._offset :]
            data = b"".join(self._chunks[self._head :] if self._head else self._chunks)
            self.clear()
            return data
        parts: list[bytes] = []
        wanted = limit
        while wanted:
            chunk = self._chunks[self._head]
            left = len(chunk) - self._offset
            if left > wanted:
                parts.append(chunk[self._offset : self._offset + wanted])
                self._offset += wanted
                break
            parts.append(chunk[self._offset :] if self._offset else chunk)
            wanted -= left
            self._next()
        self._size -= limit
        return b"".join(parts)

    def read_into(self, buffer: Buffer) -> int:
        """Fill `buffer` from its start; returns how many octets there were."""
        view = memoryview(buffer).cast("B")
        wanted = len(view)
        at = 0
        while at < wanted and at < self._size:
            chunk = self._chunks[self._head]
            left = len(chunk) - self._offset
            if left > wanted - at:
                part = memoryview(chunk)[self._offset : self._offset + wanted - at]
                view[at:] = part
                self._offset += wanted - at
                at = wanted
                break
            view[at : at + left] = memoryview(chunk)[self._offset :] if self._offset else chunk
            at += left
            self._next()
        self._size -= at
        if self._size == 0:
            self.clear()
        return at

    def _next(self) -> None:
        """The first chunk has been read."""
        self._chunks[self._head] = b""
        self._head += 1
        self._offset = 0
        if self._head > 64 and self._head * 2 > len(self._chunks):
            del self._chunks[: self._head]
            self._head = 0

    def peek(self, limit: int, skip: int = 0) -> bytes:
        """At most `limit` octets, those after the first `skip`; all of them stay."""
        parts: list[bytes] = []
        offset = self._offset + skip
        for index in range(self._head, len(self._chunks)):
            if limit <= 0:
                break
            chunk = self._chunks[index]
            if offset >= len(chunk):
                offset -= len(chunk)
                continue
            part = chunk[offset : offset + limit]
            parts.append(part)
            limit -= len(part)
            offset = 0
        return b"".join(parts)

    def clear(self) -> None:
        """Forget everything."""
        self._chunks = _NOTHING
        self._head = 0
        self._offset = 0
        self._size = 0
