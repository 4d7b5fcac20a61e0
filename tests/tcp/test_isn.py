"""Initial sequence numbers: RFC 6528, RFC 9293 3.4.1, scenario S25."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from synfin.config import MILLISECOND, SECOND, TcpConfig
from synfin.errors import UsageError
from synfin.tcp import Connection
from synfin.tcp.isn import FixedIsn, IsnGenerator
from synfin.wire.addresses import Endpoint, parse_address

LOCAL = Endpoint(parse_address("192.0.2.1"), 40_000)
REMOTE = Endpoint(parse_address("192.0.2.2"), 80)


@pytest.mark.parametrize(("tick_ns", "per_second"), [(4_000, 250_000), (64, 15_625_000)])
def test_one_pair_of_endpoints_sees_a_clock(tick_ns: int, per_second: int) -> None:
    """[MUST-8] [RFC6528-03]: 4 microseconds by the RFC, 64 ns as measured on Linux."""
    source = IsnGenerator(random.Random(5), tick_ns)
    start = source.next(LOCAL, REMOTE, 10 * SECOND)
    for elapsed_ms in (0, 1, 20, 1_000, 30_000):
        later = source.next(LOCAL, REMOTE, 10 * SECOND + elapsed_ms * MILLISECOND)
        assert (later - start) % (1 << 32) == elapsed_ms * per_second // 1_000


def test_the_clock_wraps_after_4_77_hours() -> None:
    """2**32 * 4 microseconds."""
    source = IsnGenerator(random.Random(5))
    cycle = (1 << 32) * 4_000
    assert source.next(LOCAL, REMOTE, 7) == source.next(LOCAL, REMOTE, 7 + cycle)
    assert source.next(LOCAL, REMOTE, 7) != source.next(LOCAL, REMOTE, 7 + cycle // 2)


def test_different_pairs_are_unrelated() -> None:
    """Serial correlation and bit balance over 20,000 remote ports and addresses [RFC6528-05] [SHLD-1] [RFC6528-01]."""
    source = IsnGenerator(random.Random(11))
    numbers = []
    for host in range(20):
        address = parse_address(f"198.51.100.{host}")
        numbers += [source.next(LOCAL, Endpoint(address, port), 0) for port in range(1, 1_001)]
    assert len(set(numbers)) > len(numbers) - 5
    mean = (1 << 32) / 2
    above = sum((a - mean) * (b - mean) for a, b in pairwise(numbers))
    below = sum((a - mean) ** 2 for a in numbers)
    assert abs(above / below) < 0.05
    for bit in range(32):
        ones = sum(number >> bit & 1 for number in numbers)
        assert 0.47 < ones / len(numbers) < 0.53


def test_each_part_of_the_pair_matters() -> None:
    """F(localip, localport, remoteip, remoteport, secret) [SHLD-1]."""
    source = IsnGenerator(random.Random(11))
    base = source.next(LOCAL, REMOTE, 0)
    assert source.next(Endpoint(LOCAL.address, 40_001), REMOTE, 0) != base
    assert source.next(LOCAL, Endpoint(REMOTE.address, 81), 0) != base
    assert source.next(Endpoint(REMOTE.address, LOCAL.port), REMOTE, 0) != base
    assert source.next(LOCAL, Endpoint(LOCAL.address, REMOTE.port), 0) != base
    assert IsnGenerator(random.Random(12)).next(LOCAL, REMOTE, 0) != base


def test_the_secret_does_not_show() -> None:
    """[MUST-9] [RFC6528-02]: neither by repr nor by an attribute that has no underscore."""
    rng = random.Random(3)
    secret = random.Random(3).randbytes(16)
    source = IsnGenerator(rng)
    assert secret.hex() not in repr(source)
    assert repr(secret) not in repr(source)
    shown = [getattr(source, name) for name in dir(source) if not name.startswith("_")]
    assert secret not in shown


def test_the_secret_comes_from_the_generator_handed_in() -> None:
    """Same seed, same numbers (law 2); 128 bits are drawn [RFC6528-02]."""
    first = IsnGenerator(random.Random(3)).next(LOCAL, REMOTE, 0)
    assert IsnGenerator(random.Random(3)).next(LOCAL, REMOTE, 0) == first
    assert IsnGenerator(random.Random(4)).next(LOCAL, REMOTE, 0) != first


def test_timestamp_offset_is_that_of_the_pair_of_hosts() -> None:
    """Timestamps grow across connections of one pair of hosts [RFC6191-08]."""
    source = IsnGenerator(random.Random(3))
    offset = source.timestamp_offset(LOCAL, REMOTE)
    assert source.timestamp_offset(Endpoint(LOCAL.address, 1), Endpoint(REMOTE.address, 2)) == offset
    assert source.timestamp_offset(REMOTE, Endpoint(parse_address("203.0.113.9"), 80)) != offset


@pytest.mark.parametrize("family", ["192.0.2.77", "2001:db8::77"])
def test_both_families(family: str) -> None:
    """[RFC6528-01]."""
    source = IsnGenerator(random.Random(3))
    end = Endpoint(parse_address(family), 9)
    assert source.next(end, end, 4_000) - source.next(end, end, 0) in (1, 1 - (1 << 32))


def test_an_incarnation_starts_above_the_numbers_of_the_one_before() -> None:
    """At up to 250 kB/s the new ISN is beyond the old SND.NXT [RFC6528-03]."""
    source = IsnGenerator(random.Random(3))
    first = source.next(LOCAL, REMOTE, 0)
    sent = 60 * 200_000
    second = source.next(LOCAL, REMOTE, 60 * SECOND)
    assert 0 < (second - (first + sent)) % (1 << 32) < 1 << 31


def test_fixed_numbers() -> None:
    """For lessons: the list, then 64,000 more each time."""
    source = FixedIsn([100, 300])
    assert [source.next(LOCAL, REMOTE, 0) for _ in range(4)] == [100, 300, 64_300, 128_300]
    with pytest.raises(UsageError):
        FixedIsn([])


def test_connection_uses_the_clock() -> None:
    """Without a given ISN the SYN's number follows RFC 6528, and other seeds give other numbers [MUST-8]."""

    def isn(seed: int, now: int) -> int:
        connection = Connection(TcpConfig(), rng=random.Random(seed), local=("192.0.2.1", 1), remote=("192.0.2.2", 2))
        connection.open(now)
        return connection.poll(now)[0].seq

    assert (isn(1, SECOND) - isn(1, 0)) % (1 << 32) == 250_000
    assert isn(1, 0) != isn(2, 0)
