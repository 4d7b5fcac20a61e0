"""When to acknowledge: at once, with every second segment, or delayed (RFC 9293 3.8.6.3, RFC 5681 4.2)."""

from __future__ import annotations

from typing import Final, final

from synfin.config import MILLISECOND, TcpConfig
from synfin.mypyc import mypyc_attr

WAIT: Final = ""  # the answer "not yet"
SMALLEST_RMSS: Final = 536


@final
@mypyc_attr(acyclic=True)
class AckPolicy:
    """Counts what arrived since the last ACK and answers whether one is due."""

    __slots__ = ("delay", "pending", "quick", "rmss")

    def __init__(self, config: TcpConfig, our_mss: int) -> None:
        self.delay: int = config.ack_delay_ms * MILLISECOND
        self.pending = 0  # octets received and not acknowledged
        self.quick: int = config.quick_acks
        self.rmss = our_mss if our_mss < SMALLEST_RMSS else SMALLEST_RMSS

    def on_text(self, length: int, mss: int = 0) -> str:
        """New text in order: the rule that asks for an ACK now, or WAIT [SHLD-18] [SHLD-19].

        `mss` is 0, or the size of the segments of which a device has put this one together: one ACK for all of them is
        what a receiver of batches sends [MUST-58], and two full ones are still enough to ask for it.
        """
        self.pending += length
        size = mss or length
        if size > self.rmss:
            self.rmss = size
        if self.quick > 0:
            self.quick -= 1
            return "ack-now"
        if self.pending >= 2 * self.rmss:
            return "ack-every-second"
        if self.delay == 0:
            return "ack-now"
        return WAIT

    def delayed_until(self, now: int) -> int:
        """The latest time for the ACK, below 0.5 s [MUST-40]."""
        return now + self.delay

    def on_ack_sent(self) -> None:
        """Everything received is acknowledged."""
        self.pending = 0
