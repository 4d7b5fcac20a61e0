"""The optional build step: hot modules compiled by mypyc, in one unit so that calls between them stay in C.

Everything else is in pyproject.toml.  `SYNFIN_COMPILE=1` switches it on; without it the package is pure Python.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
HOT_PACKAGES = ("wire", "tcp", "host")
# Users subclass these from interpreted code, which a compiled class does not allow.
INTERPRETED = {"src/synfin/tcp/congestion/base.py"}


def hot_modules() -> list[str]:
    """The files to compile: every module of the hot packages; package files stay interpreted."""
    found = []
    for package in HOT_PACKAGES:
        for path in sorted((ROOT / "src/synfin" / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if path.name != "__init__.py" and name not in INTERPRETED:
                found.append(name)
    return found


def main() -> None:
    """Build with or without the compiled modules."""
    if os.environ.get("SYNFIN_COMPILE") != "1":
        setup()
        return
    try:
        from mypyc.build import mypycify
    except ImportError:
        if "egg_info" not in sys.argv:
            raise SystemExit("SYNFIN_COMPILE=1 needs mypy: run `make compile`, or install mypy first") from None
        setup(setup_requires=["mypy>=1.15"])  # how a build front end learns what to fetch
        return
    os.chdir(ROOT)
    modules = mypycify(
        ["--config-file=pyproject.toml", *hot_modules()],
        opt_level="3",
        debug_level="0",
        group_name="synfin",
    )
    setup(ext_modules=modules)


main()
