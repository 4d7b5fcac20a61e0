"""Scripts on the machine's own TCP: a TUN device in a private network namespace, real time, real sockets.

Responsible for the device, the sockets and for blocking calls, which wait in a second thread.  The process that makes a
`KernelStage` is in a namespace of its own for ever after: `jobs` makes one for each script.
"""

from __future__ import annotations

import errno
import os
import select
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, final

from synfin.device.namespace import Prefix, configure, enter_private_namespace
from synfin.device.rtnetlink import Rtnetlink
from synfin.device.tun import Tun
from synfin.drill.calls import SocketCalls
from synfin.drill.kernel_calls import KernelCalls
from synfin.drill.operation import Operation
from synfin.drill.settings import Setting
from synfin.drill.stage import Addresses, Pending, Stage
from synfin.timeline.capture.observed import Observed
from synfin.trace import RECEIVE, SEND, Trace
from synfin.wire.addresses import Address, Endpoint, network_of
from synfin.wire.frame import Frame

HOST: Final = "kernel"
PRIORITY: Final = 1  # of the real-time ones, the lowest
START_LIMIT: Final = 0.25  # s that a call gets which is not said to block
READY_TRIES: Final = 2_000  # looks, a millisecond apart
RETRY: Final = 1_000_000  # ns between two looks at what poll and epoll wait for


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


def _be_prompt() -> None:
    """Run before everything that is not in a hurry: on a busy machine a packet would seem to be late."""
    with suppress(OSError, AttributeError):  # not allowed, or not on this system: then as it is
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))


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
        _be_prompt()
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
            if observed.dst != self.addresses.remote:
                continue
            self.observed.append(observed)
            if segment is None:
                continue
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
