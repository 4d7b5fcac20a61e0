"""A real server, a real browser, and a page that fails a test for every error nobody expected."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.browser.page import Page

CHROMIUM = os.environ.get("SYNFIN_CHROMIUM") or next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """With SYNFIN_BROWSER=0 these tests are not even collected."""
    return True if os.environ.get("SYNFIN_BROWSER") == "0" else None


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where `synfin web` is: a process of its own, ended by its id."""
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "synfin", "web", "--port", "0", "--lang", "en"]
    with subprocess.Popen(
        command, env=environment, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            line = server.stdout.readline().strip()
            assert line.startswith("http://"), f"synfin web said {line!r}"
            yield line
        finally:
            server.terminate()
            server.wait(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for the tests of a file; while it runs, so does an event loop, and others could start none."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not CHROMIUM:
        pytest.skip("there is no Chromium on this machine")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Page]]:
    """Opens the page: `visit(fragment, width=, height=, **settings of the browser's context)`."""
    opened: list[Page] = []

    def visit(fragment: str = "", *, width: int = 1280, height: int = 800, **settings: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **{"locale": "en-US", **settings})
        page = Page(context, address)
        opened.append(page)
        page.open(fragment)
        return page

    yield visit
    troubles = [trouble for page in opened for trouble in page.close()]
    assert troubles == []


@pytest.fixture(scope="module")
def standing(browser: Any, address: str) -> Iterator[Page]:
    """A page that many tests use one after the other."""
    page = Page(browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US"), address)
    page.open()
    yield page
    page.close()


@pytest.fixture
def watch(standing: Page) -> Iterator[Callable[..., Page]]:
    """Watches a scenario in the standing page: `watch(scenario, row=)`; quicker than a visit."""
    yield standing.watch
    troubles = list(standing.troubles)
    standing.troubles.clear()
    standing.allowed = set()
    assert troubles == []


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    """The page as it opens."""
    return visit()
