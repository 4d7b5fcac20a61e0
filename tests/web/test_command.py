"""`synfin web`: options, what is printed, and a real server on loopback."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from synfin.web.serve import address_of, is_loopback, listen
from tests.interop.harness import environment

RUN = {"plan": {"scenario": "close"}}


@contextmanager
def page(*options: str) -> Iterator[tuple[str, str, subprocess.Popen[str]]]:
    """The running command: base address, query, process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "synfin", "web", "--port", "0", *options],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        base, _, query = process.stdout.readline().strip().partition("?")
        yield base.rstrip("/"), query, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_the_page_is_served_and_ends_with_ctrl_c() -> None:
    with page("--lang", "zh") as (base, query, process):
        assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+", base)
        assert re.fullmatch(r"token=[\w-]{32,}", query)
        with httpx.Client(trust_env=False) as client:
            assert client.get(f"{base}/?{query}").status_code == 200
            assert client.get(f"{base}/api/catalog").status_code == 401
            catalog = client.get(f"{base}/api/catalog?{query}").json()
            assert (catalog["lang"], catalog["live"]) == ("zh", False)
            run = client.post(f"{base}/api/run?{query}", json=RUN)
            assert run.json()["final"] == {"A": "CLOSED", "B": "CLOSED"}
            assert run.headers["content-encoding"] == "gzip"
            assert "server" not in run.headers
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=30)
        assert process.returncode == 130
        assert talk == "按 Ctrl-C 结束\n"


def test_everybody_without_a_token_but_no_names_from_elsewhere() -> None:
    with page("--no-token") as (base, query, _), httpx.Client(trust_env=False) as client:
        assert query == ""
        assert client.get(f"{base}/api/catalog").status_code == 200
        assert client.get(f"{base}/api/catalog", headers={"host": "evil.example"}).status_code == 421
        with pytest.raises(InvalidStatus), connect(base.replace("http", "ws") + "/ws/live", proxy=None):
            pass  # there is no running host


def test_paths_as_they_are_do_not_reach_the_file_system() -> None:
    with page("--no-token") as (base, _, _):
        host, port = base.removeprefix("http://").split(":")
        for path in ("/../app.py", "/static/../../app.py", "/./../guard.py", "//app.py", "/%2e%2e/app.py", "/.."):
            with socket.create_connection((host, int(port)), timeout=20) as link:
                link.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                answer = b"".join(iter(lambda link=link: link.recv(65_536), b""))  # type: ignore[misc]
            assert answer.startswith(b"HTTP/1.1 404"), path


def test_an_endless_header_is_cut_off() -> None:
    with page("--no-token") as (base, _, _):
        host, port = base.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as link:
            link.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40_000)
            answer = link.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 400")


def test_other_machines_only_on_demand_and_with_a_warning() -> None:
    with page("--host", "0.0.0.0") as (base, _, process):
        assert base.startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=30)
        assert talk.startswith("warning: other machines can reach this page")
    with listen() if _port_free(8_421) else listen(port=0) as opened:
        assert is_loopback(opened)


def _port_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_port_in_use_is_one_line() -> None:
    with listen(port=0) as opened:
        port = opened.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "synfin", "web", "--port", str(port)],
            env=environment(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"synfin: 127.0.0.1 port {port}: Address already in use\n"


@pytest.mark.parametrize("host", ["192.0.2.1", "\udcff", "a" * 300])
def test_an_address_that_is_not_ours_is_an_error_that_names_it(host: str) -> None:
    with pytest.raises(OSError, match=host) as failed:
        listen(host, 0)
    assert failed.value.strerror


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")
def test_addresses_are_printed_as_browsers_take_them() -> None:
    try:
        opened = listen("::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6 on loopback")
    with opened:
        assert address_of(opened, "t") == f"http://[::1]:{opened.getsockname()[1]}/?token=t"
        assert is_loopback(opened)


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "websockets"])
@pytest.mark.parametrize("command", [["web"], ["tun", "--web", "0"]])
def test_a_missing_extra_names_the_command_that_helps(tmp_path: Path, missing: str, command: list[str]) -> None:
    (tmp_path / f"{missing}.py").write_text(f"raise ModuleNotFoundError('gone', name={missing!r})")
    env = environment()
    env["PYTHONPATH"] = os.pathsep.join([str(tmp_path), env["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "synfin", *command],
        env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'synfin: the page needs {missing}; run: pip install "synfin[web]"\n'
