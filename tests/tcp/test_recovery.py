"""Fast retransmit and fast recovery without SACK (RFC 5681 3.2, RFC 6582, RFC 3042)."""

from __future__ import annotations

from synfin.tcp import State
from tests.harness import Established, Sent

WRAP_AROUND = True


def window_of_ten(**options: object) -> Established:
    """Ten segments of 1,000 in flight, and always more to send."""
    t = Established(mss=1000, ws=7, congestion="newreno", **options)
    t.inject("A")  # the first scaled window; from now on it does not change
    t.app.write(b"x" * 200_000)
    assert len(t.drain()) == 10
    return t


def duplicates(t: Established, count: int, ack: int = 1) -> list[Sent]:
    """What `count` duplicate ACKs draw."""
    for _ in range(count):
        t.inject(f"A ack={ack}")
    return t.drain()


def test_the_third_duplicate_retransmits_the_first_segment() -> None:
    """[RFC5681-10] [RFC5681-11] [RFC3042-01]: one new segment for each of the first two, then SND.UNA."""
    t = window_of_ten()
    assert [(s.seq, s.why) for s in duplicates(t, 1)] == [(10_001, "limited-transmit")]
    assert [(s.seq, s.why) for s in duplicates(t, 1)] == [(11_001, "limited-transmit")]
    assert [(s.seq, s.len, s.why) for s in duplicates(t, 1)] == [(1, 1000, "retransmit-fast")]
    assert t.ms == 0


def test_without_limited_transmit_the_first_duplicates_draw_nothing() -> None:
    """[RFC3042-01] can be switched off."""
    t = window_of_ten(limited_transmit=False)
    assert duplicates(t, 2) == []
    assert [s.seq for s in duplicates(t, 1)] == [1]


def test_ssthresh_is_half_of_the_flight_without_limited_transmit() -> None:
    """[RFC5681-11] [RFC3042-02]: what limited transmit sent does not count, and does not change cwnd."""
    t = window_of_ten()
    duplicates(t, 2)
    assert t.connection.info().snd_cwnd == 10
    duplicates(t, 1)
    assert t.connection.info().snd_ssthresh == 5


def test_further_duplicates_inflate_the_window() -> None:
    """[RFC5681-12]: 5+3 segments after the third, one more for each; the flight of 12 is reached with the seventh."""
    t = window_of_ten()
    duplicates(t, 3)
    assert duplicates(t, 4) == []
    assert [s.seq for s in duplicates(t, 1)] == [12_001]
    assert [s.seq for s in duplicates(t, 3)] == [13_001, 14_001, 15_001]


def test_the_full_acknowledgment_deflates_the_window() -> None:
    """[RFC5681-13] [RFC6582-03] [RFC6582-09] [RFC2525-08]: cwnd = ssthresh, and no burst."""
    t = window_of_ten()
    duplicates(t, 11)
    t.inject("A ack=12001")
    assert len(t.drain()) == 1
    assert t.connection.info().snd_cwnd == 5
    for number in range(4):
        t.inject(f"A ack={13_001 + number * 1000}")
        assert len(t.drain()) <= 2


def test_no_burst_when_recovery_ends_with_everything_acknowledged() -> None:
    """[RFC6582-03] [RFC6582-09]: nothing is in flight; the window does not release half a window at once."""
    t = window_of_ten()
    duplicates(t, 11)
    t.inject("A ack=16001")
    assert len(t.drain()) <= 5


def test_a_partial_acknowledgment_retransmits_the_next_hole() -> None:
    """[RFC6582-04]: segments 1, 3 and 5 were lost: one retransmission per round trip, no time-out."""
    t = window_of_ten()
    duplicates(t, 9)
    t.advance(ms=100)
    t.inject("A ack=2001")
    sent = t.drain()
    assert sent[0].seq == 2001
    assert len(sent) <= 2
    t.advance(ms=100)
    t.inject("A ack=4001")
    sent = t.drain()
    assert sent[0].seq == 4001
    assert len(sent) <= 2
    t.advance(ms=100)
    t.inject("A ack=12001")
    info = t.connection.info()
    assert info.total_retrans == 3
    assert (info.snd_cwnd, info.snd_ssthresh) == (5, 5)


def test_only_the_first_partial_acknowledgment_restarts_the_timer() -> None:
    """[RFC6582-05]: the impatient variant, so that many holes end in slow start."""
    t = window_of_ten()
    duplicates(t, 9)
    t.advance(ms=300)
    t.inject("A ack=2001")
    first = t.timers["retransmit"]
    assert first == t.now + 1_000_000_000
    t.advance(ms=300)
    t.inject("A ack=4001")
    assert t.timers["retransmit"] == first


def test_duplicates_for_a_recovered_window_do_not_reduce_again() -> None:
    """[RFC6582-02]: ACK must cover more than `recover`."""
    t = window_of_ten()
    duplicates(t, 3)
    t.inject("A ack=12001")
    t.drain()
    before = t.connection.info()
    sent = duplicates(t, 5, ack=12_001)
    after = t.connection.info()
    assert after.snd_ssthresh == before.snd_ssthresh
    assert after.total_retrans == before.total_retrans
    assert all(s.seq > 12_000 for s in sent)


def test_a_loss_in_the_next_window_is_recovered_again() -> None:
    """[RFC6582-02] [RFC5681-18]: beyond `recover` everything starts anew, and reduces again."""
    t = window_of_ten()
    duplicates(t, 11)
    t.inject("A ack=12001")
    t.inject("A ack=13001")
    t.drain()
    sent = duplicates(t, 3, ack=13_001)
    assert 13_001 in [s.seq for s in sent]
    assert t.connection.info().snd_ssthresh < 5


def test_recover_starts_at_the_initial_number() -> None:
    """[RFC6582-01]: the very first window can be recovered."""
    t = window_of_ten()
    assert [s.seq for s in duplicates(t, 3)][-1] == 1


def test_duplicates_after_a_time_out_do_not_start_fast_retransmit() -> None:
    """[RFC6582-06]: `recover` is the highest number sent when the timer expired."""
    t = window_of_ten()
    t.advance(ms=1000)
    assert [s.seq for s in t.drain()] == [1]
    before = t.connection.info().total_retrans
    assert duplicates(t, 6) == []
    t.inject("A ack=1001")
    t.drain()
    between = t.connection.info().total_retrans
    duplicates(t, 4, ack=1001)
    assert t.connection.info().total_retrans == between
    assert before == 1


def test_a_time_out_ends_fast_recovery() -> None:
    """[RFC6582-06] [RFC5681-18]: the retransmission was lost too: slow start from one segment."""
    t = window_of_ten()
    duplicates(t, 3)
    again = t.advance_until_sent()
    assert again.seq == 1
    assert t.connection.info().snd_cwnd == 1


def test_limited_transmit_saves_a_small_window_from_the_time_out() -> None:
    """[RFC3042-01]: three in flight, the first lost: two duplicates, two new segments, whose duplicates recover."""
    t = Established(mss=1000, initial_cwnd_segments=3)
    t.app.write(b"x" * 10_000)
    assert len(t.drain()) == 3
    assert [s.seq for s in duplicates(t, 2)] == [3001, 4001]
    assert [s.seq for s in duplicates(t, 1)] == [1]


def test_limited_transmit_respects_the_peers_window() -> None:
    """[RFC3042-01]: only if rwnd allows."""
    t = Established(mss=1000, win=10_000)
    t.app.write(b"x" * 50_000)
    assert len(t.drain()) == 10
    assert duplicates(t, 2) == []
    assert [s.seq for s in duplicates(t, 1)] == [1]


def test_window_updates_are_no_duplicates() -> None:
    """[RFC5681-14]: the window differs."""
    t = window_of_ten()
    for window in (60_000, 50_000, 40_000, 30_000):
        t.inject(f"A ack=1 win={window}")
    assert 1 not in [s.seq for s in t.drain()]


def test_segments_with_text_are_no_duplicates() -> None:
    """[RFC5681-14]: the peer sends data of its own and has nothing new to acknowledge."""
    t = window_of_ten()
    for _ in range(5):
        t.inject("A ack=1 len=10")
    assert 1 not in [s.seq for s in t.drain() if s.len]


def test_acknowledgments_without_outstanding_data_are_no_duplicates() -> None:
    """[RFC5681-14]: nothing is in flight."""
    t = Established(mss=1000)
    for _ in range(5):
        t.inject("A ack=1")
    t.expect_nothing()
    t.app.write(b"x" * 3000)
    assert len(t.drain()) == 3
    t.inject("A ack=1").inject("A ack=1")
    assert 1 not in [s.seq for s in t.drain()]


def test_older_acknowledgments_are_no_duplicates() -> None:
    """[RFC5681-14]: a reordered ACK below SND.UNA does not count."""
    t = window_of_ten()
    t.inject("A ack=3001")
    t.drain()
    for _ in range(4):
        t.inject("A ack=1001")
    assert 3001 not in [s.seq for s in t.drain()]


def test_a_lost_fin_segment_is_recovered_fast() -> None:
    """[RFC5681-11]: the last segments carry a FIN; recovery works in FIN_WAIT_1."""
    t = Established(mss=1000)
    t.app.write(b"x" * 5000)
    t.app.shutdown()
    assert t.state is State.FIN_WAIT_1
    t.drain()
    sent = duplicates(t, 3)
    assert [s.seq for s in sent] == [1]
    t.inject("A ack=5002")
    assert t.state is State.FIN_WAIT_2
