"""Loss recovery by SACK (RFC 6675), and what goes for every detection: PRR (RFC 9937), undo, limited transmit."""

from __future__ import annotations

import pytest

from synfin.tcp.recovery import LossFacts, SackLoss, Scoreboard
from synfin.tcp.recovery.prr import Prr
from tests.harness import Established, Sent

WRAP_AROUND = True


def window_of_ten(recovery: str = "sack", **options: object) -> Established:
    """Ten segments of 1,000 in flight, always more to send, a round trip of 100 ms."""
    t = Established(mss=1000, ws=7, sackok=True, recovery=recovery, **options)
    t.advance(ms=100)
    t.inject("A")  # the first scaled window; from now on it does not change
    t.app.write(b"x" * 10_000)
    assert len(t.drain()) == 10
    t.app.write(b"x" * 190_000)
    assert t.drain() == []
    t.advance(ms=100)
    return t


def told(t: Established, *acks: str) -> list[Sent]:
    """What acknowledgments draw."""
    for ack in acks:
        t.inject(f"A {ack}")
    return t.drain()


def why(sent: list[Sent]) -> list[tuple[int, str]]:
    """Number and reason of each segment."""
    return [(s.seq, s.why) for s in sent]


def test_three_sacked_segments_begin_recovery() -> None:
    """[RFC6675-01] [RFC6675-02] [RFC6675-08] [RFC3042-03]: new text for the first two, then the hole."""
    t = window_of_ten()
    assert why(told(t, "ack=1 sack=1001:2001")) == [(10_001, "limited-transmit")]
    assert why(told(t, "ack=1 sack=1001:3001")) == [(11_001, "limited-transmit")]
    assert why(told(t, "ack=1 sack=1001:4001"))[0] == (1, "retransmit-fast")
    assert t.connection.info().ca_state == 3
    assert t.rules.count("recovery-by-sack") == 1


def test_duplicates_without_news_count_for_nothing() -> None:
    """[RFC6675-01] [RFC3042-03]: with SACK only an ACK with new SACK information is a duplicate."""
    t = window_of_ten()
    assert len(told(t, "ack=1 sack=1001:2001")) == 1
    assert told(t, *["ack=1 sack=1001:2001"] * 5) == []
    assert told(t, *["ack=1"] * 5) == []


def test_a_duplicate_may_carry_text_and_another_window() -> None:
    """[RFC6675-01]: what counts is the SACK information."""
    t = window_of_ten()
    told(t, "ack=1 sack=1001:2001 len=10", "ack=1 sack=1001:3001 win=60000")
    assert 1 in [s.seq for s in told(t, "ack=1 sack=1001:4001 len=10")]


def test_three_runs_make_a_hole_lost_however_small() -> None:
    """[RFC6675-02]: DupThresh discontiguous runs, 200 octets each."""
    t = window_of_ten()
    told(t, "ack=1 sack=1001:1201", "ack=1 sack=2001:2201,1001:1201")
    sent = told(t, "ack=1 sack=3001:3201,2001:2201,1001:1201")
    assert (1, "retransmit-fast") in why(sent)


def test_only_holes_are_sent_again_and_each_once() -> None:
    """[RFC6675-04] [RFC6675-10]: two holes below the highest SACK, the second as soon as the window allows."""
    t = window_of_ten()
    sent = told(t, "ack=1 sack=1001:3001", "ack=1 sack=4001:10001,1001:3001")
    sent += told(t, "ack=1 sack=4001:11001,1001:3001", "ack=1 sack=4001:12001,1001:3001")
    again = [s.seq for s in sent if s.seq < 10_000]
    assert again == [1, 3001]
    assert t.connection.info().total_retrans == 2


def test_new_text_goes_on_between_the_repairs() -> None:
    """[RFC6675-05] [RFC6937-03]: nothing is lost any more, so what arrives lets new text go."""
    t = window_of_ten()
    told(t, "ack=1 sack=1001:10001")
    sent = told(t, "ack=1 sack=1001:11001", "ack=1 sack=1001:12001")
    assert {s.why for s in sent} == {"data"}
    assert min(s.seq for s in sent) >= 10_001


def test_recovery_ends_beyond_the_recovery_point_and_sacks_above_stay() -> None:
    """[RFC6675-09] [RFC9937-10] [RFC6937-06]: cwnd is ssthresh; a gap above is known at once."""
    t = window_of_ten(congestion="newreno")
    told(t, "ack=1 sack=1001:10001")
    top = max(s.seq + s.len for s in t.sent)
    info = t.connection.info()
    assert (info.ca_state, info.snd_ssthresh) == (3, 5)
    told(t, f"ack=10001 sack={top - 1000}:{top}")
    info = t.connection.info()
    assert info.ca_state != 3
    assert info.snd_cwnd == 5
    assert info.sacked == 1


def test_without_new_text_what_may_be_lost_is_sent_again() -> None:
    """[RFC6675-06] [RFC6675-07]: rule 3 below the highest SACK, then rule 4 once for the end of the window."""
    t = Established(mss=1000, sackok=True, recovery="sack")
    t.app.write(b"x" * 10_000)
    t.drain()
    sent = told(t, "ack=1 sack=1001:5001", "ack=1 sack=6001:7001,1001:5001")
    sent += told(t, "ack=1 sack=6001:8001,1001:5001", "ack=1 sack=6001:9001,1001:5001")
    reasons = why(sent)
    assert reasons[0] == (1, "retransmit-fast")
    assert (5001, "retransmit-sack") in reasons or (5001, "retransmit-unsure") in reasons
    assert [reason for _, reason in reasons].count("retransmit-rescue") == 1
    assert (9001, "retransmit-rescue") in reasons


def test_a_time_out_ends_recovery_and_sends_only_holes() -> None:
    """[RFC6675-11] [RFC6675-12] [RFC5681-18]: slow start goes from hole to hole; no second recovery meanwhile."""
    t = window_of_ten()
    told(t, "ack=1 sack=1001:3001,4001:6001,7001:10001")
    t.advance_until_sent()
    t.drain()
    assert "recovery-failed" in t.rules
    assert t.connection.info().ca_state == 4
    sent = told(t, "ack=3001 sack=4001:6001,7001:10001")
    assert [s.seq for s in sent][:2] == [3001, 6001]
    assert t.rules.count("recovery-by-sack") == 1


def test_sacked_text_stays_until_it_is_acknowledged() -> None:
    """[RFC6675-13] [RFC2018-07] [RFC2018-08]: the peer takes everything back; the time-out sends it again."""
    t = Established(mss=1000, sackok=True)
    t.app.write(b"x" * 5000)
    t.drain()
    told(t, "ack=1 sack=1001:5001")
    t.inject("A ack=1001")
    seen = []
    while t.connection.info().unacked:
        again = t.advance_until_sent()
        seen.append(again.seq)
        t.drain()
        t.inject(f"A ack={again.seq + again.len}")
        seen += [s.seq for s in t.outbox]
    assert "sack-reneged" in t.rules
    assert set(seen) >= {1001, 2001, 3001, 4001}


def test_after_reneging_slow_start_sends_everything_again() -> None:
    """[RFC2018-08]: one time-out finds out; what was reported before counts as lost, not as arrived."""
    t = Established(mss=1000, sackok=True, tail_loss_probe=False)
    t.app.write(b"x" * 5000)
    t.drain()
    told(t, "ack=1 sack=1001:5001")
    t.inject("A ack=1001")
    assert t.advance_until_sent().seq == 1001
    assert t.connection.info().sacked == 0
    assert [s.seq for s in told(t, "ack=2001")] == [2001, 3001]
    assert [s.seq for s in told(t, "ack=4001")] == [4001]
    assert t.connection.info().total_rto == 1


@pytest.mark.parametrize(
    ("sacked", "edge"),
    [
        ([(10, 20), (30, 40)], 0),
        ([(10, 20), (30, 40), (50, 60)], 10),
        ([(10, 210)], 0),
        ([(10, 211)], 10),
        ([(10, 111), (200, 300)], 10),
        ([(10, 20), (100, 350)], 100),
        ([(10, 20), (30, 40), (50, 60), (70, 80)], 30),
    ],
)
def test_the_boundaries_of_is_lost(sacked: list[tuple[int, int]], edge: int) -> None:
    """[RFC6675-02]: three runs, or more than twice SMSS (100), above; everything below that is not SACKed is lost."""
    board, facts, detection = Scoreboard(1000), LossFacts(), SackLoss()
    for start in range(0, 400, 10):
        board.sent(start, start + 10, 0)
    for left, right in sacked:
        board.sack(left, right, 0)
    facts.mss = 100
    detection.detect(board, facts)
    lost = {number for record in board.all() if record.lost for number in range(record.start, record.end)}
    held = {number for left, right in sacked for number in range(left, right)}
    assert lost == set(range(edge)) - held
    assert detection.detect(board, facts) == 0
    assert board.lost == len(lost)


def test_an_older_acknowledgment_still_brings_its_blocks() -> None:
    """[RFC2883-05] [RFC2018-07]: ACKs overtake each other; the news in the old one is news."""
    t = window_of_ten()
    told(t, "ack=2001")
    told(t, "ack=1001 sack=3001:6001")
    assert t.connection.info().sacked == 3
    assert t.connection.info().bytes_acked == 2000


def test_without_limited_transmit_new_text_waits() -> None:
    """[RFC3042-03]: the switch works with SACK too."""
    t = window_of_ten(limited_transmit=False)
    assert told(t, "ack=1 sack=1001:2001", "ack=1 sack=1001:3001") == []
    assert told(t, "ack=1 sack=1001:4001")[0].seq == 1


def test_the_window_is_reduced_once_for_all_losses_of_a_window() -> None:
    """[RFC6675-08] [RFC6582-02]: four holes, one reduction."""
    t = window_of_ten(congestion="newreno")
    told(t, "ack=1 sack=1001:2001", "ack=1 sack=3001:4001,1001:2001", "ack=1 sack=5001:6001,3001:4001,1001:2001")
    told(t, "ack=1 sack=7001:10001,5001:6001,3001:4001")
    assert t.connection.info().snd_ssthresh == 5
    for ack in (2001, 4001, 6001):
        told(t, f"ack={ack} sack=7001:10001")
    assert t.connection.info().snd_ssthresh == 5
    assert t.rules.count("recovery-by-sack") == 1


# Proportional rate reduction


def test_prr_spreads_the_reduction_over_the_round_trip() -> None:
    """[RFC6937-02] [RFC9937-04] [RFC6937-04] [RFC6937-05]: one of twenty lost: a segment for every second."""
    prr = Prr(20_000)
    pipe, out = 19_000, []
    for _ in range(17):
        pipe -= 1000
        prr.on_ack(1000, pipe, 10_000, 1000, False)
        count = max(prr.window - pipe, 0) // 1000 * 1000
        prr.out += count
        pipe += count
        out.append(count // 1000)
    assert out[0] == 1  # the retransmission goes at once
    assert 8 <= sum(out) <= 9
    assert max(out) == 1
    assert pipe <= 11_000


def test_prr_after_heavy_loss_sends_what_arrives_and_a_little_more() -> None:
    """[RFC6937-03] [RFC9937-05] [RFC9937-06]: below ssthresh one extra segment per safe ACK, none otherwise."""
    safe, careful = Prr(20_000), Prr(20_000)
    for prr in (safe, careful):
        prr.delivered = prr.out = 5000
    safe.on_ack(1000, 4000, 10_000, 1000, True)
    careful.on_ack(1000, 4000, 10_000, 1000, False)
    assert (safe.window - 4000, careful.window - 4000) == (2000, 1000)
    near = Prr(20_000)
    near.on_ack(5000, 9000, 10_000, 1000, True)
    assert near.window == 10_000  # never beyond ssthresh


@pytest.mark.parametrize(("pipe", "window"), [(15_000, 16_000), (10_000, 11_000)])
def test_prr_lets_the_first_retransmission_go(pipe: int, window: int) -> None:
    """[RFC9937-07]: though the arithmetic allows nothing yet."""
    prr = Prr(20_000)
    prr.on_ack(1, pipe, 10_000, 1000, False)
    assert prr.window >= pipe + 1 if pipe > 10_000 else prr.window == window


def test_prr_sends_nothing_for_nothing() -> None:
    """[RFC9937-03]: an ACK that delivers nothing leaves the network as it is."""
    prr = Prr(20_000)
    prr.on_ack(1000, 10_000, 10_000, 1000, False)
    prr.out += 1000
    prr.on_ack(0, 9000, 10_000, 1000, False)
    assert prr.window == 9000


def test_prr_starts_from_what_was_in_the_network() -> None:
    """[RFC6937-01] [RFC9937-01] [RFC9937-02] [RFC9937-09]: not what was SACKed before, but what this ACK brings."""
    t = window_of_ten()
    told(t, "ack=1 sack=1001:2001", "ack=1 sack=1001:3001", "ack=1 sack=1001:4001")
    prr = t.connection.tcb.recovery.prr
    assert prr is not None
    assert prr.start == 12_000 - 2000
    assert prr.out == 1000
    told(t, "ack=1 sack=1001:6001")
    assert prr.start == 10_000


def test_recovery_releases_no_burst() -> None:
    """[RFC8985-18] [RFC6582-09] [RFC2525-08]: no ACK draws more than it delivers, and one segment."""
    t = window_of_ten()
    for end in (6001, 7001, 8001, 9001, 10_001):
        assert len(told(t, f"ack=1 sack=5001:{end}")) <= 1
    for ack in (1001, 2001, 3001, 4001):
        assert len(told(t, f"ack={ack} sack=5001:10001")) <= 2
    assert len(told(t, "ack=10001")) <= 2
