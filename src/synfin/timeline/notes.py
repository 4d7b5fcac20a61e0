"""The notes of a scenario: what the RFC says, what Linux does, where the common study notes are imprecise."""

from __future__ import annotations

from typing import Final

from synfin.lab.scenarios import Scenario
from synfin.timeline.caption import Caption
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


def caption_of(scenario: Scenario, texts: Catalog, *, preset: str, seed: int, faults: tuple[str, ...] = ()) -> Caption:
    """What stands over a picture of a scenario: its name and subject, and under which settings it was played."""
    name = texts.text("ui.scenario", name=scenario.name, number=scenario.number)
    details = [texts.text("ui.preset", preset=preset, seed=seed)]
    details.extend(texts.text("ui.fault", fault=fault) for fault in faults)
    return Caption(f"{name}{texts.text('ui.colon')}{texts.text(f'scenario.{scenario.name}')}", tuple(details))
