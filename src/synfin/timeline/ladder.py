"""The text ladder: two columns of states, segments between them, and under each a line that says why.

Responsible for turning rows into lines of text.  Losses, repetitions, copies and delays are told by symbol, stroke and
word; colour only adds.  What is on a line is decided by `model` and `layout`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from synfin.timeline.fold import Fold, Folder, Line
from synfin.timeline.layout import Layout, Row
from synfin.timeline.messages import Catalog
from synfin.timeline.model import CALL, DAMAGED, HELD, LATE, LOST, TIMER, TOLD, UNKNOWN, Flight, Model, Step
from synfin.timeline.reasons import SUM, Reason, Reasons
from synfin.timeline.style import Style
from synfin.timeline.width import cut, pad, width, wrap
from synfin.timeline.words import NO_BREAK, Words, rule_source
from synfin.trace import Record
from synfin.wire.addresses import Address

MIN_WIDTH: Final = 72
DEFAULT_WIDTH: Final = 100
TIME_CELLS: Final = 9
STATE_CELLS: Final = 12
INDENT: Final = TIME_CELLS + 1  # of what stands under a line
GAP_NS: Final = 400_000_000  # a silence that is worth a line of its own


@final
class Ladder:
    """Draws rows of one model; `Words` sees to it that each thing is explained once.

    `hosts` are the names over the columns; `cells` the width of the terminal; `digits` the decimals of times; with
    `why` the long explanations and the arithmetic of each segment stand below.
    """

    def __init__(
        self,
        hosts: tuple[str, str],
        texts: Catalog,
        style: Style,
        *,
        cells: int = DEFAULT_WIDTH,
        digits: int = 3,
        labels: tuple[str, str] = ("", ""),
        why: bool = False,
    ) -> None:
        self.hosts = hosts
        self.texts = texts
        self.style = style
        self.cells = max(cells, MIN_WIDTH)
        self.digits = digits
        self.labels = labels
        self._wide = self.cells >= 96
        arrow = "->" if style.ascii else "→"
        self._words = Words(hosts, texts, arrow=arrow)
        self._reasons = Reasons(hosts, texts, arrow=arrow) if why else None
        self._time = 0
        lead = INDENT + STATE_CELLS + 1
        tail = 1 + STATE_CELLS + (1 + TIME_CELLS if self._wide else 0)
        self._lead = lead
        self._area = self.cells - lead - tail

    def head(self) -> list[str]:
        """The names over the columns."""
        left, right = (
            f"{host}  {label}" if label else host for host, label in zip(self.hosts, self.labels, strict=True)
        )
        first = pad(self.texts.text("ui.time"), INDENT - 1) + " "
        middle = STATE_CELLS + 1 + self._area + 1
        return [first + self.style.paint("bold", pad(left, middle)) + self.style.paint("bold", right)]

    def draw(self, row: Line) -> list[str]:
        """The lines of one row, or of a run of rows."""
        if isinstance(row, Fold):
            return self._draw_fold(row)
        steps = row.steps()
        lines = self._gap(min(step.now for step in steps))
        self._time = max(self._time, *(step.now for step in steps))
        if row.step is not None:
            lines.extend(self._draw_step(row.step))
        else:
            lines.extend(self._draw_flight(row))
        return lines

    # Parts of lines

    def _gap(self, now: int) -> list[str]:
        silence = now - self._time
        if silence < GAP_NS:
            return []
        text = self.texts.text("ui.gap", time=self._words.span(silence))
        return [self.style.paint("dim", pad(self.style.gap, TIME_CELLS, right=True) + "  " + text)]

    def _clock(self, now: int) -> str:
        unit = 10 ** (9 - self.digits)
        return f"{now // 1_000_000_000}.{now % 1_000_000_000 // unit:0{self.digits}d}"

    def _frame(self, middle: str, left: Step | None, right: Step | None, colour: str = "") -> str:
        """A line: times and states of both ends around `middle`, which is as wide as the area."""
        style = self.style
        first = pad(self._clock(left.now) if left else ("" if self._wide or not right else self._clock(right.now)), 0)
        line = style.paint("dim", pad(first, TIME_CELLS, right=True)) + " "
        line += (
            self._state(left, "<") + " " + style.paint(colour, pad(middle, self._area)) + " " + self._state(right, ">")
        )
        if self._wide:
            line += " " + style.paint("dim", pad(self._clock(right.now) if right else "", TIME_CELLS, right=True))
        return line.rstrip()

    def _state(self, step: Step | None, side: str) -> str:
        if step is None:
            return " " * STATE_CELLS
        name = cut("" if step.state == UNKNOWN else step.state, STATE_CELLS)
        text = pad(name, STATE_CELLS)
        return self.style.paint("state" if step.moves else "", text)

    def _draw_fold(self, fold: Fold) -> list[str]:
        """Many segments in one line: both ends as they are after them."""
        self._time = max(self._time, fold.ended)
        dots = "..." if self.style.ascii else "…"
        left, right = (fold.last.get(host) for host in self.hosts)
        lines = wrap(f"{dots} {self._words.fold(fold)} {dots}", self._area)
        first = self._frame(lines[0], left, right)
        return [first, *(self._frame(line, None, None) for line in lines[1:])]

    def _draw_step(self, step: Step) -> list[str]:
        """A call, an event or a timer at one host."""
        text = self._words.event(step)
        colour = {CALL: "call", TOLD: "call", TIMER: "dim"}.get(step.kind, "") if text else ""
        if not text and not step.moves and not step.rules:
            return []
        on_left = step.host == self.hosts[0]
        sign = self.style.call if step.kind in (CALL, TOLD) else self.style.gap
        words = cut(f"{sign} {text}" if text else "", self._area)
        middle = words if on_left else pad(words, self._area, right=True)
        lines = [self._frame(middle, step if on_left else None, None if on_left else step, colour)]
        lines.extend(self._reaction(step))
        return lines

    # Segments

    def _draw_flight(self, row: Row) -> list[str]:
        flight = row.flight
        assert flight is not None
        rightward = flight.sender == self.hosts[0]
        departure, arrival = row.departure, row.arrival
        marks, colour = self._marks(row, flight)
        label, rest = self._label(flight, marks, row)
        middle = self._arrow(row, flight, label, rightward)
        left, right = (departure, arrival) if rightward else (arrival, departure)
        lines = [self._frame(middle, left, right, colour)]
        if rest:
            lines.append(self._under(self.style.paint("dim", rest)))
        lines.extend(self._options(flight, departure))
        lines.extend(self._flag_glosses(flight))
        if departure is not None or flight.departure is None:
            lines.extend(self._why(flight))
        for step in row.steps():
            if step is arrival:
                lines.extend(self._reaction(step))
        return lines

    def _marks(self, row: Row, flight: Flight) -> tuple[list[str], str]:
        """Signs and words that a segment carries, and its colour."""
        style, texts = self.style, self.texts
        marks: list[str] = []
        colour = ""
        if flight.foreign:
            marks.append(f"{style.foreign} {texts.text('ui.foreign')}")
            colour = "copy"
        if flight.numbers.again and not flight.foreign:
            marks.append(f"{style.again} {texts.text('ui.again')}")
            colour = "again"
        if row.departure is None and row.arrival is not None and not row.arrival.first:
            marks.append(f"{style.copy} {texts.text('ui.copy')}")
            colour = "copy"
        elif flight.twin and row.departure is not None:
            marks.append(f"{style.copy} {texts.text('ui.twin')}")
            colour = "copy"
        if flight.changed is not None and row.departure is not None:
            marks.append(texts.text("ui.marked"))
        fates = {
            LOST: ("lost", style.cross, "ui.lost"),
            DAMAGED: ("lost", style.damaged, "ui.damaged"),
            HELD: ("held", style.held, "ui.held"),
            LATE: ("held", style.late, "ui.late" if flight.fault else "ui.flying"),
        }
        fate = fates.get(flight.fate)
        if fate is not None:
            word = "ui.released" if flight.fate == HELD and row.departure is None else fate[2]
            if flight.fate not in (LOST, DAMAGED):
                marks.append(f"{fate[1]} {texts.text(word)}")
            colour = fate[0]
        return marks, colour

    def _label(self, flight: Flight, marks: list[str], row: Row) -> tuple[str, str]:
        """What stands on the arrow, and what did not fit."""
        segment, numbers, texts = flight.segment, flight.numbers, self.texts
        flags = self._words.flags(flight)
        mark = "  ".join(marks)
        length = f" len={len(segment.payload)}" if segment.payload else ""
        window = f" win={numbers.window}"
        port = self._words.ports(flight)
        ack = numbers.ack
        wire = f"seq={numbers.seq}({segment.seq})" + (f" ack={ack}({segment.ack})" if ack is not None else "")
        relative = f"seq={numbers.seq}" + (f" ack={ack}" if ack is not None else "")
        on_wire = f"seq={segment.seq}" + (f" ack={segment.ack}" if ack is not None else "")
        room = self._area - 6 - (width(mark) + 1 if mark else 0) - (4 if flight.number else 0)
        if flight.fate in (LOST, DAMAGED):
            room -= width(texts.text("ui.lost" if flight.fate == LOST else "ui.damaged")) + 2
        choices: tuple[tuple[str, str], ...] = (
            (f"{port}{flags} {wire}{length}{window}", ""),
            (f"{port}{flags} {relative}{length}{window}", on_wire),
            (f"{port}{flags} {relative}{length}", on_wire + window),
            (f"{port}{flags} seq={numbers.seq}{length}", on_wire + window),
        )
        if row.departure is None and flight.departure is not None:
            choices = ((f"{port}{flags} {relative}{length}", ""), (f"{port}{flags} seq={numbers.seq}", ""))
        label, rest = next((choice for choice in choices if width(choice[0]) <= room), choices[-1])
        label = f"{label} {mark}" if mark else label
        return label, texts.text("ui.wire", numbers=rest) if rest else ""

    def _options(self, flight: Flight, departure: Step | None) -> list[str]:
        """The options of a SYN, and SACK blocks, at the departure."""
        text = "" if departure is None and flight.departure is not None else self._words.options(flight)
        if not text:
            return []
        return [self._under(self.style.paint("dim", line)) for line in wrap(text, self.cells - INDENT - 2)]

    def _arrow(self, row: Row, flight: Flight, label: str, rightward: bool) -> str:
        style = self.style
        label = cut(label, self._area - 5)
        copied = row.arrival is not None and not row.arrival.first
        stroke = style.ray if flight.numbers.again or copied or flight.foreign else style.line
        if row.departure is not None and row.arrival is None and (flight.number or flight.fate in (HELD, LATE)):
            end = style.tag(flight.number) if flight.number else ""
            body = f"{stroke * 2} {label} {stroke}{end}"
            return body if rightward else pad(self._mirror(label, stroke, end), self._area, right=True)
        if row.departure is not None and row.arrival is None and flight.fate in (LOST, DAMAGED):
            return self._broken(flight, label, stroke, rightward)
        if row.departure is None and flight.departure is not None:
            start = style.tag(flight.number) if flight.number else ""
            if rightward:
                return pad(f"{start}{stroke} {label} {stroke * 2}{style.right}", self._area, right=True)
            return f"{style.left}{stroke * 2} {label} {stroke}{start}"
        fill = self._area - width(label) - 5
        if rightward:
            return f"{stroke * 2} {label} {stroke * fill}{style.right}"
        return f"{style.left}{stroke * fill} {label} {stroke * 2}"

    def _broken(self, flight: Flight, label: str, stroke: str, rightward: bool) -> str:
        """An arrow that does not reach the other side."""
        word = self.texts.text("ui.lost" if flight.fate == LOST else "ui.damaged")
        sign = self.style.cross if flight.fate == LOST else self.style.damaged
        fill = stroke * max(2, self._area * 4 // 5 - width(label) - width(word) - 6)
        if rightward:
            return cut(f"{stroke * 2} {label} {fill}{sign} {word}", self._area)
        return pad(cut(f"{word} {sign}{fill} {label} {stroke * 2}", self._area), self._area, right=True)

    def _mirror(self, label: str, stroke: str, end: str) -> str:
        return f"{end}{stroke} {label} {stroke * 2}"

    # Explanations

    def _under(self, text: str) -> str:
        return " " * INDENT + text.replace(NO_BREAK, " ")

    def _why(self, flight: Flight) -> list[str]:
        """Why it was sent, and what the network did to it."""
        lines = [line for sentence in self._words.why(flight) for line in wrap(str(sentence), self.cells - INDENT - 2)]
        found = [self._under(self.style.paint("dim", line)) for line in lines]
        if self._reasons is not None:
            found.extend(self._below(self._reasons.flight(flight)))
        return found

    def _below(self, reasons: list[Reason]) -> list[str]:
        """Long explanations: a paragraph as it is, each sum with a bullet."""
        lines: list[str] = []
        for reason in reasons:
            head = f"{self.style.note} " if reason.kind == SUM else ""
            for place, line in enumerate(wrap(reason.text, self.cells - INDENT - 6)):
                lines.append(self._under("  " + (head if place == 0 else " " * len(head)) + line))
        return lines

    def _reaction(self, step: Step) -> list[str]:
        """What a step made of the connection, and the rules that did it."""
        lines: list[str] = []
        for reaction in self._words.reaction(step):
            head = self._words.move(reaction.move) if reaction.move is not None else ""
            lines.extend(self._hang(head, str(reaction.sentence)))
        found = [self.style.paint("dim", line) for line in lines]
        if self._reasons is not None:
            found.extend(self._below(self._reasons.step(step)))
        return found

    def _hang(self, head: str, reason: str) -> list[str]:
        """A reaction on one line, or on two and more."""
        room = self.cells - INDENT - 2
        sign = f"{self.style.reply} "
        if not head or width(head) + 2 + width(reason) <= room:
            joined = wrap(f"{head}  {reason}" if head else reason, room)
        else:
            joined = [*wrap(head, room), *wrap(reason, room)]
        return [self._under((sign if place == 0 else "  ") + line) for place, line in enumerate(joined)]

    def _flag_glosses(self, flight: Flight) -> list[str]:
        """Flags that appear for the first time, with their meaning."""
        found = self._words.glosses(flight)
        if not found:
            return []
        return [self._under(self.style.paint("dim", line)) for line in wrap(found, self.cells - INDENT - 2)]


@final
class LiveLadder:
    """A ladder that grows with the records: feed it, print what it gives.

    `one_sided=True` is for a real network, where only the first host is watched; `owned`: see `Model`.  `fold`: long
    runs of uneventful segments become one line, which is told when the run is over.  `why`: see `Ladder`.
    """

    def __init__(
        self,
        hosts: tuple[str, str],
        texts: Catalog,
        *,
        style: Style | None = None,
        cells: int = DEFAULT_WIDTH,
        digits: int = 3,
        one_sided: bool = False,
        labels: tuple[str, str] = ("", ""),
        owned: dict[str, list[Address]] | None = None,
        fold: bool = False,
        why: bool = False,
    ) -> None:
        self.model = Model(hosts, one_sided=one_sided, owned=owned)
        self.ladder = Ladder(hosts, texts, style or Style(), cells=cells, digits=digits, labels=labels, why=why)
        self._layout = Layout(hosts)
        self._folder = Folder() if fold else None
        self._begun = False

    def feed(self, record: Record) -> list[str]:
        """Lines that are complete now that `record` is known."""
        return self._lines(self.model.feed(record))

    def settle(self) -> list[str]:
        """Lines that need nothing more, for when no record is at hand: call it before waiting."""
        return self._lines(self.model.settle())

    def finish(self) -> list[str]:
        """The rest."""
        lines = self._lines(self.model.flush())
        if self._folder is not None:
            lines.extend(self._drawn(self._folder.flush()))
        return lines

    def _lines(self, group: list[Step]) -> list[str]:
        if not group:
            return []
        rows = self._layout.place(group)
        return self._drawn(rows if self._folder is None else self._folder.feed(rows))

    def _drawn(self, rows: Sequence[Line]) -> list[str]:
        lines: list[str] = []
        if rows and not self._begun:
            self._begun = True
            lines = self.ladder.head()
        for row in rows:
            lines.extend(self.ladder.draw(row))
        return lines


__all__ = ["DEFAULT_WIDTH", "Ladder", "LiveLadder", "rule_source"]
