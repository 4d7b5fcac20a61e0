"""A long transfer over a lossy link, for tests of what is drawn of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from synfin.lab.world import World
from synfin.services.simple import Discard
from synfin.tcp import Connection, Event

CHUNK: Final = bytes(16_384)


@lru_cache(maxsize=4)
def transfer(size: int = 1_000_000, loss: float = 0.01, probe: bool = True, seed: int = 2) -> World:
    """A sends `size` octets to B over 10 Mbit/s and 25 ms, then closes."""
    world = World(seed=seed)
    a, b = world.host("A", send_buffer_bytes=500_000), world.host("B", receive_buffer_bytes=500_000)
    world.link(a, b, delay="25ms", rate="10Mbit", loss=loss)
    if probe:
        world.probe()
    left = size

    def send(connection: Connection, event: Event, now: int) -> None:
        nonlocal left
        if event not in (Event.CONNECTED, Event.WRITABLE):
            return
        while left:
            taken = a.write(connection, CHUNK[:left])
            if not taken:
                return
            left -= taken
        connection.shutdown(now)

    b.listen(9, Discard().accept)
    a.connect(b.addresses[0], 9, send)
    world.run(until="60s")
    return world
