"""Sequence arithmetic: wrapped on the wire, growing inside (RFC 9293 3.4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synfin.tcp.seq import unwrap, wrap
from tests.properties.settings import repeatable

ABSOLUTE = st.integers(min_value=0, max_value=1 << 70)
NEARBY = st.integers(min_value=-(1 << 31), max_value=(1 << 31) - 1)
WIRE = st.integers(min_value=0, max_value=(1 << 32) - 1)


def before(a: int, b: int) -> bool:
    """The textbook comparison modulo 2**32: `a` comes before `b`."""
    return 0 < (b - a) % (1 << 32) < 1 << 31


@given(near=ABSOLUTE, distance=NEARBY)
@repeatable(300)
def test_unwrap_undoes_wrap_within_half_the_space(near: int, distance: int) -> None:
    """[RFC9293-E04]: any number less than 2**31 away from the reference comes back unchanged."""
    number = near + distance
    assert unwrap(wrap(number), near) == number


@given(wire=WIRE, near=ABSOLUTE)
@repeatable(300)
def test_unwrap_gives_the_closest_number_with_those_low_bits(wire: int, near: int) -> None:
    """[RFC9293-E04]: the result has the wire number's 32 bits and no other candidate is closer."""
    number = unwrap(wire, near)
    assert number % (1 << 32) == wire
    assert abs(number - near) <= min(abs(number + (1 << 32) - near), abs(number - (1 << 32) - near))


@given(near=ABSOLUTE, first=NEARBY, second=NEARBY)
@repeatable(300)
def test_order_of_absolute_numbers_is_the_rfcs_order_on_the_wire(near: int, first: int, second: int) -> None:
    """[RFC9293-E04]: where the modular comparison is defined, `<` on unwrapped numbers agrees with it."""
    if abs(first - second) >= 1 << 31:
        second = first + (second - first) // 4
    a, b = near + first, near + second
    assert (unwrap(wrap(a), near) < unwrap(wrap(b), near)) == before(wrap(a), wrap(b))


@pytest.mark.parametrize(
    ("wire", "near", "expected"),
    [
        (0, 0, 0),
        (0, (1 << 32) - 1, 1 << 32),
        ((1 << 32) - 1, 1 << 32, (1 << 32) - 1),
        (0x7FFF_FFFF, 0, 0x7FFF_FFFF),
        (0x8000_0000, 1, 0x8000_0000),
        (0x8000_0000, 0, -0x8000_0000),
        (5, (7 << 32) + 0xFFFF_FFF0, (8 << 32) + 5),
        (0xFFFF_FFF0, (8 << 32) + 5, (7 << 32) + 0xFFFF_FFF0),
    ],
)
def test_edges_of_the_number_circle(wire: int, near: int, expected: int) -> None:
    """[RFC9293-E04]: boundary values around 0, 2**31 and 2**32."""
    assert unwrap(wire, near) == expected
