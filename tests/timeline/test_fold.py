"""Folding: what is told in one line, and what never is.

The golden files were read.  After a change on purpose: python -m tests.timeline.test_fold
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from synfin.lab.scenarios import SCENARIOS, run
from synfin.lab.world import World
from synfin.timeline.fold import FOLD_HEAD, FOLD_LEAST, Fold, Folder
from synfin.timeline.layout import Layout, Row
from synfin.timeline.messages import LANGUAGES
from synfin.timeline.model import ARRIVAL, CALL, DEPARTURE, Flight, Model, Step
from synfin.timeline.run import Timeline
from synfin.timeline.world import timeline_of
from synfin.wire.tcp import ACK, CWR, ECE, PSH
from tests.timeline.tape import A, Tape

GOLDEN = Path(__file__).parent / "golden"
MSS = 1_000


def transfer(fault: str = "", octets: int = 400_000) -> Timeline:
    """One write, read as it comes, and a close: most of it is not worth a line."""
    world = World(seed=3)
    a, b = world.host("A"), world.host("B")
    world.link(a, b, delay="10ms", rate="10Mbit")
    b.listen(80, receive_buffer_bytes=1_000_000)
    if fault:
        world.fault(fault)
    client = a.connect("B", 80, send_buffer_bytes=1_000_000)
    world.at("100ms", lambda: a.write(client, bytes(octets)) and None)
    world.at("2s", lambda: a.shutdown(client))
    world.run(until="5s")
    return timeline_of(world)


def exchange(count: int, *, start: int = 0, length: int = 10) -> Tape:
    """Segments of A, each acknowledged."""
    tape = Tape()
    for number in range(start, start + count):
        more(tape, number, length)
    return tape


def more(tape: Tape, number: int, length: int = 10, flags: int = ACK) -> None:
    """One more segment with text, and its ACK."""
    tape.flight(10 * number, 10 * number + 1, "A", tape.segment("A", flags, 101 + number * length, 301, bytes(length)))
    tape.flight(
        10 * number + 2, 10 * number + 3, "B", tape.segment("B", ACK, 301, 101 + (number + 1) * length), "ack-now"
    )


def folded(tape: Tape) -> list[Row | Fold]:
    """The lines of a tape."""
    return list(Timeline(tape.records, ("A", "B")).folded())


def shape(tape: Tape) -> list[int]:
    """For each line the number of segments in it, 0 for what is not a segment."""
    return [line.segments if isinstance(line, Fold) else int(line.flight is not None) for line in folded(tape)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_golden(lang: str) -> None:
    assert transfer().text(lang) == (GOLDEN / f"transfer.{lang}.txt").read_text(encoding="utf-8")
    assert transfer().mermaid(lang) == (GOLDEN / f"transfer.{lang}.mmd").read_text(encoding="utf-8")


def test_nothing_is_lost_in_the_counts() -> None:
    timeline = transfer()
    lines = list(timeline.folded())
    folds = [line for line in lines if isinstance(line, Fold)]
    shown = [line.flight for line in lines if isinstance(line, Row) and line.departure is not None]
    flights = [row.flight for row in timeline.rows() if row.departure is not None]
    assert sum(fold.segments for fold in folds) + len(shown) == len(flights)
    text = sum(len(flight.segment.payload) for flight in shown if flight is not None)
    assert text + sum(fold.octets["A"] for fold in folds if fold.octets) == 400_000
    assert len(lines) < 40 < len(flights)


@pytest.mark.parametrize("name", SCENARIOS)
def test_demos_stay_as_they_are_where_there_is_nothing_to_fold(name: str) -> None:
    timeline = timeline_of(run(name))
    if not any(isinstance(line, Fold) for line in timeline.folded()):
        assert timeline.lines(fold=True) == timeline.lines(fold=False)


def test_a_short_run_is_shown() -> None:
    most = (FOLD_HEAD + FOLD_LEAST - 1) // 2
    assert shape(exchange(most)) == [1] * 2 * most
    assert shape(exchange(10)) == [1] * FOLD_HEAD + [20 - FOLD_HEAD]


def test_a_fold_knows_what_it_carried_and_when() -> None:
    [fold] = [line for line in folded(exchange(10)) if isinstance(line, Fold)]
    assert (fold.data, fold.octets, fold.acks) == ({"A": 9}, {"A": 90}, {"B": 9})
    assert (fold.began, fold.ended) == (10_000_000, 93_000_000)
    assert [fold.last[host].now for host in "AB"] == [93_000_000, 92_000_000]


def eventful(tape: Tape, what: str) -> None:
    """Something at 100 ms, after ten exchanges, which must be seen."""
    lost = tape.segment("A", ACK, 201, 301, bytes(10))
    if what == "lost":
        tape.wire(100, "A", "send", lost).wire(100, "A", "drop", lost, "fault-drop")
    elif what == "again":
        tape.flight(100, 101, "A", tape.segment("A", ACK, 101, 301, bytes(10)), "retransmit-timeout")
    elif what == "again without a reason":  # as in a capture
        tape.flight(100, 101, "A", tape.segment("A", ACK, 101, 301, bytes(10)), "")
    elif what == "move":
        tape.state(100, "A", "ESTABLISHED", "FIN_WAIT_1")
    elif what == "call":
        tape.app(100, "A", "write", "10 octets")
    elif what == "told":
        tape.app(100, "A", "event", "eof")
    elif what == "rule":
        tape.flight(99, 100, "A", tape.segment("A", ACK, 201, 301, bytes(10))).rule(100, "B", "text-out-of-order")
    elif what == "zero window":
        tape.flight(100, 101, "B", tape.segment("B", ACK, 301, 201, window=0))
    elif what == "sack":
        from synfin.wire.tcp_options import TcpOptions

        tape.flight(100, 101, "B", tape.segment("B", ACK, 301, 201, options=TcpOptions(sack=((301, 311),))))
    elif what == "congestion":
        tape.flight(100, 101, "B", tape.segment("B", ACK | ECE, 301, 201))
    elif what == "delayed":
        tape.wire(100, "A", "send", lost).wire(100, "A", "delay", lost, "fault-delay").wire(101, "B", "recv", lost)
    elif what == "copied":
        tape.wire(100, "A", "send", lost).wire(100, "A", "dup", lost, "fault-dup")
        tape.wire(101, "B", "recv", lost).wire(102, "B", "recv", lost)
    elif what == "timer":
        tape.timer(100, "A", "retransmit").rule(100, "A", "r1-reached")


EVENTS = (
    "lost", "again", "again without a reason", "move", "call", "told", "rule", "zero window", "sack", "congestion",
    "delayed", "copied", "timer",
)  # fmt: skip


@pytest.mark.parametrize("what", EVENTS)
def test_events_are_never_folded(what: str) -> None:
    tape = exchange(10)
    eventful(tape, what)
    for number in range(11, 21):
        more(tape, number)
    lines = folded(tape)
    kinds = [isinstance(line, Fold) for line in lines]
    assert kinds.count(True) == 2, "the run ends there, and another one begins"
    between = lines[kinds.index(True) + 1 : len(kinds) - 1 - kinds[::-1].index(True)]
    steps = [step for line in between if isinstance(line, Row) for step in line.steps()]
    assert any(step.now in (99_000_000, 100_000_000) for step in steps)


def test_a_silence_ends_a_run() -> None:
    tape = exchange(10)
    for number in range(60, 70):
        more(tape, number)
    assert shape(tape) == [1, 1, 18, 1, 1, 18]
    text = "\n".join(Timeline(tape.records, ("A", "B")).lines())
    assert "0.507 s later" in text


def test_a_timer_without_effect_does_not() -> None:
    tape = exchange(5)
    tape.timer(45, "B", "delayed-ack")
    for number in range(5, 10):
        more(tape, number)
    assert shape(tape) == [1, 1, 18]


def test_ecn_bits_that_do_not_change_are_no_event() -> None:
    tape = Tape()
    for number in range(10):
        more(tape, number, flags=ACK | CWR if number >= 3 else ACK)
    assert sum(shape(tape)) == 20
    flights = [line.flight for line in folded(tape) if isinstance(line, Row)]
    marked = [flight for flight in flights if flight is not None and flight.segment.flags & CWR]
    assert next(flight.numbers.seq for flight in marked) == 31
    assert [line.segments for line in folded(tape) if isinstance(line, Fold)] == [20 - 7 - FOLD_HEAD]


def crossing(count: int) -> Tape:
    """A and B both send text, and everything crosses."""
    tape = Tape()
    segments = [
        (tape.segment("A", ACK, 101 + n, 301, b"a"), tape.segment("B", ACK, 301 + n, 101, b"b")) for n in range(count)
    ]
    for number, pair in enumerate(segments):
        tape.wire(10 * number, "A", "send", pair[0]).wire(10 * number + 1, "B", "send", pair[1])
        if number:
            before = segments[number - 1]
            tape.wire(10 * number + 2, "B", "recv", before[0]).wire(10 * number + 3, "A", "recv", before[1])
    return tape


def test_both_parts_of_a_crossing_segment_are_shown_or_neither() -> None:
    rows = [line for line in folded(crossing(50)) if isinstance(line, Row)]
    left = [row.flight for row in rows if row.departure is not None and row.arrival is None]
    arrived = [row.flight for row in rows if row.departure is None]
    assert left
    assert left == arrived
    assert [flight.number for flight in left if flight is not None] == list(range(1, len(left) + 1))
    assert [line.segments for line in folded(crossing(50)) if isinstance(line, Fold)] == [100 - FOLD_HEAD]


def test_an_arrival_that_matters_is_shown_although_its_sending_was_folded() -> None:
    tape = crossing(50)
    arrival = next(r for r in reversed(tape.records) if getattr(r, "kind", "") == "recv" and r.host == "B")
    place = tape.records.index(arrival)
    tape.rule(arrival.now / 1_000_000, "B", "receive-buffer-grown")
    tape.records.insert(place + 1, tape.records.pop())
    text = "\n".join(Timeline(tape.records, ("A", "B")).lines())
    assert "receive-buffer-grown" in text
    assert re.search(r"   ─ ACK seq=49 ", text), "without a tag: nobody has seen it leave"


def test_the_folder_holds_no_rows_of_a_long_run() -> None:
    folder = Folder()
    model, layout = Model(("A", "B")), Layout(("A", "B"))
    for record in exchange(2_000).records:
        folder.feed(layout.place(model.feed(record)))
        assert len(folder._waiting) < 2 * FOLD_LEAST
    [fold] = [line for line in folder.flush() if isinstance(line, Fold)]
    assert fold.segments > 3_900


def test_only_one_side_was_watched() -> None:
    tape = exchange(10)
    seen = [record for record in tape.records if record.host == "A"]
    lines = list(Timeline(seen, ("A", "B"), one_sided=True).folded())
    assert [line.segments for line in lines if isinstance(line, Fold)] == [20 - FOLD_HEAD]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words(lang: str) -> None:
    both, acks, two = crossing(20), Tape(), Tape()
    for number in range(20):
        acks.flight(number, number + 0.5, "B", acks.segment("B", ACK, 301, 101 + number), "ack-now")
        ports = (40_000 + number % 2, 80)
        two.flight(number, number + 0.5, "A", two.segment("A", ACK | PSH, 101 + number, 301, b"x", ports=ports))
    drawn = [Timeline(tape.records, ("A", "B")).mermaid(lang) for tape in (both, acks, two)]
    told = [re.findall("… (.*) …", text.replace("#59;", ";"))[0] for text in drawn]
    if lang == "en":
        assert told == [
            "A: 18 data segments, 18 octets; B: 20 data segments, 20 octets; no separate ACK; 0.192 s",
            "18 ACKs; 0.018 s",
            "2 connections: A: 18 data segments, 18 octets; no separate ACK; 0.018 s",
        ]
    else:
        assert told == [
            "A：18 个数据报文段，共 18 字节；B：20 个数据报文段，共 20 字节；没有单独的 ACK；0.192 秒",
            "18 个 ACK；0.018 秒",
            "2 个连接：A：18 个数据报文段，共 18 字节；没有单独的 ACK；0.018 秒",
        ]
    plain = Timeline(acks.records, ("A", "B")).text(lang, ascii_only=True)
    assert "... 18 " in plain
    assert "…" not in plain


def test_a_row_that_nobody_saw_leave_counts_once() -> None:
    tape = Tape()
    for number in range(12):
        tape.wire(number, "B", "recv", tape.segment("A", ACK, 101 + number, 301, b"x"), "")
    assert shape(tape) == [1, 1, 10]
    steps = [step for line in folded(tape) for step in (line.steps() if isinstance(line, Row) else line.last.values())]
    assert {step.kind for step in steps} == {ARRIVAL}


def test_the_kinds_of_steps_are_those_that_the_rules_are_about() -> None:
    """A guard for the tests above: the tape makes what they think it makes."""
    tape = exchange(1)
    eventful(tape, "call")
    kinds = [step.kind for row in Timeline(tape.records, ("A", "B")).rows() for step in row.steps()]
    assert kinds == [DEPARTURE, ARRIVAL, DEPARTURE, ARRIVAL, CALL]
    assert isinstance(Step(0, 0, "A", CALL, A, A, "").tcb, dict)
    assert Flight.__slots__


if __name__ == "__main__":
    for language in LANGUAGES:
        (GOLDEN / f"transfer.{language}.txt").write_text(transfer().text(language), encoding="utf-8")
        (GOLDEN / f"transfer.{language}.mmd").write_text(transfer().mermaid(language), encoding="utf-8")
