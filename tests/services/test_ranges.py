"""RFC 9110 14.1.2 and 14.2: which ranges are served, which are refused, which are ignored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.services.ranges import parse_ranges


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=0-499", [(0, 500)]),
        ("bytes=500-", [(500, 500)]),
        ("bytes=-1", [(999, 1)]),
        ("bytes=-5000", [(0, 1000)]),
        ("bytes=990-5000", [(990, 10)]),
        ("Bytes = 0-1 , 5-6", [(0, 2), (5, 2)]),
        ("bytes=5-6,0-1", [(5, 2), (0, 2)]),
        ("bytes=0-1,,2-3", [(0, 2), (2, 2)]),
        ("bytes=0-1,5000-", [(0, 2)]),
    ],
)
def test_ranges_that_can_be_satisfied(text: str, ranges: list[tuple[int, int]]) -> None:
    assert parse_ranges(text, 1_000) == ranges


@pytest.mark.parametrize("text", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_ranges_that_cannot(text: str) -> None:
    assert parse_ranges(text, 1_000) == []


def test_nothing_of_an_empty_file_can_be_asked_for() -> None:
    assert parse_ranges("bytes=0-", 0) == []
    assert parse_ranges("bytes=-5", 0) == []


@pytest.mark.parametrize(
    "text",
    [
        "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=2-1", "bytes=1", "bytes=1-2-3", "bytes=+1-2",
        "bytes=1 -2",
        "lines=1-2", "bytes=0-5,3-8", "bytes=" + ",".join(f"{2 * i}-{2 * i}" for i in range(33)), "bytes=٣-٤",
        "bytes=99999999999999999999-",
    ],
)  # fmt: skip
def test_fields_that_are_ignored(text: str) -> None:
    assert parse_ranges(text, 1_000) is None


@given(text=st.text(alphabet="bytes=0123456789-, ", max_size=40), size=st.integers(0, 10_000))
def test_no_range_reaches_out_of_the_file(text: str, size: int) -> None:
    ranges = parse_ranges("bytes=" + text, size)
    for first, length in ranges or []:
        assert first >= 0
        assert length >= 1
        assert first + length <= size
    assert sum(length for _, length in ranges or []) <= size
