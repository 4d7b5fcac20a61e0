"""All 512 combinations of the nine assigned flags, in every state, against a small model of RFC 9293 3.10.7 (S23).

The model is written from the text of the RFC alone and knows nothing of the code.  It is asked about an empty segment
at SEG.SEQ = RCV.NXT, once with SEG.ACK = SND.NXT and once with SEG.ACK = SND.UNA.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import pytest

from synfin.tcp import State
from synfin.wire.tcp import ACK, CWR, ECE, FIN, RST, SYN
from tests.harness import (
    Closed,
    CloseWait,
    Closing,
    Context,
    Established,
    FinWait1,
    FinWait2,
    LastAck,
    Listening,
    Opened,
    SynReceived,
    TimeWait,
)
from tests.notation import flag_text


@dataclass(frozen=True)
class Facts:
    """What the model knows: relative numbers; `active`: SYN_RECEIVED came from an active OPEN."""

    state: str
    snd_una: int = 1
    snd_nxt: int = 1
    rcv_nxt: int = 1
    active: bool = False


@dataclass(frozen=True)
class Verdict:
    """`answer`: flags, SEQ and ACK; `optional`: silence is right too; `state` afterwards."""

    state: str
    answer: tuple[str, int, int] | None = None
    optional: bool = False


def model(facts: Facts, flags: int, seg_seq: int, seg_ack: int) -> Verdict:
    """RFC 9293 3.10.7.1 to 3.10.7.4 with RFC 5961 and RFC 1337, for a segment without text."""
    match facts.state:
        case "CLOSED":
            return Verdict("CLOSED", closed(flags, seg_seq, seg_ack))
        case "LISTEN":
            return listen(flags, seg_seq, seg_ack)
        case "SYN_SENT":
            return syn_sent(facts, flags, seg_seq, seg_ack)
        case _:
            return others(facts, flags, seg_seq, seg_ack)


def closed(flags: int, seg_seq: int, seg_ack: int) -> tuple[str, int, int] | None:
    if flags & RST:
        return None
    if flags & ACK:
        return ("R", seg_ack, 0)
    length = bool(flags & SYN) + bool(flags & FIN)
    return ("AR", -1, seg_seq + length)  # -1: the wire number 0


def listen(flags: int, seg_seq: int, seg_ack: int) -> Verdict:
    if flags & RST:
        return Verdict("LISTEN")
    if flags & ACK:
        return Verdict("LISTEN", ("R", seg_ack, 0))
    if flags & SYN:
        asks_for_ecn = flags & (ECE | CWR) == ECE | CWR
        return Verdict("SYN_RECEIVED", ("AES" if asks_for_ecn else "AS", 0, seg_seq + 1))
    return Verdict("LISTEN")


def syn_sent(facts: Facts, flags: int, seg_seq: int, seg_ack: int) -> Verdict:
    stay = Verdict("SYN_SENT")
    acceptable = bool(flags & ACK) and 0 < seg_ack <= facts.snd_nxt
    if flags & ACK and not acceptable:
        return stay if flags & RST else replace(stay, answer=("R", seg_ack, 0))
    if flags & RST:
        return Verdict("CLOSED") if acceptable else stay
    if not flags & SYN:
        return stay
    if not acceptable:
        return Verdict("SYN_RECEIVED", ("AS", 0, seg_seq + 1))
    if flags & FIN:
        return Verdict("CLOSE_WAIT", ("A", 1, seg_seq + 2))
    return Verdict("ESTABLISHED", ("A", 1, seg_seq + 1))


def others(facts: Facts, flags: int, seg_seq: int, seg_ack: int) -> Verdict:
    state = facts.state
    stay = Verdict(state)
    an_ack = ("A", facts.snd_nxt, facts.rcv_nxt)
    # first: the number is RCV.NXT and the window is open; second: RST
    if flags & RST:
        if state == "TIME_WAIT":
            return stay
        return Verdict("LISTEN" if state == "SYN_RECEIVED" and not facts.active else "CLOSED")
    # fourth: SYN
    if flags & SYN:
        if state == "SYN_RECEIVED" and not facts.active:
            return Verdict("LISTEN")
        return replace(stay, answer=an_ack)
    # fifth: ACK
    if not flags & ACK:
        return stay
    if state == "SYN_RECEIVED":
        if not facts.snd_una < seg_ack <= facts.snd_nxt:
            return replace(stay, answer=("R", seg_ack, 0))
        state = "ESTABLISHED"
    fin_acked = seg_ack == facts.snd_nxt > facts.snd_una
    if fin_acked and state == "LAST_ACK":
        return Verdict("CLOSED")
    if fin_acked:
        state = {"FIN_WAIT_1": "FIN_WAIT_2", "CLOSING": "TIME_WAIT"}.get(state, state)
    # eighth: FIN
    if not flags & FIN:
        return Verdict(state)
    if state in ("CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"):  # a second FIN, beyond the first
        return Verdict(state, an_ack, optional=True)
    after = {"ESTABLISHED": "CLOSE_WAIT", "FIN_WAIT_1": "CLOSING", "FIN_WAIT_2": "TIME_WAIT"}[state]
    return Verdict(after, ("A", facts.snd_nxt, facts.rcv_nxt + 1))


CASES: Final = {
    "CLOSED": (Closed, {}, Facts("CLOSED")),
    "LISTEN": (Listening, {}, Facts("LISTEN")),
    "SYN_SENT": (Opened, {}, Facts("SYN_SENT", 0, 1)),
    "SYN_RECEIVED passive": (SynReceived, {}, Facts("SYN_RECEIVED", 0, 1)),
    "SYN_RECEIVED active": (SynReceived, {"passive": False}, Facts("SYN_RECEIVED", 0, 1, active=True)),
    "ESTABLISHED": (Established, {}, Facts("ESTABLISHED")),
    "FIN_WAIT_1": (FinWait1, {}, Facts("FIN_WAIT_1", 1, 2)),
    "FIN_WAIT_2": (FinWait2, {}, Facts("FIN_WAIT_2", 2, 2)),
    "CLOSE_WAIT": (CloseWait, {}, Facts("CLOSE_WAIT", 1, 1, 2)),
    "CLOSING": (Closing, {}, Facts("CLOSING", 1, 2, 2)),
    "LAST_ACK": (LastAck, {}, Facts("LAST_ACK", 1, 2, 2)),
    "TIME_WAIT": (TimeWait, {}, Facts("TIME_WAIT", 2, 2, 2)),
}


@pytest.mark.parametrize("acknowledges", ["all", "nothing"])
@pytest.mark.parametrize("name", list(CASES))
def test_every_combination_of_flags(name: str, acknowledges: str) -> None:
    """[RFC9293-E13] [RFC9293-E14] [RFC9293-E15] [RFC9293-E16] [RFC9293-E17] [RFC9293-E18] [RFC9293-E22]
    [RFC9293-E23] [RFC9293-E24] [RFC9293-E25] [RFC9293-E26] [RFC9293-E29] [RFC9293-E31] [RFC9293-E32]
    [RFC5961-06] [RFC1337-02]: no exception, and the RFC's answer."""
    make, options, facts = CASES[name]
    for flags in range(512):
        if name == "TIME_WAIT" and flags & (SYN | RST | ACK) == SYN:
            continue  # a new connection (RFC 6191): test_timewait.py
        t: Context = make(**options)
        seg_seq = 0 if facts.state in ("CLOSED", "LISTEN", "SYN_SENT") else facts.rcv_nxt
        seg_ack = facts.snd_nxt if acknowledges == "all" else facts.snd_una
        segment = t.segment(f"- seq={seg_seq} ack={seg_ack}")
        segment.flags = flags
        t.note(f"  -> {flag_text(flags)} seq={seg_seq} ack={seg_ack}")
        t.inject_segment(segment)
        check(t, model(facts, flags, seg_seq, seg_ack), flags)


def check(t: Context, wanted: Verdict, flags: int) -> None:
    """Compare what `t` did with the verdict of the model."""
    shown = f"{type(t).__name__} and {flag_text(flags)}"
    assert t.state is State[wanted.state], f"{shown}: state {t.state.name}, the model says {wanted.state}"
    sent = [(plain(s.flags), -1 if s.segment.seq == 0 and plain(s.flags) == "AR" else s.seq, s.ack) for s in t.outbox]
    if wanted.optional and not sent:
        return
    expected = [] if wanted.answer is None else [wanted.answer]
    assert sent == expected, f"{shown}: sent {t.outbox}, the model says {expected}"


def plain(flags: str) -> str:
    """Flag letters in alphabetical order."""
    return "".join(sorted(flags))
