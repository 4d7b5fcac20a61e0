"""A layer in rows of 32 bits, as RFCs draw headers: which part of which field is where.

Responsible for the geometry that the text box and the picture share, and for what kind of field is drawn how.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from synfin.timeline.headers.fields import Field, Layer

ROW_BITS: Final = 32
ROW_LIMIT: Final = 40  # rows of a header that are drawn
DATA_ROW_LIMIT: Final = 4  # rows of payload or padding

# What a field is for; the name of a colour in pictures.
ROLES: Final[dict[str, str]] = {
    "where": "blue",
    "number": "green",
    "length": "orange",
    "window": "sky",
    "flag": "vermilion",
    "check": "purple",
    "other": "dim",
}
_ROLE_OF: Final[dict[str, str]] = {
    "port": "where", "src": "where", "dst": "where", "address": "where", "target": "where", "ip": "where",
    "link": "where", "gateway": "where", "prefix": "where", "destination": "where",
    "seq": "number", "ack": "number", "sequence": "number", "identification": "number", "identifier": "number",
    "val": "number", "ecr": "number", "left": "number", "right": "number",
    "length": "length", "offset": "length", "mss": "length", "mtu": "length", "pointer": "length",
    "window": "window", "scale": "window", "checksum": "check", "icv": "check", "mac": "check", "digest": "check",
    "more": "flag", "fragment": "flag", "fragments": "flag",
}  # fmt: skip
_FLAGS: Final = ("cwr", "ece", "urg", "ack_flag", "psh", "rst", "syn", "fin", "ae")


class Cell(NamedTuple):
    """A part of a field in one row: `first` bit in the row and `bits`; `label`: name and value are written here."""

    field: Field
    first: int
    bits: int
    label: bool


class Row(NamedTuple):
    """32 bits (fewer in the last): the octet of the layer that it starts with, its cells, its octets."""

    octet: int
    cells: tuple[Cell, ...]
    octets: bytes


def role_of(field: Field) -> str:
    """What a field is for: a key of `ROLES`."""
    name = field.name.partition(".")[2]
    if name in _FLAGS or (field.bits == 1 and "reserved" not in name):
        return "flag"
    return _ROLE_OF.get(name.rpartition("_")[2], "other") if name != "next_hop_mtu" else "length"


def rows_of(frame: bytes, layer: Layer) -> tuple[list[Row], int]:
    """The rows that are drawn, and how many octets of the layer are left out."""
    limit = ROW_LIMIT if layer.name not in ("payload", "padding") else DATA_ROW_LIMIT
    shown = min(layer.length, limit * ROW_BITS // 8)
    octets = frame[layer.offset : layer.offset + shown]
    rows: list[list[Cell]] = [[] for _ in range(-(-shown * 8 // ROW_BITS))]
    for field in layer.fields:
        end = min(field.offset + field.bits, shown * 8)
        parts = _parts(field.offset, end)
        widest = max([bits for _, _, bits in parts], default=0)
        whole = [place for place, (_, _, bits) in enumerate(parts) if bits == widest]
        for place, (row, first, bits) in enumerate(parts):
            # Over several whole rows the text stands in the middle of them.
            rows[row].append(Cell(field, first, bits, place == whole[(len(whole) - 1) // 2]))
    return [
        Row(4 * number, tuple(cells), octets[4 * number : 4 * number + 4]) for number, cells in enumerate(rows)
    ], layer.length - shown


def _parts(start: int, end: int) -> list[tuple[int, int, int]]:
    """The bits from `start` to `end` as (row, first bit in it, bits)."""
    parts: list[tuple[int, int, int]] = []
    while start < end:
        row, first = divmod(start, ROW_BITS)
        bits = min(ROW_BITS - first, end - start)
        parts.append((row, first, bits))
        start += bits
    return parts


def field_at(row: Row | None, bit: int) -> Field | None:
    """The field that a bit of a row belongs to, or None."""
    if row is not None:
        for cell in row.cells:
            if cell.first <= bit < cell.first + cell.bits:
                return cell.field
    return None
