"""echo, discard, source and daytime: the classic test services (RFC 862, 863, 864, 867).

Responsible for what each of them says; taking connections and their end is `base`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, final

from synfin.services.base import CHUNK, Outbox, Service, Session, discard_input
from synfin.tcp import Connection

_PATTERN: Final = memoryview(bytes(range(256)) * (CHUNK // 256 + 1))


@final
class EchoSession(Session):
    """Sends back what comes in, and no faster than the peer takes it: what is not written is not read either."""

    __slots__ = ("_outbox",)

    def __init__(self) -> None:
        self._outbox: Outbox | None = None  # of a connection that has said something

    def pump(self, connection: Connection, now: int) -> None:
        """Move octets from the receive buffer to the send buffer; close after the peer's last octet."""
        while self._outbox is None or self._outbox.flush(connection, now):
            data = connection.read(CHUNK, now)
            if not data:
                if connection.at_eof:
                    self.close(connection, now)
                return
            if self._outbox is None:
                self._outbox = Outbox()
            self._outbox.put(data)


@final
class DiscardSession(Session):
    """Reads and forgets."""

    __slots__ = ()

    def pump(self, connection: Connection, now: int) -> None:
        """Read everything; close when the peer has closed."""
        if discard_input(connection, now):
            self.close(connection, now)


@final
class SourceSession(Session):
    """Sends the octets 0 to 255 over and over, whether or not the peer has closed its direction."""

    __slots__ = ("_sent",)

    def __init__(self) -> None:
        self._sent = 0

    def pump(self, connection: Connection, now: int) -> None:
        """Fill the send buffer; what the peer says is forgotten."""
        discard_input(connection, now)
        while True:
            start = self._sent % 256
            taken = connection.write(_PATTERN[start : start + CHUNK], now)
            self._sent += taken
            if taken < CHUNK:
                return


@final
class DaytimeSession(Session):
    """Sends one line and closes."""

    __slots__ = ("_outbox", "_shut")

    def __init__(self, line: bytes) -> None:
        self._outbox = Outbox()
        self._outbox.put(line)
        self._shut = False

    def pump(self, connection: Connection, now: int) -> None:
        """Write the line, then wait for the peer to close."""
        if self._outbox.flush(connection, now) and not self._shut:
            self._shut = True
            connection.shutdown(now)
        if discard_input(connection, now) and self._shut:
            self.close(connection, now)


@final
class Echo(Service):
    """RFC 862."""

    name = "echo"

    def session(self) -> Session:
        """A new conversation."""
        return EchoSession()


@final
class Discard(Service):
    """RFC 863."""

    name = "discard"

    def session(self) -> Session:
        """A new conversation."""
        return DiscardSession()


@final
class Source(Service):
    """Endless octets, so that a receiver can check each by its position modulo 256."""

    name = "source"

    def session(self) -> Session:
        """A new conversation."""
        return SourceSession()


@final
class Daytime(Service):
    """RFC 867; `today` gives the text of the line, so that no clock is read here."""

    name = "daytime"

    def __init__(self, today: Callable[[], str]) -> None:
        self._today = today

    def session(self) -> Session:
        """A new conversation, with the time of its start."""
        return DaytimeSession(self._today().encode() + b"\r\n")
