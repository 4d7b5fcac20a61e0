"""The programs that the measurements need: compiled once into a cache folder, or found, or missing with a reason.

Responsible for the clients and servers in C and Go, and for a copy of synfin with compiled modules.  The cache is
`.bench` in the project's folder (BENCH_CACHE names another); a name holds the digest of what it was made from.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
CACHE: Final = Path(os.environ.get("BENCH_CACHE", ROOT / ".bench"))
GO_PATH: Final = "/usr/share/gocode"  # where Debian keeps Go libraries
_PATIENCE: Final = 900
_FAILED: Final[dict[Path, str]] = {}  # builds that need not be tried again in this run


class MissingToolError(Exception):
    """Something cannot be measured on this machine; the text says what to install."""


def _digest(paths: Iterable[Path]) -> str:
    sum_ = hashlib.sha256()
    for path in paths:
        sum_.update(path.name.encode() + b"\0" + path.read_bytes())
    return sum_.hexdigest()[:16]


def _build(name: str, sources: list[Path], command: Callable[[Path], list[str]], **environment: str) -> Path:
    """The program that `command(target)` makes of `sources`, made now if it is not there."""
    CACHE.mkdir(parents=True, exist_ok=True)
    target = CACHE / f"{name}-{_digest(sources)}"
    if not target.exists():
        print(f"building {name} ...", file=sys.stderr, flush=True)
        beside = target.with_suffix(".new")
        done = subprocess.run(
            command(beside),
            env=dict(os.environ, **environment),
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode != 0:
            raise MissingToolError(f"{name} cannot be built: {done.stderr.strip()[-800:]}")
        beside.replace(target)
    return target


def _needed(program: str, package: str) -> str:
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise MissingToolError(f"{program} is not installed (Debian: apt-get install {package})")
    return path


def c_program(name: str, source: Path, *flags: str) -> Path:
    """A program of one C file."""
    compiler = _needed("cc", "gcc libc6-dev")
    return _build(name, [source], lambda target: [compiler, "-O2", "-Wall", "-o", str(target), str(source), *flags])


def client() -> Path:
    """The kernel's end of all measurements."""
    return c_program("client", HERE / "native" / "client.c")


def kernel() -> Path:
    """The server that the kernel's own measurements, slirp4netns and pasta have behind them."""
    _needed("ip", "iproute2")
    return c_program("kernel-server", HERE / "native" / "server.c")


def lwip() -> Path:
    """The server on lwIP."""
    if not Path("/usr/include/lwip/lwip/tcp.h").exists():
        raise MissingToolError("lwIP is not installed (Debian: apt-get install liblwip-dev)")
    flags = ("-I/usr/include/lwip", "-llwip", "-lpthread")
    return c_program("lwip-server", HERE / "peers" / "lwip" / "server.c", *flags)


def gvisor() -> Path:
    """The server on gVisor's netstack."""
    go = _needed("go", "golang-go")
    if not Path(GO_PATH, "src/gvisor.dev/gvisor/pkg/tcpip").exists():
        raise MissingToolError("gVisor is not installed (Debian: apt-get install golang-gvisor-gvisor-dev)")
    source = HERE / "peers" / "gvisor" / "main.go"
    return _build(
        "gvisor-server",
        [source],
        lambda target: [go, "build", "-o", str(target), str(source)],
        GO111MODULE="off",
        GOFLAGS="-mod=mod",
        GOPATH=GO_PATH,
        GOCACHE=str(CACHE / "go"),
    )


def slirp4netns() -> Path:
    """The program slirp4netns."""
    return Path(_needed("slirp4netns", "slirp4netns"))


def pasta() -> Path:
    """The program pasta."""
    return Path(_needed("pasta", "passt"))


def pytcp() -> Path:
    """A Python that has pmd-pytcp: BENCH_PYTCP, or the environment `pytcp` in the cache."""
    python = Path(os.environ.get("BENCH_PYTCP", CACHE / "pytcp" / "bin" / "python"))
    if not python.exists():
        venv = f"{sys.executable} -m venv {CACHE}/pytcp; {CACHE}/pytcp/bin/pip install pmd-pytcp"
        raise MissingToolError(f"pmd-pytcp is not installed ({venv})")
    return python


def synfin(compiled: bool) -> Path:
    """The folder to import synfin from: the sources of this tree, or a copy of them with compiled modules."""
    if not compiled:
        return ROOT / "src"
    sources = sorted((ROOT / "src").rglob("*.py"))
    digest = _digest([*sources, ROOT / "setup.py", ROOT / "pyproject.toml"])
    target = CACHE / f"synfin-{sys.implementation.cache_tag}-{digest}"
    if target in _FAILED:
        raise MissingToolError(_FAILED[target])
    if not (target / "built").exists():
        print("building synfin with compiled modules (minutes) ...", file=sys.stderr, flush=True)
        shutil.rmtree(target, ignore_errors=True)
        ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__", "*.egg-info")
        shutil.copytree(ROOT / "src", target / "src", ignore=ignored)
        for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, target)
        done = subprocess.run(
            [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"],
            cwd=target,
            env={name: value for name, value in os.environ.items() if name != "SYNFIN_PURE"} | {"SYNFIN_COMPILE": "1"},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode != 0:
            lines = (done.stdout + done.stderr).strip().splitlines() or ["no reason given"]
            _FAILED[target] = f"synfin cannot be compiled: {lines[-1]}"
            raise MissingToolError(_FAILED[target])
        shutil.rmtree(target / "build", ignore_errors=True)
        (target / "built").touch()
    return target / "src"


def environment_for(compiled: bool) -> dict[str, str]:
    """The variables with which a Python runs synfin interpreted or compiled, and finds `bench`."""
    environment = dict(os.environ, PYTHONPATH=f"{synfin(compiled)}:{ROOT}")
    environment.pop("SYNFIN_PURE", None)
    if not compiled:
        environment["SYNFIN_PURE"] = "1"
    return environment
