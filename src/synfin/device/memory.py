"""Two devices joined back to back in memory, for tests and for worlds in virtual time.

Responsible for a pair of bounded queues and nothing more: no delay, no loss (`lab.cable` has those), no clock, so
`read` never waits and whoever owns the time decides when to look again.
"""

from __future__ import annotations

from collections import deque
from typing import final

from synfin.device.base import IP_LAYER, Device, split
from synfin.errors import UsageError
from synfin.wire.frame import Frame


@final
class MemoryDevice(Device):
    """One end of a `MemoryPair`; `waiting` is how many frames can be read now."""

    def __init__(self, mtu: int, layer: int, offload: bool, queue_limit_frames: int) -> None:
        super().__init__(mtu, layer, offload)
        self.queue_limit_frames = queue_limit_frames
        self.closed = False
        self.peer: MemoryDevice | None = None
        self._queue: deque[Frame] = deque()

    @property
    def waiting(self) -> int:
        """Frames that have arrived and were not read yet."""
        return len(self._queue)

    def read(self, until: int | None) -> Frame | None:
        """The oldest frame that has arrived, or None at once: the queue knows no time."""
        return self._queue.popleft() if self._queue else None

    def write(self, frame: Frame) -> None:
        """Put the frame into the other end's queue; a full queue or a closed end drops it and counts."""
        if self.offload:
            self._put(frame)
        else:
            for piece in split(frame, self.layer):
                self._put(piece)

    def _put(self, frame: Frame) -> None:
        peer = self.peer
        if self.closed or peer is None or peer.closed or len(peer._queue) >= peer.queue_limit_frames:
            self.dropped += 1
            return
        # What never leaves the machine need not have its checksum added up.
        checked = frame.checked or frame.sum_from > 0
        data = frame.data
        peer._queue.append(
            Frame(data, frame.mss, frame.note, sum_from=frame.sum_from, sum_at=frame.sum_at, checked=checked)
        )

    def close(self) -> None:
        """Forget what was not read; what the other end still sends is dropped."""
        self.closed = True
        self._queue.clear()


@final
class MemoryPair:
    """Two `MemoryDevice` ends, `a` and `b`: what one writes the other reads, in order.

    `queue_limit_frames` bounds each direction.  Raises `UsageError` for a limit below one.
    """

    def __init__(
        self, mtu: int = 1_500, layer: int = IP_LAYER, offload: bool = False, queue_limit_frames: int = 1_024
    ) -> None:
        if queue_limit_frames < 1:
            raise UsageError(f"queue_limit_frames is {queue_limit_frames}; it must be at least 1")
        self.a = MemoryDevice(mtu, layer, offload, queue_limit_frames)
        self.b = MemoryDevice(mtu, layer, offload, queue_limit_frames)
        self.a.peer = self.b
        self.b.peer = self.a

    def close(self) -> None:
        """Close both ends."""
        self.a.close()
        self.b.close()
