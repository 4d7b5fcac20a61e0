"""Where the numbers of a segment come from: what was sent before it, what it acknowledges, whose clock it echoes.

Responsible for facts only: which earlier piece of the same direction ends where this segment begins, which piece of
the other direction ends where it acknowledges.  Sentences about them are `sums`' affair.
"""

from __future__ import annotations

from typing import Final, NamedTuple, final

from synfin.timeline.numbers import Numbers
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment

FLOW_LIMIT: Final = 65_536  # directions remembered; the oldest is forgotten
PIECE_LIMIT: Final = 1_024  # pieces of one direction that are not known to be acknowledged; the oldest is forgotten
CLOCK_LIMIT: Final = 64  # timestamps of one direction, the latest ones
_WRAP: Final = 1 << 32

# Why the sequence number is what it is
INITIAL: Final = "initial"  # the first SYN of this numbering
INITIAL_AGAIN: Final = "initial-again"  # a SYN of this numbering went before
AFTER: Final = "after"  # right behind `before`
AGAIN: Final = "again"  # the number of `before`, whose octets go once more
INSIDE: Final = "inside"  # within `before`, which is cut anew
BELOW: Final = "below"  # numbers that were used before, of which nothing more is known
AHEAD: Final = "ahead"  # what lies between was not seen
NEXT: Final = "next"  # the next number; what ended there is not known
FIRST: Final = "first"  # the first segment seen of this direction
KEEP_ALIVE: Final = "keep-alive"  # one below the next number, on purpose
PROBE: Final = "probe"  # the first octet that the closed window kept out
PROBE_EMPTY: Final = "probe-empty"  # a number that was acknowledged, so that an answer must come
ANSWER: Final = "answer"  # a reset that takes its number from the ACK it answers
NO_NUMBER: Final = "no-number"  # a reset without any number of its own
FOREIGN: Final = "foreign"  # whoever made the segment has chosen it

# What the acknowledgment covers
NOTHING: Final = "nothing"  # no ACK flag
COVERS: Final = "covers"  # the end of `acked`
PART: Final = "part"  # some of `acked`
BEYOND: Final = "beyond"  # more than was ever sent
OTHER: Final = "other"  # numbers of another connection
KNOWN: Final = "known"  # something sent before, of which nothing more is known

_PROBES: Final = ("zero-window-probe", "keep-alive-probe")
_RESETS_BY_ACK: Final = (
    "reset-closed", "reset-listen", "reset-syn-received", "reset-syn-sent", "reset-accept-overflow",
    "reset-half-duplex-close",
)  # fmt: skip


class Piece(NamedTuple):
    """A segment that consumed numbers: relative number, octets of text, SYN and FIN (0 or 1), when it was sent (ns)."""

    seq: int
    octets: int
    syn: int
    fin: int
    sent_at: int

    @property
    def end(self) -> int:
        """The number behind it."""
        return self.seq + self.octets + self.syn + self.fin


class Origin(NamedTuple):
    """Where the numbers of one segment come from; all are relative but for `isn` and `peer_isn` (None: no SYN seen).

    `peer`: the other host's name.  `seq_kind`, `ack_kind`: constants above, `before` and `acked` the pieces they speak
    of.  `high`: the next number of the sender's direction before this segment, `peer_high` that of the other;
    `repeated`: the last ACK had the same number; `asked`: what the other host has last asked for (None: it has
    not).  `scale`: the shift of the window field, None where it is not
    scaled; `echo`: when the other host sent the timestamp that is echoed (ns), None: not seen.
    """

    peer: str
    seq_kind: str
    before: Piece | None
    high: int
    isn: int | None
    ack_kind: str
    acked: Piece | None
    repeated: bool
    peer_high: int
    peer_isn: int | None
    asked: Asked | None
    scale: int | None
    echo: int | None


class Asked(NamedTuple):
    """What a host has last asked for when a segment reaches it, and where its window ended then; relative numbers."""

    wants: int
    edge: int


@final
class _Direction:
    """What is known of one direction of a connection."""

    __slots__ = (
        "asked",
        "clocks",
        "ends",
        "high",
        "isn",
        "offered",
        "scale",
        "started",
        "starts",
        "synchronized",
    )

    def __init__(self, isn: int) -> None:
        self.isn = isn
        self.high = 0
        self.started = False  # something of this direction was seen
        self.synchronized = False  # its SYN was
        self.starts: dict[int, Piece] = {}  # by first number, the first that had it
        self.ends: dict[int, Piece] = {}  # by the number behind it, the latest that had it
        self.asked: Asked | None = None  # by the last ACK sent in this direction; numbers of the other one
        self.offered = False
        self.scale = 0
        self.clocks: dict[int, int] = {}  # TSval to the time it was first sent

    def note(self, piece: Piece) -> None:
        """Numbers were consumed."""
        self.starts.setdefault(piece.seq, piece)
        self.ends[piece.end] = piece
        if len(self.starts) > PIECE_LIMIT:
            del self.starts[next(iter(self.starts))]
        if len(self.ends) > PIECE_LIMIT:
            del self.ends[next(iter(self.ends))]
        self.high = max(self.high, piece.end)

    def acknowledged(self, number: int) -> None:
        """Everything below `number` is known to have arrived; only the piece that ends there may still be spoken of."""
        for table in (self.starts, self.ends):
            while table:
                key = next(iter(table))
                if table[key].end >= number:
                    break
                del table[key]

    def holding(self, number: int) -> Piece | None:
        """A piece that `number` lies inside of."""
        return next((piece for piece in self.starts.values() if piece.seq < number < piece.end), None)


@final
class OriginTracker:
    """Feeds on segments in the order they were sent, after `NumberTracker` has numbered them."""

    __slots__ = ("_directions", "hosts")

    def __init__(self, hosts: tuple[str, str]) -> None:
        self.hosts = hosts
        self._directions: dict[tuple[Endpoint, Endpoint], _Direction] = {}

    def __len__(self) -> int:
        return len(self._directions)

    def sent(
        self, now: int, sender: str, ends: tuple[Endpoint, Endpoint], segment: Segment, numbers: Numbers, rule: str,
        foreign: bool = False,
    ) -> Origin:  # fmt: skip
        """Where the numbers of a segment come from that is sent now; it is then remembered, unless it is `foreign`."""
        isn = (segment.seq - numbers.seq) % _WRAP
        here = self._directions.get(ends)
        if here is None or (here.isn != isn and segment.flags & SYN and not foreign):
            here = self._begin(ends, isn)
        back = self._directions.get((ends[1], ends[0]))
        origin = _origin(self._other(sender), here, back, segment, numbers, rule, foreign)
        if not foreign:
            _remember(here, now, segment, numbers, rule)
        return origin

    def arrived(self, ends: tuple[Endpoint, Endpoint], ack: int | None, foreign: bool = False) -> Asked | None:
        """A segment between `ends` has arrived, so its receiver knows what it acknowledges, if it is no forgery.

        Gives what that host has last asked for, None if it has not spoken of these numbers.
        """
        back = self._directions.get((ends[1], ends[0]))
        if back is None:
            return None
        if ack is not None and ack <= back.high and not foreign:
            back.acknowledged(ack)
        return back.asked

    def _other(self, sender: str) -> str:
        return self.hosts[1] if sender == self.hosts[0] else self.hosts[0]

    def _begin(self, ends: tuple[Endpoint, Endpoint], isn: int) -> _Direction:
        if len(self._directions) >= FLOW_LIMIT:
            del self._directions[next(iter(self._directions))]
        direction = _Direction(isn)
        self._directions[ends] = direction
        back = self._directions.get((ends[1], ends[0]))
        if back is not None:
            back.asked = None  # it was about the numbers before
        return direction


def _origin(
    peer: str, here: _Direction, back: _Direction | None, segment: Segment, numbers: Numbers, rule: str, foreign: bool
) -> Origin:
    seq_kind, before = _sequence(here, segment, numbers.seq, rule, foreign)
    ack_kind, acked = _acknowledgment(back, numbers.ack)
    scaled = here.offered and back is not None and back.offered and not segment.flags & SYN
    echo = None
    if back is not None and segment.options.ts_val is not None and segment.flags & ACK:
        echo = back.clocks.get(segment.options.ts_ecr)
    peer_isn = None
    if numbers.ack is not None and back is not None and back.synchronized:
        peer_isn = (segment.ack - numbers.ack) % _WRAP
    return Origin(
        peer=peer,
        seq_kind=seq_kind,
        before=before,
        high=here.high,
        isn=(segment.seq - numbers.seq) % _WRAP if here.synchronized or segment.flags & SYN else None,
        ack_kind=ack_kind,
        acked=acked,
        repeated=here.asked is not None and here.asked.wants == numbers.ack,
        peer_high=back.high if back is not None else 0,
        peer_isn=peer_isn,
        asked=back.asked if back is not None else None,
        scale=here.scale if scaled else None,
        echo=echo,
    )


def _sequence(here: _Direction, segment: Segment, seq: int, rule: str, foreign: bool) -> tuple[str, Piece | None]:
    """Why the sequence number is what it is."""
    flags = segment.flags
    if foreign:
        return FOREIGN, None
    if flags & RST and rule in _RESETS_BY_ACK:
        if not flags & ACK:
            return ANSWER, None
        if segment.seq == 0:
            return NO_NUMBER, None
    if flags & SYN and seq == 0:
        return (INITIAL_AGAIN, here.starts[0]) if 0 in here.starts else (INITIAL, None)
    if rule in _PROBES:
        if seq == here.high - 1 and not segment.payload:
            return KEEP_ALIVE, None
        return (PROBE if segment.payload else PROBE_EMPTY), None
    if segment.length and seq < here.high:
        if seq in here.starts:
            return AGAIN, here.starts[seq]
        held = here.holding(seq)
        return (INSIDE, held) if held is not None else (BELOW, None)
    before = here.ends.get(seq)
    if before is not None:
        return AFTER, before
    if not here.started:
        return FIRST, None
    if seq == here.high:
        return NEXT, None
    return (BELOW if seq < here.high else AHEAD), None


def _acknowledgment(back: _Direction | None, ack: int | None) -> tuple[str, Piece | None]:
    """What the acknowledgment number covers."""
    if ack is None:
        return NOTHING, None
    if back is None or not back.started:
        return KNOWN, None
    if ack > back.high:
        return BEYOND, None
    if ack < 1:
        return OTHER, None
    acked = back.ends.get(ack)
    if acked is not None:
        return COVERS, acked
    held = back.holding(ack)
    return (PART, held) if held is not None else (KNOWN, None)


def _remember(here: _Direction, now: int, segment: Segment, numbers: Numbers, rule: str) -> None:
    """Take note of what a segment consumes, asks for and dates itself by; a reset leaves nothing behind."""
    flags = segment.flags
    options = segment.options
    if flags & RST:
        return
    here.started = True
    if flags & SYN:
        here.synchronized = True
        here.offered = options.window_scale is not None
        here.scale = min(options.window_scale or 0, 14)
    if segment.length and rule != "keep-alive-probe":
        here.note(
            Piece(numbers.seq, len(segment.payload), 1 if flags & SYN else 0, 1 if flags & FIN else 0, now)
        )  # fmt: skip
    elif not segment.length and not here.ends and numbers.seq >= here.high:
        here.high = numbers.seq  # a capture that begins in the middle
    if numbers.ack is not None:
        here.asked = Asked(numbers.ack, numbers.ack + numbers.window)
    if options.ts_val is not None and options.ts_val not in here.clocks:
        here.clocks[options.ts_val] = now
        if len(here.clocks) > CLOCK_LIMIT:
            del here.clocks[next(iter(here.clocks))]
