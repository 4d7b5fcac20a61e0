"""Measurements that need no kernel: memory of connections, segments between two lab hosts, start-up time.

Segments are counted per second of this process's CPU time, so that what else the machine does matters little.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from random import Random
from typing import Final

import synfin
from synfin.device.memory import MemoryDevice, MemoryPair
from synfin.host import Host
from synfin.host.slots import key_of
from synfin.lab.world import World
from synfin.tcp import Connection, Event, Listener
from synfin.tcp.timewait import TimeWait, TimeWaitTable
from synfin.wire.addresses import Address, parse_address

PORT: Final = 80
_BATCH: Final = 100  # connections opened or closed at a time, within backlog and queues
_MILLISECOND: Final = 1_000_000
_SCALE_PORTS: Final = 20  # so that each has local ports for its share of 100,000
_SCALE_SEGMENTS: Final = 20_000
_SCALE_TEXT: Final = bytes(500)


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
                self.client.connect("10.0.0.2", PORT, self.now, handler=_take)
            self.settle()

    def exchange(self) -> None:
        """Text goes there and back once on every connection."""
        connections = self.client.connections()
        for begin in range(0, len(connections), _BATCH):
            for connection in connections[begin : begin + _BATCH]:
                connection.write(_SCALE_TEXT, self.now)
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
        taken.handler = _serve
        taken = listener.accept()


def _serve(connection: Connection, event: Event, now: int) -> None:
    """Echo; close when the other side has."""
    if event is Event.EOF:
        connection.close(now)
    elif event is Event.READABLE:
        connection.write(connection.read(len(_SCALE_TEXT), now), now)


def _take(connection: Connection, event: Event, now: int) -> None:
    if event is Event.READABLE:
        connection.read(len(_SCALE_TEXT), now)


def _live() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def memory(count: int) -> dict[str, float]:
    """Octets of live objects for an idle established connection and for a TIME_WAIT record (tracemalloc).

    "Used" is a connection over which text has gone in both directions, and that is idle again.  Tables grow in steps,
    so a few thousand of them can look half as large again as ten thousand.
    """
    ends = Ends()
    ends.open(_BATCH)  # whatever is made once is made now
    ends.exchange()
    ends.close()
    tracemalloc.start()
    before = _live()
    ends.open(count)
    assert len(ends.client.connections()) == len(ends.server.connections()) == count
    idle = (_live() - before) / count / 2
    ends.exchange()
    used = (_live() - before) / count / 2
    ends.close()
    assert not ends.client.connections()
    assert not ends.server.connections()
    assert len(ends.client.time_wait) >= count
    record = (_live() - before) / count
    tracemalloc.stop()
    return {"idle bytes": idle, "used bytes": used, "time-wait bytes": record}


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
    start = time.process_time()
    world.run()
    seconds = time.process_time() - start
    assert got == size
    segments = sum(node.host.counters["TcpOutSegs"] for node in (left, right))
    return {"segments/s": segments / seconds, "MB/s": size / seconds / 1e6}


def lab_scale(most: int) -> dict[str, float]:
    """Microseconds a segment while 1,000, 10,000, ... up to `most` connections of two hosts each send now and then."""
    figures = {}
    count = 1_000
    while count <= most:
        figures[f"us/segment at {count}"] = _segment_cost(count)
        count *= 10
    return figures


def _segment_cost(count: int) -> float:
    """Each of `count` connections sends once, in `_SCALE_SEGMENTS` or more segments in all."""
    world = World(seed=1, record=False)
    left, right = world.host("left"), world.host("right")
    world.link(left, right, delay="1ms", queue="10MB")
    connections: list[Connection] = []

    def take(connection: Connection, event: Event, now: int) -> None:
        connection.read(1 << 16, now)

    def accept(listener: Listener, connection: Connection, now: int) -> None:
        taken = listener.accept()
        assert taken is not None
        taken.handler = take

    for port in range(PORT, PORT + _SCALE_PORTS):
        right.listen(port, handler=accept)
    for begin in range(0, count, _BATCH):
        numbers = range(begin, min(begin + _BATCH, count))
        connections.extend(left.connect("right", PORT + number % _SCALE_PORTS) for number in numbers)
        world.run(until=world.now + 10 * _MILLISECOND)
    assert len(right.host.connections()) == count

    nodes = (left, right)
    gc.collect()
    before = sum(node.host.counters["TcpOutSegs"] for node in nodes)
    start = time.process_time()
    for _ in range(max(1, _SCALE_SEGMENTS // count)):
        for begin in range(0, count, _BATCH):
            for connection in connections[begin : begin + _BATCH]:
                left.write(connection, _SCALE_TEXT)
            world.run(until=world.now + 10 * _MILLISECOND)
    seconds = time.process_time() - start
    return seconds / (sum(node.host.counters["TcpOutSegs"] for node in nodes) - before) * 1e6


def time_wait(count: int) -> dict[str, float]:
    """Octets of a record of the table when it holds `count` of them (tracemalloc), the keys included."""
    table = TimeWaitTable(limit=count)
    local = parse_address("10.0.0.1")
    tracemalloc.start()
    before = _live()
    for number in range(count):
        remote = Address((number // 60_000 + 0x0A01_0000).to_bytes(4, "big"))
        key = key_of(local, PORT, remote, number % 60_000 + 1_024)
        table.add(key, TimeWait(number, number, 65_535, 60_000 * _MILLISECOND + number, 60_000 * _MILLISECOND, number))
    octets = (_live() - before) / count
    tracemalloc.stop()
    assert len(table) == count
    return {"time-wait bytes": octets}


def start_up(count: int) -> dict[str, float]:
    """Median seconds of a whole process: the version, an import of the stack, the demo, and the interpreter alone."""
    python = sys.executable
    commands = {
        "version ms": [python, "-m", "synfin", "--version"],
        "import ms": [python, "-c", "import synfin.host"],
        "demo ms": [python, "-m", "synfin", "demo"],
        "python ms": [python, "-c", "pass"],
    }
    return {
        name: statistics.median(_seconds(command) for _ in range(count)) * 1e3 for name, command in commands.items()
    }


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


INSIDE: Final[dict[str, tuple[Callable[[int], dict[str, float]], int]]] = {
    "memory": (memory, 10_000),
    "time-wait": (time_wait, 1_000_000),
    "lab-segments": (lab_segments, 30_000_000),
    "lab-scale": (lab_scale, 100_000),
    "start-up": (start_up, 9),
}


def main() -> None:
    """`python -m bench.inside NAME [AMOUNT]`: one of them as JSON."""
    measure, amount = INSIDE[sys.argv[1]]
    figures: dict[str, float | str] = dict(measure(int(sys.argv[2]) if len(sys.argv) > 2 else amount))
    print(json.dumps({"kind": "compiled" if synfin.compiled() else "interpreted"} | figures))


if __name__ == "__main__":
    main()
