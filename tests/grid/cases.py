"""The paths of the throughput grid: rate, round trip, loss, reordering and queue, each with every algorithm."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

RATES_MBIT: Final = (1, 10, 100, 1000)
ROUND_TRIPS_MS: Final = (1, 20, 100, 300)
LOSSES: Final = ("0", "0.1%", "1%", "5%", "bursts")
REORDERS: Final = ("0", "1%")
QUEUES: Final = (0.5, 1.0, 4.0)
ALGORITHMS: Final = ("newreno", "cubic", "bbr")

SHARES: Final[dict[str, float]] = {"0": 0.0, "0.1%": 0.001, "1%": 0.01, "5%": 0.05, "bursts": 0.0}
FRAME: Final = 1_500
TEXT: Final = 1_448  # octets of text in a full frame: IPv4, TCP, timestamps
SMALLEST_QUEUE: Final = 4 * FRAME  # half the bandwidth-delay product of a short path is less than one frame
SMALLEST_TRANSFER: Final = 2 * 1024 * 1024
LARGEST_CLEAN_TRANSFER: Final = 48 * 1024 * 1024
LARGEST_LOSSY_TRANSFER: Final = 4 * 1024 * 1024
BURST: Final = 8  # frames lost in a row
BURST_EVERY: Final = 700  # frames with text from one burst to the next


@dataclass(frozen=True, slots=True)
class Case:
    """One transfer over one path: `rate` in Mbit/s, `rtt` in ms without queueing, `queue` in BDP."""

    rate: int
    rtt: int
    loss: str
    reorder: str
    queue: float
    algorithm: str

    @property
    def name(self) -> str:
        """How the snapshot calls it."""
        return (
            f"{self.algorithm} {self.rate}Mbit {self.rtt}ms loss={self.loss} reorder={self.reorder} queue={self.queue}"
        )

    @property
    def path(self) -> str:
        """The same path with any algorithm has the same name, hence the same random losses."""
        return self.name.partition(" ")[2]

    @property
    def bdp(self) -> int:
        """Bandwidth-delay product in octets."""
        return self.rate * 1_000_000 // 8 * self.rtt // 1000

    @property
    def queue_bytes(self) -> int:
        """The queue of the bottleneck, behind the frame that is being sent."""
        return max(int(self.bdp * self.queue), SMALLEST_QUEUE)

    @property
    def transfer(self) -> int:
        """Octets to move: several times what the path holds, as far as that is affordable."""
        largest = LARGEST_CLEAN_TRANSFER if self.loss == "0" and self.reorder == "0" else LARGEST_LOSSY_TRANSFER
        return max(min(16 * self.bdp, largest), SMALLEST_TRANSFER)

    @property
    def settles(self) -> bool:
        """Whether the transfer is long enough for its second half to be a steady state."""
        return self.transfer >= 16 * self.bdp


def all_cases() -> list[Case]:
    """The whole grid, in a fixed order."""
    return [
        Case(rate, rtt, loss, reorder, queue, algorithm)
        for rate, rtt, loss, reorder, queue, algorithm in product(
            RATES_MBIT, ROUND_TRIPS_MS, LOSSES, REORDERS, QUEUES, ALGORITHMS
        )
    ]


def suite_cases() -> list[Case]:
    """What the test suite plays: every value of every axis at least once, cheap enough for each run of the tests."""
    cases = [
        Case(10, 20, loss, reorder, 1.0, algorithm)
        for loss, reorder, algorithm in product(LOSSES, REORDERS, ALGORITHMS)
    ]
    for algorithm in ALGORITHMS:
        cases += [Case(1, 300, "0", "0", 1.0, algorithm), Case(100, 20, "0", "0", 0.5, algorithm)]
        cases += [Case(10, 100, "0", "0", 4.0, algorithm), Case(10, 100, "1%", "0", 1.0, algorithm)]
        cases += [Case(1000, 1, "0.1%", "0", 4.0, algorithm)]
    return cases
