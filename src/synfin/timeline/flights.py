"""Segments on their way, and what was sent before: bounded tables that the model looks flights up in.

Responsible for finding the flight that a record is about, for the first sending of octets that are sent again, and for
the numbers that faults count by.  What became of a flight is the model's affair.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from typing import Final, final

from synfin.timeline.steps import Flight
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import SYN, Segment

FLIGHT_LIMIT: Final = 65_536  # segments on their way (or held) that are remembered
ORIGINAL_LIMIT: Final = 16_384  # segments with text, SYN or FIN that are remembered in case they are sent again
ACKED_KEPT: Final = 64  # of those that are acknowledged, so many are kept in each direction: the ACK may get lost
COUNT_LIMIT: Final = 65_536  # pairs of ends for which segments are counted
_COMPACT_FROM: Final = 64


@final
class OnTheWay:
    """Flights by the identity of their segment, oldest first; at most `FLIGHT_LIMIT`."""

    __slots__ = ("_by_segment", "_count")

    def __init__(self) -> None:
        self._by_segment: dict[int, list[Flight]] = {}  # a list: nothing forbids to send the same object twice
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Flight]:
        for flights in self._by_segment.values():
            yield from flights

    def __reversed__(self) -> Iterator[Flight]:
        for flights in reversed(self._by_segment.values()):
            yield from reversed(flights)

    def add(self, flight: Flight) -> Flight | None:
        """Enter a flight; gives the one that had to make room."""
        self._by_segment.setdefault(id(flight.segment), []).append(flight)
        self._count += 1
        if self._count <= FLIGHT_LIMIT:
            return None
        oldest = next(iter(self._by_segment.values()))[0]
        self.remove(oldest)
        return oldest

    def find(self, segment: Segment) -> Flight | None:
        """The oldest flight of this very segment."""
        flights = self._by_segment.get(id(segment))
        return flights[0] if flights else None

    def change(self, flight: Flight, segment: Segment) -> None:
        """The flight goes on as `segment`: a router has written into it.  It is found by both."""
        flight.changed = segment
        self._by_segment.setdefault(id(segment), []).append(flight)
        self._count += 1

    def remove(self, flight: Flight) -> None:
        """Take a flight out."""
        for segment in (flight.segment, flight.changed):
            flights = [] if segment is None else self._by_segment.get(id(segment), [])
            if flight in flights:
                flights.remove(flight)
                self._count -= 1
                if not flights and segment is not None:
                    del self._by_segment[id(segment)]


@final
class _Stream:
    """What one end has sent for the first time: flights with rising ends."""

    __slots__ = ("acked", "base", "ends", "first", "flights", "head")

    def __init__(self, base: int) -> None:
        self.base = base
        self.acked = 0  # relative, as told by the other end
        self.flights: list[Flight] = []
        self.ends: list[int] = []
        self.head = 0  # those before are forgotten
        self.first = 0  # serial number of the flight at index 0

    def forget_until(self, serial: int) -> None:
        """Forget the flights up to a serial number."""
        self.head = min(max(self.head, serial + 1 - self.first), len(self.flights))
        if self.head >= _COMPACT_FROM and 2 * self.head >= len(self.flights):
            del self.flights[: self.head]
            del self.ends[: self.head]
            self.first += self.head
            self.head = 0


@final
class Originals:
    """Finds the flight whose octets are sent again.

    It knows the latest `ORIGINAL_LIMIT` that were new, and of the acknowledged ones `ACKED_KEPT` in each direction.
    """

    __slots__ = ("_order", "_streams")

    def __init__(self) -> None:
        self._streams: dict[tuple[Endpoint, Endpoint], _Stream] = {}
        self._order: deque[tuple[tuple[Endpoint, Endpoint], _Stream, int]] = deque()

    def __len__(self) -> int:
        return sum(len(stream.flights) - stream.head for stream in self._streams.values())

    def link(self, flight: Flight) -> None:
        """Take note of a flight that is sent, and tell it what it repeats."""
        numbers = flight.numbers
        if numbers.ack is not None:
            back = self._streams.get((flight.dst, flight.src))
            if back is not None and numbers.ack > back.acked:
                back.acked = numbers.ack
        if flight.segment.length == 0 or flight.foreign:
            return
        key = (flight.src, flight.dst)
        stream = self._streams.get(key)
        if numbers.again:
            flight.again = None if stream is None else self._find(stream, numbers.seq)
            return
        if stream is None or (flight.segment.flags & SYN and stream.base != flight.segment.seq):
            stream = self._streams[key] = _Stream(flight.segment.seq)
        end = numbers.seq + flight.segment.length
        if not stream.ends or end > stream.ends[-1]:
            self._keep(key, stream, flight, end)

    def _find(self, stream: _Stream, seq: int) -> Flight | None:
        index = bisect_right(stream.ends, seq, stream.head)
        if index < len(stream.flights) and stream.flights[index].numbers.seq <= seq:
            return stream.flights[index]
        return None

    def _keep(self, key: tuple[Endpoint, Endpoint], stream: _Stream, flight: Flight, end: int) -> None:
        stream.flights.append(flight)
        stream.ends.append(end)
        newest = stream.first + len(stream.flights) - 1
        spare = len(stream.flights) - ACKED_KEPT
        if spare > stream.head and stream.ends[stream.head] <= stream.acked:
            acked = bisect_right(stream.ends, stream.acked, stream.head)
            stream.forget_until(stream.first + min(acked, spare) - 1)
        self._order.append((key, stream, newest))
        if len(self._order) > ORIGINAL_LIMIT:
            key, stream, oldest = self._order.popleft()
            stream.forget_until(oldest)
            if stream.head == len(stream.flights) and self._streams.get(key) is stream:
                del self._streams[key]


@final
class Counter:
    """Numbers what each host sends to each other end, from 1."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def next(self, sender: str, target: str) -> int:
        """The number of the next segment from host to host."""
        count = self._counts.get((sender, target), 0) + 1
        self._counts[sender, target] = count
        if len(self._counts) > COUNT_LIMIT:
            del self._counts[next(iter(self._counts))]
        return count

    def back(self, sender: str, target: str) -> None:
        """The latest one does not count."""
        if (sender, target) in self._counts:
            self._counts[sender, target] -= 1
