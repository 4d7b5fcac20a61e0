"""Scripts on the machine's own TCP: a TUN device in a private network namespace, real time, real sockets.

Responsible for the device, the sockets and for blocking calls, which wait in a second thread.  The process that makes a
`KernelStage` is in a namespace of its own for ever after: `jobs` makes one for each script.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, final

from synfin.device.namespace import Prefix, configure, enter_private_namespace
from synfin.device.rtnetlink import Rtnetlink
from synfin.device.tun import Tun
from synfin.drill.calls import Message, SocketCalls
from synfin.drill.live import Observed
from synfin.drill.operation import Operation
from synfin.drill.settings import Setting
from synfin.drill.stage import Addresses, Pending, Stage
from synfin.drill.tcp_info import INFO_SIZE, TCP_INFO, read_tcp_info
from synfin.trace import RECEIVE, SEND, Trace
from synfin.wire.addresses import Address, Endpoint, format_address, network_of
from synfin.wire.frame import Frame

HOST: Final = "kernel"
START_LIMIT: Final = 0.25  # s that a call gets which is not said to block
READY_TRIES: Final = 2_000  # looks, a millisecond apart
RETRY: Final = 1_000_000  # ns between two looks at what poll and epoll wait for

_ALL_EVENTS: Final = 0x3FFF & ~0x20


@final
class KernelCalls(SocketCalls):
    """System calls as they are."""

    def __init__(self) -> None:
        self._sockets: dict[int, socket.socket] = {}

    def _of(self, fd: int) -> socket.socket:
        found = self._sockets.get(fd)
        if found is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
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
        """sendto(2), without SIGPIPE."""
        flags |= socket.MSG_NOSIGNAL
        if address is not None:
            return self._of(fd).sendto(data, flags, (format_address(address.address), address.port))
        return self._of(fd).send(data, flags)

    def receive(self, fd: int, size: int, flags: int, control: int = 0) -> Message:
        """recvmsg(2)."""
        data, ancillary, got, _ = self._of(fd).recvmsg(size, control, flags)
        return Message(data, tuple((level, kind, octets) for level, kind, octets in ancillary), got)

    def shutdown(self, fd: int, how: int) -> None:
        """shutdown(2)."""
        self._of(fd).shutdown(how)

    def close(self, fd: int) -> None:
        """close(2)."""
        self._of(fd).close()
        del self._sockets[fd]

    def set_option(self, fd: int, level: int, name: int, value: bytes) -> None:
        """setsockopt(2)."""
        self._of(fd).setsockopt(level, name, value)

    def get_option(self, fd: int, level: int, name: int, size: int) -> bytes:
        """getsockopt(2)."""
        return self._of(fd).getsockopt(level, name, size)

    def flags(self, fd: int) -> int:
        """fcntl(2) F_GETFL."""
        return fcntl.fcntl(self._of(fd), fcntl.F_GETFL)

    def set_flags(self, fd: int, flags: int) -> None:
        """fcntl(2) F_SETFL."""
        fcntl.fcntl(self._of(fd), fcntl.F_SETFL, flags)

    def ioctl(self, fd: int, request: int) -> int:
        """ioctl(2) with an int."""
        answer: bytes = fcntl.ioctl(self._of(fd), request, struct.pack("@i", 0))
        value: int = struct.unpack("@i", answer)[0]
        return value

    def ready(self, fd: int) -> int:
        """poll(2) for everything, without waiting."""
        poll = select.poll()
        poll.register(self._of(fd), _ALL_EVENTS)
        found = poll.poll(0)
        return found[0][1] if found else 0

    def info(self, fd: int) -> dict[str, int]:
        """getsockopt(2) TCP_INFO."""
        return read_tcp_info(self._of(fd).getsockopt(socket.IPPROTO_TCP, TCP_INFO, INFO_SIZE))

    def close_all(self) -> None:
        """Reset and close what is open."""
        for made in self._sockets.values():
            with suppress(OSError):
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("@ii", 1, 0))
            with suppress(OSError):
                made.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits in a call on it
            made.close()
        self._sockets.clear()


@final
class _Waiting(Pending):
    """A call in a thread of its own, or one that is tried again and again."""

    def __init__(self, stage: KernelStage, operation: Operation, in_thread: bool) -> None:
        self._stage = stage
        self._operation = operation
        self._done = threading.Event()
        self._thread: threading.Thread | None = None
        if in_thread:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def join(self, seconds: float) -> None:
        """Give the thread some time."""
        self._done.wait(seconds)

    def _run(self) -> None:
        try:
            self.value = self._operation.attempt()
        except OSError as error:
            self.value, self.errno = -1, error.errno or errno.EIO
        except (OverflowError, ValueError):  # Python's own checks of numbers and addresses
            self.value, self.errno = -1, errno.EINVAL
        self.time = self._stage.now()
        self._done.set()
        self._stage.wake()

    def poll(self) -> bool:
        """Whether it has returned."""
        if self._done.is_set():
            return True
        if self._thread is not None:
            return False
        try:
            self.value = self._operation.attempt()
        except BlockingIOError as error:
            if self._operation.blocks:
                return False
            self.value, self.errno = -1, error.errno or errno.EAGAIN
        except OSError as error:
            self.value, self.errno = -1, error.errno or errno.EIO
        except (OverflowError, ValueError):
            self.value, self.errno = -1, errno.EINVAL
        self.time = self._stage.now()
        self._done.set()
        return True


def _await_address(address: Address) -> None:
    """The kernel makes an IPv6 address its own a moment after it was added: wait for the route to it."""
    if len(address) == 4:
        return
    wanted = f"{address.hex()} 80 "
    for _ in range(READY_TRIES):
        if any(line.startswith(wanted) for line in Path("/proc/net/ipv6_route").read_text("ascii").splitlines()):
            return
        time.sleep(0.001)


@final
class KernelStage(Stage):
    """The kernel's TCP at `addresses.local`, in this process's own namespace; raises `OSError` with what helps."""

    def __init__(self, addresses: Addresses, mtu: int = 1500) -> None:
        super().__init__()
        self.name = HOST
        self.addresses = addresses
        self.calls = KernelCalls()
        self.sockets: SocketCalls = self.calls
        enter_private_namespace()
        self._tun = Tun("drill%d", offload=False)
        ours = Prefix(addresses.local, addresses.prefix)
        configure(self._tun.name, [ours], mtu=mtu, quiet=True)
        with Rtnetlink() as netlink:
            link = netlink.link(self._tun.name)
            assert link is not None
            length = 24 if len(addresses.remote) == 4 else 64
            netlink.add_route(Address(network_of(addresses.remote, length)), length, link.ifindex)
        _await_address(addresses.local)
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._retrying: _Waiting | None = None
        self._trace = Trace(HOST, self.records.append)
        self._finished = False
        self._start = time.monotonic_ns()

    def now(self) -> int:
        """ns since the stage was ready."""
        return time.monotonic_ns() - self._start

    def restart_clock(self) -> None:
        """The script begins now."""
        self._start = time.monotonic_ns()

    def wake(self) -> None:
        """End `wait`, from another thread."""
        with suppress(OSError):
            os.write(self._wake_write, b"\0")

    def wait(self, until: int) -> None:
        """Wait for a packet, for a call that returns, or until `until`."""
        if self._retrying is not None and not self._retrying.poll():
            until = min(until, self.now() + RETRY)
        left = max(until - self.now(), 0)
        readable, _, _ = select.select([self._tun.fileno(), self._wake_read], [], [], left / 1e9)
        if self._wake_read in readable:
            with suppress(BlockingIOError):
                while os.read(self._wake_read, 4_096):
                    pass
        if self._tun.fileno() in readable:
            self._take()

    def _take(self) -> None:
        """Everything that the kernel has sent."""
        while (frame := self._tun.read(0)) is not None:
            observed = Observed(self.now(), frame.data)
            self._saw(observed.time, frame.data, inbound=False)
            segment = observed.segment
            if segment is None or observed.dst != self.addresses.remote:
                continue
            self.observed.append(observed)
            source, target = Endpoint(observed.src, segment.src_port), Endpoint(observed.dst, segment.dst_port)
            self._trace.segment(observed.time, SEND, source, target, segment, "")

    def inject(self, packet: bytes) -> None:
        """Write a packet to the device."""
        seen = Observed(self.now(), packet)
        self._saw(seen.time, packet, inbound=True)
        if seen.segment is not None:
            source, target = Endpoint(seen.src, seen.segment.src_port), Endpoint(seen.dst, seen.segment.dst_port)
            self._trace.segment(seen.time, RECEIVE, source, target, seen.segment, "")
        self._tun.write(Frame(packet))

    def start(self, operation: Operation, may_wait: bool) -> Pending:
        """Carry out a call, in a second thread when it may wait inside the kernel."""
        waiting = _Waiting(self, operation, in_thread=operation.blocks and operation.native)
        if operation.blocks and operation.native:
            waiting.join(0.001 if may_wait else START_LIMIT)
        elif operation.blocks:
            self._retrying = waiting
        return waiting

    def apply(self, settings: list[Setting]) -> list[str]:
        """Write /proc/sys of this namespace."""
        unknown: list[str] = []
        for setting in settings:
            try:
                Path("/proc/sys/" + setting.name.replace(".", "/")).write_text(setting.value, encoding="utf-8")
            except OSError:
                unknown.append(setting.name)
        return unknown

    def finish(self) -> None:
        """Close everything; the device goes with its descriptor."""
        if not self._finished:
            self._finished = True
            self.calls.close_all()
            self._tun.close()
            os.close(self._wake_read)
            os.close(self._wake_write)
