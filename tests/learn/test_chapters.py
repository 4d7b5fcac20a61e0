"""Chapters: complete in both languages, true because runs say so, and covering all that the notes ask."""

from __future__ import annotations

import json
import re
import unicodedata
from itertools import pairwise

import pytest

from synfin.errors import UsageError
from synfin.lab.plan import Plan, decode
from synfin.lab.scenarios import SCENARIOS
from synfin.learn import CHAPTERS, chapters, find, grade, lesson
from synfin.learn.run import Run, run_of, seconds
from synfin.tcp.state import State
from synfin.timeline import LANGUAGES, catalog
from tests.learn import page

# What the study notes ask and state, each with the chapter that answers it.
QUESTIONS = {
    "handshake-and-wave": {
        "active and passive open": "open-states",
        "a SYN takes a number and may not carry data": "numbers",
        "an ACK without data takes no number": "numbers",
        "why three": "three-way",
        "why not two": "two-messages",
        "the four messages": "four-way",
        "the half-closed connection": "half-close",
        "why four": "four-way",
        "what 2MSL is for": "time-wait",
        "the layers": "layers",
        "the TCP header": "headers",
        "the UDP header": "headers",
    },
    "handshake-notes": {
        "the three messages": "three-way",
        "why three": "three-way",
        "why not two": "two-messages",
        "why four": "four-way",
        "why not three": "four-way",
        "what TIME_WAIT is for": "time-wait",
        "the diagram of states": "open-states",
        "too many TIME_WAIT": "many-time-waits",
    },
    "interview-dialogue": {
        "the three messages": "three-way",
        "the TCP header": "headers",
        "SYN, ACK, FIN, RST": "flags",
        "RST": "resets",
        "are two enough": "two-messages",
        "why is the number random": "isn",
        "how is the number made": "isn",
        "the first packet is lost": "syn-lost",
        "the second packet is lost": "synack-lost",
        "the third packet is lost, nobody sends": "ack-lost",
        "the third packet is lost, the client sends": "ack-lost",
        "the third packet is lost, the server wants to send": "ack-lost",
        "who is in which state": "close-wait",
        "why four": "four-way",
        "what TIME_WAIT is for": "time-wait",
        "too many TIME_WAIT, what is the harm": "many-time-waits",
        "too many TIME_WAIT, what helps": "many-time-waits",
        "what is a connection": "connection",
    },
    "states-in-detail": {
        "the six flags": "flags",
        "the three messages": "three-way",
        "a FIN takes a number": "numbers",
        "LISTEN, SYN_SENT, CLOSED": "open-states",
        "SYN_RCVD is hard to see": "open-states",
        "SYN_RCVD without LISTEN": "simultaneous-open",
        "the half-open queue": "syn-flood",
        "FIN_WAIT_1 is hard to see": "four-way",
        "FIN_WAIT_1 straight to TIME_WAIT": "four-way",
        "FIN_WAIT_2": "close-wait",
        "FIN_WAIT_2 is half a connection": "half-close",
        "TIME_WAIT": "time-wait",
        "CLOSING": "simultaneous-close",
        "CLOSE_WAIT": "close-wait",
        "LAST_ACK": "four-way",
    },
}

# The right answers, written down by hand: a change of the stack that changes one of them must be noticed.
ANSWERS = {
    "three-way": ("101", "SYN_RECEIVED", "101"),
    "two-messages": ("RST", "ESTABLISHED", "1.02 s"),
    "numbers": ("106", "4", "ESTABLISHED"),
    "open-states": ("SYN_RECEIVED", "nothing", "LISTEN"),
    "syn-lost": ("100", "7 s", "timeout"),
    "synack-lost": ("300", "ACK", "SYN_RECEIVED"),
    "ack-lost": ("ESTABLISHED", "SYN+ACK", "RST"),
    "isn": ("500000", "2", "ACK"),
    "syn-flood": ("SYN_SENT", "ESTABLISHED", "ESTABLISHED"),
    "simultaneous-open": ("SYN_RECEIVED", "100", "ESTABLISHED"),
    "four-way": ("101", "TIME_WAIT", "ACK"),
    "half-close": ("324", "RST", "RST+ACK"),
    "simultaneous-close": ("CLOSING", "FIN+ACK", "no"),
    "time-wait": ("last-fin", "RST", "EADDRNOTAVAIL"),
    "many-time-waits": ("EADDRNOTAVAIL", "1", "RST+ACK"),
    "close-wait": ("CLOSE_WAIT", "RST", "CLOSE_WAIT"),
    "resets": ("101", "ACK", "ESTABLISHED"),
    "connection": ("ESTABLISHED", "ESTABLISHED", "RST"),
    "flags": ("RST", "5", "1"),
    "headers": ("20", "32", "nothing"),
    "layers": ("45", "3", "nothing"),
}

# Numbers that paragraphs state and no run computes: constants of TCP, of Linux, of headers.
OUTSIDE: dict[str, set[str]] = {
    "isn": {"4"},
    "syn-lost": {"1"},
    "many-time-waits": {"28232", "80", "0"},
    "headers": {"40", "8", "12", "1460", "0"},
}
# States that a text names only to say that they are not meant.
ELSEWHERE = {"many-time-waits": {"FIN_WAIT_2"}, "resets": {"TIME_WAIT"}}

pytestmark = pytest.mark.unjudged  # some chapters break TCP on purpose: tests/lab judges the scenarios themselves


@pytest.fixture(scope="module", autouse=True)
def _forget_runs() -> None:
    run_of.cache_clear()


def test_every_scenario_number_is_reached() -> None:
    reached = {number for chapter in CHAPTERS.values() for number in chapter.numbers}
    assert reached == {f"S{number:02}" for number in range(1, 27)}


def test_every_question_of_the_notes_is_reached() -> None:
    wanted = {
        f"{note}: {question}": chapter for note, asked in QUESTIONS.items() for question, chapter in asked.items()
    }
    found = {note: chapter.name for chapter in CHAPTERS.values() for note in chapter.notes}
    assert found == wanted
    assert {scenario.note for scenario in SCENARIOS.values()} == QUESTIONS.keys()


@pytest.mark.parametrize("name", CHAPTERS)
def test_answers_are_computed_and_right(name: str) -> None:
    chapter = CHAPTERS[name]
    assert len(chapter.questions) == 3
    answers = tuple(chapter.answer(number) for number in (1, 2, 3))
    assert answers == ANSWERS[name]
    for question, answer in zip(chapter.questions, answers, strict=True):
        assert answer in question.choices
        assert len(set(question.choices)) == len(question.choices) >= 2


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", CHAPTERS)
def test_chapter_is_complete(name: str, lang: str) -> None:
    value = lesson(name, lang, answers=True)
    assert value["title"]
    assert len(value["paragraphs"]) >= 3
    assert len(value["wrong"]) >= 2
    assert len(value["questions"]) == 3
    assert value["watch"]
    assert json.loads(json.dumps(value)) == value
    for run in value["watch"]:
        assert decode(run["share"]) == CHAPTERS[name].plans[run["id"]]
    for question in value["questions"]:
        assert question["answer"] in [choice["value"] for choice in question["choices"]]
        assert question["why"]
    assert not any({"answer", "why"} & question.keys() for question in lesson(name, lang)["questions"])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", CHAPTERS)
def test_nothing_is_left_over(name: str, lang: str) -> None:
    """Each plan and each fact is used, and each text is shown."""
    chapter = CHAPTERS[name]
    texts = catalog(lang)
    prefix = f"learn.{name}."
    owned = [message for message in texts.ids() if message.startswith(prefix)]
    quoted = set(re.findall(r"\{(\w+)\}", " ".join(texts.raw(message) for message in owned)))
    assert quoted == chapter.facts.keys()
    used = {fact.plan for fact in chapter.facts.values()} | {question.plan for question in chapter.questions}
    assert used | set(chapter.watch) == chapter.plans.keys()
    shown = {f"{prefix}title"} | {f"{prefix}watch.{plan}" for plan in chapter.watch}
    shown |= {f"{prefix}{kind}.{number}" for kind in ("ask", "why") for number in (1, 2, 3)}
    value = lesson(name, lang)
    shown |= {f"{prefix}{number + 1}" for number in range(len(value["paragraphs"]))}
    shown |= {f"{prefix}wrong.{number + 1}" for number in range(len(value["wrong"]))}
    assert set(owned) == shown


def literal(text: str) -> str:
    """A text without its facts, its references, and names that have digits in them."""
    names = r"2MSL|TIME_WAIT|FIN_WAIT_[12]|IPv[46]|[a-z]+_rfc1337|4\.12|6\.18"
    for pattern in (r"\{\w+\}", r"RFC \d+( \d+(\.\d+)*)?", names):
        text = re.sub(pattern, " ", text)
    return text


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", CHAPTERS)
def test_numbers_in_paragraphs_are_facts_of_runs_or_stand_here(name: str, lang: str) -> None:
    texts = catalog(lang)
    paragraphs = [texts.raw(f"learn.{name}.{number + 1}") for number in range(len(lesson(name, lang)["paragraphs"]))]
    found = re.findall(r"\d[\d,]*", literal(" ".join(paragraphs)))
    assert {number.replace(",", "") for number in found} <= OUTSIDE.get(name, set())


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_state_of_a_text_is_reached_in_one_of_its_runs(name: str) -> None:
    chapter = CHAPTERS[name]
    reached = {"CLOSED", "LISTEN"} | {
        state for plan in chapter.plans for host in "AB" for state in chapter.run(plan).path(host)
    }
    states = "|".join(sorted((state.name for state in State), key=len, reverse=True))
    for lang in LANGUAGES:
        texts = catalog(lang)
        for message in texts.ids():
            if message.startswith(f"learn.{name}."):
                named = set(re.findall(rf"(?<![A-Z_])(?:{states})(?![A-Z_])", texts.raw(message)))
                assert named <= reached | ELSEWHERE.get(name, set()), message


def test_what_texts_say_of_runs() -> None:
    """Statements whose words follow from numbers: the numbers stand here."""
    values = {name: chapter.values() for name, chapter in CHAPTERS.items()}
    assert (values["three-way"]["first"], values["three-way"]["second"]) == ("0.02 s", "0.03 s")
    assert values["two-messages"]["back"] == "LISTEN"
    assert (values["two-messages"]["ghost"], values["two-messages"]["ghost_a"]) == ("ESTABLISHED", "CLOSED")
    assert (values["numbers"]["syn_ack"], values["numbers"]["linux_ack"]) == ("106", "101")
    assert values["syn-lost"]["times"] == "0, 1, 3, 7, 15, 31, 63, 123, 183 s"
    assert values["syn-lost"]["linux_times"] == "0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 s"
    assert values["syn-lost"]["states"] == "LISTEN"
    assert values["synack-lost"]["timer"] == values["synack-lost"]["answer"] == "1.01 s"
    assert values["ack-lost"]["cookie_count"] == "1"
    assert values["isn"]["twice"] == "2"
    assert values["isn"]["rule"] == "seq-outside-window"
    assert values["syn-flood"]["through"] == "ESTABLISHED"
    assert values["four-way"]["path_a"] == "FIN_WAIT_1 → FIN_WAIT_2 → TIME_WAIT → CLOSED"
    assert values["four-way"]["three"] == "3"
    assert values["half-close"]["error"] == "EPIPE"
    assert values["simultaneous-close"]["later"] == "FIN_WAIT_1 → FIN_WAIT_2 → TIME_WAIT → CLOSED"
    assert (values["time-wait"]["stopped"], values["time-wait"]["twice"]) == ("1", "2")
    assert values["time-wait"]["wait"] == "240 s"
    assert values["time-wait"]["ignored"] == "time-wait-rst-ignored"
    assert (values["many-time-waits"]["worked"], values["many-time-waits"]["timeout"]) == ("4", "1")
    assert (values["many-time-waits"]["short"], values["many-time-waits"]["lingered"]) == ("0", "0")
    assert (values["close-wait"]["rfc"], values["close-wait"]["linux"]) == ("90 s", "60 s")
    assert values["resets"]["rules"] == "rst-outside-window, rst-in-window, syn-in-window, rst-exact"
    assert values["connection"]["silent"] == "0"
    assert values["flags"]["dropped"] == "3"
    assert values["headers"]["size"] == "1448"
    assert values["layers"]["packet"] == "45"


def test_chinese_has_chinese_punctuation() -> None:
    texts = catalog("zh")
    for message in texts.ids():
        if not message.startswith("learn.") or message.startswith("learn.choice."):
            continue
        text = texts.raw(message)
        assert any("CJK UNIFIED" in unicodedata.name(character, "") for character in text), message
        for before, mark in pairwise(text):
            assert mark not in ",;:!?" or "CJK UNIFIED" not in unicodedata.name(before, ""), message


def test_grading_takes_letters_values_and_texts() -> None:
    assert grade("three-way", 1, "b", "en").right
    assert grade("three-way", 1, "101", "en").right
    assert not grade("three-way", 1, "a", "en").right
    assert grade("headers", 3, "什么也没有", "zh").right
    verdict = grade("open-states", 2, "RST", "zh")
    assert (verdict.right, verdict.answer, verdict.text) == (False, "nothing", "什么也没有")
    assert "RFC 9293 3.10.4" in verdict.why


@pytest.mark.parametrize(
    ("name", "number", "given"), [("three-wy", 1, "a"), ("three-way", 4, "a"), ("three-way", 1, "z")]
)
def test_nonsense_is_told(name: str, number: int, given: str) -> None:
    with pytest.raises(UsageError):
        grade(name, number, given, "en")
    with pytest.raises(UsageError, match="did you mean three-way"):
        find("three-wy")


def test_all_chapters_are_listed() -> None:
    assert [entry["name"] for entry in chapters("zh")] == list(CHAPTERS)


def test_seconds_are_short() -> None:
    assert [seconds(ns) for ns in (0, 20_000_000, 1_000_000_000, 7_875_020_000_000)] == [
        "0 s",
        "0.02 s",
        "1 s",
        "7875.02 s",
    ]


def test_a_question_notices_when_the_stack_changes() -> None:
    """The same reading of another run gives another answer, so it is the run that answers."""
    question = CHAPTERS["ack-lost"].questions[0]
    assert question.read(Run(Plan("ack-lost-data", faults=("drop(A>B,*)",), own_faults=False))) == "LISTEN"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_path_in_the_docs_is_what_the_chapters_say(lang: str) -> None:
    """`python -m tests.learn.page` writes it anew."""
    assert page.PAGES[lang].read_text(encoding="utf-8") == page.page(lang)
