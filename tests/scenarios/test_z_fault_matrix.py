"""Z: the fault matrix: each of the eight segments of a small conversation meets each of five faults.

A connects, writes five octets 2 s later, half-closes after 8 s and closes when it reads B's end; B closes 8 s after it
has read A's end.  What comes out is written down here as RFC 9293 and RFC 6298 have it:

* A lost, late or doubled copy changes nothing in the end, as long as one copy gets through or another segment says the
  same: the third ACK is replaced by the text's ACK field, the ACK of A's FIN by that of B's FIN.
* No SYN, or no SYN+ACK, ever: A's connect() times out, B's application hears nothing.
* No text, or no FIN of A, ever: A times out after R2, B does not know and stays ESTABLISHED (half-open).
* No FIN of B, ever: B's orphan gives up, A waits in FIN_WAIT_2.
* No ACK of B's FIN, ever: B gives up in LAST_ACK; both applications have got everything.

`copies` is how often the segment is sent: RTO 1, 2, 4 ... s up to R2 (RFC), or by Linux's counts (second number).
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from synfin.tcp import Event
from tests.scenarios.play import PRESETS, Play, text

TEXT = text(5)


class Run(NamedTuple):
    """What comes out: copies sent (RFC, Linux), final states, what the applications were told and read."""

    copies: tuple[int, int]
    states: tuple[str, str] = ("CLOSED", "CLOSED")
    ends: tuple[str, str] = ("eof", "eof")
    received: bytes = TEXT


MATRIX: dict[tuple[str, str], Run] = {
    ("SYN", "drop 1"): Run((2, 2)),
    ("SYN", "drop 2"): Run((3, 3)),
    ("SYN", "drop all"): Run((9, 11), ("CLOSED", "-"), ("timeout", "-"), b""),
    ("SYN", "duplicate"): Run((1, 1)),
    ("SYN", "delay"): Run((2, 2)),
    ("SYN+ACK", "drop 1"): Run((3, 3)),  # by A's SYN and by B's own timer, both at 1.01 s
    ("SYN+ACK", "drop 2"): Run((3, 3)),
    # Once, eight times for A's SYNs, eight times by B's timer; Linux: nine SYNs of A within 63 s, five times B's timer.
    ("SYN+ACK", "drop all"): Run((17, 15), ("CLOSED", "-"), ("timeout", "-"), b""),
    ("SYN+ACK", "duplicate"): Run((1, 1)),
    ("SYN+ACK", "delay"): Run((3, 3)),
    ("ACK3", "drop 1"): Run((2, 2)),
    ("ACK3", "drop 2"): Run((2, 2)),  # B's next SYN+ACK would come at 3 s; the text at 2 s opens B
    ("ACK3", "drop all"): Run((2, 2)),
    ("ACK3", "duplicate"): Run((1, 1)),
    ("ACK3", "delay"): Run((2, 2)),
    ("DATA", "drop 1"): Run((2, 2)),
    ("DATA", "drop 2"): Run((3, 3)),
    ("DATA", "drop all"): Run((8, 16), ("CLOSED", "ESTABLISHED"), ("timeout", ""), b""),
    ("DATA", "duplicate"): Run((1, 1)),
    ("DATA", "delay"): Run((2, 2)),
    ("FIN_A", "drop 1"): Run((2, 2)),
    ("FIN_A", "drop 2"): Run((3, 3)),
    ("FIN_A", "drop all"): Run((8, 16), ("CLOSED", "ESTABLISHED"), ("timeout", "")),
    ("FIN_A", "duplicate"): Run((1, 1)),
    ("FIN_A", "delay"): Run((2, 2)),
    ("ACK_FIN_A", "drop 1"): Run((2, 2)),
    ("ACK_FIN_A", "drop 2"): Run((3, 3)),
    ("ACK_FIN_A", "drop all"): Run((4, 6)),  # A's FIN at 0, 1, 3, 7 s; at 8 s B's FIN acknowledges it
    ("ACK_FIN_A", "duplicate"): Run((1, 1)),
    ("ACK_FIN_A", "delay"): Run((2, 2)),
    ("FIN_B", "drop 1"): Run((2, 2)),
    ("FIN_B", "drop 2"): Run((3, 3)),
    ("FIN_B", "drop all"): Run((8, 9), ("FIN_WAIT_2", "CLOSED"), ("", "eof")),
    ("FIN_B", "duplicate"): Run((1, 1)),
    ("FIN_B", "delay"): Run((2, 2)),
    ("ACK_FIN_B", "drop 1"): Run((2, 2)),
    ("ACK_FIN_B", "drop 2"): Run((3, 3)),
    ("ACK_FIN_B", "drop all"): Run((8, 9)),
    ("ACK_FIN_B", "duplicate"): Run((1, 1)),
    ("ACK_FIN_B", "delay"): Run((2, 2)),
}

# Direction, flags, and which of the segments with these flags is the first that is meant.
SEGMENTS = {
    "SYN": ("A>B", "SYN", 1),
    "SYN+ACK": ("B>A", "SYN+ACK", 1),
    "ACK3": ("A>B", "ACK", 1),
    "DATA": ("A>B", "DATA", 1),
    "FIN_A": ("A>B", "FIN", 1),
    "ACK_FIN_A": ("B>A", "ACK", 2),  # the first one acknowledges the text
    "FIN_B": ("B>A", "FIN", 1),
    "ACK_FIN_B": ("A>B", "ACK", 2),  # the first one is the third of the handshake
}
FAULTS = ("drop 1", "drop 2", "drop all", "duplicate", "delay")


def expression(segment: str, fault: str) -> str:
    """The fault in the lab's language."""
    direction, flags, first = SEGMENTS[segment]
    which = {"drop 1": f"{first}", "drop 2": f"{first}..{first + 1}", "drop all": f"{first}.."}
    if fault in which:
        return f"drop({direction},{flags},{which[fault]})"
    if fault == "duplicate":
        return f"dup({direction},{flags},{first})"
    return f"delay({direction},{flags},{first},1500ms)"


def copies(play: Play, segment: str) -> int:
    """How often the segment was sent."""
    source, numbers = {
        "SYN": ("A", (100, 0, 0)),
        "SYN+ACK": ("B", (300, 101, 0)),
        "ACK3": ("A", (101, 301, 0)),
        "DATA": ("A", (101, 301, 5)),
        "FIN_A": ("A", (106, 301, 0)),
        "ACK_FIN_A": ("B", (301, 107, 0)),
        "FIN_B": ("B", (301, 107, 0)),
        "ACK_FIN_B": ("A", (107, 302, 0)),
    }[segment]
    fin = segment.startswith("FIN")
    return sum(
        row.ends[0] == source
        and (row.segment.seq, row.segment.ack, len(row.segment.payload)) == numbers
        and (bool(row.segment.flags & 1) == fin or segment == "DATA")
        for row in play.wire.rows
    )


def converse(preset: str, *faults: str, until_text: bool = False, peer: str = "B") -> Play:
    """The conversation to its end; with `until_text` the faults end when A writes."""
    play = Play(preset, *faults)
    a, b = play.a, play.b

    def write() -> None:
        if until_text:
            play.world.faults.clear()
        a.write(TEXT)

    b.listen()
    a.connect(peer)
    a.on(Event.CONNECTED, lambda: play.world.after("2s", write))
    a.on(Event.CONNECTED, lambda: play.world.after("8s", a.shutdown))
    a.on(Event.EOF, a.close)
    b.on(Event.EOF, lambda: play.world.after("8s", b.close))
    play.run()
    return play


def test_forty_runs() -> None:
    """Z: eight segments, five faults: all of them have an expectation."""
    assert set(MATRIX) == {(segment, fault) for segment in SEGMENTS for fault in FAULTS}
    assert len(MATRIX) == 40


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(("segment", "fault"), MATRIX)
def test_fault(segment: str, fault: str, preset: str) -> None:
    """Z: final states, application results and copies sent are the expected ones; I1 to I6 hold all the way."""
    expected = MATRIX[segment, fault]
    # What A sends without text once it has written is no third ACK any more.
    play = converse(preset, expression(segment, fault), until_text=segment == "ACK3")
    seen = Run(
        (copies(play, segment), copies(play, segment)),
        (play.a.state, play.b.state if play.b.connection else "-"),
        (play.a.end, play.b.end if play.b.connection else "-"),
        play.b.received,
    )
    wanted = expected._replace(copies=(expected.copies[preset == "linux"],) * 2)
    assert seen == wanted, play.history()
    assert play.a.received == b""


@pytest.mark.parametrize("segment", SEGMENTS)
def test_loss_over_ipv6(segment: str) -> None:
    """Z: the address family makes no difference."""
    play = converse("rfc", expression(segment, "drop 1"), until_text=segment == "ACK3", peer="fd00::2")
    assert copies(play, segment) == MATRIX[segment, "drop 1"].copies[0]
    assert (*play.states, play.a.end, play.b.end, play.b.received) == ("CLOSED", "CLOSED", "eof", "eof", TEXT)


@pytest.mark.parametrize("preset", PRESETS)
def test_without_fault(preset: str) -> None:
    """Z: the conversation itself, nine segments."""
    play = converse(preset)
    play.expect("""
        A>B <SEQ=100><SYN>                 SYN_SENT     SYN_RCVD
        B>A <SEQ=300><ACK=101><SYN,ACK>    ESTABLISHED  SYN_RCVD
        A>B <SEQ=101><ACK=301><ACK>        ESTABLISHED  ESTABLISHED
        A>B <SEQ=101><ACK=301><ACK>[5]     ESTABLISHED  ESTABLISHED
        B>A <SEQ=301><ACK=106><ACK>        ESTABLISHED  ESTABLISHED
        A>B <SEQ=106><ACK=301><FIN,ACK>    FIN_WAIT_1   CLOSE_WAIT
        B>A <SEQ=301><ACK=107><ACK>        FIN_WAIT_2   CLOSE_WAIT
        B>A <SEQ=301><ACK=107><FIN,ACK>    TIME_WAIT    LAST_ACK
        A>B <SEQ=107><ACK=302><ACK>        TIME_WAIT    CLOSED
    """)
