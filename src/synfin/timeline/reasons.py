"""The long explanations of one run, for a renderer of lines: each paragraph once, the arithmetic of every segment.

Responsible for what is said when; what a paragraph says is `explain`'s affair, where it stands the renderer's.
"""

from __future__ import annotations

from typing import Final, NamedTuple, final

from synfin.timeline.explain import SOURCE, Explanation, explain_all, explain_flight, explain_step
from synfin.timeline.messages import Catalog
from synfin.timeline.model import Flight, Step
from synfin.timeline.words import NO_BREAK

# What kind of lines a reason is
PARAGRAPH: Final = "paragraph"
LINUX: Final = "linux"
SUM: Final = "sum"


class Reason(NamedTuple):
    """Something to be read below a line: its kind (above) and the text, in which sources hold together."""

    kind: str
    text: str


@final
class Reasons:
    """What was explained already is not explained again; sums belong to one segment and always come."""

    def __init__(self, hosts: tuple[str, str], texts: Catalog, *, arrow: str = "→") -> None:
        self.hosts = hosts
        self.texts = texts
        self._arrow = arrow
        self._said: dict[str, bool] = {}

    def flight(self, flight: Flight) -> list[Reason]:
        """Why a segment was sent, its arithmetic, and what the network did to it."""
        whole, *others = explain_all(flight, self.texts)
        told = self._paragraphs(whole, flight.rule or whole.title, titled=False)
        told.extend(Reason(SUM, line) for line in whole.arithmetic)
        for one in others:
            told.extend(self._paragraphs(one, one.title, titled=True))
        return told

    def step(self, step: Step) -> list[Reason]:
        """Why a step had the effect that it had.

        The rule behind a move says much the same as the move, so it has its turn when the move comes again.
        """
        peer = self.hosts[1] if step.host == self.hosts[0] else self.hosts[0]
        told: list[Reason] = []
        causes = [move.why for move in step.moves]
        shown = explain_flight(step.flight, self.texts).arithmetic if step.flight is not None else ()
        for one in explain_step(step, self.texts, peer):
            if one.title not in causes or not told:
                told.extend(self._paragraphs(one, one.title, titled=True))
            told.extend(Reason(SUM, line) for line in one.arithmetic if line not in shown)
        return told

    def _paragraphs(self, one: Explanation, key: str, *, titled: bool) -> list[Reason]:
        if key in self._said or not one.long:
            return []
        self._said[key] = True
        text = one.long
        if titled:
            text = self.texts.text("ui.because", title=one.title.replace("→", self._arrow), text=text)
        told = [Reason(PARAGRAPH, _together(text))]
        if one.linux is not None:
            told.append(Reason(LINUX, _together(self.texts.text("ui.linux", text=one.linux))))
        return told


def _together(text: str) -> str:
    """`text` with its sources, such as RFC 9293 3.4, so that no line ends inside of one."""
    return SOURCE.sub(lambda found: found[0].replace(" ", NO_BREAK), text)
