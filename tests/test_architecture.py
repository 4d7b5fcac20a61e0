"""The laws of docs/architecture.md that can be read off the source text.

Each check is a function from source text to findings, and has a test beside it that feeds it a bad text: a check that
cannot fail proves nothing.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from synfin.tcp import timers
from synfin.tcp.events import Event

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "synfin"

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60

# Law 3.  A part may import those with a lower rank, and itself.
RANK = {
    "errors": 0,
    "mypyc": 0,
    "config": 1,
    "units": 1,
    "pcap": 1,
    "wire": 2,
    "trace": 3,
    "tcp": 4,
    "host": 5,
    "services": 6,
    "sockets": 6,
    "device": 7,
    "lab": 7,
    "timeline": 9,
    "drill": 9,
    "learn": 10,
    "web": 11,
    "cli": 12,
    "synfin": 13,  # the package file: version and lazy shortcuts
    "__main__": 14,
}
# Narrower than their rank says, or wider.
ONLY: dict[str, set[str]] = {"pcap": {"errors"}}
ALSO: dict[str, set[str]] = {"cli": {"synfin"}, "drill": {"timeline"}}

# Law 1, and what law 2 adds to it.
SANS_IO = ("wire", "tcp", "host", "lab", "sockets", "trace", "config", "errors")
FORBIDDEN_MODULES = {
    "asyncio", "concurrent", "datetime", "multiprocessing", "os", "queue", "sched", "secrets", "select", "selectors",
    "signal", "socket", "socketserver", "ssl", "subprocess", "tempfile", "thread", "threading", "time", "uuid",
    "_thread", "fcntl", "io", "pathlib", "shutil",
}  # fmt: skip
FORBIDDEN_CALLS = {"open", "input", "print", "id", "hash", "breakpoint"}  # hash() may make a __hash__

# Law 6.  Position of the rule among the arguments of functions that take one.
RULE_TAKERS = {"WireError": 0, "rule": 0, "enter": 1, "stop": 1, "drop": 1}
HYPHENATED = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
RULE_LISTS = ("wire", "tcp", "host", "lab")
ICMP_KINDS = {
    "net-unreachable", "host-unreachable", "protocol-unreachable", "port-unreachable", "packet-too-big",
    "source-route-failed", "time-exceeded", "parameter-problem", "admin-prohibited",
}  # fmt: skip
# Hyphenated names that are not decisions: timers, events, kinds of ICMP errors.  The fault language of the lab has
# many of its own, so there only what is handed to a function that takes a rule is looked at.
WITHOUT_HYPHENATED = ("lab",)
NOT_RULES = {*timers.NAMES, *Event, *ICMP_KINDS}


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
    for node in _walk_without_hash_methods(tree):
        # A comprehension's `for` has no line of its own.
        where = node.iter if isinstance(node, ast.comprehension) else node
        findings.extend(f"{module}:{getattr(where, 'lineno', 0)} {what}" for what in _contact(node))
    return findings


def _walk_without_hash_methods(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.FunctionDef) and child.name == "__hash__"):
            yield from _walk_without_hash_methods(child)


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


def _is_declaration(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A function that only gives values to names (the variables of a control block) is a list, not a procedure."""
    return all(isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr) for statement in node.body)


def too_long(text: str, module: str) -> list[str]:
    """Files and functions beyond the sizes that can be read in one go."""
    findings = []
    lines = text.count("\n") + (0 if text.endswith("\n") or not text else 1)
    if lines > MAX_FILE_LINES:
        findings.append(f"{module} has {lines} lines")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_declaration(node):
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


def rule_names(text: str, hyphenated: bool = True) -> list[tuple[int, str]]:
    """(line, literal) of everything that looks like the name of a rule: words joined by hyphens, and what is handed to
    a function that takes a rule."""
    tree = ast.parse(text)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in RULE_TAKERS and len(node.args) > RULE_TAKERS[name]:
                argument = node.args[RULE_TAKERS[name]]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
                    found.append((argument.lineno, argument.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            if hyphenated and HYPHENATED.fullmatch(node.value):
                found.append((node.lineno, node.value))
    return sorted(set(found))


def unlisted_rules(text: str, module: str, listed: Collection[str]) -> list[str]:
    """Names of rules that no rules.py knows (law 6)."""
    names = rule_names(text, part_of(module) not in WITHOUT_HYPHENATED)
    return [f"{module}:{line} {name!r} is in no rules.py" for line, name in names if name not in listed]


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
    text = "class C:\n    def __hash__(self): return hash(self.x)\n"
    text += "import random\ndef f(rng: random.Random):\n    for x in sorted({1, 2}):\n        rng.random()\nRandom(3)\n"
    assert world_contact(text, "synfin.tcp.good") == []


def test_files_and_functions_stay_readable() -> None:
    report([line for path in sources() for line in too_long(path.read_text(encoding="utf-8"), module_name(path))])


def test_long_file_and_long_function_are_found() -> None:
    assert too_long("x = 1\n" * MAX_FILE_LINES, "m") == []
    assert too_long("x = 1\n" * (MAX_FILE_LINES + 1), "m") == [f"m has {MAX_FILE_LINES + 1} lines"]
    method = "class C:\n    async def f(self):\n        if x: pass\n"
    assert too_long(method + "        x = 1\n" * (MAX_FUNCTION_LINES - 2), "m") == []
    assert too_long(method + "        x = 1\n" * (MAX_FUNCTION_LINES - 1), "m") == ["m:2 f() has 61 lines"]
    assert too_long("def f(self):\n" + "    self.x = 1\n" * MAX_FUNCTION_LINES, "m") == []


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


def listed_rules() -> set[str]:
    """Every rule of every rules.py."""
    names: set[str] = set()
    for part in RULE_LISTS:
        names |= importlib.import_module(f"synfin.{part}.rules").RULES.keys()
    return names


def test_every_rule_in_the_code_is_listed() -> None:
    """Law 6."""
    listed = listed_rules() | NOT_RULES
    findings = []
    for path in sources():
        module = module_name(path)
        if part_of(module) in RULE_LISTS and path.name != "rules.py":
            findings.extend(unlisted_rules(path.read_text(encoding="utf-8"), module, listed))
    report(findings)


@pytest.mark.parametrize(
    "text",
    ["raise WireError('nonsense')", "tcb.enter(State.CLOSED, 'bored')", "x = 'no-such-rule'", "f(why='no-such-rule')"],
)
def test_unlisted_rule_is_found(text: str) -> None:
    assert len(unlisted_rules(text, "synfin.tcp.bad", {"fin-acked"})) == 1


def test_listed_rules_and_texts_pass() -> None:
    text = "'a-docstring'\ntcb.enter(State.CLOSED, 'fin-acked')\nx = 'some words, well-known'\n"
    assert unlisted_rules(text, "synfin.tcp.good", {"fin-acked"}) == []
