"""Which arrows a ladder has, and what is written on them.

Responsible for pairing departures and arrivals, for which of them cross, and for the wording that fits; where arrows
stand is `arrange`'s affair, what they look like `arrows`'.
"""

from __future__ import annotations

from typing import Final, NamedTuple, final

from synfin.timeline.model import ARRIVAL, DAMAGED, DEPARTURE, GONE, HELD, LATE, LOST, Flight, Step
from synfin.timeline.svg.measure import text_width
from synfin.timeline.svg.shapes import ICON
from synfin.timeline.words import Words

# Parts of a flight that an arrow shows
WHOLE: Final = "whole"
START: Final = "start"  # leaves; comes in elsewhere on the picture, or not at all
END: Final = "end"  # comes in; has left elsewhere
COPY: Final = "copy"  # the network's copy comes in
GUEST: Final = "guest"  # was injected on the way

# How an arrow is drawn
PLAIN: Final = "arrived"
AGAIN: Final = "again"

REACH: Final[dict[str, float]] = {WHOLE: 1.0, START: 0.72, END: 0.72, COPY: 0.5, GUEST: 0.62}  # of the width
TOP_SIZE: Final = 10.0
BOTTOM_SIZE: Final = 9.5


class Label(NamedTuple):
    """The texts over and under an arrow, and what of the numbers did not fit."""

    top: str
    bottom: str
    rest: str


@final
class Arrow:
    """One arrow: `start` and `end` are its steps, None where it has none on this picture.

    `kind` names the stroke (`drawing.KIND` is its legend); `sign` the icon of its label, or empty; `number` joins two
    parts; `crosses` tells that others cross it, so that its label keeps to the sender's half.
    """

    __slots__ = ("crosses", "end", "flight", "kind", "label", "number", "part", "sign", "start")

    def __init__(self, flight: Flight, part: str, start: Step | None, end: Step | None) -> None:
        self.flight = flight
        self.part = part
        self.start = start
        self.end = end
        self.kind = _kind(flight, part)
        self.sign = ""
        self.number = 0
        self.crosses = False
        self.label = Label("", "", "")

    @property
    def first(self) -> Step:
        """Its upper step."""
        step = self.start if self.start is not None else self.end
        assert step is not None
        return step


def arrows_of(steps: list[Step], far: set[int]) -> list[Arrow]:
    """All arrows, in the order of their first steps; flights whose departure's order is in `far` come in two parts."""
    arrivals: dict[Flight, Step] = {}
    for step in steps:
        if step.kind == ARRIVAL and step.first and step.flight is not None:
            arrivals.setdefault(step.flight, step)
    found: list[Arrow] = []
    parted: dict[Flight, int] = {}
    whole: dict[Flight, bool] = {}
    for step in steps:
        flight = step.flight
        if flight is None:
            continue
        if step.kind == DEPARTURE:
            arrival = arrivals.get(flight)
            if arrival is not None and step.order not in far:
                found.append(Arrow(flight, WHOLE, step, arrival))
                whole[flight] = True
                continue
            found.append(Arrow(flight, WHOLE if flight.fate == GONE else START, step, None))
            if arrival is not None:
                parted[flight] = found[-1].number = len(parted) + 1
        elif step.kind == ARRIVAL:
            if not step.first:
                found.append(Arrow(flight, COPY, None, step))
            elif flight.departure is None or flight.foreign:
                found.append(Arrow(flight, GUEST if flight.foreign else WHOLE, None, step))
            elif flight not in whole:
                found.append(Arrow(flight, END, None, step))
                found[-1].number = parted.get(flight, 0)  # 0: its departure is told together with others
    _mark_crossings(found)
    return found


def write_labels(arrows: list[Arrow], words: Words, width: float) -> None:
    """Give each arrow the longest label that fits; `width` is the distance between the life lines."""
    for arrow in arrows:
        room = width * (0.46 if arrow.crosses and arrow.part == WHOLE else REACH[arrow.part] * 0.9)
        arrow.label, arrow.sign = _label(arrow, words, room)


def _kind(flight: Flight, part: str) -> str:
    if part == GUEST or flight.foreign:
        return "foreign"
    if part == COPY:
        return "copy"
    if flight.fate in (LOST, DAMAGED):
        return flight.fate
    if flight.numbers.again:
        return AGAIN
    return "late" if flight.fate in (LATE, HELD) else PLAIN


def _mark_crossings(arrows: list[Arrow]) -> None:
    """Two arrows cross when each leaves before the other has come in; parts of arrows may cross all that are out."""
    out: list[tuple[Arrow, int]] = []
    for arrow in arrows:
        leaves = arrow.first.order
        out = [(other, comes) for other, comes in out if comes > leaves]
        comes = arrow.end.order if arrow.end is not None else leaves
        for other, end in out:
            if arrow.part != WHOLE:
                other.crosses = True
            elif arrow.first.host != other.first.host or comes < end:
                arrow.crosses = other.crosses = True
        if arrow.part == WHOLE and arrow.start is not None and arrow.end is not None:
            out.append((arrow, comes))


def _label(arrow: Arrow, words: Words, room: float) -> tuple[Label, str]:
    flight, texts = arrow.flight, words.texts
    segment, numbers = flight.segment, flight.numbers
    sign, word = _mark(arrow)
    top = _top(arrow, words, f" {texts.text(word)}" if word else "", room - (ICON + 2 if sign else 0))
    ack = numbers.ack
    relative = f"seq={numbers.seq}" + (f" ack={ack}" if ack is not None else "")
    wire = f"seq={numbers.seq}({segment.seq})" + (f" ack={ack}({segment.ack})" if ack is not None else "")
    on_wire = f"seq={segment.seq}" + (f" ack={segment.ack}" if ack is not None else "")
    window = f" win={numbers.window}"
    choices = [(wire + window, ""), (relative + window, on_wire), (relative, on_wire + window)]
    choices.append((f"seq={numbers.seq}", relative + window + " / " + on_wire))
    if arrow.part in (END, COPY):
        choices = [(relative, ""), (f"seq={numbers.seq}", "")]
    for bottom, rest in choices:
        if text_width(bottom, BOTTOM_SIZE, mono=True) <= room:
            return Label(top, bottom, texts.text("drawing.wire", numbers=rest) if rest else ""), sign
    bottom, rest = choices[-1]
    return Label(top, "", texts.text("drawing.wire", numbers=rest) if rest else ""), sign


def _top(arrow: Arrow, words: Words, mark: str, room: float) -> str:
    """What stands over an arrow, as much of it as fits: ports, flags, length, and what happened to it."""
    flight = arrow.flight
    port = words.ports(flight)
    flags = words.flags(flight)
    length = f" len={len(flight.segment.payload)}" if flight.segment.payload else ""
    if flight.changed is not None and arrow.start is not None:
        mark += f" {words.texts.text('ui.marked')}"
    choices = (port + flags + length + mark, flags + length + mark, flags + mark, flags + length, flags)
    fitting = [text for text in choices if text_width(text, TOP_SIZE, mono=True, bold=True) <= room]
    return fitting[0] if fitting else flags


def _mark(arrow: Arrow) -> tuple[str, str]:
    """The icon and the word that a label carries."""
    flight = arrow.flight
    if flight.foreign:
        return "foreign", "ui.foreign"
    if arrow.part == COPY:
        return "copy", "ui.copy"
    if flight.numbers.again:
        return AGAIN, "ui.again"
    if flight.fate == HELD:
        return "late", "ui.released" if arrow.part == END else "ui.held"
    if flight.fate == LATE:
        return "late", "ui.late" if flight.fault else "ui.flying"
    if flight.twin and arrow.start is not None:
        return "copy", "ui.twin"
    return "", ""
