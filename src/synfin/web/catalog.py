"""What there is to choose from: scenarios, presets, settings, actions, and the texts that the page needs.

Responsible for the shape of `GET /api/catalog`.  Everything in it comes from the parts that own it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from synfin.config import ECN_CHOICES, TcpConfig
from synfin.lab.faults import KINDS
from synfin.lab.scenarios import DEFAULT, SCENARIOS
from synfin.lab.world import PRESETS
from synfin.tcp.calls import ALIVE
from synfin.tcp.congestion import names as congestion_names
from synfin.tcp.recovery import names as recovery_names
from synfin.timeline.messages import LANGUAGES, Catalog
from synfin.timeline.notes import notes_of
from synfin.web.document import SCHEMA

# Texts of these kinds go to the page; the others are looked up by the server.
TEXTS: Final = (
    "web.", "state.", "flag.", "timer.", "ui.", "app.", "told.", "rule.", "fault.", "setting.", "action.",
)  # fmt: skip
# The settings that the page offers, in its order; docs/web.md lists them.
SETTINGS: Final = (
    "nodelay", "ack_delay_ms", "quick_acks", "msl_ms", "rto_initial_ms", "rto_min_ms", "rto_max_ms",
    "receive_buffer_bytes", "send_buffer_bytes", "mss", "window_scaling", "congestion", "initial_cwnd_segments",
    "sack", "recovery", "tail_loss_probe", "timestamps", "ecn", "keep_alive", "keep_alive_idle_ms", "linger_ms",
    "fin_wait_2_timeout_ms", "syn_backlog", "backlog", "syn_cookies", "fast_open", "rfc1337",
)  # fmt: skip


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
        "actions": [],
        "faults": list(KINDS),
        "chapters": [],
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
    defaults = {field.name: field.default for field in fields(TcpConfig)}
    choices = {"congestion": congestion_names(), "recovery": recovery_names(), "ecn": list(ECN_CHOICES)}
    found: list[dict[str, Any]] = []
    for name in SETTINGS:
        default = defaults[name]
        kind = "int"
        if isinstance(default, bool):
            kind = "bool"
        elif name in choices:
            kind = "choice"
        elif name.endswith("_ms"):
            kind = "duration"
        setting: dict[str, Any] = {"name": name, "kind": kind, "default": default, "live": name in ALIVE}
        if name in choices:
            setting["choices"] = choices[name]
        about = f"setting.{name}"
        setting["about"] = texts.text(about) if texts.has(about) else ""
        found.append(setting)
    return found
