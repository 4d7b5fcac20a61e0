"""The largest of the values of a sliding window, as BBR's filters need it."""

from __future__ import annotations

from typing import final


@final
class MaxFilter:
    """Keeps the values that may still become the largest one: at most `length` of them.

    `turn` is whatever counts: rounds, or cycles of probing; a value counts for `length` turns.
    """

    __slots__ = ("_entries", "length")

    def __init__(self, length: int) -> None:
        self.length = length
        self._entries: list[tuple[int, int]] = []  # (turn, value), values falling

    def update(self, turn: int, value: int) -> int:
        """Take `value`; returns the largest of the last `length` turns."""
        entries = self._entries
        while entries and entries[-1][1] <= value:
            entries.pop()
        if not entries or entries[-1][0] != turn:  # a smaller value of the same turn can never become the largest
            entries.append((turn, value))
        while entries[0][0] <= turn - self.length:
            entries.pop(0)
        return entries[0][1]

    def best(self) -> int:
        """The largest value as of the last update; 0 without any."""
        return self._entries[0][1] if self._entries else 0
