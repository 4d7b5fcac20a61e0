"""Several processes on one multi-queue device: what comes to the wrong one is passed round a ring.

Each worker has a queue of the device (IFF_MULTI_QUEUE) and a host of its own with the same addresses and listeners.
The kernel steers: all packets of a flow come to the queue on which the flow was last answered, and before that to one
chosen by a hash of addresses and ports, which is the same for both directions (tuntap.rst, "automq").  So a connection
lives where its SYN arrived, and nobody has to know where that is.

What the hash cannot steer comes to some worker: a segment that was reassembled from fragments, whose ports only the
first of them tells; a segment of a flow that the kernel has forgotten; an ICMP error about any of them.  A worker that
knows no connection for a segment gives it to the next one, and so on until it is back where it began: only then it is
answered with a reset.  An ICMP error goes all the way round, because each worker keeps its own path MTUs.

Responsible for the ring and nothing else: processes are started and ended by `cli.workers`.  TUN only: on TAP each
worker would need the neighbours that another one has asked for.
"""

from __future__ import annotations

import socket
from struct import Struct
from typing import Final, final

from synfin.device.base import IP_LAYER
from synfin.device.drive import Driver
from synfin.errors import UsageError
from synfin.wire.frame import Frame

WORKERS_LIMIT: Final = 64
_MESSAGE: Final = Struct("=BBH")  # how many workers have had it, whether its checksum is known to be right, MSS
_MESSAGE_LIMIT: Final = 65_535 + 64
_AT_ONCE: Final = 64  # messages taken before the loop goes on
_POLLIN: Final = 1


@final
class Ring:
    """The way from each of `count` workers to the next; made before they are started, so that all of them have it."""

    def __init__(self, count: int) -> None:
        if not 1 <= count <= WORKERS_LIMIT:
            raise UsageError(f"{count} workers; there can be 1 to {WORKERS_LIMIT}")
        self.count = count
        self._pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(count)]

    def member(self, index: int) -> Member:
        """The place of worker `index`; call it once, in its process: all other descriptors are closed."""
        inbox = self._pairs[index][0]
        following = self._pairs[(index + 1) % self.count][1]
        for pair in self._pairs:
            for end in pair:
                if end is not inbox and end is not following:
                    end.close()
        return Member(inbox, following, self.count)

    def close(self) -> None:
        """In the process that is no worker."""
        for pair in self._pairs:
            for end in pair:
                end.close()


@final
class Member:
    """One worker's place in the ring.  `passed_on`, `taken` and `lost` count packets."""

    def __init__(self, inbox: socket.socket, following: socket.socket, count: int) -> None:
        self._inbox = inbox
        self._following = following
        self._count = count
        self._had_it = 0  # workers that have had the packet that is being processed, before this one
        self._driver: Driver | None = None
        self.passed_on = 0
        self.taken = 0
        self.lost = 0
        inbox.setblocking(False)
        following.setblocking(False)

    def join(self, driver: Driver) -> None:
        """From now on take what comes round, and pass on what `driver`'s host does not know."""
        if driver.device.layer != IP_LAYER:
            raise UsageError("workers need a TUN device: on TAP they would not hear the answers to each other's ARP")
        self._driver = driver
        driver.host.strays = self.stray
        driver.watch(self._inbox.fileno(), _POLLIN, self._ready)

    def stray(self, packet: bytes, mss: int, checked: bool, everybody: bool) -> bool:
        """Give `packet` to the next worker unless all have had it; True when somebody else will answer it."""
        had_it = self._had_it + 1
        # One for everybody has been everywhere when the last has it; any other comes back to be answered here.
        if had_it >= self._count + (0 if everybody else 1):
            return False
        try:
            self._following.send(_MESSAGE.pack(had_it, checked, mss) + packet)
        except OSError:
            # Full, or the next worker is gone: lost as on a wire, and a peer that matters will send it again.
            self.lost += 1
            return not everybody
        self.passed_on += 1
        return True

    def _ready(self, events: int, now: int) -> None:
        driver = self._driver
        if driver is None:
            return
        for _ in range(_AT_ONCE):
            try:
                data = self._inbox.recv(_MESSAGE_LIMIT)
            except OSError:
                return
            self.taken += 1
            self._had_it, checked, mss = _MESSAGE.unpack_from(data)
            try:
                driver.host.receive(Frame(data, mss, checked=bool(checked), at=_MESSAGE.size), now)
            finally:
                self._had_it = 0

    def close(self) -> None:
        """Leave the ring."""
        if self._driver is not None:
            self._driver.unwatch(self._inbox.fileno())
            self._driver.host.strays = None
            self._driver = None
        self._inbox.close()
        self._following.close()
