"""What the whole suite shares: reproducible property tests, stale compiled modules refused, every trace judged."""

from __future__ import annotations

import os
from collections.abc import Generator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import synfin
from synfin.lab.world import World
from synfin.tcp.recovery.idle import NOTHING_LOST, NOTHING_SENT
from synfin.tcp.recvbuf import ReceiveBuffer
from synfin.tcp.sendbuf import SendBuffer
from synfin.tcp.timers import Timers
from tests import harness
from tests.exploration.clone import attributes
from tests.invariants import Checker, check_trace, pairs_of

settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


def stale_modules() -> list[str]:
    """Compiled modules of this interpreter that are older than their source."""
    package = Path(synfin.__file__).parent
    suffix = EXTENSION_SUFFIXES[0]  # with the tag of this interpreter
    stale = []
    for binary in package.rglob(f"*{suffix}"):
        source = binary.with_name(binary.name.removesuffix(suffix) + ".py")
        if not source.exists() or source.stat().st_mtime > binary.stat().st_mtime:
            stale.append(binary.relative_to(package).as_posix())
    return sorted(stale)


_make_world = World.__init__
_pairs = pairs_of(Path(__file__).parents[1].joinpath("docs", "state-pairs.md").read_text(encoding="utf-8"))
_unjudged: list[str] = []  # the running test, when it is marked so


def _make_judged_world(self: World, *arguments: Any, **settings: Any) -> None:
    """A world whose records are judged as they are made, so that a failure shows where it happened."""
    _make_world(self, *arguments, **settings)
    if not _unjudged:
        self.watchers.append(Checker(_pairs).feed)


def pristine() -> list[object]:
    """What idle connections share: it must stay as it was made."""
    described: list[object] = [list(Timers().deadlines)]
    for shared in (NOTHING_SENT, NOTHING_LOST, SendBuffer(0, 0), ReceiveBuffer()):
        for name in attributes(type(shared)):
            value = getattr(shared, name)
            described.append(list(value) if isinstance(value, list) else value)
    return described


_pristine = pristine()


def pytest_runtest_setup() -> None:
    """Forget the contexts of the test before, whatever became of it."""
    harness.contexts.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge every trace of the test by I1 to I6, unless it is marked `unjudged` (it shows what must not be)."""
    _unjudged[:] = [item.nodeid] if item.get_closest_marker("unjudged") else []
    result = yield
    assert pristine() == _pristine, "something that idle connections share was changed"
    if not _unjudged:
        for context in harness.contexts:
            check_trace(context.records)
    return result


def pytest_configure() -> None:
    """Refuse to test compiled modules that are not what the sources say; have every world judged."""
    World.__init__ = _make_judged_world  # type: ignore[method-assign]
    stale = stale_modules() if synfin.compiled() else []
    if stale:
        raise pytest.UsageError(
            f"{len(stale)} compiled modules are older than their source ({stale[0]} ...); "
            "run `make compile`, or `make uncompile`, or set SYNFIN_PURE=1"
        )


def pytest_report_header() -> str:
    """Which kind of synfin is tested."""
    return f"synfin {synfin.__version__}, {'compiled' if synfin.compiled() else 'interpreted'}"
