"""Keep-alive (RFC 9293 3.8.4)."""

from __future__ import annotations

import pytest

from synfin.errors import UsageError
from synfin.tcp import Event, State, TcpConfig
from tests.harness import Context, Established

WRAP_AROUND = True

HOURS = 3_600_000


def times(t: Context, count: int) -> list[float]:
    """When the next `count` segments leave, in seconds."""
    return [t.advance_until_sent().ms / 1000 for _ in range(count)]


def test_it_is_off_unless_asked_for() -> None:
    """[MUST-25]: a day of silence."""
    t = Established()
    t.advance(ms=24 * HOURS)
    t.expect_nothing()
    assert t.state is State.ESTABLISHED


def test_the_first_probe_comes_after_two_idle_hours() -> None:
    """[RFC9293-MAY-5] [MUST-28] [SHLD-12] [RFC2525-11]: one below SND.NXT, without text."""
    t = Established(keep_alive=True)
    probe = t.advance_until_sent()
    assert probe.ms == 2 * HOURS
    assert (probe.flags, probe.seq, probe.len, probe.ack) == ("A", 0, 0, 1)


def test_an_answered_probe_starts_a_new_idle_time() -> None:
    """[MUST-29]: the peer is alive; the next probe is two hours away."""
    t = Established(keep_alive=True)
    for number in range(1, 5):
        assert t.advance_until_sent().ms == number * 2 * HOURS
        t.inject("A ack=1")
        t.expect_nothing()
    assert t.state is State.ESTABLISHED


def test_several_unanswered_probes_end_the_connection() -> None:
    """[MUST-29] [RFC2525-09]: nine probes 75 s apart, then TIMEOUT."""
    t = Established(keep_alive=True)
    assert times(t, 9) == [7200 + 75 * number for number in range(9)]
    assert t.state is State.ESTABLISHED
    t.advance(to_ms=7_200_000 + 9 * 75_000 - 1)
    assert t.state is State.ESTABLISHED
    t.advance(ms=1)
    assert t.connection.state is State.CLOSED
    assert t.events.count(Event.TIMEOUT) == 1
    assert isinstance(t.connection.error, TimeoutError)


def test_a_lost_probe_or_answer_is_no_dead_peer() -> None:
    """[MUST-29]: eight unanswered, the ninth answered."""
    t = Established(keep_alive=True)
    times(t, 9)
    t.inject("A ack=1")
    t.advance(ms=1.9 * HOURS)
    t.expect_nothing()
    assert t.state is State.ESTABLISHED
    assert times(t, 2)[1] - t.ms / 1000 <= 0


def test_anything_received_postpones_the_probe() -> None:
    """[MUST-26]: traffic more often than the interval suppresses it."""
    t = Established(keep_alive=True)
    for _ in range(5):
        t.advance(ms=2 * HOURS - 1000)
        t.expect_nothing()
        t.inject("PA data=x")
        t.advance(ms=40)
        t.expect("A len=0")
    start = t.ms - 40
    assert t.advance_until_sent().ms - start == 2 * HOURS


def test_no_probe_while_something_is_outstanding() -> None:
    """[MUST-26]: retransmission is at work then."""
    t = Established(keep_alive=True, keep_alive_idle_ms=10_000, keep_alive_interval_ms=1000, r2_ms=None)
    t.app.write(b"x")
    t.advance(ms=200_000)
    assert all(s.seq == 1 and s.len == 1 for s in t.drain())
    assert t.state is State.ESTABLISHED


def test_the_times_are_configurable() -> None:
    """[MUST-27]: idle time, interval and number."""
    t = Established(keep_alive=True, keep_alive_idle_ms=5000, keep_alive_interval_ms=1000, keep_alive_probes=3)
    assert times(t, 3) == [5, 6, 7]
    t.advance(ms=1000)
    assert t.connection.state is State.CLOSED


def test_it_can_be_switched_on_and_off_on_a_live_connection() -> None:
    """[MUST-24]: on: probes; off: silence; on again: probes."""
    t = Established(keep_alive_idle_ms=5000)
    t.advance(ms=60_000)
    t.expect_nothing()
    t.app.configure(keep_alive=True)
    probe = t.advance_until_sent()
    assert probe.seq == 0
    assert probe.ms <= 65_000
    t.app.configure(keep_alive=False)
    t.advance(ms=10 * HOURS)
    t.expect_nothing()
    assert t.state is State.ESTABLISHED
    t.app.configure(keep_alive=True)
    assert t.advance_until_sent().seq == 0


def test_the_idle_time_can_be_changed_on_a_live_connection() -> None:
    """[MUST-27]: the running time follows the new setting."""
    t = Established(keep_alive=True)
    t.advance(ms=1000)
    t.app.configure(keep_alive_idle_ms=10_000)
    assert t.advance_until_sent().ms <= 11_000


def test_a_peer_that_lost_its_state_ends_the_connection() -> None:
    """[MUST-29]: the probe draws a RST."""
    t = Established(keep_alive=True)
    t.advance_until_sent()
    t.inject("R seq=1")
    assert t.connection.state is State.CLOSED
    assert Event.RESET in t.events


def test_our_end_answers_the_peers_probe() -> None:
    """[RFC9293-E20]: a segment below the window draws an ACK, with and without a garbage octet."""
    t = Established()
    t.inject("A seq=0")
    t.expect("A seq=1 ack=1 len=0")
    t.inject("A seq=0 data=x")
    t.expect("A seq=1 ack=1 len=0")
    assert t.app.read() == b""


def test_half_closed_connections_are_probed_too() -> None:
    """[MUST-24]: CLOSE_WAIT and FIN_WAIT_2 may last long."""
    t = Established(keep_alive=True)
    t.inject("FA")
    t.advance(ms=40)
    t.drain()
    probe = t.advance_until_sent()
    assert (probe.seq, probe.ack) == (0, 2)
    t = Established(keep_alive=True)
    t.app.shutdown()
    t.inject("A ack=2")
    t.drain()
    probe = t.advance_until_sent()
    assert (probe.seq, probe.ack) == (1, 1)


@pytest.mark.parametrize(("timeout", "probes"), [(1_450, 5), (10, 1)])
def test_a_user_timeout_takes_the_place_of_the_number_of_probes(timeout: int, probes: int) -> None:
    """[MUST-21] [MUST-29]: as it does with R2; one probe there always is."""
    t = Established(
        keep_alive=True, keep_alive_idle_ms=1000, keep_alive_interval_ms=100, keep_alive_probes=2,
        user_timeout_ms=timeout,
    )  # fmt: skip
    t.advance(to_ms=1000 + 100 * probes - 1)
    assert [s.seq for s in t.drain()] == [0] * probes
    assert t.state is State.ESTABLISHED
    t.advance(ms=1)
    assert t.connection.state is State.CLOSED
    assert t.events.count(Event.TIMEOUT) == 1


def test_one_probe_at_least() -> None:
    """[MUST-29]: bounds are checked when the configuration is made."""
    with pytest.raises(UsageError, match="keep_alive_probes"):
        TcpConfig(keep_alive_probes=1001)
    assert TcpConfig().keep_alive_idle_ms >= 2 * HOURS
    assert TcpConfig().keep_alive_probes > 1
