"""`from_capture`: one connection of a capture file as a timeline, with the states of both ends inferred.

Responsible for choosing the connection, for turning its events into trace records, and for saying what is inferred and
what was left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple, final

from synfin.errors import UsageError
from synfin.tcp.rules import RULES
from synfin.timeline.capture.connections import CLIENT, Captured, Contents, read_contents
from synfin.timeline.capture.tracker import CLOSED, ESTABLISHED, LISTEN, SYN_RECEIVED, SYN_SENT, End, Found
from synfin.timeline.capture.views import Event, View, places_of, view_of
from synfin.timeline.messages import catalog
from synfin.timeline.run import Remark, Timeline
from synfin.timeline.words import rule_source
from synfin.trace import RECEIVE, SEND, Record, RuleRecord, SegmentRecord, StateRecord
from synfin.wire.addresses import ANY_V4, Endpoint
from synfin.wire.tcp import ACK, RST, SYN, Segment

MILLISECOND: Final = 1_000_000
WIDE_NS: Final = 100_000_000_000  # from here on there is no room for microseconds
LISTED: Final = 20  # connections that an error lists
_NOWHERE: Final = Endpoint(ANY_V4, 0)


class Loaded(NamedTuple):
    """A connection of a capture, drawn: with everything else that is in the file."""

    timeline: Timeline
    chosen: Captured
    contents: Contents


def from_capture(path: str | Path, connection: int | None = None, *, lang: str = "en") -> Timeline:
    """A connection of a pcapng or pcap file: number `connection`, from 1 in the order of first packets, or the first.

    Both ends' states are inferred from the segments, which the timeline's remarks say; `lang` is for the names of the
    ends where the capture has none.  Raises `UsageError` for a file that is no capture or has no such connection, and
    `OSError`; nothing that is in a packet raises.
    """
    return load(path, connection, lang=lang).timeline


def load(path: str | Path, connection: int | None = None, *, lang: str = "en") -> Loaded:
    """As `from_capture`, with what else is in the file; raises the same."""
    contents = contents_of(path)
    found = contents.connections
    if not found:
        raise UsageError(f"{path}: there is no TCP connection in this capture ({contents.left.frames} frames)")
    number = 1 if connection is None else connection
    if not 1 <= number <= len(found):
        listed = "; ".join(str(one) for one in found[:LISTED]) + ("; ..." if len(found) > LISTED else "")
        raise UsageError(f"{path}: there is no connection {number}; there are {listed}")
    chosen = found[number - 1]
    return Loaded(timeline_of(chosen, contents, lang=lang), chosen, contents)


def contents_of(path: str | Path) -> Contents:
    """What is in a file; raises `UsageError`, naming it, for what is no capture, and `OSError`."""
    try:
        return read_contents(path)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def timeline_of(chosen: Captured, contents: Contents, *, lang: str = "en") -> Timeline:
    """The timeline of one connection of a capture."""
    view = view_of(chosen, len(contents.interfaces))
    names = _names(chosen, contents, lang)
    story = _Story(chosen, names)
    records = story.records(view.events)
    hosts = (names[chosen.client], names[chosen.server])
    owned = {names[end]: [end.address] for end in (chosen.client, chosen.server)}
    if chosen.client.address == chosen.server.address:
        owned = {}
    return Timeline(
        records, hosts, labels=(str(chosen.client), str(chosen.server)), owned=owned,
        remarks=_remarks(chosen, contents, view, names), digits=_digits(view.events),
    )  # fmt: skip


def _digits(events: list[Event]) -> int:
    """Decimals of times: microseconds, as most captures have them, where they fit and are of interest."""
    whole = any((event.time - events[0].time) % MILLISECOND for event in events)
    return 6 if whole and events[-1].time - events[0].time < WIDE_NS else 3


def _names(chosen: Captured, contents: Contents, lang: str) -> dict[Endpoint, str]:
    """What to call the ends: as their interfaces, if each has one of its own, else by their roles."""
    texts = catalog(lang)
    places = places_of(chosen, len(contents.interfaces))
    if places is not None:
        named = {end: contents.interfaces[place] for end, place in places.items()}
        if len(set(named.values())) == 2 and all(named.values()):
            return named
    return {chosen.client: texts.text("capture.client"), chosen.server: texts.text("capture.server")}


def _remarks(chosen: Captured, contents: Contents, view: View, names: dict[Endpoint, str]) -> tuple[Remark, ...]:
    """What a reader has to know about this capture."""
    remarks = [Remark("capture.inferred", {})]
    if not view.both:
        near, far = chosen.end(view.near), chosen.server if view.near == CLIENT else chosen.client
        remarks.append(Remark("capture.one_place", {"near": names[near], "far": names[far]}))
    if not chosen.whole:
        remarks.append(Remark("capture.middle", {}))
    remarks.extend(Remark("capture.unsummed", {"who": names[end]}) for end in view.unsummed)
    if len(contents.connections) > 1:
        remarks.append(Remark("capture.one_of", {"number": chosen.number, "count": len(contents.connections)}))
    left = contents.left
    counts = {
        "cut": left.cut, "no_ip": left.no_ip, "no_tcp": left.no_tcp, "broken": left.broken,
        "links": sum(left.links.values()), "beyond": left.beyond, "surplus": contents.surplus, "damaged": view.damaged,
    }  # fmt: skip
    remarks.extend(Remark(f"capture.left_{name}", {"count": count}) for name, count in counts.items() if count)
    if left.error is not None:
        remarks.append(Remark("capture.ends_early", {"octet": left.error.offset}))
    return tuple(remarks)


@final
class _Story:
    """Events of one connection to trace records; times count from its first packet."""

    def __init__(self, chosen: Captured, names: dict[Endpoint, str]) -> None:
        self.chosen = chosen
        self.names = names
        self._ends: dict[Endpoint, End] = {}
        self._records: list[Record] = []
        self._start = 0
        self._answered: dict[int, bool] = {}  # numbers that SYN-ACKs of the server acknowledge

    def records(self, events: list[Event]) -> list[Record]:
        """All records, in order."""
        if events:
            self._start = events[0].time
        self._begin(events)
        for event in events:
            if event.kind == SEND:
                self._sent(event)
            elif event.kind == RECEIVE:
                self._received(event)
            else:
                self._segment(event, self.names[event.source])
        return self._records

    def _begin(self, events: list[Event]) -> None:
        """The states in which both ends are when the capture begins."""
        chosen = self.chosen
        both = SYN | ACK
        answers = [event.segment for event in events if event.kind == SEND and event.segment.flags & both == both]
        self._answered = {segment.ack: True for segment in answers}
        own = [event.segment for event in events if event.kind == SEND and event.source == chosen.server]
        passive = all(segment.flags & both != SYN for segment in own)
        client, server = CLOSED, LISTEN if passive and answers else CLOSED
        if not chosen.whole:
            client, server = self._in_the_middle(events)
        self._ends = {
            chosen.client: End(client, passive=False),
            chosen.server: End(server, passive=passive),
        }
        for end, state in ((chosen.client, client), (chosen.server, server)):
            if state == LISTEN:
                why = "passive-open"
                local = Endpoint(end.address, end.port)
                self._records.append(StateRecord(0, self.names[end], local, _NOWHERE, CLOSED, LISTEN, why, RULES[why]))
            elif state != CLOSED:
                self._records.append(StateRecord(0, self.names[end], end, self._peer(end), state, state, "", ""))

    def _in_the_middle(self, events: list[Event]) -> tuple[str, str]:
        """Without a first SYN: both are taken to be connected, if both have sent more than a reset."""
        if events and events[0].segment.flags & (SYN | ACK) == SYN | ACK:
            return SYN_SENT, SYN_RECEIVED
        sources = {event.source for event in events if event.kind == SEND and not event.segment.flags & RST}
        return (ESTABLISHED, ESTABLISHED) if len(sources) == 2 else (CLOSED, CLOSED)

    def _peer(self, end: Endpoint) -> Endpoint:
        return self.chosen.server if end == self.chosen.client else self.chosen.client

    def _sent(self, event: Event) -> None:
        """First what must have happened before it left, then the segment."""
        end = self._ends[event.source]
        before = end.state
        self._tell(event, event.source, before, end.sent(event.segment))
        self._segment(event, self.names[event.source])

    def _received(self, event: Event) -> None:
        """The segment, and what it does."""
        target = self._peer(event.source)
        end = self._ends[target]
        before = end.state
        self._segment(event, self.names[target])
        self._tell(event, target, before, end.received(event.segment, answers=self._is_answered(event.segment)))

    def _is_answered(self, segment: Segment) -> bool:
        """Whether a SYN is answered by a SYN-ACK of this capture; text on it need not be acknowledged."""
        return any((segment.seq + count) % (1 << 32) in self._answered for count in (1, segment.length))

    def _tell(self, event: Event, end: Endpoint, state: str, found: list[Found]) -> None:
        now, name, peer = event.time - self._start, self.names[end], self._peer(end)
        for one in found:
            rfc = RULES[one.rule]
            if one.to:
                self._records.append(StateRecord(now, name, end, peer, state, one.to, one.rule, rfc))
                state = one.to
            else:
                self._records.append(RuleRecord(now, name, end, peer, one.rule, rfc))

    def _segment(self, event: Event, host: str) -> None:
        rule = event.rule if rule_source(event.rule) else ""  # a comment that is no rule of ours says nothing here
        target = self._peer(event.source)
        self._records.append(
            SegmentRecord(event.time - self._start, host, event.kind, event.source, target, event.segment, rule)
        )


__all__ = ["Loaded", "contents_of", "from_capture", "load", "timeline_of"]
