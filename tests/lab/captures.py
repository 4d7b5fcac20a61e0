"""Digests of captures, kept in a file: every Python, interpreted or compiled, has to make the same bytes (law 2).

`python -m tests.lab.captures` writes the file anew; do that only after a change that is meant to change what is sent.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from synfin.lab.plan import Change, Plan, play
from synfin.lab.scenarios import SCENARIOS, run
from synfin.lab.world import World
from synfin.tcp import Connection, Event, Listener

STORED = Path(__file__).with_name("captures.sha256")
OCTETS = 300_000
MS = 1_000_000
SECOND = 1_000 * MS
RICH = Plan(
    "whole-life",
    seed=5,
    faults=("drop(*,*,5%)", "dup(A>B,DATA,1)"),
    changes=(
        Change(40 * MS, "A", "write", "50KB"),
        Change(60 * MS, "B", "stop-reading"),
        Change(90 * MS, "A", "set", "bbr", "congestion"),
        Change(5 * SECOND, "B", "read"),
        Change(6 * SECOND, "B", "crash"),
        Change(7 * SECOND, "B", "restart"),
        Change(8 * SECOND, "B", "open"),
        Change(9 * SECOND, "A", "open", "0"),
    ),
    settings=(("link", "rate", "1Mbit"), ("link", "queue", "20KB"), ("B", "ack_delay", "100ms")),
)


def bulk(preset: str, family: int) -> World:
    """Both ends send at once over a path that loses, repeats, reorders and damages."""
    world = World(seed=11, preset=preset)
    a, b = world.host("A"), world.host("B")
    world.link(a, b, delay="15ms", rate="20Mbit", loss=0.01, queue="40KB")
    for fault in ("dup(*,DATA,1%)", "reorder(A>B,DATA,2%)", "corrupt(*,*,0.5%)"):
        world.fault(fault)
    data = bytes(range(256)) * (OCTETS // 256)

    def on_event(connection: Connection, event: Event, now: int) -> None:
        node = a if connection.remote.port == 80 else b
        if event in (Event.CONNECTED, Event.WRITABLE):
            sent = connection.data or 0
            connection.data = sent + node.write(connection, data[sent:])
            if connection.data == len(data):
                connection.data += 1
                node.shutdown(connection)
        elif event is Event.READABLE:
            node.read(connection)

    def serve(listener: Listener, connection: Connection, now: int) -> None:
        accepted = listener.accept()
        assert accepted is not None
        accepted.handler = on_event
        on_event(accepted, Event.CONNECTED, now)

    b.listen(80, serve)
    a.connect(b.addresses[0 if family == 4 else 1], 80, on_event)
    world.run(until="400s")
    return world


def digests() -> list[str]:
    """One line for each run: name and SHA-256 of its capture."""
    worlds = {name: run(name, seed=7, faults=("drop(*,*,2%)",)) for name in SCENARIOS}
    worlds |= {f"bulk-{preset}-v{family}": bulk(preset, family) for preset in ("rfc", "linux") for family in (4, 6)}
    worlds["plan-rich"] = play(RICH, probe=False).world
    lines = []
    for name, world in worlds.items():
        stream = io.BytesIO()
        world.write_capture(stream)
        lines.append(f"{hashlib.sha256(stream.getvalue()).hexdigest()}  {name}")
    return lines


if __name__ == "__main__":
    STORED.write_text("\n".join(digests()) + "\n", encoding="utf-8")
