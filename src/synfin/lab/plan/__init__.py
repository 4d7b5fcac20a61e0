"""A plan: a scenario with everything that somebody has changed about it, as a value to keep, send and play.

    model      `Plan` and `Change`: what can be said, and the check that it makes sense
    settings   the settings that a plan may change, and which of them a living connection still takes
    codec      plans as JSON values and as short text for a URL
    play       the run of a plan
    source     the run of a plan as a pytest test

The same plan gives the same octets at the same times (law 2); a plan without changes gives those of its scenario.
Whatever comes out of a run goes into its records: a call that fails is a record, never an exception.
"""

from synfin.lab.plan.codec import decode, encode, from_json, to_json
from synfin.lab.plan.model import (
    ACTIONS,
    LINK,
    LINK_ACTIONS,
    MAX_CHANGES,
    MAX_FAULTS,
    MAX_SETTINGS,
    MAX_TIME,
    MAX_WRITE,
    Change,
    Plan,
    PlanError,
)
from synfin.lab.plan.play import MAX_EVENTS, MAX_RECORDS, QUIET, Played, play
from synfin.lab.plan.settings import LINK_SETTINGS, SETTINGS, Setting, defaults
from synfin.lab.plan.source import ends, test_source, wire
from synfin.lab.scenarios.stage import HOSTS

__all__ = [
    "ACTIONS",
    "HOSTS",
    "LINK",
    "LINK_ACTIONS",
    "LINK_SETTINGS",
    "MAX_CHANGES",
    "MAX_EVENTS",
    "MAX_FAULTS",
    "MAX_RECORDS",
    "MAX_SETTINGS",
    "MAX_TIME",
    "MAX_WRITE",
    "QUIET",
    "SETTINGS",
    "Change",
    "Plan",
    "PlanError",
    "Played",
    "Setting",
    "decode",
    "defaults",
    "encode",
    "ends",
    "from_json",
    "play",
    "test_source",
    "to_json",
    "wire",
]
