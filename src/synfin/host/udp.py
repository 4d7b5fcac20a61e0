"""UDP endpoints of a host (RFC 768, RFC 1122 4.1, RFC 8200 8.1).

Responsible for ports, queues with limits, and errors told to the application.  Octets are `wire.udp`'s affair, paths
and fragments those of `ip_output`.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias, final

from synfin.errors import UsageError, WireError
from synfin.host.core import Core, Datagram, Upper
from synfin.host.icmp_errors import IcmpErrors
from synfin.host.interfaces import Interfaces
from synfin.host.ip_output import IpOutput
from synfin.host.ports import EphemeralPorts
from synfin.wire.addresses import ANY_V4, ANY_V6, Address, Endpoint, as_address, format_address, is_unspecified
from synfin.wire.udp import PROTOCOL, UdpDatagram, build_udp, parse_udp

MAX_PAYLOAD_V4: Final = 65_507  # [RFC768-09]
MAX_PAYLOAD_V6: Final = 65_527
_ERROR_LIMIT: Final = 16  # ICMP errors that wait to be asked for
_DATAGRAM_OVERHEAD: Final = 64  # what an empty datagram costs in the queue
_HARD: Final = ("port-unreachable", "protocol-unreachable")


class UdpMessage(NamedTuple):
    """A datagram that came in: its octets, who sent it, and which of our addresses it was sent to [RFC1122-34]."""

    payload: bytes
    remote: Endpoint
    local: Address


@final
class UdpEndpoint:
    """One UDP port of a host, made by `Host.udp`.

    `address` is None for any address of the host.  `handler(endpoint, now)` is called when something can be received
    or an error has come.  `hop_limit`, `traffic_class` and `checksum` (False: no checksum over IPv4) may be changed at
    any time.
    """

    __slots__ = (
        "_bytes", "_pending", "_queue", "_told", "_udp", "address", "broadcast", "checksum", "closed", "errors",
        "handler", "hop_limit", "port", "remote", "traffic_class",
    )  # fmt: skip

    def __init__(
        self, udp: Udp, address: Address | None, port: int, handler: UdpHandler | None, broadcast: bool, hop_limit: int
    ) -> None:
        self._udp = udp
        self.address = address
        self.port = port
        self.handler = handler
        self.broadcast = broadcast
        self.remote: Endpoint | None = None
        self.hop_limit = hop_limit
        self.traffic_class = 0
        self.checksum = True
        self.closed = False
        self.errors: deque[tuple[str, Endpoint]] = deque()  # ICMP errors: kind, and to whom we had sent
        self._queue: deque[UdpMessage] = deque()
        self._bytes = 0
        self._pending: OSError | None = None
        self._told = False

    @property
    def readable(self) -> bool:
        """Whether `recvfrom` would return a datagram or raise."""
        return bool(self._queue) or self._pending is not None

    @property
    def bytes_queued(self) -> int:
        """Octets in the receive queue, with a flat charge per datagram."""
        return self._bytes

    def connect(self, remote: str | bytes, port: int, now: int) -> None:
        """Send to, and receive from, one remote endpoint only; its errors are raised from then on.

        Raises `OSError` ENETUNREACH without a route, EACCES for a broadcast address without `broadcast`.
        """
        self._open()
        self._udp.connect(self, as_address(remote), port)

    def send(self, data: bytes, now: int) -> int:
        """Send to the connected remote endpoint; raises `OSError` ENOTCONN, or what an earlier datagram met."""
        if self.remote is None:
            raise OSError(errno.ENOTCONN, "the UDP endpoint is not connected; use sendto or connect first")
        return self._send(data, self.remote, now, self.address)

    def sendto(self, data: bytes, remote: tuple[str | bytes, int], now: int, source: str | bytes | None = None) -> int:
        """Send one datagram; `source` chooses among our addresses [RFC1122-34].  Returns its length.

        Raises `OSError`: ENETUNREACH, EMSGSIZE, EACCES (broadcast not allowed), EADDRNOTAVAIL (`source` not ours).
        """
        given = None if source is None else as_address(source)
        return self._send(data, Endpoint(as_address(remote[0]), remote[1]), now, given)

    def recvfrom(self) -> UdpMessage | None:
        """The next datagram or None; raises the error that a connected endpoint has met [RFC1122-32]."""
        self._told = False
        if self._queue:
            message = self._queue.popleft()
            self._bytes -= len(message.payload) + _DATAGRAM_OVERHEAD
            return message
        self._raise_pending()
        return None

    def peek(self) -> UdpMessage | None:
        """The next datagram, which stays, or None."""
        return self._queue[0] if self._queue else None

    def take_error(self) -> OSError | None:
        """What `recvfrom` or `send` would raise for an earlier datagram; it is forgotten."""
        pending = self._pending
        self._pending = None
        return pending

    def close(self) -> None:
        """Give the port back; what is queued is lost."""
        if not self.closed:
            self.closed = True
            self._queue.clear()
            self._bytes = 0
            self._udp.release(self)

    def deliver(self, message: UdpMessage, limit_datagrams: int, limit_bytes: int) -> bool:
        """Queue a datagram; False when it does not fit."""
        size = len(message.payload) + _DATAGRAM_OVERHEAD
        if len(self._queue) >= limit_datagrams or self._bytes + size > limit_bytes:
            return False
        self._queue.append(message)
        self._bytes += size
        return True

    def fail(self, kind: str, remote: Endpoint) -> None:
        """An ICMP error about one of our datagrams."""
        if len(self.errors) >= _ERROR_LIMIT:
            self.errors.popleft()
        self.errors.append((kind, remote))
        if self.remote is not None and kind in _HARD:
            self._pending = ConnectionRefusedError(errno.ECONNREFUSED, f"{remote}: {kind}")

    def wake(self) -> bool:
        """Whether the handler is to be called now; True once until the application has read."""
        if self.handler is None or self._told:
            return False
        self._told = True
        return True

    def call(self, now: int) -> None:
        """Tell the application."""
        self._told = False
        if self.handler is not None and not self.closed:
            self.handler(self, now)

    def _send(self, data: bytes, remote: Endpoint, now: int, source: Address | None) -> int:
        self._open()
        self._raise_pending()
        return self._udp.send(self, data, remote, now, source)

    def _raise_pending(self) -> None:
        if self._pending is not None:
            pending = self._pending
            self._pending = None
            raise pending

    def _open(self) -> None:
        if self.closed:
            raise OSError(errno.EBADF, "the UDP endpoint is closed")


UdpHandler: TypeAlias = Callable[[UdpEndpoint, int], None]


@final
class Udp(Upper):
    """All UDP endpoints of a host."""

    __slots__ = ("_core", "_count", "_endpoints", "_ephemeral", "_errors", "_interfaces", "_output", "_per_port")

    def __init__(self, core: Core, interfaces: Interfaces, output: IpOutput, errors: IcmpErrors) -> None:
        config = core.config
        self._core = core
        self._interfaces = interfaces
        self._output = output
        self._errors = errors
        self._endpoints: dict[bytes, UdpEndpoint] = {}  # by address (zero: any of its family) and port
        self._per_port: dict[int, int] = {}
        self._ephemeral = EphemeralPorts(core.rng, config.ephemeral_port_first, config.ephemeral_port_last)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def open(self, address: Address | None, port: int, handler: UdpHandler | None, broadcast: bool) -> UdpEndpoint:
        """A new endpoint; raises `OSError` EADDRINUSE, EADDRNOTAVAIL, ENOBUFS."""
        if not 0 <= port <= 65_535:
            raise UsageError(f"port {port} must be between 0 and 65535")
        if address is not None and not is_unspecified(address) and address not in self._interfaces.local:
            raise OSError(errno.EADDRNOTAVAIL, f"{format_address(address)} is not an address of this host")
        if self._count >= self._core.config.udp_endpoints:
            raise OSError(errno.ENOBUFS, f"the host has {self._count} UDP endpoints already")
        if port == 0:
            port = self._ephemeral.choose(self._taken, address or ANY_V4, ANY_V4, 0)
        endpoint = UdpEndpoint(self, address, port, handler, broadcast, self._core.config.hop_limit)
        for key in _keys(endpoint):
            if key in self._endpoints or (_is_any(key) and self._port_in_use(key)) or self._any_in_use(key):
                raise OSError(errno.EADDRINUSE, f"UDP port {port} is in use")
        for key in _keys(endpoint):
            self._endpoints[key] = endpoint
        self._per_port[port] = self._per_port.get(port, 0) + 1
        self._count += 1
        return endpoint

    def connect(self, endpoint: UdpEndpoint, remote: Address, port: int) -> None:
        """See `UdpEndpoint.connect`."""
        if not 1 <= port <= 65_535:
            raise UsageError(f"port {port} must be between 1 and 65535")
        self._check_broadcast(endpoint, remote)
        path = self._output.routes.path(remote)
        if path is None:
            raise OSError(errno.ENETUNREACH, f"no route to {format_address(remote)}")
        endpoint.remote = Endpoint(remote, port)

    def release(self, endpoint: UdpEndpoint) -> None:
        """The endpoint is closed."""
        for key in _keys(endpoint):
            del self._endpoints[key]
        left = self._per_port[endpoint.port] - 1
        if left:
            self._per_port[endpoint.port] = left
        else:
            del self._per_port[endpoint.port]
        self._count -= 1

    def clear(self) -> None:
        """Close all endpoints."""
        for endpoint in list(self._endpoints.values()):
            endpoint.close()

    def send(self, endpoint: UdpEndpoint, data: bytes, remote: Endpoint, now: int, source: Address | None) -> int:
        """See `UdpEndpoint.sendto`."""
        destination = remote.address
        v4 = len(destination) == 4
        if not 1 <= remote.port <= 65_535:
            raise UsageError(f"port {remote.port} must be between 1 and 65535")
        if len(data) > (MAX_PAYLOAD_V4 if v4 else MAX_PAYLOAD_V6):
            raise OSError(errno.EMSGSIZE, f"a UDP datagram cannot carry {len(data)} octets")
        self._check_broadcast(endpoint, destination)
        path = self._output.routes.path(destination)
        if path is None:
            self._core.no_route(now, "", remote=remote)
            raise OSError(errno.ENETUNREACH, f"no route to {format_address(destination)}")
        if source is None and endpoint.address is not None and not is_unspecified(endpoint.address):
            source = endpoint.address
        if source is None:
            source = path.source
        elif source not in self._interfaces.local or len(source) != len(destination):
            raise OSError(errno.EADDRNOTAVAIL, f"{format_address(source)} cannot be the source of this datagram")
        datagram = UdpDatagram(endpoint.port, remote.port, bytes(data), endpoint.checksum or not v4)
        payload = build_udp(datagram, source, destination)
        label = 0 if v4 else self._output.flow_label(source, destination, PROTOCOL, payload[:4])
        self._core.counters["UdpOutDatagrams" if v4 else "Udp6OutDatagrams"] += 1
        self._output.send(
            path, source, destination, PROTOCOL, payload, now, endpoint.hop_limit, endpoint.traffic_class,
            flow_label=label, note="udp-datagram",
        )  # fmt: skip
        return len(data)

    def receive(self, datagram: Datagram, now: int) -> None:
        """Find the endpoint and queue the datagram [RFC768-05]; a closed port is told of [RFC1122-31]."""
        src = datagram.src
        dst = datagram.dst
        v4 = len(src) == 4
        family = "Udp" if v4 else "Udp6"
        try:
            udp = parse_udp(datagram.payload, src, dst, not datagram.checked)
        except WireError as error:
            self._core.counters[family + "InErrors"] += 1
            if error.rule == "udp-bad-checksum":
                self._core.counters[family + "InCsumErrors"] += 1
            raise
        local = Endpoint(dst, udp.dst_port)
        remote = Endpoint(src, udp.src_port)
        endpoint = self._find(dst, udp.dst_port, datagram.to_group)
        if endpoint is not None and endpoint.remote is not None and endpoint.remote != remote:
            endpoint = None
        if endpoint is None:
            if datagram.to_group:
                self._core.counters[family + "IgnoredMulti"] += 1
                return
            self._core.counters[family + "NoPorts"] += 1
            self._core.rule("udp-no-port", now, "", local, remote)
            self._errors.port_unreachable(datagram, now)
            return
        payload = udp.payload
        step = datagram.mss or len(payload)
        if step >= len(payload):
            queued = self._queue(endpoint, UdpMessage(payload, remote, dst), family, now)
        else:  # several datagrams, put together by the device
            queued = False
            for at in range(0, len(payload), step):
                if self._queue(endpoint, UdpMessage(payload[at : at + step], remote, dst), family, now):
                    queued = True
        if queued and endpoint.wake():
            self._core.calls.append(endpoint.call)

    def _queue(self, endpoint: UdpEndpoint, message: UdpMessage, family: str, now: int) -> bool:
        """Keep a datagram for the application, if there is room."""
        core = self._core
        config = core.config
        if endpoint.deliver(message, config.udp_queue_datagrams, config.udp_queue_bytes):
            core.counters[family + "InDatagrams"] += 1
            return True
        core.counters[family + "RcvbufErrors"] += 1
        core.counters[family + "InErrors"] += 1
        core.rule("udp-queue-full", now, "", Endpoint(message.local, endpoint.port), message.remote)
        return False

    def icmp_error(self, kind: str, src: Address, dst: Address, quoted: bytes, now: int, mtu: int) -> None:
        """Direct an error to the endpoint that sent the quoted datagram [RFC1122-32]."""
        if len(quoted) < 4:
            self._core.rule("icmp-error-short", now, kind, remote=Endpoint(dst, 0))
            return
        local = Endpoint(src, int.from_bytes(quoted[0:2], "big"))
        remote = Endpoint(dst, int.from_bytes(quoted[2:4], "big"))
        endpoint = self._find(src, local.port, False)
        if endpoint is None or (endpoint.remote is not None and endpoint.remote != remote):
            self._core.rule("icmp-error-about-unknown", now, kind, local, remote)
            return
        if kind == "packet-too-big" and mtu:
            self._output.pmtu.learn(dst, mtu, now)
        endpoint.fail(kind, remote)
        if endpoint.wake():
            self._core.calls.append(endpoint.call)

    def _taken(self, local: Address, port: int, remote: Address, remote_port: int) -> bool:
        """An ephemeral UDP port is one that nobody has on any address."""
        return port in self._per_port

    def _find(self, local: Address, port: int, group: bool) -> UdpEndpoint | None:
        endpoints = self._endpoints
        tail = port.to_bytes(2, "big")
        endpoint = None if group else endpoints.get(local + tail)
        if endpoint is None:
            endpoint = endpoints.get((ANY_V4 if len(local) == 4 else ANY_V6) + tail)
        return endpoint

    def _check_broadcast(self, endpoint: UdpEndpoint, destination: Address) -> None:
        if not endpoint.broadcast and self._interfaces.is_broadcast(destination):
            text = f"{format_address(destination)} is a broadcast address; open with broadcast=True"
            raise PermissionError(errno.EACCES, text)

    def _port_in_use(self, any_key: bytes) -> bool:
        """Whether somebody has the port of `any_key` on an address of its family."""
        if int.from_bytes(any_key[-2:], "big") not in self._per_port:
            return False
        size = len(any_key)
        tail = any_key[-2:]
        return any([len(key) == size and key[-2:] == tail for key in self._endpoints])  # noqa: C419

    def _any_in_use(self, key: bytes) -> bool:
        """Whether somebody has the port of `key` on all addresses of its family."""
        return (ANY_V4 if len(key) == 6 else ANY_V6) + key[-2:] in self._endpoints


def _is_any(key: bytes) -> bool:
    return not any(key[:-2])


def _keys(endpoint: UdpEndpoint) -> list[bytes]:
    tail = endpoint.port.to_bytes(2, "big")
    if endpoint.address is None:
        return [ANY_V4 + tail, ANY_V6 + tail]
    return [endpoint.address + tail]
