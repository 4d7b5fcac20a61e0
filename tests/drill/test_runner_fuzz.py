"""Whatever a script asks for: playing it ends with an outcome, never with an exception of the runner."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.drill import ScriptError, parse
from synfin.drill.outcome import FAILED, PASSED, UNSUPPORTED
from synfin.drill.play import Plan, play
from tests.drill.play import OPEN
from tests.drill.samples import EVERYTHING, KERNEL

CORPUS = [EVERYTHING, *(path.read_text(encoding="utf-8") for path in KERNEL)]
LINES = sorted({line for text in CORPUS for line in text.splitlines() if line.startswith(("+", "0", "-", "*", "."))})
NUMBERS = ["0", "1", "-1", "3", "4", "5", "255", "65535", "65536", "4294967295", "4294967296", "9999999999", "x", "..."]


def check(text: str) -> None:
    try:
        script = parse(text)
    except ScriptError:
        return
    outcome = play(script, Plan())
    assert outcome.status in (PASSED, FAILED, UNSUPPORTED)
    assert (outcome.failure is not None) == (outcome.status == FAILED)
    assert outcome.ok or outcome.message


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=12))
def test_any_order_of_lines(lines: list[str]) -> None:
    lines.sort(key=lambda line: not line.startswith("--"))
    check("\n".join([*(line for line in lines if line.startswith("--")), OPEN, *lines]))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(CORPUS), st.integers(0, 200), st.sampled_from(NUMBERS))
def test_any_number_changed(script: str, place: int, number: str) -> None:

    found = list(re.finditer(r"[0-9]+", script))
    chosen = found[place % len(found)]
    check(script[: chosen.start()] + number + script[chosen.end() :])


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([
        "tolerance_usecs", "tolerance_percent", "mtu", "mss", "bind_port", "connect_port", "tcp_ts_tick_usecs",
        "ip_version", "local_ip", "remote_ip", "preset", "relax", "quiet_end",
    ]),
    st.sampled_from([*NUMBERS, "", "ipv6", "rfc", "10.0.0.1", "::1", "0.0.0.0", "psh,win", "1e400", "nan", "inf"]),
)  # fmt: skip
def test_any_option(name: str, value: str) -> None:
    check(f"--{name}={value}\n{OPEN}")
