"""Lines, bars and bins of bounded size, however long the run: what is thinned out keeps its extremes.

Responsible for memory: nothing here holds more than its named limit.  What the numbers mean is `series`' affair.
"""

from __future__ import annotations

from typing import Final, final

POINT_LIMIT: Final = 4_096  # points of one line
BAR_LIMIT: Final = 8_192  # bars of one kind
BIN_LIMIT: Final = 1_024  # bins of a histogram over time

Value = float | None


@final
class Line:
    """Points in the order of time: a time in ns and `columns` values each (None: no value).

    When there are more than `limit`, groups of neighbours are thinned out to the least and the greatest of each column,
    so that about half of the points stay; `thinned` says how many points one of now stands for at most.  `joined`: it
    is drawn as a line, so points in the middle of a level stretch are left out.
    """

    __slots__ = ("columns", "joined", "limit", "thinned", "times", "values")

    def __init__(self, columns: int = 1, limit: int = POINT_LIMIT, *, joined: bool = True) -> None:
        self.joined = joined
        self.columns = columns
        self.limit = limit
        self.thinned = 1
        self.times: list[int] = []
        self.values: list[list[Value]] = [[] for _ in range(columns)]

    def add(self, now: int, *values: Value) -> None:
        """One more point."""
        times = self.times
        if (
            self.joined
            and len(times) > 1
            and all(
                column[-1] == value and column[-2] == value for column, value in zip(self.values, values, strict=True)
            )
        ):
            times[-1] = now
            return
        times.append(now)
        for column, value in zip(self.values, values, strict=True):
            column.append(value)
        if len(times) > self.limit:
            self._thin()

    def _thin(self) -> None:
        group = 4 * self.columns
        kept: list[int] = []
        last = len(self.times) - 1
        for start in range(0, last, group):
            places = range(start, min(start + group, last))
            wanted = {0} if start == 0 else set()
            for column in self.values:
                known = [place for place in places if column[place] is not None]
                if known:
                    wanted.add(min(known, key=lambda place: (column[place] or 0, place)))
                    wanted.add(max(known, key=lambda place: (column[place] or 0, -place)))
            kept.extend(sorted(wanted or {start}))
        kept.append(last)
        self.times = [self.times[place] for place in kept]
        self.values = [[column[place] for place in kept] for column in self.values]
        self.thinned *= 2


@final
class Bars:
    """Upright bars of one kind: a time in ns, and from where to where they reach.

    When there are more than `limit`, neighbours are put together two by two: the time of the first, the reach of both.
    """

    __slots__ = ("ends", "limit", "starts", "thinned", "times")

    def __init__(self, limit: int = BAR_LIMIT) -> None:
        self.limit = limit
        self.thinned = 1
        self.times: list[int] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def add(self, now: int, start: int, end: int) -> None:
        """One more bar."""
        self.times.append(now)
        self.starts.append(start)
        self.ends.append(end)
        if len(self.times) > self.limit:
            self.thinned *= 2
            self.starts = [min(self.starts[at : at + 2]) for at in range(0, len(self.starts), 2)]
            self.ends = [max(self.ends[at : at + 2]) for at in range(0, len(self.ends), 2)]
            self.times = self.times[::2]


@final
class Bins:
    """Sums over equal spans of time, which double whenever there would be more than `limit` of them."""

    __slots__ = ("columns", "limit", "origin", "sums", "width")

    def __init__(self, origin: int, columns: int, width: int, limit: int = BIN_LIMIT) -> None:
        self.origin = origin
        self.columns = columns
        self.width = width  # ns
        self.limit = limit
        self.sums: list[list[int]] = [[] for _ in range(columns)]

    def add(self, now: int, column: int, amount: int) -> None:
        """Add to the bin that `now` falls into."""
        while (now - self.origin) // self.width >= self.limit:
            self.widen()
        place = (now - self.origin) // self.width
        if place >= len(self.sums[0]):
            for sums in self.sums:
                sums.extend([0] * (place + 1 - len(sums)))
        self.sums[column][place] += amount

    def widen(self) -> None:
        """Put the bins together two by two."""
        self.width *= 2
        self.sums = [[sum(sums[at : at + 2]) for at in range(0, len(sums), 2)] for sums in self.sums]
