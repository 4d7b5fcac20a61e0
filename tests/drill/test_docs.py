"""What docs/drill.md shows is what the commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from synfin.cli.main import run
from tests.interop.harness import ROOT

TEXT = (ROOT / "docs" / "drill.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
CONSOLE = [body for kind, body in BLOCKS if kind == "console"]
TIMES = re.compile(r"\([0-9.]+ ms\)")


def shown(block: str) -> tuple[list[str], str]:
    """The commands of a block and the output below the last one."""
    lines = block.splitlines(keepends=True)
    commands = [line.removeprefix("$ ").strip() for line in lines if line.startswith("$ ")]
    return commands, "".join(lines[len(commands) :])


def blocks_of(command: str) -> list[str]:
    found = [block for block in CONSOLE if f"$ synfin drill {command}" in block]
    assert found, command
    return found


def output_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    arguments = shlex.split(command.partition(" >")[0])
    assert arguments.pop(0) == "synfin"
    run([*arguments, "--lang", "en"])
    return capsys.readouterr().out


@pytest.mark.parametrize("command", ["bad.pkt", "record", "explain"])
def test_shown_output(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (bad,) = [body for kind, body in BLOCKS if kind == "pkt"]
    (tmp_path / "bad.pkt").write_text(bad, encoding="utf-8")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    for block in blocks_of(command):
        commands, expected = shown(block)
        for one in commands:
            output = output_of(one, capsys)
        assert TIMES.sub("", output) == TIMES.sub("", expected)


def test_example() -> None:
    examples = [body for kind, body in BLOCKS if kind == "python"]
    assert examples
    for example in examples:
        exec(compile(example, "drill.md", "exec"), {"__name__": "example"})  # our own documentation
