"""The page in use: languages, keys, links, files, captures, small screens, colours, motion."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.web.browser.page import Page

Visit = Callable[..., Page]
# Everything that can be read or heard.
SHOWN = """() => [document.body.innerText, ...[...document.querySelectorAll("*")].flatMap((element) =>
    ["aria-label", "title", "placeholder", "aria-valuetext"].map((name) => element.getAttribute(name) ?? ""))]"""
FORMATS = {
    "svg": ("close.svg", "<svg"),
    "html": ("close.html", "<!DOCTYPE html>"),
    "txt": ("close.txt", "SYN_RECEIVED"),
    "json": ("close.json", '"schema": 1'),
    "pcapng": ("close.pcapng", "\n\r\r\n"),
    "mmd": ("close.mmd", "sequenceDiagram"),
    "test": ("test_close.py", "def test_"),
}


def test_the_language_changes_and_the_run_stays(visit: Visit) -> None:
    page = visit("scenario=close")
    page.to("A to B: FIN ACK")
    page.ask_segment("drop")
    row, plan = page.row(), page.plan()
    page.tab.click("#language")
    page.ready()
    assert page.tab.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.text("#tab-states") == "状态"
    assert "四次挥手" in page.text("#title")
    assert "丢失" in page.text("#ladder .row.current .tag")
    assert page.row() == row
    assert page.plan() == plan
    assert page.tab.locator("#difference").is_visible()
    page.tab.wait_for_function("() => /[一-龥]/.test(document.querySelector('#explanation .long')?.textContent ?? '')")
    # What was chosen holds for the next visit.
    page.tab.reload()
    page.ready()
    assert page.text("#tab-states") == "状态"
    assert page.plan() == plan
    page.tab.click("#language")
    page.ready()
    assert page.text("#tab-states") == "States"


def test_a_chinese_browser_gets_chinese(visit: Visit) -> None:
    assert visit(locale="zh-CN").text("#share") == "分享"


def test_no_text_is_missing_in_any_language(visit: Visit) -> None:
    """An id that is shown instead of a text has a dot in it and begins with what it belongs to."""
    for locale in ("en-US", "zh-CN"):
        page = visit("scenario=syn-flood&row=9", locale=locale)
        shown: list[str] = []
        for view in ("states", "blocks", "bytes", "plots", "tree"):
            page.view(view)
            shown += page.tab.evaluate(SHOWN)
        for opener in ("#choose", "#save", "#share", "#keys", "#end-1", "#link-menu"):
            page.tab.click(opener)
            shown += page.tab.evaluate(SHOWN)
            page.tab.keyboard.press("Escape")
        assert re.findall(r"\b(?:web|ui|plot|state|setting|action|timer)\.[A-Za-z_.-]+", "\n".join(shown)) == []


def test_keys_alone_do_everything(visit: Visit) -> None:
    """From the first Tab to a lost segment and back, without a mouse."""
    page = visit("scenario=close")
    press = page.tab.keyboard.press

    def focused() -> str:
        return str(page.tab.evaluate("() => document.activeElement.id || document.activeElement.className"))

    press("Tab")
    assert focused() == "skip"
    press("Enter")
    page.tab.evaluate("() => document.getElementById('ladder').focus()")
    press("ArrowDown")
    press("ArrowDown")
    assert page.row() == 2
    assert page.tab.get_attribute("#ladder", "aria-activedescendant") == "row-2"
    press("Enter")
    assert focused() == "item"
    press("ArrowDown")
    press("ArrowUp")
    press("Enter")
    page.ready()
    assert page.plan()["faults"] == ["drop(A>B,*,1)"]
    assert focused() == "ladder"
    press("u")
    page.ready()
    assert page.plan()["faults"] == []
    press("r")
    page.ready()
    assert page.plan()["faults"] == ["drop(A>B,*,1)"]
    press("2")
    assert focused() == "item"
    press("Escape")
    assert page.count(".menu") == 0
    press("End")
    assert page.row() == page.rows() - 1
    press("Home")
    assert page.row() == 0
    press("ArrowRight")
    assert page.row() == 1
    press("Space")
    assert page.tab.get_attribute("#play", "aria-label").startswith("Pause")
    press("Space")
    press("?")
    page.tab.wait_for_selector("dialog .keys")
    press("Escape")
    press("c")
    page.tab.wait_for_selector("#search:focus")
    page.tab.keyboard.type("handshake")
    press("Enter")
    page.ready()
    assert page.plan()["scenario"] == "handshake"
    assert page.count("dialog") == 0


def test_every_control_can_be_reached_and_is_seen_to_have_the_focus(visit: Visit) -> None:
    page = visit("scenario=close")
    reached: list[str] = []
    for _ in range(60):
        page.tab.keyboard.press("Tab")
        name, width = page.tab.evaluate(
            """() => { const found = document.activeElement;
                       return [found.id || found.className, getComputedStyle(found).outlineStyle]; }"""
        )
        if name in ("", *reached[:1]):
            break
        assert width != "none", name
        reached.append(name)
    for name in ("choose", "learn", "open", "share", "save", "language", "theme", "keys", "end-0", "link-menu", "end-1",
                 "ladder", "play", "next", "last", "scrub", "speed", "tab-states"):  # fmt: skip
        assert name in reached, name
    page.tab.focus("#tab-states")
    for name in ("tab-blocks", "tab-bytes", "tab-plots", "tab-tree", "tab-states"):
        page.tab.keyboard.press("ArrowRight")
        assert page.tab.evaluate("() => document.activeElement.id") == name
        assert page.tab.get_attribute(f"#{name}", "aria-selected") == "true"


def test_a_link_plays_the_same_run(visit: Visit) -> None:
    page = visit("scenario=close")
    page.to("A to B: FIN ACK")
    page.ask_segment("drop")
    row, rows = page.row(), page.rows()
    page.tab.click("#share")
    link = page.tab.input_value("#link")
    assert "#plan=1." in link
    assert "token" not in link
    # The same browser knows the token of this server; another one needs it in the address.
    again = visit(link.partition("#")[2])
    assert again.plan() == page.plan()
    assert (again.row(), again.rows()) == (row, rows)
    assert again.count("#asked .chip") == 1
    page.tab.goto(link)
    page.ready()
    assert page.plan() == again.plan()
    # What stands in the address bar is the same link, so that a reload loses nothing.
    page.tab.reload()
    page.ready()
    assert page.plan() == again.plan()


def test_a_link_that_was_cut_off_is_said(visit: Visit) -> None:
    page = visit()
    page.allowed = {400}
    page.tab.evaluate("() => { location.hash = 'plan=1.WyJjbG9z'; }")
    page.tab.wait_for_selector("#error:not([hidden])")
    assert page.text("#error")
    assert page.plan()["scenario"] == "whole-life"


@pytest.mark.parametrize("form", FORMATS)
def test_a_run_is_saved(watch: Visit, tmp_path: Path, form: str) -> None:
    page = watch("close")
    page.tab.click("#save")
    with page.tab.expect_download() as waiting:
        page.tab.click(f'[data-format="{form}"]')
    name, content = FORMATS[form]
    assert waiting.value.suggested_filename == name
    target = tmp_path / name
    waiting.value.save_as(target)
    text = target.read_bytes().decode("latin-1" if form == "pcapng" else "utf-8")
    assert content in text
    if form == "json":
        assert json.loads(text)["scenario"] == "close"


def test_a_small_screen_has_one_column(visit: Visit) -> None:
    page = visit("scenario=close&row=2", width=360, height=740)
    assert page.tab.evaluate("() => document.scrollingElement.scrollWidth") <= 360
    side, run = page.tab.locator(".side").bounding_box(), page.tab.locator(".run").bounding_box()
    assert side["y"] >= run["y"] + run["height"] - 1
    assert page.tab.locator("#share").is_hidden()
    page.tab.click("#more")
    assert page.tab.get_attribute("#more", "aria-expanded") == "true"
    page.tab.click("#share")
    page.tab.keyboard.press("Escape")
    page.ask_segment("drop")
    assert page.marks()["new"] > 0
    assert page.tab.evaluate("() => document.scrollingElement.scrollWidth") <= 360
    page.tab.click("#end-1")
    box = page.tab.locator(".menu").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert box["y"] + box["height"] <= 740


def lightness(page: Page) -> float:
    """How light the background is, from 0 to 255."""
    colour = page.tab.evaluate("() => getComputedStyle(document.body).backgroundColor")
    parts = [float(part) for part in re.findall(r"[\d.]+", colour)[:3]]
    return sum(parts) / 3


def test_dark_as_the_system_has_it_and_by_the_button(visit: Visit) -> None:
    page = visit(color_scheme="dark")
    assert lightness(page) < 60
    page.tab.click("#theme")
    assert lightness(page) > 200
    assert page.tab.evaluate("() => document.documentElement.dataset.theme") == "light"
    page.tab.reload()
    page.ready()
    assert lightness(page) > 200
    page.tab.click("#theme")
    assert lightness(page) < 60
    page.tab.click("#theme")
    assert page.tab.evaluate("() => document.documentElement.dataset.theme ?? ''") == ""


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_by_itself_where_that_is_wished(visit: Visit, motion: str, moves: bool) -> None:
    page = visit(reduced_motion=motion)
    name = page.tab.evaluate("() => getComputedStyle(document.getElementById('progress')).animationName")
    assert (name != "none") is moves


def test_without_a_token_the_page_says_so(visit: Visit, address: str) -> None:
    page = visit()
    page.allowed = {401}
    page.tab.evaluate("() => localStorage.clear()")
    page.tab.goto(address.partition("?")[0])
    page.tab.wait_for_selector("#error:not([hidden])")
    assert "token" in page.text("#error")
