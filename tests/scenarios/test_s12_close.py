"""S12: the four-way close (RFC 9293 figure 12), and what the loss of each of its segments does."""

from __future__ import annotations

import pytest

from synfin.config import SECOND
from synfin.tcp import Event
from tests.scenarios.play import PRESETS, TWO_MSL, Play, established

RTO = {"rfc": 1.0, "linux": 0.22}  # after one round trip of 20 ms


def converse(preset: str, *faults: str) -> Play:
    """A closes at 1 s, B 100 ms after it has read the end."""
    play = established(preset, *faults)
    play.b.on(Event.EOF, lambda: play.world.after("100ms", play.b.close))
    play.at("1s", play.a.close)
    return play


def closed(play: Play, preset: str, fin_seen: float) -> None:
    """Both ends are CLOSED, A exactly 2MSL after the FIN that it saw last."""
    play.run()
    assert play.states == ("CLOSED", "CLOSED")
    last = play.wire.moves("A")[-1]
    assert (last.from_state, last.to_state) == ("TIME_WAIT", "CLOSED")
    assert last.now == round((fin_seen + TWO_MSL[preset]) * SECOND)
    assert play.a.idle
    assert play.b.idle
    assert play.b.end == "eof"
    assert play.b.the.error is None


@pytest.mark.parametrize("preset", PRESETS)
def test_figure_12(preset: str) -> None:
    """S12: the table [E29] [E31] [MUST-13]."""
    play = converse(preset)
    play.run("2s")
    play.expect("""
        1000ms A>B <SEQ=100><ACK=300><FIN,ACK>   FIN_WAIT_1  CLOSE_WAIT
        1010ms B>A <SEQ=300><ACK=101><ACK>       FIN_WAIT_2  CLOSE_WAIT
        1110ms B>A <SEQ=300><ACK=101><FIN,ACK>   TIME_WAIT   LAST_ACK
        1120ms A>B <SEQ=101><ACK=301><ACK>       TIME_WAIT   CLOSED
    """)
    closed(play, preset, 1.12)


@pytest.mark.parametrize("preset", PRESETS)
def test_server_closes_first(preset: str) -> None:
    """S12: either side may be the first; the roles of client and server say nothing about it."""
    play = established(preset)
    play.b.close()
    play.run(more="50ms")
    play.a.close()
    play.run(more="100ms")
    play.expect("""
        B>A <SEQ=300><ACK=100><FIN,ACK>   CLOSE_WAIT  FIN_WAIT_1
        A>B <SEQ=100><ACK=301><ACK>       CLOSE_WAIT  FIN_WAIT_2
        A>B <SEQ=100><ACK=301><FIN,ACK>   LAST_ACK    TIME_WAIT
        B>A <SEQ=301><ACK=101><ACK>       CLOSED      TIME_WAIT
    """)


@pytest.mark.parametrize("preset", PRESETS)
def test_three_segments(preset: str) -> None:
    """S12, F4: a server that closes at EOF answers with one FIN,ACK: three segments, not four [MUST-58]."""
    play = established(preset)
    play.b.on_eof_close()
    play.a.close()
    play.run(more="1s")
    play.expect("""
        A>B <SEQ=100><ACK=300><FIN,ACK>   FIN_WAIT_1  CLOSE_WAIT
        B>A <SEQ=300><ACK=101><FIN,ACK>   TIME_WAIT   LAST_ACK
        A>B <SEQ=101><ACK=301><ACK>       TIME_WAIT   CLOSED
    """)


@pytest.mark.parametrize("preset", PRESETS)
def test_fin_lost(preset: str) -> None:
    """S12 loss of 1: A sends its FIN again from FIN_WAIT_1, with the same number [MUST-18] [RFC6298-10]."""
    play = converse(preset, "drop(A>B,FIN,1)")
    play.run("3s")
    again = round(1_000 + RTO[preset] * 1_000)
    play.expect(f"""
        1000ms         A>B <SEQ=100><ACK=300><FIN,ACK>   FIN_WAIT_1  ESTABLISHED  lost
        {again}ms      A>B <SEQ=100><ACK=300><FIN,ACK>   FIN_WAIT_1  CLOSE_WAIT
        {again + 10}ms  B>A <SEQ=300><ACK=101><ACK>      FIN_WAIT_2  CLOSE_WAIT
        {again + 110}ms B>A <SEQ=300><ACK=101><FIN,ACK>  TIME_WAIT   LAST_ACK
        {again + 120}ms A>B <SEQ=101><ACK=301><ACK>      TIME_WAIT   CLOSED
    """)
    closed(play, preset, (again + 120) / 1_000)


@pytest.mark.parametrize("preset", PRESETS)
def test_ack_of_fin_lost(preset: str) -> None:
    """S12 loss of 2: A sends its FIN again, B in CLOSE_WAIT acknowledges again (G11) [E20]."""
    play = established(preset, "drop(B>A,ACK,last)")
    play.a.close()
    play.run("2s")
    sent, again = 0.2, 0.2 + RTO[preset]
    play.expect(f"""
        {sent * 1000:.0f}ms  A>B <SEQ=100><ACK=300><FIN,ACK>  FIN_WAIT_1  CLOSE_WAIT
                             B>A <SEQ=300><ACK=101><ACK>      FIN_WAIT_1  CLOSE_WAIT  lost
        {again * 1000:.0f}ms A>B <SEQ=100><ACK=300><FIN,ACK>  FIN_WAIT_1  CLOSE_WAIT
                             B>A <SEQ=300><ACK=101><ACK>      FIN_WAIT_2  CLOSE_WAIT
    """)
    assert play.b.end == "eof"
    play.b.close()
    closed(play, preset, 2.01)


@pytest.mark.parametrize("preset", PRESETS)
def test_ack_of_fin_lost_and_fin_follows(preset: str) -> None:
    """S12 loss of 2 while B goes on to close: its FIN acknowledges as well, so A goes straight to TIME_WAIT (S15)."""
    play = converse(preset, "drop(B>A,ACK,last)")
    play.run("1200ms")
    play.expect("""
        1000ms A>B <SEQ=100><ACK=300><FIN,ACK>   FIN_WAIT_1  CLOSE_WAIT
        1010ms B>A <SEQ=300><ACK=101><ACK>       FIN_WAIT_1  CLOSE_WAIT  lost
        1110ms B>A <SEQ=300><ACK=101><FIN,ACK>   TIME_WAIT   LAST_ACK
        1120ms A>B <SEQ=101><ACK=301><ACK>       TIME_WAIT   CLOSED
    """)
    closed(play, preset, 1.12)


@pytest.mark.parametrize("preset", PRESETS)
def test_second_fin_lost(preset: str) -> None:
    """S12 loss of 3: B sends its FIN again from LAST_ACK; A waits in FIN_WAIT_2."""
    play = converse(preset, "drop(B>A,FIN,1)")
    play.run("3s")
    again = 1_110 + round(1_000 * RTO[preset])
    play.expect(f"""
        1000ms    A>B <SEQ=100><ACK=300><FIN,ACK>   FIN_WAIT_1  CLOSE_WAIT
        1010ms    B>A <SEQ=300><ACK=101><ACK>       FIN_WAIT_2  CLOSE_WAIT
        1110ms    B>A <SEQ=300><ACK=101><FIN,ACK>   FIN_WAIT_2  LAST_ACK  lost
        {again}ms B>A <SEQ=300><ACK=101><FIN,ACK>   TIME_WAIT   LAST_ACK
                  A>B <SEQ=101><ACK=301><ACK>       TIME_WAIT   CLOSED
    """)
    closed(play, preset, (again + 10) / 1_000)


@pytest.mark.parametrize("preset", PRESETS)
def test_nobody_answers_the_fin(preset: str) -> None:
    """S12: an orphan's FIN is sent again until R2; then the block is gone, and nobody is told [E39].

    Linux: 0.2, 0.6, 1.5, 3.1, 6.5, 13, 26 and 53 s after the first, given up at 108 s.
    """
    play = established(preset, "drop(A>B,FIN,all)", delay="5ms")
    play.a.close()
    play.run()
    fins = [when - 0.2 for when in play.times("A", "FIN,ACK")]
    gone = play.wire.moves("A")[-1].now / SECOND - 0.2
    if preset == "linux":
        measured = [0.0, 0.2, 0.6, 1.5, 3.1, 6.5, 13, 26, 53]
        assert fins == pytest.approx(measured, rel=0.06)
        assert gone == pytest.approx(108, rel=0.01)
    else:
        assert fins == pytest.approx([0, 1, 3, 7, 15, 31, 63, 123])  # R2 of 100 s has passed at 123 s
        assert gone == pytest.approx(183)
    assert play.a.state == "CLOSED"
    assert play.a.end == ""
    assert play.b.state == "ESTABLISHED"


@pytest.mark.parametrize("preset", PRESETS)
def test_nobody_answers_the_second_fin(preset: str) -> None:
    """S12: the same for B in LAST_ACK; A, which has half-closed, waits in FIN_WAIT_2 for ever."""
    play = established(preset, "drop(B>A,FIN,all)")
    play.a.shutdown()
    play.run("1s")
    play.b.close()
    play.run()
    assert play.b.state == "CLOSED"
    assert play.a.state == "FIN_WAIT_2"
    assert len(play.times("B", "FIN,ACK")) == {"rfc": 8, "linux": 9}[preset]


@pytest.mark.parametrize("preset", PRESETS)
def test_text_before_the_fin(preset: str) -> None:
    """S12, S14: what was queued goes first, the FIN with its last segment; the reader gets all, then EOF [E35]."""
    play = established(preset, mss=1_000)
    play.a.write(30_000)
    play.a.close()
    play.run("5s")
    assert len(play.b.received) == 30_000
    assert play.b.end == "eof"
    fins = [row for row in play.rows if row.segment.flags & 1]
    assert [(f.segment.seq, len(f.segment.payload)) for f in fins] == [(29_100, 1_000)]
