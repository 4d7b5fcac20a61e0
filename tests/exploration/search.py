"""Every order of deliveries, timers, application calls and faults, up to a number of faults.

Both ends are automata that are worked out step by step and remembered (`Automaton`), so that a way through the product
costs little more than looking things up.  The link keeps the order of each direction unless a fault says otherwise.
Timers fire when nothing is under way: time-outs are long against the delay of the link.  A packet that meets the fault
`delay` arrives one and a half time-outs later instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from synfin.config import MILLISECOND
from synfin.tcp import State
from synfin.wire.tcp import Segment
from tests.exploration.stacks import GONE, LISTEN, NEVER, Stack, shape

DROP, DUPLICATE, REORDER, DELAY = "drop", "duplicate", "reorder", "delay"
FAULTS: Final = (DROP, DUPLICATE, REORDER, DELAY)
DELIVER, TIMER, LATE = "deliver", "timer", "late"
LATENESS: Final = 1_500 * MILLISECOND

Situation = tuple[int, int, tuple[int, ...], tuple[int, ...], tuple[tuple[int, int, int], ...], int]
# end A, end B, on the way to A, on the way to B, late packets (time left, direction, packet), faults so far
Step = tuple[str, int]  # what happens, and at which end (for packets: the end that it is for)


class Automaton:
    """All the situations that one end can be in, and what it does in each; worked out when first asked."""

    def __init__(self, index: int, packets: Packets) -> None:
        self.index = index
        self.packets = packets
        self.stacks: list[Stack] = []
        self.states: list[State] = []
        self.waits: list[int] = []
        self.calls: list[tuple[str, ...]] = []
        self._numbers: dict[Any, int] = {}
        self._known: dict[tuple[int, Any], tuple[int, tuple[int, ...]]] = {}
        self.start = self._enter(Stack(index))

    def _enter(self, stack: Stack) -> int:
        key = stack.fingerprint()
        number = self._numbers.get(key)
        if number is None:
            number = len(self.stacks)
            self._numbers[key] = number
            self.stacks.append(stack)
            self.states.append(stack.state)
            self.waits.append(stack.wait())
            self.calls.append(stack.calls())
        return number

    def step(self, number: int, what: str, argument: Any) -> tuple[int, tuple[int, ...]]:
        """What `what` makes of situation `number`, and the packets that leave."""
        key = (number, (what, argument))
        known = self._known.get(key)
        if known is None:
            stack = self.stacks[number].copy()
            stack.sent = []
            if what == DELIVER:
                stack.take(self.packets.segment(argument))
            elif what == TIMER:
                stack.fire()
            elif what == "advance":
                stack.advance(argument)
            else:
                stack.call(what)
            sent = tuple([self.packets.number(segment) for segment in stack.sent])
            stack.sent = []
            known = (self._enter(stack), sent)
            self._known[key] = known
        return known


class Packets:
    """Numbers for segments that look the same."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._segments: list[Segment] = []

    def number(self, segment: Segment) -> int:
        """The number of a segment."""
        key = shape(segment)
        number = self._numbers.get(key)
        if number is None:
            number = len(self._segments)
            self._numbers[key] = number
            self._segments.append(segment)
        return number

    def segment(self, number: int) -> Segment:
        """The segment with that number."""
        return self._segments[number]


class Tuples:
    """Numbers for tuples."""

    def __init__(self) -> None:
        self.found: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def number(self, value: Any) -> int:
        """The number of `value`, a new one when it is new."""
        number = self._numbers.get(value)
        if number is None:
            number = len(self.found)
            self._numbers[value] = number
            self.found.append(value)
        return number


class Search:
    """All situations, each worked out once.  A situation is kept as one number (`_pack`), millions of them fit.

    By symmetry it is enough that end A connects while B connects or listens; everything else both may do.  With
    `keep_paths` the shortest way to each situation can be told afterwards (`path`), at the cost of memory.
    """

    def __init__(self, max_faults: int, *, keep_paths: bool = True) -> None:
        self.max_faults = max_faults
        packets = Packets()
        self.packets = packets
        self.ends = (Automaton(0, packets), Automaton(1, packets))
        self.pairs: dict[tuple[State, State], tuple[int, int]] = {}  # the fewest faults it takes, and where first
        self.quiet: list[int] = []  # packed situations in which nothing happens by itself
        self.count = 0
        self.steps: dict[int, list[int]] | None = {} if keep_paths else None  # what follows by itself
        self._came: dict[int, tuple[int, Step]] = {}
        self._queues = Tuples()
        self._lates = Tuples()

    def run(self) -> None:
        """Look everywhere."""
        start = self._pack((self.ends[0].start, self.ends[1].start, (), (), (), 0))
        seen = {start}
        waiting = deque([start])
        while waiting:
            packed = waiting.popleft() if self.steps is not None else waiting.pop()
            situation = self._unpack(packed)
            self._note_pair(situation, packed)
            following = []
            for step, after in self.successors(situation):
                number = self._pack(after)
                if step[0] in (DELIVER, TIMER, LATE):
                    following.append(number)
                if number not in seen:
                    seen.add(number)
                    waiting.append(number)
                    if self.steps is not None:
                        self._came[number] = (packed, step)
            if not following:
                self.quiet.append(packed)
            if self.steps is not None:
                self.steps[packed] = following
        self.count = len(seen)

    def _pack(self, situation: Situation) -> int:
        a, b, to_a, to_b, late, faults = situation
        first, second = self._queues.number(to_a), self._queues.number(to_b)
        assert max(first, second) < 1 << 20
        assert max(a, b) < 1 << 16
        number = (self._lates.number(late) << 2 | faults) << 20 | first
        return ((number << 20 | second) << 16 | a) << 16 | b

    def _unpack(self, packed: int) -> Situation:
        queues = self._queues.found
        top = packed >> 72
        return (
            packed >> 16 & 0xFFFF,
            packed & 0xFFFF,
            queues[packed >> 52 & 0xFFFFF],
            queues[packed >> 32 & 0xFFFFF],
            self._lates.found[top >> 2],
            top & 3,
        )

    def _note_pair(self, situation: Situation, packed: int) -> None:
        pair = self.states(situation)
        known = self.pairs.get(pair)
        if known is None or known[0] > situation[5]:
            self.pairs[pair] = (situation[5], packed)

    def successors(self, situation: Situation) -> Iterator[tuple[Step, Situation]]:
        """Each thing that can happen next, with what comes of it."""
        for index in (0, 1):
            for call in self.ends[index].calls[situation[index]]:
                if index == 1 or call != LISTEN:
                    yield (call, index), self._at_end(situation, index, call, None)
        for index in (0, 1):
            yield from self._link(situation, index)
        if not situation[2] and not situation[3]:
            yield from self._time(situation)

    def _at_end(self, situation: Situation, index: int, what: str, argument: Any) -> Situation:
        number, sent = self.ends[index].step(situation[index], what, argument)
        if index == 0:
            return (number, situation[1], situation[2], situation[3] + sent, situation[4], situation[5])
        return (situation[0], number, situation[2] + sent, situation[3], situation[4], situation[5])

    def _link(self, situation: Situation, index: int) -> Iterator[tuple[Step, Situation]]:
        """What can happen to the first packet on the way to end `index`."""
        queue = situation[2 + index]
        if not queue:
            return
        head, rest = queue[0], queue[1:]
        yield (DELIVER, index), self._at_end(self._queue(situation, index, rest), index, DELIVER, head)
        if situation[5] >= self.max_faults:
            return
        yield (DROP, index), self._queue(situation, index, rest, fault=1)
        yield (DUPLICATE, index), self._queue(situation, index, (head, *queue), fault=1)
        if rest:
            yield (REORDER, index), self._queue(situation, index, (rest[0], head, *rest[1:]), fault=1)
        late = tuple(sorted([*situation[4], (LATENESS, index, head)]))
        a, b, to_a, to_b, _, faults = self._queue(situation, index, rest, fault=1)
        yield (DELAY, index), (a, b, to_a, to_b, late, faults)

    @staticmethod
    def _queue(situation: Situation, index: int, queue: tuple[int, ...], fault: int = 0) -> Situation:
        a, b, to_a, to_b, late, faults = situation
        if index == 0:
            return (a, b, queue, to_b, late, faults + fault)
        return (a, b, to_a, queue, late, faults + fault)

    def _time(self, situation: Situation) -> Iterator[tuple[Step, Situation]]:
        """Nothing is under way: whatever is due first happens; when several things are, each of them may come first."""
        a, b, _, _, late, faults = situation
        waits = (self.ends[0].waits[a], self.ends[1].waits[b])
        pause = min(*waits, late[0][0] if late else NEVER)
        if pause == NEVER:
            return
        if pause:
            a, _ = self.ends[0].step(a, "advance", pause)
            b, _ = self.ends[1].step(b, "advance", pause)
            late = tuple([(left - pause, index, packet) for left, index, packet in late])
        for index in (0, 1):
            if waits[index] == pause:
                yield (TIMER, index), self._at_end((a, b, (), (), late, faults), index, TIMER, None)
        if late and late[0][0] == 0:
            _, index, packet = late[0]
            yield (LATE, index), self._queue((a, b, (), (), late[1:], faults), index, (packet,))

    # What came of it

    def states(self, situation: Situation) -> tuple[State, State]:
        """The pair of states."""
        return self.ends[0].states[situation[0]], self.ends[1].states[situation[1]]

    def path(self, packed: int) -> list[Step]:
        """The steps that lead to a situation."""
        steps: list[Step] = []
        while packed in self._came:
            packed, step = self._came[packed]
            steps.append(step)
        steps.reverse()
        return steps

    def verdict(self, packed: int) -> str:
        """Why nothing more happens in a quiet situation, or an empty string for a deadlock.

        `done`: both ends are gone.  `S20`: an application has not closed yet and may go on.  `S21`: FIN_WAIT_2 of a
        connection that nobody holds waits for ever, as the RFC has it.
        """
        situation = self._unpack(packed)
        reasons = []
        for index in (0, 1):
            state = self.ends[index].states[situation[index]]
            if state in GONE:
                continue
            may_act = bool(self.ends[index].calls[situation[index]])
            if not may_act and state is not State.FIN_WAIT_2:
                return ""
            reasons.append("S20" if may_act else "S21")
        return max(reasons, default="done")

    def stacks(self, packed: int) -> tuple[Stack, Stack]:
        """Both ends in a situation."""
        situation = self._unpack(packed)
        return self.ends[0].stacks[situation[0]], self.ends[1].stacks[situation[1]]

    def restless(self) -> list[int]:
        """Situations from which no quiet one can be reached although nobody does anything any more: livelocks."""
        assert self.steps is not None
        before: dict[int, list[int]] = {}
        for packed, following in self.steps.items():
            for number in following:
                before.setdefault(number, []).append(packed)
        restful = set(self.quiet)
        waiting = list(self.quiet)
        while waiting:
            for packed in before.get(waiting.pop(), ()):
                if packed not in restful:
                    restful.add(packed)
                    waiting.append(packed)
        return [packed for packed in self.steps if packed not in restful]


def lost_octets(stacks: tuple[Stack, Stack]) -> bool:
    """Whether an application that was told EOF misses what the other one wrote before it closed."""
    for here, there in (stacks, stacks[::-1]):
        if "EOF" in here.told and there.wrote and not here.received and here.phase == "open":
            return True
    return False
