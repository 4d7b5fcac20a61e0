"""Helpers: IP packets with TCP segments, made by hand."""

from __future__ import annotations

from random import Random
from typing import Any

from synfin.lab.cable import Cable
from synfin.lab.faults import Fault, parse_fault
from synfin.lab.scheduler import Scheduler
from synfin.trace import Record, SegmentRecord
from synfin.wire.addresses import parse_address
from synfin.wire.frame import Frame
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from synfin.wire.ipv6 import Ipv6Packet, build_ipv6
from synfin.wire.tcp import Segment, build_segment

ADDRESSES = {4: ("10.0.0.1", "10.0.0.2"), 6: ("fd00::1", "fd00::2")}
PORTS = {"A": 40_000, "B": 80}


def packet(
    source: str, flags: int, seq: int = 1, ack: int = 1, text: bytes = b"", family: int = 4, ecn: int = 0
) -> bytes:
    """A packet from host `source` (A or B) to the other one."""
    here, there = (parse_address(text) for text in ADDRESSES[family])
    other = "B" if source == "A" else "A"
    if source == "B":
        here, there = there, here
    segment = Segment(PORTS[source], PORTS[other], seq, ack, flags, 1_000, payload=text)
    payload = build_segment(segment, here, there)
    if family == 4:
        return build_ipv4(Ipv4Packet(here, there, 6, payload, tos=ecn))
    return build_ipv6(Ipv6Packet(here, there, 6, payload, traffic_class=ecn))


class Bench:
    """A cable between A and B, and what came out at either end: (time, host, octets)."""

    def __init__(self, *faults: str, seed: int = 1, **settings: Any) -> None:
        self.scheduler = Scheduler()
        self.records: list[Record] = []
        self.faults: list[Fault] = [parse_fault(text) for text in faults]
        self.cable = Cable(
            self.scheduler, Random(seed), "A", "B", self.faults, sink=self.records.append, **settings
        )  # fmt: skip
        self.out: list[tuple[int, str, bytes]] = []
        for name in ("A", "B"):
            self.cable.attach(name, self._taker(name))

    def _taker(self, name: str) -> Any:
        return lambda packet: self.out.append((self.scheduler.now, name, packet.data))

    def send(self, source: str, *packets: bytes, mss: int = 0) -> Bench:
        """Put packets on the cable now."""
        for data in packets:
            self.cable.send(source, Frame(data, mss, "data"))
        return self

    def run(self, until: int | None = None) -> Bench:
        """Let them travel."""
        self.scheduler.run(until)
        return self

    @property
    def times(self) -> list[int]:
        """When something came out."""
        return [time for time, _, _ in self.out]

    def kinds(self) -> list[str]:
        """The kinds of segment records, in order."""
        return [record.kind for record in self.records if isinstance(record, SegmentRecord)]

    def rules(self, kind: str) -> list[str]:
        """The rules of the segment records of one kind."""
        return [record.rule for record in self.records if isinstance(record, SegmentRecord) and record.kind == kind]
