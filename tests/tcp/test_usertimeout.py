"""The user time-out (RFC 9293 3.8.3, 3.9.1.1, 3.10.8): how long data may stay unacknowledged."""

from __future__ import annotations

from synfin.tcp import Event, State
from synfin.wire.tcp_options import TcpOptions
from tests.harness import Context, Established, Opened

WRAP_AROUND = True


def closed_at(t: Context) -> float:
    """When the connection becomes CLOSED, in ms."""
    while t.connection.state is not State.CLOSED:
        deadline = t.next_deadline()
        assert deadline is not None
        t.advance(to_ms=deadline / 1e6)
    return t.ms


def test_it_ends_the_connection_exactly_when_it_expires() -> None:
    """[MUST-21] [RFC9293-E39]: between two retransmissions, flushed and reported."""
    t = Established(mss=1000, user_timeout_ms=20_000)
    t.app.write(b"x" * 100)
    t.advance(to_ms=19_999)
    assert t.state is State.ESTABLISHED
    t.advance(to_ms=20_000)
    assert t.connection.state is State.CLOSED
    assert t.events.count(Event.TIMEOUT) == 1
    assert isinstance(t.connection.error, TimeoutError)
    assert t.connection.next_deadline() is None


def test_it_replaces_r2_upwards() -> None:
    """[MUST-21]: longer than R2."""
    t = Established(mss=1000, user_timeout_ms=1_000_000)
    t.app.write(b"x" * 100)
    assert closed_at(t) == 1_000_000


def test_zero_means_never() -> None:
    """[MUST-21]: infinite."""
    t = Established(mss=1000, user_timeout_ms=0)
    t.app.write(b"x" * 100)
    t.advance(ms=7 * 24 * 3_600_000)
    assert t.state is State.ESTABLISHED
    t.inject("A ack=101")
    assert t.connection.info().unacked == 0


def test_it_counts_from_the_oldest_unacknowledged_octet() -> None:
    """[RFC9293-E39]: progress gives the rest its full time."""
    t = Established(mss=1000, user_timeout_ms=20_000)
    t.app.write(b"x" * 3000)
    t.advance(ms=15_000)
    t.inject("A ack=1001")
    t.advance(ms=15_000)
    assert t.state is State.ESTABLISHED
    t.advance(ms=20_000)
    assert t.connection.state is State.CLOSED


def test_idle_time_does_not_count() -> None:
    """[RFC9293-E39]: the time starts with the data."""
    t = Established(mss=1000, user_timeout_ms=20_000)
    t.advance(ms=500_000)
    t.app.write(b"x")
    assert closed_at(t) == 520_000


def test_an_idle_connection_has_no_user_timeout() -> None:
    """[RFC9293-E39]: nothing is outstanding."""
    t = Established(mss=1000, user_timeout_ms=20_000)
    t.app.write(b"x")
    t.inject("A ack=2")
    t.advance(ms=1_000_000)
    assert t.state is State.ESTABLISHED


def test_it_can_be_set_on_a_live_connection() -> None:
    """[MUST-21]: while data is already waiting."""
    t = Established(mss=1000)
    t.app.write(b"x")
    t.advance(ms=5000)
    t.app.configure(user_timeout_ms=10_000)
    assert closed_at(t) == 10_000


def test_it_bounds_a_closed_window_that_nobody_answers_for() -> None:
    """[MUST-20b]: probes without answers count like retransmissions."""
    t = Established(mss=1000, win=0, user_timeout_ms=20_000)
    t.app.write(b"x" * 100)
    assert 20_000 <= closed_at(t) <= 80_000
    assert t.events.count(Event.TIMEOUT) == 1


def test_it_bounds_the_opening_as_well() -> None:
    """[MUST-21] [RFC9293-E39]: it takes R2's place for a SYN too, in both directions."""
    t = Opened(user_timeout_ms=20_000)
    assert closed_at(t) == 20_000
    assert t.events.count(Event.TIMEOUT) == 1
    assert t.connection.next_deadline() is None
    t = Opened(user_timeout_ms=400_000)
    assert closed_at(t) == 400_000


def test_the_end_of_the_handshake_stops_it() -> None:
    """[RFC9293-E39]: nothing is outstanding then."""
    t = Opened(user_timeout_ms=20_000)
    t.advance(ms=500)
    t.inject("SA seq=0 ack=1")
    t.advance(ms=100_000)
    assert t.state is State.ESTABLISHED


def test_the_peers_user_timeout_option_is_ignored_silently() -> None:
    """[RFC5482-08] [MUST-6]: it changes nothing and draws nothing."""
    t = Established(mss=1000)
    segment = t.segment("A")
    segment.options = TcpOptions(user_timeout=0x8001)
    t.inject_segment(segment)
    t.expect_nothing()
    t.app.write(b"x")
    assert closed_at(t) == 183_000
