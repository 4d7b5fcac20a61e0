"""When text is acknowledged (RFC 9293 3.8.6.3 and 3.10.7.4, RFC 5681 4.2)."""

from __future__ import annotations

import pytest

from synfin.errors import UsageError
from synfin.tcp import TcpConfig
from tests.harness import Established

WRAP_AROUND = True


def test_a_single_segment_is_acknowledged_after_a_short_delay() -> None:
    """[SHLD-18] [MUST-40] [RFC5681-16]: not at once, but well below half a second."""
    t = Established(mss=1000)
    t.inject("PA data=hello")
    t.expect_nothing()
    sent = t.advance_until_sent()
    assert sent.ack == 6
    assert sent.len == 0
    assert sent.ms == t.config.ack_delay_ms < 500


def test_data_carries_the_acknowledgment() -> None:
    """[SHLD-18]: an answer within the delay saves the ACK of its own."""
    t = Established(mss=1000)
    t.inject("PA data=hello")
    t.app.write(b"world")
    t.expect("PA ack=6 data=world")
    t.advance(ms=400)
    t.expect_nothing()


def test_every_second_full_segment_is_acknowledged_at_once() -> None:
    """[SHLD-19] [RFC2525-13] [RFC5681-16]: at most two full segments share an ACK."""
    t = Established(mss=1460)
    for number in range(1, 11):
        t.inject("A len=1460")
        t.advance(ms=10)
        if number % 2 == 0:
            t.expect(f"A ack={number * 1460 + 1} len=0")
        t.expect_nothing()


def test_two_full_segments_of_the_peers_size_are_enough() -> None:
    """[SHLD-19]: RMSS is the size of what really comes when that is larger than our guess."""
    t = Established(mss=1000)
    t.inject("A len=1000")
    t.expect_nothing()
    t.inject("A len=1000")
    t.expect("A ack=2001")


def test_small_segments_are_delayed_from_the_first_one_on() -> None:
    """[MUST-40]: further arrivals do not postpone the ACK."""
    t = Established(mss=1460)
    t.inject("PA data=a")
    for _ in range(3):
        t.advance(ms=10)
        t.inject("PA data=b")
        t.expect_nothing()
    t.advance(ms=10)
    sent = t.expect("A ack=5")
    assert sent.ms == 40


def test_a_batch_is_processed_before_anything_is_acknowledged() -> None:
    """[MUST-58] [MUST-59]: ten segments in one batch draw one ACK that covers them all."""
    t = Established(mss=1000)
    with t.batch():
        for _ in range(10):
            t.inject("A len=1000")
    t.expect("A ack=10001")
    t.expect_nothing()


def test_at_most_one_acknowledgment_for_each_segment() -> None:
    """[RFC5681-17]: apart from window updates no segment draws more than one ACK."""
    t = Established(mss=1000)
    for seq in (1001, 3001, 1, 2001, 1, 4001, 4001):
        t.inject(f"A seq={seq} len=1000")
        assert len(t.drain()) <= 1


def test_out_of_order_text_is_acknowledged_at_once() -> None:
    """[RFC5681-09] [RFC9293-MAY-13]: a duplicate ACK without delay."""
    t = Established(mss=1000)
    t.inject("A seq=1001 len=1000")
    t.expect("A seq=1 ack=1 len=0")


def test_filling_a_gap_is_acknowledged_at_once() -> None:
    """[RFC5681-09] [RFC6582-08]: also when only a part of the gap is filled."""
    t = Established(mss=1000)
    t.inject("A seq=2001 len=1000")
    t.expect("A ack=1")
    t.inject("A seq=1 len=1000")
    t.expect("A ack=1001")
    t.inject("A seq=1001 len=500")
    t.expect("A ack=1501")
    t.inject("A seq=1501 len=500")
    t.expect("A ack=3001")


def test_pure_acknowledgments_are_not_acknowledged() -> None:
    """[RFC9293-E27]: an acceptable ACK without text draws nothing."""
    t = Established(mss=1000)
    t.app.write(b"x" * 100)
    t.drain()
    t.inject("A ack=101")
    t.advance(ms=1000)
    t.expect_nothing()


def test_no_delay_acknowledges_each_segment() -> None:
    """[MUST-40]: a delay of 0 is allowed."""
    t = Established(mss=1000, ack_delay_ms=0)
    t.inject("PA data=a")
    t.expect("A ack=2")


def test_a_delay_of_half_a_second_cannot_be_configured() -> None:
    """[MUST-40]: the bound is kept by the configuration."""
    with pytest.raises(UsageError, match="ack_delay_ms"):
        TcpConfig(ack_delay_ms=500)
    t = Established(mss=1000, ack_delay_ms=499)
    t.inject("PA data=a")
    assert t.advance_until_sent().ms == 499


def test_linux_acknowledges_the_first_segments_at_once() -> None:
    """[RFC9293-SHLD-18] as Linux has it: quick acknowledgments at the start of a connection."""
    t = Established(mss=1000, config=TcpConfig.linux())
    for number in range(16):
        t.inject("PA data=a")
        t.expect(f"A ack={number + 2}")
    t.inject("PA data=a")
    t.expect_nothing()
