"""Urgent data (RFC 9293 3.8.5)."""

from __future__ import annotations

from synfin.tcp import Event, TcpConfig
from tests.harness import Established

WRAP_AROUND = True


def test_the_pointer_names_the_octet_after_the_last_urgent_one() -> None:
    """[MUST-30] [MUST-62]: five octets, the last one urgent: 5."""
    t = Established(mss=1000)
    t.app.write(b"abcde", urgent=True)
    t.expect("UPA seq=1 data=abcde urg=5")


def test_linux_names_the_octet_after_the_last_urgent_one_too() -> None:
    """[MUST-62]: measured with tcp_stdurg=0; the script urgent-send.pkt passes on Linux with urg 10 for ten octets."""
    t = Established(mss=1000, config=TcpConfig.linux())
    t.app.write(b"abcde", urgent=True)
    t.expect("UPA seq=1 data=abcde urg=5")


def test_the_pointer_may_name_the_last_urgent_octet() -> None:
    """`urgent_on_last_octet`, as RFC 1122 had it: one less."""
    t = Established(mss=1000, config=TcpConfig(urgent_on_last_octet=True))
    t.app.write(b"abcde", urgent=True)
    t.expect("UPA seq=1 data=abcde urg=4")


def test_urgent_data_may_be_longer_than_a_segment() -> None:
    """[MUST-31]: the flag is on every segment up to the pointer, and all that can say so point to the same octet."""
    t = Established(mss=1000, ws=7, initial_cwnd_segments=200)
    t.inject("A")
    t.app.write(b"u" * 100_000, urgent=True)
    sent = t.drain()
    assert sum(s.len for s in sent) == 100_000
    for segment in sent:
        assert "U" in segment.flags
        assert segment.seq + segment.urg == min(100_001, segment.seq + 65_535)


def test_text_behind_the_pointer_is_not_urgent() -> None:
    """[MUST-31]: the flag goes away once the pointer is passed."""
    t = Established(mss=1000, nodelay=True)
    t.app.write(b"abc", urgent=True)
    t.app.write(b"def")
    t.expect("UPA seq=1 data=abc urg=3")
    t.expect("PA seq=4 data=def urg=0")


def test_a_retransmission_still_carries_the_pointer() -> None:
    """[MUST-30]: lost urgent data is urgent when it is sent again."""
    t = Established(mss=1000)
    t.app.write(b"abc", urgent=True)
    t.drain()
    again = t.advance_until_sent()
    assert (again.flags, again.seq, again.urg) == ("PAU", 1, 3)


def test_urgency_is_told_although_the_window_is_closed() -> None:
    """[MUST-30]: the probe tells of it; the text waits."""
    t = Established(mss=1000, win=0)
    t.app.write(b"abc", urgent=True)
    probe = t.advance_until_sent()
    assert "U" in probe.flags
    assert probe.seq + probe.urg == 4


def test_the_application_hears_once_of_each_advance() -> None:
    """[MUST-32]: not once per segment."""
    t = Established(mss=1000)
    t.inject("UA len=10 urg=25")
    assert t.events.count(Event.URGENT) == 1
    t.inject("UA len=10 urg=15")
    assert t.events.count(Event.URGENT) == 1
    t.inject("UA len=10 urg=5")
    assert t.events.count(Event.URGENT) == 1
    t.inject("UPA len=10 urg=10")
    assert t.events.count(Event.URGENT) == 2


def test_how_much_urgent_data_remains() -> None:
    """[MUST-33]: counted in octets still to be read up to the pointer."""
    t = Established(mss=1000)
    assert t.connection.urgent_remaining == 0
    t.inject("UPA data=abcdef urg=4")
    assert t.connection.urgent_remaining == 4
    assert t.app.read(1) == b"a"
    assert t.connection.urgent_remaining == 3
    assert t.app.read(3) == b"bcd"
    assert t.connection.urgent_remaining == 0
    assert t.app.read() == b"ef"


def test_the_pointer_may_be_ahead_of_the_text() -> None:
    """[MUST-32] [MUST-33]: announced before it arrives."""
    t = Established(mss=1000)
    t.inject("UA data=ab urg=5")
    assert t.connection.urgent_remaining == 5
    t.inject("PA data=cde")
    assert t.connection.urgent_remaining == 5
    assert t.app.read() == b"abcde"
    assert t.connection.urgent_remaining == 0


def test_an_older_pointer_changes_nothing() -> None:
    """[MUST-32]: RCV.UP only grows."""
    t = Established(mss=1000)
    t.inject("UA seq=1 len=10 urg=30")
    t.inject("UA seq=11 len=10 urg=5")
    assert t.events.count(Event.URGENT) == 1
    assert t.connection.urgent_remaining == 30


def test_the_pointer_without_the_flag_means_nothing() -> None:
    """[RFC9293-E01]: the field counts only with URG."""
    t = Established(mss=1000)
    t.inject("PA data=abc urg=3")
    assert Event.URGENT not in t.events
    assert t.connection.urgent_remaining == 0


def test_a_fin_behind_urgent_text_does_not_move_the_mark() -> None:
    """[MUST-33]: RCV.NXT counts the FIN, which is no octet to be read."""
    t = Established(mss=1000)
    t.inject("UPA data=abc urg=3")
    t.inject("FA")
    assert t.connection.urgent_remaining == 3
    assert t.app.read(2) == b"ab"
    assert t.connection.urgent_remaining == 1
    assert t.app.read() == b"c"
    assert t.connection.urgent_remaining == 0


def test_urgent_text_after_the_fin_is_ignored() -> None:
    """[RFC9293-E34]: in CLOSE_WAIT nothing more can be urgent."""
    t = Established(mss=1000)
    t.inject("FA")
    t.inject("UA seq=2 data=abc urg=3")
    assert Event.URGENT not in t.events
