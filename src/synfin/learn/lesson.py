"""Chapters with their texts, as values that the terminal and the page show alike; and the grading of answers.

Responsible for looking texts up, filling facts in, and saying whether an answer is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from string import ascii_lowercase
from typing import Any, Final

from synfin.errors import UsageError
from synfin.lab.plan import encode, to_json
from synfin.learn.basics import CHAPTERS as BASICS
from synfin.learn.closing import CHAPTERS as CLOSING
from synfin.learn.model import Chapter
from synfin.learn.opening import CHAPTERS as OPENING
from synfin.timeline.messages import Catalog, catalog

SCHEMA: Final = 1
CHAPTERS: Final[dict[str, Chapter]] = {chapter.name: chapter for chapter in (*OPENING, *CLOSING, *BASICS)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an answer: `answer` is the right one, as a word and as text, and `why` explains it."""

    right: bool
    answer: str
    text: str
    why: str


def find(name: str) -> Chapter:
    """The chapter of that name; raises `UsageError` with the ones that are close."""
    found = CHAPTERS.get(name)
    if found is None:
        close = get_close_matches(name, list(CHAPTERS), 3, 0.5)
        hint = f"; did you mean {', '.join(close)}?" if close else f"; there are {', '.join(CHAPTERS)}"
        raise UsageError(f"there is no chapter {name!r}{hint}")
    return found


def chapters(lang: str) -> list[dict[str, Any]]:
    """All chapters in order: name, title, and the scenarios that each belongs to."""
    texts = catalog(lang)
    return [
        {"name": name, "title": texts.text(f"learn.{name}.title"), "numbers": list(chapter.numbers)}
        for name, chapter in CHAPTERS.items()
    ]


def lesson(name: str, lang: str, *, answers: bool = False) -> dict[str, Any]:
    """A chapter as values for JSON; with `answers` each question has `answer` and `why`.

    Keys: `schema name lang title numbers paragraphs watch wrong questions`.  Each of `watch` has `id caption plan
    share` (the plan as JSON and as short text), each question `number ask share choices` (value and text each).
    Raises `UsageError` for an unknown chapter or language.
    """
    chapter = find(name)
    texts = catalog(lang)
    values = chapter.values()
    watch = [
        {
            "id": plan,
            "caption": texts.text(f"learn.{name}.watch.{plan}", **values),
            "plan": to_json(chapter.plans[plan]),
            "share": encode(chapter.plans[plan]),
        }
        for plan in chapter.watch
    ]
    questions = [
        _question(chapter, number, texts, values, answers=answers) for number in range(1, len(chapter.questions) + 1)
    ]
    return {
        "schema": SCHEMA,
        "name": name,
        "lang": lang,
        "title": texts.text(f"learn.{name}.title"),
        "numbers": list(chapter.numbers),
        "paragraphs": _numbered(texts, f"learn.{name}", values),
        "watch": watch,
        "wrong": _numbered(texts, f"learn.{name}.wrong", values),
        "questions": questions,
    }


def grade(name: str, number: int, given: str, lang: str) -> Verdict:
    """Judge an answer to a question, counted from 1: a letter, the word itself, or its text in the language.

    Raises `UsageError` for a question or a choice that does not exist.
    """
    chapter = find(name)
    if not 1 <= number <= len(chapter.questions):
        raise UsageError(f"{name} has questions 1 to {len(chapter.questions)}, not {number}")
    texts = catalog(lang)
    right = chapter.answer(number)
    chosen = _choice(chapter.questions[number - 1].choices, given, texts)
    return Verdict(
        chosen == right, right, choice_text(texts, right), texts.text(f"learn.{name}.why.{number}", **chapter.values())
    )


def choice_text(texts: Catalog, value: str) -> str:
    """A choice as people read it."""
    message = f"learn.choice.{value}"
    return texts.text(message) if texts.has(message) else value


def letters(count: int) -> str:
    """The letters of so many choices."""
    return ascii_lowercase[:count]


def _choice(choices: tuple[str, ...], given: str, texts: Catalog) -> str:
    """The choice that is meant."""
    said = given.strip().lower()
    for letter, value in zip(ascii_lowercase, choices, strict=False):
        if said in (letter, value.lower(), choice_text(texts, value).lower()):
            return value
    allowed = ", ".join(f"{letter} ({value})" for letter, value in zip(ascii_lowercase, choices, strict=False))
    raise UsageError(f"{given[:40]!r} is none of {allowed}")


def _numbered(texts: Catalog, prefix: str, values: dict[str, str]) -> list[str]:
    """The texts `prefix.1`, `prefix.2` and so on."""
    found: list[str] = []
    while texts.has(f"{prefix}.{len(found) + 1}"):
        found.append(texts.text(f"{prefix}.{len(found) + 1}", **values))
    return found


def _question(
    chapter: Chapter, number: int, texts: Catalog, values: dict[str, str], *, answers: bool
) -> dict[str, Any]:
    question = chapter.questions[number - 1]
    found: dict[str, Any] = {
        "number": number,
        "ask": texts.text(f"learn.{chapter.name}.ask.{number}", **values),
        "share": encode(chapter.plans[question.plan]),
        "choices": [{"value": value, "text": choice_text(texts, value)} for value in question.choices],
    }
    if answers:
        found["answer"] = chapter.answer(number)
        found["why"] = texts.text(f"learn.{chapter.name}.why.{number}", **values)
    return found
