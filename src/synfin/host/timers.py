"""Deadlines of everything in a host that has a timer, in one lazy heap.

Moving a deadline later costs nothing: the heap keeps the earlier entry and asks the owner again when it comes up.  So a
connection may re-arm its timer with every segment.  What to do when a deadline comes is the owner's affair.
"""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, final

_COMPACT_FROM: Final = 64  # below so many stale entries nothing is tidied


class Timed(ABC):
    """Something with at most one deadline at a time."""

    __slots__ = ("armed", "ticket")

    def __init__(self) -> None:
        self.armed = -1  # deadline of our entry in the heap, -1 without one
        self.ticket = 0  # number of that entry

    @abstractmethod
    def next_deadline(self) -> int | None:
        """When `on_deadline` is wanted, in ns, or None."""

    @abstractmethod
    def on_deadline(self, now: int) -> None:
        """The deadline is reached; called with `now` >= `next_deadline()`."""


@final
class Alarm(Timed):
    """A `Timed` made of two functions, for owners that have only one of them."""

    __slots__ = ("_on_deadline", "_when")

    def __init__(self, when: Callable[[], int | None], on_deadline: Callable[[int], None]) -> None:
        super().__init__()
        self._when = when
        self._on_deadline = on_deadline

    def next_deadline(self) -> int | None:
        """What the first function says."""
        return self._when()

    def on_deadline(self, now: int) -> None:
        """Calls the second function."""
        self._on_deadline(now)


@final
class Deadlines:
    """The heap: `(deadline, ticket, owner)`; ties go to the entry made first (law 2)."""

    __slots__ = ("_heap", "_stale", "_tickets")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Timed]] = []
        self._tickets = 0
        self._stale = 0

    def __len__(self) -> int:
        return len(self._heap)

    def arm(self, owner: Timed, deadline: int | None) -> None:
        """Note that `owner` wants to be called at `deadline`; does nothing when its entry comes up no later anyway."""
        if deadline is None:
            return
        if owner.armed >= 0:
            if owner.armed <= deadline:
                return
            self._stale += 1
        self._tickets += 1
        owner.armed = deadline
        owner.ticket = self._tickets
        heapq.heappush(self._heap, (deadline, self._tickets, owner))
        if self._stale > _COMPACT_FROM and self._stale > len(self._heap) // 2:
            self._compact()

    def forget(self, owner: Timed) -> None:
        """`owner` is gone; its entry is skipped when it comes up, or tidied away before."""
        if owner.armed >= 0:
            owner.armed = -1
            owner.ticket = 0
            self._stale += 1
            if self._stale > _COMPACT_FROM and self._stale > len(self._heap) // 2:
                self._compact()

    def next(self) -> int | None:
        """The earliest deadline that somebody really has, in ns, or None."""
        heap = self._heap
        while heap:
            deadline, ticket, owner = heap[0]
            if ticket != owner.ticket:
                heapq.heappop(heap)
                self._stale -= 1
                continue
            wanted = owner.next_deadline()
            if wanted is not None and wanted <= deadline:
                return deadline
            heapq.heappop(heap)
            owner.armed = -1
            owner.ticket = 0
            self.arm(owner, wanted)
        return None

    def run(self, now: int) -> None:
        """Call everybody whose deadline is reached, in order of time, and arm them anew."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            _, ticket, owner = heapq.heappop(heap)
            if ticket != owner.ticket:
                self._stale -= 1
                continue
            owner.armed = -1
            owner.ticket = 0
            wanted = owner.next_deadline()
            if wanted is not None and wanted <= now:
                owner.on_deadline(now)
                wanted = owner.next_deadline()
                if wanted is not None and wanted <= now:
                    # Served later in this same poll (a connection waits in the output queue); never spin here.
                    continue
            self.arm(owner, wanted)

    def _compact(self) -> None:
        # In place: `run` holds on to the list.
        self._heap[:] = [entry for entry in self._heap if entry[1] == entry[2].ticket]
        heapq.heapify(self._heap)
        self._stale = 0
