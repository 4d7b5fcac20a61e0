"""What a host keeps beside each connection: its place in the tables, its path, and whether it has something to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import final

from synfin.host.interfaces import Interface
from synfin.host.routes import Path
from synfin.host.timers import Timed
from synfin.tcp.connection import Connection
from synfin.tcp.listener import Listener
from synfin.tcp.state import State
from synfin.wire.addresses import Address


class Touched(ABC):
    """Is told that a connection was called, has received, or is due."""

    __slots__ = ()

    @abstractmethod
    def touch(self, slot: Slot) -> None:
        """`slot` may have segments to send and events to tell."""


@final
class Slot(Timed):
    """A connection in a host.

    `key` is what the demultiplexer looks up; `listener` is set until a passive connection is complete; `state` is the
    state that was counted last; `held` is how much text of it is on the host's account; `path` is good while
    `generation` is that of the routes.
    """

    __slots__ = (
        "_host", "connection", "flow_label", "generation", "gone", "held", "interface", "key", "listener", "noticed",
        "path", "queued", "state",
    )  # fmt: skip

    def __init__(self, host: Touched, connection: Connection, key: bytes, interface: Interface, state: State) -> None:
        super().__init__()
        self._host = host
        self.connection = connection
        self.key = key
        self.interface = interface
        self.state = state
        self.listener: Listener | None = None
        self.path: Path | None = None
        self.generation = -1
        self.flow_label = 0
        self.held = 0
        self.queued = False  # in the queue of those that are polled
        self.noticed = False  # in the queue of those that have something to tell
        self.gone = False  # no longer in the table

    def next_deadline(self) -> int | None:
        """That of the connection."""
        return None if self.gone else self.connection.next_deadline()

    def on_deadline(self, now: int) -> None:
        """Its timers fire when it is polled."""
        self._host.touch(self)


def key_of(local: Address, local_port: int, remote: Address, remote_port: int) -> bytes:
    """The key of a four-tuple: as the addresses and ports lie in a packet from the remote end."""
    return remote + local + (remote_port << 16 | local_port).to_bytes(4, "big")


def ends_of(key: bytes) -> tuple[Address, int, Address, int]:
    """The four-tuple of a key: local address and port, remote address and port."""
    size = (len(key) - 4) // 2
    return (
        Address(key[size : 2 * size]),
        int.from_bytes(key[-2:], "big"),
        Address(key[:size]),
        int.from_bytes(key[-4:-2], "big"),
    )
