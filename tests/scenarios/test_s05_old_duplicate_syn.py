"""S05: why two messages are not enough: an old duplicate SYN (RFC 9293 figure 8)."""

from __future__ import annotations

import pytest

from tests.scenarios.play import PRESETS, Play


@pytest.mark.parametrize("preset", PRESETS)
def test_figure_8(preset: str) -> None:
    """S05 lines 3 to 8, also as Linux does it (E6b) [E10]: B's application never hears of the phantom."""
    play = Play(preset, "delay(A>B,SYN,1,50ms)", isn_b=[300, 400])
    play.b.listen()
    play.a.connect("B")
    play.at("5ms", lambda: play.inject("A>B <SEQ=90><SYN>"))
    play.run("55ms")
    play.expect("""
        0ms  A>B <SEQ=100><SYN>                 SYN_SENT  LISTEN    late
        5ms  A>B <SEQ=90><SYN>                  SYN_SENT  SYN_RCVD  old
        5ms  B>A <SEQ=300><ACK=91><SYN,ACK>     SYN_SENT  SYN_RCVD
        15ms A>B <SEQ=91><RST>                  SYN_SENT  LISTEN
    """)
    assert play.b.accepted == []
    assert play.b.idle
    play.run("500ms")
    play.expect("""
        B>A <SEQ=400><ACK=101><SYN,ACK>  ESTABLISHED  SYN_RCVD
        A>B <SEQ=101><ACK=401><ACK>      ESTABLISHED  ESTABLISHED
    """)
    assert len(play.b.accepted) == 1
    assert play.b.end == ""


@pytest.mark.parametrize("preset", PRESETS)
def test_client_without_any_state(preset: str) -> None:
    """S05 variant: A is CLOSED: the same RST [E13]."""
    play = Play(preset)
    play.b.listen()
    play.inject("A>B <SEQ=90><SYN>")
    play.run("1h")
    play.expect("""
        A>B <SEQ=90><SYN>               old  CLOSED  SYN_RCVD
        B>A <SEQ=300><ACK=91><SYN,ACK>       CLOSED  SYN_RCVD
        A>B <SEQ=91><RST>                    CLOSED  LISTEN
    """)
    assert play.b.accepted == []
    assert play.b.idle


@pytest.mark.parametrize("preset", PRESETS)
def test_real_syn_before_the_reset(preset: str) -> None:
    """S05 variant, order 3, 6, the real SYN beyond the ghost's window: ACK, RST SEQ=91, then A's SYN again [E20] (E6c).

    With a window of eight octets 100 lies outside of what the ghost expects from 91 on.
    """
    play = Play(preset, isn_b=[300, 400], b={"receive_buffer_bytes": 8})
    play.b.listen()
    play.a.connect("B")
    play.at("5ms", lambda: play.inject("A>B <SEQ=90><SYN>"))
    play.run("900ms")
    play.expect("""
        0ms  A>B <SEQ=100><SYN>                 SYN_SENT  SYN_RCVD
        5ms  A>B <SEQ=90><SYN>                  SYN_SENT  SYN_RCVD  old
        5ms  B>A <SEQ=300><ACK=91><SYN,ACK>     SYN_SENT  SYN_RCVD
        10ms B>A <SEQ=301><ACK=91><ACK>         SYN_SENT  SYN_RCVD
        15ms A>B <SEQ=91><RST>                  SYN_SENT  LISTEN
        20ms A>B <SEQ=91><RST>                  SYN_SENT  LISTEN
    """)
    play.run("2s")
    play.expect("""
        1s A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
           B>A <SEQ=400><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
           A>B <SEQ=101><ACK=401><ACK>       ESTABLISHED  ESTABLISHED
    """)
    assert len(play.b.accepted) == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_old_syn_from_the_other_side_of_the_space(preset: str) -> None:
    """S05 variant: the ghost's SYN was far ahead: the real one is outside of its window for any window [E20]."""
    play = Play(preset, isn_b=[300, 400])
    play.b.listen()
    play.a.connect("B")
    play.at("5ms", lambda: play.inject("A>B <SEQ=900000><SYN>"))
    play.run("900ms")
    play.expect("""
        0ms  A>B <SEQ=100><SYN>                    SYN_SENT  SYN_RCVD
        5ms  A>B <SEQ=900000><SYN>                 SYN_SENT  SYN_RCVD  old
        5ms  B>A <SEQ=300><ACK=900001><SYN,ACK>    SYN_SENT  SYN_RCVD
        10ms B>A <SEQ=301><ACK=900001><ACK>        SYN_SENT  SYN_RCVD
        15ms A>B <SEQ=900001><RST>                 SYN_SENT  LISTEN
        20ms A>B <SEQ=900001><RST>                 SYN_SENT  LISTEN
    """)
    play.run("2s")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")


def test_other_syn_in_the_ghosts_window() -> None:
    """S05: a different SYN inside the window in SYN_RECEIVED: back to LISTEN, silently [E24]."""
    play = Play("rfc", isn_b=[300, 400])
    play.b.listen()
    play.a.connect("B")
    play.at("5ms", lambda: play.inject("A>B <SEQ=90><SYN>"))
    play.run("900ms")
    play.expect("""
        0ms  A>B <SEQ=100><SYN>                 SYN_SENT  LISTEN
        5ms  A>B <SEQ=90><SYN>                  SYN_SENT  SYN_RCVD  old
        5ms  B>A <SEQ=300><ACK=91><SYN,ACK>     SYN_SENT  SYN_RCVD
        15ms A>B <SEQ=91><RST>                  SYN_SENT  LISTEN
    """)
    play.run("2s")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")
    assert len(play.b.accepted) == 1


def test_linux_also_resets_it() -> None:
    """S05, G7: Linux sends RST,ACK as well; it acknowledges A's SYN, so connect() fails, which RFC 9293 avoids."""
    play = Play("linux", isn_b=[300, 400])
    play.b.listen()
    play.a.connect("B")
    play.at("5ms", lambda: play.inject("A>B <SEQ=90><SYN>"))
    play.run("900ms")
    play.expect("""
        0ms  A>B <SEQ=100><SYN>                 SYN_SENT  LISTEN
        5ms  A>B <SEQ=90><SYN>                  SYN_SENT  SYN_RCVD  old
        5ms  B>A <SEQ=300><ACK=91><SYN,ACK>     SYN_SENT  SYN_RCVD
        10ms B>A <SEQ=0><ACK=101><RST,ACK>      CLOSED    LISTEN
        15ms A>B <SEQ=91><RST>                  SYN_SENT  LISTEN
    """)
    assert play.a.end == "refused"


@pytest.mark.parametrize("preset", PRESETS)
def test_lost_reset(preset: str) -> None:
    """S05 with the RST lost: the ghost stays in SYN_RECEIVED until a second SYN+ACK draws a second RST [E10]."""
    play = Play(preset, "drop(A>B,RST,1)")
    play.b.listen()
    play.inject("A>B <SEQ=90><SYN>")
    play.run("900ms")
    assert len(play.b.node.host.connections()) == 1
    play.run("1h")
    play.expect("""
        0ms    A>B <SEQ=90><SYN>               old  *  SYN_RCVD
        0ms    B>A <SEQ=300><ACK=91><SYN,ACK>       *  SYN_RCVD
        10ms   A>B <SEQ=91><RST>              lost  *  SYN_RCVD
        1s     B>A <SEQ=300><ACK=91><SYN,ACK>       *  SYN_RCVD
        1010ms A>B <SEQ=91><RST>                    *  LISTEN
    """)
    assert play.b.accepted == []
