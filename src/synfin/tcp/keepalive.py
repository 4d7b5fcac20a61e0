"""Keep-alive (RFC 9293 3.8.4): off unless asked for, and never after a single lost probe."""

from __future__ import annotations

from typing import Final, final

from synfin.config import MILLISECOND, TcpConfig

PROBE: Final = 1
GIVE_UP: Final = 2


@final
class KeepAlive:
    """Counts probes without an answer; exists only while keep-alive is on [MUST-24] [MUST-25]."""

    __slots__ = ("idle", "interval", "probes", "unanswered")

    def __init__(self, config: TcpConfig) -> None:
        self.idle: int = config.keep_alive_idle_ms * MILLISECOND  # [MUST-27] [MUST-28]
        self.interval: int = config.keep_alive_interval_ms * MILLISECOND
        self.probes: int = config.keep_alive_probes
        self.unanswered = 0

    def on_received(self) -> None:
        """Anything came from the peer."""
        self.unanswered = 0

    def on_expiry(self, quiet: int, patience: int) -> int:
        """The timer fired on a connection that was silent for `quiet` ns: PROBE or GIVE_UP [MUST-29].

        `patience` is the user timeout in ns, which replaces the number of probes as it does R2 (tcp(7)), or 0.
        """
        if patience:
            over = self.unanswered > 0 and quiet >= patience
        else:
            over = self.unanswered >= self.probes
        if over:
            return GIVE_UP
        self.unanswered += 1
        return PROBE
