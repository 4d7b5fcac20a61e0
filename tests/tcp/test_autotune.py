"""Buffers that grow: the receive buffer with what is read in a round-trip time, the send buffer with the window."""

from __future__ import annotations

from typing import Any

import pytest

from synfin.config import MILLISECOND, TcpConfig
from synfin.errors import UsageError
from synfin.tcp.autotune import NO_CHANGE, ReceiveTuning
from synfin.tcp.memory import FULL, PRESSURE, MemoryPool
from tests.harness import Established, Opened

RTT = 10 * MILLISECOND


def test_twice_what_was_read_in_a_round_trip_time_is_wanted() -> None:
    tuning = ReceiveTuning(0, 20_000)
    assert tuning.on_read(RTT - 1, 30_000, RTT, 1_000) == NO_CHANGE
    assert tuning.on_read(RTT, 10_000, RTT, 1_000) == 2 * 40_000 + 16_000
    # The next measurement starts anew, and what is no more than before makes nothing grow.
    assert tuning.on_read(2 * RTT, 40_000, RTT, 1_000) == NO_CHANGE
    assert tuning.on_read(3 * RTT, 40_001, RTT, 1_000) == 2 * 40_001 + 16_000


def test_without_a_round_trip_time_nothing_is_wanted() -> None:
    assert ReceiveTuning(0, 1_000).on_read(10**12, 1 << 30, 0, 1_000) == NO_CHANGE


def fill_and_read(t: Established, rounds: int) -> None:
    """The peer uses the whole window once in each round-trip time, and the application reads at once."""
    seq = 1
    for _ in range(rounds):
        room = t.connection.tcb.receive_window.edge - t.connection.tcb.rcv_nxt
        while room > 0:
            count = min(room, 60_000)
            t.inject(f"PA seq={seq} ack=1", data=b"x" * count)
            seq += count
            room -= count
        t.advance(ms=100)
        while t.app.read(1 << 20):
            pass
        t.drain()


@pytest.mark.parametrize(("most", "grows"), [(None, False), (400_000, True)])
def test_the_receive_buffer_follows_a_reader_up_to_its_limit(most: int | None, grows: bool) -> None:
    t = Established(mss=1000, receive_buffer_bytes=50_000, receive_buffer_max_bytes=most)
    fill_and_read(t, 12)
    assert t.connection.tcb.receive_window.capacity == (400_000 if grows else 50_000)


def test_an_application_that_does_not_read_makes_no_buffer_grow() -> None:
    t = Established(mss=1000, receive_buffer_bytes=50_000, receive_buffer_max_bytes=400_000)
    t.inject("PA seq=1 ack=1", data=b"x" * 50_000)
    t.advance(ms=5_000)
    assert t.app.read(10) == b"x" * 10
    assert t.connection.tcb.receive_window.capacity == 50_000


def test_memory_that_is_short_stops_growth() -> None:
    t = Established(mss=1000, receive_buffer_bytes=50_000, receive_buffer_max_bytes=400_000)
    pool = MemoryPool(100)
    pool.change(50)
    t.connection.tcb.memory = pool
    fill_and_read(t, 4)
    assert t.connection.tcb.receive_window.capacity == 50_000
    assert "buffer-growth-stopped" in t.rules


def test_a_size_that_was_asked_for_stays() -> None:
    """As SO_RCVBUF and SO_SNDBUF: whoever names a size gets it."""
    t = Established(mss=1000, receive_buffer_bytes=50_000, receive_buffer_max_bytes=400_000)
    t.connection.configure(t.now, receive_buffer_bytes=60_000, receive_buffer_max_bytes=None)
    fill_and_read(t, 6)
    assert t.connection.tcb.receive_window.capacity == 60_000


def test_the_window_scale_covers_what_the_buffer_may_become() -> None:
    """[RFC7323-02]: the shift is told once, before anything is known."""
    small = TcpConfig(receive_buffer_bytes=60_000)
    assert small.receive_buffer_limit() == 60_000
    t = Opened(window_scaling=True, receive_buffer_bytes=60_000, receive_buffer_max_bytes=6_000_000)
    assert t.sent[0].segment.options.window_scale == 7


def test_the_send_buffer_is_twice_the_congestion_window() -> None:
    t = Established(mss=1000, win=65_535, send_buffer_bytes=5_000, send_buffer_max_bytes=30_000)
    cwnd = t.connection.tcb.congestion.cwnd
    assert t.app.write(b"x" * 100_000) == min(2 * cwnd, 30_000) > 5_000


def test_the_send_buffer_stays_where_no_limit_is_given() -> None:
    t = Established(mss=1000, win=65_535, send_buffer_bytes=5_000)
    assert t.app.write(b"x" * 100_000) == 5_000


@pytest.mark.parametrize("name", ["send_buffer", "receive_buffer"])
def test_limits_below_the_size_are_refused(name: str) -> None:
    changes: dict[str, Any] = {f"{name}_bytes": 1_000, f"{name}_max_bytes": 999}
    with pytest.raises(UsageError, match=f"{name}_bytes 1000 is above {name}_max_bytes 999"):
        TcpConfig(**changes)


def test_levels_of_the_pool() -> None:
    pool = MemoryPool(800)
    levels = []
    for used in (399, 400, 599, 600, 699, 700, 799, 800, 5_000, 399):
        pool.change(used - pool.used)
        levels.append(pool.level)
    assert levels == [0, 1, 1, 2, 2, 3, 3, 4, 4, 0]
    assert pool.most == 5_000
    assert not pool.change(1 << 40) or pool.level == FULL


def test_no_limit_is_never_tight() -> None:
    pool = MemoryPool(0)
    assert not pool.change(1 << 60)
    assert pool.level < PRESSURE
