"""Loss recovery (RFC 9293 3.8.1): what to retransmit, and when, apart from the timer itself."""

from __future__ import annotations

from synfin.tcp.recovery.newreno import NewRenoRecovery

__all__ = ["NewRenoRecovery"]
