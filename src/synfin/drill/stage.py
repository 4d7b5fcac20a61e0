"""Where a script plays: the stack under test, the wire to it, and time.

Responsible for the interface only; `stack` plays on synfin in virtual time, `kernel` on the machine's own TCP.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from synfin.drill.calls import SocketCalls
from synfin.drill.constants import CONSTANTS
from synfin.drill.operation import Operation
from synfin.drill.settings import Setting
from synfin.timeline.capture.observed import Observed
from synfin.trace import Record
from synfin.wire.addresses import Address, parse_address

IPV4: Final = "ipv4"
IPV6: Final = "ipv6"
MAPPED: Final = "ipv4-mapped-ipv6"
VERSIONS: Final = (IPV4, IPV6, MAPPED)
OBSERVED_LIMIT: Final = 100_000  # packets that wait to be compared


@dataclass(frozen=True, slots=True)
class Addresses:
    """Both ends: ours is the stack under test, theirs what the script plays; `domain` is that of its sockets."""

    version: str
    local: Address
    remote: Address
    prefix: int

    @property
    def domain(self) -> int:
        """AF_INET or AF_INET6, as the script's sockets have it."""
        return CONSTANTS["AF_INET" if self.version == IPV4 else "AF_INET6"]

    def in_calls(self, address: Address) -> Address:
        """An address as system calls name it: mapped into IPv6 where the sockets are IPv6 and the packets IPv4."""
        return Address(bytes(10) + b"\xff\xff" + address) if self.version == MAPPED and len(address) == 4 else address


DEFAULTS: Final[dict[int, Addresses]] = {
    4: Addresses(IPV4, parse_address("192.168.0.1"), parse_address("192.0.2.1"), 16),
    6: Addresses(IPV6, parse_address("fd3d:a0b:17d6::1"), parse_address("2001:db8::1"), 64),
}


class Seen(NamedTuple):
    """A packet on the wire: when, which way, its octets, and the rule that made the stack under test send it."""

    time: int
    inbound: bool
    data: bytes
    note: str


class Pending(ABC):
    """A call that has not returned yet."""

    @abstractmethod
    def poll(self) -> bool:
        """Try again; whether it has returned."""

    value: int = 0
    errno: int = 0
    time: int = 0


class Stage(ABC):
    """A stack under test.  Times are ns since the script's time 0; `observed` holds what it has sent, in order.

    `records` is the trace, for the ladder; `notes` what could not be done but does not stop the script; `packets`
    everything that went over the wire, for captures.
    """

    addresses: Addresses
    sockets: SocketCalls
    name: str

    def __init__(self) -> None:
        self.observed: deque[Observed] = deque()
        self.packets: list[Seen] = []
        self.records: list[Record] = []
        self.notes: list[str] = []

    def _saw(self, time: int, data: bytes, inbound: bool, note: str = "") -> None:
        if len(self.packets) < OBSERVED_LIMIT:
            self.packets.append(Seen(time, inbound, data, note))

    @abstractmethod
    def now(self) -> int:
        """The time."""

    @abstractmethod
    def wait(self, until: int) -> None:
        """Let time pass until `until`, or until something has happened, whichever is first."""

    @abstractmethod
    def inject(self, packet: bytes) -> None:
        """Give the stack under test an IP packet."""

    @abstractmethod
    def start(self, operation: Operation, may_wait: bool) -> Pending:
        """Try a system call; it may have returned already, and must have unless it `may_wait`."""

    @abstractmethod
    def apply(self, settings: list[Setting]) -> list[str]:
        """Change settings; returns the names of those that are not known."""

    @abstractmethod
    def finish(self) -> None:
        """Reset what is still open and give everything back; idempotent."""

    def refuse(self, what: str) -> None:  # noqa: B027 - on the kernel it is a result like any other
        """A call did not know an option; raises `UnsupportedError` where that is our own stack's lack."""

    def restart_clock(self) -> None:  # noqa: B027 - virtual time stands still anyway
        """The script begins now, where time is real."""
