"""Chapters in the page: read, watch, predict."""

from __future__ import annotations

from collections.abc import Callable

from synfin.learn import CHAPTERS, chapters
from tests.web.browser.page import Page


def test_a_chapter_is_read_watched_and_answered(visit: Callable[..., Page]) -> None:
    page = visit("scenario=close")
    page.tab.click("#learn")
    titles = [entry["title"] for entry in chapters("en")]
    assert page.tab.locator("[data-chapter] .entry-name").all_inner_texts() == titles
    name = next(iter(CHAPTERS))
    page.tab.click(f'[data-chapter="{name}"]')
    page.tab.wait_for_selector('dialog[data-name="chapter"]')
    right = CHAPTERS[name].answer(1)
    question = page.tab.locator(".question").first
    wrong = next(choice for choice in CHAPTERS[name].questions[0].choices if choice != right)
    question.locator(f'input[value="{wrong}"]').check()
    question.locator(".verdict", has_text="No:").wait_for()
    question.locator(f'input[value="{right}"]').check()
    question.locator(".verdict.right").wait_for()
    assert page.inaccessible() == []
    question.locator(".told .button").click()
    page.ready()
    assert page.count("dialog") == 0
    assert page.plan()["scenario"] == CHAPTERS[name].plans[CHAPTERS[name].questions[0].plan].scenario
    # The answer is remembered, and a run can be watched from the chapter.
    page.tab.click("#learn")
    assert "✓" in page.text(f'[data-chapter="{name}"]')
    page.tab.click(f'[data-chapter="{name}"]')
    page.tab.locator("[data-watch]").first.click()
    page.ready()
    first = CHAPTERS[name].plans[CHAPTERS[name].watch[0]]
    assert page.plan()["scenario"] == first.scenario


def test_chapters_are_in_the_language_of_the_page(visit: Callable[..., Page]) -> None:
    page = visit(locale="zh-CN")
    page.tab.click("#learn")
    titles = [entry["title"] for entry in chapters("zh")]
    assert page.tab.locator("[data-chapter] .entry-name").all_inner_texts() == titles
