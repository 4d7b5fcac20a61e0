"""Which steps stand on one line.

A segment's departure and arrival share a line where that keeps the order of events in both columns; segments that cross
on the wire are drawn in two parts.  So a ladder reads downward in each column without ever going back in time.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import final

from synfin.timeline.model import ARRIVAL, ARRIVED, DEPARTURE, HELD, LATE, Flight, Step
from synfin.wire.tcp import FIN, SYN


@final
class Row:
    """One line of a ladder: a whole flight (`departure` and `arrival`), one part of it, or one other step."""

    __slots__ = ("arrival", "departure", "step")

    def __init__(self, step: Step | None, departure: Step | None = None, arrival: Step | None = None) -> None:
        self.step = step
        self.departure = departure
        self.arrival = arrival

    @property
    def flight(self) -> Flight | None:
        """The segment of this line, if it has one."""
        for step in (self.departure, self.arrival):
            if step is not None:
                return step.flight
        return None

    def steps(self) -> list[Step]:
        """The steps of this line, at most one for each column."""
        return [step for step in (self.step, self.departure, self.arrival) if step is not None]


@final
class Layout:
    """Places groups of steps; `hosts` are the left and the right column.  Flights in two parts get numbers from 1."""

    def __init__(self, hosts: tuple[str, str]) -> None:
        self.hosts = hosts
        self._numbers = 0

    def place(self, group: list[Step]) -> list[Row]:
        """The lines of one group (as `Model.feed` gives it), in order."""
        columns: tuple[list[Step], list[Step]] = ([], [])
        for step in group:
            columns[0 if step.host == self.hosts[0] else 1].append(step)
        joined = _joined(columns)
        rows: list[Row] = []
        heads = [0, 0]
        while heads[0] < len(columns[0]) or heads[1] < len(columns[1]):
            rows.append(self._next(columns, heads, joined))
        return rows

    def _next(self, columns: tuple[list[Step], list[Step]], heads: list[int], joined: dict[int, Step]) -> Row:
        """The next line: the earliest step that is alone, else the flight that heads both columns."""
        best: Step | None = None
        for side in (0, 1):
            if heads[side] < len(columns[side]):
                step = columns[side][heads[side]]
                if step.order not in joined and (best is None or step.order < best.order):
                    best = step
        if best is not None:
            heads[0 if best.host == self.hosts[0] else 1] += 1
            return self._alone(best)
        first = columns[0][heads[0]]
        partner = joined[first.order]
        heads[0] += 1
        heads[1] += 1
        return Row(None, first, partner) if first.kind == DEPARTURE else Row(None, partner, first)

    def _alone(self, step: Step) -> Row:
        flight = step.flight
        if flight is None:
            return Row(step)
        if step.kind == DEPARTURE:
            if flight.fate in (ARRIVED, LATE, HELD) and flight.number == 0:
                self._numbers += 1
                flight.number = self._numbers
            return Row(None, step, None)
        return Row(None, None, step)


def _joined(columns: tuple[list[Step], list[Step]]) -> dict[int, Step]:
    """Order number of each step that shares a line, to its partner: as many flights as can without an inversion."""
    places: dict[int, tuple[int, int]] = {}
    departures: list[Step] = []
    arrivals: dict[int, Step] = {}
    where = {step.order: place for column in columns for place, step in enumerate(column)}
    for column in columns:
        departures.extend(
            step
            for step in column
            if step.kind == DEPARTURE and step.flight is not None and step.flight.fate == ARRIVED
        )
    for column in columns:
        for step in column:
            if step.kind == ARRIVAL and step.first and step.flight is not None:
                origin = step.flight.departure
                if origin is not None and origin.order in where:
                    arrivals[origin.order] = step
    left = columns[0][0].host if columns[0] else ""
    pairs: list[tuple[int, int, Step]] = []
    for departure in departures:
        arrival = arrivals.get(departure.order)
        if arrival is not None and arrival.host != departure.host:
            here, there = where[departure.order], where[arrival.order]
            place = (here, there) if departure.host == left else (there, here)
            places[departure.order] = place
            pairs.append((*place, departure))
    pairs = _without_crossed_control(pairs)
    pairs.sort(key=lambda pair: pair[:2])
    joined: dict[int, Step] = {}
    for departure in _longest_rising(pairs):
        arrival = arrivals[departure.order]
        joined[departure.order] = arrival
        joined[arrival.order] = departure
    return joined


def _without_crossed_control(pairs: list[tuple[int, int, Step]]) -> list[tuple[int, int, Step]]:
    """SYNs, or FINs, that cross are both drawn in two parts: a simultaneous open looks the same from both sides."""
    crossed: dict[int, bool] = {}
    for flag in (SYN, FIN):
        some = [pair for pair in pairs if pair[2].flight is not None and pair[2].flight.segment.flags & flag]
        for one in some[:64]:
            for other in some[:64]:
                if one[2].host != other[2].host and one[0] < other[0] and one[1] > other[1]:
                    crossed[one[2].order] = crossed[other[2].order] = True
    return [pair for pair in pairs if pair[2].order not in crossed]


def _longest_rising(pairs: list[tuple[int, int, Step]]) -> list[Step]:
    """The longest subsequence whose second places rise (patience sorting); `pairs` is sorted by the first place."""
    tails: list[int] = []
    tail_index: list[int] = []
    before: list[int] = []
    for index, (_, place, _) in enumerate(pairs):
        at = bisect_left(tails, place)
        before.append(tail_index[at - 1] if at else -1)
        if at == len(tails):
            tails.append(place)
            tail_index.append(index)
        else:
            tails[at] = place
            tail_index[at] = index
    chosen: list[Step] = []
    index = tail_index[-1] if tail_index else -1
    while index >= 0:
        chosen.append(pairs[index][2])
        index = before[index]
    return chosen
