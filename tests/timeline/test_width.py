"""Cells, cutting and wrapping, with wide characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from synfin.timeline.width import cut, pad, width, wrap

MIXED = st.text(alphabet="ab 三次握手，。（）TIME_WAIT é─▶①\u0301", max_size=60)


def test_wide_characters_count_two_and_marks_none() -> None:
    assert width("TIME_WAIT（时间等待）") == 9 + 2 + 8 + 2
    assert width("─▶✗↻①") == 5
    assert width("e\u0301") == 1


@given(MIXED, st.integers(1, 40))
def test_cut_text_fits(text: str, cells: int) -> None:
    assert width(cut(text, cells)) <= max(cells, 0) or width(text) <= cells
    if width(text) <= cells:
        assert cut(text, cells) == text


@given(MIXED, st.integers(0, 80))
def test_padding_reaches_the_width_on_either_side(text: str, cells: int) -> None:
    assert width(pad(text, cells)) == max(cells, width(text))
    assert pad(text, cells, right=True).endswith(text)


@given(MIXED, st.integers(12, 60))
def test_wrapping_loses_nothing_but_spaces(text: str, cells: int) -> None:
    lines = wrap(text, cells)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_lines_break_at_spaces_and_between_wide_characters() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("三次握手，四次挥手", 10) == ["三次握手，", "四次挥手"]
    assert wrap("三次握手，四次挥手", 8) == ["三次握", "手，四次", "挥手"]
    assert wrap("（时间等待）", 8) == ["（时间等", "待）"]
