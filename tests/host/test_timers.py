"""The lazy heap of deadlines."""

from __future__ import annotations

from random import Random

from synfin.host.timers import Deadlines, Timed


class Alarm(Timed):
    def __init__(self, deadline: int | None = None) -> None:
        super().__init__()
        self.deadline = deadline
        self.rung: list[int] = []

    def next_deadline(self) -> int | None:
        return self.deadline

    def on_deadline(self, now: int) -> None:
        self.rung.append(now)
        self.deadline = None


def test_a_deadline_moved_later_fires_only_then() -> None:
    deadlines, alarm = Deadlines(), Alarm(10)
    deadlines.arm(alarm, 10)
    alarm.deadline = 50
    deadlines.arm(alarm, 50)
    assert len(deadlines) == 1  # the earlier entry serves for both
    deadlines.run(20)
    assert alarm.rung == []
    assert deadlines.next() == 50
    deadlines.run(50)
    assert alarm.rung == [50]
    assert deadlines.next() is None


def test_a_deadline_moved_earlier_fires_then_and_only_once() -> None:
    deadlines, alarm = Deadlines(), Alarm(50)
    deadlines.arm(alarm, 50)
    alarm.deadline = 10
    deadlines.arm(alarm, 10)
    assert deadlines.next() == 10
    deadlines.run(100)
    assert alarm.rung == [100]
    deadlines.run(200)
    assert alarm.rung == [100]


def test_next_tells_what_somebody_really_wants() -> None:
    deadlines, alarm, other = Deadlines(), Alarm(10), Alarm(30)
    deadlines.arm(alarm, 10)
    deadlines.arm(other, 30)
    alarm.deadline = None
    assert deadlines.next() == 30


def test_the_forgotten_do_not_fire() -> None:
    deadlines, alarm = Deadlines(), Alarm(10)
    deadlines.arm(alarm, 10)
    deadlines.forget(alarm)
    deadlines.run(100)
    assert alarm.rung == []


def test_ties_go_to_the_first() -> None:
    deadlines = Deadlines()
    order: list[int] = []

    class Ordered(Alarm):
        def __init__(self, number: int) -> None:
            super().__init__(10)
            self.number = number

        def on_deadline(self, now: int) -> None:
            order.append(self.number)
            self.deadline = None

    for number in range(20):
        alarm = Ordered(number)
        deadlines.arm(alarm, 10)
    deadlines.run(10)
    assert order == list(range(20))


def test_memory_stays_bounded_when_owners_come_and_go() -> None:
    """A short connection whose last timer lies hours ahead leaves nothing behind."""
    deadlines = Deadlines()
    for number in range(10_000):
        alarm = Alarm(1 << 50)
        deadlines.arm(alarm, 1 << 50)
        deadlines.forget(alarm)
        assert len(deadlines) <= 200, number


def test_against_a_list_of_all_deadlines() -> None:
    rng = Random(5)
    deadlines = Deadlines()
    alarms = [Alarm() for _ in range(30)]
    now = 0
    for _ in range(3_000):
        alarm = rng.choice(alarms)
        what = rng.random()
        if what < 0.6:
            alarm.deadline = now + rng.randrange(1, 500)
            deadlines.arm(alarm, alarm.deadline)
        elif what < 0.7:
            alarm.deadline = None
            deadlines.forget(alarm)
        wanted = [each.deadline for each in alarms if each.deadline is not None]
        assert deadlines.next() == (min(wanted) if wanted else None)
        now += rng.randrange(0, 60)
        due = [each for each in alarms if each.deadline is not None and each.deadline <= now]
        before = [len(each.rung) for each in due]
        deadlines.run(now)
        assert [len(each.rung) for each in due] == [count + 1 for count in before]
        assert not [each for each in alarms if each.deadline is not None and each.deadline <= now]


def test_an_owner_that_is_still_due_does_not_spin() -> None:
    class Stubborn(Alarm):
        def on_deadline(self, now: int) -> None:
            self.rung.append(now)

    deadlines, alarm = Deadlines(), Stubborn(10)
    deadlines.arm(alarm, 10)
    deadlines.run(10)
    assert alarm.rung == [10]
