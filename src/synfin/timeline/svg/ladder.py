"""The ladder as a picture: two life lines with states, arrows that fall with time, and why beside them.

Responsible for putting a whole run on a drawing of A4 width; `arrange` says where things stand, `arrows` draws what is
between the life lines.  The description of the picture is the text ladder.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from synfin.timeline.caption import Caption
from synfin.timeline.fold import Fold
from synfin.timeline.messages import Catalog, catalog
from synfin.timeline.model import CALL, TIMER, TOLD, Step
from synfin.timeline.svg.arrange import (
    BAR,
    BREAK_LEADING,
    BREAK_SIZE,
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
    Omission,
    Point,
    Story,
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
STEP_LIMIT: Final = 4_000  # steps on one picture; the text ladder has no limit
_HOST_CELLS: Final = 24  # of a name over its life line
_LEGEND_ICONS: Final = ("again", "lost", "damaged", "late", "copy", "foreign")


def draw_ladder(
    timeline: Timeline, lang: str = "en", *, caption: Caption | None = None, prefix: str = "l", headed: bool = True
) -> Drawing:
    """The ladder of a timeline, drawn; without a heading of its own if `headed` is False."""
    texts = catalog(lang)
    told = caption if caption is not None else Caption()
    left, right = timeline.hosts
    title = told.title or texts.text("drawing.title", left=left, right=right)
    drawing = Drawing(A4_WIDTH, title=title, description=timeline.text(lang), lang=lang, prefix=prefix)
    details = (*told.details, *timeline.told(lang), texts.text("drawing.numbers"))
    top = _caption(drawing, title, details) if headed else MARGIN
    top = _hosts(drawing, timeline, top)
    words = Words(timeline.hosts, texts)
    arrangement = Arrangement(story_of(timeline, words), words, top)
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


def story_of(timeline: Timeline, words: Words) -> Story:
    """The steps of a run in their order; long runs of uneventful segments are told together."""
    steps: list[Step] = []
    omissions: list[Omission] = []
    waiting: list[Fold] = []  # folds come before the rows that follow them, whose steps may be older than their last
    for line in timeline.folded():
        if isinstance(line, Fold):
            waiting.append(line)
            continue
        first = min(step.order for step in line.steps())
        omissions.extend(_omission(fold, first - 1, words) for fold in waiting)
        waiting = []
        steps.extend(line.steps())
        if len(steps) >= STEP_LIMIT:
            text = words.texts.text("drawing.limit", count=f"{STEP_LIMIT:,}")
            omissions.append(Omission(first + 1, line.steps()[-1].now, text))
            break
    omissions.extend(_omission(fold, max(step.order for step in fold.last.values()), words) for fold in waiting)
    steps.sort(key=lambda step: step.order)
    return Story(steps, sorted(omissions))


def _omission(fold: Fold, order: int, words: Words) -> Omission:
    return Omission(order, fold.ended, words.fold(fold))


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
                    edges.extend((entry.y - entry.half, entry.y + entry.half))
            edges.append(following)
            for upper, lower in zip(edges[::2], edges[1::2], strict=True):
                if lower > upper:
                    state_bar(drawing, state, x, upper, BAR, lower - upper)


def _break_corners(arrangement: Arrangement) -> list[Corners]:
    """What the words at breaks cover."""
    found: list[Corners] = []
    for entry in arrangement.breaks:
        half = _half(entry)
        middle = (LEFT + RIGHT) / 2
        found.append(turned(middle - half, entry.y - entry.half, middle + half, entry.y + entry.half, 0, 0, 0))
    return found


def _half(entry: Break) -> float:
    """Half of the width of the words at a break."""
    return max(text_width(line, BREAK_SIZE) for line in entry.lines) / 2


def _break(drawing: Drawing, entry: Break) -> None:
    """Something is left out: both life lines are cut, and between them stands what."""
    y, half = entry.y, entry.half
    for x in (LEFT - BAR, RIGHT):
        for shift in (-half, half):
            drawing.path(
                f"M{x - 3:.1f} {y + shift + 2:.1f}l{BAR / 2 + 3:.1f} -4 0 4 {BAR / 2 + 3:.1f} -4", y + shift - 4,
                y + shift + 4, stroke="ink", stroke_width=1, fill="none",
            )  # fmt: skip
    middle = (LEFT + RIGHT) / 2
    wide = _half(entry)
    for x1, x2 in ((LEFT + 8, middle - wide - 8), (middle + wide + 8, RIGHT - 8)):
        if x2 > x1 + 8:
            drawing.line(x1, y, x2, y, stroke="dim", stroke_width=1, stroke_dasharray="1 4")
    base = y + 3.5 - BREAK_LEADING / 2 * (len(entry.lines) - 1)
    for line in entry.lines:
        drawing.text(middle, base, line, BREAK_SIZE, anchor="middle", fill="dim", font_style="italic")
        base += BREAK_LEADING


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
