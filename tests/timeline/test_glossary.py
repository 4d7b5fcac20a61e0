"""The glossary says what the catalog says, about everything that has a name."""

from __future__ import annotations

import re

import pytest

from synfin.timeline import catalog
from synfin.timeline.explain import terms
from synfin.timeline.messages import LANGUAGES
from synfin.timeline.messages.en_why_errors import ALSO
from tests.timeline.glossary import KINDS, PAGES, anchor, glossary, grouped


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_up_to_date(lang: str) -> None:
    assert PAGES[lang].read_text(encoding="utf-8") == glossary(catalog(lang)), "run python -m tests.timeline.glossary"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_that_is_explained_is_in_it_once(lang: str) -> None:
    texts = catalog(lang)
    page = glossary(texts).splitlines()
    headings = [line for line in page if line.startswith("#")]
    assert len(headings) == len(set(headings))
    count = sum(len(terms(kind, texts)) for kind in ("word", "rule", *KINDS)) - len(ALSO)
    assert len(headings) == count + 1 + len(KINDS) + 2 + len(grouped(texts))
    for name in terms("rule", texts):
        assert f"#### `{name}`" in headings


@pytest.mark.parametrize("lang", LANGUAGES)
def test_links_lead_somewhere(lang: str) -> None:
    page = glossary(catalog(lang))
    targets = {anchor(line.lstrip("#").strip()) for line in page.splitlines() if line.startswith("## ")}
    links = re.findall(r"\]\(#([^)]+)\)", page)
    assert links
    assert set(links) == targets
    for other in re.findall(r"\]\(([^#)]+)\)", page):
        assert (PAGES[lang].parent / other).exists()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_parameter_is_left_open(lang: str) -> None:
    assert not re.search(r"\{[a-z]+\}", glossary(catalog(lang)))


def test_words_have_a_name_and_a_paragraph() -> None:
    for lang in LANGUAGES:
        texts = catalog(lang)
        names = [message.removeprefix("word.") for message in texts.ids() if message.startswith("word.")]
        assert names == terms("word", texts)
