"""Text with units to plain integers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.errors import UsageError
from synfin.units import format_duration, parse_duration, parse_rate, parse_share, parse_size


@pytest.mark.parametrize(
    ("text", "ns"),
    [("20ms", 20_000_000), ("1.5s", 1_500_000_000), ("2min", 120_000_000_000), (" 7 ns ", 7), ("3µs", 3_000), (5, 5)],
)
def test_durations_become_nanoseconds(text: str | int, ns: int) -> None:
    assert parse_duration(text) == ns


def test_rates_and_sizes_count_in_thousands_unless_they_say_otherwise() -> None:
    assert parse_rate("10Mbit") == 10_000_000
    assert parse_rate("56.6kbit") == 56_600
    assert parse_size("64KB") == 64_000
    assert parse_size("64KiB") == 65_536


def test_shares_are_percent_or_numbers() -> None:
    assert parse_share("5%") == 0.05
    assert parse_share(0.25) == 0.25


@pytest.mark.parametrize(
    ("parse", "value", "hint"),
    [
        (parse_duration, "20", "a unit is missing; allowed are ns, us"),
        (parse_duration, "20m", "unknown unit 'm'; allowed are ns, us, µs, ms, s, min, h, d"),
        (parse_duration, "soon", 'write it like "20ms"'),
        (parse_duration, "-5ms", 'write it like "20ms"'),
        (parse_duration, -5, 'write it like "20ms"'),
        (parse_duration, True, 'write it like "20ms"'),
        (parse_duration, "0.5ns", "finer than one ns"),
        (parse_rate, "10MB", "allowed are bit, kbit, Mbit, Gbit"),
        (parse_rate, "0Mbit", "more than 0"),
        (parse_size, "64kb", "allowed are B, KB"),
        (parse_share, "5", 'write it like "5%"'),
        (parse_share, "101%", "outside"),
        (parse_share, 1.5, "outside"),
        (parse_share, float("nan"), "outside"),
    ],
)
def test_a_bad_unit_says_what_is_allowed(parse, value, hint) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError) as caught:
        parse(value)
    assert hint in str(caught.value)


@given(st.integers(0, 10**17))
def test_a_printed_duration_reads_back(ns: int) -> None:
    assert parse_duration(format_duration(ns)) == ns


@given(st.text(max_size=12))
def test_any_text_is_a_duration_or_a_usage_error(text: str) -> None:
    try:
        shown = str(parse_duration(text))
    except UsageError as error:
        shown = str(error)
    assert shown.isdigit() or repr(text)[1:-1] in shown
