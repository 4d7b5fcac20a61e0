"""The headers of one frame as SVG: 32 bits a row with the values, and beside each row its octets in hex.

Responsible for the picture; `timeline.headers` says what is where and what it means.  A row and its octets have the
same colours, cut at the same bits, so that the eye finds one from the other without colours as well.
"""

from __future__ import annotations

from typing import Final

from synfin.timeline.headers.box import worth_saying
from synfin.timeline.headers.cells import ROLES, ROW_BITS, Cell, Row, field_at, role_of, rows_of
from synfin.timeline.headers.document import label, saying, title
from synfin.timeline.headers.fields import Field, Layer
from synfin.timeline.messages import Catalog
from synfin.timeline.svg.measure import text_width, wrap_text
from synfin.timeline.svg.shapes import icon
from synfin.timeline.svg.writer import A4_WIDTH, Drawing

BIT: Final = 20.0  # width of a bit
ROW: Final = 38.0  # height of a row
LEFT: Final = 32.0  # where bits begin; the numbers of octets stand before them
HEX_LEFT: Final = LEFT + ROW_BITS * BIT + 14
HEX_BIT: Final = 3.125  # width of a bit of an octet in hex
_NAME: Final = 9.5
_VALUE: Final = 12.5
_LEAST: Final = 6.5  # the smallest type that can be read
_SAID: Final = 10.5
_LINE: Final = 15.0
_COLUMN: Final = (A4_WIDTH - LEFT - 24) / 2


def header_svg(frame: bytes, layers: list[Layer], texts: Catalog, heading: str = "") -> str:
    """The SVG of all layers of a frame below each other; `heading` says which frame it is."""
    return draw_headers(frame, layers, texts, heading).svg()


def draw_headers(frame: bytes, layers: list[Layer], texts: Catalog, heading: str = "") -> Drawing:
    """The same as a drawing, which a page can take in."""
    name = heading or ", ".join(title(layer, texts) for layer in layers)
    drawing = Drawing(
        A4_WIDTH, title=name, description=_description(layers, texts), lang=texts.language, prefix="header"
    )
    y = 14.0
    ground = _height(frame, layers, texts, heading)
    drawing.rect(0, 0, A4_WIDTH, ground, fill="ground")
    for line in wrap_text(heading, A4_WIDTH - 24, 14, bold=True) if heading else []:
        y += 10
        drawing.text(12, y, line, 14, bold=True)
        y += 10
    for layer in layers:
        y = _layer(drawing, frame, layer, texts, y)
    _legend(drawing, layers, texts, y + 6)
    drawing.height = ground
    return drawing


def _description(layers: list[Layer], texts: Catalog) -> str:
    """The same as words: every field with its value, and what there is to say about it."""
    told = []
    for layer in layers:
        fields = []
        for field in layer.fields:
            named = texts.text("box.field", label=label(field, texts), value=field.shown)
            said = saying(field, texts)
            fields.append(texts.text("box.aside", field=named, text=said) if said else named)
        told.append(f"{title(layer, texts)}{texts.text('ui.colon')}{texts.text('ui.comma').join(fields)}")
    return "\n".join(told)


def _height(frame: bytes, layers: list[Layer], texts: Catalog, heading: str) -> float:
    """How tall the picture will be."""
    height = 14.0 + 20 * len(wrap_text(heading, A4_WIDTH - 24, 14, bold=True) if heading else [])
    for layer in layers:
        rows, left_out = rows_of(frame, layer)
        height += 36 + ROW * len(rows) + (_LINE if left_out else 0) + 14
        height += _LINE * max((len(column) for column in _said(layer, texts)), default=0)
    return height + 30


# One layer


def _layer(drawing: Drawing, frame: bytes, layer: Layer, texts: Catalog, y: float) -> float:
    """Title, ruler, rows, what is said; gives where it ends."""
    rows, left_out = rows_of(frame, layer)
    head = texts.text("box.title", layer=title(layer, texts), octets=layer.length, offset=layer.offset)
    drawing.text(12, y + 14, head, 12, bold=True)
    for bit in range(ROW_BITS):
        drawing.text(LEFT + BIT * (bit + 0.5), y + 31, str(bit), 7.5, anchor="middle", fill="dim")
    drawing.text(HEX_LEFT + 50, y + 31, texts.text("box.hex"), 8.5, anchor="middle", fill="dim")
    top = y + 36
    for place, row in enumerate(rows):
        _fills(drawing, row, top + ROW * place, texts)
    for place in range(len(rows) + 1):
        above = rows[place - 1] if place else None
        below = rows[place] if place < len(rows) else None
        _borders(drawing, above, below, top + ROW * place)
    for place, row in enumerate(rows):
        _texts(drawing, rows, place, top + ROW * place, texts)
        _octets(drawing, row, top + ROW * place)
    y = top + ROW * len(rows)
    if left_out:
        y += _LINE
        drawing.text(LEFT, y - 2, texts.text("box.more", count=left_out), _SAID, fill="dim")
    columns = _said(layer, texts)
    for number, column in enumerate(columns):
        for place, (line, wrong) in enumerate(column):
            left = LEFT + number * (_COLUMN + 12)
            if wrong:
                icon(drawing, "lost", left - 10, y + 11 + _LINE * place, "vermilion")
            drawing.text(left, y + 15 + _LINE * place, line, _SAID, fill="vermilion" if wrong else "ink", bold=wrong)
    return y + _LINE * max((len(column) for column in columns), default=0) + 14


def _said(layer: Layer, texts: Catalog) -> list[list[tuple[str, bool]]]:
    """The lines below a layer, in two columns: the text, and whether it is about something wrong (its first line)."""
    items: list[list[tuple[str, bool]]] = []
    for field in layer.fields:
        said = saying(field, texts)
        if said and worth_saying(field):
            named = texts.text("box.field", label=label(field, texts), value=field.shown)
            lines = wrap_text(texts.text("box.said", label=named, text=said), _COLUMN, _SAID)
            items.append([(line, field.valid is False and place == 0) for place, line in enumerate(lines)])
    half = (sum(len(item) for item in items) + 1) // 2
    columns: list[list[tuple[str, bool]]] = [[], []]
    for item in items:
        columns[0 if len(columns[0]) + len(item) <= max(half, 1) and not columns[1] else 1].extend(item)
    return columns


def _ink(field: Field) -> tuple[str, float]:
    """The colour of a field's ground and how strong it is; a flag that is set is stronger than one that is not."""
    role = role_of(field)
    if role == "other":
        return "panel", 1.0
    if role == "flag":
        return ROLES[role], 0.5 if field.value else 0.08
    return ROLES[role], 0.22


def _fills(drawing: Drawing, row: Row, top: float, texts: Catalog) -> None:
    """The grounds of a row and of its octets."""
    for cell in row.cells:
        colour, strength = _ink(cell.field)
        about = texts.text(f"field.{cell.field.name}.about")
        named = texts.text("box.field", label=label(cell.field, texts), value=cell.field.shown)
        with drawing.group(texts.text("box.said", label=named, text=about)):
            for left, unit, inset in ((LEFT, BIT, 0.0), (HEX_LEFT, HEX_BIT, 7.0)):
                drawing.rect(
                    left + unit * cell.first, top + inset, unit * cell.bits, ROW - 2 * inset, fill=colour,
                    fill_opacity=strength,
                )  # fmt: skip
        if cell.field.valid is False:
            drawing.rect(
                LEFT + BIT * cell.first + 2, top + 2, BIT * cell.bits - 4, ROW - 4, fill="none", stroke="vermilion",
                stroke_width=2, stroke_dasharray="5 2",
            )  # fmt: skip


def _borders(drawing: Drawing, above: Row | None, below: Row | None, y: float) -> None:
    """The line between two rows, where two fields meet; and the upright ones of the row below."""
    start = -1
    for bit in range(ROW_BITS + 1):
        one = field_at(above, bit) if bit < ROW_BITS else None
        other = field_at(below, bit) if bit < ROW_BITS else None
        edge = one is not other
        if edge and start < 0:
            start = bit
        elif not edge and start >= 0:
            drawing.line(LEFT + BIT * start, y, LEFT + BIT * bit, y, stroke="dim", stroke_width=1)
            start = -1
    if below is not None:
        for bit in range(ROW_BITS + 1):
            one, other = field_at(below, bit - 1), field_at(below, bit) if bit < ROW_BITS else None
            if one is not other:
                drawing.line(LEFT + BIT * bit, y, LEFT + BIT * bit, y + ROW, stroke="dim", stroke_width=1)
                if bit % 8 == 0:  # inside an octet the ground alone shows the cut, or nobody could read the digits
                    x = HEX_LEFT + HEX_BIT * bit
                    drawing.line(x, y + 7, x, y + ROW - 7, stroke="dim", stroke_width=0.8)


def _texts(drawing: Drawing, rows: list[Row], place: int, top: float, texts: Catalog) -> None:
    """Names and values; over several whole rows they stand in the middle of all."""
    row = rows[place]
    drawing.text(LEFT - 8, top + ROW / 2 + 4, str(row.octet), 9, anchor="end", fill="dim", mono=True)
    for cell in row.cells:
        if not cell.label:
            continue
        where = (cell.field, cell.first, cell.bits)
        same = [
            number
            for number, other in enumerate(rows)
            if any((part.field, part.first, part.bits) == where for part in other.cells)
        ]
        middle = top + ROW * ((same[0] + same[-1]) / 2 - place) + ROW / 2
        _cell_text(drawing, cell, middle, texts)


def _cell_text(drawing: Drawing, cell: Cell, middle: float, texts: Catalog) -> None:
    name, value = label(cell.field, texts), cell.field.shown
    x, room = LEFT + BIT * (cell.first + cell.bits / 2), BIT * cell.bits - 2
    size = _fitting(name, room, _NAME)
    drawing.text(x, middle - 5, _cut(name, room, size), size, anchor="middle", fill="dim")
    set_flag = role_of(cell.field) == "flag" and cell.field.value != 0
    size = _fitting(value, room, _VALUE, bold=True)
    drawing.text(x, middle + 11, _cut(value, room, size), size, anchor="middle", bold=True, mono=not set_flag)


def _fitting(text: str, room: float, size: float, *, bold: bool = False) -> float:
    """The largest size up to `size` in which a text fits, but never too small to be read."""
    while size > _LEAST and text_width(text, size, mono=bold, bold=bold) > room:
        size -= 0.5
    return size


def _cut(text: str, room: float, size: float) -> str:
    while len(text) > 1 and text_width(text, size) > room:
        text = text[:-1] if not text.endswith("…") else f"{text[:-2]}…"
        if text_width(f"{text}…", size) <= room:
            return f"{text}…"
    return text


def _octets(drawing: Drawing, row: Row, top: float) -> None:
    """The digits, between two lines."""
    for y in (top + 7, top + ROW - 7):
        drawing.line(HEX_LEFT, y, HEX_LEFT + 8 * HEX_BIT * len(row.octets), y, stroke="dim", stroke_width=0.8)
    for place, octet in enumerate(row.octets):
        x = HEX_LEFT + HEX_BIT * (8 * place + 4)
        drawing.text(x, top + ROW / 2 + 4, f"{octet:02x}", 11, anchor="middle", mono=True)


def _legend(drawing: Drawing, layers: list[Layer], texts: Catalog, y: float) -> None:
    """What the colours stand for."""
    used = {role_of(field) for layer in layers for field in layer.fields}
    x = LEFT
    for role, colour in ROLES.items():
        if role in used and role != "other":
            drawing.rect(x, y, 14, 11, fill=colour, fill_opacity=0.22 if role != "flag" else 0.5, stroke="dim")
            told = texts.text(f"box.role.{role}")
            x = drawing.text(x + 19, y + 9.5, told, 10).right + 18
