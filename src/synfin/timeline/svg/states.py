"""The eleven states (RFC 9293 3.3.2, figure 5), with the way that one end of a connection took.

Responsible for finding that way in a run and for drawing it: the moves taken are thick and numbered, and the list under
the figure says when each was and why.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import atan2, degrees, hypot
from typing import TYPE_CHECKING, Final

from synfin.timeline.messages import Catalog, catalog
from synfin.timeline.svg.bars import STATES, state_fill
from synfin.timeline.svg.figure5 import BOX, END, HEIGHT, MOVES, STATE_POSITIONS, WIDTH, Move, Point
from synfin.timeline.svg.measure import wrap_text
from synfin.timeline.svg.shapes import head
from synfin.timeline.svg.writer import Drawing
from synfin.trace import Record, StateRecord
from synfin.wire.addresses import Endpoint

if TYPE_CHECKING:
    from synfin.timeline.run import Timeline

TOP: Final = 46.0  # of the figure, under the title
_LABEL: Final = 9.0
_LEADING: Final = 11.0
_NUMBER: Final = 7.5  # radius of the circle around a number
_BEFORE: Final = ("LISTEN", "SYN_SENT", "CLOSED")  # moves from here to CLOSED end where the connection began


def path_of(records: Iterable[Record], host: str) -> list[StateRecord]:
    """The moves of one connection of a host: of the one that moved most, after those of its listener."""
    listening: list[StateRecord] = []
    found: dict[tuple[Endpoint, Endpoint], list[StateRecord]] = {}
    for record in records:
        if isinstance(record, StateRecord) and record.host == host:
            if record.remote.port == 0:
                listening.append(record)
            else:
                found.setdefault((record.local, record.remote), []).append(record)
    path: list[StateRecord] = max(found.values(), key=len, default=[])
    if path and path[0].from_state != "LISTEN":
        return path
    first = path[0].now if path else None
    opened = [record for record in listening if first is None or record.now <= first]
    return [*(opened[-1:] if path else opened), *path]


def draw_states(timeline: Timeline, host: str, lang: str = "en", *, prefix: str = "") -> Drawing:
    """The figure for one host of a run."""
    texts = catalog(lang)
    path = path_of(timeline.records, host)
    title = texts.text("figure.title", host=host)
    told = texts.text("ui.comma").join(f"{move.from_state} → {move.to_state}" for move in path)
    described = texts.text("figure.path", path=told) if path else texts.text("figure.still")
    drawing = Drawing(WIDTH, title=title, description=described, lang=lang, prefix=prefix or f"states-{host}")
    for place, line in enumerate(wrap_text(title, WIDTH - 24, 14, bold=True)[:2]):
        drawing.text(12, 24 + 16 * place, line, 14, bold=True)
    _figure(drawing, path, texts)
    peer = timeline.hosts[1] if host == timeline.hosts[0] else timeline.hosts[0]
    drawing.height = _list(drawing, path, texts, (host, peer), TOP + HEIGHT + 8)
    drawing.ground()
    return drawing


def _figure(drawing: Drawing, path: list[StateRecord], texts: Catalog) -> None:
    """Moves, states, and the numbers of the moves taken."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for number, record in enumerate(path, 1):
        numbers.setdefault((record.from_state, record.to_state), []).append(number)
    taken = [move for move in MOVES if (move.origin, move.target) in numbers]
    for move in MOVES:
        if move.drawn and move not in taken:
            _arrow(drawing, move, taken=False)
    for move in taken:
        _arrow(drawing, move, taken=True)
    for move in MOVES:
        if move.drawn:
            _label(drawing, move, texts, taken=move in taken)
    for name, place in STATE_POSITIONS.items():
        _state(drawing, name, place, path, texts)
    _state(drawing, "CLOSED", END, path, texts, end=True)
    for move in taken:
        x, y = _along(move.way, 14.0)
        told = ",".join(str(number) for number in numbers[move.origin, move.target])
        wide = max(_NUMBER, len(told) * 2.9 + 2)
        drawing.rect(
            x - wide, TOP + y - _NUMBER, 2 * wide, 2 * _NUMBER, rx=_NUMBER, fill="blue", stroke="ground",
            stroke_width=1,
        )  # fmt: skip
        drawing.text(x, TOP + y + 3.2, told, 9, anchor="middle", bold=True, fill="ground")


def _arrow(drawing: Drawing, move: Move, *, taken: bool) -> None:
    colour = "blue" if taken else "dim"
    points = [(x, TOP + y) for x, y in move.way]
    (x0, y0), (x1, y1) = points[-2:]
    share = 1 - 7 / max(hypot(x1 - x0, y1 - y0), 8)
    line = [*points[:-1], (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)]
    dashes: dict[str, str] = {} if move.drawn else {"stroke_dasharray": "6 3"}
    wide = 2.6 if taken else 1
    drawing.polygon(
        line, closed=False, fill="none", stroke=colour, stroke_width=wide, stroke_linejoin="round", **dashes
    )
    head(drawing, x1, y1, degrees(atan2(y1 - y0, x1 - x0)), colour)


def _label(drawing: Drawing, move: Move, texts: Catalog, *, taken: bool) -> None:
    """What causes a move, and under it what the RFC does then."""
    x, y = move.label
    words = [texts.text(f"figure.{key}") for key in (move.event, move.action) if key]
    anchor = move.anchor
    if anchor.startswith("line"):
        words = [" / ".join(words)]
        anchor = anchor.removeprefix("line").removeprefix("-") or "start"
    for place, word in enumerate(words):
        drawing.text(
            x, TOP + y + place * _LEADING, word, _LABEL, anchor=anchor, bold=taken, fill="ink" if taken else "dim"
        )


def _state(
    drawing: Drawing, name: str, place: Point, path: list[StateRecord], texts: Catalog, *, end: bool = False
) -> None:
    """A box; thick when the connection was there, double when it is there at the end of the run."""
    visited = bool(path) and _visited(name, path, end=end)
    final = bool(path) and path[-1].to_state == name and (name != "CLOSED" or end == _ends_below(path[-1]))
    x, y = place[0] - BOX[0] / 2, TOP + place[1] - BOX[1] / 2
    told = name if not texts.has(f"state.{name}") else f"{name}: {texts.text(f'state.{name}')}"
    with drawing.group(told):
        if final:
            drawing.rect(x - 3.5, y - 3.5, BOX[0] + 7, BOX[1] + 7, rx=6, fill="ground", stroke="blue", stroke_width=1.4)
        drawing.rect(
            x, y, BOX[0], BOX[1], rx=4, fill="panel" if visited else "ground", stroke="blue" if visited else "dim",
            stroke_width=2.2 if visited else 1,
        )  # fmt: skip
        if name in STATES:
            drawing.rect(x + 4, y + 5, 8, BOX[1] - 10, fill=state_fill(drawing, name), stroke="dim", stroke_width=0.6)
        drawing.text(
            place[0] + (6 if name in STATES else 0), y + 16.5, name, 9, anchor="middle", mono=True, bold=visited,
            fill="ink" if visited else "dim",
        )  # fmt: skip


def _visited(name: str, path: list[StateRecord], *, end: bool) -> bool:
    if name != "CLOSED":
        return any(name in (record.from_state, record.to_state) for record in path)
    arrived = [_ends_below(record) for record in path if record.to_state == name]
    return True in arrived if end else (path[0].from_state == name or False in arrived)


def _ends_below(record: StateRecord) -> bool:
    """Whether a move to CLOSED goes to the lower of the two."""
    return record.from_state not in _BEFORE


def _along(way: tuple[Point, ...], distance: float) -> Point:
    """A point on a way, so far from its start."""
    for (x0, y0), (x1, y1) in pairwise(way):
        length = hypot(x1 - x0, y1 - y0)
        if distance <= length:
            return x0 + (x1 - x0) * distance / length, y0 + (y1 - y0) * distance / length
        distance -= length
    return way[-1]


def _list(drawing: Drawing, path: list[StateRecord], texts: Catalog, names: tuple[str, str], top: float) -> float:
    """The moves taken, in order: number, time, states, and why; `names` are this host and the other."""
    y = top + 6
    if not path:
        drawing.text(12, y, texts.text("figure.still"), 10, fill="dim")
        return y + 14
    for number, record in enumerate(path, 1):
        drawing.text(30, y, str(number), 10, anchor="end", bold=True, fill="blue")
        drawing.text(84, y, f"{record.now / 1e9:.3f}", 9, anchor="end", mono=True, fill="dim")
        drawing.text(94, y, f"{record.from_state} → {record.to_state}", 10, bold=True)
        key = f"rule.{record.why}"
        reason = texts.text(key, who=names[0], peer=names[1]) if texts.has(key) else record.why
        for line in wrap_text(reason, WIDTH - 94 - 12, 9.5):
            y += 12.5
            drawing.text(94, y, line, 9.5, fill="dim")
        y += 16
    return y
