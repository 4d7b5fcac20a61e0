"""RACK and tail loss probes (RFC 8985), seen from the wire; the arithmetic of the reordering window in a table."""

from __future__ import annotations

import pytest

from synfin.config import MILLISECOND
from synfin.tcp.recovery import LossFacts, Rack, Scoreboard
from synfin.tcp.recovery.scoreboard import NO_ECHO
from tests.harness import Closed, Context, Established, Sent

WRAP_AROUND = True
RTT_MS = 100


def connection(count: int = 10, queued: int = 0, **options: object) -> Context:
    """A round trip of 100 ms is known; `count` segments of 1,000 left just now; `queued` octets wait behind them."""
    t = Closed(mss=1000, ws=7, sackok=True, **{"initial_cwnd_segments": 12, "congestion": "newreno", **options})
    t.app.open()
    t.advance(ms=RTT_MS)
    t.inject("SA")
    t.inject("A")  # the first scaled window
    t.app.write(b"x" * 1000)
    t.advance(ms=RTT_MS)
    t.drain()
    t.inject("A ack=1001")
    t.app.write(b"x" * (1000 * count))
    t.drain()
    if queued:
        t.app.write(b"y" * queued)
        t.drain()
    return t


def told(t: Context, text: str) -> list[Sent]:
    """What an acknowledgment draws."""
    t.inject(f"A {text}")
    return t.drain()


def why(sent: list[Sent]) -> list[tuple[int, str]]:
    """Number and reason of each segment."""
    return [(s.seq, s.why) for s in sent]


# Loss by time


def test_three_segments_above_are_certain_fewer_wait_a_quarter_round_trip() -> None:
    """[RFC8985-06] [RFC8985-08]: a timer while one or two are SACKed; none needed for the third."""
    t = connection()
    t.advance(ms=RTT_MS)
    assert told(t, "ack=1001 sack=2001:3001") == []
    assert t.timers["reordering"] == t.now + 25 * MILLISECOND
    assert why(told(t, "ack=1001 sack=2001:5001")) == [(1001, "retransmit-fast")]
    t = connection()
    t.advance(ms=RTT_MS)
    told(t, "ack=1001 sack=2001:3001")
    t.advance(ms=24)
    t.expect_nothing()
    t.advance(ms=1)
    assert why(t.drain()) == [(1001, "retransmit-fast")]
    assert t.connection.info().ca_state == 3


def test_what_was_sent_later_than_the_latest_that_arrived_is_not_lost() -> None:
    """[RFC8985-04] [RFC8985-08]: time decides, not numbers."""
    t = connection(queued=1000)
    t.advance(ms=RTT_MS)
    told(t, "ack=1001 sack=2001:5001")
    assert t.connection.info().lost == 1
    told(t, "ack=1001 sack=2001:6001")
    assert t.connection.info().lost == 1


def test_a_lost_retransmission_is_found_by_what_was_sent_after_it() -> None:
    """[RFC8985-02] [RFC8985-08] [RFC5681-18]: sent again without a time-out, and the window is reduced once more."""
    t = connection(queued=20_000)
    t.advance(ms=RTT_MS)
    assert 1001 in [s.seq for s in told(t, "ack=1001 sack=2001:5001")]
    first = t.connection.info().snd_ssthresh
    top = 0
    for number in range(5, 11):
        t.advance(ms=1)
        top = max([top, *[s.seq + s.len for s in told(t, f"ack=1001 sack=2001:{number * 1000 + 1001}")]])
    assert top > 12_000
    t.advance(ms=RTT_MS)
    sent = told(t, f"ack=1001 sack=2001:{top}")
    assert 1001 in [s.seq for s in sent]
    assert "retransmission-lost" in t.rules
    assert t.connection.info().snd_ssthresh < first
    assert t.connection.info().total_rto == 0


def test_after_reordering_was_seen_a_gap_is_given_time() -> None:
    """[RFC8985-05] [RFC8985-06]: even with many segments above it."""
    t = connection()
    t.advance(ms=RTT_MS)
    told(t, "ack=1001 sack=2001:3001")
    told(t, "ack=11001")
    assert t.connection.info().reord_seen == 1
    t.app.write(b"x" * 9000)
    t.drain()
    t.advance(ms=RTT_MS)
    assert told(t, "ack=11001 sack=12001:18001") == []
    t.advance(ms=26)
    assert (11_001, "retransmit-fast") in why(t.drain())


def test_a_time_out_marks_what_is_overdue_only() -> None:
    """[RFC8985-09]: the first segment and those sent long ago; what left just now is on its way."""
    t = connection(8, tail_loss_probe=False)
    t.advance(ms=990)
    t.app.write(b"y" * 2000)
    assert [s.seq for s in t.drain()] == [9001, 10_001]
    t.advance(ms=20)
    info = t.connection.info()
    assert (info.ca_state, info.total_rto) == (4, 1)
    assert info.lost == 8


@pytest.mark.parametrize(
    ("reordered", "recovering", "sacked", "multiplier", "srtt", "window"),
    [
        (False, False, 0, 1, 100, 25),
        (False, False, 3000, 1, 100, 0),
        (False, True, 0, 1, 100, 0),
        (True, True, 3000, 1, 100, 25),
        (True, False, 0, 3, 100, 75),
        (True, False, 0, 9, 100, 100),
        (True, False, 0, 3, 50, 50),
    ],
)
def test_the_reordering_window(
    reordered: bool, recovering: bool, sacked: int, multiplier: int, srtt: int, window: int
) -> None:
    """[RFC8985-06] [RFC8985-19]: a table of step 4, in ms; the smallest round trip is 100 ms; SRTT is the bound."""
    board, facts, rack = Scoreboard(100), LossFacts(), Rack()
    board.reordered = reordered
    board.sacked = sacked
    facts.mss, facts.srtt, facts.recovering = 1000, srtt * MILLISECOND, recovering
    facts.min_rtt = 100 * MILLISECOND
    rack.multiplier = multiplier
    rack.detect(Scoreboard(100), facts)
    assert rack.window(board, facts) == window * MILLISECOND


def test_d_sacks_widen_the_window_once_per_round_and_it_wears_off() -> None:
    """[RFC8985-07]: sixteen recoveries without another one."""
    rack = Rack()
    rack.on_dsack(1000, 5000)
    rack.on_dsack(2000, 6000)
    assert rack.multiplier == 2
    rack.on_dsack(5000, 9000)
    assert rack.multiplier == 3
    for _ in range(15):
        rack.on_recovered()
    assert rack.multiplier == 3
    rack.on_recovered()
    assert rack.multiplier == 1


def test_the_smallest_round_trip_is_that_of_the_last_minutes() -> None:
    """[RFC8985-03]: after a change of path the old one is forgotten."""
    rack, facts = Rack(), LossFacts()
    board = Scoreboard(100)
    number = 0
    for second, rtt in [(0, 10), (100, 50), (200, 50), (300, 50), (400, 50)]:
        board.sent(number, number + 10, second * 1000 * MILLISECOND)
        board.begin(NO_ECHO, 0)
        board.acknowledge(number + 10, (second * 1000 + rtt) * MILLISECOND)
        facts.now = (second * 1000 + rtt) * MILLISECOND
        rack.detect(board, facts)
        number += 10
    assert rack.min_rtt() == 50 * MILLISECOND


def test_the_clock_is_fine_enough() -> None:
    """[RFC8985-01]: transmissions are told apart to the nanosecond; without SACK there is no RACK."""
    t = Established(mss=1000)
    t.app.write(b"x")
    assert t.connection.tcb.recovery.kind.name == "newreno"
    t = Established(mss=1000, sackok=True)
    t.app.write(b"x")
    assert t.connection.tcb.recovery.kind.name == "rack"


def test_many_duplicates_alone_mean_nothing() -> None:
    """[RFC8985-17]: no count of duplicates in it: SACKs of what was sent at a later time only."""
    t = connection()
    t.advance(ms=RTT_MS)
    for _ in range(10):
        assert told(t, "ack=1001") == []


# Tail loss probes


def test_a_probe_after_two_round_trips_then_the_time_out() -> None:
    """[RFC8985-10] [RFC8985-13] [RFC8985-14] [RFC8985-16]: the last segment; RTO counts from it; no second probe."""
    t = connection(3)
    assert t.timers["loss-probe"] == t.now + 2 * RTT_MS * MILLISECOND
    assert "retransmit" not in t.timers
    probe = t.advance_until_sent()
    assert (probe.seq, probe.len, probe.why) == (3001, 1000, "retransmit-tail-probe")
    assert t.timers["retransmit"] == t.now + t.connection.tcb.rtt.rto()
    assert "loss-probe" not in t.timers
    assert t.advance_until_sent().why == "retransmit-timeout"
    info = t.connection.info()
    assert (info.total_rto, info.retransmits) == (1, 1)


def test_a_probe_carries_new_text_where_there_is_some() -> None:
    """[RFC8985-13]: what the congestion window held back."""
    t = connection(12, queued=3000)
    probe = t.advance_until_sent()
    assert (probe.why, probe.seq) == ("tail-loss-probe", 13_001)
    assert t.connection.info().total_retrans == 0


def test_a_single_segment_waits_for_a_delayed_acknowledgment() -> None:
    """[RFC8985-10]: two round trips and 200 ms."""
    t = connection(1)
    assert t.timers["loss-probe"] == t.now + (2 * RTT_MS + 200) * MILLISECOND


def test_without_a_sample_the_probe_waits_a_second() -> None:
    """[RFC8985-10]: the SYN was sent twice, so nothing is known (RTO is 3 s then)."""
    t = Established(mss=1000, sackok=True)
    t.connection.tcb.rtt.srtt = 0
    t.app.write(b"x" * 5000)
    assert t.timers["loss-probe"] <= t.now + 1000 * MILLISECOND


def test_a_probe_is_never_later_than_the_time_out() -> None:
    """[RFC8985-10]: PTO is at most what is left of the RTO."""
    t = connection(1, rto_min_ms=200, rto_variance_min_ms=50)
    rto = t.connection.tcb.rtt.rto()
    assert rto < 400 * MILLISECOND
    assert t.timers["loss-probe"] == t.now + rto


def test_no_probe_while_something_is_sacked_or_recovered() -> None:
    """[RFC8985-11] [RFC8985-16]: reordering and retransmission timers have their turns."""
    t = connection()
    t.advance(ms=RTT_MS)
    told(t, "ack=1001 sack=2001:3001")
    assert set(t.timers) & {"loss-probe", "reordering", "retransmit"} == {"reordering"}
    told(t, "ack=1001 sack=2001:5001")
    assert set(t.timers) & {"loss-probe", "reordering", "retransmit"} == {"retransmit"}


def test_the_next_probe_needs_a_new_sample() -> None:
    """[RFC8985-12]: the ACK of what was sent again measures nothing; that of new text does."""
    t = connection(1)
    assert t.advance_until_sent().why == "retransmit-tail-probe"
    told(t, "ack=2001")
    told(t, "ack=2001")  # both copies have arrived: the probe is over
    t.app.write(b"x" * 2000)
    t.drain()
    assert "loss-probe" not in t.timers
    t.advance(ms=RTT_MS)
    told(t, "ack=4001")
    t.app.write(b"x" * 2000)
    t.drain()
    assert "loss-probe" in t.timers


def test_a_loss_that_the_probe_repaired_reduces_the_window() -> None:
    """[RFC8985-15]: nothing else told of it, but it was congestion."""
    t = connection(4)
    before = t.connection.info().snd_cwnd
    told(t, "ack=4001")
    assert t.advance_until_sent().seq == 4001
    told(t, "ack=5001")
    t.app.write(b"x" * 1000)
    t.drain()
    t.advance(ms=RTT_MS)
    told(t, "ack=6001")
    assert "loss-probe-repaired" in t.rules
    assert t.connection.info().snd_cwnd < before


@pytest.mark.parametrize("answer", ["ack=5001 sack=4001:5001", "ack=5001"])
def test_a_probe_that_was_not_needed_reduces_nothing(answer: str) -> None:
    """[RFC8985-15]: a D-SACK, or a bare duplicate, says that both copies arrived."""
    t = connection(4)
    told(t, "ack=4001")
    assert t.advance_until_sent().seq == 4001
    told(t, "ack=5001")
    told(t, answer)
    t.app.write(b"x" * 1000)
    t.drain()
    t.advance(ms=RTT_MS)
    told(t, "ack=6001")
    assert "loss-probe-repaired" not in t.rules


def test_a_probe_shows_holes_before_it() -> None:
    """[RFC8985-13] [RFC8985-08]: its SACK makes everything before it overdue; no time-out."""
    t = connection(5)
    told(t, "ack=2001")
    probe = t.advance_until_sent()
    assert probe.seq == 5001
    t.advance(ms=RTT_MS)
    sent = told(t, "ack=2001 sack=5001:6001")
    t.advance(ms=26)
    assert (2001, "retransmit-fast") in why(sent + t.drain())


def test_probes_can_be_switched_off() -> None:
    """[RFC8985-11] is a SHOULD with a switch; RACK stays."""
    t = connection(3, tail_loss_probe=False)
    assert "loss-probe" not in t.timers
    assert t.advance_until_sent().why == "retransmit-timeout"
