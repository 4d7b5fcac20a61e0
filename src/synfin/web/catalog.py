"""What there is to choose from: scenarios, presets, settings, actions, and the texts that the page needs.

Responsible for the shape of `GET /api/catalog`.  Everything in it comes from the parts that own it.
"""

from __future__ import annotations

from typing import Any, Final

from synfin.lab.faults import KINDS
from synfin.lab.plan import ACTIONS, LINK_ACTIONS, LINK_SETTINGS, SETTINGS
from synfin.lab.scenarios import DEFAULT, SCENARIOS
from synfin.lab.world import PRESETS
from synfin.learn import chapters
from synfin.tcp.congestion import names as congestion_names
from synfin.timeline.messages import LANGUAGES, Catalog
from synfin.timeline.notes import notes_of
from synfin.web.document import SCHEMA

# Texts of these kinds go to the page; the others are looked up by the server.
TEXTS: Final = (
    "web.", "plot.", "state.", "flag.", "timer.", "ui.", "app.", "told.", "rule.", "fault.", "setting.", "action.",
)  # fmt: skip
_NEEDS: Final[dict[str, str]] = {"": "none", "?": "optional", "!": "needed"}


def catalog_document(texts: Catalog, *, live: bool = False) -> dict[str, Any]:
    """Everything that there is to choose from, in one language; `live`: there is a running host to watch."""
    return {
        "schema": SCHEMA,
        "lang": texts.language,
        "languages": list(LANGUAGES),
        "default": DEFAULT,
        "live": live,
        "scenarios": _scenarios(texts),
        "presets": list(PRESETS),
        "congestion": congestion_names(),
        "settings": _settings(texts),
        "actions": _actions(texts),
        "faults": list(KINDS),
        "chapters": chapters(texts.language),
        "texts": {name: texts.raw(name) for name in texts.ids() if name.startswith(TEXTS)},
    }


def _scenarios(texts: Catalog) -> list[dict[str, Any]]:
    return [
        {
            "name": scenario.name,
            "number": scenario.number,
            "note": scenario.note,
            "about": texts.text(f"scenario.{scenario.name}"),
            "notes": notes_of(scenario, texts),
            "faults": list(scenario.faults),
            "settings": {"A": dict(scenario.settings_a), "B": dict(scenario.settings_b)},
        }
        for scenario in SCENARIOS.values()
    ]


def _settings(texts: Catalog) -> list[dict[str, Any]]:
    return [
        {
            "name": setting.name,
            "place": place,
            "kind": setting.kind,
            "default": setting.default,
            "choices": list(setting.choices),
            "optional": setting.optional,
            "live": setting.live,
            "teaching": setting.teaching,
            "about": texts.text(f"setting.{place}.{setting.name}"),
        }
        for place, settings in (("host", SETTINGS), ("link", LINK_SETTINGS))
        for setting in settings.values()
    ]


def _actions(texts: Catalog) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "place": place,
            "needs_value": needs == "!",
            "value": _NEEDS[needs],
            "about": texts.text(f"action.{place}.{name}"),
        }
        for place, actions in (("host", ACTIONS), ("link", LINK_ACTIONS))
        for name, needs in actions.items()
    ]
