"""A host of a world: the stack, the cables it is on, and its programs' way to it.

Responsible for moving frames between a stack and its cables and for polling the stack when something is due.  This is
the lab's share of every segment's way, so it is compiled; the world around it, which users extend, is not.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any, Final, final

from synfin.config import TcpConfig
from synfin.errors import UsageError
from synfin.host import Host, HostConfig
from synfin.lab.cable import Cable, Packet
from synfin.lab.probe import Probe
from synfin.lab.rules import RULES
from synfin.lab.scheduler import Planned
from synfin.tcp import Connection, Event, FixedIsn, IsnGenerator, IsnSource, Listener
from synfin.tcp.calls import ALIVE
from synfin.tcp.rules import RULES as TCP_RULES
from synfin.tcp.state import CLOSED, LISTEN
from synfin.trace import AppRecord, RuleRecord, StateRecord, Trace
from synfin.wire.addresses import Endpoint, parse_address
from synfin.wire.frame import Frame

if TYPE_CHECKING:
    from synfin.lab.world import World

NOWHERE: Final = Endpoint(parse_address("0.0.0.0"), 0)

ConnectionHandler = Callable[[Connection, Event, int], None]
ListenerHandler = Callable[[Listener, Connection, int], None]


@final
class Node:
    """A host of a world, and its programs' way to the stack; made by `World.host`.

    `host` is the stack itself; `addresses` are its addresses in order, as text; `boots` counts how often it was
    switched on, for programs whose connections a crash has taken.
    """

    def __init__(self, world: World, name: str, config: HostConfig, tcp: TcpConfig, isn: list[int] | None) -> None:
        self.world = world
        self._scheduler = world.scheduler
        self.name = name
        self.config = config
        self.tcp = tcp
        self.isn = isn
        self.up = True
        self.probe: Probe | None = None  # looks at the connections whenever something has happened
        self.cables: list[tuple[Cable, list[str]]] = []
        self.boots = 0
        self._wake: Planned | None = None
        self._polling = False
        self.host = self._boot()

    @property
    def addresses(self) -> list[str]:
        """Every address, in the order they were given, without prefix length."""
        return [prefix.partition("/")[0] for _, prefixes in self.cables for prefix in prefixes]

    @property
    def address(self) -> str:
        """The first address; raises `UsageError` before the host is on a link."""
        if not self.cables:
            raise UsageError(f"host {self.name!r} has no address yet: link it first")
        return self.addresses[0]

    def _boot(self) -> Host:
        """A fresh stack: nothing is remembered, and its numbers differ from those before [RFC6528-05]."""
        rng = Random(f"{self.world.seed}/{self.name}/{self.boots}")
        source: IsnSource | None = FixedIsn(self.isn[min(self.boots, len(self.isn) - 1) :]) if self.isn else None
        self.boots += 1
        trace = Trace(self.name, self.world.record) if self.world.recording else None
        return Host(self.name, rng=rng, config=self.config, tcp=self.tcp, trace=trace, isn=source)

    def plug(self, cable: Cable, prefixes: list[str]) -> None:
        """Put one more interface with these addresses on the end of a cable."""
        index = len(self.cables)
        self.cables.append((cable, prefixes))
        self._connect(index, cable, prefixes)

    def _connect(self, index: int, cable: Cable, prefixes: list[str]) -> None:
        """Bring one interface up."""
        self.host.add_interface(f"eth{index}", addresses=prefixes, mtu=cable.mtu, checksum_offload=True)
        cable.attach(self.name, lambda packet: self._receive(packet, index))

    def _receive(self, packet: Packet, interface: int) -> None:
        if self.up:
            frame = Frame(packet.data, 0, "", interface, b"", packet.sum_from, packet.sum_at, packet.checked)
            self.host.receive(frame, self._scheduler.now)
            self.wake()
            if self.probe is not None:
                self.probe.look(self.host, self._scheduler.now)

    def wake(self) -> None:
        """Have the stack polled at the current time, after everything else that happens now."""
        if not self._polling:
            self._polling = True
            self._scheduler.at(self._scheduler.now, self._poll)

    def _poll(self) -> None:
        self._polling = False
        if not self.up:
            return
        now = self._scheduler.now
        probe = self.probe
        if probe is not None:
            probe.look(self.host, now)  # what calls have changed, before anything is sent
        for frame in self.host.poll(now):
            if 0 <= frame.interface < len(self.cables):
                self.cables[frame.interface][0].send(self.name, frame)
        if probe is not None:
            probe.look(self.host, now)
        self._plan(self.host.next_deadline())

    def _plan(self, deadline: int | None) -> None:
        """Wake up for the stack's next deadline."""
        if self._wake is not None:
            if self._wake.time == deadline and not self._wake.cancelled:
                return
            self._wake.cancel()
            self._wake = None
        if deadline is not None:
            self._wake = self._scheduler.at(max(deadline, self._scheduler.now), self._due)

    def _due(self) -> None:
        self._wake = None
        self._poll()

    # What programs do

    def listen(self, port: int, handler: ListenerHandler | None = None, **settings: Any) -> Listener:
        """Passive OPEN; `handler(listener, connection, now)` is called for each connection that can be accepted.

        `backlog` and the names of `TcpConfig` may be given.
        """
        backlog = settings.pop("backlog", None)
        config = self.tcp.but(**settings) if settings else None
        now = self._scheduler.now
        listener = self.host.listen(port, now, backlog=backlog, config=config, handler=handler)
        self.world.record(AppRecord(now, self.name, listener.local, NOWHERE, "listen", f"port {listener.local.port}"))
        why = "passive-open"
        self.world.record(
            StateRecord(now, self.name, listener.local, NOWHERE, CLOSED.name, LISTEN.name, why, TCP_RULES[why])
        )
        self.wake()
        return listener

    def connect(
        self,
        peer: str,
        port: int,
        handler: ConnectionHandler | None = None,
        *,
        local_port: int = 0,
        data: bytes = b"",
        cookie: bytes | None = None,
        **settings: Any,
    ) -> Connection:
        """Active OPEN towards a host's name or an address; `handler(connection, event, now)` hears of its events."""
        config = self.tcp.but(**settings) if settings else None
        address = self.world.resolve(peer, self)
        connection = self.host.connect(
            address,
            port,
            self._scheduler.now,
            local_port=local_port,
            config=config,
            handler=handler,
            data=data,
            cookie=cookie,
        )
        self.wake()
        return connection

    def configure(self, **changes: Any) -> None:
        """Other settings of `TcpConfig` for connections to come, and for listeners.

        Live connections take those that can still change (`synfin.tcp.calls.ALIVE`).  Raises `UsageError`.
        """
        self.tcp = self.tcp.but(**changes)
        if not self.up:
            return  # what was there is gone; the next boot takes the settings
        self.host.tcp = self.tcp
        for listener in self.host.listeners():
            listener.config = listener.config.but(**changes)
            if "backlog" in changes:
                listener.backlog = listener.config.backlog
        alive = {name: value for name, value in changes.items() if name in ALIVE}
        for connection in self.host.connections() if alive else ():
            connection.configure(self._scheduler.now, **alive)
        self.wake()

    def choose_isn(self, numbers: list[int]) -> None:
        """Initial sequence numbers of the connections to come; an empty list: by clock and secret [RFC6528-01]."""
        self.isn = numbers
        rng = Random(f"{self.world.seed}/{self.name}/{self.boots}/isn")
        source: IsnSource = FixedIsn(numbers) if numbers else IsnGenerator(rng, self.tcp.isn_tick_ns)
        self.host.choose_isn(source)
        for listener in self.host.listeners():
            listener.isn = source

    def write(self, connection: Connection, data: bytes, urgent: bool = False) -> int:
        """SEND; gives the octets taken."""
        taken = connection.write(data, self._scheduler.now, urgent)
        self.wake()
        return taken

    def read(self, connection: Connection, limit: int = 1 << 20) -> bytes:
        """RECEIVE what is there."""
        data = connection.read(limit, self._scheduler.now)
        self.wake()
        return data

    def shutdown(self, connection: Connection) -> None:
        """No more to send; reading goes on."""
        connection.shutdown(self._scheduler.now)
        self.wake()

    def close(self, connection: Connection) -> None:
        """No more to send and no more to read."""
        connection.close(self._scheduler.now)
        self.wake()

    def abort(self, connection: Connection) -> None:
        """Reset the connection."""
        connection.abort(self._scheduler.now)
        self.wake()

    # What happens to hosts

    def crash(self) -> None:
        """Lose everything at once: connections, listeners, queues.  Nothing is sent, and what arrives is lost."""
        if not self.up:
            return
        self.up = False
        for cable, _ in self.cables:
            cable.attach(self.name, None)
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        self.world.forget(self.name, "host-crashed")

    def restart(self) -> None:
        """Come up again with the same addresses and an empty stack."""
        self.crash()
        self.up = True
        self.host = self._boot()
        for index, (cable, prefixes) in enumerate(self.cables):
            self._connect(index, cable, prefixes)
        self.world.record(
            RuleRecord(self._scheduler.now, self.name, NOWHERE, NOWHERE, "host-restarted", RULES["host-restarted"])
        )
