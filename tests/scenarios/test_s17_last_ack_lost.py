"""S17: the last ACK is lost, and TIME_WAIT is there to say it again."""

from __future__ import annotations

from typing import Any

import pytest

from synfin.config import SECOND
from synfin.host import HostConfig
from tests.scenarios.play import CLIENT, PRESETS, TWO_MSL, Play, established, left_time_wait


def time_wait(preset: str, *faults: str, **settings: Any) -> Play:
    """A in TIME_WAIT since 220 ms, B CLOSED unless the faults say otherwise."""
    play = established(preset, *faults, **settings)
    play.b.on_eof_close()
    play.a.close()
    play.run("250ms")
    play.skip()
    assert play.wire.moves("A")[-1].to_state == "TIME_WAIT"
    return play


@pytest.mark.parametrize("preset", PRESETS)
def test_fin_again_is_acknowledged_again(preset: str) -> None:
    """S17, drop(A>B,ACK,last): B in LAST_ACK repeats its FIN; A answers <101><ACK=301> and restarts 2MSL (F1b) [E30].

    A leaves exactly 2MSL after the last FIN that it saw [MUST-13].
    """
    play = time_wait(preset, "drop(A>B,ACK,last)")
    play.run("3s")
    rows = play.take()
    assert [(r.ends[0], r.segment.seq, r.segment.ack) for r in rows] == [("B", 300, 101), ("A", 101, 301)]
    assert rows[0].states == ["TIME_WAIT", "LAST_ACK"]
    assert rows[1].states == ["TIME_WAIT", "CLOSED"]
    play.run()
    assert left_time_wait(play) == rows[0].arrivals[0] / SECOND + TWO_MSL[preset]
    assert play.b.the.error is None
    assert play.b.end == "eof"


@pytest.mark.parametrize("preset", PRESETS)
def test_without_loss(preset: str) -> None:
    """S17: RFC: MSL is 2 minutes, so 4; Linux: 60 s in all."""
    play = time_wait(preset)
    play.run()
    assert left_time_wait(play) == 0.22 + TWO_MSL[preset]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("held", [False, True])
def test_each_fin_restarts_the_time(preset: str, held: bool) -> None:
    """S17: whether the application still holds the connection or not, each FIN restarts 2MSL (56 s -> 60 s) [E30]."""
    play = established(preset)
    play.b.on_eof_close()
    if held:
        play.a.shutdown()
    else:
        play.a.close()
    play.run("4s")
    play.skip()
    play.cut("A>B")
    for _ in range(3):
        play.inject("B>A <SEQ=300><ACK=101><FIN,ACK>")
        play.run(more="4s")
    play.expect(
        3
        * """
        B>A <SEQ=300><ACK=101><FIN,ACK>  TIME_WAIT  CLOSED  old
        A>B <SEQ=101><ACK=301><ACK>      TIME_WAIT  CLOSED  lost
    """
    )
    play.run()
    assert left_time_wait(play) == 12 + TWO_MSL[preset]


@pytest.mark.parametrize("preset", PRESETS)
def test_time_wait_guarantees_nothing(preset: str) -> None:
    """S17: the last ACK is lost each time: B exhausts its retries and is gone; its application has closed anyway."""
    play = time_wait(preset, "drop(A>B,ACK,2..)")
    play.run()
    assert play.b.state == "CLOSED"
    assert play.b.end == "eof"
    fins = play.times("B", "FIN,ACK")
    assert len(fins) == {"rfc": 8, "linux": 9}[preset]
    assert left_time_wait(play) == pytest.approx(fins[-1] + 0.01 + TWO_MSL[preset])


@pytest.mark.parametrize("preset", PRESETS)
def test_expired_time_wait(preset: str) -> None:
    """S17: A is CLOSED before B's FIN comes: a RST, and nothing is lost, for B's application has closed [E13] [E23]."""
    play = time_wait(preset, "drop(A>B,ACK,last)", a={"msl_ms": 100})
    play.run("5s")
    play.expect("""
        B>A <SEQ=300><ACK=101><FIN,ACK>  CLOSED  LAST_ACK
        A>B <SEQ=101><RST>               CLOSED  CLOSED
    """)
    assert play.b.end == "eof"
    assert play.b.the.error is None


@pytest.mark.parametrize("preset", PRESETS)
def test_crashed_in_time_wait(preset: str) -> None:
    """S17: A has crashed: the same RST."""
    play = time_wait(preset, "drop(A>B,ACK,last)")
    play.a.node.crash()
    play.a.node.restart()
    play.run("10s")
    play.expect("""
        B>A <SEQ=300><ACK=101><FIN,ACK>  CLOSED  LAST_ACK
        A>B <SEQ=101><RST>               CLOSED  CLOSED
    """)
    assert play.b.state == "CLOSED"
    assert play.b.the.error is None


@pytest.mark.parametrize("preset", PRESETS)
def test_time_wait_table_of_one(preset: str) -> None:
    """S17, S19, F7: with room for one record the second is forgotten at once; its peer's FIN meets a RST."""
    play = Play(preset, isn_a=[99, 1_099], isn_b=[299, 1_299], config_a=HostConfig(time_wait_entries=1))
    play.open()
    play.b.on_eof_close()
    play.a.close()
    play.run("500ms")
    assert len(play.a.node.host.time_wait) == 1
    play.a.connect("B", local_port=CLIENT + 1)
    play.run("700ms")
    play.world.fault("drop(A>B,ACK,1)")
    play.b.on_eof_close()
    play.a.close()
    play.skip()
    play.run("10s")
    play.expect("""
        A>B <SEQ=1100><ACK=1300><FIN,ACK>
        B>A <SEQ=1300><ACK=1101><FIN,ACK>
        A>B <SEQ=1101><ACK=1301><ACK>      *       LAST_ACK  lost
        B>A <SEQ=1300><ACK=1101><FIN,ACK>  CLOSED  LAST_ACK
        A>B <SEQ=1101><RST>                CLOSED  CLOSED
    """)
    assert play.a.state == "CLOSED"
    assert play.b.state == "CLOSED"
    assert len(play.a.node.host.time_wait) == 1
    assert play.a.node.host.counters["TcpExtTCPTimeWaitOverflow"] == 1
