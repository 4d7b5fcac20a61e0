"""S03: the third segment may carry text, and takes no number without."""

from __future__ import annotations

import pytest

from synfin.tcp import Event
from tests.scenarios.play import PRESETS, Play, text


@pytest.mark.parametrize("preset", PRESETS)
def test_bare_ack_takes_no_number(preset: str) -> None:
    """S03 a: the text after a bare ACK has the ACK's number [E05]."""
    play = Play(preset)
    play.b.listen()
    play.a.connect("B")
    play.run("100ms")
    play.a.write(2)
    play.run("200ms")
    play.expect("""
        A>B <SEQ=100><SYN>
        B>A <SEQ=300><ACK=101><SYN,ACK>
        A>B <SEQ=101><ACK=301><ACK>       ESTABLISHED  ESTABLISHED
        A>B <SEQ=101><ACK=301><ACK>[2]
        B>A <SEQ=301><ACK=103><ACK>
    """)


@pytest.mark.parametrize("preset", PRESETS)
def test_text_on_the_third_segment(preset: str) -> None:
    """S03 b: <PSH,ACK>[3] makes B ESTABLISHED, which acknowledges 104; accept() and read() succeed (C2) [E26]."""
    play = Play(preset)
    play.b.listen(accept=False)
    play.a.on(Event.CONNECTED, lambda: play.a.write(b"abc"))
    play.a.connect("B")
    play.run("200ms")
    play.expect("""
        A>B <SEQ=100><SYN>                  SYN_SENT     SYN_RCVD
        B>A <SEQ=300><ACK=101><SYN,ACK>     ESTABLISHED  SYN_RCVD
        A>B <SEQ=101><ACK=301><PSH,ACK>[3]  ESTABLISHED  ESTABLISHED
        B>A <SEQ=301><ACK=104><ACK>
    """)
    play.b.accept()
    assert play.b.received == b"abc"


@pytest.mark.parametrize("preset", PRESETS)
def test_acks_are_not_acknowledged(preset: str) -> None:
    """S03 explained: if an ACK took a number it would need an ACK; so after one, silence."""
    play = Play(preset).open()
    play.run("1h")
    play.expect()


@pytest.mark.parametrize("preset", PRESETS)
def test_lost_text_on_the_third_segment(preset: str) -> None:
    """S03 b with the third segment lost: SYN+ACK or text again, both complete the handshake; delivered once."""
    play = Play(preset, "drop(A>B,DATA,1)")
    play.b.listen()
    play.a.on(Event.CONNECTED, lambda: play.a.write(text(3)))
    play.a.connect("B")
    play.run("5s")
    assert play.b.received == text(3)
    assert play.states == ("ESTABLISHED", "ESTABLISHED")
