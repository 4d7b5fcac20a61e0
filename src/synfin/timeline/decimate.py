"""Lines, bars and bins of bounded size, however long the run: what is thinned out keeps its extremes.

Responsible for memory: nothing here holds more than its named limit.  What the numbers mean is `series`' affair.
"""

from __future__ import annotations

from typing import Final, TypeAlias, final

POINT_LIMIT: Final = 4_096  # points of one line
BAR_LIMIT: Final = 8_192  # bars of one kind
BIN_LIMIT: Final = 1_024  # bins of a histogram over time

Value: TypeAlias = float | None
Point: TypeAlias = tuple[int, tuple[Value, ...]]


@final
class Line:
    """Points in the order of time: a time in ns and `columns` values each (None: no value).

    When there are more than `limit`, groups of neighbours are thinned out to the least and the greatest of each column,
    so that about half of the points stay; what comes later is thinned out likewise.  `thinned` says how many points one
    of now stands for at most.  `joined`: it is drawn as a line, so points inside a level stretch are left out.
    """

    __slots__ = ("_count", "_group", "_tail", "_times", "_values", "columns", "joined", "limit", "thinned")

    def __init__(self, columns: int = 1, limit: int = POINT_LIMIT, *, joined: bool = True) -> None:
        self.columns = columns
        self.joined = joined
        self.limit = limit
        self.thinned = 1
        self._times: list[int] = []
        self._values: list[list[Value]] = [[] for _ in range(columns)]
        self._tail: list[Point] = []  # the last two points, which may still move
        self._group: list[Point] = []  # the extremes of the points that are to become one group
        self._count = 0  # points of that group so far

    def add(self, now: int, *values: Value) -> None:
        """One more point."""
        tail = self._tail
        if self.joined and len(tail) == 2 and tail[0][1] == tail[1][1] == values:
            tail[1] = (now, values)
            return
        tail.append((now, values))
        if len(tail) > 2:
            self._push(tail.pop(0))

    def points(self) -> tuple[list[int], list[list[Value]]]:
        """The times, and the values of each column."""
        rest = [*self._group, *self._tail]
        times = [*self._times, *[now for now, _ in rest]]
        return times, [[*column, *[row[place] for _, row in rest]] for place, column in enumerate(self._values)]

    def _push(self, point: Point) -> None:
        if self.thinned == 1:
            self._append(point)
        else:
            self._group = _extremes([*self._group, point], self.columns)
            self._count += 1
            if self._count >= 2 * self.columns * self.thinned:
                for one in self._group:
                    self._append(one)
                self._group = []
                self._count = 0
        if len(self._times) > self.limit:
            self._thin()

    def _append(self, point: Point) -> None:
        self._times.append(point[0])
        for column, value in zip(self._values, point[1], strict=True):
            column.append(value)

    def _thin(self) -> None:
        rows: list[Point] = list(zip(self._times, zip(*self._values, strict=True), strict=True))
        self._times = []
        self._values = [[] for _ in range(self.columns)]
        self._append(rows[0])
        size = 4 * self.columns
        for start in range(1, len(rows), size):
            for point in _extremes(rows[start : start + size], self.columns):
                self._append(point)
        self.thinned *= 2


def _extremes(rows: list[Point], columns: int) -> list[Point]:
    """Of each column the first that is least and the last that is greatest, in the order of time."""
    wanted: list[int] = []
    for column in range(columns):
        low = high = -1
        least = most = 0.0
        for place, (_, row) in enumerate(rows):
            value = row[column]
            if value is not None:
                if low < 0 or value < least:
                    low, least = place, value
                if high < 0 or value >= most:
                    high, most = place, value
        wanted += [low, high]
    return [rows[place] for place in sorted({place for place in wanted if place >= 0} or {0})]


@final
class Bars:
    """Upright bars of one kind: a time in ns, and from where to where they reach.

    When there are more than `limit`, neighbours are put together two by two: the time of the first, the reach of both;
    and so on with what comes later.  `thinned` says how many bars one of now stands for.
    """

    __slots__ = ("_count", "_rows", "limit", "thinned")

    def __init__(self, limit: int = BAR_LIMIT) -> None:
        self.limit = limit
        self.thinned = 1
        self._rows: list[tuple[int, int, int]] = []
        self._count = 0  # bars in the last row

    def add(self, now: int, start: int, end: int) -> None:
        """One more bar."""
        if 0 < self._count < self.thinned:
            self._rows[-1] = _together(self._rows[-1], (now, start, end))
            self._count += 1
            return
        if len(self._rows) >= self.limit:
            pairs = range(0, len(self._rows) - 1, 2)
            left = self._rows[len(pairs) * 2 :]
            self._rows = [_together(self._rows[at], self._rows[at + 1]) for at in pairs] + left
            self._count = self.thinned if left else 2 * self.thinned
            self.thinned *= 2
            self.add(now, start, end)
            return
        self._rows.append((now, start, end))
        self._count = 1

    def rows(self) -> list[tuple[int, int, int]]:
        """Time, start and end of each bar."""
        return list(self._rows)


def _together(one: tuple[int, int, int], other: tuple[int, int, int]) -> tuple[int, int, int]:
    return one[0], min(one[1], other[1]), max(one[2], other[2])


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
        """Add to the bin that `now` falls into; what a clock that was set back puts before the first, to the first."""
        while (now - self.origin) // self.width >= self.limit:
            self.widen()
        place = max((now - self.origin) // self.width, 0)
        if place >= len(self.sums[0]):
            for sums in self.sums:
                sums.extend([0] * (place + 1 - len(sums)))
        self.sums[column][place] += amount

    def widen(self) -> None:
        """Put the bins together two by two."""
        self.width *= 2
        self.sums = [[sum(sums[at : at + 2]) for at in range(0, len(sums), 2)] for sums in self.sums]
