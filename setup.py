"""How the hot modules are compiled by mypyc: in one unit, so that calls between them stay in C.

`SYNFIN_COMPILE=1` switches it on; without it the package is pure Python.  Who sets it: `make compile`, and
scripts/build_backend.py when a wheel is built.  Everything else is in pyproject.toml.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
HOT_PACKAGES = ("wire", "tcp", "host", "lab")
HOT_MODULES = ("src/synfin/device/base.py", "src/synfin/device/tun.py", "src/synfin/device/vnet.py")
# Users subclass these from interpreted code, which a compiled class does not allow.
INTERPRETED = {"src/synfin/lab/world.py"}
# Run once for each demonstration; compiling them would only take time.
COLD = ("src/synfin/lab/scenarios/", "src/synfin/lab/plan/")


def hot_modules() -> list[str]:
    """The files to compile: every module of the hot packages, and some; package files stay interpreted."""
    found = list(HOT_MODULES)
    for package in HOT_PACKAGES:
        for path in sorted((ROOT / "src/synfin" / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if path.name != "__init__.py" and name not in INTERPRETED and not name.startswith(COLD):
                found.append(name)
    return found


def main() -> None:
    """Build with or without the compiled modules."""
    # What a wheel is made from goes to a folder of its own: what an earlier build left in build/ would get in.
    with tempfile.TemporaryDirectory(prefix="synfin-build-") as folder:
        options = {"build": {"build_base": folder}} if "bdist_wheel" in sys.argv else {}
        if os.environ.get("SYNFIN_COMPILE") != "1":
            setup(options=options)
            return
        try:
            from mypyc.build import mypycify
        except ImportError:
            raise SystemExit("SYNFIN_COMPILE=1 needs mypy: run `make compile`, or install mypy first") from None
        os.chdir(ROOT)
        modules = mypycify(
            ["--config-file=pyproject.toml", *hot_modules()],
            opt_level="3",
            debug_level="0",
            target_dir=folder if options else None,
            group_name="synfin",
        )
        setup(ext_modules=modules, options=options)


main()
