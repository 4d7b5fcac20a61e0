"""What a connection tells its application (RFC 9293 3.9.1)."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """Told at most once each until the condition comes anew; EOF, REFUSED, RESET and TIMEOUT exclude each other.

    CONNECTED: the handshake is complete.  READABLE: text has arrived.  WRITABLE: room in the send buffer again.
    EOF: the peer has sent FIN and all before it is there [MUST-12].  URGENT: the urgent pointer moved [MUST-32].
    SOFT_ERROR: trouble that does not end the connection [MUST-47] [SHLD-9], see `connection.soft_error`.
    REFUSED, RESET, TIMEOUT: the connection has failed, see `connection.error`.  CLOSED: the block is deleted.
    """

    CONNECTED = "connected"
    READABLE = "readable"
    WRITABLE = "writable"
    EOF = "eof"
    URGENT = "urgent"
    SOFT_ERROR = "soft-error"
    REFUSED = "refused"
    RESET = "reset"
    TIMEOUT = "timeout"
    CLOSED = "closed"
