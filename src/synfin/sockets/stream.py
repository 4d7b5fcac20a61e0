"""The read and write family on a TCP socket: ends, errors, urgent octets, MSG_ flags (recv(2), send(2), tcp(7)).

Responsible for what a call on a given state returns.  When it may be worth calling is `TcpSocket.readiness`.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from synfin.sockets.base import Received, octets
from synfin.sockets.constants import (
    IPPROTO_TCP,
    MSG_ERRQUEUE,
    MSG_FASTOPEN,
    MSG_MORE,
    MSG_OOB,
    MSG_PEEK,
    MSG_TRUNC,
    SIOCATMARK,
    SIOCINQ,
    SIOCOUTQ,
    SIOCOUTQNSD,
    TCP_CM_INQ,
)
from synfin.sockets.errors import failure
from synfin.sockets.sockaddr import SockAddr, parse
from synfin.sockets.states import OPENING, RECEIVE_SHUT, SEND_SHUT, SENDING, UNCONNECTED
from synfin.tcp import Connection, State
from synfin.wire.addresses import as_address

if TYPE_CHECKING:
    from synfin.sockets.tcp import TcpSocket
    from synfin.sockets.tcp_state import TcpState

PIECE: Final = 65_536  # octets taken beyond TCP_NOTSENT_LOWAT at most, as of one super-segment
OPTIONS_ROOM: Final = 40


def opened_fast(socket: TcpState) -> bool:
    """A passive connection that may talk before its handshake ends (RFC 7413)."""
    return socket.connection is not None and socket.connection.tcb.fast_opened


# The urgent octet


def _mark(socket: TcpState) -> int:
    """How many octets can be read before the urgent one; -1 without one."""
    return socket.connection.urgent_remaining - 1 if socket.connection is not None else -1


def _urgent_was_taken(socket: TcpState) -> bool:
    return socket.connection is not None and socket.urgent_taken == socket.connection.tcb.rcv_up


def urgent_waits(socket: TcpState) -> bool:
    """POLLPRI: the urgent octet is there and was not received out of band yet."""
    connection = socket.connection
    return connection is not None and 0 <= _mark(socket) < connection.readable and not _urgent_was_taken(socket)


def _receive_urgent(socket: TcpState, limit: int, flags: int) -> Received:
    """MSG_OOB: EINVAL without urgent text or when it was taken, EAGAIN while the octet itself is under way."""
    connection = socket.connection
    mark = _mark(socket)
    if connection is None or socket.oob_inline or mark < 0 or _urgent_was_taken(socket):
        raise failure(errno.EINVAL)
    if socket.tcp_state is State.CLOSED and not socket.fin_received:
        raise failure(errno.ENOTCONN)
    if mark < connection.readable:
        octet = connection.peek(1, mark)
        if not flags & MSG_PEEK:
            socket.urgent_taken = connection.tcb.rcv_up
        if limit <= 0:
            return Received(b"", 0, MSG_OOB | MSG_TRUNC)
        return Received(octet, 1, MSG_OOB)
    if socket.tcp_state is State.CLOSED or socket.shutdown_mask & RECEIVE_SHUT:
        return Received(b"", 0)
    raise failure(errno.EAGAIN)


# Reading


def is_readable(socket: TcpState) -> bool:
    """POLLIN because of text: SO_RCVLOWAT octets are there, an urgent octet that comes first not counted."""
    connection = socket.connection
    if connection is None:
        return False
    target = socket.receive_low_water
    if _mark(socket) == 0 and not socket.oob_inline:
        target += 1
    available = connection.readable
    if available >= target:
        return True
    window = connection.tcb.receive_window
    return available > 0 and window.edge - connection.tcb.rcv_nxt <= connection.tcb.ack_policy.rmss


def receive(socket: TcpState, limit: int, flags: int) -> Received:
    """What is there; nothing at the end; ENOTCONN, EAGAIN, and the connection's error once.

    A read stops before the urgent octet, and one that starts there leaves it out unless SO_OOBINLINE is set.
    """
    socket.check_open()
    if flags & MSG_ERRQUEUE:
        raise failure(errno.EAGAIN)
    if socket.tcp_state is State.LISTEN:
        raise failure(errno.ENOTCONN)
    if flags & MSG_OOB:
        return _receive_urgent(socket, limit, flags)
    connection = socket.connection
    if connection is not None and connection.readable:
        text = _take(socket, connection, limit, bool(flags & MSG_PEEK))
        if text or limit <= 0:
            data = b"" if flags & MSG_TRUNC else text
            return Received(data, len(text), ancillary=_queued(socket))
    if not socket.fin_received:
        socket.raise_pending()
        if not socket.shutdown_mask & RECEIVE_SHUT:
            raise failure(errno.ENOTCONN if socket.tcp_state is State.CLOSED else errno.EAGAIN)
    return Received(b"", 0, ancillary=_queued(socket))


def _take(socket: TcpState, connection: Connection, limit: int, peek: bool) -> bytes:
    """At most `limit` octets up to the urgent one, or from behind it."""
    mark = _mark(socket)
    skip = 0
    if mark > 0:
        limit = min(limit, mark)
    elif mark == 0 and not socket.oob_inline and limit > 0:
        skip = 1
    if peek:
        return connection.peek(limit, skip)
    now = socket.env.clock()
    if skip:
        connection.read(skip, now)
    text = connection.read(limit, now) if connection.readable else b""
    socket.env.wake()
    return text


def _queued(socket: TcpState) -> tuple[tuple[int, int, bytes], ...]:
    """TCP_INQ: how much more is there; 1 when only the end is."""
    if not socket.tell_queued or socket.connection is None:
        return ()
    count = socket.connection.readable or int(socket.fin_received)
    return ((IPPROTO_TCP, TCP_CM_INQ, count.to_bytes(4, "little")),)


# Writing


def is_writable(socket: TcpState) -> bool:
    """POLLOUT: half of the send buffer is free.  Where it is not, WRITABLE is asked for."""
    connection = socket.connection
    if connection is None:
        return True
    if connection.tcb.has_room():
        return True
    connection.tcb.wants_room = True
    return False


def transmit(socket: TcpSocket, data: bytes, flags: int, address: SockAddr | None) -> int:
    """Queue what there is room for: EAGAIN, EPIPE, and the connection's error once."""
    socket.check_open()
    data = octets(data)
    if flags & MSG_FASTOPEN and not socket.config.fast_open_client:
        raise failure(errno.EOPNOTSUPP)
    if flags & MSG_FASTOPEN or socket.deferred is not None:
        taken = _open_fast(socket, data, address)
        if taken:
            return taken
    state = socket.tcp_state
    if state not in SENDING and not opened_fast(socket):
        socket.raise_pending()
        raise failure(errno.EAGAIN if state in OPENING else errno.EPIPE)
    socket.raise_pending()
    connection = socket.connection
    if connection is None or socket.shutdown_mask & SEND_SHUT:
        raise failure(errno.EPIPE)
    if not data:
        return 0
    room = _room(connection)
    if room <= 0:
        connection.tcb.wants_room = True
        raise failure(errno.EAGAIN)
    text = data if len(data) <= room else data[:room]
    taken = connection.write(text, socket.env.clock(), bool(flags & MSG_OOB), bool(flags & MSG_MORE))
    if not connection.tcb.has_room():
        connection.tcb.wants_room = True
    socket.env.wake()
    return taken


def _room(connection: Connection) -> int:
    """What may be taken: free buffer, and no more than one piece beyond the low-water mark of unsent text."""
    free = connection.writable
    low = connection.config.notsent_lowat_bytes
    if low is None:
        return free
    tcb = connection.tcb
    below = low - (tcb.send_buffer.end - max(tcb.snd_nxt, tcb.send_buffer.start))
    return min(free, -(-below // PIECE) * PIECE) if below > 0 else 0


def _open_fast(socket: TcpSocket, data: bytes, address: SockAddr | None) -> int:
    """MSG_FASTOPEN, or the first text after TCP_FASTOPEN_CONNECT: as much as fits rides on the SYN (RFC 7413 4.1).

    Gives the octets taken; 0 when the connection is there already, so that they are sent as any others.  Without a
    cookie the SYN asks for one, and nothing is taken: EINPROGRESS.
    """
    endpoint = socket.deferred
    if endpoint is not None:
        socket.deferred = None
        socket.phase = UNCONNECTED  # as if nothing had happened yet
    elif address is not None:
        endpoint = parse(socket.family, address)
    elif socket.phase == UNCONNECTED:
        raise failure(errno.EINVAL)
    fresh = socket.connection is None
    try:
        if endpoint is None:
            socket.go_on_connecting(errno.EALREADY)
        else:
            text = data[: _syn_room(socket, endpoint.address)]
            socket.start_connecting(endpoint, for_text=True, text=text)
    except BlockingIOError:
        taken = len(socket.connection.tcb.send_buffer) if fresh and socket.connection is not None else 0
        if not taken:
            raise
        return taken
    return 0


def _syn_room(socket: TcpSocket, remote: bytes) -> int:
    """What fits on a SYN: by the segment size that the server announced last time, or the smallest it may have."""
    mss = socket.env.host.fast_open.cache.mss(as_address(remote)) or (536 if len(remote) == 4 else 1220)
    return mss - OPTIONS_ROOM


# ioctl


def ioctl(socket: TcpState, request: int) -> int:
    """SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK; EINVAL on a listening socket, ENOTTY for others."""
    if request not in (SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK):
        raise failure(errno.ENOTTY)
    connection = socket.connection
    mark = _mark(socket)
    if request == SIOCATMARK:
        return int(mark == 0)
    state = socket.tcp_state
    if state is State.LISTEN:
        raise failure(errno.EINVAL)
    if connection is None or state in OPENING:
        return 0
    if request == SIOCINQ:
        return connection.readable if socket.oob_inline or not 0 <= mark < connection.readable else mark
    tcb = connection.tcb
    end = tcb.fin_seq + 1 if tcb.fin_seq >= 0 else tcb.send_buffer.end + int(tcb.fin_queued)
    return max(end - (tcb.snd_una if request == SIOCOUTQ else tcb.snd_nxt), 0)
