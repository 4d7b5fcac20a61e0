"""Throughput on bad paths stays what the snapshot says; goals that hold for every path are asserted as such."""

from __future__ import annotations

import pytest

from tests.grid.cases import TEXT, Case, all_cases, suite_cases
from tests.grid.snapshot import PAGE, load, page
from tests.grid.transfer import play

TOLERANCE = 0.03  # of the rate
SNAPSHOT = load()


@pytest.mark.parametrize("case", suite_cases(), ids=lambda case: case.name)
def test_no_path_has_become_slower(case: Case) -> None:
    result, before = play(case), SNAPSHOT[case.name]
    assert result.goodput >= before.goodput - TOLERANCE
    assert result.steady >= before.steady - TOLERANCE
    assert result.retransmitted <= before.retransmitted * 1.25 + 20 * TEXT


def test_every_case_is_on_file() -> None:
    assert list(SNAPSHOT) == [case.name for case in all_cases()]
    assert page(SNAPSHOT) == PAGE.read_text()


@pytest.mark.parametrize("queue", [1.0, 4.0])
def test_cubic_fills_a_path_without_loss(queue: float) -> None:
    """At least nine tenths of the rate once the transfer has settled, on every path of the grid."""
    slow = {
        name: SNAPSHOT[name].steady
        for name in (case.name for case in all_cases() if _clean(case) and case.queue == queue)
        if SNAPSHOT[name].steady < 0.9
    }
    assert not slow


def _clean(case: Case) -> bool:
    return case.algorithm == "cubic" and case.loss == "0" and case.reorder == "0" and case.settles


@pytest.mark.parametrize("rate", [1, 10])
def test_bbr_does_not_mind_random_loss(rate: int) -> None:
    """One per cent lost at random and 100 ms: at least four fifths of the rate."""
    assert SNAPSHOT[Case(rate, 100, "1%", "0", 1.0, "bbr").name].steady >= 0.8
