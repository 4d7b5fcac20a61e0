"""States of a stream socket beside that of TCP, as Linux has them: what has become of connect(), what is shut."""

from __future__ import annotations

from typing import Final

from synfin.tcp import State

# What has become of connect()
UNCONNECTED: Final = 1
CONNECTING: Final = 2
CONNECTED: Final = 3
DISCONNECTING: Final = 4

# Directions that are shut
RECEIVE_SHUT: Final = 1
SEND_SHUT: Final = 2
BOTH_SHUT: Final = 3

OPENING: Final = (State.SYN_SENT, State.SYN_RECEIVED)
SENDING: Final = (State.ESTABLISHED, State.CLOSE_WAIT)
RESET_ON_DISCONNECT: Final = (
    State.SYN_RECEIVED,
    State.ESTABLISHED,
    State.CLOSE_WAIT,
    State.FIN_WAIT_1,
    State.FIN_WAIT_2,
)
LINGERING: Final = (State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)
