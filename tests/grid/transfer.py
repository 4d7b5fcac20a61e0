"""One bulk transfer over one path in the lab, and what it came to."""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass
from typing import Any, Final

from synfin.config import MILLISECOND, SECOND, TcpConfig
from synfin.lab.node import Node
from synfin.lab.world import World
from synfin.tcp import Connection, Event, Listener
from tests.grid.cases import BURST, BURST_EVERY, FRAME, SHARES, TEXT, Case

PORT: Final = 5_001
CHUNK: Final = bytes(64 * 1024)
TIME_LIMIT: Final = 3_600 * SECOND
EVENT_LIMIT: Final = 20_000_000
BURSTS: Final = 40


@dataclass(frozen=True, slots=True)
class Result:
    """Shares are of what the path could carry: `goodput` over the whole transfer, `steady` over its second half."""

    goodput: float
    steady: float
    seconds: float
    retransmitted: int  # octets sent again
    spurious: int  # of them, how many had not been lost

    def as_json(self) -> dict[str, Any]:
        """For the snapshot."""
        return asdict(self)


class Bulk:
    """Sends `size` octets over one connection and notes when all of them have come."""

    def __init__(self, sender: Node, receiver: Node, size: int, port: int = PORT) -> None:
        self.size = size
        self.left = size
        self.received = 0
        self.done_at = 0
        self.sender = sender
        self.receiver = receiver
        self.port = port
        self.connection: Connection | None = None
        self.served: Connection | None = None
        receiver.listen(port, self._serve)

    def start(self) -> None:
        """OPEN now."""
        self.connection = self.sender.connect(self.receiver.name, self.port, self._send)

    def _serve(self, listener: Listener, connection: Connection, now: int) -> None:
        taken = listener.accept()
        assert taken is not None
        taken.handler = self._take
        self.served = taken

    @property
    def arrived(self) -> int:
        """Octets that the receiver holds or has read, those behind a gap included."""
        store = None if self.served is None else self.served.tcb.reassembly
        return self.received + (0 if store is None else store.size)

    def _take(self, connection: Connection, event: Event, now: int) -> None:
        if event is Event.READABLE:
            self.received += len(self.receiver.read(connection, 1 << 24))
            if not self.done_at and self.received >= self.size:
                self.done_at = now
        elif event is Event.EOF:
            self.receiver.close(connection)

    def _send(self, connection: Connection, event: Event, now: int) -> None:
        if event is not Event.CONNECTED and event is not Event.WRITABLE:
            return
        while self.left:
            taken = self.sender.write(connection, CHUNK[: self.left])
            self.left -= taken
            if taken == 0:
                return
        if not connection.tcb.fin_queued:
            self.sender.shutdown(connection)


def world_for(case: Case, **settings: Any) -> tuple[World, Node, Node]:
    """Two hosts on the path of `case`; `settings` are those of `TcpConfig`."""
    world = World(zlib.crc32(case.path.encode()), record=False)
    room = max(4 * (case.bdp + case.queue_bytes), 512 * 1024)
    tcp = TcpConfig.linux(
        congestion=case.algorithm, send_buffer_bytes=room, receive_buffer_bytes=room, window_scale=14, **settings
    )
    a, b = world.host("A", tcp=tcp), world.host("B", tcp=tcp)
    world.link(
        a, b,
        delay=case.rtt * 1_000_000 // 2, rate=case.rate * 1_000_000, queue=case.queue_bytes, loss=SHARES[case.loss],
    )  # fmt: skip
    if case.reorder != "0":
        world.fault(f"reorder(A>B,DATA,{case.reorder},{max(case.rtt // 4, 1)}ms,by=3)")
    if case.loss == "bursts":
        for number in range(1, BURSTS + 1):
            first = number * BURST_EVERY
            world.fault(f"drop(A>B,DATA,{first}..{first + BURST - 1})")
    return world, a, b


def play(case: Case) -> Result:
    """Run one case to its end; raises AssertionError if the transfer does not finish."""
    world, a, b = world_for(case)
    bulk = Bulk(a, b, case.transfer)
    world.at(0, bulk.start)
    half_at = half = 0
    while not bulk.done_at and world.now < TIME_LIMIT:
        world.run(until=world.now + case.rtt * MILLISECOND, max_events=EVENT_LIMIT)
        if not half_at and 2 * bulk.arrived >= bulk.size:
            half_at, half = world.now, bulk.arrived
    assert bulk.done_at, f"{case.name}: {bulk.received} of {bulk.size} octets after {world.now / SECOND:.0f} s"
    connection = bulk.connection
    assert connection is not None
    carries = case.rate * 1_000_000 / 8 * TEXT / FRAME  # octets of text per second
    again = connection.info().bytes_retrans
    lost = world.cables[0].lanes[0].lost_bytes * TEXT // FRAME
    return Result(
        goodput=round(bulk.size / (bulk.done_at / SECOND) / carries, 4),
        steady=round((bulk.size - half) / (max(bulk.done_at - half_at, 1) / SECOND) / carries, 4),
        seconds=round(bulk.done_at / SECOND, 3),
        retransmitted=again,
        spurious=max(again - lost, 0),
    )
