"""S02: a SYN takes one number, and it may carry text."""

from __future__ import annotations

from typing import Any

import pytest

from synfin.tcp import Event
from synfin.wire.tcp_options import TcpOptions
from tests.scenarios.play import PRESETS, Play, text

WRONG = b"\x5a" * 8
FAST: dict[str, Any] = {"fast_open": True}


def test_text_on_a_syn_waits_for_the_third_segment() -> None:
    """S02 a, RFC: acknowledged and queued with the SYN, delivered only once ESTABLISHED, and once only [E19]."""
    play = Play("rfc", "hold(A>B,ACK,1)")
    play.b.listen()
    play.a.connect("B", data=text(5), cookie=WRONG, **FAST)
    play.run("100ms")
    play.expect("""
        A>B <SEQ=100><SYN>[5]             SYN_SENT     SYN_RCVD
        B>A <SEQ=300><ACK=106><SYN,ACK>   ESTABLISHED  SYN_RCVD
        A>B <SEQ=106><ACK=301><ACK>       ESTABLISHED  SYN_RCVD      held
    """)
    assert play.b.received == b""
    assert play.b.accepted == []
    [embryo] = play.b.node.host.connections()
    assert embryo.readable == 0
    assert embryo.read(10, play.now) == b""
    play.world.release()
    play.run("900ms")
    play.expect()
    assert play.b.received == text(5)


def test_text_on_a_syn_is_left_to_the_client() -> None:
    """S02 a, Linux without fast open (E7): the SYN alone is acknowledged; A sends the text again in its first ACK."""
    play = Play("linux")
    play.b.listen()
    play.a.connect("B", data=text(5), cookie=WRONG, **FAST)
    play.run("100ms")
    play.expect("""
        A>B <SEQ=100><SYN>[5]             SYN_SENT     SYN_RCVD
        B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
        A>B <SEQ=101><ACK=301><ACK>[5]    ESTABLISHED  ESTABLISHED
        B>A <SEQ=301><ACK=106><ACK>
    """)
    assert play.b.received == text(5)
    assert "syn-data-ignored" in play.rules("B")


@pytest.mark.parametrize(("preset", "ack", "rest"), [("rfc", 106, 0), ("linux", 101, 5)])
def test_client_that_knows_no_fast_open(preset: str, ack: int, rest: int) -> None:
    """S02 a by hand, without any option: the same, and the text is delivered exactly once [E19]."""
    play = Play(preset, "drop(B>A,*,all)")
    play.b.listen()
    play.inject("A>B <SEQ=100><SYN>[5]")
    play.run("100ms")
    assert play.wire.rows[1].segment.ack == ack
    play.inject(f"A>B <SEQ={ack}><ACK=301><ACK>[{rest}]")
    play.run("500ms")
    assert play.b.received == text(5)
    play.inject("A>B <SEQ=101><ACK=301><ACK>[5]")
    play.run("600ms")
    assert play.b.received == text(5)


def first_cookie(play: Play) -> bytes:
    """A connects once to be given a cookie."""
    play.b.listen(**FAST)
    play.b.on_eof_close()
    play.a.connect("B", cookie=b"", local_port=39_999, **FAST)
    play.run("100ms")
    cookie = play.a.the.fast_open_cookie
    assert cookie
    play.a.close()
    play.run("300ms")
    play.skip()
    play.a.events.clear()
    play.b.events.clear()
    return cookie


@pytest.mark.parametrize("preset", PRESETS)
def test_fast_open(preset: str) -> None:
    """S02 b: with a cookie the text is acknowledged, and read before segment 3 has come [RFC7413-09]."""
    play = Play(preset, isn_a=[9_000, 100], isn_b=[9_900, 300])
    cookie = first_cookie(play)
    play.world.fault("hold(A>B,ACK,1)")
    play.a.connect("B", data=text(5), cookie=cookie, **FAST)
    play.run("350ms")
    play.expect("""
        A>B <SEQ=100><SYN>[5]             SYN_SENT     SYN_RCVD
        B>A <SEQ=300><ACK=106><SYN,ACK>   ESTABLISHED  SYN_RCVD
        A>B <SEQ=106><ACK=301><ACK>       ESTABLISHED  SYN_RCVD      held
    """)
    assert play.b.received == text(5)
    assert play.b.state == "SYN_RECEIVED"
    play.world.release()
    play.run("500ms")
    assert play.b.received == text(5)
    assert play.b.state == "ESTABLISHED"


@pytest.mark.parametrize("preset", PRESETS)
def test_fast_open_server_speaks_before_the_third_segment(preset: str) -> None:
    """S02 b, S08 iii: fast open also lets B send in SYN_RECEIVED."""
    play = Play(preset, isn_a=[9_000, 100], isn_b=[9_900, 300])
    cookie = first_cookie(play)
    play.b.on(Event.READABLE, lambda: play.b.write(3))
    play.a.connect("B", data=text(5), cookie=cookie, **FAST)
    play.run("400ms")
    play.expect("""
        A>B <SEQ=100><SYN>[5]             SYN_SENT     SYN_RCVD
        B>A <SEQ=300><ACK=106><SYN,ACK>   ESTABLISHED  SYN_RCVD
        B>A <SEQ=301><ACK=106><ACK>[3]    ESTABLISHED  SYN_RCVD
        A>B <SEQ=106><ACK=304><ACK>       ESTABLISHED  ESTABLISHED
    """)
    assert play.a.received == text(3)
    assert play.b.times[Event.READABLE] == 310_000_000


@pytest.mark.parametrize("preset", PRESETS)
def test_bad_cookie(preset: str) -> None:
    """S02 c: ACK=101, a good cookie in return, and the text comes once, after the handshake [RFC7413-09]."""
    play = Play(preset)
    play.b.listen(**FAST)
    play.a.connect("B", data=text(5), cookie=WRONG, **FAST)
    play.run("1s")
    rows = play.take()
    assert rows[1].segment.ack == 101
    assert rows[1].segment.options.fast_open not in (None, b"", WRONG)
    assert (rows[2].segment.seq, rows[2].segment.payload) == (101, text(5))
    assert play.b.received == text(5)
    assert "fast-open-bad-cookie" in play.rules("B")


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(("length", "ack"), [(0, 101), (5, 106)])
def test_closed_port_acknowledges_syn_and_text(preset: str, length: int, ack: int) -> None:
    """S02: no listener: the RST acknowledges SYN and text, ACK=SEQ+1+len [E13]."""
    play = Play(preset)
    play.inject(f"A>B <SEQ=100><SYN>[{length}]")
    play.run("5ms")
    play.expect(f"A>B <SEQ=100><SYN>[{length}] old\nB>A <SEQ=0><ACK={ack}><RST,ACK>  CLOSED  CLOSED")


@pytest.mark.parametrize("preset", PRESETS)
def test_lost_syn_with_text_goes_again_without(preset: str) -> None:
    """S02 with the SYN lost: the text is delivered once, whatever happens to the first copy [RFC7413-10]."""
    play = Play(preset, "drop(A>B,SYN,1)")
    play.b.listen()
    play.a.connect("B", data=text(5), cookie=WRONG, **FAST)
    play.run("3s")
    assert [len(row.segment.payload) for row in play.rows if row.ends[0] == "A"][:2] == [5, 0]
    assert play.b.received == text(5)


def test_too_much_text_on_a_syn_is_cut_at_the_window() -> None:
    """S02: B takes no more than the window that it told [E21]."""
    play = Play("rfc", b={"receive_buffer_bytes": 4})
    play.b.listen(accept=False)
    play.inject("A>B <SEQ=100><SYN>[6]", options=TcpOptions(mss=1_460))
    play.run("5ms")
    play.expect("A>B <SEQ=100><SYN>[6] old\nB>A <SEQ=300><ACK=105><SYN,ACK>")
