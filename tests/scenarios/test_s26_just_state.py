"""S26: a connection is just state on both sides."""

from __future__ import annotations

import pytest

from synfin.config import SECOND
from synfin.tcp import Event
from tests.scenarios.play import PRESETS, established, text

KEEP_ALIVE = 7_200 + 9 * 75


@pytest.mark.parametrize("preset", PRESETS)
def test_a_day_without_a_network(preset: str) -> None:
    """S26: the link is cut for 24 h: no packet, both ESTABLISHED; it is mended: data flows [MUST-25]."""
    play = established(preset)
    play.world.partition(play.a.node, play.b.node)
    play.run("24h")
    play.expect()
    assert play.states == ("ESTABLISHED", "ESTABLISHED")
    play.world.heal()
    play.a.write(5)
    play.b.write(7)
    play.run("25h")
    assert (play.b.received, play.a.received) == (text(5), text(7))


@pytest.mark.parametrize("preset", PRESETS)
def test_an_outage_while_sending(preset: str) -> None:
    """S26: an outage of half a minute only delays; the stream is whole afterwards."""
    play = established(preset)
    play.a.write(200_000)
    play.run("250ms")
    play.world.partition(play.a.node, play.b.node)
    play.run("30s")
    play.world.heal()
    play.run("200s")
    assert play.b.received == text(200_000)


@pytest.mark.parametrize(("preset", "seconds"), [("rfc", 183), ("linux", 924)])
def test_an_outage_that_is_too_long(preset: str, seconds: int) -> None:
    """S26: who has something to send gives up at R2; who has not never learns of it [MUST-20b] [SHLD-11]."""
    play = established(preset, delay="1ms")
    play.run("1s")
    play.world.partition(play.a.node, play.b.node)
    play.a.write(5)
    play.run("24h")
    assert play.a.end == "timeout"
    assert play.a.times[Event.TIMEOUT] / SECOND == pytest.approx(seconds, rel=0.02)
    assert play.b.state == "ESTABLISHED"
    assert play.b.events == [Event.CONNECTED]


@pytest.mark.parametrize("preset", PRESETS)
def test_killed_silently(preset: str) -> None:
    """S26: A's state is gone: B stays ESTABLISHED until it sends (figure 10) [E12]."""
    play = established(preset)
    play.a.node.crash()
    play.a.node.restart()
    play.run("24h")
    play.expect()
    assert play.b.state == "ESTABLISHED"
    play.b.write(5)
    play.run("25h")
    play.expect("B>A <SEQ=300><ACK=100><ACK>[5] CLOSED ESTABLISHED\nA>B <SEQ=100><RST> CLOSED CLOSED")
    assert play.b.end == "reset"


@pytest.mark.parametrize("preset", PRESETS)
def test_killed_silently_and_back(preset: str) -> None:
    """S26: or until A connects again from the same port (figure 9) [E11]."""
    play = established(preset, isn_a=[99, 400])
    play.a.node.crash()
    play.run("24h")
    play.a.node.restart()
    play.a.connect("B")
    play.run(more="3s")
    assert play.b.end == "reset"
    assert play.states == ("ESTABLISHED", "ESTABLISHED")


@pytest.mark.parametrize("preset", PRESETS)
def test_keep_alive_finds_out(preset: str) -> None:
    """S26: or until keep-alive expires: 2 h, nine probes 75 s apart, ETIMEDOUT [MUST-28] [MUST-29] [SHLD-12]."""
    play = established(preset, b={"keep_alive": True})
    play.a.node.crash()
    play.run()
    heard = 30_000_000  # B heard the third segment of the handshake
    probes = [row.time for row in play.rows if row.ends[0] == "B" and row.why == "keep-alive-probe"]
    assert probes == [heard + (7_200 + 75 * number) * SECOND for number in range(9)]
    assert {(row.segment.seq, row.segment.length) for row in play.rows if row.why == "keep-alive-probe"} == {(299, 0)}
    assert play.b.times[Event.TIMEOUT] == heard + KEEP_ALIVE * SECOND
    assert isinstance(play.b.the.error, TimeoutError)
    assert play.b.idle


@pytest.mark.parametrize("preset", PRESETS)
def test_keep_alive_finds_a_restarted_peer(preset: str) -> None:
    """S26: a peer that came up again answers the first probe with a RST [E12]."""
    play = established(preset, b={"keep_alive": True})
    play.a.node.crash()
    play.a.node.restart()
    play.run()
    play.expect("""
        7200030ms B>A <SEQ=299><ACK=100><ACK>  CLOSED  ESTABLISHED
                  A>B <SEQ=100><RST>           CLOSED  CLOSED
    """)
    assert play.b.end == "reset"


@pytest.mark.parametrize("preset", PRESETS)
def test_keep_alive_and_a_living_peer(preset: str) -> None:
    """S26: a living peer answers each probe, and nothing ends [MUST-26]."""
    play = established(preset, b={"keep_alive": True})
    play.run("24h")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")
    assert len(play.times("B", "ACK")) == 11
    assert play.b.end == ""


@pytest.mark.parametrize("preset", PRESETS)
def test_one_lost_probe_is_not_the_end(preset: str) -> None:
    """S26: eight probes without an answer, the ninth is answered: alive [MUST-29]."""
    play = established(preset, "drop(B>A,ACK,1..8)", b={"keep_alive": True})
    play.run("10h")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")


@pytest.mark.parametrize("preset", PRESETS)
def test_keep_alive_is_off(preset: str) -> None:
    """S26: unless asked for, nothing is ever probed [MUST-25] [MUST-24]."""
    play = established(preset)
    play.a.node.crash()
    play.run("8760h")
    play.expect()
    assert play.b.state == "ESTABLISHED"


@pytest.mark.parametrize("preset", PRESETS)
def test_keep_alive_switched_on_later(preset: str) -> None:
    """S26: keep-alive is a choice of each connection, at any time [MUST-24] [MUST-27]."""
    play = established(preset)
    play.a.node.crash()
    play.run("1h")
    play.b.the.configure(play.now, keep_alive=True, keep_alive_idle_ms=60_000, keep_alive_interval_ms=1_000)
    play.b.node.wake()
    play.run()
    assert play.b.times[Event.TIMEOUT] == (3_600 + 9) * SECOND
