"""Hypothesis settings shared by the property tests: the same examples on every run and every machine."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

HEALTH = [HealthCheck.too_slow, HealthCheck.filter_too_much]


def repeatable(examples: int, steps: int = 40) -> settings:
    """Derandomized settings without a deadline: what a run finds depends on the code alone."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=HEALTH,
    )
