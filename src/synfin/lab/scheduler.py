"""Virtual time: a heap of things to do, in order of time and, at the same time, in order of insertion (law 2).

Responsible for when things happen.  What happens is the callers' affair; nothing here waits or reads a clock.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Final, final

from synfin.errors import SynfinError, UsageError

MAX_EVENTS: Final = 10_000_000  # of one run; two programs that wake each other for ever are stopped there


class EndlessRunError(SynfinError):
    """A run was stopped because it did more events than it was allowed to."""


@final
class Planned:
    """One thing to do at `time` (ns); `cancel()` before then makes it never happen."""

    __slots__ = ("action", "cancelled", "time")

    def __init__(self, time: int, action: Callable[[], None]) -> None:
        self.time = time
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        """Do not do it; cancelling twice, or too late, does nothing."""
        self.cancelled = True


@final
class Scheduler:
    """`now` is the current virtual time in ns; it moves only while `run` works, and never backward."""

    __slots__ = ("_heap", "_inserted", "now")

    def __init__(self) -> None:
        self.now = 0
        self._heap: list[tuple[int, int, Planned]] = []
        self._inserted = 0

    def __len__(self) -> int:
        return len(self._heap)

    def at(self, time: int, action: Callable[[], None]) -> Planned:
        """Do `action` at `time` ns, after everything else that was planned for that time before.

        Raises `UsageError` for a time that has passed.
        """
        if time < self.now:
            raise UsageError(f"{time} ns has passed; it is {self.now} ns now")
        planned = Planned(time, action)
        heapq.heappush(self._heap, (time, self._inserted, planned))
        self._inserted += 1
        return planned

    def after(self, delay: int, action: Callable[[], None]) -> Planned:
        """Do `action` `delay` ns from now."""
        return self.at(self.now + delay, action)

    def next_time(self) -> int | None:
        """When the next thing is due, or None when nothing is planned."""
        heap = self._heap
        while heap and heap[0][2].cancelled:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def last_time(self) -> int:
        """When the last thing that is planned is due; now, when nothing is."""
        return max([planned.time for _, _, planned in self._heap if not planned.cancelled], default=self.now)

    def run(self, until: int | None = None, max_events: int = MAX_EVENTS) -> int:
        """Do everything due up to and including `until` ns (None: until nothing is left); gives the number of events.

        Afterwards `now` is `until`, or the time of the last event.  Raises `EndlessRunError` beyond `max_events`.
        """
        done = 0
        while True:
            time = self.next_time()
            if time is None or (until is not None and time > until):
                break
            if done >= max_events:
                raise EndlessRunError(
                    f"stopped after {max_events} events at {self.now} ns: the run does not come to an end"
                )
            planned = heapq.heappop(self._heap)[2]
            self.now = time
            done += 1
            planned.action()
        if until is not None and until > self.now:
            self.now = until
        return done
