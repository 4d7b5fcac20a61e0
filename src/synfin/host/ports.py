"""Ephemeral ports by algorithm 3 of RFC 6056 (simple hash-based port selection).

Responsible for the order in which candidates are tried; whether one is free is asked of the tables through a function.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from hashlib import blake2s
from random import Random
from typing import TypeAlias, final

from synfin.wire.addresses import Address

# (local address, port, remote address, remote port) -> whether the port cannot be used, TIME_WAIT included
PortInUse: TypeAlias = Callable[[Address, int, Address, int], bool]


@final
class EphemeralPorts:
    """RFC 6056 3.3.3: a secret offset per (local address, remote address, remote port), and a counter.

    Ports towards one destination are used one after the other, so that one is used again as late as possible
    [RFC6056-07]; from outside they cannot be guessed [RFC6056-01].
    """

    __slots__ = ("_count", "_counter", "_first", "_key")

    def __init__(self, rng: Random, first: int, last: int) -> None:
        self._key = rng.randbytes(16)
        self._first = first
        self._count = last - first + 1
        self._counter = rng.randrange(self._count)

    def choose(self, in_use: PortInUse, local: Address, remote: Address, remote_port: int) -> int:
        """A free port; raises `OSError` EADDRNOTAVAIL only when every port of the range is taken [RFC6056-06]."""
        digest = blake2s(local + remote + remote_port.to_bytes(2, "big"), key=self._key, digest_size=4).digest()
        offset = int.from_bytes(digest, "big")
        for _ in range(self._count):
            port = self._first + (offset + self._counter) % self._count
            self._counter = (self._counter + 1) % self._count
            if not in_use(local, port, remote, remote_port):
                return port
        raise OSError(
            errno.EADDRNOTAVAIL,
            f"no local port is free: all {self._count} of the ephemeral range are in use towards this destination",
        )
