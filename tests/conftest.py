"""What the whole suite shares: reproducible property tests, stale compiled modules refused, every trace judged."""

from __future__ import annotations

import os
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import synfin

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


def pytest_configure() -> None:
    """Refuse to test compiled modules that are not what the sources say."""
    stale = stale_modules() if synfin.compiled() else []
    if stale:
        raise pytest.UsageError(
            f"{len(stale)} compiled modules are older than their source ({stale[0]} ...); "
            "run `make compile`, or `make uncompile`, or set SYNFIN_PURE=1"
        )


def pytest_report_header() -> str:
    """Which kind of synfin is tested."""
    return f"synfin {synfin.__version__}, {'compiled' if synfin.compiled() else 'interpreted'}"
