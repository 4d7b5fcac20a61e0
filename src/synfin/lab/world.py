"""A world: hosts by name, cables between them, programs that start at given times, one record of all that happens.

Responsible for wiring hosts to cables and the scheduler, for addresses that nobody wants to choose, and for the records
and captures of a run.  Programs are plain callbacks, planned with `at` or called by connections; the rest is theirs.
Files, asyncio and pictures belong to the parts above.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from random import Random
from typing import IO, Any, Final, NamedTuple

from synfin.config import TcpConfig
from synfin.errors import UsageError
from synfin.host import HostConfig
from synfin.lab.cable import Cable
from synfin.lab.faults import Fault, FaultError, parse_fault
from synfin.lab.node import NOWHERE, Node
from synfin.lab.probe import Probe
from synfin.lab.rules import RULES
from synfin.lab.scheduler import MAX_EVENTS, Planned, Scheduler
from synfin.pcap import PcapngWriter
from synfin.trace import DROP, SEND, Record, RuleRecord, SegmentRecord, Sink, StateRecord
from synfin.units import parse_duration, parse_rate, parse_share, parse_size
from synfin.wire.addresses import Address, Endpoint, format_address, parse_address, parse_prefix
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from synfin.wire.ipv6 import Ipv6Packet, build_ipv6
from synfin.wire.tcp import PROTOCOL, Segment, build_segment

LINK_RAW: Final = 101  # pcap link type: IP packets without anything before them
RECORD_LIMIT: Final = 5_000_000
LINK_LIMIT: Final = 65_536  # links of a world; each takes a subnet
PRESETS: Final = ("rfc", "linux")


class WireFrame(NamedTuple):
    """A frame that went over the wire: when (ns), at which host, `send` or `recv`, its octets, and why."""

    now: int
    host: str
    kind: str
    data: bytes
    rule: str


class World:
    """Hosts, links and programs under one seed.

    `preset` is the default of every host: `rfc` or `linux`.  `records` holds the trace of all hosts and cables in
    order, at most `record_limit` of them (`records_lost` counts the rest); with `record=False` nothing is traced, for
    measurements.  `watchers` are called with each record as it is made.
    """

    def __init__(
        self, seed: int = 0, *, preset: str = "rfc", record: bool = True, record_limit: int = RECORD_LIMIT
    ) -> None:
        self.seed = seed
        self.record_limit = record_limit
        self.records_lost = 0
        self.preset = preset
        self.scheduler = Scheduler()
        self.nodes: dict[str, Node] = {}
        self.cables: list[Cable] = []
        self.faults: list[Fault] = []
        self.records: list[Record] = []
        self.watchers: list[Sink] = []
        self.recording = record
        self._frames: list[tuple[int, str, str, bytes, str]] = []
        self._states: dict[tuple[str, Endpoint, Endpoint], str] = {}
        self._probes: dict[str, Probe] = {}
        self._probing = False
        preset_config(preset)

    @property
    def now(self) -> int:
        """The current virtual time in ns."""
        return self.scheduler.now

    # Building

    def host(
        self,
        name: str,
        *,
        preset: str | None = None,
        tcp: TcpConfig | None = None,
        config: HostConfig | None = None,
        isn: list[int] | None = None,
        **settings: Any,
    ) -> Node:
        """Add a host.

        `tcp` or `preset` is what its connections start from, and every other name is a setting of `TcpConfig`; `isn`
        fixes the initial sequence numbers, for lessons.  Raises `UsageError` for a name in use or an unknown setting.
        """
        if name in self.nodes:
            raise UsageError(f"there is already a host named {name!r}")
        if not name or any(not (c.isalnum() or c in "._-") for c in name):
            raise UsageError(f"{name!r} cannot name a host; use letters, digits, '.', '_' and '-'")
        base = tcp if tcp is not None else preset_config(self.preset if preset is None else preset)
        node = Node(self, name, config or HostConfig(), base.but(**settings), isn)
        self.nodes[name] = node
        if self._probing:
            self._look_at(node)
        return node

    def probe(self) -> None:
        """From now on a `TcbRecord` follows whenever the variables of a connection have changed.

        Call it before the run.  Bytes and other records stay the same.  Raises `UsageError` where nothing is recorded.
        """
        if not self.recording:
            raise UsageError("a world with record=False keeps no records, so there is nothing to probe for")
        self._probing = True
        for node in self.nodes.values():
            self._look_at(node)

    def _look_at(self, node: Node) -> None:
        if node.probe is None:
            node.probe = self._probes[node.name] = Probe(node.name, self.wire_record)
            node.probe.begin(node.host)

    def link(
        self,
        a: Node,
        b: Node,
        *,
        delay: str | int = "20ms",
        rate: str | int | None = None,
        loss: str | float = 0.0,
        queue: str | int | None = None,
        mtu: int = 1_500,
        addresses: tuple[list[str], list[str]] | None = None,
    ) -> Cable:
        """Join two hosts with a cable.

        `delay` is one way.  `addresses` gives the prefixes of both ends, as `(["192.0.2.1/24"], ["192.0.2.2/24"])`;
        without it they come from 10.0.0.0/8 and fd00::/8.  Raises `UsageError` for a unit that does not exist.
        """
        if len(self.cables) >= LINK_LIMIT:
            raise UsageError(f"a world has at most {LINK_LIMIT} links")
        number = len(self.cables)
        cable = Cable(
            self.scheduler,
            Random(f"{self.seed}/link/{number}"),
            a.name,
            b.name,
            self.faults,
            delay=parse_duration(delay),
            rate=None if rate is None else parse_rate(rate),
            queue_limit_bytes=None if queue is None else parse_size(queue),
            mtu=mtu,
            loss=parse_share(loss),
            sink=self.wire_record if self.recording else None,
        )
        if self.recording:
            cable.tap = self._tap
        first, second = addresses if addresses is not None else (_addresses(number, 1, mtu), _addresses(number, 2, mtu))
        for prefix in [*first, *second]:
            parse_prefix(prefix)
        self.cables.append(cable)
        a.plug(cable, list(first))
        b.plug(cable, list(second))
        return cable

    def fault(self, expression: str) -> Fault:
        """Add a fault to all links; raises `FaultError` that points at the wrong character, or at an unknown host."""
        fault = parse_fault(expression)
        start = 0
        for name in (fault.source, fault.target):
            position = expression.find(name, start)
            start = position + len(name)
            if name != "*" and name not in self.nodes:
                raise FaultError(expression, position, "known_host", names=", ".join(self.nodes) or "none yet")
        self.faults.append(fault)
        return fault

    def resolve(self, peer: str, asker: Node | None = None) -> str:
        """The address of a host by name: one on a common link if there is one; an address is given back as it is."""
        node = self.nodes.get(peer)
        if node is None:
            try:
                return format_address(parse_address(peer))
            except UsageError:
                close = get_close_matches(peer, list(self.nodes), 1)
                hint = f"; did you mean {close[0]!r}?" if close else ""
                raise UsageError(f"no host is named {peer!r}, and it is no address{hint}") from None
        for cable, prefixes in node.cables:
            if asker is None or any(cable is other for other, _ in asker.cables):
                return prefixes[0].partition("/")[0]
        return node.address

    # Running

    def at(self, time: str | int, program: Callable[[], None]) -> Planned:
        """Start a program at a time (`"1s"`, or ns) of this world."""
        return self.scheduler.at(parse_duration(time), program)

    def after(self, delay: str | int, program: Callable[[], None]) -> Planned:
        """Start a program some time from now."""
        return self.scheduler.after(parse_duration(delay), program)

    def run(self, until: str | int | None = None, max_events: int = MAX_EVENTS) -> None:
        """Let time pass until `until`, or until nothing is left to happen; can be called again and again."""
        for node in self.nodes.values():
            node.wake()
        self.scheduler.run(None if until is None else parse_duration(until), max_events)

    def release(self, fault: Fault | None = None) -> int:
        """Let go of the frames that `hold` keeps back; gives their number."""
        return sum(cable.release(fault) for cable in self.cables)

    def partition(self, a: Node, b: Node) -> None:
        """Cut the links between two hosts: what is sent, and what is under way, is lost."""
        for cable in self._between(a, b):
            cable.up = False

    def heal(self) -> None:
        """Mend every link."""
        for cable in self.cables:
            cable.up = True

    def _between(self, a: Node, b: Node) -> list[Cable]:
        found = [cable for cable, _ in a.cables if any(cable is other for other, _ in b.cables)]
        if not found:
            raise UsageError(f"no link joins {a.name!r} and {b.name!r}")
        return found

    def inject(
        self, a: Node, b: Node, segment: Segment, rule: str = "injected-by-hand", source: str | None = None
    ) -> None:
        """Let a segment come out of the cable at `b` now, as if `a` had sent it before; `source`: a forged address."""
        cable = self._between(a, b)[0]
        here = parse_address(source if source is not None else self.resolve(a.name, b))
        there = parse_address(self.resolve(b.name, a))
        cable.inject(a.name, _packet(here, there, build_segment(segment, here, there)), rule)

    # Records

    def record(self, record: Record) -> None:
        """Take a record from a host.

        What a host says about segments is left out: the cables tell what really went over the wire.
        """
        if not isinstance(record, SegmentRecord):
            self.wire_record(record)

    def wire_record(self, record: Record) -> None:
        """Take a record as it is."""
        if isinstance(record, StateRecord):
            key = (record.host, record.local, record.remote)
            if record.to_state == "CLOSED":
                self._states.pop(key, None)
            else:
                self._states[key] = record.to_state
        if self._probing and record.host in self._probes:
            self._probes[record.host].hear(record)
        if self.recording:
            if len(self.records) < self.record_limit:
                self.records.append(record)
            else:
                self.records_lost += 1
        for watcher in self.watchers:
            watcher(record)

    def forget(self, name: str, why: str) -> None:
        """Write down that every connection of a host is gone."""
        self.wire_record(RuleRecord(self.now, name, NOWHERE, NOWHERE, why, RULES[why]))
        for (host, local, remote), state in list(self._states.items()):
            if host == name:
                self.wire_record(StateRecord(self.now, name, local, remote, state, "CLOSED", why, RULES[why]))

    def _tap(self, now: int, host: str, kind: str, data: bytes, rule: str) -> None:
        if kind == DROP:
            self._frames_lost(now, host, data, rule)
        elif len(self._frames) < self.record_limit:
            self._frames.append((now, host, kind, data, rule))
        else:
            self.records_lost += 1

    def _frames_lost(self, now: int, host: str, data: bytes, rule: str) -> None:
        """The frame that was just sent did not get anywhere; its comment says so."""
        if self._frames:
            when, sender, kind, sent, note = self._frames[-1]
            if (when, sender, kind) == (now, host, SEND) and sent is data:
                self._frames[-1] = (when, sender, kind, sent, f"{note}; lost: {rule}")

    def frames(self) -> list[WireFrame]:
        """Every frame that went over the wire, in order, as it was sent and as it was received."""
        return [WireFrame(*frame) for frame in self._frames]

    def write_capture(self, stream: IO[bytes]) -> None:
        """Write everything that went over the wire as pcapng: one interface for each host, the rule as the comment."""
        writer = PcapngWriter(stream, comment=f"synfin lab, seed {self.seed}")
        numbers = {name: writer.add_interface(name, LINK_RAW) for name in self.nodes}
        for now, host, kind, data, rule in self._frames:
            writer.write(numbers[host], now, data, comment=rule, direction="out" if kind == SEND else "in")


def preset_config(preset: str) -> TcpConfig:
    """The TCP configuration of a preset; raises `UsageError` for one that does not exist."""
    if preset == "rfc":
        return TcpConfig()
    if preset == "linux":
        return TcpConfig.linux()
    raise UsageError(f"there is no preset {preset!r}; there are {' and '.join(PRESETS)}")


def _addresses(link: int, end: int, mtu: int) -> list[str]:
    """The addresses of one end of the `link`-th cable: 10.0.0.1 and fd00::1 for the first end of the first."""
    prefixes = [f"10.{link >> 8}.{link & 255}.{end}/24"]
    if mtu >= 1_280:
        prefixes.append(f"fd00:0:0:{link:x}::{end}/64" if link else f"fd00::{end}/64")
    return prefixes


def _packet(source: Address, target: Address, payload: bytes) -> bytes:
    """An IP packet of the family that the addresses have."""
    if len(target) == 4:
        return build_ipv4(Ipv4Packet(source, target, PROTOCOL, payload, dont_fragment=True))
    return build_ipv6(Ipv6Packet(source, target, PROTOCOL, payload))
