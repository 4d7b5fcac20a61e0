"""Every scenario can be watched, from the chooser and by its address."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from synfin.lab.scenarios import SCENARIOS
from synfin.timeline.messages import catalog
from tests.web.browser.page import Page


@pytest.mark.parametrize("some", [list(SCENARIOS)[start::4] for start in range(4)], ids=["a", "b", "c", "d"])
def test_every_scenario_loads(page: Page, some: list[str]) -> None:
    """All of them in one page, one after the other, each to its end."""
    for name in some:
        page.choose(name)
        assert page.text("#title") == catalog("en").text(f"scenario.{name}")
        assert page.text("#chosen").startswith(name)
        rows = page.rows()
        page.tab.click("#last")
        assert page.row() == rows - 1
        assert page.tab.locator("#ladder .row.current .spoken").inner_text().strip()
        assert page.text("#explanation"), name
        assert page.tab.locator("#error").is_hidden(), name


def test_the_chooser_finds_by_name_number_and_words(page: Page) -> None:
    page.tab.click("#choose")
    everything = page.count("[data-scenario]")
    assert everything == len(SCENARIOS)
    for words, found in (("syn-flood", "syn-flood"), ("S17", "last-ack-lost"), ("keep-alive peer", "keep-alive")):
        page.tab.fill("#search", words)
        assert page.count(f'[data-scenario="{found}"]') == 1
        assert page.count("[data-scenario]") < everything
    page.tab.fill("#search", "no such thing")
    assert page.count("[data-scenario]") == 0


def test_only_visible_rows_exist(page: Page) -> None:
    """A long run is scrolled and scrubbed with a handful of elements."""
    page.choose("close")
    page.to("A at 0.020 s: connected")
    page.ask_end(0, "write", "1000000")
    assert page.rows() > 1_000
    assert page.count("#ladder .row") < 60
    last = page.rows() - 1
    for row in (last, 500, 0, *range(0, last, last // 8)):
        page.go(row)
        current = page.tab.locator("#ladder .row.current")
        assert current.get_attribute("data-row") == str(row)
        assert current.get_attribute("aria-posinset") == str(row + 1)
        current.wait_for()
        assert page.count("#ladder .row") < 60


def test_playing_goes_to_the_end_and_stops(visit: Callable[..., Page]) -> None:
    page = visit("scenario=handshake")
    page.tab.select_option("#speed", "100")
    page.tab.click("#play")
    page.tab.wait_for_function("() => document.getElementById('next').disabled")
    assert page.row() == page.rows() - 1
    assert page.tab.get_attribute("#play", "aria-label").startswith("Play")


def test_the_row_that_is_current_is_explained_and_folded(visit: Callable[..., Page]) -> None:
    """States, variables, octets: all of the instant that the ladder is at."""
    page = visit("scenario=close")
    page.to("A to B: SYN seq 0")
    explained = page.tab.locator("#explanation")
    explained.locator(".arithmetic li", has_text="SYN consumes number 0").wait_for()
    assert "RFC 9293" in explained.inner_text()
    assert page.text("#end-0 .state-now") == "SYN_SENT"
    assert page.text("#end-1 .state-now") == "SYN_RECEIVED"
    page.tab.click("#tab-states")
    page.tab.wait_for_selector('svg[aria-label="A: CLOSED → SYN_SENT"]')
    assert page.tab.text_content(".states-of:first-child .node.here text") == "SYN_SENT"
    page.tab.click("#tab-blocks")
    iss = page.tab.locator('table.blocks tr:has(code:text-is("ISS")) td')
    iss.first.wait_for()
    assert [cell.strip("● \n") for cell in iss.all_inner_texts()] == ["99", "299"]
    page.tab.click("#tab-bytes")
    field = page.tab.locator(".field", has_text="Sequence number")
    field.click()
    assert page.tab.locator(".hex .on").all_inner_texts() == ["00", "00", "00", "63"]
    page.tab.click("#last")
    assert page.text("#end-0 .state-now") == "CLOSED"
    page.view("states")
    way = page.tab.get_attribute(".states-of:first-child svg", "aria-label")
    assert way.endswith("FIN_WAIT_1 → FIN_WAIT_2 → TIME_WAIT → CLOSED")


def test_plots_follow_the_ladder(visit: Callable[..., Page]) -> None:
    page = visit("scenario=whole-life&row=5")
    page.tab.click("#tab-plots")
    page.tab.wait_for_selector(".plot canvas")
    line = page.tab.locator(".plot-now").first
    line.wait_for()
    before = line.bounding_box()["x"]
    page.go(12)
    page.tab.wait_for_function(
        "(before) => document.querySelector('.plot-now').getBoundingClientRect().x > before + 20", arg=before
    )
    box = page.tab.locator(".plot .u-over").first.bounding_box()
    page.tab.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
    page.tab.wait_for_function("() => Number(document.getElementById('scrub').value) < 5")
