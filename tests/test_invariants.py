"""The judge is judged: a correct conversation passes, and each invariant can fail."""

from __future__ import annotations

import pytest

from synfin.trace import RECEIVE, SEND, AppRecord, Record, SegmentRecord, StateRecord
from synfin.wire.addresses import Endpoint, parse_address
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment
from synfin.wire.tcp_options import TcpOptions
from tests.invariants import check_trace, pairs_of

A = Endpoint(parse_address("192.0.2.1"), 40_000)
B = Endpoint(parse_address("192.0.2.2"), 80)
NAMES = {A: "A", B: "B"}
BITS = {"S": SYN, "F": FIN, "R": RST, "A": ACK}


def make(
    source: Endpoint, flags: str, seq: int, ack: int = 0, data: bytes = b"", win: int = 1000, ws: int | None = None
) -> Segment:
    """A segment with wire numbers."""
    bits = sum(BITS[letter] for letter in flags)
    target = B if source == A else A
    options = TcpOptions(window_scale=ws)
    return Segment(source.port, target.port, seq % 2**32, ack % 2**32, bits, win, options=options, payload=data)


def sent(source: Endpoint, segment: Segment, rule: str = "") -> Record:
    """`source` sends."""
    return SegmentRecord(0, NAMES[source], SEND, source, B if source == A else A, segment, rule)


def got(source: Endpoint, segment: Segment) -> Record:
    """What `source` sent arrives at the other end."""
    target = B if source == A else A
    return SegmentRecord(0, NAMES[target], RECEIVE, source, target, segment, "")


def both(source: Endpoint, segment: Segment) -> list[Record]:
    """Sent and received."""
    return [sent(source, segment), got(source, segment)]


def state(end: Endpoint, before: str, after: str) -> Record:
    """A move of one end."""
    return StateRecord(0, NAMES[end], end, B if end == A else A, before, after, "why", "RFC")


def told(end: Endpoint, call: str, detail: str = "") -> Record:
    """An application call or event."""
    return AppRecord(0, NAMES[end], end, B if end == A else A, call, detail)


def handshake(a: int = 100, b: int = 300, ws: int | None = None) -> list[Record]:
    """S01, as both ends see it."""
    return [
        state(A, "CLOSED", "SYN_SENT"),
        *both(A, make(A, "S", a, ws=ws)),
        state(B, "LISTEN", "SYN_RECEIVED"),
        *both(B, make(B, "SA", b, a + 1, ws=ws)),
        state(A, "SYN_SENT", "ESTABLISHED"),
        told(A, "event", "connected"),
        *both(A, make(A, "A", a + 1, b + 1)),
        state(B, "SYN_RECEIVED", "ESTABLISHED"),
    ]


def closing(a: int = 100, b: int = 300) -> list[Record]:
    """S12 after `handshake`."""
    return [
        state(A, "ESTABLISHED", "FIN_WAIT_1"),
        *both(A, make(A, "FA", a + 1, b + 1)),
        state(B, "ESTABLISHED", "CLOSE_WAIT"),
        told(B, "event", "eof"),
        *both(B, make(B, "A", b + 1, a + 2)),
        state(A, "FIN_WAIT_1", "FIN_WAIT_2"),
        state(B, "CLOSE_WAIT", "LAST_ACK"),
        *both(B, make(B, "FA", b + 1, a + 2)),
        state(A, "FIN_WAIT_2", "TIME_WAIT"),
        told(A, "event", "eof"),
        *both(A, make(A, "A", a + 2, b + 2)),
        state(B, "LAST_ACK", "CLOSED"),
        told(B, "event", "closed"),
        state(A, "TIME_WAIT", "CLOSED"),
        told(A, "event", "closed"),
    ]


@pytest.mark.parametrize(("a", "b"), [(100, 300), (0xFFFF_FFFF, 0xFFFF_FFFE)])
def test_whole_life_passes_also_where_numbers_wrap(a: int, b: int) -> None:
    check_trace([*handshake(a, b), *closing(a, b)])


def test_second_life_of_the_same_ports_passes() -> None:
    check_trace([*handshake(), *closing(), *handshake(70_000, 50), *closing(70_000, 50)])


def test_lost_and_repeated_segments_pass() -> None:
    data = make(A, "A", 101, 301, b"hello")
    ack = make(B, "A", 301, 106, win=995)
    check_trace([*handshake(), sent(A, data), *both(A, data), sent(B, ack), got(A, data), *both(B, ack)])


def test_reset_answers_pass() -> None:
    """RFC 9293 3.5.2: both forms, and the challenge ACK that answers an in-window RST (RFC 5961 3)."""
    check_trace([got(A, make(A, "S", 100)), sent(B, make(B, "RA", 0, 101))])
    check_trace([got(A, make(A, "A", 100, 555, b"xyz")), sent(B, make(B, "R", 555))])
    check_trace([*handshake(), got(A, make(A, "R", 150)), sent(B, make(B, "A", 301, 101), "challenge-ack")])
    check_trace([*handshake(), sent(A, make(A, "RA", 101, 301), "abort")])


def test_scaled_window_passes() -> None:
    """The SYN's window is not scaled, later ones are."""
    records = handshake(ws=3)
    check_trace([*records, sent(A, make(A, "A", 101, 301, win=8000)), sent(A, make(A, "A", 101, 301, win=8000))])


def test_scripted_end_is_not_judged() -> None:
    bad = sent(A, make(A, "F", 5))
    check_trace([bad], ignore_hosts=["A"])
    with pytest.raises(AssertionError, match="I3"):
        check_trace([bad])


BROKEN: dict[str, tuple[str, list[Record]]] = {
    "octet-changes": (
        "I1: relative number 1",
        [sent(A, make(A, "A", 101, 301, b"x")), sent(A, make(A, "A", 101, 301, b"y"))],
    ),
    "fin-moves-onto-octet": (
        "I1: relative number 1",
        [sent(A, make(A, "FA", 101, 301)), sent(A, make(A, "A", 101, 301, b"y"))],
    ),
    "ack-takes-a-number": ("I1: relative number 2 leaves a gap", [sent(A, make(A, "A", 102, 301))]),
    "syn-changes-number": ("I1: a second SYN", [sent(B, make(B, "SA", 301, 101))]),
    "acknowledges-the-future": ("I1: acknowledges relative number 2", [sent(A, make(A, "A", 101, 302))]),
    "acknowledges-an-ack": (
        "I1: acknowledges relative number 2",
        [got(B, make(B, "A", 301, 101)), sent(A, make(A, "A", 101, 302))],
    ),
    "ack-goes-back": (
        "I2: acknowledgment goes back",
        [got(B, make(B, "A", 301, 101, b"xy")), sent(A, make(A, "A", 101, 303)), sent(A, make(A, "A", 101, 302))],
    ),
    "window-shrinks": ("I2: right window edge moves left", [sent(A, make(A, "A", 101, 301, win=999))]),
    "data-without-ack": ("I3: a segment without SYN", [sent(A, make(A, "", 101, 0, b"x"))]),
    "syn-without-ack-in-established": ("I3: a SYN without ACK in ESTABLISHED", [sent(A, make(A, "S", 100))]),
    "reset-from-nowhere": ("I4: a RST that no segment asked for", [sent(A, make(A, "R", 4711))]),
    "reset-answers-reset": (
        "I4: a RST that no segment asked for",
        [got(B, make(B, "RA", 301, 999)), sent(A, make(A, "R", 999))],
    ),
    "two-resets-for-one-segment": (
        "I4: a RST that no segment asked for",
        [got(B, make(B, "A", 301, 999)), sent(A, make(A, "R", 999)), sent(A, make(A, "R", 999))],
    ),
    "reset-with-wrong-number": ("I3: RST,ACK must be", [sent(A, make(A, "RA", 9999, 301))]),
    "reset-acknowledges-the-future": ("I1: RST acknowledges", [sent(A, make(A, "RA", 101, 999))]),
    "no-such-move": ("I5: no move from ESTABLISHED to TIME_WAIT", [state(A, "ESTABLISHED", "TIME_WAIT")]),
    "unknown-state": ("I5: no move", [state(A, "SYN_RCVD", "ESTABLISHED")]),
    "not-where-it-was": ("I5: leaves FIN_WAIT_1 but was in ESTABLISHED", [state(A, "FIN_WAIT_1", "FIN_WAIT_2")]),
    "two-ends-told": (
        "I6: the application is told eof and reset",
        [told(A, "event", "eof"), told(A, "event", "reset")],
    ),
    "no-end-told": ("I6: the connection is gone", [told(A, "event", "closed")]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_invariant_fails_on(case: str) -> None:
    message, records = BROKEN[case]
    with pytest.raises(AssertionError, match=message) as failure:
        check_trace([*handshake(), *records])
    history = str(failure.value).splitlines()
    assert history[-1].endswith("<== here")
    assert len(history) > len(records)


def test_syn_with_acknowledgment_number_but_no_flag_fails() -> None:
    with pytest.raises(AssertionError, match="I3: an acknowledgment number without ACK"):
        check_trace([state(A, "CLOSED", "SYN_SENT"), sent(A, make(A, "S", 100, 7))])


def test_acknowledgment_of_nothing_fails() -> None:
    with pytest.raises(AssertionError, match="I1: an acknowledgment, but nothing came in"):
        check_trace([sent(A, make(A, "A", 100, 7))])


def test_window_may_seem_to_shrink_by_less_than_a_unit_of_its_scale() -> None:
    """[SHLD-14] RFC 7323 2.4: what counts is the edge that the peer computes, and rounding is all it may lose."""
    begin = [*handshake(ws=3), got(B, make(B, "A", 301, 101, b"x")), sent(A, make(A, "A", 101, 302, win=1000))]
    octet = [got(B, make(B, "A", 302, 101, b"y"))]
    check_trace([*begin, *octet, sent(A, make(A, "A", 101, 303, win=999))])
    with pytest.raises(AssertionError, match="I2: right window edge moves left"):
        check_trace([*begin, sent(A, make(A, "A", 101, 302, win=999))])
    with pytest.raises(AssertionError, match="I2: right window edge moves left"):
        check_trace([*begin, *octet, sent(A, make(A, "A", 101, 303, win=998))])


def test_own_close_needs_no_end() -> None:
    check_trace([*handshake(), told(A, "close"), told(A, "event", "closed")])


def test_embryo_may_vanish_unseen() -> None:
    check_trace([*handshake()[:5], state(B, "SYN_RECEIVED", "LISTEN"), told(B, "event", "closed")])


def test_block_made_from_a_cookie_counts_what_made_it() -> None:
    """The state comes only after the third segment, which may carry FIN."""
    cookie = [got(A, make(A, "S", 100)), sent(B, make(B, "SA", 300, 101)), got(A, make(A, "FA", 101, 301))]
    check_trace([*cookie, state(B, "LISTEN", "ESTABLISHED"), sent(B, make(B, "A", 301, 102))])


def test_pair_outside_the_table_fails() -> None:
    table = {("SYN_SENT", "CLOSED"), ("SYN_SENT", "SYN_RECEIVED"), ("SYN_RECEIVED", "ESTABLISHED")}
    check_trace(handshake()[:-1], pairs=table)
    with pytest.raises(AssertionError, match="I5: the ends are ESTABLISHED and ESTABLISHED"):
        check_trace(handshake(), pairs=table)


def test_pairs_are_of_first_lives_only() -> None:
    """A second connection on the same ports meets what is left of the first."""
    table = {("SYN_SENT", "CLOSED"), ("SYN_SENT", "SYN_RECEIVED")}
    again = [state(A, "SYN_SENT", "CLOSED"), state(A, "CLOSED", "SYN_SENT"), state(A, "SYN_SENT", "ESTABLISHED")]
    begin = [state(A, "CLOSED", "SYN_SENT"), state(B, "LISTEN", "SYN_RECEIVED")]
    with pytest.raises(AssertionError, match="I5: the ends are CLOSED and SYN_RECEIVED"):
        check_trace([*begin, *again], pairs=table)
    check_trace([*begin, *again], pairs={*table, ("CLOSED", "SYN_RECEIVED")})


def test_pairs_are_read_from_the_page() -> None:
    rows = [
        "text",
        "| A \\ B | CLOSED | LISTEN |",
        "|---|---|---|",
        "| CLOSED | 0 | 1 |",
        "| LISTEN | - | 0 |",
        "| LISTEN | x |",
    ]
    page = "\n".join(rows)
    assert pairs_of(page) == {("CLOSED", "CLOSED"), ("CLOSED", "LISTEN"), ("LISTEN", "LISTEN")}
