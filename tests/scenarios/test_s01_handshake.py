"""S01: the three-way handshake with its numbers (RFC 9293 figure 6)."""

from __future__ import annotations

import pytest

from synfin.tcp import Event
from synfin.wire.tcp import ACK
from tests.scenarios.play import PRESETS, Play

HANDSHAKE = """
    A>B <SEQ=100><SYN>                SYN_SENT     SYN_RCVD
    B>A <SEQ=300><ACK=101><SYN,ACK>   ESTABLISHED  SYN_RCVD
    A>B <SEQ=101><ACK=301><ACK>       ESTABLISHED  ESTABLISHED
"""


@pytest.mark.parametrize("preset", PRESETS)
def test_table(preset: str) -> None:
    """S01 rows 0 to 4, also as Linux does it (C1) [E08]."""
    play = Play(preset)
    play.b.listen()
    assert play.b.listener is not None
    assert play.b.listener.state.name == "LISTEN"
    assert play.rows == []
    play.a.connect("B")
    play.run("500ms")
    play.expect(HANDSHAKE)
    play.a.write(7)
    play.run("600ms")
    play.expect("A>B <SEQ=101><ACK=301><ACK>[7]  ESTABLISHED  ESTABLISHED\nB>A <SEQ=301><ACK=108><ACK>")
    assert play.b.received == bytes([0, 7, 14, 21, 28, 35, 42])


@pytest.mark.parametrize("preset", PRESETS)
def test_first_segment_acknowledges_nothing(preset: str) -> None:
    """S01 pass: segment 1 has neither the ACK flag nor an acknowledgment number."""
    play = Play(preset).open()
    syn = play.wire.rows[0].segment
    assert not syn.flags & ACK
    assert syn.ack == 0


@pytest.mark.parametrize("preset", PRESETS)
def test_bare_ack_and_first_text_share_a_number(preset: str) -> None:
    """S01 pass: segments 3 and 4 carry the same sequence number, because an ACK takes none [E05]."""
    play = Play(preset).open()
    play.a.write(1)
    play.run(more="1ms")
    third, fourth = play.wire.rows[2].segment, play.wire.rows[3].segment
    assert (third.seq, third.length) == (101, 0)
    assert (fourth.seq, fourth.length) == (101, 1)


@pytest.mark.parametrize("preset", PRESETS)
def test_ends_are_never_established_at_the_same_moment(preset: str) -> None:
    """S01 explained: connect() returns after segment 2, accept() half a round trip later."""
    play = Play(preset).open()
    assert play.a.times[Event.CONNECTED] == 20_000_000
    assert play.b.times[Event.CONNECTED] == 30_000_000


@pytest.mark.parametrize("preset", PRESETS)
def test_accept_sends_nothing(preset: str) -> None:
    """S01 explained: the stack completes the handshake after listen(); accept() only hands the connection over."""
    play = Play(preset)
    play.b.listen(accept=False)
    play.a.connect("B")
    play.run("1s")
    play.expect(HANDSHAKE)
    assert play.a.state == "ESTABLISHED"
    taken = play.b.accept()
    assert taken is not None
    assert taken.state.name == "ESTABLISHED"
    play.run("10s")
    play.expect()


def test_over_ipv6() -> None:
    """S01 holds for both address families [E08]."""
    play = Play()
    play.b.listen()
    play.a.connect("fd00::2")
    play.run("500ms")
    play.expect(HANDSHAKE)


@pytest.mark.parametrize("isn", [0, 0xFFFF_FFFF, 0x8000_0000])
def test_numbers_wrap(isn: int) -> None:
    """S01 across the end of the sequence space: only the wire sees the wrap [E04]."""
    play = Play(isn_a=isn, isn_b=0xFFFF_FFFE)
    play.b.listen()
    play.a.connect("B")
    play.run("500ms")
    play.a.write(3)
    play.run("1s")
    after = (isn + 1) % (1 << 32)
    play.expect(f"""
        A>B <SEQ={isn}><SYN>
        B>A <SEQ=4294967294><ACK={after}><SYN,ACK>
        A>B <SEQ={after}><ACK=4294967295><ACK>
        A>B <SEQ={after}><ACK=4294967295><ACK>[3]
        B>A <SEQ=4294967295><ACK={(isn + 4) % (1 << 32)}><ACK>
    """)
    assert len(play.b.received) == 3
