"""Captures in the page: chosen, dropped, refused."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

from tests.web.browser.page import Page

Visit = Callable[..., Page]


def a_capture(page: Page, folder: Path) -> Path:
    """The capture of the run in view, saved by the page."""
    page.tab.click("#save")
    with page.tab.expect_download() as waiting:
        page.tab.click('[data-format="pcapng"]')
    target = folder / "run.pcapng"
    waiting.value.save_as(target)
    return target


def test_a_capture_is_opened(visit: Visit, tmp_path: Path) -> None:
    page = visit("scenario=close")
    capture = a_capture(page, tmp_path)
    with page.tab.expect_file_chooser() as waiting:
        page.tab.click("#open")
    waiting.value.set_files(capture)
    page.tab.wait_for_function("() => document.getElementById('chosen').textContent.includes('run')")
    page.ready()
    assert page.rows() > 5
    assert page.tab.locator("#asked .chip").count() == 0
    assert page.tab.locator("#undo").is_disabled()
    page.to("SYN ACK")
    page.tab.click("#tab-bytes")
    page.tab.wait_for_selector(".hex-line")
    page.tab.locator("#explanation .long").first.wait_for()
    # It is said in the other language as well, at the same row.
    row = page.row()
    page.tab.click("#language")
    page.ready()
    assert "B 同意建立连接" in page.text("#ladder .row.current .reason")
    assert page.row() == row
    # What needs a plan is not offered: nothing can be asked, nothing but pictures and texts saved.
    page.tab.click("#ladder .current .pill")
    assert page.count(".menu") == 0
    page.tab.click("#save")
    forms = [entry.get_attribute("data-format") for entry in page.tab.locator("[data-format]").all()]
    assert forms == ["svg", "html", "txt", "json", "mmd"]
    with page.tab.expect_download() as waiting_svg:
        page.tab.click('[data-format="svg"]')
    assert waiting_svg.value.suggested_filename.endswith(".svg")
    page.tab.click("#language")
    page.ready()
    page.choose("handshake")
    assert page.plan()["scenario"] == "handshake"


def drop(page: Page, name: str, content: bytes) -> None:
    """Drop a file on the page."""
    page.tab.evaluate(
        """([name, content]) => {
          const octets = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([octets], name));
          for (const type of ["dragenter", "dragover", "drop"]) {
            const settings = { dataTransfer: transfer, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent(type, settings));
          }
        }""",
        [name, base64.b64encode(content).decode()],
    )


def test_a_capture_is_dropped_on_the_page(visit: Visit, tmp_path: Path) -> None:
    page = visit("scenario=handshake")
    content = a_capture(page, tmp_path).read_bytes()
    drop(page, "dropped.pcapng", content)
    page.tab.wait_for_function("() => document.getElementById('chosen').textContent.includes('dropped')")
    assert page.tab.locator("#drop").is_hidden()


def test_what_is_no_capture_is_refused_and_the_run_stays(visit: Visit) -> None:
    page = visit("scenario=handshake")
    page.allowed = {400, 413, 415, 422}
    drop(page, "letter.txt", b"Dear capture, " * 10)
    page.tab.wait_for_selector("#error:not([hidden])")
    assert page.plan()["scenario"] == "handshake"


def test_another_connection_of_a_capture_is_chosen(visit: Visit, tmp_path: Path) -> None:
    page = visit("scenario=isn")
    drop(page, "several.pcapng", a_capture(page, tmp_path).read_bytes())
    page.tab.wait_for_selector("#captured")
    first = page.text("#title")
    page.tab.select_option("#captured", "2")
    page.ready()
    page.tab.wait_for_function("(first) => document.getElementById('title').textContent !== first", arg=first)
    assert page.tab.input_value("#captured") == "2"
