"""What the READMEs show is what happens: their Python runs, and their ladders are those that the commands print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from synfin.errors import UsageError
from synfin.tcp.congestion import names as congestion_names
from synfin.tcp.recovery import names as recovery_names
from tests.harness import Established

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


def test_architecture_examples_register_algorithms() -> None:
    """The congestion control and the loss detection shown in docs/architecture.md can be chosen, and are used."""
    for example in blocks("docs/architecture.md", "python")[-2:]:
        exec(compile(example, "architecture.md", "exec"), {"__name__": "example"})  # our own documentation
    assert "aimd" in congestion_names()
    assert "eager" in recovery_names()
    t = Established(mss=1000, sackok=True, congestion="aimd", recovery="eager")
    t.app.write(b"x" * 5000)
    t.drain()
    t.inject("A ack=1 sack=1001:2001")
    assert [s.seq for s in t.drain()] == [1]
    with pytest.raises(UsageError, match="rack"):
        Established(recovery="nonsense")


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
