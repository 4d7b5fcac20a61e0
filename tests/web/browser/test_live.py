"""The live view: a host in this process, a server in a thread, and a page that watches both ends of a wire grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from synfin.web.app import Server, make_app
from synfin.web.live import Feed
from synfin.web.serve import Background, address_of, listen
from tests.web.browser.page import Page
from tests.web.test_live import Pair

TOKEN = "a-token-for-tests"


@pytest.fixture
def feed() -> Feed:
    return Feed("synfin", about={"labels": {"synfin": "10.77.0.2/24", "kernel": "10.77.0.1/24"}})


@pytest.fixture
def address(feed: Feed) -> Iterator[str]:
    """Where a page of `synfin tun --web` would be."""
    with listen(port=0) as opened:
        server = Server("en", feed)
        background = Background(make_app(server, token=TOKEN), opened)
        yield address_of(opened, TOKEN)
        background.stop()
        server.desk.close()


def test_rows_appear_as_they_happen(visit: Callable[..., Page], feed: Feed) -> None:
    pair = Pair(feed)
    pair.hosts[0][0].listen(7, 0)
    page = visit()
    assert page.text("#title").startswith("What the running host")
    assert page.tab.get_attribute("#live", "aria-pressed") == "true"
    assert page.count("#ladder .row") == 0
    pair.talk()
    page.tab.wait_for_selector("#ladder .row .spoken:has-text('SYN ACK')", state="attached")
    page.tab.wait_for_function("() => document.querySelector('#end-0, .end').textContent.includes('ESTABLISHED')")
    rows = page.rows()
    # Whoever looks at the end stays there; who looks at something else is not moved.
    assert page.row() == rows - 1
    page.go(1)
    pair.talk()
    page.tab.wait_for_function("(rows) => Number(document.getElementById('scrub').max) >= rows", arg=rows)
    assert page.row() == 1
    page.tab.click("#tab-blocks")
    page.tab.wait_for_selector("table.blocks, .panel-blocks .quiet")
    # Another run ends it.
    page.choose("close")
    assert page.tab.get_attribute("#live", "aria-pressed") == "false"
    page.tab.click("#live")
    page.tab.wait_for_function("() => document.getElementById('title').textContent.startsWith('What the running host')")
