"""The arithmetic that a timeline tells about a segment is true, and every segment gets it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.lab.scenarios import SCENARIOS, run
from synfin.lab.world import World
from synfin.timeline import catalog, from_capture, origins
from synfin.timeline.explain import explain_step
from synfin.timeline.messages import LANGUAGES
from synfin.timeline.model import ARRIVAL, DEPARTURE, Flight, Model, Step
from synfin.timeline.sums import Sum, sums
from synfin.timeline.world import timeline_of
from synfin.trace import Record
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import ACK, FIN, RST, SYN
from synfin.wire.tcp_options import TcpOptions
from tests.lab.captures import bulk
from tests.timeline.tape import Tape

WRAP = 1 << 32
TERM = r"(?:seq|ack|win|-?[0-9]+)"
EXPRESSION = rf"{TERM}(?: (?:\+|-|<<) {TERM})*"
CHAIN = re.compile(rf"{EXPRESSION}(?: [=<] {EXPRESSION})+")


def steps_of(records: list[Record], hosts: tuple[str, str]) -> list[Step]:
    """Every step of a run."""
    model = Model(hosts)
    return [step for record in records for step in model.feed(record)] + model.flush()


def flights_in(steps: list[Step]) -> list[Flight]:
    """Every segment of a run, in the order of sending."""
    found: dict[int, Flight] = {id(step.flight): step.flight for step in steps if step.flight is not None}
    return sorted(found.values(), key=lambda flight: flight.sent_at)


@cache
def happened(name: str, preset: str) -> list[Step]:
    """The steps of a demo, or of a long lossy transfer."""
    world: World = bulk(preset, 4) if name == "bulk" else run(name, preset=preset)
    timeline = timeline_of(world)
    return steps_of(timeline.records, timeline.hosts)


def played(name: str, preset: str) -> list[Flight]:
    """The segments of a demo, or of a long lossy transfer."""
    return flights_in(happened(name, preset))


def value(expression: str, names: dict[str, int]) -> int:
    """What `101 + 200 - 3` or `seq` comes to, from the left to the right."""
    words = expression.split()
    total = names[words[0]] if words[0] in names else int(words[0])
    for sign, word in zip(words[1::2], words[2::2], strict=True):
        number = names[word] if word in names else int(word)
        total = total + number if sign == "+" else total - number if sign == "-" else total << number
    return total


def untrue(text: str, flight: Flight) -> list[str]:
    """The equations and inequalities of a sentence that do not hold for the segment."""
    names = {"seq": flight.numbers.seq, "win": flight.numbers.window}
    if flight.numbers.ack is not None:
        names["ack"] = flight.numbers.ack
    wrong = []
    for chain in CHAIN.findall(text):
        parts = re.split(r" ([=<]) ", chain)
        for left, relation, right in zip(parts[0::2], parts[1::2], parts[2::2], strict=False):
            one, other = value(left, names), value(right, names)
            if not (one == other if relation == "=" else one < other):
                wrong.append(chain)
    return wrong


@pytest.mark.parametrize("preset", ["rfc", "linux"])
@pytest.mark.parametrize("name", [*SCENARIOS, "bulk"])
def test_every_statement_holds(name: str, preset: str) -> None:
    flights = played(name, preset)
    for flight in flights:
        found = sums(flight)
        kinds = [one.message.split(".")[1] for one in found]
        assert (kinds.count("seq"), kinds.count("ack"), kinds.count("len")) == (1, 1, 1)
        for one in found:
            english, chinese = (one.text(catalog(lang)) for lang in LANGUAGES)
            assert untrue(english, flight) == [], (name, english)
            assert sorted(CHAIN.findall(english)) == sorted(CHAIN.findall(chinese)), one.message
    assert flights or name == "open-states"


class Oracle:
    """What each end has sent so far, worked out from wire numbers alone."""

    def __init__(self) -> None:
        self.isn: dict[tuple[Endpoint, Endpoint], int] = {}
        self.sent: dict[tuple[Endpoint, Endpoint], list[tuple[int, int, int]]] = {}  # first, end, when
        self.clocks: dict[tuple[Endpoint, Endpoint], list[tuple[int | None, int]]] = {}

    def check(self, flight: Flight, one: Sum) -> None:
        """What a sentence says about earlier segments."""
        here, back = (flight.src, flight.dst), (flight.dst, flight.src)
        mine, theirs = self.sent.get(here, []), self.sent.get(back, [])
        kind, params = one.message, one.params
        if kind.startswith("sum.seq.after-"):
            assert any(end == params["seq"] and first == params["before"] for first, end, _ in mine), kind
        elif kind in ("sum.seq.again", "sum.seq.again-fin", "sum.seq.initial-again"):
            seq = flight.numbers.seq
            assert any(first == seq and when == one.time for first, _, when in mine), kind
            assert one.time is not None
            assert one.time <= flight.sent_at
        elif kind == "sum.seq.inside":
            assert any(first == params["before"] and when == one.time for first, _, when in mine), kind
        elif kind == "sum.ack.beyond":
            assert not any(end >= int(params["ack"]) for _, end, _ in theirs)
        elif kind in ("sum.ack.text", "sum.ack.fin", "sum.ack.syn", "sum.ack.text-fin", "sum.ack.repeated"):
            assert any(end == params["ack"] and first == params["before"] for first, end, _ in theirs), kind
        elif kind == "sum.ack.waits":
            assert max(end for _, end, _ in theirs) == params["high"]
        elif kind == "sum.option.ts":
            assert (flight.segment.options.ts_ecr, one.time) in self.clocks[back]
        elif kind == "sum.wire.both":
            assert str(params["sum"]).endswith(f"= {flight.segment.seq}")
            assert str(params["ack_sum"]).endswith(f"= {flight.segment.ack}")

    def sees(self, flight: Flight) -> None:
        """Take note of a segment."""
        here, segment = (flight.src, flight.dst), flight.segment
        if flight.foreign or segment.flags & RST:
            return
        if segment.flags & SYN and self.isn.get(here) != segment.seq:
            self.isn[here] = segment.seq
            self.sent[here] = []
        if here in self.isn:
            first = (segment.seq - self.isn[here]) % WRAP
            assert flight.numbers.seq == first
            if segment.length:
                self.sent[here].append((first, first + segment.length, flight.sent_at))
        self.clocks.setdefault(here, []).append((segment.options.ts_val, flight.sent_at))


@pytest.mark.parametrize("preset", ["rfc", "linux"])
@pytest.mark.parametrize("name", [*SCENARIOS, "bulk"])
def test_what_is_said_about_earlier_segments_was_so(name: str, preset: str) -> None:
    oracle = Oracle()
    for flight in played(name, preset):
        for one in sums(flight):
            oracle.check(flight, one)
        oracle.sees(flight)


@pytest.mark.parametrize("preset", ["rfc", "linux"])
@pytest.mark.parametrize("name", [*SCENARIOS, "bulk"])
def test_what_arrives_is_placed_by_the_last_ack_of_its_receiver(name: str, preset: str) -> None:
    asked: dict[tuple[Endpoint, Endpoint], tuple[int, int] | None] = {}
    bases: dict[tuple[Endpoint, Endpoint], int] = {}
    for step in happened(name, preset):
        flight = step.flight
        if step.kind == DEPARTURE and flight is not None and not flight.segment.flags & RST:
            here = (flight.src, flight.dst)
            if flight.segment.flags & SYN and bases.get(here) != flight.segment.seq:
                bases[here] = flight.segment.seq
                asked[here] = asked[flight.dst, flight.src] = None
            if flight.numbers.ack is not None:
                asked[here] = (flight.numbers.ack, flight.numbers.ack + flight.numbers.window)
        elif step.kind == ARRIVAL and flight is not None:
            assert step.asked == asked.get((flight.dst, flight.src))
            for one in explain_step(step, catalog("en")):
                for line in one.arithmetic:
                    assert untrue(line, flight) == [], (name, line)


def test_the_rule_that_judges_a_number_tells_it() -> None:
    def lines(name: str, rule: str) -> list[str]:
        told = [one for step in happened(name, "rfc") for one in explain_step(step, catalog("en")) if one.title == rule]
        return [line for one in told for line in one.arithmetic]

    assert lines("reset-checks", "rst-in-window") == ["1 < 4901 < 65536: inside of the window that B has last told."]
    assert lines("reset-checks", "rst-exact") == ["seq = 1 = 1: exactly the number that B has last asked for."]
    assert lines("fin-before-data", "fin-out-of-order")[0].endswith("inside of the window that B has last told.")
    assert lines("ack-lost-data", "ack-establishes") == [
        "ack = 1 = 0 + 1, as in A's segment before: nothing more has come in order since."
    ]


def test_a_long_transfer_needs_no_excuses() -> None:
    """Where everything was seen, no sentence says that something was not."""
    said = {one.message for preset in ("rfc", "linux") for flight in played("bulk", preset) for one in sums(flight)}
    assert {"sum.seq.again", "sum.ack.waits", "sum.sack.holds", "sum.sack.twice", "sum.option.ts"} <= said
    assert said.isdisjoint({"sum.seq.first", "sum.seq.ahead", "sum.seq.below", "sum.ack.known", "sum.ack.other"})
    assert "sum.option.ts-unseen" not in said


def told(records: list[Record], lang: str = "en") -> list[list[str]]:
    """The sentences about each segment."""
    return [[one.text(catalog(lang)) for one in sums(flight)] for flight in flights_in(steps_of(records, ("A", "B")))]


def test_the_handshake_in_words() -> None:
    tape = Tape()
    tape.flight(0, 10, "A", tape.segment("A", SYN, 100), "syn")
    tape.flight(10, 20, "B", tape.segment("B", SYN | ACK, 300, 101), "syn-ack")
    tape.flight(20, 30, "A", tape.segment("A", ACK, 101, 301, b"hello"), "data")
    tape.flight(30, 40, "B", tape.segment("B", ACK | FIN, 301, 106), "fin")
    syn, synack, data, fin = told(tape.records)
    assert syn[:2] == [
        "seq = 100 - 100 = 0: A has chosen 100 as its initial number, and relative numbers count from it.",
        "No ACK: A does not know any number of B yet.",
    ]
    assert synack[1] == "ack = 1 = 0 + 1: A's SYN had number 0 and consumes one; B expects 1 next."
    assert data[0] == "seq = 1 = 0 + 1: A's SYN had number 0 and consumed one."
    assert data[2].startswith("On the wire seq is 100 + 1 = 101 and ack is 300 + 1 = 301")
    assert data[3] == "Its text has numbers 1 to 5; the ACK for all of it is 1 + 5 = 6."
    assert fin[1] == "ack = 6 = 1 + 5: B has A's text of length 5 from 1 on and expects 6 next."
    assert fin[3] == "FIN consumes number 1; the ACK for it is 1 + 1 = 2."
    assert told(tape.records, "zh")[3][1] == "ack = 6 = 1 + 5：B 已收到 A 从 1 起的 5 字节数据，接下来期望 6。"


def test_the_window_is_shifted_only_where_both_ends_agreed() -> None:
    for scales, expected in (((3, 2), "win = 8000 = 1000 << 3"), ((3, None), "win = 1000, not scaled")):
        tape = Tape()
        one, other = (TcpOptions(window_scale=scale) for scale in scales)
        tape.flight(0, 10, "A", tape.segment("A", SYN, 100, options=one), "syn")
        tape.flight(10, 20, "B", tape.segment("B", SYN | ACK, 300, 101, options=other), "syn-ack")
        tape.flight(20, 30, "A", tape.segment("A", ACK, 101, 301), "handshake-ack")
        syn, synack, ack = told(tape.records)
        assert any("1 << 3 = 8 octets" in line for line in syn)
        assert any("never scaled in a SYN: A may send numbers below 1 + 1000 = 1001" in line for line in synack)
        assert any(line.startswith(expected) for line in ack)


def test_probes_resets_and_gaps_have_reasons_of_their_own() -> None:
    tape = Tape()
    tape.flight(0, 10, "A", tape.segment("A", SYN, 100), "syn")
    tape.flight(10, 20, "B", tape.segment("B", SYN | ACK, 300, 101), "syn-ack")
    tape.flight(20, 30, "A", tape.segment("A", ACK, 101, 301, b"12345"), "data")
    tape.flight(30, 40, "A", tape.segment("A", ACK, 105, 301), "keep-alive-probe")
    tape.flight(40, 50, "B", tape.segment("B", ACK, 301, 106, window=0), "ack-now")
    tape.flight(50, 60, "A", tape.segment("A", ACK, 106, 301, b"x"), "zero-window-probe")
    tape.flight(60, 70, "A", tape.segment("A", ACK, 103, 301, b"345x"), "retransmit-timeout")
    tape.flight(70, 80, "B", tape.segment("B", RST, 301), "reset-closed")
    lines = told(tape.records)
    assert lines[3][0].startswith("seq = 5 = 6 - 1: one below A's next number")
    assert lines[4][-1] == "win = 0: the window is closed, A may send nothing from 6 + 0 = 6 on."
    assert lines[5][0] == "seq = 6: the first octet that B has not acknowledged yet."
    assert "1 < 3 < 6" in lines[6][0]
    assert lines[7][0].startswith("On the wire seq is 301: the ACK field of the segment that B answers")
    assert "neither acknowledged nor sent again" in lines[7][2]


def test_an_empty_probe_below_unacknowledged_text() -> None:
    tape = Tape()
    tape.flight(0, 10, "A", tape.segment("A", SYN, 100), "syn")
    tape.flight(10, 20, "B", tape.segment("B", SYN | ACK, 300, 101), "syn-ack")
    tape.flight(20, 30, "A", tape.segment("A", ACK, 101, 301, b"12345"), "data")
    tape.flight(30, 40, "B", tape.segment("B", ACK, 301, 104, window=0), "ack-now")
    tape.flight(50, 60, "A", tape.segment("A", ACK, 103, 301), "zero-window-probe")
    *_, partly, probe = told(tape.records)
    assert partly[1] == "ack = 4 lies inside of A's segment, for 1 < 4 < 6: B has taken 4 - 1 = 3 numbers of it."
    assert probe[0] == "seq = 3: a number that B has acknowledged already, so it must answer."


def test_a_forged_number_from_before_was_never_received() -> None:
    steps = happened("time-wait-old-duplicate", "rfc")
    forged = [step.flight for step in steps if step.flight is not None and step.flight.foreign]
    assert min(flight.numbers.seq for flight in forged) < 0
    assert "sum.aim.had" not in {one.message for flight in forged for one in sums(flight)}
    again = [one for step in happened("last-ack-lost", "rfc") for one in explain_step(step, catalog("en"))]
    heard = next(one for one in again if one.title == "time-wait-fin-again")
    assert heard.arithmetic == (
        "1 + 1 = 2: the segment ends there, and A has last asked for 2, so it has had all of this.",
    )


@given(st.integers(0, WRAP - 1), st.integers(0, WRAP - 1))
def test_numbers_on_the_wire_wrap(isn_a: int, isn_b: int) -> None:
    tape = Tape()
    tape.flight(0, 10, "A", tape.segment("A", SYN, isn_a), "syn")
    tape.flight(10, 20, "B", tape.segment("B", SYN | ACK, isn_b, (isn_a + 1) % WRAP), "syn-ack")
    tape.flight(20, 30, "A", tape.segment("A", ACK, (isn_a + 1) % WRAP, (isn_b + 1) % WRAP, b"x"), "data")
    for flight in flights_in(steps_of(tape.records, ("A", "B"))):
        assert [untrue(one.text(catalog("en")), flight) for one in sums(flight)].count([]) == len(sums(flight))


def test_sack_blocks_that_cannot_be_true_are_called_so() -> None:
    tape = Tape()
    tape.flight(0, 10, "A", tape.segment("A", SYN, 100), "syn")
    tape.flight(10, 20, "B", tape.segment("B", SYN | ACK, 300, 101), "syn-ack")
    blocks = ((121, 131), (151, 141), (101, 161))
    tape.flight(20, 30, "B", tape.segment("B", ACK, 301, 111, options=TcpOptions(sack=blocks)), "ack-out-of-order")
    assert [line for line in told(tape.records)[2] if line.startswith("SACK")] == [
        "SACK 21 to 31: B holds 31 - 21 = 10 numbers behind a gap; 11 is still missing.",
        "SACK 51 to 41: a block ends behind its beginning, so this one says nothing.",
    ]


NUMBER = st.integers(0, WRAP - 1) | st.integers(0, 60) | st.integers(WRAP - 60, WRAP - 1)
BLOCKS = st.lists(st.tuples(NUMBER, NUMBER), max_size=4).map(tuple)
OPTIONS = st.builds(
    TcpOptions,
    mss=st.none() | st.integers(0, 65_535),
    window_scale=st.none() | st.integers(0, 255),
    sack=BLOCKS,
    ts_val=st.none() | NUMBER,
    ts_ecr=NUMBER,
)
ANY_SEGMENT = st.tuples(
    st.sampled_from(["A", "B"]), st.integers(0, 0xFFF), NUMBER, NUMBER, st.binary(max_size=20), OPTIONS,
    st.sampled_from(["", "data", "keep-alive-probe", "zero-window-probe", "reset-closed", "ack-out-of-order"]),
    st.sampled_from(["send", "recv", "dup"]),
)  # fmt: skip


@given(st.lists(ANY_SEGMENT, max_size=12))
def test_whatever_a_capture_holds_the_sums_are_true(drawn: list[tuple[Any, ...]]) -> None:
    """Numbers from nowhere, flags that no sender sets: every sentence can be written, and none is wrong."""
    tape = Tape()
    for at, (host, flags, seq, ack, text, options, rule, kind) in enumerate(drawn):
        tape.wire(at, host, kind, tape.segment(host, flags, seq, ack, text, options=options), rule)
    for step in steps_of(tape.records, ("A", "B")):
        if step.flight is None:
            continue
        for one in sums(step.flight):
            assert untrue(one.text(catalog("en")), step.flight) == []
            assert untrue(one.text(catalog("zh")), step.flight) == []
        for line in [line for found in explain_step(step, catalog("en")) for line in found.arithmetic]:
            assert untrue(line, step.flight) == []


def test_what_was_not_seen_is_not_claimed() -> None:
    """A capture that begins in the middle: nothing is said about initial numbers."""
    tape = Tape()
    tape.flight(0, 10, "A", tape.segment("A", ACK, 5_000, 9_000, b"abc"), "")
    tape.flight(10, 20, "B", tape.segment("B", ACK, 9_000, 5_003), "")
    tape.flight(20, 30, "A", tape.segment("A", ACK, 5_010, 9_000, b"d"), "")
    first, answer, ahead = told(tape.records)
    assert first[0] == "seq = 1: the first segment of A that was seen here; relative numbers count from it."
    assert answer[1] == "ack = 4 = 1 + 3: B has A's text of length 3 from 1 on and expects 4 next."
    assert ahead[0] == "seq = 11 = 4 + 7: what A sent in between was not seen here."
    assert not any("On the wire" in line for line in [*first, *answer, *ahead])


def test_memory_of_a_direction_is_bounded() -> None:
    direction = origins._Direction(0)
    for number in range(5_000):
        direction.note(origins.Piece(number, 1, 0, 0, 0))
    assert len(direction.starts) == len(direction.ends) == origins.PIECE_LIMIT
    direction.acknowledged(5_000)
    assert list(direction.ends) == [5_000]


@pytest.mark.parametrize(
    "name", ["fin-lost", "syn-lost", "time-wait-reuse", "half-open-reconnect", "simultaneous-open"]
)
def test_the_sums_of_a_capture_are_true(name: str, tmp_path: Path) -> None:
    path = tmp_path / "run.pcapng"
    with path.open("wb") as stream:
        run(name).write_capture(stream)
    timeline = from_capture(path)
    flights = flights_in(steps_of(timeline.records, timeline.hosts))
    assert flights
    for flight in flights:
        assert [one for one in sums(flight) if untrue(one.text(catalog("en")), flight)] == []
