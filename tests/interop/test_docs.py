"""The examples of docs/tun.md do what the page says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.harness import ROOT, environment, require_namespace

pytestmark = pytest.mark.interop

PAGE = (ROOT / "docs" / "tun.md").read_text(encoding="utf-8")
CLIENT = (
    "import socket\n"
    "with socket.create_connection(('10.77.0.2', 7), timeout=20) as link:\n"
    "    link.sendall(b'hello')\n"
    "    print(link.recv(5))\n"
)


def test_the_python_example_serves_the_kernel(tmp_path: Path) -> None:
    require_namespace()
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    # A client starts before the loop runs, and its end stops the loop.
    client = (
        "        import select, subprocess\n"
        f"        client = subprocess.Popen([{sys.executable!r}, '-c', {CLIENT!r}], stdout=subprocess.PIPE)\n"
        "        driver.watch(client.stdout.fileno(), select.POLLIN | select.POLLHUP, lambda e, now: driver.stop())\n"
    )
    before, run, after = code.partition("        driver.run()")
    assert run
    path = tmp_path / "example.py"
    path.write_text(
        before + client + run + after + "    print(client.stdout.read(), host.listeners(), client.wait())\n"
    )
    done = subprocess.run(
        [sys.executable, str(path)], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "b\"b'hello'\\n\" [] 0", done.stderr


def test_the_command_lines_are_understood() -> None:
    """Each option in an example exists; running them all is left to the other tests."""
    from synfin.cli.connect import connect
    from synfin.cli.tun import tun

    seen = 0
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["synfin"]:
                command = {"tun": tun, "connect": connect}[words[1]]
                command.make_context(words[1], [word for word in words[2:] if not word.startswith(">")])
                seen += 1
    assert seen >= 7
