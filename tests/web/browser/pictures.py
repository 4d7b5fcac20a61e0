"""The pictures of the page in docs/pictures: `python -m tests.web.browser.pictures` makes them anew."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from tests.web.browser.page import Page

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "pictures"
OCTETS_LIMIT = 200_000  # of one picture
COLOURS = 192


def _explained(page: Page) -> None:
    """Wait until the long text of the current row is there."""
    page.tab.wait_for_selector("#explanation .long")


def run(page: Page) -> None:
    """A handshake that is being watched."""
    page.to("B to A: SYN ACK")
    _explained(page)


def what_if(page: Page) -> None:
    """What could happen to a segment."""
    page.to("A to B: FIN ACK")
    _explained(page)
    page.tab.click("#ladder .current .pill")


def difference(page: Page) -> None:
    """The same run with that segment lost: what has become different is marked."""
    page.to("A to B: FIN ACK")
    page.ask_segment("drop")
    _explained(page)
    page.tab.click("#tab-tree")


def compare(page: Page) -> None:
    """Both side by side."""
    difference(page)
    page.tab.click("#tab-blocks")
    page.tab.click("#compare")
    page.tab.wait_for_selector("#other .row")


def plots(page: Page) -> None:
    """A bulk transfer with losses."""
    page.to("connected")
    page.set("#link-menu", "rate", "10Mbit", start=True)
    page.set("#link-menu", "loss", "3%", start=True)
    page.to("connected")
    page.ask_end(0, "write", "200000")
    page.tab.click("#tab-plots")
    page.tab.wait_for_selector(".plot canvas")
    page.go(page.rows() // 2)
    _explained(page)


def octets(page: Page) -> None:
    """A segment bit by bit, in Chinese."""
    page.go(2)
    page.tab.click("#tab-bytes")
    page.tab.wait_for_selector(".hex-line")
    page.tab.locator(".field").nth(15).click()
    _explained(page)


def learn(page: Page) -> None:
    """A chapter."""
    page.tab.click("#learn")
    page.tab.click('[data-chapter="two-messages"]')
    page.tab.wait_for_selector(".question")


VIEWS: dict[str, tuple[Callable[[Page], None], str, dict[str, Any]]] = {
    "run": (run, "handshake", {}),
    "what-if": (what_if, "close", {}),
    "difference": (difference, "close", {}),
    "compare": (compare, "close", {"color_scheme": "dark"}),
    "plots": (plots, "handshake", {"color_scheme": "dark"}),
    "octets-zh": (octets, "handshake", {"locale": "zh-CN"}),
    "learn": (learn, "handshake", {}),
    "small": (run, "handshake", {"viewport": {"width": 360, "height": 740}}),
}


def _save(picture: bytes, target: Path) -> None:
    """Write it with a palette: few colours are in it, and it takes a third of the room."""
    with Image.open(BytesIO(picture)) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


def main() -> None:
    """Make all of them."""
    from playwright.sync_api import sync_playwright

    from tests.web.browser.conftest import ARGUMENTS, CHROMIUM

    FOLDER.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "synfin", "web", "--port", "0", "--lang", "en"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM or shutil.which("chrome"), args=ARGUMENTS)
                for name, (view, scenario, settings) in VIEWS.items():
                    context = browser.new_context(
                        **{"viewport": {"width": 1280, "height": 800}, "locale": "en-US", **settings}
                    )
                    page = Page(context, address)
                    page.open(f"scenario={scenario}")
                    view(page)
                    page.tab.wait_for_load_state("networkidle")
                    target = FOLDER / f"web-{name}.png"
                    _save(page.tab.screenshot(), target)
                    troubles = page.close()
                    size = target.stat().st_size
                    print(f"{target.relative_to(ROOT)}  {size // 1000} kB")
                    assert size < OCTETS_LIMIT, size
                    assert not troubles, troubles
                browser.close()
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
