"""Flows that always have more to send, over one cable: what each of them delivers."""

from __future__ import annotations

from typing import Any, Final

from synfin.config import SECOND
from synfin.lab.world import World
from synfin.tcp import Connection, Event, Listener

CHUNK: Final = bytes(65_536)
PORT: Final = 5_001
BUFFER: Final = 8_000_000


class Bulk:
    """`flows` connections from A to B; `received` are their octets, `connections` the sending ends."""

    def __init__(
        self,
        congestion: str,
        *,
        rate: str = "10Mbit",
        delay: str = "50ms",
        queue: str | int | None = None,
        loss: float = 0.0,
        flows: int = 1,
        seed: int = 1,
        spread_ms: int = 0,
        **settings: Any,
    ) -> None:
        self.world = World(seed=seed, record=False)
        tcp = {
            "reassembly_segments": 100_000,
            "send_buffer_bytes": BUFFER,
            "receive_buffer_bytes": BUFFER,
            "congestion": congestion,
            **settings,
        }
        self.a = self.world.host("A", **tcp)
        self.b = self.world.host("B", **tcp)
        self.cable = self.world.link(self.a, self.b, delay=delay, rate=rate, queue=queue, loss=loss)
        self.received = [0] * flows
        self.connections: list[Connection] = []
        self._numbers: dict[int, int] = {}  # of a flow, by its local port
        self.b.listen(PORT, self._serve)
        for number in range(flows):
            self.world.at(number * spread_ms * 1_000_000, self._open)

    def _open(self) -> None:
        connection = self.a.connect(self.b.addresses[0], PORT, self._sends)
        self._numbers[connection.local.port] = len(self.connections)
        self.connections.append(connection)

    def _sends(self, connection: Connection, event: Event, now: int) -> None:
        if event in (Event.CONNECTED, Event.WRITABLE):
            while self.a.write(connection, CHUNK) == len(CHUNK):
                pass

    def _serve(self, listener: Listener, connection: Connection, now: int) -> None:
        accepted = listener.accept()
        assert accepted is not None
        accepted.handler = self._receives

    def _receives(self, connection: Connection, event: Event, now: int) -> None:
        if event is Event.READABLE:
            self.received[self._numbers[connection.remote.port]] += len(self.b.read(connection))

    def run(self, seconds: float) -> Bulk:
        """Up to that time since the beginning."""
        self.world.run(until=int(seconds * SECOND))
        return self

    def share(self, begin: float, end: float, rate_mbit: float) -> float:
        """What fraction of the rate reached the application from `begin` to `end` seconds."""
        self.run(begin)
        before = sum(self.received)
        self.run(end)
        return (sum(self.received) - before) * 8 / (rate_mbit * 1e6 * (end - begin))


def jain(values: list[int]) -> float:
    """Jain's fairness index: 1 when all are equal, 1/n when one has everything."""
    return sum(values) ** 2 / (len(values) * sum(value * value for value in values))
