"""Plays scripts on the stack with one source text replaced: a program that forks a process for each request.

It reads requests from standard input, a JSON object per line: `scripts` (paths), and `file` (below src/synfin), `old`
and `new`, which may be left out: the stack as it is.  Each is answered by one line on standard output: `error`, or
`results`, one `[status, message]` per script.  The `.py` files are what is loaded, also where compiled modules lie
beside them.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final

SOURCES: Final = Path(__file__).resolve().parents[2] / "src"
PACKAGE: Final = "synfin"
SECONDS: Final = 20  # that one request may take: a mutant may loop for ever
QUIET_END: Final = 500_000_000  # ns, as the pytest plugin has it


class SourceLoader(MetaPathFinder, Loader):
    """Imports the package from its sources, `changed` ones instead of those in the file; keeps what it has compiled."""

    def __init__(self) -> None:
        self.changed: dict[Path, str] = {}
        self._codes: dict[Path, CodeType] = {}

    def find_spec(self, name: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        """Where a module of the package is; None for all others."""
        if name.partition(".")[0] != PACKAGE:
            return None
        base = SOURCES / name.replace(".", "/")
        if (base / "__init__.py").is_file():
            return spec_from_file_location(
                name, base / "__init__.py", loader=self, submodule_search_locations=[str(base)]
            )
        file = base.with_suffix(".py")
        return spec_from_file_location(name, file, loader=self) if file.is_file() else None

    def create_module(self, spec: ModuleSpec) -> None:
        """The usual kind of module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the source."""
        assert module.__spec__ is not None
        file = Path(str(module.__spec__.origin))
        if file in self.changed:
            code = compile(self.changed[file], str(file), "exec", dont_inherit=True)
        else:
            code = self._codes.get(file) or compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
            self._codes[file] = code
        exec(code, module.__dict__)


def forget() -> None:
    """Have the package imported anew next time."""
    for name in list(sys.modules):
        if name.partition(".")[0] == PACKAGE:
            del sys.modules[name]


def replaced(request: dict[str, Any]) -> dict[Path, str]:
    """The changed source; raises `ValueError` unless the old text is there exactly once."""
    if "file" not in request:
        return {}
    file = SOURCES / PACKAGE / request["file"]
    text = file.read_text(encoding="utf-8")
    found = text.count(request["old"])
    if found != 1:
        raise ValueError(f"the old text occurs {found} times in {request['file']}{elsewhere(request['old'])}")
    return {file: text.replace(request["old"], request["new"])}


def elsewhere(text: str) -> str:
    """Where a text may have moved to."""
    found = [file for file in (SOURCES / PACKAGE).rglob("*.py") if file.read_text(encoding="utf-8").count(text) == 1]
    return "".join([f"; once in {file.relative_to(SOURCES / PACKAGE)}" for file in sorted(found)][:3])


def play_all(scripts: list[str]) -> list[tuple[str, str]]:
    """Status and message of each script on the stack that is loaded."""
    playing = importlib.import_module("synfin.drill.play")
    plan = playing.Plan(quiet_end=QUIET_END)
    out: list[tuple[str, str]] = []
    for path in scripts:
        outcome = playing.play_file(path, plan)
        out.append((outcome.status, outcome.message))
    return out


def answer(loader: SourceLoader, request: dict[str, Any]) -> dict[str, Any]:
    """Carry out one request in this process."""
    try:
        loader.changed = replaced(request)
        return {"results": play_all(request["scripts"])}
    except Exception as error:  # noqa: BLE001 - whatever a mutant does is an answer
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Warm up what is imported besides the package, then fork for each request."""
    loader = SourceLoader()
    sys.meta_path.insert(0, loader)
    importlib.import_module("synfin.drill.play")
    importlib.import_module("synfin.drill.stack")
    forget()
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.alarm(SECONDS)
            print(json.dumps(answer(loader, request)), flush=True)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if status:
            print(json.dumps({"error": f"the process ended with status {status}"}), flush=True)


if __name__ == "__main__":
    main()
