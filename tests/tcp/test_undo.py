"""Reductions that were not needed: Eifel (RFC 3522, 4015), D-SACK (RFC 3708), F-RTO (RFC 5682)."""

from __future__ import annotations

import pytest

from tests.harness import Established, Sent

WRAP_AROUND = True


def busy(queued: int = 0, **options: object) -> Established:
    """Ten segments of 1,000 in flight for 100 ms; `queued` octets wait behind them."""
    mss = 1012 if options.get("ts") else 1000
    t = Established(mss=mss, ws=7, congestion="newreno", tail_loss_probe=False, **options)
    t.advance(ms=100)
    t.inject("A")  # the first scaled window; from now on it does not change
    t.app.write(b"x" * 10_000)
    assert len(t.drain()) == 10
    if queued:
        t.app.write(b"y" * queued)
        assert t.drain() == []
    t.advance(ms=100)
    return t


def timed_out(queued: int = 50_000, **options: object) -> Established:
    """The first segment was sent again because of the timer."""
    t = busy(queued, **options)
    again = t.advance_until_sent()
    assert (again.seq, again.why) == (1, "retransmit-timeout")
    return t


def told(t: Established, text: str) -> list[Sent]:
    """What an acknowledgment draws."""
    t.inject(f"A {text}")
    return t.drain()


def seqs(sent: list[Sent]) -> list[int]:
    """Numbers of the segments."""
    return [s.seq for s in sent]


# F-RTO


@pytest.mark.parametrize("sackok", [False, True])
def test_a_spurious_time_out_is_found_by_two_acknowledgments(sackok: bool) -> None:
    """[RFC5682-01] [RFC5682-03] [RFC5682-05] [RFC5682-07]: two new segments, then all as before, nothing sent again."""
    t = timed_out(sackok=sackok)
    assert seqs(told(t, "ack=1001")) == [10_001, 11_001]
    sent = told(t, "ack=2001")
    assert min(seqs(sent)) == 12_001
    assert "undo-frto" in t.rules
    info = t.connection.info()
    assert (info.total_retrans, info.ca_state, info.snd_cwnd >= 10) == (1, 0, True)
    assert info.backoff == 0


def test_a_duplicate_first_means_that_the_time_out_was_right() -> None:
    """[RFC5682-02]: conventional recovery."""
    t = timed_out()
    assert told(t, "ack=1") == []
    assert seqs(told(t, "ack=1001")) == [1001, 2001]
    assert "undo-frto" not in t.rules


def test_an_acknowledgment_of_everything_proves_nothing() -> None:
    """[RFC5682-02]: the retransmission may have filled the only hole."""
    t = timed_out()
    told(t, "ack=10001")
    info = t.connection.info()
    assert "undo-frto" not in t.rules
    assert info.snd_cwnd < 5


@pytest.mark.parametrize("sackok", [False, True])
def test_a_duplicate_second_means_that_the_time_out_was_right(sackok: bool) -> None:
    """[RFC5682-04]: at most three segments of window, and slow start sends the rest."""
    t = timed_out(sackok=sackok)
    assert len(told(t, "ack=1001")) == 2
    sent = told(t, "ack=1001 sack=10001:11001" if sackok else "ack=1001")
    assert seqs(sent) == ([1001, 2001] if sackok else [1001])
    assert t.connection.info().snd_cwnd == 3
    assert "undo-frto" not in t.rules


def test_without_new_text_recovery_is_conventional() -> None:
    """[RFC5682-06]: there is nothing that could tell."""
    t = timed_out(queued=0)
    assert seqs(told(t, "ack=1001")) == [1001, 2001]


def test_a_repeated_time_out_is_not_doubted() -> None:
    """[RFC5682-01]: `recover` is at or beyond SND.UNA."""
    t = timed_out()
    t.advance_until_sent()
    assert seqs(told(t, "ack=1001")) == [1001, 2001]


def test_a_time_out_within_recovery_is_not_doubted() -> None:
    """[RFC5682-08]: something was lost already."""
    t = busy(50_000, sackok=True)
    told(t, "ack=1 sack=1001:4001")
    t.advance_until_sent()
    t.drain()
    assert t.connection.info().ca_state == 4
    sent = told(t, "ack=4001")
    assert 4001 in seqs(sent)


def test_segments_that_tell_nothing_change_nothing() -> None:
    """[RFC5682-09]: an update of the window is neither progress nor a duplicate."""
    t = timed_out()
    told(t, "ack=1001")
    assert told(t, "ack=1001 win=60000") == [] or "undo-frto" not in t.rules
    told(t, "ack=2001 win=60000")
    assert "undo-frto" in t.rules


def test_f_rto_can_be_switched_off() -> None:
    """[RFC5682-01] is a choice."""
    t = timed_out(frto=False)
    assert seqs(told(t, "ack=1001")) == [1001, 2001]


# Timestamps


def echo(t: Established, ago_ms: int) -> int:
    """The wire value of our timestamp clock `ago_ms` ago."""
    tcb = t.connection.tcb
    return (tcb.timestamp(t.now - ago_ms * 1_000_000)) & 0xFFFF_FFFF


def test_an_echo_from_before_a_time_out_restores_the_window() -> None:
    """RFC 3522 3.2, RFC 4015 3.2: the original was late; no other segment goes again."""
    t = timed_out(ts=1, sackok=True)
    t.advance(ms=20)
    sent = told(t, f"ack=1001 ts={t.now // 1_000_000 + 1},{echo(t, 1020)}")
    assert min(seqs(sent)) == 10_001
    assert "undo-timeout" in t.rules
    assert t.connection.info().snd_cwnd >= 10
    assert t.connection.info().total_retrans == 1


def test_an_echo_of_the_retransmission_restores_nothing() -> None:
    """RFC 3522 3.2 step 4: TSecr is not earlier than the retransmission."""
    t = timed_out(ts=1, sackok=True, frto=False)
    now = echo(t, 0)
    t.advance(ms=20)
    told(t, f"ack=1001 ts={t.now // 1_000_000 + 1},{now}")
    assert not [rule for rule in t.rules if rule.startswith("undo")]


def test_an_echo_from_before_a_fast_retransmission_restores_the_window() -> None:
    """RFC 3522 3.2, RFC 4015: reordering was taken for loss."""
    t = busy(ts=1, sackok=True)
    old = echo(t, 100)
    sent = told(t, f"ack=1 sack=1001:5001 ts={t.now // 1_000_000 + 1},{old}")
    assert seqs(sent) == [1]
    t.advance(ms=5)
    told(t, f"ack=10001 ts={t.now // 1_000_000 + 1},{old}")
    assert "undo-timestamps" in t.rules
    info = t.connection.info()
    assert info.snd_cwnd >= 10
    assert info.snd_ssthresh > 10
    assert t.connection.tcb.board.reordered


# D-SACK


def test_a_d_sack_for_each_retransmission_restores_the_window() -> None:
    """RFC 3708 2 [RFC2883-06]: every one was reported as a duplicate, also after recovery has ended."""
    t = busy(sackok=True)
    assert seqs(told(t, "ack=1 sack=1001:5001")) == [1]
    told(t, "ack=10001")
    assert t.connection.info().snd_cwnd == 5
    told(t, "ack=10001 sack=1:1001")
    assert "undo-dsack" in t.rules
    info = t.connection.info()
    assert (info.snd_cwnd >= 10, info.dsack_dups) == (True, 1)


def test_a_d_sack_for_one_of_two_restores_nothing() -> None:
    """RFC 3708 2: the other one was needed."""
    t = busy(sackok=True)
    told(t, "ack=1 sack=1001:2001,3001:10001")
    told(t, "ack=2001 sack=3001:10001")
    told(t, "ack=10001 sack=1:1001")
    assert t.connection.info().total_retrans == 2
    assert "undo-dsack" not in t.rules


def test_a_d_sack_of_what_was_never_sent_again_restores_nothing() -> None:
    """RFC 3708 [RFC2883-06]: the network copied a segment."""
    t = busy(sackok=True)
    told(t, "ack=5001")
    told(t, "ack=5001 sack=1:1001")
    assert "dsack-received" in t.rules
    assert not [rule for rule in t.rules if rule.startswith("undo")]


def test_marks_of_loss_are_taken_back_with_the_window() -> None:
    """RFC 4015: what was deemed lost is only late: nothing of it goes again."""
    t = timed_out(ts=1)
    t.advance(ms=20)
    told(t, f"ack=1001 ts={t.now // 1_000_000 + 1},{echo(t, 1020)}")
    info = t.connection.info()
    assert (info.lost, info.retrans) == (0, 0)
