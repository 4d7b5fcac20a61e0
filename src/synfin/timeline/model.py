"""From trace records to what a ladder shows: steps at each host, segments in flight between them, states after each.

Responsible for putting together what belongs together: a segment's sending, its fate and its arrival; a step and the
state moves and rules that it caused.  Streaming: records go in one by one, groups of finished steps come out.  How
steps are placed on lines is `layout`'s affair, what they look like `ladder`'s.
"""

from __future__ import annotations

from typing import Final, final

from synfin.timeline import connections, flights, numbers, origins
from synfin.timeline.connections import Connections
from synfin.timeline.flights import Counter, OnTheWay, Originals
from synfin.timeline.numbers import NumberTracker
from synfin.timeline.origins import OriginTracker
from synfin.timeline.steps import (
    ARRIVAL,
    ARRIVED,
    CALL,
    DAMAGED,
    DEPARTURE,
    ECN_WORDS,
    FLYING,
    GONE,
    HELD,
    LATE,
    LOST,
    MOVE,
    RULE,
    TIMER,
    TOLD,
    UNKNOWN,
    Flight,
    Step,
)
from synfin.trace import (
    CORRUPT,
    DELAY,
    DROP,
    DUPLICATE,
    HOLD,
    MARK,
    RECEIVE,
    SEND,
    AppRecord,
    Record,
    RuleRecord,
    SegmentRecord,
    StateRecord,
    TcbRecord,
    TcbValue,
    TimerRecord,
)
from synfin.wire.addresses import Address, Endpoint

GROUP_LIMIT: Final = 4_096  # steps kept until all their segments have arrived; then they are drawn as they are
CONNECTION_LIMIT: Final = 1_048_576
LISTENER_LIMIT: Final = 2 * 65_536  # ports of two hosts
PENDING_LIMIT: Final = 1_024  # connections whose changed variables wait for a step that they belong to

_QUIET_TOLD: Final = ("readable", "writable", "closed")
_REFUSALS: Final = ("link-down", "link-mtu-exceeded", "link-queue-full")  # of a cable that does not take a frame


@final
class Model:
    """The two ends of a trace.

    `hosts` names the left and the right end.  With `one_sided=True` only the first is observed: segments to the other
    are done when they are sent, and what arrives was not seen before.  Records of other hosts are left out.  `owned`
    says which addresses are a host's, so that it gets no state for segments to somebody else.
    """

    def __init__(
        self, hosts: tuple[str, str], *, one_sided: bool = False, owned: dict[str, list[Address]] | None = None
    ) -> None:
        self.hosts = hosts
        self.owned = owned if owned is not None else {}
        self.one_sided = one_sided
        self.numbers = NumberTracker()
        self.connections = Connections()
        self.origins = OriginTracker(hosts)
        self._states: dict[tuple[str, Endpoint, Endpoint], str] = {}
        self._listening: dict[tuple[str, int], bool] = {}
        self._group: list[Step] = []
        self._flights = OnTheWay()
        self._originals = Originals()
        self._counter = Counter()
        self._sent: Flight | None = None  # what the record before this one has sent
        self._tcb: dict[tuple[str, Endpoint, Endpoint], dict[str, TcbValue]] = {}  # changes without a step so far
        self._in_group = 0  # normal flights of this group that are still on their way
        self._last: dict[str, Step] = {}
        self._told: list[Step] = []  # what applications were told since the last other step
        self._newest: Step | None = None
        self._order = 0

    # What is known of states

    def state(self, host: str, local: Endpoint, remote: Endpoint) -> str:
        """The state of one end of a connection now."""
        if self.one_sided and host != self.hosts[0]:
            return UNKNOWN
        found = self._states.get((host, local, remote))
        if found is not None:
            return found
        if host in self.owned and local.address not in self.owned[host] and any(local.address):
            return UNKNOWN
        return "LISTEN" if (host, local.port) in self._listening else "CLOSED"

    def final(self, host: str) -> str:
        """The state in which a host's latest living connection is, or CLOSED, or LISTEN for a mere listener."""
        states = [state for (owner, _, _), state in self._states.items() if owner == host]
        living = [state for state in states if state != "CLOSED"]
        if living:
            return living[-1]
        if states:
            return "CLOSED"
        return "LISTEN" if any(owner == host for owner, _ in self._listening) else "CLOSED"

    def tables(self) -> dict[str, tuple[int, int]]:
        """Every table that grows with the run: how much it holds, and the limit that keeps it from growing on.

        The limits are constants of the modules that own the tables; a test runs a long transfer against them.
        """
        return {
            "group": (len(self._group), GROUP_LIMIT),
            "states": (len(self._states), CONNECTION_LIMIT),
            "listening": (len(self._listening), LISTENER_LIMIT),
            "pending": (len(self._tcb), PENDING_LIMIT),
            "told": (len(self._told), GROUP_LIMIT),
            "flights": (len(self._flights), flights.FLIGHT_LIMIT),
            "originals": (len(self._originals), flights.ORIGINAL_LIMIT),
            "counters": (len(self._counter), flights.COUNT_LIMIT),
            "numbers": (len(self.numbers), numbers.FLOW_LIMIT),
            "origins": (len(self.origins), origins.FLOW_LIMIT),
            "connections": (len(self.connections), connections.CONNECTION_LIMIT),
        }

    # Feeding

    def feed(self, record: Record) -> list[Step]:
        """Take one record; gives the steps of a group that is now complete, or nothing."""
        if record.host not in self.hosts:
            return []
        if isinstance(record, TcbRecord):
            self._changed(record)
            return []
        sent, self._sent = self._sent, None
        if sent is not None and isinstance(record, SegmentRecord) and record.rule in _REFUSALS:
            self._refused(sent, record)
        if isinstance(record, StateRecord):
            return self._state(record)
        if isinstance(record, SegmentRecord):
            return self._segment(record)
        if isinstance(record, RuleRecord):
            return self._rule(record)
        if isinstance(record, AppRecord):
            return self._app(record)
        if isinstance(record, TimerRecord) and record.action == "fire":
            done = self._begin(record.now, record.host, TIMER, record.local, record.remote)
            self._last[record.host].call = record.timer
            return done
        return []

    def flush(self) -> list[Step]:
        """Everything that was kept, whether or not its segments have arrived."""
        done = self._group
        self._group = []
        self._last = {}
        if self._in_group > 0:
            for flight in self._flights:
                if flight.fate == FLYING:
                    flight.fate = LATE
        self._in_group = 0
        self._told = []
        return done

    def settle(self) -> list[Step]:
        """The group, if nothing of it is still on its way: for showing it before the next record comes."""
        return [] if self._in_group > 0 else self.flush()

    def _begin(self, now: int, host: str, kind: str, local: Endpoint, remote: Endpoint) -> list[Step]:
        """Start a new step; the group before it is complete when nothing of it is in flight."""
        done: list[Step] = []
        if (self._in_group <= 0 and kind != TOLD) or len(self._group) >= GROUP_LIMIT:
            done = self.flush()
        state = self.state(host, local, remote) if remote.port or kind != RULE else UNKNOWN
        step = Step(self._order, now, host, kind, local, remote, state)
        self._order += 1
        self._group.append(step)
        if kind == TOLD:
            self._told.append(step)
        else:
            self._last[host] = step
            self._told = []
        self._newest = step
        if self._tcb:
            step.tcb = self._tcb.pop((host, local, remote), step.tcb)
        return done

    def _changed(self, record: TcbRecord) -> None:
        """Variables of a connection have changed: at its latest step there, if one is of now, else before the next."""
        key = (record.host, record.local, record.remote)
        for step in reversed(self._group):
            if step.now != record.now:
                break
            if step.kind != TOLD and (step.host, step.local, step.remote) == key:
                step.tcb.update(record.values)
                return
        self._tcb.setdefault(key, {}).update(record.values)
        if len(self._tcb) > PENDING_LIMIT:
            del self._tcb[next(iter(self._tcb))]

    def _open_step(self, record: Record, local: Endpoint, remote: Endpoint) -> Step | None:
        """The step at this host that the record belongs to: the latest one, if it is of now and of this connection."""
        step = self._last.get(record.host)
        if step is None or step.now != record.now or step.kind == DEPARTURE:
            return None
        return step if (step.local, step.remote) == (local, remote) else None

    def _state(self, record: StateRecord) -> list[Step]:
        done: list[Step] = []
        if record.remote.port == 0 and record.to_state in ("LISTEN", "CLOSED"):
            if record.to_state == "LISTEN":
                self._listening[record.host, record.local.port] = True
            else:
                self._listening.pop((record.host, record.local.port), None)
            step = self._open_step(record, record.local, record.remote)
            if step is not None:
                step.state = record.to_state
                step.moves.append(record)
            return done
        if record.from_state == record.to_state:  # no move: so it was when the records begin
            self._states[record.host, record.local, record.remote] = record.to_state
            return done
        step = self._open_step(record, record.local, record.remote)
        if step is None:
            done = self._begin(record.now, record.host, MOVE, record.local, record.remote)
            step = self._last[record.host]
            step.before = record.from_state
        key = (record.host, record.local, record.remote)
        self._states.pop(key, None)  # the latest one to move is the last
        self._states[key] = record.to_state
        if len(self._states) > CONNECTION_LIMIT:
            del self._states[next(iter(self._states))]
        step.state = record.to_state
        step.moves.append(record)
        for told in self._told:
            if (told.host, told.local, told.remote) == key:
                told.state = record.to_state
        return done

    def _rule(self, record: RuleRecord) -> list[Step]:
        done: list[Step] = []
        step = self._open_step(record, record.local, record.remote)
        if step is None and record.remote.port == 0:
            step = self._anything_open(record)
        if step is None:
            done = self._begin(record.now, record.host, RULE, record.local, record.remote)
            step = self._last[record.host]
        step.rules.append(record)
        return done

    def _anything_open(self, record: RuleRecord) -> Step | None:
        """A rule that names no connection belongs to the segment that has just come in."""
        step = self._last.get(record.host)
        return step if step is not None and step.now == record.now and step.kind == ARRIVAL else None

    def _app(self, record: AppRecord) -> list[Step]:
        if record.call == "event":
            if record.detail in _QUIET_TOLD:
                return []
            done = self._begin(record.now, record.host, TOLD, record.local, record.remote)
            if self._newest is not None:
                self._newest.call = record.detail
            return done
        done = self._begin(record.now, record.host, CALL, record.local, record.remote)
        step = self._last[record.host]
        step.call = record.call
        step.detail = record.detail
        return done

    # Segments

    def _segment(self, record: SegmentRecord) -> list[Step]:
        if record.kind == SEND:
            return self._departure(record)
        if record.kind == RECEIVE:
            return self._arrival(record)
        if record.kind == MARK:
            self._marked(record)
            return []
        flight = self._flights.find(record.segment)
        if record.kind == DUPLICATE and flight is None:
            return self._injected(record)
        if flight is not None:
            self._fate(flight, record)
        return []

    def _fate(self, flight: Flight, record: SegmentRecord) -> None:
        """The network did something to a segment."""
        if record.kind == DUPLICATE:
            flight.twin = True
            flight.fault = record.rule
            return
        if flight.fate == FLYING:
            self._in_group -= 1
        flight.fault = record.rule
        flight.fate = {DROP: LOST, HOLD: HELD, DELAY: LATE, CORRUPT: DAMAGED}.get(record.kind, FLYING)
        if flight.fate in (LOST, DAMAGED):
            self._flights.remove(flight)
            self.connections.lost(flight)

    def _injected(self, record: SegmentRecord) -> list[Step]:
        """A segment that no host sends now: it only arrives."""
        numbers = self.numbers.sent(record.src, record.dst, record.segment, record.rule, foreign=True)
        flight = Flight(record.host, record.now, record.src, record.dst, record.segment, record.rule, numbers)
        flight.foreign = True
        flight.fate = LATE
        self._trace_back(flight)
        self._add(flight)
        return []

    def _marked(self, record: SegmentRecord) -> None:
        """A router has written into the packet: the record has what goes on, the flight what was sent."""
        for flight in reversed(self._flights):  # it was sent just now
            if flight.changed is None and flight.src == record.src and flight.segment == record.segment:
                self._flights.change(flight, record.segment)
                flight.fault = record.rule
                return

    def _departure(self, record: SegmentRecord) -> list[Step]:
        done = self._begin(record.now, record.host, DEPARTURE, record.src, record.dst)
        numbers = self.numbers.sent(record.src, record.dst, record.segment, record.rule)
        flight = Flight(record.host, record.now, record.src, record.dst, record.segment, record.rule, numbers)
        flight.departure = self._last[record.host]
        flight.departure.flight = flight
        flight.ordinal = record.ordinal or self._counter.next(record.host, self._target(record))
        self._originals.link(flight)
        self._trace_back(flight)
        self.connections.sent(flight, self._other(record.host))
        self._sent = flight
        if self.one_sided:
            flight.fate = GONE
            return done
        self._in_group += 1
        self._add(flight)
        return done

    def _add(self, flight: Flight) -> None:
        """A segment is on its way; the oldest of too many is given up."""
        oldest = self._flights.add(flight)
        if oldest is not None and oldest.fate == FLYING:
            self._in_group -= 1

    def _other(self, host: str) -> str:
        return self.hosts[1] if host == self.hosts[0] else self.hosts[0]

    def _target(self, record: SegmentRecord) -> str:
        """The host that a segment is for, or its address where no host is known to have it."""
        other = self._other(record.host)
        known = self.owned.get(other)
        return other if known is None or record.dst.address in known else str(record.dst)

    def _refused(self, flight: Flight, record: SegmentRecord) -> None:
        """The cable did not take what was just sent: faults never saw it."""
        if record.kind == DROP and record.segment is flight.segment:
            flight.ordinal = 0
            self._counter.back(record.host, self._target(record))

    def _arrival(self, record: SegmentRecord) -> list[Step]:
        flight = self._flights.find(record.segment)
        first = flight is not None and flight.fate != ARRIVED
        done = self._begin(record.now, record.host, ARRIVAL, record.dst, record.src)
        step = self._last[record.host]
        if flight is None:
            sender = self._other(record.host)
            numbers = self.numbers.sent(record.src, record.dst, record.segment, record.rule)
            flight = Flight(sender, record.now, record.src, record.dst, record.segment, record.rule, numbers)
            flight.ordinal = self._counter.next(sender, record.host) if self.one_sided else 0
            self._originals.link(flight)
            self._trace_back(flight)
            self.connections.sent(flight, record.host)
            first = True
        elif flight.fate == FLYING:
            self._in_group -= 1
        if not flight.twin or not first:
            self._flights.remove(flight)
        if flight.arrived_at is None:
            flight.arrived_at = record.now
        if flight.fate in (FLYING, ARRIVED) or flight.foreign:
            flight.fate = ARRIVED
        step.flight = flight
        step.first = first
        step.asked = self.origins.arrived((flight.src, flight.dst), flight.numbers.ack, flight.foreign)
        return done

    def _trace_back(self, flight: Flight) -> None:
        """Where the numbers of a segment come from, as it is sent."""
        flight.origin = self.origins.sent(
            flight.sent_at, flight.sender, (flight.src, flight.dst), flight.segment, flight.numbers, flight.rule,
            flight.foreign,
        )  # fmt: skip


__all__ = [
    "ARRIVAL",
    "ARRIVED",
    "CALL",
    "DAMAGED",
    "DEPARTURE",
    "ECN_WORDS",
    "FLYING",
    "GONE",
    "HELD",
    "LATE",
    "LOST",
    "MOVE",
    "RULE",
    "TIMER",
    "TOLD",
    "UNKNOWN",
    "Flight",
    "Model",
    "Step",
]
