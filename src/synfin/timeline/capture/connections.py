"""Captured packets sorted into TCP connections, each as one of its ends saw it.

Responsible for telling connections apart, and for the question at which end a capture was made.  What the packets say
about the ends is for others to find out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from synfin.errors import WireError
from synfin.timeline.capture.frames import Left, Seen, packets
from synfin.timeline.capture.observed import Observed
from synfin.wire.addresses import Endpoint
from synfin.wire.quote import parse_quote
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment

CLIENT: Final = "client"
SERVER: Final = "server"
ENDS: Final = (CLIENT, SERVER)
CONNECTION_LIMIT: Final = 10_000


@dataclass(slots=True)
class Contents:
    """What is in a capture: its TCP connections, the names of its interfaces, and what was left out of it.

    `surplus` counts packets of connections beyond `CONNECTION_LIMIT`.
    """

    connections: list[Captured]
    interfaces: list[str]
    left: Left
    surplus: int = 0


@final
class Captured:
    """One TCP connection of a capture: `client` sent the first SYN, `server` is the other end.

    `whole` is False when its beginning is missing; `number` counts from 1 in the order of first packets.
    """

    def __init__(self, number: int, client: Endpoint, server: Endpoint, whole: bool) -> None:
        self.number = number
        self.client = client
        self.server = server
        self.whole = whole
        self.packets: list[Seen] = []
        self._fins: dict[Endpoint, bool] = {}
        self.ended = False

    def __str__(self) -> str:
        note = "" if self.whole else ", starts in the middle"
        count = f"{len(self.packets)} packets, {' '.join(self.kinds()) or 'no SYN'}{note}"
        return f"{self.number}: {self.client} > {self.server}  ({count})"

    def kinds(self) -> list[str]:
        """The names of the flags by which it opened and ended."""
        return [name for name, flag in (("SYN", SYN), ("FIN", FIN), ("RST", RST)) if self._has(flag)]

    def _has(self, flag: int) -> bool:
        return any(seen.observed.segment is not None and seen.observed.segment.flags & flag for seen in self.packets)

    def add(self, seen: Seen, source: Endpoint) -> None:
        """A packet that `source` sent."""
        self.packets.append(seen)
        segment = seen.observed.segment
        if segment is not None:
            if segment.flags & FIN:
                self._fins[source] = True
            self.ended = self.ended or bool(segment.flags & RST) or len(self._fins) == 2

    def opens_anew(self, segment: Segment) -> bool:
        """Whether a SYN is that of another connection between the same ports."""
        first = self.packets[0].observed.segment
        return self.ended and (first is None or first.seq != segment.seq)

    def end(self, which: str) -> Endpoint:
        """The client or the server."""
        return self.client if which == CLIENT else self.server

    def default_end(self) -> str:
        """The end at which the capture was made.

        Marks of direction tell it, where only one end has sent any "outward" packet; else how long each end took to
        answer in the handshake, as the near one answers sooner; the server when both took equally long.
        """
        outward = {
            which
            for which in ENDS
            if any(seen.direction == "out" and _source(seen) == self.end(which) for seen in self.packets)
        }
        if len(outward) == 1:
            return outward.pop()
        if len(outward) == 2:
            return SERVER
        times = [self._first_time(flags) for flags in (SYN, SYN | ACK, ACK)]
        if None not in times:
            syn, answer, last = (time or 0 for time in times)
            return SERVER if answer - syn <= last - answer else CLIENT
        return SERVER

    def _first_time(self, flags: int) -> int | None:
        for seen in self.packets:
            segment = seen.observed.segment
            if segment is not None and segment.flags & (SYN | ACK) == flags:
                return seen.time
        return None

    def seen_by(self, which: str) -> list[Seen]:
        """The packets as that end saw them: its own when they left, the other's when they arrived."""
        own = self.end(which)
        marked = [seen for seen in self.packets if seen.direction == ("out" if _source(seen) == own else "in")]
        if any(_source(seen) == own for seen in marked):
            return marked
        counts: dict[int, int] = {}
        for seen in self.packets:
            counts[seen.interface] = counts.get(seen.interface, 0) + 1
        best = max(counts, key=lambda interface: counts[interface])
        return [seen for seen in self.packets if seen.interface == best]


def _source(seen: Seen) -> Endpoint:
    segment = seen.observed.segment
    return Endpoint(seen.observed.src, 0 if segment is None else segment.src_port)


def read_contents(path: str | Path) -> Contents:
    """Everything in a capture file.  Raises `OSError`, and `CaptureError` for what is no capture."""
    contents = Contents([], [], Left())
    with Path(path).open("rb") as stream:
        sort_into(contents, packets(stream, contents.left, contents.interfaces))
    return contents


def sort_into(contents: Contents, found: Iterable[Seen]) -> None:
    """Packets sorted into connections, in the order of their first packets; ICMP errors go with what they quote."""
    newest: dict[tuple[Endpoint, Endpoint], Captured] = {}
    left = contents.left
    for seen in sorted(found, key=lambda seen: seen.time):
        observed = seen.observed
        ends = _ends(observed)
        if ends is None:
            if observed.broken:
                left.broken += 1
            else:
                left.no_tcp += 1
            continue
        key = (min(ends), max(ends))
        segment = observed.segment
        known = newest.get(key)
        if segment is None:
            if known is not None:
                known.add(seen, ends[1])
            continue
        opens = segment.flags & (SYN | ACK) == SYN
        if known is None or (opens and known.opens_anew(segment)):
            if len(contents.connections) == CONNECTION_LIMIT:
                contents.surplus += 1
                continue
            client, server = ends if not segment.flags & SYN or opens else (ends[1], ends[0])
            known = newest[key] = Captured(len(contents.connections) + 1, client, server, opens)
            contents.connections.append(known)
        known.add(seen, ends[0])


def _ends(observed: Observed) -> tuple[Endpoint, Endpoint] | None:
    """Sender and receiver of a segment; of an ICMP error, those of the segment that it quotes."""
    segment = observed.segment
    if segment is not None:
        return Endpoint(observed.src, segment.src_port), Endpoint(observed.dst, segment.dst_port)
    if observed.icmp is None:
        return None
    try:
        quote = parse_quote(observed.icmp.body)
    except WireError:
        return None
    ports = quote.ports
    return (
        None if ports is None or quote.seq is None else (Endpoint(quote.src, ports[0]), Endpoint(quote.dst, ports[1]))
    )
