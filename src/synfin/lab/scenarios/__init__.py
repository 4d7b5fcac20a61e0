"""The demonstrations: every scenario S01 to S26 has at least one, each a small program over a world.

    stage      hosts A and B, a cable, an application each
    opening    S01 to S11
    closing    S12 to S21
    trouble    S22 to S26

`run("syn-lost", seed=1)` gives the world after the run; its records are what ladders and captures are made of.
"""

from __future__ import annotations

from typing import Any, Final

from synfin.errors import UsageError
from synfin.lab.scenarios import closing, opening, trouble
from synfin.lab.scenarios.stage import Scenario, Stage
from synfin.lab.world import RECORD_LIMIT, World

DEFAULT: Final = "whole-life"
SCENARIOS: Final[dict[str, Scenario]] = {
    scenario.name: scenario
    for scenario in sorted(
        (*opening.SCENARIOS, *closing.SCENARIOS, *trouble.SCENARIOS), key=lambda scenario: scenario.number[:3]
    )
}


def build(
    name: str,
    *,
    seed: int = 1,
    preset: str = "rfc",
    faults: tuple[str, ...] = (),
    own_faults: bool = True,
    chosen: dict[str, dict[str, Any]] | None = None,
    isn: dict[str, list[int]] | None = None,
    record_limit: int = RECORD_LIMIT,
) -> Stage:
    """The stage of a scenario before the curtain rises: programs planned, nothing has happened yet.

    `own_faults=False` leaves out the faults that belong to the scenario.  `chosen` are settings of `TcpConfig` by host
    and `isn` initial sequence numbers by host, both instead of the scenario's.
    Raises `UsageError` for an unknown name, preset or setting, and `FaultError` for a bad fault.
    """
    scenario = SCENARIOS.get(name)
    if scenario is None:
        raise UsageError(f"there is no scenario {name!r}")
    world = World(seed, preset=preset, record_limit=record_limit)
    stage = Stage(world, scenario, chosen, isn)
    for expression in (*(scenario.faults if own_faults else ()), *faults):
        world.fault(expression)
    scenario.play(stage)
    return stage


def run(
    name: str, *, seed: int = 1, preset: str = "rfc", faults: tuple[str, ...] = (), max_events: int = 1_000_000
) -> World:
    """Play a scenario to its end; gives the world with its records."""
    stage = build(name, seed=seed, preset=preset, faults=faults)
    stage.world.run(until=SCENARIOS[name].until, max_events=max_events)
    return stage.world


__all__ = ["DEFAULT", "SCENARIOS", "Scenario", "Stage", "build", "run"]
