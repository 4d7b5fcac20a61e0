"""SEGMENT ARRIVES as one table: every state, every kind of segment, every place relative to the receive window.

The tables below are the RFC's answers (RFC 9293 3.10.7.4 with RFC 5961), written down as data:

    left    SEG.SEQ = RCV.NXT            beyond  SEG.SEQ = RCV.NXT + RCV.WND
    inside  RCV.NXT + 100                old     RCV.NXT - 100
    right   the last number of the window

    -   nothing is sent                              C   <SEQ=SND.NXT><ACK=RCV.NXT><ACK>
    C?  nothing, or C                                +n  an ACK of RCV.NXT + n, perhaps delayed
    >X  afterwards the state is X (otherwise it stays)
"""

from __future__ import annotations

from typing import Final

import pytest

from synfin.tcp import State
from tests.harness import (
    CloseWait,
    Closing,
    Context,
    Established,
    FinWait1,
    FinWait2,
    LastAck,
    SynReceived,
    TimeWait,
)

WRAP_AROUND = True

POSITIONS: Final = ("left", "inside", "right", "beyond", "old")

NO_ACK: Final = """
-                      |  -     | -  | -  | C  | C
P len=10               |  -     | -  | -  | C  | C
F                      |  -     | -  | -  | C  | C
FPU len=10 urg=10      |  -     | -  | -  | C  | C
"""

RESETS: Final = """
R                      |  ->CLOSED | C | C | - | -
RA                     |  ->CLOSED | C | C | - | -
R len=20               |  ->CLOSED | C | C | - | -
RSFPUA len=3 urg=3     |  ->CLOSED | C | C | - | -
"""

SYNS: Final = """
S                      |  C     | C  | C  | C  | C
S len=10               |  C     | C  | C  | C  | C
SA                     |  C     | C  | C  | C  | C
SFPUA len=3 urg=3      |  C     | C  | C  | C  | C
A                      |  -     | -  | -  | C  | C
"""

# ESTABLISHED, FIN_WAIT_1 and FIN_WAIT_2; FIN leads to the state named in MAKERS
RECEIVING: Final = (
    NO_ACK
    + RESETS
    + SYNS
    + """
PA len=10              |  +10   | C  | C  | C  | C
UA len=10 urg=10       |  +10   | C  | C  | C  | C
FA                     |  +1>FIN| C  | C  | C  | C
FPUA len=10 urg=10     | +11>FIN| C  | C  | C  | C
"""
)

# CLOSE_WAIT, CLOSING and LAST_ACK: text, urgent data and another FIN "should not occur" and are ignored
AFTER_FIN: Final = (
    NO_ACK
    + RESETS
    + SYNS
    + """
PA len=10              |  C?    | C? | C? | C  | C
UA len=10 urg=10       |  C?    | C? | C? | C  | C
FA                     |  C?    | C? | C? | C  | C
FPUA len=10 urg=10     |  C?    | C? | C? | C  | C
"""
)

# RFC 1337 is on by default: no RST counts; a SYN without ACK is the matter of test_timewait.py
TIME_WAIT: Final = (
    NO_ACK
    + """
R                      |  -     | -  | -  | -  | -
RA                     |  -     | -  | -  | -  | -
R len=20               |  -     | -  | -  | -  | -
RSFPUA len=3 urg=3     |  -     | -  | -  | -  | -
SA                     |  C     | C  | C  | C  | C
SFPUA len=3 urg=3      |  C     | C  | C  | C  | C
A                      |  -     | -  | -  | C  | C
PA len=10              |  C?    | C? | C? | C  | C
UA len=10 urg=10       |  C?    | C? | C? | C  | C
FA                     |  C?    | C? | C? | C  | C
"""
)

ESTABLISHING: Final = (
    NO_ACK
    + """
A                      |  ->ESTABLISHED    | ->ESTABLISHED | ->ESTABLISHED | C | C
PA len=10              |  +10>ESTABLISHED  | C>ESTABLISHED | C>ESTABLISHED | C | C
UA len=10 urg=10       |  +10>ESTABLISHED  | C>ESTABLISHED | C>ESTABLISHED | C | C
FA                     |  +1>CLOSE_WAIT    | C>ESTABLISHED | C>ESTABLISHED | C | C
FPUA len=10 urg=10     |  +11>CLOSE_WAIT   | C>ESTABLISHED | C>ESTABLISHED | C | C
"""
)

PASSIVE: Final = (
    ESTABLISHING
    + """
S                      |  ->LISTEN | ->LISTEN | ->LISTEN | C | C
S len=10               |  ->LISTEN | ->LISTEN | ->LISTEN | C | C
SA                     |  ->LISTEN | ->LISTEN | ->LISTEN | C | C
SFPUA len=3 urg=3      |  ->LISTEN | ->LISTEN | ->LISTEN | C | C
R                      |  ->LISTEN | C        | C        | - | -
RA                     |  ->LISTEN | C        | C        | - | -
R len=20               |  ->LISTEN | C        | C        | - | -
"""
)

ACTIVE: Final = (
    ESTABLISHING
    + RESETS
    + """
S                      |  C     | C  | C  | C  | C
S len=10               |  C     | C  | C  | C  | C
SA                     |  C     | C  | C  | C  | C
SFPUA len=3 urg=3      |  C     | C  | C  | C  | C
"""
)

# name: how to get there, an acceptable ACK that acknowledges nothing new, state after a FIN, table
MAKERS: Final = {
    "SYN_RECEIVED passive": (SynReceived, {}, 1, "", PASSIVE),
    "SYN_RECEIVED active": (SynReceived, {"passive": False}, 1, "", ACTIVE),
    "ESTABLISHED": (Established, {}, 1, "CLOSE_WAIT", RECEIVING),
    "ESTABLISHED passive": (Established, {"passive": True}, 1, "CLOSE_WAIT", RECEIVING),
    "FIN_WAIT_1": (FinWait1, {}, 1, "CLOSING", RECEIVING),
    "FIN_WAIT_2": (FinWait2, {}, 2, "TIME_WAIT", RECEIVING),
    "CLOSE_WAIT": (CloseWait, {}, 1, "", AFTER_FIN),
    "CLOSING": (Closing, {}, 1, "", AFTER_FIN),
    "LAST_ACK": (LastAck, {}, 1, "", AFTER_FIN),
    "TIME_WAIT": (TimeWait, {}, 2, "", TIME_WAIT),
}


def cases() -> list[tuple[str, str, str, str]]:
    """(state, segment, position, answer) for each cell of each table."""
    found = []
    for state, maker in MAKERS.items():
        for line in maker[4].strip().splitlines():
            if not line:
                continue
            segment, *answers = [cell.strip() for cell in line.split("|")]
            assert len(answers) == len(POSITIONS), line
            found += [(state, segment, place, answer) for place, answer in zip(POSITIONS, answers, strict=True)]
    return found


@pytest.mark.parametrize(("state", "segment", "place", "answer"), cases())
def test_segment_arrives(state: str, segment: str, place: str, answer: str) -> None:
    """[RFC9293-E06] [RFC9293-E20] [RFC9293-E22] [RFC9293-E23] [RFC9293-E24] [RFC9293-E25] [RFC9293-E26]
    [RFC9293-E31] [RFC9293-E33] [RFC9293-E34] [SHLD-2] [RFC5961-01] [RFC5961-02] [RFC5961-03] [RFC5961-06]
    [RFC1337-02]."""
    make, options, ack, after_fin, _ = MAKERS[state]
    t: Context = make(**options)
    window = t.sent[-1].win
    offset = {"left": 0, "inside": 100, "right": window - 1, "beyond": window, "old": -100}[place]
    rcv_nxt, snd_nxt = t.peer.snd_nxt, t.peer.rcv_nxt
    was = t.state
    text = f"{segment} seq={rcv_nxt + offset}"
    if "A" in segment.split(maxsplit=1)[0]:
        text += f" ack={ack}"
    t.inject(text)

    sends, _, state_after = answer.partition(">")
    if state_after == "FIN":
        state_after = after_fin
    if sends.startswith("+"):
        if not t.outbox:
            t.advance(ms=t.config.ack_delay_ms)
        t.expect(f"A seq={snd_nxt} ack={rcv_nxt + int(sends)} len=0")
    elif sends == "C" or (sends == "C?" and t.outbox):
        t.expect(f"A seq={snd_nxt} ack={rcv_nxt} len=0")
    t.advance(ms=t.config.ack_delay_ms)
    t.expect_nothing()
    assert t.state is (State[state_after] if state_after else was)
