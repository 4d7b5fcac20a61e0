"""A small SVG writer: shapes and texts in, one well-formed, accessible, self-contained document out.

Responsible for escaping, numbers, colours by name, title and description, and for knowing where each element is, so
that a drawing can be cut into sheets and checked for overlaps.  It draws nothing by itself and writes no script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, final
from xml.sax.saxutils import escape, quoteattr

from synfin.timeline.svg.measure import text_width
from synfin.timeline.svg.shapes import Corners, turned
from synfin.timeline.svg.theme import COLOURS, SCOPE, properties, rules

A4_WIDTH: Final = 794  # CSS pixels
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold
_ASCENT: Final = 0.8  # of the font size: how far letters reach above the base line, and below
_DESCENT: Final = 0.22

Value = str | float


class Box(NamedTuple):
    """An upright rectangle: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two share an area."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )  # fmt: skip


class _Part(NamedTuple):
    """One element (or group) and how far it reaches."""

    markup: str
    top: float
    bottom: float


@final
class Drawing:
    """An SVG drawing.

    `title` and `description` are what a screen reader tells; `prefix` keeps ids apart where several drawings share a
    page.  `fill` and `stroke` are names of `theme.COLOURS`, `none`, or `url(#...)`; other attributes are SVG's, with
    `_` for `-`.  Lengths are in user units, which are CSS pixels where the drawing is shown in its own size.
    """

    def __init__(
        self, width: float, height: float = 0, *, title: str, description: str, lang: str = "en", prefix: str = "s"
    ) -> None:
        self.width = width
        self.height = height
        self.title = title
        self.description = description
        self.lang = lang
        self.prefix = prefix
        self.used: set[str] = set()
        self.labels: list[tuple[str, Corners]] = []  # every text and where it is
        self._parts: list[_Part] = []
        self._definitions: list[str] = []

    # Shapes

    def rect(self, x: float, y: float, width: float, height: float, **attributes: Value) -> None:
        """A rectangle."""
        attributes = {"x": x, "y": y, "width": width, "height": height, **attributes}
        self._add(f"<rect{self._attributes(attributes)}/>", y, y + height)

    def circle(self, x: float, y: float, radius: float, **attributes: Value) -> None:
        """A circle around a point."""
        attributes = {"cx": x, "cy": y, "r": radius, **attributes}
        self._add(f"<circle{self._attributes(attributes)}/>", y - radius, y + radius)

    def ground(self) -> None:
        """Put a ground of its own under the whole drawing, once its height is known."""
        colour = self.colour("fill", "ground")
        markup = f'<rect class="{colour}" width="{number(self.width)}" height="{number(self.height)}"/>'
        self._parts.insert(0, _Part(markup, 0, self.height))

    def line(self, x1: float, y1: float, x2: float, y2: float, **attributes: Value) -> None:
        """A straight line."""
        attributes = {"x1": x1, "y1": y1, "x2": x2, "y2": y2, **attributes}
        self._add(f"<line{self._attributes(attributes)}/>", min(y1, y2), max(y1, y2))

    def polygon(self, points: Iterable[tuple[float, float]], *, closed: bool = True, **attributes: Value) -> None:
        """A polygon, or with `closed=False` a line through points."""
        corners = list(points)
        text = " ".join(f"{number(x)},{number(y)}" for x, y in corners)
        name = "polygon" if closed else "polyline"
        heights = [y for _, y in corners]
        self._add(f'<{name} points="{text}"{self._attributes(attributes)}/>', min(heights), max(heights))

    def path(self, d: str, top: float, bottom: float, **attributes: Value) -> None:
        """A path; `top` and `bottom` say how far it reaches."""
        self._add(f"<path{self._attributes({'d': d, **attributes})}/>", top, bottom)

    # Text

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 11,
        *,
        anchor: str = "start",
        mono: bool = False,
        bold: bool = False,
        fill: str = "ink",
        angle: float = 0,
        pivot: tuple[float, float] | None = None,
        **attributes: Value,
    ) -> Box:
        """One line of text with its base line at `y`, turned by `angle` degrees around `pivot` (or its own point).

        Gives the box that it takes before it is turned; `labels` keeps the corners.
        """
        wide = text_width(text, size, mono=mono, bold=bold)
        left = {"start": x, "middle": x - wide / 2, "end": x - wide}[anchor]
        box = Box(left, y - size * _ASCENT, left + wide, y + size * _DESCENT)
        more: dict[str, Value] = {"x": x, "y": y, "font_size": size, "fill": fill, **attributes}
        if anchor != "start":
            more["text_anchor"] = anchor
        px, py = pivot if pivot is not None else (x, y)
        if angle:
            more["transform"] = f"rotate({number(angle)} {number(px)} {number(py)})"
        corners = turned(*box, angle, px, py)
        classes = [name for name, on in (("mono", mono), ("bold", bold)) if on]
        if text:
            heights = [height for _, height in corners]
            self._add(f"<text{self._attributes(more, classes)}>{clean(text)}</text>", min(heights), max(heights))
            self.labels.append((text, corners))
        return box

    # Structure

    @contextmanager
    def group(self, label: str = "", **attributes: Value) -> Iterator[None]:
        """Elements that belong together; `label` is told when the pointer rests on them."""
        outer, self._parts = self._parts, []
        try:
            yield
        finally:
            inner, self._parts = self._parts, outer
            if inner:
                told = f"<title>{clean(label)}</title>" if label else ""
                markup = f"<g{self._attributes(attributes)}>{told}{''.join(part.markup for part in inner)}</g>"
                self._add(markup, min(part.top for part in inner), max(part.bottom for part in inner))

    def define(self, name: str, markup: str) -> str:
        """Keep a definition (`markup` contains `{id}`, where its id belongs) once; gives `url(#...)` for it."""
        key = f"{self.prefix}-{name}"
        definition = markup.replace("{id}", key)
        if definition not in self._definitions:
            self._definitions.append(definition)
        return f"url(#{key})"

    def colour(self, kind: str, name: str) -> str:
        """The class that gives `fill` or `stroke` a colour, for markup that `define` gets."""
        self.used.add(f"{kind}-{name}")
        return f"{kind}-{name}"

    # The document

    def svg(self) -> str:
        """The whole drawing as an SVG document."""
        return f"{self._root(0, self.height, self._parts, style=True)}\n"

    def inline(self, top: float = 0, bottom: float | None = None) -> str:
        """The drawing, or what of it is between two heights, for an HTML page that has the style sheet already."""
        last = self.height if bottom is None else bottom
        return self._root(top, last, [part for part in self._parts if part.bottom >= top and part.top <= last])

    def sheets(self, first: float, height: float) -> list[tuple[float, float]]:
        """Where to cut the drawing, so that no sheet is higher than `height` (the first than `first`) and no cut goes
        through a text: top and bottom of each sheet."""
        blocked: list[tuple[float, float]] = []
        for _, corners in self.labels:
            heights = [y for _, y in corners]
            blocked.append((min(heights) - 1, max(heights) + 1))
        blocked.sort()
        cuts = [0.0]
        room = first
        while self.height - cuts[-1] > room:
            cut = cuts[-1] + room
            for top, bottom in reversed(blocked):
                if top < cut < bottom:
                    cut = top
            cuts.append(cut if cut > cuts[-1] + room / 3 else cuts[-1] + room)
            room = height
        return [*zip(cuts, [*cuts[1:], self.height], strict=True)]

    def _root(self, top: float, bottom: float, parts: list[_Part], *, style: bool = False) -> str:
        first = top == 0
        name = self.prefix if first else f"{self.prefix}-{number(top)}"
        tall, wide = number(bottom - top), number(self.width)
        sheet = f"<style>\n{properties()}{rules(self.used)}</style>\n" if style else ""
        definitions = f"<defs>{''.join(self._definitions)}</defs>\n" if self._definitions and first else ""
        told = f'<title id="{name}-title">{clean(self.title)}</title>\n'
        described = ""
        if first:
            described = f'<desc id="{name}-desc">{clean(self.description)}</desc>\n'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="{SCOPE}" viewBox="0 {number(top)} {wide} {tall}" '
            f'width="{wide}" height="{tall}" role="img" xml:lang="{self.lang}" lang="{self.lang}" '
            f'aria-labelledby="{name}-title"{f" aria-describedby={chr(34)}{name}-desc{chr(34)}" if first else ""}>\n'
            f"{told}{described}{sheet}{definitions}" + "\n".join(part.markup for part in parts) + "\n</svg>"
        )

    def _add(self, markup: str, top: float, bottom: float) -> None:
        self._parts.append(_Part(markup, top, bottom))

    def _attributes(self, attributes: dict[str, Value], classes: list[str] | None = None) -> str:
        """Attributes as text; colours become classes."""
        names = list(classes or ())
        self.used.update(names)
        told: list[str] = []
        for key, value in attributes.items():
            if key == "class":
                names.append(str(value))
            elif key in ("fill", "stroke") and value in COLOURS:
                names.append(self.colour(key, str(value)))
            else:
                told.append(f" {key.replace('_', '-')}={_quoted(value)}")
        if names:
            told.insert(0, f' class="{" ".join(names)}"')
        return "".join(told)


def number(value: float) -> str:
    """A length in as few characters as two decimals need."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def clean(text: str) -> str:
    """Text for XML: escaped, and without characters that XML cannot hold."""
    return escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text))


def _quoted(value: Value) -> str:
    return (
        quoteattr(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value))
        if isinstance(value, str)
        else f'"{number(value)}"'
    )
