"""`synfin learn`: chapters to read, runs to watch, questions to answer.

Responsible for options, for what is printed where, and for asking; chapters and grading are `learn`'s work.
"""

from __future__ import annotations

import json as json_module
import shutil
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Final

import click

from synfin.cli.demo import QUOTES
from synfin.cli.main import EXIT_FINDING, EXIT_OK
from synfin.cli.messages import LANGUAGES, language
from synfin.errors import UsageError

if TYPE_CHECKING:
    from synfin.learn import Chapter
    from synfin.timeline import Catalog
    from synfin.timeline.style import Style

PLAIN: Final = {**QUOTES, ord("→"): "->"}  # for terminals that have ASCII only


@click.command("learn")
@click.argument("name", metavar="[CHAPTER]", required=False)
@click.option("--watch", metavar="RUN", help="Draw another of the chapter's runs, by its name [the first].")
@click.option("--answers", metavar="A,B,C", help="Answers to the questions, instead of being asked: letters or values.")
@click.option("--show", is_flag=True, help="Show the answers with their reasons.")
@click.option("--json", "as_json", is_flag=True, help="Print the chapter, or the list, as one JSON document.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language [from the locale].")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw without box characters.")
def learn(
    name: str | None,
    watch: str | None,
    answers: str | None,
    show: bool,
    as_json: bool,
    lang: str | None,
    ascii_only: bool,
) -> int:
    """The questions that everybody asks about TCP, as chapters that run.

    Without CHAPTER: list them.  With one: its text, the ladder of a run, and three questions to answer.
    Exit code 1: an answer was wrong.
    """
    from synfin.learn import find
    from synfin.timeline import catalog

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a character still shows the rest
    texts = catalog(language(lang))
    if answers is not None and show:
        raise UsageError("--show gives the answers away: use it without --answers")
    if name is None:
        if answers is not None or show or watch is not None:
            raise UsageError("name a chapter: synfin learn CHAPTER")
        _print_list(texts, as_json)
        return EXIT_OK
    chapter = find(name)
    if watch is not None and watch not in chapter.watch:
        raise UsageError(f"{name} has no run {watch!r}; there are {', '.join(chapter.watch)}")
    given = None if answers is None else _given(chapter, answers, texts)
    if as_json:
        return _print_json(chapter, given, texts, show=show)
    page = _Page(texts, ascii_only)
    page.chapter(chapter, chapter.watch[0] if watch is None else watch)
    if given is not None:
        return page.grade(chapter, given)
    if show:
        page.show(chapter)
    elif on_terminal():
        return page.ask(chapter)
    else:
        page.questions(chapter)
    return EXIT_OK


def on_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _given(chapter: Chapter, answers: str, texts: Catalog) -> list[str]:
    """The answers one by one; each has to be one of the choices."""
    given = answers.split(",")
    if len(given) != len(chapter.questions):
        raise UsageError(texts.text("learn.ui.count", name=chapter.name, all=len(chapter.questions), given=len(given)))
    return given


def _print_list(texts: Catalog, as_json: bool) -> None:
    from synfin.learn import chapters
    from synfin.learn.lesson import SCHEMA
    from synfin.timeline.width import pad

    found = chapters(texts.language)
    if as_json:
        click.echo(json_module.dumps({"schema": SCHEMA, "chapters": found}, ensure_ascii=False, indent=1))
        return
    click.echo(texts.text("learn.ui.intro"), err=True)
    cells = max(len(entry["name"]) for entry in found) + 2
    for entry in found:
        click.echo(pad(entry["name"], cells) + entry["title"])
    click.echo(texts.text("learn.ui.use"), err=True)


def _print_json(chapter: Chapter, given: list[str] | None, texts: Catalog, *, show: bool) -> int:
    """The chapter as JSON; with answers, what became of each."""
    from synfin.learn import grade, lesson

    value: dict[str, Any] = lesson(chapter.name, texts.language, answers=show)
    right = True
    if given is not None:
        verdicts = [grade(chapter.name, number, text, texts.language) for number, text in enumerate(given, 1)]
        value["verdicts"] = [
            {"given": text, "right": verdict.right, "answer": verdict.answer, "why": verdict.why}
            for text, verdict in zip(given, verdicts, strict=True)
        ]
        right = all(verdict.right for verdict in verdicts)
    click.echo(json_module.dumps(value, ensure_ascii=False, indent=1))
    return EXIT_OK if right else EXIT_FINDING


class _Page:
    """A chapter on a terminal."""

    def __init__(self, texts: Catalog, ascii_only: bool) -> None:
        from synfin.cli.output import style_for
        from synfin.timeline.ladder import DEFAULT_WIDTH
        from synfin.timeline.style import Style

        self.texts = texts
        self.style: Style = style_for(sys.stdout)
        if ascii_only:
            self.style = Style(ascii_only=True, colour=self.style.colour)
        cells = shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns if sys.stdout.isatty() else DEFAULT_WIDTH
        self.cells = min(cells, 120)

    def say(self, text: str = "", indent: str = "", first: str = "") -> None:
        """A paragraph, wrapped."""
        from synfin.timeline.width import wrap

        lead = first or indent
        for line in wrap(text, self.cells - len(indent) - 1) or [""]:
            whole = (lead + line).rstrip()
            click.echo(whole.translate(PLAIN) if self.style.ascii else whole, color=True)
            lead = indent

    def head(self, message: str, **params: object) -> None:
        """A heading."""
        click.echo()
        click.echo(self.style.paint("bold", self.texts.text(message, **params)), color=True)

    def chapter(self, chapter: Chapter, watch: str) -> None:
        """Text, runs, one of them as a ladder, and where notes are wrong."""
        from synfin.learn import lesson

        value = lesson(chapter.name, self.texts.language)
        title = f"{value['title']}  [{' '.join(value['numbers'])}]"
        click.echo(self.style.paint("bold", title), color=True)
        for paragraph in value["paragraphs"]:
            click.echo()
            self.say(paragraph)
        self.head("learn.ui.watch")
        for run in value["watch"]:
            self.say(f"{run['id']}: {run['caption']}", "  ", f"{self.style.note} ")
        click.echo()
        self.ladder(chapter, watch)
        self.head("learn.ui.wrong")
        for wrong in value["wrong"]:
            self.say(wrong, "  ", f"{self.style.note} ")
        self.head("learn.ui.questions")

    def ladder(self, chapter: Chapter, watch: str) -> None:
        """One run."""
        from synfin.timeline.world import timeline_of

        timeline = timeline_of(chapter.run(watch).world)
        lines = timeline.lines(
            self.texts.language, ascii_only=self.style.ascii, colour=self.style.colour, cells=self.cells
        )
        click.echo("\n".join(lines), color=True)

    def question(self, chapter: Chapter, number: int) -> str:
        """One question with its choices; gives their letters."""
        from synfin.learn import lesson
        from synfin.learn.lesson import letters

        value = lesson(chapter.name, self.texts.language)["questions"][number - 1]
        click.echo()
        self.say(value["ask"], "   ", f"{number}. ")
        names = letters(len(value["choices"]))
        for letter, choice in zip(names, value["choices"], strict=True):
            self.say(choice["text"], "      ", f"   {letter}) ")
        return names

    def verdict(self, chapter: Chapter, number: int, given: str) -> bool:
        """Say whether an answer is right, and why."""
        from synfin.learn import grade

        found = grade(chapter.name, number, given, self.texts.language)
        message = "learn.ui.right" if found.right else "learn.ui.not_right"
        self.say(self.texts.text(message, text=found.text), "   ")
        self.say(found.why, "   ")
        return found.right

    def questions(self, chapter: Chapter) -> None:
        """The questions alone, and how to answer them."""
        for number in range(1, len(chapter.questions) + 1):
            self.question(chapter, number)
        example = ",".join("abc"[: len(chapter.questions)])
        click.echo(self.texts.text("learn.ui.how", name=chapter.name, letters=example), err=True)

    def show(self, chapter: Chapter) -> None:
        """The questions with their answers."""
        from synfin.learn import lesson
        from synfin.learn.lesson import choice_text

        value = lesson(chapter.name, self.texts.language, answers=True)
        for question in value["questions"]:
            self.question(chapter, question["number"])
            self.say(self.texts.text("learn.ui.answer", text=choice_text(self.texts, question["answer"])), "   ")
            self.say(question["why"], "   ")

    def grade(self, chapter: Chapter, given: list[str]) -> int:
        """The questions with what became of the answers."""
        right = 0
        for number, text in enumerate(given, 1):
            self.question(chapter, number)
            right += self.verdict(chapter, number, text)
        return self.score(right, len(given))

    def ask(self, chapter: Chapter) -> int:
        """Ask on the terminal; what is no choice is asked again, the end of input ends it."""
        right = 0
        for number in range(1, len(chapter.questions) + 1):
            names = self.question(chapter, number)
            while True:
                given = click.prompt(self.texts.text("learn.ui.prompt", letters="/".join(names)), prompt_suffix=" > ")
                try:
                    right += self.verdict(chapter, number, given)
                except UsageError as error:
                    click.echo(self.texts.text("learn.ui.again", error=error), err=True)
                else:
                    break
        return self.score(right, len(chapter.questions))

    def score(self, right: int, count: int) -> int:
        """The end."""
        click.echo()
        self.say(self.texts.text("learn.ui.score", right=right, all=count))
        return EXIT_OK if right == count else EXIT_FINDING
