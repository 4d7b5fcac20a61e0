"""Which requirement is done where: joins the tags in code and tests with the list, and writes docs/requirements.md.

A tag is an id of requirements.yaml in square brackets; ids of RFC 9293 may leave out the RFC, and a number without its
letter stands for all its letters.  Several ids may share the brackets, with commas::

    [MUST-40]  [SHLD-18]  [MAY-3]  [REC-1]  [E20]  [RFC5961-10]  [RFC9293-E36]  [MUST-58, MUST-59]

Packet scripts (`*.pkt`) of the tests count as well; their tags stand in comments.

Run it with `make requirements` or `python -m tests.requirements.table`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
LIST: Final = Path(__file__).with_name("requirements.yaml")
OUTPUT: Final = ROOT / "docs" / "requirements.md"
DEVIATIONS: Final = ROOT / "docs" / "deviations.md"

# Every requirement of these must be tested, or be listed in docs/deviations.md with a reason.
BINDING_RFCS: Final = (
    9293, 6298, 5681, 7323, 6528, 5961, 1337, 6191, 2018, 2883, 3042, 5682, 6675, 6937, 8985, 9937, 3168, 8311, 9768,
    7413, 5482, 9438, 9406, 7661, 6928,
)  # fmt: skip
BINDING_LEVELS: Final = (
    "MUST",
    "MUST NOT",
    "REQUIRED",
    "SHALL",
    "SHALL NOT",
    "SHOULD",
    "SHOULD NOT",
    "RECOMMENDED",
    "NOT RECOMMENDED",
)

_ID: Final = r"(?:RFC\d{3,4}-)?(?:(?:MUST|SHLD|MAY|REC)-\d+[a-z]?|E\d\d)|RFC\d{3,4}-\w+(?:-\w+)?"
_TAG: Final = re.compile(rf"\[((?:{_ID})(?:, ?(?:{_ID}))*)\]")


class Requirement(NamedTuple):
    """One entry of the list."""

    id: str
    rfc: int
    section: str
    level: str
    text: str

    @property
    def binding(self) -> bool:
        """Whether it has to be covered or explained."""
        return self.rfc in BINDING_RFCS and self.level in BINDING_LEVELS


class Place(NamedTuple):
    """Where a tag stands: file relative to the project, name of the function or class, line, and the id in full."""

    file: str
    name: str
    line: int
    id: str

    def __str__(self) -> str:
        short = self.file.removeprefix("src/synfin/").removeprefix("tests/")
        return f"{short} `{self.name}`" if self.name else short


def requirements() -> dict[str, Requirement]:
    """The list, by id, in its order."""
    entries: list[dict[str, Any]] = yaml.safe_load(LIST.read_text(encoding="utf-8"))["requirements"]
    return {
        entry["id"]: Requirement(entry["id"], entry["rfc"], str(entry["section"]), entry["level"], entry["text"])
        for entry in entries
    }


def expand(tag: str, known: dict[str, Requirement]) -> list[str]:
    """The ids that one tag stands for; empty when there is no such requirement."""
    full = tag if tag.startswith("RFC") else f"RFC9293-{tag}"
    if full in known:
        return [full]
    return [f"{full}{letter}" for letter in "abcd" if f"{full}{letter}" in known]


def names_by_line(text: str) -> list[tuple[int, int, str]]:
    """(first line, last line, qualified name) of every function and class, outer ones first."""
    spans: list[tuple[int, int, str]] = []

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{prefix}{child.name}"
                first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
                spans.append((first, child.end_lineno or child.lineno, name))
                if isinstance(child, ast.ClassDef):
                    visit(child, f"{name}.")

    visit(ast.parse(text), "")
    return spans


def tags_in(text: str, file: str, known: dict[str, Requirement]) -> Iterator[Place]:
    """Every tag of a source text; one that stands for nothing is given back with an id of `?` and the tag."""
    if not _TAG.search(text):
        return
    spans = names_by_line(text) if file.endswith(".py") else []
    for line, content in enumerate(text.splitlines(), 1):
        for match in _TAG.finditer(content):
            name = ""
            for first, last, qualified in spans:
                if first <= line <= last:
                    name = qualified
            for tag in match[1].replace(" ", "").split(","):
                for full in expand(tag, known) or [f"?{tag}"]:
                    yield Place(file, name, line, full)


def tags_below(folder: str, known: dict[str, Requirement]) -> list[Place]:
    """Every tag in the Python files and scripts below a folder of the project; this package itself is left out."""
    places: list[Place] = []
    for path in sorted([*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.pkt")]):
        if path.parent != Path(__file__).parent:
            places.extend(tags_in(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix(), known))
    return places


def deviations(text: str) -> dict[str, str]:
    """Id to reason, from the rows `| id | reason |` of docs/deviations.md; an id may be a list with commas."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| RFC") and len(cells) >= 2:
            for name in cells[0].split(","):
                found[name.strip()] = cells[-1]
    return found


def uncovered(known: dict[str, Requirement], tests: list[Place], excused: dict[str, str]) -> list[Requirement]:
    """Binding requirements without a test and without a reason."""
    covered = {place.id for place in tests}
    return [item for item in known.values() if item.binding and item.id not in covered and item.id not in excused]


def where(places: list[Place], name: str) -> str:
    """The places of one id as a table cell, each named once."""
    return ", ".join(dict.fromkeys(str(place) for place in places if place.id == name))


def render(known: dict[str, Requirement], code: list[Place], tests: list[Place], excused: dict[str, str]) -> str:
    """The text of docs/requirements.md."""
    binding = [item for item in known.values() if item.binding]
    tested = {place.id for place in tests}
    done = sum(item.id in tested for item in binding)
    explained = sum(item.id in excused and item.id not in tested for item in binding)
    rfcs = ", ".join(map(str, BINDING_RFCS))
    lines = [
        "# Requirements and where they are met",
        "",
        "Made by `make requirements` from the tags in code and tests; do not edit. The grammar of a tag is in",
        "`tests/requirements/table.py`, the whole list in `tests/requirements/requirements.yaml`.",
        "",
        f"Of {len(binding)} binding requirements (MUST, SHOULD and their kin of RFC {rfcs}),",
        f"{done} are covered by tests and {explained} are explained in",
        f"[deviations.md](deviations.md). Of all {len(known)} on the list, {len(tested & known.keys())} are covered.",
    ]
    mentioned = {place.id for place in [*code, *tests]} | excused.keys()
    for rfc in [*BINDING_RFCS, *sorted({item.rfc for item in known.values()} - set(BINDING_RFCS))]:
        rows = [item for item in known.values() if item.rfc == rfc and (item.binding or item.id in mentioned)]
        if not rows:
            continue
        lines += [
            "",
            f"## RFC {rfc}",
            "",
            "| id | level | section | what | code | tests |",
            "|---|---|---|---|---|---|",
        ]
        for item in rows:
            tests_cell = where(tests, item.id) or ("see deviations" if item.id in excused else "")
            cells = (item.id, item.level, item.section, item.text, where(code, item.id), tests_cell)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the table and name what is missing."""
    known = requirements()
    code, tests = tags_below("src", known), tags_below("tests", known)
    excused = deviations(DEVIATIONS.read_text(encoding="utf-8"))
    OUTPUT.write_text(render(known, code, tests, excused), encoding="utf-8")
    missing = uncovered(known, tests, excused)
    print(f"{OUTPUT.relative_to(ROOT)} written; {len(missing)} requirements without test and without reason")
    for item in missing:
        print(f"  {item.id:18} {item.level:12} {item.text}")
    for place in [*code, *tests]:
        if place.id.startswith("?"):
            print(f"  unknown tag {place.id[1:]} in {place.file}:{place.line}")


if __name__ == "__main__":
    main()
