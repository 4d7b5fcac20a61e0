"""docs/congestion.md: its Python runs and prints what it says, its plot is what the command makes."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from synfin.tcp import TcpConfig
from synfin.tcp.congestion import AckSample, CongestionControl, names

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "congestion.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_can_be_pasted() -> None:
    """Twenty lines and a registration, and the run prints the numbers that the page shows."""
    algorithm, run = blocks("python")
    body = [line for line in algorithm.partition("class ")[2].splitlines() if line.strip()]
    assert len(body) <= 22
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(algorithm + run, "congestion.md", "exec"), {"__name__": "example"})  # our own documentation
    assert "vegas" in names()
    assert printed.getvalue() == blocks("console")[1]


def test_the_plot_is_what_the_command_makes(tmp_path: Path) -> None:
    """Numbers and picture, to the letter."""
    command, _, shown = blocks("console")[0].partition("\n")
    assert command == "$ python -m bench.cwnd --svg docs/congestion.svg"
    made = tmp_path / "congestion.svg"
    run = subprocess.run(
        [sys.executable, "-m", "bench.cwnd", "--svg", str(made)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == shown
    assert made.read_text(encoding="utf-8") == (ROOT / "docs" / "congestion.svg").read_text(encoding="utf-8")


def test_the_page_names_every_algorithm_and_every_call() -> None:
    """Tables and interface are complete."""
    for name in ("cubic", "newreno", "bbr", "dctcp"):
        assert f"| `{name}` |" in PAGE
        assert name in names()
    settings = {field.name: field.default for field in fields(TcpConfig)}
    for setting, value in re.findall(r"^\| `(\w+)=([^`]+)` \|", PAGE, re.MULTILINE):
        assert str(settings[setting]) == value
    inherited = {name for name in vars(CongestionControl) if name.startswith("on_")}
    assert inherited <= set(re.findall(r"\bon_\w+", PAGE))


def test_every_fact_has_its_line() -> None:
    """The table of `AckSample` in its docstring (which a compiled class does not keep)."""
    source = (ROOT / "src/synfin/tcp/congestion/sample.py").read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+)`", source.partition("__slots__")[0]))
    made = AckSample()
    facts = {name for name in dir(made) if not name.startswith("_") and not callable(getattr(made, name))}
    assert facts <= told


@pytest.mark.parametrize("setting", ["hystart", "window_validation", "pacing", "byte_counting_segments"])
def test_the_settings_exist(setting: str) -> None:
    """In the table by their names."""
    assert f"`{setting}=" in PAGE
