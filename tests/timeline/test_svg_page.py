"""The page of a run: sound HTML, no script, nothing from elsewhere, everything of the run on it."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from synfin.lab.scenarios import SCENARIOS, run
from synfin.timeline import Timeline
from synfin.timeline.caption import Caption
from synfin.timeline.messages import catalog
from synfin.timeline.notes import caption_of, notes_of
from synfin.timeline.svg.ladder import draw_ladder
from synfin.timeline.svg.page import FIRST_SHEET, SHEET
from synfin.timeline.world import timeline_of
from synfin.wire.tcp import ACK, SYN
from tests.timeline.tape import Tape
from tests.timeline.test_fold import transfer

VOID = {"meta", "br"}
ALLOWED = {
    "html", "head", "title", "style", "body", "main", "h1", "h2", "h3", "p", "figure", "figcaption", "div", "table",
    "thead", "tbody", "tr", "th", "td", "b", "span", "code", "ul", "li", "details", "summary", *VOID,
    "svg", "desc", "defs", "pattern", "g", "rect", "circle", "line", "path", "polygon", "polyline", "text",
}  # fmt: skip


class Reader(HTMLParser):
    """Checks that every element is closed where it should be, and keeps what the tests ask about."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.styles: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)
        self.ids.extend(value or "" for name, value in attrs if name == "id")
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.styles if self.open[-1:] == ["style"] else self.text).append(data)


@cache
def timeline(name: str) -> Timeline:
    return timeline_of(run(name, seed=1))


@cache
def page(name: str, lang: str = "en") -> str:
    texts, scenario = catalog(lang), SCENARIOS[name]
    caption = caption_of(scenario, texts, preset="rfc", seed=1, faults=scenario.faults)
    return timeline(name).html(lang, caption=caption, notes=tuple(notes_of(scenario, texts)))


@pytest.mark.parametrize(
    ("name", "lang"), [*((name, "en") for name in SCENARIOS), ("whole-life", "zh"), ("reset-checks", "zh")]
)
def test_a_page_is_sound(name: str, lang: str) -> None:
    reader = Reader(page(name, lang))
    assert reader.open == []
    assert set(reader.tags) <= ALLOWED
    assert len(reader.ids) == len(set(reader.ids))
    known = set(reader.ids)
    for key, value in reader.attributes:
        assert not key.startswith("on")
        assert key not in ("src", "href", "style")
        if key in ("aria-labelledby", "aria-describedby"):
            assert value in known
        for target in re.findall(r"url\(#([^)]*)\)", value or ""):
            assert target in known
    assert ("lang", "zh-CN" if lang == "zh" else "en") in reader.attributes


def test_the_policy_allows_the_one_style_sheet_and_nothing_else() -> None:
    text = page("handshake")
    (style,) = Reader(text).styles
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text
    assert "url(" not in style
    assert "@import" not in style
    assert set(re.findall(r"https?://[^\"<> ]*", text)) == {"http://www.w3.org/2000/svg"}


def test_a_page_has_everything_of_the_run() -> None:
    text = " ".join(Reader(page("fin-lost")).text)
    for wanted in (
        "fin-lost (S12): the first FIN is lost", "fault: drop(A>B,FIN,1)", "The states of A", "The states of B",
        "Segments", "retransmit-tail-probe", "At the end: A CLOSED, B CLOSED", "FIN_WAIT_1 → FIN_WAIT_2",
    ):  # fmt: skip
        assert wanted in text, wanted
    chinese = " ".join(Reader(page("fin-lost", "zh")).text)
    for wanted in ("第一个 FIN 丢失", "A 的状态", "报文段", "为什么"):
        assert wanted in chinese, wanted


def test_each_segment_has_a_row_with_its_numbers_and_its_arithmetic() -> None:
    text = page("handshake")
    rows = re.findall(r'<td class="cell">(.*?)</td>', text)
    assert [re.sub("<.*?>", "", row) for row in rows[:3]] == [
        "SYN seq=0(100) win=65535 options: mss=1460 sackok",
        "SYN,ACK seq=0(300) ack=1(101) win=65535 options: mss=1460 sackok",
        "ACK seq=1(101) ack=1(301) win=65535",
    ]
    assert (len(rows), text.count("<details>")) == (5, 5)


def test_a_long_transfer_is_told_in_few_rows() -> None:
    run_of = transfer()
    text = run_of.html()
    assert "data segments, " in text
    assert text.count("<tr>") < 60


def test_words_from_outside_are_only_text() -> None:
    tape = Tape()
    tape.flight(0, 10, "A", tape.segment("A", SYN | ACK, 1, 1), "syn")
    nasty = "<script>alert(1)</script>\x00&amp;\"'"
    text = Timeline(tape.records, ("A", "B"), labels=(nasty, "")).html(caption=Caption(nasty, (nasty,)), notes=(nasty,))
    assert "script" not in Reader(text).tags
    assert "\x00" not in text


@pytest.mark.parametrize("name", ["whole-life", "time-wait-missing", "ack-lost-always", "handshake"])
def test_no_page_break_goes_through_a_text(name: str) -> None:
    drawing = draw_ladder(timeline(name), headed=False)
    sheets = drawing.sheets(FIRST_SHEET, SHEET)
    assert sheets[0][0] == 0
    assert sheets[-1][1] == drawing.height
    assert [bottom for _, bottom in sheets[:-1]] == [top for top, _ in sheets[1:]]
    assert all(bottom - top <= (SHEET if top else FIRST_SHEET) for top, bottom in sheets)
    for _, cut in sheets[:-1]:
        for text, corners in drawing.labels:
            heights = [y for _, y in corners]
            assert not min(heights) < cut < max(heights), text
    joined = "".join(drawing.inline(top, bottom) for top, bottom in sheets)
    for text, _ in drawing.labels:
        assert text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in joined


def test_saving_a_page(tmp_path: Path) -> None:
    timeline("handshake").save(tmp_path / "run.html", "zh", caption=Caption("标题"), notes=("一条说明",))
    text = (tmp_path / "run.html").read_text(encoding="utf-8")
    assert "<h1>标题</h1>" in text
    assert "一条说明" in text
