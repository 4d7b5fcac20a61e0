"""The run of a plan: the scenario's stage, with the changes planned into it.

Responsible for what each action does, for the end of a run, and for writing down what fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from errno import EALREADY
from functools import partial
from typing import Any, Final

from synfin.errors import UsageError
from synfin.lab.node import NOWHERE
from synfin.lab.plan.model import LINK, Change, Plan, octets, read_setting
from synfin.lab.plan.settings import ISN, SETTINGS
from synfin.lab.scenarios import SCENARIOS, build
from synfin.lab.scenarios.stage import CLIENT_PORT, HOSTS, PORT, End, Stage
from synfin.lab.scheduler import EndlessRunError
from synfin.lab.world import World
from synfin.trace import AppRecord
from synfin.units import DURATIONS, parse_duration

MAX_EVENTS: Final = 1_000_000  # of a run
MAX_RECORDS: Final = 1_000_000
QUIET: Final = 8 * DURATIONS["h"]  # a run goes on so long after the last thing that was planned, then it is endless
_ALPHABET: Final = bytes(range(97, 123))


@dataclass(frozen=True, slots=True)
class Played:
    """A run: `endless` if it was stopped while there was still something to come; records are in `world.records`."""

    plan: Plan
    stage: Stage
    world: World
    endless: bool

    @property
    def duration(self) -> int:
        """When the last thing happened, in ns."""
        return self.world.records[-1].now if self.world.records else 0


def play(plan: Plan, *, max_events: int = MAX_EVENTS, max_records: int = MAX_RECORDS, probe: bool = True) -> Played:
    """Play a plan to its end, or to `max_events` things that happen; `probe`: record the variables of connections.

    Records beyond `max_records` are counted in `world.records_lost`.
    """
    stage = build(
        plan.scenario,
        seed=plan.seed,
        preset=plan.preset,
        faults=plan.faults,
        own_faults=plan.own_faults,
        chosen=plan.chosen(),
        isn=plan.isn(),
        record_limit=max_records,
    )
    world = stage.world
    if probe:
        world.probe()
    for host, name, text in plan.settings:
        if host == LINK:
            _set_link(stage, name, read_setting("settings", host, name, text))
    for change in plan.changes:
        world.at(change.at, partial(_change, stage, change))
    return Played(plan, stage, world, _run(plan, world, max_events))


def _run(plan: Plan, world: World, max_events: int) -> bool:
    """Let time pass; gives whether something would still happen that nobody has put off."""
    own = SCENARIOS[plan.scenario].until
    asked = plan.until is not None or own is not None
    if plan.until is not None:
        end = plan.until
    elif own is not None:
        end = parse_duration(own)
        last = max((change.at for change in plan.changes), default=0)
        if last >= end:  # what is done then is to be seen too
            end += last
    else:
        end = world.scheduler.last_time() + QUIET
    try:
        world.run(until=end, max_events=max_events)
    except EndlessRunError:
        return True
    return not asked and world.scheduler.next_time() is not None


def _change(stage: Stage, change: Change) -> None:
    """Do what a change says; what fails is written down."""
    if change.host == LINK:
        _change_link(stage, change)
        return
    end = stage.a if change.host == HOSTS[0] else stage.b
    if change.action == "set":
        _set(stage, end, change)
    elif change.action == "open":
        _open(stage, end, change.value)
    elif change.action == "write":
        count = octets("value", change.value)
        end.send((_ALPHABET * (count // len(_ALPHABET) + 1))[:count])
    elif change.action == "read":
        _read(end, change.value)
    elif change.action == "stop-reading":
        end.reading = False
        _note(end, "stop-reading")
    elif change.action == "crash":
        if end.node.up:
            end.node.crash()
        else:
            end.failed("crash", OSError(EALREADY, "is down already"))
    elif change.action == "restart":
        end.node.restart()
    elif change.action == "close":
        end.close()
    elif change.action == "shutdown":
        end.shutdown()
    else:
        end.abort()


def _note(end: End, call: str, detail: str = "") -> None:
    """Write down what was done at an end."""
    world = end.node.world
    connection = end.connection
    local, remote = (NOWHERE, NOWHERE) if connection is None else (connection.local, connection.remote)
    world.record(AppRecord(world.now, end.node.name, local, remote, call, detail))


def _open(stage: Stage, end: End, how: str) -> None:
    """A connects and B listens, unless it is said otherwise."""
    passive = end is stage.b if not how else how == "listen"
    if passive:
        end.listen()
        return
    other = stage.host_b if end is stage.a else stage.host_a
    port = CLIENT_PORT if not how or how == "connect" else octets("value", how)
    end.connect(other.name, PORT, port)


def _read(end: End, value: str) -> None:
    """A number of octets, or everything from now on."""
    if value:
        end.read_some(octets("value", value))
    else:
        end.reading = True
        _note(end, "read-on")
        end.read()


def _set(stage: Stage, end: End, change: Change) -> None:
    """A setting of one host."""
    value = read_setting("change", change.host, change.name, change.value)
    _note(end, "set", f"{change.name} = {change.value}")
    if change.name == ISN:
        end.node.choose_isn([] if value is None else [value])
        return
    field = SETTINGS[change.name].field
    try:
        end.node.configure(**{field: value})
    except UsageError as error:
        _note(end, "failed", str(error))
    else:
        end.chosen[field] = value


def _change_link(stage: Stage, change: Change) -> None:
    world = stage.world
    if change.action == "cut":
        world.partition(stage.host_a, stage.host_b)
    elif change.action == "heal":
        world.heal()
    elif change.action == "release":
        world.release()
    else:
        _set_link(stage, change.name, read_setting("change", LINK, change.name, change.value))


def _set_link(stage: Stage, name: str, value: Any) -> None:
    cable = stage.cable
    if name == "delay":
        cable.delay = value
    elif name == "rate":
        cable.rate = value
    elif name == "queue":
        cable.queue_limit_bytes = value
    else:
        cable.loss = value
