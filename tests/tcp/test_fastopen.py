"""What a server's cookies are made of, what a client remembers, and the limits of both (RFC 7413)."""

from __future__ import annotations

from random import Random

import pytest

from synfin.errors import UsageError
from synfin.tcp import State
from synfin.tcp.fastopen import KEY_OCTETS, OLD, REFUSED, VALID, FastOpenCache, FastOpenKeys, siphash
from synfin.wire.addresses import parse_address
from tests.harness import Closed, Listening, octets

CLIENT, OTHER, SERVER = (parse_address(f"192.0.2.{last}") for last in (2, 3, 1))
SECOND = 1_000_000_000
DAY = 86_400 * SECOND


@pytest.mark.parametrize(
    ("length", "result"),
    [(0, "310e0edd47db6f72"), (1, "fd67dc93c539f874"), (7, "37d1018bf50002ab"), (8, "6224939a79f5f593"),
     (15, "e545be4961ca29a1"), (63, "724506eb4c328a95")],
)  # fmt: skip
def test_siphash_vectors(length: int, result: str) -> None:
    """Those that its authors published: key 00..0f, text 00, 01, 02..."""
    assert siphash(bytes(range(16)), bytes(range(length))).hex() == result


def test_cookie_as_linux_makes_it() -> None:
    """Observed on Linux 6.18 with tcp_fastopen_key a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4."""
    keys = FastOpenKeys.of(bytes.fromhex("a1a1a1a1b2b2b2b2c3c3c3c3d4d4d4d4"))
    client, server = parse_address("192.0.2.1"), parse_address("192.168.0.1")
    assert keys.cookie(client, server, 0).hex() == "3021b9d889017eeb"


def test_cookie_is_for_one_client() -> None:
    """[RFC7413-04]: a MAC over the address, which no one else can make."""
    keys = FastOpenKeys(Random(1))
    cookie = keys.cookie(CLIENT, SERVER, 0)
    assert keys.check(cookie, CLIENT, SERVER, 0) == VALID
    assert keys.check(cookie, OTHER, SERVER, 0) == REFUSED
    assert keys.check(cookie[:4], CLIENT, SERVER, 0) == REFUSED
    assert FastOpenKeys(Random(2)).check(cookie, CLIENT, SERVER, 0) == REFUSED


def test_rotation_keeps_one_generation() -> None:
    """[RFC7413-04]: invalid after two."""
    keys = FastOpenKeys(Random(1))
    cookie = keys.cookie(CLIENT, SERVER, 0)
    keys.rotate()
    assert keys.check(cookie, CLIENT, SERVER, 0) == OLD
    assert keys.check(keys.cookie(CLIENT, SERVER, 0), CLIENT, SERVER, 0) == VALID
    keys.rotate(bytes(16))
    assert keys.check(cookie, CLIENT, SERVER, 0) == REFUSED


def test_keys_age() -> None:
    """[RFC7413-04]: a cookie is good for one to two lifetimes of a key."""
    keys = FastOpenKeys(Random(1), lifetime=DAY)
    cookie = keys.cookie(CLIENT, SERVER, 5)
    assert keys.check(cookie, CLIENT, SERVER, DAY) == VALID
    assert keys.check(cookie, CLIENT, SERVER, DAY + 5) == OLD
    assert keys.check(cookie, CLIENT, SERVER, 2 * DAY + 4) == OLD
    assert keys.check(cookie, CLIENT, SERVER, 2 * DAY + 5) == REFUSED
    late = FastOpenKeys(Random(1), lifetime=DAY)
    cookie = late.cookie(CLIENT, SERVER, 0)
    assert late.check(cookie, CLIENT, SERVER, 9 * DAY) == REFUSED


def test_keys_that_were_set_stay() -> None:
    keys = FastOpenKeys(Random(1), lifetime=DAY)
    keys.set(b"a" * KEY_OCTETS + b"b" * KEY_OCTETS)
    assert keys.get() == b"a" * KEY_OCTETS + b"b" * KEY_OCTETS
    cookie = keys.cookie(CLIENT, SERVER, 0)
    assert keys.check(cookie, CLIENT, SERVER, 100 * DAY) == VALID
    assert FastOpenKeys.of(b"b" * KEY_OCTETS + b"a" * KEY_OCTETS).check(cookie, CLIENT, SERVER, 0) == OLD
    for wrong in (b"", b"a" * 15, b"a" * 33):
        with pytest.raises(UsageError, match="16 octets"):
            keys.set(wrong)
    with pytest.raises(UsageError, match="16 octets"):
        keys.rotate(b"short")


def test_no_key_is_drawn_before_it_is_needed() -> None:
    """Same seed, same bytes: whoever does not use fast open draws nothing."""
    rng = Random(7)
    FastOpenKeys(rng, DAY)
    assert rng.random() == Random(7).random()


# The client's memory


def test_cache_keeps_cookie_and_size() -> None:
    """[RFC7413-05]: until it is too old."""
    cache = FastOpenCache(limit=3, lifetime=10 * SECOND, block=SECOND)
    assert cache.cookie(SERVER, 0) is None
    assert cache.mss(SERVER) == 0
    cache.remember(SERVER, b"12345678", 1_400, 0)
    assert cache.cookie(SERVER, 10 * SECOND - 1) == b"12345678"
    assert cache.mss(SERVER) == 1_400
    assert cache.cookie(SERVER, 10 * SECOND) is None
    assert len(cache) == 0


def test_cache_is_bounded() -> None:
    """Law 9: the oldest goes first; failures too."""
    cache = FastOpenCache(limit=3, lifetime=DAY, block=DAY)
    servers = [parse_address(f"10.0.0.{number}") for number in range(10)]
    for server in servers:
        cache.remember(server, b"12345678", 1_400, 0)
        cache.failed(server, 80, 0)
    assert len(cache) == 3
    assert [cache.cookie(server, 0) is not None for server in servers] == [False] * 7 + [True] * 3
    assert [cache.blocked(server, 80, 0) for server in servers] == [False] * 7 + [True] * 3
    assert cache.evicted == 14


def test_failures_are_remembered_longer_each_time() -> None:
    """[RFC7413-06]: by server and port, for a time that doubles; a success forgets them."""
    cache = FastOpenCache(limit=3, lifetime=DAY, block=SECOND)
    now = 0
    for period in (1, 2, 4, 8, 16, 32, 64, 64):
        cache.failed(SERVER, 80, now)
        assert cache.blocked(SERVER, 80, now + period * SECOND - 1)
        assert not cache.blocked(SERVER, 80, now + period * SECOND)
        assert not cache.blocked(SERVER, 81, now)
        now += period * SECOND
    cache.failed(SERVER, 80, now)
    cache.worked(SERVER, 80)
    assert not cache.blocked(SERVER, 80, now)


# The listener


def with_cookie(**options: object) -> tuple[Listening, str]:
    t = Listening(fast_open=True, **options)
    assert t.listener is not None
    return t, t.listener.keys.cookie(t.peer.endpoint.address, t.local.address, 0).hex()


def test_pending_fast_opens_are_limited() -> None:
    """[RFC7413-13]: a flood with a valid cookie; beyond the limit text waits for the handshake."""
    t, cookie = with_cookie(fast_open_queue=2)
    answers = []
    for port in range(41_000, 41_004):
        with t.talking_as(t.add_peer(port=port)):
            t.inject(f"S seq=0 fo={cookie} len=5")
            answers.append(t.outbox.pop().ack)
    assert answers == [6, 6, 1, 1]
    t.expect_rule("fast-open-queue-full")
    assert t.listener is not None
    assert len(t.listener.fast_opens) == 2


@pytest.mark.parametrize("end", ["A seq=6 ack=1", "R seq=6 ack=0"])
def test_pending_fast_open_leaves_room(end: str) -> None:
    """[RFC7413-13] [RFC7413-15]: once its handshake is over, or its client has reset it."""
    t, cookie = with_cookie(fast_open_queue=1)
    t.inject(f"S seq=0 fo={cookie} len=5").expect("SA ack=6")
    t.inject(end)
    with t.talking_as(t.add_peer(port=41_000)):
        t.inject(f"S seq=0 fo={cookie} len=5").expect("SA ack=6")


def test_old_cookie_is_taken_and_replaced() -> None:
    """[RFC7413-04]."""
    t, cookie = with_cookie()
    assert t.listener is not None
    t.listener.keys.rotate()
    fresh = t.listener.keys.cookie(t.peer.endpoint.address, t.local.address, 0)
    sent = t.inject(f"S seq=0 fo={cookie} len=5").expect("SA ack=6")
    assert sent.options.fast_open == fresh
    t.expect_rule("fast-open-old-key")


def test_text_without_cookie_only_where_all_are_trusted() -> None:
    t = Listening(fast_open=True, fast_open_accept_cookieless=True)
    t.inject("S seq=0 len=5").expect("SA ack=6")
    assert t.accept() is not None
    assert t.app.read() == octets(1, 5)
    off = Listening(fast_open=True, fast_open_server=False, fast_open_accept_cookieless=True, accept_syn_data=False)
    off.inject("S seq=0 len=5").expect("SA ack=1")


def test_replayed_syn_is_delivered_twice() -> None:
    """[RFC7413-14]: nothing protects an application from that; docs/deviations.md says so."""
    t, cookie = with_cookie()
    t.inject(f"S seq=0 fo={cookie} len=5").expect("SA ack=6")
    assert t.accept() is not None
    first = t.app.read()
    t.app.abort()
    t.peer.connection = None
    t.drain()
    t.inject(f"S seq=0 fo={cookie} len=5").expect("SA ack=6")
    assert t.accept() is not None
    assert t.app.read() == first == octets(1, 5)


# The client


def test_client_without_cookie_where_all_are_trusted() -> None:
    """No option, but text."""
    t = Closed(fast_open=True, fast_open_send_cookieless=True)
    t.app.open(b"hello")
    assert t.expect("S seq=0 len=5").options.fast_open is None
    t.inject("SA seq=0 ack=6")
    t.expect_rule("fast-open-text-acked")
    assert t.state is State.ESTABLISHED


def test_syn_text_has_the_size_that_the_server_announced() -> None:
    """[RFC7413-05]: the MSS is remembered with the cookie; without one it is the smallest."""
    for syn_mss, length in ((0, 536 - 40), (1_460, 1_460 - 40), (9_000, 1_460 - 40)):
        t = Closed(fast_open=True)
        t.connection.tcb.syn_mss = syn_mss
        t.connection.open(0, b"x" * 5_000, b"12345678")
        t.poll()
        assert t.outbox[0].len == length


def test_refused_text_is_told_in_info() -> None:
    """tcpi_fastopen_client_fail and TCPI_OPT_SYN_DATA."""
    for answer, options, fail in (("SA seq=0 ack=6", 32, 0), ("SA seq=0 ack=1", 0, 2)):
        t = Closed(fast_open=True)
        t.connection.open(0, b"hello", b"12345678")
        t.poll()
        t.inject(answer)
        info = t.connection.info()
        assert (info.options & 32, info.fastopen_client_fail) == (options, fail)
    lost = Closed(fast_open=True)
    lost.connection.open(0, b"hello", b"12345678")
    lost.poll()
    lost.advance(ms=1_000)
    assert lost.connection.info().fastopen_client_fail == 3
