"""Where PSH is set (RFC 9293 3.9.1.2), and where Linux sets it as well."""

from __future__ import annotations

from synfin.tcp import TcpConfig
from tests.harness import Established


def pushed(t: Established) -> list[tuple[int, bool]]:
    """The number after each segment that goes out now, and whether it has PSH."""
    return [(sent.seq + sent.len, "P" in sent.flags) for sent in t.drain()]


def test_only_what_empties_the_queue_is_pushed() -> None:
    """[MUST-61]: also when a burst ends before."""
    t = Established(mss=1000, win=2000)
    t.app.write(bytes(3000))
    assert pushed(t) == [(1001, False), (2001, False)]
    t.inject("A ack=2001 win=2000")
    assert pushed(t) == [(3001, True)]


def test_linux_pushes_every_second_segment_of_a_burst() -> None:
    """Measured (iw10-rfc6928.pkt, wscale-not-used-if-absent.pkt): bursts are handed down in twos."""
    t = Established(mss=1000, config=TcpConfig.linux())
    t.inject("A win=5000")
    t.app.write(bytes(20_000))
    assert pushed(t) == [(1001, False), (2001, True), (3001, False), (4001, True), (5001, False)]
    t.inject("A ack=5001 win=1000")
    assert pushed(t) == [(6001, False)]


def test_linux_pushes_a_segment_of_more_than_half_the_window() -> None:
    """Measured (zero-window-probe.pkt): the peer can hardly wait for more."""
    t = Established(mss=1000, win=1000, config=TcpConfig.linux())
    t.app.write(bytes(2000))
    assert pushed(t) == [(1001, True)]
