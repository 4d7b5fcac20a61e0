"""Closing a connection: RFC 9293 3.6, figures 12 and 13, half-close, half-duplex close, ABORT (3.10.4, 3.10.5)."""

from __future__ import annotations

import pytest

from synfin.config import TcpConfig
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
    Opened,
    SynReceived,
    TimeWait,
    octets,
)

WRAP_AROUND = True


def test_active_closer_of_figure_12() -> None:
    """S12, the end that closes first [RFC9293-E29] [RFC9293-E31]."""
    t = Established(iss=99, isn=299)
    t.app.close()
    t.expect("FA seq=@100 ack=@300 len=0")
    assert t.state is State.FIN_WAIT_1
    t.inject("A seq=@300 ack=@101").expect_nothing()
    assert t.state is State.FIN_WAIT_2
    t.inject("FA seq=@300 ack=@101")
    t.expect("A seq=@101 ack=@301 len=0")
    assert t.state is State.TIME_WAIT
    t.advance(ms=239_999).expect_nothing()
    assert t.state is State.TIME_WAIT
    t.advance(ms=1)
    assert t.state is State.CLOSED
    assert t.events.count(Event.CLOSED) == 1
    t.expect_nothing()


def test_passive_closer_of_figure_12() -> None:
    """S12, the other end [RFC9293-E31] [RFC9293-E35] [RFC9293-E29]."""
    t = Established(iss=299, isn=99)
    t.inject("FA seq=@100 ack=@300")
    t.expect("A seq=@300 ack=@101 len=0")
    assert t.state is State.CLOSE_WAIT
    assert t.events.count(Event.EOF) == 1
    t.app.close()
    t.expect("FA seq=@300 ack=@101 len=0")
    assert t.state is State.LAST_ACK
    t.inject("A seq=@101 ack=@301").expect_nothing()
    assert t.state is State.CLOSED
    t.expect_states("SYN_SENT", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED")
    assert t.events.count(Event.CLOSED) == 1


def test_simultaneous_close_of_figure_13() -> None:
    """S16: CLOSING on both sides, then TIME_WAIT [RFC9293-E31] [RFC9293-E29]."""
    t = Established(iss=99, isn=299)
    t.app.close()
    t.expect("FA seq=@100 ack=@300")
    t.inject("FA seq=@300 ack=@100")
    t.expect("A seq=@101 ack=@301")
    assert t.state is State.CLOSING
    t.inject("A seq=@301 ack=@101").expect_nothing()
    assert t.state is State.TIME_WAIT
    t.advance(ms=240_000)
    assert t.state is State.CLOSED


def test_fin_and_ack_together_skip_fin_wait_2() -> None:
    """S15: FIN_WAIT_1 to TIME_WAIT [RFC9293-E31]."""
    t = FinWait1()
    t.inject("FA ack=2")
    t.expect("A seq=2 ack=2")
    assert t.state is State.TIME_WAIT
    t.expect_states("SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "TIME_WAIT")


def test_fin_that_does_not_acknowledge_ours_leads_to_closing() -> None:
    """S15 counter-check: our FIN must be acknowledged, not any flag [RFC9293-E31]."""
    t = FinWait1()
    t.inject("FA ack=1")
    t.expect("A seq=2 ack=2")
    assert t.state is State.CLOSING


def test_close_at_eof_merges_the_acknowledgment_and_the_fin() -> None:
    """S12: an application that closes at once answers with one FIN,ACK: three segments."""
    t = Established()
    with t.batch():
        t.inject("FA")
        t.app.close()
    t.expect("FA seq=1 ack=2")
    t.expect_nothing()
    assert t.state is State.LAST_ACK


def test_lost_fin_is_sent_again_in_fin_wait_1() -> None:
    """S12 loss of 1 [RFC9293-E39]."""
    t = FinWait1()
    for wait in (1, 2, 4):
        start = t.ms
        again = t.advance_until_sent()
        assert (again.flags, again.seq, again.ack) == ("FA", 1, 1)
        assert again.ms - start == pytest.approx(wait * 1000, abs=1)
    t.inject("A ack=2").expect_nothing()
    assert t.state is State.FIN_WAIT_2


def test_repeated_fin_in_close_wait_is_acknowledged_again() -> None:
    """S12 loss of 2 [RFC9293-E20]."""
    t = CloseWait()
    t.inject("FA seq=1")
    t.expect("A seq=1 ack=2")
    assert t.state is State.CLOSE_WAIT
    assert t.events.count(Event.EOF) == 1


def test_lost_fin_is_sent_again_in_last_ack_and_in_closing() -> None:
    """S12 loss of 3, S16 loss of the ACK [RFC9293-E39]."""
    for t in (LastAck(), Closing()):
        again = t.advance_until_sent()
        assert (again.flags, again.seq, again.ack) == ("FA", 1, 2)


def test_repeated_fin_in_closing_and_last_ack_is_acknowledged_again() -> None:
    """[RFC9293-E20]."""
    for t in (LastAck(), Closing()):
        state = t.state
        t.inject("FA seq=1 ack=1")
        t.expect("A seq=2 ack=2")
        assert t.state is state


def test_fin_wait_2_of_an_open_socket_lasts_for_ever() -> None:
    """S21: after shutdown() no time-out, in any preset."""
    for config in (TcpConfig(), TcpConfig.linux()):
        t = FinWait2(config=config)
        t.advance(ms=30 * 86_400_000).expect_nothing()
        assert t.state is State.FIN_WAIT_2


def test_fin_wait_2_of_an_orphan() -> None:
    """S21: the RFC knows no time-out, Linux ends it after 60 s and then answers a FIN with RST."""
    t = FinWait2(how="close")
    t.advance(ms=30 * 86_400_000).expect_nothing()
    assert t.state is State.FIN_WAIT_2
    linux = FinWait2(how="close", config=TcpConfig.linux())
    linux.advance(ms=59_000)
    assert linux.state is State.FIN_WAIT_2
    linux.advance(ms=1_100).expect_nothing()
    assert linux.state is State.CLOSED
    linux.inject("FA ack=2")
    linux.expect("R seq=2")


def test_close_wait_lasts_for_ever() -> None:
    """S20: no timer runs."""
    t = CloseWait()
    assert t.next_deadline() is None
    t.advance(ms=30 * 86_400_000).expect_nothing()
    assert t.state is State.CLOSE_WAIT
    t.app.write(b"still here")
    t.expect("PA seq=1 ack=2 len=10")


# Half-close


def test_half_close_goes_on_receiving() -> None:
    """S13: reading works in FIN_WAIT_1 and FIN_WAIT_2, our number does not move [RFC9293-E38] [RFC9293-E05]."""
    t = FinWait1()
    t.inject("PA ack=1 len=4")
    assert t.app.read() == octets(1, 4)
    t.inject("A ack=2")
    t.drain()
    t.inject("PA ack=2 len=20")
    assert t.app.read() == octets(5, 20)
    t.advance(ms=500)
    for sent in t.drain():
        assert (sent.flags, sent.seq, sent.len) == ("A", 2, 0)
    assert sent.ack == 25
    t.inject("FA ack=2")
    t.expect("A seq=2 ack=26")
    assert t.app.read() == b""
    assert t.connection.at_eof
    assert t.state is State.TIME_WAIT


def test_half_close_cannot_write() -> None:
    """S13 [RFC9293-E37]: EPIPE."""
    t = FinWait2()
    with pytest.raises(BrokenPipeError):
        t.connection.write(b"x", t.now)
    assert not t.connection.writable
    t.expect_nothing()


def test_close_wait_can_write_and_be_acknowledged() -> None:
    """S13, the other end [RFC9293-E37]."""
    t = CloseWait()
    t.app.write(octets(1, 24))
    t.expect("PA seq=1 ack=2 len=24")
    t.inject("A ack=25").expect_nothing()
    t.app.shutdown()
    t.expect("FA seq=25 ack=2")
    assert t.state is State.LAST_ACK


def test_close_wait_returns_buffered_text_then_eof() -> None:
    """[RFC9293-E38] [MUST-12]."""
    t = Established()
    t.inject("FA len=10")
    assert t.state is State.CLOSE_WAIT
    assert not t.connection.at_eof
    assert t.app.read(4) == octets(1, 4)
    assert t.app.read() == octets(5, 6)
    assert t.connection.at_eof
    assert t.app.read() == b""
    assert t.connection.error is None
    assert t.events.count(Event.EOF) == 1


# The FIN and the stream


def test_fin_waits_for_queued_text() -> None:
    """CLOSE: "until all preceding SENDs have been segmentized"; the FIN rides on the last of it [RFC9293-E35]."""
    t = Established(mss=1000, win=2000)
    t.app.write(octets(1, 3000))
    t.app.close()
    assert [(sent.seq, sent.len) for sent in t.drain()] == [(1, 1000), (1001, 1000)]
    t.inject("A ack=2001")
    t.expect("FPA seq=2001 len=1000")
    assert t.state is State.FIN_WAIT_1
    t.inject("A ack=3001").expect_nothing()
    assert t.state is State.FIN_WAIT_1
    t.inject("A ack=3002")
    assert t.state is State.FIN_WAIT_2


def test_text_and_fin_in_one_segment_count_both() -> None:
    """S14: FIN.SEQ + len + 1 [RFC9293-E05]."""
    t = Established()
    t.inject("FPA len=3")
    t.expect("A seq=1 ack=5")
    assert t.app.read() == octets(1, 3)


def test_fin_ahead_of_a_gap_is_held() -> None:
    """S14 [RFC9293-E33]."""
    t = Established()
    t.inject("FPA seq=101 len=10")
    t.expect("A ack=1")
    assert t.state is State.ESTABLISHED
    assert Event.EOF not in t.events
    t.inject("PA seq=1 len=100")
    t.expect("A ack=112")
    assert t.state is State.CLOSE_WAIT
    assert t.app.read() == octets(1, 110)
    assert t.connection.at_eof
    assert t.events.count(Event.EOF) == 1


def test_bare_fin_ahead_of_a_gap_is_held() -> None:
    """[RFC9293-E33]."""
    t = Established()
    t.inject("FA seq=51")
    t.expect("A ack=1")
    assert t.state is State.ESTABLISHED
    t.inject("PA seq=1 len=20")
    assert t.state is State.ESTABLISHED
    t.inject("PA seq=21 len=30")
    assert t.drain()[-1].ack == 52
    assert t.state is State.CLOSE_WAIT


def test_a_fin_ahead_of_a_gap_works_in_fin_wait_states_too() -> None:
    """[RFC9293-E33] [RFC9293-E31]."""
    t = FinWait2()
    t.inject("FA seq=11")
    assert t.drain()[-1].ack == 1
    assert t.state is State.FIN_WAIT_2
    t.inject("PA seq=1 len=10")
    t.expect("A seq=2 ack=12")
    assert t.state is State.TIME_WAIT


def test_text_beyond_the_fin_is_not_delivered() -> None:
    """[RFC9293-E34]."""
    t = CloseWait()
    t.inject("PA seq=2 len=50")
    assert t.app.read() == b""
    assert t.state is State.CLOSE_WAIT
    for sent in t.drain():
        assert (sent.flags, sent.ack) == ("A", 2)


def test_a_second_close_sends_no_second_fin() -> None:
    """[RFC9293-E35]."""
    for make in (FinWait1, FinWait2, Closing, LastAck, TimeWait):
        t = make()
        state = t.state
        t.app.shutdown()
        t.app.close()
        t.expect_nothing()
        assert t.state is state


def test_close_in_syn_received_sends_the_fin() -> None:
    """RFC 9293 3.10.4: with nothing queued, FIN_WAIT_1 at once [RFC9293-E35]."""
    t = SynReceived(passive=False)
    t.app.shutdown()
    assert t.state in (State.FIN_WAIT_1, State.SYN_RECEIVED)
    t.inject("A seq=1 ack=1")
    t.advance(ms=1_000)
    fins = [sent for sent in t.sent if "F" in sent.flags]
    assert fins
    assert {(sent.seq, sent.ack) for sent in fins} == {(1, 1)}
    assert t.state is State.FIN_WAIT_1


def test_close_before_open_deletes_the_block() -> None:
    """[RFC9293-E35]."""
    t = Closed()
    t.app.close()
    t.expect_nothing()
    assert t.state is State.CLOSED


# Half-duplex close


def test_close_with_unread_text_resets() -> None:
    """S13 contrast [SHLD-3] [MAY-1]."""
    t = Established()
    t.inject("PA len=10")
    t.drain()
    t.app.close()
    sent = t.drain()
    assert len(sent) == 1
    assert "R" in sent[0].flags
    assert sent[0].seq == 1
    assert t.state is State.CLOSED
    t.advance(ms=60_000).expect_nothing()


def test_text_after_close_resets() -> None:
    """S13 contrast [SHLD-3]: the block is gone, so the answer is that of CLOSED, <SEQ=SEG.ACK><RST>.

    A peer that has lost our FIN would take a RST at SND.NXT for one that is not exactly at RCV.NXT (RFC 5961 3.2).
    """
    for make, ack in ((FinWait1, 1), (FinWait2, 2)):
        t = make(how="close")
        t.inject(f"PA seq=1 ack={ack} len=1000")
        sent = t.drain()
        assert len(sent) == 1
        assert sent[0].flags == "R"
        assert sent[0].seq == ack
        assert t.state is State.CLOSED
        assert "text-after-close" in t.rules


def test_fin_after_close_is_no_text() -> None:
    """[SHLD-3] is about text only."""
    t = FinWait2(how="close")
    t.inject("FA ack=2")
    t.expect("A seq=2 ack=2")
    assert t.state is State.TIME_WAIT


def test_close_with_everything_read_is_orderly() -> None:
    """[SHLD-3] counter-check."""
    t = Established()
    t.inject("PA len=10")
    t.app.read()
    t.drain()
    t.app.close()
    t.expect("FA seq=1 ack=11")
    assert t.state is State.FIN_WAIT_1


def test_shutdown_with_unread_text_is_orderly() -> None:
    """shutdown() says nothing about reading [MAY-1]."""
    t = Established()
    t.inject("PA len=10")
    t.app.shutdown()
    assert t.drain()[-1].flags == "FA"
    assert t.app.read() == octets(1, 10)


def test_linger_zero_resets() -> None:
    """S19, S22: close() with linger 0 sends RST, unsent text is lost."""
    t = Established(linger_ms=0, win=100)
    t.app.write(b"x" * 1000)
    t.drain()
    t.app.close()
    sent = t.drain()
    assert len(sent) == 1
    assert "R" in sent[0].flags
    assert t.state is State.CLOSED


# ABORT

ABORTED = pytest.mark.parametrize(
    ("make", "answer"),
    [
        (Opened, None),
        (lambda: SynReceived(passive=False), 1),
        (Established, 1),
        (FinWait1, 2),
        (FinWait2, 2),
        (CloseWait, 1),
        (Closing, None),
        (LastAck, None),
        (TimeWait, None),
    ],
    ids=[
        "SYN_SENT",
        "SYN_RECEIVED",
        "ESTABLISHED",
        "FIN_WAIT_1",
        "FIN_WAIT_2",
        "CLOSE_WAIT",
        "CLOSING",
        "LAST_ACK",
        "TIME_WAIT",
    ],
)


@ABORTED
def test_abort_in_each_state(make: type[Context], answer: int | None) -> None:
    """<SEQ=SND.NXT><RST> where the peer may still believe in the connection [RFC9293-E36]."""
    t = make()
    t.app.abort()
    if answer is not None:
        sent = t.drain()
        assert len(sent) == 1
        assert sent[0].flags in ("R", "RA")
        assert (sent[0].seq, sent[0].len) == (answer, 0)
    t.expect_nothing()
    assert t.state is State.CLOSED
    t.advance(ms=500_000).expect_nothing()


def test_abort_flushes_what_was_queued() -> None:
    """RFC 9293 3.10.5 [RFC9293-E36]."""
    t = Established(win=100)
    t.app.write(b"x" * 1000)
    t.drain()
    t.app.abort()
    sent = t.drain()
    assert [s.flags[0] for s in sent] == ["R"]
    assert sent[0].len == 0
    assert sent[0].seq == 101
    t.advance(ms=500_000).expect_nothing()


def test_fin_and_rst_are_told_apart() -> None:
    """[MUST-12]."""
    normal, aborted = Established(), Established()
    normal.inject("FA")
    aborted.inject("R seq=1")
    assert normal.app.read() == b""
    assert normal.connection.error is None
    assert Event.EOF in normal.events
    assert Event.RESET not in normal.events
    assert isinstance(aborted.connection.error, ConnectionResetError)
    assert Event.RESET in aborted.events
    assert Event.EOF not in aborted.events
    with pytest.raises(ConnectionResetError):
        aborted.connection.read(1, aborted.now)
    with pytest.raises(ConnectionResetError):
        aborted.connection.write(b"x", aborted.now)


def test_linux_gives_up_an_orphaned_fin_wait_1() -> None:
    """S12, measured: eight retransmissions, then silence."""
    t = FinWait1(how="close", config=TcpConfig.linux())
    fins = []
    while t.state is State.FIN_WAIT_1:
        deadline = t.next_deadline()
        assert deadline is not None
        t.advance(to_ms=deadline / 1_000_000)
        fins += t.drain()
    assert len(fins) == 8
    assert {(sent.flags, sent.seq) for sent in fins} == {("FA", 1)}
    assert 90_000 < t.ms < 130_000
    t.advance(ms=500_000).expect_nothing()
