"""Delivery rates, and what TCP_INFO says about them and about who holds the sender back."""

from __future__ import annotations

import pytest

from synfin.config import MILLISECOND
from synfin.tcp.congestion import AckSample, CongestionControl, register
from synfin.tcp.info import TcpInfo
from synfin.tcp.rate import take_rate
from synfin.tcp.recovery.scoreboard import NO_ECHO, Scoreboard
from tests.harness import Opened


@register("listener-of-samples")
class Recorder(CongestionControl):
    """Notes the facts of every ACK; its window never moves."""

    def __init__(self, mss: int, initial_segments: int) -> None:
        super().__init__(mss, initial_segments)
        self.heard: list[dict[str, int]] = []

    def on_ack(self, sample: AckSample) -> None:
        """Copy what is only lent."""
        self.heard.append({name: int(getattr(sample, name)) for name in dir(AckSample()) if name[0] != "_"
                           and not callable(getattr(sample, name))})  # fmt: skip

    def on_loss(self, now: int, flight: int) -> None:
        """Nothing."""


def connected(**options: object) -> Opened:
    """Established, with a handshake of 100 ms."""
    t = Opened(**{"mss": 1000, "ws": 7, "congestion": "listener-of-samples", **options})
    t.advance(ms=100)
    t.inject("SA win=65535 sackok=1")
    t.drain()
    t.inject("A")
    return t


def heard(t: Opened) -> list[dict[str, int]]:
    """What the congestion control was told."""
    recorder = t.connection.tcb.congestion
    assert isinstance(recorder, Recorder)
    return recorder.heard


def info(t: Opened) -> TcpInfo:
    """TCP_INFO now."""
    return t.connection.info(t.now)


def test_the_rate_is_what_was_delivered_over_the_time_it_took() -> None:
    """A window a round trip: ten segments in 100 ms."""
    t = connected()
    t.app.write(b"x" * 60_000)
    for number in range(1, 4):
        t.advance(ms=100)
        t.inject(f"A ack={number * 10_000 + 1}")
    last = heard(t)[-1]
    assert last["rate_delivered"] == 10_000
    assert last["rate_interval"] == 100 * MILLISECOND
    assert last["prior_delivered"] == 20_000
    assert last["total_delivered"] == 30_000
    assert info(t).delivery_rate == 100_000
    assert not info(t).delivery_rate_app_limited


def test_acknowledgments_that_come_in_a_lump_are_no_fast_path() -> None:
    """The longer of the two times counts: what was sent over 100 ms does not arrive in one."""
    t = connected(max_pacing_rate=100_000)
    t.app.write(b"x" * 60_000)
    t.advance(ms=95)
    t.drain()
    for number in range(1, 11):
        t.inject(f"A ack={number * 1000 + 1}")
    rates = [s["rate_delivered"] * 1_000 * MILLISECOND // s["rate_interval"] for s in heard(t) if s["rate_interval"]]
    assert max(rates) <= 115_000


def test_the_time_of_sending_counts_where_it_is_longer() -> None:
    """Two segments over 100 ms whose acknowledgments come within 2 ms: 20 per second, not 1000."""
    board = Scoreboard(100)
    made = AckSample()
    board.sent(0, 1000, 0)
    board.sent(1000, 2000, 50 * MILLISECOND)
    board.begin(NO_ECHO, 0)
    board.acknowledge(1000, 99 * MILLISECOND)
    take_rate(made, board, 0)
    board.sent(2000, 3000, 100 * MILLISECOND)
    board.begin(NO_ECHO, 0)
    board.acknowledge(3000, 101 * MILLISECOND)
    take_rate(made, board, 0)
    assert (made.rate_delivered, made.rate_interval) == (2000, 100 * MILLISECOND)
    take_rate(made, board, 101 * MILLISECOND)
    assert made.rate_interval == 0, "shorter than any round trip: no rate"


def test_sacked_octets_are_delivered_once() -> None:
    """By SACK first, then cumulatively: the totals agree."""
    t = connected()
    t.app.write(b"x" * 10_000)
    t.advance(ms=100)
    t.inject("A ack=1 sack=1001:4001")
    t.inject("A ack=1 sack=1001:6001")
    t.inject("A ack=6001")
    assert [s["delivered"] for s in heard(t)] == [3000, 2000, 1000]
    assert heard(t)[-1]["total_delivered"] == 6000
    assert [s["acked"] for s in heard(t)] == [0, 0, 6000]


def test_loss_is_told_once_and_for_the_interval() -> None:
    """`lost` is of this ACK, `rate_lost` of all the time since the newest segment was sent."""
    t = connected()
    t.app.write(b"x" * 10_000)
    t.advance(ms=100)
    t.inject("A ack=1 sack=1001:5001")
    t.inject("A ack=1 sack=1001:9001")
    assert sum(s["lost"] for s in heard(t)) == 1000
    assert heard(t)[-1]["rate_lost"] == 1000
    assert heard(t)[-1]["recovering"]


def test_an_application_that_sends_little_is_told_apart() -> None:
    """One small write a round trip: the rate is the application's, and does not replace a higher one."""
    t = connected()
    t.app.write(b"x" * 60_000)
    for number in range(1, 7):
        t.advance(ms=100)
        t.inject(f"A ack={number * 10_000 + 1}")
    fast = info(t).delivery_rate
    for number in range(3):
        t.app.write(b"y" * 500)
        t.advance(ms=100)
        t.inject(f"A ack={60_001 + 500 * (number + 1)}")
    assert heard(t)[-1]["app_limited"]
    assert heard(t)[-1]["rate_delivered"] == 500
    assert info(t).delivery_rate == fast


def test_the_window_counts_as_used_when_it_held_something_back() -> None:
    """`cwnd_limited`: not when the application had nothing more."""
    t = connected()
    t.app.write(b"x" * 5_000)
    t.advance(ms=100)
    t.inject("A ack=5001")
    assert not heard(t)[-1]["cwnd_limited"]
    t.app.write(b"x" * 30_000)
    t.advance(ms=100)
    t.inject("A ack=15001")
    assert heard(t)[-1]["cwnd_limited"]


def test_the_time_of_the_sender_is_accounted_for() -> None:
    """Busy while something is unacknowledged; limited by the window, or by the send buffer, for a part of that."""
    t = connected(congestion="cubic")
    t.advance(ms=500)
    assert info(t).busy_time == 0
    t.app.write(b"x" * 1000)
    t.advance(ms=100)
    t.inject("A ack=1001")
    assert info(t).busy_time == pytest.approx(100_000, abs=1_000)
    t.advance(ms=400)
    assert info(t).busy_time == pytest.approx(100_000, abs=1_000)
    t.inject("A ack=1001 win=4")
    t.app.write(b"x" * 3000)
    t.advance(ms=200)
    assert info(t).rwnd_limited == pytest.approx(200_000, abs=1_000)
    assert info(t).busy_time == pytest.approx(300_000, abs=1_000)
    assert info(t).sndbuf_limited == 0


def test_a_send_buffer_that_is_too_small_shows() -> None:
    """All was sent, the application has more, and there is no room for it."""
    t = connected(congestion="cubic", send_buffer_bytes=4_000)
    t.app.write(b"x" * 8_000)
    t.advance(ms=100)
    assert info(t).sndbuf_limited == pytest.approx(100_000, abs=1_000)
    assert info(t).busy_time == pytest.approx(100_000, abs=1_000)
    assert info(t).rwnd_limited == 0


def test_losses_in_the_initial_window_are_counted() -> None:
    """[RFC6928-06]: whoever runs a large initial window can watch what it costs."""
    t = connected(congestion="cubic")
    t.app.write(b"x" * 10_000)
    t.advance(ms=100)
    t.inject("A ack=1 sack=1001:10001")
    t.drain()
    assert (info(t).total_retrans, info(t).bytes_retrans) == (1, 1000)


def test_delivered_counts_segments() -> None:
    """As Linux has it, SYN included."""
    t = connected(congestion="cubic")
    t.app.write(b"x" * 10_000)
    t.inject("A ack=10001")
    assert info(t).delivered == 11
