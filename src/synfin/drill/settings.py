"""`sysctl` lines of scripts: Linux's names of settings as settings of this stack.

Responsible for reading the commands and for the mapping; a setting without counterpart here is reported, not guessed.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from synfin.config import ECN_CHOICES

_PREFIXES: Final = ("net.ipv4.", "net.ipv6.", "net.core.", "net/ipv4/", "net/ipv6/")


class Setting(NamedTuple):
    """`name=value` of one sysctl, the name with dots."""

    name: str
    value: str


def read_command(command: str) -> tuple[list[Setting], list[str]]:
    """The settings of a shell command, and the commands in it that are no sysctl and so are not carried out."""
    found: list[Setting] = []
    others: list[str] = []
    for line in command.replace(";", "\n").replace("&&", "\n").split("\n"):
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            words = [line.strip()]
        if not words:
            continue
        if words[0].rsplit("/", 1)[-1] != "sysctl":
            others.append(line.strip())
            continue
        for word in words[1:]:
            name, equals, value = word.partition("=")
            if equals and not word.startswith("-"):
                found.append(Setting(name.strip().replace("/", "."), value.strip()))
    return found, others


def _switch(name: str) -> Callable[[str], dict[str, Any]]:
    return lambda value: {name: int(value) != 0}


def _number(name: str, factor: int = 1) -> Callable[[str], dict[str, Any]]:
    return lambda value: {name: int(value) * factor}


def _middle(name: str) -> Callable[[str], dict[str, Any]]:
    """The default, the second of three numbers."""
    return lambda value: {name: int(value.split()[1])}


def _receive_buffer(value: str) -> dict[str, Any]:
    """Half of tcp_rmem is window (tcp_adv_win_scale 1); the shift count follows the largest one."""
    _, default, largest = (int(word) for word in value.split())
    shift = 0
    while shift < 14 and largest >> shift > 65_535:
        shift += 1
    return {"receive_buffer_bytes": max(default // 2, 1), "window_scale": shift}


def _low_water(value: str) -> dict[str, Any]:
    """4294967295, the largest unsigned number, is "no limit"."""
    octets = int(value)
    if octets < 0:
        raise ValueError
    return {"notsent_lowat_bytes": None if octets >= 0xFFFF_FFFF else octets}


def _ecn(value: str) -> dict[str, Any]:
    """0 to 5; a negative number counts from the end in Python, and is no setting."""
    number = int(value)
    if number < 0:
        raise ValueError
    return {"ecn": ECN_CHOICES[number]}


def _fast_open(value: str) -> dict[str, Any]:
    """Bits: 1 client, 2 server, 4 text without a cookie; 0x200 take such text, 0x400 every listener."""
    bits = int(value, 0)
    return {
        "fast_open": bits & 0x402 == 0x402,
        "fast_open_client": bits & 1 != 0,
        "fast_open_server": bits & 2 != 0,
        "fast_open_send_cookieless": bits & 4 != 0,
        "fast_open_accept_cookieless": bits & 0x200 != 0,
    }


def fast_open_keys(setting: Setting) -> bytes | None:
    """The keys of a `tcp_fastopen_key` line, as octets: four words of 32 bits each, the second key behind a comma."""
    if setting.name.rsplit(".", 1)[-1] != "tcp_fastopen_key":
        return None
    keys = b""
    for text in setting.value.split(","):
        words = text.split("-")
        try:
            keys += b"".join([int(word, 16).to_bytes(4, "little") for word in words])
        except (ValueError, OverflowError):
            return None
        if len(words) != 4:
            return None
    return keys if 1 <= len(keys) // 16 <= 2 else None


_MAPPING: Final[dict[str, Callable[[str], dict[str, Any]]]] = {
    "tcp_timestamps": _switch("timestamps"),
    "tcp_sack": _switch("sack"),
    "tcp_dsack": _switch("dsack"),
    "tcp_early_retrans": lambda value: {"tail_loss_probe": int(value, 0) in (3, 4)},
    "tcp_recovery": lambda value: {"recovery": "rack" if int(value, 0) & 1 else "sack"},
    "tcp_frto": lambda value: {"frto": int(value, 0) != 0},
    "tcp_window_scaling": _switch("window_scaling"),
    "tcp_slow_start_after_idle": _switch("idle_restart"),
    "tcp_ecn": _ecn,
    "tcp_ecn_fallback": _switch("ecn_fallback"),
    "tcp_fastopen": _fast_open,
    "tcp_congestion_control": lambda value: {"congestion": {"reno": "newreno"}.get(value, value)},
    "tcp_rmem": _receive_buffer,
    "tcp_wmem": _middle("send_buffer_bytes"),
    "tcp_notsent_lowat": _low_water,
    "tcp_syn_retries": _number("syn_retries"),
    "tcp_synack_retries": _number("synack_retries"),
    "tcp_syn_linear_timeouts": _number("syn_linear_retries"),
    "tcp_retries2": _number("r2_retries"),
    "tcp_orphan_retries": _number("orphan_retries"),
    "tcp_fin_timeout": _number("fin_wait_2_timeout_ms", 1_000),
    "tcp_keepalive_time": _number("keep_alive_idle_ms", 1_000),
    "tcp_keepalive_intvl": _number("keep_alive_interval_ms", 1_000),
    "tcp_keepalive_probes": _number("keep_alive_probes"),
    "tcp_rto_max_ms": _number("rto_max_ms"),
    "tcp_rto_min_us": lambda value: {"rto_min_ms": max(int(value) // 1_000, 1)},
    "tcp_syncookies": _switch("syn_cookies"),
    "tcp_abort_on_overflow": _switch("abort_on_overflow"),
    "tcp_max_syn_backlog": _number("syn_backlog"),
    "tcp_rfc1337": _switch("rfc1337"),
    "tcp_invalid_ratelimit": _number("challenge_ack_period_ms"),
    "ip_default_ttl": _number("hop_limit"),
}


def changes_for(setting: Setting) -> dict[str, Any] | None:
    """What a sysctl changes in `TcpConfig`; None when there is no counterpart or the value does not fit."""
    name = setting.name
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix.replace("/", "."))
    mapping = _MAPPING.get(name)
    if mapping is None:
        return None
    try:
        return mapping(setting.value)
    except (ValueError, IndexError):
        return None
