"""The recorded scripts mean the same over IPv6, and with IPv6 sockets over IPv4."""

from __future__ import annotations

from pathlib import Path

import pytest

from synfin.drill.parser import parse
from synfin.drill.play import Plan, play, play_file
from synfin.drill.report import failure_lines
from tests.drill.play import OPEN
from tests.drill.samples import IPV4_ONLY, KERNEL


@pytest.mark.parametrize("version", ["ipv6", "ipv4-mapped-ipv6"])
@pytest.mark.parametrize("path", KERNEL, ids=lambda path: path.stem)
def test_recorded_scripts_in_the_other_families(path: Path, version: str) -> None:
    outcome = play_file(path, Plan(version=version, quiet_end=500_000_000))
    if version == "ipv6" and path.stem in IPV4_ONLY:
        assert not outcome.ok, IPV4_ONLY[path.stem]
        return
    assert outcome.ok, "\n".join(failure_lines(outcome))


def test_segments_have_the_same_size_in_both_families() -> None:
    """The MTU of IPv6 is 20 octets larger by itself, so that a script written for one family is one for the other."""
    text = OPEN.replace("<mss 1000>", "<mss 1460>").replace("> S. 0:0(0) ack 1 <...>", "> S. 0:0(0) ack 1 <mss {}>")
    for version in ("ipv4", "ipv6", "ipv4-mapped-ipv6"):
        assert play(parse(text.format(1460)), Plan(version=version)).ok
    assert play(parse("--mtu=1500\n" + text.format(1440)), Plan(version="ipv6")).ok
