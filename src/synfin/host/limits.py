"""A token bucket in integer nanoseconds, for what may be sent only so often (ICMP errors, resets).

Responsible for the arithmetic only; who is limited, and how the refusal is counted, is the caller's affair.
"""

from __future__ import annotations

from typing import final

from synfin.config import SECOND


@final
class TokenBucket:
    """`per_second` events on average, `burst` at once (RFC 4443 2.4 (f)).

    Kept as the one number at which the bucket would be full again, so that it costs no timer and no float.
    """

    __slots__ = ("_full_at", "_room", "_step")

    def __init__(self, per_second: int, burst: int) -> None:
        self._step = SECOND // per_second if per_second > 0 else 0
        self._room = self._step * (burst - 1) if burst > 0 else -1
        self._full_at = 0

    def take(self, now: int) -> bool:
        """True, and one token less, when there is one."""
        if self._step == 0:
            return False
        ahead = self._full_at - now
        if ahead < 0:
            ahead = 0
        if ahead > self._room:
            return False
        self._full_at = now + ahead + self._step
        return True
