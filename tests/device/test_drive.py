"""The loop in real time: frames, timers, other descriptors, stopping, and closing connections properly at the end."""

from __future__ import annotations

import os
import random
import select
import signal
import socket
from collections.abc import Iterator

import pytest

from synfin.config import TcpConfig
from synfin.device.base import Device
from synfin.device.drive import BATCH_FRAMES, Driver
from synfin.device.memory import MemoryPair
from synfin.errors import UsageError
from synfin.host import Host
from synfin.services.simple import Echo, Source
from synfin.tcp import Connection, Event
from synfin.wire.frame import Frame

MILLISECOND = 1_000_000
LIMIT = 20_000 * MILLISECOND


class SocketDevice(Device):
    """One end of a pair of datagram sockets: frames with a descriptor to wait for, without privilege."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(1_500)
        self.end = end
        end.setblocking(False)

    def read(self, until: int | None) -> Frame | None:
        try:
            return Frame(self.end.recv(65_536))
        except BlockingIOError:
            return None

    def write(self, frame: Frame) -> None:
        try:
            self.end.send(frame.data)
        except BlockingIOError:
            self.dropped += 1

    def fileno(self) -> int:
        return self.end.fileno()

    def close(self) -> None:
        self.end.close()


class World:
    """Host `a` in a `Driver`; host `b` on the other end is moved each time the driver is about to wait."""

    def __init__(self, busy_poll: int = 0) -> None:
        ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.near, self.far = SocketDevice(ends[0]), SocketDevice(ends[1])
        tcp = TcpConfig(msl_ms=10)
        self.a = Host("a", rng=random.Random(1), tcp=tcp)
        self.a.add_interface("eth0", addresses=["10.0.0.1/24"], mtu=1_500)
        self.b = Host("b", rng=random.Random(2), tcp=tcp)
        self.b.add_interface("eth0", addresses=["10.0.0.2/24"], mtu=1_500)
        self.driver = Driver(self.a, self.near, busy_poll=busy_poll)
        self.driver.before_waiting = self.move_b
        self.silent = False

    def now(self) -> int:
        return self.driver.clock()

    def move_b(self) -> None:
        while (frame := self.far.read(0)) is not None:
            if not self.silent:
                self.b.receive(frame, self.now())
        for out in self.b.poll(self.now()):
            if not self.silent:
                self.far.write(out)

    def run(self, done: object = None) -> bool:
        assert callable(done)
        return self.driver.run(done=done, until=self.now() + LIMIT)


@pytest.fixture(params=[0, 50_000], ids=["sleeping", "busy"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    world = World(request.param)
    yield world
    world.driver.close()
    world.near.close()
    world.far.close()


def collect(events: list[Event]) -> object:
    def handler(connection: Connection, event: Event, now: int) -> None:
        events.append(event)

    return handler


def connected(world: World, service: object = None) -> tuple[Connection, Connection]:
    """A connection from `a` to a service of `b`: both ends."""
    world.b.listen(7, world.now(), handler=(service or Echo()).accept)  # type: ignore[attr-defined]
    events: list[Event] = []
    connection = world.a.connect("10.0.0.2", 7, world.now(), handler=collect(events))  # type: ignore[arg-type]
    assert world.run(lambda: Event.CONNECTED in events and bool(world.b.connections()))
    return connection, world.b.connections()[0]


def test_frames_move_both_ways(world: World) -> None:
    connection, _ = connected(world)
    connection.write(b"hello", world.now())
    assert world.run(lambda: connection.readable == 5)
    assert connection.read(10, world.now()) == b"hello"


class Polls:
    """Stands in for `select.poll`: nothing ever comes; notes how long it was to wait."""

    def __init__(self) -> None:
        self.timeouts: list[int | None] = []

    def poll(self, timeout: int | None = None) -> list[tuple[int, int]]:
        self.timeouts.append(timeout)
        return []


@pytest.mark.parametrize(
    ("left", "timeouts"),
    [
        (None, [0, 0, 0, 0, 0, None]),  # 50 us of looking, then sleep
        (5_000_000, [0, 0, 0, 0, 0, 5]),
        (35_000, [0, 0, 0, 0]),  # no longer than the deadline: the last is the sleep, for which nothing is left
    ],
)
def test_busy_polling_ends_and_never_passes_a_deadline(left: int | None, timeouts: list[int | None]) -> None:
    polls = Polls()
    world = World(50_000)
    now = 0

    def clock() -> int:  # each look at it takes 10 us
        nonlocal now
        now += 10_000
        return now

    try:
        world.driver.clock = clock
        world.driver._poll = polls  # type: ignore[assignment]
        world.driver.before_waiting = None
        world.driver._wait(None if left is None else now + left)
    finally:
        for part in (world.driver, world.near, world.far):
            part.close()
    assert polls.timeouts == timeouts


def test_a_device_without_a_descriptor_cannot_be_driven() -> None:
    with pytest.raises(UsageError, match="MemoryDevice has no descriptor"):
        Driver(Host("a", rng=random.Random(1)), MemoryPair().a)


def test_timers_fire_in_order_and_not_early(world: World) -> None:
    start = world.now()
    fired: list[tuple[str, int]] = []
    for name, after in (("late", 30), ("first", 10), ("second", 10)):
        world.driver.call_at(start + after * MILLISECOND, lambda now, name=name: fired.append((name, now)))  # type: ignore[misc]
    assert world.run(lambda: len(fired) == 3)
    assert [name for name, _ in fired] == ["first", "second", "late"]
    assert fired[0][1] >= start + 10 * MILLISECOND
    assert fired[2][1] >= start + 30 * MILLISECOND


def test_a_timer_may_set_another(world: World) -> None:
    fired: list[int] = []

    def due(now: int) -> None:
        fired.append(now)
        if len(fired) < 3:
            world.driver.call_at(now, due)

    world.driver.call_at(0, due)
    assert world.run(lambda: len(fired) == 3)


def test_other_descriptors_are_watched_until_they_are_not(world: World) -> None:
    read, write = os.pipe()
    got: list[bytes] = []

    def ready(events: int, now: int) -> None:
        got.append(os.read(read, 1))
        if len(got) == 2:
            world.driver.unwatch(read)
            world.driver.unwatch(read)  # no mistake

    world.driver.watch(read, select.POLLIN, ready)
    os.write(write, b"abc")
    assert world.run(lambda: len(got) == 2)
    assert not world.driver.run(until=world.now() + 5 * MILLISECOND)
    assert got == [b"a", b"b"]
    os.close(read)
    os.close(write)


def test_run_gives_up_when_its_time_has_come(world: World) -> None:
    until = world.now() + 5 * MILLISECOND
    assert not world.driver.run(done=lambda: False, until=until)
    assert world.now() >= until


def test_a_signal_handler_may_stop_the_loop(world: World) -> None:
    before = signal.signal(signal.SIGUSR1, lambda number, frame: world.driver.stop())
    try:
        world.driver.call_at(0, lambda now: os.kill(os.getpid(), signal.SIGUSR1))
        assert not world.driver.run(until=world.now() + LIMIT)
        assert world.driver.stopped
    finally:
        signal.signal(signal.SIGUSR1, before)


class Backlog(Device):
    """A device in which frames wait already; keeps the order in which it is read and written."""

    def __init__(self, frames: list[Frame]) -> None:
        super().__init__(1_500)
        self.frames = frames
        self.log: list[str] = []
        self.read_end, self.write_end = os.pipe()
        os.write(self.write_end, b"there is something")

    def read(self, until: int | None) -> Frame | None:
        if not self.frames:
            return None
        self.log.append("read")
        return self.frames.pop(0)

    def write(self, frame: Frame) -> None:
        self.log.append("write")

    def fileno(self) -> int:
        return self.read_end

    def close(self) -> None:
        os.close(self.read_end)
        os.close(self.write_end)


def test_frames_are_taken_in_batches_before_one_answer() -> None:
    """[MUST-58]: acknowledgments can be aggregated; and a flood does not keep the host from answering."""
    asking = Host("b", rng=random.Random(2))
    asking.add_interface("eth0", addresses=["10.0.0.2/24"])
    for _ in range(BATCH_FRAMES + 5):
        asking.ping("10.0.0.1", 0)
    host = Host("a", rng=random.Random(1))
    host.add_interface("eth0", addresses=["10.0.0.1/24"])
    with Backlog(asking.poll(0)) as device, Driver(host, device) as driver:
        assert isinstance(device, Backlog)
        assert driver.run(done=lambda: device.log.count("write") == BATCH_FRAMES + 5, until=driver.clock() + LIMIT)
        log = device.log
    assert log == ["read"] * BATCH_FRAMES + ["write"] * BATCH_FRAMES + ["read"] * 5 + ["write"] * 5


def test_finish_closes_what_is_open(world: World) -> None:
    connection, other = connected(world)
    world.a.listen(80, world.now())
    assert world.driver.finish(LIMIT)
    assert connection.state.name in ("TIME_WAIT", "CLOSED")
    assert other.error is None  # a FIN, not a reset
    assert world.a.listeners() == []


def test_finish_aborts_what_does_not_end(world: World) -> None:
    connection, _ = connected(world)
    world.silent = True
    assert not world.driver.finish(5 * MILLISECOND)
    assert connection.state.name == "CLOSED"


def test_stopping_again_ends_the_finish(world: World) -> None:
    connection, _ = connected(world)
    world.silent = True
    world.driver.call_at(0, lambda now: world.driver.stop())
    assert not world.driver.finish(LIMIT)
    assert connection.state.name == "CLOSED"


def test_a_handler_does_not_go_on_while_the_program_ends(world: World) -> None:
    """A source would write for ever, and fail once its connection is closed."""
    world.a.listen(19, world.now(), handler=Source().accept)
    got: list[int] = []

    def reader(connection: Connection, event: Event, now: int) -> None:
        got.append(len(connection.read(65_536, now)))
        if connection.at_eof:
            connection.handler = None
            connection.close(now)

    world.b.connect("10.0.0.1", 19, world.now(), handler=reader)
    assert world.run(lambda: sum(got) > 10_000)
    assert world.driver.finish(LIMIT)
