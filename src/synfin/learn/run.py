"""What lessons ask about a run: the n-th segment of a host, a state at an instant, what an application was told.

Responsible for reading facts off the records of a played plan, as short words that are the same in every language.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, final

from synfin.lab.plan import Plan, play
from synfin.trace import DROP, SEND, AppRecord, RuleRecord, SegmentRecord, StateRecord
from synfin.wire.tcp import Segment, flag_names

NOTHING: Final = "nothing"  # the answer where nothing is sent, or nothing happens
KEPT: Final = 64  # runs that are remembered
_ENDS: Final = ("eof", "refused", "reset", "timeout")
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A segment as a host gave it to the wire: `seq` and `ack` are the numbers on the wire, `lost` its fate."""

    now: int
    host: str
    segment: Segment
    rule: str
    lost: bool

    @property
    def flags(self) -> str:
        """`SYN+ACK`; `none` without any."""
        return "+".join(flag_names(self.segment.flags)) or "none"

    @property
    def seq(self) -> int:
        """The sequence number."""
        return self.segment.seq

    @property
    def ack(self) -> int:
        """The acknowledgment number."""
        return self.segment.ack

    @property
    def length(self) -> int:
        """Octets of text."""
        return len(self.segment.payload)


@final
class Run:
    """A played plan, ready to be asked.  Times are ns."""

    def __init__(self, plan: Plan) -> None:
        self.played = play(plan, probe=False)
        self.world = self.played.world
        self.sent: list[Sent] = []
        for record in self.world.records:
            if not isinstance(record, SegmentRecord):
                continue
            if record.kind == SEND:
                self.sent.append(Sent(record.now, record.host, record.segment, record.rule, lost=False))
            elif record.kind == DROP and self.sent and self.sent[-1].segment is record.segment:
                last = self.sent[-1]
                self.sent[-1] = Sent(last.now, last.host, last.segment, last.rule, lost=True)

    def all(self, host: str, flags: str = "") -> list[Sent]:
        """What a host has sent, or of that what has exactly these flags."""
        return [sent for sent in self.sent if sent.host == host and (not flags or sent.flags == flags)]

    def nth(self, host: str, number: int, flags: str = "") -> Sent:
        """The n-th of them, counted from 1; negative numbers count from the end."""
        found = self.all(host, flags)
        return found[number - 1 if number > 0 else number]

    def after(self, now: int, host: str) -> str:
        """The flags of the first segment that a host sends later than `now`, or `nothing`."""
        return next((sent.flags for sent in self.sent if sent.host == host and sent.now > now), NOTHING)

    def moves(self, host: str) -> list[StateRecord]:
        """Every change of state of a host's connections, in order; those of listeners are left out."""
        return [
            record
            for record in self.world.records
            if isinstance(record, StateRecord) and record.host == host and record.remote.port
        ]

    def path(self, host: str) -> list[str]:
        """The states that a host entered, in order."""
        return [move.to_state for move in self.moves(host)]

    def state(self, host: str, now: int | None = None) -> str:
        """The state of a host's connection at an instant, or at the end; without one, LISTEN for a mere listener."""
        states = [move.to_state for move in self.moves(host) if now is None or move.now <= now]
        if states and states[-1] != "CLOSED":
            return states[-1]
        listening = [
            record.to_state
            for record in self.world.records
            if isinstance(record, StateRecord) and record.host == host and not record.remote.port
            and (now is None or record.now <= now)
        ]  # fmt: skip
        return "CLOSED" if states or not listening else listening[-1]

    def entered(self, host: str, state: str) -> int:
        """When a host first entered a state; raises `LookupError` if it never did."""
        for move in self.moves(host):
            if move.to_state == state:
                return move.now
        raise LookupError(f"{host} never was in {state}")

    def stay(self, host: str, state: str) -> int:
        """How long the connection of a host was in a state for the last time, in ns."""
        moves = self.moves(host)
        for place in range(len(moves) - 2, -1, -1):
            if moves[place].to_state == state:
                return moves[place + 1].now - moves[place].now
        raise LookupError(f"{host} never left {state}")

    def told(self, host: str) -> list[str]:
        """What a host's application was told by events: `connected`, `eof`, `reset`, `timeout`, `refused`."""
        end = self.played.stage.a if host == "A" else self.played.stage.b
        return list(dict.fromkeys(event.value for event in end.events))

    def end(self, host: str) -> str:
        """How the connection ended for a host's application: `refused`, `reset`, `timeout` or `eof`; or `nothing`."""
        return next((event for event in self.told(host) if event in _ENDS), NOTHING)

    def received(self, host: str) -> str:
        """The text that a host's application has read."""
        end = self.played.stage.a if host == "A" else self.played.stage.b
        return end.received.decode("ascii", "replace")

    def failed(self, host: str) -> list[str]:
        """Names of the errors that calls of a host's application gave."""
        return [
            record.detail.split()[-1]
            for record in self.world.records
            if isinstance(record, AppRecord) and record.host == host and record.call == "failed"
        ]

    def rules(self, host: str) -> list[str]:
        """Names of the rules that decided at a host, in order."""
        return [record.rule for record in self.world.records if isinstance(record, RuleRecord) and record.host == host]


@lru_cache(maxsize=KEPT)
def run_of(plan: Plan) -> Run:
    """The run of a plan; played once."""
    return Run(plan)


def seconds(ns: int) -> str:
    """`1.5 s`, as short as it can be said."""
    whole, part = divmod(ns, _SECOND)
    text = f"{whole}.{part:09}".rstrip("0").rstrip(".")
    return f"{text} s"
