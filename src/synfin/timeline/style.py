"""Symbols, strokes and colours of the text ladder.

Colour only adds to what symbols and words say already.  Colours are those of Okabe and Ito, which people with any kind
of colour vision tell apart, as the nearest of the 256 that terminals share.
"""

from __future__ import annotations

from typing import Final, final

RESET: Final = "\x1b[0m"
COLOURS: Final[dict[str, str]] = {
    "lost": "\x1b[38;5;166m",  # vermilion
    "again": "\x1b[38;5;178m",  # orange
    "copy": "\x1b[38;5;175m",  # reddish purple
    "held": "\x1b[38;5;74m",  # sky blue
    "state": "\x1b[1;38;5;36m",  # bluish green
    "call": "\x1b[38;5;32m",  # blue
    "dim": "\x1b[2m",
    "bold": "\x1b[1m",
}


@final
class Style:
    """How things are drawn: box characters or ASCII, with or without colour."""

    __slots__ = (
        "again", "ascii", "call", "colour", "copy", "cross", "damaged", "foreign", "gap", "held", "late", "left",
        "line", "note", "ray", "reply", "right",
    )  # fmt: skip

    def __init__(self, *, ascii_only: bool = False, colour: bool = False) -> None:
        self.ascii = ascii_only
        self.colour = colour
        plain = ascii_only
        self.line = "-" if plain else "─"  # an ordinary segment
        self.ray = "=" if plain else "╌"  # one that is sent again, or a copy
        self.left = "<" if plain else "◀"
        self.right = ">" if plain else "▶"
        self.cross = "X" if plain else "✗"
        self.again = "^" if plain else "↻"
        self.copy = "%" if plain else "⧉"
        self.held = "#" if plain else "◌"
        self.late = "~" if plain else "◷"
        self.damaged = "!" if plain else "≠"
        self.foreign = "+" if plain else "✚"
        self.call = "*" if plain else "●"
        self.gap = ":" if plain else "⋮"
        self.reply = "|" if plain else "↳"
        self.note = "*" if plain else "•"

    def paint(self, colour: str, text: str) -> str:
        """`text` in a colour of `COLOURS`, if colour is on."""
        core = text.rstrip()
        if not (self.colour and colour and core):
            return text
        return f"{COLOURS[colour]}{core}{RESET}{text[len(core) :]}"

    def tag(self, number: int) -> str:
        """The mark that joins the two parts of a segment."""
        if self.ascii or number > 20:
            return f"({number})"
        return chr(0x2460 + number - 1)
