"""The options at the head of a script: numbers in their range, or an `UnsupportedError` that names the option."""

from __future__ import annotations

from typing import Final

from synfin.drill.errors import UnsupportedError
from synfin.drill.model import Script

MAX_TOLERANCE_USECS: Final = 1_000_000_000
MAX_PERCENT: Final = 10_000.0
MAX_PORT: Final = 65_535


def number_option(script: Script, name: str, default: int, low: int, high: int) -> int:
    """The whole number of `--name=value`; `default` without it, or without a value."""
    text = script.option(name)
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise UnsupportedError(f"--{name}={text}: give a number between {low} and {high}")
    return value


def percent_option(script: Script, name: str, default: float) -> float:
    """The percentage of `--name=value`."""
    text = script.option(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= MAX_PERCENT:  # nan is not either
        raise UnsupportedError(f"--{name}={text}: give a percentage between 0 and {MAX_PERCENT:g}")
    return value
