"""What a congestion control is told and what it answers (RFC 5681, law: advisers get facts, not the connection).

An algorithm is a small class with `cwnd` and `ssthresh` in octets; `register` makes it selectable by name in
`TcpConfig(congestion=...)`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

from synfin.errors import UsageError

INFINITE_SSTHRESH: Final = 1 << 40


class CongestionControl(ABC):
    """Base class of congestion controls.

    `cwnd`, `ssthresh`, `mss` (SMSS) are in octets; `now` in ns; `flight` is what is unacknowledged, in octets.
    """

    def __init__(self, mss: int, initial_segments: int) -> None:
        self.mss = mss
        self.initial_segments = initial_segments
        self.initial_window = initial_window(mss, initial_segments)
        self.cwnd = self.initial_window
        self.ssthresh = INFINITE_SSTHRESH  # [RFC5681-06]

    @abstractmethod
    def on_ack(self, now: int, acked: int, flight: int) -> None:
        """`acked` new octets were acknowledged outside of recovery; `flight` is from before."""

    @abstractmethod
    def on_loss(self, now: int, flight: int) -> None:
        """Loss was inferred from duplicate acknowledgments: set `ssthresh` and `cwnd` [RFC5681-11]."""

    def on_timeout(self, now: int, flight: int, again: bool) -> None:
        """The retransmission timer expired; `again`: without progress since the last time [RFC5681-08]."""
        if not again:
            self.on_loss(now, flight)
        self.cwnd = self.mss

    def on_recovered(self, now: int, flight: int) -> None:
        """Fast recovery ended with everything acknowledged [RFC5681-13]."""
        self.cwnd = min(self.cwnd, self.ssthresh)

    def on_idle(self, now: int) -> None:
        """Nothing was sent for more than one RTO: restart window [RFC5681-15]."""
        self.cwnd = min(self.initial_window, self.cwnd)

    def on_established(self, mss: int, syn_lost: bool, segments_after_loss: int) -> None:
        """The handshake is over and the segment size known: the initial window [RFC5681-04] [RFC5681-05]."""
        self.mss = mss
        self.initial_window = initial_window(mss, self.initial_segments)
        self.cwnd = min(self.initial_window, segments_after_loss * mss) if syn_lost else self.initial_window

    def on_mss(self, mss: int) -> None:
        """The segment size became smaller (path MTU); `cwnd` keeps its size in octets."""
        self.mss = mss

    def in_slow_start(self) -> bool:
        """Whether cwnd is below ssthresh."""
        return self.cwnd < self.ssthresh


def initial_window(mss: int, segments: int) -> int:
    """RFC 6928: min(10*MSS, max(2*MSS, 14600)) for ten segments; scaled alike for other counts [RFC5681-03]."""
    if segments <= 1:
        return mss
    return min(segments * mss, max(2 * mss, segments * 1460))


Factory = Callable[[int, int], CongestionControl]
_REGISTRY: Final[dict[str, Factory]] = {}


def register(name: str) -> Callable[[type[CongestionControl]], type[CongestionControl]]:
    """Class decorator: make an algorithm selectable as `TcpConfig(congestion=name)`."""

    def enter(cls: type[CongestionControl]) -> type[CongestionControl]:
        _REGISTRY[name] = cls
        return cls

    return enter


def create(name: str, mss: int, initial_segments: int) -> CongestionControl:
    """A new instance of the algorithm `name`; raises `UsageError` for an unknown one."""
    factory = _REGISTRY.get(name)
    if factory is None:
        raise UsageError(f"congestion control {name!r} is not registered; known: {', '.join(sorted(_REGISTRY))}")
    return factory(mss, initial_segments)


def names() -> list[str]:
    """Names of the registered algorithms, sorted."""
    return sorted(_REGISTRY)
