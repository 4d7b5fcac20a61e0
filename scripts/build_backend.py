"""What `pip install .` runs: setuptools, with the hot modules compiled by mypyc where that can be done (PEP 517).

Responsible for whether a wheel is compiled or pure, and for saying which of the two it became and why.  How modules are
compiled is in setup.py; everything else is setuptools' own.

- `SYNFIN_PURE=1`: pure, and mypy is not fetched.
- `SYNFIN_COMPILE=1`: compiled, or the build fails.
- neither: compiled where a C compiler, Python's headers and mypy are there; pure where they are not or the build fails.

An editable installation is pure, so that it is quick and a change of a source is seen at once; `make compile` puts the
compiled modules beside the sources.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_sdist,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "Plan",
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "plan",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

MYPY = "mypy>=2.4,<3"  # the first that was tried with `acyclic`

Settings = dict[str, Any] | None


class Plan(NamedTuple):
    """Whether to compile, whether a failure of that is one of the build, and why."""

    compile: bool
    required: bool
    reason: str


def plan(environment: Mapping[str, str], headers: Path, find: Callable[[str], str | None] = shutil.which) -> Plan:
    """What to build with these environment variables, Python's headers in this folder, and `find` to find programs.

    Raises `SystemExit` when both variables are set.
    """
    pure, forced = environment.get("SYNFIN_PURE") == "1", environment.get("SYNFIN_COMPILE") == "1"
    if pure and forced:
        raise SystemExit("synfin: SYNFIN_PURE=1 and SYNFIN_COMPILE=1 contradict each other; set one of them")
    if pure:
        return Plan(False, False, "SYNFIN_PURE=1")
    if forced:
        return Plan(True, True, "SYNFIN_COMPILE=1")
    compiler = _compiler(environment)
    if compiler and find(compiler) is None:
        return Plan(False, False, f"there is no C compiler ({compiler})")
    if not (headers / "Python.h").exists():
        return Plan(False, False, f"Python's headers are missing ({headers / 'Python.h'})")
    return Plan(True, False, "a C compiler was found")


def _compiler(environment: Mapping[str, str]) -> str:
    """The program that setuptools would call; "" where it finds one by itself (Windows)."""
    command = environment.get("CC") or sysconfig.get_config_var("CC") or ""
    words = shlex.split(command)
    return words[0] if words else ""


def _plan_here() -> Plan:
    return plan(os.environ, Path(sysconfig.get_path("include")))


def _say(text: str) -> None:
    print(f"synfin: {text}", file=sys.stderr, flush=True)


@contextmanager
def _compiling(wanted: bool) -> Iterator[None]:
    """setup.py compiles while SYNFIN_COMPILE is 1."""
    before = os.environ.get("SYNFIN_COMPILE")
    os.environ["SYNFIN_COMPILE"] = "1" if wanted else "0"
    try:
        yield
    finally:
        os.environ.pop("SYNFIN_COMPILE")
        if before is not None:
            os.environ["SYNFIN_COMPILE"] = before


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """mypy, which brings mypyc, where the wheel is to be compiled."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *([MYPY] if _plan_here().compile else [])]


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """mypy only where compilation was asked for."""
    here = _plan_here()
    return [*build_meta.get_requires_for_build_editable(config_settings), *([MYPY] if here.required else [])]


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """A compiled wheel or a pure one, said in one line on stderr; both hold the sources. Returns the file's name."""
    here = _plan_here()
    if here.compile and not here.required and importlib.util.find_spec("mypyc") is None:
        here = Plan(False, False, "mypy is not installed (a build without isolation brings none)")
    if here.compile:
        try:
            with _compiling(True):
                name: str = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
        except (Exception, SystemExit) as error:  # mypyc ends with SystemExit
            if here.required:
                raise
            traceback.print_exc()
            here = Plan(False, False, f"the compiler failed, see above: {type(error).__name__}: {error}")
        else:
            _say(f"built with compiled modules ({here.reason})")
            return name
    with _compiling(False):
        name = build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
    _say(f"built as pure Python ({here.reason})")
    return name
