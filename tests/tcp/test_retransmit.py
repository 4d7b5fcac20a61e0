"""The retransmission timer, what it sends, and when it gives up (RFC 6298 5, RFC 9293 3.8.1 to 3.8.3)."""

from __future__ import annotations

import pytest

from synfin.tcp import Event, State, TcpConfig
from tests.harness import Context, Established, Listening, Opened

WRAP_AROUND = True


def times(t: Context, count: int) -> list[float]:
    """When the next `count` segments leave, in seconds."""
    return [round(t.advance_until_sent().ms / 1000, 6) for _ in range(count)]


def end_of(t: Context, limit_s: float = 100_000) -> float:
    """When the connection becomes CLOSED, in seconds; nothing more may be sent on the way except by its end."""
    while t.connection.state is not State.CLOSED:
        deadline = t.next_deadline()
        assert deadline is not None
        assert deadline < limit_s * 1e9
        t.advance(to_ms=deadline / 1e6)
    return t.ms / 1000


# Data


def test_data_is_retransmitted_after_doubling_times_until_r2() -> None:
    """[RFC6298-14] [RFC6298-15] [RFC2525-10] [MUST-19] [MUST-20b] [SHLD-11]: 1, 3, 7 ... 123 s; gives up at 183 s."""
    t = Established(mss=1000)
    t.app.write(b"x" * 100)
    t.expect("PA seq=1 len=100")
    assert times(t, 7) == [1, 3, 7, 15, 31, 63, 123]
    assert end_of(t) == 183
    assert t.events.count(Event.TIMEOUT) == 1
    assert Event.CLOSED in t.events
    assert isinstance(t.connection.error, TimeoutError)


def test_linux_retries_data_fifteen_times() -> None:
    """[SHLD-11]: 15 retransmissions, the time-out capped at 120 s: 924.6 s by the documentation of tcp_retries2."""
    t = Established(mss=1000, config=TcpConfig.linux())
    t.app.write(b"x" * 100)
    t.drain()
    expected, at, rto = [], 0.0, 0.2
    for _ in range(15):
        at += rto
        expected.append(round(at, 3))
        rto = min(2 * rto, 120)
    assert [round(at, 3) for at in times(t, 15)] == expected
    assert end_of(t) == pytest.approx(924.6, abs=0.001)


def test_the_timer_starts_with_the_first_segment_and_restarts_with_progress() -> None:
    """[RFC6298-09] [RFC6298-10] [RFC6298-12] [RFC6928-05]: RTO after the last ACK of new data."""
    t = Established(mss=1000)
    t.app.write(b"x" * 3000)
    t.drain()
    t.advance(ms=600)
    t.inject("A ack=1001")
    t.advance(ms=900)
    t.expect_nothing()
    again = t.advance_until_sent()
    assert (again.seq, again.ms >= 1600) == (1001, True)


def test_later_segments_do_not_restart_the_timer() -> None:
    """[RFC6298-10]: only when it is not running."""
    t = Established(mss=1000, nodelay=True)
    t.app.write(b"a")
    t.advance(ms=900)
    t.app.write(b"b")
    t.drain()
    again = t.advance_until_sent()
    assert (again.ms, again.seq) == (1000, 1)


def test_the_timer_stops_when_everything_is_acknowledged() -> None:
    """[RFC6298-11]: silence afterwards."""
    t = Established(mss=1000)
    t.app.write(b"x" * 3000)
    t.drain()
    t.inject("A ack=3001")
    t.advance(ms=1_000_000)
    t.expect_nothing()
    assert t.state is State.ESTABLISHED


def test_an_expiry_sends_the_first_segment_only() -> None:
    """[RFC6298-13] [RFC9293-E39] [RFC2525-14]: one segment, with the old borders, timestamps included."""
    t = Established(mss=1000, ts=1)
    t.app.write(b"x" * 5000)
    first = t.drain()
    t.advance(ms=1000)
    again = t.drain()
    assert [(s.seq, s.len) for s in again] == [(first[0].seq, first[0].len)]


def test_one_lost_segment_costs_one_retransmission() -> None:
    """[RFC2525-05] [SHLD-31]: what the peer kept above the gap is not sent again."""
    t = Established(mss=1000)
    t.app.write(b"x" * 8000)
    assert len(t.drain()) == 8
    again = t.advance_until_sent()
    assert again.seq == 1
    t.inject("A ack=8001")
    t.advance(ms=500_000)
    t.expect_nothing()
    assert t.connection.info().total_retrans == 1


def test_after_an_expiry_everything_lost_is_sent_again_as_slow_start_allows() -> None:
    """[RFC2525-02] [RFC5681-08]: a whole window was lost; 1, 2, 4 segments, without waiting for more time-outs."""
    t = Established(mss=1000)
    t.app.write(b"x" * 8000)
    t.drain()
    assert t.advance_until_sent().seq == 1
    t.inject("A ack=1001")
    assert [s.seq for s in t.drain()] == [1001, 2001]
    t.inject("A ack=2001").inject("A ack=3001")
    assert [s.seq for s in t.drain()] == [3001, 4001, 5001, 6001]


def test_a_small_segment_is_repacked_with_what_follows_or_sent_as_it_was() -> None:
    """[RFC6298-13] [RFC2525-14]: never more than one segment's worth per expiry."""
    t = Established(mss=1000, nodelay=True)
    for letter in (b"a", b"b", b"c"):
        t.app.write(letter)
    t.drain()
    t.advance(ms=1000)
    again = t.drain()
    assert len(again) == 1
    assert again[0].seq == 1
    assert again[0].data in (b"a", b"abc")


def test_r1_tells_the_application_and_the_connection_goes_on() -> None:
    """[SHLD-9] [SHLD-10] [MUST-47] [MUST-20a]: a soft error after three retransmissions, once."""
    t = Established(mss=1000)
    t.app.write(b"x")
    t.drain()
    times(t, 2)
    assert Event.SOFT_ERROR not in t.events
    times(t, 2)
    assert t.events.count(Event.SOFT_ERROR) == 1
    assert "r1-reached" in t.rules
    times(t, 2)
    assert t.events.count(Event.SOFT_ERROR) == 1
    t.inject("A ack=2")
    assert t.state is State.ESTABLISHED
    assert t.connection.error is None


def test_r2_can_be_set_and_can_be_infinite() -> None:
    """[MUST-21]: by time, by count, or never."""
    t = Established(mss=1000, r2_ms=10_000)
    t.app.write(b"x")
    t.drain()
    assert times(t, 4) == [1, 3, 7, 15]
    assert end_of(t) == 31
    t = Established(mss=1000, r2_ms=None, r2_retries=2)
    t.app.write(b"x")
    t.drain()
    assert times(t, 2) == [1, 3]
    assert end_of(t) == 7
    t = Established(mss=1000, r2_ms=None)
    t.app.write(b"x")
    t.advance(ms=10 * 3_600_000)
    assert t.state is State.ESTABLISHED


def test_progress_starts_the_count_again() -> None:
    """[MUST-20b]: R2 is about one and the same segment."""
    t = Established(mss=1000)
    t.app.write(b"x" * 5000)
    for part in range(1, 5):
        t.drain()
        t.advance(ms=90_000)
        t.inject(f"A ack={part * 1000 + 1}")
        assert t.state is State.ESTABLISHED
    assert t.ms > 300_000


def test_idle_time_does_not_count_towards_r2() -> None:
    """[MUST-20b] [SHLD-11]: the whole period is for each segment, however long the silence before it."""
    t = Established(mss=1000)
    t.advance(ms=1_000_000)
    t.app.write(b"x" * 100)
    t.drain()
    assert times(t, 7) == [1000 + at for at in (1, 3, 7, 15, 31, 63, 123)]
    assert end_of(t) == 1183


def test_retransmissions_carry_the_current_acknowledgment_and_window() -> None:
    """[RFC9293-E39]: numbers of text stay, everything else is of now."""
    t = Established(mss=1000)
    t.app.write(b"x")
    t.expect("PA seq=1 ack=1")
    t.inject("A data=hello ack=1")
    t.advance(ms=40)
    t.expect("A ack=6")
    t.advance(ms=960)
    t.expect("PA seq=1 ack=6 data=x")


# SYN (scenario S06)


def test_lost_syns_by_the_rfc() -> None:
    """[MUST-22] [MUST-23] [RFC6298-01]: 1, 3 ... 183 s with the same ISN; ETIMEDOUT at 243 s."""
    t = Opened()
    assert times(t, 8) == [1, 3, 7, 15, 31, 63, 123, 183]
    assert {(s.flags, s.seq) for s in t.sent} == {("S", 0)}
    assert len({s.segment.seq for s in t.sent}) == 1
    assert end_of(t) == 243
    assert t.events.count(Event.TIMEOUT) == 1
    assert isinstance(t.connection.error, TimeoutError)
    t.advance(ms=1_000_000)
    t.expect_nothing()


def test_lost_syns_as_linux_has_it() -> None:
    """[MUST-23] as measured on Linux 6.18: linear at first, 131 s in all, below the RFC's three minutes."""
    t = Opened(config=TcpConfig.linux())
    assert times(t, 10) == [1, 2, 3, 4, 5, 7, 11, 19, 35, 67]
    assert end_of(t) == 131
    assert isinstance(t.connection.error, TimeoutError)


def test_after_a_lost_syn_the_first_data_waits_three_seconds() -> None:
    """[RFC6298-16] [RFC5681-05] [RFC6928-02]: RTO 3 s and an initial window of one segment."""
    t = Opened(mss=1000)
    t.advance_until_sent()
    t.inject("SA")
    t.expect("A seq=1 ack=1")
    t.app.write(b"x" * 5000)
    t.expect("A seq=1 len=1000")
    t.expect_nothing()
    start = t.ms
    assert t.advance_until_sent().ms - start == 3000


def test_without_a_lost_syn_the_first_data_waits_one_second() -> None:
    """[RFC6298-16] [RFC6298-01]: the counter-check."""
    t = Opened(mss=1000)
    t.inject("SA")
    t.drain()
    t.app.write(b"x")
    t.drain()
    assert t.advance_until_sent().ms == 1000


def test_linux_keeps_its_rto_after_a_lost_syn() -> None:
    """[RFC6298-16] is not what Linux does: the data RTO is the initial one."""
    t = Opened(mss=1000, config=TcpConfig.linux())
    t.advance_until_sent()
    t.inject("SA")
    t.drain()
    t.app.write(b"x")
    t.drain()
    assert t.advance_until_sent().ms == 2000


def test_r1_is_told_while_opening_too() -> None:
    """[MUST-22] [SHLD-9]: the same mechanism for SYNs."""
    t = Opened()
    times(t, 4)
    assert t.events.count(Event.SOFT_ERROR) == 1


# SYN+ACK (scenario S07)


def test_lost_syn_acks_by_the_rfc() -> None:
    """[MUST-22] [MUST-23]: the embryonic connection retransmits with the same ISN and is gone at 243 s."""
    t = Listening()
    t.inject("S")
    t.expect("SA seq=0 ack=1")
    assert times(t, 8) == [1, 3, 7, 15, 31, 63, 123, 183]
    assert len({s.segment.seq for s in t.sent}) == 1
    t.advance(to_ms=242_999)
    assert t.next_deadline() is not None
    t.advance(to_ms=243_000)
    assert t.next_deadline() is None
    t.expect_nothing()
    assert t.accept() is None


def test_lost_syn_acks_as_linux_has_it() -> None:
    """[MUST-23] as measured on Linux 6.18: 1, 3, 7, 15, 31 s, gone at 63 s."""
    t = Listening(config=TcpConfig.linux())
    t.inject("S")
    t.expect("SA seq=0 ack=1")
    assert times(t, 5) == [1, 3, 7, 15, 31]
    t.advance(to_ms=62_999)
    assert t.next_deadline() is not None
    t.advance(to_ms=63_000)
    assert t.next_deadline() is None
    t.expect_nothing()


def test_a_repeated_syn_is_answered_at_once_and_its_timer_runs_on() -> None:
    """[RFC9293-E20]: the answer has the same ISN; our own retransmission still comes."""
    t = Listening()
    t.inject("S seq=0")
    t.expect("SA seq=0 ack=1")
    t.advance(ms=500)
    t.inject("S seq=0")
    answer = t.drain()
    assert len(answer) == 1
    assert answer[0].ack == 1
    assert t.advance_until_sent().flags == "SA"


def test_after_a_lost_syn_ack_the_server_starts_slowly() -> None:
    """[RFC6298-16] [RFC5681-05] [RFC6928-04]: RTO 3 s, one segment, on the passive side as well."""
    t = Listening(mss=1000)
    t.inject("S")
    t.drain()
    t.advance_until_sent()
    t.inject("A ack=1")
    assert t.accept() is not None
    t.drain()
    t.app.write(b"x" * 5000)
    t.expect("A seq=1 len=1000")
    t.expect_nothing()
    start = t.ms
    assert t.advance_until_sent().ms - start == 3000


# FIN (scenario S12)


def test_a_lost_fin_is_sent_again() -> None:
    """[RFC9293-E05] [RFC9293-E29] [RFC6298-13]: the FIN has a number and is retransmitted like text."""
    t = Established(mss=1000)
    t.app.shutdown()
    t.expect("FA seq=1")
    assert times(t, 3) == [1, 3, 7]
    assert {s.seq for s in t.sent if "F" in s.flags} == {1}
    t.inject("A ack=2")
    assert t.state is State.FIN_WAIT_2
    t.advance(ms=100_000)
    t.expect_nothing()


def test_linux_gives_an_orphan_eight_retries() -> None:
    """[SHLD-11] for orphans as measured on Linux: 0.2, 0.6, 1.4, 3 ... s, gone after the eighth."""
    t = Established(mss=1000, config=TcpConfig.linux())
    t.app.close()
    t.expect("FA seq=1")
    expected = [round(0.2 * (2**n - 1), 3) for n in range(1, 9)]
    assert [round(at, 3) for at in times(t, 8)] == expected
    assert end_of(t) == pytest.approx(0.2 * (2**9 - 1), abs=0.001)
    t.expect_nothing()


def test_fin_with_the_last_text_is_repeated_together() -> None:
    """[RFC2525-15] [RFC9293-E05]: text and FIN in one segment stay together."""
    t = Established(mss=1000)
    with t.batch():
        t.app.write(b"bye")
        t.app.shutdown()
    t.expect("FPA seq=1 data=bye")
    again = t.advance_until_sent()
    assert (again.seq, again.data, "F" in again.flags) == (1, b"bye", True)
    t.inject("A ack=4")
    assert t.state is State.FIN_WAIT_1
    fin = t.advance_until_sent()
    assert (fin.flags, fin.seq, fin.len) == ("FA", 4, 0)


def test_no_segment_is_repeated_before_its_rto() -> None:
    """[RFC6298-09]: between two transmissions of the same number at least one RTO passes."""
    t = Established(mss=1000)
    t.app.write(b"x" * 10_000)
    t.advance(ms=60_000)
    seen: dict[int, float] = {}
    for sent in t.sent:
        if not sent.len:
            continue
        if sent.seq in seen:
            assert sent.ms - seen[sent.seq] >= 1000
        seen[sent.seq] = sent.ms
    assert len(t.sent) > 12
