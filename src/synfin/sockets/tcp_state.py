"""What a TCP socket is to its owner: its state, its pending error, its names, and what poll(2) says of it.

Responsible for what Linux adds to TCP's own state: a socket whose connection is in TIME_WAIT is closed to its owner,
an error is told once, directions are shut.  It changes nothing; the calls are in `tcp`.
"""

from __future__ import annotations

import errno

from synfin.config import TcpConfig
from synfin.sockets import stream
from synfin.sockets.base import Environment, Socket
from synfin.sockets.constants import (
    AF_INET,
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLOUT,
    POLLPRI,
    POLLRDHUP,
    POLLRDNORM,
    POLLWRNORM,
    SOCK_STREAM,
)
from synfin.sockets.errors import failure
from synfin.sockets.ports import Claim
from synfin.sockets.sockaddr import SockAddr, present
from synfin.sockets.states import (
    BOTH_SHUT,
    LINGERING,
    OPENING,
    RECEIVE_SHUT,
    SEND_SHUT,
    UNCONNECTED,
)
from synfin.tcp import Connection, Listener, State
from synfin.tcp.fastopen import FastOpenKeys
from synfin.wire.addresses import (
    ANY_V4,
    ANY_V6,
    Address,
    Endpoint,
    is_unspecified,
)


class TcpState(Socket):
    """The state of a stream socket; the calls are those of `TcpSocket`.

    `config` is what its connections get, or have: options change it.  `connection` and `listener` are those of the
    stack, for whoever wants to look deeper; None while there is none.
    """

    def __init__(self, env: Environment, family: int, protocol: int) -> None:
        super().__init__(env, family, SOCK_STREAM, protocol)
        self.config: TcpConfig = env.host.tcp
        self.connection: Connection | None = None
        self.listener: Listener | None = None
        self.phase = UNCONNECTED
        self.shut = 0  # what our own calls have shut
        self.linger_s = 0  # SO_LINGER's time; `config.linger_ms` has it too while SO_LINGER is on
        self.defer_accept_s = 0
        self.fast_open_connect = False
        self.fast_open_queue = 0
        self.fast_open_keys: FastOpenKeys | None = None  # TCP_FASTOPEN_KEY; None: the host's
        self.tell_queued = False  # TCP_INQ
        self.quick_ack = True
        self.deferred: Endpoint | None = None  # TCP_FASTOPEN_CONNECT: connected to this once there is text
        self.urgent_taken = 0  # end of the urgent text whose last octet was received out of band
        self._address: Address = ANY_V4 if family == AF_INET else ANY_V6
        self._port = 0
        self._last_port = 0  # given back, but getsockname() goes on showing it, as Linux does
        self._address_locked = False  # by bind()
        self._port_locked = False
        self._claim: Claim | None = None
        self._error = 0
        self._failed = False  # the connection's failure was taken over

    def __repr__(self) -> str:
        return f"<TcpSocket {self.tcp_state.name} {present(self.family, self._local())}>"

    # State

    @property
    def tcp_state(self) -> State:
        """The state as the owner of the socket sees it: a connection in TIME_WAIT is nobody's."""
        if self.listener is not None:
            return State.LISTEN
        if self.deferred is not None:
            return State.SYN_SENT
        if self.connection is None:
            return State.CLOSED
        state = self.connection.state
        return State.CLOSED if state is State.TIME_WAIT or state is State.LISTEN else state

    @property
    def fin_received(self) -> bool:
        """Everything that the peer will ever send has arrived."""
        if self.connection is None:
            return False
        tcb = self.connection.tcb
        return 0 <= tcb.peer_fin < tcb.rcv_nxt

    @property
    def shutdown_mask(self) -> int:
        """RECEIVE_SHUT and SEND_SHUT: by us, by the peer's FIN, or because the connection has ended."""
        if self.connection is not None and self.tcp_state is State.CLOSED:
            return BOTH_SHUT
        return self.shut | (RECEIVE_SHUT if self.fin_received else 0)

    @property
    def lingering(self) -> bool:
        """Whether close() with SO_LINGER would still wait: not all was acknowledged, the FIN included."""
        return self.connection is not None and self.connection.state in LINGERING

    @property
    def pending_error(self) -> int:
        """The errno that the next call will report, or 0."""
        self._take_over_failure()
        return self._error

    def take_error(self) -> int:
        """SO_ERROR; when nothing failed, the last trouble that did not end the connection."""
        self._take_over_failure()
        error = self._error
        self._error = 0
        if not error and self.connection is not None:
            error = self._soft_errno(self.connection)
            self.connection.tcb.soft_error = None
        return error

    def raise_pending(self) -> None:
        """Raise the pending error, which is told once."""
        self._take_over_failure()
        error = self._error
        self._error = 0
        if error:
            raise failure(error)

    def _take_over_failure(self) -> None:
        connection = self.connection
        if connection is None or self._failed:
            return
        tcb = connection.tcb
        if connection.error is not None:
            self._failed = True
            self._error = self._errno_of(connection, connection.error)
        elif tcb.state is State.CLOSED and tcb.fin_queued and (tcb.fin_seq < 0 or tcb.snd_una <= tcb.fin_seq):
            self._failed = True  # a RST in CLOSING or LAST_ACK, which the RFC does not report
            self._error = errno.ECONNRESET

    def _errno_of(self, connection: Connection, error: OSError) -> int:
        if isinstance(error, ConnectionResetError) and self.fin_received and not connection.tcb.fin_queued:
            return errno.EPIPE  # all was read; only writing has failed
        if isinstance(error, TimeoutError):
            return self._soft_errno(connection) or errno.ETIMEDOUT
        return error.errno or errno.EIO

    def _soft_errno(self, connection: Connection) -> int:
        """What ICMP has told; that R1 was reached is not told on this way."""
        soft = connection.soft_error
        return 0 if soft is None or isinstance(soft, TimeoutError) else soft.errno or 0

    def readiness(self) -> int:
        """As tcp_poll of Linux has it."""
        state = self.tcp_state
        if state is State.LISTEN:
            assert self.listener is not None
            return POLLIN | POLLRDNORM if self.listener.accept_queue else 0
        shut = self.shutdown_mask
        bits = POLLHUP if shut == BOTH_SHUT or state is State.CLOSED else 0
        if shut & RECEIVE_SHUT:
            bits |= POLLIN | POLLRDNORM | POLLRDHUP
        if self.deferred is not None:
            bits |= POLLOUT | POLLWRNORM
        elif state not in OPENING or stream.opened_fast(self):
            if stream.is_readable(self):
                bits |= POLLIN | POLLRDNORM
            if shut & SEND_SHUT or stream.is_writable(self):
                bits |= POLLOUT | POLLWRNORM
            if stream.urgent_waits(self):
                bits |= POLLPRI
        if self.pending_error:
            bits |= POLLERR
        return bits

    # Names

    def _local(self) -> Endpoint | None:
        if self.connection is not None and self._port:
            return self.connection.local
        port = self._port or self._last_port
        return Endpoint(self._address, port) if port or not is_unspecified(self._address) else None

    def getsockname(self) -> SockAddr:
        """Our address and port; unspecified while nobody has chosen."""
        self.check_open()
        return present(self.family, self._local())

    def getpeername(self) -> SockAddr:
        """The other end; ENOTCONN before the handshake and after the end."""
        self.check_open()
        if self.connection is None or self.tcp_state in (State.CLOSED, State.SYN_SENT):
            raise failure(errno.ENOTCONN)
        return present(self.family, self.connection.remote)
