"""What a plan may set at a host or at the link, in the words of people: `nodelay` `on`, `msl` `30s`, `rate` `1Mbit`.

Responsible for names, kinds, defaults and limits of settings, and for which of them a living connection still takes;
all others hold for the connections that come.  What a setting does stands in `synfin.config` and in the lab's cable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from synfin.config import ECN_CHOICES, MILLISECOND, TcpConfig
from synfin.errors import UsageError
from synfin.lab.scenarios import SCENARIOS
from synfin.lab.scenarios.stage import DELAY, PLAIN
from synfin.lab.world import preset_config
from synfin.tcp.calls import ALIVE
from synfin.tcp.congestion.base import names as congestion_names
from synfin.units import format_duration, parse_duration, parse_rate, parse_share, parse_size

NONE: Final = "none"
MAX_DURATION: Final = 3 * 3_600 * 1_000 * MILLISECOND  # of one setting, so that runs come to an end
MAX_NUMBER: Final = 1 << 30
MAX_ISN: Final = (1 << 32) - 1
MAX_TEXT: Final = 64  # characters of one value
_YES: Final = ("on", "true", "yes", "1")
_NO: Final = ("off", "false", "no", "0")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    `kind` is `bool`, `int`, `duration` or `choice`, and for the link also `rate`, `size` or `share`; `default` is what
    the scenarios use with the preset `rfc`, as text that can be set; `choices` are all values of a choice; `optional`:
    the value `none` is allowed too; `live`: a living connection takes it at once, otherwise the next one does;
    `teaching`: it breaks the RFC on purpose, to show what the rule is good for.  `field` is the name in `TcpConfig`.
    """

    name: str
    kind: str
    default: str
    choices: tuple[str, ...] = ()
    optional: bool = False
    live: bool = False
    teaching: bool = False
    field: str = ""

    def read(self, text: str) -> Any:
        """The value for `TcpConfig`, or for the cable; raises `UsageError` that says what is allowed."""
        if len(text) > MAX_TEXT:
            raise UsageError(f"a value of {len(text)} characters is too long; {MAX_TEXT} are allowed")
        if self.optional and text == NONE:
            return None
        if self.kind == "bool":
            return _switch(text)
        if self.kind == "choice":
            if text not in self.choices:
                raise UsageError(f"{text!r} is none of {', '.join(self.choices)}")
            return text
        if self.kind == "duration":
            value = parse_duration(text)
            if value > MAX_DURATION:
                raise UsageError(f"{text} is longer than {format_duration(MAX_DURATION)}")
            if self.field and value % MILLISECOND:
                raise UsageError(f"{text} is no whole number of milliseconds")
            return value // MILLISECOND if self.field else value
        return self._number(text)

    def _number(self, text: str) -> int | float:
        if self.kind == "share":
            return parse_share(text)
        if self.kind == "rate":
            return parse_rate(text)
        if text.isascii() and text.isdigit() and len(text) <= 12:
            value = int(text)
        else:
            value = parse_size(text)
        limit = MAX_ISN if self.name in (ISN, "teach_constant_isn") else MAX_NUMBER
        if value > limit:
            raise UsageError(f"{text} is above {limit}")
        return value

    def show(self, value: Any) -> str:
        """A value as text that `read` takes."""
        if value is None:
            return NONE
        if self.kind == "bool":
            return "on" if value else "off"
        if self.kind == "duration":
            return format_duration(value * MILLISECOND) if self.field else format_duration(value)
        return str(value)


def _switch(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise UsageError(f"{text!r} is neither on nor off")


ISN: Final = "isn"
_PLAIN_CONFIG: Final = TcpConfig().but(**PLAIN)


def _tcp(
    name: str, field: str, choices: tuple[str, ...] = (), optional: bool = False, teaching: bool = False
) -> Setting:
    """A setting of `TcpConfig`; its kind follows from the field."""
    value = getattr(_PLAIN_CONFIG, field)
    if choices:
        kind = "choice"
    elif isinstance(value, bool):
        kind = "bool"
    else:
        kind = "duration" if field.endswith("_ms") else "int"
    bare = Setting(name, kind, "", choices, optional, field in ALIVE, teaching, field)
    return Setting(name, kind, bare.show(value), choices, optional, field in ALIVE, teaching, field)


# In the order in which a page shows them: what people ask for first comes first.
SETTINGS: Final[dict[str, Setting]] = {
    setting.name: setting
    for setting in (
        _tcp("nodelay", "nodelay"),
        _tcp("ack_delay", "ack_delay_ms"),
        _tcp("quick_acks", "quick_acks"),
        _tcp("msl", "msl_ms"),
        _tcp("rto_min", "rto_min_ms"),
        _tcp("rto_max", "rto_max_ms"),
        _tcp("rto_initial", "rto_initial_ms"),
        _tcp("mss", "mss_limit", optional=True),
        _tcp("receive_buffer", "receive_buffer_bytes"),
        _tcp("send_buffer", "send_buffer_bytes"),
        _tcp("window_scaling", "window_scaling"),
        _tcp("congestion", "congestion", choices=tuple(congestion_names())),
        _tcp("initial_cwnd", "initial_cwnd_segments"),
        _tcp("recovery", "recovery", choices=("rack", "sack", "newreno")),
        _tcp("sack", "sack"),
        _tcp("timestamps", "timestamps"),
        _tcp("ecn", "ecn", choices=ECN_CHOICES),
        _tcp("limited_transmit", "limited_transmit"),
        _tcp("tail_loss_probe", "tail_loss_probe"),
        _tcp("pacing", "pacing"),
        _tcp("cork", "cork"),
        _tcp("keep_alive", "keep_alive"),
        _tcp("keep_alive_idle", "keep_alive_idle_ms"),
        _tcp("keep_alive_interval", "keep_alive_interval_ms"),
        _tcp("keep_alive_probes", "keep_alive_probes"),
        _tcp("user_timeout", "user_timeout_ms", optional=True),
        _tcp("linger", "linger_ms", optional=True),
        _tcp("fin_wait_2_timeout", "fin_wait_2_timeout_ms", optional=True),
        _tcp("rfc1337", "rfc1337"),
        _tcp("syn_retries", "syn_retries", optional=True),
        _tcp("synack_retries", "synack_retries", optional=True),
        _tcp("backlog", "backlog"),
        _tcp("syn_backlog", "syn_backlog"),
        _tcp("syn_cookies", "syn_cookies"),
        _tcp("defer_accept", "defer_accept"),
        _tcp("abort_on_overflow", "abort_on_overflow"),
        _tcp("fast_open", "fast_open"),
        Setting(ISN, "int", NONE, optional=True),
        _tcp("teach_establish_on_syn", "teach_establish_on_syn", teaching=True),
        _tcp("teach_no_time_wait", "teach_no_time_wait", teaching=True),
        _tcp("teach_constant_isn", "teach_constant_isn", optional=True, teaching=True),
    )
}
LINK_SETTINGS: Final[dict[str, Setting]] = {
    "delay": Setting("delay", "duration", DELAY, live=True),
    "rate": Setting("rate", "rate", NONE, optional=True, live=True),
    "queue": Setting("queue", "size", NONE, optional=True, live=True),
    "loss": Setting("loss", "share", "0%", live=True),
}


def defaults(scenario: str, preset: str = "rfc") -> dict[str, dict[str, str]]:
    """What holds at A, at B and on the link unless a plan says otherwise: text by name; raises `UsageError`."""
    found = SCENARIOS.get(scenario)
    if found is None:
        raise UsageError(f"there is no scenario {scenario!r}")
    values: dict[str, dict[str, str]] = {}
    for host, own, isn in (("A", found.settings_a, found.isn_a), ("B", found.settings_b, found.isn_b)):
        config = preset_config(preset).but(**{**PLAIN, **own})
        values[host] = {
            name: setting.show(getattr(config, setting.field)) for name, setting in SETTINGS.items() if setting.field
        }
        values[host][ISN] = NONE if isn is None else str(isn[0])
    values["link"] = {name: setting.default for name, setting in LINK_SETTINGS.items()}
    return values
