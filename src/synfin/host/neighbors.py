"""The neighbour cache of one interface and family: who has which MAC address, and are they still there?

Responsible for the states of RFC 4861 7.3 (used for ARP as well), the queue of packets per unresolved neighbour,
retries and limits.  What a question looks like on the wire is `arp`'s or `ndp`'s affair (`Solicitor`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final, final

from synfin.config import MILLISECOND
from synfin.host.core import Core
from synfin.host.interfaces import Interface
from synfin.host.timers import Timed
from synfin.wire.addresses import Address, Endpoint, format_address, format_mac
from synfin.wire.ethernet import HEADER_OCTETS
from synfin.wire.frame import Frame

INCOMPLETE: Final = "INCOMPLETE"
REACHABLE: Final = "REACHABLE"
STALE: Final = "STALE"
DELAY: Final = "DELAY"
PROBE: Final = "PROBE"
NEVER: Final = -1


class Solicitor(ABC):
    """Asks for, and is told about, neighbours: ARP or neighbour discovery, with a cache for each interface."""

    __slots__ = ("_caches", "_core")

    def __init__(self, core: Core) -> None:
        self._core = core
        self._caches: dict[int, NeighborCache] = {}

    def cache(self, interface: Interface) -> NeighborCache:
        """The neighbours on `interface`, of one family."""
        cache = self._caches.get(interface.index)
        if cache is None:
            cache = NeighborCache(self._core, interface, self)
            self._caches[interface.index] = cache
        return cache

    def clear(self) -> None:
        """Forget all neighbours."""
        for cache in self._caches.values():
            cache.clear()

    @abstractmethod
    def solicit(self, interface: Interface, target: Address, mac: bytes, packet: bytes, now: int) -> None:
        """Ask for `target`: everybody when `mac` is empty, else the one at `mac`; `packet`, if any, made us ask."""

    @abstractmethod
    def unreachable(self, packet: bytes, now: int) -> None:
        """A packet of ours could not be delivered, because nobody answers for its next hop."""

    @abstractmethod
    def encapsulate(self, interface: Interface, mac: bytes, packet: bytes) -> bytes:
        """The Ethernet frame that carries `packet` to `mac`."""


@final
class Neighbor(Timed):
    """One entry.  `mac` is empty while INCOMPLETE; `queue` holds IP packets as frames that wait for it."""

    __slots__ = ("_cache", "address", "deadline", "mac", "queue", "state", "tries")

    def __init__(self, cache: NeighborCache, address: Address) -> None:
        super().__init__()
        self._cache = cache
        self.address = address
        self.mac = b""
        self.state = INCOMPLETE
        self.deadline = NEVER
        self.tries = 0
        self.queue: list[Frame] = []

    def next_deadline(self) -> int | None:
        """End of REACHABLE needs no timer: it is looked at when the entry is used."""
        return self.deadline if self.deadline != NEVER and self.state != REACHABLE else None

    def on_deadline(self, now: int) -> None:
        """Ask again, probe, or give up."""
        self._cache.on_timeout(self, now)


@final
class NeighborCache:
    """The entries of one interface and family, the least recently made first [RFC826-06] [RFC4861-05] [RFC4861-08]."""

    __slots__ = (
        "_core", "_delay", "_entries", "_interface", "_limit", "_queue_limit", "_reachable", "_retransmit",
        "_solicitor", "_tries",
    )  # fmt: skip

    def __init__(self, core: Core, interface: Interface, solicitor: Solicitor) -> None:
        config = core.config
        self._core = core
        self._interface = interface
        self._solicitor = solicitor
        self._entries: dict[Address, Neighbor] = {}
        self._limit = config.neighbor_entries
        self._queue_limit = config.neighbor_queue_packets
        self._retransmit = config.neighbor_retransmit_ms * MILLISECOND
        self._reachable = config.neighbor_reachable_ms * MILLISECOND
        self._delay = config.neighbor_delay_ms * MILLISECOND
        self._tries = config.neighbor_tries

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, address: Address) -> Neighbor | None:
        """The entry of `address`, if there is one."""
        return self._entries.get(address)

    def listing(self) -> list[tuple[str, str, str]]:
        """All entries as (address, MAC address, state)."""
        return [(format_address(entry.address), format_mac(entry.mac), entry.state) for entry in self._entries.values()]

    def clear(self) -> None:
        """Forget all entries and what waits for them."""
        for entry in list(self._entries.values()):
            self._remove(entry)

    def send(self, next_hop: Address, packet: Frame, now: int) -> None:
        """Send `packet`, which has no link-layer header yet, to `next_hop` now, or when its MAC address is known."""
        entry = self._entries.get(next_hop)
        if entry is None:
            entry = self._create(next_hop, now)
            self._queue(entry, packet, now)
            self._ask(entry, packet.data, now)
            return
        if entry.state == INCOMPLETE:
            self._queue(entry, packet, now)
            return
        if entry.state == REACHABLE and now >= entry.deadline:
            self._move(entry, STALE, NEVER)
        if entry.state == STALE:
            self._move(entry, DELAY, now + self._delay)
        self._emit(entry, packet)

    def confirm(self, address: Address, now: int) -> None:
        """Something above got an answer from `address`: it is reachable (RFC 4861 7.3.1)."""
        entry = self._entries.get(address)
        if entry is not None and entry.state != INCOMPLETE:
            self._move(entry, REACHABLE, now + self._reachable)

    def suspect(self, address: Address) -> None:
        """Something above gets no answer from or through `address`: check it when the next packet goes there."""
        entry = self._entries.get(address)
        if entry is not None and entry.state == REACHABLE:
            self._move(entry, STALE, NEVER)

    def learn(self, address: Address, mac: bytes, now: int) -> None:
        """Somebody told its own MAC address unasked: known, but not proved reachable [RFC826-02]."""
        entry = self._entries.get(address)
        if entry is None:
            entry = self._create(address, now)
        elif entry.mac == mac:
            return
        self._set_mac(entry, mac, STALE, NEVER)

    def update(self, address: Address, mac: bytes, now: int) -> None:
        """As `learn`, but only for an entry that exists [RFC826-05]."""
        if address in self._entries:
            self.learn(address, mac, now)

    def answered(self, entry: Neighbor, mac: bytes, now: int) -> None:
        """The answer to a question of ours came: reachable."""
        self._set_mac(entry, mac, REACHABLE, now + self._reachable)

    def advertised(self, entry: Neighbor, mac: bytes, solicited: bool, override: bool, now: int) -> None:
        """A neighbour advertisement, by the table in RFC 4861 7.2.5 [RFC4861-07] [RFC4861-09].

        `mac` is empty when the advertisement has no target link-layer address.
        """
        if entry.state == INCOMPLETE:
            if not mac:
                return
            if solicited:
                self.answered(entry, mac, now)
            else:
                self._set_mac(entry, mac, STALE, NEVER)
            return
        differs = mac != b"" and mac != entry.mac
        if differs and not override:
            if entry.state == REACHABLE:
                self._move(entry, STALE, NEVER)
            return
        if solicited:
            self.answered(entry, mac or entry.mac, now)
        elif differs:
            self._set_mac(entry, mac, STALE, NEVER)

    def on_timeout(self, entry: Neighbor, now: int) -> None:
        """A timer of `entry` is over."""
        if entry.state == DELAY:
            entry.tries = 0
            self._move(entry, PROBE, now)
        if entry.tries >= self._tries:
            self._give_up(entry, now)
            return
        self._ask(entry, entry.queue[-1].data if entry.queue else b"", now)

    def _ask(self, entry: Neighbor, packet: bytes, now: int) -> None:
        entry.tries += 1
        self._move(entry, entry.state, now + self._retransmit)
        self._solicitor.solicit(self._interface, entry.address, entry.mac, packet, now)

    def _create(self, address: Address, now: int) -> Neighbor:
        if len(self._entries) >= self._limit:
            self._evict(now)
        entry = Neighbor(self, address)
        self._entries[address] = entry
        return entry

    def _evict(self, now: int) -> None:
        """Make room: the oldest entry that is not in use goes, else the oldest."""
        victim: Neighbor | None = None
        for entry in self._entries.values():
            if victim is None:
                victim = entry
            if entry.state == STALE or (entry.state == REACHABLE and now >= entry.deadline):
                victim = entry
                break
        if victim is not None:
            self._core.rule("neighbor-table-full", now, "", remote=Endpoint(victim.address, 0))
            self._remove(victim)

    def _remove(self, entry: Neighbor) -> None:
        del self._entries[entry.address]
        self._core.deadlines.forget(entry)
        entry.queue = []

    def _queue(self, entry: Neighbor, packet: Frame, now: int) -> None:
        """Keep the latest packets [RFC1122-02]."""
        if len(entry.queue) >= self._queue_limit:
            del entry.queue[0]
            self._core.rule("neighbor-queue-full", now, "", remote=Endpoint(entry.address, 0))
        entry.queue.append(packet)

    def _set_mac(self, entry: Neighbor, mac: bytes, state: str, deadline: int) -> None:
        entry.mac = mac
        waiting = entry.queue
        entry.queue = []
        entry.tries = 0
        if waiting and state == STALE:
            state = DELAY
            deadline = self._core.now + self._delay
        self._move(entry, state, deadline)
        for packet in waiting:
            self._emit(entry, packet)

    def _move(self, entry: Neighbor, state: str, deadline: int) -> None:
        entry.state = state
        entry.deadline = deadline
        self._core.deadlines.arm(entry, entry.next_deadline())

    def _give_up(self, entry: Neighbor, now: int) -> None:
        """Nobody answers: what waited is reported to those who sent it, and a later packet starts anew."""
        waiting = entry.queue
        self._remove(entry)
        self._core.rule("neighbor-unreachable", now, "", remote=Endpoint(entry.address, 0))
        for packet in waiting:
            self._solicitor.unreachable(packet.data, now)

    def _emit(self, entry: Neighbor, packet: Frame) -> None:
        packet.raw = self._solicitor.encapsulate(self._interface, entry.mac, packet.raw)
        if packet.sum_from:
            packet.sum_from += HEADER_OCTETS
        self._core.frames.append(packet)
