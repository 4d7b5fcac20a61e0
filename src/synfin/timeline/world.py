"""`World` as its users meet it: the lab's world, with pictures and files.

Responsible for `timeline()` and `capture(path)`, which the lab itself, being without I/O, leaves to the parts above it.
"""

from __future__ import annotations

from pathlib import Path

from synfin.errors import UsageError
from synfin.lab.node import Node
from synfin.lab.world import World as LabWorld
from synfin.timeline.run import Timeline
from synfin.wire.addresses import parse_address


class World(LabWorld):
    """Hosts, links and programs under one seed; see `synfin.lab.world.World`."""

    def timeline(self, left: Node | str | None = None, right: Node | str | None = None) -> Timeline:
        """The records of two hosts (the first two, if none are named), ready to be printed or saved."""
        return timeline_of(self, left, right)

    def capture(self, path: str | Path) -> None:
        """Write everything that went over the wire to a pcapng file; raises `OSError` when that cannot be done."""
        with Path(path).open("wb") as stream:
            self.write_capture(stream)


def timeline_of(world: LabWorld, left: Node | str | None = None, right: Node | str | None = None) -> Timeline:
    """The timeline of two hosts of any world; raises `UsageError` for a name that it does not have."""
    names = list(world.nodes)
    chosen = [node.name if isinstance(node, Node) else node for node in (left, right) if node is not None]
    for name in chosen:
        if name not in world.nodes:
            raise UsageError(f"no host is named {name!r}; there are {', '.join(names) or 'none'}")
    chosen.extend(name for name in names if name not in chosen)
    if len(chosen) < 2:
        raise UsageError(f"a timeline needs two hosts; this world has {len(names)}")
    first, second = world.nodes[chosen[0]], world.nodes[chosen[1]]
    owned = {node.name: [parse_address(text) for text in node.addresses] for node in (first, second)}
    labels = (first.addresses[0] if first.addresses else "", second.addresses[0] if second.addresses else "")
    return Timeline(world.records, (first.name, second.name), labels=labels, owned=owned)
