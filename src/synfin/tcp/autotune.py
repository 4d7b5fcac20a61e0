"""How large the receive buffer of one connection should be: dynamic right-sizing.

A window that fills the path is as large as what arrives in one round-trip time.  What the application takes in one
round-trip time tells that from this end, so the buffer follows it: twice of it, because a sender in slow start brings
twice as much in the next one.  An application that does not read makes no buffer grow.  The send buffer's size is
simpler, twice the congestion window, and `Tcb.grow_send_buffer` has it.  What a host allows all connections together
is `memory`.
"""

from __future__ import annotations

from typing import Final, final

NO_CHANGE: Final = 0
_EXTRA_SEGMENTS: Final = 16  # room for what a batch of acknowledgments lets loose


@final
class ReceiveTuning:
    """Counts what is read in each round-trip time, and answers with the size the buffer should have."""

    __slots__ = ("_read", "_since", "_space")

    def __init__(self, now: int, window: int) -> None:
        self._read = 0  # octets since `_since`
        self._since = now
        self._space = window // 2  # most octets that were read in one round-trip time

    def on_read(self, now: int, count: int, rtt: int, mss: int) -> int:
        """The application has read `count` octets; `rtt` is 0 where no sample was taken: then nothing can be said.

        Returns the capacity that is wanted, or NO_CHANGE.  Nothing shrinks: what the buffer has room for is not used
        unless it is needed, and the host's memory limit takes it back.
        """
        self._read += count
        if rtt <= 0 or now - self._since < rtt:
            return NO_CHANGE
        read = self._read
        self._read = 0
        self._since = now
        if read <= self._space:
            return NO_CHANGE
        self._space = read
        return 2 * read + _EXTRA_SEGMENTS * mss
