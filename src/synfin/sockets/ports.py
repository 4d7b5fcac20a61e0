"""Who has bound which local TCP port: the rules of bind(2), SO_REUSEADDR and TIME_WAIT.

The host below knows listeners and connections; that a port is taken by a socket that is only bound is known here.
"""

from __future__ import annotations

from typing import Final, final

from synfin.tcp import Connection, State
from synfin.wire.addresses import Address, is_unspecified

_TIDY_FROM: Final = 256  # claims before dead ones are looked for on all ports


@final
class Claim:
    """A socket's hold on a port; `address` is None for all addresses of both families.

    It outlives its socket while `connection` does, TIME_WAIT included.
    """

    __slots__ = ("address", "connection", "held", "listening", "reuse")

    def __init__(self, address: Address | None, reuse: bool, connection: Connection | None = None) -> None:
        self.address = address
        self.reuse = reuse
        self.connection = connection
        self.listening = False
        self.held = True  # by a socket that is open

    @property
    def alive(self) -> bool:
        """Whether it still counts."""
        return self.held or (self.connection is not None and self.connection.state is not State.CLOSED)

    def conflicts(self, address: Address | None, reuse: bool) -> bool:
        """Whether a socket at `address` cannot be beside this one: both must say SO_REUSEADDR, and none may listen."""
        return overlap(self.address, address) and not (self.reuse and reuse and not self.listening)


def overlap(one: Address | None, other: Address | None) -> bool:
    """Whether a segment could be for both."""
    if one is None or other is None:
        return True
    return len(one) == len(other) and (one == other or is_unspecified(one) or is_unspecified(other))


@final
class PortTable:
    """The claims by port.  Dead ones go when their port is looked at, and all of them from time to time."""

    __slots__ = ("_claims", "_count", "_limit")

    def __init__(self) -> None:
        self._claims: dict[int, list[Claim]] = {}
        self._count = 0  # of claims entered, live or dead
        self._limit = _TIDY_FROM  # of that, before all ports are tidied

    def __len__(self) -> int:
        return self._count

    def claim(self, port: int, claim: Claim) -> None:
        """Enter a claim."""
        self._claims.setdefault(port, []).append(claim)
        self._count += 1
        if self._count > self._limit:
            for other in list(self._claims):
                self._tidy(other)
            self._limit = max(_TIDY_FROM, 2 * self._count)

    def conflict(self, port: int, address: Address | None, reuse: bool, besides: Claim | None = None) -> bool:
        """Whether somebody else's claim keeps a socket from binding `port`, or from listening there."""
        return any(claim is not besides and claim.conflicts(address, reuse) for claim in self._tidy(port))

    def taken(self, port: int, address: Address | None) -> bool:
        """Whether an automatic choice should rather leave `port` alone."""
        return any(overlap(claim.address, address) for claim in self._tidy(port))

    def _tidy(self, port: int) -> list[Claim]:
        claims = self._claims.get(port)
        if claims is None:
            return []
        alive = [claim for claim in claims if claim.alive]
        self._count -= len(claims) - len(alive)
        if alive:
            self._claims[port] = alive
        else:
            del self._claims[port]
        return alive
