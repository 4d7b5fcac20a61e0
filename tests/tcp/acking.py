"""Acknowledgments for congestion controls without a connection: a sender that always fills its window, or does not."""

from __future__ import annotations

from synfin.config import MILLISECOND
from synfin.tcp.congestion import AckSample, CongestionControl

MSS = 1000


def sample(now: int, acked: int, flight: int, **facts: int | bool) -> AckSample:
    """An ACK at `now` ns of `acked` octets of `flight`; cwnd-limited unless said otherwise."""
    made = AckSample()
    made.now = now
    made.acked = made.delivered = acked
    made.flight = flight
    made.pipe = flight - acked
    made.cwnd_limited = True
    for name, value in facts.items():
        setattr(made, name, value)
    return made


class Sender:
    """Keeps `cwnd` octets in flight and acknowledges them, a round trip at a time, evenly over the round trip."""

    def __init__(self, algorithm: CongestionControl, rtt_ms: int = 100, segments_per_ack: int = 1) -> None:
        self.algorithm = algorithm
        self.rtt = rtt_ms * MILLISECOND
        self.segments_per_ack = segments_per_ack
        self.now = 1_000 * MILLISECOND
        self.delivered = 0

    def round_trip(self, rtt_ms: int | None = None, **facts: int | bool) -> int:
        """One window is acknowledged; returns cwnd after it."""
        algorithm = self.algorithm
        rtt = self.rtt if rtt_ms is None else rtt_ms * MILLISECOND
        flight = algorithm.cwnd // MSS * MSS
        step = self.segments_per_ack * MSS
        count = max(flight // step, 1)
        begun = self.now
        for number in range(1, count + 1):
            self.now = begun + rtt * number // count
            self.delivered += step
            made = sample(self.now, step, flight, rtt=rtt, srtt=rtt, min_rtt=rtt)
            made.total_delivered = self.delivered
            for name, value in facts.items():
                setattr(made, name, value)
            algorithm.on_ack(made)
            flight = max(algorithm.cwnd // MSS * MSS, step)
        return algorithm.cwnd
