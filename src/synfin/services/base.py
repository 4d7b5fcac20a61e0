"""What all services share: taking connections from a listener and turning events into progress.

Responsible for the end of a conversation being handled once and in one place.  What is said on the connection is left
to the sessions of each service.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final

from synfin.tcp import Connection, Event, Listener

CHUNK: Final = 65_536  # octets moved at a time; what a session holds back is bounded by it

_NOTHING: Final = memoryview(b"")
_ENDED: Final = (Event.REFUSED, Event.RESET, Event.TIMEOUT, Event.CLOSED)


class Session(ABC):
    """One connection's conversation, and the connection's handler.

    A server has one for each connection, idle ones too: sessions are kept small.
    """

    __slots__ = ()

    def __call__(self, connection: Connection, event: Event, now: int) -> None:
        """Go on as far as possible, or let go of everything at the end."""
        if event in _ENDED or connection.error is not None:
            self.leave(connection)
            return
        self.pump(connection, now)

    def leave(self, connection: Connection) -> None:
        """Hear no more of the connection: events that wait already would find it closed."""
        connection.handler = None
        self.finish()

    def close(self, connection: Connection, now: int) -> None:
        """Close the connection and leave it."""
        connection.close(now)
        self.leave(connection)

    @abstractmethod
    def pump(self, connection: Connection, now: int) -> None:
        """Read, write, shut down: all that the connection allows now."""

    def finish(self) -> None:  # noqa: B027 - most sessions have nothing to free
        """The connection is gone: free what belongs to the session.  May be called more than once."""


class Service(ABC):
    """A factory of sessions; `accept` is the handler for `Host.listen`."""

    name = ""

    def accept(self, listener: Listener, connection: Connection, now: int) -> None:
        """Take every connection that waits on the listener and start a session on it."""
        taken = listener.accept()
        while taken is not None:
            self.start(taken, now)
            taken = listener.accept()

    def start(self, connection: Connection, now: int) -> Session:
        """Run a new session on an accepted connection, including what has arrived on it before."""
        session = self.session()
        connection.handler = session
        if connection.error is None:
            session.pump(connection, now)
        return session

    @abstractmethod
    def session(self) -> Session:
        """A new conversation."""


class Outbox:
    """Octets on their way into a connection's send buffer; holds at most what was last put in.

    `empty` says that everything was taken over.
    """

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = _NOTHING

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._rest

    def put(self, data: bytes | memoryview) -> None:
        """Take the next octets; only when `empty`."""
        assert not self._rest
        self._rest = memoryview(data)

    def flush(self, connection: Connection, now: int) -> bool:
        """Write what the connection takes; True when nothing is left."""
        while self._rest:
            taken = connection.write(self._rest, now)
            if taken == 0:
                return False
            self._rest = self._rest[taken:]
        self._rest = _NOTHING  # lets go of the octets
        return True


def discard_input(connection: Connection, now: int) -> bool:
    """Read and forget what has arrived; True once the peer has said that no more will come."""
    while connection.read(CHUNK, now):
        pass
    return connection.at_eof
