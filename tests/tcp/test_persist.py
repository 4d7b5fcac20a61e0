"""Zero-window probing (RFC 9293 3.8.6.1)."""

from __future__ import annotations

from synfin.tcp import Event, State, TcpConfig
from tests.harness import Established

WRAP_AROUND = True


def stuck(**options: object) -> Established:
    """Window closed, 3,000 octets queued, nothing in flight, time 0."""
    t = Established(mss=1000, win=0, **options)
    t.app.write(b"x" * 3000)
    t.expect_nothing()
    return t


def probe_times(t: Established, count: int) -> list[float]:
    """When the next `count` probes leave, in s; each is answered by an ACK that keeps the window closed."""
    times = []
    for _ in range(count):
        times.append(t.advance_until_sent().ms / 1000)
        t.inject("A ack=1 win=0")
        t.expect_nothing()
    return times


def test_the_first_probe_comes_after_one_rto() -> None:
    """[MUST-36] [SHLD-29] [RFC9293-E41]: one octet of new data, when the window has been closed for an RTO."""
    t = stuck()
    probe = t.advance_until_sent()
    assert probe.ms == 1000
    assert (probe.flags.strip("P"), probe.seq, probe.len) == ("A", 1, 1)


def test_probe_intervals_double_up_to_the_cap() -> None:
    """[SHLD-30] [RFC6298-05]: exponential back-off, capped."""
    assert probe_times(stuck(), 9) == [1, 3, 7, 15, 31, 63, 123, 183, 243]


def test_the_connection_stays_as_long_as_probes_are_answered() -> None:
    """[MUST-37]: an hour and more, far beyond R2."""
    t = stuck()
    assert probe_times(t, 80)[-1] > 3600
    assert t.state is State.ESTABLISHED
    assert Event.TIMEOUT not in t.events


def test_an_opened_window_is_used_at_once() -> None:
    """[MUST-36]: the octets go on where the acknowledged ones end, and no probe follows."""
    t = stuck()
    probe_times(t, 3)
    t.inject("A ack=1 win=5000")
    sent = t.drain()
    assert sent[0].seq == 1
    assert b"".join(s.data for s in sent)[:2001] == b"x" * 2001
    assert t.ms == 7000
    t.inject("A ack=2002 win=5000")
    t.expect("PA seq=2002 len=999")
    t.inject("A ack=3001 win=5000")
    t.advance(ms=200_000)
    t.expect_nothing()


def test_a_lost_window_update_is_survived() -> None:
    """[MUST-36]: the peer's update never arrives; the answer to the next probe opens the window."""
    t = stuck()
    t.advance_until_sent()
    t.inject("A ack=2 win=5000")
    assert [(s.seq, s.len) for s in t.drain()] == [(2, 1000), (1002, 1000)]
    t.inject("A ack=2002 win=5000")
    t.expect("PA seq=2002 len=999")


def test_an_accepted_probe_octet_is_not_sent_twice() -> None:
    """[RFC9293-E41]: the probe's octet counts as sent when it is acknowledged, with the window still closed."""
    t = stuck()
    t.advance_until_sent()
    t.inject("A ack=2 win=0")
    probe = t.advance_until_sent()
    assert (probe.seq, probe.len) == (2, 1)


def test_unanswered_probes_end_the_connection() -> None:
    """[MUST-20b] [RFC9293-E39]: nobody answers; the connection does not live for ever."""
    t = stuck()
    t.advance(ms=2_000_000)
    assert t.state is State.CLOSED
    assert t.events.count(Event.TIMEOUT) == 1
    assert isinstance(t.connection.error, TimeoutError)


def test_a_window_that_closes_behind_sent_data_is_probed() -> None:
    """[MUST-36] [RFC9293-E40]: everything in flight is acknowledged, more is queued."""
    t = Established(mss=1000, win=2000)
    t.app.write(b"x" * 4000)
    assert len(t.drain()) == 2
    t.advance(ms=500)
    t.inject("A ack=2001 win=0")
    probe = t.advance_until_sent()
    assert probe.ms >= 1500
    assert (probe.seq, probe.len) == (2001, 1)


def test_linux_probes_without_text_and_starts_early() -> None:
    """[RFC9293-E41] [SHLD-30]: Linux sends an empty segment one below SND.NXT: 0.2, 0.4, 0.8, 1.6 s apart."""
    t = stuck(config=TcpConfig.linux())
    times = []
    for _ in range(7):
        probe = t.advance_until_sent()
        assert (probe.flags, probe.seq, probe.len) == ("A", 0, 0)
        times.append(round(probe.ms))
        t.inject("A win=0")
    gaps = [b - a for a, b in zip([0, *times], times, strict=False)]
    assert gaps == [200, 400, 800, 1600, 3200, 6400, 12_800]


def test_a_fin_behind_a_closed_window_waits_for_it() -> None:
    """[MUST-36] [RFC2525-15]: close with a closed window keeps data and FIN, probing until there is room."""
    t = stuck()
    t.app.shutdown()
    probe_times(t, 3)
    t.inject("A ack=1 win=5000")
    sent = t.drain()
    assert b"".join(s.data for s in sent) == b"x" * 3000
    assert "F" in sent[-1].flags
    assert t.state is State.FIN_WAIT_1


def test_no_probe_without_anything_to_send() -> None:
    """[MUST-36]: a closed window alone is no reason to talk."""
    t = Established(mss=1000, win=0)
    t.advance(ms=3_600_000)
    t.expect_nothing()
