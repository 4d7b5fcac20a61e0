"""What all parts of a host share: configuration, generator, counters, the time, and the frames that wait to be taken.

Responsible for counting and tracing what was dropped and by which rule (law 6).  It decides nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Final, final

from synfin.host.config import HostConfig
from synfin.host.counters import RULE_COUNTERS, new_counters
from synfin.host.interfaces import Interface
from synfin.host.rules import rfc_of
from synfin.host.timers import Deadlines
from synfin.mypyc import mypyc_attr
from synfin.trace import Record, RuleRecord, Sink, Trace
from synfin.wire.addresses import ANY_V4, Address, Endpoint
from synfin.wire.frame import Frame
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from synfin.wire.ipv6 import Ipv6Packet, build_ipv6

NOWHERE: Final = Endpoint(ANY_V4, 0)


@final
@mypyc_attr(acyclic=True)
class Datagram:
    """One IP datagram that is for us, whole, whatever its family.

    `packet` is what came in (of a reassembled datagram: its first fragment), for quoting in an ICMP error;
    `quotable` says whether such an error would be allowed at all; `to_group` whether it went to a broadcast or
    multicast address; `at` is the offset in `packet` of the field that names `protocol`.  `mss` and `checked` are
    those of its `Frame`.
    """

    __slots__ = (
        "at", "checked", "dst", "hop_limit", "interface", "mss", "packet", "payload", "protocol", "quotable", "src",
        "to_group", "traffic_class",
    )  # fmt: skip

    def __init__(
        self,
        src: Address,
        dst: Address,
        protocol: int,
        payload: bytes,
        interface: Interface,
        packet: bytes,
        hop_limit: int,
        traffic_class: int,
        to_group: bool,
        quotable: bool,
        at: int,
        mss: int = 0,
        checked: bool = False,
    ) -> None:
        self.src = src
        self.dst = dst
        self.protocol = protocol
        self.payload = payload
        self.interface = interface
        self.packet = packet
        self.hop_limit = hop_limit
        self.traffic_class = traffic_class
        self.to_group = to_group
        self.quotable = quotable
        self.at = at
        self.mss = mss
        self.checked = checked


class Upper(ABC):
    """A protocol above IP."""

    __slots__ = ()

    @abstractmethod
    def receive(self, datagram: Datagram, now: int) -> None:
        """Take a datagram; raises `WireError` when its octets are not what they claim to be."""

    @abstractmethod
    def icmp_error(self, kind: str, src: Address, dst: Address, quoted: bytes, now: int, mtu: int) -> None:
        """An error about a packet of ours from `src` to `dst`; `quoted` is what came back of its payload [MUST-54].

        Nothing is known about the length of `quoted`.  `kind` is one of the names in `synfin.host.icmp`.
        """


def _nobody(packet: bytes, kind: str, now: int, mtu: int) -> None:
    """Nobody is to be told."""


@final
class Core:
    """Shared state of one host; `now` is the latest time that came in."""

    __slots__ = (
        "_sink", "calls", "config", "count_rule", "counters", "deadlines", "frames", "loopback", "name", "now", "rng",
        "rules", "strays", "trace", "undeliverable",
    )  # fmt: skip

    def __init__(self, name: str, rng: Random, config: HostConfig, trace: Trace | None) -> None:
        self.name = name
        self.rng = rng
        self.config = config
        self._sink: Sink | None = trace.sink if trace is not None else None
        self.trace: Trace | None = Trace(trace.host, self._pass_on) if trace is not None else None
        self.now = 0
        self.counters = new_counters()
        self.rules: dict[str, int] = {}
        self.count_rule: Callable[[str], None] = self.count  # one object for all connections
        self.deadlines = Deadlines()
        self.frames: list[Frame] = []
        self.loopback: deque[bytes] = deque()
        # (packet, kind, now, mtu): one of our own packets could not go out; set by `icmp`
        self.undeliverable: Callable[[bytes, str, int, int], None] = _nobody
        # (packet, mss, checked, everybody): who else may know what this host does not (see Host.strays)
        self.strays: Callable[[bytes, int, bool, bool], bool] | None = None
        self.calls: deque[Callable[[int], None]] = deque()  # application handlers that are to be called

    def count(self, rule: str) -> None:
        """Count `rule`, and the counter of `netstat -s` that goes with it."""
        self.rules[rule] = self.rules.get(rule, 0) + 1
        for counter in RULE_COUNTERS.get(rule, ()):
            self.counters[counter] += 1

    def rule(
        self, rule: str, now: int, detail: str = "", local: Endpoint = NOWHERE, remote: Endpoint = NOWHERE
    ) -> None:
        """Count and trace that `rule` decided; used for all that is dropped [RFC1122-04]."""
        if self.trace is None:
            self.count(rule)
        else:
            self.trace.rule(now, local, remote, rule, rfc_of(rule), detail)  # counted on its way to the sink

    def no_route(self, now: int, detail: str, local: Endpoint = NOWHERE, remote: Endpoint = NOWHERE) -> None:
        """Count and trace that there is no way to `remote`."""
        self.counters["IpOutNoRoutes" if len(remote.address) == 4 else "Ip6OutNoRoutes"] += 1
        self.rule("ip-no-route", now, detail, local, remote)

    def _pass_on(self, record: Record) -> None:
        """Count the rules that pass by, those of `tcp` among them."""
        if isinstance(record, RuleRecord):
            self.count(record.rule)
        if self._sink is not None:
            self._sink(record)

    def passes_on(self, datagram: Datagram, everybody: bool) -> bool:
        """Whether somebody else takes care of `datagram`, as one packet; see `Host.strays`."""
        strays = self.strays
        if strays is None:
            return False
        if len(datagram.src) == 4:
            packet = build_ipv4(
                Ipv4Packet(
                    datagram.src, datagram.dst, datagram.protocol, datagram.payload, datagram.hop_limit,
                    datagram.traffic_class,
                )
            )  # fmt: skip
        else:
            packet = build_ipv6(
                Ipv6Packet(
                    datagram.src, datagram.dst, datagram.protocol, datagram.payload, datagram.hop_limit,
                    datagram.traffic_class,
                )
            )  # fmt: skip
        return strays(packet, datagram.mss, datagram.checked, everybody)

    def clear(self) -> None:
        """Forget what waits to be sent or called."""
        self.frames = []
        self.loopback.clear()
        self.calls.clear()

    def call_handlers(self, now: int) -> None:
        """Call what waits to be called.  An exception from an application passes; the rest is called next time."""
        calls = self.calls
        while calls:
            calls.popleft()(now)
