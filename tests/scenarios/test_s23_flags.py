"""S23: all 512 combinations of the nine flags, in every state, against a model written from RFC 9293 3.10.7.

Eight flags are assigned (CWR and ECE since RFC 3168) and AE (RFC 9768); six are outdated.  Each segment goes the
whole way through the host.  It has SEG.SEQ=RCV.NXT and, with ACK, SEG.ACK=SND.NXT, and no text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from synfin.wire.tcp import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, Segment
from tests.scenarios.play import CLIENT, PRESETS, SERVER, Play, established

STATES = (
    "CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING",
    "LAST_ACK", "TIME_WAIT",
)  # fmt: skip


class Reached(NamedTuple):
    """A play in which one end is in the state: which end, and the numbers that a fitting segment has."""

    play: Play
    host: str
    seq: int
    ack: int


class Outcome(NamedTuple):
    """What the segment does: the state after it, and the numbers of the answer (None: silence)."""

    state: str
    answer: tuple[int, int, int] | None  # SEQ, ACK, flags


def reach(state: str, preset: str) -> Reached:
    """An end in `state` that nobody hears: B for LISTEN and SYN_RECEIVED, A otherwise."""
    if state in ("CLOSED", "LISTEN", "SYN_RECEIVED"):
        play = Play(preset, "drop(B>A,*,all)")
        if state != "CLOSED":
            play.b.listen()
        if state == "SYN_RECEIVED":
            play.inject("A>B <SEQ=99><SYN>")
            play.run("1ms")
        return Reached(play, "B", 100, 301)
    if state == "SYN_SENT":
        play = Play(preset, "drop(A>B,*,all)")
        play.a.connect("B")
        play.run("1ms")
        return Reached(play, "A", 300, 101)
    play = established(preset)
    play.cut("A>B")
    closing: dict[str, tuple[str, ...]] = {
        "FIN_WAIT_2": ("B>A <SEQ=300><ACK=101><ACK>",),
        "CLOSING": ("B>A <SEQ=300><ACK=100><FIN,ACK>",),
        "TIME_WAIT": ("B>A <SEQ=300><ACK=101><FIN,ACK>",),
    }
    if state in ("CLOSE_WAIT", "LAST_ACK"):
        play.inject("B>A <SEQ=300><ACK=100><FIN,ACK>")
        play.run(more="1ms")
    if state not in ("ESTABLISHED", "CLOSE_WAIT"):
        play.a.shutdown()
        play.run(more="1ms")
    for row in closing.get(state, ()):
        play.inject(row)
        play.run(more="1ms")
    fin_seen = state in ("CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT")
    own_fin = state not in ("ESTABLISHED", "CLOSE_WAIT")
    return Reached(play, "A", 301 if fin_seen else 300, 101 if own_fin else 100)


def model(state: str, flags: int, seq: int, ack: int, linux: bool) -> Outcome:
    """RFC 9293 3.10.7 for a segment that fits exactly, with empty text."""
    length = bool(flags & SYN) + bool(flags & FIN)
    if state in ("CLOSED", "LISTEN"):
        return _unsynchronized(state, flags, seq, ack, length, linux)
    if state == "SYN_SENT":
        return _syn_sent(flags, seq, ack, linux)
    if state == "TIME_WAIT":
        return _time_wait(flags, seq, ack, linux)
    if flags & RST:
        return Outcome("LISTEN" if state == "SYN_RECEIVED" else "CLOSED", None)
    if flags & SYN:
        if state != "SYN_RECEIVED":
            return Outcome(state, (ack, seq, ACK))  # challenge
        if not linux:
            return Outcome("LISTEN", None)
        return Outcome("LISTEN", (ack, 0, RST) if flags & ACK else (0, seq + length, RST | ACK))
    if not flags & ACK:
        return Outcome(state, None)
    after = {"SYN_RECEIVED": "ESTABLISHED", "FIN_WAIT_1": "FIN_WAIT_2", "CLOSING": "TIME_WAIT", "LAST_ACK": "CLOSED"}
    state = after.get(state, state)
    if not flags & FIN or state in ("CLOSED", "CLOSE_WAIT", "TIME_WAIT"):
        return Outcome(state, None)
    return Outcome({"ESTABLISHED": "CLOSE_WAIT", "FIN_WAIT_2": "TIME_WAIT"}[state], (ack, seq + 1, ACK))


def _unsynchronized(state: str, flags: int, seq: int, ack: int, length: int, linux: bool) -> Outcome:
    if flags & RST:
        return Outcome(state, None)
    if flags & ACK:
        return Outcome(state, (ack, 0, RST))
    if state == "CLOSED":
        return Outcome(state, (0, seq + length, RST | ACK))
    if flags & SYN and not (linux and flags & FIN):
        accepts_ecn = ECE if flags & (ECE | CWR) == ECE | CWR else 0
        return Outcome("SYN_RECEIVED", (300, seq + 1, SYN | ACK | accepts_ecn))
    return Outcome(state, None)


def _syn_sent(flags: int, seq: int, ack: int, linux: bool) -> Outcome:
    if flags & RST:
        return Outcome("CLOSED" if flags & ACK else "SYN_SENT", None)
    if not flags & SYN:
        return Outcome("SYN_SENT", None)
    if not flags & ACK:
        return Outcome("SYN_RECEIVED", (100, seq + 1, SYN | ACK))
    fin = bool(flags & FIN) and not linux  # which takes neither text nor FIN of a SYN-ACK
    return Outcome("CLOSE_WAIT" if fin else "ESTABLISHED", (ack, seq + 1 + fin, ACK))


def _time_wait(flags: int, seq: int, ack: int, linux: bool) -> Outcome:
    if flags & RST:
        return Outcome("CLOSED" if linux else "TIME_WAIT", None)
    challenge = (ack, seq, ACK)
    if flags & SYN and not flags & ACK:
        return Outcome("TIME_WAIT", challenge)  # nobody listens, so it opens nothing (RFC 6191) and is challenged
    if not flags & ACK:
        return Outcome("TIME_WAIT", None)
    return Outcome("TIME_WAIT", challenge if flags & (SYN | FIN) else None)


def happens(state: str, preset: str, flags: int) -> tuple[Outcome, Outcome]:
    """What the stack does to one combination, and what the model says."""
    play, host, seq, ack = reach(state, preset)
    ports = (CLIENT, SERVER) if host == "B" else (SERVER, CLIENT)
    play.skip()
    segment = Segment(*ports, seq, ack if flags & ACK else 0, flags, 65_535)
    ends = (play.a.node, play.b.node) if host == "B" else (play.b.node, play.a.node)
    play.world.inject(*ends, segment)
    play.run(more="1ms")
    rows = play.take()
    answers = [(row.segment.seq, row.segment.ack, row.segment.flags) for row in rows[1:]]
    assert len(answers) <= 1, play.history()
    seen = Outcome(rows[0].states["AB".index(host)], answers[0] if answers else None)
    return seen, model(state, flags, seq, ack, preset == "linux")


@pytest.mark.parametrize("state", STATES)
def test_every_combination(state: str) -> None:
    """S23: 512 segments: no exception, a defined answer, and the one that the model gives [E13] [E14] [E24] [E25]."""
    wrong = []
    for flags in range(512):
        seen, expected = happens(state, "rfc", flags)
        if seen != expected:
            wrong.append((f"{flags:#05x}", seen, expected))
    assert not wrong, wrong[:5]


@pytest.mark.parametrize("state", STATES)
def test_combinations_as_on_linux(state: str) -> None:
    """S23: the same with Linux's habits, for the five flags that decide anything."""
    for bits in range(32):
        flags = sum(flag for index, flag in enumerate((SYN, ACK, RST, FIN, URG)) if bits >> index & 1)
        seen, expected = happens(state, "linux", flags)
        assert seen == expected, hex(flags)


@pytest.mark.parametrize("preset", PRESETS)
def test_push_is_no_record_marker(preset: str) -> None:
    """S23: three writes, one read: PSH marks no boundary [MUST-61]."""
    play = established(preset, nodelay=True)
    play.b.reading = False
    for part in (b"one", b"two", b"three"):
        play.a.write(part)
        play.run(more="50ms")
    assert [bool(row.segment.flags & PSH) for row in play.take() if row.segment.payload] == [True] * 3
    assert play.b.read() == b"onetwothree"


@pytest.mark.parametrize(("preset", "on_last", "pointer"), [("rfc", False, 5), ("linux", False, 5), ("rfc", True, 4)])
def test_urgent_pointer(preset: str, on_last: bool, pointer: int) -> None:
    """S23: it points to the octet after the last urgent one, or at that one where both ends say so [MUST-62] [MUST-32].

    Linux was seen to send the former, with tcp_stdurg off (urgent-send.pkt).
    """
    play = established(preset, urgent_on_last_octet=on_last)
    play.a.write(b"stop!", urgent=True)
    heard: list[int] = []
    act: Callable[[], object] = lambda: heard.append(play.b.the.urgent_remaining)  # noqa: E731
    play.b.reading = False
    play.run(more="50ms")
    act()
    segment = play.rows[0].segment
    assert segment.flags & URG
    assert segment.urgent == pointer
    assert heard == [5]
    assert play.b.read() == b"stop!"
