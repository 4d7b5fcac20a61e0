"""Echo requests that this host has sent, and what became of them.

Responsible for matching replies and errors to requests and for the time limit; sending and receiving is `icmp`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias, final

from synfin.errors import UsageError
from synfin.host.core import Core
from synfin.host.timers import Timed
from synfin.wire.addresses import Address, Endpoint

MAX_SIZE_V4: Final = 65_507
MAX_SIZE_V6: Final = 65_527


@final
class Ping(Timed):
    """One echo request.

    `rtt` is None or nanoseconds; `error` is None, `"timeout"`, or the kind of an ICMP error such as
    `"host-unreachable"`; `done` once one of them is set.  `handler(ping, now)` is called at that moment.
    """

    __slots__ = (
        "_pings", "address", "deadline", "error", "handler", "hop_limit", "identifier", "rtt", "sent_at", "sequence",
        "size",
    )  # fmt: skip

    def __init__(self, pings: Pings, address: Address, sequence: int, size: int, sent_at: int, deadline: int) -> None:
        super().__init__()
        self._pings = pings
        self.address = address
        self.identifier = pings.identifier
        self.sequence = sequence
        self.size = size
        self.sent_at = sent_at
        self.deadline = deadline
        self.hop_limit = 0  # of the reply
        self.rtt: int | None = None
        self.error: str | None = None
        self.handler: PingHandler | None = None

    @property
    def done(self) -> bool:
        """Whether an answer came or none will be waited for."""
        return self.rtt is not None or self.error is not None

    def next_deadline(self) -> int | None:
        """When waiting ends."""
        return None if self.done else self.deadline

    def on_deadline(self, now: int) -> None:
        """No answer came."""
        self._pings.finish(self, None, "timeout", now)

    def call(self, now: int) -> None:
        """Tell the application."""
        if self.handler is not None:
            self.handler(self, now)


PingHandler: TypeAlias = Callable[[Ping, int], None]


@final
class Pings:
    """Requests that wait, by sequence number; the identifier is one random number per host (RFC 792)."""

    __slots__ = ("_core", "_next", "_waiting", "identifier")

    def __init__(self, core: Core) -> None:
        self._core = core
        self.identifier = core.rng.getrandbits(16)
        self._next = 0
        self._waiting: dict[int, Ping] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def new(self, address: Address, size: int, now: int, timeout: int) -> Ping:
        """A request to be sent now; raises `OSError` ENOBUFS when too many wait, `UsageError` for a bad size."""
        limit = MAX_SIZE_V4 if len(address) == 4 else MAX_SIZE_V6
        if not 0 <= size <= limit:
            raise UsageError(f"a ping carries between 0 and {limit} octets, not {size}")
        if len(self._waiting) >= self._core.config.pings:
            raise OSError(105, f"{len(self._waiting)} pings wait for their reply already")
        while self._next in self._waiting:
            self._next = (self._next + 1) & 0xFFFF
        ping = Ping(self, address, self._next, size, now, now + timeout)
        self._waiting[self._next] = ping
        self._next = (self._next + 1) & 0xFFFF
        self._core.deadlines.arm(ping, ping.deadline)
        return ping

    def reply(self, src: Address, identifier: int, sequence: int, hop_limit: int, now: int) -> bool:
        """A reply came; False when nobody waits for it."""
        ping = self._waiting.get(sequence)
        if ping is None or identifier != self.identifier or ping.address != src:
            return False
        ping.hop_limit = hop_limit
        self.finish(ping, now - ping.sent_at, None, now)
        return True

    def failed(self, dst: Address, identifier: int, sequence: int, kind: str, now: int) -> bool:
        """An ICMP error quotes a request; False when nobody waits for that one."""
        ping = self._waiting.get(sequence)
        if ping is None or identifier != self.identifier or ping.address != dst:
            return False
        self.finish(ping, None, kind, now)
        return True

    def finish(self, ping: Ping, rtt: int | None, error: str | None, now: int) -> None:
        """The outcome is known; the handler is called once the host is in order."""
        del self._waiting[ping.sequence]
        ping.rtt = rtt
        ping.error = error
        self._core.deadlines.forget(ping)
        if self._core.trace is not None:
            here = Endpoint(Address(bytes(len(ping.address))), 0)
            outcome = f"rtt {rtt} ns" if rtt is not None else str(error)
            self._core.trace.app(now, here, Endpoint(ping.address, 0), "ping", outcome)
        if ping.handler is not None:
            self._core.calls.append(ping.call)

    def clear(self) -> None:
        """Forget all of them."""
        for ping in self._waiting.values():
            self._core.deadlines.forget(ping)
        self._waiting.clear()
