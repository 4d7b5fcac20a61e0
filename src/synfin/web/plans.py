"""What a client may ask to be played: the plan in a request, checked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, final

from synfin.errors import SynfinError, UsageError
from synfin.lab.scenarios import SCENARIOS, Stage, build
from synfin.lab.scheduler import EndlessRunError
from synfin.lab.world import PRESETS

FAULTS_LIMIT = 64
SEED_LIMIT = 1 << 63


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """A scenario with a preset, a seed and more faults."""

    scenario: str
    preset: str = "rfc"
    seed: int = 1
    faults: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON-ready values."""
        return {**asdict(self), "faults": list(self.faults)}

    def encode(self) -> str:
        """A short text for it."""
        return repr(self)


def plan_from_json(value: dict[str, Any]) -> Plan:
    """The plan in a request; raises `UsageError` that names the field."""
    known = ("scenario", "preset", "seed", "faults")
    for name in value:
        if name not in known:
            raise UsageError(f"a plan has no {name!r}; it has {', '.join(known)}")
    scenario = value.get("scenario")
    if not isinstance(scenario, str) or scenario not in SCENARIOS:
        raise UsageError(f"there is no scenario {scenario!r}")
    preset = value.get("preset", "rfc")
    if preset not in PRESETS:
        raise UsageError(f"there is no preset {preset!r}; there are {' and '.join(PRESETS)}")
    seed = value.get("seed", 1)
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < SEED_LIMIT:
        raise UsageError(f"seed {seed!r} must be a number from 0 on")
    faults = value.get("faults", [])
    if not isinstance(faults, list) or len(faults) > FAULTS_LIMIT or not all(isinstance(f, str) for f in faults):
        raise UsageError(f"faults must be a list of at most {FAULTS_LIMIT} texts")
    return Plan(scenario, preset, seed, tuple(faults))


def play(plan: Plan, *, max_events: int, max_records: int) -> tuple[Stage, bool]:
    """The stage after the run, and whether it had to be stopped; raises `UsageError` for a fault."""
    try:
        stage = build(plan.scenario, seed=plan.seed, preset=plan.preset, faults=plan.faults)
    except SynfinError as error:
        raise UsageError(str(error)) from None
    stage.world.record_limit = max_records
    stage.world.probe()
    try:
        stage.world.run(until=SCENARIOS[plan.scenario].until, max_events=max_events)
    except EndlessRunError:
        return stage, True
    return stage, False
