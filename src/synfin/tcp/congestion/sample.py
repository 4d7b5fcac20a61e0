"""`AckSample`: what one acknowledgment tells a congestion control.

A value without behaviour.  `steps_ack` fills one anew for each ACK that delivers something and hands it over; all
connections of a host share it, so an algorithm must copy what it wants to keep.  What the numbers mean for a window is
the algorithm's business.
"""

from __future__ import annotations

from typing import final

from synfin.mypyc import mypyc_attr


@final
@mypyc_attr(acyclic=True)
class AckSample:
    """The facts of one ACK: octets, and nanoseconds; "before" and "after" are those of taking the ACK.

    ==================  ==========================================================================================
    `now`               when it arrived
    `acked`             octets newly acknowledged cumulatively
    `delivered`         octets newly known to have arrived: cumulatively or by SACK, each once
    `lost`              octets newly taken for lost
    `flight`            octets outstanding before it, SND.NXT - SND.UNA
    `pipe`              estimate of the octets in the network after it (RFC 6675 4)
    `rtt`               the newest round-trip time that it measured, 0: none
    `srtt`, `min_rtt`   the smoothed round-trip time and the smallest of the connection, after it; 0: none yet
    `ce`                octets of `delivered` that were marked Congestion Experienced, as far as the peer tells
    `recovering`        fast recovery is under way (not: slow start after a time-out): windows do not grow
    `cwnd_limited`      the congestion window, not the application or the peer, bounded what was sent last round
    `rate_delivered`    octets delivered in `rate_interval`: their quotient is the delivery rate
    `rate_interval`     0: this ACK gives no valid rate
    `prior_delivered`   `total_delivered` when the newest segment that this ACK delivers was sent
    `prior_pipe`        octets in the network right after that segment was sent
    `rate_lost`         octets taken for lost between that moment and now
    `app_limited`       the rate is that of the application, not that of the path
    `total_delivered`   octets delivered since the connection began, this ACK included
    ==================  ==========================================================================================
    """

    __slots__ = (
        "acked",
        "app_limited",
        "ce",
        "cwnd_limited",
        "delivered",
        "flight",
        "lost",
        "min_rtt",
        "now",
        "pipe",
        "prior_delivered",
        "prior_pipe",
        "rate_delivered",
        "rate_interval",
        "rate_lost",
        "recovering",
        "rtt",
        "srtt",
        "total_delivered",
    )

    def __init__(self) -> None:
        self.now = 0
        self.acked = 0
        self.delivered = 0
        self.lost = 0
        self.flight = 0
        self.pipe = 0
        self.rtt = 0
        self.srtt = 0
        self.min_rtt = 0
        self.ce = 0
        self.recovering = False
        self.cwnd_limited = False
        self.rate_delivered = 0
        self.rate_interval = 0
        self.prior_delivered = 0
        self.prior_pipe = 0
        self.rate_lost = 0
        self.app_limited = False
        self.total_delivered = 0

    def rate(self) -> int:
        """The delivery rate in octets per second, 0: not known from this ACK."""
        return self.rate_delivered * 1_000_000_000 // self.rate_interval if self.rate_interval else 0
