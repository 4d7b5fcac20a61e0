"""Fast retransmit, fast recovery and the time after a retransmission time-out (RFC 5681 3.2, RFC 6582, RFC 3042).

It is told what was acknowledged and answers what to retransmit; the congestion window itself is not its business,
only how much more than `cwnd` may be in flight meanwhile (`inflation`).
"""

from __future__ import annotations

from typing import Final, final

NOTHING: Final = 0
RESEND_FIRST: Final = 1  # retransmit the segment at SND.UNA now
ENTERED: Final = 2  # loss found: tell congestion control, then retransmit the segment at SND.UNA now
RECOVERED: Final = 3  # recovery is over: tell congestion control

DUPLICATES: Final = 3  # RFC 5681 3.2


@final
class NewRenoRecovery:
    """Loss recovery without SACK.  All numbers are absolute sequence numbers or octets."""

    __slots__ = ("duplicates", "inflation", "limited", "partial", "recover", "recovering", "resend_end", "resend_nxt")

    def __init__(self, iss: int) -> None:
        self.duplicates = 0
        self.recovering = False  # fast recovery
        self.partial = False  # a partial ACK has come in this recovery
        self.recover = iss  # RFC 6582: SND.NXT when loss was found last
        self.inflation = 0  # octets beyond cwnd that duplicate ACKs allow in fast recovery
        self.limited = 0  # octets beyond cwnd that limited transmit allows
        self.resend_nxt = 0  # after a time-out: what is to be sent again, slow-start paced
        self.resend_end = 0

    def on_ack(self, ack: int, acked: int, mss: int) -> int:
        """SND.UNA moved to `ack` by `acked` octets [RFC5681-13], RFC 6582 3.2 step 3."""
        self.duplicates = 0
        self.limited = 0
        if self.resend_nxt < ack:
            self.resend_nxt = ack
        if not self.recovering:
            return NOTHING
        if ack >= self.recover:
            self.recovering = False
            self.inflation = 0
            return RECOVERED
        self.inflation -= acked
        if acked >= mss:
            self.inflation += mss
        if self.inflation < 0:
            self.inflation = 0
        return RESEND_FIRST

    def on_duplicate(self, snd_una: int, snd_nxt: int, mss: int, limited_transmit: bool) -> int:
        """One more duplicate ACK came [RFC5681-10] [RFC5681-11] [RFC5681-12]."""
        if self.recovering:
            self.inflation += mss
            return NOTHING
        if self.resend_nxt < self.resend_end:  # slow start after a time-out sends on its own account [RFC6582-06]
            return NOTHING
        self.duplicates += 1
        if self.duplicates < DUPLICATES:
            self.limited = self.duplicates * mss if limited_transmit else 0
            return NOTHING
        if self.duplicates > DUPLICATES or snd_una <= self.recover:
            return NOTHING  # RFC 6582 3.2 step 1: not for losses that were already recovered
        self.recovering = True
        self.partial = False
        self.recover = snd_nxt
        self.inflation = DUPLICATES * mss
        return ENTERED

    def flight_at_loss(self, snd_una: int, snd_nxt: int) -> int:
        """FlightSize without what limited transmit sent [RFC5681-11]."""
        flight = snd_nxt - snd_una - self.limited
        return flight if flight > 0 else 0

    def on_timeout(self, snd_una: int, snd_nxt: int) -> None:
        """The timer expired: leave fast recovery, send again from SND.UNA on as slow start allows."""
        self.recovering = False
        self.inflation = 0
        self.limited = 0
        self.duplicates = 0
        self.recover = snd_nxt
        self.resend_nxt = snd_una
        self.resend_end = snd_nxt

    def resend_from(self, snd_una: int, snd_nxt: int) -> None:
        """Send again all that is unacknowledged, for a reason other than congestion."""
        self.resend_nxt = snd_una
        self.resend_end = snd_nxt
