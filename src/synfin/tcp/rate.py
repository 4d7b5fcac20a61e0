"""How fast the path delivers (draft-ietf-ccwg-bbr 4.1, delivery rate estimation): one sample per ACK.

The scoreboard stamps each segment with what had been delivered when it was sent; the difference to now, over the longer
of the times of sending and of acknowledging, is the rate.  What an algorithm makes of it is its business.
"""

from __future__ import annotations

from synfin.tcp.congestion.sample import AckSample
from synfin.tcp.recovery.scoreboard import Scoreboard


def take_rate(sample: AckSample, board: Scoreboard, min_rtt: int) -> None:
    """Fill the rate of `sample` from the newest segment that this ACK has delivered.

    `rate_interval` stays 0 where it is shorter than any round trip can be: an ACK of a spurious retransmission.
    """
    sample.rate_delivered = 0
    sample.rate_interval = 0
    record = board.rate_record
    if record is None:
        return
    board.rate_record = None  # it is acknowledged: nobody needs it any more
    delivered = board.delivered
    sample.prior_delivered = record.delivered
    sample.prior_pipe = record.prior_pipe
    sample.rate_lost = board.lost_total - record.prior_lost
    sample.app_limited = record.app_limited
    sample.rate_delivered = delivered - record.delivered
    if board.app_limited and delivered > board.app_limited:
        board.app_limited = 0  # what was sent when text was short has all arrived
    sending = record.sent_at - record.flight_sent_at
    acknowledging = board.delivered_at - record.delivered_at
    board.first_sent_at = record.sent_at
    interval = sending if sending > acknowledging else acknowledging
    if interval >= min_rtt and interval > 0:
        sample.rate_interval = interval


def text_ran_short(board: Scoreboard) -> None:
    """Everything was sent and the window has room left: what is delivered from here on is the application's rate."""
    board.app_limited = (board.delivered + board.pipe()) or 1
