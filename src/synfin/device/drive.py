"""The standard loop in real time: a host on a device, other descriptors beside it, and a proper end.

Responsible for waiting (one `poll(2)` for everything), for calling the host as docs/architecture.md has it, for
timers of programs, and for closing connections when the program ends.  Leaves all decisions about segments to the host.
"""

from __future__ import annotations

import heapq
import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, TypeAlias, final

from synfin.device.base import Device
from synfin.errors import UsageError
from synfin.host import Host
from synfin.tcp import State
from synfin.wire.coalesce import coalesce
from synfin.wire.frame import Frame

BATCH_FRAMES: Final = 64  # frames taken before the host answers: acknowledgments are aggregated [MUST-58]
CLOSING_LIMIT: Final = 5_000_000_000  # ns that connections get to end properly
HEAP_KEPT: Final = 16 << 20  # octets

_MILLISECOND: Final = 1_000_000
_ENDED: Final = (State.CLOSED, State.TIME_WAIT)

Ready: TypeAlias = Callable[[int, int], None]  # poll(2) events, now
Due: TypeAlias = Callable[[int], None]  # now


@final
class Driver:
    """Runs `host` on `device`, whose clock is `clock` (ns, never goes back).

    `coalescing`: several small segments of one flow that are read in a row reach the host as one, on a device that does
    not do that itself; `coalesced` counts those that were put to another.  One thread only; `stop` alone may also be
    called from a signal handler or another thread.  `before_waiting` is called each time the loop has nothing left to
    do but wait.  `busy_poll` is for how many ns it then looks again and again before it sleeps: waking a process takes
    longer than most answers, at the price of a core that is busy for so long after each of them (what
    net.core.busy_poll is for Linux's sockets).  Raises `UsageError` for a device without a descriptor.
    """

    def __init__(
        self,
        host: Host,
        device: Device,
        clock: Callable[[], int] = time.monotonic_ns,
        *,
        coalescing: bool = True,
        busy_poll: int = 0,
    ) -> None:
        if device.fileno() < 0:
            raise UsageError(f"a {type(device).__name__} has no descriptor to wait for; drive it in virtual time")
        _keep_heap()
        self.host = host
        self.device = device
        self.clock = clock
        self.coalesced = 0
        self.stopped = False
        self.before_waiting: Callable[[], None] | None = None
        self.busy_poll = busy_poll
        self._coalescing = coalescing and not device.offload and not device.one_by_one
        self._ready: dict[int, Ready] = {}
        self._due: list[tuple[int, int, Due]] = []
        self._due_count = 0
        self._poll = select.poll()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._poll.register(self._wake_read, select.POLLIN)
        self._poll.register(device.fileno(), select.POLLIN)

    def __enter__(self) -> Driver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the loop's own descriptors; the device and the watched ones stay open."""
        if self._wake_read >= 0:
            os.close(self._wake_read)
            os.close(self._wake_write)
            self._wake_read = self._wake_write = -1

    def watch(self, fd: int, events: int, ready: Ready) -> None:
        """Call `ready(events, now)` while one of the poll(2) `events` holds on `fd`; again: change them."""
        self._ready[fd] = ready
        self._poll.register(fd, events)

    def unwatch(self, fd: int) -> None:
        """Forget a descriptor; one that is not watched is no mistake."""
        if self._ready.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def call_at(self, when: int, due: Due) -> None:
        """Call `due(now)` once, at `when` (ns) or soon after."""
        self._due_count += 1
        heapq.heappush(self._due, (when, self._due_count, due))

    def stop(self) -> None:
        """Make `run` return soon."""
        self.stopped = True
        with suppress(OSError):  # full: it is awake already; closed: there is nothing to stop
            os.write(self._wake_write, b"\0")

    def run(self, done: Callable[[], bool] | None = None, until: int | None = None) -> bool:
        """Drive the host until `done()` is true, the time `until` comes, or `stop` is called.

        Returns whether `done()` was reached.  Raises `OSError` when the device fails.
        """
        while not self.stopped:
            self.flush()
            if done is not None and done():
                return True
            if until is not None and self.clock() >= until:
                return False
            self._wait(until)
        return False

    def flush(self) -> None:
        """Let timers of programs and of the host fire and send what they have to say."""
        now = self.clock()
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2](now)
        write = self.device.write
        for frame in self.host.poll(self.clock()):
            write(frame)

    def _wait(self, until: int | None) -> None:
        """Sleep until something is to be done, then take what has come."""
        if self.before_waiting is not None:
            self.before_waiting()
        deadline = self.host.next_deadline()
        if self._due and (deadline is None or self._due[0][0] < deadline):
            deadline = self._due[0][0]
        if until is not None and (deadline is None or until < deadline):
            deadline = until
        for fd, events in self._look(deadline) or self._sleep(deadline):
            ready = self._ready.get(fd)
            if ready is not None:
                ready(events, self.clock())
            elif fd == self._wake_read:
                self._drain_wake()
            else:
                self._take_frames()

    def _look(self, deadline: int | None) -> list[tuple[int, int]]:
        """What is ready within `busy_poll`, without giving the core away."""
        if not self.busy_poll:
            return []
        end = self.clock() + self.busy_poll
        if deadline is not None and deadline < end:
            end = deadline
        while True:
            ready = self._poll.poll(0)
            if ready or self.clock() >= end:
                return ready

    def _sleep(self, deadline: int | None) -> list[tuple[int, int]]:
        """What is ready at last, or nothing when the deadline has come."""
        if deadline is None:
            return self._poll.poll()
        return self._poll.poll(max(0, -(-(deadline - self.clock()) // _MILLISECOND)))  # rounded up: never early

    def _take_frames(self) -> None:
        """Several frames before one answer; the rest stays in the device until the next round."""
        read, receive, clock = self.device.read, self.host.receive, self.clock
        if not self._coalescing:
            for _ in range(BATCH_FRAMES):
                frame = read(0)
                if frame is None:
                    return
                receive(frame, clock())
            return
        frames: list[Frame] = []
        while len(frames) < BATCH_FRAMES and (frame := read(0)) is not None:
            frames.append(frame)
        if len(frames) > 1:
            count = len(frames)
            frames = coalesce(frames, self.device.layer)
            self.coalesced += count - len(frames)
        now = clock()
        for frame in frames:
            receive(frame, now)

    def _drain_wake(self) -> None:
        with suppress(BlockingIOError):
            while os.read(self._wake_read, 4_096):
                pass

    def finish(self, limit: int = CLOSING_LIMIT) -> bool:
        """Close every listener and connection properly and drive until they are gone.

        After `limit` ns, or when `stop` is called meanwhile, the rest is aborted.  Returns whether all went properly.
        """
        self.stopped = False
        now = self.clock()
        for listener in self.host.listeners():
            listener.close(now)
        for connection in self.host.connections():
            connection.handler = None  # the program is over; a handler would go on reading and writing
            connection.close(now)
        proper = self.run(done=self._all_ended, until=now + limit)
        if not proper:
            now = self.clock()
            for connection in self.host.connections():
                connection.abort(now)
            self.flush()
        return proper

    def _all_ended(self) -> bool:
        return all(connection.state in _ENDED for connection in self.host.connections())


def _keep_heap() -> None:
    """Make glibc keep the memory of one round of super-segments for the next one.

    By default it gives free memory above 128 KiB at the top of the heap back to the kernel at once, and each page that
    is used again costs a fault: most of the time of sending in bulk.  Freeing one large block that was mapped raises
    that limit to twice its size (mallopt(3), M_MMAP_THRESHOLD); no page of it is ever touched.  Elsewhere it does
    nothing.
    """
    bytes(HEAP_KEPT)
