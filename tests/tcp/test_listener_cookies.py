"""SYN cookies: a listener without memory (RFC 4987 3.6, scenarios S08 and S10)."""

from __future__ import annotations

from random import Random

import pytest

from synfin.config import SECOND
from synfin.tcp import State
from synfin.tcp.cookies import CookieJar
from synfin.wire.addresses import Endpoint, parse_address
from tests.harness import Listening, Sent, octets

WRAP_AROUND = True
LOCAL = Endpoint(parse_address("192.0.2.1"), 80)
REMOTE = Endpoint(parse_address("192.0.2.2"), 40_000)


def flooded(**options: object) -> tuple[Listening, Sent]:
    """A listener whose SYN queue is full, and the cookie that our client got from it (SYN+ACK)."""
    t = Listening(syn_cookies=True, syn_backlog=4, **options)
    for number in range(4):
        with t.talking_as(t.add_peer(port=50_000 + number)):
            t.inject("S seq=0").expect("SA")
    t.inject("S seq=0")
    return t, t.expect("SA seq=0 ack=1")


def test_a_cookie_leaves_no_state() -> None:
    """[RFC4987-03] [RFC4987-08]: nothing is visible, and only the overflow switches over."""
    t, cookie = flooded()
    assert cookie.why == "syn-cookie"
    assert t.listener is not None
    assert t.peer.endpoint not in t.listener.syn_queue
    assert len(t.listener.syn_queue) == 4
    assert t.listener.counters.cookies_sent == 1
    assert t.state is State.LISTEN
    t.expect_rule("syn-cookie-sent")


def test_a_cookie_completes_the_handshake() -> None:
    """[RFC4987-03] [RFC4987-04]: the legitimate client gets through the flood."""
    t, _ = flooded()
    t.inject("A seq=1 ack=1").expect_nothing()
    assert t.accept() is not None
    assert t.state is State.ESTABLISHED
    t.inject("PA len=5")
    assert t.app.read() == octets(1, 5)
    t.app.write(b"hello")
    t.expect("PA seq=1 ack=6 len=5")


def test_text_on_the_third_segment_is_delivered() -> None:
    """S08 (ii) still works with cookies."""
    t, _ = flooded()
    t.inject("PA seq=1 ack=1 len=5")
    assert t.accept() is not None
    assert t.app.read() == octets(1, 5)


def test_fin_on_the_third_segment() -> None:
    """S08 (ii)."""
    t, _ = flooded()
    t.inject("FA seq=1 ack=1")
    assert t.accept() is not None
    assert t.state is State.CLOSE_WAIT


def test_a_cookie_is_not_sent_again() -> None:
    """[RFC4987-06]: no timer; a client whose ACK is lost waits for ever if the server should speak first."""
    t, _ = flooded()
    t.advance(ms=600_000).expect_nothing()


@pytest.mark.parametrize("ack", [0, 2, 1 << 24, 1 << 29, -77])
def test_a_wrong_cookie_is_reset(ack: int) -> None:
    """[RFC4987-04]: <SEQ=SEG.ACK><RST>, as for any ACK in LISTEN."""
    t, _ = flooded()
    t.inject(f"A seq=1 ack={ack}")
    t.expect(f"R seq={ack}")
    t.expect_rule("syn-cookie-wrong")
    assert t.accept() is None
    assert t.listener is not None
    assert t.listener.counters.cookies_failed == 1


@pytest.mark.parametrize("seq", [0, 2, 1000])
def test_the_peers_number_is_part_of_the_cookie(seq: int) -> None:
    """[RFC4987-03]: keyed hash of the four-tuple and the peer's ISN."""
    t, _ = flooded()
    t.inject(f"A seq={seq} ack=1")
    t.expect("R seq=1")
    assert t.accept() is None


def test_the_four_tuple_is_part_of_the_cookie() -> None:
    """[RFC4987-03]: another port with the same numbers is refused."""
    t, cookie = flooded()
    thief = t.add_peer(port=60_000)
    thief.iss = cookie.segment.seq
    with t.talking_as(thief):
        t.inject("A seq=1 ack=1")
        t.expect("R seq=1")
        assert t.accept() is None


def test_a_cookie_expires() -> None:
    """[RFC4987-04]: this period and the next, 64 s each."""
    t, _ = flooded()
    t.advance(to_ms=127_000)
    t.inject("A seq=1 ack=1")
    assert t.accept() is not None
    late, _ = flooded()
    late.advance(to_ms=129_000)
    late.inject("A seq=1 ack=1")
    late.expect("R seq=1")
    assert late.accept() is None


def test_without_a_cookie_sent_none_is_believed() -> None:
    """[RFC4987-08]: an ACK out of nothing at a listener that never was in need is reset without a look."""
    t = Listening(syn_cookies=True)
    t.inject("A seq=1 ack=1")
    t.expect("R seq=1")
    assert "syn-cookie-wrong" not in t.rules


def test_options_that_are_not_encoded_are_lost() -> None:
    """[RFC4987-05]: window scale, SACK and timestamps are not offered, the MSS survives rounded down."""
    t, cookie = flooded(mss=1400, ws=7, sackok=True, nodelay=True)
    assert cookie.options.mss is not None
    assert cookie.options.window_scale is None
    assert not cookie.options.sack_permitted
    assert cookie.options.ts_val is None
    t.inject("A seq=1 ack=1 win=30000")
    assert t.accept() is not None
    t.app.write(b"x" * 5000)
    assert t.outbox[0].len == 1360
    assert sum(sent.len for sent in t.outbox) == 5000


def test_text_on_the_syn_comes_again() -> None:
    """[RFC4987-07]."""
    t = Listening(syn_cookies=True, syn_backlog=1)
    with t.talking_as(t.add_peer(port=50_000)):
        t.inject("S seq=0")
    t.inject("S seq=0 len=5")
    t.expect("SA seq=0 ack=1")
    t.inject("PA seq=1 ack=1 len=5")
    assert t.accept() is not None
    assert t.app.read() == octets(1, 5)


def test_flood_is_bounded() -> None:
    """[RFC4987-01] [RFC4987-03]: 2,000 spoofed SYNs leave the queue at its limit, each gets an answer, and the
    client completes."""
    t = Listening(syn_cookies=True, syn_backlog=16)
    for number in range(2_000):
        with t.talking_as(t.add_peer(address=f"198.51.{number >> 8}.{number & 0xFF}", port=1024 + number)):
            t.inject("S seq=0")
    assert t.listener is not None
    assert len(t.listener.syn_queue) == 16
    assert t.listener.counters.cookies_sent == 2_000 - 16
    assert len(t.sent) == 2_000
    t.handshake()


def test_full_accept_queue_refuses_cookies_silently() -> None:
    """S08: the third ACK is ignored; it succeeds after an accept()."""
    t, _ = flooded(backlog=1)
    first = next(iter(t.peers[end] for end in t.peers if end.port == 50_000))
    with t.talking_as(first):
        t.inject("A seq=1 ack=1")
    t.inject("A seq=1 ack=1").expect_nothing()
    assert t.accept() is not None
    assert t.accept() is None
    t.inject("A seq=1 ack=1")
    assert t.accept() is not None


@pytest.mark.parametrize(
    ("offered", "kept"), [(100, 216), (536, 536), (1219, 536), (1460, 1460), (9000, 8940), (65535, 8940)]
)
def test_mss_in_a_cookie(offered: int, kept: int) -> None:
    """[RFC4987-05]: three bits; never more than was offered, unless that was absurdly little."""
    jar = CookieJar(Random(1))
    cookie = jar.syn_cookie(LOCAL, REMOTE, 77, offered, 10 * SECOND)
    assert 0 <= cookie < 1 << 32
    assert jar.check_syn_cookie(LOCAL, REMOTE, 77, cookie, 10 * SECOND) == kept


def test_guessing_a_cookie() -> None:
    """[RFC4987-04]: of 20,000 guesses around a good one hardly any is taken; another key makes others."""
    jar = CookieJar(Random(1))
    good = jar.syn_cookie(LOCAL, REMOTE, 77, 1460, 0)
    hits = sum(
        jar.check_syn_cookie(LOCAL, REMOTE, 77, (good + step) & 0xFFFF_FFFF, 0) != 0 for step in range(1, 20_001)
    )
    assert hits <= 1
    assert CookieJar(Random(2)).check_syn_cookie(LOCAL, REMOTE, 77, good, 0) == 0
