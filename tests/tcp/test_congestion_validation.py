"""Congestion window validation (RFC 7661): a window that is not used is not believed in."""

from __future__ import annotations

from synfin.config import MILLISECOND, SECOND, TcpConfig
from synfin.tcp.congestion import NewReno, create
from synfin.tcp.congestion.validation import NVP_MAX, UNDEFINED, Validation
from tests.tcp.acking import MSS, Sender, sample

RTT = 100 * MILLISECOND


def used_little(segments: int = 100, used: int = 10, seconds: int = 3) -> tuple[NewReno, int]:
    """A window of `segments`, all used once, of which only `used` were for some seconds; and the time."""
    algorithm = NewReno(MSS, 10)
    algorithm.end_first_slow_start()
    algorithm.cwnd = algorithm.ssthresh = segments * MSS
    t = Sender(algorithm)
    t.round_trip()
    t.round_trip()
    now = t.now
    algorithm.on_ack(sample(now, algorithm.cwnd, algorithm.cwnd, srtt=RTT, cwnd_limited=False))
    for _ in range(10 * seconds):
        for number in range(used):
            now += RTT // used
            algorithm.on_ack(sample(now, MSS, (used - number) * MSS, srtt=RTT, rtt=RTT, cwnd_limited=False))
    return algorithm, now


def validation_of(algorithm: NewReno) -> Validation:
    """Its bookkeeping."""
    assert algorithm.validation is not None
    return algorithm.validation


def test_pipe_ack_is_undefined_at_first() -> None:
    """[RFC7661-01] [RFC7661-03]: and the window counts as validated until a round trip was measured."""
    validation = Validation()
    assert validation.pipe_ack == UNDEFINED
    validation.on_ack(SECOND, MSS, 9 * MSS, RTT, 10 * MSS)
    assert validation.pipe_ack == UNDEFINED
    assert validation.since == UNDEFINED


def test_pipe_ack_is_what_one_round_trip_acknowledged() -> None:
    """[RFC7661-02]: the largest of the last max(3 * RTT, 1 s)."""
    validation = Validation()
    now = SECOND
    for number in range(10):
        now += RTT // 10
        validation.on_ack(now, MSS, (9 - number) * MSS, RTT, 10 * MSS)
    assert validation.pipe_ack == 10 * MSS
    measured = now
    while now < measured + 1_500 * MILLISECOND:
        for number in range(4):
            now += RTT // 4
            validation.on_ack(now, MSS, (3 - number) * MSS, RTT, 10 * MSS)
        if now < measured + 700 * MILLISECOND:
            assert validation.pipe_ack == 10 * MSS
    assert validation.pipe_ack == 4 * MSS


def test_a_window_in_use_is_validated() -> None:
    """[RFC7661-03]: in slow start too, where it doubles while it is measured."""
    algorithm = NewReno(MSS, 10)
    t = Sender(algorithm)
    for _ in range(6):
        t.round_trip()
        assert validation_of(algorithm).since == UNDEFINED


def test_less_than_half_used_is_not_validated() -> None:
    """[RFC7661-04]: the phase begins, the window stays but does not grow; using it again ends the phase."""
    algorithm, now = used_little()
    assert validation_of(algorithm).since != UNDEFINED
    assert algorithm.cwnd >= 100 * MSS
    t = Sender(algorithm)
    t.now = now
    t.round_trip()
    t.round_trip()
    assert validation_of(algorithm).since == UNDEFINED


def test_half_used_is_enough() -> None:
    """[RFC7661-03]: pipeACK >= cwnd / 2."""
    algorithm, _ = used_little(segments=100, used=51)
    assert validation_of(algorithm).since == UNDEFINED
    algorithm, _ = used_little(segments=100, used=45)
    assert validation_of(algorithm).since != UNDEFINED


def test_loss_in_an_unused_window_leaves_half_of_what_was_used() -> None:
    """[RFC7661-06]: max(pipeACK, flight) / 2 at once; at the end less what was sent again; then pipeACK is new."""
    algorithm, now = used_little(segments=100, used=10)
    assert validation_of(algorithm).pipe_ack == 10 * MSS
    algorithm.on_loss(now, 20 * MSS)
    assert algorithm.cwnd == 10 * MSS
    algorithm.on_ack(sample(now, MSS, 20 * MSS, srtt=RTT, recovering=True, lost=4 * MSS))
    algorithm.on_ack(sample(now, MSS, 20 * MSS, srtt=RTT, recovering=True, lost=2 * MSS))
    algorithm.on_recovered(now, 0)
    assert algorithm.cwnd == (20 - 6) * MSS // 2
    assert validation_of(algorithm).pipe_ack == UNDEFINED


def test_loss_never_leaves_less_than_a_segment() -> None:
    """[RFC7661-06]: even when all was lost."""
    algorithm, now = used_little(segments=100, used=2)
    algorithm.on_loss(now, 2 * MSS)
    algorithm.on_ack(sample(now, 0, 2 * MSS, srtt=RTT, recovering=True, lost=2 * MSS))
    algorithm.on_recovered(now, 0)
    assert algorithm.cwnd == MSS


def test_loss_in_a_used_window_is_as_ever() -> None:
    """[RFC5681-11]: half of the flight, and no less at the end."""
    algorithm, now = used_little(segments=100, used=100)
    algorithm.on_loss(now, 100 * MSS)
    algorithm.on_ack(sample(now, MSS, 100 * MSS, srtt=RTT, recovering=True, lost=40 * MSS))
    algorithm.on_recovered(now, 0)
    assert algorithm.cwnd == 50 * MSS


def test_after_five_minutes_the_window_shrinks() -> None:
    """[RFC7661-05] [RFC7661-07]: ssthresh = max(ssthresh, 3/4 cwnd), cwnd = max(cwnd / 2, IW); then five more."""
    algorithm, now = used_little(segments=100)
    algorithm.ssthresh = 10 * MSS
    algorithm.cwnd = 100 * MSS
    later = now + NVP_MAX
    algorithm.on_ack(sample(later, MSS, MSS, srtt=RTT, cwnd_limited=False))
    assert (algorithm.cwnd, algorithm.ssthresh) == (50 * MSS, 75 * MSS)
    algorithm.on_ack(sample(later + SECOND, MSS, MSS, srtt=RTT, cwnd_limited=False))
    assert algorithm.cwnd == 50 * MSS


def test_a_restart_remembers_in_ssthresh_what_there_was() -> None:
    """[RFC5681-15]: the initial window again, and slow start up to three quarters of the old one."""
    algorithm = NewReno(MSS, 10)
    algorithm.cwnd, algorithm.ssthresh = 100 * MSS, 20 * MSS
    algorithm.on_idle(SECOND)
    assert (algorithm.cwnd, algorithm.ssthresh) == (10 * MSS, 75 * MSS)


def test_an_idle_connection_notices_before_it_sends() -> None:
    """[RFC7661-07]: without restart after idle times, the first segment already goes by the smaller window."""
    algorithm, now = used_little(segments=100)
    algorithm.configure(TcpConfig(idle_restart=False))
    before = algorithm.cwnd
    algorithm.on_idle(now + SECOND)
    assert algorithm.cwnd == before
    algorithm.on_idle(now + NVP_MAX)
    assert algorithm.cwnd == before // 2


def test_it_can_be_switched_off() -> None:
    """`window_validation=False`: loss halves the flight whatever was used."""
    algorithm = create("newreno", MSS, 10, TcpConfig(window_validation=False))
    assert isinstance(algorithm, NewReno)
    assert algorithm.validation is None
    algorithm.on_ack(sample(SECOND, MSS, MSS))
    algorithm.on_loss(SECOND, 20 * MSS)
    assert algorithm.cwnd == 10 * MSS
