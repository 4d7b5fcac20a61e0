"""The ladder as a picture: two life lines with states, arrows that fall with time, and why beside them.

Responsible for putting a whole run on a drawing of A4 width; `arrange` says where things stand, `arrows` draws what is
between the life lines.  The description of the picture is the text ladder.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from synfin.timeline.messages import Catalog, catalog
from synfin.timeline.model import CALL, TIMER, TOLD, Step
from synfin.timeline.svg.arrange import (
    BAR,
    HEAD,
    LEFT,
    MARGIN,
    NAME_CELLS,
    NOTE_SIZE,
    NOTE_X,
    RIGHT,
    SOURCE_SIZE,
    TOLD_SIZE,
    Arrangement,
    Break,
    Point,
    note_lines,
)
from synfin.timeline.svg.arrows import STROKES, Arrows
from synfin.timeline.svg.bars import STATES, state_bar, state_fill, state_pill
from synfin.timeline.svg.measure import text_width, wrap_text
from synfin.timeline.svg.shapes import Corners, head, icon, turned
from synfin.timeline.svg.writer import A4_WIDTH, Drawing
from synfin.timeline.width import cut
from synfin.timeline.words import Words

if TYPE_CHECKING:
    from synfin.timeline.run import Timeline

WIDEN_LIMIT: Final = 12  # times that crowded labels get more room
_BREAK_SIZE: Final = 10.5
_HOST_CELLS: Final = 24  # of a name over its life line
_LEGEND_ICONS: Final = ("again", "lost", "damaged", "late", "copy", "foreign")


class Caption(NamedTuple):
    """What stands over a picture: a title, and lines of detail under it."""

    title: str = ""
    details: tuple[str, ...] = ()


def draw_ladder(timeline: Timeline, lang: str = "en", *, caption: Caption | None = None, prefix: str = "l") -> Drawing:
    """The ladder of a timeline, drawn."""
    texts = catalog(lang)
    told = caption if caption is not None else Caption()
    left, right = timeline.hosts
    title = told.title or texts.text("drawing.title", left=left, right=right)
    drawing = Drawing(A4_WIDTH, title=title, description=timeline.text(lang), lang=lang, prefix=prefix)
    top = _caption(drawing, title, (*told.details, texts.text("drawing.numbers")))
    top = _hosts(drawing, timeline, top)
    arrangement = Arrangement(steps_of(timeline), Words(timeline.hosts, texts), top)
    arrows = Arrows(arrangement, _break_corners(arrangement))
    for _ in range(WIDEN_LIMIT):
        if not arrows.crowded:
            break
        arrangement.widen(arrows.crowded)
        arrows = Arrows(arrangement, _break_corners(arrangement))
    _bars(drawing, arrangement)
    for entry in arrangement.breaks:
        _break(drawing, entry)
    arrows.draw(drawing)
    for point in arrangement.points:
        _beside(drawing, point)
        _note(drawing, point, arrangement)
    drawing.height = _legend(drawing, arrangement, texts)
    drawing.ground()
    return drawing


def steps_of(timeline: Timeline) -> list[Step]:
    """All steps of a run, in their order."""
    return sorted((step for row in timeline.rows() for step in row.steps()), key=lambda step: step.order)


def _caption(drawing: Drawing, title: str, details: tuple[str, ...]) -> float:
    y = MARGIN + 4
    for line in wrap_text(title, A4_WIDTH - 2 * MARGIN, 15, bold=True):
        y += 18
        drawing.text(MARGIN, y, line, 15, bold=True)
    y += 3
    for detail in details:
        for line in wrap_text(detail, A4_WIDTH - 2 * MARGIN, NOTE_SIZE):
            y += 14
            drawing.text(MARGIN, y, line, NOTE_SIZE, fill="dim")
    return y + 12


def _hosts(drawing: Drawing, timeline: Timeline, top: float) -> float:
    """The names over the life lines."""
    y = top + 16
    for host, label, x in zip(timeline.hosts, timeline.labels, (LEFT - BAR / 2, RIGHT + BAR / 2), strict=True):
        for text, below, size, mono in ((cut(host, _HOST_CELLS), 0, 14, False), (cut(label, 40), 14, 9.5, True)):
            wide = text_width(text, size, mono=mono, bold=not mono) / 2
            middle = min(max(x, MARGIN + wide), NOTE_X - 16 - wide)
            drawing.text(
                middle, y + below, text, size, anchor="middle", mono=mono, bold=not mono, fill="dim" if mono else "ink"
            )
    return y + 24


def _bars(drawing: Drawing, arrangement: Arrangement) -> None:
    """Both life lines, in pieces of one state each, interrupted at silences."""
    bottom = arrangement.height - 8
    for side, x in ((0, LEFT - BAR), (1, RIGHT)):
        moves: list[tuple[float, str]] = [(arrangement.top, arrangement.before[side])]
        moves.extend((point.y, point.state) for point in arrangement.points if point.side == side and point.state)
        for (y, state), (following, _) in pairwise([*moves, (bottom, "")]):
            edges = [y]
            for entry in arrangement.breaks:
                if y < entry.y < following:
                    edges.extend((entry.y - 7, entry.y + 7))
            edges.append(following)
            for upper, lower in zip(edges[::2], edges[1::2], strict=True):
                if lower > upper:
                    state_bar(drawing, state, x, upper, BAR, lower - upper)


def _break_corners(arrangement: Arrangement) -> list[Corners]:
    """What the words at silences cover."""
    found: list[Corners] = []
    for y, text in arrangement.breaks:
        half = text_width(text, _BREAK_SIZE) / 2
        middle = (LEFT + RIGHT) / 2
        found.append(turned(middle - half, y - 6, middle + half, y + 7, 0, 0, 0))
    return found


def _break(drawing: Drawing, entry: Break) -> None:
    """A silence: both life lines are cut, and between them stands how long it was."""
    y = entry.y
    for x in (LEFT - BAR, RIGHT):
        for shift in (-7, 7):
            drawing.path(
                f"M{x - 3:.1f} {y + shift + 2:.1f}l{BAR / 2 + 3:.1f} -4 0 4 {BAR / 2 + 3:.1f} -4", y + shift - 4,
                y + shift + 4, stroke="ink", stroke_width=1, fill="none",
            )  # fmt: skip
    middle = (LEFT + RIGHT) / 2
    wide = text_width(entry.text, _BREAK_SIZE)
    for x1, x2 in ((LEFT + 8, middle - wide / 2 - 8), (middle + wide / 2 + 8, RIGHT - 8)):
        drawing.line(x1, y, x2, y, stroke="dim", stroke_width=1, stroke_dasharray="1 4")
    drawing.text(middle, y + 3.5, entry.text, _BREAK_SIZE, anchor="middle", fill="dim", font_style="italic")


def _beside(drawing: Drawing, point: Point) -> None:
    """Time, calls and the new state, outside of the life line."""
    left = point.side == 0
    x, anchor = (LEFT - BAR - 7, "end") if left else (RIGHT + BAR + 7, "start")
    y = point.y + 3
    if point.clock:
        drawing.text(x, y, point.clock, 9, anchor=anchor, mono=True, fill="dim")
        y += 12
    if point.told:
        _event_sign(drawing, point, LEFT - BAR if left else RIGHT + BAR, y - 3, -1 if left else 1)
    for line in point.told:
        drawing.text(x - 4 if left else x + 4, y, line, TOLD_SIZE, anchor=anchor)
        y += 12
    if point.state:
        state_pill(drawing, point.state, x, y + 3, anchor=anchor)


def _event_sign(drawing: Drawing, point: Point, x: float, y: float, way: int) -> None:
    """A sign at the life line: a call comes in from outside, news go out, a timer is a small clock."""
    kind = point.step.kind
    if kind == TIMER:
        icon(drawing, "late", x + way * 5, y, "ink")
    elif kind == CALL:
        drawing.polygon([(x, y), (x + way * 7, y - 3.5), (x + way * 7, y + 3.5)], fill="blue")
    elif kind == TOLD:
        corners = [(x + way * 7.5, y), (x + way * 1.5, y - 3.5), (x + way * 1.5, y + 3.5)]
        drawing.polygon(corners, fill="none", stroke="blue", stroke_width=1.2)


def _note(drawing: Drawing, point: Point, arrangement: Arrangement) -> None:
    """The explanation, level with its step."""
    if not point.note:
        return
    host = point.step.host
    y = point.y + 3
    colour = "blue" if point.side == 0 else "vermilion"
    drawing.text(NOTE_X, y, cut(host, NAME_CELLS), NOTE_SIZE, bold=True, fill=colour)
    for line, below in zip(point.note, note_lines(point.note), strict=False):
        size, fill = (SOURCE_SIZE, "dim") if line.small else (NOTE_SIZE, "ink")
        drawing.text(NOTE_X + arrangement.chip, y + below, line.text, size, fill=fill, bold=line.kind == HEAD)


def _legend(drawing: Drawing, arrangement: Arrangement, texts: Catalog) -> float:
    """What occurs on this picture: states, arrows, signs; gives the height of the picture."""
    y = arrangement.height + 12
    drawing.line(MARGIN, y - 8, A4_WIDTH - MARGIN, y - 8, stroke="faint", stroke_width=1)
    y += 10
    x = MARGIN
    shown = {*arrangement.before, *(point.state for point in arrangement.points)}
    for state in [name for name in STATES if name in shown]:
        wide = text_width(state, 9, mono=True) + 30
        x, y = (MARGIN, y + 18) if x + wide > A4_WIDTH - MARGIN else (x, y)
        drawing.rect(x, y - 9, 14, 11, fill=state_fill(drawing, state), stroke="dim", stroke_width=0.6)
        drawing.text(x + 19, y, state, 9, mono=True)
        x += wide
    x, y = MARGIN, y + 20
    kinds = {arrow.kind for arrow in arrangement.arrows} | {arrow.sign for arrow in arrangement.arrows if arrow.sign}
    for kind in [name for name in STROKES if name in kinds]:
        word = texts.text(f"drawing.{kind}")
        wide = text_width(word, NOTE_SIZE) + 66
        x, y = (MARGIN, y + 18) if x + wide > A4_WIDTH - MARGIN else (x, y)
        colour, dashes, thick = STROKES[kind]
        pen: dict[str, str | float] = {"stroke": colour, "stroke_width": thick}
        if dashes:
            pen["stroke_dasharray"] = dashes
        drawing.line(x, y - 3.5, x + 26, y - 3.5, **pen)
        if kind in _LEGEND_ICONS:
            icon(drawing, kind, x + 35, y - 3.5, colour)
        else:
            head(drawing, x + 32, y - 3.5, 0, colour)
        drawing.text(x + 45, y, word, NOTE_SIZE)
        x += wide
    kinds = {point.step.kind for point in arrangement.points if point.told}
    for kind in (CALL, TOLD, TIMER):
        if kind not in kinds:
            continue
        word = texts.text(f"drawing.{kind}")
        wide = text_width(word, NOTE_SIZE) + 34
        x, y = (MARGIN, y + 18) if x + wide > A4_WIDTH - MARGIN else (x, y)
        sample = next(point for point in arrangement.points if point.told and point.step.kind == kind)
        _event_sign(drawing, sample, x + 2, y - 3.5, 1)
        drawing.text(x + 16, y, word, NOTE_SIZE)
        x += wide
    return y + MARGIN + 4
