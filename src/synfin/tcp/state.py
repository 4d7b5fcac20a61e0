"""The eleven states and the moves between them (RFC 9293 3.3.2, figure 5).

Enum values are those of Linux's `tcp_info`, so that `info().state` can be compared with `ss` and `getsockopt`.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class State(Enum):
    """A connection's state; names are the RFC's with `_` for `-`."""

    ESTABLISHED = 1
    SYN_SENT = 2
    SYN_RECEIVED = 3
    FIN_WAIT_1 = 4
    FIN_WAIT_2 = 5
    TIME_WAIT = 6
    CLOSED = 7
    CLOSE_WAIT = 8
    LAST_ACK = 9
    LISTEN = 10
    CLOSING = 11


ESTABLISHED: Final = State.ESTABLISHED
SYN_SENT: Final = State.SYN_SENT
SYN_RECEIVED: Final = State.SYN_RECEIVED
FIN_WAIT_1: Final = State.FIN_WAIT_1
FIN_WAIT_2: Final = State.FIN_WAIT_2
TIME_WAIT: Final = State.TIME_WAIT
CLOSED: Final = State.CLOSED
CLOSE_WAIT: Final = State.CLOSE_WAIT
LAST_ACK: Final = State.LAST_ACK
LISTEN: Final = State.LISTEN
CLOSING: Final = State.CLOSING

# Figure 5, and the moves that the text of 3.10 adds: ABORT, RST, time-outs and refusals lead to CLOSED from anywhere.
MOVES: Final[dict[State, tuple[State, ...]]] = {
    CLOSED: (LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED),
    LISTEN: (SYN_RECEIVED, SYN_SENT, CLOSED, ESTABLISHED),
    SYN_SENT: (SYN_RECEIVED, ESTABLISHED, CLOSED),
    SYN_RECEIVED: (ESTABLISHED, FIN_WAIT_1, CLOSE_WAIT, LISTEN, CLOSED),
    ESTABLISHED: (FIN_WAIT_1, CLOSE_WAIT, CLOSED),
    FIN_WAIT_1: (FIN_WAIT_2, CLOSING, TIME_WAIT, CLOSED),
    FIN_WAIT_2: (TIME_WAIT, CLOSED),
    CLOSE_WAIT: (LAST_ACK, CLOSED),
    CLOSING: (TIME_WAIT, CLOSED),
    LAST_ACK: (CLOSED,),
    TIME_WAIT: (CLOSED, SYN_RECEIVED),
}

# States before both ends have agreed on numbers, and after.
UNSYNCHRONIZED: Final = (CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED)
# States in which text from the application may still be queued or sent for the first time.
SENDING: Final = (ESTABLISHED, CLOSE_WAIT)
# States in which the peer may still send text to us.
RECEIVING: Final = (ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2)
