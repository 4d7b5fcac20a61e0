"""S08: the third packet is lost: A is ESTABLISHED, B in SYN_RECEIVED."""

from __future__ import annotations

from typing import Any

import pytest

from synfin.tcp import Event
from tests.scenarios.play import CLIENT, PRESETS, Play, text

GONE = {"rfc": 243, "linux": 63}


def half_way(preset: str, *faults: str, accept: bool = True, **settings: Any) -> Play:
    """A is ESTABLISHED, B in SYN_RECEIVED: the third segment was lost."""
    play = Play(preset, "drop(A>B,ACK,1)", *faults, **settings)
    play.b.listen(accept=accept)
    play.a.connect("B")
    play.run("100ms")
    play.expect("""
        A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
        B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
        A>B <SEQ=101><ACK=301><ACK>       ESTABLISHED  SYN_RCVD     lost
    """)
    return play


@pytest.mark.parametrize("preset", PRESETS)
def test_nobody_sends(preset: str) -> None:
    """S08 i: B's SYN+ACK again after 1 s, A acknowledges again, accept() returns at 1.03 s, as measured [E20]."""
    play = half_way(preset)
    play.run("1h")
    play.expect("""
        1010ms B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
        1020ms A>B <SEQ=101><ACK=301><ACK>       ESTABLISHED  ESTABLISHED
    """)
    assert play.b.times[Event.CONNECTED] == 1_030_000_000


@pytest.mark.parametrize("preset", PRESETS)
def test_every_ack_lost(preset: str) -> None:
    """S08 i: B deletes its entry (Linux at 63 s), A goes on believing; what A sends later meets a RST (G2) [E12]."""
    play = half_way(preset, "drop(A>B,ACK,all)")
    play.run(f"{GONE[preset]}s")
    assert len(play.b.node.host.connections()) == 1
    play.run(more="20ms")
    assert play.b.idle
    play.run("10h")
    assert play.a.state == "ESTABLISHED"
    assert play.a.end == ""
    play.skip()
    play.a.write(5)
    play.run("20h")
    play.expect("A>B <SEQ=101><ACK=301><ACK>[5]  ESTABLISHED *\nB>A <SEQ=301><RST>  CLOSED *")
    assert play.a.end == "reset"
    assert isinstance(play.a.the.error, ConnectionResetError)
    assert play.b.accepted == []


@pytest.mark.parametrize("preset", PRESETS)
def test_client_sends(preset: str) -> None:
    """S08 ii: the ACK field of A's text completes the handshake, and the text is delivered (E2) [E26]."""
    play = half_way(preset)
    play.a.write(5)
    play.run("160ms")
    play.expect("""
        100ms A>B <SEQ=101><ACK=301><ACK>[5]  ESTABLISHED  ESTABLISHED
              B>A <SEQ=301><ACK=106><ACK>
    """)
    assert play.b.received == text(5)
    assert len(play.b.accepted) == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_client_closes(preset: str) -> None:
    """S08 ii: FIN,ACK comes first: SYN_RECEIVED -> ESTABLISHED -> CLOSE_WAIT, accept() gives EOF (G1) [E31]."""
    play = half_way(preset)
    play.a.shutdown()
    play.run("160ms")
    play.expect("""
        100ms A>B <SEQ=101><ACK=301><FIN,ACK>  FIN_WAIT_1  CLOSE_WAIT
        110ms B>A <SEQ=301><ACK=102><ACK>      FIN_WAIT_2  CLOSE_WAIT
    """)
    assert play.b.end == "eof"
    assert play.b.the.at_eof
    moves = [r.to_state for r in play.wire.moves("B")]
    assert moves == ["SYN_RECEIVED", "ESTABLISHED", "CLOSE_WAIT"]


@pytest.mark.parametrize("preset", PRESETS)
def test_server_cannot_speak(preset: str) -> None:
    """S08 iii: accept() has nothing to return, so there is no socket to write to; SYN+ACK goes again (E3)."""
    play = half_way(preset, "drop(A>B,ACK,1..3)", accept=False)
    play.run("5s")
    assert play.b.accept() is None
    assert play.times("B", "SYN,ACK") == [0.01, 1.01, 3.01]
    play.run("10s")
    taken = play.b.accept()
    assert taken is not None
    assert play.times("B", "SYN,ACK") == [0.01, 1.01, 3.01, 7.01]
    play.b.write(b"welcome")
    play.run("11s")
    assert play.a.received == b"welcome"


@pytest.mark.parametrize("preset", PRESETS)
def test_send_in_syn_received_is_queued(preset: str) -> None:
    """S08 iii, as a statement about the protocol: SEND in SYN_RECEIVED queues the text until ESTABLISHED [E37]."""
    play = Play(preset, "drop(A>B,*,all)")
    play.a.connect("B")
    play.run("50ms")
    play.inject("B>A <SEQ=300><SYN>")
    play.run("60ms")
    assert play.a.state == "SYN_RECEIVED"
    play.skip()
    assert play.a.write(5) == 5
    play.run("90ms")
    play.expect()
    play.inject("B>A <SEQ=301><ACK=101><ACK>")
    play.run("95ms")
    play.expect("B>A <SEQ=301><ACK=101><ACK> old ESTABLISHED *\nA>B <SEQ=101><ACK=301><ACK>[5] lost")


@pytest.mark.parametrize("preset", PRESETS)
def test_cookies_wait_for_ever(preset: str) -> None:
    """S08 missing: SYN cookies: no state, no SYN+ACK again (B2); when B should speak first both wait [RFC4987-06]."""
    play = Play(preset, "drop(A>B,ACK,1)")
    play.b.listen(syn_backlog=0, syn_cookies=True)
    play.b.on(Event.CONNECTED, lambda: play.b.write(b"welcome"))
    play.a.connect("B")
    play.run("1s")
    assert play.b.idle
    play.run("24h")
    assert [row.why for row in play.take()] == ["syn", "syn-cookie", "handshake-ack"]
    assert play.a.state == "ESTABLISHED"
    assert play.b.idle
    assert (play.a.received, play.a.end) == (b"", "")


@pytest.mark.parametrize("preset", PRESETS)
def test_cookies_when_the_client_speaks(preset: str) -> None:
    """S08 missing: case ii works with cookies too: the ACK field of the text proves the cookie [RFC4987-04]."""
    play = Play(preset, "drop(A>B,ACK,1)")
    play.b.listen(syn_backlog=0, syn_cookies=True)
    play.a.connect("B")
    play.run("1s")
    play.a.write(5)
    play.run("2s")
    assert play.b.received == text(5)
    assert play.states == ("ESTABLISHED", "ESTABLISHED")


def two_clients(preset: str, **settings: Any) -> Play:
    """The accept queue takes one; two clients come at the same time; the second's third ACK finds it full."""
    play = Play(preset, isn_a=[100, 1_100], isn_b=[300, 1_300])
    play.b.listen(accept=False, backlog=1 if preset == "rfc" else 0, **settings)
    play.a.connect("B")
    play.run("5ms")
    play.a.connect("B", local_port=CLIENT + 1)
    play.run("500ms")
    return play


@pytest.mark.parametrize("preset", PRESETS)
def test_full_accept_queue_looks_like_a_lost_ack(preset: str) -> None:
    """S08 missing: the third ACK comes and is ignored (B4): SYN_RECEIVED stays, SYN+ACK at 1 and 3 s."""
    play = two_clients(preset)
    play.run("6s")
    assert [c.state.name for c in play.b.node.host.connections()] == ["ESTABLISHED", "SYN_RECEIVED"]
    second = [r.time / 1e9 for r in play.rows if r.ends[0] == "B" and r.segment.seq == 1_300]
    assert second == [0.015, 1.015, 3.015]
    assert play.b.node.host.counters["TcpExtListenOverflows"] >= 3
    assert play.a.state == "ESTABLISHED"


@pytest.mark.parametrize("preset", PRESETS)
def test_text_is_ignored_until_accept(preset: str) -> None:
    """S08 missing: text is ignored too until somebody calls accept(); then it comes again and is delivered (B4)."""
    play = two_clients(preset)
    play.a.write(5)
    play.run("2500ms")
    assert len(play.b.node.host.listeners()[0].accept_queue) == 1
    assert play.b.accept() is not None
    play.run("20s")
    assert play.b.accept() is not None
    assert play.b.received == text(5)


@pytest.mark.parametrize("preset", PRESETS)
def test_abort_on_overflow(preset: str) -> None:
    """S08 missing: tcp_abort_on_overflow=1 -> RST instead of silence (B5)."""
    play = two_clients(preset, abort_on_overflow=True)
    assert play.a.end == "reset"
    assert [row.segment.seq for row in play.rows if row.ends[0] == "B"][-1] == 1_301
    assert len(play.b.node.host.connections()) == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_defer_accept(preset: str) -> None:
    """S08 missing: TCP_DEFER_ACCEPT ignores the bare third ACK on purpose (B3); text completes the handshake."""
    play = Play(preset)
    play.b.listen(defer_accept=True)
    play.a.connect("B")
    play.run("500ms")
    assert play.b.accepted == []
    [embryo] = play.b.node.host.connections()
    assert embryo.state.name == "SYN_RECEIVED"
    play.a.write(5)
    play.run("1s")
    assert play.b.received == text(5)
    assert play.states == ("ESTABLISHED", "ESTABLISHED")


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("ack", [300, 302, 9_999])
def test_wrong_number_in_the_third_ack(preset: str, ack: int) -> None:
    """S08 missing: RST SEQ=SEG.ACK, and B stays in SYN_RECEIVED (G5) [E26]."""
    play = half_way(preset, "drop(B>A,RST,all)")
    play.inject(f"A>B <SEQ=101><ACK={ack}><ACK>")
    play.run("200ms")
    play.expect(f"A>B <SEQ=101><ACK={ack}><ACK> old * SYN_RCVD\nB>A <SEQ={ack}><RST> lost * SYN_RCVD")
    play.run("2s")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")
