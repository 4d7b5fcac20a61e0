"""The page's files without a browser: texts, markup, sizes, what is vendored."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from synfin.timeline.messages import LANGUAGES, catalog

STATIC = Path(str(files("synfin.web"))) / "static"
MODULES = sorted((STATIC / "js").glob("*.js"))
STYLES = sorted((STATIC / "css").glob("*.css"))
SCHEMES = re.compile(r"(?:https?:|wss?:)?//[\w.-]+\.\w+")
# Texts whose id is put together where they are used: the part before the variable one.
FAMILIES = (
    "web.action.", "web.diff.", "web.fault.", "web.format.", "web.group.", "web.mark.", "web.tcb.", "web.theme.",
    "web.timer.", "web.view.", "web.what.",
)  # fmt: skip


def used() -> set[str]:
    """Every id of a text that modules and markup name in full."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*MODULES, STATIC / "index.html"])
    return set(re.findall(r'"((?:web|ui)\.[a-z_.-]*[a-z])"', text))


def test_every_text_that_the_page_names_exists() -> None:
    texts = catalog("en")
    missing = [
        name for name in sorted(used()) if not texts.has(name) and not texts.has(f"{name}.one")
    ]  # fmt: skip
    assert missing == []


def test_no_text_of_the_page_is_left_over() -> None:
    named = used() | {"web.on", "web.off"}  # values of settings
    left = [
        name
        for name in catalog("en").ids()
        if name.startswith("web.")
        and not name.startswith(FAMILIES)
        and name not in named
        and name.removesuffix(".one").removesuffix(".many") not in named
    ]
    assert left == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_texts_with_two_forms_have_both(lang: str) -> None:
    texts = catalog(lang)
    for name in texts.ids():
        if name.startswith("web.") and name.endswith(".one"):
            assert texts.has(name.removesuffix(".one") + ".many"), name


class Markup(HTMLParser):
    """Collects what a strict content security policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.forbidden: list[str] = []
        self.ids: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"] or "")
        if tag == "style" or (tag == "script" and "src" not in given):
            self.forbidden.append(tag)
        self.forbidden.extend(name for name in given if name == "style" or name.startswith("on"))
        self.sources.extend(given[name] or "" for name in ("src", "href") if given.get(name))


def test_the_markup_has_nothing_inline_and_nothing_from_elsewhere() -> None:
    markup = Markup()
    markup.feed((STATIC / "index.html").read_text(encoding="utf-8"))
    assert markup.forbidden == []
    assert len(markup.ids) == len(set(markup.ids))
    for source in markup.sources:
        assert source.startswith("#") or (STATIC / source).is_file(), source


@pytest.mark.parametrize("path", [*MODULES, *STYLES], ids=lambda path: path.name)
def test_own_files_are_small_and_local(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 500
    assert max(len(line) for line in text.splitlines()) <= 120
    outside = [found for found in SCHEMES.findall(text) if "www.w3.org" not in found]
    assert outside == []
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert forbidden not in text, forbidden
    assert 'setAttribute("style"' not in text


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_modules_say_what_they_are_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("/**\n")
    assert f"@module {path.stem}" in text.partition("*/")[0]
    exported = re.findall(r"\n(.*)\nexport (?:async )?(?:function|class|const)", text)
    assert all(line.strip().endswith("*/") for line in exported), exported


def test_imports_name_files_that_are_there() -> None:
    for path in MODULES:
        for source in re.findall(r'from "([^"]+)"', path.read_text(encoding="utf-8")):
            assert (path.parent / source).resolve().is_file(), (path.name, source)


def test_what_is_vendored_comes_with_its_licence() -> None:
    vendor = {path.name for path in (STATIC / "vendor").iterdir()}
    assert vendor == {"uPlot.esm.js", "uPlot.min.css", "uPlot-LICENSE.txt"}
    assert "MIT License" in (STATIC / "vendor" / "uPlot-LICENSE.txt").read_text(encoding="utf-8")
