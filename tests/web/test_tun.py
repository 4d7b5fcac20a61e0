"""`synfin tun --web`: a real TUN device in a namespace of its own, a browser's WebSocket outside of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from synfin.web.limits import WATCHERS
from tests.interop.harness import environment, require_namespace, synfin_command

TALK = """
import socket, sys
sys.stdin.readline()
with socket.create_connection(("10.77.0.2", 7), timeout=20) as link:
    link.sendall(b"abc")
    assert link.recv(3) == b"abc"
sys.stdin.readline()
"""


class Tun:
    """`synfin tun --serve echo:7 --web 0` with a command that talks when it is told to; a context manager."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "synfin", "tun", "--serve", "echo:7", "--web", "0", "--seed", "1", *options]
        self.process = subprocess.Popen(
            [*command, "--", sys.executable, "-c", TALK],
            env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stderr is not None
        self.said: list[str] = []
        found = None
        while found is None:
            line = self.process.stderr.readline()
            assert line, self.said
            self.said.append(line)
            found = re.search(r"http://(\S+)/\?token=(\S+)", line)
        self.place, self.token = found[1], found[2]

    def __enter__(self) -> Tun:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=30)

    def go_on(self) -> None:
        """Let the command take its next step."""
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def live(self, token: str | None = None) -> str:
        """The address of the WebSocket."""
        return f"ws://{self.place}/ws/live?token={self.token if token is None else token}&lang=en"


def until(link: Any, state: str) -> list[dict[str, Any]]:
    """Messages up to the one in which the connection has come to a state."""
    messages = []
    while True:
        message = json.loads(link.recv(timeout=20))
        messages.append(message)
        for row in message["rows"]:
            if row["left"] and any(move["to"] == state for move in row["left"]["moves"]):
                return messages


@pytest.mark.interop
def test_a_page_watches_a_connection_with_the_kernel() -> None:
    require_namespace()
    with Tun() as tun:
        with connect(tun.live(), proxy=None) as link:
            hello = json.loads(link.recv(timeout=20))
            assert [host["name"] for host in hello["hosts"]] == ["synfin", "kernel"]
            assert hello["seed"] == 1
            tun.go_on()
            messages = until(link, "LAST_ACK")
        rows = [row for message in messages for row in message["rows"]]
        labels = [",".join(row["flight"]["flags"]) for row in rows if row["flight"]]
        assert labels[:3] == ["SYN", "SYN,ACK", "ACK"]
        assert sum(row["flight"]["len"] for row in rows if row["flight"]) == 6  # there and back
        variables: dict[str, Any] = {}
        for message in messages:
            for change in message["tcb"]:
                variables.update(change["set"])
        assert variables["rcv_nxt"] == 5  # SYN, three octets, FIN
        catalog = httpx.get(f"http://{tun.place}/api/catalog", headers={"x-synfin-token": tun.token})
        assert catalog.json()["live"] is True
        tun.go_on()
        assert tun.process.wait(timeout=30) == 0


@pytest.mark.interop
def test_strangers_do_not_get_in() -> None:
    require_namespace()
    with Tun("--watch") as tun:
        for address, headers in (
            (tun.live("wrong"), {}),
            (tun.live(""), {}),
            (tun.live(), {"Origin": "http://evil.example"}),
            (tun.live().replace("lang=en", "lang=fr"), {}),
        ):
            with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=headers, proxy=None):
                pass
            assert refused.value.response.status_code == 403
        with ExitStack() as watchers:
            for _ in range(WATCHERS):
                watchers.enter_context(connect(tun.live(), proxy=None))
            with pytest.raises(InvalidStatus), connect(tun.live(), proxy=None):
                pass
        for _ in range(2 * WATCHERS):  # places become free again
            with connect(tun.live(), proxy=None) as link:
                assert json.loads(link.recv(timeout=20))["live"]
        own = {"Origin": f"http://{tun.place}"}
        with connect(tun.live(), additional_headers=own, proxy=None) as link:
            tun.go_on()
            until(link, "ESTABLISHED")
        tun.go_on()
        out, _ = tun.process.communicate(timeout=30)
        assert "SYN,ACK seq=0 ack=1" in out  # the ladder in the terminal goes on beside the page
        assert tun.process.returncode == 0


@pytest.mark.interop
def test_several_processes_cannot_be_watched() -> None:
    done = synfin_command("tun", "--web", "0", "--workers", "2")
    assert done.returncode == 2
    assert b"--workers" in done.stderr
