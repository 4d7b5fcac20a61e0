"""The fault language: reading, printing, pointing at errors, and which segments an expression means."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.errors import UsageError
from synfin.lab.faults import EXPECTED, KINDS, Fault, FaultError, parse_fault
from synfin.wire.tcp import ACK, CWR, FIN, PSH, RST, SYN, Segment

NAMES = ("SYN", "ACK", "FIN", "RST", "PSH", "URG", "ECE", "CWR", "DATA")


def segment(flags: int, text: bytes = b"") -> Segment:
    return Segment(1, 2, 10, 20, flags, payload=text)


def means(expression: str, flags: int, text: bytes = b"", *, covers: bool = False, sent: bool = False) -> bool:
    return parse_fault(expression).matches("A", "B", segment(flags, text), covers, sent)


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("drop(B>A,SYN+ACK,1)", Fault("drop", "B", "A", ("SYN", "ACK"), first=1, final=1)),
        ("dup(A>B,DATA,2)", Fault("dup", "A", "B", ("DATA",), first=2, final=2)),
        ("delay(A>B,FIN,300ms)", Fault("delay", "A", "B", ("FIN",), time_ns=300_000_000)),
        ("drop(*,*,5%)", Fault("drop", share=0.05)),
        ("hold(A>B,ACK,1)", Fault("hold", "A", "B", ("ACK",), first=1, final=1)),
        ("drop(A>B,ACK,last)", Fault("drop", "A", "B", ("ACK",), last=True, first=1, final=1)),
        ("drop(A>B,last,1..3)", Fault("drop", "A", "B", last=True, first=1, final=3)),
        ("drop(A>B,SYN,2..)", Fault("drop", "A", "B", ("SYN",), first=2)),
        ("drop(A>B,SYN,all)", Fault("drop", "A", "B", ("SYN",))),
        ("drop(A>B,SYN)", Fault("drop", "A", "B", ("SYN",))),
        ("drop(A>B)", Fault("drop", "A", "B")),
        ("drop(*,5%)", Fault("drop", share=0.05)),
        ("reorder(A>B,DATA,1,by=3)", Fault("reorder", "A", "B", ("DATA",), first=1, final=1, by=3)),
        ("reorder(A>B,DATA,1,50ms)", Fault("reorder", "A", "B", ("DATA",), first=1, final=1, time_ns=50_000_000)),
        ("mark(A>B,DATA,2)", Fault("mark", "A", "B", ("DATA",), first=2, final=2)),
        ("mark(*,queue=30KB)", Fault("mark", queue_bytes=30_000)),
        ("mark(A>B,*,5%,queue=2KiB)", Fault("mark", "A", "B", share=0.05, queue_bytes=2_048)),
        ("corrupt(A>*,DATA,1..9,12.5%)", Fault("corrupt", "A", "*", ("DATA",), first=1, final=9, share=0.125)),
        (" dup ( A > B , SYN , 1 , 1.5s ) ", Fault("dup", "A", "B", ("SYN",), first=1, final=1, time_ns=1_500_000_000)),
        ("drop(web-1>db.local,FIN)", Fault("drop", "web-1", "db.local", ("FIN",))),
    ],
)
def test_reading(expression: str, fault: Fault) -> None:
    assert parse_fault(expression) == fault


@pytest.mark.parametrize(
    ("expression", "position", "expected"),
    [
        ("", 0, "kind"),
        ("lose(A>B,SYN)", 0, "kind"),
        ("drop A>B", 5, "open"),
        ("drop()", 5, "direction"),
        ("drop(AB,SYN)", 7, "arrow"),
        ("drop(A>,SYN)", 7, "host"),
        ("drop(A>B,SYM,1)", 9, "flags"),
        ("drop(A>B,syn,1)", 9, "flags"),
        ("drop(A>B,,1)", 9, "flags"),
        ("drop(A>B,SYN+,1)", 13, "flag"),
        ("drop(A>B,SYN+XYZ,1)", 13, "flag"),
        ("drop(A>B,SYN+SYN,1)", 13, "once"),
        ("drop(A>B,SYN,0)", 13, "count"),
        ("drop(A>B,SYN,1.5)", 13, "count"),
        ("drop(A>B,SYN,3..1)", 16, "range_end"),
        ("drop(A>B,SYN,first)", 13, "which"),
        ("drop(A>B,SYN,)", 13, "which"),
        ("drop(A>B,SYN,1,2)", 15, "once"),
        ("drop(A>B,SYN,last)", 13, "last"),
        ("drop(A>B,DATA,last)", 14, "last"),
        ("drop(A>B,DATA,120%)", 14, "share"),
        ("drop(A>B,DATA,1%,2%)", 17, "once"),
        ("delay(A>B,FIN,300m)", 17, "unit"),
        ("delay(A>B,FIN,0.1ns)", 14, "unit"),
        ("delay(A>B,FIN)", 13, "delay_time"),
        ("delay(A>B,FIN,1ms,2ms)", 18, "once"),
        ("drop(A>B,FIN,300ms)", 13, "no_time"),
        ("drop(A>B,FIN,by=2)", 13, "no_by"),
        ("reorder(A>B,FIN,by2)", 18, "by"),
        ("reorder(A>B,FIN,by=x)", 19, "count"),
        ("mark(*,queue30KB)", 12, "queue"),
        ("mark(*,queue 30KB)", 13, "queue"),
        ("mark(*,queue=30)", 13, "queue"),
        ("mark(*,queue=30ms)", 13, "queue"),
        ("mark(*,queue=1KB,queue=2KB)", 17, "once"),
        ("drop(*,queue=30KB)", 7, "no_queue"),
        ("mark(*,10ms)", 7, "no_time"),
        ("drop(A>B,SYN,1", 14, "close"),
        ("drop(A>B,SYN 1)", 13, "close"),
        ("drop(A>B,SYN,1) x", 16, "end"),
    ],
)
def test_an_error_points_at_the_wrong_character(expression: str, position: int, expected: str) -> None:
    with pytest.raises(FaultError) as caught:
        parse_fault(expression)
    assert (caught.value.position, caught.value.expected) == (position, expected)


def test_every_expectation_can_be_met_with() -> None:
    """All ids but the two that the reader itself never raises are exercised above."""
    rows = next(mark.args[1] for mark in test_an_error_points_at_the_wrong_character.pytestmark)  # type: ignore[attr-defined]
    assert {row[2] for row in rows} | {"known_host"} == set(EXPECTED)


def test_the_message_shows_expression_caret_and_what_was_expected() -> None:
    with pytest.raises(UsageError) as caught:
        parse_fault("drop(A>B,SYM,1)")
    lines = str(caught.value).splitlines()
    assert lines[0] == "  drop(A>B,SYM,1)"
    assert lines[1] == "           ^"
    assert lines[2].startswith("expected SYN, SYN+ACK, ACK, FIN, DATA")


def test_the_caret_stands_under_its_character_after_wide_ones() -> None:
    with pytest.raises(FaultError) as caught:
        parse_fault("drop(客户>B,SYM)")
    assert caught.value.pointer().splitlines()[1] == "       \u3000\u3000   ^"


@given(st.text(max_size=40))
def test_any_text_gives_a_fault_or_a_fault_error(text: str) -> None:
    try:
        position = parse_fault(text).matched
    except FaultError as error:
        position = error.position
    assert 0 <= position <= len(text)


def assert_points_into(error: FaultError, text: str) -> None:
    assert 0 <= error.position <= len(text)
    assert error.pointer().count("^") >= 1


@given(st.text(alphabet="dropmk(quheynlatcDSYNAKFI*>,.0123456789%m s=+b)", max_size=40).map(lambda t: "drop(A>B," + t))
def test_text_that_looks_right_gives_a_fault_or_a_fault_error(text: str) -> None:
    try:
        fault = parse_fault(text)
    except FaultError as error:
        fault = parse_fault("drop(*)")
        assert_points_into(error, text)
    assert parse_fault(str(fault)) == fault


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    kind = draw(st.sampled_from(KINDS))
    flags = draw(st.one_of(st.just(("*",)), st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple)))
    first, final = draw(st.tuples(st.integers(1, 99), st.one_of(st.none(), st.integers(0, 99))))
    hosts = st.sampled_from(("A", "B", "*", "web-1", "客户"))
    last = draw(st.booleans()) and flags in (("*",), ("ACK",), ("FIN",))
    if last and flags != ("*",):
        first, final = 1, 0
    timed = kind == "delay" or (kind in ("dup", "reorder") and draw(st.booleans()))
    return Fault(
        kind,
        draw(hosts),
        draw(hosts),
        flags,
        last,
        first,
        None if final is None else first + final,
        draw(st.one_of(st.just(1.0), st.integers(0, 1000).map(lambda n: n / 1000), st.floats(0, 1))),
        draw(st.integers(0, 10**12)) if timed else None,
        draw(st.integers(1, 99)) if kind == "reorder" and draw(st.booleans()) else None,
        draw(st.integers(0, 10**9)) if kind == "mark" and draw(st.booleans()) else None,
    )


@given(faults())
def test_a_printed_fault_reads_back(fault: Fault) -> None:
    assert parse_fault(str(fault)) == fault


def test_syn_means_a_syn_without_ack() -> None:
    assert means("drop(*,SYN)", SYN)
    assert means("drop(*,SYN)", SYN, b"fast")
    assert not means("drop(*,SYN)", SYN | ACK)


def test_ack_alone_means_a_pure_acknowledgment() -> None:
    assert means("drop(*,ACK)", ACK)
    assert means("drop(*,ACK)", ACK | PSH)
    assert not means("drop(*,ACK)", ACK, b"x")
    for other in (SYN, FIN, RST):
        assert not means("drop(*,ACK)", ACK | other)
    assert not means("drop(*,ACK)", RST)


def test_fin_rst_and_data_mean_any_segment_that_has_them() -> None:
    assert means("drop(*,FIN)", FIN | ACK, b"x")
    assert means("drop(*,RST)", RST | ACK)
    assert means("drop(*,DATA)", FIN | ACK, b"x")
    assert not means("drop(*,DATA)", FIN | ACK)
    assert not means("drop(*,FIN)", ACK)


def test_joined_flags_must_all_be_there() -> None:
    assert means("drop(*,SYN+ACK)", SYN | ACK | CWR)
    assert not means("drop(*,SYN+ACK)", ACK)
    assert means("drop(*,FIN+DATA)", FIN | ACK, b"x")
    assert not means("drop(*,FIN+DATA)", FIN | ACK)
    assert means("drop(*,FIN+ACK)", FIN | ACK, b"x")


def test_direction_is_that_of_the_frame() -> None:
    for expression, there, back in (
        ("drop(A>B,*)", True, False),
        ("drop(*>A,*)", False, True),
        ("drop(*,*)", True, True),
    ):
        fault = parse_fault(expression)
        assert fault.matches("A", "B", segment(ACK), False, False) is there
        assert fault.matches("B", "A", segment(ACK), False, False) is back


def test_star_means_other_protocols_too() -> None:
    assert parse_fault("drop(*,*)").matches("A", "B", None, False, False)
    assert not parse_fault("drop(*,ACK)").matches("A", "B", None, False, False)


def test_last_ack_is_the_one_that_covers_the_fin() -> None:
    assert means("drop(*,ACK,last)", ACK, covers=True)
    assert not means("drop(*,ACK,last)", ACK, covers=False, sent=True)
    assert not means("drop(*,ACK,last)", ACK | FIN, covers=True)


def test_last_of_all_also_needs_the_own_fin() -> None:
    assert means("drop(*,last)", ACK, covers=True, sent=True)
    assert not means("drop(*,last)", ACK, covers=True, sent=False)
    assert means("drop(*,*,last)", FIN | ACK, covers=True, sent=True)


def test_ordinals_count_the_matching_frames_only() -> None:
    fault = parse_fault("drop(*,SYN,2..3)")
    assert [fault.strikes(Random(1)) for _ in range(5)] == [False, True, True, False, False]
    assert (fault.matched, fault.hits) == (5, 2)


def test_a_share_is_drawn_from_the_generator_handed_in() -> None:
    draws = Random(7)
    expected = [draws.random() < 0.3 for _ in range(200)]
    rng = Random(7)
    fault = parse_fault("drop(*,*,30%)")
    assert [fault.strikes(rng) for _ in range(200)] == expected
    assert 0 < sum(expected) < 200
