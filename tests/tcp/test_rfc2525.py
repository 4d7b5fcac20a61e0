"""The known problems of TCP implementations that RFC 2525 lists: a regression test for each, in its order."""

from __future__ import annotations

from itertools import pairwise

import pytest

from synfin.tcp import Event, State
from tests.harness import Established, Opened

WRAP_AROUND = True

DETECTIONS = ["rack", "sack", "newreno"]


def grown(**options: object) -> Established:
    """A connection with a window of 20 segments, all of them in flight, and more to send."""
    t = Established(mss=1000, ws=7, congestion="newreno", **options)
    t.inject("A")
    t.app.write(b"x" * 200_000)
    for number in range(10):
        t.inject(f"A ack={1001 + 1000 * number}")
    t.drain()
    return t


def acked(t: Established) -> int:
    """The relative number that is acknowledged."""
    return int(t.connection.info().bytes_acked) + 1


def top(t: Established) -> int:
    """The relative number after the last octet sent."""
    return max(s.seq + s.len for s in t.sent)


def test_2_1_initial_slow_start() -> None:
    """[RFC2525-01]: the first flight is the initial window, however much there is to send and whatever may be sent."""
    t = Established(mss=1000, ws=7, initial_cwnd_segments=4)
    t.inject("A")
    t.app.write(b"x" * 200_000)
    assert len(t.drain()) == 4


@pytest.mark.parametrize("recovery", DETECTIONS)
def test_2_2_slow_start_after_a_time_out(recovery: str) -> None:
    """[RFC2525-02]: one segment, then two; ssthresh is half of what was in flight."""
    t = grown(recovery=recovery, sackok=True, tail_loss_probe=False, frto=False)
    assert t.advance_until_sent().why == "retransmit-timeout"
    assert t.drain() == []
    info = t.connection.info()
    assert (info.snd_cwnd, info.snd_ssthresh) == (1, 10)
    t.inject(f"A ack={acked(t) + 1000}")
    assert len(t.drain()) == 2


def test_2_3_congestion_window_without_mss_option() -> None:
    """[RFC2525-03]: a SYN+ACK without MSS does not leave the window at what the peer offers."""
    t = Opened(mss=None)
    t.inject("SA win=65535")
    t.drain()
    t.app.write(b"x" * 60_000)
    assert [s.len for s in t.drain()] == [536] * 10


@pytest.mark.parametrize("recovery", DETECTIONS)
def test_2_4_retransmissions_are_consistent(recovery: str) -> None:
    """[RFC2525-04]: every octet has the same value each time it is sent, also when small segments are joined."""
    t = Established(mss=1000, sackok=True, nodelay=True, recovery=recovery)
    text = bytes(index % 251 for index in range(3000))
    for start in range(0, 3000, 100):
        t.app.write(text[start : start + 100])
    for _ in range(4):
        t.advance_until_sent()
    t.inject("A ack=151 sack=1001:1101")
    for _ in range(3):
        t.advance_until_sent()
    assert len(t.sent) > 30
    for sent in t.sent:
        if sent.len:
            assert sent.data == text[sent.seq - 1 : sent.seq - 1 + sent.len]


def test_2_5_what_lies_above_a_gap_is_kept() -> None:
    """[RFC2525-05]: one segment missing costs one retransmission, as seen by both sides."""
    t = Established(mss=1000)
    for number in range(1, 8):
        t.inject(f"A seq={1000 * number + 1} len=1000")
    t.drain()
    t.inject("A seq=1 len=1000")
    t.expect("A ack=8001")


def test_2_6_no_extra_term_in_congestion_avoidance() -> None:
    """[RFC2525-06]: one segment per window, not one and an eighth."""
    t = grown()
    t.advance_until_sent()
    t.inject(f"A ack={top(t)}")
    while t.connection.info().snd_cwnd < t.connection.info().snd_ssthresh:
        t.inject(f"A ack={acked(t) + 1000}")
        t.drain()
    start, window = acked(t), t.connection.info().snd_cwnd
    for _ in range(4):
        for _ in range(t.connection.info().snd_cwnd):
            t.inject(f"A ack={acked(t) + 1000}")
    assert t.connection.info().snd_cwnd <= window + 4
    assert acked(t) > start


def test_2_7_initial_time_out() -> None:
    """[RFC2525-07]: not below one second before a round trip was measured (RFC 6298 has replaced the three)."""
    t = Opened()
    again = t.advance_until_sent()
    assert again.ms >= 1000


@pytest.mark.parametrize("recovery", DETECTIONS)
def test_2_8_the_window_is_deflated_after_recovery(recovery: str) -> None:
    """[RFC2525-08]: no more than ssthresh, and no burst, when everything is acknowledged at once."""
    t = grown(recovery=recovery, sackok=recovery != "newreno")
    first = acked(t)
    for number in range(1, 15):
        sack = f" sack={first + 1000}:{first + 1000 * (number + 1)}" if recovery != "newreno" else ""
        t.inject(f"A ack={first}{sack}")
    t.drain()
    t.inject(f"A ack={top(t)}")
    info = t.connection.info()
    assert info.snd_cwnd <= info.snd_ssthresh
    assert len(t.drain()) <= info.snd_ssthresh


def test_2_9_keep_alive_gives_up_only_after_several_probes() -> None:
    """[RFC2525-09]: one that goes unanswered ends nothing."""
    t = Established(keep_alive=True, keep_alive_idle_ms=10_000, keep_alive_interval_ms=1000, keep_alive_probes=5)
    for _ in range(5):
        assert t.advance_until_sent().why == "keep-alive-probe"
        assert t.state is State.ESTABLISHED
    t.advance(ms=1000)
    assert Event.TIMEOUT in t.events


@pytest.mark.parametrize("recovery", DETECTIONS)
def test_2_10_the_time_out_backs_off(recovery: str) -> None:
    """[RFC2525-10]: twice as long each time, whatever finds losses; a probe comes before the first and counts not."""
    t = Established(mss=1000, sackok=True, recovery=recovery, tail_loss_probe=False)
    t.app.write(b"x" * 3000)
    t.drain()
    times = [0.0, *[t.advance_until_sent().ms for _ in range(5)]]
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps == [1000, 2000, 4000, 8000, 16_000]


def test_2_11_keep_alives_are_hours_apart_by_default() -> None:
    """[RFC2525-11]: nothing before two hours of silence."""
    t = Established(keep_alive=True)
    t.advance(ms=7_199_000)
    t.expect_nothing()
    assert t.advance_until_sent().ms == 7_200_000


def test_2_12_a_probe_into_a_full_window_is_no_deadlock() -> None:
    """[RFC2525-12]: the window is full, one octet was read and one octet probes it: its ACK still counts."""
    t = Established(mss=1000, receive_buffer_bytes=1000)
    t.app.write(b"y" * 100)
    t.inject("A len=1000 ack=1")
    t.drain()
    t.app.read(1)
    t.inject("A len=1 ack=101")
    assert t.connection.info().unacked == 0


def test_2_13_no_stretch_acknowledgments() -> None:
    """[RFC2525-13]: at most two full segments for each."""
    t = Established(mss=1460)
    for _ in range(20):
        t.inject("A len=1460")
    acks = [sent.ack for sent in t.drain()]
    assert all(after - before <= 2920 for before, after in zip([1, *acks], acks, strict=False))
    assert len(acks) >= 10


@pytest.mark.parametrize("recovery", DETECTIONS)
def test_2_14_an_expiry_sends_one_segment(recovery: str) -> None:
    """[RFC2525-14]: timestamps take room in it; it is as large as before, not one and a bit."""
    t = Established(mss=1012, ts=1, sackok=True, recovery=recovery, tail_loss_probe=False)
    t.app.write(b"x" * 5000)
    before = t.drain()
    t.advance(ms=1100)
    again = t.drain()
    assert [(s.seq, s.len) for s in again] == [(before[0].seq, before[0].len)]


def test_2_15_the_fin_does_not_wait() -> None:
    """[RFC2525-15]: it rides on the last text, though nothing is acknowledged yet."""
    t = Established(mss=1000)
    t.app.write(b"x" * 2500)
    t.drain()
    t.app.close()
    assert any("F" in s.flags for s in t.drain())


def test_2_16_text_after_a_close_is_reset() -> None:
    """[RFC2525-16]: nobody can read it."""
    t = Established(mss=1000)
    t.app.close()
    t.drain()
    t.inject("A len=10")
    assert any("R" in s.flags for s in t.drain())
    assert t.state is State.CLOSED


def test_2_17_a_close_with_unread_text_is_a_reset() -> None:
    """[RFC2525-17]: the peer hears that its text was lost."""
    t = Established(mss=1000)
    t.inject("A len=10")
    t.drain()
    t.app.close()
    assert any("R" in s.flags for s in t.drain())
    assert t.state is State.CLOSED


@pytest.mark.parametrize(("ts", "sackok"), [(None, False), (1, False), (None, True), (1, True)])
def test_2_18_options_are_part_of_the_packet(ts: int | None, sackok: bool) -> None:
    """[RFC2525-18]: text and options together fit into the MSS, SACK blocks included."""
    t = Established(mss=1000, ts=ts, sackok=sackok)
    t.inject("A seq=3001 len=100").inject("A seq=5001 len=100")
    t.drain()
    t.app.write(b"x" * 5000)
    for sent in t.drain():
        options = (12 if ts else 0) + (4 + 8 * len(sent.sack) if sent.sack else 0)
        assert sent.len + options <= 1000
