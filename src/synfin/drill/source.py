"""The text of a script before parsing: comments, conditions and replaced words, without losing track of places.

Responsible for both forms of comments, `#ifdef`, `#ifndef`, `#else`, `#endif`, `#define`, and for `-D NAME=value`.
What remains is text of which each character knows its line and column in the file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Final, final

from synfin.drill.errors import ScriptError

MAX_CHARACTERS: Final = 4_000_000  # of one script, after words were replaced
MAX_REPLACEMENTS: Final = 16  # a replaced word may hold words that are replaced again, this deep

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DIRECTIVE: Final = re.compile(
    r"[ \t]*#(define|ifdef|ifndef|else|endif)\b(?:[ \t]+([A-Za-z_][A-Za-z0-9_]*))?(?:[ \t]+(.*?))?[ \t]*\Z"
)
_DEFINE_OPTION: Final = re.compile(r"[ \t]*--define=([A-Za-z_][A-Za-z0-9_]*)=(.*?)[ \t]*\Z")
# What is skipped as a whole: quoted text, code, shell commands and options keep their words.
_OPAQUE: Final = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|%\{.*?\}%|^[ \t]*--[^\n]*?(?=[ \t]+//|[ \t]+/\*|$)', re.DOTALL | re.MULTILINE
)
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_INTEREST: Final = re.compile(r'["`]|%\{|//|/\*|^[ \t]*--|[A-Za-z_]|[0-9.]+', re.MULTILINE)


@final
class Source:
    """Text ready for parsing; `place(offset)` is the line and column in the file, from 1."""

    __slots__ = ("_ends", "_line_starts", "_origins", "lines", "path", "text")

    def __init__(self, raw: str, path: str = "<script>", defines: Mapping[str, str] | None = None) -> None:
        raw = raw.replace("\r\n", "\n").replace("\r", "\n")
        self.path = path
        self.lines = tuple(raw.split("\n"))
        self._line_starts = [0]
        for line in self.lines:
            self._line_starts.append(self._line_starts[-1] + len(line) + 1)
        self._ends: list[int] = []  # of pieces, in the text
        self._origins: list[tuple[int, int, bool]] = []  # start in the text, start in the file, one place for all
        words = dict(defines or {})
        self.text = self._expand(self._conditions(raw, words), words)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of a character of `text`."""
        piece = bisect_right(self._ends, offset)
        if piece < len(self._ends):
            start, origin, fixed = self._origins[piece]
            place = origin if fixed else origin + offset - start
        else:
            place = self._line_starts[-1] - 1
        line = min(bisect_right(self._line_starts, place) - 1, len(self.lines) - 1)
        return line + 1, place - self._line_starts[line] + 1

    def error(self, offset: int, expected: str, found: str | None = None) -> ScriptError:
        """The error that something else was expected at `offset`."""
        line, column = self.place(offset)
        if found is None:
            found = self._found(offset)
        return ScriptError(self.path, line, column, expected, found, self.lines[line - 1])

    def _found(self, offset: int) -> str:
        rest = self.text[offset : offset + 40]
        if not rest.strip():
            return "the end of the script" if offset + 40 >= len(self.text) else "an empty line"
        word = re.match(r"\S\w*|\s+", rest)
        return repr(word[0].strip() or " ") if word else repr(rest[0])

    # Conditions: lines that do not count become blank, so that places stay

    def _conditions(self, raw: str, words: dict[str, str]) -> str:
        given = frozenset(words)
        out: list[str] = []
        depth: list[tuple[bool, bool, int]] = []  # counts, has had its else, line
        for number, line in enumerate(self.lines):
            directive = _DIRECTIVE.match(line)
            if directive is not None:
                self._direct(number, directive, depth, words, given)
                out.append(" " * len(line))
                continue
            counts = all(state[0] for state in depth)
            define = _DEFINE_OPTION.match(line) if counts else None
            if define is not None and define[1] not in given:
                words[define[1]] = define[2].strip("'\"")
            out.append(line if counts else " " * len(line))
        if depth:
            raise self._bad_line(depth[-1][2], "#endif for this condition before the end of the script")
        return "\n".join(out)

    def _direct(
        self,
        number: int,
        directive: re.Match[str],
        depth: list[tuple[bool, bool, int]],
        words: dict[str, str],
        given: frozenset[str],
    ) -> None:
        kind, name, rest = directive[1], directive[2], directive[3]
        if kind in ("ifdef", "ifndef"):
            if not name:
                raise self._bad_line(number, f"a name after #{kind}")
            depth.append(((name in words) == (kind == "ifdef"), False, number))
        elif kind == "define":
            if not name:
                raise self._bad_line(number, "a name after #define")
            if all(state[0] for state in depth) and name not in given:
                words[name] = rest or ""
        elif not depth:
            raise self._bad_line(number, f"#ifdef before #{kind}")
        elif kind == "else":
            counts, again, line = depth.pop()
            if again:
                raise self._bad_line(number, "#endif; this condition has had its #else")
            depth.append((not counts, True, line))
        else:
            depth.pop()

    def _bad_line(self, number: int, expected: str) -> ScriptError:
        line = self.lines[number]
        column = len(line) - len(line.lstrip()) + 1
        return ScriptError(self.path, number + 1, column, expected, repr(line.strip()[:40]), line)

    # Words and comments

    def _expand(self, raw: str, words: Mapping[str, str]) -> str:
        out: list[str] = []
        size = 0

        def put(text: str, origin: int, fixed: bool) -> None:
            nonlocal size
            if not text:
                return
            out.append(text)
            self._origins.append((size, origin, fixed))
            size += len(text)
            self._ends.append(size)
            if size > MAX_CHARACTERS:
                raise self._at_raw(origin, f"at most {MAX_CHARACTERS} characters in a script")

        at = 0
        kept = 0
        while (found := _INTEREST.search(raw, at)) is not None:
            start = found.start()
            opaque = _OPAQUE.match(raw, start)
            comment = _COMMENT.match(raw, start)
            if opaque is not None:
                at = opaque.end()
            elif comment is not None:
                put(raw[kept:start], kept, False)
                put("".join("\n" if character == "\n" else " " for character in comment[0]), start, False)
                at = kept = comment.end()
            elif raw.startswith("/*", start):
                raise self._at_raw(start, "*/ to end this comment")
            elif (word := _WORD.match(raw, start)) is not None:
                at = word.end()
                if word[0] in words:
                    put(raw[kept:start], kept, False)
                    put(self._replaced(word[0], words, start), start, True)
                    kept = at
            else:
                at = max(found.end(), start + 1)
                # 0x2F and 10ms are no words to replace
                tail = _WORD.match(raw, at) if found[0][-1].isdigit() else None
                at = tail.end() if tail is not None else at
        put(raw[kept:], kept, False)
        return "".join(out)

    def _replaced(self, word: str, words: Mapping[str, str], origin: int) -> str:
        text = words[word]
        for _ in range(MAX_REPLACEMENTS):
            new = _WORD.sub(lambda match: words.get(match[0], match[0]), text)
            if len(new) > MAX_CHARACTERS:
                raise self._at_raw(origin, f"a word that is replaced by at most {MAX_CHARACTERS} characters")
            if new == text:
                return new
            text = new
        raise self._at_raw(origin, "a word that is not replaced by itself in a circle")

    def _at_raw(self, offset: int, expected: str) -> ScriptError:
        line = min(bisect_right(self._line_starts, offset) - 1, len(self.lines) - 1)
        text = self.lines[line]
        return ScriptError(self.path, line + 1, offset - self._line_starts[line] + 1, expected, "", text)
