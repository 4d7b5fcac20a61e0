"""S09: SYN_RECEIVED made visible by keeping the third segment back."""

from __future__ import annotations

import pytest

from tests.scenarios.play import PRESETS, Play


@pytest.mark.parametrize("preset", PRESETS)
def test_hold_inspect_release(preset: str) -> None:
    """S09: exactly one SYN_RECEIVED entry with a SYN+ACK timer of about one second; after release ESTABLISHED."""
    play = Play(preset, "hold(A>B,ACK,1)")
    listener = play.b.listen()
    play.a.connect("B")
    play.run("100ms")
    play.expect("""
        A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
        B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
        A>B <SEQ=101><ACK=301><ACK>       ESTABLISHED  SYN_RCVD     held
    """)
    [embryo] = play.b.node.host.connections()
    assert embryo.state.name == "SYN_RECEIVED"
    assert list(listener.syn_queue.values()) == [embryo]
    assert listener.accept_queue == []
    assert embryo.next_deadline() == 1_010_000_000
    assert play.timers("B", "retransmit")[-1].deadline == 1_010_000_000
    assert embryo.info(play.now).state == 3  # TCP_SYN_RECV
    assert play.world.release() == 1
    play.run("200ms")
    play.expect()
    assert play.states == ("ESTABLISHED", "ESTABLISHED")
    assert listener.syn_queue == {}


def test_nothing_is_visible_with_cookies() -> None:
    """S09: with SYN cookies there is no entry at all [RFC4987-03]."""
    play = Play("rfc", "hold(A>B,ACK,1)")
    listener = play.b.listen(syn_backlog=0, syn_cookies=True)
    play.a.connect("B")
    play.run("100ms")
    assert play.b.node.host.connections() == []
    assert listener.syn_queue == {}
    assert play.b.node.host.next_deadline() is None
    assert play.world.release() == 1
    play.run("200ms")
    assert play.b.state == "ESTABLISHED"
