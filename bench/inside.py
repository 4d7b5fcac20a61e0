"""Measurements that need no kernel: memory of connections, segments between two lab hosts, start-up time."""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from synfin.device.memory import MemoryDevice, MemoryPair
from synfin.host import Host
from synfin.lab.world import World
from synfin.tcp import Connection, Event, Listener

PORT: Final = 80
_BATCH: Final = 100  # connections opened or closed at a time, within backlog and queues
_MILLISECOND: Final = 1_000_000


class Ends:
    """Two hosts back to back in memory; every call of `settle` brings them to rest."""

    def __init__(self) -> None:
        pair = MemoryPair()
        self.now = 0
        self.client = Host("client", rng=Random(1))
        self.server = Host("server", rng=Random(2))
        self.client.add_interface("a", ["10.0.0.1/24"])
        self.server.add_interface("b", ["10.0.0.2/24"])
        self.sides: list[tuple[Host, MemoryDevice]] = [(self.client, pair.a), (self.server, pair.b)]
        self.server.listen(PORT, 0, handler=_accept)

    def settle(self) -> None:
        """Move frames until none is left, then let 100 ms pass, for what was delayed; three times."""
        for _ in range(3):
            moved = True
            while moved:
                moved = False
                for host, device in self.sides:
                    while (frame := device.read(0)) is not None:
                        host.receive(frame, self.now)
                        moved = True
                    for frame in host.poll(self.now):
                        device.write(frame)
                        moved = True
            self.now += 100 * _MILLISECOND

    def open(self, count: int) -> None:
        """`count` connections, established on both sides."""
        for begin in range(0, count, _BATCH):
            for _ in range(min(_BATCH, count - begin)):
                self.client.connect("10.0.0.2", PORT, self.now)
            self.settle()

    def close(self) -> None:
        """The client closes all; the server closes each when it sees the end."""
        connections = self.client.connections()
        for begin in range(0, len(connections), _BATCH):
            for connection in connections[begin : begin + _BATCH]:
                connection.close(self.now)
            self.settle()


def _accept(listener: Listener, connection: Connection, now: int) -> None:
    taken = listener.accept()
    while taken is not None:
        taken.handler = _close_at_end
        taken = listener.accept()


def _close_at_end(connection: Connection, event: Event, now: int) -> None:
    if event is Event.EOF:
        connection.close(now)


def _live() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def memory(count: int) -> dict[str, float]:
    """Octets of live objects for an idle established connection and for a TIME_WAIT record (tracemalloc).

    Tables grow in steps, so a few thousand of them can look half as large again as ten thousand.
    """
    ends = Ends()
    ends.open(_BATCH)  # whatever is made once is made now
    ends.close()
    tracemalloc.start()
    before = _live()
    ends.open(count)
    assert len(ends.client.connections()) == len(ends.server.connections()) == count
    idle = (_live() - before) / count / 2
    ends.close()
    assert not ends.client.connections()
    assert not ends.server.connections()
    assert len(ends.client.time_wait) >= count
    record = (_live() - before) / count
    tracemalloc.stop()
    return {"idle bytes": idle, "time-wait bytes": record}


def lab_segments(size: int) -> dict[str, float]:
    """Segments a second, both directions counted, of a bulk transfer between two hosts of a world."""
    world = World(seed=1, record=False)
    left, right = world.host("left"), world.host("right")
    world.link(left, right, delay="1ms", queue="1MB")
    got = 0
    rest = size
    block = bytes(65_536)

    def read(connection: Connection, event: Event, now: int) -> None:
        nonlocal got
        while data := connection.read(1 << 20, now):
            got += len(data)
        if connection.at_eof:
            connection.handler = None
            connection.close(now)

    def accept(listener: Listener, connection: Connection, now: int) -> None:
        taken = listener.accept()
        assert taken is not None
        taken.handler = read

    def write(connection: Connection, event: Event, now: int) -> None:
        nonlocal rest
        while rest:
            taken = connection.write(block[:rest], now)
            rest -= taken
            if taken == 0:
                return
        connection.handler = None
        connection.close(now)

    right.listen(PORT, handler=accept)
    left.connect("right", PORT, handler=write)
    start = time.perf_counter()
    world.run()
    seconds = time.perf_counter() - start
    assert got == size
    segments = sum(node.host.counters["TcpOutSegs"] for node in (left, right))
    return {"segments/s": segments / seconds, "MB/s": size / seconds / 1e6}


def start_up(count: int) -> dict[str, float]:
    """Median seconds of a whole process: the version, the demo, and the interpreter alone."""
    script = Path(sys.executable).with_name("synfin")
    begin = [str(script)] if script.exists() else [sys.executable, "-c", "from synfin.cli.main import main; main()"]
    commands = {
        "version s": [*begin, "--version"],
        "demo s": [*begin, "demo"],
        "python s": [sys.executable, "-c", "pass"],
    }
    return {name: statistics.median(_seconds(command) for _ in range(count)) for name, command in commands.items()}


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


INSIDE: Final[dict[str, tuple[Callable[[int], dict[str, float]], int]]] = {
    "memory": (memory, 10_000),
    "lab-segments": (lab_segments, 30_000_000),
    "start-up": (start_up, 9),
}
