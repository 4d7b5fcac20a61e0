"""Resets: when they are made (RFC 9293 3.5.2), when they count (3.5.3), and half-open discovery (figures 9 to 11)."""

from __future__ import annotations

import pytest

from synfin.tcp import Event, State
from tests.harness import (
    Closed,
    CloseWait,
    Closing,
    Context,
    Established,
    FinWait1,
    FinWait2,
    LastAck,
    Listening,
    Opened,
    SynReceived,
    TimeWait,
    octets,
)

WRAP_AROUND = True

NO_CONNECTION = [
    # what arrives, what is answered: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><RST,ACK>, or <SEQ=SEG.ACK><RST>
    ("S seq=@500", "RA seq=@0 ack=@501"),
    ("S seq=@500 len=7", "RA seq=@0 ack=@508"),
    ("SF seq=@500 len=7", "RA seq=@0 ack=@509"),
    ("F seq=@500", "RA seq=@0 ack=@501"),
    ("F seq=@500 len=2", "RA seq=@0 ack=@503"),
    ("- seq=@500", "RA seq=@0 ack=@500"),
    ("P seq=@500 len=9", "RA seq=@0 ack=@509"),
    ("U seq=@500 len=9 urg=9", "RA seq=@0 ack=@509"),
    ("S seq=@4294967295", "RA seq=@0 ack=@0"),
    ("A seq=@500 ack=@900", "R seq=@900"),
    ("PA seq=@500 ack=@900 len=10", "R seq=@900"),
    ("SA seq=@500 ack=@900", "R seq=@900"),
    ("FA seq=@500 ack=@900", "R seq=@900"),
    ("SFPAU seq=@500 ack=@0 len=3 urg=1", "R seq=@0"),
    ("R seq=@500", None),
    ("RA seq=@500 ack=@900", None),
    ("RS seq=@500", None),
    ("RF seq=@500 len=40", None),
    ("RSFPAU seq=@500 ack=@900 len=40", None),
]


@pytest.mark.parametrize(("text", "answer"), NO_CONNECTION)
def test_closed(text: str, answer: str | None) -> None:
    """RFC 9293 3.10.7.1, S22 [RFC9293-E13]; a RST is never answered."""
    t = Closed()
    t.inject(text)
    if answer is not None:
        sent = t.expect(answer)
        assert sent.len == 0
        if sent.flags == "R":
            assert sent.segment.ack == 0
    t.expect_nothing()
    assert t.state is State.CLOSED


@pytest.mark.parametrize(("text", "answer"), [case for case in NO_CONNECTION if case[1] is not None])
def test_block_that_was_deleted(text: str, answer: str) -> None:
    """After CLOSED nothing of the old connection is left: the same answers as without a block [RFC9293-E13]."""
    t = Established()
    t.app.abort()
    t.drain()
    t.inject(text)
    t.expect(answer)
    t.expect_nothing()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("A seq=@500 ack=@900", "R seq=@900"),
        ("SA seq=@500 ack=@900", "R seq=@900"),
        ("PA seq=@500 ack=@900 len=5", "R seq=@900"),
        ("FA seq=@500 ack=@900", "R seq=@900"),
        ("SFPUA seq=@500 ack=@900", "R seq=@900"),
        ("R seq=@500", None),
        ("RA seq=@500 ack=@900", None),
        ("RS seq=@500", None),
        ("RSA seq=@500 ack=@900", None),
        ("F seq=@500", None),
        ("- seq=@500", None),
        ("P seq=@500 len=5", None),
        ("U seq=@500 urg=3", None),
        ("FPU seq=@500 len=5 urg=5", None),
    ],
)
def test_listen(text: str, answer: str | None) -> None:
    """RFC 9293 3.10.7.2, S04 [RFC9293-E14] [RFC9293-E32]."""
    t = Listening()
    t.inject(text)
    if answer is not None:
        assert t.expect(answer).segment.ack == 0
    t.expect_nothing()
    assert t.state is State.LISTEN
    assert t.accept() is None
    t.handshake()


def test_reset_numbers_are_acceptable_to_the_other_end() -> None:
    """3.5.2: a live connection that gets the RST of a CLOSED one is reset by it."""
    live, dead = Established(), Closed()
    live.app.write(b"hello")
    segment = live.expect("PA").segment
    segment.src_port, segment.dst_port = segment.dst_port, segment.src_port
    dead.inject_segment(segment)
    answer = dead.outbox.pop(0).segment
    answer.src_port, answer.dst_port = live.peer.endpoint.port, live.local.port
    live.inject_segment(answer)
    assert live.state is State.CLOSED
    assert isinstance(live.connection.error, ConnectionResetError)


# Half-open connections


def test_crashed_peer_opens_again_as_in_figure_9() -> None:
    """SYN into ESTABLISHED, ACK, RST, abort, and the SYN's retransmission finds no block [RFC9293-E11]
    [RFC5961-07] [RFC5961-06]."""
    t = Established(iss=299, isn=99)
    t.inject("S seq=@400")
    t.expect("A seq=@300 ack=@100 len=0")
    assert t.state is State.ESTABLISHED
    t.inject("R seq=@100").expect_nothing()
    assert t.state is State.CLOSED
    assert isinstance(t.connection.error, ConnectionResetError)


def test_crashed_client_opens_again_as_in_figure_9() -> None:
    """The other end of the figure: SYN_SENT gets the ACK, answers <SEQ=100><RST>, keeps its SYN [RFC9293-E11]."""
    t = Opened(iss=400, isn=299)
    t.inject("A seq=@300 ack=@100")
    t.expect("R seq=@100 ack=@0")
    assert t.state is State.SYN_SENT
    again = t.advance_until_sent()
    assert (again.flags, again.segment.seq) == ("S", 400)
    t.inject("SA seq=@900 ack=@401").expect("A seq=@401 ack=@901")
    assert t.state is State.ESTABLISHED


def test_listener_goes_on_after_figure_9() -> None:
    """The retransmitted SYN succeeds at the server [RFC9293-E11] [RFC5961-07]."""
    t = Listening(iss=[299, 700], isn=99)
    t.handshake()
    t.inject("S seq=@400")
    t.expect("A seq=@300 ack=@100")
    t.inject("R seq=@100")
    assert t.state is State.CLOSED
    t.peer.connection = None
    t.inject("S seq=@400")
    t.expect("SA seq=@700 ack=@401")


def test_data_into_nothing_as_in_figure_10() -> None:
    """The sender of data learns it by the RST [RFC9293-E12]."""
    t = Established(iss=99, isn=299)
    t.app.write(b"x" * 10)
    t.expect("PA seq=@100 ack=@300 len=10")
    t.inject("R seq=@300").expect_nothing()
    assert t.state is State.CLOSED
    assert t.events.count(Event.RESET) == 1
    dead = Closed()
    dead.inject("PA seq=@300 ack=@100 len=10")
    dead.expect("R seq=@100")


def test_old_syn_ack_to_a_listener_as_in_figure_11() -> None:
    """Two listeners, an old duplicate SYN: the SYN+ACK to the second draws <SEQ=SEG.ACK><RST> [RFC9293-E12]."""
    first, second = Listening(iss=500), Listening()
    first.inject("S seq=@77")
    first.expect("SA seq=@500 ack=@78")
    second.inject("SA seq=@500 ack=@78")
    second.expect("R seq=@78")
    assert second.state is State.LISTEN
    first.inject("R seq=@78").expect_nothing()
    assert first.state is State.LISTEN
    assert first.accept() is None


# When a RST counts

SYNCHRONIZED = pytest.mark.parametrize(
    "make", [Established, FinWait1, FinWait2, CloseWait, Closing, LastAck], ids=lambda make: make.__name__
)


@SYNCHRONIZED
def test_reset_at_rcv_nxt_ends_the_connection(make: type[Context]) -> None:
    """[RFC9293-E23] [RFC5961-02]: CLOSED, nothing sent, nothing later."""
    t = make()
    had_eof = Event.EOF in t.events
    t.inject("R").expect_nothing()
    assert t.state is State.CLOSED
    t.expect_rule("rst-exact")
    if make in (Established, FinWait1, FinWait2):
        assert t.events.count(Event.RESET) == 1
        assert isinstance(t.connection.error, ConnectionResetError)
    if make in (Closing, LastAck):  # both directions were closed: "enter the CLOSED state", nobody is told
        assert t.connection.error is None
    assert had_eof + t.events.count(Event.RESET) == 1
    assert t.events.count(Event.CLOSED) == 1
    t.advance(ms=1_000_000).expect_nothing()


def test_writer_in_close_wait_learns_of_the_reset() -> None:
    """Pending SENDs get "reset" although the end of the stream was told before [RFC9293-E23]."""
    t = CloseWait()
    t.app.write(b"x" * 10)
    t.inject("R")
    assert t.state is State.CLOSED
    with pytest.raises(ConnectionResetError):
        t.connection.write(b"x", t.now)


@SYNCHRONIZED
def test_reset_with_text_counts_and_delivers_nothing(make: type[Context]) -> None:
    """[SHLD-2]."""
    t = make()
    t.inject("RA len=20").expect_nothing()
    assert t.state is State.CLOSED
    assert not t.connection.readable


@SYNCHRONIZED
def test_reset_inside_the_window_is_challenged(make: type[Context]) -> None:
    """[RFC5961-03]."""
    t = make()
    state = t.state
    ack = t.peer.snd_nxt
    t.inject(f"R seq={ack + 1}")
    t.expect(f"A seq={t.peer.rcv_nxt} ack={ack} len=0")
    assert t.state is state


@SYNCHRONIZED
@pytest.mark.parametrize("offset", [-1, -1000, 65_535, 65_536, 1 << 30])
def test_reset_outside_the_window_is_dropped(make: type[Context], offset: int) -> None:
    """[RFC5961-01] [RFC9293-E20]: silence."""
    t = make()
    state = t.state
    t.inject(f"RA seq={t.peer.snd_nxt + offset}").expect_nothing()
    t.expect_rule("rst-outside-window")
    assert t.state is state


def test_reset_needs_no_ack() -> None:
    """S22: neither an ACK flag nor an acceptable ACK field is asked for."""
    for text in ("R seq=1", "RA seq=1 ack=1", "RA seq=1 ack=-70000", "RA seq=1 ack=70000"):
        t = Established()
        t.inject(text).expect_nothing()
        assert t.state is State.CLOSED


def test_reset_with_a_closed_window_counts_only_at_rcv_nxt() -> None:
    """[MUST-66] [RFC9293-E06]: with RCV.WND = 0 only SEQ = RCV.NXT is inside."""
    t = Established(receive_buffer_bytes=1000)
    t.inject("PA len=1000").advance(ms=40)
    assert t.drain()[-1].win == 0
    t.inject("R seq=1002").expect_nothing()
    assert t.state is State.ESTABLISHED
    t.inject("R seq=1001").expect_nothing()
    assert t.state is State.CLOSED


def test_queues_are_flushed_by_a_reset() -> None:
    """Text ahead of a gap and text to send are lost; what was acknowledged can be read, then comes the error
    [RFC9293-E23]."""
    t = Established(win=5)
    t.app.write(b"x" * 100)
    t.inject("PA len=10")
    t.inject("PA seq=100 len=10")
    t.drain()
    t.inject("R seq=11").expect_nothing()
    assert t.app.read() == octets(1, 10)
    with pytest.raises(ConnectionResetError):
        t.connection.read(100, t.now)
    t.advance(ms=300_000).expect_nothing()


@SYNCHRONIZED
def test_old_reset_whose_text_reaches_the_window_is_dropped(make: type[Context]) -> None:
    """Only SEG.SEQ is looked at [RFC5961-01]."""
    t = make()
    state = t.state
    t.inject(f"R seq={t.peer.snd_nxt - 5} len=20").expect_nothing()
    t.expect_rule("rst-outside-window")
    assert t.state is state


def test_lost_reset_leaves_the_peer_half_open() -> None:
    """S22: a RST is not retransmitted."""
    t = Established()
    t.app.abort()
    assert len(t.drain()) == 1
    t.advance(ms=1_000_000).expect_nothing()
    t.inject("PA seq=1 ack=1 len=5")
    t.expect("R seq=1")


def test_reset_of_an_embryo_is_silent() -> None:
    """[RFC9293-E22] [MUST-11]."""
    t = SynReceived()
    t.inject("R seq=1").expect_nothing()
    assert t.state is State.LISTEN
    t.advance(ms=500_000).expect_nothing()


@pytest.mark.parametrize("seq", [2, 100, 65_535])
def test_reset_inside_the_window_of_an_embryo_is_challenged(seq: int) -> None:
    """[RFC5961-03] in SYN_RECEIVED."""
    t = SynReceived()
    t.inject(f"R seq={seq}")
    t.expect("A seq=1 ack=1 len=0")
    assert t.state is State.SYN_RECEIVED


@pytest.mark.parametrize("seq", [0, -5, 65_536, 1 << 29])
def test_reset_outside_the_window_of_an_embryo_is_dropped(seq: int) -> None:
    """[RFC5961-01] in SYN_RECEIVED."""
    t = SynReceived()
    t.inject(f"R seq={seq}").expect_nothing()
    assert t.state is State.SYN_RECEIVED


def test_time_wait_is_not_reset() -> None:
    """[RFC1337-02]: with the protection on, as by default."""
    t = TimeWait()
    t.inject("R seq=2").expect_nothing()
    t.expect_rule("time-wait-rst-ignored")
    assert t.state is State.TIME_WAIT


def test_stream_before_the_reset_can_be_read_until_it_comes() -> None:
    """What was read stays read."""
    t = Established()
    t.inject("PA len=10")
    assert t.app.read() == octets(1, 10)
    t.inject("R seq=11")
    assert t.events.count(Event.RESET) == 1
