"""The SVG writer: what it writes is well-formed, accessible and measured."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from synfin.timeline.svg import Drawing, text_width, wrap_text
from synfin.timeline.svg.shapes import turned
from synfin.timeline.svg.theme import COLOURS
from synfin.timeline.svg.writer import Box, number

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<script>\"&'\x00\x1b\ud800\uffff</script>"


def parsed(drawing: Drawing) -> ET.Element:
    return ET.fromstring(drawing.svg())


def test_a_drawing_is_an_accessible_image() -> None:
    root = parsed(Drawing(100, 50, title="A title", description="line 1\nline 2", lang="zh", prefix="p"))
    assert root.get("role") == "img"
    assert root.get("viewBox") == "0 0 100 50"
    assert root.get("lang") == "zh"
    title, told = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert told is not None
    assert (title.text, title.get("id")) == ("A title", root.get("aria-labelledby"))
    assert (told.text, told.get("id")) == ("line 1\nline 2", root.get("aria-describedby"))


def test_text_from_anywhere_stays_text() -> None:
    drawing = Drawing(100, 50, title=NASTY, description=NASTY)
    drawing.text(0, 10, NASTY, data_name=NASTY)
    with drawing.group(NASTY):
        drawing.rect(0, 0, 1, 1)
    root = parsed(drawing)
    assert not list(root.iter(f"{SVG}script"))
    (text,) = root.iter(f"{SVG}text")
    assert text.text == "<script>\"&'\ufffd\ufffd\ufffd\ufffd</script>"
    assert text.get("data-name") == text.text
    drawing.svg().encode()


def test_colours_are_classes_with_a_plain_colour_first() -> None:
    drawing = Drawing(10, 10, title="", description="")
    drawing.rect(0, 0, 1, 1, fill="blue", stroke="none", stroke_width=1.5)
    text = drawing.svg()
    assert '<rect class="fill-blue" x="0" y="0" width="1" height="1" stroke="none" stroke-width="1.5"/>' in text
    assert f".fill-blue{{fill:{COLOURS['blue'][0]};fill:var(--blue)}}" in text
    assert "prefers-color-scheme:dark" in text
    assert "@media print" in text
    assert "fill-green" not in text


def test_boxes_of_texts_are_known() -> None:
    drawing = Drawing(100, 50, title="", description="")
    box = drawing.text(50, 20, "ABC", 10, anchor="middle", mono=True)
    assert box.left == pytest.approx(50 - 9.15)
    assert box.right == pytest.approx(50 + 9.15)
    assert box.top < 20 < box.bottom
    assert drawing.labels == [("ABC", turned(*box, 0, 50, 20))]
    assert box.meets(Box(0, 0, 45, 45))
    assert not box.meets(Box(0, 0, 40, 45))


def test_a_sheet_holds_what_reaches_into_it() -> None:
    drawing = Drawing(100, 300, title="T", description="D", prefix="x")
    drawing.define("pattern", '<pattern id="{id}"/>')
    drawing.define("pattern", '<pattern id="{id}"/>')
    for top in (0, 100, 200):
        drawing.rect(0, top, top + 1, 50)
    first, second = drawing.inline(0, 90), drawing.inline(90, 220)
    assert ('width="1"' in first, 'width="101"' in first) == (True, False)
    assert ('width="1"' in second, 'width="101"' in second, 'width="201"' in second) == (False, True, True)
    assert 'viewBox="0 90 100 130"' in second
    assert first.count("<pattern") == 1
    assert "<pattern" not in second
    ET.fromstring(first)
    ET.fromstring(second)


def test_widths_count_cjk_as_one_em() -> None:
    assert text_width("三次握手", 10) == 40
    assert text_width("SYN", 10, mono=True) == pytest.approx(18.3)
    assert text_width("i", 10) < text_width("W", 10) < text_width("W", 10, bold=True)


def test_text_is_wrapped_to_a_width() -> None:
    words = "the quick brown fox jumps over the lazy dog"
    for room in (60, 90, 200):
        lines = wrap_text(words, room, 10)
        assert " ".join(lines) == words
        assert all(text_width(line, 10) <= room for line in lines)
    assert len(wrap_text(words, 1_000, 10)) == 1


def test_what_has_no_place_to_break_is_broken_anyway() -> None:
    lines = wrap_text("x" * 50, 60, 10)
    assert "".join(lines) == "x" * 50
    assert all(text_width(line, 10) <= 60 for line in lines)
    assert "".join(wrap_text("一二三四，五六七八。", 41, 10)) == "一二三四，五六七八。"


def test_numbers_are_short() -> None:
    assert [number(value) for value in (1, 1.5, 1.2345, -0.001, 10.0)] == ["1", "1.5", "1.23", "0", "10"]
