"""Reassembly of fragments with the hole list of RFC 815, for both families, within limits.

Responsible for putting pieces together, for overlaps, for the time limit and for the memory limits.  Reading the
fragment fields is `ip_input`'s affair, cutting is `ip_output`'s.

Overlaps.  IPv6: any overlap other than an exact duplicate poisons the datagram; it and all its fragments still to come
are dropped silently until the time is over (RFC 8200 4.5, RFC 5722 4 [RFC5722-02] [RFC8200-11]).  IPv4: octets that
came first stay, later ones only fill holes, so that no one can rewrite what was there (RFC 815 leaves the choice
[RFC815-01]).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, final

from synfin.config import MILLISECOND
from synfin.errors import WireError
from synfin.host.config import HostConfig
from synfin.host.interfaces import Interface
from synfin.host.timers import Timed

INFINITY: Final = 1 << 20  # beyond the end of any datagram
MAX_PAYLOAD: Final = 65_535
_PIECE_OVERHEAD: Final = 64  # what a tiny piece costs beside its octets


@final
class Partial:
    """A datagram of which something is still missing.

    `first` is the packet with offset zero as it came, or empty; the datagram has that packet's header [RFC815-06].
    `marks` has the bit `1 << field` for each ECN field that a fragment had.
    """

    __slots__ = (
        "bytes_held",
        "deadline",
        "end",
        "first",
        "holes",
        "interface",
        "key",
        "marks",
        "pieces",
        "poisoned",
        "quotable",
    )

    def __init__(self, key: bytes, deadline: int, interface: Interface) -> None:
        self.key = key
        self.deadline = deadline
        self.interface = interface
        self.holes: list[tuple[int, int]] = [(0, INFINITY)]  # [first, last) that nothing has filled
        self.pieces: list[tuple[int, bytes]] = []  # never overlapping
        self.end = INFINITY  # length of the datagram, once the last fragment told it
        self.bytes_held = 0
        self.first = b""
        self.quotable = False  # an ICMP error about `first` would be allowed
        self.poisoned = False
        self.marks = 0

    def ecn(self) -> int:
        """The ECN field of the whole (RFC 3168 5.3) [RFC3168-10]: CE if any fragment had it; -1: to be dropped.

        Not-ECT beside any other field is no work of a router that marks, so such fragments do not belong together.
        """
        if self.marks & 1 and self.marks != 1:
            return -1
        if self.marks & 1 << 3:
            return 3
        return 2 if self.marks & 1 << 2 else 1 if self.marks & 1 << 1 else 0


@final
class Reassembler(Timed):
    """All incomplete datagrams of a host, oldest first.

    `on_timeout(partial, now)` is called for each one that is given up because its time is over.
    """

    __slots__ = ("_bytes", "_limit_bytes", "_limit_datagrams", "_limit_pieces", "_on_timeout", "_partials", "_timeout")

    def __init__(self, config: HostConfig, on_timeout: Callable[[Partial, int], None]) -> None:
        super().__init__()
        self._limit_datagrams = config.reassembly_datagrams
        self._limit_bytes = config.reassembly_bytes
        self._limit_pieces = config.reassembly_fragments
        self._timeout = config.reassembly_timeout_ms * MILLISECOND
        self._on_timeout = on_timeout
        self._partials: dict[bytes, Partial] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._partials)

    @property
    def bytes_held(self) -> int:
        """Octets kept for incomplete datagrams, with a flat charge per piece."""
        return self._bytes

    def next_deadline(self) -> int | None:
        """When the oldest one is given up: a fixed time after its first arrival [RFC1122-26]."""
        for partial in self._partials.values():
            return partial.deadline
        return None

    def on_deadline(self, now: int) -> None:
        """Give up everything whose time is over."""
        while self._partials:
            partial = next(iter(self._partials.values()))
            if partial.deadline > now:
                return
            self._remove(partial)
            if not partial.poisoned:
                self._on_timeout(partial, now)

    def get(self, key: bytes, interface: Interface, now: int) -> tuple[Partial, int]:
        """The datagram of this key, new or begun before, and how many others were evicted to make room."""
        partial = self._partials.get(key)
        evicted = 0
        if partial is None:
            while self._partials and (len(self._partials) >= self._limit_datagrams or self._bytes >= self._limit_bytes):
                self._remove(next(iter(self._partials.values())))
                evicted += 1
            partial = Partial(key, now + self._timeout, interface)
            self._partials[key] = partial
        return partial, evicted

    def drop(self, partial: Partial) -> None:
        """Forget a datagram."""
        self._remove(partial)

    def clear(self) -> None:
        """Forget all of them."""
        self._partials.clear()
        self._bytes = 0

    def keep_first(self, partial: Partial, packet: bytes, quotable: bool) -> None:
        """`packet` is the fragment with offset zero; the datagram gets its header."""
        if not partial.first and not partial.poisoned:
            partial.first = packet
            partial.quotable = quotable
            partial.bytes_held += len(packet)
            self._bytes += len(packet)

    def add(self, partial: Partial, offset: int, data: bytes, more: bool, strict: bool) -> bytes | None:
        """Fill in one fragment: `offset` in octets, `strict` for IPv6.  The whole payload when nothing is missing.

        Raises `WireError` with the rule when the fragment is dropped; what is held stays as it was, or is poisoned.
        """
        if partial.poisoned:
            raise WireError("ip-fragment-of-dropped", "an overlap was seen before")
        last = offset + len(data)
        if not more:
            self._set_end(partial, last, strict)
        elif last > partial.end:
            raise WireError("ip-fragment-beyond-end", f"{last} is after the end at {partial.end}")
        filled, fresh = self._fill(partial, offset, last, data, strict)
        if fresh:
            if len(partial.pieces) + len(fresh) > self._limit_pieces:
                raise WireError("ip-fragment-too-many", f"more than {self._limit_pieces} pieces")
            partial.holes = filled
            partial.pieces.extend(fresh)
            for piece in fresh:
                partial.bytes_held += len(piece[1]) + _PIECE_OVERHEAD
                self._bytes += len(piece[1]) + _PIECE_OVERHEAD
        if partial.holes:
            return None
        self._remove(partial)
        partial.pieces.sort()
        return b"".join([piece[1] for piece in partial.pieces])

    def _set_end(self, partial: Partial, end: int, strict: bool) -> None:
        """The last fragment removes the infinite hole [RFC815-02]; a second end elsewhere is dropped [RFC815-04]."""
        if partial.end != INFINITY:
            if partial.end != end:
                self._contradiction(partial, strict, f"it ends at {end}, not at {partial.end}")
            return
        held = max((start + len(piece) for start, piece in partial.pieces), default=0)
        if held > end:
            self._contradiction(partial, strict, f"it ends at {end}, but {held} octets came before")
        partial.end = end
        holes: list[tuple[int, int]] = []
        for first, last in partial.holes:
            if first < end:
                holes.append((first, last if last < end else end))
        partial.holes = holes

    def _fill(
        self, partial: Partial, offset: int, last: int, data: bytes, strict: bool
    ) -> tuple[list[tuple[int, int]], list[tuple[int, bytes]]]:
        """The hole list after this fragment and the pieces that are new (RFC 815 3)."""
        holes: list[tuple[int, int]] = []
        fresh: list[tuple[int, bytes]] = []
        covered = 0
        for hole in partial.holes:
            first = hole[0] if hole[0] > offset else offset
            end = hole[1] if hole[1] < last else last
            if first >= end:
                holes.append(hole)
                continue
            covered += end - first
            fresh.append((first, data[first - offset : end - offset]))
            if hole[0] < first:
                holes.append((hole[0], first))
            if end < hole[1]:
                holes.append((end, hole[1]))
        if strict and covered < len(data) and (offset, data) not in partial.pieces:
            self._poison(partial)
            raise WireError("ip-fragment-overlap", f"octets {offset} to {last - 1}")
        return holes, fresh

    def _contradiction(self, partial: Partial, strict: bool, detail: str) -> None:
        if strict:
            self._poison(partial)
        raise WireError("ip-fragment-overlap" if strict else "ip-fragment-beyond-end", detail)

    def _poison(self, partial: Partial) -> None:
        """Drop what is held, but remember the datagram, so that its other fragments are dropped as well."""
        partial.poisoned = True
        partial.pieces = []
        partial.first = b""
        self._bytes -= partial.bytes_held
        partial.bytes_held = 0

    def _remove(self, partial: Partial) -> None:
        del self._partials[partial.key]
        self._bytes -= partial.bytes_held
        partial.bytes_held = 0
