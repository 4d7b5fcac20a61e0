"""What a script's system calls need from a socket layer: `SocketCalls`, made for this stack and for the kernel.

Descriptors, levels, options and flags are Linux's numbers (`constants`); option values are octets, as setsockopt(2)
takes them.  Every method raises `OSError` as the call would; one that would have to wait raises `BlockingIOError`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from synfin.wire.addresses import Endpoint


class Message(NamedTuple):
    """What recvmsg(2) gives: text, control messages as (level, type, octets), `msg_flags`, and the sender if told."""

    data: bytes
    control: tuple[tuple[int, int, bytes], ...] = ()
    flags: int = 0
    address: Endpoint | None = None


class SocketCalls(ABC):
    """System calls on live descriptors; `None` as an address stands for "no address"."""

    @abstractmethod
    def socket(self, domain: int, kind: int, protocol: int) -> int:
        """A new descriptor."""

    @abstractmethod
    def bind(self, fd: int, address: Endpoint) -> None:
        """bind(2)."""

    @abstractmethod
    def listen(self, fd: int, backlog: int) -> None:
        """listen(2)."""

    @abstractmethod
    def connect(self, fd: int, address: Endpoint) -> None:
        """connect(2); EINPROGRESS while the handshake is under way."""

    @abstractmethod
    def accept(self, fd: int, flags: int) -> int:
        """accept4(2): the new descriptor."""

    @abstractmethod
    def send(self, fd: int, data: bytes, flags: int, address: Endpoint | None = None) -> int:
        """sendto(2): octets taken."""

    @abstractmethod
    def receive(self, fd: int, size: int, flags: int, control: int = 0) -> Message:
        """recvmsg(2) with room for `size` octets of text and `control` octets of control messages."""

    @abstractmethod
    def shutdown(self, fd: int, how: int) -> None:
        """shutdown(2)."""

    @abstractmethod
    def close(self, fd: int) -> None:
        """close(2)."""

    @abstractmethod
    def set_option(self, fd: int, level: int, name: int, value: bytes) -> None:
        """setsockopt(2)."""

    @abstractmethod
    def get_option(self, fd: int, level: int, name: int, size: int) -> bytes:
        """getsockopt(2) with room for `size` octets."""

    @abstractmethod
    def flags(self, fd: int) -> int:
        """fcntl(2) F_GETFL."""

    @abstractmethod
    def set_flags(self, fd: int, flags: int) -> None:
        """fcntl(2) F_SETFL."""

    @abstractmethod
    def ioctl(self, fd: int, request: int) -> int:
        """ioctl(2) of the requests that give an int (SIOCINQ, SIOCOUTQ)."""

    @abstractmethod
    def ready(self, fd: int) -> int:
        """The poll(2) events that hold now, whatever was asked for."""

    @abstractmethod
    def local_port(self, fd: int) -> int:
        """The port of getsockname(2); 0 while there is none."""

    # Files, pipes, and what moves octets between descriptors

    @abstractmethod
    def open_file(self, name: str, flags: int) -> int:
        """open(2) of `/dev/zero`, `/dev/null`, or else of a temporary file of this run, whose name has no slash."""

    @abstractmethod
    def pipe(self) -> tuple[int, int]:
        """pipe(2): the reading and the writing descriptor."""

    @abstractmethod
    def splice(self, source: int, target: int, size: int, flags: int) -> int:
        """splice(2) without offsets."""

    @abstractmethod
    def sendfile(self, target: int, source: int, offset: int | None, size: int) -> int:
        """sendfile(2); `offset` None: from where the file stands."""

    # epoll(7)

    @abstractmethod
    def epoll_create(self) -> int:
        """epoll_create1(2)."""

    @abstractmethod
    def epoll_control(self, epoll: int, what: int, fd: int, events: int) -> None:
        """epoll_ctl(2); `what` is EPOLL_CTL_ADD, EPOLL_CTL_DEL or EPOLL_CTL_MOD."""

    @abstractmethod
    def epoll_wait(self, epoll: int, limit: int) -> list[tuple[int, int]]:
        """epoll_wait(2) without waiting: (descriptor, events) of up to `limit` that are ready."""

    @abstractmethod
    def info(self, fd: int) -> dict[str, int]:
        """The fields of `struct tcp_info` by their names without `tcpi_`."""
