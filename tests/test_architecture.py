"""The laws of docs/architecture.md that can be read off the source text.

Each check is a function from source text to findings, and has a test beside it that feeds it a bad text: a check that
cannot fail proves nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "synfin"

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60

# Law 3.  A part may import those with a lower rank, and itself.
RANK = {
    "errors": 0,
    "config": 1,
    "pcap": 1,
    "wire": 2,
    "trace": 3,
    "tcp": 4,
    "host": 5,
    "device": 6,
    "lab": 6,
    "services": 6,
    "timeline": 7,
    "cli": 8,
    "synfin": 9,  # the package file: version and lazy shortcuts
    "__main__": 10,
}
# Narrower than their rank says, or wider.
ONLY: dict[str, set[str]] = {"pcap": {"errors"}}
ALSO: dict[str, set[str]] = {"cli": {"synfin"}}

# Law 1, and what law 2 adds to it.
SANS_IO = ("wire", "tcp", "host", "lab", "trace", "config", "errors")
FORBIDDEN_MODULES = {
    "asyncio", "concurrent", "datetime", "multiprocessing", "os", "queue", "sched", "secrets", "select", "selectors",
    "signal", "socket", "socketserver", "ssl", "subprocess", "tempfile", "thread", "threading", "time", "uuid",
    "_thread", "fcntl", "io", "pathlib", "shutil",
}  # fmt: skip
FORBIDDEN_CALLS = {"open", "input", "print", "id", "hash", "breakpoint"}


def sources(top: Path = PACKAGE) -> list[Path]:
    """Every Python file below `top`, in a fixed order."""
    return sorted(path for path in top.rglob("*.py") if "__pycache__" not in path.parts)


def module_name(path: Path) -> str:
    """`src/synfin/wire/tcp.py` to `synfin.wire.tcp`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(module: str) -> str:
    """The part of the architecture that a module belongs to."""
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else pieces[0]


def imported_modules(tree: ast.AST, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """(line, absolute module) of each import, those under TYPE_CHECKING and inside functions as well."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            target = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                # `from synfin import wire` names a part, `from synfin.wire import tcp` a module of one.
                yield node.lineno, f"{target}.{alias.name}" if target == "synfin" else target


def upward_imports(text: str, module: str, is_package: bool = False) -> list[str]:
    """Imports that law 3 does not allow."""
    findings = []
    part = part_of(module)
    for line, target in imported_modules(ast.parse(text), module, is_package):
        if target.split(".")[0] != "synfin":
            continue
        other = part_of(target)
        if other not in RANK:
            other = "synfin"  # `from synfin import __version__`
        if other == part or other in ALSO.get(part, ()):
            continue
        allowed = other in ONLY[part] if part in ONLY else RANK[other] < RANK[part]
        if not allowed:
            findings.append(f"{module}:{line} imports {target}: {part} may not know {other}")
    return findings


def world_contact(text: str, module: str, is_package: bool = False) -> list[str]:
    """Clocks, sockets, threads, files, unseeded randomness and hash order in a sans-IO module (laws 1 and 2)."""
    findings = []
    tree = ast.parse(text)
    for line, target in imported_modules(tree, module, is_package):
        if target.split(".")[0] in FORBIDDEN_MODULES:
            findings.append(f"{module}:{line} imports {target}")
    for node in ast.walk(tree):
        # A comprehension's `for` has no line of its own.
        where = node.iter if isinstance(node, ast.comprehension) else node
        findings.extend(f"{module}:{getattr(where, 'lineno', 0)} {what}" for what in _contact(node))
    return findings


def _contact(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and node.module == "random":
        for alias in node.names:
            if alias.name != "Random":
                yield f"imports {alias.name} from random; only Random itself is handed in"
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "random":
        if node.attr != "Random":
            yield f"uses random.{node.attr}; draw from the Random that was handed in"
    elif isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if isinstance(node.func, ast.Name) and name in FORBIDDEN_CALLS:
            yield f"calls {name}()"
        if name == "Random" and not node.args:
            yield "makes a Random without a seed"
    elif isinstance(node, ast.For | ast.comprehension) and _is_set(node.iter):
        yield "goes through a set in hash order"


def _is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset")


def too_long(text: str, module: str) -> list[str]:
    """Files and functions beyond the sizes that can be read in one go."""
    findings = []
    lines = text.count("\n") + (0 if text.endswith("\n") or not text else 1)
    if lines > MAX_FILE_LINES:
        findings.append(f"{module} has {lines} lines")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                findings.append(f"{module}:{node.lineno} {node.name}() has {length} lines")
    return findings


def undocumented(text: str, module: str) -> list[str]:
    """Public modules, classes, functions and methods without a docstring."""
    tree = ast.parse(text)
    findings = [] if ast.get_docstring(tree) else [f"{module} has no docstring"]
    _undocumented_in(tree, module, findings)
    return findings


def _undocumented_in(scope: ast.Module | ast.ClassDef, path: str, findings: list[str]) -> None:
    for node in scope.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if isinstance(node, ast.ClassDef):
            _undocumented_in(node, f"{path}.{node.name}", findings)
        elif any(_is_repeat(decorator) for decorator in node.decorator_list):
            continue
        if not ast.get_docstring(node):
            findings.append(f"{path}.{node.name} (line {node.lineno}) has no docstring")


def _is_repeat(decorator: ast.expr) -> bool:
    """`@overload` and `@name.setter` speak of a name that is documented elsewhere."""
    if isinstance(decorator, ast.Attribute):
        return decorator.attr in ("setter", "deleter", "overload")
    return isinstance(decorator, ast.Name) and decorator.id == "overload"


def over(check: Callable[..., list[str]], parts: tuple[str, ...] = tuple(RANK)) -> list[str]:
    """The findings of one check over the whole package, or some parts of it."""
    findings = []
    for path in sources():
        module = module_name(path)
        if part_of(module) in parts:
            findings.extend(check(path.read_text(encoding="utf-8"), module, path.name == "__init__.py"))
    return findings


def report(findings: list[str]) -> None:
    """Fail with one finding a line."""
    assert not findings, "\n" + "\n".join(findings)


def test_every_part_has_a_rank() -> None:
    parts = {part_of(module_name(path)) for path in sources()}
    assert parts <= RANK.keys()
    assert {"wire", "tcp", "host", "lab"} <= parts


def test_imports_go_downward_only() -> None:
    """Law 3."""
    report(over(upward_imports))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("synfin.wire.tcp", "from synfin.tcp import state"),
        ("synfin.wire.tcp", "import synfin.host.host"),
        ("synfin.wire.tcp", "from ..tcp.state import State"),
        ("synfin.wire.tcp", "from synfin import tcp"),
        ("synfin.wire.tcp", "from synfin import __version__"),
        ("synfin.tcp.output", "def f():\n    from synfin.lab.world import World"),
        ("synfin.tcp.output", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import synfin.cli.main"),
        ("synfin.lab.world", "from synfin.device.tun import Tun"),
        ("synfin.pcap.writer", "from synfin.wire.frame import Frame"),
    ],
)
def test_upward_import_is_found(module: str, text: str) -> None:
    assert len(upward_imports(text, module)) == 1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("synfin.tcp.output", "from synfin.wire.tcp import Segment\nfrom synfin.tcp.tcb import Tcb\nimport struct"),
        ("synfin.wire.tcp", "from .tcp_options import TcpOptions\nfrom ..errors import WireError"),
        ("synfin.cli.main", "from synfin import __version__\nimport synfin.lab.world"),
        ("synfin.device.capture", "from synfin.pcap.writer import Writer"),
    ],
)
def test_downward_import_is_allowed(module: str, text: str) -> None:
    assert upward_imports(text, module) == []


def test_sans_io_packages_do_not_touch_the_world() -> None:
    """Laws 1 and 2."""
    report(over(world_contact, SANS_IO))


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "from time import monotonic_ns",
        "import socket as s",
        "import os.path",
        "from concurrent.futures import Executor",
        "def f():\n    import threading",
        "import random\nrandom.random()",
        "from random import choice",
        "from random import Random\nRandom()",
        "open('x')",
        "key = id(thing)",
        "bucket = hash('name') % 7",
        "for x in {1, 2}:\n    pass",
        "y = [x for x in set(names)]",
    ],
)
def test_contact_with_the_world_is_found(text: str) -> None:
    assert len(world_contact(text, "synfin.tcp.bad")) == 1


def test_seeded_randomness_and_sorted_sets_are_allowed() -> None:
    text = "import random\ndef f(rng: random.Random):\n    for x in sorted({1, 2}):\n        rng.random()\nRandom(3)\n"
    assert world_contact(text, "synfin.tcp.good") == []


def test_files_and_functions_stay_readable() -> None:
    report([line for path in sources() for line in too_long(path.read_text(encoding="utf-8"), module_name(path))])


def test_long_file_and_long_function_are_found() -> None:
    assert too_long("x = 1\n" * MAX_FILE_LINES, "m") == []
    assert too_long("x = 1\n" * (MAX_FILE_LINES + 1), "m") == [f"m has {MAX_FILE_LINES + 1} lines"]
    method = "class C:\n    async def f(self):\n"
    assert too_long(method + "        x = 1\n" * (MAX_FUNCTION_LINES - 1), "m") == []
    assert too_long(method + "        x = 1\n" * MAX_FUNCTION_LINES, "m") == ["m:2 f() has 61 lines"]


def test_public_names_have_docstrings() -> None:
    report([line for path in sources() for line in undocumented(path.read_text(encoding="utf-8"), module_name(path))])


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", "m has no docstring"),
        ("'''doc'''\ndef f(): pass", "m.f (line 2) has no docstring"),
        ("'''doc'''\nclass C: pass", "m.C (line 2) has no docstring"),
        ("'''doc'''\nclass C:\n    '''doc'''\n    def f(self): pass", "m.C.f (line 4) has no docstring"),
        ("'''doc'''\nclass C:\n    '''doc'''\n    async def f(self): pass", "m.C.f (line 4) has no docstring"),
    ],
)
def test_missing_docstring_is_found(text: str, missing: str) -> None:
    assert undocumented(text, "m") == [missing]


def test_private_names_need_no_docstring() -> None:
    text = "'''doc'''\ndef _f(): pass\nclass C:\n    '''doc'''\n    def __init__(self): pass\n"
    assert undocumented(text, "m") == []
