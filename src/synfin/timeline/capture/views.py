"""What a capture shows of one connection, as events at both of its ends: sent, received, lost.

Where each packet was captured twice, leaving one end and arriving at the other (a capture of the lab), both times and
every loss are known.  Else it was captured at one place: then the near end's events are known, and the far end has got
what it proves to have got: a packet counts as arrived before the first packet from there that acknowledges it.

Responsible for the order of events at each end; what they mean is `tracker`'s affair.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Final, NamedTuple, final

from synfin.timeline.capture.connections import Captured
from synfin.timeline.capture.frames import Seen
from synfin.trace import CORRUPT, DROP, DUPLICATE, MARK, RECEIVE, SEND
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment

ROUND_TRIP_NS: Final = 100_000_000  # as long as none was measured
WAITING_LIMIT: Final = 16_384  # packets that wait for a proof of their arrival; those before have arrived
LOOK_AHEAD: Final = 256  # packets without such a proof behind which none is looked for
OPEN_LIMIT: Final = 4_096  # packets that wait for an acknowledgment; those beyond are not judged
SACK_LIMIT: Final = 64  # of those, so many are looked up in the blocks of one SACK option

_HALF: Final = 1 << 31
_WRAP: Final = 1 << 32
_LOST: Final = "; lost: "  # in a comment of the lab's captures: the rule that lost the packet


class Event(NamedTuple):
    """Something happened to a segment: `kind` is one of the constants of `trace`, `source` the end that sent it."""

    time: int
    kind: str
    source: Endpoint
    segment: Segment
    rule: str


class View(NamedTuple):
    """The events of a connection in order; `both`: it was captured at both ends, else `near` is the one it was at.

    `damaged` packets were left out; `unsummed`: ends whose checksums were left to the network card.
    """

    events: list[Event]
    both: bool
    near: str
    damaged: int
    unsummed: list[Endpoint]


def view_of(captured: Captured, interfaces: int = 0) -> View:
    """The events that a capture shows, which has so many interfaces."""
    places = places_of(captured, interfaces)
    if places is not None:
        return _Pairing(captured, places).view()
    return _one_place(captured)


def source_of(seen: Seen) -> Endpoint:
    """Who sent a packet that has a segment."""
    segment = seen.observed.segment
    return Endpoint(seen.observed.src, 0 if segment is None else segment.src_port)


# Captured at both ends


def places_of(captured: Captured, interfaces: int) -> dict[Endpoint, int] | None:
    """The interface at which each end's packets leave, if they are two; None for a capture at one place."""
    found: dict[Endpoint, int] = {}
    for seen in captured.packets:
        if seen.direction == "out" and seen.observed.segment is not None:
            found.setdefault(source_of(seen), seen.interface)
    if len(found) == 1:  # the other never sends, or what seems to come from it was injected
        [(end, place)] = found.items()
        away = {seen.interface for seen in captured.packets if seen.direction == "in" and source_of(seen) == end}
        if not away and interfaces == 2 and any(_LOST in seen.comment for seen in captured.packets):
            away = {1 - place}  # nothing has come that far
        if len(away) == 1:
            found[captured.server if end == captured.client else captured.client] = away.pop()
    return found if len(found) == 2 and len(set(found.values())) == 2 else None


@final
class _Sent:
    """A packet that left, and those that arrived of it."""

    __slots__ = ("arrivals", "lost", "rule", "seen", "segment")

    def __init__(self, seen: Seen, segment: Segment) -> None:
        self.seen = seen
        self.segment = segment
        self.rule, _, self.lost = seen.comment.partition(_LOST)
        self.arrivals: list[Seen] = []


@final
class _Pairing:
    """Finds for each packet that left what arrived of it: the same octets of TCP at the other interface."""

    def __init__(self, captured: Captured, places: dict[Endpoint, int]) -> None:
        self.captured = captured
        self.places = places
        self.sent: list[_Sent] = []
        self.strays: list[Seen] = []  # arrived without having left: injected, or seen to leave before the capture began
        self.broken: dict[int, int] = {}  # of packets that arrived damaged: size, and when the latest came
        self.damaged = 0

    def view(self) -> View:
        """Pairs, then events by time; at equal times those that leave come after what they may answer."""
        self._pair()
        events: list[tuple[int, int, Event]] = []
        order = {id(seen): number for number, seen in enumerate(self.captured.packets)}
        for one in self.sent:
            place = order[id(one.seen)]
            source = source_of(one.seen)
            events.append((one.seen.time, 3 * place, self._event(one, SEND)))
            fate = self._fate(one)
            if fate:
                events.append((one.seen.time, 3 * place + 1, Event(one.seen.time, fate, source, one.segment, one.lost)))
            segment = one.segment
            if one.arrivals and (marked := one.arrivals[0].observed.segment) is not None and marked.ecn != segment.ecn:
                events.append((one.seen.time, 3 * place + 1, Event(one.seen.time, MARK, source, marked, "")))
                segment = marked
            events.extend(
                (seen.time, 3 * order[id(seen)], Event(seen.time, RECEIVE, source, segment, one.rule))
                for seen in one.arrivals
            )
        for seen in self.strays:
            stray = seen.observed.segment
            assert stray is not None
            for step, kind in enumerate((DUPLICATE, RECEIVE)):
                event = Event(seen.time, kind, source_of(seen), stray, seen.comment)
                events.append((seen.time, 3 * order[id(seen)] + step, event))
        events.sort(key=lambda item: item[:2])
        return View([event for _, _, event in events], True, "", self.damaged, [])

    def _event(self, one: _Sent, kind: str) -> Event:
        return Event(one.seen.time, kind, source_of(one.seen), one.segment, one.rule)

    def _fate(self, one: _Sent) -> str:
        """What the network did to a packet, as far as it shows."""
        if len(one.arrivals) > 1:
            return DUPLICATE
        if one.arrivals:
            return ""
        damaged = self.broken.get(len(one.seen.observed.data), -1) >= one.seen.time
        return CORRUPT if damaged and not one.lost else DROP

    def _pair(self) -> None:
        waiting: dict[bytes, deque[_Sent]] = {}
        arrivals: dict[bytes, list[Seen]] = {}
        for seen in self.captured.packets:
            observed = seen.observed
            if observed.segment is None or seen.direction == "":
                continue
            source = source_of(seen)
            if observed.broken:
                self.damaged += 1
                self.broken[len(observed.data)] = seen.time
            elif seen.direction == "out" and seen.interface == self.places.get(source):
                one = _Sent(seen, observed.segment)
                self.sent.append(one)
                if not one.lost:
                    waiting.setdefault(_octets(seen), deque()).append(one)
            elif seen.direction == "in" and seen.interface != self.places.get(source):
                arrivals.setdefault(_octets(seen), []).append(seen)
        for octets, found in arrivals.items():
            self._match(list(waiting.get(octets, ())), found)

    def _match(self, sent: list[_Sent], arrived: list[Seen]) -> None:
        """Give arrivals of equal packets to those that left, in order; one more than those is a copy of the latest."""
        free: deque[_Sent] = deque()
        latest: _Sent | None = None
        place = 0
        for number, seen in enumerate(arrived):
            while place < len(sent) and sent[place].seen.time <= seen.time:
                free.append(sent[place])
                place += 1
            while len(free) > len(arrived) - number:  # some were lost, and nothing says which: the latest have arrived
                free.popleft()
            if free:
                latest = free.popleft()
            if latest is None:
                self.strays.append(seen)
            else:
                latest.arrivals.append(seen)


def _octets(seen: Seen) -> bytes:
    """The segment as it is on the wire: the same at both ends, whatever routers do to the IP header."""
    data = seen.observed.data
    return bytes(seen.observed.src) + data[(data[0] & 15) * 4 if data[0] >> 4 == 4 else 40 :]


# Captured at one place


def _one_place(captured: Captured) -> View:
    near = captured.default_end()
    seen = [one for one in captured.seen_by(near) if one.observed.segment is not None]
    unsummed = _unsummed(captured, seen)
    good = [one for one in seen if not one.observed.broken or source_of(one) in unsummed]
    return View(_Proofs(captured.end(near)).events(good), False, near, len(seen) - len(good), unsummed)


def _unsummed(captured: Captured, seen: list[Seen]) -> list[Endpoint]:
    """Ends most of whose checksums are wrong: a network card was to add them up, after the capture."""
    found: list[Endpoint] = []
    for end in (captured.client, captured.server):
        broken = [bool(one.observed.broken) for one in seen if source_of(one) == end]
        if broken and 2 * sum(broken) >= len(broken) and broken != [True]:
            found.append(end)
    return found


@final
class _Proofs:
    """The far end has received what it proves to have received; what was sent again without such a proof is lost."""

    def __init__(self, near: Endpoint) -> None:
        self.near = near
        self._time = 0  # of the far end's latest event
        self._order = 0
        self._events: list[tuple[int, int, Event]] = []
        self._waiting: list[tuple[int, Seen]] = []  # sent by the near end, not proven to have arrived
        self._lost: dict[int, bool] = {}  # by place
        self._round_trip = ROUND_TRIP_NS

    def events(self, seen: list[Seen]) -> list[Event]:
        """All events in the order of their times."""
        self._lost = _lost(seen, self.near)
        for place, one in enumerate(seen):
            if source_of(one) == self.near:
                self._add(one.time, SEND, one)
                self._waiting.append((place, one))
                if len(self._waiting) > WAITING_LIMIT:
                    self._arrive(*self._waiting.pop(0))
                continue
            self._prove(one)
            self._time = max(self._time, one.time)
            self._add(one.time, SEND, one)
            self._add(one.time, RECEIVE, one)
        for place, one in self._waiting:
            segment = one.observed.segment
            # What would have been answered, and was not, may still be under way
            if segment is not None and (place in self._lost or not segment.length or segment.flags & RST):
                self._arrive(place, one)
        self._events.sort(key=lambda item: item[:2])
        return [event for _, _, event in self._events]

    def _add(self, time: int, kind: str, seen: Seen) -> None:
        segment = seen.observed.segment
        assert segment is not None
        self._events.append((time, self._order, Event(time, kind, source_of(seen), segment, seen.comment)))
        self._order += 1

    def _arrive(self, place: int, seen: Seen) -> None:
        if place in self._lost:
            self._add(seen.time, DROP, seen)
            return
        self._time = max(self._time, seen.time)
        self._add(self._time, RECEIVE, seen)

    def _prove(self, answer: Seen) -> None:
        """What `answer`, a packet of the far end, says about what had arrived before it was sent."""
        told = answer.observed.segment
        assert told is not None
        proven = 0
        proofs: dict[int, bool] = {}  # one acknowledgment proves that one of those with a number has arrived
        for count, (place, one) in enumerate(self._waiting, 1):
            if count > proven + LOOK_AHEAD:
                break
            segment = one.observed.segment
            assert segment is not None
            if segment.length:
                if segment.seq in proofs:
                    continue
                if told.flags & RST or (told.flags & ACK and _covers(told.ack, segment)):
                    if place not in self._lost:
                        proofs[segment.seq] = True
                    proven = count
                    if place not in self._lost:
                        self._round_trip = min(self._round_trip, answer.time - one.time)
            elif _contradicts(told, segment):
                if answer.time - one.time > 2 * self._round_trip:
                    self._lost[place] = True
            elif proven == count - 1:
                proven = count
        for place, one in self._waiting[:proven]:
            self._arrive(place, one)
        self._waiting = self._waiting[proven:]


def _lost(seen: list[Seen], near: Endpoint) -> dict[int, bool]:
    """Places of packets of the near end that were sent again before anything said that they had arrived."""
    open_: dict[int, tuple[int, Segment]] = {}  # by first number: place and segment
    lost: dict[int, bool] = {}
    repeated: dict[int, int] = {}  # first number to the place of what was taken for lost last
    for place, one in enumerate(seen):
        segment = one.observed.segment
        assert segment is not None
        if source_of(one) == near:
            if segment.length:
                before = open_.pop(segment.seq, None)
                if before is not None and _repeats(segment, before[1]):
                    lost[before[0]] = True
                    repeated[segment.seq] = before[0]
                open_[segment.seq] = (place, segment)
                if len(open_) > OPEN_LIMIT:
                    del open_[next(iter(open_))]
        elif segment.flags & ACK:
            blocks = segment.options.sack
            if blocks and _above(segment.ack, blocks[0][1]):  # a D-SACK: it came twice, so the first was not lost
                lost.pop(repeated.pop(blocks[0][0], -1), None)
            _strike(open_, segment)
    return lost


def _strike(open_: dict[int, tuple[int, Segment]], told: Segment) -> None:
    """Take out what an acknowledgment covers: what stands first, and what its SACK blocks name."""
    while open_:
        seq = next(iter(open_))
        if not _covers(told.ack, open_[seq][1]):
            break
        del open_[seq]
    if told.options.sack:
        first = list(islice(open_.items(), SACK_LIMIT))
        for seq, (_, sent) in first:
            if _arrived(told, sent):
                del open_[seq]


def _repeats(segment: Segment, before: Segment) -> bool:
    """Whether a segment says all again that one with the same number has said; a SYN-ACK says more than a SYN."""
    return (
        (segment.flags ^ before.flags) & SYN == 0
        and (not segment.flags & SYN or (segment.flags ^ before.flags) & ACK == 0)
        and segment.length >= before.length
    )


def _arrived(told: Segment, segment: Segment) -> bool:
    """Whether an acknowledgment, or one of its SACK blocks, covers a segment."""
    if _covers(told.ack, segment):
        return True
    return any(_above(segment.seq, left) and _covers(right, segment) for left, right in told.options.sack)


def _above(number: int, other: int) -> bool:
    """`number` >= `other`, as wire numbers that are close."""
    return (number - other) % _WRAP < _HALF


def _covers(ack: int, segment: Segment) -> bool:
    """Whether an acknowledgment covers a segment's numbers."""
    return (ack - segment.seq - segment.length) % _WRAP < _HALF


def _contradicts(told: Segment, segment: Segment) -> bool:
    """Whether a packet was sent as if the plain ACK `segment` had not arrived: SYN or FIN are repeated after all."""
    return bool(told.flags & (SYN | FIN)) and bool(segment.flags & ACK) and _covers(segment.ack, told)


__all__ = ["Event", "View", "places_of", "source_of", "view_of"]
