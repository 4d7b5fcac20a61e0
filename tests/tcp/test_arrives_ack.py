"""Fifth step of SEGMENT ARRIVES: the ACK field (RFC 9293 3.10.7.4, RFC 5961 5)."""

from __future__ import annotations

import pytest

from synfin.tcp import State
from tests.harness import CloseWait, Closing, Context, Established, FinWait1, FinWait2, LastAck, TimeWait, octets

WRAP_AROUND = True


def flying(make: type[Context] = Established, **options: object) -> Context:
    """2000 octets (numbers 1 to 2000) sent and not acknowledged."""
    t = make(mss=1000, nodelay=True, **options)
    t.app.write(octets(1, 2000))
    assert sum(sent.len for sent in t.drain()) == 2000
    return t


@pytest.mark.parametrize("ack", [2, 500, 1001, 2000, 2001])
def test_acknowledgment_of_new_text_advances(ack: int) -> None:
    """SND.UNA < SEG.ACK =< SND.NXT [RFC9293-E27]: what comes again starts at SEG.ACK, or nothing comes."""
    t = flying()
    t.inject(f"A ack={ack}").expect_nothing()
    t.advance(ms=1_500)
    if ack == 2001:
        t.expect_nothing()
        assert t.next_deadline() is None
    else:
        assert t.outbox[0].seq == ack


@pytest.mark.parametrize("ack", [1, 0, -100])
def test_duplicate_acknowledgment_is_ignored(ack: int) -> None:
    """SEG.ACK =< SND.UNA [RFC9293-E27]."""
    t = flying()
    t.inject(f"A ack={ack}").expect_nothing()
    t.advance(ms=1_500)
    assert t.outbox[0].seq == 1


@pytest.mark.parametrize("make", [Established, CloseWait])
@pytest.mark.parametrize("ack", [2002, 2003, 100_000, 1 << 30])
def test_acknowledgment_of_what_was_not_sent_is_answered(make: type[Context], ack: int) -> None:
    """SEG.ACK > SND.NXT: send an ACK, drop [RFC9293-E27] [RFC5961-08]; its text is not delivered."""
    t = flying(make)
    rcv_nxt = t.peer.snd_nxt
    t.inject(f"PA ack={ack} len=10")
    t.expect(f"A seq=2001 ack={rcv_nxt} len=0")
    t.expect_nothing().expect_rule("ack-beyond-snd-nxt")
    assert not t.connection.readable


@pytest.mark.parametrize("make", [FinWait1, FinWait2, Closing, LastAck])
def test_future_acknowledgment_moves_no_state(make: type[Context]) -> None:
    """[RFC9293-E27] [RFC9293-E29]."""
    t = make()
    state = t.state
    t.inject("A ack=3")
    t.expect("A seq=2")
    assert t.state is state


@pytest.mark.parametrize("offset", [0, -1, -1000])
def test_acknowledgment_within_the_largest_window_is_only_old(offset: int) -> None:
    """[RFC5961-08]: SND.UNA - MAX.SND.WND is the last number taken; the text counts."""
    t = Established(win=1000)
    t.inject(f"PA ack={1 + offset} len=10")
    assert t.app.read() == octets(1, 10)


@pytest.mark.parametrize("offset", [-1001, -65_536, -(1 << 30)])
def test_acknowledgment_older_than_the_largest_window_is_answered(offset: int) -> None:
    """[RFC5961-08] [MAY-12]: discard and ACK."""
    t = Established(win=1000)
    t.inject(f"PA ack={1 + offset} len=10")
    t.expect("A seq=1 ack=1 len=0")
    t.expect_rule("ack-too-old")
    assert not t.connection.readable


def test_largest_window_is_remembered() -> None:
    """[RFC5961-09]: MAX.SND.WND stays when the window shrinks, and is in octets when windows are scaled."""
    t = Established(win=5000)
    t.inject("A win=100")
    t.inject("PA ack=-4999 len=10")
    assert t.app.read() == octets(1, 10)
    t.drain()
    t.inject("PA ack=-5000 len=10")
    assert not t.connection.readable
    scaled = Established(win=1000, ws=4)
    scaled.inject("A win=1000")
    scaled.inject("PA ack=-15999 len=10")
    assert scaled.app.read() == octets(1, 10)
    scaled.inject("PA ack=-16000 len=10")
    assert not scaled.connection.readable


STATES = pytest.mark.parametrize(
    "make", [Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait], ids=lambda make: make.__name__
)


@STATES
@pytest.mark.parametrize("text", ["P len=10", "F", "U len=10 urg=5", "-", "FPU len=10", "E", "C len=3"])
def test_segment_without_ack_is_dropped(make: type[Context], text: str) -> None:
    """[RFC9293-E25]: nothing is delivered, sent or moved."""
    t = make()
    state, events = t.state, list(t.events)
    t.inject(text)
    t.advance(ms=500)
    t.expect_nothing()
    assert t.state is state
    assert t.events == events
    assert not t.connection.readable


def test_without_ack_flag_the_ack_field_is_not_read() -> None:
    """[RFC9293-E25]."""
    t = FinWait1()
    t.inject("P ack=2 len=1").expect_nothing()
    assert t.state is State.FIN_WAIT_1


# SND.WND


def test_newer_segment_changes_the_window() -> None:
    """SND.WL1 < SEG.SEQ [RFC9293-E28]."""
    t = Established(win=1000, nodelay=True, mss=100)
    t.inject("PA seq=1 len=10 win=300")
    t.app.write(b"x" * 1000)
    assert sum(sent.len for sent in t.drain()) == 300


def test_older_segment_does_not_change_the_window() -> None:
    """SND.WL1 > SEG.SEQ: a reordered segment whose last octets are still new does not count [RFC9293-E28]."""
    t = Established(win=1000, nodelay=True, mss=100)
    t.inject("PA seq=101 len=10 win=300")  # ahead of a gap, the newer one
    t.drain()
    t.inject("PA seq=1 len=100 win=900")
    t.drain()
    t.app.write(b"x" * 1000)
    assert sum(sent.len for sent in t.drain()) == 300


def test_repeated_text_with_a_newer_ack_changes_the_window() -> None:
    """A lower number with a higher ACK is newer all the same: text that was lost comes again [RFC9293-E28]."""
    t = Established(win=200, nodelay=True, mss=100)
    t.app.write(b"x" * 1000)
    t.inject("PA seq=101 ack=1 len=10")
    t.drain()
    t.inject("PA seq=1 ack=201 len=100 win=300")
    assert sum(sent.len for sent in t.drain()) == 300


def test_equal_number_and_newer_ack_changes_the_window() -> None:
    """SND.WL1 = SEG.SEQ and SND.WL2 =< SEG.ACK [RFC9293-E28]."""
    t = Established(win=1000, nodelay=True, mss=100)
    t.inject("A win=500")
    t.app.write(b"x" * 1000)
    assert sum(sent.len for sent in t.drain()) == 500


def test_equal_number_and_older_ack_does_not_change_the_window() -> None:
    """SND.WL1 = SEG.SEQ and SND.WL2 > SEG.ACK: a reordered pure ACK [RFC9293-E28]."""
    t = Established(win=200, nodelay=True, mss=100)
    t.app.write(b"x" * 1000)
    assert sum(sent.len for sent in t.drain()) == 200
    t.inject("A ack=201 win=100")
    assert sum(sent.len for sent in t.drain()) == 100
    t.inject("A ack=101 win=5000")
    t.expect_nothing()


# State moves


@pytest.mark.parametrize(
    ("make", "after"),
    [
        (FinWait1, State.FIN_WAIT_2),
        (Closing, State.TIME_WAIT),
        (LastAck, State.CLOSED),
        (FinWait2, State.FIN_WAIT_2),
        (TimeWait, State.TIME_WAIT),
    ],
)
def test_acknowledgment_of_our_fin(make: type[Context], after: State) -> None:
    """[RFC9293-E29]; nothing is answered."""
    t = make()
    t.inject("A ack=2").expect_nothing()
    assert t.state is after


@pytest.mark.parametrize("make", [FinWait1, Closing, LastAck])
def test_acknowledgment_short_of_our_fin(make: type[Context]) -> None:
    """[RFC9293-E29]: the text before the FIN is acknowledged, the FIN is not."""
    t = make()
    state = t.state
    t.inject("A ack=1").expect_nothing()
    assert t.state is state


def test_fin_behind_text_is_acknowledged_separately() -> None:
    """[RFC9293-E29] [RFC9293-E05]."""
    t = flying()
    t.app.shutdown()
    t.expect("FA seq=2001")
    t.inject("A ack=2001").expect_nothing()
    assert t.state is State.FIN_WAIT_1
    t.inject("A ack=2002").expect_nothing()
    assert t.state is State.FIN_WAIT_2


def test_acknowledgment_and_fin_in_one_segment() -> None:
    """Fifth step before the eighth [RFC9293-E31]: CLOSING is not entered."""
    t = FinWait1()
    t.inject("FPA ack=2 len=4")
    assert t.state is State.TIME_WAIT
    assert t.app.read() == octets(1, 4)
    assert t.drain()[-1].ack == 6
