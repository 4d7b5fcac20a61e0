"""UDP sockets over `UdpEndpoint`: ports taken when needed, one connected peer, errors told once."""

from __future__ import annotations

import errno
from typing import ClassVar, Final, final

from synfin.host.udp import UdpEndpoint
from synfin.sockets.base import Environment, Received, Socket, octets, truncated
from synfin.sockets.constants import (
    AF_INET,
    AF_INET6,
    MSG_ERRQUEUE,
    MSG_OOB,
    MSG_PEEK,
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLNVAL,
    POLLOUT,
    POLLRDHUP,
    POLLRDNORM,
    POLLWRBAND,
    POLLWRNORM,
    SHUT_RD,
    SHUT_RDWR,
    SIOCINQ,
    SIOCOUTQ,
    SO_ACCEPTCONN,
    SO_KEEPALIVE,
    SO_LINGER,
    SO_RCVBUF,
    SO_SNDBUF,
    SOCK_DGRAM,
    SOL_SOCKET,
)
from synfin.sockets.errors import failure
from synfin.sockets.option import COMMON, RECEIVE_BUFFER_LEAST, SEND_BUFFER_LEAST, Option, attribute, buffer_size
from synfin.sockets.sockaddr import SockAddr, parse, present
from synfin.sockets.states import BOTH_SHUT, RECEIVE_SHUT, SEND_SHUT
from synfin.wire.addresses import (
    ANY_V4,
    ANY_V6,
    LOOPBACK_V4,
    LOOPBACK_V6,
    Address,
    Endpoint,
    is_unspecified,
)

DEFAULT_BUFFER: Final = 212_992


def _set_send_buffer(socket: UdpSocket, raw: bytes) -> None:
    socket.send_buffer = 2 * buffer_size(raw, SEND_BUFFER_LEAST)


def _set_receive_buffer(socket: UdpSocket, raw: bytes) -> None:
    socket.receive_buffer = 2 * buffer_size(raw, RECEIVE_BUFFER_LEAST)


def _set_linger(socket: UdpSocket, raw: bytes) -> None:
    if len(raw) < 8:
        raise failure(errno.EINVAL)
    socket.linger = raw[:8]


_TABLE: Final[dict[tuple[int, int], Option]] = {
    **COMMON,
    (SOL_SOCKET, SO_ACCEPTCONN): Option(lambda socket: 0),
    (SOL_SOCKET, SO_KEEPALIVE): attribute("keep_alive"),
    (SOL_SOCKET, SO_LINGER): Option(lambda socket: socket.linger, _set_linger),
    (SOL_SOCKET, SO_SNDBUF): Option(lambda socket: socket.send_buffer, _set_send_buffer),
    (SOL_SOCKET, SO_RCVBUF): Option(lambda socket: socket.receive_buffer, _set_receive_buffer),
}


@final
class UdpSocket(Socket):
    """A datagram socket of a host; `endpoint` is the stack's part, None until a port is needed.

    Datagrams leave at once, so there is always room to send.  How many wait to be received is the host's limit
    (`HostConfig.udp_queue_bytes`), not SO_RCVBUF's.
    """

    OPTIONS: ClassVar = _TABLE

    def __init__(self, env: Environment, family: int, protocol: int) -> None:
        super().__init__(env, family, SOCK_DGRAM, protocol)
        self.endpoint: UdpEndpoint | None = None
        self.send_buffer = DEFAULT_BUFFER
        self.receive_buffer = DEFAULT_BUFFER
        self.keep_alive = False
        self.linger = bytes(8)
        self.shut = 0
        self._bound = False  # by bind()
        self._local: Address | None = None  # our end towards a connected peer
        self._error = 0

    def __repr__(self) -> str:
        return f"<UdpSocket {self.getsockname()}>"

    # Readiness and errors

    def readiness(self) -> int:
        """As datagram_poll of Linux has it."""
        self._take_over_failure()
        bits = POLLOUT | POLLWRNORM | POLLWRBAND
        if self._error:
            bits |= POLLERR
        if self.shut & RECEIVE_SHUT:
            bits |= POLLRDHUP | POLLIN | POLLRDNORM
        if self.shut == BOTH_SHUT:
            bits |= POLLHUP
        if self.endpoint is not None and self.endpoint.peek() is not None:
            bits |= POLLIN | POLLRDNORM
        return bits

    def take_error(self) -> int:
        """SO_ERROR: what an earlier datagram has met."""
        self._take_over_failure()
        error = self._error
        self._error = 0
        return error

    def _take_over_failure(self) -> None:
        if self.endpoint is not None:
            pending = self.endpoint.take_error()
            if pending is not None:
                self._error = pending.errno or errno.EIO

    def _raise_pending(self) -> None:
        error = self.take_error()
        if error:
            raise failure(error)

    def _on_endpoint(self, endpoint: UdpEndpoint, now: int) -> None:
        before = self._error
        self._take_over_failure()
        self.notify(POLLERR if self._error and not before else POLLIN | POLLRDNORM)

    # Names

    def getsockname(self) -> SockAddr:
        """Our address and port; towards a connected peer the address that the routes have chosen."""
        self.check_open()
        endpoint = self.endpoint
        if endpoint is None:
            return present(self.family, None)
        where = self._local if self._local is not None else endpoint.address
        if where is None:
            where = ANY_V4 if self.family == AF_INET else ANY_V6
        return present(self.family, Endpoint(where, endpoint.port))

    def getpeername(self) -> SockAddr:
        """The connected peer; ENOTCONN."""
        self.check_open()
        if self.endpoint is None or self.endpoint.remote is None:
            raise failure(errno.ENOTCONN)
        return present(self.family, self.endpoint.remote)

    def bind(self, address: SockAddr) -> None:
        """Take an address and a port (0: any free one): EADDRINUSE, EADDRNOTAVAIL, EINVAL (bound already)."""
        self.check_open()
        where = parse(self.family, address)
        mapped = self.family == AF_INET6 and len(where.address) == 4
        if self.endpoint is not None or (self.v6_only and mapped):
            raise failure(errno.EINVAL)
        if not is_unspecified(where.address) and not self.env.is_ours(where.address):
            raise failure(errno.EADDRNOTAVAIL)
        self._open(where)
        self._bound = True

    def _open(self, where: Endpoint) -> UdpEndpoint:
        scope: Address | None = where.address
        if where.address == ANY_V6 and not self.v6_only:
            scope = None
        endpoint = self.env.host.udp(where.port, scope, handler=self._on_endpoint, broadcast=self.broadcast)
        self.endpoint = endpoint
        self.header_changed()
        return endpoint

    def _needed(self) -> UdpEndpoint:
        if self.endpoint is not None:
            return self.endpoint
        return self._open(Endpoint(ANY_V4 if self.family == AF_INET else ANY_V6, 0))

    def _destination(self, address: SockAddr) -> Endpoint:
        where = parse(self.family, address)
        if self.v6_only and self.family == AF_INET6 and len(where.address) == 4:
            raise failure(errno.ENETUNREACH)
        if is_unspecified(where.address):
            return Endpoint(LOOPBACK_V4 if len(where.address) == 4 else LOOPBACK_V6, where.port)
        return where

    def connect(self, address: SockAddr | None) -> None:
        """Talk to one peer only, and hear of its errors; None (AF_UNSPEC) undoes it.  ENETUNREACH, EACCES."""
        self.check_open()
        if address is None:
            if self.endpoint is not None:
                self.endpoint.remote = None
                self._local = None
                if not self._bound:
                    self.endpoint.close()
                    self.endpoint = None
            return
        peer = self._destination(address)
        endpoint = self._needed()
        endpoint.broadcast = self.broadcast
        endpoint.connect(peer.address, peer.port, self.env.clock())
        bound = endpoint.address
        self._local = self.env.host.source_for(peer.address) if bound is None or is_unspecified(bound) else None
        self.shut = 0
        self.header_changed()

    # Moving datagrams

    def receive(self, limit: int, flags: int = 0) -> Received:
        """The next datagram: EAGAIN, and the error of an earlier one first.  What does not fit is lost (MSG_TRUNC).

        After SHUT_RD it is EAGAIN as well; who would block returns nothing instead (POLLRDHUP says so).
        """
        self.check_open()
        if flags & MSG_ERRQUEUE:
            raise failure(errno.EAGAIN)
        self._raise_pending()
        endpoint = self.endpoint
        message = None
        if endpoint is not None:
            message = endpoint.peek() if flags & MSG_PEEK else endpoint.recvfrom()
        if message is None:
            raise failure(errno.EAGAIN)
        data, size, told = truncated(message.payload, max(limit, 0), flags)
        return Received(data, size, told, present(self.family, message.remote))

    def transmit(self, data: bytes, flags: int = 0, address: SockAddr | None = None) -> int:
        """Send one datagram: EDESTADDRREQ, EMSGSIZE, EPIPE, ENETUNREACH, and the error of an earlier one."""
        self.check_open()
        data = octets(data)
        if flags & MSG_OOB:
            raise failure(errno.EOPNOTSUPP)
        if len(data) > 0xFFFF:
            raise failure(errno.EMSGSIZE)
        if address is not None:
            target = self._destination(address)
        elif self.endpoint is None or self.endpoint.remote is None:
            raise failure(errno.EDESTADDRREQ)
        else:
            target = self.endpoint.remote
        if target.port == 0:
            raise failure(errno.EINVAL)
        endpoint = self._needed()
        self._raise_pending()
        if self.shut & SEND_SHUT:
            raise failure(errno.EPIPE)
        endpoint.broadcast = self.broadcast
        sent = endpoint.sendto(data, target, self.env.clock(), source=self._local)
        self.env.wake()
        return sent

    def shutdown(self, how: int) -> None:
        """Shut directions of a connected socket; nothing goes over the wire.  ENOTCONN, EINVAL."""
        self.check_open()
        if not SHUT_RD <= how <= SHUT_RDWR:
            raise failure(errno.EINVAL)
        self.shut |= how + 1
        self.notify(0)
        if self.endpoint is None or self.endpoint.remote is None:
            raise failure(errno.ENOTCONN)

    def close(self) -> None:
        """Give the port back."""
        if not self.closed:
            self.closed = True
            if self.endpoint is not None:
                self.endpoint.close()
            self.notify(POLLNVAL)

    def ioctl(self, request: int) -> int:
        """FIONREAD: octets of the next datagram; SIOCOUTQ: always 0."""
        self.check_open()
        if request == SIOCOUTQ:
            return 0
        if request != SIOCINQ:
            raise failure(errno.ENOTTY)
        message = self.endpoint.peek() if self.endpoint is not None else None
        return len(message.payload) if message is not None else 0

    def header_changed(self) -> None:
        """The IP header of our datagrams."""
        endpoint = self.endpoint
        if endpoint is not None:
            v6 = self.family == AF_INET6 and (endpoint.remote is None or len(endpoint.remote.address) == 16)
            endpoint.hop_limit = self.hops if v6 else self.ip_ttl
            endpoint.traffic_class = self.traffic_class if v6 else self.ip_tos
