"""Ordinary tools meet the stack: ping, and nmap, whose verdicts must be those it passes on the kernel."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from synfin.services.simple import Echo
from tests.interop.child import Kernel, Stack
from tests.interop.harness import KERNEL, STACK, run

pytestmark = pytest.mark.interop

FAMILIES = [4, 6]
OPEN_PORT, CLOSED_PORT = 7, 8
SCANS = ["-sS", "-sA", "-sF", "-sX", "-sN"]


def need(tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")


def kernel_ping(kernel: Kernel, family: int, size: int) -> list[str]:
    kernel.hear()
    done = subprocess.run(
        ["ping", "-n", "-c", "3", "-i", "0.05", "-W", "5", "-s", str(size), STACK[family]],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    return re.findall(r"(\d+) bytes from", done.stdout) or [done.stdout + done.stderr]


def stack_ping(stack: Stack, family: int, size: int) -> None:
    stack.tell("go")


@pytest.mark.parametrize("size", [56, 4_000])
@pytest.mark.parametrize("family", FAMILIES)
def test_ping_gets_every_reply(family: int, size: int) -> None:
    """The larger ones come and go in fragments."""
    need("ping")
    assert run("ping", family=family, size=size).kernel == [str(size + 8)] * 3


def scan(kind: str, family: int, address: str) -> dict[str, str]:
    """Port to nmap's verdict."""
    command = [
        "nmap", kind, "-Pn", "-n", "-oX", "-", "-T5", "--max-retries", "1", "--host-timeout", "30s",
        "-p", f"{OPEN_PORT},{CLOSED_PORT}", *(["-6"] if family == 6 else []), address,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, str] = {}
    for port in ET.fromstring(done.stdout).iter("port"):
        state = port.find("state")
        assert state is not None
        found[port.attrib["portid"]] = state.attrib["state"]
    return found


def kernel_nmap(kernel: Kernel, family: int) -> dict[str, Any]:
    kernel.hear()
    with kernel.listen(family, OPEN_PORT):
        return {
            kind: {"kernel": scan(kind, family, KERNEL[family]), "stack": scan(kind, family, STACK[family])}
            for kind in SCANS
        }


def stack_nmap(stack: Stack, family: int) -> None:
    stack.serve(Echo(), OPEN_PORT)
    stack.tell("go")
    stack.until(lambda: stack.kernel_ended, "the end of the scans")


@pytest.mark.parametrize("family", FAMILIES)
def test_nmap_finds_what_it_finds_with_the_kernel(family: int) -> None:
    need("nmap")
    verdicts = run("nmap", family=family).kernel
    for kind in SCANS:
        assert verdicts[kind]["stack"] == verdicts[kind]["kernel"], kind
    # What RFC 9293 3.10.7 makes of these probes, so that two equal mistakes do not pass.
    assert verdicts["-sS"]["stack"] == {"7": "open", "8": "closed"}
    assert verdicts["-sA"]["stack"] == {"7": "unfiltered", "8": "unfiltered"}
    for kind in ("-sF", "-sX", "-sN"):
        assert verdicts[kind]["stack"] == {"7": "open|filtered", "8": "closed"}


def kernel_udp_unreachable(kernel: Kernel, family: int) -> str:
    kernel.hear()
    with socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        sender.settimeout(20)
        sender.connect((STACK[family], 9))
        sender.send(b"anybody?")
        try:
            sender.recv(100)
        except OSError as error:
            return type(error).__name__
    return "answered"


def stack_udp_unreachable(stack: Stack, family: int) -> None:
    stack.tell("go")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_udp_port_nobody_listens_on_is_unreachable(family: int) -> None:
    """RFC 1122 4.1.3.1, RFC 4443 3.1: the kernel turns our ICMP message into an error of its socket."""
    assert run("udp_unreachable", family=family).kernel == "ConnectionRefusedError"


def kernel_we_ping(kernel: Kernel, family: int, size: int) -> None:
    kernel.hear()


def stack_we_ping(stack: Stack, family: int, size: int) -> list[bool]:
    pings = [stack.host.ping(KERNEL[family], stack.clock(), size=size) for _ in range(3)]
    stack.until(lambda: all(ping.done for ping in pings), "three replies")
    stack.tell("done")
    return [ping.rtt is not None and ping.rtt > 0 for ping in pings]


@pytest.mark.parametrize("size", [56, 4_000])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_kernel_answers_our_ping(family: int, size: int) -> None:
    assert run("we_ping", family=family, size=size).stack == [True] * 3
