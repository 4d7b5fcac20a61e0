"""Durations, rates, sizes and shares as people write them, to the plain integers that everything below uses.

Responsible for text with a unit (`"20ms"`, `"10Mbit"`, `"64KB"`, `"5%"`) and for saying what is allowed when a unit is
wrong.  Numbers without a unit are taken as they are: nanoseconds, bits per second, octets, a share between 0 and 1.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from synfin.errors import UsageError

DURATIONS: Final[dict[str, int]] = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "min": 60 * 1_000_000_000,
    "h": 3_600 * 1_000_000_000,
    "d": 86_400 * 1_000_000_000,
}
RATES: Final[dict[str, int]] = {"bit": 1, "kbit": 1_000, "Mbit": 1_000_000, "Gbit": 1_000_000_000}
SIZES: Final[dict[str, int]] = {
    "B": 1,
    "KB": 1_000,
    "MB": 1_000_000,
    "GB": 1_000_000_000,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
}

# Digits are ASCII only: other scripts' digits match \d but are no number here.
_QUANTITY: Final = re.compile(r"\s*([0-9]{1,18}(?:\.[0-9]{1,400})?)\s*(\S*)\s*", re.ASCII)


def parse_duration(value: str | int) -> int:
    """`"20ms"`, `"1.5s"`, `"2min"` to nanoseconds; an int is nanoseconds already.  Raises `UsageError`."""
    return _quantity(value, "duration", DURATIONS, '"20ms"')


def parse_rate(value: str | int) -> int:
    """`"10Mbit"`, `"56kbit"` to bits per second; an int is that already.  Raises `UsageError`, also for zero."""
    rate = _quantity(value, "rate", RATES, '"10Mbit"')
    if rate == 0:
        raise UsageError("a rate must be more than 0 bit/s; to cut a link use partition()")
    return rate


def parse_size(value: str | int) -> int:
    """`"64KB"` (64,000), `"64KiB"` (65,536) to octets; an int is octets already.  Raises `UsageError`."""
    return _quantity(value, "size", SIZES, '"64KB"')


def parse_share(value: str | float) -> float:
    """`"5%"` or 0.05 to 0.05.  Raises `UsageError` outside of 0 to 1."""
    if isinstance(value, str):
        match = _QUANTITY.fullmatch(value)
        if match is None or match[2] != "%":
            raise UsageError(f'{value!r} is not a share; write it like "5%" or as a number between 0 and 1')
        share = float(Fraction(match[1]) / 100)
    else:
        share = float(value)
    if not 0.0 <= share <= 1.0:
        raise UsageError(f"the share {value!r} is outside of 0 to 1 (0% to 100%)")
    return share


def format_duration(ns: int) -> str:
    """The shortest exact text that `parse_duration` reads back, for example `300ms`."""
    for unit in ("d", "h", "min", "s", "ms", "us"):
        if ns and ns % DURATIONS[unit] == 0:
            return f"{ns // DURATIONS[unit]}{unit}"
    return f"{ns}ns"


def _quantity(value: str | int, what: str, units: dict[str, int], example: str) -> int:
    if not isinstance(value, str):
        if isinstance(value, bool) or value < 0:
            raise UsageError(f"{value!r} is not a {what}; write it like {example}")
        return value
    match = _QUANTITY.fullmatch(value)
    if match is None:
        raise UsageError(f"{value!r} is not a {what}; write it like {example}")
    factor = units.get(match[2])
    if factor is None:
        given = f"unknown unit {match[2]!r}" if match[2] else "a unit is missing"
        raise UsageError(f"{value!r} is not a {what}: {given}; allowed are {', '.join(units)}")
    exact = Fraction(match[1]) * factor
    if exact.denominator != 1:
        raise UsageError(f"{value!r} is finer than one {next(iter(units))}")
    return exact.numerator
