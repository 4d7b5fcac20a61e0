"""What a sender spends its time on: sending, or waiting for the peer's window or for room in the send buffer."""

from __future__ import annotations

from typing import Final, final

IDLE: Final = 0  # nothing is queued and nothing unacknowledged
BUSY: Final = 1
WINDOW: Final = 2  # the peer's window holds text back
BUFFER: Final = 3  # all was sent, and the application has more than the send buffer takes


@final
class Chronometer:
    """Nanoseconds in each of the four states, of one connection (Linux: tcpi_busy_time and its parts)."""

    __slots__ = ("_buffer", "_busy", "_idle", "_since", "_window", "state")

    def __init__(self, now: int) -> None:
        self.state = IDLE
        self._since = now
        self._idle = 0
        self._busy = 0
        self._window = 0
        self._buffer = 0

    def switch(self, state: int, now: int) -> None:
        """From `now` on it is `state`."""
        running = now - self._since
        if self.state == IDLE:
            self._idle += running
        elif self.state == BUSY:
            self._busy += running
        elif self.state == WINDOW:
            self._window += running
        else:
            self._buffer += running
        self._since = now
        self.state = state

    def spent(self, state: int, now: int) -> int:
        """Nanoseconds in `state` so far."""
        running = now - self._since if state == self.state else 0
        if state == IDLE:
            return self._idle + running
        if state == BUSY:
            return self._busy + running
        return (self._window if state == WINDOW else self._buffer) + running
