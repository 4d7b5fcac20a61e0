"""What is measured: stacks in their variants (`Setup`) and the measurements (`MEASURES`).

Pure data; how a setup is brought up is in `places`, how a measurement is taken in `session`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MTU: Final = 1_500
JUMBO: Final = 65_520


@dataclass(frozen=True)
class Setup:
    """One stack in one variant: the serving side of every measurement."""

    peer: str  # whose stack: a key of PEERS
    offload: bool = False  # super-segments to and from the kernel
    compiled: bool = False  # synfin only
    workers: int = 1  # synfin only: processes that share the device
    mtu: int = MTU

    @property
    def name(self) -> str:
        """A short name that says all that differs, such as `synfin compiled offload`."""
        words = [self.peer]
        if self.peer == "synfin":
            words.append("compiled" if self.compiled else "interpreted")
        if self.peer in WITH_OFFLOAD:
            words.append("offload" if self.offload else "plain")
        if self.workers > 1:
            words.append(f"{self.workers} workers")
        if self.mtu != MTU:
            words.append(f"MTU {self.mtu}")
        return " ".join(words)


PEERS: Final[dict[str, str]] = {
    "synfin": "this stack, on a TUN device",
    "kernel": "Linux, over a veth pair",
    "gvisor": "gVisor netstack: on a packet socket with GSO (offload), on a TUN device (plain)",
    "lwip": "lwIP, on a TUN device",
    "slirp4netns": "slirp4netns, in front of the kernel's server",
    "pasta": "pasta (passt), in front of the kernel's server",
    "pytcp": "PyTCP (pmd-pytcp): its daemon on a TUN device",
}
WITH_OFFLOAD: Final = ("synfin", "kernel", "gvisor")

SETUPS: Final = (
    Setup("synfin", offload=True, compiled=True),
    Setup("synfin", offload=False, compiled=True),
    Setup("synfin", offload=True, compiled=False),
    Setup("synfin", offload=False, compiled=False),
    Setup("synfin", offload=True, compiled=True, workers=2),
    Setup("kernel", offload=True),
    Setup("kernel", offload=False),
    Setup("gvisor", offload=True),
    Setup("gvisor", offload=False),
    Setup("lwip"),
    Setup("slirp4netns"),
    Setup("slirp4netns", mtu=JUMBO),
    Setup("pasta"),
    Setup("pasta", mtu=JUMBO),
    Setup("pytcp"),
)


@dataclass(frozen=True)
class Measure:
    """One measurement of `native/client.c`."""

    mode: str  # the client's first argument
    connections: int
    text: str


MEASURES: Final[dict[str, Measure]] = {
    "receive": Measure("receive", 1, "bulk into the stack, one connection"),
    "send": Measure("send", 1, "bulk out of the stack, one connection"),
    "receive-4": Measure("receive", 4, "bulk into the stack, four connections"),
    "send-4": Measure("send", 4, "bulk out of the stack, four connections"),
    "connects": Measure("connects", 1, "whole lives of connections, one after another"),
    "connects-64": Measure("connects", 64, "whole lives of connections, 64 at a time"),
    "ping-pong": Measure("pingpong", 1, "one octet there and back"),
    "ping-pong-64": Measure("pingpong", 64, "one octet there and back, on 64 connections"),
    "idle-10000": Measure("hold", 10_000, "10,000 idle connections"),
    "idle-100000": Measure("hold", 100_000, "100,000 idle connections"),
}
IDLE: Final = tuple(name for name, measure in MEASURES.items() if measure.mode == "hold")
# Memory of connections is the stack's own only where one process holds all of it, and does not depend on the device.
IDLE_PEERS: Final = ("synfin", "gvisor", "lwip", "pytcp")
MOST_IDLE: Final = {"pytcp": 0}  # connections that a peer can hold at all, where that is less


def measures_of(setup: Setup, wanted: Iterable[str]) -> list[str]:
    """Those of `wanted` that say something about `setup`."""
    names = []
    for name in wanted:
        if name in IDLE:
            plain = not setup.offload or setup.peer not in WITH_OFFLOAD
            if not plain or setup.peer not in IDLE_PEERS or setup.workers > 1:
                continue
            if MEASURES[name].connections > MOST_IDLE.get(setup.peer, 1 << 30):
                continue
        elif setup.workers > 1 and MEASURES[name].connections == 1:
            continue  # one connection is one worker's
        names.append(name)
    return names
