"""A cursor over a script's text that gives words, numbers, strings and signs as the parser asks for them.

The language has no tokens that are the same everywhere (`.` is a flag, a decimal point and a part of `...`), so the
parser says what it wants next.  Responsible for white space, for limits on numbers, and for errors with their place.
"""

from __future__ import annotations

import re
from typing import Final, final

from synfin.drill.errors import ScriptError
from synfin.drill.source import Source

MAX_DIGITS: Final = 20  # 2**64 has that many
SECOND: Final = 1_000_000_000

_SPACE: Final = re.compile(r"\s+")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DIGITS: Final = re.compile(r"[0-9]+")
_HEX: Final = re.compile(r"0[xX]([0-9a-fA-F]+)")
_HEX_OCTETS: Final = re.compile(r"(?:0[xX])?([0-9a-fA-F]+)\b")
_TIME: Final = re.compile(r"([0-9]*)(?:\.([0-9]+))?")
_STRING: Final = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{2}|.)")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", '"': '"', "\\": "\\"}


@final
class Lexer:
    """Reads `source` from left to right; `at` is the offset of the next character."""

    __slots__ = ("at", "source", "text")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0

    def error(self, expected: str, at: int | None = None) -> ScriptError:
        """The error that something else was expected here (or at `at`)."""
        self.space()
        return self.source.error(self.at if at is None else at, expected)

    def space(self) -> None:
        """Pass over white space."""
        found = _SPACE.match(self.text, self.at)
        if found is not None:
            self.at = found.end()

    def at_end(self) -> bool:
        """Whether nothing but white space is left."""
        self.space()
        return self.at >= len(self.text)

    def peek(self, sign: str) -> bool:
        """Whether `sign` comes next."""
        self.space()
        return self.text.startswith(sign, self.at)

    def touches(self, sign: str) -> bool:
        """Whether `sign` comes next without white space before it."""
        return self.text.startswith(sign, self.at)

    def take(self, sign: str) -> bool:
        """Pass over `sign` if it comes next."""
        if not self.peek(sign):
            return False
        self.at += len(sign)
        return True

    def expect(self, sign: str, what: str = "") -> None:
        """Pass over `sign`; an error if it does not come next."""
        if not self.take(sign):
            raise self.error(what or repr(sign))

    def peek_word(self) -> str:
        """The word that comes next, or nothing."""
        self.space()
        found = _WORD.match(self.text, self.at)
        return found[0] if found is not None else ""

    def take_word(self, word: str) -> bool:
        """Pass over exactly this word if it comes next."""
        if self.peek_word() != word:
            return False
        self.at += len(word)
        return True

    def word(self, expected: str) -> str:
        """The word that comes next."""
        found = self.peek_word()
        if not found:
            raise self.error(expected)
        self.at += len(found)
        return found

    def peek_number(self) -> bool:
        """Whether a number without sign comes next."""
        self.space()
        return _DIGITS.match(self.text, self.at) is not None

    def number(self, expected: str, high: int | None = None) -> int:
        """A number, decimal or with 0x, up to `high`."""
        return self.number_as_written(expected, high)[0]

    def number_as_written(self, expected: str, high: int | None = None) -> tuple[int, bool]:
        """A number and whether it was hexadecimal."""
        self.space()
        start = self.at
        found = _HEX.match(self.text, start)
        if found is None:
            decimal = _DIGITS.match(self.text, start)
            if decimal is None:
                raise self.error(expected)
            digits, base, end = decimal[0], 10, decimal.end()
        else:
            digits, base, end = found[1], 16, found.end()
        if len(digits) > MAX_DIGITS:
            raise self.error(f"a number of at most {MAX_DIGITS} digits")
        value = int(digits, base)
        if high is not None and value > high:
            raise self.error(f"{expected} of at most {high}", start)
        self.at = end
        return value, base == 16

    def octets(self, expected: str) -> bytes:
        """Hexadecimal octets such as `0a1b`."""
        self.space()
        found = _HEX_OCTETS.match(self.text, self.at)
        if found is None or len(found[1]) % 2:
            raise self.error(expected)
        self.at = found.end()
        return bytes.fromhex(found[1])

    def peek_octets(self) -> bool:
        """Whether hexadecimal octets come next."""
        self.space()
        return _HEX_OCTETS.match(self.text, self.at) is not None

    def duration(self, expected: str) -> int:
        """Seconds with at most nine decimals, in nanoseconds."""
        self.space()
        found = _TIME.match(self.text, self.at)
        if found is None or not (found[1] or found[2]):
            raise self.error(expected)
        whole, part = found[1] or "0", found[2] or ""
        if len(whole) > 9 or len(part) > 9:
            raise self.error("at most nine digits before and behind the decimal point")
        self.at = found.end()
        return int(whole) * SECOND + int(part.ljust(9, "0"))

    def string(self) -> str:
        """Text in double quotes, with its escapes replaced."""
        self.space()
        found = _STRING.match(self.text, self.at)
        if found is None:
            raise self.error('a string that ends with "')
        self.at = found.end()
        return _ESCAPE.sub(_unescape, found[1])

    def until(self, sign: str, what: str) -> str:
        """Everything up to `sign`, and pass over that."""
        end = self.text.find(sign, self.at)
        if end < 0:
            raise self.source.error(len(self.text), what)
        found = self.text[self.at : end]
        self.at = end + len(sign)
        return found

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What `pattern` finds here, behind white space; passes over it."""
        self.space()
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found


def _unescape(found: re.Match[str]) -> str:
    what = found[1]
    if len(what) == 3:
        return chr(int(what[1:], 16))
    return _ESCAPES.get(what, what)
