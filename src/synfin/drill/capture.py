"""Captures for `record`: from a pcap or pcapng file to TCP connections, each as one of its ends saw it.

Responsible for link layers, for telling connections apart, and for the question at which end a capture was made.  What
the packets say about the programs at the ends is `infer`'s affair.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple, final

from synfin.drill.live import Observed
from synfin.errors import UsageError, WireError
from synfin.pcap import CapturedPacket, CaptureInterface, read_capture
from synfin.pcap.model import (
    LINK_ETHERNET,
    LINK_IPV4,
    LINK_IPV6,
    LINK_LINUX_SLL,
    LINK_LINUX_SLL2,
    LINK_LOOP,
    LINK_NULL,
    LINK_RAW,
)
from synfin.wire.addresses import Endpoint
from synfin.wire.quote import parse_quote
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment

CLIENT: Final = "client"
SERVER: Final = "server"
ENDS: Final = (CLIENT, SERVER)
CONNECTION_LIMIT: Final = 10_000

_ETHERTYPES: Final = (0x0800, 0x86DD)
_VLANS: Final = (0x8100, 0x88A8)
_HEADERS: Final[dict[int, int]] = {
    LINK_RAW: 0, LINK_IPV4: 0, LINK_IPV6: 0, LINK_NULL: 4, LINK_LOOP: 4, LINK_LINUX_SLL: 16, LINK_LINUX_SLL2: 20,
}  # fmt: skip


class RecordError(UsageError):
    """A capture cannot be made a script; the text says why, and what there is instead."""


def ip_packet_of(packet: CapturedPacket, interface: CaptureInterface) -> bytes | None:
    """The IP packet inside a captured frame; None for what is none, or was cut.  Raises `RecordError`."""
    data = packet.data
    if len(data) < packet.original_length:
        return None
    if interface.link_type == LINK_ETHERNET:
        at = 12
        while len(data) >= at + 4 and struct.unpack_from(">H", data, at)[0] in _VLANS:
            at += 4
        if len(data) < at + 2 or struct.unpack_from(">H", data, at)[0] not in _ETHERTYPES:
            return None
        return data[at + 2 :]
    header = _HEADERS.get(interface.link_type)
    if header is None:
        raise RecordError(
            f"link type {interface.link_type} is not understood; there are Ethernet, raw IP, loopback and Linux cooked"
        )
    return data[header:] if len(data) > header and data[header] >> 4 in (4, 6) else None


class Seen(NamedTuple):
    """One packet of a connection: when (ns), at which interface, which way from there ("" if unknown), and what."""

    time: int
    interface: int
    direction: str
    observed: Observed


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
        kinds = [name for name, flag in (("SYN", SYN), ("FIN", FIN), ("RST", RST)) if self._has(flag)]
        note = "" if self.whole else ", starts in the middle"
        count = f"{len(self.packets)} packets, {' '.join(kinds) or 'no SYN'}{note}"
        return f"{self.number}: {self.client} > {self.server}  ({count})"

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


def read_connections(path: str | Path) -> list[Captured]:
    """All TCP connections of a capture file.  Raises `RecordError`, `CaptureError` and `OSError`."""
    with Path(path).open("rb") as stream:
        return connections(_packets(stream))


def _packets(stream: IO[bytes]) -> Iterator[Seen]:
    reader = read_capture(stream)
    for packet in reader:
        data = ip_packet_of(packet, reader.interfaces[packet.interface])
        if data is not None:
            yield Seen(packet.now_ns, packet.interface, packet.direction or "", Observed(packet.now_ns, _trimmed(data)))


def _trimmed(data: bytes) -> bytes:
    """Without what Ethernet has filled the frame up with."""
    if data[0] >> 4 == 4 and len(data) >= 20:
        return data[: struct.unpack_from(">H", data, 2)[0] or len(data)]
    if len(data) >= 40:
        return data[: 40 + (struct.unpack_from(">H", data, 4)[0] or len(data))]
    return data


def connections(packets: Iterable[Seen]) -> list[Captured]:
    """Packets sorted into connections, in the order of their first packets; ICMP errors go with what they quote."""
    found: list[Captured] = []
    newest: dict[tuple[Endpoint, Endpoint], Captured] = {}
    for seen in sorted(packets, key=lambda seen: seen.time):
        observed = seen.observed
        ends = _ends(observed)
        if ends is None:
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
            if len(found) == CONNECTION_LIMIT:
                raise RecordError(f"more than {CONNECTION_LIMIT} connections in one capture")
            client, server = ends if not segment.flags & SYN or opens else (ends[1], ends[0])
            known = newest[key] = Captured(len(found) + 1, client, server, opens)
            found.append(known)
        known.add(seen, ends[0])
    return found


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


def choose(found: list[Captured], number: int | None, path: str) -> Captured:
    """The connection with that number, or the only one; raises `RecordError`, which lists those there are."""
    if not found:
        raise RecordError(f"{path}: there is no TCP connection in this capture")
    listed = "; ".join(str(one) for one in found[:20]) + ("; ..." if len(found) > 20 else "")
    if number is None:
        if len(found) > 1:
            raise RecordError(f"{path}: which connection? Give --connection N: {listed}")
        number = 1
    if not 1 <= number <= len(found):
        raise RecordError(f"{path}: there is no connection {number}; there are {listed}")
    chosen = found[number - 1]
    if not chosen.whole:
        raise RecordError(
            f"{path}: connection {number} starts in the middle, its SYN is missing; capture it from the beginning"
        )
    return chosen
