"""The user timeout option (RFC 5482): telling the peer how long our text may stay unacknowledged, and hearing it.

`UserTimeout` belongs to one connection that uses the option; it is told values and answers which time-out holds.  What
happens when that is over is `timeouts`' business, and it holds in synchronized states only.
"""

from __future__ import annotations

from typing import Final, final

from synfin.config import TcpConfig

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
MINUTES: Final = 0x8000  # the granularity bit
VALUE_MAX: Final = 0x7FFF
REPEATS: Final = 2  # segments after the SYN that carry a value: none of them is sure to arrive [RFC5482-07]


def encode(timeout_ms: int) -> int | None:
    """The 16 bits for a time-out, rounded up to seconds or, above 32767 of them, minutes; None for 0 [RFC5482-05]."""
    if timeout_ms <= 0:
        return None
    seconds = -(-timeout_ms // SECOND_MS)
    if seconds <= VALUE_MAX:
        return seconds
    return MINUTES | min(-(-timeout_ms // MINUTE_MS), VALUE_MAX)


def decode(value: int) -> int:
    """Milliseconds; 0 for the reserved value [RFC5482-05]."""
    return (value & VALUE_MAX) * (MINUTE_MS if value & MINUTES else SECOND_MS)


@final
class UserTimeout:
    """ADV_UTO, REMOTE_UTO and what follows from them (RFC 5482 3), in milliseconds; 0: not known."""

    __slots__ = ("_pending", "advertised", "remote")

    def __init__(self, advertised: int) -> None:
        self.advertised = advertised
        self.remote = 0
        self._pending = REPEATS

    def advertise(self, timeout: int) -> None:
        """Our own time-out has changed: tell it [RFC5482-06]."""
        if timeout != self.advertised:
            self.advertised = timeout
            self._pending = REPEATS

    def on_option(self, value: int) -> bool:
        """The peer tells its time-out; False if that says nothing new."""
        told = decode(value)
        if told in (0, self.remote):
            return False
        self.remote = told
        return True

    def for_syn(self) -> int | None:
        """What a SYN or SYN-ACK carries."""
        return encode(self.advertised)

    def for_segment(self) -> int | None:
        """What the next segment after the handshake carries."""
        if self._pending <= 0:
            return None
        self._pending -= 1
        return encode(self.advertised)

    def adopted(self, least: int, most: int, rto: int) -> int:
        """USER_TIMEOUT = min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)) [RFC5482-03]; 0 before the peer has spoken.

        The lower limit is above the retransmission time-out `rto`, or nothing would be tried twice [RFC5482-04].
        """
        if not self.remote:
            return 0
        wanted = max(self.advertised, self.remote, least, rto + 1)
        return wanted if wanted < most else max(most, rto + 1)


def start_user_timeout(config: TcpConfig) -> UserTimeout | None:
    """What a new connection needs for the option; None where it is not used."""
    if not config.user_timeout_option:
        return None
    return UserTimeout(config.user_timeout_ms or config.user_timeout_advertised_ms)
