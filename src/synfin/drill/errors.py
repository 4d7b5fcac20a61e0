"""The errors of scripts: one for text that cannot be read, one for a run that cannot even start.

A script that runs and is not satisfied is no error; its `Failure` is in `outcome`.
"""

from __future__ import annotations

from synfin.errors import SynfinError


class ScriptError(SynfinError):
    """The text of a script cannot be read; the only exception that lexer and parser raise.

    `line` and `column` count from 1; `expected` says what would have been right there, `found` what is there.
    """

    def __init__(self, path: str, line: int, column: int, expected: str, found: str = "", text: str = "") -> None:
        got = f", found {found}" if found else ""
        super().__init__(f"{path}:{line}:{column}: expected {expected}{got}")
        self.path = path
        self.line = line
        self.column = column
        self.expected = expected
        self.found = found
        self.text = text

    def pointer(self) -> str:
        """The message, the line of the script, and a caret below the place."""
        lead = "".join("\t" if character == "\t" else " " for character in self.text[: self.column - 1])
        return f"{self}\n    {self.text}\n    {lead}^"


class UnsupportedError(SynfinError):
    """A script asks for something that the runner does not do; says what."""
