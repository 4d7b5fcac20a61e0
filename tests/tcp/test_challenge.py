"""Challenge ACKs against blind attacks: RFC 5961 sections 3, 4, 5 and 7."""

from __future__ import annotations

import pytest

from synfin.config import TcpConfig
from synfin.tcp import Event, State
from tests.harness import CloseWait, Closing, Context, Established, FinWait1, FinWait2, LastAck, octets

WRAP_AROUND = True

STATES = pytest.mark.parametrize(
    "make", [Established, FinWait1, FinWait2, CloseWait, Closing, LastAck], ids=lambda make: make.__name__
)


@STATES
@pytest.mark.parametrize("offset", [-70_000, -1, 0, 1, 1000, 65_534, 65_535, 1 << 30])
@pytest.mark.parametrize("flags", ["S", "SA", "SE", "SC"])
def test_syn_draws_a_challenge(make: type[Context], offset: int, flags: str) -> None:
    """[RFC5961-06]: any number, in or out of the window, with or without ACK."""
    t = make()
    state, rcv_nxt = t.state, t.peer.snd_nxt
    t.inject(f"{flags} seq={rcv_nxt + offset}")
    t.expect(f"A seq={t.peer.rcv_nxt} ack={rcv_nxt} len=0")
    t.expect_nothing()
    assert t.state is state
    assert Event.RESET not in t.events


def test_a_rebooted_peer_ends_the_connection_by_answering() -> None:
    """[RFC5961-07] [RFC5961-04]: its RST has exactly RCV.NXT, because our ACK said so."""
    t = Established()
    t.inject("S seq=123456")
    challenge = t.expect("A seq=1 ack=1")
    t.inject(f"R seq={challenge.ack}").expect_nothing()
    assert t.state is State.CLOSED


def test_a_live_peer_ends_the_connection_after_a_lost_segment() -> None:
    """[RFC5961-04]: the peer sent 100 octets that were lost, then aborted; the challenge makes the RST exact."""
    t = Established()
    t.inject("R seq=101")
    challenge = t.expect("A seq=1 ack=1")
    t.inject(f"R seq={challenge.ack}").expect_nothing()
    assert t.state is State.CLOSED
    assert t.events.count(Event.RESET) == 1


@pytest.mark.parametrize("text", ["R seq=500", "S seq=500", "SA seq=500"])
def test_challenges_are_limited(text: str) -> None:
    """[RFC5961-10]: ten in five seconds by default; the attack of 1,000 segments gets ten answers."""
    t = Established()
    for _ in range(1_000):
        t.inject(text)
    assert len(t.drain()) == 10
    t.expect_rule("challenge-limited")
    assert t.state is State.ESTABLISHED
    t.advance(ms=5_000)
    t.inject(text)
    assert len(t.drain()) == 1


@pytest.mark.parametrize(("limit", "period_ms"), [(1, 500), (3, 1_000), (0, 5_000)])
def test_both_parameters_can_be_set(limit: int, period_ms: int) -> None:
    """[RFC5961-10]."""
    t = Established(challenge_ack_limit=limit, challenge_ack_period_ms=period_ms)
    for _ in range(3):
        for _ in range(20):
            t.inject("R seq=77")
        assert len(t.drain()) == limit
        t.advance(ms=period_ms)


def test_linux_sends_one_in_half_a_second() -> None:
    """Measured."""
    t = Established(config=TcpConfig.linux())
    for _ in range(50):
        t.inject("R seq=77")
        t.advance(ms=20)
    assert len(t.drain()) == 2


def test_the_limit_is_per_connection() -> None:
    """[RFC5961-11]: exhausting it on one connection tells nothing about another (CVE-2016-5696)."""
    t = Established(passive=True)
    other = t.add_peer(port=50_000)
    with t.talking_as(other):
        t.handshake()
    for _ in range(100):
        t.inject("R seq=77")
    assert len(t.drain()) == 10
    with t.talking_as(other):
        t.inject("R seq=77")
        assert len(t.drain()) == 1


def test_the_limit_does_not_stop_ordinary_acknowledgments() -> None:
    """Text is acknowledged although the challenges are used up [RFC5961-10]."""
    t = Established()
    for _ in range(100):
        t.inject("R seq=77")
    t.drain()
    t.inject("PA len=10")
    t.advance(ms=500)
    t.expect("A ack=11")


@pytest.mark.parametrize("make", [Established, Closing, LastAck])
def test_crossed_challenges_die_out(make: type[Context]) -> None:
    """[RFC5961-12]: a challenge ACK that arrives is not answered."""
    t = make()
    ack = t.peer.snd_nxt
    t.inject(f"S seq={ack + 10}")
    t.drain()
    t.inject("A ack=1").expect_nothing()
    t.advance(ms=100).expect_nothing()


def test_desynchronised_ends_do_not_talk_for_ever() -> None:
    """[RFC1337-04] [RFC5961-12]: each ACK of a hopelessly wrong peer is answered, but not without bound."""
    t = Established()
    answers = 0
    for _ in range(1_000):
        t.inject("A seq=1000000 ack=-1000000")
        answers += len(t.drain())
    assert answers <= 100


def test_blind_data_injection_needs_a_matching_ack() -> None:
    """[RFC5961-08]: the right number but an ACK outside the range: text is dropped."""
    t = Established()
    for ack in (1 << 31, 1 << 30, -(1 << 30), 2, -65_535):
        t.inject(f"PA seq=1 ack={ack} len=20")
        assert not t.connection.readable
    t.inject("PA seq=1 ack=1 len=20")
    assert t.app.read() == octets(1, 20)


def test_challenge_counts_as_no_text() -> None:
    """The segment that was challenged has no other effect: its ACK, text and FIN are ignored [RFC5961-06]."""
    t = FinWait1()
    t.inject("SFPUA seq=1 ack=2 len=20 urg=20").expect("A seq=2 ack=1")
    assert t.state is State.FIN_WAIT_1
    assert not t.connection.readable
    assert Event.URGENT not in t.events
