"""The judge is judged: small mistakes in the stack, each of which the drill scripts named for it must notice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synfin.drill.outcome import FAILED, PASSED
from tests.mutants import nursery
from tests.mutants.mutant import Mutant
from tests.mutants.mutants import MUTANTS

SCRIPTS = Path(__file__).resolve().parents[1] / "drill" / "scripts"

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="a mutant lives in a forked process"),
    pytest.mark.skipif(not nursery.SOURCES.is_dir(), reason="the sources are not beside the tests"),
]


class Nursery:
    """A process that plays scripts on mutants."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, nursery.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def children() -> Iterator[Nursery]:
    found = Nursery()
    yield found
    found.close()


def paths(names: tuple[str, ...]) -> list[str]:
    """The files of scripts."""
    return [str(SCRIPTS / f"{name}.pkt") for name in names]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught(children: Nursery, mutant: Mutant) -> None:
    """By a mismatch: a script that cannot be played, or a stack that falls over, has judged nothing."""
    request = {"file": mutant.file, "old": mutant.old, "new": mutant.new, "scripts": paths(mutant.scripts)}
    answer = children.ask(request)
    assert "error" not in answer, answer["error"]
    statuses = [status for status, _ in answer["results"]]
    assert set(statuses) <= {PASSED, FAILED}, answer["results"]
    assert FAILED in statuses, f"nobody notices that {mutant.breaks}"


def test_the_stack_itself_passes_them_all(children: Nursery) -> None:
    names = tuple(sorted({name for mutant in MUTANTS for name in mutant.scripts}))
    answer = children.ask({"scripts": paths(names)})
    assert "error" not in answer, answer["error"]
    assert [(name, result) for name, result in zip(names, answer["results"], strict=True) if result[0] != PASSED] == []


def test_the_list_is_worth_its_time() -> None:
    assert len(MUTANTS) >= 30
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert len({(mutant.file, mutant.old, mutant.new) for mutant in MUTANTS}) == len(MUTANTS)


def test_a_text_that_is_not_there_once_is_told(children: Nursery) -> None:
    """So that the list stays alive when the stack changes."""

    def told(file: str, old: str) -> str:
        return str(children.ask({"file": file, "old": old, "new": "", "scripts": []})["error"])

    assert told("tcp/rtt.py", "no such text") == "ValueError: the old text occurs 0 times in tcp/rtt.py"
    assert told("tcp/keepalive.py", "GRANULARITY: Final").endswith("0 times in tcp/keepalive.py; once in tcp/rtt.py")
    count = nursery.SOURCES.joinpath("synfin/tcp/keepalive.py").read_text(encoding="utf-8").count("self.unanswered")
    assert count > 1
    assert told("tcp/keepalive.py", "self.unanswered").endswith(f"{count} times in tcp/keepalive.py")


def test_a_mutant_that_crashes_is_told_from_one_that_is_caught(children: Nursery) -> None:
    script = paths(("kernel/handshake-passive",))
    change = {"file": "tcp/rtt.py", "old": "        self.srtt = 0  #", "scripts": script}
    crash = children.ask({**change, "new": "        self.srtt = 1 // 0  #"})
    assert "ZeroDivisionError" in crash["error"]
    broken = children.ask({**change, "new": "        self.srtt = = 0  #"})
    assert "SyntaxError" in broken["error"]
    ended = children.ask({**change, "new": "        import os; os.abort()  #"})
    assert "the process ended" in ended["error"]
