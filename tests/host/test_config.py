"""HostConfig and the token bucket."""

from __future__ import annotations

import pytest

from synfin.config import MILLISECOND, SECOND
from synfin.errors import UsageError
from synfin.host import HostConfig
from synfin.host.limits import TokenBucket


def test_values_out_of_range_are_named() -> None:
    with pytest.raises(UsageError, match=r"HostConfig\.hop_limit is 256; it must be between 1 and 255"):
        HostConfig(hop_limit=256)
    with pytest.raises(UsageError, match=r"reassembly_bytes is 10; it must be at least 576"):
        HostConfig(reassembly_bytes=10)
    with pytest.raises(UsageError, match="ephemeral_port_first 2000 is above"):
        HostConfig(ephemeral_port_first=2000, ephemeral_port_last=1999)
    with pytest.raises(UsageError, match="no setting 'hop_limits'"):
        HostConfig().but(hop_limits=3)
    assert HostConfig().but(hop_limit=3).hop_limit == 3


def test_defaults_are_those_of_the_rfcs() -> None:
    """[RFC1122-11] [RFC1122-26] [RFC6056-02]"""
    config = HostConfig()
    assert config.hop_limit == 64
    assert 60_000 <= config.reassembly_timeout_ms <= 120_000
    assert (config.ephemeral_port_first, config.ephemeral_port_last) == (1_024, 65_535)


def test_bucket_gives_a_burst_and_then_the_rate() -> None:
    """[RFC4443-05]"""
    bucket = TokenBucket(10, 3)
    assert [bucket.take(0) for _ in range(5)] == [True, True, True, False, False]
    assert bucket.take(99 * MILLISECOND) is False
    assert bucket.take(100 * MILLISECOND) is True
    assert bucket.take(100 * MILLISECOND) is False
    taken = sum(bucket.take(SECOND + i * MILLISECOND) for i in range(1_000))
    assert taken == 3 + 9  # full again at 1 s, then ten per second
    assert [bucket.take(100 * SECOND) for _ in range(4)] == [True, True, True, False]


def test_bucket_of_rate_or_burst_zero_gives_nothing() -> None:
    assert not TokenBucket(0, 5).take(SECOND)
    assert not TokenBucket(5, 0).take(SECOND)
