"""Resets for segments that belong to no connection (RFC 9293 3.5.2, 3.10.7.1), and the limit of challenge ACKs."""

from __future__ import annotations

from typing import final

from synfin.config import MILLISECOND, TcpConfig
from synfin.wire.tcp import ACK, RST, Segment


def reset_for(segment: Segment, why: str = "reset-closed") -> Segment | None:
    """The RST that answers `segment`, or None for a RST [RFC9293-E13].

    With ACK: `<SEQ=SEG.ACK><RST>`; without: `<SEQ=0><ACK=SEG.SEQ+SEG.LEN><RST,ACK>`.
    """
    if segment.flags & RST:
        return None
    if segment.flags & ACK:
        return Segment(segment.dst_port, segment.src_port, segment.ack, 0, RST, why=why)
    ack = (segment.seq + segment.length) & 0xFFFF_FFFF
    return Segment(segment.dst_port, segment.src_port, 0, ack, RST | ACK, why=why)


@final
class ChallengeLimit:
    """At most `challenge_ack_limit` challenge ACKs per connection and period [RFC5961-10] [RFC5961-11]."""

    __slots__ = ("period_start", "sent")

    def __init__(self) -> None:
        self.period_start = 0
        self.sent = 0

    def allows(self, now: int, config: TcpConfig) -> bool:
        """Count one challenge ACK at `now`; False when it must not be sent."""
        if self.sent == 0 or now - self.period_start >= config.challenge_ack_period_ms * MILLISECOND:
            self.period_start = now
            self.sent = 0
        if self.sent >= config.challenge_ack_limit:
            return False
        self.sent += 1
        return True
