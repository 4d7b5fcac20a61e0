"""What a loss detection is told and what it answers; the registry of names for `TcpConfig(recovery=...)`.

A detection looks at the scoreboard after each acknowledgment that is out of the ordinary and marks what it deems lost.
What follows from that (the window, what is sent again and when, undoing it) is the business of `episode` and output.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Final

from synfin.errors import UsageError
from synfin.mypyc import mypyc_attr
from synfin.tcp.recovery.facts import LossFacts
from synfin.tcp.recovery.scoreboard import Scoreboard

DUPLICATES: Final = 3  # DupThresh (RFC 5681 3.2, RFC 6675 2)


@mypyc_attr(allow_interpreted_subclasses=True)
class LossDetection(ABC):
    """Base class of loss detections.  A new one needs `detect`; everything else has a default."""

    name: ClassVar[str] = ""  # set by `register`
    uses_sack: ClassVar[bool] = True  # False: duplicate acknowledgments are all there is
    uses_probes: ClassVar[bool] = False  # True: tail loss probes before the time-out (RFC 8985 7)
    rule: ClassVar[str] = "retransmit-sack"  # why what it deems lost is sent again

    @abstractmethod
    def detect(self, board: Scoreboard, facts: LossFacts) -> int:
        """Mark what is lost (`board.mark_lost`); returns when to look again at the latest, 0: at the next ACK."""

    def on_timeout(self, board: Scoreboard, facts: LossFacts) -> None:
        """The retransmission timer expired: mark what is lost; the first record is, in any case."""
        board.mark_all_lost()

    def speculate(self, board: Scoreboard, facts: LossFacts, rescued: bool) -> tuple[int, int, str] | None:
        """Nothing is known to be lost and nothing new can be sent: (start, end, rule) of what to send again, if any.

        `rescued`: in this recovery that was done for the end of the window already.
        """
        return None

    def on_dsack(self, snd_una: int, snd_nxt: int) -> None:  # noqa: B027
        """The peer has received something twice (RFC 2883)."""

    def on_recovered(self) -> None:  # noqa: B027
        """A fast recovery is over."""


_REGISTRY: Final[dict[str, type[LossDetection]]] = {}


def register(name: str) -> Callable[[type[LossDetection]], type[LossDetection]]:
    """Class decorator: make a detection selectable as `TcpConfig(recovery=name)`."""

    def enter(cls: type[LossDetection]) -> type[LossDetection]:
        cls.name = name
        _REGISTRY[name] = cls
        return cls

    return enter


def kind(name: str) -> type[LossDetection]:
    """The class registered as `name`; raises `UsageError` for an unknown one."""
    found = _REGISTRY.get(name)
    if found is None:
        raise UsageError(f"loss recovery {name!r} is not registered; known: {', '.join(sorted(_REGISTRY))}")
    return found


def names() -> list[str]:
    """Names of the registered detections, sorted."""
    return sorted(_REGISTRY)
