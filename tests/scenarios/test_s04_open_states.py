"""S04: which call and which segment moves a connection that is being opened, and what does not."""

from __future__ import annotations

import pytest

from synfin.wire.tcp import URG
from tests.scenarios.play import CLIENT, PRESETS, Play


@pytest.mark.parametrize("preset", PRESETS)
def test_passive_open_sends_nothing(preset: str) -> None:
    """S04: listen(): CLOSED -> LISTEN, no packet; it stays there for ever, each connection is a child."""
    play = Play(preset)
    listener = play.b.listen()
    play.run("1h")
    play.expect()
    play.a.connect("B")
    play.run("2h")
    assert listener.state.name == "LISTEN"
    assert play.b.state == "ESTABLISHED"


@pytest.mark.parametrize("preset", PRESETS)
def test_active_open_sends_a_syn(preset: str) -> None:
    """S04: connect(): CLOSED -> SYN_SENT and a SYN; LISTEN + SYN -> SYN_RECEIVED; + ACK -> ESTABLISHED."""
    play = Play(preset)
    play.b.listen()
    play.a.connect("B")
    play.run("100ms")
    play.expect("""
        0ms  A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
        10ms B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
        20ms A>B <SEQ=101><ACK=301><ACK>       ESTABLISHED  ESTABLISHED
    """)


@pytest.mark.parametrize("preset", PRESETS)
def test_syn_in_syn_sent(preset: str) -> None:
    """S04: SYN_SENT + SYN -> SYN_RECEIVED, and a SYN+ACK with the same ISN [E17]."""
    play = syn_sent(preset)
    play.inject("B>A <SEQ=300><SYN>")
    play.run("101ms")
    play.expect("B>A <SEQ=300><SYN> old  SYN_RCVD *\nA>B <SEQ=100><ACK=301><SYN,ACK>  SYN_RCVD *  lost")


def syn_sent(preset: str) -> Play:
    """A in SYN_SENT; nothing that it sends arrives."""
    play = Play(preset, "drop(A>B,*,all)")
    play.a.connect("B")
    play.run("100ms")
    play.skip()
    assert play.a.state == "SYN_SENT"
    return play


@pytest.mark.parametrize("preset", PRESETS)
def test_reset_in_passive_syn_received(preset: str) -> None:
    """S04: SYN_RECEIVED + RST -> LISTEN after a passive open; the application hears nothing [E22] [MUST-11]."""
    play = Play(preset, "drop(B>A,*,all)")
    play.b.listen()
    play.inject("A>B <SEQ=100><SYN>")
    play.run("5ms")
    play.inject("A>B <SEQ=101><RST>")
    play.run("1h")
    play.expect("""
        A>B <SEQ=100><SYN>               old   *  SYN_RCVD
        B>A <SEQ=300><ACK=101><SYN,ACK>  lost  *  SYN_RCVD
        A>B <SEQ=101><RST>               old   *  LISTEN
    """)
    assert play.b.idle
    assert play.b.events == []
    assert play.b.accepted == []


@pytest.mark.parametrize("preset", PRESETS)
def test_reset_in_active_syn_received(preset: str) -> None:
    """S04: SYN_RECEIVED + RST -> CLOSED and "refused" when it came from an active open [E22] [MUST-11]."""
    play = syn_sent(preset)
    play.inject("B>A <SEQ=300><SYN>")
    play.run("150ms")
    play.inject("B>A <SEQ=301><RST>")
    play.run("1h")
    assert play.a.state == "CLOSED"
    assert play.a.end == "refused"
    assert isinstance(play.a.the.error, ConnectionRefusedError)
    assert len(play.times("A", "SYN,ACK")) == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_close_in_syn_sent_sends_nothing(preset: str) -> None:
    """S04: close() in SYN_SENT deletes the block: no packet at all [E35]."""
    play = syn_sent(preset)
    play.a.close()
    play.run("1h")
    play.expect()
    assert play.a.state == "CLOSED"
    assert play.a.idle


@pytest.mark.parametrize("preset", PRESETS)
def test_abort_in_syn_sent_sends_nothing(preset: str) -> None:
    """S04: nor does ABORT in SYN_SENT [E36]."""
    play = syn_sent(preset)
    play.a.abort()
    play.run("1h")
    play.expect()
    assert play.a.state == "CLOSED"


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    ("row", "rule"),
    [
        pytest.param("B>A <SEQ=300><ACK=101><ACK>", "syn-sent-no-syn", id="acceptable-ack-C7"),
        pytest.param("B>A <SEQ=300><ACK=101><ACK>[5]", "syn-sent-no-syn", id="text"),
        pytest.param("B>A <SEQ=300><ACK=101><FIN,ACK>", "syn-sent-no-syn", id="fin"),
        pytest.param("B>A <SEQ=300><RST>", "syn-sent-rst-ignored", id="rst-without-ack"),
        pytest.param("B>A <SEQ=300><ACK=100><RST,ACK>", "syn-sent-bad-ack", id="rst-ack-too-low"),
        pytest.param("B>A <SEQ=300><ACK=102><RST,ACK>", "syn-sent-bad-ack", id="rst-ack-too-high"),
        pytest.param("B>A <SEQ=300><FIN>", "syn-sent-no-syn", id="fin-without-ack"),
        pytest.param("B>A <SEQ=300><>", "syn-sent-no-syn", id="null"),
    ],
)
def test_what_does_not_move_syn_sent(preset: str, row: str, rule: str) -> None:
    """S04 negative: all this is ignored in SYN_SENT, and the handshake goes on (C7) [E16] [E18] [E32] [RFC5961-05]."""
    play = syn_sent(preset)
    play.inject(row)
    play.run("200ms")
    play.expect(f"{row} old  SYN_SENT *")
    assert play.rules("A") == [rule]
    play.inject("B>A <SEQ=300><ACK=101><SYN,ACK>")
    play.run("250ms")
    play.expect("B>A <SEQ=300><ACK=101><SYN,ACK> old  ESTABLISHED *\nA>B <SEQ=101><ACK=301><ACK> lost")


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("ack", [100, 102, 50_000])
def test_wrong_ack_in_syn_sent_is_reset(preset: str, ack: int) -> None:
    """S04, S22: an ACK field other than 101 draws <SEQ=SEG.ACK><RST>; A stays in SYN_SENT [E15] [RFC1337-05]."""
    play = syn_sent(preset)
    play.inject(f"B>A <SEQ=300><ACK={ack}><SYN,ACK>")
    play.run("200ms")
    play.expect(f"B>A <SEQ=300><ACK={ack}><SYN,ACK> old SYN_SENT *\nA>B <SEQ={ack}><RST> lost SYN_SENT *")


@pytest.mark.parametrize("preset", PRESETS)
def test_refused(preset: str) -> None:
    """S04: RST with ACK=101 -> ECONNREFUSED (C5) [E16]."""
    play = Play(preset)
    play.a.connect("B")
    play.run("1h")
    play.expect("A>B <SEQ=100><SYN> SYN_SENT CLOSED\nB>A <SEQ=0><ACK=101><RST,ACK> CLOSED CLOSED")
    assert isinstance(play.a.the.error, ConnectionRefusedError)
    assert play.a.end == "refused"
    assert play.a.idle


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ("A>B <SEQ=100><ACK=555><ACK>", "B>A <SEQ=555><RST>"),
        ("A>B <SEQ=100><ACK=555><SYN,ACK>", "B>A <SEQ=555><RST>"),
        ("A>B <SEQ=100><ACK=555><FIN,ACK>", "B>A <SEQ=555><RST>"),
        ("A>B <SEQ=100><ACK=555><ACK>[4]", "B>A <SEQ=555><RST>"),
        ("A>B <SEQ=100><RST>", ""),
        ("A>B <SEQ=100><ACK=555><RST,ACK>", ""),
        ("A>B <SEQ=100><SYN,RST>", ""),
        ("A>B <SEQ=100><FIN>", ""),
        ("A>B <SEQ=100><>", ""),
        ("A>B <SEQ=100><>[4]", ""),
    ],
)
def test_what_does_not_move_listen(preset: str, row: str, answer: str) -> None:
    """S04: LISTEN: ACK and SYN+ACK are reset; RST, FIN, null and SYN+RST met with silence (C11) [E14] [E32]."""
    play = Play(preset)
    play.b.listen()
    play.inject(row)
    play.run("1h")
    play.expect(f"{row} old  CLOSED LISTEN\n{answer}{'  CLOSED LISTEN' if answer else ''}")
    assert play.b.idle
    assert play.b.events == []


def test_syn_with_fin_is_a_syn() -> None:
    """S04: RFC 9293 takes SYN+FIN to a listener as a SYN; its FIN is not processed [E14] [E32]."""
    play = Play("rfc", "drop(B>A,*,all)")
    play.b.listen()
    play.inject("A>B <SEQ=100><SYN,FIN>")
    play.run("100ms")
    play.expect("A>B <SEQ=100><SYN,FIN> old * SYN_RCVD\nB>A <SEQ=300><ACK=101><SYN,ACK> lost")


def test_linux_drops_a_syn_with_fin() -> None:
    """S04: Linux is silent (C11)."""
    play = Play("linux")
    play.b.listen()
    play.inject("A>B <SEQ=100><SYN,FIN>")
    play.run("1h")
    play.expect("A>B <SEQ=100><SYN,FIN> old  CLOSED LISTEN")
    assert play.rules("B") == ["listen-syn-fin-dropped"]


@pytest.mark.parametrize("preset", PRESETS)
def test_urgent_alone_does_not_move_listen(preset: str) -> None:
    """S04: URG and the like make no SYN of a segment [E14]."""
    play = Play(preset)
    play.b.listen()
    play.inject("A>B <SEQ=100><>", flags=URG)
    play.run("1s")
    assert len(play.take()) == 1
    assert play.b.idle


@pytest.mark.parametrize("preset", PRESETS)
def test_closing_a_listener_resets_its_children(preset: str) -> None:
    """S04, S22: CLOSE in LISTEN: who waits in the queues is reset; later segments find a closed port [E35]."""
    play = Play(preset)
    listener = play.b.listen(accept=False)
    play.a.connect("B")
    play.run("100ms")
    play.skip()
    listener.close(play.now)
    play.b.node.wake()
    play.run("200ms")
    play.expect("B>A <SEQ=301><ACK=101><RST,ACK>  CLOSED CLOSED")
    assert play.a.end == "reset"
    play.a.connect("B", local_port=CLIENT + 1)
    play.run("1s")
    assert isinstance(play.a.the.error, ConnectionRefusedError)
