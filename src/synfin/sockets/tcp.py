"""TCP sockets: bind, listen, accept, connect, shutdown, close, and settings of what is below.

Responsible for the life of the socket beside that of its connection, and for ports.  What state it is in is told by
`tcp_state`, moving octets is `stream`'s affair, options are `tcp_option`'s, and TCP itself is below.
"""

from __future__ import annotations

import errno
from typing import ClassVar, Final, final

from synfin.sockets import stream, tcp_option
from synfin.sockets.base import Received
from synfin.sockets.constants import (
    AF_INET,
    AF_INET6,
    POLLIN,
    POLLNVAL,
    POLLOUT,
    POLLPRI,
    POLLRDBAND,
    POLLRDNORM,
    POLLWRBAND,
    POLLWRNORM,
    SHUT_RD,
    SHUT_RDWR,
    SOMAXCONN,
)
from synfin.sockets.errors import failure
from synfin.sockets.ports import Claim
from synfin.sockets.sockaddr import SockAddr, parse, present, unmapped
from synfin.sockets.states import (
    CONNECTED,
    CONNECTING,
    DISCONNECTING,
    OPENING,
    RECEIVE_SHUT,
    RESET_ON_DISCONNECT,
    SEND_SHUT,
    UNCONNECTED,
)
from synfin.sockets.tcp_state import TcpState
from synfin.tcp import Connection, Event, Listener, State
from synfin.tcp.calls import ALIVE
from synfin.wire.addresses import (
    ANY_V4,
    ANY_V6,
    LOOPBACK_V4,
    LOOPBACK_V6,
    Address,
    Endpoint,
    is_unspecified,
)

# What an event wakes: 0 stands for anything
_WAKES: Final[dict[Event, int]] = {
    Event.READABLE: POLLIN | POLLPRI | POLLRDNORM | POLLRDBAND,
    Event.URGENT: POLLPRI,
    Event.WRITABLE: POLLOUT | POLLWRNORM | POLLWRBAND,
}


@final
class TcpSocket(TcpState):
    """A stream socket of a host.  Made by `Sockets.tcp`, or by `accept`."""

    OPTIONS: ClassVar = tcp_option.TABLE

    # Opening

    def bind(self, address: SockAddr) -> None:
        """Take an address and a port (0: any free one): EADDRINUSE, EADDRNOTAVAIL, EINVAL (bound already)."""
        self.check_open()
        endpoint = parse(self.family, address)
        if self.tcp_state is not State.CLOSED or self._port or (self.v6_only and self._is_mapped(endpoint.address)):
            raise failure(errno.EINVAL)
        where = endpoint.address
        if not is_unspecified(where) and not self.env.is_ours(where):
            raise failure(errno.EADDRNOTAVAIL)
        before = self._address
        self._address = where
        try:
            self._take_port(endpoint.port)
        except OSError:
            self._address = before
            raise
        self._address_locked = not is_unspecified(where)
        self._port_locked = endpoint.port != 0

    def _is_mapped(self, address: Address) -> bool:
        return self.family == AF_INET6 and len(address) == 4

    def _scope(self) -> Address | None:
        """Where we would listen; None for all addresses of both families."""
        if self.family == AF_INET6 and self._address == ANY_V6 and not self.v6_only:
            return None
        return self._address

    def _take_port(self, port: int) -> None:
        """Claim a port; 0: a free one."""
        env = self.env
        scope = self._scope()
        if port == 0:
            port = env.host.choose_port(
                lambda local, port, remote, remote_port: (
                    env.ports.taken(port, scope) or env.host.port_in_use(local, port, remote, remote_port)
                ),
                scope if scope is not None else ANY_V4,
                ANY_V4,
                0,
            )
        elif env.ports.conflict(port, scope, self.reuse_address):
            raise failure(errno.EADDRINUSE)
        self._port = port
        self._claim = Claim(scope, self.reuse_address)
        env.ports.claim(port, self._claim)

    def _release_port(self) -> None:
        if self._claim is not None:
            self._claim.held = False
            self._claim = None
        self._last_port = self._port or self._last_port
        self._port = 0

    def listen(self, backlog: int = SOMAXCONN) -> None:
        """Accept connections, at most `backlog` of them waiting (negative, or above SOMAXCONN: SOMAXCONN).

        Again: change the backlog.  EINVAL on a socket that connects or is connected, EADDRINUSE.
        """
        self.check_open()
        if not 0 <= backlog <= SOMAXCONN:
            backlog = SOMAXCONN
        state = self.tcp_state
        if self.phase != UNCONNECTED or state not in (State.CLOSED, State.LISTEN):
            raise failure(errno.EINVAL)
        if self.listener is not None:
            self.listener.backlog = backlog
            return
        env = self.env
        if not self._port:
            self._take_port(0)
        claim = self._claim
        assert claim is not None
        if env.ports.conflict(self._port, claim.address, self.reuse_address, besides=claim):
            raise failure(errno.EADDRINUSE)
        now = env.clock()
        self.header_changed()
        listener = env.host.listen(
            self._port, now, address=claim.address, backlog=backlog, config=self.config, handler=self._on_child
        )
        if self.fast_open_keys is not None:
            listener.keys = self.fast_open_keys
        claim.listening = True
        self.listener = listener
        self.connection = None
        env.wake()
        self.notify(0)

    def accept(self) -> tuple[TcpSocket, SockAddr]:
        """The oldest connection that waits, and its peer's address: EAGAIN, EINVAL (not listening)."""
        self.check_open()
        if self.listener is None:
            raise failure(errno.EINVAL)
        connection = self.listener.accept()
        if connection is None:
            raise failure(errno.EAGAIN)
        child = TcpSocket(self.env, self.family, self.protocol)
        child.adopt(self, connection)
        return child, present(self.family, connection.remote)

    def adopt(self, parent: TcpSocket, connection: Connection) -> None:
        """Become the socket of a connection that `parent` has accepted, with the parent's options."""
        self.inherit(parent)
        self.config = connection.config
        self.linger_s = parent.linger_s
        self.tell_queued = parent.tell_queued
        self.phase = CONNECTED
        self.connection = connection
        self._address, self._port = connection.local
        self._claim = Claim(connection.local.address, self.reuse_address, connection)
        self.env.ports.claim(self._port, self._claim)
        connection.take_events()
        connection.handler = self._on_event

    def connect(self, address: SockAddr | None) -> None:
        """Open a connection: EINPROGRESS, and when POLLOUT comes SO_ERROR (or another connect()) tells the outcome.

        EALREADY while it is under way, EISCONN afterwards, ECONNREFUSED, ETIMEDOUT and so on once it has failed;
        ENETUNREACH, EADDRNOTAVAIL at once.  None (AF_UNSPEC) undoes a connection, with a reset where there is one.
        """
        self.check_open()
        if address is None:
            self._disconnect()
            self.phase = UNCONNECTED
            return
        self.start_connecting(parse(self.family, address), for_text=False)

    def start_connecting(self, endpoint: Endpoint, for_text: bool, text: bytes = b"") -> None:
        """connect(), and the part of a sending call with MSG_FASTOPEN that opens: `text` may ride on the SYN."""
        if self.phase == UNCONNECTED:
            if self.tcp_state is not State.CLOSED:
                raise failure(errno.EISCONN)
            outcome = errno.EINPROGRESS
            self._open(endpoint, for_text, text)
            self.phase = CONNECTING
            if self.deferred is not None:
                return
        elif self.phase == CONNECTING:
            if self.deferred is not None:
                raise failure(errno.EINPROGRESS if for_text else errno.EISCONN)
            outcome = errno.EALREADY
        else:
            raise failure(errno.EISCONN if self.phase == CONNECTED else errno.EINVAL)
        self.go_on_connecting(outcome)

    def go_on_connecting(self, outcome: int) -> None:
        """How far connect() has come: `outcome` is the errno while it is under way."""
        state = self.tcp_state
        if state in OPENING:
            raise failure(outcome)
        if state is State.CLOSED:
            error = self.take_error() or errno.ECONNABORTED
            self._disconnect()
            self.phase = UNCONNECTED
            raise failure(error)
        self.phase = CONNECTED

    def _open(self, endpoint: Endpoint, for_text: bool, text: bytes) -> None:
        """Send a SYN, or wait for the first text where TCP_FASTOPEN_CONNECT wants it and a cookie is there."""
        env = self.env
        remote = self._destination(endpoint.address)
        if endpoint.port == 0:
            raise failure(errno.EADDRNOTAVAIL)
        source = self._address if not is_unspecified(self._address) else env.host.source_for(remote)
        fast = for_text or self.fast_open_connect
        rides = fast and self._text_may_ride(Endpoint(remote, endpoint.port))
        if self.fast_open_connect and not for_text and rides:
            self.deferred = Endpoint(remote, endpoint.port)
            return
        port = self._port or env.host.choose_port(
            lambda local, port, far, far_port: (
                env.ports.taken(port, source) or env.host.port_in_use(local, port, far, far_port)
            ),
            source,
            remote,
            endpoint.port,
        )
        self.header_changed(v6=len(remote) == 16)
        connection = env.host.connect(
            remote, endpoint.port, env.clock(), local_port=port, local=source,
            config=self.config.but(fast_open=fast), handler=self._on_event,
            data=text if rides else b"",
        )  # fmt: skip
        self.connection = connection
        self._failed = False
        self._port = port
        self._address = source
        if self._claim is None:
            self._claim = Claim(source, self.reuse_address)
            env.ports.claim(port, self._claim)
        self._claim.address = source
        self._claim.connection = connection
        env.wake()
        self.notify(0)

    def _text_may_ride(self, server: Endpoint) -> bool:
        """Whether a SYN to `server` can carry text: there is a cookie, or none is needed (RFC 7413 4.1.3)."""
        cache, now = self.env.host.fast_open.cache, self.env.clock()
        if cache.blocked(server.address, server.port, now):
            return False
        return self.config.fast_open_send_cookieless or cache.cookie(server.address, now) is not None

    def _destination(self, address: Address) -> Address:
        """0.0.0.0 and :: are ourselves."""
        if self.family == AF_INET6 and len(address) == 4 and self.v6_only:
            raise failure(errno.ENETUNREACH)
        if not is_unspecified(address):
            return address
        if not is_unspecified(self._address):
            return self._address
        return LOOPBACK_V4 if len(unmapped(address)) == 4 else LOOPBACK_V6

    # Ending

    def shutdown(self, how: int) -> None:
        """Shut one direction or both: ENOTCONN, EINVAL.  A listening socket stops listening with SHUT_RD."""
        self.check_open()
        if not SHUT_RD <= how <= SHUT_RDWR:
            raise failure(errno.EINVAL)
        mask = how + 1
        state = self.tcp_state
        if self.phase == CONNECTING:
            self.phase = DISCONNECTING if state in OPENING or state is State.CLOSED else CONNECTED
        if state is State.SYN_SENT or (state is State.LISTEN and mask & RECEIVE_SHUT):
            self._disconnect()
            self.phase = UNCONNECTED
            self.notify(0)
            return
        self.shut |= mask
        if self.connection is not None and state is not State.CLOSED:
            now = self.env.clock()
            if mask & RECEIVE_SHUT:
                self.connection.stop_reading(now)
            if mask & SEND_SHUT:
                self.connection.shutdown(now)
                self.env.wake()
        self.notify(0)
        if state is State.CLOSED:
            raise failure(errno.ENOTCONN)

    def close(self) -> None:
        """Let go: FIN after what is queued, RST where SO_LINGER with time 0 or unread text ask for one.

        It never waits; who blocks looks at `config.linger_ms` and `lingering`.
        """
        if self.closed:
            return
        self.closed = True
        now = self.env.clock()
        if self.listener is not None:
            self.listener.close(now)
            self.listener = None
        elif self.connection is not None:
            self.connection.handler = None
            self.connection.close(now)
        if self._claim is not None:
            self._claim.held = False
        self.env.wake()
        self.notify(POLLNVAL)

    def _disconnect(self) -> None:
        """Back to a fresh socket, options and bound address excepted; a live connection is reset."""
        now = self.env.clock()
        state = self.tcp_state
        connection = self.connection
        if self.listener is not None:
            self.listener.close(now)
        elif connection is not None:
            connection.handler = None
            if state is State.CLOSED:
                connection.close(now)  # TIME_WAIT goes on without us
            else:
                connection.abort(now)
        if state in RESET_ON_DISCONNECT or state is State.SYN_SENT:
            self._take_over_failure()
            self._error = errno.ECONNRESET
        self.listener = None
        self.connection = None
        self.deferred = None
        self.shut = 0
        self._failed = False
        self.urgent_taken = 0
        if not self._address_locked:
            self._address = ANY_V4 if self.family == AF_INET else ANY_V6
        if self._claim is not None:
            self._claim.listening = False
            self._claim.connection = None
            self._claim.address = self._scope()
        if not self._port_locked:
            self._release_port()
        self.env.wake()

    # Moving octets

    def receive(self, limit: int, flags: int = 0) -> Received:
        """See `stream.receive`."""
        return stream.receive(self, limit, flags)

    def transmit(self, data: bytes, flags: int = 0, address: SockAddr | None = None) -> int:
        """See `stream.transmit`."""
        return stream.transmit(self, data, flags, address)

    def ioctl(self, request: int) -> int:
        """See `stream.ioctl`."""
        self.check_open()
        return stream.ioctl(self, request)

    # Below and above

    def setsockopt(self, level: int, option: int, value: int | bytes) -> None:
        """Set an option; see the table in docs/sockets.md."""
        super().setsockopt(level, option, value)
        if self._claim is not None:
            self._claim.reuse = self.reuse_address

    def configure(self, **changes: object) -> None:
        """Change settings of TCP, also of the live connection where it can still take them."""
        self.config = self.config.but(**changes)
        if self.listener is not None:
            self.listener.config = self.config
        elif self.connection is not None and self.connection.state is not State.CLOSED:
            # TCP_MAXSEG on a live connection does nothing on Linux.
            alive = {name: value for name, value in changes.items() if name in ALIVE and name != "mss_limit"}
            if alive:
                self.connection.configure(self.env.clock(), **alive)

    def header_changed(self, v6: bool | None = None) -> None:
        """The IP header of our segments, by the family of the connection."""
        if v6 is None:
            v6 = self.family == AF_INET6
            if self.connection is not None:
                v6 = len(self.connection.remote.address) == 16
        limit, octet = (self.hops, self.traffic_class) if v6 else (self.ip_ttl, self.ip_tos)
        if limit != self.config.hop_limit or octet != self.config.traffic_class:
            self.configure(hop_limit=max(limit, 1), traffic_class=octet)

    def _on_child(self, listener: Listener, connection: Connection, now: int) -> None:
        self.notify(POLLIN | POLLRDNORM)

    def _on_event(self, connection: Connection, event: Event, now: int) -> None:
        if connection is not self.connection or event is Event.SOFT_ERROR:
            return
        self._take_over_failure()
        self.notify(_WAKES.get(event, 0))
