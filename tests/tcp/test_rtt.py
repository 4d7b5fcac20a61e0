"""Round-trip times and the time-out computed from them (RFC 6298, RFC 7323 4)."""

from __future__ import annotations

import pytest

from synfin.config import MILLISECOND, SECOND, TcpConfig
from synfin.tcp.rtt import GRANULARITY, RttEstimator
from tests.harness import Closed, Established, Opened

WRAP_AROUND = False


def estimator(**settings: int) -> RttEstimator:
    """An estimator without a floor, so that the formulas show."""
    return RttEstimator(TcpConfig(**{"rto_min_ms": 1, **settings}))


def test_before_any_sample_the_rto_is_one_second() -> None:
    """[RFC6298-01]: the value of section 2.1."""
    assert RttEstimator(TcpConfig()).rto() == SECOND


def test_the_first_sample() -> None:
    """[RFC6298-02]: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4*RTTVAR: 100 ms give 300 ms."""
    rtt = estimator()
    rtt.sample(100 * MILLISECOND)
    assert (rtt.srtt, rtt.rttvar) == (100 * MILLISECOND, 50 * MILLISECOND)
    assert rtt.rto() == 300 * MILLISECOND


def test_later_samples_follow_the_formulas_in_their_order() -> None:
    """[RFC6298-03]: RTTVAR first, with the SRTT from before; then SRTT."""
    rtt = estimator()
    samples = [100, 120, 80, 300, 100, 50, 50, 700, 90]
    srtt = rttvar = 0.0
    for number, ms in enumerate(samples):
        rtt.sample(ms * MILLISECOND)
        value = float(ms * MILLISECOND)
        if number == 0:
            srtt, rttvar = value, value / 2
        else:
            rttvar = 0.75 * rttvar + 0.25 * abs(srtt - value)
            srtt = 0.875 * srtt + 0.125 * value
        assert rtt.srtt == pytest.approx(srtt, abs=50)
        assert rtt.rttvar == pytest.approx(rttvar, abs=50)
        assert rtt.rto() == pytest.approx(srtt + max(GRANULARITY, 4 * rttvar), abs=500)


def test_rto_below_one_second_is_rounded_up() -> None:
    """[RFC6298-04] [RFC2525-07]: the floor of one second; Linux has 200 ms."""
    rtt = RttEstimator(TcpConfig())
    rtt.sample(10 * MILLISECOND)
    assert rtt.rto() == SECOND
    linux = RttEstimator(TcpConfig.linux())
    linux.sample(10 * MILLISECOND)
    assert linux.rto() == 210 * MILLISECOND


def test_the_cap_is_at_least_a_minute() -> None:
    """[RFC6298-05] [RFC6298-14]: doubling stops at the cap."""
    rtt = RttEstimator(TcpConfig())
    values = []
    for _ in range(9):
        values.append(rtt.rto() // SECOND)
        rtt.back_off()
    assert values == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_steady_rtt_leaves_a_margin() -> None:
    """[RFC6298-08]: RTTVAR of zero does not make RTO equal to SRTT."""
    rtt = estimator()
    for _ in range(300):
        rtt.sample(100 * MILLISECOND)
    assert rtt.rto() >= rtt.srtt + GRANULARITY


def test_a_sample_ends_the_back_off() -> None:
    """[RFC6298-14]: a valid sample brings the RTO back to what the formula says."""
    rtt = RttEstimator(TcpConfig())
    for _ in range(4):
        rtt.back_off()
    assert rtt.rto() == 16 * SECOND
    rtt.sample(2 * SECOND)
    assert rtt.rto() == 6 * SECOND


def test_the_handshake_gives_the_first_sample() -> None:
    """[RFC6298-02] [RFC6298-07]: SYN and its SYN+ACK are a measurement."""
    t = Closed()
    t.advance(ms=5000)
    t.app.open()
    t.advance(ms=400)
    t.inject("SA")
    info = t.connection.info()
    assert (info.rtt, info.rttvar) == (400_000, 200_000)
    assert info.rto == 1_200_000


def test_a_retransmitted_segment_is_no_sample() -> None:
    """[RFC6298-06] [MUST-18]: Karn; the ACK may belong to either copy."""
    t = Established(mss=1000)
    before = t.connection.info()
    t.app.write(b"x" * 100)
    t.advance_until_sent()
    t.advance_until_sent()
    t.advance(ms=50)
    t.inject("A ack=101")
    after = t.connection.info()
    assert (after.rtt, after.rttvar) == (before.rtt, before.rttvar)


def test_the_backed_off_rto_stays_until_there_is_a_sample() -> None:
    """[RFC6298-06] [MUST-18]: Karn's other half; the next new segment still waits the long time."""
    t = Established(mss=1000)
    t.app.write(b"x" * 100)
    t.drain()
    t.advance_until_sent()
    t.advance_until_sent()
    t.inject("A ack=101")
    t.app.write(b"y" * 100)
    start = t.expect("PA seq=101").ms
    assert t.advance_until_sent().ms - start == 4000
    t.advance(ms=10)
    t.inject("A ack=201")
    t.app.write(b"z" * 100)
    t.drain()
    t.advance(ms=30)
    t.inject("A ack=301")
    t.app.write(b"z" * 100)
    start = t.expect("PA seq=301").ms
    assert t.advance_until_sent().ms - start == 1000


def test_timestamps_tell_which_copy_was_acknowledged() -> None:
    """[RFC6298-06] [RFC7323-10]: with timestamps a retransmitted segment may be a sample."""
    t = Established(mss=1000, ts=5000)
    t.app.write(b"x" * 100)
    t.drain()
    again = t.advance_until_sent()
    t.advance(ms=800)
    t.inject(f"A ack=101 ts={5000 + int(t.ms)},{again.options.ts_val}")
    rtt = t.connection.info().rtt
    assert 90_000 <= rtt <= 101_000, "1/8 of 800 ms"


def test_bulk_data_is_measured_at_least_once_per_round_trip() -> None:
    """[RFC6298-07]: SRTT follows a path that became slower, within a few round trips."""
    t = Established(mss=1000)
    acked = 1
    for _ in range(12):
        t.app.write(b"x" * 200_000)
        outstanding = t.drain()
        t.advance(ms=300)
        acked = outstanding[-1].seq + outstanding[-1].len
        t.inject(f"A ack={acked}")
    assert 200_000 < t.connection.info().rtt <= 300_000


def test_duplicate_acknowledgments_are_no_samples() -> None:
    """[RFC7323-10]: only an ACK that advances SND.UNA measures, whatever its TSecr says."""
    t = Established(mss=1000, ts=5000)
    t.app.write(b"x" * 2000)
    t.drain()
    before = t.connection.info().rtt
    for _ in range(2):
        t.advance(ms=400)
        t.inject("A ack=1")
    assert t.connection.info().rtt == before


def test_rtt_variation_keeps_the_rto_above_the_largest_round_trip() -> None:
    """[RFC7323-18]: many samples per round trip must not shrink RTTVAR to nothing within one of them."""
    t = Opened(mss=1000, ts=5000, rto_min_ms=1)
    t.advance(ms=150)
    t.inject("SA")
    t.drain()
    t.app.write(b"x" * 250_000)
    acked = 1
    for turn in range(8):
        flight = t.drain()
        t.advance(ms=100 if turn % 2 else 200)
        if not flight:
            continue
        for sent in flight:
            acked = sent.seq + sent.len
            t.inject(f"A ack={acked} ts={5000 + int(t.ms)},{sent.options.ts_val}")
    assert t.connection.info().rto >= 200_000
    assert t.connection.info().total_retrans == 0


def test_bounds_can_change_on_a_living_connection() -> None:
    """The floor was what counted: without it SRTT + 4*RTTVAR does; what was measured stays."""
    rtt = RttEstimator(TcpConfig())
    rtt.sample(100 * MILLISECOND)
    assert rtt.rto() == SECOND
    rtt.configure(TcpConfig(rto_min_ms=1))
    assert (rtt.rto(), rtt.srtt) == (300 * MILLISECOND, 100 * MILLISECOND)
    rtt.configure(TcpConfig(rto_min_ms=1, rto_max_ms=200))
    rtt.back_off()
    assert rtt.rto() == 200 * MILLISECOND


def test_bounds_without_a_sample_leave_the_first_time_out() -> None:
    rtt = RttEstimator(TcpConfig())
    rtt.configure(TcpConfig(rto_min_ms=5_000, rto_max_ms=9_000))
    assert rtt.rto() == SECOND
