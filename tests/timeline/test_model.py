"""The model: what belongs to a segment and to a step, beside what the layout and the ladder show of it."""

from __future__ import annotations

import pytest

from synfin.lab.scenarios import SCENARIOS, build
from synfin.lab.world import World
from synfin.timeline import flights as tables
from synfin.timeline.flights import OnTheWay, Originals
from synfin.timeline.model import DEPARTURE, LOST, Flight, Model, Step
from synfin.timeline.numbers import Numbers
from synfin.trace import Record, TcbRecord
from synfin.wire.tcp import ACK, PSH, SYN
from tests.timeline.tape import A, B, Tape

MAX_EVENTS = 20_000


def steps_of(records: list[Record], hosts: tuple[str, str] = ("A", "B")) -> list[Step]:
    """All steps of a run."""
    model = Model(hosts)
    steps = [step for record in records for step in model.feed(record)]
    return steps + model.flush()


def played(name: str, *faults: str, probe: bool = False) -> World:
    """A scenario after its end."""
    stage = build(name, seed=1, preset="rfc", faults=faults)
    if probe:
        stage.world.probe()
    stage.world.run(until=SCENARIOS[name].until, max_events=MAX_EVENTS)
    return stage.world


def sent(steps: list[Step], host: str) -> list[Flight]:
    """What a host has sent, in order."""
    return [s.flight for s in steps if s.kind == DEPARTURE and s.host == host and s.flight is not None]


def test_the_ordinal_is_what_faults_count() -> None:
    ahead = sent(steps_of(played("close").records), "A")
    assert [flight.ordinal for flight in ahead] == [1, 2, 3, 4]
    for flight in ahead:
        again = sent(steps_of(played("close", f"drop(A>B,*,{flight.ordinal})").records), "A")
        [lost] = [other for other in again if other.fate == LOST]
        assert (lost.segment.flags, lost.segment.seq, lost.sent_at) == (
            flight.segment.flags, flight.segment.seq, flight.sent_at,
        )  # fmt: skip


def test_what_the_cable_refuses_has_no_ordinal_and_takes_none_from_the_next() -> None:
    world = World(seed=1)
    a, b = world.host("A"), world.host("B")
    world.link(a, b)
    b.listen(80)
    world.partition(a, b)
    a.connect("B", 80)
    world.at("1500ms", world.heal)
    world.run(until="10s")
    flights = sent(steps_of(world.records), "A")
    assert [(flight.rule, flight.ordinal) for flight in flights[:4]] == [
        ("syn", 0), ("retransmit-timeout", 0), ("retransmit-timeout", 1), ("handshake-ack", 2),
    ]  # fmt: skip


def test_without_a_cable_the_model_counts() -> None:
    tape = Tape()
    for number in range(3):
        tape.flight(number, number + 0.5, "A", tape.segment("A", ACK | PSH, 101 + number, 301, b"x"))
        tape.flight(number, number + 0.5, "B", tape.segment("B", ACK, 301, 102 + number))
    refused = tape.segment("A", ACK | PSH, 104, 301, b"x")
    tape.wire(4, "A", "send", refused).wire(4, "A", "drop", refused, "link-queue-full")
    tape.flight(5, 6, "A", tape.segment("A", ACK | PSH, 104, 301, b"x"))
    steps = steps_of(tape.records)
    assert [flight.ordinal for flight in sent(steps, "A")] == [1, 2, 3, 0, 4]
    assert [flight.ordinal for flight in sent(steps, "B")] == [1, 2, 3]


def test_a_retransmission_knows_what_it_repeats_and_arrivals_their_time() -> None:
    world = played("syn-lost")
    flights = sent(steps_of(world.records), "A")
    first, second = flights[0], flights[1]
    assert first.segment.flags == second.segment.flags == SYN
    assert first.again is None
    assert second.again is first
    assert first.arrived_at is None
    assert second.arrived_at == second.sent_at + 10_000_000
    never = sent(steps_of(played("syn-never-answered").records), "A")
    assert all(flight.again is never[0] for flight in never[1:])
    assert len(never) > 3


def test_a_new_incarnation_repeats_nothing() -> None:
    for name in ("time-wait-reuse", "half-open-reconnect", "syn-flood"):
        for host in ("A", "B"):
            for flight in sent(steps_of(played(name).records), host):
                assert flight.again is None or flight.again.segment.seq == flight.segment.seq


def test_part_of_a_segment_that_is_sent_again_is_linked_to_it() -> None:
    tape = Tape()
    tape.flight(0, 1, "A", tape.segment("A", SYN, 100))
    tape.flight(2, 3, "A", tape.segment("A", ACK, 101, 301, bytes(1_000)))
    tape.flight(4, 5, "A", tape.segment("A", ACK, 1_101, 301, bytes(1_000)))
    tape.flight(6, 7, "A", tape.segment("A", ACK, 1_601, 301, bytes(500)))
    flights = sent(steps_of(tape.records), "A")
    assert [flight.again for flight in flights] == [None, None, None, flights[2]]


def test_changed_variables_stand_at_the_step_that_changed_them() -> None:
    world = played("close", probe=True)
    steps = steps_of(world.records)
    told: dict[str, object] = {}
    for record in world.records:
        if isinstance(record, TcbRecord) and record.host == "A":
            told.update(record.values)
    folded: dict[str, object] = {}
    for step in steps:
        if step.host == "A":
            folded.update(step.tcb)
    assert folded == told
    [syn_ack] = [s for s in steps if s.host == "A" and s.flight is not None and s.flight.rule == "syn-ack"]
    assert syn_ack.tcb["irs"] == 299
    assert syn_ack.tcb["snd_una"] == 1
    assert all(not step.tcb for step in steps_of(played("close").records))


def test_changes_of_several_connections_at_one_instant_find_their_own_steps() -> None:
    world = played("time-wait-ports", probe=True)
    steps = steps_of(world.records)
    for record in world.records:
        if isinstance(record, TcbRecord):
            here = [s for s in steps if (s.host, s.local, s.remote) == (record.host, record.local, record.remote)]
            assert any(s.now == record.now and record.values.items() <= s.tcb.items() for s in here)


def flight(seq: int, length: int, *, again: bool = False) -> Flight:
    """A flight of A without the rest of its run."""
    segment = Tape().segment("A", ACK, seq % (1 << 32), 301, bytes(length))
    return Flight("A", 0, A, B, segment, "data", Numbers(seq, 1, 1_000, again))


def test_tables_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "FLIGHT_LIMIT", 10)
    way = OnTheWay()
    flights = [flight(number, 1) for number in range(25)]
    gone = [way.add(one) for one in flights]
    assert len(way) == 10
    assert [one for one in gone if one is not None] == flights[:15]
    assert way.find(flights[3].segment) is None
    assert way.find(flights[20].segment) is flights[20]
    monkeypatch.setattr(tables, "ORIGINAL_LIMIT", 100)
    originals = Originals()
    for number in range(1_000):
        originals.link(flight(1 + 10 * number, 10))
        assert len(originals) <= 100
    assert linked(originals, 9_991) == 9_991
    assert linked(originals, 5_001) is None


def test_acknowledged_originals_are_forgotten_but_for_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ACKED_KEPT", 8)
    originals = Originals()
    for number in range(1_000):
        originals.link(flight(1 + 10 * number, 10))
        acked = Tape().segment("B", ACK, 301, 11 + 10 * number)
        originals.link(Flight("B", 0, B, A, acked, "ack", Numbers(1, 11 + 10 * number, 1_000, False)))
        assert len(originals) <= 9
    assert linked(originals, 9_991) == 9_991
    assert linked(originals, 9_001) is None
    for number in range(1_000, 1_050):
        originals.link(flight(1 + 10 * number, 10))
    assert linked(originals, 10_001) == 10_001
    assert len(originals) >= 50


def linked(originals: Originals, seq: int) -> int | None:
    """The number of the flight that a retransmission of `seq` is linked to."""
    repeated = flight(seq, 10, again=True)
    originals.link(repeated)
    return None if repeated.again is None else repeated.again.numbers.seq
