"""20,000 damaged packets; bench/fuzz_wire.py does as many as one likes."""

from __future__ import annotations

import pytest

from synfin.wire.rules import RULES
from tests.wire.mutate import ACCEPTED, check, corpus, equal_but_for_zero, run

COUNT = 20_000


def test_no_packet_does_more_than_a_wire_error() -> None:
    verdicts = run(seed=1, count=COUNT)
    assert verdicts.total() == COUNT
    # The mutations must get past the checks that come first, or nothing is tested behind them.
    assert verdicts[ACCEPTED] > COUNT // 20
    reached = set(verdicts) & set(RULES)
    assert len(reached) >= 25, f"only {sorted(reached)}"


@pytest.mark.parametrize("verify", [True, False])
def test_undamaged_packets_are_accepted(verify: bool) -> None:
    for frame in corpus():
        assert check(frame, verify) == ACCEPTED
        assert check(frame + bytes(7), verify) == ACCEPTED


def test_the_two_zeros_are_told_from_real_differences() -> None:
    assert equal_but_for_zero(b"ab\xff\xffcd", b"ab\0\0cd")
    assert not equal_but_for_zero(b"ab\xff\xfecd", b"ab\0\0cd")
    assert not equal_but_for_zero(b"abcd", b"abcd")
    assert not equal_but_for_zero(bytes(6), b"\xff\xff" * 3)
