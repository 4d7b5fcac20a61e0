"""TCP Fast Open (RFC 7413), both ends; scenario S02 runs b and c."""

from __future__ import annotations

import pytest

from synfin.tcp import Event, State
from tests.harness import Closed, Listening, octets

WRAP_AROUND = True
COOKIE = "0102030405060708"


def cookie_of(t: Listening) -> str:
    """Ask for a cookie as a client does, from another port of the same address."""
    with t.talking_as(t.add_peer(port=45_000)):
        t.inject("S seq=0 fo=")
        cookie = t.expect("SA seq=0 ack=1").options.fast_open
        t.inject("R seq=1")
    assert cookie is not None
    return cookie.hex()


# Server


def test_server_gives_a_cookie_on_request() -> None:
    """[RFC7413-01] [RFC7413-07]: 4 to 16 octets, an even number, the same for the same address."""
    t = Listening(fast_open=True)
    cookie = cookie_of(t)
    assert 4 <= len(cookie) // 2 <= 16
    assert len(cookie) // 2 % 2 == 0
    t.inject("S seq=0 fo=")
    assert t.expect("SA").options.fast_open == bytes.fromhex(cookie)


def test_cookie_is_bound_to_the_address() -> None:
    """[RFC7413-04]."""
    t = Listening(fast_open=True)
    cookie = cookie_of(t)
    with t.talking_as(t.add_peer(address="192.0.2.99", port=45_001)):
        t.inject("S seq=0 fo=")
        other = t.expect("SA").options.fast_open
    assert other is not None
    assert other.hex() != cookie
    with t.talking_as(t.add_peer(address="192.0.2.98", port=45_002)):
        t.inject(f"S seq=0 fo={cookie} len=5")
        t.expect("SA seq=0")
        assert t.accept() is None


def test_cookie_depends_on_the_servers_secret() -> None:
    """[RFC7413-04]."""
    assert cookie_of(Listening(fast_open=True, seed=1)) != cookie_of(Listening(fast_open=True, seed=2))


def test_valid_cookie_delivers_before_the_handshake_ends() -> None:
    """S02 run b [RFC7413-08]."""
    t = Listening(fast_open=True)
    cookie = cookie_of(t)
    t.inject(f"S seq=0 fo={cookie} len=5")
    t.expect("SA seq=0 ack=6")
    t.expect_rule("fast-open-accepted")
    assert t.accept() is not None
    assert t.state is State.SYN_RECEIVED
    assert t.app.read() == octets(1, 5)
    t.inject("A seq=6 ack=1")
    assert t.state is State.ESTABLISHED
    assert t.app.read() == b""
    t.inject("PA len=4")
    assert t.app.read() == octets(6, 4)


def test_server_answers_before_the_third_segment() -> None:
    """[RFC7413-11]: within the initial window."""
    t = Listening(fast_open=True, mss=1000)
    cookie = cookie_of(t)
    t.inject(f"S seq=0 fo={cookie} len=5")
    t.expect("SA seq=0 ack=6")
    t.accept()
    t.app.write(b"y" * 30_000)
    sent = t.drain()
    assert sent[0].seq == 1
    assert {s.ack for s in sent} == {6}
    assert 1000 <= sum(s.len for s in sent) <= 10 * 1000
    t.inject("A seq=6 ack=1001")
    assert t.state is State.ESTABLISHED
    assert t.drain()


def test_wrong_cookie_is_an_ordinary_opening() -> None:
    """S02 run c [RFC7413-09]: the SYN alone is acknowledged, the text comes again and is delivered once."""
    t = Listening(fast_open=True)
    t.inject(f"S seq=0 fo={COOKIE} len=5")
    sent = t.expect("SA seq=0 ack=1")
    t.expect_rule("fast-open-bad-cookie")
    assert sent.options.fast_open is not None
    assert t.accept() is None
    t.inject("PA seq=1 ack=1 len=5")
    assert t.accept() is not None
    assert t.app.read() == octets(1, 5)


@pytest.mark.parametrize("fo", ["01", "0102", "010203", "0102030405", "00" * 17])
def test_cookie_of_a_wrong_size_is_ignored(fo: str) -> None:
    """[RFC7413-01] [RFC7413-02]."""
    t = Listening(fast_open=True)
    t.inject(f"S seq=0 fo={fo} len=5")
    t.expect("SA seq=0")
    assert t.accept() is None


def test_off_by_default() -> None:
    """[RFC7413-03]: neither asked for nor given."""
    t = Listening()
    t.inject("S seq=0 fo=")
    assert t.expect("SA").options.fast_open is None
    client = Closed()
    client.app.open(b"hello")
    assert client.expect("S len=0").options.fast_open is None


def test_option_outside_a_syn_is_ignored() -> None:
    """[RFC7413-02]."""
    t = Listening(fast_open=True)
    t.handshake()
    t.inject(f"PA len=5 fo={COOKIE}")
    assert t.app.read() == octets(1, 5)
    t.advance(ms=500)
    assert t.drain()[-1].options.fast_open is None


def test_repeated_syn_ack_is_plain() -> None:
    """[RFC7413-12]: without text and without the option."""
    t = Listening(fast_open=True)
    cookie = cookie_of(t)
    t.inject(f"S seq=0 fo={cookie} len=5")
    t.expect("SA seq=0 ack=6")
    again = t.advance_until_sent()
    assert (again.flags, again.seq, again.ack, again.len) == ("SA", 0, 6, 0)
    assert again.options.fast_open is None


def test_reset_ends_a_pending_fast_open() -> None:
    """[RFC7413-15]: the application learns it when it has the connection already."""
    t = Listening(fast_open=True)
    cookie = cookie_of(t)
    t.inject(f"S seq=0 fo={cookie} len=5")
    t.expect("SA")
    t.accept()
    t.inject("R seq=6").expect_nothing()
    assert t.state is State.CLOSED
    assert t.events.count(Event.RESET) == 1
    assert t.app.read() == octets(1, 5)
    with pytest.raises(ConnectionResetError):
        t.app.read()
    t.advance(ms=300_000).expect_nothing()


def test_a_fast_opened_connection_that_never_completes_times_out() -> None:
    """The application has it already, so it is told how it ended [MUST-12] [MUST-22]."""
    t = Listening(fast_open=True)
    cookie = cookie_of(t)
    t.inject(f"S seq=0 fo={cookie} len=5")
    t.accept()
    t.advance(ms=400_000)
    assert t.state is State.CLOSED
    assert t.events.count(Event.TIMEOUT) == 1
    assert isinstance(t.connection.error, TimeoutError)


def test_a_fast_opened_connection_does_not_return_to_listen() -> None:
    """A new SYN inside the window is challenged, as in all states that an application sees [RFC5961-06]."""
    t = Listening(fast_open=True)
    cookie = cookie_of(t)
    t.inject(f"S seq=0 fo={cookie} len=5")
    t.expect("SA seq=0 ack=6")
    t.accept()
    t.inject("S seq=100")
    t.expect("A seq=1 ack=6 len=0")
    t.inject("A seq=6 ack=1")
    assert t.state is State.ESTABLISHED


def test_a_fast_opened_connection_may_be_closed_early() -> None:
    """The answer and the FIN go out before the third segment [RFC7413-11]."""
    t = Listening(fast_open=True)
    cookie = cookie_of(t)
    t.inject(f"S seq=0 fo={cookie} len=5")
    t.expect("SA seq=0 ack=6")
    t.accept()
    t.app.read()
    t.app.write(b"bye")
    t.app.close()
    sent = [s for s in t.drain() if s.len or "F" in s.flags]
    assert sum(s.len for s in sent) == 3
    t.inject("FA seq=6 ack=5")
    assert t.drain()[-1].ack == 7
    assert t.state is State.TIME_WAIT


# Client


def test_client_asks_first() -> None:
    """[RFC7413-07]: an empty option and no text; the text follows in the third segment."""
    t = Closed(fast_open=True)
    t.app.open(b"hello")
    t.expect("S seq=0 len=0 fo=")
    t.inject(f"SA fo={COOKIE}")
    sent = t.drain()
    assert [(s.seq, s.data) for s in sent if s.len] == [(1, b"hello")]
    assert t.connection.fast_open_cookie == bytes.fromhex(COOKIE)


def opened_with_cookie() -> Closed:
    """The SYN carries five octets and the cookie."""
    t = Closed(fast_open=True)
    t.connection.open(0, b"hello", bytes.fromhex(COOKIE))
    t.poll()
    t.expect(f"S seq=0 ack=@0 len=5 data=hello fo={COOKIE}")
    return t


def test_text_rides_on_the_syn() -> None:
    """[RFC7413-08]: acknowledged with the SYN, it is not sent again."""
    t = opened_with_cookie()
    t.inject("SA ack=6")
    assert t.state is State.ESTABLISHED
    t.expect("A seq=6 ack=1 len=0")
    t.advance(ms=60_000).expect_nothing()


def test_text_that_was_not_taken_comes_again() -> None:
    """S02 run c [RFC7413-09]."""
    t = opened_with_cookie()
    t.inject("SA ack=1")
    assert t.state is State.ESTABLISHED
    text = [sent for sent in t.drain() if sent.len]
    assert [(sent.seq, sent.data) for sent in text] == [(1, b"hello")]
    t.inject("A ack=6")
    t.advance(ms=60_000).expect_nothing()


@pytest.mark.parametrize("ack", [2, 3, 5])
def test_part_of_the_text_may_be_taken(ack: int) -> None:
    """ISS < SEG.ACK =< SND.NXT [RFC9293-E15]: the rest comes again."""
    t = opened_with_cookie()
    t.inject(f"SA ack={ack}")
    text = [sent for sent in t.drain() if sent.len]
    assert [(sent.seq, sent.data) for sent in text] == [(ack, b"hello"[ack - 1 :])]


@pytest.mark.parametrize("ack", [0, 7, 100])
def test_more_than_was_sent_is_no_acknowledgment(ack: int) -> None:
    """[RFC9293-E15]."""
    t = opened_with_cookie()
    t.inject(f"SA ack={ack}")
    t.expect(f"R seq={ack}")
    assert t.state is State.SYN_SENT


def test_repeated_syn_is_plain() -> None:
    """[RFC7413-10]: without text and without the option; the text follows after the handshake."""
    t = opened_with_cookie()
    again = t.advance_until_sent()
    assert (again.flags, again.seq, again.len) == ("S", 0, 0)
    assert again.options.fast_open is None
    t.inject("SA ack=1")
    text = [sent for sent in t.drain() if sent.len]
    assert [(sent.seq, sent.data) for sent in text] == [(1, b"hello")]


def test_refused_fast_open() -> None:
    """A RST that acknowledges SYN and text [RFC9293-E16]."""
    t = opened_with_cookie()
    t.inject("RA ack=6").expect_nothing()
    assert t.state is State.CLOSED
    assert t.events.count(Event.REFUSED) == 1
