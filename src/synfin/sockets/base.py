"""What all sockets have in common: readiness and who watches it, the calls in Python's form, options by table.

Responsible for nothing that only TCP or only UDP does.  Everything here is non-blocking: where Linux would wait, the
call raises EAGAIN (`BlockingIOError`) or EINPROGRESS, and a watcher is told when it is worth trying again.
"""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias, final

from synfin.errors import UsageError
from synfin.host import Host
from synfin.sockets.constants import AF_INET, AF_INET6, IPPROTO_IP, MSG_TRUNC, POLLERR, POLLHUP, POLLNVAL, SOL_SOCKET
from synfin.sockets.errors import failure
from synfin.sockets.ports import PortTable
from synfin.sockets.sockaddr import SockAddr
from synfin.wire.addresses import LOOPBACK_V4, LOOPBACK_V6, Address

if TYPE_CHECKING:
    from synfin.sockets.option import Option


Ancillary: TypeAlias = list[tuple[int, int, bytes]]


class Received(NamedTuple):
    """What one receiving call brought.

    `size` is the number that recvmsg(2) returns: with MSG_TRUNC it may be more than the octets in `data`.  `flags` are
    those of the message (MSG_TRUNC, MSG_OOB, MSG_CTRUNC), `address` is None on a stream.
    """

    data: bytes
    size: int
    flags: int = 0
    address: SockAddr | None = None
    ancillary: tuple[tuple[int, int, bytes], ...] = ()


@final
class Environment:
    """What sockets of one host share: the stack, the time, and how to have the stack polled."""

    __slots__ = ("clock", "host", "ports", "wake")

    def __init__(self, host: Host, clock: Callable[[], int], wake: Callable[[], None]) -> None:
        self.host = host
        self.clock = clock
        self.wake = wake
        self.ports = PortTable()

    def is_ours(self, address: Address) -> bool:
        """Whether a socket may be bound to it."""
        return address in (LOOPBACK_V4, LOOPBACK_V6) or address in self.host.addresses


class Socket(ABC):
    """A socket of a simulated host.  Made by `Sockets.socket`.

    `family`, `type` and `protocol` are as given to `socket()`.  `receive_timeout_ns` and `send_timeout_ns`
    (SO_RCVTIMEO, SO_SNDTIMEO; None: none) mean nothing here: they are kept for whoever blocks.
    """

    OPTIONS: ClassVar[Mapping[tuple[int, int], Option]] = {}

    def __init__(self, env: Environment, family: int, kind: int, protocol: int) -> None:
        self.env = env
        self.family = family
        self.type = kind
        self.protocol = protocol
        self.closed = False
        # Options that no other object keeps
        self.reuse_address = False
        self.reuse_port = False
        self.broadcast = False
        self.v6_only = False
        self.oob_inline = False
        self.receive_low_water = 1
        self.receive_timeout_ns: int | None = None
        self.send_timeout_ns: int | None = None
        self.ip_ttl = env.host.tcp.hop_limit
        self.ip_tos = env.host.tcp.traffic_class
        self.hops = env.host.tcp.hop_limit
        self.traffic_class = env.host.tcp.traffic_class
        self._watchers: list[Watcher] = []
        self._notices: deque[int] = deque()  # that wait until the watchers have heard the one before
        self._notifying = False

    # Readiness

    @abstractmethod
    def readiness(self) -> int:
        """All poll bits that hold now."""

    def poll(self, events: int) -> int:
        """What poll(2) would put into `revents`: the bits of `events` that hold, POLLERR and POLLHUP in any case."""
        if self.closed:
            return POLLNVAL
        return self.readiness() & (events | POLLERR | POLLHUP)

    def watch(self, watcher: Watcher) -> None:
        """Have `watcher(socket, bits)` called when readiness may have changed.

        `bits` says what it is about (0: anything) as Linux's wake-up key does: new text is told each time it comes,
        also while older text waits.  POLLNVAL says that the socket was closed.  The watcher must not block, and may
        call the socket.
        """
        self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Stop calling it; one that does not watch is no mistake."""
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    def notify(self, bits: int) -> None:
        """Tell the watchers; what they bring about themselves is told after they have returned."""
        self._notices.append(bits)
        if self._notifying:
            return
        self._notifying = True
        try:
            while self._notices:
                bits = self._notices.popleft()
                for watcher in list(self._watchers):
                    watcher(self, bits)
        finally:
            self._notifying = False

    # What each kind of socket does in its own way

    @abstractmethod
    def bind(self, address: SockAddr) -> None:
        """bind(2): EADDRINUSE, EADDRNOTAVAIL, EINVAL (bound already)."""

    @abstractmethod
    def connect(self, address: SockAddr | None) -> None:
        """connect(2); None is AF_UNSPEC and undoes it."""

    @abstractmethod
    def getsockname(self) -> SockAddr:
        """Our end."""

    @abstractmethod
    def getpeername(self) -> SockAddr:
        """The other end; ENOTCONN."""

    @abstractmethod
    def receive(self, limit: int, flags: int = 0) -> Received:
        """recvmsg(2), of which `recv`, `recvfrom` and `recvmsg` are forms."""

    @abstractmethod
    def transmit(self, data: bytes, flags: int = 0, address: SockAddr | None = None) -> int:
        """sendmsg(2), of which `send`, `sendto` and `sendmsg` are forms; gives the octets taken."""

    @abstractmethod
    def shutdown(self, how: int) -> None:
        """shutdown(2) with SHUT_RD, SHUT_WR or SHUT_RDWR: ENOTCONN, EINVAL."""

    @abstractmethod
    def close(self) -> None:
        """close(2) of the last descriptor; later calls raise EBADF.  Closing twice does nothing."""

    @abstractmethod
    def ioctl(self, request: int) -> int:
        """The number that an ioctl(2) asks for: FIONREAD (SIOCINQ), SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK.  ENOTTY."""

    @abstractmethod
    def take_error(self) -> int:
        """SO_ERROR: the errno of what went wrong since, or 0; asking clears it."""

    # The calls as Python's socket objects have them

    def recv(self, limit: int, flags: int = 0) -> bytes:
        """What is there, at most `limit` octets; b"" at the end of a stream.

        Octets that MSG_TRUNC only counts come as zeros.
        """
        received = self.receive(limit, flags)
        return received.data + bytes(received.size - len(received.data))

    def recvfrom(self, limit: int, flags: int = 0) -> tuple[bytes, SockAddr | None]:
        """`recv` with the sender's address, which a stream does not tell (None)."""
        received = self.receive(limit, flags)
        return received.data + bytes(received.size - len(received.data)), received.address

    def recvmsg(self, limit: int, ancillary: int = 0, flags: int = 0) -> tuple[bytes, Ancillary, int, SockAddr | None]:
        """(data, control messages, flags, address); control messages only if `ancillary` is not 0."""
        received = self.receive(limit, flags)
        messages = list(received.ancillary) if ancillary else []
        return received.data, messages, received.flags, received.address

    def send(self, data: bytes, flags: int = 0) -> int:
        """Gives the octets taken, which may be fewer than there are."""
        return self.transmit(data, flags)

    def sendto(self, data: bytes, address: SockAddr | None, flags: int = 0) -> int:
        """`send` to `address`; a stream ignores it, unless MSG_FASTOPEN opens one."""
        return self.transmit(data, flags, address)

    def sendmsg(
        self,
        buffers: Iterable[bytes],
        ancillary: Iterable[tuple[int, int, bytes]] = (),
        flags: int = 0,
        address: SockAddr | None = None,
    ) -> int:
        """`sendto` with the octets of several buffers; control messages are not understood (EINVAL)."""
        if list(ancillary):
            raise failure(errno.EINVAL)
        return self.transmit(b"".join(buffers), flags, address)

    def setsockopt(self, level: int, option: int, value: int | bytes) -> None:
        """Set an option; a number stands for a C int.  ENOPROTOOPT, EINVAL, and what the option itself raises."""
        self.check_open()
        raw = value.to_bytes(4, "little", signed=value < 0) if isinstance(value, int) else bytes(value)
        found = self._option(level, option)
        if found.set is None:
            raise failure(errno.ENOPROTOOPT)
        found.set(self, raw)
        self.env.wake()

    def getsockopt(self, level: int, option: int, size: int = 0) -> int | bytes:
        """An option's value: a number, or with `size` its octets, at most so many."""
        self.check_open()
        if self.family == AF_INET and level not in (SOL_SOCKET, IPPROTO_IP, self.protocol):
            raise failure(errno.EOPNOTSUPP)
        found = self._option(level, option)
        if found.get is None:
            raise failure(errno.ENOPROTOOPT)
        value = found.get(self)
        raw = (value & 0xFFFF_FFFF).to_bytes(4, "little") if isinstance(value, int) else value
        return raw[:size] if size else int.from_bytes(raw[:4], "little", signed=True)

    def _option(self, level: int, option: int) -> Option:
        found = self.OPTIONS.get((level, option))
        if found is None or (found.v6_only and self.family != AF_INET6):
            raise failure(errno.ENOPROTOOPT)
        return found

    def inherit(self, other: Socket) -> None:
        """Take over the options of a listening socket."""
        for name in (
            "reuse_address", "reuse_port", "v6_only", "oob_inline", "receive_low_water", "receive_timeout_ns",
            "send_timeout_ns", "ip_ttl", "ip_tos", "hops", "traffic_class",
        ):  # fmt: skip
            setattr(self, name, getattr(other, name))

    @abstractmethod
    def header_changed(self) -> None:
        """An option of the IP header was set: `ip_ttl`, `ip_tos`, `hops` or `traffic_class`."""

    def check_open(self) -> None:
        """Raise EBADF after `close`."""
        if self.closed:
            raise failure(errno.EBADF)


Watcher: TypeAlias = Callable[[Socket, int], None]


def octets(data: Any) -> bytes:
    """What a caller wants to send, as `bytes`; raises `UsageError` for text."""
    if isinstance(data, str):
        raise UsageError("octets are sent, not text: encode it first")
    return bytes(data) if not isinstance(data, bytes) else data


def truncated(text: bytes, limit: int, flags: int) -> tuple[bytes, int, int]:
    """(data, size, message flags) of a datagram: what does not fit is lost, and MSG_TRUNC says so."""
    fits = len(text) <= limit
    data = text[:limit]
    return data, (len(text) if flags & MSG_TRUNC else len(data)), (0 if fits else MSG_TRUNC)
