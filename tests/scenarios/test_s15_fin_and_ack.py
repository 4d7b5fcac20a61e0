"""S15: FIN and the ACK of our FIN in one segment: FIN_WAIT_1 -> TIME_WAIT."""

from __future__ import annotations

import pytest

from tests.scenarios.play import PRESETS, established


@pytest.mark.parametrize("preset", PRESETS)
def test_without_fin_wait_2(preset: str) -> None:
    """S15: FIN_WAIT_1 -> TIME_WAIT directly (F2) [E31] [MUST-58]."""
    play = established(preset)
    play.b.on_eof_close()
    play.a.close()
    play.run("1s")
    play.expect("""
        A>B <SEQ=100><ACK=300><FIN,ACK>  FIN_WAIT_1  CLOSE_WAIT
        B>A <SEQ=300><ACK=101><FIN,ACK>  TIME_WAIT   LAST_ACK
        A>B <SEQ=101><ACK=301><ACK>      TIME_WAIT   CLOSED
    """)
    assert [move.to_state for move in play.wire.moves("A")][-2:] == ["FIN_WAIT_1", "TIME_WAIT"]


@pytest.mark.parametrize("preset", PRESETS)
def test_same_fin_that_does_not_acknowledge_ours(preset: str) -> None:
    """S15 counter-check: with ACK=100 the same FIN leads to CLOSING: our FIN decides, not the flags [E31]."""
    play = established(preset)
    play.cut("A>B")
    play.a.close()
    play.run("210ms")
    play.inject("B>A <SEQ=300><ACK=100><FIN,ACK>")
    play.run("230ms")
    play.expect("""
        A>B <SEQ=100><ACK=300><FIN,ACK>  FIN_WAIT_1  *  lost
        B>A <SEQ=300><ACK=100><FIN,ACK>  CLOSING     *  old
        A>B <SEQ=101><ACK=301><ACK>      CLOSING     *  lost
    """)
    play.inject("B>A <SEQ=301><ACK=101><ACK>")
    play.run("240ms")
    assert play.wire.moves("A")[-1].to_state == "TIME_WAIT"


@pytest.mark.parametrize("preset", PRESETS)
def test_lost_fin_ack(preset: str) -> None:
    """S15 loss: the one segment that says both is lost; either side's retransmission repairs it."""
    play = established(preset, "drop(B>A,FIN,1)")
    play.b.on_eof_close()
    play.a.close()
    play.run("5s")
    assert play.states == ("TIME_WAIT", "CLOSED")
    play.run()
    assert play.states == ("CLOSED", "CLOSED")
