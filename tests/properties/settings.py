"""Hypothesis settings shared by the property tests: the same examples on every run and every machine.

`SYNFIN_EXAMPLES=50 pytest tests/properties` looks at fifty times as many examples, and at other ones each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FACTOR = int(os.environ.get("SYNFIN_EXAMPLES", "1"))
HEALTH = [HealthCheck.too_slow, HealthCheck.filter_too_much]


def repeatable(examples: int, steps: int = 40) -> settings:
    """Derandomized settings without a deadline: what a run finds depends on the code alone."""
    return settings(
        max_examples=examples * FACTOR,
        stateful_step_count=steps,
        derandomize=FACTOR == 1,
        deadline=None,
        database=None,
        suppress_health_check=HEALTH,
    )
