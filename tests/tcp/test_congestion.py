"""The congestion window without loss, after time-outs and after idle times (RFC 5681, RFC 6928)."""

from __future__ import annotations

import pytest

from synfin.tcp.congestion import NewReno, create, initial_window, names
from tests.harness import Established, Opened

WRAP_AROUND = True


def flight(t: Established) -> int:
    """Octets sent and not acknowledged, seen from the wire."""
    top = max((s.seq + s.len for s in t.sent), default=1)
    return top - 1 - acked(t)


def acked(t: Established) -> int:
    """Octets that the connection says were acknowledged."""
    return int(t.connection.info().bytes_acked)


def busy(mss: int = 1000, **options: object) -> Established:
    """A connection that always has more to send."""
    t = Established(mss=mss, ws=7, **{"congestion": "newreno", **options})
    t.inject("A")  # the first scaled window
    t.app.write(b"x" * 250_000)
    return t


@pytest.mark.parametrize(
    ("mss", "window"),
    [(536, 5360), (1095, 10_950), (1460, 14_600), (1461, 14_600), (2190, 14_600), (7300, 14_600), (9000, 18_000)],
)
def test_the_initial_window(mss: int, window: int) -> None:
    """[RFC6928-01] [RFC5681-03] [RFC5681-04] [RFC2525-01]: min(10*MSS, max(2*MSS, 14600)), not more."""
    assert initial_window(mss, 10) == window
    t = Established(mss=mss, link_mss=mss)
    t.app.write(b"x" * 60_000)
    sent = sum(s.len for s in t.drain())
    assert window - mss < sent <= window


@pytest.mark.parametrize(("segments", "octets"), [(1, 1000), (2, 2000), (4, 4000)])
def test_the_initial_window_can_be_smaller(segments: int, octets: int) -> None:
    """[RFC5681-03]: the classic values of two to four segments."""
    t = Established(mss=1000, initial_cwnd_segments=segments)
    t.app.write(b"x" * 60_000)
    assert sum(s.len for s in t.drain()) == octets


def test_a_syn_ack_without_mss_does_not_release_a_flood() -> None:
    """[RFC2525-03] [MUST-15a]: the window is initialised without the option too."""
    t = Established(mss=None)
    t.app.write(b"x" * 60_000)
    sent = t.drain()
    assert {s.len for s in sent} == {536}
    assert len(sent) == 10


def test_the_server_starts_with_the_same_window() -> None:
    """[RFC6928-04] [RFC5681-04]: passive opens too; the ACK of the SYN+ACK adds nothing."""
    t = Established(passive=True, mss=1000)
    t.app.write(b"x" * 60_000)
    assert len(t.drain()) == 10


def test_slow_start_adds_a_segment_for_each_ack() -> None:
    """[RFC5681-02] [MUST-19]: one ACK per segment doubles the window in a round trip."""
    t = busy()
    assert len(t.drain()) == 10
    for number in range(10):
        t.inject(f"A ack={1001 + 1000 * number}")
        assert len(t.drain()) == 2
    assert flight(t) == 20_000


def test_slow_start_adds_one_segment_for_an_ack_of_many() -> None:
    """[RFC5681-02]: min(N, SMSS) for each ACK, unless more is configured or HyStart++ allows it."""
    t = busy(hystart=False, byte_counting_segments=1)
    t.drain()
    t.inject("A ack=10001")
    t.drain()
    assert flight(t) == 11_000


def test_splitting_acknowledgments_gains_nothing() -> None:
    """[RFC5681-02]: ten ACKs of 100 octets are worth one of 1,000."""
    t = busy()
    t.drain()
    for number in range(10):
        t.inject(f"A ack={101 + 100 * number}")
    t.drain()
    assert flight(t) == 11_000


def timed_out(**options: object) -> Established:
    """Ten segments lost; the first was repeated after RTO and is now acknowledged with all others."""
    t = busy(**options)
    t.drain()
    t.advance(ms=1000)
    t.drain()
    return t


def test_a_time_out_halves_ssthresh_and_starts_with_one_segment() -> None:
    """[RFC5681-08] [RFC2525-02] [MUST-19]: ssthresh = FlightSize/2, cwnd = 1 SMSS."""
    t = timed_out()
    info = t.connection.info()
    assert (info.snd_cwnd, info.snd_ssthresh) == (1, 5)


def test_ssthresh_is_not_lowered_by_a_second_time_out_of_the_same_segment() -> None:
    """[RFC5681-08]: only the first counts."""
    t = timed_out()
    t.advance(ms=2000)
    t.drain()
    t.advance(ms=4000)
    t.drain()
    info = t.connection.info()
    assert (info.snd_cwnd, info.snd_ssthresh) == (1, 5)


def test_ssthresh_is_at_least_two_segments() -> None:
    """[RFC5681-08]: a small flight."""
    t = Established(mss=1000)
    t.app.write(b"x" * 1000)
    t.advance(ms=1000)
    assert t.connection.info().snd_ssthresh == 2


def test_loss_of_the_retransmission_after_progress_counts_again() -> None:
    """[RFC5681-18]: losses in two successive windows reduce twice."""
    t = timed_out()
    t.inject("A ack=10001")
    first = t.connection.info().snd_ssthresh
    t.drain()
    t.advance(ms=60_000)
    assert t.connection.info().snd_ssthresh < first
    assert t.connection.info().snd_ssthresh == 2


def avoiding() -> tuple[Established, int]:
    """In congestion avoidance with a window of five segments, all of it in flight; and the next ACK number."""
    t = timed_out()
    ack = 10_001
    t.inject(f"A ack={ack}")
    while t.connection.info().snd_cwnd < 5:
        ack += 1000
        t.inject(f"A ack={ack}")
    t.drain()
    return t, ack


def test_congestion_avoidance_adds_one_segment_per_round_trip() -> None:
    """[RFC5681-07] [RFC2525-06] [MUST-19]: the window grows by one segment when a window is acknowledged."""
    t, ack = avoiding()
    for window in range(5, 10):
        assert t.connection.info().snd_cwnd == window
        for _ in range(window):
            ack += 1000
            t.inject(f"A ack={ack}")
        assert t.connection.info().snd_cwnd == window + 1


def test_congestion_avoidance_counts_octets_not_acknowledgments() -> None:
    """[RFC5681-07]: ACKs of two segments each give the same slope."""
    t, ack = avoiding()
    for _ in range(4):
        before = t.connection.info().snd_cwnd
        start = ack
        while ack - start < before * 1000:
            ack += 2000
            t.inject(f"A ack={ack}")
        assert before <= t.connection.info().snd_cwnd <= before + 1
    assert t.connection.info().snd_cwnd > 6


def test_an_idle_connection_starts_again_with_the_initial_window() -> None:
    """[RFC5681-15] [RFC6928-04]: nothing sent for more than an RTO."""
    t = Established(mss=1000, ws=7)
    t.inject("A")
    t.app.write(b"x" * 60_000)
    while t.connection.info().unacked:
        top = max(s.seq + s.len for s in t.sent)
        for sent in t.drain():
            t.inject(f"A ack={min(sent.seq + sent.len, top)}")
    assert t.connection.info().snd_cwnd > 20
    t.advance(ms=5000)
    t.app.write(b"x" * 60_000)
    assert len(t.drain()) == 10


def test_loss_in_the_initial_window_makes_restarts_more_careful() -> None:
    """[RFC6928-03]: the restart window is that of RFC 3390 from then on."""
    t = timed_out()
    t.inject("A ack=10001")
    ack = 10_001
    while t.connection.info().unacked or t.connection.info().notsent_bytes:
        ack = max(s.seq + s.len for s in t.sent)
        t.drain()
        t.inject(f"A ack={ack}")
    window = t.connection.info().snd_cwnd
    t.advance(ms=5000)
    t.app.write(b"x" * 60_000)
    assert window > 10
    assert len(t.drain()) == 4


def test_idle_restart_never_enlarges_the_window() -> None:
    """[RFC5681-15]: min(RW, cwnd)."""
    t = Established(mss=1000, ws=7)
    t.app.write(b"x" * 3000)
    t.drain()
    t.advance(ms=1000)
    t.drain()
    t.inject("A ack=3001")
    small = t.connection.info().snd_cwnd
    assert small < 4
    t.advance(ms=5000)
    t.app.write(b"x" * 60_000)
    assert len(t.drain()) == small


def test_idle_restart_can_be_switched_off() -> None:
    """[RFC5681-15] is a SHOULD with a switch."""
    t = Established(mss=1000, ws=7, idle_restart=False)
    t.inject("A")
    t.app.write(b"x" * 60_000)
    while t.connection.info().unacked:
        for sent in t.drain():
            t.inject(f"A ack={sent.seq + sent.len}")
    t.advance(ms=5000)
    t.app.write(b"x" * 60_000)
    assert len(t.drain()) > 20


def test_the_initial_window_bounds_super_segments_as_well() -> None:
    """[RFC5681-01] [RFC6928-01]: the first burst of a connection, where a device takes 64 KiB at once."""
    t = Opened(mss=1000)
    t.inject("SA win=65535")
    t.drain()
    t.connection.tcb.push_limit = 65_536
    t.app.write(b"x" * 60_000)
    assert sum(sent.len for sent in t.drain()) == 10_000


def test_ssthresh_starts_arbitrarily_high() -> None:
    """[RFC5681-06]: nothing but loss ends the first slow start."""
    algorithm = create("newreno", 1000, 10)
    assert algorithm.ssthresh > 1 << 30
    assert algorithm.in_slow_start()
    assert Established().connection.info().snd_ssthresh >= 0x7FFF_FFFF


def test_the_registry_knows_newreno() -> None:
    """[RFC9293-MAY-18]: algorithms are chosen by name; an unknown name says which there are."""
    assert "newreno" in names()
    assert isinstance(create("newreno", 1000, 10), NewReno)
    with pytest.raises(ValueError, match="newreno"):
        create("nonsense", 1000, 10)


def test_after_a_lost_syn_the_window_grows_from_one_segment() -> None:
    """[RFC6928-02] [RFC5681-05]: then slow start as usual."""
    t = Opened(mss=1000)
    t.advance(ms=1000)
    t.inject("SA")
    t.drain()
    t.app.write(b"x" * 20_000)
    assert len(t.drain()) == 1
    t.inject("A ack=1001")
    assert len(t.drain()) == 2
