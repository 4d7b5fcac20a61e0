"""The stage of a scenario: hosts A and B, a cable, and an application at each end that does what it was told to.

Responsible for what scenarios have in common.  Each scenario is a small program on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from errno import EHOSTDOWN, ENOTCONN, errorcode
from typing import Any, Final, final

from synfin.host import HostConfig
from synfin.lab.cable import Cable
from synfin.lab.faults import Fault
from synfin.lab.node import NOWHERE, Node
from synfin.lab.world import World
from synfin.tcp import Connection, Event, Listener
from synfin.trace import AppRecord
from synfin.wire.addresses import Endpoint, parse_address
from synfin.wire.tcp import ACK, SYN, Segment
from synfin.wire.tcp_options import TcpOptions

PORT: Final = 80
CLIENT_PORT: Final = 40_000
DELAY: Final = "10ms"
MSS: Final = 1_460
READ_LIMIT: Final = 1 << 20
WRITE_LIMIT: Final = 1 << 18
HOSTS: Final = ("A", "B")
# Options and growing windows would only make ladders harder to read: scenarios about them switch them on.
PLAIN: Final[dict[str, Any]] = {
    "timestamps": False, "window_scaling": False, "receive_buffer_bytes": 65_535, "syn_window": None
}  # fmt: skip

Action = Callable[[], Any]


@final
class End:
    """One application: its connection, what it read and was told, and what it does then.

    It reads whatever comes (unless `reading` is False) and calls the actions planned with `on`.  `chosen` are settings
    of `TcpConfig` that the user has chosen: they win over those of the scenario.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        self.connection: Connection | None = None
        self.listener: Listener | None = None
        self.reading = True
        self.received = bytearray()
        self.events: list[Event] = []
        self.accepted: list[Connection] = []
        self.chosen: dict[str, Any] = {}
        self.unsent = bytearray()  # what `send` could not hand over yet
        self._boot = 0  # of the host, when the connection was made
        self._finish: Action | None = None  # waits for what is unsent
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
        if event is Event.WRITABLE and self.unsent:
            self._push()
        due = [entry for entry in self._actions if entry[0] is event]
        self._actions = [entry for entry in self._actions if entry[0] is not event]
        for _, after, action in due:
            if after:
                self.node.world.after(after, action)
            else:
                action()

    def listen(self, port: int = PORT, *, accept: bool = True, **settings: Any) -> End:
        """Passive OPEN; with `accept=False` nobody calls accept()."""
        settings.update(self.chosen)
        try:
            if not self.node.up:
                raise OSError(EHOSTDOWN, "the host is down")
            self.listener = self.node.listen(port, self._accepted if accept else None, **settings)
        except OSError as error:
            self.failed("listen", error)
        return self

    def accept(self) -> None:
        """Take one connection out of the accept queue."""
        listener = self.listener
        taken = listener.accept() if listener is not None and self.node.up else None
        if taken is not None:
            world = self.node.world
            world.record(AppRecord(world.now, self.node.name, taken.local, taken.remote, "accept"))
            self.node.wake()

    def _accepted(self, listener: Listener, connection: Connection, now: int) -> None:
        taken = listener.accept()
        if taken is None:
            return
        self.accepted.append(taken)
        self._take(taken)
        taken.handler = self.hear
        self.hear(taken, Event.CONNECTED, now)

    def connect(self, peer: str = "B", port: int = PORT, local_port: int = CLIENT_PORT, **settings: Any) -> None:
        """Active OPEN."""
        settings.update(self.chosen)
        try:
            if not self.node.up:
                raise OSError(EHOSTDOWN, "the host is down")
            self._take(self.node.connect(peer, port, self.hear, local_port=local_port, **settings))
        except OSError as error:
            self.failed("connect", error, Endpoint(parse_address(self.node.address), local_port))

    def _take(self, connection: Connection) -> None:
        """From now on this is the connection."""
        self.connection = connection
        self.unsent.clear()
        self._finish = None
        self._boot = self.node.boots

    def the(self) -> Connection:
        """The connection; raises `OSError` (ENOTCONN) without one, as a socket would, or once a crash has taken it."""
        if not self.node.up:
            raise OSError(EHOSTDOWN, "the host is down")
        if self.connection is None or self._boot != self.node.boots:
            raise OSError(ENOTCONN, "not connected")
        return self.connection

    def failed(self, call: str, error: OSError, local: Endpoint = NOWHERE) -> None:
        """A call failed; that is written down like any other event, and the program goes on."""
        world = self.node.world
        detail = f"{call} {errorcode.get(error.errno or 0, 'OSError')}"
        world.record(AppRecord(world.now, self.node.name, local, NOWHERE, "failed", detail))

    def _try(self, call: str, action: Callable[[Connection], object]) -> None:
        try:
            action(self.the())
        except OSError as error:
            self.failed(call, error, self.connection.local if self.connection is not None else NOWHERE)

    def write(self, data: bytes, urgent: bool = False) -> None:
        """SEND."""
        self._try("write", lambda connection: self.node.write(connection, data, urgent))

    def send(self, data: bytes) -> None:
        """SEND all of it: what the buffer does not take now follows when there is room, and a CLOSE waits for it."""
        self.unsent += data
        self._push()

    def _push(self) -> None:
        """Hand over what the buffer takes."""
        taken = size = WRITE_LIMIT
        try:
            while self.unsent and taken == size:
                piece = bytes(self.unsent[:WRITE_LIMIT])  # megabytes of it may be waiting
                size = len(piece)
                taken = self.node.write(self.the(), piece)
                del self.unsent[:taken]
        except OSError as error:
            self.failed("write", error, self.connection.local if self.connection is not None else NOWHERE)
            self.unsent.clear()
        if not self.unsent and self._finish is not None:
            finish, self._finish = self._finish, None
            finish()

    def read(self) -> None:
        """RECEIVE everything that is there."""
        data = b"-"
        while data:
            try:
                data = self.node.read(self.the(), READ_LIMIT)
            except OSError:
                return  # the application is told of the error by an event of its own
            self.received += data

    def read_some(self, count: int) -> None:
        """RECEIVE at most `count` octets, once."""
        self._try("read", lambda connection: self._receive(connection, count))

    def _receive(self, connection: Connection, count: int) -> None:
        self.received += self.node.read(connection, count)

    def shutdown(self) -> None:
        """No more to send."""
        if self.unsent:
            self._finish = self.shutdown
        else:
            self._try("shutdown", self.node.shutdown)

    def close(self) -> None:
        """No more to send and no more to read."""
        if self.unsent:
            self._finish = self.close
        else:
            self._try("close", self.node.close)

    def abort(self) -> None:
        """Reset."""
        self.unsent.clear()
        self._try("abort", self.node.abort)


@final
class Stage:
    """Hosts A and B (10.0.0.1 and 10.0.0.2), a cable of 10 ms each way, one application each.

    `chosen` are settings of `TcpConfig` that the user has chosen, by host, and `isn` initial sequence numbers.
    """

    def __init__(
        self,
        world: World,
        scenario: Scenario,
        chosen: dict[str, dict[str, Any]] | None = None,
        isn: dict[str, list[int]] | None = None,
    ) -> None:
        self.world = world
        for_a, for_b = ((chosen or {}).get(name, {}) for name in HOSTS)
        numbers = {"A": scenario.isn_a, "B": scenario.isn_b, **(isn or {})}
        isn_a, isn_b = (None if found is None else list(found) for found in (numbers[name] for name in HOSTS))
        config = scenario.host_config_a
        self.host_a = world.host("A", isn=isn_a, config=config, **{**PLAIN, **scenario.settings_a, **for_a})
        self.host_b = world.host("B", isn=isn_b, **{**PLAIN, **scenario.settings_b, **for_b})
        self.cable: Cable = world.link(self.host_a, self.host_b, delay=DELAY)
        self.a = End(self.host_a)
        self.b = End(self.host_b)
        self.a.chosen.update(for_a)
        self.b.chosen.update(for_b)

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

    def converse(self, close_after: str = "100ms", answer_after: str = "30ms") -> None:
        """Both open; A closes some time after it is connected, and B some time after it has read everything."""
        self.b.on(Event.EOF, self.b.close, answer_after)
        self.a.on(Event.CONNECTED, self.a.close, close_after)
        self.open()

    def inject(
        self, segment: Segment, *, to_b: bool = True, rule: str = "injected-old-duplicate", source: str | None = None
    ) -> None:
        """Let a segment that no stack sends come out of the cable now."""
        here, there = (self.host_a, self.host_b) if to_b else (self.host_b, self.host_a)
        self.world.inject(here, there, segment, rule, source)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A demonstration: its name, the scenarios it belongs to (`S06`), the study note, and the program.

    `faults` belong to it and come before those of the user; `isn_a`, `isn_b` are initial sequence numbers, one for
    each connection (None: by the clock and the secret, as always); `settings_a` and `settings_b` are settings of
    `TcpConfig`, `host_config_a` is what A is below TCP; `until` ends a run that would go on for ever.  Its texts are
    `scenario.NAME` and `note.NAME.1` and so on.
    """

    name: str
    number: str
    note: str
    play: Callable[[Stage], None]
    faults: tuple[str, ...] = ()
    isn_a: tuple[int, ...] | None = (100,)
    isn_b: tuple[int, ...] | None = (300,)
    settings_a: dict[str, Any] = field(default_factory=dict)
    settings_b: dict[str, Any] = field(default_factory=dict)
    host_config_a: HostConfig = field(default_factory=HostConfig)
    until: str | None = None


def old_syn(seq: int, port: int = CLIENT_PORT) -> Segment:
    """A SYN from before."""
    return Segment(port, PORT, seq, 0, SYN, 65_535, options=TcpOptions(mss=MSS))


def old_data(seq: int, ack: int, text: bytes, port: int = CLIENT_PORT) -> Segment:
    """A segment with text from before."""
    return Segment(port, PORT, seq, ack, ACK, 65_535, payload=text)
