"""How wide a text will be, without a font at hand.

Responsible for estimates that are rather too wide than too narrow: Latin letters are taken as wide as those of the
widest of the usual fonts (DejaVu Sans), East Asian wide characters as one em.
"""

from __future__ import annotations

from typing import Final

from synfin.timeline.width import pieces, width

# Hundredths of an em for the characters from space to tilde, upright and bold.
_PLAIN: Final = (
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
    84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61,
    69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59,
    82, 59, 59, 52, 64, 34, 64, 84,
)  # fmt: skip
_BOLD: Final = (
    35, 46, 52, 84, 70, 100, 87, 31, 46, 46, 52, 84, 38, 42, 38, 37, 70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 40, 40, 84,
    84, 84, 58, 100, 77, 76, 73, 83, 68, 68, 82, 84, 37, 37, 77, 64, 100, 84, 85, 73, 85, 77, 72, 68, 81, 77, 110, 77,
    72, 73, 46, 37, 46, 84, 50, 50, 67, 72, 59, 72, 68, 44, 72, 71, 34, 34, 67, 34, 104, 71, 69, 72, 72, 49, 60, 48, 71,
    65, 92, 65, 65, 58, 71, 37, 71, 84,
)  # fmt: skip
_MONO: Final = 61  # hundredths of an em for every character of a monospaced font
_OTHER: Final = 90  # arrows, bullets, accented letters


def text_width(text: str, size: float, *, mono: bool = False, bold: bool = False) -> float:
    """The width of one line at a font size, in the same unit as `size`."""
    table = _BOLD if bold else _PLAIN
    hundredths = 0
    for character in text:
        cells = width(character)
        if cells == 2:
            hundredths += 100
        elif mono:
            hundredths += _MONO * cells
        elif " " <= character <= "~":
            hundredths += table[ord(character) - 32]
        elif character == "\N{NO-BREAK SPACE}":
            hundredths += table[0]
        else:
            hundredths += _OTHER * cells
    return hundredths * size / 100


def wrap_text(text: str, room: float, size: float, *, mono: bool = False, bold: bool = False) -> list[str]:
    """`text` in lines of at most `room`: broken at spaces and between wide characters, in words only if they must."""
    lines: list[str] = []
    line = ""
    for piece in pieces(text):
        if text_width(line + piece.rstrip(" "), size, mono=mono, bold=bold) <= room:
            line += piece
            continue
        if line:
            lines.append(line.rstrip(" "))
        line = piece.lstrip(" ")
        while text_width(line.rstrip(" "), size, mono=mono, bold=bold) > room and len(line) > 1:
            fitting = _fitting(line, room, size, mono=mono, bold=bold)
            lines.append(line[:fitting])
            line = line[fitting:]
    lines.append(line.rstrip(" "))
    return lines


def _fitting(text: str, room: float, size: float, *, mono: bool, bold: bool) -> int:
    """How many characters fit, at least one."""
    count = 1
    while count < len(text) and text_width(text[: count + 1], size, mono=mono, bold=bold) <= room:
        count += 1
    return count
