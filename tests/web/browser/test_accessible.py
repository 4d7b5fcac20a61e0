"""What axe says of every view, light and dark, in both languages, on large and small screens."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.web.browser.page import Page

Visit = Callable[..., Page]
VIEWS = ("states", "blocks", "bytes", "plots", "tree")
SCHEMES = (
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"color_scheme": "light", "locale": "zh-CN", "width": 360, "height": 740},
)


@pytest.mark.parametrize("settings", SCHEMES, ids=["light", "dark", "small-zh"])
def test_every_view_is_accessible(visit: Visit, settings: dict[str, object]) -> None:
    page = visit("scenario=syn-lost&row=3", **settings)
    assert page.inaccessible() == []
    for view in VIEWS:
        page.view(view)
        assert page.inaccessible(".side") == [], view


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_marked_and_compared_run_is_accessible(visit: Visit, scheme: str) -> None:
    page = visit("scenario=close&row=2", color_scheme=scheme)
    page.ask_segment("drop")
    page.tab.click("#compare")
    page.tab.wait_for_selector("#other .row")
    assert page.inaccessible() == []


def test_what_opens_over_the_page_is_accessible(watch: Visit) -> None:
    page = watch("handshake", row=2)
    for opener in ("#choose", "#save", "#share", "#keys", "#end-0", "#link-menu", "#learn", "#ladder .current .pill"):
        page.tab.click(opener)
        page.tab.wait_for_selector("[role=dialog], dialog[open]")
        assert page.inaccessible("[role=dialog], dialog[open]") == [], opener
        page.tab.keyboard.press("Escape")
