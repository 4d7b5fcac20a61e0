"""`Plan` and `Change`: what can be said about a run, checked when it is said.

Responsible for limits and for errors that name the field, what is wrong with it and what is allowed.  Every `Plan` that
exists can be played.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from synfin.errors import UsageError
from synfin.lab.faults import FaultError, parse_fault
from synfin.lab.plan.settings import ISN, LINK_SETTINGS, SETTINGS, Setting
from synfin.lab.scenarios import SCENARIOS
from synfin.lab.scenarios.stage import HOSTS, PLAIN
from synfin.lab.world import PRESETS, preset_config
from synfin.units import DURATIONS, format_duration, parse_size

LINK: Final = "link"
# What can be done at a host, and whether a value is needed ("" no, "?" may be given, "!" needed).
ACTIONS: Final[dict[str, str]] = {
    "close": "",
    "shutdown": "",
    "abort": "",
    "crash": "",
    "restart": "",
    "stop-reading": "",
    "read": "?",  # octets; without: all that is there, and all that comes
    "write": "!",  # octets
    "open": "?",  # "connect", "listen", or a local port to connect from
    "set": "!",  # with `name`
}
LINK_ACTIONS: Final[dict[str, str]] = {"cut": "", "heal": "", "release": "", "set": "!"}
OPEN_HOW: Final = ("connect", "listen")

MAX_CHANGES: Final = 256
MAX_FAULTS: Final = 64
MAX_SETTINGS: Final = 128
MAX_TIME: Final = 7 * DURATIONS["d"]  # of a change, of the end of a run, and in a fault
MAX_WRITE: Final = 10_000_000  # octets of all writes together, and of one read
MAX_EXPRESSION: Final = 200  # characters of a fault
MAX_SEED: Final = (1 << 63) - 1
MAX_FRAMES: Final = 1_000_000  # count in a fault
# Checked together in `Plan.chosen`; by itself a bound of the time-out is judged without the other one.
_ALONE: Final[dict[str, dict[str, int]]] = {"rto_min_ms": {"rto_max_ms": 1 << 40}, "rto_max_ms": {"rto_min_ms": 1}}


class PlanError(UsageError):
    """A plan cannot be played: `field` says where (`changes[2].action`), the text what is wrong and what is allowed."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Change:
    """At `at` ns do `action` at `host`: A or B with an action of `ACTIONS`, or `link` with one of `LINK_ACTIONS`.

    `value` is the number of octets for `write` and `read`, how for `open`, the new value for `set`, whose setting is
    `name`.
    """

    at: int
    host: str
    action: str
    value: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A scenario, and what is changed about it.

    `faults` come after those that the scenario has itself, which `own_faults=False` leaves out.  `settings` are (host,
    name, value) and hold from the start; later ones win.  `until` ns ends the run; None: the scenario's own end, or
    when nothing more happens.  Raises `PlanError` for what cannot be played.
    """

    scenario: str
    preset: str = "rfc"
    seed: int = 1
    faults: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    settings: tuple[tuple[str, str, str], ...] = ()
    own_faults: bool = True
    until: int | None = None

    def __post_init__(self) -> None:
        choose("scenario", self.scenario, SCENARIOS)
        choose("preset", self.preset, PRESETS)
        within("seed", self.seed, -MAX_SEED, MAX_SEED)
        if self.until is not None:
            within_time("until", self.until)
        for field, items, limit in (
            ("faults", self.faults, MAX_FAULTS),
            ("changes", self.changes, MAX_CHANGES),
            ("settings", self.settings, MAX_SETTINGS),
        ):
            if len(items) > limit:
                raise PlanError(field, f"{len(items)} are too many; {limit} are allowed")
        for number, fault in enumerate(self.faults):
            check_fault(f"faults[{number}]", fault)
        for number, change in enumerate(self.changes):
            check_change(f"changes[{number}]", change)
        written = sum([octets("changes", change.value) for change in self.changes if change.action == "write"])
        if written > MAX_WRITE:
            raise PlanError("changes", f"{written} octets are too many to write; {MAX_WRITE} are allowed")
        for number, (host, name, value) in enumerate(self.settings):
            read_setting(f"settings[{number}]", host, name, value)
        self.chosen()

    def chosen(self) -> dict[str, dict[str, Any]]:
        """The settings of `TcpConfig` by host, checked together; `PlanError` when they contradict each other."""
        found: dict[str, dict[str, Any]] = {host: {} for host in HOSTS}
        for host, name, text in self.settings:
            if host != LINK and name != ISN:
                found[host][SETTINGS[name].field] = SETTINGS[name].read(text)
        scenario = SCENARIOS[self.scenario]
        for host, own in zip(HOSTS, (scenario.settings_a, scenario.settings_b), strict=True):
            try:
                preset_config(self.preset).but(**{**PLAIN, **own, **found[host]})
            except UsageError as error:
                raise PlanError("settings", f"at {host}: {error}") from None
        return found

    def isn(self) -> dict[str, list[int]]:
        """The initial sequence numbers that were chosen, by host; an empty list: by clock and secret."""
        found: dict[str, list[int]] = {}
        for host, name, text in self.settings:
            if name == ISN:
                number = SETTINGS[ISN].read(text)
                found[host] = [] if number is None else [number]
        return found


def choose(field: str, value: str, allowed: Any) -> None:
    """Raise `PlanError` unless `value` is one of `allowed`."""
    if value in allowed:
        return
    close = get_close_matches(value[:100], list(allowed), 1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    raise PlanError(field, f"{value[:100]!r} is unknown{hint}; allowed: {', '.join(allowed)}")


def within(field: str, value: int, low: int, high: int) -> None:
    """Raise `PlanError` unless `low` <= `value` <= `high`."""
    if not low <= value <= high:
        raise PlanError(field, f"{_short(value)} is not between {low} and {high}")


def within_time(field: str, value: int) -> None:
    """Raise `PlanError` unless `value` ns lies in a run."""
    if not 0 <= value <= MAX_TIME:
        raise PlanError(field, f"{_short(value)} ns is not between 0 and {format_duration(MAX_TIME)}")


def _short(value: int) -> str:
    return str(value) if abs(value) < 1 << 128 else "a number far too large"


def check_fault(field: str, expression: str) -> None:
    """Raise `PlanError` for a fault that cannot be read, or that does not concern A and B."""
    if len(expression) > MAX_EXPRESSION:
        raise PlanError(field, f"{len(expression)} characters are too many; {MAX_EXPRESSION} are allowed")
    try:
        fault = parse_fault(expression)
    except FaultError as error:
        raise PlanError(field, str(error)) from error
    for name in (fault.source, fault.target):
        if name != "*":
            choose(field, name, HOSTS)
    if fault.time_ns is not None:
        within_time(field, fault.time_ns)
    for count in (fault.first, fault.final, fault.by):
        if count is not None:
            within(field, count, 1, MAX_FRAMES)


def check_change(field: str, change: Change) -> None:
    """Raise `PlanError` for a change that cannot be made."""
    within_time(f"{field}.at", change.at)
    choose(f"{field}.host", change.host, (*HOSTS, LINK))
    actions = LINK_ACTIONS if change.host == LINK else ACTIONS
    choose(f"{field}.action", change.action, actions)
    if change.action == "set":
        read_setting(field, change.host, change.name, change.value)
        return
    if change.name:
        raise PlanError(f"{field}.name", f"{change.action} has none; only set does")
    needs = actions[change.action]
    if not change.value:
        if needs == "!":
            raise PlanError(f"{field}.value", f"{change.action} needs a number of octets, such as 1000")
    elif not needs:
        raise PlanError(f"{field}.value", f"{change.action} has none")
    elif change.action == "open":
        if change.value not in OPEN_HOW:
            within(f"{field}.value", octets(f"{field}.value", change.value), 0, 65_535)
    else:
        within(f"{field}.value", octets(f"{field}.value", change.value), 1, MAX_WRITE)


def octets(field: str, text: str) -> int:
    """`"1000"` or `"64KB"` as a number; raises `PlanError`."""
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    try:
        return parse_size(text[:40])
    except UsageError as error:
        raise PlanError(field, str(error)) from None


def setting_of(field: str, host: str, name: str) -> Setting:
    """The setting of that name at that host; raises `PlanError`."""
    choose(f"{field}.host", host, (*HOSTS, LINK))
    known = LINK_SETTINGS if host == LINK else SETTINGS
    choose(f"{field}.name", name, known)
    return known[name]


def read_setting(field: str, host: str, name: str, value: str) -> Any:
    """The value of a setting; raises `PlanError` for an unknown name or a value that is not allowed."""
    setting = setting_of(field, host, name)
    try:
        found = setting.read(value)
        if setting.field:
            preset_config("rfc").but(**{setting.field: found, **_ALONE.get(setting.field, {})})
    except UsageError as error:
        raise PlanError(f"{field}.value", str(error)) from None
    return found
