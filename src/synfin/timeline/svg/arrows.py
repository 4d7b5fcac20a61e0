"""Arrows of a ladder, drawn: strokes, tips, signs, and labels where there is room for them.

Responsible for geometry between the life lines.  A loss, a repetition, a copy and a delay differ in dashes, sign and
word, and only then in colour.
"""

from __future__ import annotations

from math import atan2, cos, degrees, radians, sin
from typing import Final, NamedTuple, final

from synfin.timeline.svg.arrange import LEFT, RIGHT, SLANT, STUB_SLANT, Arrangement
from synfin.timeline.svg.flights import BOTTOM_SIZE, COPY, GUEST, REACH, START, TOP_SIZE, WHOLE, Arrow, Label
from synfin.timeline.svg.measure import text_width
from synfin.timeline.svg.shapes import ICON, Corners, head, icon, meet, turned
from synfin.timeline.svg.writer import Drawing

# Kind of arrow: colour, dashes, width.
STROKES: Final[dict[str, tuple[str, str, float]]] = {
    "arrived": ("ink", "", 1.3),
    "again": ("orange", "8 3", 1.8),
    "lost": ("vermilion", "5 4", 1.6),
    "damaged": ("vermilion", "9 3 2 3", 1.6),
    "late": ("sky", "10 3 2 3", 1.8),
    "copy": ("purple", "2 3", 1.8),
    "foreign": ("purple", "7 2 2 2 2 2", 1.8),
}
_ABOVE: Final = 4.0  # between an arrow and the base line of the text over it
_WORD_SIZE: Final = 10.0
_BROKEN: Final = ("lost", "damaged")
_BAND: Final = 64.0  # height of the bands by which shapes are looked up
_COVERED: Final = 1_000  # what covering a text costs; covering a line costs 1
_BELOW: Final = 10.5  # between an arrow and the base line of the text under it


class Ray(NamedTuple):
    """The straight line of an arrow, from its tail to its tip; `angle` is that of its label, in degrees."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def way(self) -> int:
        """1 to the right, -1 to the left."""
        return 1 if self.x1 > self.x0 else -1

    @property
    def angle(self) -> float:
        """How far a text along it is turned: it always reads from left to right."""
        dx, dy = self.x1 - self.x0, self.y1 - self.y0
        return degrees(atan2(dy, dx) if dx > 0 else atan2(-dy, -dx))

    def at(self, share: float) -> tuple[float, float]:
        """A point on it."""
        return self.x0 + (self.x1 - self.x0) * share, self.y0 + (self.y1 - self.y0) * share


class Placed(NamedTuple):
    """A label that has its place: its middle on the arrow, corners of its texts, and what it covers."""

    label: Label
    x: float
    y: float
    corners: list[Corners]
    cost: int
    latest: int  # the order of the step that would have to stand lower, if the label covers a text; else -1


@final
class Arrows:
    """The arrows of one arrangement; `obstacles` are shapes that labels keep away from.

    `crowded` holds the orders of steps that need more room, because a label covers another text.
    """

    def __init__(self, arrangement: Arrangement, obstacles: list[Corners]) -> None:
        self.arrangement = arrangement
        self._taken: dict[int, list[tuple[Corners, int]]] = {}  # shapes by band, with the order of whose they are
        self._rays = [self._ray(arrow) for arrow in arrangement.arrows]
        self._lines: dict[int, list[int]] = {}
        for index, ray in enumerate(self._rays):
            for band in _bands(((ray.x0, ray.y0), (ray.x1, ray.y1))):
                self._lines.setdefault(band, []).append(index)
        self._take(obstacles, -1)
        for arrow, ray in zip(arrangement.arrows, self._rays, strict=True):
            self._take(self._end_corners(arrow, ray), arrow.first.order)
        self._labels = [self._place(arrow, ray, index) for index, (arrow, ray) in enumerate(self._pairs())]
        self.crowded = [label.latest for label in self._labels if label is not None and label.latest >= 0]

    def draw(self, drawing: Drawing) -> None:
        """All strokes, then all labels."""
        for arrow, ray in self._pairs():
            self._stroke(drawing, arrow, ray)
        for (arrow, ray), label in zip(self._pairs(), self._labels, strict=True):
            if label is not None:
                _write(drawing, arrow, label, ray.angle)

    def _pairs(self) -> list[tuple[Arrow, Ray]]:
        return list(zip(self.arrangement.arrows, self._rays, strict=True))

    def _ray(self, arrow: Arrow) -> Ray:
        """Where an arrow runs."""
        arrangement = self.arrangement
        reach = (RIGHT - LEFT) * REACH[arrow.part]
        if arrow.start is not None:
            start = arrangement.point(arrow.start)
            x0, way = (LEFT, 1) if start.side == 0 else (RIGHT, -1)
            y1 = arrangement.point(arrow.end).y if arrow.end is not None else start.y + STUB_SLANT
            return Ray(x0, start.y, x0 + way * reach, y1)
        assert arrow.end is not None
        end = arrangement.point(arrow.end)
        x1, way = (LEFT, -1) if end.side == 0 else (RIGHT, 1)
        return Ray(x1 - way * reach, end.y - (SLANT if arrow.part == COPY else STUB_SLANT), x1, end.y)

    # Strokes

    def _stroke(self, drawing: Drawing, arrow: Arrow, ray: Ray) -> None:
        colour, dashes, wide = STROKES[arrow.kind]
        pen: dict[str, str | float] = {"stroke": colour, "stroke_width": wide}
        if dashes:
            pen["stroke_dasharray"] = dashes
        way = degrees(atan2(ray.y1 - ray.y0, ray.x1 - ray.x0))
        tip = arrow.part != START
        x1, y1 = ray.x1, ray.y1
        if tip:
            x1, y1 = x1 - 7 * cos(radians(way)), y1 - 7 * sin(radians(way))
        with drawing.group():
            drawing.line(ray.x0, ray.y0, x1, y1, **pen)
            if tip:
                head(drawing, ray.x1, ray.y1, way, colour)
            if arrow.part in (GUEST, COPY):
                icon(drawing, arrow.kind, ray.x0, ray.y0, colour)
            self._end(drawing, arrow, ray)

    def _end(self, drawing: Drawing, arrow: Arrow, ray: Ray) -> None:
        """What stands at the end of an arrow that does not reach the other side, or at the start of a second part."""
        x, y = _stub_end(arrow, ray)
        way = ray.way
        if arrow.part == START and arrow.kind in _BROKEN:
            icon(drawing, arrow.kind, x, y, STROKES[arrow.kind][0])
            word = self.arrangement.words.texts.text(f"ui.{arrow.kind}")
            drawing.text(x + way * 9, y + 3.5, word, _WORD_SIZE, anchor="start" if way > 0 else "end", bold=True)
        elif arrow.number:
            drawing.circle(x, y, 7, fill="ground", stroke="dim", stroke_width=1)
            drawing.text(x, y + 3.2, str(arrow.number), 9 if arrow.number < 100 else 7, anchor="middle")
        elif arrow.part == START:
            icon(drawing, "late", x, y, STROKES["late"][0])

    def _end_corners(self, arrow: Arrow, ray: Ray) -> list[Corners]:
        """What `_end` covers."""
        x, y = _stub_end(arrow, ray)
        if arrow.part == START and arrow.kind in _BROKEN:
            word = self.arrangement.words.texts.text(f"ui.{arrow.kind}")
            reach = x + ray.way * (9 + text_width(word, _WORD_SIZE, bold=True))
            return [turned(min(x, reach), y - 6, max(x, reach), y + 6, 0, 0, 0)]
        if arrow.part in (GUEST, COPY):
            return [turned(ray.x0 - 6, ray.y0 - 6, ray.x0 + 6, ray.y0 + 6, 0, 0, 0)]
        if arrow.number or arrow.part == START:
            return [turned(x - 7, y - 7, x + 7, y + 7, 0, 0, 0)]
        return []

    # Labels

    def _place(self, arrow: Arrow, ray: Ray, index: int) -> Placed | None:
        """The label, at the place along the arrow where it covers least."""
        if not arrow.label.top:
            return None
        best: Placed | None = None
        for share in _shares(arrow):
            x, y, corners = _at(arrow, ray, share)
            cost, latest = self._cost(corners, index, arrow.first.order)
            if best is None or cost < best.cost:
                best = Placed(arrow.label, x, y, corners, cost, latest)
        assert best is not None
        self._take(best.corners, arrow.first.order)
        return best

    def _take(self, shapes: list[Corners], order: int) -> None:
        """Note that something is drawn here, by the bands that it reaches into; `order` is that of its arrow."""
        for shape in shapes:
            for band in _bands(shape):
                self._taken.setdefault(band, []).append((shape, order))

    def _cost(self, corners: list[Corners], index: int, order: int) -> tuple[int, int]:
        """`_COVERED` for each text that would be covered, 1 for each line; and the later of those that collide."""
        cost, latest = 0, -1
        for shape in corners:
            for band in _bands(shape):
                for other, owner in self._taken.get(band, ()):
                    if meet(shape, other):
                        cost += _COVERED
                        latest = max(latest, owner, order)
                for other_index in self._lines.get(band, ()):
                    ray = self._rays[other_index]
                    if other_index != index:
                        cost += meet(shape, ((ray.x0, ray.y0), (ray.x1, ray.y1)))
        return cost, latest


def _bands(shape: Corners) -> range:
    """The horizontal bands that a shape reaches into."""
    heights = [y for _, y in shape]
    return range(int(min(heights) // _BAND), int(max(heights) // _BAND) + 1)


def widths(arrow: Arrow, label: Label) -> tuple[float, float]:
    """How wide the text over the arrow (with its sign) and the one under it are."""
    top = text_width(label.top, TOP_SIZE, mono=True, bold=True) + (ICON + 2 if arrow.sign else 0)
    return top, text_width(label.bottom, BOTTOM_SIZE, mono=True)


def _stub_end(arrow: Arrow, ray: Ray) -> tuple[float, float]:
    """Middle of the sign at the free end of a part."""
    if arrow.part == START:
        return ray.x1 + ray.way * (2 if arrow.kind in _BROKEN else 7), ray.y1
    return ray.x0 - ray.way * 7, ray.y0


def _at(arrow: Arrow, ray: Ray, share: float) -> tuple[float, float, list[Corners]]:
    """Middle of the label on the arrow, and the corners of its two texts."""
    top, bottom = widths(arrow, arrow.label)
    half = max(top, bottom) / 2 + 5
    middle = min(max(ray.x0 + (ray.x1 - ray.x0) * share, LEFT + half), RIGHT - half)
    x, y = ray.at((middle - ray.x0) / (ray.x1 - ray.x0))
    corners = [turned(x - top / 2, y - _ABOVE - 8.5, x + top / 2, y - _ABOVE + 2.5, ray.angle, x, y)]
    if arrow.label.bottom:
        box = (x - bottom / 2, y + _BELOW - 8, x + bottom / 2, y + _BELOW + 2.5)
        corners.append(turned(*box, ray.angle, x, y))
    return x, y, corners


def _write(drawing: Drawing, arrow: Arrow, placed: Placed, angle: float) -> None:
    """A label at its place, on a ground of its own where a line crosses it."""
    label, x, y, corners, cost, _ = placed
    if cost > 0:
        for shape in corners:
            drawing.polygon(shape, fill="ground")
    top, _ = widths(arrow, label)
    shift = ICON / 2 + 1 if arrow.sign else 0
    pivot = (x, y)
    drawing.text(
        x + shift, y - _ABOVE, label.top, TOP_SIZE, anchor="middle", mono=True, bold=True, angle=angle, pivot=pivot
    )
    if label.bottom:
        drawing.text(
            x, y + _BELOW, label.bottom, BOTTOM_SIZE, anchor="middle", mono=True, fill="dim", angle=angle, pivot=pivot
        )
    if arrow.sign:
        c, s = cos(radians(angle)), sin(radians(angle))
        dx, dy = -top / 2 + ICON / 2, -_ABOVE - 3.5
        icon(drawing, arrow.sign, x + dx * c - dy * s, y + dx * s + dy * c, STROKES[arrow.sign][0])


def _shares(arrow: Arrow) -> tuple[float, ...]:
    """Places along an arrow, the best first."""
    if arrow.part != WHOLE:
        return (0.5, 0.42, 0.58)
    if arrow.crosses:
        return (0.25, 0.3, 0.35, 0.75, 0.7, 0.5, 0.4, 0.6)
    return (0.5, 0.42, 0.58, 0.35, 0.65)
