"""`synfin connect` against servers of the kernel: both directions, half-close, and every way it can end."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.harness import environment, require_namespace, synfin_command

pytestmark = pytest.mark.interop

UPPER = (
    "import socket, sys\n"
    "family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET\n"
    "with socket.create_server((sys.argv[1], 9), family=family) as s:\n"
    "    c, _ = s.accept()\n"
    "    with c:\n"
    "        text = c.makefile('rb').read()\n"
    "        c.sendall(text.swapcase())\n"
)


@pytest.fixture(autouse=True)
def machine() -> None:
    require_namespace()


@pytest.mark.parametrize("host", ["10.77.0.1", "fd77::1"])
def test_input_goes_out_ends_and_the_answer_comes_in(host: str) -> None:
    # The server answers only after our FIN: without a half-close there would be no answer.
    done = synfin_command("connect", host, "9", "--", sys.executable, "-c", UPPER, host, stdin=b"Hello" * 50_000)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"hELLO" * 50_000


def test_a_large_input_is_not_held_in_memory_and_arrives(tmp_path: Path) -> None:
    server = (
        "import hashlib, socket\n"
        "with socket.create_server(('10.77.0.1', 9)) as s:\n"
        "    c, _ = s.accept()\n"
        "    with c:\n"
        "        total = hashlib.sha256()\n"
        "        while data := c.recv(1 << 20): total.update(data)\n"
        "        c.sendall(total.hexdigest().encode())\n"
    )
    data = os.urandom(3_000_000)
    done = synfin_command("connect", "10.77.0.1", "9", "--", sys.executable, "-c", server, stdin=data)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == hashlib.sha256(data).hexdigest()


def test_a_closed_port_is_one_line_and_exit_code_1() -> None:
    # COMMAND ends at once, so the refusal is final.
    done = synfin_command("connect", "10.77.0.1", "9", "--", "true")
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.decode().splitlines() == ["synfin: 10.77.0.1:9: connection refused"]


def test_a_reset_is_told() -> None:
    server = (
        "import socket, struct\n"
        "with socket.create_server(('10.77.0.1', 9)) as s:\n"
        "    c, _ = s.accept()\n"
        "    c.recv(1)\n"
        "    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n"
        "    c.close()\n"
    )
    done = synfin_command("connect", "10.77.0.1", "9", "--", sys.executable, "-c", server, stdin=b"x")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == ["synfin: 10.77.0.1:9: connection reset by peer"]


def test_a_host_in_a_family_that_synfin_does_not_have() -> None:
    done = synfin_command("connect", "fd77::1", "9", "--address", "10.9.0.2/24", "--", "true")
    assert done.returncode == 2
    assert b"no IPv6 address" in done.stderr


def test_a_server_that_is_there_already(tmp_path: Path) -> None:
    """Without COMMAND, --dev makes a device in the namespace where the server is."""
    outer = tmp_path / "outer.py"
    outer.write_text(
        "import socket, subprocess, sys\n"
        "with socket.create_server(('0.0.0.0', 9)) as server:\n"
        "    client = subprocess.Popen([sys.executable, '-m', 'synfin', 'connect', '10.9.0.1', '9', '--dev', 'other',\n"
        "        '--address', '10.9.0.2/24'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "    server.settimeout(20)\n"
        "    link, remote = server.accept()\n"
        "    link.sendall(b'welcome')\n"
        "    print(remote[0], client.stdout.read(7))\n"
        "    client.stdin.write(b'thanks'); client.stdin.close()\n"
        "    print(link.makefile('rb').read())\n"
        "    link.close()\n"
        "    print(client.wait())\n"
    )
    done = synfin_command("tun", "--", sys.executable, str(outer))
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines() == ["10.9.0.2 b'welcome'", "b'thanks'", "0"]


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_an_interrupt_closes_the_connection_properly(tmp_path: Path, number: str, code: int) -> None:
    outer = tmp_path / "outer.py"
    outer.write_text(
        "import signal, socket, subprocess, sys\n"
        "with socket.create_server(('0.0.0.0', 9)) as server:\n"
        "    client = subprocess.Popen([sys.executable, '-m', 'synfin', 'connect', '10.9.0.1', '9', '--dev', 'other',\n"
        "        '--address', '10.9.0.2/24'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "    server.settimeout(20)\n"
        "    link, _ = server.accept()\n"
        "    link.sendall(b'x')\n"
        "    client.stdout.read(1)\n"
        f"    client.send_signal(signal.{number})\n"
        "    link.settimeout(20)\n"
        "    print(link.recv(10))\n"  # a reset would raise
        "    link.close()\n"
        "    print(client.wait())\n"
    )
    done = synfin_command("tun", "--", sys.executable, str(outer))
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines() == ["b''", str(code)]


def test_output_that_nobody_reads_ends_the_connection() -> None:
    server = (
        "import socket\n"
        "with socket.create_server(('10.77.0.1', 9)) as s:\n"
        "    c, _ = s.accept()\n"
        "    try:\n"
        "        while True: c.sendall(bytes(100_000))\n"
        "    except OSError: pass\n"
    )
    command = f'{sys.executable} -m synfin connect 10.77.0.1 9 -- {sys.executable} -c "{server}"'
    script = f"{command} </dev/null | head -c 1000 | wc -c"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "1000")
    assert "Traceback" not in done.stderr
