"""Geometry of what is not upright: corners of turned texts, whether two of them meet, small icons.

Responsible for shapes that several drawings share.  Icons are paths, so that no font is needed to tell a loss.
"""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from synfin.timeline.svg.writer import Drawing

Corners = tuple[tuple[float, float], ...]

ICON: Final = 10.0  # width and height of an icon


def turned(left: float, top: float, right: float, bottom: float, angle: float, x: float, y: float) -> Corners:
    """The corners of a rectangle turned by `angle` degrees (clockwise, as SVG does) around a point."""
    c, s = cos(radians(angle)), sin(radians(angle))
    return tuple(
        (x + (px - x) * c - (py - y) * s, y + (px - x) * s + (py - y) * c)
        for px, py in ((left, top), (right, top), (right, bottom), (left, bottom))
    )


def meet(one: Corners, other: Corners) -> bool:
    """Whether two convex shapes share an area: no edge separates them."""
    for shape in (one, other):
        for (x1, y1), (x2, y2) in zip(shape, (*shape[1:], shape[0]), strict=True):
            nx, ny = y1 - y2, x2 - x1
            first = [x * nx + y * ny for x, y in one]
            second = [x * nx + y * ny for x, y in other]
            if max(first) <= min(second) + 1e-9 or max(second) <= min(first) + 1e-9:
                return False
    return True


def icon(drawing: Drawing, sign: str, x: float, y: float, colour: str) -> None:
    """A small sign around a point: what colour and dashes say, said a third time."""
    pen: dict[str, str | float] = {"stroke": colour, "stroke_width": 1.6, "fill": "none", "stroke_linecap": "round"}
    top, bottom = y - ICON / 2, y + ICON / 2
    if sign == "lost":
        drawing.path(f"M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8", top, bottom, **{**pen, "stroke_width": 2.2})
    elif sign == "damaged":
        drawing.path(f"M{x - 1:.1f} {y - 5:.1f}l-3 6h6l-3 5", top, bottom, **{**pen, "stroke_linejoin": "round"})
    elif sign == "again":
        drawing.path(f"M{x + 3.5:.1f} {y - 1.5:.1f}a4 4 0 1 0 .2 3", top, bottom, **pen)
        drawing.path(f"M{x + 5:.1f} {y - 4.5:.1f}v3.6h-3.6z", top, bottom, fill=colour)
    elif sign == "late":
        drawing.circle(x, y, 4.2, **pen)
        drawing.path(f"M{x:.1f} {y - 2.4:.1f}v2.4h2", top, bottom, **{**pen, "stroke_width": 1.3})
    elif sign == "copy":
        drawing.rect(x - 4.2, y - 4.2, 5.6, 5.6, **{**pen, "stroke_width": 1.3})
        drawing.rect(x - 1.4, y - 1.4, 5.6, 5.6, **{**pen, "fill": "ground", "stroke_width": 1.3})
    elif sign == "foreign":
        drawing.path(f"M{x:.1f} {y - 4:.1f}v8m-4-4h8", top, bottom, **{**pen, "stroke_width": 2.2})


def head(drawing: Drawing, x: float, y: float, angle: float, colour: str) -> None:
    """The tip of an arrow that points along `angle` degrees (0: to the right) and ends at a point."""
    c, s = cos(radians(angle)), sin(radians(angle))
    corners = [(x + px * c - py * s, y + px * s + py * c) for px, py in ((0, 0), (-9, -4), (-9, 4))]
    drawing.polygon(corners, fill=colour)
