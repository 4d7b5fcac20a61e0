"""S07: the second packet is lost."""

from __future__ import annotations

import pytest

from tests.scenarios.play import PRESETS, Play

SCHEDULES = {"rfc": [0, 1, 3, 7, 15, 31, 63, 123, 183], "linux": [0, 1, 3, 7, 15, 31]}
GONE = {"rfc": 243, "linux": 63}


@pytest.mark.parametrize("preset", PRESETS)
def test_both_sides_send_again(preset: str) -> None:
    """S07, drop(B>A,SYN+ACK,1): A's SYN is answered at once (G6), B's timer runs too; A acknowledges extra copies (C6).

    Both timers are due when A's second SYN arrives, so B's SYN+ACK goes twice; either would have been enough.
    """
    play = Play(preset, "drop(B>A,SYN+ACK,1)")
    play.b.listen()
    play.a.connect("B")
    play.run("30s")
    play.expect("""
        0ms    A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
        10ms   B>A <SEQ=300><ACK=101><SYN,ACK>   SYN_SENT     SYN_RCVD     lost
        1000ms A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
        1010ms B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
        1010ms B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
        1020ms A>B <SEQ=101><ACK=301><ACK>       ESTABLISHED  ESTABLISHED
    """)
    assert play.rules("A") == ["seq-outside-window"]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_clients_timer_is_enough(preset: str) -> None:
    """S07: B's timer has not fired yet; A's SYN alone brings the same SYN+ACK, with the same ISN (G6) [E08]."""
    play = Play(preset, "drop(B>A,SYN+ACK,1)", b={"rto_initial_ms": 3_000})
    play.b.listen()
    play.a.connect("B")
    play.run("30s")
    play.expect("""
        0s     A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
        10ms   B>A <SEQ=300><ACK=101><SYN,ACK>   SYN_SENT     SYN_RCVD     lost
        1s     A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
        1010ms B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
        1020ms A>B <SEQ=101><ACK=301><ACK>       ESTABLISHED  ESTABLISHED
    """)
    assert play.rules("B") == ["syn-retransmitted"]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_servers_timer_is_enough(preset: str) -> None:
    """S07: A is slower than B: B's timer alone brings the SYN+ACK again [MUST-22]."""
    play = Play(preset, "drop(B>A,SYN+ACK,1)", a={"rto_initial_ms": 3_000})
    play.b.listen()
    play.a.connect("B")
    play.run("30s")
    play.expect("""
        0s     A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
        10ms   B>A <SEQ=300><ACK=101><SYN,ACK>   SYN_SENT     SYN_RCVD     lost
        1010ms B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
        1020ms A>B <SEQ=101><ACK=301><ACK>       ESTABLISHED  ESTABLISHED
    """)


@pytest.mark.parametrize("preset", PRESETS)
def test_schedule_and_end(preset: str) -> None:
    """S07: nobody answers: SYN+ACK again and again, then the entry is gone [MUST-23].

    Linux was measured with 1.0, 3.0, 7.3, 15.5, 31.6 and no entry after 63 s.
    """
    play = Play(preset, "drop(B>A,SYN+ACK,all)")
    play.b.listen()
    play.inject("A>B <SEQ=100><SYN>")
    play.run(f"{GONE[preset]}s")
    assert play.times("B", "SYN,ACK") == SCHEDULES[preset]
    assert play.b.idle
    assert {(row.segment.seq, row.segment.ack) for row in play.rows if row.ends[0] == "B"} == {(300, 101)}
    play.run("1h")
    assert play.times("B", "SYN,ACK") == SCHEDULES[preset]
    assert play.b.events == []


@pytest.mark.parametrize("preset", PRESETS)
def test_entry_lives_until_then(preset: str) -> None:
    """S07: one nanosecond before, the embryonic connection is still there."""
    play = Play(preset, "drop(B>A,SYN+ACK,all)")
    play.b.listen()
    play.inject("A>B <SEQ=100><SYN>")
    play.world.run(GONE[preset] * 10**9 - 1)
    [embryo] = play.b.node.host.connections()
    assert embryo.state.name == "SYN_RECEIVED"


@pytest.mark.parametrize("preset", PRESETS)
def test_every_syn_ack_lost(preset: str) -> None:
    """S07: both give up in the end: A with ETIMEDOUT, B without a word."""
    play = Play(preset, "drop(B>A,SYN+ACK,all)")
    play.b.listen()
    play.a.connect("B")
    play.run("1h")
    assert play.a.end == "timeout"
    assert play.a.idle
    assert play.b.idle
    assert play.b.events == []


@pytest.mark.parametrize("preset", PRESETS)
def test_late_duplicate_of_the_syn_ack(preset: str) -> None:
    """S07: a duplicate SYN+ACK that reaches A in ESTABLISHED draws an ACK, not a RST (C6) [RFC5961-06] [E20]."""
    play = Play(preset).open()
    play.inject("B>A <SEQ=300><ACK=101><SYN,ACK>")
    play.run("1h")
    play.expect("B>A <SEQ=300><ACK=101><SYN,ACK> old\nA>B <SEQ=101><ACK=301><ACK>  ESTABLISHED  ESTABLISHED")
