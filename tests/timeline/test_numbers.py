"""Relative numbers, windows, and what was sent before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from synfin.timeline.numbers import NumberTracker
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment
from synfin.wire.tcp_options import TcpOptions
from tests.timeline.tape import A, B, Tape

TAPE = Tape()
WRAP = 1 << 32


@given(st.integers(0, WRAP - 1), st.integers(0, WRAP - 1))
def test_numbers_count_from_both_syns(isn_a: int, isn_b: int) -> None:
    tracker = NumberTracker()
    assert tracker.sent(A, B, TAPE.segment("A", SYN, isn_a), "syn")[:2] == (0, None)
    assert tracker.sent(B, A, TAPE.segment("B", SYN | ACK, isn_b, (isn_a + 1) % WRAP), "syn-ack")[:2] == (0, 1)
    text = TAPE.segment("A", ACK, (isn_a + 1) % WRAP, (isn_b + 1) % WRAP, b"hello")
    assert tracker.sent(A, B, text, "data") == (1, 1, 1_000, False)
    assert tracker.sent(A, B, text, "data") == (1, 1, 1_000, True)
    assert tracker.sent(B, A, TAPE.segment("B", ACK, (isn_b + 1) % WRAP, (isn_a + 6) % WRAP), "ack")[:2] == (1, 6)


@given(st.integers(0, WRAP - 1))
def test_relative_numbers_go_on_after_four_gigabytes(isn: int) -> None:
    tracker = NumberTracker()
    tracker.sent(A, B, TAPE.segment("A", SYN, isn), "syn")
    expected = 1
    for _ in range(5):
        segment = TAPE.segment("A", ACK, (isn + expected) % WRAP, 1, b"x")
        assert tracker.sent(A, B, segment, "data").seq == expected
        expected += 1
        jump = TAPE.segment("A", ACK, (isn + expected + (1 << 30)) % WRAP, 1, b"x")
        assert tracker.sent(A, B, jump, "data").seq == expected + (1 << 30)
        expected += (1 << 30) + 1


def test_a_segment_partly_new_is_not_sent_again() -> None:
    tracker = NumberTracker()
    tracker.sent(A, B, TAPE.segment("A", SYN, 100), "syn")
    assert not tracker.sent(A, B, TAPE.segment("A", ACK, 101, 1, b"ab"), "data").again
    assert not tracker.sent(A, B, TAPE.segment("A", ACK, 101, 1, b"abc"), "data").again
    assert tracker.sent(A, B, TAPE.segment("A", ACK, 102, 1, b"bc"), "data").again
    assert not tracker.sent(A, B, TAPE.segment("A", ACK, 104, 1), "ack-now").again
    assert not tracker.sent(A, B, TAPE.segment("A", ACK | FIN, 104, 1), "fin").again
    assert tracker.sent(A, B, TAPE.segment("A", ACK | FIN, 104, 1), "retransmit-timeout").again


def test_probes_are_not_called_repetitions() -> None:
    tracker = NumberTracker()
    tracker.sent(A, B, TAPE.segment("A", SYN, 100), "syn")
    tracker.sent(A, B, TAPE.segment("A", ACK, 101, 1, b"ab"), "data")
    assert not tracker.sent(A, B, TAPE.segment("A", ACK, 102, 1, b"b"), "zero-window-probe").again
    assert tracker.sent(A, B, TAPE.segment("A", ACK, 101, 1, b"ab"), "retransmit-timeout").again


def test_the_syn_ack_of_a_simultaneous_open_is_no_repetition() -> None:
    tracker = NumberTracker()
    assert not tracker.sent(A, B, TAPE.segment("A", SYN, 100), "syn").again
    assert tracker.sent(A, B, TAPE.segment("A", SYN, 100), "retransmit-timeout").again
    assert not tracker.sent(A, B, TAPE.segment("A", SYN | ACK, 100, 301), "syn-ack").again
    assert tracker.sent(A, B, TAPE.segment("A", SYN | ACK, 100, 301), "retransmit-timeout").again


def test_a_new_syn_begins_a_new_count_but_not_an_injected_one() -> None:
    tracker = NumberTracker()
    tracker.sent(A, B, TAPE.segment("A", SYN, 100), "syn")
    assert tracker.sent(A, B, TAPE.segment("A", SYN, 90), "injected-old-duplicate", foreign=True).seq == -10
    assert tracker.sent(A, B, TAPE.segment("A", RST, 91), "reset-syn-sent").seq == -9
    assert tracker.sent(A, B, TAPE.segment("A", SYN, 5_000), "syn").seq == 0
    assert tracker.sent(A, B, TAPE.segment("A", ACK, 5_001, 1, b"x"), "data").seq == 1


def test_without_a_syn_the_first_number_is_one() -> None:
    tracker = NumberTracker()
    assert tracker.sent(A, B, TAPE.segment("A", ACK, 7_000, 9_000, b"x"), "data")[:2] == (1, 1)
    assert tracker.sent(B, A, TAPE.segment("B", ACK, 9_000, 7_001), "ack-now")[:2] == (1, 2)


def test_windows_are_scaled_when_both_offered_it() -> None:
    def windows(ours: int | None, theirs: int | None) -> tuple[int, int, int]:
        tracker = NumberTracker()
        first = tracker.sent(A, B, TAPE.segment("A", SYN, 0, options=TcpOptions(window_scale=ours)), "syn")
        tracker.sent(B, A, TAPE.segment("B", SYN | ACK, 0, 1, options=TcpOptions(window_scale=theirs)), "syn-ack")
        there = tracker.sent(A, B, TAPE.segment("A", ACK, 1, 1), "ack-now")
        back = tracker.sent(B, A, TAPE.segment("B", ACK, 1, 1), "ack-now")
        return first.window, there.window, back.window

    assert windows(3, 7) == (1_000, 8_000, 128_000)
    assert windows(3, None) == (1_000, 1_000, 1_000)
    assert windows(None, 7) == (1_000, 1_000, 1_000)
    assert windows(15, 0) == (1_000, 1_000 << 14, 1_000)


def test_looking_changes_nothing() -> None:
    tracker = NumberTracker()
    tracker.sent(A, B, TAPE.segment("A", SYN, 100), "syn")
    segment = Segment(A.port, B.port, 101, 0, ACK, 5, payload=b"x")
    assert tracker.look(A, B, segment) == tracker.look(A, B, segment)
    assert not tracker.sent(A, B, segment, "data").again
