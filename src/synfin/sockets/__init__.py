"""Sockets over a `Host`, as Linux has them: calls, errno, options and readiness, all non-blocking and without I/O.

    sockets = Sockets(node.host, clock=lambda: world.now, wake=node.wake)
    client = sockets.socket(AF_INET, SOCK_STREAM)
    client.connect(("10.0.0.2", 80))         # BlockingIOError EINPROGRESS
    client.watch(told)                       # told(socket, bits) when readiness may have changed
    client.poll(POLLIN | POLLOUT)            # what holds now

The time comes from a clock that is handed in once, in integer nanoseconds near 0 as everywhere (law 1), instead of an
argument of each call: whoever puts the standard `socket` module, asyncio, blocking code or scripts on top has calls
without a time in their hands, and the same objects serve them all.  After each call that may have given the stack
something to do, `wake` is called: have the host polled soon.  Nothing here waits.  Blocking is made by whoever drives
the world: try, on EAGAIN or EINPROGRESS let the world go on until a watcher or an `Epoll` tells, try again.

What is above it: descriptors, names, threads, timeouts, MSG_WAITALL, waiting in close() (SO_LINGER).  docs/sockets.md
has the table of options and the places where Linux does something else.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import final

from synfin.host import Host
from synfin.sockets.base import Environment, Received, Socket, Watcher
from synfin.sockets.constants import (
    AF_INET,
    AF_INET6,
    IPPROTO_TCP,
    IPPROTO_UDP,
    SOCK_CLOEXEC,
    SOCK_DGRAM,
    SOCK_NONBLOCK,
    SOCK_STREAM,
)
from synfin.sockets.epoll import Epoll, poll
from synfin.sockets.errors import failure
from synfin.sockets.sockaddr import SockAddr
from synfin.sockets.tcp import TcpSocket
from synfin.sockets.tcp_option import pack_info
from synfin.sockets.udp import UdpSocket

__all__ = [
    "Epoll",
    "Received",
    "SockAddr",
    "Socket",
    "Sockets",
    "TcpSocket",
    "UdpSocket",
    "Watcher",
    "failure",
    "pack_info",
    "poll",
]


def _nobody() -> None:
    """The default of `wake`: whoever drives the host polls it anyway."""


@final
class Sockets:
    """The socket interface of one host.

    `clock` gives the time in ns and never goes back; `wake` is called when the host should be polled.  A host that is
    started anew needs a new one: its sockets are gone.
    """

    def __init__(self, host: Host, clock: Callable[[], int], wake: Callable[[], None] = _nobody) -> None:
        self.env = Environment(host, clock, wake)

    def socket(self, family: int = AF_INET, kind: int = SOCK_STREAM, protocol: int = 0) -> TcpSocket | UdpSocket:
        """socket(2): EAFNOSUPPORT, ESOCKTNOSUPPORT, EPROTONOSUPPORT.  SOCK_NONBLOCK and SOCK_CLOEXEC change nothing."""
        kind &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC)
        if family not in (AF_INET, AF_INET6):
            raise failure(errno.EAFNOSUPPORT)
        if kind not in (SOCK_STREAM, SOCK_DGRAM):
            raise failure(errno.ESOCKTNOSUPPORT)
        wanted = IPPROTO_TCP if kind == SOCK_STREAM else IPPROTO_UDP
        if protocol not in (0, wanted):
            raise failure(errno.EPROTONOSUPPORT)
        return self.tcp(family) if kind == SOCK_STREAM else self.udp(family)

    def tcp(self, family: int = AF_INET) -> TcpSocket:
        """A stream socket."""
        return TcpSocket(self.env, family, IPPROTO_TCP)

    def udp(self, family: int = AF_INET) -> UdpSocket:
        """A datagram socket."""
        return UdpSocket(self.env, family, IPPROTO_UDP)
