"""S22: RST: when it is sent, with which numbers, and when it is believed."""

from __future__ import annotations

import pytest

from synfin.tcp import Event
from synfin.wire import icmpv4
from synfin.wire.addresses import parse_address
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from synfin.wire.tcp import PROTOCOL, build_segment
from tests.scenarios.play import CLIENT, PRESETS, Play, established, text

SYN_R2 = {"rfc": 243, "linux": 131}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ("A>B <SEQ=100><SYN>", "B>A <SEQ=0><ACK=101><RST,ACK>"),
        ("A>B <SEQ=100><SYN>[5]", "B>A <SEQ=0><ACK=106><RST,ACK>"),
        ("A>B <SEQ=100><SYN,FIN>", "B>A <SEQ=0><ACK=102><RST,ACK>"),
        ("A>B <SEQ=100><ACK=555><SYN,ACK>", "B>A <SEQ=555><RST>"),
        ("A>B <SEQ=100><ACK=555><ACK>", "B>A <SEQ=555><RST>"),
        ("A>B <SEQ=100><ACK=555><ACK>[5]", "B>A <SEQ=555><RST>"),
        ("A>B <SEQ=100><ACK=555><FIN,ACK>", "B>A <SEQ=555><RST>"),
        ("A>B <SEQ=100><FIN>", "B>A <SEQ=0><ACK=101><RST,ACK>"),
        ("A>B <SEQ=100><>", "B>A <SEQ=0><ACK=100><RST,ACK>"),
        ("A>B <SEQ=100><>[5]", "B>A <SEQ=0><ACK=105><RST,ACK>"),
        ("A>B <SEQ=4294967295><FIN>[1]", "B>A <SEQ=0><ACK=1><RST,ACK>"),
        ("A>B <SEQ=100><RST>", ""),
        ("A>B <SEQ=100><ACK=555><RST,ACK>", ""),
        ("A>B <SEQ=100><SYN,RST>", ""),
    ],
)
def test_closed_port(preset: str, row: str, answer: str) -> None:
    """S22: what a closed port answers, with exact numbers; nothing to a RST (C10) [E13]."""
    play = Play(preset)
    play.inject(row)
    play.run("1h")
    play.expect(f"{row} old CLOSED CLOSED\n{answer}")


@pytest.mark.parametrize("preset", PRESETS)
def test_bad_ack_before_synchronization(preset: str) -> None:
    """S22: ACK of what was never sent: <SEQ=SEG.ACK><RST> in LISTEN, SYN_SENT and SYN_RECEIVED [E14] [E15] [E26]."""
    play = Play(preset)
    play.b.listen()
    play.inject("A>B <SEQ=100><ACK=999><ACK>")
    play.run("1s")
    play.expect("A>B <SEQ=100><ACK=999><ACK> old * LISTEN\nB>A <SEQ=999><RST> * LISTEN")

    play = Play(preset, "drop(A>B,*,all)")
    play.a.connect("B")
    play.inject("B>A <SEQ=300><ACK=999><ACK>")
    play.run("500ms")
    play.expect("""
        B>A <SEQ=300><ACK=999><ACK>  SYN_SENT *  old
        A>B <SEQ=999><RST>           SYN_SENT *  lost
        A>B <SEQ=100><SYN>           SYN_SENT *  lost
    """)

    play = Play(preset, "drop(B>A,*,all)")
    play.b.listen()
    play.inject("A>B <SEQ=100><SYN>")
    play.run("500ms")
    play.skip()
    play.inject("A>B <SEQ=101><ACK=999><ACK>")
    play.run("600ms")
    play.expect("A>B <SEQ=101><ACK=999><ACK> old * SYN_RCVD\nB>A <SEQ=999><RST> lost * SYN_RCVD")


@pytest.mark.parametrize("preset", PRESETS)
def test_figure_9(preset: str) -> None:
    """S22, figure 9 (C8): A has lost its memory and connects again: ACK, RST, B aborts, the next SYN succeeds [E11].

    B's ACK is a challenge ACK today, and A's RST answers it exactly [RFC5961-04] [RFC5961-07].
    """
    play = established(preset, isn_a=[99, 400], isn_b=[299, 5_000])
    play.a.node.crash()
    play.run("500ms")
    play.a.node.restart()
    play.a.connect("B")
    play.run("1s")
    play.expect("""
        500ms A>B <SEQ=400><SYN>              SYN_SENT  ESTABLISHED
        510ms B>A <SEQ=300><ACK=100><ACK>     SYN_SENT  ESTABLISHED
        520ms A>B <SEQ=100><RST>              SYN_SENT  CLOSED
    """)
    assert play.b.end == "reset"
    play.run("3s")
    play.expect("""
        1500ms A>B <SEQ=400><SYN>                SYN_SENT     SYN_RCVD
               B>A <SEQ=5000><ACK=401><SYN,ACK>  ESTABLISHED  SYN_RCVD
               A>B <SEQ=401><ACK=5001><ACK>      ESTABLISHED  ESTABLISHED
    """)
    assert len(play.b.accepted) == 2


@pytest.mark.parametrize("preset", PRESETS)
def test_figure_10(preset: str) -> None:
    """S22, figure 10: A has lost its memory, B sends: RST SEQ=SEG.ACK, B aborts [E12] [E23]."""
    play = established(preset)
    play.a.node.crash()
    play.a.node.restart()
    play.b.write(100)
    play.run("1h")
    play.expect("B>A <SEQ=300><ACK=100><ACK>[100]  CLOSED  ESTABLISHED\nA>B <SEQ=100><RST>  CLOSED  CLOSED")
    assert play.b.end == "reset"
    assert isinstance(play.b.the.error, ConnectionResetError)
    with pytest.raises(ConnectionResetError):
        play.b.read()


@pytest.mark.parametrize("preset", PRESETS)
def test_close_with_unread_text(preset: str) -> None:
    """S22: data that nobody read: RST instead of FIN [SHLD-3]."""
    play = established(preset)
    play.a.reading = False
    play.b.write(5)
    play.run("300ms")
    play.skip()
    play.a.close()
    play.run("1s")
    play.expect("A>B <SEQ=100><ACK=305><RST,ACK>  CLOSED  CLOSED")


@pytest.mark.parametrize("preset", PRESETS)
def test_text_after_close(preset: str) -> None:
    """S22: data after close() meets a RST [SHLD-3]."""
    play = established(preset)
    play.a.close()
    play.run("300ms")
    play.b.write(5)
    play.run("1s")
    assert play.rows[-1].segment.flags & 0x04
    assert play.b.end == "eof"  # that was the end of what B can read; its writing fails
    assert isinstance(play.b.the.error, ConnectionResetError)
    with pytest.raises(ConnectionResetError):
        play.b.write(1)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("how", ["linger", "abort"])
def test_deliberate_reset(preset: str, how: str) -> None:
    """S22: SO_LINGER 0 and ABORT: <SEQ=SND.NXT><ACK=RCV.NXT><RST,ACK>; the block is gone at once (F10) [E36] [E23]."""
    play = established(preset, a={"linger_ms": 0 if how == "linger" else None})
    if how == "linger":
        play.a.close()
    else:
        play.a.abort()
    play.run("1h")
    play.expect("A>B <SEQ=100><ACK=300><RST,ACK>  CLOSED  CLOSED")
    assert play.a.idle
    assert play.b.idle
    assert play.b.end == "reset"


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("state", ["FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK"])
def test_abort_while_closing(preset: str, state: str) -> None:
    """S22: ABORT resets in the states that still have a peer, and is silent in CLOSING and LAST_ACK [E36]."""
    play = established(preset)
    play.cut("A>B")
    if state in ("CLOSE_WAIT", "LAST_ACK"):
        play.inject("B>A <SEQ=300><ACK=100><FIN,ACK>")
        play.run(more="1ms")
    if state != "CLOSE_WAIT":
        play.a.shutdown()
        play.run(more="1ms")
    if state == "FIN_WAIT_2":
        play.inject("B>A <SEQ=300><ACK=101><ACK>")
    if state == "CLOSING":
        play.inject("B>A <SEQ=300><ACK=100><FIN,ACK>")
    play.run(more="1ms")
    assert play.a.state == state
    play.skip()
    play.a.abort()
    play.run("1h")
    seq = 100 if state == "CLOSE_WAIT" else 101
    ack = 301 if state == "CLOSE_WAIT" else 300
    silent = state in ("CLOSING", "LAST_ACK")
    play.expect("" if silent else f"A>B <SEQ={seq}><ACK={ack}><RST,ACK> CLOSED * lost")
    assert play.a.idle


@pytest.mark.parametrize("preset", PRESETS)
def test_refused_and_filtered(preset: str) -> None:
    """S22: refused at once by a RST; filtered by silence, until R2; the application can tell them apart [MUST-12]."""
    play = Play(preset)
    play.a.connect("B")
    play.run("1s")
    assert play.a.end == "refused"
    assert play.a.times[Event.REFUSED] == 20_000_000

    play = Play(preset, "drop(A>B,SYN,all)")
    play.a.connect("B")
    play.run()
    assert play.a.end == "timeout"
    assert play.a.times[Event.TIMEOUT] == SYN_R2[preset] * 10**9


def icmp(play: Play, code: int) -> None:
    """B, or a filter before it, answers A's last segment with Destination Unreachable."""
    here, there = parse_address("10.0.0.1"), parse_address("10.0.0.2")
    quoted = build_segment(play.wire.rows[-1].segment, here, there)
    packet = build_ipv4(Ipv4Packet(here, there, PROTOCOL, quoted))
    message = icmpv4.build_icmpv4(icmpv4.unreachable(code, packet))
    play.cable.inject("B", build_ipv4(Ipv4Packet(there, here, icmpv4.PROTOCOL, message)), "injected-by-hand")


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    ("code", "refused"), [(icmpv4.PORT_UNREACHABLE, True), (icmpv4.HOST_UNREACHABLE, False), (13, False)]
)
def test_filtered_with_icmp(preset: str, code: int, refused: bool) -> None:
    """S22: ICMP: port unreachable ends the attempt, host unreachable and prohibited do not [MUST-54] [MUST-56a]."""
    play = Play(preset, "drop(A>B,*,all)")
    play.a.connect("B")
    play.run("100ms")
    icmp(play, code)
    play.run("200ms")
    assert play.a.state == ("CLOSED" if refused else "SYN_SENT")
    assert play.a.end == ("refused" if refused else "")
    if not refused:
        assert Event.SOFT_ERROR in play.a.events
        play.run("5s")
        assert len(play.times("A", "SYN")) > 2


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("code", [icmpv4.PORT_UNREACHABLE, icmpv4.HOST_UNREACHABLE])
def test_icmp_does_not_end_a_connection(preset: str, code: int) -> None:
    """S22: once synchronized, no ICMP error breaks the connection [MUST-56a] [SHLD-25]."""
    play = established(preset, "drop(A>B,DATA,1)")
    play.a.write(5)
    play.run(more="1ms")
    icmp(play, code)
    play.run("10s")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")
    assert play.b.received == text(5)
    assert Event.SOFT_ERROR in play.a.events


@pytest.mark.parametrize("preset", PRESETS)
def test_exact_reset_is_believed(preset: str) -> None:
    """S22: RST at RCV.NXT -> reset (E18) [RFC5961-02]."""
    play = established(preset)
    play.inject("A>B <SEQ=100><RST>")
    play.run("1s")
    play.expect("A>B <SEQ=100><RST> old ESTABLISHED CLOSED")
    assert play.b.end == "reset"


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("seq", [101, 5_000, 65_634])
def test_reset_in_the_window_is_challenged(preset: str, seq: int) -> None:
    """S22: RST in the window -> challenge ACK; A, which knows of nothing, is silent (E18) [RFC5961-03]."""
    play = established(preset)
    play.inject(f"A>B <SEQ={seq}><RST>")
    play.run("1s")
    play.expect(f"A>B <SEQ={seq}><RST> old * ESTABLISHED\nB>A <SEQ=300><ACK=100><ACK>  ESTABLISHED ESTABLISHED")


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("seq", [99, 0, 65_635, 3_000_000_000])
def test_reset_outside_is_ignored(preset: str, seq: int) -> None:
    """S22: RST outside of the window -> silence (E18) [RFC5961-01]."""
    play = established(preset)
    play.inject(f"A>B <SEQ={seq}><RST>")
    play.run("1s")
    play.expect(f"A>B <SEQ={seq}><RST> old ESTABLISHED ESTABLISHED")


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("seq", [50, 100, 5_000, 3_000_000_000])
def test_syn_in_established_is_challenged(preset: str, seq: int) -> None:
    """S22: a SYN in ESTABLISHED, whatever its number: challenge ACK, no RST [RFC5961-06]."""
    play = established(preset)
    play.inject(f"A>B <SEQ={seq}><SYN>")
    play.run("1s")
    play.expect(f"A>B <SEQ={seq}><SYN> old * ESTABLISHED\nB>A <SEQ=300><ACK=100><ACK>  ESTABLISHED ESTABLISHED")


@pytest.mark.parametrize(("preset", "limit"), [("rfc", 10), ("linux", 1)])
def test_challenges_are_limited(preset: str, limit: int) -> None:
    """S22: a flood of wrong RSTs draws so many challenge ACKs and no more [RFC5961-10]."""
    play = established(preset)
    for number in range(50):
        play.inject(f"A>B <SEQ={1_000 + number}><RST>")
        play.run(more="2ms")
    assert len([row for row in play.take() if row.ends[0] == "B"]) == limit
    assert play.states == ("ESTABLISHED", "ESTABLISHED")


@pytest.mark.parametrize("preset", PRESETS)
def test_lost_reset(preset: str) -> None:
    """S22: a RST needs no ACK and is not sent again; when it is lost B is half-open until it sends [E12]."""
    play = established(preset, "drop(A>B,RST,1)")
    play.a.abort()
    play.run("24h")
    play.expect("A>B <SEQ=100><ACK=300><RST,ACK>  CLOSED  ESTABLISHED  lost")
    assert play.b.state == "ESTABLISHED"
    play.b.write(5)
    play.run("25h")
    play.expect("B>A <SEQ=300><ACK=100><ACK>[5]  CLOSED  ESTABLISHED\nA>B <SEQ=100><RST>  CLOSED  CLOSED")
    assert play.b.end == "reset"


@pytest.mark.parametrize("preset", PRESETS)
def test_reset_with_text(preset: str) -> None:
    """S22: a RST may carry text, an explanation for people; it is a RST all the same [SHLD-2]."""
    play = established(preset)
    play.inject("A>B <SEQ=100><ACK=300><RST,ACK>[20]")
    play.run("1s")
    assert play.b.end == "reset"
    assert play.b.received == b""


@pytest.mark.parametrize("preset", PRESETS)
def test_reset_in_each_closing_state(preset: str) -> None:
    """S22: RST in CLOSING and LAST_ACK: CLOSED without an error; everything was said [E23]."""
    play = established(preset, "drop(A>B,ACK,2..)")
    play.b.on_eof_close()
    play.a.close()
    play.run("300ms")
    assert play.b.state == "LAST_ACK"
    play.inject("A>B <SEQ=101><RST>")
    play.run("301ms")
    assert play.b.state == "CLOSED"
    assert play.b.the.error is None
    assert play.b.end == "eof"


@pytest.mark.parametrize("preset", PRESETS)
def test_other_connections_are_not_touched(preset: str) -> None:
    """S22: a RST ends the connection of its four-tuple and no other."""
    play = established(preset)
    first = play.b.the
    play.a.connect("B", local_port=CLIENT + 1)
    play.run("500ms")
    play.a.abort()
    play.run("1s")
    assert first.state.name == "ESTABLISHED"
    assert play.b.state == "CLOSED"
