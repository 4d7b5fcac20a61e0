"""What the READMEs show is what happens: their Python runs, and their ladders are those that the commands print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READMES = ("README.md", "README.zh-CN.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [body for kind, body in BLOCK.findall(text) if kind == language]


@pytest.mark.parametrize("name", READMES)
def test_python_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example is complete and its assertions hold."""
    monkeypatch.chdir(tmp_path)
    examples = blocks(name, "python")
    assert len(examples) == 2
    for example in examples:
        exec(compile(example, name, "exec"), {"__name__": "example"})  # our own documentation


def test_architecture_example_registers_an_algorithm() -> None:
    """The congestion control shown in docs/architecture.md can be chosen."""
    from synfin.tcp.congestion import names

    (example,) = blocks("docs/architecture.md", "python")[-1:]
    exec(compile(example, "architecture.md", "exec"), {"__name__": "example"})  # our own documentation
    assert "aimd" in names()


@pytest.mark.parametrize("name", READMES)
def test_ladders_are_what_the_command_prints(name: str) -> None:
    """The output below `$ make run ARGS=...` is that of `synfin demo`, to the letter."""
    shown = [body for body in blocks(name, "console") if body.startswith("$ make run ARGS=")]
    assert shown
    for body in shown:
        command, _, expected = body.partition("\n")
        arguments = command.removeprefix("$ make run ARGS=").strip("'").split()
        if "--lang" not in arguments:
            arguments += ["--lang", "en"]
        run = subprocess.run(
            [sys.executable, "-m", "synfin", "demo", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        )
        assert run.stdout == expected
