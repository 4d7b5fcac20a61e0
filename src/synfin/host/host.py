"""`Host`: frames and time go in, frames come out; everything of one machine hangs together here (law 1).

Responsible for wiring the parts, for the calls of applications, and for the order in which things happen in `receive`
and `poll`.  All protocol decisions are in the other files of this package and in `tcp`.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from random import Random
from typing import Final, final

from synfin.config import MILLISECOND, TcpConfig
from synfin.errors import UsageError, WireError
from synfin.host.arp import Arp
from synfin.host.config import HostConfig
from synfin.host.core import Core
from synfin.host.demux import TcpDemux
from synfin.host.fast_open import FastOpen
from synfin.host.icmp import ErrorDispatch, Icmp4, Icmp6
from synfin.host.icmp_errors import IcmpErrors
from synfin.host.interfaces import Interface, Interfaces, link_local_from_mac
from synfin.host.ip_input import IpInput
from synfin.host.ip_output import IpOutput
from synfin.host.link_input import LinkInput
from synfin.host.ndp import Ndp
from synfin.host.ping import Ping, PingHandler, Pings
from synfin.host.ports import EphemeralPorts, PortInUse
from synfin.host.routes import Path, Route, RouteTable
from synfin.host.slots import key_of
from synfin.host.tcp_output import TcpOutput
from synfin.host.udp import Udp, UdpEndpoint, UdpHandler
from synfin.tcp.connection import Connection
from synfin.tcp.events import Event
from synfin.tcp.isn import IsnGenerator, IsnSource
from synfin.tcp.listener import Listener
from synfin.tcp.memory import FULL, MemoryPool
from synfin.tcp.state import CLOSED
from synfin.tcp.timewait import TimeWaitTable
from synfin.trace import Trace
from synfin.wire import icmpv4, icmpv6
from synfin.wire import tcp as wire_tcp
from synfin.wire import udp as wire_udp
from synfin.wire.addresses import (
    ANY_V4,
    Address,
    Endpoint,
    as_address,
    format_address,
    is_multicast,
    is_unspecified,
    network_of,
    parse_mac,
    parse_prefix,
)
from synfin.wire.frame import Frame

PING_TIMEOUT_MS: Final = 10_000
PING_SIZE: Final = 56


@final
class Host:
    """One machine: interfaces, IP, ICMP, UDP and TCP, without any I/O.

    `rng` decides all that is random; `isn` replaces the generator of initial sequence numbers (lessons and tests);
    `trace` gets a record of all that happens.  `now` is integer nanoseconds everywhere and must not go back.
    `fast_open` holds the keys and the cookies of TCP Fast Open.
    """

    __slots__ = (
        "_arp", "_core", "_demux", "_icmp4", "_icmp6", "_input", "_interfaces", "_link", "_ndp", "_out", "_output",
        "_pings", "_ports", "_routes", "_udp", "fast_open",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        *,
        rng: Random,
        config: HostConfig | None = None,
        tcp: TcpConfig | None = None,
        trace: Trace | None = None,
        isn: IsnSource | None = None,
    ) -> None:
        config = config if config is not None else HostConfig()
        tcp = tcp if tcp is not None else TcpConfig()
        core = Core(name, rng, config, trace)
        self._core = core
        self._interfaces = Interfaces()
        self._routes = RouteTable(self._interfaces, config.route_cache_entries)
        self._arp = Arp(core)
        self._ndp = Ndp(core)
        self._output = IpOutput(core, self._routes, self._arp, self._ndp)
        errors = IcmpErrors(core, self._interfaces, self._output)
        self._input = IpInput(core, self._interfaces, errors)
        self._pings = Pings(core)
        dispatch = ErrorDispatch(core, self._interfaces, self._output, self._input.uppers)
        self._icmp4 = Icmp4(core, self._interfaces, self._output, dispatch, self._pings)
        self._icmp6 = Icmp6(core, self._interfaces, self._output, dispatch, self._pings, self._ndp)
        self._udp = Udp(core, self._interfaces, self._output, errors)
        source = isn if isn is not None else IsnGenerator(rng, tcp.isn_tick_ns)
        self.fast_open = FastOpen(rng, config)
        self._out = TcpOutput(core, self._output, tcp, source, self.fast_open)
        self._demux = TcpDemux(core, self._out)
        self._link = LinkInput(core, self._arp, self._input, self._demux)
        self._ports = EphemeralPorts(rng, config.ephemeral_port_first, config.ephemeral_port_last)
        self._input.uppers[icmpv4.PROTOCOL] = self._icmp4
        self._input.uppers[icmpv6.PROTOCOL] = self._icmp6
        self._input.uppers[wire_udp.PROTOCOL] = self._udp
        self._input.uppers[wire_tcp.PROTOCOL] = self._demux

    def __repr__(self) -> str:
        return f"<Host {self.name} {len(self._out.slots)} connections>"

    # Configuration

    @property
    def name(self) -> str:
        """The name that traces show."""
        return self._core.name

    @property
    def config(self) -> HostConfig:
        """Limits and rates."""
        return self._core.config

    @property
    def tcp(self) -> TcpConfig:
        """The default for connections to come; it also judges what arrives for records of TIME_WAIT."""
        return self._out.tcp

    @tcp.setter
    def tcp(self, value: TcpConfig) -> None:
        self._out.tcp = value

    def choose_isn(self, source: IsnSource) -> None:
        """Where active OPENs get their initial sequence numbers from now on; listeners have asked already."""
        self._out.isn = source

    @property
    def interfaces(self) -> list[Interface]:
        """The interfaces in order of their index; loopback is not among them."""
        return list(self._interfaces.by_index)

    @property
    def addresses(self) -> list[Address]:
        """Every address of the host but those of loopback."""
        return [address for interface in self._interfaces.by_index for address, _ in interface.networks]

    def add_interface(
        self,
        name: str,
        addresses: list[str],
        mtu: int = 1500,
        mac: str | bytes | None = None,
        push_limit: int = 0,
        checksum_offload: bool = False,
    ) -> Interface:
        """An interface with static addresses such as `"10.0.0.1/24"`; `frame.interface` is its index.

        With `mac` frames are Ethernet and neighbours are resolved; without, they are IP packets.  An Ethernet interface
        with an IPv6 address gets a link-local one as well.  `push_limit` and `checksum_offload`: see `Interface`.
        Raises `UsageError`.
        """
        octets = parse_mac(mac) if isinstance(mac, str) else mac
        prefixes = [parse_prefix(text) for text in addresses]
        interface = self._interfaces.add(name, mtu, octets)
        interface.push_limit = push_limit
        interface.checksum_offload = checksum_offload
        if octets is not None and any([len(address) == 16 for address, _ in prefixes]):  # noqa: C419
            own = link_local_from_mac(octets)
            if own not in [address for address, _ in prefixes]:
                prefixes.append((own, 64))
        for address, length in prefixes:
            self._add(interface, address, length)
        return interface

    def add_address(self, interface: Interface | str, address: str) -> None:
        """One more address, such as `"10.0.0.2/24"`."""
        self._add(self.interface(interface), *parse_prefix(address))

    def interface(self, name: Interface | str) -> Interface:
        """The interface of that name; raises `UsageError`."""
        if isinstance(name, Interface):
            return name
        found = self._interfaces.by_name.get(name)
        if found is None:
            raise UsageError(
                f"host {self.name} has no interface {name!r}; it has {', '.join(self._interfaces.by_name)}"
            )
        return found

    def add_route(
        self,
        prefix: str,
        via: str | bytes | None = None,
        interface: Interface | str | None = None,
        source: str | bytes | None = None,
    ) -> None:
        """Reach `prefix` through a gateway, or directly on `interface`; `source` is our address to use.

        The subnets of the interfaces have routes already.  Raises `UsageError`.
        """
        network, length = parse_prefix(prefix)
        gateway = None if via is None else as_address(via)
        if gateway is not None and len(gateway) != len(network):
            raise UsageError(f"route {prefix}: the gateway is of the other address family")
        if interface is not None:
            link = self.interface(interface)
        elif gateway is not None:
            route = self._routes.lookup(gateway)
            if route is None or route.gateway is not None:
                raise UsageError(f"route {prefix}: the gateway {format_address(gateway)} is on no link of this host")
            link = route.interface
        else:
            raise UsageError(f"route {prefix}: give via= (a gateway), interface=, or both")
        own = None if source is None else as_address(source)
        if own is not None and own not in self._interfaces.local:
            raise UsageError(f"route {prefix}: {format_address(own)} is not an address of this host")
        self._routes.add(Route(network_of(network, length), length, link, gateway, own))

    def _add(self, interface: Interface, address: Address, length: int) -> None:
        self._interfaces.add_address(interface, address, length)
        self._routes.add(Route(network_of(address, length), length, interface, None, None))

    # Frames and time

    def receive(self, frame: Frame, now: int) -> None:
        """Take a frame that came in on interface `frame.interface`.  Never raises for what is in it (law 8).

        What is to be sent waits for `poll`.  An exception of an application's handler passes through.
        """
        core = self._core
        core.now = now
        interfaces = self._interfaces.by_index
        try:
            if not 0 <= frame.interface < len(interfaces):
                raise WireError("interface-unknown", f"index {frame.interface}")
            self._link.receive(interfaces[frame.interface], frame, now)
        except WireError as error:
            core.rule(error.rule, now, error.detail)
        self._out.deliver(now)
        core.call_handlers(now)

    def poll(self, now: int) -> list[Frame]:
        """Let timers that are due fire, call handlers, and return what is to be sent, in order.

        When a handler raises, nothing is lost: frames and events that were ready come with the next call.
        """
        core = self._core
        core.now = now
        core.deadlines.run(now)
        out = self._out
        looped = 0
        while True:
            out.poll(now)
            if core.loopback and looped < core.config.loopback_packets:
                looped += 1
                self._loop_back(core.loopback.popleft(), now)
            out.deliver(now)
            core.call_handlers(now)
            if not out.busy and (not core.loopback or looped >= core.config.loopback_packets):
                break
        frames = core.frames
        core.frames = []
        return frames

    def _loop_back(self, packet: bytes, now: int) -> None:
        try:
            self._input.receive(self._interfaces.loopback, packet, now, link_group=False)
        except WireError as error:
            self._core.rule(error.rule, now, error.detail)

    def next_deadline(self) -> int | None:
        """When `poll` must be called at the latest, in ns; None: not before a frame comes or an application calls."""
        core = self._core
        if self._out.busy or core.frames or core.loopback or core.calls:
            return core.now
        return core.deadlines.next()

    # TCP

    def listen(
        self,
        port: int,
        now: int,
        address: str | bytes | None = None,
        backlog: int | None = None,
        config: TcpConfig | None = None,
        handler: Callable[[Listener, Connection, int], None] | None = None,
    ) -> Listener:
        """Passive OPEN on `port` (0: any free one) of `address`, of all addresses when that is None.

        `handler(listener, connection, now)` is called for each connection that can be accepted.
        Raises `OSError`: EADDRINUSE, EADDRNOTAVAIL, ENOBUFS.
        """
        self._core.now = now
        given = None if address is None else as_address(address)
        if not 0 <= port <= 65_535:
            raise UsageError(f"port {port} must be between 0 and 65535")
        if given is not None and not is_unspecified(given) and given not in self._interfaces.local:
            raise OSError(errno.EADDRNOTAVAIL, f"{format_address(given)} is not an address of {self.name}")
        if len(self._demux.listeners) >= self.config.listeners:
            raise OSError(errno.ENOBUFS, f"{self.name} has {self.config.listeners} listeners already")
        where = given if given is not None else ANY_V4
        if port == 0:
            port = self._ports.choose(self._demux.port_in_use, where, ANY_V4, 0)
        if self._demux.listen_conflict(given, port):
            raise OSError(errno.EADDRINUSE, f"TCP port {port} of {self.name} is in use")
        listener = Listener(
            config or self.tcp, rng=self._core.rng, local=Endpoint(where, port), isn=self._out.isn,
            trace=self._core.trace, backlog=backlog, keys=self.fast_open.keys,
        )  # fmt: skip
        listener.count = self._core.count_rule
        listener.handler = handler
        self._demux.add_listener(given, port, listener)
        return listener

    def connect(
        self,
        remote: str | bytes,
        port: int,
        now: int,
        local_port: int = 0,
        local: str | bytes | None = None,
        config: TcpConfig | None = None,
        handler: Callable[[Connection, Event, int], None] | None = None,
        data: bytes = b"",
        cookie: bytes | None = None,
    ) -> Connection:
        """Active OPEN; without `local` the routes choose our address, once and for all [MUST-44] [MUST-45].

        `data` rides on the SYN where `config.fast_open` and a `cookie` allow it, else it is sent after the handshake;
        without `cookie` the one that the server gave last time is used (b"" asks for a new one) [RFC7413-05].
        Raises `OSError`: ENETUNREACH (no route, broadcast or multicast [MUST-46a] [MUST-46b]), EADDRNOTAVAIL (`local`
        is not ours, the four-tuple is in use, or all ephemeral ports are), ENOBUFS.
        """
        core = self._core
        core.now = now
        config = config or self.tcp
        address = as_address(remote)
        if not 1 <= port <= 65_535 or not 0 <= local_port <= 65_535:
            raise UsageError(f"ports {local_port} and {port} must be between 1 and 65535 (0: choose ours)")
        path = self._path_to_one_host(address)
        source = path.source
        if local is not None:
            source = as_address(local)
            if source not in self._interfaces.local or len(source) != len(address):
                raise OSError(errno.EADDRNOTAVAIL, f"{format_address(source)} cannot be our end towards {remote!r}")
        if len(self._out.slots) >= self.config.connections:
            raise OSError(errno.ENOBUFS, f"{self.name} has {self.config.connections} connections already")
        if self._out.memory.level == FULL:
            raise OSError(errno.ENOBUFS, f"the connections of {self.name} hold {self._out.memory.used} octets already")
        if local_port == 0:
            local_port = self._ports.choose(self._demux.port_in_use, source, address, port)
        key = key_of(source, local_port, address, port)
        if self._demux.is_taken(key):
            raise OSError(errno.EADDRNOTAVAIL, f"port {local_port} already has a connection to {remote!r}:{port}")
        connection = Connection(
            self.fast_open.settings(config, address, port, cookie, now),
            local=Endpoint(source, local_port),
            remote=Endpoint(address, port),
            isn=self._out.isn,
            trace=core.trace,
            link_mss=self._out.link_mss(path),
        )
        connection.tcb.count = core.count_rule
        connection.handler = handler
        slot = self._out.add(connection, key, path.interface, CLOSED)
        core.counters["TcpActiveOpens"] += 1
        self.fast_open.open(connection, config, data, cookie, now)
        self._out.touch(slot)
        return connection

    def source_for(self, remote: str | bytes) -> Address:
        """Our address towards `remote`; raises `OSError` ENETUNREACH as `connect` does."""
        return self._path_to_one_host(as_address(remote)).source

    def port_in_use(self, local: Address, port: int, remote: Address, remote_port: int) -> bool:
        """Whether a TCP connection between these ends would be mistaken for another, or for a service of ours."""
        return self._demux.port_in_use(local, port, remote, remote_port)

    def choose_port(self, in_use: PortInUse, local: Address, remote: Address, remote_port: int) -> int:
        """An ephemeral port (RFC 6056) that `in_use` does not refuse; raises `OSError` EADDRNOTAVAIL."""
        return self._ports.choose(in_use, local, remote, remote_port)

    def _path_to_one_host(self, address: Address) -> Path:
        """A path to an address that one host can have [MUST-46a] [MUST-46b]."""
        none = is_unspecified(address) or (len(address) == 4 and (address[0] == 0 or address[0] >= 240))
        if none or is_multicast(address) or self._interfaces.is_broadcast(address):
            raise OSError(errno.ENETUNREACH, f"{format_address(address)} is not the address of one host")
        path = self._routes.path(address)
        if path is None:
            raise OSError(errno.ENETUNREACH, f"{self.name} has no route to {format_address(address)}")
        return path

    def connections(self) -> list[Connection]:
        """Every connection that is more than a TIME_WAIT record, the oldest first."""
        return self._demux.connections()

    def listeners(self) -> list[Listener]:
        """Every listener in LISTEN, the oldest first."""
        return self._demux.open_listeners()

    @property
    def strays(self) -> Callable[[bytes, int, bool, bool], bool] | None:
        """Called as `strays(packet, mss, checked, everybody)` with what may be for another host of our addresses.

        That is a TCP segment that belongs to no connection here: True says that another host answers it.  And ICMP
        errors, with `everybody`: they are processed here all the same.
        """
        return self._core.strays

    @strays.setter
    def strays(self, strays: Callable[[bytes, int, bool, bool], bool] | None) -> None:
        self._core.strays = strays

    @property
    def tcp_memory(self) -> MemoryPool:
        """How much text the connections hold together, and how tight that is."""
        return self._out.memory

    @property
    def time_wait(self) -> TimeWaitTable:
        """The TIME_WAIT records of connections that their applications have closed."""
        return self._out.time_wait

    # UDP and ICMP

    def udp(
        self,
        port: int = 0,
        address: str | bytes | None = None,
        handler: UdpHandler | None = None,
        broadcast: bool = False,
    ) -> UdpEndpoint:
        """A UDP endpoint on `port` (0: any free one) of `address`, of all addresses when that is None.

        `handler(endpoint, now)` is called when there is something to receive; `broadcast` allows sending to broadcast
        addresses.  Raises `OSError`: EADDRINUSE, EADDRNOTAVAIL, ENOBUFS.
        """
        return self._udp.open(None if address is None else as_address(address), port, handler, broadcast)

    def ping(
        self,
        address: str | bytes,
        now: int,
        size: int = PING_SIZE,
        handler: PingHandler | None = None,
        timeout_ms: int = PING_TIMEOUT_MS,
    ) -> Ping:
        """Send an echo request with `size` octets; `handler(ping, now)` is called when the outcome is known.

        Raises `OSError` ENETUNREACH or ENOBUFS, `UsageError` for a size that does not fit.
        """
        self._core.now = now
        remote = as_address(address)
        path = self._path_to_one_host(remote)
        ping = self._pings.new(remote, size, now, timeout_ms * MILLISECOND)
        ping.handler = handler
        send = self._icmp4.send_request if len(remote) == 4 else self._icmp6.send_request
        send(ping, path, path.source, now)
        return ping

    # What can be seen

    @property
    def counters(self) -> dict[str, int]:
        """Counters by the names of `/proc/net/snmp` and `/proc/net/netstat`, brought up to date."""
        self._core.counters["TcpCurrEstab"] = self._out.established
        self._demux.count_listeners(self._core.counters)
        return self._core.counters

    @property
    def rules(self) -> dict[str, int]:
        """How often each rule has decided, with a trace or without."""
        return self._core.rules

    def neighbors(self, interface: Interface | str) -> list[tuple[str, str, str]]:
        """The neighbour caches of an interface as (address, MAC address, state), text each."""
        link = self.interface(interface)
        return [*self._arp.cache(link).listing(), *self._ndp.cache(link).listing()]

    def crash(self, now: int) -> None:
        """Lose all state at once, silently: connections, TIME_WAIT, listeners, UDP endpoints, caches.

        Interfaces and routes stay; `listen` may be called again.  Connections that applications still hold are dead.
        """
        core = self._core
        core.now = now
        self._demux.clear()
        self._udp.clear()
        self._pings.clear()
        self.fast_open.clear()
        self._input.reassembler.clear()
        self._arp.clear()
        self._ndp.clear()
        core.clear()
