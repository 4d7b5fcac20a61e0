"""`send_file`: text out of a file without reading it, by mapping it into memory (mmap(2)).

The send buffer keeps a view of the mapping, so that each octet is copied once, into the segment that carries it.
Responsible for the mapping; how fast the file goes is the connection's affair.  `files` does not use it: whoever cuts a
mapped file short kills the process that reads it there (SIGBUS), and what it serves may be anybody's.
"""

from __future__ import annotations

import mmap
import os

from synfin.errors import UsageError
from synfin.tcp import Connection


def send_file(connection: Connection, descriptor: int, offset: int, count: int, now: int) -> int:
    """Queue at most `count` octets of an open file from `offset` on: returns how many were taken, as `write` does.

    0 says that the send buffer is full or that the file ends at `offset`.  The file must neither shrink nor change
    until the peer has acknowledged what was taken: what is sent again comes from the file again.  Raises `UsageError`
    for a negative number, `OSError` for what cannot be mapped, and what `Connection.write` raises.
    """
    if offset < 0 or count < 0:
        raise UsageError(f"send_file needs an offset and a count of at least 0, not {offset} and {count}")
    count = min(count, connection.writable, os.fstat(descriptor).st_size - offset)
    if count <= 0:
        return connection.write(b"", now)  # which also tells of errors
    start = offset - offset % mmap.ALLOCATIONGRANULARITY
    mapped = mmap.mmap(descriptor, offset - start + count, access=mmap.ACCESS_READ, offset=start)
    return connection.write(memoryview(mapped)[offset - start :], now)
