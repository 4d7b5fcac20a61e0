"""One way through the exploration once more, with a trace, for the invariants and for people."""

from __future__ import annotations

from synfin.trace import Record, Trace
from synfin.wire.tcp import Segment
from tests.exploration.search import DELAY, DELIVER, DROP, DUPLICATE, LATE, LATENESS, REORDER, TIMER, Step
from tests.exploration.stacks import NAMES, NEVER, Stack


class Replay:
    """Two stacks and the link between them, driven by steps; `records` is what they traced."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.ends = tuple([Stack(index, Trace(NAMES[index], self.records.append)) for index in (0, 1)])
        self.queues: tuple[list[Segment], list[Segment]] = ([], [])  # on the way to A, on the way to B
        self.late: list[tuple[int, int, Segment]] = []

    def run(self, steps: list[Step]) -> None:
        """Take all steps."""
        for what, index in steps:
            self._step(what, index)

    def _step(self, what: str, index: int) -> None:
        end, queue = self.ends[index], self.queues[index]
        if what == DELIVER:
            end.take(queue.pop(0))
        elif what == DROP:
            queue.pop(0)
        elif what == DUPLICATE:
            queue.insert(0, queue[0])
        elif what == REORDER:
            queue[0], queue[1] = queue[1], queue[0]
        elif what == DELAY:
            self.late.append((LATENESS, index, queue.pop(0)))
        elif what in (TIMER, LATE):
            self._pass_time()
            if what == TIMER:
                end.fire()
            else:
                self._take_late(index)
        else:
            end.call(what)
        for number in (0, 1):
            self.queues[1 - number].extend(self.ends[number].sent)
            self.ends[number].sent.clear()

    def _pass_time(self) -> None:
        pause = min(self.ends[0].wait(), self.ends[1].wait(), *[left for left, _, _ in self.late], NEVER)
        for end in self.ends:
            end.advance(pause)
        self.late = [(left - pause, index, segment) for left, index, segment in self.late]

    def _take_late(self, index: int) -> None:
        """The late packet that the search takes first: they are sorted by time, direction and number."""
        due = [item for item in self.late if item[0] == 0 and item[1] == index]
        self.late.remove(due[0])
        self.queues[index].append(due[0][2])
