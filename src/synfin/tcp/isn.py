"""Initial sequence numbers (RFC 6528, RFC 9293 3.4.1) and per-pair timestamp offsets (RFC 7323 7.1).

ISN = M + F(local, remote, secret): M ticks every 4 microseconds [MUST-8]; F is a keyed hash that cannot be computed
from outside [MUST-9] [SHLD-1].  The secret comes from the injected generator and is never shown.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from hashlib import blake2s
from random import Random

from synfin.errors import UsageError
from synfin.wire.addresses import Endpoint


class IsnSource(ABC):
    """Chooses the initial sequence number and the timestamp offset of a connection."""

    @abstractmethod
    def next(self, local: Endpoint, remote: Endpoint, now: int) -> int:
        """The ISN (32 bit) of a connection opened at `now` ns."""

    @abstractmethod
    def timestamp_offset(self, local: Endpoint, remote: Endpoint) -> int:
        """What to add to the millisecond clock for this pair of addresses (32 bit)."""


class IsnGenerator(IsnSource):
    """RFC 6528 section 3.  `tick_ns`: one step of M; 4000 by the RFC, 64 on Linux.

    The key has 128 bits [RFC6528-02]; give a generator seeded from the system's entropy outside of simulations
    [RFC6528-06].
    """

    __slots__ = ("_key", "_tick_ns")

    def __init__(self, rng: Random, tick_ns: int = 4_000) -> None:
        self._key = rng.randbytes(16)
        self._tick_ns = tick_ns

    def __repr__(self) -> str:
        return f"IsnGenerator(tick_ns={self._tick_ns})"

    def next(self, local: Endpoint, remote: Endpoint, now: int) -> int:
        """M + F; monotonic for one pair of endpoints, unrelated between pairs [RFC6528-01] [RFC6528-05]."""
        return (now // self._tick_ns + self._hash(b"isn", local, remote, ports=True)) & 0xFFFF_FFFF

    def timestamp_offset(self, local: Endpoint, remote: Endpoint) -> int:
        """The same for all connections between two addresses, so that timestamps grow across them [RFC6191-08]."""
        return self._hash(b"ts", local, remote, ports=False)

    def _hash(self, label: bytes, local: Endpoint, remote: Endpoint, ports: bool) -> int:
        digest = blake2s(key=self._key, person=label, digest_size=4)
        digest.update(local.address)
        digest.update(remote.address)
        if ports:
            digest.update(local.port.to_bytes(2, "big") + remote.port.to_bytes(2, "big"))
        return int.from_bytes(digest.digest(), "big")


class FixedIsn(IsnSource):
    """ISNs from a list, for lessons and tests; the last one is repeated with 64,000 added each time."""

    __slots__ = ("_numbers", "_offset", "_taken")

    def __init__(self, numbers: list[int], timestamp_offset: int = 0) -> None:
        if not numbers:
            raise UsageError("FixedIsn needs at least one number")
        self._numbers = [number & 0xFFFF_FFFF for number in numbers]
        self._offset = timestamp_offset
        self._taken = 0

    def next(self, local: Endpoint, remote: Endpoint, now: int) -> int:
        """The next number of the list."""
        beyond = max(0, self._taken - len(self._numbers) + 1)
        number = self._numbers[min(self._taken, len(self._numbers) - 1)]
        self._taken += 1
        return (number + 64_000 * beyond) & 0xFFFF_FFFF

    def timestamp_offset(self, local: Endpoint, remote: Endpoint) -> int:
        """The offset given at the start."""
        return self._offset
