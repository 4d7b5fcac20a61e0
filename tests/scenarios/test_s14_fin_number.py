"""S14: a FIN takes a sequence number."""

from __future__ import annotations

import pytest

from synfin.tcp import Event
from tests.scenarios.play import PRESETS, established, text


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("length", [0, 1, 3, 1_000])
def test_acknowledgment_counts_text_and_fin(preset: str, length: int) -> None:
    """S14: ACK of a FIN = SEQ + len + 1; 3 octets and FIN at 1001 make 1005 (G9) [E05] [E31]."""
    play = established(preset, isn_a=1_000)
    if length:
        play.a.write(length)
    play.a.shutdown()
    play.run("1s")
    play.expect(f"""
        A>B <SEQ=1001><ACK=300><FIN,ACK>[{length}]  FIN_WAIT_1  CLOSE_WAIT
        B>A <SEQ=300><ACK={1001 + length + 1}><ACK> FIN_WAIT_2  CLOSE_WAIT
    """)
    assert play.b.received == text(length)


@pytest.mark.parametrize("preset", PRESETS)
def test_fin_ahead_of_a_gap_is_held(preset: str) -> None:
    """S14: B stays ESTABLISHED until the gap is closed, then text and EOF in this order (G10) [E33]."""
    play = established(preset, "drop(A>B,DATA,1)")
    play.a.write(3)
    play.run("205ms")
    play.a.close()
    play.run("300ms")
    play.expect("""
        200ms A>B <SEQ=100><ACK=300><ACK>[3]    ESTABLISHED  ESTABLISHED  lost
        205ms A>B <SEQ=103><ACK=300><FIN,ACK>   FIN_WAIT_1   ESTABLISHED
        215ms B>A <SEQ=300><ACK=100><ACK>       FIN_WAIT_1   ESTABLISHED
    """)
    assert play.b.end == ""
    assert play.b.received == b""
    play.run("3s")
    rows = play.take()
    assert str(rows[0]).split()[2].startswith("<SEQ=100><ACK=300>")
    assert (rows[0].states, rows[1].segment.ack) == (["FIN_WAIT_1", "CLOSE_WAIT"], 104)
    assert play.b.received == text(3)
    assert play.b.events[-2:] == [Event.READABLE, Event.EOF]


@pytest.mark.parametrize("preset", PRESETS)
def test_fin_then_text_by_hand(preset: str) -> None:
    """S14: the same with bare segments: FIN at 103 first, then 100 to 102, without another FIN [E33] [SHLD-31]."""
    play = established(preset)
    play.cut("B>A")
    play.inject("A>B <SEQ=103><ACK=300><FIN,ACK>")
    play.run("300ms")
    play.expect("A>B <SEQ=103><ACK=300><FIN,ACK> old * ESTABLISHED\nB>A <SEQ=300><ACK=100><ACK> lost")
    play.inject("A>B <SEQ=100><ACK=300><ACK>[3]")
    play.run("500ms")
    play.expect("A>B <SEQ=100><ACK=300><ACK>[3] old * CLOSE_WAIT\nB>A <SEQ=300><ACK=104><ACK> lost")
    assert play.b.received == text(3)
    assert play.b.end == "eof"


@pytest.mark.parametrize("preset", PRESETS)
def test_text_beyond_a_fin_is_ignored(preset: str) -> None:
    """S14: after the FIN there is nothing: text with higher numbers is acknowledged with 101 and thrown away [E34]."""
    play = established(preset)
    play.a.shutdown()
    play.run("300ms")
    play.skip()
    play.inject("A>B <SEQ=101><ACK=300><ACK>[5]")
    play.run("500ms")
    assert play.b.received == b""
    assert play.b.state == "CLOSE_WAIT"
    assert all(row.segment.ack == 101 for row in play.rows[1:])


@pytest.mark.parametrize("preset", PRESETS)
def test_lost_fin_with_text(preset: str) -> None:
    """S14 loss: text and FIN in one segment, lost and sent again as one: delivered once, one EOF."""
    play = established(preset, "drop(A>B,FIN,1)")
    play.a.write(3)
    play.a.close()
    play.run("3s")
    assert play.b.received == text(3)
    assert play.b.events.count(Event.EOF) == 1
    assert play.rows[-1].segment.ack == 104
