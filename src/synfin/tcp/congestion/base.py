"""What a congestion control is told and what it answers (RFC 5681, law: advisers get facts, not the connection).

An algorithm is a small class with `cwnd` and `ssthresh` in octets; `register` makes it selectable by name in
`TcpConfig(congestion=...)` and by the socket option TCP_CONGESTION.  What is common to the algorithms that answer loss
with a smaller window (slow start, HyStart++, validation) is in `lossbased`, not here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Final

from synfin.config import TcpConfig
from synfin.errors import UsageError
from synfin.mypyc import mypyc_attr
from synfin.tcp.congestion.sample import AckSample

INFINITE_SSTHRESH: Final = 1 << 40


@mypyc_attr(allow_interpreted_subclasses=True)
class CongestionControl(ABC):
    """Base class of congestion controls.

    `cwnd`, `ssthresh`, `mss` (SMSS) are in octets; `now` in ns; `flight` is what is unacknowledged, in octets.  A new
    algorithm needs `on_ack` and `on_loss`; everything else has a default.
    """

    name: ClassVar[str] = ""  # set by `register`
    uses_prr: ClassVar[bool] = True  # in recovery send by RFC 6937; False: `cwnd` alone decides
    ecn: ClassVar[str] = "classic"  # "precise": no `on_ecn`, the algorithm reads `AckSample.ce`

    def __init__(self, mss: int, initial_segments: int) -> None:
        self.mss = mss
        self.initial_segments = initial_segments
        self.initial_window = initial_window(mss, initial_segments)
        self.restart_window = self.initial_window  # after an idle time
        self.idle_restart = True
        self.paced = False  # asks for pacing: `pacing_rate` is read after each ACK
        self.cwnd = self.initial_window
        self.ssthresh = INFINITE_SSTHRESH  # [RFC5681-06]
        self.seed = 0  # differs from connection to connection; all the randomness that an algorithm has
        self.prior_cwnd = 0  # what `on_undo` restores, 0: nothing
        self.prior_ssthresh = 0

    def configure(self, config: TcpConfig) -> None:
        """Take what the configuration says; called when the connection is made and when its settings change."""
        self.idle_restart = config.idle_restart
        self.paced = config.pacing

    @abstractmethod
    def on_ack(self, sample: AckSample) -> None:
        """An ACK delivered something.  Windows must not grow while `sample.recovering`."""

    @abstractmethod
    def on_loss(self, now: int, flight: int) -> None:
        """Loss recovery begins: set `ssthresh` and `cwnd` [RFC5681-11]; `flight` is without limited transmit's."""

    def on_timeout(self, now: int, flight: int, again: bool) -> None:
        """The retransmission timer expired; `again`: without progress since the last time [RFC5681-08]."""
        if not again:
            self.on_loss(now, flight)
        self.cwnd = self.mss

    def on_recovered(self, now: int, flight: int) -> None:
        """Fast recovery ended with everything acknowledged [RFC5681-13]."""
        self.cwnd = min(self.cwnd, self.ssthresh)

    def on_ecn(self, now: int, flight: int) -> None:
        """The peer reports congestion that no packet was dropped for, at most once per window (RFC 3168 6.1.2)."""
        self.on_loss(now, flight)

    def on_undo(self) -> None:
        """The last reduction was spurious: back to what `remember` has saved, and never below what is now."""
        self.cwnd = max(self.cwnd, self.prior_cwnd)
        self.ssthresh = max(self.ssthresh, self.prior_ssthresh)
        self.prior_cwnd = self.prior_ssthresh = 0

    def on_idle(self, now: int) -> None:
        """Nothing was sent for more than one RTO: restart window, unless that is switched off [RFC5681-15]."""
        if self.idle_restart:
            self.cwnd = min(self.restart_window, self.cwnd)

    def on_established(self, mss: int, rtt: int, syn_lost: bool, segments_after_loss: int) -> None:
        """The handshake is over and the segment size known: the initial window [RFC5681-04] [RFC5681-05].

        `rtt` is that of the handshake in ns, 0 if it was not measured.
        """
        self.mss = mss
        self.initial_window = initial_window(mss, self.initial_segments)
        self.restart_window = self.initial_window
        self.cwnd = min(self.initial_window, segments_after_loss * mss) if syn_lost else self.initial_window

    def adopt(self, cwnd: int, ssthresh: int, srtt: int) -> None:
        """Take the place of another algorithm on a live connection (TCP_CONGESTION): go on with its window."""
        self.cwnd = cwnd
        self.ssthresh = ssthresh

    def on_mss(self, mss: int) -> None:
        """The segment size became smaller (path MTU); `cwnd` keeps its size in octets."""
        self.mss = mss

    def pacing_rate(self) -> int:
        """Octets per second that the connection may send, whatever its windows allow; 0: no wish.

        Asked for only while `paced`; 0 then stands for a rate made from cwnd and the round-trip time (`tcp/pacing`).
        """
        return 0

    def remember(self) -> None:
        """Save `cwnd` and `ssthresh` for `on_undo`; an algorithm calls it before it reduces them."""
        self.prior_cwnd = self.cwnd
        self.prior_ssthresh = self.ssthresh

    def in_slow_start(self) -> bool:
        """Whether cwnd is below ssthresh."""
        return self.cwnd < self.ssthresh


def initial_window(mss: int, segments: int) -> int:
    """RFC 6928: min(10*MSS, max(2*MSS, 14600)) for ten segments; scaled alike for other counts [RFC5681-03]."""
    if segments <= 1:
        return mss
    return min(segments * mss, max(2 * mss, segments * 1460))


def initial_window_rfc3390(mss: int) -> int:
    """The more careful window of RFC 3390: min(4*MSS, max(2*MSS, 4380)) [RFC6928-03]."""
    return min(4 * mss, max(2 * mss, 4380))


Factory = Callable[[int, int], CongestionControl]
_REGISTRY: Final[dict[str, Factory]] = {}


def register(name: str) -> Callable[[type[CongestionControl]], type[CongestionControl]]:
    """Class decorator: make an algorithm selectable as `TcpConfig(congestion=name)`.

    Raises `UsageError` for a class that lacks `on_ack` or `on_loss`.
    """

    def enter(cls: type[CongestionControl]) -> type[CongestionControl]:
        for needed in ("on_ack", "on_loss"):
            if getattr(cls, needed) is getattr(CongestionControl, needed):
                raise UsageError(f"congestion control {cls.__name__} lacks {needed}(); see docs/congestion.md")
        cls.name = name
        _REGISTRY[name] = cls
        return cls

    return enter


def check(name: str) -> None:
    """Raises `UsageError` unless an algorithm `name` is registered."""
    if name not in _REGISTRY:
        raise UsageError(f"congestion control {name!r} is not registered; known: {', '.join(sorted(_REGISTRY))}")


def create(name: str, mss: int, initial_segments: int, config: TcpConfig | None = None) -> CongestionControl:
    """A new instance of the algorithm `name`, set up by `config`; raises `UsageError` for an unknown one."""
    check(name)
    algorithm = _REGISTRY[name](mss, initial_segments)
    if config is not None:
        algorithm.configure(config)
    return algorithm


def names() -> list[str]:
    """Names of the registered algorithms, sorted."""
    return sorted(_REGISTRY)
