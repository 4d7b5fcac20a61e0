"""The notes of a scenario: what the RFC says, what Linux does, where the common study notes are imprecise."""

from __future__ import annotations

from typing import Final

from synfin.lab.scenarios import Scenario
from synfin.timeline.messages import Catalog

NOTE_LIMIT: Final = 9  # notes of one scenario


def notes_of(scenario: Scenario, texts: Catalog) -> list[str]:
    """The notes of a scenario: its own, then those of its numbers."""
    found: list[str] = []
    for owner in (scenario.name, *scenario.number.split()):
        for count in range(1, NOTE_LIMIT + 1):
            message = f"note.{owner}.{count}"
            if texts.has(message):
                found.append(texts.text(message))
    return found
