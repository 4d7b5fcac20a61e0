"""A header as RFCs draw it, in text: 32 bits a row, with the values of one segment, beside the octets in hex.

Responsible for the box and for what is said below it; `cells` says what is where.  Only ASCII is drawn, so it is the
same everywhere; labels may be Chinese and take two places a character.
"""

from __future__ import annotations

from typing import Final

from synfin.timeline.headers.cells import ROW_BITS, Cell, Row, field_at, rows_of
from synfin.timeline.headers.document import label, saying, title
from synfin.timeline.headers.fields import Field, Layer
from synfin.timeline.messages import Catalog
from synfin.timeline.width import pad, width, wrap

MARGIN: Final = 3  # places before the box, for the number of the octet
_RULER: Final = tuple(
    " ".join(text)
    for text in (
        "".join(str(bit // 10) if bit % 10 == 0 else " " for bit in range(ROW_BITS)),
        "".join(str(bit % 10) for bit in range(ROW_BITS)),
    )
)


def frame_lines(frame: bytes, layers: list[Layer], texts: Catalog) -> list[str]:
    """All layers below each other."""
    lines: list[str] = []
    for layer in layers:
        lines += layer_lines(frame, layer, texts)
        lines.append("")
    return lines[:-1]


def layer_lines(frame: bytes, layer: Layer, texts: Catalog) -> list[str]:
    """The title, the box with its ruler, and what there is to say about values."""
    rows, left_out = rows_of(frame, layer)
    head = texts.text("box.title", layer=title(layer, texts), octets=layer.length, offset=layer.offset)
    lines = [head, *[f"{'':{MARGIN}} {ruler}".rstrip() for ruler in _RULER]]
    above: Row | None = None
    for row in rows:
        lines.append(f"{'':{MARGIN}}{_border(above, row)}")
        lines += _row_lines(row, texts)
        above = row
    lines.append(f"{'':{MARGIN}}{_border(above, None)}")
    if left_out:
        lines.append(f"{'':{MARGIN}}{texts.text('box.more', count=left_out)}")
    return lines + _sayings(layer, texts)


def _border(above: Row | None, below: Row | None) -> str:
    """Between two rows: a line, but for where one field goes on."""
    line = ""
    open_before = False
    used = False
    for bit in range(ROW_BITS):
        one, other = field_at(above, bit), field_at(below, bit)
        if one is None and other is None:
            line += "+" if used else " "
            used = False
            line += " "
            continue
        inside = one is not None and one is other
        same = inside and open_before and bit > 0 and field_at(above, bit - 1) is one
        line += (" " if same else "+") + (" " if inside else "-")
        open_before = inside
        used = True
    return (line + ("+" if used else "")).rstrip()


def _row_lines(row: Row, texts: Catalog) -> list[str]:
    """The row itself, as many lines as its fullest cell needs; number and octets stand beside the first."""
    blocks = [_cell_lines(cell, texts) for cell in row.cells]
    height = max(len(block) for block in blocks)
    lines = []
    for place in range(height):
        text = "|"
        for cell, block in zip(row.cells, blocks, strict=True):
            # A cell of one line among taller ones has its text in the middle; values of flags stand in the last line.
            start = (height - len(block)) // 2 if len(block) == 1 else 0
            last = place == height - 1 and len(block) > 1
            inner = block[-1] if last else "" if not 0 <= place - start < len(block) else block[place - start]
            if not last and len(block) > 1 and place - start == len(block) - 1:
                inner = ""
            room = 2 * cell.bits - 1
            text += pad(" " * ((room - width(inner)) // 2) + inner, room) + "|"
        margin = f"{row.octet:>{MARGIN - 1}} " if place == 0 else " " * MARGIN
        octets = row.octets.hex(" ") if place == 0 else ""
        full = pad(text, 2 * ROW_BITS + 1)
        lines.append(f"{margin}{full} {octets}".rstrip())
    return lines


def _cell_lines(cell: Cell, texts: Catalog) -> list[str]:
    """Name and value in one line if they fit; else the name in as many as it takes, then the value."""
    if not cell.label:
        return [""]
    name, value = label(cell.field, texts), cell.field.shown
    room = 2 * cell.bits - 1
    together = f"{name} = {value}"
    if width(together) <= room:
        return [together]
    if room == 1:
        return [*name, value] if name != value else [value]
    lines = []
    for line in wrap(name, room):
        while width(line) > room:
            cut = next(count for count in range(len(line), 0, -1) if width(line[:count]) <= room)
            lines.append(line[:cut])
            line = line[cut:]
        lines.append(line)
    short = value if width(value) <= room else value[: room - 1] + "~" if room > 1 else "~"
    return [*lines, short]


def worth_saying(field: Field) -> bool:
    """Whether the text about a value says more than the value; numbers of octets do not, nor does what is not set."""
    if field.valid is not None:
        return True
    if field.say in ("value.octets", "value.eighths"):
        return field.say == "value.eighths" and field.value != 0
    return field.bits > 1 or field.value != 0


def _sayings(layer: Layer, texts: Catalog) -> list[str]:
    """One line for each value that has something to say; `!` marks what is wrong."""
    lines: list[str] = []
    for field in layer.fields:
        said = saying(field, texts)
        if said and worth_saying(field):
            mark = "!" if field.valid is False else " "
            name = texts.text("box.field", label=label(field, texts), value=field.shown)
            lines.append(f" {mark} {texts.text('box.said', label=name, text=said)}")
    return lines
