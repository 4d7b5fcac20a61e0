"""Every text exists in every language, and every rule is explained."""

from __future__ import annotations

import importlib
import string
import unicodedata
from itertools import pairwise

import pytest

from synfin.errors import UsageError
from synfin.lab.faults import EXPECTED
from synfin.lab.scenarios import SCENARIOS
from synfin.tcp.events import Event
from synfin.tcp.state import State
from synfin.tcp.timers import NAMES
from synfin.timeline.messages import LANGUAGES, catalog
from synfin.wire.tcp import flag_names

PARTS = ("tcp", "host", "lab", "wire")


def fields(text: str) -> set[str]:
    """Names of the parameters in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_ids() -> None:
    assert LANGUAGES == ("en", "zh")
    assert sorted(catalog("en").ids()) == sorted(catalog("zh").ids())


def test_both_languages_take_the_same_parameters() -> None:
    """But for {peer}, which a sentence may do without."""
    for message in catalog("en").ids():
        english, chinese = (fields(catalog(lang).raw(message)) for lang in LANGUAGES)
        assert english - {"peer", "who"} == chinese - {"peer", "who"}, message
        if message.startswith("rule."):
            assert english | chinese <= {"who", "peer"}, message


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_every_rule_is_explained(part: str, lang: str) -> None:
    rules = importlib.import_module(f"synfin.{part}.rules").RULES
    missing = [rule for rule in rules if not catalog(lang).has(f"rule.{rule}")]
    assert not missing


def test_no_explanation_is_left_over() -> None:
    rules = {rule for part in PARTS for rule in importlib.import_module(f"synfin.{part}.rules").RULES}
    explained = {message.removeprefix("rule.") for message in catalog("en").ids() if message.startswith("rule.")}
    assert explained - rules == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_of_the_stack_have_texts(lang: str) -> None:
    texts = catalog(lang)
    wanted = [f"state.{state.name}" for state in State]
    wanted += [f"flag.{name}" for name in flag_names(0x1FF)]
    wanted += [f"timer.{name}" for name in NAMES]
    wanted += [f"told.{event.value}" for event in Event if event.value not in ("readable", "writable", "closed")]
    wanted += [f"fault.{expected}" for expected in EXPECTED]
    wanted += [f"scenario.{name}" for name in SCENARIOS]
    assert [message for message in wanted if not texts.has(message)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_scenario_number_has_a_note(lang: str) -> None:
    numbers = {number for scenario in SCENARIOS.values() for number in scenario.number.split()}
    assert [number for number in sorted(numbers) if not catalog(lang).has(f"note.{number}.1")] == []
    owners = {message.split(".")[1] for message in catalog(lang).ids() if message.startswith("note.")}
    assert owners <= numbers | SCENARIOS.keys()


def test_fault_messages_say_the_same_as_the_errors() -> None:
    for expected, text in EXPECTED.items():
        assert catalog("en").raw(f"fault.{expected}") == text


def test_chinese_is_chinese() -> None:
    """Rules, notes and lines are sentences in Chinese, with Chinese punctuation between Chinese characters."""
    for message in catalog("zh").ids():
        if not message.startswith(("rule.", "note.", "scenario.", "state.", "why.", "linux.", "errno.")):
            continue
        text = catalog("zh").raw(message)
        assert any("CJK UNIFIED" in unicodedata.name(character, "") for character in text), message
        for before, mark in pairwise(text):
            if mark in ",;:!?" and "CJK UNIFIED" in unicodedata.name(before, ""):
                pytest.fail(f"{message}: ASCII {mark!r} after {before!r}")


def test_terms_of_the_notes_are_used() -> None:
    everything = "".join(catalog("zh").raw(message) for message in catalog("zh").ids())
    for term in ["三次握手", "四次挥手", "主动打开", "被动打开", "初始序列号", "确认号", "半关闭", "超时重传"]:
        assert term in everything, term
    assert catalog("zh").gloss("TIME_WAIT", catalog("zh").text("state.TIME_WAIT")) == "TIME_WAIT（时间等待）"


def test_an_unknown_language_is_told() -> None:
    with pytest.raises(UsageError, match="en, zh"):
        catalog("fr")
