"""The lazy heap of deadlines."""

from __future__ import annotations

from random import Random
from typing import Any

from synfin.host.timers import Alarm, Deadlines


class Clock:
    """An owner of one deadline; `rung` holds the times at which it came."""

    def __init__(self, deadline: int | None = None) -> None:
        self.deadline = deadline
        self.rung: list[int] = []
        self.timed = Alarm(lambda: self.deadline, self.ring)

    def ring(self, now: int) -> None:
        self.rung.append(now)
        self.deadline = None


def test_a_deadline_moved_later_fires_only_then() -> None:
    deadlines, alarm = Deadlines(), Clock(10)
    deadlines.arm(alarm.timed, 10)
    alarm.deadline = 50
    deadlines.arm(alarm.timed, 50)
    assert len(deadlines) == 1  # the earlier entry serves for both
    deadlines.run(20)
    assert alarm.rung == []
    assert deadlines.next() == 50
    deadlines.run(50)
    assert alarm.rung == [50]
    assert deadlines.next() is None


def test_a_deadline_moved_earlier_fires_then_and_only_once() -> None:
    deadlines, alarm = Deadlines(), Clock(50)
    deadlines.arm(alarm.timed, 50)
    alarm.deadline = 10
    deadlines.arm(alarm.timed, 10)
    assert deadlines.next() == 10
    deadlines.run(100)
    assert alarm.rung == [100]
    deadlines.run(200)
    assert alarm.rung == [100]


def test_next_tells_what_somebody_really_wants() -> None:
    deadlines, alarm, other = Deadlines(), Clock(10), Clock(30)
    deadlines.arm(alarm.timed, 10)
    deadlines.arm(other.timed, 30)
    alarm.deadline = None
    assert deadlines.next() == 30


def test_the_forgotten_do_not_fire() -> None:
    deadlines, alarm = Deadlines(), Clock(10)
    deadlines.arm(alarm.timed, 10)
    deadlines.forget(alarm.timed)
    deadlines.run(100)
    assert alarm.rung == []


def test_ties_go_to_the_first() -> None:
    deadlines = Deadlines()
    order: list[int] = []

    clocks = [Clock(10) for _ in range(20)]

    def ring(number: int) -> Any:
        def rung(now: int) -> None:
            order.append(number)
            clocks[number].deadline = None

        return rung

    for number, clock in enumerate(clocks):
        clock.timed = Alarm(lambda clock=clock: clock.deadline, ring(number))
        deadlines.arm(clock.timed, 10)
    deadlines.run(10)
    assert order == list(range(20))


def test_memory_stays_bounded_when_owners_come_and_go() -> None:
    """A short connection whose last timer lies hours ahead leaves nothing behind."""
    deadlines = Deadlines()
    for number in range(10_000):
        alarm = Clock(1 << 50)
        deadlines.arm(alarm.timed, 1 << 50)
        deadlines.forget(alarm.timed)
        assert len(deadlines) <= 200, number


def test_memory_stays_bounded_when_a_deadline_moves_ever_earlier() -> None:
    deadlines, alarm = Deadlines(), Clock()
    for deadline in range(10_000, 0, -1):
        alarm.deadline = deadline
        deadlines.arm(alarm.timed, deadline)
        assert len(deadlines) <= 200
    assert deadlines.next() == 1


def test_against_a_list_of_all_deadlines() -> None:
    rng = Random(5)
    deadlines = Deadlines()
    alarms = [Clock() for _ in range(30)]
    now = 0
    for _ in range(3_000):
        alarm = rng.choice(alarms)
        what = rng.random()
        if what < 0.6:
            alarm.deadline = now + rng.randrange(1, 500)
            deadlines.arm(alarm.timed, alarm.deadline)
        elif what < 0.7:
            alarm.deadline = None
            deadlines.forget(alarm.timed)
        wanted = [each.deadline for each in alarms if each.deadline is not None]
        assert deadlines.next() == (min(wanted) if wanted else None)
        now += rng.randrange(0, 60)
        due = [each for each in alarms if each.deadline is not None and each.deadline <= now]
        before = [len(each.rung) for each in due]
        deadlines.run(now)
        assert [len(each.rung) for each in due] == [count + 1 for count in before]
        assert not [each for each in alarms if each.deadline is not None and each.deadline <= now]


def test_an_owner_that_is_still_due_does_not_spin() -> None:
    rung: list[int] = []
    deadlines, alarm = Deadlines(), Alarm(lambda: 10, rung.append)
    deadlines.arm(alarm, 10)
    deadlines.run(10)
    assert rung == [10]
