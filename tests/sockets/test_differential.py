"""Our sockets against the kernel's: the same script of calls, the same results, errno and poll bits, step by step.

`kernel.json` holds what Linux 6.18 wrote, so that the comparison runs everywhere; where the machine allows a private
namespace, the kernel plays the scripts once more and has to write the same again.  After a change of the scripts:

    python -m tests.sockets.kernel > tests/sockets/kernel.json
"""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.interop.harness import ROOT, environment, require_namespace
from tests.sockets.scripts import SCRIPTS, first_port
from tests.sockets.stage import LabStage

RECORDED: Final[dict[str, list[str]]] = json.loads(Path(__file__).with_name("kernel.json").read_text(encoding="utf-8"))


def play(name: str, preset: str = "linux") -> list[str]:
    """What our sockets write."""
    stage = LabStage(first_port(name), preset)
    SCRIPTS[name](stage)
    stage.close()
    return stage.lines


def compare(theirs: list[str], ours: list[str]) -> None:
    """Fail with both side by side."""
    if theirs != ours:
        pytest.fail("\n".join(difflib.unified_diff(theirs, ours, "kernel", "ours", lineterm="", n=6)), pytrace=False)


@pytest.mark.parametrize("name", SCRIPTS)
def test_our_sockets_do_what_the_kernels_do(name: str) -> None:
    compare(RECORDED[name], play(name))


def test_every_recorded_script_exists() -> None:
    assert RECORDED.keys() == SCRIPTS.keys()
    assert len(SCRIPTS) >= 140


@pytest.mark.parametrize("name", ["half_close", "out_of_band", "epoll_edge", "udp_exchange"])
def test_a_script_writes_the_same_again(name: str) -> None:
    """Law 2."""
    assert play(name) == play(name)


def ask_the_kernel(*names: str) -> dict[str, list[str]]:
    """What the kernel writes now; all scripts without a name."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.sockets.kernel", *names],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=140, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    written: dict[str, list[str]] = json.loads(done.stdout)
    return written


@pytest.mark.interop
def test_the_kernel_still_does_what_was_recorded() -> None:
    """In real time a busy machine can let a delayed ACK slip between two calls: what differs gets further tries."""
    require_namespace()
    written = ask_the_kernel()
    assert written.keys() == RECORDED.keys()
    for _ in range(10):
        different = [name for name, lines in written.items() if lines != RECORDED[name]]
        if not different:
            return
        written = ask_the_kernel(*different)
    for name, lines in written.items():
        compare(RECORDED[name], lines)
