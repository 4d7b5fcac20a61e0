"""Two runs side by side: which rows of the second are the same, which went differently, which are new, which are gone.

Responsible for the alignment alone.  Rows are matched by what they say, not by when: the third `ACK seq=6 ack=13` of A
in one run is the third one in the other.  That takes time in proportion to the rows, and the same runs always give the
same answer.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from synfin.timeline.layout import Row
from synfin.timeline.messages import Catalog
from synfin.timeline.model import Flight, Step
from synfin.web.document import SCHEMA, Story, Writer

SAME: Final = "same"
CHANGED: Final = "changed"
NEW: Final = "new"

Key: TypeAlias = tuple[object, ...]


def compare(before: Story, after: Story, texts: Catalog) -> dict[str, Any]:
    """Marks for every row of `after`, in order, and the rows of `before` that have no counterpart.

    A mark has `mark`, `was` (the row of `before`, None for a new one) and `shift` (how much later it happens, ns).
    """
    places: dict[Key, list[int]] = {}
    for number, row in enumerate(before.rows):
        places.setdefault(_key(before, row), []).append(number)
    used: dict[Key, int] = {}
    met = bytearray(len(before.rows))
    marks: list[dict[str, Any]] = []
    for row in after.rows:
        key = _key(after, row)
        known, count = places.get(key, []), used.get(key, 0)
        used[key] = count + 1
        if count >= len(known):
            marks.append({"mark": NEW, "was": None, "shift": None})
            continue
        was = known[count]
        met[was] = 1
        old = before.rows[was]
        mark = SAME if _outcome(old) == _outcome(row) else CHANGED
        marks.append({"mark": mark, "was": was, "shift": _time(row) - _time(old)})
    gone = []
    for number, row in enumerate(before.rows):
        if not met[number]:
            gone.append(Writer(before.book, texts, number).row(row))
    return {"schema": SCHEMA, "rows": marks, "gone": gone}


def _key(story: Story, row: Row) -> Key:
    """What a row says, whatever became of it: by connection, direction and content."""
    flight = row.flight
    if flight is None:
        step = row.steps()[0]
        connection = story.book.connection(step.host, step.local, step.remote)
        moves = tuple((move.from_state, move.to_state) for move in step.moves)
        return (connection, step.host, step.kind, step.call, step.detail, moves)
    step = row.steps()[0]
    connection = story.book.connection(step.host, step.local, step.remote)
    segment, numbers = flight.segment, flight.numbers
    part = "sent" if row.departure is not None else "arrived"
    return (connection, flight.sender, part, segment.flags, numbers.seq, numbers.ack, len(segment.payload))


def _outcome(row: Row) -> Key:
    """What became of it, but not when."""
    flight = row.flight
    told = tuple(_step(step) for step in row.steps())
    return told if flight is None else (*told, *_flight(flight))


def _flight(flight: Flight) -> Key:
    segment = flight.segment
    return (
        flight.fate, flight.fault, flight.rule, flight.twin, flight.again is None, flight.numbers.window,
        segment.options.mss, segment.options.sack, segment.urgent, segment.ecn,
    )  # fmt: skip


def _step(step: Step) -> Key:
    moves = tuple((move.from_state, move.to_state, move.why) for move in step.moves)
    return (step.host, step.kind, step.state, step.before, moves, tuple(rule.rule for rule in step.rules))


def _time(row: Row) -> int:
    return min(step.now for step in row.steps())
