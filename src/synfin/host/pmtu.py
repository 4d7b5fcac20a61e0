"""Path MTUs that ICMP told about, for what is not TCP (RFC 1191 6.3, RFC 8201 5.2).

A connection keeps its own value; datagrams to a destination in this table are cut to fit.  Discovery beyond believing a
checked message is left for later.
"""

from __future__ import annotations

from typing import Final, final

from synfin.config import MILLISECOND
from synfin.host.config import HostConfig
from synfin.wire.addresses import Address

MIN_MTU_V4: Final = 68
MIN_MTU_V6: Final = 1_280
_PLATEAUS: Final = (32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68)


def next_plateau(total_length: int) -> int:
    """The MTU to try when a router did not name one: the next lower common size (RFC 1191 7.1)."""
    for size in _PLATEAUS:
        if size < total_length:
            return size
    return MIN_MTU_V4


@final
class PathMtuTable:
    """Destination to MTU; an entry lasts `pmtu_timeout_ms`, the oldest goes when the table is full."""

    __slots__ = ("_entries", "_lifetime", "_limit")

    def __init__(self, config: HostConfig) -> None:
        self._entries: dict[Address, tuple[int, int]] = {}
        self._limit = config.pmtu_entries
        self._lifetime = config.pmtu_timeout_ms * MILLISECOND

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, destination: Address, now: int, link_mtu: int) -> int:
        """The largest packet that is known to pass towards `destination`, `link_mtu` unless told otherwise."""
        entry = self._entries.get(destination)
        if entry is None:
            return link_mtu
        mtu, expires = entry
        if now >= expires:
            del self._entries[destination]
            return link_mtu
        return mtu if mtu < link_mtu else link_mtu

    def learn(self, destination: Address, mtu: int, now: int) -> None:
        """A checked message said that the path takes packets of up to `mtu` octets; only ever lowers the value."""
        entry = self._entries.pop(destination, None)
        if entry is not None and now < entry[1] and entry[0] < mtu:
            mtu = entry[0]
        if self._limit == 0:
            return
        while len(self._entries) >= self._limit:
            del self._entries[next(iter(self._entries))]
        self._entries[destination] = (mtu, now + self._lifetime)
