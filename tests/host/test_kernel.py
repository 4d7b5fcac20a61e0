"""Below TCP against the kernel: ARP, neighbour discovery, echo, fragments, UDP and errors over a TAP device."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.interop.harness import ROOT, environment, require_namespace


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    require_namespace()
    done = subprocess.run(
        [sys.executable, "-m", "tests.host.kernel_child"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.interop
@pytest.mark.parametrize("family", ["v4", "v6"])
def test_the_kernel_and_the_host_understand_each_other(report: dict[str, Any], family: str) -> None:
    """[RFC1122-19] [RFC1122-31] [RFC1122-32] [RFC4443-07] [RFC815-01] [RFC8200-13]"""
    seen = report[family]
    assert all("3 received, 0% packet loss" in line for line in seen["kernel pings"]), seen["kernel pings"]
    assert seen["host pings"] == [True] * 4
    assert seen["echo"] == [True] * 3
    assert seen["closed port"] == "ConnectionRefusedError"
    assert seen["closed port of the kernel"] == ["port-unreachable"]
    assert seen["tcp"] is True


@pytest.mark.interop
def test_both_know_each_others_mac_address(report: dict[str, Any]) -> None:
    """[RFC826-02] [RFC4861-06]"""
    for address in ("10.77.0.2", "fd77::2"):
        assert f"{address} lladdr 02:00:00:00:00:02" in report["neighbours"]
    known = {address: mac for address, mac, _ in report["host neighbours"]}
    assert known["10.77.0.1"] == known["fd77::1"] != ""


@pytest.mark.interop
def test_nothing_that_the_kernel_sends_is_malformed_to_us(report: dict[str, Any]) -> None:
    expected = {"udp-no-port", "ip6-not-for-us", "ip-not-for-us", "icmp-unknown-type", "nd-router-ignored"}
    assert set(report["rules"]) <= expected
