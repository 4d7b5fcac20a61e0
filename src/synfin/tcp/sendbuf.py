"""Octets that the application has sent and the peer has not acknowledged yet (RFC 9293 3.8.1)."""

from __future__ import annotations

from typing import final


@final
class SendBuffer:
    """The stream from `start` (absolute number of its first octet) to `end`; holds at most `limit` octets."""

    __slots__ = ("_octets", "limit", "start")

    def __init__(self, start: int, limit: int) -> None:
        self.start = start
        self.limit = limit
        self._octets = bytearray()

    def __len__(self) -> int:
        return len(self._octets)

    @property
    def end(self) -> int:
        """Number of the octet after the last one."""
        return self.start + len(self._octets)

    @property
    def free(self) -> int:
        """How many octets can be taken now."""
        room = self.limit - len(self._octets)
        return room if room > 0 else 0

    def append(self, data: bytes) -> int:
        """Take as much of `data` as there is room for; returns how much."""
        room = self.limit - len(self._octets)
        if room <= 0:
            return 0
        if len(data) > room:
            data = data[:room]
        self._octets += data
        return len(data)

    def slice(self, seq: int, count: int) -> bytes:
        """At most `count` octets from number `seq` on."""
        offset = seq - self.start
        if offset == 0 and count >= len(self._octets):
            return bytes(self._octets)
        with memoryview(self._octets) as view:
            return bytes(view[offset : offset + count])

    def release(self, upto: int) -> None:
        """Forget octets below number `upto`: they are acknowledged."""
        count = upto - self.start
        if count <= 0:
            return
        if count >= len(self._octets):
            self.start += len(self._octets)
            self._octets = bytearray()
        else:
            del self._octets[:count]
            self.start = upto
