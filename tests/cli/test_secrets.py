"""Where the secrets of a stack on a real device come from."""

from __future__ import annotations

import io
import random
from random import Random
from typing import Any

import pytest

from synfin.cli import common
from synfin.host import Host


class Stopped(Exception):  # noqa: N818 - not an error
    """Ends the set-up once it is known what the host was given."""


class FakeTun:
    """A device that exists nowhere."""

    name = "fake0"
    mtu = 1_500

    def __init__(self, *arguments: Any, **more: Any) -> None:
        pass

    def interface_mtu(self) -> int:
        return self.mtu

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("seed", "kind"), [(None, random.SystemRandom), (7, random.Random)])
def test_secrets_of_a_real_host_come_from_the_system(
    monkeypatch: pytest.MonkeyPatch, seed: int | None, kind: type
) -> None:
    """[RFC6528-06]: RFC 4086 asks for the system's source, unless a seed is asked for to repeat a run."""
    given: list[Random] = []

    def host(name: str, *, rng: Random, **more: Any) -> Host:
        given.append(rng)
        raise Stopped

    monkeypatch.setattr(common, "Tun", FakeTun)
    monkeypatch.setattr(common, "configure", lambda *arguments, **more: None)
    monkeypatch.setattr(common, "Host", host)
    values = dict.fromkeys(("dev", "address", "peer", "mtu", "pcap"))
    options = common.check_options(
        {
            **values,
            "watch": False,
            "offload": True,
            "busy_poll": None,
            "json": False,
            "lang": "en",
            "seed": seed,
            "preset": "rfc",
        }
    )
    with pytest.raises(Stopped):
        common.Stack(options, private=False, stream=io.StringIO())
    assert [type(rng) for rng in given] == [kind]
