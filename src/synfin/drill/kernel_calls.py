"""System calls of scripts as they are: the kernel's sockets, pipes and epoll, and files in a folder made for the run.

Responsible for descriptors; which thread a call waits in is `kernel`'s affair.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import shutil
import socket
import struct
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final, final

from synfin.drill.calls import Message, SocketCalls
from synfin.drill.constants import CONSTANTS
from synfin.drill.tcp_info import INFO_SIZE, TCP_INFO, read_tcp_info
from synfin.wire.addresses import Endpoint, format_address, parse_address

_ALL_EVENTS: Final = 0x3FFF & ~0x20
_FILE_MODE: Final = 0o600


@final
class KernelCalls(SocketCalls):
    """System calls as they are."""

    def __init__(self) -> None:
        self._sockets: dict[int, socket.socket] = {}
        self._epolls: dict[int, select.epoll] = {}
        self._files: dict[int, bool] = {}  # files and ends of pipes
        self._folder = ""

    def _any(self, fd: int) -> int:
        if fd not in self._sockets and fd not in self._files and fd not in self._epolls:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return fd

    def _of(self, fd: int) -> socket.socket:
        found = self._sockets.get(self._any(fd))
        if found is None:
            raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))
        return found

    def socket(self, domain: int, kind: int, protocol: int) -> int:
        """socket(2)."""
        made = socket.socket(domain, kind, protocol)
        self._sockets[made.fileno()] = made
        return made.fileno()

    def bind(self, fd: int, address: Endpoint) -> None:
        """bind(2)."""
        self._of(fd).bind((format_address(address.address), address.port))

    def listen(self, fd: int, backlog: int) -> None:
        """listen(2)."""
        self._of(fd).listen(backlog)

    def connect(self, fd: int, address: Endpoint) -> None:
        """connect(2)."""
        self._of(fd).connect((format_address(address.address), address.port))

    def accept(self, fd: int, flags: int) -> int:
        """accept4(2)."""
        made, _ = self._of(fd).accept()
        self._sockets[made.fileno()] = made
        if flags & socket.SOCK_NONBLOCK:
            made.setblocking(False)
        return made.fileno()

    def send(self, fd: int, data: bytes, flags: int, address: Endpoint | None = None) -> int:
        """sendto(2), without SIGPIPE; write(2) on what is no socket."""
        if fd in self._files and not flags:
            return os.write(fd, data)
        flags |= socket.MSG_NOSIGNAL
        if address is not None:
            return self._of(fd).sendto(data, flags, (format_address(address.address), address.port))
        return self._of(fd).send(data, flags)

    def receive(self, fd: int, size: int, flags: int, control: int = 0) -> Message:
        """recvmsg(2); read(2) on what is no socket."""
        if fd in self._files and not flags:
            return Message(os.read(fd, size))
        data, ancillary, got, sender = self._of(fd).recvmsg(size, control, flags)
        address = Endpoint(parse_address(sender[0].partition("%")[0]), sender[1]) if sender else None
        return Message(data, tuple((level, kind, octets) for level, kind, octets in ancillary), got, address)

    def shutdown(self, fd: int, how: int) -> None:
        """shutdown(2)."""
        self._of(fd).shutdown(how)

    def close(self, fd: int) -> None:
        """close(2)."""
        if self._any(fd) in self._sockets:
            self._sockets.pop(fd).close()
        elif fd in self._epolls:
            self._epolls.pop(fd).close()
        else:
            del self._files[fd]
            os.close(fd)

    def set_option(self, fd: int, level: int, name: int, value: bytes) -> None:
        """setsockopt(2)."""
        self._of(fd).setsockopt(level, name, value)

    def get_option(self, fd: int, level: int, name: int, size: int) -> bytes:
        """getsockopt(2)."""
        return self._of(fd).getsockopt(level, name, size)

    def flags(self, fd: int) -> int:
        """fcntl(2) F_GETFL."""
        return fcntl.fcntl(self._any(fd), fcntl.F_GETFL)

    def set_flags(self, fd: int, flags: int) -> None:
        """fcntl(2) F_SETFL."""
        fcntl.fcntl(self._any(fd), fcntl.F_SETFL, flags)

    def ioctl(self, fd: int, request: int) -> int:
        """ioctl(2) with an int."""
        answer: bytes = fcntl.ioctl(self._any(fd), request, struct.pack("@i", 0))
        value: int = struct.unpack("@i", answer)[0]
        return value

    def ready(self, fd: int) -> int:
        """poll(2) for everything, without waiting."""
        poll = select.poll()
        poll.register(self._any(fd), _ALL_EVENTS)
        found = poll.poll(0)
        return found[0][1] if found else 0

    def local_port(self, fd: int) -> int:
        """The port of getsockname(2)."""
        port: int = self._of(fd).getsockname()[1]
        return port

    def open_file(self, name: str, flags: int) -> int:
        """open(2): the two devices, or a file in the run's own folder."""
        if not name.startswith("/"):
            self._folder = self._folder or tempfile.mkdtemp(prefix="synfin-drill-")
            name = str(Path(self._folder) / name)
        fd = os.open(name, flags & ~CONSTANTS["O_CLOEXEC"], _FILE_MODE)
        self._files[fd] = True
        return fd

    def pipe(self) -> tuple[int, int]:
        """pipe(2)."""
        reading, writing = os.pipe()
        self._files[reading] = self._files[writing] = True
        return reading, writing

    def splice(self, source: int, target: int, size: int, flags: int) -> int:
        """splice(2)."""
        return os.splice(self._any(source), self._any(target), size, flags=flags)

    def sendfile(self, target: int, source: int, offset: int | None, size: int) -> int:
        """sendfile(2)."""
        return os.sendfile(self._any(target), self._any(source), offset, size)

    def epoll_create(self) -> int:
        """epoll_create1(2)."""
        made = select.epoll()
        self._epolls[made.fileno()] = made
        return made.fileno()

    def _epoll(self, fd: int) -> select.epoll:
        found = self._epolls.get(self._any(fd))
        if found is None:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return found

    def epoll_control(self, epoll: int, what: int, fd: int, events: int) -> None:
        """epoll_ctl(2)."""
        if what == CONSTANTS["EPOLL_CTL_ADD"]:
            self._epoll(epoll).register(self._any(fd), events)
        elif what == CONSTANTS["EPOLL_CTL_MOD"]:
            self._epoll(epoll).modify(self._any(fd), events)
        elif what == CONSTANTS["EPOLL_CTL_DEL"]:
            self._epoll(epoll).unregister(self._any(fd))
        else:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    def epoll_wait(self, epoll: int, limit: int) -> list[tuple[int, int]]:
        """epoll_wait(2)."""
        if limit <= 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return self._epoll(epoll).poll(0, limit)

    def info(self, fd: int) -> dict[str, int]:
        """getsockopt(2) TCP_INFO."""
        return read_tcp_info(self._of(fd).getsockopt(socket.IPPROTO_TCP, TCP_INFO, INFO_SIZE))

    def close_all(self) -> None:
        """Reset and close what is open, and remove what was written."""
        for made in self._sockets.values():
            with suppress(OSError):
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("@ii", 1, 0))
            with suppress(OSError):
                made.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits in a call on it
            made.close()
        self._sockets.clear()
        for epoll in self._epolls.values():
            epoll.close()
        self._epolls.clear()
        for fd in self._files:
            os.close(fd)
        self._files.clear()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = ""
