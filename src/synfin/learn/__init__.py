"""The questions of the study notes as chapters that run: read, watch, predict, and see whether it was right.

    model     a chapter: plans to watch, facts for its texts, questions
    run       what is asked about a run
    opening   chapters about how connections begin
    closing   chapters about how they end
    basics    chapters about numbers, flags, headers, and what a connection is
    lesson    chapters with their texts, and the grading of answers

Every state and number that a text states about a run is read off that run, and so is every right answer: nothing here
can be out of step with the stack.  The texts are in `timeline.messages` (`*_learn*`).
"""

from synfin.learn.lesson import CHAPTERS, Verdict, chapters, find, grade, lesson
from synfin.learn.model import Chapter, Fact, Question
from synfin.learn.run import NOTHING, Run, run_of

__all__ = [
    "CHAPTERS",
    "NOTHING",
    "Chapter",
    "Fact",
    "Question",
    "Run",
    "Verdict",
    "chapters",
    "find",
    "grade",
    "lesson",
    "run_of",
]
