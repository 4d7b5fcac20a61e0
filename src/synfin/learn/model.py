"""Chapters as data: plans to watch, facts that texts quote, questions whose answers are computed.

Responsible for the shape.  The texts are in the catalog (`learn.CHAPTER.title`, `.1`, `.watch.PLAN`, `.wrong.1`,
`.ask.1`, `.why.1` ...), the chapters in `opening`, `closing` and `basics`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from synfin.lab.plan import Plan
from synfin.learn.run import Run, run_of


@dataclass(frozen=True, slots=True)
class Fact:
    """A word or a number that is true because a run says so: `read` applied to the run of the plan named `plan`."""

    plan: str
    read: Callable[[Run], object]


@dataclass(frozen=True, slots=True)
class Question:
    """What comes next?  `read` gives the answer off the run of the plan named `plan`, and is one of `choices`."""

    plan: str
    read: Callable[[Run], object]
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter.

    `numbers` are the scenarios (`S08`) and `notes` the questions of the study notes (`interview-dialogue: ...`) that it
    answers.  `plans` by name; those of `watch` are shown, in this order, the first one as a ladder.  `facts` fill the
    texts in.
    """

    name: str
    numbers: tuple[str, ...]
    notes: tuple[str, ...]
    plans: dict[str, Plan]
    watch: tuple[str, ...]
    questions: tuple[Question, ...]
    facts: dict[str, Fact] = field(default_factory=dict)

    def run(self, plan: str) -> Run:
        """The run of one of its plans."""
        return run_of(self.plans[plan])

    def values(self) -> dict[str, str]:
        """Its facts, computed."""
        return {name: str(fact.read(self.run(fact.plan))) for name, fact in self.facts.items()}

    def answer(self, number: int) -> str:
        """The right answer to a question, counted from 1, computed by playing."""
        question = self.questions[number - 1]
        return str(question.read(self.run(question.plan)))
