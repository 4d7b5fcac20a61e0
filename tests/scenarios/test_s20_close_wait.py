"""S20: CLOSE_WAIT piles up when an application never closes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.play import PRESETS, Play, established, text

KEEP_ALIVE = 7_200 + 9 * 75  # seconds until a silent peer is given up


def never_closing(preset: str, *, close: bool = False, **settings: Any) -> Play:
    """A has closed its direction (or all), B's application does not care."""
    play = established(preset, **settings)
    if close:
        play.a.close()
    else:
        play.a.shutdown()
    play.run("1s")
    play.skip()
    assert play.b.state == "CLOSE_WAIT"
    return play


@pytest.mark.parametrize("preset", PRESETS)
def test_lasts_for_ever(preset: str) -> None:
    """S20: there is no timer in CLOSE_WAIT (F5); B is in it a year later."""
    play = never_closing(preset)
    assert play.b.the.next_deadline() is None
    play.run("8760h")
    play.expect()
    assert play.states == ("FIN_WAIT_2", "CLOSE_WAIT")


@pytest.mark.parametrize("preset", PRESETS)
def test_they_pile_up(preset: str) -> None:
    """S20: one for each connection; B holds them all, with what to look for: state and owner."""
    play = Play(preset, isn_a=None, isn_b=None)
    play.b.listen()
    for number in range(50):
        play.a.connect("B", local_port=10_000 + number)
        play.run(more="50ms")
        play.a.shutdown()
        play.run(more="50ms")
    play.run(more="24h")
    assert [c.state.name for c in play.b.node.host.connections()] == ["CLOSE_WAIT"] * 50


@pytest.mark.parametrize("preset", PRESETS)
def test_cure_is_in_the_application(preset: str) -> None:
    """S20: close() ends it at once."""
    play = never_closing(preset)
    play.run("24h")
    play.b.close()
    play.run(more="1s")
    assert play.b.idle
    assert play.a.end == "eof"


@pytest.mark.parametrize("preset", PRESETS)
def test_keep_alive_while_the_peer_lives(preset: str) -> None:
    """S20: keep-alive does not remove it: A answers each probe from FIN_WAIT_2 [MUST-26]."""
    play = never_closing(preset, b={"keep_alive": True})
    play.run("24h")
    assert play.b.state == "CLOSE_WAIT"
    assert len(play.times("B", "ACK")) >= 11


@pytest.mark.parametrize("preset", PRESETS)
def test_keep_alive_when_the_peer_is_dead(preset: str) -> None:
    """S20: keep-alive removes it if the peer is dead: 2 h + 9 * 75 s after the last word [MUST-28] [MUST-29]."""
    play = never_closing(preset, b={"keep_alive": True})
    play.a.node.crash()
    play.run()
    assert play.b.state == "CLOSED"
    assert isinstance(play.b.the.error, TimeoutError)
    assert play.wire.moves("B")[-1].now == pytest.approx((0.21 + KEEP_ALIVE) * 1e9)


@pytest.mark.parametrize(("what", "row"), [("text", "<ACK>[5]"), ("fin", "<FIN,ACK>")])
def test_too_late_for_linux(what: str, row: str) -> None:
    """S20, S21: A's orphan has timed out of FIN_WAIT_2: B's late text or FIN meets a RST (F7)."""
    play = never_closing("linux", close=True)
    play.run("100s")
    if what == "text":
        play.b.write(text(5))
    else:
        play.b.close()
    play.run("110s")
    play.expect(f"B>A <SEQ=300><ACK=101>{row} CLOSED *\nA>B <SEQ=101><RST> CLOSED CLOSED")


def test_not_too_late_for_the_rfc() -> None:
    """S20, S21: without that time-out the close is completed, however late."""
    play = never_closing("rfc", close=True)
    play.run("24h")
    play.b.close()
    play.run("25h")
    assert play.states == ("CLOSED", "CLOSED")
    assert play.wire.moves("A")[-2].to_state == "TIME_WAIT"
