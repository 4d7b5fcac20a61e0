"""First step of SEGMENT ARRIVES: the acceptability test, its four cases, and trimming (RFC 9293 3.4, 3.10.7.4)."""

from __future__ import annotations

import pytest

from synfin.tcp import Event, State
from tests.harness import CloseWait, Closing, Context, Established, FinWait1, FinWait2, LastAck, TimeWait, octets

WRAP_AROUND = True


def closing_with_window(window: int) -> tuple[Context, int]:
    """FIN_WAIT_1 with so large a receive window, and RCV.NXT: a segment with ack=2 that is accepted leads on."""
    t = FinWait1(receive_buffer_bytes=1000)
    if window == 0:
        t.inject("PA ack=1 len=1000").advance(ms=40)
        assert t.drain()[-1].win == 0
    return t, t.peer.snd_nxt


@pytest.mark.parametrize(
    ("window", "offset", "length", "accepted"),
    [
        # SEG.LEN = 0, RCV.WND = 0: SEG.SEQ = RCV.NXT
        (0, 0, 0, True),
        (0, -1, 0, False),
        (0, 1, 0, False),
        (0, 1000, 0, False),
        # SEG.LEN = 0, RCV.WND > 0: RCV.NXT =< SEG.SEQ < RCV.NXT+RCV.WND
        (1000, -1, 0, False),
        (1000, 0, 0, True),
        (1000, 1, 0, True),
        (1000, 999, 0, True),
        (1000, 1000, 0, False),
        (1000, -(1 << 30), 0, False),
        (1000, 1 << 30, 0, False),
        # SEG.LEN > 0, RCV.WND = 0: not acceptable
        (0, 1, 1, False),
        (0, -1, 1, False),
        (0, -5, 5, False),
        # SEG.LEN > 0, RCV.WND > 0: the first or the last octet is inside
        (1000, -10, 10, False),
        (1000, -10, 11, True),
        (1000, -1, 1, False),
        (1000, 0, 1, True),
        (1000, 0, 1000, True),
        (1000, 0, 1100, True),
        (1000, 999, 1, True),
        (1000, 999, 100, True),
        (1000, 1000, 1, False),
        (1000, 5000, 100, False),
        (1000, -1000, 1000, False),
    ],
)
def test_four_cases(window: int, offset: int, length: int, accepted: bool) -> None:
    """[RFC9293-E06]; what is refused is answered with an ACK and not looked at further [RFC9293-E20]."""
    t, rcv_nxt = closing_with_window(window)
    t.inject(f"A seq={rcv_nxt + offset} ack=2" + (f" len={length}" if length else ""))
    if accepted:
        assert t.state is State.FIN_WAIT_2
    else:
        t.expect(f"A seq=2 ack={rcv_nxt} len=0")
        t.expect_nothing()
        assert t.state is State.FIN_WAIT_1


def test_closed_window_takes_no_text_but_acknowledgments() -> None:
    """[MUST-66] [RFC9293-E40]: SEG.SEQ = RCV.NXT with one octet is a window probe: ACK with window 0."""
    t, rcv_nxt = closing_with_window(0)
    t.inject(f"A seq={rcv_nxt} ack=2 len=1")
    t.expect(f"A seq=2 ack={rcv_nxt} win=0 len=0")
    assert t.state is State.FIN_WAIT_2
    assert t.app.read() == octets(1, 1000)


def test_closed_window_takes_urgent_notice() -> None:
    """[MUST-66]."""
    t = Established(receive_buffer_bytes=1000)
    t.inject("PA len=1000").advance(ms=40)
    t.drain()
    t.inject("UA urg=50")
    assert Event.URGENT in t.events


def test_probe_below_the_window_is_answered() -> None:
    """Linux's form of a window probe and every keep-alive: SEG.SEQ = RCV.NXT-1, no text [RFC9293-E40]."""
    t = Established(receive_buffer_bytes=1000)
    t.inject("PA len=1000").advance(ms=40)
    t.drain()
    t.inject("A seq=1000")
    t.expect("A seq=1 ack=1001 win=0")


STATES = pytest.mark.parametrize(
    "make",
    [Established, FinWait1, FinWait2, CloseWait, Closing, LastAck, TimeWait],
    ids=lambda make: make.__name__,
)


@STATES
@pytest.mark.parametrize("text", ["PA seq=-99 len=50", "FA seq=0", "A seq=-1", "- seq=-1", "PA seq=70000 len=50"])
def test_unacceptable_segment_draws_an_ack(make: type[Context], text: str) -> None:
    """<SEQ=SND.NXT><ACK=RCV.NXT><ACK> [RFC9293-E20]; an old duplicate changes nothing."""
    t = make()
    state, ack = t.state, t.peer.snd_nxt
    t.inject(text + (" ack=1" if "A" in text.split(maxsplit=1)[0] else ""))
    t.expect(f"A seq={t.peer.rcv_nxt} ack={ack} len=0")
    t.expect_nothing()
    assert t.state is state


def test_ack_field_of_an_unacceptable_segment_is_not_used() -> None:
    """Drop means drop (RFC 9293 3.10.7.4 first step)."""
    t = FinWait1()
    t.inject("A seq=70000 ack=2").expect("A seq=2 ack=1")
    assert t.state is State.FIN_WAIT_1


def test_old_part_is_trimmed() -> None:
    """[RFC9293-E21]: no octet is delivered twice."""
    t = Established()
    t.inject("PA seq=1 len=100")
    t.inject("PA seq=51 len=100")
    assert t.app.read() == octets(1, 150)
    t.advance(ms=500)
    assert t.drain()[-1].ack == 151


def test_part_beyond_the_window_is_trimmed() -> None:
    """[RFC9293-E21]."""
    t = Established(receive_buffer_bytes=1000)
    t.inject("PA seq=1 len=1200").advance(ms=40)
    assert t.drain()[-1].ack == 1001
    assert t.app.read() == octets(1, 1000)


def test_fin_beyond_the_window_is_trimmed() -> None:
    """[RFC9293-E21]: text to the edge, FIN one beyond it."""
    t = Established(receive_buffer_bytes=1000)
    t.inject("FPA seq=1 len=1000").advance(ms=40)
    sent = t.drain()[-1]
    assert (sent.ack, sent.win) == (1001, 0)
    assert t.state is State.ESTABLISHED
    assert t.app.read() == octets(1, 1000)
    t.drain()
    t.inject("FA seq=1001")
    assert t.drain()[-1].ack == 1002
    assert t.state is State.CLOSE_WAIT


def test_fin_that_fills_the_last_number_counts() -> None:
    """[RFC9293-E21]: 999 octets and FIN in a window of 1000."""
    t = Established(receive_buffer_bytes=1000)
    t.inject("FPA seq=1 len=999")
    assert t.drain()[-1].ack == 1001
    assert t.state is State.CLOSE_WAIT
    assert t.app.read() == octets(1, 999)


def test_fin_of_an_old_straddling_segment_counts_once() -> None:
    """[RFC9293-E21]: text repeated together with a FIN that is new."""
    t = Established()
    t.inject("PA seq=1 len=100")
    t.inject("FPA seq=1 len=100")
    assert t.drain()[-1].ack == 102
    assert t.state is State.CLOSE_WAIT
    assert t.app.read() == octets(1, 100)


def test_out_of_order_text_waits() -> None:
    """[SHLD-31]: 2, 3, 4, then 1: one ACK for all."""
    t = Established()
    for start in (101, 201, 301):
        t.inject(f"PA seq={start} len=100")
        t.expect("A seq=1 ack=1")
    assert not t.connection.readable
    t.inject("PA seq=1 len=100")
    t.expect("A seq=1 ack=401")
    assert t.app.read() == octets(1, 400)


def test_overlapping_pieces_give_each_octet_once() -> None:
    """[RFC9293-E21] [SHLD-31]."""
    t = Established()
    for start, length in ((11, 20), (21, 30), (5, 10), (41, 5)):
        t.inject(f"PA seq={start} len={length}")
    t.inject("PA seq=1 len=6")
    assert t.app.read() == octets(1, 50)


def test_syn_numbered_inside_old_text_is_no_text() -> None:
    """A SYN and text at RCV.NXT: challenged, the text is not delivered [RFC5961-06]."""
    t = Established()
    t.inject("SA seq=1 len=20").expect("A seq=1 ack=1")
    assert not t.connection.readable


def test_syn_whose_text_reaches_the_window_is_challenged() -> None:
    """SYN is judged "irrespective of the sequence number" [RFC5961-06]."""
    t = Established()
    t.inject("SA seq=-5 len=20").expect("A seq=1 ack=1")
    t.expect_rule("syn-in-window")
    assert not t.connection.readable


def test_syn_at_a_closed_window_is_challenged() -> None:
    """Its ACK field is not used [RFC5961-06] [MUST-66]."""
    t, rcv_nxt = closing_with_window(0)
    t.inject(f"SA seq={rcv_nxt} ack=2").expect(f"A seq=2 ack={rcv_nxt} win=0")
    assert t.state is State.FIN_WAIT_1


def test_options_are_accepted_in_any_segment() -> None:
    """[MUST-5]: an MSS option outside the handshake is read and has no effect."""
    t = Established(mss=1000, nodelay=True)
    t.inject("PA len=10 mss=100")
    t.app.read()
    t.drain()
    t.app.write(b"x" * 1000)
    assert t.outbox[0].len == 1000


@pytest.mark.parametrize("flags", ["PA", "FPA"])
def test_reserved_bits_are_ignored(flags: str) -> None:
    """[RFC9293-E02]: the three reserved bits beside the flags."""
    t = Established()
    segment = t.segment(f"{flags} len=10")
    segment.flags |= 0xE00
    t.inject_segment(segment)
    assert t.app.read() == octets(1, 10)
    t.advance(ms=500)
    assert t.drain()[-1].segment.flags == 0x010
