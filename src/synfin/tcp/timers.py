"""The timers of one connection: a deadline in nanoseconds for each, or NEVER."""

from __future__ import annotations

from typing import Final, final

from synfin.mypyc import mypyc_attr

NEVER: Final = 1 << 62

RETRANSMIT: Final = 0
PERSIST: Final = 1
DELAYED_ACK: Final = 2
KEEP_ALIVE: Final = 3
USER: Final = 4
FIN_WAIT_2_TIMER: Final = 5
TIME_WAIT_TIMER: Final = 6
OVERRIDE: Final = 7
PACE: Final = 8
REORDER: Final = 9
PROBE: Final = 10

NAMES: Final = (
    "retransmit",
    "persist",
    "delayed-ack",
    "keep-alive",
    "user-timeout",
    "fin-wait-2",
    "time-wait",
    "sws-override",
    "pace",
    "reordering",
    "loss-probe",
)
COUNT: Final = len(NAMES)
_NONE_RUNS: Final = [NEVER] * COUNT  # shared by all connections that wait for nothing; never changed


@final
@mypyc_attr(acyclic=True)
class Timers:
    """Deadlines by timer number; setting and stopping cost O(1).

    `deadlines` is for reading.  The list is this connection's own only while a timer runs: most connections are idle.
    """

    __slots__ = ("deadlines",)

    def __init__(self) -> None:
        self.deadlines: list[int] = _NONE_RUNS

    def set(self, timer: int, deadline: int) -> None:
        """Set or move `timer`; NEVER stops it."""
        if self.deadlines is _NONE_RUNS:
            if deadline == NEVER:
                return
            self.deadlines = [NEVER] * COUNT
        self.deadlines[timer] = deadline

    def next(self) -> int:
        """The earliest deadline, or NEVER."""
        earliest = min(self.deadlines)
        if earliest == NEVER:
            self.deadlines = _NONE_RUNS
        return earliest

    def running(self, timer: int) -> bool:
        """Whether `timer` is set."""
        return self.deadlines[timer] != NEVER

    def due(self, now: int) -> list[int]:
        """Numbers of the timers whose deadline has come, in the order of the deadlines."""
        found = [timer for timer in range(COUNT) if self.deadlines[timer] <= now]
        if len(found) > 1:
            found.sort(key=self.deadlines.__getitem__)
        return found

    def clear(self) -> None:
        """Stop all."""
        self.deadlines = _NONE_RUNS


@final
class Timeouts:
    """How often the retransmission timer has expired, and how long that kept the connection from getting on."""

    __slots__ = ("count", "periods", "since", "time")

    def __init__(self) -> None:
        self.count = 0
        self.periods = 0  # times without progress that began with a time-out
        self.since = 0  # when the running one began, 0: none
        self.time = 0  # ns spent in those that are over

    def on_timeout(self, now: int) -> None:
        """One more."""
        self.count += 1
        if self.since == 0:
            self.periods += 1
            self.since = max(now, 1)

    def on_progress(self, now: int) -> None:
        """Something new was acknowledged."""
        if self.since:
            self.time += now - self.since
            self.since = 0

    def spent(self, now: int) -> int:
        """Nanoseconds without progress, the running time included."""
        return self.time + (now - self.since if self.since else 0)
