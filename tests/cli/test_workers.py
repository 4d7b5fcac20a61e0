"""`synfin tun --workers`: several processes on one device and one port, against the kernel."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from synfin.cli.main import run
from tests.interop.harness import environment, require_namespace, synfin_command

CLIENT = """
import socket, sys
address, count = sys.argv[1], int(sys.argv[2])
ends = [socket.create_connection((address, 7), timeout=30) for _ in range(count)]
for number, end in enumerate(ends):
    end.sendall(b"%d." % number * 5_000)
for number, end in enumerate(ends):
    text = b"%d." % number * 5_000
    got = b""
    while len(got) < len(text):
        got += end.recv(1 << 20)
    assert got == text, number
    end.shutdown(socket.SHUT_WR)
    assert end.recv(1) == b""
    end.close()
print("all", count)
"""
COUNTS = re.compile(r"worker (\d): (\d+) connections, (\d+) segments; (\d+) passed on, (\d+) lost")


@pytest.mark.interop
@pytest.mark.parametrize("address", ["10.77.0.2", "fd77::2"])
@pytest.mark.parametrize("offload", ["--offload", "--no-offload"])
def test_many_connections_are_served_by_more_than_one_worker(address: str, offload: str) -> None:
    """The kernel's flow hash spreads them; each stays with its worker, so that nothing is passed on."""
    require_namespace()
    done = synfin_command(
        "tun", "--workers", "3", offload, "--serve", "echo:7", "--", sys.executable, "-c", CLIENT, address, "60"
    )
    told = done.stderr.decode()
    assert (done.returncode, done.stdout) == (0, b"all 60\n"), told
    counts = [tuple(map(int, numbers)) for numbers in COUNTS.findall(told)]
    assert [number for number, *_ in counts] == [1, 2, 3]
    assert sum(connections for _, connections, *_ in counts) == 60
    # 60 flows on one of three queues alone: once in 3 ** 59.
    assert sum(connections > 0 for _, connections, *_ in counts) > 1
    assert [(passed, lost) for *_, passed, lost in counts] == [(0, 0)] * 3


@pytest.mark.interop
def test_the_exit_code_of_the_command_is_passed_on() -> None:
    require_namespace()
    assert synfin_command("tun", "--workers", "2", "--", "sh", "-c", "exit 7").returncode == 7
    assert synfin_command("tun", "--workers", "2", "--", "/does/not/exist").returncode == 127


@pytest.mark.interop
def test_an_interrupt_ends_all_of_them() -> None:
    """Started in a namespace of its own, without a command: Ctrl-C reaches the first process only here."""
    require_namespace()
    code = (
        "import sys\n"
        "from synfin.device.namespace import enter_private_namespace\n"
        "enter_private_namespace()\n"
        "from synfin.cli.main import main\n"
        "sys.argv = ['synfin', 'tun', '--dev', 'mine', '--workers', '2', '--serve', 'echo:7']\n"
        "main()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = []
        while "Ctrl-C ends it" not in (lines or [""])[-1]:
            line = process.stderr.readline()
            assert line, lines
            lines.append(line)
        os.kill(process.pid, signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(30) == 130
    assert len(COUNTS.findall(rest)) == 2


@pytest.mark.parametrize("option", [["--watch"], ["--json"], ["--pcap", "x.pcapng"]])
def test_what_shows_one_process_is_refused(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tun", "--workers", "2", *option]) == 2
    assert "cannot be used with --workers" in capsys.readouterr().err
