"""Plans as JSON values, and as text that is short enough for a URL and needs no escaping there.

Responsible for the shape of what comes from outside: types, unknown names, sizes.  Meanings are `model`'s affair.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final

from synfin.errors import UsageError
from synfin.lab.plan.model import MAX_CHANGES, MAX_FAULTS, MAX_SETTINGS, Change, Plan, PlanError
from synfin.units import parse_duration

MAX_TEXT: Final = 65_536  # characters of an encoded plan
_VERSION: Final = "1."
_FIELDS: Final = ("scenario", "preset", "seed", "faults", "changes", "settings", "own_faults", "until")
_CHANGE_FIELDS: Final = ("at", "host", "action", "value", "name")


def to_json(plan: Plan) -> dict[str, Any]:
    """All fields of a plan as values for JSON; times are ns."""
    return {
        "scenario": plan.scenario,
        "preset": plan.preset,
        "seed": plan.seed,
        "faults": list(plan.faults),
        "changes": [{name: getattr(change, name) for name in _CHANGE_FIELDS} for change in plan.changes],
        "settings": [list(entry) for entry in plan.settings],
        "own_faults": plan.own_faults,
        "until": plan.until,
    }


def from_json(value: object) -> Plan:
    """A plan from JSON values; what is left out has its default, times may be text (`"100ms"`).  Raises `PlanError`."""
    given = _table("plan", value, _FIELDS)
    if "scenario" not in given:
        raise PlanError("scenario", "is missing")
    changes = [
        _change(f"changes[{number}]", entry)
        for number, entry in enumerate(_list("changes", given.get("changes", []), MAX_CHANGES))
    ]
    settings = [
        _setting(f"settings[{number}]", entry)
        for number, entry in enumerate(_list("settings", given.get("settings", []), MAX_SETTINGS))
    ]
    faults = [
        _text(f"faults[{number}]", entry)
        for number, entry in enumerate(_list("faults", given.get("faults", []), MAX_FAULTS))
    ]
    own_faults = given.get("own_faults", True)
    if not isinstance(own_faults, bool):
        raise PlanError("own_faults", "must be true or false")
    until = given.get("until")
    return Plan(
        scenario=_text("scenario", given["scenario"]),
        preset=_text("preset", given.get("preset", "rfc")),
        seed=_int("seed", given.get("seed", 1)),
        faults=tuple(faults),
        changes=tuple(changes),
        settings=tuple(settings),
        own_faults=own_faults,
        until=None if until is None else _time("until", until),
    )


def encode(plan: Plan) -> str:
    """A plan as text of letters, digits, `.`, `-` and `_`; `decode` reads it back."""
    short: list[Any] = [
        plan.scenario,
        plan.preset,
        plan.seed,
        list(plan.faults),
        [[change.at, change.host, change.action, change.value, change.name] for change in plan.changes],
        [list(entry) for entry in plan.settings],
        int(plan.own_faults),
        plan.until,
    ]
    default: list[Any] = [None, "rfc", 1, [], [], [], 1, None]
    while len(short) > 1 and short[-1] == default[len(short) - 1]:
        short.pop()
    octets = json.dumps(short, ensure_ascii=False, separators=(",", ":")).encode()
    return _VERSION + urlsafe_b64encode(octets).decode("ascii").rstrip("=")


def decode(text: str) -> Plan:
    """The plan that `encode` made a text of; raises `UsageError` for anything else."""
    if len(text) > MAX_TEXT:
        raise UsageError(f"this is no plan: {len(text)} characters, and at most {MAX_TEXT} are allowed")
    if not text.startswith(_VERSION):
        raise UsageError(f"this is no plan: it does not begin with {_VERSION!r}")
    body = text[len(_VERSION) :]
    try:
        octets = urlsafe_b64decode(body.encode("ascii") + b"=" * (-len(body) % 4))
        found = json.loads(octets.decode("utf-8"))
    except (ValueError, binascii.Error, RecursionError):
        raise UsageError("this is no plan: it cannot be decoded; was it cut off?") from None
    parts = _list("plan", found, len(_FIELDS))
    value: dict[str, Any] = dict(zip(_FIELDS, parts, strict=False))
    if "own_faults" in value:
        value["own_faults"] = bool(_int("own_faults", value["own_faults"]))
    rows = _list("changes", value.get("changes", []), MAX_CHANGES)
    value["changes"] = [_row(f"changes[{number}]", row) for number, row in enumerate(rows)]
    return from_json(value)


def _row(field: str, value: object) -> dict[str, Any]:
    row = _list(field, value, len(_CHANGE_FIELDS))
    return dict(zip(_CHANGE_FIELDS, row, strict=False))


def _table(field: str, value: object, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PlanError(field, f"must be an object with {', '.join(names)}")
    for name in value:
        if name not in names:
            raise PlanError(field, f"has no {str(name)[:40]!r}; allowed: {', '.join(names)}")
    return value


def _list(field: str, value: object, limit: int) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise PlanError(field, "must be a list")
    if len(value) > limit:
        raise PlanError(field, f"{len(value)} are too many; {limit} are allowed")
    return list(value)


def _text(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise PlanError(field, "must be text")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise PlanError(field, "is no Unicode text")
    return value


def _int(field: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise PlanError(field, "must be a whole number")
    return value


def _time(field: str, value: object) -> int:
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except UsageError as error:
            raise PlanError(field, str(error)) from None
    return _int(field, value)


def _change(field: str, value: object) -> Change:
    given = _table(field, value, _CHANGE_FIELDS)
    for name in ("at", "host", "action"):
        if name not in given:
            raise PlanError(f"{field}.{name}", "is missing")
    number = given.get("value", "")
    if isinstance(number, int) and not isinstance(number, bool):
        number = str(number)  # octets may be written as a number
    return Change(
        at=_time(f"{field}.at", given["at"]),
        host=_text(f"{field}.host", given["host"]),
        action=_text(f"{field}.action", given["action"]),
        value=_text(f"{field}.value", number),
        name=_text(f"{field}.name", given.get("name", "")),
    )


def _setting(field: str, value: object) -> tuple[str, str, str]:
    row = _list(field, value, 3)
    if len(row) != 3:
        raise PlanError(field, "must be a list of host, name and value")
    return _text(f"{field}.host", row[0]), _text(f"{field}.name", row[1]), _text(f"{field}.value", row[2])
