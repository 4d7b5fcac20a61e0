"""Windows (RFC 9293 3.1, 3.4, 3.8.6): whole range used, never taken back, survived when the peer takes it back."""

from __future__ import annotations

import pytest

from synfin.tcp import Event, State
from synfin.tcp.window import ReceiveWindow
from tests.harness import Established

WRAP_AROUND = True


@pytest.mark.parametrize(("window", "mss"), [(65_535, 1_285), (0x8000, 512)])
def test_the_window_field_is_unsigned(window: int, mss: int) -> None:
    """[MUST-1]: windows with the top bit set are large, not negative."""
    t = Established(mss=mss, win=window, initial_cwnd_segments=1_000)
    t.app.write(b"x" * 100_000)
    assert sum(s.len for s in t.drain()) == window


def test_windows_up_to_a_gigabyte_keep_their_size() -> None:
    """[RFC9293-REC-1]: the largest scaled window is kept without truncation."""
    t = Established(ws=14, win=65_535)
    t.inject("A win=65535")
    assert t.connection.info().snd_wnd == 65_535 << 14


def test_new_data_stays_inside_the_window() -> None:
    """[RFC5681-01]: never beyond the highest ACK plus the peer's window."""
    t = Established(mss=1000, win=4000)
    t.app.write(b"x" * 20_000)
    assert [s.seq for s in t.drain()] == [1, 1001, 2001, 3001]
    t.inject("A ack=1001 win=4000")
    t.expect("A seq=4001 len=1000")
    t.expect_nothing()


def test_right_edge_never_moves_left_while_the_reader_is_slow() -> None:
    """[SHLD-14]: RCV.NXT+RCV.WND as told to the peer never decreases, scale rounding included."""
    t = Established(mss=1000, ws=0, receive_buffer_bytes=300_000)
    shift = t.sent[0].options.window_scale
    assert shift is not None
    edge = 0
    seq = 1
    for step in range(300):
        length = 1 + (step * 379) % 1000
        t.inject(f"A seq={seq} len={length}")
        seq += length
        if step % 7 == 0:
            t.app.read(1 + (step * 53) % 900)
        for sent in t.drain():
            told = sent.ack + (sent.win << shift)
            assert told >= edge
            edge = told


def test_unread_tiny_segments_do_not_outgrow_the_buffer() -> None:
    """[RFC7323-05]: scale rounding may not offer room that the buffer does not have (law 9)."""
    t = Established(mss=1000, ws=0, receive_buffer_bytes=100_000, window_scale=8, ack_delay_ms=0)
    seq = 1
    for _ in range(200_000):
        sent = t.inject(f"A seq={seq} len=50").drain()
        seq += 50
        if sent[-1].win == 0:
            break
    assert sent[-1].win == 0, "the window never closed"
    unread = t.app.read()
    assert 100_000 - 256 <= len(unread) <= 150_000


def test_no_new_data_beyond_a_shrunken_edge() -> None:
    """[SHLD-15] [MUST-34]: the usable window becomes negative; nothing new is sent, nothing breaks."""
    t = Established(mss=1000, win=10_000)
    t.app.write(b"x" * 20_000)
    assert len(t.drain()) == 10
    t.inject("A ack=1001 win=3000")
    t.expect_nothing()
    t.inject("A ack=3001 win=1000")
    t.expect_nothing()
    t.inject("A ack=10001 win=2000")
    assert [s.seq for s in t.drain()] == [10_001, 11_001]


def test_old_data_inside_the_shrunken_window_is_retransmitted() -> None:
    """[SHLD-16]: what lies between SND.UNA and SND.UNA+SND.WND is sent again on time-out."""
    t = Established(mss=1000, win=10_000)
    t.app.write(b"x" * 10_000)
    t.drain()
    t.inject("A ack=1001 win=3000")
    again = t.advance_until_sent()
    assert (again.seq, again.len) == (1001, 1000)


def test_shrink_below_what_is_in_flight_does_not_end_the_connection() -> None:
    """[SHLD-17]: acknowledgments that stop at the shrunken edge are no reason to give up, beyond R2 too."""
    t = Established(mss=1000, win=10_000)
    t.app.write(b"x" * 10_000)
    t.inject("A ack=5001 win=0")
    for _ in range(40):
        t.advance_until_sent()
        t.drain()
        t.inject("A ack=5001 win=0")
    assert t.ms > 1_000_000
    assert t.state is State.ESTABLISHED
    t.inject("A ack=5001 win=10000")
    t.advance(ms=60_000)
    t.inject("A ack=10001 win=10000")
    assert t.connection.info().unacked == 0
    assert Event.TIMEOUT not in t.events


def test_shrink_to_zero_starts_the_probing() -> None:
    """[MUST-35]: a window that shrank to zero is probed like any zero window."""
    t = Established(mss=1000, win=10_000)
    t.app.write(b"x" * 10_000)
    t.drain()
    t.inject("A ack=1 win=0")
    probe = t.advance_until_sent()
    assert probe.ms >= 1000
    assert probe.seq <= 1001
    assert t.state is State.ESTABLISHED


def test_a_closed_window_may_stay_closed_and_everything_is_answered() -> None:
    """[RFC9293-MAY-8] [RFC9293-E40]: each probe draws RCV.NXT and window 0 for as long as nobody reads."""
    t = Established(mss=1000, receive_buffer_bytes=2000)
    t.inject("A len=1000").inject("A len=1000")
    t.expect("A ack=2001 win=0")
    for _ in range(60):
        t.advance(ms=10_000)
        t.expect_nothing()
        t.inject("A seq=2001 len=1")
        t.expect("A seq=1 ack=2001 win=0")
        t.inject("A seq=2000")
        t.expect("A seq=1 ack=2001 win=0")
    assert t.state is State.ESTABLISHED
    assert len(t.app.read()) == 2000
    t.expect("A ack=2001 win=2000")


def test_text_beyond_a_closed_window_is_not_delivered() -> None:
    """[RFC9293-E06]: RCV.WND=0 accepts no text; the probe's octet is offered again later."""
    t = Established(mss=1000, receive_buffer_bytes=1000)
    t.inject("A len=1000")
    t.advance(ms=40)
    t.drain()
    t.inject("PA seq=1001 data=Z")
    t.expect("A ack=1001 win=0")
    assert len(t.app.read()) == 1000
    assert t.app.read() == b""
    t.drain()
    t.inject("PA seq=1001 data=Z")
    assert t.app.read() == b"Z"


def test_acknowledgments_count_although_our_window_is_closed() -> None:
    """[MUST-66]: RCV.WND=0 still processes the ACK field of acceptable segments."""
    t = Established(mss=1000, receive_buffer_bytes=1000)
    t.inject("A len=1000")
    t.app.write(b"x" * 700)
    t.drain()
    t.inject("A seq=1001 ack=701")
    assert t.connection.info().unacked == 0


def test_text_in_a_closed_window_does_not_hide_the_acknowledgment() -> None:
    """[RFC2525-12] [MUST-66]: a probe octet into a full window still acknowledges our data."""
    t = Established(mss=1000, receive_buffer_bytes=1000)
    t.inject("A len=1000")
    t.app.write(b"x" * 700)
    t.drain()
    t.inject("A seq=1001 ack=701 len=1")
    t.expect("A ack=1001 win=0")
    assert t.connection.info().unacked == 0


def test_reset_counts_although_our_window_is_closed() -> None:
    """[MUST-66]: a RST at RCV.NXT resets with RCV.WND=0."""
    t = Established(mss=1000, receive_buffer_bytes=1000)
    t.inject("A len=1000")
    t.advance(ms=40)
    t.inject("R seq=1001")
    assert t.state is State.CLOSED
    assert Event.RESET in t.events


def test_urgent_pointer_counts_although_our_window_is_closed() -> None:
    """[MUST-66]: an urgent pointer is noticed with RCV.WND=0."""
    t = Established(mss=1000, receive_buffer_bytes=1000)
    t.inject("A len=1000")
    t.advance(ms=40)
    t.inject("AU seq=1001 urg=5")
    assert Event.URGENT in t.events
    assert t.connection.urgent_remaining > 0


def test_reordered_old_acknowledgment_does_not_change_the_window() -> None:
    """[RFC9293-E28]: only a segment newer than (WL1, WL2) updates SND.WND."""
    t = Established(mss=1000, win=10_000)
    t.app.write(b"x" * 4000)
    t.inject("A seq=1 ack=2001 win=8000")
    t.inject("A seq=1 ack=1001 win=3000")
    assert t.connection.info().snd_wnd == 8000
    t.inject("A seq=1 len=10 ack=3001 win=7000")
    assert t.connection.info().snd_wnd == 7000
    t.inject("A seq=1 ack=4001 win=2000")
    assert t.connection.info().snd_wnd == 7000
    t.inject("A seq=11 ack=4001 win=6000")
    assert t.connection.info().snd_wnd == 6000


def test_a_retransmission_with_a_newer_acknowledgment_changes_the_window() -> None:
    """[RFC9293-E28] [RFC5681-01]: a lower number but a higher ACK; the old window would reach too far from there."""
    t = Established(mss=1000, win=10_000)
    t.app.write(b"x" * 20_000)
    t.inject("A seq=101 len=100 ack=1001 win=10000")
    t.drain()
    t.inject("A seq=1 len=100 ack=10001 win=1000")
    assert t.connection.info().snd_wnd == 1000
    t.expect("A seq=11001 len=0 ack=201")
    t.expect_nothing()


def test_a_lower_number_with_the_same_acknowledgment_does_not_change_the_window() -> None:
    """[RFC9293-E28]: the segment before the gap was sent earlier, its window is out of date."""
    t = Established(mss=1000, win=10_000)
    t.inject("A seq=101 len=100 ack=1 win=8000")
    t.inject("A seq=1 len=50 ack=1 win=3000")
    assert t.connection.info().snd_wnd == 8000
    t.inject("A seq=51 len=150 ack=1 win=2000")
    assert t.connection.info().snd_wnd == 8000
    t.inject("A seq=201 ack=1 win=1000")
    assert t.connection.info().snd_wnd == 1000


def test_window_update_without_new_acknowledgment_opens_the_window() -> None:
    """[RFC9293-E28]: WL1=SEQ and WL2=ACK is still an update."""
    t = Established(mss=1000, win=1000)
    t.app.write(b"x" * 3000)
    t.expect("A seq=1 len=1000")
    t.inject("A ack=1001 win=0")
    t.inject("A ack=1001 win=2000")
    t.expect("A seq=1001 len=1000")
    t.expect("PA seq=2001 len=1000")


def test_the_fin_needs_room_in_the_window_too() -> None:
    """[RFC9293-E05] [SHLD-15]: it has a number, and that number is beyond the edge."""
    t = Established(mss=1000, win=1000)
    with t.batch():
        t.app.write(b"x" * 1000)
        t.app.shutdown()
    t.expect("PA seq=1 len=1000")
    t.expect_nothing()
    t.inject("A ack=1001 win=1000")
    t.expect("FA seq=1001 len=0")


def test_slow_start_after_a_time_out_stops_at_a_shrunken_edge() -> None:
    """[SHLD-15] [SHLD-16]: text in flight beyond the edge waits, too."""
    t = Established(mss=1000, win=10_000)
    t.app.write(b"x" * 10_000)
    t.inject("A ack=1 win=2000")
    t.drain()
    assert t.advance_until_sent().seq == 1
    t.inject("A ack=1001 win=1000")
    t.expect("A seq=1001 len=1000")
    t.expect_nothing()
    t.inject("A ack=2001 win=2000")
    assert [s.seq for s in t.drain()] == [2001, 3001]


def test_reading_reopens_a_closed_window_at_once() -> None:
    """[RFC9293-E43]: the update that opens a closed window is sent without waiting for a probe."""
    t = Established(mss=1000, receive_buffer_bytes=4000)
    t.inject("A len=1000").inject("A len=1000").inject("A len=1000").inject("A len=1000")
    t.drain()
    t.app.read(3000)
    t.expect("A ack=4001 win=3000")


def test_a_repeated_syn_ack_takes_nothing_back() -> None:
    """[SHLD-14]: text of the SYN is queued, a challenge ACK has told of room behind it, then the SYN-ACK goes again."""
    window = ReceiveWindow(100_000)
    assert window.open(1_461, 64_075) == 64_075
    window.edge = 66_996
    assert window.open(1_461, 64_075) == 65_535
    assert window.edge == 66_996
