"""Sixth step of SEGMENT ARRIVES: the urgent pointer (RFC 9293 3.8.5, 3.10.7.4), and urgent text sent, per state."""

from __future__ import annotations

import pytest

from synfin.config import TcpConfig
from synfin.tcp import Event
from tests.harness import (
    CloseWait,
    Closing,
    Context,
    Established,
    FinWait1,
    FinWait2,
    LastAck,
    Opened,
    SynReceived,
    TimeWait,
    octets,
)

WRAP_AROUND = True


@pytest.mark.parametrize("make", [Established, FinWait1, FinWait2], ids=lambda make: make.__name__)
def test_urgent_data_is_told(make: type[Context]) -> None:
    """[MUST-30] [MUST-32] [MUST-33]: RCV.UP = max(RCV.UP, SEG.SEQ + SEG.UP)."""
    t = make()
    t.inject("UPA len=10 urg=10")
    assert t.events.count(Event.URGENT) == 1
    assert t.connection.urgent_remaining == 10
    assert t.app.read(4) == octets(1, 4)
    assert t.connection.urgent_remaining == 6
    assert t.app.read() == octets(5, 6)
    assert t.connection.urgent_remaining == 0


@pytest.mark.parametrize("make", [CloseWait, Closing, LastAck, TimeWait], ids=lambda make: make.__name__)
def test_urgent_after_the_peers_fin_is_ignored(make: type[Context]) -> None:
    """[RFC9293-E34]: "this should not occur"."""
    t = make()
    t.inject("UA urg=100")
    t.inject("UPA len=10 urg=10")
    assert Event.URGENT not in t.events
    assert t.connection.urgent_remaining == 0


def test_urgent_pointer_may_be_ahead_of_the_text() -> None:
    """[MUST-31] [MUST-32]: told before the octets come, once, not once per segment."""
    t = Established()
    t.inject("UPA len=100 urg=1000")
    assert t.connection.urgent_remaining == 1000
    for start in range(101, 1001, 100):
        t.inject(f"UPA seq={start} len=100 urg={1001 - start}")
    assert t.events.count(Event.URGENT) == 1
    assert t.app.read() == octets(1, 1000)
    assert t.connection.urgent_remaining == 0


def test_each_advance_is_told() -> None:
    """[MUST-32]: "in advance of, or whenever the pointer moves forward"."""
    t = Established()
    t.inject("UPA len=10 urg=10")
    t.inject("UPA len=10 urg=10")
    assert t.events.count(Event.URGENT) == 2
    assert t.connection.urgent_remaining == 20


def test_a_pointer_behind_is_no_news() -> None:
    """RCV.UP never moves back [MUST-32]."""
    t = Established()
    t.inject("UPA len=10 urg=50")
    t.inject("UPA len=10 urg=5")
    assert t.events.count(Event.URGENT) == 1
    assert t.connection.urgent_remaining == 50


def test_a_pointer_of_zero_says_nothing() -> None:
    """URG whose pointer does not go beyond what was read is not news."""
    t = Established()
    t.inject("PA len=10")
    t.app.read()
    t.inject("UA urg=0")
    assert t.connection.urgent_remaining == 0
    assert Event.URGENT not in t.events


def test_pointer_without_urg_flag_is_not_read() -> None:
    """SEG.UP is meaningful with URG only (RFC 9293 3.1)."""
    t = Established()
    t.inject("PA len=10 urg=10")
    assert Event.URGENT not in t.events
    assert t.connection.urgent_remaining == 0


def test_urgent_on_the_third_segment() -> None:
    """The sixth step follows the fifth in SYN_RECEIVED as well."""
    t = SynReceived()
    t.inject("UPA len=10 urg=10")
    assert t.accept() is not None
    assert t.connection.urgent_remaining == 10
    assert t.app.read() == octets(1, 10)


def test_urgent_on_the_syn_ack() -> None:
    """RFC 9293 3.10.7.3: SYN and ACK, then "continue processing at the sixth step"."""
    t = Opened()
    t.inject("SUA len=10 urg=11")
    assert Event.URGENT in t.events
    assert t.connection.urgent_remaining == 10
    assert t.app.read() == octets(1, 10)


def test_urgent_text_goes_out_with_the_pointer_after_it() -> None:
    """[MUST-62] [MUST-30]: five octets, SEG.UP = 5."""
    t = Established()
    t.app.write(b"abcde", urgent=True)
    sent = t.outbox[0]
    assert "U" in sent.flags
    assert sent.seq + sent.urg == 6


def test_the_pointer_may_be_on_the_last_urgent_octet() -> None:
    """S23: the other reading, which `urgent_on_last_octet` has."""
    t = Established(config=TcpConfig.linux(urgent_on_last_octet=True))
    t.app.write(b"abcde", urgent=True)
    sent = t.outbox[0]
    assert "U" in sent.flags
    assert sent.seq + sent.urg == 5


def test_urgent_mode_ends_with_the_urgent_text() -> None:
    """[MUST-31]: all segments up to the pointer say URG, later ones do not."""
    t = Established(mss=1000, nodelay=True)
    t.app.write(octets(1, 2500), urgent=True)
    t.app.write(octets(2501, 1000))
    for sent in t.drain():
        assert ("U" in sent.flags) == (sent.seq < 2501)
        if "U" in sent.flags:
            assert sent.seq + sent.urg == 2501


def test_urgent_in_close_wait() -> None:
    """SEND works there, with URG too [RFC9293-E37]."""
    t = CloseWait()
    t.app.write(b"x", urgent=True)
    sent = t.outbox[0]
    assert "U" in sent.flags
    assert (sent.seq, sent.urg, sent.ack) == (1, 1, 2)
