"""The connections of a run: between which ends, who opened and who closed them, and how much went each way.

Responsible for counting what the model tells.  A SYN with another initial number between the same ends is another
connection; what was injected belongs to none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, final

from synfin.timeline.steps import Flight
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import ACK, FIN, RST, SYN

CONNECTION_LIMIT: Final = 65_536  # connections that are remembered; the oldest are forgotten and counted

# How a connection ended
OPEN: Final = ""  # not at all
BY_FIN: Final = "fin"
BY_RESET: Final = "reset"


@final
class Party:
    """One end of a connection: what it has sent.

    `segments` are all of them, `data` those with text, `octets` their text (each time it was sent), `acks` those that
    only acknowledge, `again` those that repeat, `lost` those that the network lost or damaged.  `isn` is the initial
    number on the wire, None if no SYN was seen.
    """

    __slots__ = ("acks", "again", "data", "end", "fin", "host", "isn", "lost", "octets", "reset", "segments")

    def __init__(self, host: str, end: Endpoint) -> None:
        self.host = host
        self.end = end
        self.isn: int | None = None
        self.segments = 0
        self.data = 0
        self.octets = 0
        self.acks = 0
        self.again = 0
        self.lost = 0
        self.fin = False
        self.reset = False

    def count(self, flight: Flight) -> None:
        """It has sent this."""
        segment = flight.segment
        self.segments += 1
        if segment.payload:
            self.data += 1
            self.octets += len(segment.payload)
        elif segment.flags & (SYN | FIN | RST | ACK) == ACK:
            self.acks += 1
        if flight.numbers.again:
            self.again += 1
        if segment.flags & SYN:
            self.isn = segment.seq
        self.fin = self.fin or bool(segment.flags & FIN)
        self.reset = self.reset or bool(segment.flags & RST)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "host": self.host,
            "end": str(self.end),
            "isn": self.isn,
            "segments": self.segments,
            "data": self.data,
            "octets": self.octets,
            "acks": self.acks,
            "again": self.again,
            "lost": self.lost,
        }


@final
class ConnectionFacts:
    """One connection; `number` counts from 1.

    `parties`: first the one that was heard first.  `opened_by` is the host of the first SYN (empty: none was seen),
    `simultaneous` says that both sent one without having got the other's; `closed_by` is the host of the first FIN, or
    of the reset that ended it, and `how` one of the constants above.  `began` and `ended` are the times (ns) of the
    first and of the latest segment.
    """

    __slots__ = ("began", "closed_by", "ended", "how", "number", "opened_by", "parties", "simultaneous")

    def __init__(self, number: int, first: Party, second: Party, began: int) -> None:
        self.number = number
        self.parties = (first, second)
        self.began = began
        self.ended = began
        self.opened_by = ""
        self.simultaneous = False
        self.closed_by = ""
        self.how = OPEN

    def party(self, end: Endpoint) -> Party:
        """The party at this end."""
        return self.parties[0] if self.parties[0].end == end else self.parties[1]

    def count(self, flight: Flight) -> None:
        """A segment of this connection was sent."""
        sender = self.party(flight.src)
        flags = flight.segment.flags
        if flags & SYN and not flags & ACK:
            if not self.opened_by:
                self.opened_by = flight.sender
            elif self.opened_by != flight.sender:
                self.simultaneous = True
        if flags & RST and self.how != BY_RESET:
            self.how = BY_RESET
            self.closed_by = flight.sender
        elif flags & FIN and not self.how:
            self.how = BY_FIN
            self.closed_by = flight.sender
        sender.count(flight)
        self.ended = max(self.ended, flight.sent_at)

    def starts_anew(self, flight: Flight) -> bool:
        """Whether a SYN is that of another connection."""
        before = self.party(flight.src).isn
        if flight.segment.flags & (SYN | ACK) != SYN:
            return False
        if before is None:
            return self.how != OPEN or bool(self.parties[0].segments and not self.opened_by)
        return before != flight.segment.seq

    def as_dict(self) -> dict[str, Any]:
        """For JSON; times in ns."""
        return {
            "number": self.number,
            "parties": [party.as_dict() for party in self.parties],
            "opened_by": self.opened_by,
            "simultaneous": self.simultaneous,
            "closed_by": self.closed_by,
            "how": self.how,
            "began_ns": self.began,
            "ended_ns": self.ended,
        }


@final
class Connections:
    """All connections, the oldest first; `forgotten` counts those beyond `CONNECTION_LIMIT`."""

    __slots__ = ("_all", "_newest", "_number", "forgotten")

    def __init__(self) -> None:
        self.forgotten = 0
        self._number = 0
        self._all: dict[int, ConnectionFacts] = {}
        self._newest: dict[tuple[Endpoint, Endpoint], ConnectionFacts] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[ConnectionFacts]:
        return iter(self._all.values())

    def of(self, one: Endpoint, other: Endpoint) -> ConnectionFacts | None:
        """The latest connection between two ends."""
        return self._newest.get((one, other) if one <= other else (other, one))

    def sent(self, flight: Flight, receiver: str) -> None:
        """Count a segment; `receiver` is the host at its other end."""
        key = (flight.src, flight.dst) if flight.src <= flight.dst else (flight.dst, flight.src)
        found = self._newest.get(key)
        if found is None or found.starts_anew(flight):
            self._number += 1
            parties = Party(flight.sender, flight.src), Party(receiver, flight.dst)
            found = self._all[self._number] = self._newest[key] = ConnectionFacts(
                self._number, *parties, flight.sent_at
            )
            if len(self._all) > CONNECTION_LIMIT:
                self._forget()
        found.count(flight)

    def _forget(self) -> None:
        """The oldest goes."""
        oldest = self._all.pop(next(iter(self._all)))
        one, other = oldest.parties[0].end, oldest.parties[1].end
        if self.of(one, other) is oldest:
            del self._newest[(one, other) if one <= other else (other, one)]
        self.forgotten += 1

    def lost(self, flight: Flight) -> None:
        """The network has lost or damaged a segment that was counted."""
        found = self.of(flight.src, flight.dst)
        if found is not None and not flight.foreign:
            found.party(flight.src).lost += 1


__all__ = ["BY_FIN", "BY_RESET", "CONNECTION_LIMIT", "OPEN", "ConnectionFacts", "Connections", "Party"]
