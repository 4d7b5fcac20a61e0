"""How much text all connections of a host may hold together, and who is squeezed when it gets tight.

Send buffers, receive buffers and out-of-order queues count, by their octets.  What is done at which level:

| level    | from  | what                                                                                           |
|----------|-------|------------------------------------------------------------------------------------------------|
| EASY     |       | nothing                                                                                        |
| PRESSURE | 1/2   | buffers grow no more                                                                           |
| SHRINK   | 3/4   | windows are opened only as far as two segments beyond what has been read                       |
| PRUNE    | 7/8   | out-of-order text is forgotten; the peer has it still (RFC 2018 8)                             |
| FULL     | 1     | new connections are refused, text is neither taken from peers nor from applications            |

At every level a connection that holds nothing may take one segment each way, so that none of them can starve; hence
the limit can be passed by that much for each connection, and by what one batch of segments brings.  Nothing that a
window has promised is taken back (RFC 9293 3.8.6): text that is not taken is simply not acknowledged.
"""

from __future__ import annotations

from typing import Final, final

EASY: Final = 0
PRESSURE: Final = 1
SHRINK: Final = 2
PRUNE: Final = 3
FULL: Final = 4


@final
class MemoryPool:
    """One host's account; `limit` and `used` in octets, `level` as above.  No limit: 0."""

    __slots__ = ("level", "limit", "most", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self.most = 0
        self.level = EASY

    def change(self, count: int) -> bool:
        """`count` octets more are held, or fewer; True when the level has risen."""
        used = self.used + count
        self.used = used
        if used > self.most:
            self.most = used
        limit = self.limit
        if limit == 0:
            return False
        before = self.level
        if 2 * used < limit:
            self.level = EASY
        elif 4 * used < 3 * limit:
            self.level = PRESSURE
        elif 8 * used < 7 * limit:
            self.level = SHRINK
        elif used < limit:
            self.level = PRUNE
        else:
            self.level = FULL
        return self.level > before
