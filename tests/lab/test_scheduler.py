"""Virtual time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.errors import UsageError
from synfin.lab.scheduler import EndlessRunError, Scheduler


@given(st.lists(st.integers(0, 5), max_size=30))
def test_order_of_time_then_order_of_insertion(times: list[int]) -> None:
    scheduler = Scheduler()
    seen: list[tuple[int, int]] = []
    for number, time in enumerate(times):
        scheduler.at(time, lambda time=time, number=number: seen.append((time, number)))  # type: ignore[misc]
    scheduler.run()
    assert seen == sorted(seen)
    assert len(seen) == len(times)


def test_what_is_planned_for_now_comes_after_what_was_planned_before() -> None:
    scheduler = Scheduler()
    seen: list[str] = []
    scheduler.at(10, lambda: (seen.append("first"), scheduler.at(10, lambda: seen.append("third")))[0])
    scheduler.at(10, lambda: seen.append("second"))
    scheduler.run()
    assert seen == ["first", "second", "third"]


def test_until_is_included_and_becomes_now() -> None:
    scheduler = Scheduler()
    seen: list[int] = []
    for time in (5, 10, 11):
        scheduler.at(time, lambda time=time: seen.append(time))  # type: ignore[misc]
    assert scheduler.run(until=10) == 2
    assert (seen, scheduler.now, len(scheduler)) == ([5, 10], 10, 1)
    scheduler.run(until=50)
    assert (seen, scheduler.now) == ([5, 10, 11], 50)


def test_a_cancelled_plan_never_happens() -> None:
    scheduler = Scheduler()
    seen: list[str] = []
    planned = scheduler.at(1, lambda: seen.append("no"))
    scheduler.at(2, lambda: seen.append("yes"))
    planned.cancel()
    assert scheduler.next_time() == 2
    assert scheduler.run() == 1
    assert seen == ["yes"]


def test_the_past_cannot_be_planned() -> None:
    scheduler = Scheduler()
    scheduler.run(until=100)
    with pytest.raises(UsageError, match="has passed"):
        scheduler.at(99, lambda: None)


def test_a_run_without_end_is_stopped() -> None:
    scheduler = Scheduler()

    def again() -> None:
        scheduler.after(0, again)

    again()
    with pytest.raises(EndlessRunError, match="1000 events"):
        scheduler.run(max_events=1000)
