"""What a ladder is made of: steps at each host, and the segments between them.

Responsible for the values alone; `model` makes them from records and says what became of them.
"""

from __future__ import annotations

from typing import Final, final

from synfin.timeline.numbers import Numbers
from synfin.timeline.origins import Asked, Origin
from synfin.trace import RuleRecord, StateRecord, TcbValue
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import Segment

ECN_WORDS: Final = ("", "ect1", "ect0", "ce")  # the ECN field of a packet (RFC 3168 5), where it says something

# What became of a segment
FLYING: Final = "flying"
ARRIVED: Final = "arrived"
GONE: Final = "gone"  # sent towards an end that nobody watches
LOST: Final = "lost"
HELD: Final = "held"
LATE: Final = "late"
DAMAGED: Final = "damaged"

# Kinds of steps
DEPARTURE: Final = "departure"
ARRIVAL: Final = "arrival"
CALL: Final = "call"
TOLD: Final = "told"  # the application is told something
TIMER: Final = "timer"
MOVE: Final = "move"
RULE: Final = "rule"

UNKNOWN: Final = "?"


@final
class Flight:
    """One segment between two hosts.

    `rule` says why it was sent; `fate` is one of the constants above; `fault` the rule that decided it; `number` is
    given by the layout to a flight that is drawn in two parts; `twin`: the network made a copy; `foreign`: injected.
    `changed` is the segment as it goes on after a router has set Congestion Experienced (RFC 3168).

    `again` is the first sending of the octets that this one repeats, or None: it is new, or that one is forgotten.
    `ordinal` counts, from 1, what `sender` has sent to the other host, in the order of sending: the number that
    `drop(A>B,*,3)` of the fault language means; 0 for what faults do not meet (injected, or refused by the cable).
    `arrived_at` is when it arrived first, in ns, or None.  `origin` says where its numbers come from.
    `folded` is given by `fold`: whether its departure is told together with others; None: nobody has decided that.
    """

    __slots__ = (
        "again", "arrived_at", "changed", "departure", "dst", "fate", "fault", "folded", "foreign", "number", "numbers",
        "ordinal", "origin", "rule", "segment", "sender", "sent_at", "src", "twin",
    )  # fmt: skip

    def __init__(
        self, sender: str, sent_at: int, src: Endpoint, dst: Endpoint, segment: Segment, rule: str, numbers: Numbers
    ) -> None:
        self.sender = sender
        self.sent_at = sent_at
        self.src = src
        self.dst = dst
        self.segment = segment
        self.rule = rule
        self.numbers = numbers
        self.fate = FLYING
        self.fault = ""
        self.twin = False
        self.foreign = False
        self.changed: Segment | None = None
        self.number = 0
        self.again: Flight | None = None
        self.ordinal = 0
        self.arrived_at: int | None = None
        self.folded: bool | None = None
        self.origin: Origin | None = None
        self.departure: Step | None = None


@final
class Step:
    """Something at one host at one time.

    `state` is the connection's state there afterwards, `before` that at the start; `moves` and `rules` are what the
    step caused; `first` is True for the first arrival of a flight, False for that of a copy.  `tcb` holds the
    variables that were found changed at this step (`trace.TcbRecord` has their names), if the run was probed; what
    several steps of one instant have changed together stands at the last of them.  `asked` is what the host had last
    asked for when this segment arrived, None if it had not.
    """

    __slots__ = (
        "asked", "before", "call", "detail", "first", "flight", "host", "kind", "local", "moves", "now", "order",
        "remote", "rules", "state", "tcb",
    )  # fmt: skip

    def __init__(
        self, order: int, now: int, host: str, kind: str, local: Endpoint, remote: Endpoint, state: str
    ) -> None:
        self.order = order
        self.now = now
        self.host = host
        self.kind = kind
        self.local = local
        self.remote = remote
        self.before = state
        self.state = state
        self.flight: Flight | None = None
        self.asked: Asked | None = None
        self.first = True
        self.call = ""
        self.detail = ""
        self.moves: list[StateRecord] = []
        self.rules: list[RuleRecord] = []
        self.tcb: dict[str, TcbValue] = {}
