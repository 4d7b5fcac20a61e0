"""Runs a scenario between the stack and the kernel's TCP, in a network namespace that exists only for it.

A scenario `name` in a test module is a pair of functions, `stack_name(stack, ...)` and `kernel_name(kernel, ...)`.
`run` starts a fresh process (`tests.interop.child`) that enters a private namespace, opens a TUN device, and runs both:
the first on a `Host` driven in real time, the second in a process of its own with ordinary sockets.  They talk to each
other over a control channel (`tell`, `hear`), never by waiting for time to pass.  Their results come back as JSON, and
a failure brings both tracebacks and the last segments that the stack saw.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import synfin

ROOT: Final = Path(__file__).resolve().parent.parent.parent
TIME_LIMIT: Final = 120.0  # seconds for a whole scenario

KERNEL: Final = {4: "10.77.0.1", 6: "fd77::1"}
STACK: Final = {4: "10.77.0.2", 6: "fd77::2"}


def megabytes() -> int:
    """How much the bulk transfers move, in units of 10**6 octets: SYNFIN_INTEROP_MB, else 100."""
    return int(os.environ.get("SYNFIN_INTEROP_MB") or "100")


class Result:
    """What the two functions of a scenario returned."""

    def __init__(self, kernel: Any, stack: Any) -> None:
        self.kernel = kernel
        self.stack = stack


def run(name: str, *, limit: float = TIME_LIMIT, **parameters: Any) -> Result:
    """Run scenario `name` of the calling test module; skips when this machine cannot, fails when either side raised."""
    module = sys._getframe(1).f_globals["__name__"]
    require_namespace()
    answer = call_child([module, name, json.dumps(parameters)], limit)
    if answer.get("error"):
        pytest.fail(answer["error"], pytrace=False)
    return Result(answer["kernel"], answer["stack"])


def call_child(arguments: list[str], limit: float) -> dict[str, Any]:
    """Run `python -m tests.interop.child` and return the JSON object it prints last."""
    command = [sys.executable, "-m", "tests.interop.child", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=limit + 10, check=False
    )
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        pytest.fail(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}", pytrace=False)
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def environment() -> dict[str, str]:
    """The environment for a child: the same modules as here, in English."""
    path = os.pathsep.join([str(Path(synfin.__file__).parent.parent), str(ROOT), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "LC_ALL": "C.UTF-8"}


@functools.cache
def obstacle() -> str:
    """Why this machine cannot run these tests, or an empty string."""
    code = (
        "from synfin.device.namespace import enter_private_namespace\n"
        "from synfin.device.tun import Tun\n"
        "enter_private_namespace()\n"
        "Tun().close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode == 0:
        return ""
    last = (done.stderr.strip().splitlines() or ["unknown reason"])[-1]
    # A missing device or right is a reason to skip; anything else is a bug and must not hide behind a skip.
    if "Error: [Errno" not in last:
        pytest.fail(done.stderr, pytrace=False)
    return last


def require_namespace() -> None:
    """Skip the running test, with the reason, where there is no TUN device or no private namespace."""
    reason = obstacle()
    if reason:
        pytest.skip(reason)


def synfin_command(
    *arguments: str, limit: float = TIME_LIMIT, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run `python -m synfin ...` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "synfin", *arguments],
        env=environment(), input=stdin, capture_output=True, timeout=limit, check=False,
    )  # fmt: skip
