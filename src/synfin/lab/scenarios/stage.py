"""The stage of a scenario: hosts A and B, a cable, and an application at each end that does what it was told to.

Responsible for what scenarios have in common.  Each scenario is a small program on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, final

from synfin.lab.cable import Cable
from synfin.lab.faults import Fault
from synfin.lab.world import Node, World
from synfin.tcp import Connection, Event, Listener
from synfin.wire.tcp import ACK, SYN, Segment
from synfin.wire.tcp_options import TcpOptions

PORT: Final = 80
CLIENT_PORT: Final = 40_000
DELAY: Final = "10ms"
MSS: Final = 1_460
READ_LIMIT: Final = 1 << 20

Action = Callable[[], Any]


@final
class End:
    """One application: its connection, what it read and was told, and what it does then.

    It reads whatever comes (unless `reading` is False) and calls the actions planned with `on`.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        self.connection: Connection | None = None
        self.listener: Listener | None = None
        self.reading = True
        self.received = b""
        self.events: list[Event] = []
        self.accepted: list[Connection] = []
        self._actions: list[tuple[Event, str | int, Action]] = []

    def on(self, event: Event, action: Action, after: str | int = 0) -> End:
        """Do `action` the first time that `event` is told, or some time later."""
        self._actions.append((event, after, action))
        return self

    def hear(self, connection: Connection, event: Event, now: int) -> None:
        """The connection's handler."""
        self.events.append(event)
        if event is Event.READABLE and self.reading:
            self.read()
        due = [entry for entry in self._actions if entry[0] is event]
        self._actions = [entry for entry in self._actions if entry[0] is not event]
        for _, after, action in due:
            if after:
                self.node.world.after(after, action)
            else:
                action()

    def listen(self, port: int = PORT, *, accept: bool = True, **settings: Any) -> End:
        """Passive OPEN; with `accept=False` nobody calls accept()."""
        self.listener = self.node.listen(port, self._accepted if accept else None, **settings)
        return self

    def _accepted(self, listener: Listener, connection: Connection, now: int) -> None:
        taken = listener.accept()
        if taken is None:
            return
        self.accepted.append(taken)
        self.connection = taken
        taken.handler = self.hear
        self.hear(taken, Event.CONNECTED, now)

    def connect(
        self, peer: str = "B", port: int = PORT, local_port: int = CLIENT_PORT, data: bytes = b"", **settings: Any
    ) -> Connection:
        """Active OPEN."""
        self.connection = self.node.connect(peer, port, self.hear, local_port=local_port, data=data, **settings)
        return self.connection

    def the(self) -> Connection:
        """The connection, which must exist."""
        assert self.connection is not None, f"{self.node.name} has no connection"
        return self.connection

    def write(self, data: bytes) -> None:
        """SEND."""
        self.node.write(self.the(), data)

    def read(self) -> None:
        """RECEIVE everything that is there."""
        while True:
            data = self.node.read(self.the(), READ_LIMIT)
            self.received += data
            if not data:
                return

    def shutdown(self) -> None:
        """No more to send."""
        self.node.shutdown(self.the())

    def close(self) -> None:
        """No more to send and no more to read."""
        if self.connection is not None:
            self.node.close(self.connection)

    def abort(self) -> None:
        """Reset."""
        self.node.abort(self.the())


@final
class Stage:
    """Hosts A and B (10.0.0.1 and 10.0.0.2), a cable of 10 ms each way, one application each."""

    def __init__(
        self, world: World, isn_a: list[int], isn_b: list[int], settings_a: dict[str, Any], settings_b: dict[str, Any]
    ) -> None:
        self.world = world
        # Options would only make the ladder harder to read: scenarios that are about them switch them on.
        plain: dict[str, Any] = {"timestamps": False}
        self.host_a = world.host("A", isn=isn_a, **{**plain, **settings_a})
        self.host_b = world.host("B", isn=isn_b, **{**plain, **settings_b})
        self.cable: Cable = world.link(self.host_a, self.host_b, delay=DELAY)
        self.a = End(self.host_a)
        self.b = End(self.host_b)

    def at(self, time: str | int, action: Action) -> None:
        """Do something at a time of the run."""
        self.world.at(time, action)

    def fault(self, expression: str) -> Fault:
        """A fault that belongs to the scenario."""
        return self.world.fault(expression)

    def open(self) -> None:
        """B listens and A connects, at the start."""
        self.b.listen()
        self.a.connect()

    def inject(
        self, segment: Segment, *, to_b: bool = True, rule: str = "injected-old-duplicate", source: str | None = None
    ) -> None:
        """Let a segment that no stack sends come out of the cable now."""
        here, there = (self.host_a, self.host_b) if to_b else (self.host_b, self.host_a)
        self.world.inject(here, there, segment, rule, source)


def old_syn(seq: int, port: int = CLIENT_PORT) -> Segment:
    """A SYN from before."""
    return Segment(port, PORT, seq, 0, SYN, 65_535, options=TcpOptions(mss=MSS))


def old_data(seq: int, ack: int, text: bytes, port: int = CLIENT_PORT) -> Segment:
    """A segment with text from before."""
    return Segment(port, PORT, seq, ack, ACK, 65_535, payload=text)
