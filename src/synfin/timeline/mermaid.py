"""A run as a Mermaid sequence diagram, for wikis and READMEs that draw those.

Responsible for the syntax: arrows with a cross for what is lost, dashed ones for what is sent again, notes with states
and reasons, and escaping.  Mermaid has no time axis, so each segment tells when it left, and one that other things
overtake is noted where it leaves and drawn where it arrives.
"""

from __future__ import annotations

import re
from typing import Final, final

from synfin.timeline.fold import Fold, Line
from synfin.timeline.layout import Row
from synfin.timeline.messages import Catalog
from synfin.timeline.model import DAMAGED, HELD, LATE, LOST, Flight, Step
from synfin.timeline.width import wrap
from synfin.timeline.words import NO_BREAK, Words
from synfin.wire.tcp import SYN

NOTE_CELLS: Final = 44  # Mermaid does not break lines by itself
GAP_NS: Final = 400_000_000  # a silence that is worth a note
INDENT: Final = "    "
# What would end a statement, begin a comment or an entity, or be taken for markup.
_ESCAPED: Final = re.compile(r"[#;%<>\"&\\{}`]")
_LINES: Final = re.compile(r"[\x00-\x1f\x7f]+")
_WRAP: Final = re.compile(r"(?i:(?<=^no)w|^w)(?=rap:)")  # a command to Mermaid at the start of a text


def escape(text: str) -> str:
    """Any text as Mermaid takes it in a message, a note or an alias: one line, special characters as entities."""
    told = _ESCAPED.sub(_entity, _LINES.sub(" ", text))
    return _WRAP.sub(_entity, told)


def _entity(found: re.Match[str]) -> str:
    return f"#{ord(found[0])};"


@final
class Mermaid:
    """Draws rows, in order, into the lines of a diagram; `labels` stand below the names of the hosts."""

    def __init__(self, hosts: tuple[str, str], texts: Catalog, *, labels: tuple[str, str] = ("", "")) -> None:
        self.hosts = hosts
        self.texts = texts
        self.labels = labels
        self._words = Words(hosts, texts)
        self._time = 0

    def head(self) -> list[str]:
        """The first lines."""
        lines = ["sequenceDiagram"]
        for number, (host, label) in enumerate(zip(self.hosts, self.labels, strict=True)):
            name = f"{escape(host)}<br/>{escape(label)}" if label else escape(host)
            lines.append(f"{INDENT}participant p{number} as {name}")
        return lines

    def remark(self, text: str) -> str:
        """A note over both ends."""
        lines = wrap(text, 2 * NOTE_CELLS)
        return f"{INDENT}Note over p0,p1: {'<br/>'.join(escape(line) for line in lines)}"

    def draw(self, row: Line) -> list[str]:
        """The lines of one row, or of a run of rows."""
        if isinstance(row, Fold):
            self._time = max(self._time, row.ended)
            return [f"{INDENT}Note over p0,p1: {escape(f'… {self._words.fold(row)} …')}"]
        steps = row.steps()
        lines = self._gap(min(step.now for step in steps))
        self._time = max(self._time, *(step.now for step in steps))
        if row.step is not None:
            lines.extend(self._note(row.step.host, self._words.event(row.step), *self._reaction(row.step)))
        else:
            lines.extend(self._flight(row))
        return lines

    def foot(self, final: dict[str, str]) -> list[str]:
        """The last lines: in which state each host ended."""
        states = self.texts.text("ui.comma").join(f"{host} {final[host]}" for host in self.hosts if host in final)
        text = self.texts.text("ui.final", states=states)
        return [f"{INDENT}Note over p0,p1: {escape(text)}"] if states else []

    def _gap(self, now: int) -> list[str]:
        if now - self._time < GAP_NS:
            return []
        text = self.texts.text("ui.gap", time=self._words.span(now - self._time))
        return [f"{INDENT}Note over p0,p1: {escape(text)}"]

    def _place(self, host: str) -> str:
        return "p0" if host == self.hosts[0] else "p1"

    def _note(self, host: str, *texts: str) -> list[str]:
        """A note beside a host, if there is anything to say."""
        told = [line.replace(NO_BREAK, " ") for text in texts if text for line in wrap(text, NOTE_CELLS)]
        if not told:
            return []
        side = "left" if host == self.hosts[0] else "right"
        return [f"{INDENT}Note {side} of {self._place(host)}: {'<br/>'.join(escape(line) for line in told)}"]

    def _reaction(self, step: Step) -> list[str]:
        told: list[str] = []
        for move, sentence in self._words.reaction(step):
            told.extend([self._words.move(move)] if move is not None else [])
            told.append(str(sentence))
        return told

    def _flight(self, row: Row) -> list[str]:
        """A segment: its arrow, why it was sent, and what it made of the connection where it arrived."""
        flight = row.flight
        assert flight is not None
        departure, arrival = row.departure, row.arrival
        lines: list[str] = []
        marks = self._marks(row, flight)
        label = self._label(flight, marks, row)
        if arrival is None and (
            flight.number > 0 or flight.fate in (HELD, LATE)
        ):  # it arrives in another row, or never
            lines.extend(self._note(flight.sender, label, *self._why(flight)))
        else:
            lines.append(self._arrow(row, flight, label))
            if departure is not None or flight.departure is None:
                lines.extend(self._note(flight.sender, *self._why(flight)))
        if arrival is not None:
            lines.extend(self._note(arrival.host, *self._reaction(arrival)))
        return lines

    def _why(self, flight: Flight) -> list[str]:
        return [*map(str, self._words.why(flight)), self._words.options(flight), self._words.glosses(flight)]

    def _marks(self, row: Row, flight: Flight) -> list[str]:
        """What is unusual about a segment, in words."""
        marks: list[str] = []
        if flight.foreign:
            marks.append("ui.foreign")
        if flight.numbers.again and not flight.foreign:
            marks.append("ui.again")
        if row.departure is None and row.arrival is not None and not row.arrival.first:
            marks.append("ui.copy")
        elif flight.twin and row.departure is not None:
            marks.append("ui.twin")
        if flight.changed is not None and row.departure is not None:
            marks.append("ui.marked")
        words = {
            LOST: "ui.lost",
            DAMAGED: "ui.damaged",
            HELD: "ui.held",
            LATE: "ui.late" if flight.fault else "ui.flying",
        }
        if flight.fate in words and not (flight.foreign and flight.fate == LATE):
            released = flight.fate == HELD and row.departure is None
            marks.append("ui.released" if released else words[flight.fate])
        return [self.texts.text(mark) for mark in marks]

    def _label(self, flight: Flight, marks: list[str], row: Row) -> str:
        """Time, flags, relative numbers, length and window, and what is unusual."""
        segment, numbers = flight.segment, flight.numbers
        step = row.departure if row.departure is not None else row.arrival
        now = flight.sent_at if step is None else step.now
        parts = [f"{now // 1_000_000_000}.{now % 1_000_000_000 // 1_000_000:03d} s"]
        if flight.number:
            parts.append(f"({flight.number})")
        parts.append(f"{self._words.ports(flight)}{self._words.flags(flight)}")
        parts.append(f"seq={numbers.seq}" + (f"({segment.seq})" if segment.flags & SYN else ""))
        if numbers.ack is not None:
            parts.append(f"ack={numbers.ack}")
        if segment.payload:
            parts.append(f"len={len(segment.payload)}")
        if row.departure is not None or flight.departure is None:
            parts.append(f"win={numbers.window}")
        comma = self.texts.text("ui.comma")
        return comma.join([" ".join(parts), *marks])

    def _arrow(self, row: Row, flight: Flight, label: str) -> str:
        here = self._place(flight.sender)
        there = "p1" if here == "p0" else "p0"
        copied = row.arrival is not None and not row.arrival.first
        dashed = flight.numbers.again or copied or flight.foreign
        end = "x" if flight.fate in (LOST, DAMAGED) and row.arrival is None else ">>"
        return f"{INDENT}{here}{'--' if dashed else '-'}{end}{there}: {escape(label)}"


__all__ = ["Mermaid", "escape"]
