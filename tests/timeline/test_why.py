"""Everything that has a name is explained, in a line and in a paragraph, in both languages."""

from __future__ import annotations

import importlib
import re
import unicodedata
from pathlib import Path
from typing import Final

import pytest

from synfin.tcp.events import Event
from synfin.tcp.state import MOVES, State
from synfin.tcp.timers import NAMES
from synfin.timeline import catalog
from synfin.timeline.explain import KINDS, explain_term, terms
from synfin.timeline.messages import LANGUAGES
from synfin.timeline.messages.en_why_errors import ALSO
from synfin.wire.tcp import flag_names
from synfin.wire.tcp_options import OPTION_NAMES

PARTS: Final = ("tcp", "host", "lab", "wire")
SOURCE: Final = re.compile(r"RFC ([0-9]+)")
REQUIREMENTS: Final = Path(__file__).resolve().parents[1] / "requirements" / "requirements.yaml"
# Named by options, flags and rules that this stack knows and has no requirement for: TCP of 1981, path MTU trouble,
# the Eifel response, urgent data, experiments, header chains of IPv6
KNOWN_BESIDES: Final = {"793", "2923", "4015", "6093", "6994", "7112"}
# Glosses of states that would be wrong in a sentence: the name itself stands there
TRANSLATED: Final = ("时间等待", "同步已发送", "同步已收到", "终止等待", "关闭等待", "最后确认状态", "已建立连接状态")
# Errors that an application is told as events, without an errno of their own
TOLD: Final = (Event.REFUSED, Event.RESET, Event.TIMEOUT, Event.SOFT_ERROR)


def rules() -> dict[str, str]:
    """Every named rule with its source."""
    return {
        name: source for part in PARTS for name, source in importlib.import_module(f"synfin.{part}.rules").RULES.items()
    }


def wanted() -> list[tuple[str, str]]:
    """Kind and name of everything that must be explained."""
    found = [("rule", name) for name in rules()]
    found += [("state", state.name) for state in State]
    found += [("move", f"{before.name}.{after.name}") for before, others in MOVES.items() for after in others]
    found += [("flag", name) for name in flag_names(0x1FF)]
    found += [("option", name) for name in OPTION_NAMES.values()]
    found += [("timer", name) for name in NAMES]
    return found + [("error", event.value) for event in TOLD]


def long_texts() -> list[str]:
    """Ids of all paragraphs."""
    return [f"why.{kind}.{name}" for kind in KINDS for name in terms(kind, catalog("en"))]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_has_a_short_and_a_long_text(lang: str) -> None:
    texts = catalog(lang)
    missing = [f"{kind}.{name}" for kind, name in wanted() if not texts.has(f"why.{kind}.{name}")]
    assert missing == []
    short = [f"{kind}.{name}" for kind, name in wanted() if kind not in ("move", "error")]
    assert [message for message in short if not texts.has(message)] == []
    for kind, name in wanted():
        found = explain_term(kind, name, texts)
        assert found.long
        assert found.short or kind == "move"
        assert "{" not in found.short + found.long + (found.linux or "")


def test_nothing_is_explained_that_does_not_exist() -> None:
    names = set(wanted())
    for kind in KINDS:
        for name in terms(kind, catalog("en")):
            assert (kind, name) in names or (kind == "error" and name.isupper()), name


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_sources_are_those_of_the_rule_or_of_the_requirements(kind: str, lang: str) -> None:
    """And a paragraph about a rule names the document that the rule is from."""
    known = set(re.findall(r"RFC ?([0-9]{3,5})", REQUIREMENTS.read_text(encoding="utf-8"))) | KNOWN_BESIDES
    sources = rules()
    for name in terms(kind, catalog(lang)):
        own = set(SOURCE.findall(sources[name])) if kind == "rule" else set()
        named = set(SOURCE.findall(catalog(lang).raw(f"why.{kind}.{name}")))
        assert named - known - own == set(), name
        assert not own or named & own, name


def test_paragraphs_are_neither_lines_nor_pages() -> None:
    for message in long_texts():
        english, chinese = (catalog(lang).raw(message) for lang in LANGUAGES)
        assert 25 <= len(english.split()) <= 100, english
        han = sum("CJK UNIFIED" in unicodedata.name(character, "") for character in chinese)
        assert 40 <= han <= 220, chinese
        for text, stop in ((english, "."), (chinese, "。）")):
            assert text[-1] in stop
            assert "  " not in text


def test_chinese_is_chinese_and_names_stay_english() -> None:
    for message in long_texts():
        chinese = catalog("zh").raw(message)
        assert not any(word in chinese for word in TRANSLATED), message
        wrong = re.search(r"[一-鿿][,;:!?]", chinese)
        assert wrong is None, f"{message}: Chinese punctuation stands after Chinese characters"
        assert "。 " not in chinese, message


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_paragraphs_are_the_same_and_none_repeats_its_line(lang: str) -> None:
    texts = catalog(lang)
    owner: dict[str, str] = {}
    for message in long_texts():
        long = texts.raw(message)
        _, kind, name = message.split(".", 2)
        if kind != "error" or name not in ALSO:
            assert owner.setdefault(long, message) == message
        short = f"{kind}.{name}"
        if kind == "rule":
            assert texts.raw(short).removesuffix(".") not in long
