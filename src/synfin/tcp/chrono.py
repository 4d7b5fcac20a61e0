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

    __slots__ = ("_since", "_spent", "state")

    def __init__(self, now: int) -> None:
        self.state = IDLE
        self._since = now
        self._spent = [0, 0, 0, 0]

    def switch(self, state: int, now: int) -> None:
        """From `now` on it is `state`."""
        self._spent[self.state] += now - self._since
        self._since = now
        self.state = state

    def spent(self, state: int, now: int) -> int:
        """Nanoseconds in `state` so far."""
        running = now - self._since if state == self.state else 0
        return self._spent[state] + running
