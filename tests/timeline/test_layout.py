"""Steps and lines: what belongs together, and columns that never go back in time."""

from __future__ import annotations

import pytest

from synfin.lab.scenarios import SCENARIOS, run
from synfin.timeline.layout import Layout, Row
from synfin.timeline.model import ARRIVAL, DEPARTURE, MOVE, TOLD, Model, Step
from synfin.trace import RECEIVE, SEND, SegmentRecord
from synfin.wire.tcp import ACK, FIN, SYN
from tests.timeline.tape import A, B, Tape


def steps_of(tape: Tape) -> list[Step]:
    model = Model(("A", "B"))
    steps: list[Step] = []
    for record in tape.records:
        steps.extend(model.feed(record))
    return [*steps, *model.flush()]


def rows_of(tape: Tape) -> list[Row]:
    model, layout = Model(("A", "B")), Layout(("A", "B"))
    rows: list[Row] = []
    for record in tape.records:
        rows.extend(layout.place(model.feed(record)))
    return [*rows, *layout.place(model.flush())]


def shape(rows: list[Row]) -> list[str]:
    """Each row as text: `A>B` whole, `A>` departure, `>B` arrival, `A` anything else."""
    found = []
    for row in rows:
        text = row.departure.host + ">" if row.departure is not None else ""
        if row.arrival is not None:
            text = (text or ">") + row.arrival.host
        found.append(text or (row.step.host if row.step is not None else ""))
    return found


def test_a_flight_without_anything_between_is_one_line() -> None:
    tape = Tape()
    syn = tape.segment("A", SYN, 100)
    tape.flight(0, 10, "A", syn, "syn")
    tape.flight(10, 20, "B", tape.segment("B", SYN | ACK, 300, 101), "syn-ack")
    assert shape(rows_of(tape)) == ["A>B", "B>A"]


def test_a_train_of_segments_stays_in_whole_lines() -> None:
    tape = Tape()
    train = [tape.segment("A", ACK, 100 + n, 1, b"x") for n in range(5)]
    for n, segment in enumerate(train):
        tape.wire(n, "A", SEND, segment)
    for n, segment in enumerate(train):
        tape.wire(10 + n, "B", RECEIVE, segment)
    rows = rows_of(tape)
    assert shape(rows) == ["A>B"] * 5
    assert [row.flight.segment for row in rows if row.flight is not None] == train


def test_only_what_crosses_is_cut() -> None:
    """An acknowledgment sent in the middle of a train crosses the segments sent before it arrives."""
    tape = Tape()
    first, second, third = (tape.segment("A", ACK, 100 + n, 1, b"x") for n in range(3))
    ack = tape.segment("B", ACK, 1, 101)
    tape.wire(0, "A", SEND, first).wire(1, "A", SEND, second).wire(2, "A", SEND, third)
    tape.wire(10, "B", RECEIVE, first).wire(10, "B", SEND, ack)
    tape.wire(11, "B", RECEIVE, second).wire(12, "B", RECEIVE, third).wire(20, "A", RECEIVE, ack)
    rows = rows_of(tape)
    assert shape(rows) == ["A>B", "B>", "A>B", "A>B", ">A"]
    assert [row.flight.number for row in rows if row.flight is not None] == [0, 1, 0, 0, 1]


@pytest.mark.parametrize("flag", [SYN, FIN])
def test_crossing_syns_and_fins_look_the_same_on_both_sides(flag: int) -> None:
    tape = Tape()
    ours, theirs = tape.segment("A", flag, 100), tape.segment("B", flag, 300)
    tape.wire(0, "A", SEND, ours).wire(0, "B", SEND, theirs)
    tape.wire(10, "B", RECEIVE, ours).wire(10, "A", RECEIVE, theirs)
    assert shape(rows_of(tape)) == ["A>", "B>", ">B", ">A"]


def test_lost_segments_have_no_arrival_and_hold_nobody_up() -> None:
    tape = Tape()
    lost = tape.segment("A", SYN, 100)
    tape.wire(0, "A", SEND, lost, "syn").wire(0, "A", "drop", lost, "fault-drop")
    tape.app(5, "A", "close")
    model = Model(("A", "B"))
    groups = [model.feed(record) for record in tape.records]
    assert [len(group) for group in groups] == [0, 0, 1]
    flight = groups[2][0].flight
    assert flight is not None
    assert (flight.fate, flight.fault) == ("lost", "fault-drop")


def test_held_segments_arrive_when_they_are_released() -> None:
    tape = Tape()
    held = tape.segment("A", ACK, 100, 1)
    tape.wire(0, "A", SEND, held).wire(0, "A", "hold", held, "fault-hold")
    tape.app(5, "A", "write", "1 octets")
    tape.wire(500, "B", RECEIVE, held)
    rows = rows_of(tape)
    assert shape(rows) == ["A>", "A", ">B"]
    assert rows[0].flight is rows[2].flight
    assert rows[0].flight is not None
    assert rows[0].flight.number == 1


def test_a_copy_is_a_second_arrival() -> None:
    tape = Tape()
    twin = tape.segment("A", ACK, 100, 1, b"x")
    tape.wire(0, "A", SEND, twin).wire(0, "A", "dup", twin, "fault-dup")
    tape.wire(10, "B", RECEIVE, twin).wire(10, "B", RECEIVE, twin)
    rows = rows_of(tape)
    assert shape(rows) == ["A>B", ">B"]
    assert rows[1].arrival is not None
    assert not rows[1].arrival.first


def test_an_injected_segment_only_arrives() -> None:
    tape = Tape()
    ghost = tape.segment("A", SYN, 90)
    tape.wire(5, "A", "dup", ghost, "injected-old-duplicate").wire(5, "B", RECEIVE, ghost)
    steps = steps_of(tape)
    assert [(step.kind, step.host) for step in steps] == [(ARRIVAL, "B")]
    assert steps[0].flight is not None
    assert steps[0].flight.foreign


def test_state_moves_and_rules_belong_to_the_segment_that_caused_them() -> None:
    tape = Tape()
    fin = tape.segment("A", FIN | ACK, 100, 300)
    tape.wire(0, "A", SEND, fin, "fin").wire(10, "B", RECEIVE, fin, "fin")
    tape.app(10, "B", "event", "eof").state(10, "B", "ESTABLISHED", "CLOSE_WAIT", "fin-received")
    tape.rule(10, "B", "ack-duplicate")
    arrival = next(step for step in steps_of(tape) if step.kind == ARRIVAL)
    told = next(step for step in steps_of(tape) if step.kind == TOLD)
    assert [move.to_state for move in arrival.moves] == ["CLOSE_WAIT"]
    assert [rule.rule for rule in arrival.rules] == ["ack-duplicate"]
    assert (arrival.state, told.state) == ("CLOSE_WAIT", "CLOSE_WAIT")


def test_moves_without_a_cause_stand_alone() -> None:
    tape = Tape().state(0, "A", "CLOSED", "TIME_WAIT").state(240_000, "A", "TIME_WAIT", "CLOSED", "time-wait-over")
    assert [(step.kind, step.before, step.state) for step in steps_of(tape)] == [
        (MOVE, "CLOSED", "TIME_WAIT"),
        (MOVE, "TIME_WAIT", "CLOSED"),
    ]


def test_states_are_those_of_the_connection() -> None:
    model = Model(("A", "B"), owned={"A": [A.address], "B": [B.address]})
    for record in Tape().listen().state(0, "A", "CLOSED", "SYN_SENT").records:
        model.feed(record)
    assert model.state("A", A, B) == "SYN_SENT"
    assert model.state("B", B, A) == "LISTEN"
    assert model.state("A", A._replace(port=1), B) == "CLOSED"
    assert model.state("A", B, A) == "?"  # not an address of A
    assert (model.final("A"), model.final("B")) == ("SYN_SENT", "LISTEN")


def test_one_sided_flights_are_done_when_sent() -> None:
    tape = Tape()
    tape.wire(0, "A", SEND, tape.segment("A", SYN, 100), "syn")
    tape.wire(9, "A", RECEIVE, tape.segment("B", SYN | ACK, 300, 101), "", sender="B")
    model = Model(("A", "B"), one_sided=True)
    assert model.feed(tape.records[0]) == []
    first = model.settle()
    assert [(step.kind, step.host) for step in first] == [(DEPARTURE, "A")]
    model.feed(tape.records[1])
    second = model.settle()
    assert [(step.kind, step.host) for step in second] == [(ARRIVAL, "A")]
    assert second[0].flight is not None
    assert (second[0].flight.sender, second[0].flight.numbers[:2]) == ("B", (0, 1))
    assert model.state("B", B, A) == "?"


@pytest.mark.parametrize(
    "fault", ["dup(*,*,2)", "delay(B>A,*,25ms)", "reorder(*,*,50%)", "drop(*,*,20%)", "hold(*,FIN)"]
)
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "time-wait-missing"])
def test_columns_never_go_back_in_time_and_nothing_is_left_out(name: str, fault: str) -> None:
    world = run(name, faults=(fault,), max_events=50_000)
    model, layout = Model(("A", "B")), Layout(("A", "B"))
    rows: list[Row] = []
    for record in world.records:
        rows.extend(layout.place(model.feed(record)))
    rows.extend(layout.place(model.flush()))
    for host in ("A", "B"):
        times = [step.now for row in rows for step in row.steps() if step.host == host]
        assert times == sorted(times)
        orders = [step.order for row in rows for step in row.steps() if step.host == host]
        assert orders == sorted(orders)
    for kind, wanted in ((DEPARTURE, SEND), (ARRIVAL, RECEIVE)):
        drawn = [step for row in rows for step in row.steps() if step.kind == kind]
        happened = [r for r in world.records if isinstance(r, SegmentRecord) and r.kind == wanted]
        assert len(drawn) == len(happened)
