"""Silly-window avoidance on both sides (RFC 9293 3.8.6.2): the rules of the sender, the formula of the receiver."""

from __future__ import annotations

import pytest

from tests.harness import Established

WRAP_AROUND = True


def closed(**options: int | bool) -> Established:
    """5,000 octets sent and acknowledged with a window of 10,000, then a closed window and 5,000 octets queued."""
    t = Established(mss=1000, win=10_000, **options)
    t.app.write(b"x" * 5000)
    t.inject("A ack=5001 win=0")
    t.drain()
    t.app.write(b"y" * 5000)
    t.expect_nothing()
    return t


def test_a_full_segment_goes_out() -> None:
    """[MUST-38] [RFC9293-E42] rule 1: min(D, U) reaches the segment size."""
    t = closed()
    t.inject("A ack=5001 win=1000")
    t.expect("A seq=5001 len=1000")
    t.expect_nothing()


def test_a_slowly_opening_window_draws_no_small_segments() -> None:
    """[MUST-38] [RFC9293-E42]: 10 octets at a time are not used until a rule allows it."""
    t = closed()
    for window in range(10, 490, 10):
        t.inject(f"A ack=5001 win={window}")
        t.advance(ms=10)
        t.expect_nothing()


def test_all_that_is_queued_goes_out_when_it_fits_and_nothing_is_outstanding() -> None:
    """[RFC9293-E42] rule 2: SND.NXT = SND.UNA, pushed and D <= U."""
    t = Established(mss=1000, win=10_000)
    t.app.write(b"x" * 300)
    t.expect("PA seq=1 len=300")


def test_half_of_the_largest_window_goes_out() -> None:
    """[RFC9293-E42] rule 3: min(D, U) reaches half of the largest window that the peer ever offered."""
    t = Established(mss=1000, win=800)
    t.app.write(b"x" * 800)
    t.expect("PA seq=1 len=800")
    t.inject("A ack=801 win=0")
    t.app.write(b"y" * 700)
    t.inject("A ack=801 win=399")
    t.expect_nothing()
    t.inject("A ack=801 win=400")
    t.expect("A seq=801 len=400")


def test_the_override_time_out_sends_what_fits() -> None:
    """[RFC9293-E42] [MUST-60] rule 4: after 0.1 to 1 s the small window is used, exactly as far as it goes."""
    t = closed()
    t.inject("A ack=5001 win=10")
    at = t.ms
    sent = t.advance_until_sent()
    assert (sent.seq, sent.len) == (5001, 10)
    assert 100 <= sent.ms - at <= 1000
    assert sent.ms - at == t.config.sws_override_ms


@pytest.mark.parametrize("override", [100, 1000])
def test_the_override_time_out_is_configurable(override: int) -> None:
    """[RFC9293-E42] rule 4: the range that the RFC names."""
    t = closed(sws_override_ms=override)
    t.inject("A ack=5001 win=10")
    at = t.ms
    assert t.advance_until_sent().ms - at == override


def test_the_right_edge_moves_in_steps_of_a_segment() -> None:
    """[MUST-39] [RFC9293-E43]: one octet read at a time; the edge moves by at least min(half the buffer, MSS)."""
    t = Established(mss=1000, link_mss=1000, receive_buffer_bytes=8000)
    for _ in range(8):
        t.inject("A len=1000")
    edge = t.drain()[-1]
    assert (edge.ack, edge.win) == (8001, 0)
    told = 8001
    seq = 8001
    for _ in range(3000):
        t.app.read(1)
        for sent in t.drain():
            assert sent.ack == seq
            step = sent.ack + sent.win - told
            assert step == 0 or step >= 1000
            told = sent.ack + sent.win
    assert told >= 8001 + 2000


def test_the_right_edge_moves_in_steps_of_half_a_small_buffer() -> None:
    """[MUST-39] [RFC9293-E43]: with a buffer below two segments half of it is the step."""
    t = Established(mss=1460, receive_buffer_bytes=1000)
    t.inject("A len=1000")
    t.advance(ms=40)
    t.expect("A ack=1001 win=0")
    t.app.read(499)
    t.expect_nothing()
    t.app.read(1)
    t.expect("A ack=1001 win=500")


def test_acknowledgments_in_between_do_not_move_the_edge_either() -> None:
    """[MUST-39]: a segment that must be sent anyway carries the old edge while the gain is small."""
    t = Established(mss=1000, link_mss=1000, receive_buffer_bytes=8000)
    t.inject("A len=1000").inject("A len=1000")
    first = t.drain()[-1]
    t.app.read(100)
    t.app.write(b"x")
    second = t.drain()[-1]
    assert second.ack + second.win == first.ack + first.win
