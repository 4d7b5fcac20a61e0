"""S13: half-close: A has nothing more to say, B has."""

from __future__ import annotations

import pytest

from synfin.tcp import Event
from tests.scenarios.play import PRESETS, Play, established, text


@pytest.mark.parametrize("preset", PRESETS)
def test_data_still_flows(preset: str) -> None:
    """S13: B in CLOSE_WAIT sends 24 octets; A in FIN_WAIT_2 acknowledges 324; then B closes (F5, F6) [E37].

    A's acknowledgments keep SEQ=101 [E38].
    """
    play = established(preset)
    play.a.shutdown()
    play.run("300ms")
    play.b.write(24)
    play.run("500ms")
    play.b.close()
    play.run("700ms")
    play.expect("""
        200ms A>B <SEQ=100><ACK=300><FIN,ACK>   FIN_WAIT_1  CLOSE_WAIT
              B>A <SEQ=300><ACK=101><ACK>       FIN_WAIT_2  CLOSE_WAIT
        300ms B>A <SEQ=300><ACK=101><ACK>[24]   FIN_WAIT_2  CLOSE_WAIT
              A>B <SEQ=101><ACK=324><ACK>       FIN_WAIT_2  CLOSE_WAIT
        500ms B>A <SEQ=324><ACK=101><FIN,ACK>   TIME_WAIT   LAST_ACK
              A>B <SEQ=101><ACK=325><ACK>       TIME_WAIT   CLOSED
    """)
    assert play.a.received == text(24)
    assert (play.a.end, play.b.end) == ("eof", "eof")


@pytest.mark.parametrize("preset", PRESETS)
def test_reading_goes_on_writing_does_not(preset: str) -> None:
    """S13 pass: A can read and gets EPIPE when it writes; B can write [E37]."""
    play = established(preset)
    play.a.shutdown()
    play.run("300ms")
    with pytest.raises(BrokenPipeError):
        play.a.write(1)
    assert play.b.write(100_000) == 100_000
    play.run("5s")
    assert len(play.a.received) == 100_000
    assert play.states == ("FIN_WAIT_2", "CLOSE_WAIT")
    assert {row.segment.seq for row in play.rows[1:] if row.ends[0] == "A"} == {101}


@pytest.mark.parametrize("preset", PRESETS)
def test_half_closed_for_a_long_time(preset: str) -> None:
    """S13, S21: nothing limits how long it lasts; a day later B's text still arrives (F6)."""
    play = established(preset)
    play.a.shutdown()
    play.run("24h")
    assert play.states == ("FIN_WAIT_2", "CLOSE_WAIT")
    play.b.write(24)
    play.run("25h")
    assert play.a.received == text(24)


@pytest.mark.parametrize("preset", PRESETS)
def test_text_lost_during_half_close(preset: str) -> None:
    """S13 with B's text lost: sent again from CLOSE_WAIT, delivered once."""
    play = established(preset, "drop(B>A,DATA,1)")
    play.a.shutdown()
    play.run("300ms")
    play.b.write(24)
    play.b.close()
    play.run("10s")
    assert play.a.received == text(24)
    assert play.states == ("TIME_WAIT", "CLOSED")


@pytest.mark.parametrize("preset", PRESETS)
def test_late_text_after_close(preset: str) -> None:
    """S13 contrast: close() instead of shutdown(): late text meets a RST (F8) [SHLD-3] [MAY-1]."""
    play = established(preset)
    play.a.close()
    play.run("300ms")
    play.skip()
    play.b.write(24)
    play.run("1s")
    play.expect("""
        B>A <SEQ=300><ACK=101><ACK>[24]  CLOSED  CLOSE_WAIT
        A>B <SEQ=101><RST>               CLOSED  CLOSED
    """)
    assert play.a.received == b""
    assert isinstance(play.b.the.error, ConnectionResetError)
    assert play.a.idle


@pytest.mark.parametrize("preset", PRESETS)
def test_close_with_unread_text(preset: str) -> None:
    """S13 contrast: close() with unread text: RST,ACK at once, no FIN (F9) [SHLD-3] [MUST-12]."""
    play = established(preset)
    play.a.reading = False
    play.b.write(24)
    play.run("500ms")
    play.skip()
    play.a.close()
    play.run("1s")
    play.expect("A>B <SEQ=100><ACK=324><RST,ACK>  CLOSED  CLOSED")
    assert play.b.end == "reset"
    assert play.a.idle
    assert play.b.idle


@pytest.mark.parametrize("preset", PRESETS)
def test_both_half_close(preset: str) -> None:
    """S13: two half-closes make a whole one."""
    play = established(preset)
    play.a.shutdown()
    play.run("500ms")
    play.b.on(Event.CLOSED, lambda: None)
    play.b.shutdown()
    play.run("1s")
    assert play.states == ("TIME_WAIT", "CLOSED")
    assert Event.CLOSED in play.b.events
    play.run()
    assert play.states == ("CLOSED", "CLOSED")


@pytest.mark.parametrize("preset", PRESETS)
def test_both_ends_read_eof_once(preset: str) -> None:
    """S13 pass: EOF is told once, and after it there is nothing to read [MUST-12]."""
    play: Play = established(preset)
    play.a.shutdown()
    play.run("1s")
    assert play.b.the.at_eof
    assert play.b.read() == b""
    assert play.b.events.count(Event.EOF) == 1
