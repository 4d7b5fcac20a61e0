"""S21: how long FIN_WAIT_2 lasts."""

from __future__ import annotations

import pytest

from synfin.config import SECOND
from tests.scenarios.play import PRESETS, established


def test_rfc_has_no_time_out() -> None:
    """S21: RFC 9293 has no time-out here; a week later B's FIN is welcome."""
    play = established("rfc")
    play.a.close()
    play.run("168h")
    assert play.a.state == "FIN_WAIT_2"
    play.b.close()
    play.run(more="100ms")
    assert play.a.state == "TIME_WAIT"


def test_linux_orphan() -> None:
    """S21: Linux, after close(): 60 s after the ACK of the FIN; then B's FIN meets a RST (F7)."""
    play = established("linux")
    play.a.close()
    play.run("60s")
    assert play.a.state == "FIN_WAIT_2"
    play.run("100s")
    assert play.a.state == "CLOSED"
    assert play.a.idle
    assert play.wire.moves("A")[-1].now == 220_000_000 + 60 * SECOND
    assert play.b.state == "CLOSE_WAIT"
    play.skip()
    play.b.close()
    play.run("110s")
    play.expect("B>A <SEQ=300><ACK=101><FIN,ACK> CLOSED LAST_ACK\nA>B <SEQ=101><RST> CLOSED CLOSED")
    assert play.b.the.error is None


@pytest.mark.parametrize("preset", PRESETS)
def test_never_after_shutdown(preset: str) -> None:
    """S21: after shutdown(WR) there is no limit, on Linux either (F6)."""
    play = established(preset)
    play.a.shutdown()
    play.run("24h")
    assert play.a.state == "FIN_WAIT_2"
    assert play.a.the.next_deadline() is None


def test_close_after_shutdown_starts_the_time() -> None:
    """S21: an application that half-closes and lets go later is an orphan from then on."""
    play = established("linux")
    play.a.shutdown()
    play.run("1h")
    play.a.close()
    play.run()
    assert play.wire.moves("A")[-1].now == (3_600 + 60) * SECOND


def test_fin_in_time() -> None:
    """S21: a FIN that comes before the time-out leads to TIME_WAIT as usual."""
    play = established("linux")
    play.a.close()
    play.run("59s")
    play.b.close()
    play.run("60s")
    assert play.wire.moves("A")[-1].to_state == "TIME_WAIT"
