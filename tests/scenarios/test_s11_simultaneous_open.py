"""S11: simultaneous open (RFC 9293 figure 7)."""

from __future__ import annotations

import pytest

from tests.scenarios.play import CLIENT, PRESETS, Play, text

PORT_B = 40_001
FIGURE_7 = """
    0ms  A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
    0ms  B>A <SEQ=300><SYN>                SYN_RCVD     SYN_SENT
    10ms B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
    10ms A>B <SEQ=100><ACK=301><SYN,ACK>   SYN_RCVD     ESTABLISHED
"""


def both(preset: str, *faults: str) -> Play:
    """Both connect to the port from which the other one connects."""
    play = Play(preset, *faults)
    play.a.connect("B", PORT_B, local_port=CLIENT)
    play.b.connect("A", CLIENT, local_port=PORT_B)
    return play


@pytest.mark.parametrize("preset", PRESETS)
def test_figure_7(preset: str) -> None:
    """S11: the SYNs cross; one connection, four segments, the ISN unchanged in the SYN+ACK (C3) [E09] [MUST-10]."""
    play = both(preset)
    play.run("1s")
    play.expect(FIGURE_7)
    assert play.states == ("ESTABLISHED", "ESTABLISHED")
    assert len(play.a.node.host.connections()) == len(play.b.node.host.connections()) == 1
    play.a.write(5)
    play.b.write(7)
    play.run("2s")
    assert (play.b.received, play.a.received) == (text(5), text(7))


@pytest.mark.parametrize("preset", PRESETS)
def test_one_syn_lost(preset: str) -> None:
    """S11 variant: B's SYN is lost: A's SYN is answered by SYN+ACK, and the handshake goes on as usual."""
    play = both(preset, "drop(B>A,SYN,1)")
    play.run("500ms")
    play.expect("""
        0ms  A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
        0ms  B>A <SEQ=300><SYN>                SYN_SENT     SYN_SENT    lost
        10ms B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
        20ms A>B <SEQ=101><ACK=301><ACK>       ESTABLISHED  ESTABLISHED
    """)


@pytest.mark.parametrize("preset", PRESETS)
def test_both_syns_lost(preset: str) -> None:
    """S11 variant: both SYNs are lost once: ordinary retransmission, with the same numbers."""
    play = both(preset, "drop(A>B,SYN,1)", "drop(B>A,SYN,1)")
    play.run("3s")
    play.expect("""
        0ms    A>B <SEQ=100><SYN>                lost
        0ms    B>A <SEQ=300><SYN>                lost
        1s     A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
        1s     B>A <SEQ=300><SYN>                SYN_RCVD     SYN_SENT
        1010ms B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
        1010ms A>B <SEQ=100><ACK=301><SYN,ACK>   SYN_RCVD     ESTABLISHED
    """)


@pytest.mark.parametrize("preset", PRESETS)
def test_one_syn_ack_lost(preset: str) -> None:
    """S11 variant: B's SYN+ACK is lost: B is ESTABLISHED, A's SYN+ACK again draws the ACK that A lacks [E20]."""
    play = both(preset, "drop(B>A,SYN+ACK,1)")
    play.run("500ms")
    assert play.states == ("SYN_RECEIVED", "ESTABLISHED")
    play.run("5s")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")
    assert play.times("A", "SYN,ACK") == [0.01, 1.0]


@pytest.mark.parametrize("preset", PRESETS)
def test_plain_ack_completes(preset: str) -> None:
    """S11 variant: a plain ACK instead of the SYN+ACK completes it as well (C3b) [E26]."""
    play = Play(preset, "drop(A>B,*,all)")
    play.a.connect("B")
    play.run("5ms")
    play.inject("B>A <SEQ=300><SYN>")
    play.run("20ms")
    play.inject("B>A <SEQ=301><ACK=101><ACK>")
    play.run("500ms")
    play.expect("""
        0ms A>B <SEQ=100><SYN>                lost  SYN_SENT     CLOSED
        5ms B>A <SEQ=300><SYN>                old   SYN_RCVD     CLOSED
        5ms A>B <SEQ=100><ACK=301><SYN,ACK>   lost  SYN_RCVD     CLOSED
            B>A <SEQ=301><ACK=101><ACK>       old   ESTABLISHED  CLOSED
    """)


@pytest.mark.parametrize("preset", PRESETS)
def test_text_on_the_crossing_syn(preset: str) -> None:
    """S11, S02: text on the SYN that crosses ours is not delivered before ESTABLISHED [E19]."""
    play = Play(preset, "drop(A>B,*,all)")
    play.a.connect("B")
    play.run("5ms")
    play.inject("B>A <SEQ=300><SYN>[5]")
    play.run("20ms")
    assert play.a.the.readable == 0
    ack = play.rows[-1].segment.ack
    assert ack == (306 if preset == "rfc" else 301)
    play.inject(f"B>A <SEQ={ack}><ACK=101><ACK>[{306 - ack}]")
    play.run("500ms")
    assert play.a.received == text(5)


@pytest.mark.parametrize("preset", PRESETS)
def test_simultaneous_open_without_answer(preset: str) -> None:
    """S11, S06: a SYN came, nothing else ever does: connect() fails with ETIMEDOUT."""
    play = Play(preset, "drop(A>B,*,all)")
    play.a.connect("B")
    play.run("5ms")
    play.inject("B>A <SEQ=300><SYN>")
    play.run("1h")
    assert play.a.end == "timeout"
    assert play.a.idle
