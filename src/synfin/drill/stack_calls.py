"""System calls of scripts on this stack: the sockets of `synfin.sockets`, and files and pipes in memory.

Responsible for descriptors and their flags; what a socket does is `synfin.sockets`' affair, a file `files`'.
"""

from __future__ import annotations

import errno
from typing import Any, Final, TypeAlias, final

from synfin.drill.calls import Message, SocketCalls
from synfin.drill.constants import CONSTANTS
from synfin.drill.files import File, Files, PipeEnd, StoredFile, make_pipe
from synfin.drill.tcp_info import INFO_SIZE, TCP_INFO, read_tcp_info
from synfin.sockets import Epoll, Socket, Sockets, TcpSocket, failure
from synfin.wire.addresses import Endpoint, format_address, parse_address

FIRST_FD: Final = 3

_IPPROTO_TCP: Final = 6
_SOCK_NONBLOCK: Final = 0x800
_SOCK_MASK: Final = 0xF
_O_RDWR: Final = 2
_O_NONBLOCK: Final = 0x800
_O_SETTABLE: Final = 0x800 | 0x400 | 0x2000

Opened: TypeAlias = Socket | File | Epoll


@final
class StackCalls(SocketCalls):
    """System calls on sockets of `synfin.sockets`."""

    def __init__(self, sockets: Sockets) -> None:
        self._factory = sockets
        self._files = Files()
        self._open: dict[int, Opened] = {}
        self._flags: dict[int, int] = {}
        self._next = FIRST_FD

    def _any(self, fd: int) -> Opened:
        found = self._open.get(fd)
        if found is None:
            raise failure(errno.EBADF)
        return found

    def _of(self, fd: int) -> Socket:
        found = self._any(fd)
        if not isinstance(found, Socket):
            raise OSError(errno.ENOTSOCK, "Socket operation on non-socket")
        return found

    def _tcp(self, fd: int) -> TcpSocket:
        found = self._of(fd)
        if not isinstance(found, TcpSocket):
            raise failure(errno.EOPNOTSUPP)
        return found

    def _add(self, made: Opened, flags: int) -> int:
        fd = self._next
        self._next += 1
        self._open[fd] = made
        self._flags[fd] = flags
        return fd

    def socket(self, domain: int, kind: int, protocol: int) -> int:
        """socket(2)."""
        made = self._factory.socket(domain, kind & _SOCK_MASK, protocol)
        return self._add(made, _O_RDWR | (_O_NONBLOCK if kind & _SOCK_NONBLOCK else 0))

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
        return self._add(made, _O_RDWR | (_O_NONBLOCK if flags & _SOCK_NONBLOCK else 0))

    def send(self, fd: int, data: bytes, flags: int, address: Endpoint | None = None) -> int:
        """sendto(2), and write(2) on what is no socket."""
        found = self._any(fd)
        if isinstance(found, File) and not flags:
            return found.write(data)
        return self._of(fd).sendto(data, None if address is None else _address(address), flags)

    def receive(self, fd: int, size: int, flags: int, control: int = 0) -> Message:
        """recvmsg(2), and read(2) on what is no socket."""
        found = self._any(fd)
        if isinstance(found, File) and not flags:
            return Message(found.read(size))
        got = self._of(fd).receive(size, flags)
        data = got.data + bytes(got.size - len(got.data))
        address = None if got.address is None else Endpoint(parse_address(got.address[0]), got.address[1])
        return Message(data, got.ancillary if control else (), got.flags, address)

    def shutdown(self, fd: int, how: int) -> None:
        """shutdown(2)."""
        self._of(fd).shutdown(how)

    def close(self, fd: int) -> None:
        """close(2)."""
        self._any(fd).close()
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
        self._any(fd)
        return self._flags[fd]

    def set_flags(self, fd: int, flags: int) -> None:
        """fcntl(2) F_SETFL."""
        self._any(fd)
        self._flags[fd] = self._flags[fd] & ~_O_SETTABLE | flags & _O_SETTABLE

    def ioctl(self, fd: int, request: int) -> int:
        """ioctl(2)."""
        return self._of(fd).ioctl(request)

    def ready(self, fd: int) -> int:
        """All poll(2) events that hold."""
        found = self._any(fd)
        return 0 if isinstance(found, Epoll) else found.readiness()

    def local_port(self, fd: int) -> int:
        """The port of getsockname(2)."""
        port: int = self._of(fd).getsockname()[1]
        return port

    def open_file(self, name: str, flags: int) -> int:
        """open(2) of something in memory."""
        return self._add(self._files.open(name, flags), flags & ~CONSTANTS["O_CREAT"])

    def pipe(self) -> tuple[int, int]:
        """pipe(2)."""
        reading, writing = make_pipe()
        return self._add(reading, CONSTANTS["O_RDONLY"]), self._add(writing, CONSTANTS["O_WRONLY"])

    def splice(self, source: int, target: int, size: int, flags: int) -> int:
        """splice(2): one side at least is a pipe (EINVAL)."""
        give, take = self._any(source), self._any(target)
        if isinstance(take, PipeEnd):
            if not take.room:
                raise failure(errno.EAGAIN)
            return take.write(self.receive(source, min(size, take.room), 0).data)
        if not isinstance(give, PipeEnd):
            raise failure(errno.EINVAL)
        data = give.peek(size)
        more = CONSTANTS["MSG_MORE"] if flags & CONSTANTS["SPLICE_F_MORE"] and isinstance(take, Socket) else 0
        moved = self.send(target, data, more) if data else 0
        give.drop(moved)
        return moved

    def sendfile(self, target: int, source: int, offset: int | None, size: int) -> int:
        """sendfile(2): EINVAL for a source that is no file."""
        found = self._any(source)
        if not isinstance(found, File) or isinstance(found, PipeEnd):
            raise failure(errno.EINVAL)
        if not isinstance(found, StoredFile):
            return self.send(target, found.read(size), 0)
        data = found.read_at(found.position if offset is None else offset, size)
        sent = self.send(target, data, 0) if data else 0
        if offset is None:
            found.position += sent
        return sent

    def epoll_create(self) -> int:
        """epoll_create1(2)."""
        return self._add(Epoll(), _O_RDWR)

    def _epoll(self, fd: int) -> Epoll:
        found = self._any(fd)
        if not isinstance(found, Epoll):
            raise failure(errno.EINVAL)
        return found

    def epoll_control(self, epoll: int, what: int, fd: int, events: int) -> None:
        """epoll_ctl(2), of sockets only: EPERM for files, as Linux has it, and for pipes as well."""
        found = self._any(fd)
        if not isinstance(found, Socket):
            raise failure(errno.EPERM)
        if what == CONSTANTS["EPOLL_CTL_ADD"]:
            self._epoll(epoll).register(found, events, fd)
        elif what == CONSTANTS["EPOLL_CTL_MOD"]:
            self._epoll(epoll).modify(found, events, fd)
        elif what == CONSTANTS["EPOLL_CTL_DEL"]:
            self._epoll(epoll).unregister(found)
        else:
            raise failure(errno.EINVAL)

    def epoll_wait(self, epoll: int, limit: int) -> list[tuple[int, int]]:
        """epoll_wait(2)."""
        return self._epoll(epoll).wait(limit)

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
        """Close everything."""
        for made in self._open.values():
            made.close()
        self._open.clear()
        self._flags.clear()


def _address(endpoint: Endpoint) -> tuple[str, int]:
    return format_address(endpoint.address), endpoint.port
