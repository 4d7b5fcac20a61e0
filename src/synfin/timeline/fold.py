"""Long transfers told in one line: `… A: 412 data segments, 596,448 octets; 203 ACKs; 0.300 s …`.

Responsible for which rows of a layout need not be seen one by one, and for counting them.  Only uneventful ones are
folded: text in order, plain acknowledgments that arrive as they were sent, and an application that reads.  What is
lost, late, copied, damaged, marked or sent again, every state move, rule, event and other call, a SACK block, a window
of zero and a silence stay.
"""

from __future__ import annotations

from typing import Final, TypeAlias, final

from synfin.timeline.layout import Row
from synfin.timeline.model import ARRIVED, CALL, FLYING, GONE, LATE, TIMER, Flight, Step
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import ACK, AE, CWR, ECE, PSH

FOLD_HEAD: Final = 2  # segments of a run that are shown before it is folded
FOLD_LEAST: Final = 6  # fewer segments than these are not worth folding
GAP_NS: Final = 400_000_000  # a silence that is told
CONNECTION_LIMIT: Final = 1_024  # connections in one fold; and those whose ECN bits are remembered
_BITS: Final = AE | CWR | ECE
# Reasons to send that say no more than "text" and "acknowledged"; "" is that of a capture
_PLAIN: Final = ("", "data", "ack-now", "ack-delayed", "ack-every-second", "window-update")

Ends: TypeAlias = tuple[Endpoint, Endpoint]


@final
class Fold:
    """A run of rows in one line.

    `data`, `octets` and `acks` count, for each host by name, the segments with text that it sent, their text, and its
    plain acknowledgments; `began` and `ended` are in ns, `last` is the latest step at each host, for time and state.
    """

    __slots__ = ("acks", "began", "connections", "data", "ended", "last", "octets")

    def __init__(self, began: int) -> None:
        self.began = began
        self.ended = began
        self.data: dict[str, int] = {}
        self.octets: dict[str, int] = {}
        self.acks: dict[str, int] = {}
        self.connections: dict[Ends, bool] = {}
        self.last: dict[str, Step] = {}

    @property
    def segments(self) -> int:
        """How many segments are folded."""
        return sum(self.data.values()) + sum(self.acks.values())

    def add(self, row: Row) -> None:
        """Count a row: its segment, if it leaves here or was not seen to leave, and its steps."""
        for step in row.steps():
            self.ended = max(self.ended, step.now)
            self.last[step.host] = step
        flight = row.flight
        if flight is None or (row.departure is None and flight.departure is not None):
            return
        flight.folded = True
        host = flight.sender
        text = len(flight.segment.payload)
        if text:
            self.data[host] = self.data.get(host, 0) + 1
            self.octets[host] = self.octets.get(host, 0) + text
        else:
            self.acks[host] = self.acks.get(host, 0) + 1
        self.connections[_ends(flight)] = True


Line: TypeAlias = Row | Fold


@final
class Folder:
    """Rows go in as a layout gives them, rows and folds come out; `flush` ends a run.  It never holds more than a few.

    The two parts of a segment that is drawn in two lines are both shown or both folded, unless its arrival made a
    difference.  Numbers of such segments count what is shown.
    """

    __slots__ = ("_bits", "_fold", "_head", "_numbers", "_time", "_waiting")

    def __init__(self) -> None:
        self._fold: Fold | None = None  # the run, once it is long enough
        self._waiting: list[Row] = []  # the run, as long as it is not
        self._head = 0  # segments of it that were shown
        self._time = 0
        self._numbers = 0
        self._bits: dict[Ends, int] = {}

    def feed(self, rows: list[Row]) -> list[Line]:
        """The lines that are settled now."""
        lines: list[Line] = []
        for row in rows:
            lines.extend(self._next(row))
        return lines

    def flush(self) -> list[Line]:
        """The run ends here."""
        fold, waiting = self._fold, self._waiting
        self._fold = None
        self._waiting = []
        self._head = 0
        return [fold] if fold is not None else [self._shown(row) for row in waiting]

    def _next(self, row: Row) -> list[Line]:
        steps = row.steps()
        gap = min(step.now for step in steps) - self._time >= GAP_NS
        self._time = max(self._time, *(step.now for step in steps))
        uneventful = self._uneventful(row)
        lines = self.flush() if gap or not uneventful else []
        if self._fold is not None and len(self._fold.connections) >= CONNECTION_LIMIT:
            lines.extend(self.flush())
        if not uneventful:
            return [*lines, self._shown(row)]
        lines.extend(self._run(row))
        return lines

    def _run(self, row: Row) -> list[Line]:
        """A row of a run."""
        flight = row.flight
        if flight is None:
            return self._aside(row)
        leaves = row.departure is not None or flight.departure is None
        if not leaves and flight.folded is not None:
            if not flight.folded:  # it was seen to leave: so it is seen to arrive
                if not self._waiting:
                    return [self._shown(row)]
                self._waiting.append(row)
            elif self._fold is not None:
                self._fold.add(row)
            return []
        if leaves and self._head < FOLD_HEAD:
            self._head += 1
            return [self._shown(row)]
        if self._fold is not None:
            self._fold.add(row)
            return []
        self._waiting.append(row)
        return self._grown() if leaves else []

    def _aside(self, row: Row) -> list[Line]:
        """A row without a segment: a timer that did nothing is never shown, a read goes with what was read."""
        if row.step is None or row.step.kind == TIMER:
            return []
        if self._fold is not None:
            self._fold.add(row)
        elif self._waiting or self._head >= FOLD_HEAD:
            self._waiting.append(row)
        else:
            return [self._shown(row)]
        return []

    def _grown(self) -> list[Line]:
        """The run may be long enough now: of what waits, only the second parts of segments that were shown are left."""
        fold = Fold(min(step.now for step in self._waiting[0].steps()))
        own = [row for row in self._waiting if not _seen(row)]
        if sum(row.departure is not None or _unseen(row) for row in own) < FOLD_LEAST:
            return []
        shown: list[Line] = [self._shown(row) for row in self._waiting if _seen(row)]
        for row in own:
            fold.add(row)
        self._fold = fold
        self._waiting = []
        return shown

    def _shown(self, row: Row) -> Row:
        flight = row.flight
        if flight is not None:
            if row.departure is not None:
                flight.folded = False
                if flight.number:
                    self._numbers += 1
                    flight.number = self._numbers
            elif flight.folded:
                flight.number = 0  # nobody has seen it leave
        return row

    def _uneventful(self, row: Row) -> bool:
        flight = row.flight
        quiet = not any(step.moves or step.rules for step in row.steps())
        if flight is None:
            step = row.step
            return quiet and step is not None and (step.kind == TIMER or (step.kind == CALL and step.call == "read"))
        if row.departure is None and flight.departure is not None:
            return quiet and _plain(flight) and row.arrival is not None and row.arrival.first
        return self._same_bits(flight) and quiet and _plain(flight)

    def _same_bits(self, flight: Flight) -> bool:
        """Whether its ECN bits are those of the segment before it: only a change is news (RFC 3168, RFC 9768)."""
        bits = flight.segment.flags & _BITS
        before = self._bits.pop((flight.src, flight.dst), 0)
        self._bits[flight.src, flight.dst] = bits
        if len(self._bits) > CONNECTION_LIMIT:
            del self._bits[next(iter(self._bits))]
        return bits == before


def _plain(flight: Flight) -> bool:
    """Text in order or a plain acknowledgment, and nothing has happened to it on its way."""
    segment = flight.segment
    if segment.flags & ~_BITS & ~PSH != ACK or segment.window == 0 or segment.options.sack:
        return False
    if flight.rule not in _PLAIN or flight.fault or flight.twin or flight.foreign or flight.numbers.again:
        return False
    return flight.changed is None and flight.fate in (ARRIVED, GONE, LATE, FLYING)


def _seen(row: Row) -> bool:
    """The second part of a segment that was shown when it left."""
    return row.departure is None and row.flight is not None and row.flight.folded is False


def _unseen(row: Row) -> bool:
    """A segment that nobody saw leave."""
    return row.flight is not None and row.flight.departure is None


def _ends(flight: Flight) -> Ends:
    """Both ends, the same for both directions."""
    return (flight.src, flight.dst) if flight.src <= flight.dst else (flight.dst, flight.src)


__all__ = ["FOLD_HEAD", "FOLD_LEAST", "Fold", "Folder", "Line"]
