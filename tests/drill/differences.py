"""docs/linux-differences.md: where this stack and Linux differ, with the RFC's word on it.

`python -m tests.drill.differences` (or `make differences`) plays all scripts on both, keeps what came of it in
docs/linux-differences.json, and writes the page from that.  With paths behind it only those scripts are played and the
rest is kept; with `--page` none, but what scripts that are gone have told is forgotten.  Scripts that take the kernel
longer than some seconds are only named.  Responsible for the page; what is a difference is `synfin.drill.compare`'s
affair.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from synfin.config import SECOND
from synfin.drill.compare import FINDING, KERNEL_ONLY, LIMIT, RFC, compare_all, document
from synfin.drill.jobs import find_scripts

ROOT: Final = Path(__file__).resolve().parent.parent.parent
SCRIPTS: Final = Path("tests/drill/scripts")
RESULT: Final = ROOT / "docs" / "linux-differences.json"
PAGE: Final = ROOT / "docs" / "linux-differences.md"
JOBS: Final = 8

_HEAD: Final = """# Where Linux does something else

This page is made by `make differences`, which plays the scripts of `tests/drill/scripts` on this stack and on the
kernel; the result is kept in `linux-differences.json`. It was made on Linux {kernel}: of {scripts} scripts {agree} pass
on both alike, and {count} tell a difference.

For each difference: what the script is about, the line at which the two part, what each did, and the rule by which this
stack acted, with the place of the RFC where it stands.
"""
_LONG: Final = """## Not compared

The kernel would take more than {limit} s of real time for each of these. Where they differ, a script of the same name
in `kernel` or `rfc` says so.

{names}
"""
_SECTIONS: Final = (
    (
        RFC,
        "The RFC has it otherwise than Linux",
        """The stack does what the RFC says with the preset `rfc`. Where a script of the same name is in
`tests/drill/scripts/kernel`, that one says what Linux does, and the preset `linux` does it too unless the next section
names it.""",
    ),
    (
        KERNEL_ONLY,
        "What Linux does and this stack does with no preset",
        "Each has its reason. With the preset `linux` everything else is as Linux has it, as far as the scripts tell.",
    ),
    (FINDING, "Not explained yet", "A difference that no script declares is a fault, of the stack or of the script."),
)


def render(result: dict[str, Any]) -> str:
    """The page of a comparison (`synfin.drill.compare.document`)."""
    found = result["differences"]
    parts = [_HEAD.format(kernel=result["kernel"], scripts=result["scripts"], agree=result["agree"], count=len(found))]
    for kind, title, text in _SECTIONS:
        some = [one for one in found if one["kind"] == kind]
        if some:
            parts.append(f"## {title}\n\n{text}\n")
            parts.extend(map(_entry, some))
    if result["long"]:
        names = "\n".join(f"- {name.removeprefix(f'{SCRIPTS}/').removesuffix('.pkt')}" for name in result["long"])
        parts.append(_LONG.format(limit=LIMIT // SECOND, names=names))
    return "\n".join(parts)


def _entry(one: dict[str, Any]) -> str:
    name = one["path"].removeprefix(f"{SCRIPTS}/").removesuffix(".pkt")
    lines = [f"### {name}", ""]
    if one["about"]:
        lines.extend([one["about"], ""])
    lines.append(f"- line {one['line']}: `{one['text']}`")
    lines.append(f"- this stack: {_did(one['stack'], one)}")
    lines.append(f"- Linux: {_did(one['kernel'], one)}")
    if one["rule"]:
        word = f": {one['word']}" if one["word"] else ""
        lines.append(f"- rule: `{one['rule']}`, {one['rfc']}{word}")
    if one["reason"]:
        lines.append(f"- why: {one['reason']}")
    if one["other"]:
        lines.append(f"- the other side: `{one['other'].removeprefix(f'{SCRIPTS}/')}`")
    return "\n".join([*lines, ""])


def _did(text: str, one: dict[str, Any]) -> str:
    """What one side did; a line that it met says so."""
    return "as the script says" if text in ("", "as the script says", one["text"].split(" ", 1)[-1]) else f"`{text}`"


def generate(paths: list[str]) -> dict[str, Any]:
    """Play scripts on both, all of them or those at `paths`, and keep what came of it."""
    os.chdir(ROOT)
    every = find_scripts([SCRIPTS])
    chosen = [] if paths == ["--page"] else find_scripts(paths) if paths else every
    result = document(compare_all(chosen, jobs=JOBS)) if chosen else load()
    names = [str(path) for path in every]
    if paths:
        played = [str(path) for path in chosen]
        kept = [one for one in load()["differences"] if one["path"] not in played and one["path"] in names]
        found = [*kept, *(result["differences"] if chosen else [])]
        result["differences"] = sorted(found, key=lambda one: names.index(one["path"]))
    if paths:
        before = [name for name in load().get("long", []) if name in names and name not in played]
        result["long"] = sorted({*before, *(result["long"] if chosen else [])})
    result["scripts"] = len(names) - len(result["long"])
    result["agree"] = result["scripts"] - len(result["differences"])
    RESULT.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return result


def load() -> dict[str, Any]:
    """What was kept."""
    found: dict[str, Any] = json.loads(RESULT.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    PAGE.write_text(render(generate(sys.argv[1:])), encoding="utf-8")
