"""Scripts on synfin's own stack: one host on a layer-3 interface, in virtual time, without any privilege.

Responsible for the host, its sockets and the time between two events; deterministic for a given seed.
"""

from __future__ import annotations

import errno
import os
from random import Random
from typing import Any, Final, final

from synfin.config import TcpConfig
from synfin.drill.calls import Message, SocketCalls
from synfin.drill.live import Observed
from synfin.drill.operation import Operation
from synfin.drill.settings import Setting, changes_for
from synfin.drill.stage import Addresses, Pending, Stage
from synfin.drill.tcp_info import INFO_SIZE, TCP_INFO, read_tcp_info
from synfin.errors import UsageError
from synfin.host import Host
from synfin.sockets import Socket, Sockets, TcpSocket
from synfin.trace import Record, Trace
from synfin.wire.addresses import Endpoint, format_address
from synfin.wire.frame import Frame
from synfin.wire.segmentation import split

HOST: Final = "synfin"
INTERFACE: Final = "drill0"
ORIGIN: Final = 1_000_000_000  # the host's time at the script's time 0: not 0, which looks like "never" in places
FIRST_FD: Final = 3

_IPPROTO_TCP: Final = 6
_SOCK_NONBLOCK: Final = 0x800
_SOCK_MASK: Final = 0xF
_O_RDWR: Final = 2
_O_NONBLOCK: Final = 0x800
_O_SETTABLE: Final = 0x800 | 0x400 | 0x2000


@final
class StackCalls(SocketCalls):
    """System calls on sockets of `synfin.sockets`."""

    def __init__(self, sockets: Sockets) -> None:
        self._factory = sockets
        self._open: dict[int, Socket] = {}
        self._flags: dict[int, int] = {}
        self._next = FIRST_FD

    def _of(self, fd: int) -> Socket:
        found = self._open.get(fd)
        if found is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return found

    def _tcp(self, fd: int) -> TcpSocket:
        found = self._of(fd)
        if not isinstance(found, TcpSocket):
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return found

    def _add(self, made: Socket, nonblocking: bool) -> int:
        fd = self._next
        self._next += 1
        self._open[fd] = made
        self._flags[fd] = _O_RDWR | (_O_NONBLOCK if nonblocking else 0)
        return fd

    def socket(self, domain: int, kind: int, protocol: int) -> int:
        """socket(2)."""
        return self._add(self._factory.socket(domain, kind & _SOCK_MASK, protocol), bool(kind & _SOCK_NONBLOCK))

    def bind(self, fd: int, address: Endpoint) -> None:
        """bind(2)."""
        self._of(fd).bind(_address(address))

    def listen(self, fd: int, backlog: int) -> None:
        """listen(2)."""
        self._tcp(fd).listen(backlog)

    def connect(self, fd: int, address: Endpoint) -> None:
        """connect(2)."""
        self._of(fd).connect(_address(address))

    def accept(self, fd: int, flags: int) -> int:
        """accept4(2)."""
        made, _ = self._tcp(fd).accept()
        return self._add(made, bool(flags & _SOCK_NONBLOCK))

    def send(self, fd: int, data: bytes, flags: int, address: Endpoint | None = None) -> int:
        """sendto(2)."""
        return self._of(fd).sendto(data, None if address is None else _address(address), flags)

    def receive(self, fd: int, size: int, flags: int, control: int = 0) -> Message:
        """recvmsg(2)."""
        got = self._of(fd).receive(size, flags)
        data = got.data + bytes(got.size - len(got.data))
        return Message(data, got.ancillary if control else (), got.flags)

    def shutdown(self, fd: int, how: int) -> None:
        """shutdown(2)."""
        self._of(fd).shutdown(how)

    def close(self, fd: int) -> None:
        """close(2)."""
        self._of(fd).close()
        del self._open[fd], self._flags[fd]

    def set_option(self, fd: int, level: int, name: int, value: bytes) -> None:
        """setsockopt(2)."""
        self._of(fd).setsockopt(level, name, value)

    def get_option(self, fd: int, level: int, name: int, size: int) -> bytes:
        """getsockopt(2)."""
        found = self._of(fd).getsockopt(level, name, max(size, 1))  # 0 would ask for a number
        assert isinstance(found, bytes)
        return found[: max(size, 0)]

    def flags(self, fd: int) -> int:
        """fcntl(2) F_GETFL."""
        self._of(fd)
        return self._flags[fd]

    def set_flags(self, fd: int, flags: int) -> None:
        """fcntl(2) F_SETFL."""
        self._of(fd)
        self._flags[fd] = _O_RDWR | (flags & _O_SETTABLE)

    def ioctl(self, fd: int, request: int) -> int:
        """ioctl(2)."""
        return self._of(fd).ioctl(request)

    def ready(self, fd: int) -> int:
        """All poll(2) events that hold."""
        return self._of(fd).readiness()

    def info(self, fd: int) -> dict[str, int]:
        """The fields of tcp_info."""
        return read_tcp_info(self.get_option(fd, _IPPROTO_TCP, TCP_INFO, INFO_SIZE))

    def configure(self, changes: dict[str, Any]) -> None:
        """Change the settings of sockets that are not connected yet, but for buffers, which are sized at the start."""
        later = {name: value for name, value in changes.items() if not name.endswith("_buffer_bytes")}
        for made in self._open.values():
            if isinstance(made, TcpSocket) and made.connection is None and later:
                made.configure(**later)

    def close_all(self) -> None:
        """Close every socket."""
        for made in self._open.values():
            made.close()
        self._open.clear()
        self._flags.clear()


def _address(endpoint: Endpoint) -> tuple[str, int]:
    return format_address(endpoint.address), endpoint.port


@final
class _Tried(Pending):
    """A call that is tried again after each thing that happens."""

    def __init__(self, stage: StackStage, operation: Operation) -> None:
        self._stage = stage
        self._operation = operation
        self._done = False

    def poll(self) -> bool:
        """Try again; whether it has returned."""
        if self._done:
            return True
        try:
            self.value = self._operation.attempt()
        except BlockingIOError as error:
            if self._operation.blocks:
                return False
            self.value, self.errno = -1, error.errno or errno.EAGAIN
        except OSError as error:
            self.value, self.errno = -1, error.errno or errno.EIO
        self._done = True
        self.time = self._stage.now()
        self._stage.settle()
        return True


@final
class StackStage(Stage):
    """A host with `tcp` as its configuration; `seed` decides everything that is random."""

    def __init__(self, addresses: Addresses, tcp: TcpConfig, *, mtu: int = 1500, seed: int = 0) -> None:
        super().__init__()
        self.name = HOST
        self.addresses = addresses
        self._now = ORIGIN
        self._ended = False
        trace = Trace(HOST, self._record)
        self.host = Host(HOST, rng=Random(seed), tcp=tcp, trace=trace)
        own = f"{format_address(addresses.local)}/{addresses.prefix}"
        self.host.add_interface(INTERFACE, addresses=[own], mtu=mtu)
        everything = "0.0.0.0/0" if len(addresses.remote) == 4 else "::/0"
        self.host.add_route(everything, interface=INTERFACE)
        self.calls = StackCalls(Sockets(self.host, clock=lambda: self._now))
        self.sockets: SocketCalls = self.calls
        self._waiting: Operation | None = None

    def now(self) -> int:
        """Virtual time."""
        return self._now - ORIGIN

    def _record(self, record: Record) -> None:
        if not self._ended:
            record.now -= ORIGIN
            self.records.append(record)

    def settle(self) -> None:
        """Let the host say what it has to say now."""
        for frame in self.host.poll(self._now):
            for piece in split(frame):
                self._saw(self.now(), piece.data, inbound=False, note=piece.note)
                self.observed.append(Observed(self.now(), piece.data, piece.note))

    def wait(self, until: int) -> None:
        """Go on to the next thing that is due, at most to `until`."""
        target = until + ORIGIN
        waiting = self._waiting
        if waiting is not None and waiting.deadline is not None and waiting.deadline > self.now():
            target = min(target, waiting.deadline + ORIGIN)
        due = self.host.next_deadline()
        if due is not None and due <= target:
            self._now = max(self._now, due)
            self.settle()
        else:
            self._now = max(self._now, target)

    def inject(self, packet: bytes) -> None:
        """Give the host a packet and let it answer."""
        self._saw(self.now(), packet, inbound=True)
        self.host.receive(Frame(packet), self._now)
        self.settle()

    def start(self, operation: Operation, may_wait: bool) -> Pending:
        """Try a call."""
        self._waiting = operation if may_wait else None
        return _Tried(self, operation)

    def apply(self, settings: list[Setting]) -> list[str]:
        """Change what connections and listeners made from now on are configured with."""
        unknown: list[str] = []
        for setting in settings:
            changes = changes_for(setting)
            try:
                if changes is not None:
                    self.host.tcp = self.host.tcp.but(**changes)
                    self.calls.configure(changes)
                    continue
            except UsageError:
                pass
            unknown.append(f"{setting.name}={setting.value}")
        return unknown

    def finish(self) -> None:
        """Reset every connection."""
        self._ended = True
        for connection in self.host.connections():
            connection.abort(self._now)
        self.calls.close_all()
