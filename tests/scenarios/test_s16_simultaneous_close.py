"""S16: simultaneous close (RFC 9293 figure 13)."""

from __future__ import annotations

import pytest

from synfin.config import SECOND
from tests.scenarios.play import PRESETS, TWO_MSL, Play, established


def both_close(preset: str, *faults: str) -> Play:
    """Both close at 200 ms; the FINs cross."""
    play = established(preset, *faults)
    play.a.close()
    play.b.close()
    return play


@pytest.mark.parametrize("preset", PRESETS)
def test_figure_13(preset: str) -> None:
    """S16: both CLOSING, both TIME_WAIT, both for 2MSL (F3) [E29] [E31]."""
    play = both_close(preset)
    play.run("1s")
    play.expect("""
        200ms A>B <SEQ=100><ACK=300><FIN,ACK>   FIN_WAIT_1  CLOSING
        200ms B>A <SEQ=300><ACK=100><FIN,ACK>   CLOSING     FIN_WAIT_1
        210ms B>A <SEQ=301><ACK=101><ACK>       TIME_WAIT   CLOSING
        210ms A>B <SEQ=101><ACK=301><ACK>       CLOSING     TIME_WAIT
    """)
    play.run()
    for host in "AB":
        last = play.wire.moves(host)[-1]
        assert (last.from_state, last.to_state) == ("TIME_WAIT", "CLOSED")
        assert last.now == 220_000_000 + TWO_MSL[preset] * SECOND


@pytest.mark.parametrize("preset", PRESETS)
def test_ack_lost(preset: str) -> None:
    """S16 loss: A sends its FIN again from CLOSING (G12), B acknowledges again from TIME_WAIT [E30]."""
    play = both_close(preset, "drop(B>A,ACK,last)")
    play.run("5s")
    again = {"rfc": 1_200, "linux": 420}[preset]
    play.expect(f"""
        200ms          A>B <SEQ=100><ACK=300><FIN,ACK>  FIN_WAIT_1  CLOSING
        200ms          B>A <SEQ=300><ACK=100><FIN,ACK>  CLOSING     FIN_WAIT_1
        210ms          B>A <SEQ=301><ACK=101><ACK>      CLOSING     CLOSING    lost
        210ms          A>B <SEQ=101><ACK=301><ACK>      CLOSING     TIME_WAIT
        {again}ms      A>B <SEQ=100><ACK=301><FIN,ACK>  CLOSING     TIME_WAIT
        {again + 10}ms B>A <SEQ=301><ACK=101><ACK>      TIME_WAIT   TIME_WAIT
    """)
    play.run()
    assert play.wire.moves("B")[-1].now == (again + 10) * 1_000_000 + TWO_MSL[preset] * SECOND


@pytest.mark.parametrize("preset", PRESETS)
def test_one_fin_lost(preset: str) -> None:
    """S16 loss: B's FIN is lost: A goes through FIN_WAIT_2, B acknowledges from CLOSING's other side."""
    play = both_close(preset, "drop(B>A,FIN,1)")
    play.run("400ms")
    assert [move.to_state for move in play.wire.moves("B")][-2:] == ["FIN_WAIT_1", "CLOSING"]
    assert play.wire.moves("A")[-1].to_state == "FIN_WAIT_2"
    play.run("5s")
    assert [host_last(play, host) for host in "AB"] == ["TIME_WAIT", "TIME_WAIT"]
    play.run()
    assert play.states == ("CLOSED", "CLOSED")


def host_last(play: Play, host: str) -> str:
    """The last state that a host moved to."""
    return play.wire.moves(host)[-1].to_state


@pytest.mark.parametrize("preset", PRESETS)
def test_both_fins_lost(preset: str) -> None:
    """S16 loss: both FINs are lost once; both go again at the same time and cross again."""
    play = both_close(preset, "drop(A>B,FIN,1)", "drop(B>A,FIN,1)")
    play.run("5s")
    assert [host_last(play, host) for host in "AB"] == ["TIME_WAIT", "TIME_WAIT"]
    assert len(play.times("A", "FIN,ACK")) == len(play.times("B", "FIN,ACK")) == 2


@pytest.mark.parametrize("preset", PRESETS)
def test_text_crosses_too(preset: str) -> None:
    """S16: each FIN comes with text; both streams are delivered whole although both have half-closed."""
    play = established(preset)
    play.a.write(500)
    play.b.write(700)
    play.a.shutdown()
    play.b.shutdown()
    play.run("1s")
    assert (len(play.b.received), len(play.a.received)) == (500, 700)
    assert (play.a.end, play.b.end) == ("eof", "eof")
    assert play.states == ("TIME_WAIT", "TIME_WAIT")
