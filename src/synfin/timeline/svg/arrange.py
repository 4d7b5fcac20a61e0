"""Where everything of a ladder stands: the height of each step, texts beside the life lines, notes, breaks.

Responsible for the one rule of the picture: whatever happens later stands lower, at both ends, and nothing covers
anything else.  Distances are as large as the texts need; a long silence is a break mark.  It draws nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final, NamedTuple, final

from synfin.timeline.ladder import GAP_NS
from synfin.timeline.model import ARRIVAL, DEPARTURE, UNKNOWN, Step
from synfin.timeline.svg.flights import Arrow, arrows_of, write_labels
from synfin.timeline.svg.measure import text_width, wrap_text
from synfin.timeline.svg.writer import A4_WIDTH
from synfin.timeline.width import cut
from synfin.timeline.words import Sentence, Words

MARGIN: Final = 12.0
COLUMN: Final = 92.0  # beside each life line: time, calls, states
BAR: Final = 12.0
NOTES: Final = 276.0
GUTTER: Final = 16.0
LEFT: Final = MARGIN + COLUMN + BAR  # inner edges of the bars
RIGHT: Final = A4_WIDTH - MARGIN - NOTES - GUTTER - COLUMN - BAR
NOTE_X: Final = A4_WIDTH - MARGIN - NOTES
NAME_CELLS: Final = 8  # of a host's name before a note

TOLD_SIZE: Final = 9.5
NOTE_SIZE: Final = 10.0
SOURCE_SIZE: Final = 8.5
LEADING: Final = 13.0
SOURCE_LEADING: Final = 11.5

SLANT: Final = 16.0  # least fall of an arrow
STUB_SLANT: Final = 18.0
SAME_WAY: Final = 31.0  # between arrows that leave (or come in) one after the other
TURN: Final = 22.0  # between an arrow that comes in and one that leaves
WIDEN: Final = 12.0  # what a step gets that asks for more room
BREAK_HEIGHT: Final = 40.0
BREAK_LEADING: Final = 14.0
BREAK_SIZE: Final = 10.5
FAR: Final = 200.0  # an arrow that would fall deeper is drawn in two parts
NEAR: Final = 90.0  # so is one that falls deeper than this among such
PART_LIMIT: Final = 6  # times that arrows are parted and everything is placed again

# Kinds of lines in a note
TEXT: Final = "text"
HEAD: Final = "head"
DIM: Final = "dim"
SOURCE: Final = "source"


class NoteLine(NamedTuple):
    """One line of a note."""

    text: str
    kind: str

    @property
    def small(self) -> bool:
        """Whether it is in small print."""
        return self.kind in (SOURCE, DIM)


def note_lines(note: list[NoteLine]) -> list[float]:
    """How far the base line of each line, and of one behind the last, is below that of the first."""
    heights = [0.0]
    for place, line in enumerate(note):
        follows = note[place + 1] if place + 1 < len(note) else line
        leading = SOURCE_LEADING if line.small and follows.small else LEADING
        heights.append(heights[-1] + leading + (3 if follows.kind == HEAD and line.kind != HEAD else 0))
    return heights


@final
class Point:
    """A step on the picture: `y` its height, `told` what stands beside it, `state` the new state or empty."""

    __slots__ = ("clock", "note", "side", "state", "step", "told", "y")

    def __init__(self, step: Step, side: int) -> None:
        self.step = step
        self.side = side
        self.y = 0.0
        self.clock = ""
        self.told: list[str] = []
        self.state = ""
        self.note: list[NoteLine] = []

    @property
    def below(self) -> float:
        """How far its texts beside the life line reach below `y`."""
        lines = (1 if self.clock else 0) + len(self.told)
        return max(lines * 12.0 - 6, 0) + (19 if self.state else 0)


class Break(NamedTuple):
    """Where something is left out, a silence or a run of uneventful segments: its middle, and what is said of it."""

    y: float
    lines: list[str]

    @property
    def half(self) -> float:
        """How far its words reach up and down."""
        return 7 + BREAK_LEADING / 2 * (len(self.lines) - 1)


class Omission(NamedTuple):
    """Segments that are told together, after the step of this order."""

    order: int
    ended: int
    text: str


class Story(NamedTuple):
    """What a ladder tells: steps in their order, and what is told in one line between them."""

    steps: list[Step]
    omissions: list[Omission]


@final
class Arrangement:
    """A whole ladder, arranged from `top` on; `height` is where it ends."""

    def __init__(self, story: Story, words: Words, top: float, *, digits: int = 3) -> None:
        steps = story.steps
        self._omissions = story.omissions
        self.words = words
        self.top = top
        self.digits = digits
        self.chip = max(text_width(cut(host, NAME_CELLS), NOTE_SIZE, bold=True) for host in words.hosts) + 8
        self.height = top
        self._pen = _Pen(top)
        self.breaks: list[Break] = []
        self.arrows: list[Arrow] = []
        self.points: list[Point] = []
        self.before = [_first_state(steps, host) for host in words.hosts]
        self._places: dict[int, Point] = {}
        self._extra: dict[int, float] = {}  # room that was asked for, by order of the step
        far = _across(steps, [omission.order + 1 for omission in story.omissions])
        for _ in range(PART_LIMIT):
            self._write(steps, far)
            self._place()
            deep = self._deep()
            if not deep:
                break
            far |= deep
            words.forget()
        else:
            self._write(steps, far)
            self._place()

    def _deep(self) -> set[int]:
        """Departures of whole arrows that fall too deep, or deep beside others that are drawn in two parts."""
        whole: list[tuple[Arrow, int, int]] = []
        starts: dict[int, int] = {}
        parted: list[tuple[int, int]] = []
        for arrow in self.arrows:
            if arrow.start is not None and arrow.end is not None:
                whole.append((arrow, arrow.start.order, arrow.end.order))
            elif arrow.number and arrow.start is not None:
                starts[arrow.number] = arrow.start.order
            elif arrow.number and arrow.end is not None:
                parted.append((starts[arrow.number], arrow.end.order))
        found = {leaves for arrow, leaves, _ in whole if self.fall(arrow) > FAR}
        parted.extend((leaves, comes) for _, leaves, comes in whole if leaves in found)
        beside = _Spans(parted)
        found.update(leaves for arrow, leaves, comes in whole if self.fall(arrow) > NEAR and beside.meet(leaves, comes))
        return found

    def widen(self, orders: list[int]) -> None:
        """Give these steps more room above them."""
        for order in dict.fromkeys(orders):
            self._extra[order] = self._extra.get(order, 0) + WIDEN
        self._place()

    def point(self, step: Step) -> Point:
        """Where a step stands."""
        return self._places[step.order]

    def fall(self, arrow: Arrow) -> float:
        """How far an arrow with both ends falls."""
        assert arrow.start is not None
        assert arrow.end is not None
        return self.point(arrow.end).y - self.point(arrow.start).y

    # What is said

    def _write(self, steps: list[Step], far: set[int]) -> None:
        """Arrows and texts, in the order of the steps."""
        self.arrows = arrows_of(steps, far)
        write_labels(self.arrows, self.words, RIGHT - LEFT)
        starts = {arrow.start.order: arrow for arrow in self.arrows if arrow.start is not None}
        ends = {arrow.end.order: arrow for arrow in self.arrows if arrow.end is not None}
        self.points = []
        self._places = {}
        clocks = ["", ""]
        states = list(self.before)
        for step in steps:
            point = Point(step, 0 if step.host == self.words.hosts[0] else 1)
            text = self.words.event(step)
            if text:
                point.told = wrap_text(text, COLUMN - 6, TOLD_SIZE)
            arrow = starts.get(step.order) or ends.get(step.order)
            point.note = self._note(step, arrow)
            if step.state != states[point.side] and step.state != UNKNOWN:
                point.state = states[point.side] = step.state
            if arrow is None and not (point.told or point.note or point.state):
                continue
            clock = self._clock(step.now)
            if clock != clocks[point.side]:
                point.clock = clocks[point.side] = clock
            self.points.append(point)
            self._places[step.order] = point

    def _note(self, step: Step, arrow: Arrow | None) -> list[NoteLine]:
        """The explanation of a step."""
        lines: list[NoteLine] = []
        words = self.words
        flight = step.flight
        if flight is not None and arrow is not None and (step.kind == DEPARTURE or flight.departure is None):
            for sentence in words.why(flight):
                lines.extend(self._sentence(sentence))
            first = flight.again
            again = words.texts.text("drawing.first", time=self._clock(first.sent_at)) if first is not None else ""
            for text in (again, arrow.label.rest, words.options(flight), words.glosses(flight)):
                lines.extend(self._lines(text, DIM))
        for reaction in () if step.kind == DEPARTURE else words.reaction(step):
            move = reaction.move
            if move is not None:
                lines.extend(self._lines(f"{move.from_state} → {move.to_state}", HEAD))
                for name in (move.from_state, move.to_state):
                    gloss = words.gloss("state", name)
                    lines.extend(self._lines(gloss if gloss != name else "", DIM))
            lines.extend(self._sentence(reaction.sentence))
        return lines

    # Where it stands

    def _place(self) -> None:
        """Give each point its height, from the top down."""
        self.breaks = []
        self._pen = _Pen(self.top)
        departed = {arrow.end.order: arrow.start for arrow in self.arrows if arrow.end and arrow.start}
        omissions = list(self._omissions)
        for point in self.points:
            while omissions and omissions[0].order < point.step.order:
                self._omit(omissions.pop(0))
            self._stand(point, departed.get(point.step.order))
        for omission in omissions:
            self._omit(omission)
        pen = self._pen
        self.height = max(pen.y + STUB_SLANT, *pen.lanes, pen.notes) + 12

    def _stand(self, point: Point, start: Step | None) -> None:
        """One point: below everything earlier, and below the texts that it would cover."""
        pen, step = self._pen, point.step
        silence = step.now - pen.now if pen.now >= 0 else 0
        if silence >= GAP_NS:
            self._interrupt([self.words.texts.text("ui.gap", time=self.words.span(silence))])
        elif silence > 0:
            pen.y += 4 + 14 * silence / GAP_NS
        pen.now = max(pen.now, step.now)
        least = [pen.y, pen.lanes[point.side] + 10]
        if point.note:
            least.append(pen.notes + 13)
        if step.flight is not None:
            above = pen.last[point.side]
            if above is not None:
                least.append(above.y + (SAME_WAY if above.step.kind == step.kind else TURN))
            if start is not None and start.order in self._places:
                least.append(self._places[start.order].y + SLANT)
            elif step.kind == ARRIVAL:
                least.append(pen.floor + STUB_SLANT + 12)
            pen.last[point.side] = point
        point.y = pen.y = max(least) + self._extra.get(step.order, 0)
        pen.lanes[point.side] = point.y + point.below
        if point.note:
            pen.notes = point.y + note_lines(point.note)[-1] - 6

    def _omit(self, omission: Omission) -> None:
        self._interrupt(wrap_text(f"… {omission.text} …", RIGHT - LEFT - 24, BREAK_SIZE))
        self._pen.now = max(self._pen.now, omission.ended)

    def _interrupt(self, lines: list[str]) -> None:
        """A break mark across both life lines."""
        pen = self._pen
        half = BREAK_HEIGHT / 2 + BREAK_LEADING / 2 * (len(lines) - 1)
        middle = max(pen.y + 8, *pen.lanes, pen.notes) + half
        self.breaks.append(Break(middle, lines))
        pen.move_to(middle + half)

    def _lines(self, text: str, kind: str) -> list[NoteLine]:
        size = SOURCE_SIZE if kind in (SOURCE, DIM) else NOTE_SIZE
        room = NOTES - self.chip
        return [NoteLine(line, kind) for line in wrap_text(text, room, size, bold=kind == HEAD)] if text else []

    def _sentence(self, sentence: Sentence) -> list[NoteLine]:
        return [*self._lines(sentence.text, TEXT), *self._lines(f"[{sentence.source}]", SOURCE)]

    def _clock(self, now: int) -> str:
        unit = 10 ** (9 - self.digits)
        return f"{now // 1_000_000_000}.{now % 1_000_000_000 // unit:0{self.digits}d}"


@final
class _Pen:
    """How far the picture is drawn: `y` in all, `lanes` beside the life lines, `notes` in their column.

    `floor` is the end of the latest break; `last` the latest points with an arrow, on each side; `now` is -1 before
    the first step.
    """

    __slots__ = ("floor", "lanes", "last", "notes", "now", "y")

    def __init__(self, top: float) -> None:
        self.last: list[Point | None] = [None, None]
        self.now = -1
        self.move_to(top)

    def move_to(self, y: float) -> None:
        """Everything so far is above `y`."""
        self.y = self.notes = self.floor = y
        self.lanes = [y, y]


@final
class _Spans:
    """A union of intervals of orders."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in sorted(spans):
            if self._lasts and first <= self._lasts[-1]:
                self._lasts[-1] = max(self._lasts[-1], last)
            else:
                self._firsts.append(first)
                self._lasts.append(last)

    def meet(self, first: int, last: int) -> bool:
        """Whether an interval shares something with them."""
        place = bisect_right(self._firsts, last) - 1
        return place >= 0 and self._lasts[place] >= first


def _first_state(steps: list[Step], host: str) -> str:
    """The state of one end before anything happened."""
    return next((step.before for step in steps if step.host == host), UNKNOWN)


def _across(steps: list[Step], cuts: list[int]) -> set[int]:
    """Departures of flights that were under way at a silence, or at one of these orders."""
    now = steps[0].now if steps else 0
    for step in steps:
        if step.now - now >= GAP_NS:
            cuts.append(step.order)
        now = max(now, step.now)
    cuts.sort()
    found: set[int] = set()
    for step in steps:
        origin = step.flight.departure if step.flight is not None else None
        if step.kind == ARRIVAL and step.first and origin is not None:
            if bisect_right(cuts, origin.order) < bisect_right(cuts, step.order):
                found.add(origin.order)
    return found
