"""How many terminal cells a text takes: East Asian wide characters count as two, combining marks as none.

Responsible for measuring, cutting, padding and wrapping by cells.  Characters of ambiguous width (box drawing among
them) count as one, as terminals outside of legacy CJK settings show them.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_NO_BREAK_BEFORE: Final = "，。；：、！？）》」』”’…"
_NO_BREAK_AFTER: Final = "（《「『“‘"


def width(text: str) -> int:
    """Cells that `text` takes."""
    if text.isascii():
        return len(text)
    cells = 0
    for character in text:
        if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn", "Me"):
            continue
        cells += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return cells


def pad(text: str, cells: int, *, right: bool = False) -> str:
    """`text` with spaces behind it (or before it) up to `cells`; longer text is given back as it is."""
    space = " " * (cells - width(text))
    return space + text if right else text + space


def cut(text: str, cells: int, mark: str = "…") -> str:
    """The beginning of `text` that fits `cells`, with `mark` where something is missing."""
    if width(text) <= cells:
        return text
    room = cells - width(mark)
    kept = ""
    for character in text:
        if width(kept + character) > room:
            break
        kept += character
    return kept + mark


def wrap(text: str, cells: int) -> list[str]:
    """`text` in lines of at most `cells`: broken at spaces, and between wide characters where punctuation allows."""
    lines: list[str] = []
    line = ""
    for piece in pieces(text):
        if width(line + piece.rstrip()) <= cells or not line:
            line += piece
        else:
            lines.append(line.rstrip())
            line = piece.lstrip()
    lines.append(line.rstrip())
    return lines


def pieces(text: str) -> list[str]:
    """Parts between which a line may break; each keeps the space behind it."""
    pieces: list[str] = []
    piece = ""
    for place, character in enumerate(text):
        piece += character
        following = text[place + 1 : place + 2]
        if not following:
            break
        if character == " ":
            ends = following != " "
        else:
            wide = width(character) == 2 or (width(following) == 2 and following != " ")
            ends = wide and following not in _NO_BREAK_BEFORE and following != " " and character not in _NO_BREAK_AFTER
        if ends:
            pieces.append(piece)
            piece = ""
    if piece:
        pieces.append(piece)
    return pieces
