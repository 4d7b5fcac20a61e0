"""Opening a connection: RFC 9293 3.5, figures 6 to 8, and data on the segments of the handshake."""

from __future__ import annotations

import pytest

from synfin.config import TcpConfig
from synfin.tcp import Event, State
from tests.harness import Closed, Listening, Opened, SynReceived, octets

WRAP_AROUND = True


def test_active_side_of_figure_6() -> None:
    """S01, the client's end [RFC9293-E08] [RFC9293-E05]."""
    t = Closed(iss=100, isn=300)
    assert t.state is State.CLOSED
    t.app.open()
    t.expect("S seq=@100 ack=@0 len=0")
    assert t.state is State.SYN_SENT
    t.inject("SA seq=@300 ack=@101")
    assert t.state is State.ESTABLISHED
    t.expect("A seq=@101 ack=@301 len=0")
    t.app.write(b"12345")
    t.expect("PA seq=@101 ack=@301 len=5")
    t.expect_nothing()
    t.expect_states("SYN_SENT", "ESTABLISHED")
    assert t.events.count(Event.CONNECTED) == 1


def test_passive_side_of_figure_6() -> None:
    """S01, the server's end: nothing can be accepted before the third segment [RFC9293-E08]."""
    t = Listening(iss=300, isn=100)
    t.inject("S seq=@100")
    t.expect("SA seq=@300 ack=@101 len=0")
    assert t.state is State.SYN_RECEIVED
    assert t.accept() is None
    t.inject("A seq=@101 ack=@301")
    t.expect_nothing()
    assert t.state is State.ESTABLISHED
    assert t.accept() is not None
    t.inject("PA seq=@101 ack=@301 data=hello")
    assert t.app.read() == b"hello"
    t.advance(ms=500)
    t.expect("A seq=@301 ack=@106 len=0")


def test_simultaneous_open_of_figure_7() -> None:
    """S11: crossing SYNs make one connection, each SYN is sent again unchanged with an ACK [MUST-10] [RFC9293-E09]
    [RFC9293-E17]."""
    t = Closed(iss=100, isn=300)
    t.app.open()
    t.expect("S seq=@100")
    t.inject("S seq=@300")
    assert t.state is State.SYN_RECEIVED
    t.expect("SA seq=@100 ack=@301 len=0")
    assert Event.CONNECTED not in t.events
    t.inject("SA seq=@300 ack=@101")
    assert t.state is State.ESTABLISHED
    for sent in t.drain():
        assert (sent.flags, sent.segment.seq, sent.segment.ack, sent.len) == ("A", 101, 301, 0)
    assert t.events.count(Event.CONNECTED) == 1
    t.expect_states("SYN_SENT", "SYN_RECEIVED", "ESTABLISHED")


def test_simultaneous_open_completed_by_a_plain_ack() -> None:
    """S11 variant [MUST-10]."""
    t = SynReceived(passive=False)
    t.inject("A seq=1 ack=1").expect_nothing()
    assert t.state is State.ESTABLISHED
    t.inject("PA data=x")
    assert t.app.read() == b"x"


def test_simultaneous_open_completed_by_data() -> None:
    """S11 variant: the peer is ESTABLISHED already and its ACK was lost [MUST-10] [RFC9293-E26]."""
    t = SynReceived(passive=False)
    t.inject("PA seq=1 ack=1 data=hello")
    assert t.state is State.ESTABLISHED
    assert t.app.read() == b"hello"


def test_simultaneous_open_repeats_its_syn_ack_until_answered() -> None:
    """S11 variant, our SYN+ACK is lost: same number, same acknowledgment [RFC9293-E09]."""
    t = SynReceived(passive=False)
    first = t.sent[-1]
    again = t.advance_until_sent()
    assert (again.flags, again.seq, again.ack) == (first.flags, first.seq, first.ack) == ("SA", 0, 1)
    t.inject("S seq=0")  # the peer saw nothing either
    t.expect("SA seq=0 ack=1")
    assert t.state is State.SYN_RECEIVED


def test_old_duplicate_syn_of_figure_8_at_the_client() -> None:
    """S05: an acknowledgment of a SYN that is not ours draws <SEQ=SEG.ACK><RST> [RFC9293-E10] [RFC9293-E15]."""
    t = Opened(iss=100, isn=300)
    t.inject("SA seq=@300 ack=@91")
    t.expect("R seq=@91 ack=@0 len=0")
    t.expect_rule("syn-sent-bad-ack")
    assert t.state is State.SYN_SENT
    t.inject("SA seq=@400 ack=@101")
    t.expect("A seq=@101 ack=@401")
    assert t.state is State.ESTABLISHED


def test_old_duplicate_syn_of_figure_8_at_the_server() -> None:
    """S05: the RST brings the listener back, its application never hears of the phantom [RFC9293-E10] [MUST-11]."""
    t = Listening(iss=[300, 400], isn=100)
    t.inject("S seq=@90")
    t.expect("SA seq=@300 ack=@91")
    t.inject("R seq=@91").expect_nothing()
    t.expect_rule("rst-returns-to-listen")
    assert t.state is State.LISTEN
    assert t.accept() is None
    t.inject("S seq=@100")
    t.expect("SA seq=@400 ack=@101")
    t.inject("A seq=@101 ack=@401")
    assert t.accept() is not None
    assert t.state is State.ESTABLISHED
    assert t.accept() is None


def test_new_syn_outside_the_window_of_a_phantom_is_acknowledged() -> None:
    """S05 variant: the right SYN comes before the RST; the ACK makes the client kill the phantom [RFC9293-E24]."""
    t = Listening(iss=[300, 400], isn=100)
    t.inject("S seq=@200")
    t.expect("SA seq=@300 ack=@201")
    t.inject("S seq=@100")
    t.expect("A seq=@301 ack=@201 len=0")
    assert t.state is State.SYN_RECEIVED
    t.inject("R seq=@201").expect_nothing()
    t.inject("S seq=@100")
    t.expect("SA seq=@400 ack=@101")


def test_new_syn_inside_the_window_of_a_phantom_returns_to_listen() -> None:
    """RFC 9293 3.10.7.4 fourth step, passive [RFC9293-E24]."""
    t = Listening(iss=[300, 400], isn=100)
    t.inject("S seq=@90")
    t.expect("SA seq=@300 ack=@91")
    t.inject("S seq=@100").expect_nothing()
    t.expect_rule("syn-returns-to-listen")
    assert t.state is State.LISTEN
    t.inject("S seq=@100")
    t.expect("SA seq=@400 ack=@101")


def test_linux_also_resets_on_a_new_syn_inside_the_window() -> None:
    """S05, measured: back to LISTEN and RST,ACK [RFC9293-E24]."""
    t = Listening(config=TcpConfig.linux(), iss=[300, 400], isn=100)
    t.inject("S seq=@90")
    t.expect("SA seq=@300 ack=@91")
    t.inject("S seq=@100")
    assert t.expect("RA").segment.ack == 101
    assert t.state is State.LISTEN


@pytest.mark.parametrize("text", ["S seq=0", "S seq=0 len=20"])
def test_repeated_syn_draws_the_same_syn_ack(text: str) -> None:
    """S07 [RFC9293-E24]."""
    t = SynReceived()
    first = t.sent[-1]
    t.inject(text)
    again = t.expect("SA seq=0")
    assert again.segment.seq == first.segment.seq
    assert again.segment.ack == first.segment.ack
    assert t.state is State.SYN_RECEIVED


def test_third_segment_may_carry_data() -> None:
    """S03 [RFC9293-E26]."""
    t = Listening()
    t.handshake("PA data=abc")
    assert t.state is State.ESTABLISHED
    assert t.app.read() == b"abc"
    t.advance(ms=500)
    t.expect("A seq=1 ack=4")


def test_third_segment_may_be_a_fin() -> None:
    """S08 (ii): SYN_RECEIVED, ESTABLISHED, CLOSE_WAIT; accept() gives a connection at its end [RFC9293-E31]."""
    t = Listening()
    t.handshake("FA")
    t.expect("A seq=1 ack=2")
    assert t.connection.at_eof
    assert t.app.read() == b""
    t.expect_states("SYN_RECEIVED", "ESTABLISHED", "CLOSE_WAIT")


def test_third_ack_lost_then_data_completes() -> None:
    """S08 (ii) [RFC9293-E26]."""
    t = SynReceived()
    again = t.advance_until_sent()
    assert (again.flags, again.seq, again.ack) == ("SA", 0, 1)
    t.inject("PA seq=1 ack=1 len=10")
    assert t.accept() is not None
    assert t.app.read() == octets(1, 10)


@pytest.mark.parametrize("ack", [0, 2, 1000, -5, 1 << 30])
def test_third_ack_with_a_wrong_number_is_reset(ack: int) -> None:
    """RFC 9293 3.10.7.4 fifth step: <SEQ=SEG.ACK><RST>, and the embryo stays [RFC9293-E26]."""
    t = SynReceived()
    t.inject(f"A seq=1 ack={ack}")
    t.expect(f"R seq={ack} len=0")
    t.expect_nothing().expect_rule("ack-bad-in-syn-received")
    assert t.state is State.SYN_RECEIVED
    t.inject("A seq=1 ack=1")
    assert t.accept() is not None


def test_send_window_of_the_third_segment_is_used() -> None:
    """SND.WND, SND.WL1 and SND.WL2 are set from the segment that establishes [RFC9293-E26]."""
    t = Listening(win=1000, mss=100, nodelay=True)
    t.handshake("A win=300")
    t.app.write(b"x" * 1000)
    assert sum(sent.len for sent in t.drain()) == 300


def test_send_window_of_the_syn_ack_is_used() -> None:
    """SND.WND is that of the SYN+ACK (RFC 9293 3.10.7.3)."""
    t = Opened(nodelay=True)
    t.inject("SA win=300")
    t.expect("A")
    t.app.write(b"x" * 1000)
    assert sum(sent.len for sent in t.drain()) == 300


def test_data_on_a_syn_is_queued_and_delivered_after_the_handshake() -> None:
    """S02 run a [RFC9293-E19]."""
    t = Listening()
    t.inject("S seq=0 len=5")
    t.expect("SA seq=0 ack=6")
    assert t.accept() is None
    t.inject("A seq=6 ack=1")
    assert t.accept() is not None
    assert t.app.read() == octets(1, 5)
    t.inject("PA len=5")
    assert t.app.read() == octets(6, 5)


def test_data_on_a_syn_may_be_left_unacknowledged() -> None:
    """S02 run a as Linux does it: the octets come again and are delivered once [RFC9293-E19]."""
    t = Listening(config=TcpConfig.linux())
    t.inject("S seq=0 len=5")
    t.expect("SA seq=0 ack=1")
    t.expect_rule("syn-data-ignored")
    t.inject("PA seq=1 ack=1 len=5")
    assert t.accept() is not None
    assert t.app.read() == octets(1, 5)


def test_data_on_a_syn_ack_is_delivered() -> None:
    """S02 [RFC9293-E19]."""
    t = Opened()
    t.inject("SA len=5")
    assert t.state is State.ESTABLISHED
    assert t.app.read() == octets(1, 5)
    t.advance(ms=500)
    assert t.drain()[-1].ack == 6


def test_text_and_fin_on_a_syn_ack_may_be_left_unacknowledged() -> None:
    """As Linux does it: the SYN alone is acknowledged, the rest comes again [RFC9293-E19]."""
    t = Opened(config=TcpConfig.linux())
    t.inject("SFA len=5")
    t.expect("A seq=1 ack=1")
    t.expect_rule("syn-data-ignored")
    assert t.state is State.ESTABLISHED
    assert not t.connection.readable
    t.inject("FA seq=1 ack=1 len=5").expect("A seq=1 ack=7")
    assert t.app.read() == octets(1, 5)


def test_data_on_a_crossing_syn_is_not_delivered_early() -> None:
    """S02 with S11 [RFC9293-E19]."""
    t = Opened()
    t.inject("S len=5")
    sent = t.expect("SA seq=0")
    assert sent.ack in (1, 6)
    assert not t.connection.readable
    t.inject(f"A seq={sent.ack} ack=1" + (" len=5" if sent.ack == 1 else ""))
    assert t.state is State.ESTABLISHED
    assert t.app.read() == octets(1, 5)


def test_fin_on_a_syn_ack_closes_the_peers_half() -> None:
    """RFC 9293 3.10.7.3: other controls are processed from the sixth step on [RFC9293-E31]."""
    t = Opened()
    t.inject("SFA len=3")
    assert t.state is State.CLOSE_WAIT
    assert t.app.read() == octets(1, 3)
    assert t.connection.at_eof
    assert t.drain()[-1].ack == 5


def test_write_before_established_is_queued() -> None:
    """SEND in SYN_SENT queues (RFC 9293 3.10.2)."""
    t = Opened()
    assert t.app.write(b"early") == 5
    t.expect_nothing()
    t.inject("SA")
    text = [sent for sent in t.drain() if sent.len]
    assert [(sent.seq, sent.ack, sent.data) for sent in text] == [(1, 1, b"early")]


def test_close_in_syn_sent_sends_nothing() -> None:
    """S04: the block is deleted [RFC9293-E35]."""
    t = Opened()
    t.app.close()
    t.expect_nothing()
    assert t.state is State.CLOSED
    t.advance(ms=10_000)
    t.expect_nothing()


@pytest.mark.parametrize("ack", [0, 2, -1, 12345, -(1 << 30)])
@pytest.mark.parametrize("flags", ["SA", "A", "PA", "FA"])
def test_unacceptable_ack_in_syn_sent_is_reset(flags: str, ack: int) -> None:
    """RFC 9293 3.10.7.3 first check [RFC9293-E15]."""
    t = Opened()
    t.inject(f"{flags} seq=0 ack={ack}")
    t.expect(f"R seq={ack} len=0")
    t.expect_nothing()
    assert t.state is State.SYN_SENT


@pytest.mark.parametrize("ack", [0, 2, 12345])
def test_reset_with_unacceptable_ack_in_syn_sent_is_dropped(ack: int) -> None:
    """A RST is never answered [RFC9293-E15] [RFC9293-E16] [RFC5961-05]."""
    t = Opened()
    t.inject(f"RA seq=0 ack={ack}").expect_nothing()
    assert t.state is State.SYN_SENT
    t.inject("SA seq=0 ack=1").expect("A seq=1 ack=1")


def test_reset_without_ack_in_syn_sent_is_dropped() -> None:
    """[RFC9293-E16] [RFC5961-05]."""
    t = Opened()
    t.inject("R seq=0").expect_nothing()
    t.expect_rule("syn-sent-rst-ignored")
    assert t.state is State.SYN_SENT


@pytest.mark.parametrize("text", ["RA seq=0 ack=1", "RA seq=77777 ack=1", "RSA seq=0 ack=1", "RA seq=0 ack=1 len=9"])
def test_reset_that_acknowledges_our_syn_refuses(text: str) -> None:
    """S04 [RFC9293-E16] [RFC5961-05] [MUST-12]."""
    t = Opened()
    t.inject(text).expect_nothing()
    assert t.state is State.CLOSED
    assert isinstance(t.connection.error, ConnectionRefusedError)
    assert t.events.count(Event.REFUSED) == 1
    assert Event.RESET not in t.events
    with pytest.raises(ConnectionRefusedError):
        t.connection.read(10, t.now)
    t.advance(ms=300_000)
    t.expect_nothing()


@pytest.mark.parametrize(
    "text", ["A seq=1 ack=1", "PA seq=1 ack=1 len=5", "FA seq=1 ack=1", "- seq=0", "F seq=5", "P len=4"]
)
def test_segment_without_syn_or_rst_in_syn_sent_is_dropped(text: str) -> None:
    """Even with an acceptable ACK [RFC9293-E18] [RFC9293-E32]."""
    t = Opened()
    t.inject(text).expect_nothing()
    assert t.state is State.SYN_SENT
    t.inject("SA seq=0 ack=1").expect("A seq=1 ack=1")
    assert t.app.read() == b""
    assert not t.connection.at_eof


def test_lost_syn_is_sent_again_with_the_same_number() -> None:
    """S06 [MUST-22] [MUST-23]."""
    t = Opened()
    numbers = {t.sent[0].segment.seq}
    times = []
    while t.state is State.SYN_SENT:
        deadline = t.next_deadline()
        assert deadline is not None
        t.advance(to_ms=deadline / 1_000_000)
        for sent in t.drain():
            numbers.add(sent.segment.seq)
            times.append(sent.ms / 1000)
            assert sent.flags == "S"
            assert sent.segment.ack == 0
    assert len(numbers) == 1
    assert times[:5] == [1, 3, 7, 15, 31]
    assert t.ms >= 180_000
    assert t.state is State.CLOSED
    assert isinstance(t.connection.error, TimeoutError)
    assert t.events.count(Event.TIMEOUT) == 1
    t.advance(ms=1_000_000)
    t.expect_nothing()


def test_lost_syn_ack_is_sent_again_with_the_same_number() -> None:
    """S07: 1, 3, 7, 15 ... s and then the entry is gone."""
    t = SynReceived()
    first = t.sent[-1].segment
    times = []
    while t.state is State.SYN_RECEIVED:
        deadline = t.next_deadline()
        assert deadline is not None
        t.advance(to_ms=deadline / 1_000_000)
        for sent in t.drain():
            assert (sent.flags, sent.segment.seq, sent.segment.ack) == ("SA", first.seq, first.ack)
            times.append(sent.ms / 1000)
    assert times[:4] == [1, 3, 7, 15]
    t.advance(ms=1_000_000)
    t.expect_nothing()
    assert t.accept() is None


def test_repeated_syn_ack_is_acknowledged_again() -> None:
    """S07, S08 (i): our third segment was lost; an ACK, not a RST [RFC9293-E20]."""
    t = Opened()
    t.inject("SA seq=0 ack=1").expect("A seq=1 ack=1")
    t.inject("SA seq=0 ack=1").expect("A seq=1 ack=1 len=0")
    assert t.state is State.ESTABLISHED


@pytest.mark.parametrize("passive", [True, False])
def test_origin_of_syn_received_is_remembered(passive: bool) -> None:
    """S04: a reset brings a passive opening back to LISTEN and refuses an active one [MUST-11] [RFC9293-E22]."""
    t = SynReceived(passive=passive)
    t.inject("R seq=1").expect_nothing()
    if passive:
        assert t.state is State.LISTEN
        assert t.accept() is None
    else:
        assert t.state is State.CLOSED
        assert isinstance(t.connection.error, ConnectionRefusedError)
        assert t.events.count(Event.REFUSED) == 1


@pytest.mark.parametrize("family", [4, 6])
def test_both_families_open_alike(family: int) -> None:
    """[RFC9293-E08]."""
    t = Closed(family=family)
    t.app.open()
    t.expect("S seq=0")
    t.inject("SA").expect("A seq=1 ack=1")
    assert t.state is State.ESTABLISHED


def test_open_offers_the_mss_of_the_link() -> None:
    """[MUST-14] [SHLD-5a]; never in a segment without SYN [MUST-65]."""
    t = Closed(link_mss=1400)
    t.app.open()
    t.expect("S mss=1400")
    t.inject("SA")
    assert t.expect("A").options.mss is None
    server = Listening(link_mss=1400)
    server.inject("S")
    server.expect("SA mss=1400")


def test_syn_ack_answers_only_the_options_that_were_offered() -> None:
    """Window scale, SACK-permitted and timestamps only when the SYN had them (RFC 7323 1.3, RFC 2018 2)."""
    t = Listening()
    t.inject("S seq=0 bare")
    options = t.expect("SA").options
    assert options.window_scale is None
    assert not options.sack_permitted
    assert options.ts_val is None
    rich = Listening(ws=7, sackok=True, ts=500)
    rich.inject("S seq=0")
    options = rich.expect("SA").options
    assert options.window_scale is not None
    assert options.sack_permitted
    assert options.ts_ecr == 500


def test_opening_twice_is_the_callers_mistake() -> None:
    """RFC 9293 3.10.1: "connection already exists"."""
    t = Opened()
    with pytest.raises(OSError, match="opened before"):
        t.connection.open(t.now)
    assert t.state is State.SYN_SENT
