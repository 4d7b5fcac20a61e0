"""`synfin drill compare`: the same scripts on the stack and on the kernel, and where the two differ.

Responsible for playing both, for what counts as a difference, and for the RFC's word on it: the rule by which our
stack acted, and what the script itself says about it.  A script may declare a difference: with `--preset=rfc` that the
RFC has it otherwise than Linux, with the comment `// kernel only: reason` that the stack does not do what Linux does
with any preset.  All other differences are findings.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from synfin.config import SECOND
from synfin.drill.errors import ScriptError
from synfin.drill.jobs import play_all
from synfin.drill.outcome import BROKEN, CRASHED, UNSUPPORTED, Outcome, Played
from synfin.drill.parser import load
from synfin.drill.play import KERNEL, STACK, Plan
from synfin.timeline import catalog
from synfin.timeline.words import rule_source

SCHEMA: Final = 1
LIMIT: Final = 15 * SECOND  # of a script on the kernel, where time is real
TRIES: Final = 2  # on the kernel, few at a time: what a busy machine has made late is no difference

FINDING: Final = "finding"  # a script that does not say that the two differ
RFC: Final = "rfc"  # one that is written for the preset rfc
KERNEL_ONLY: Final = "kernel"  # one that tells what only Linux does
UNREADABLE: Final = "broken"

_TIME: Final = re.compile(r"\b([0-9]+\.[0-9]{3,})(?= s\b)")
_LIVE: Final = re.compile(r"(?<=TS val )[0-9]+|\b[0-9]{8,}\b")  # numbers that are others in each run
_REMARK: Final = re.compile(r"(kernel only|covers): *(.*)")


@dataclass(frozen=True, slots=True)
class Found:
    """One difference: at `line` of a script the stack did one thing and the kernel another, both as a script says it.

    `kind` is one of `RFC`, `KERNEL_ONLY`, `FINDING` and `UNREADABLE`.  `fields` are those that do not agree with the
    script on the side that does not pass (`stack`, `kernel` or `both` in `fails`).  `rule`, `rfc` and `word` are the
    rule by which our stack acted, where it stands, and what it says; `about` is what the script says first, `reason`
    its remark `kernel only`.  `other` is the script of the other opinion, where there is a pair.
    """

    path: str
    line: int
    text: str
    kind: str
    fails: str
    fields: tuple[str, ...]
    stack: str
    kernel: str
    rule: str
    rfc: str
    word: str
    about: str = ""
    reason: str = ""
    other: str = ""

    @property
    def declared(self) -> bool:
        """Whether the script itself says so."""
        return self.kind in (RFC, KERNEL_ONLY)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing gave: how many scripts agree, the differences in the order of scripts, the kernel's release.

    `long` are scripts that were not played, because the kernel would take more than the limit for them.
    """

    scripts: int
    agree: int
    differences: tuple[Found, ...]
    kernel: str
    long: tuple[str, ...] = ()


def compare_all(paths: Sequence[Path], version: str | None = None, jobs: int = 1, limit: int = LIMIT) -> Comparison:
    """Play each script on both, but none that takes more than `limit` ns in real time.

    Raises `OSError` when the system allows no namespace or device.
    """
    long = [path for path in paths if _length(path) > limit]
    paths = [path for path in paths if path not in long]
    on_stack = list(play_all(paths, Plan(on=STACK, version=version)))
    on_kernel = list(play_all(paths, Plan(on=KERNEL, version=version), jobs))
    for tries in range(TRIES):
        late = [
            place
            for place, outcome in enumerate(on_kernel)
            if not outcome.ok and outcome.status not in (BROKEN, UNSUPPORTED)
        ]
        if not late:
            break
        again = play_all([paths[place] for place in late], Plan(on=KERNEL, version=version), min(jobs, TRIES - tries))
        for place, outcome in zip(late, again, strict=True):
            if outcome.ok or (_line(outcome) or 0) >= (_line(on_kernel[place]) or 0):
                on_kernel[place] = outcome
    found: list[Found] = []
    agree = 0
    for path, stack, kernel in zip(paths, on_stack, on_kernel, strict=True):
        difference = _difference(path, stack, kernel)
        if difference is None:
            agree += 1
        else:
            found.append(replace(difference, other=_other(path)))
    release = ".".join(platform.release().split(".")[:2])
    return Comparison(len(paths), agree, tuple(found), release, tuple(map(str, long)))


def _length(path: Path) -> int:
    """How long a script takes, in ns; one that cannot be read takes no time: playing it says why."""
    try:
        return load(path).length
    except ScriptError:
        return 0


def _other(path: Path) -> str:
    """The script of the same name that holds the other opinion, next door."""
    for place, part in enumerate(path.parts):
        if part in ("rfc", "kernel"):
            other = Path(*path.parts[:place], "kernel" if part == "rfc" else "rfc", *path.parts[place + 1 :])
            return str(other) if other.exists() else ""
    return ""


def about(lines: Sequence[str]) -> tuple[str, str]:
    """What the comment at the head of a script says, and its remark `kernel only`."""
    prose: list[str] = []
    reason = ""
    for line in lines:
        if not line.startswith("//"):
            break
        remark = _REMARK.match(line[2:].strip())
        if remark is None:
            prose.append(line[2:].strip())
        elif remark[1] == "kernel only":
            reason = remark[2]
    return " ".join(prose), reason


def _difference(path: Path, stack: Outcome, kernel: Outcome) -> Found | None:
    for outcome in (stack, kernel):
        if outcome.status in (BROKEN, CRASHED, UNSUPPORTED):
            kind = UNREADABLE if outcome.status == BROKEN else FINDING
            return Found(str(path), 0, "", kind, outcome.on, (), "", outcome.message.splitlines()[0], "", "", "")
    if stack.ok and kernel.ok:
        return None
    lines = [_line(outcome) for outcome in (stack, kernel)]
    first = min((line for line in lines if line is not None), default=0)
    fails = "both" if lines[0] == lines[1] else "stack" if lines[0] == first else "kernel"
    loser = stack if fails in ("stack", "both") else kernel
    failure = loser.failure
    assert failure is not None
    script = stack.script
    assert script is not None
    prose, reason = about(script.lines)
    kind = FINDING
    if script.option("preset") == "rfc" and fails == "kernel":
        kind = RFC
    elif reason and fails == "stack":
        kind = KERNEL_ONLY
    did = {outcome.on: _did(outcome, first) for outcome in (stack, kernel)}
    if fails == "both" and did["stack"][0] == did["kernel"][0]:
        return None  # the script is wrong about both, and they agree
    rule = did["stack"][1] or (stack.failure.rule if stack.failure is not None else "")
    return Found(
        str(path),
        first,
        script.lines[first - 1].strip() if 0 < first <= len(script.lines) else "",
        kind,
        fails,
        tuple(difference.field for difference in failure.differences) or (failure.what,),
        did["stack"][0],
        did["kernel"][0],
        rule,
        rule_source(rule) if rule else "",
        _word(rule),
        prose,
        reason,
    )


def _word(rule: str, lang: str = "en") -> str:
    texts = catalog(lang)
    return texts.text(f"rule.{rule}", who="synfin", peer="the peer") if rule and texts.has(f"rule.{rule}") else ""


def _line(outcome: Outcome) -> int | None:
    """Where a script failed; behind its end counts as its last line."""
    failure = outcome.failure
    if failure is None:
        return None
    if failure.event is not None:
        return failure.event.line
    return outcome.script.events[-1].last_line if outcome.script is not None else 0


def _did(outcome: Outcome, line: int) -> tuple[str, str]:
    """What was done at a line, and by which rule."""
    failure = outcome.failure
    if failure is not None and _line(outcome) == line:
        times = [difference.got for difference in failure.differences if difference.field == "time"]
        got = " ".join([failure.got, *times]) if times and not failure.got.endswith("s") else failure.got
        return _rounded(got), failure.rule
    played = next((one for one in outcome.played if one.event.line == line), None)
    return (_rounded(_what(played)), played.rule) if played is not None else ("", "")


def _what(played: Played) -> str:
    return played.got or "as the script says"


def _rounded(text: str) -> str:
    """Without what differs from run to run: hundredths of a second are enough, live numbers are nobody's business."""
    if text.startswith("no packet until"):
        return "nothing is sent"
    return _LIVE.sub("...", _TIME.sub(lambda match: f"{float(match[1]):.2f}", text))


# For people and programs


def document(comparison: Comparison) -> dict[str, Any]:
    """A comparison as JSON-ready values, schema 1."""
    return {
        "schema": SCHEMA,
        "kernel": comparison.kernel,
        "scripts": comparison.scripts,
        "agree": comparison.agree,
        "long": list(comparison.long),
        "differences": [{**asdict(found), "fields": list(found.fields)} for found in comparison.differences],
    }


_WORDS: Final[dict[str, tuple[str, str]]] = {
    "summary": (
        "{scripts} scripts: {agree} agree, {declared} differ as they say, {findings} differ (Linux {kernel})",
        "共 {scripts} 个脚本：{agree} 个一致，{declared} 个如脚本所述有差异，{findings} 个有差异（Linux {kernel}）",
    ),
    "side-stack": ("stack", "协议栈"),
    "side-kernel": ("kernel", "内核"),
    "rule": ("rule", "规则"),
    "long": (
        "{count} not played, since the kernel takes more than {limit} s for each: {names}",
        "{count} 个没有运行，因为内核运行每个都要超过 {limit} 秒：{names}",
    ),
    RFC: ("the RFC has it otherwise than Linux", "RFC 与 Linux 的做法不同"),
    KERNEL_ONLY: ("only Linux does so", "只有 Linux 这样做"),
    "reason": ("why", "原因"),
    "pair": ("see also {other}", "另见 {other}"),
}


def text_lines(comparison: Comparison, lang: str = "en") -> list[str]:
    """A comparison for people."""

    def word(key: str, **values: object) -> str:
        return _WORDS[key][lang == "zh"].format(**values)

    out: list[str] = []
    for found in comparison.differences:
        fields = ", ".join(found.fields)
        note = f"  ({word(found.kind)})" if found.declared else ""
        out.append(f"{found.path}:{found.line}: {fields}{note}" if found.line else f"{found.path}: {found.kernel}")
        if found.line:
            out.append(f"  {found.line} | {found.text}")
            sides = (("side-stack", found.stack), ("side-kernel", found.kernel))
            out.extend(f"  {word(side)}: {text}" for side, text in sides)
        if found.rule:
            said = _word(found.rule, lang)
            out.append(f"  {word('rule')}: {found.rule} ({found.rfc})" + (f": {said}" if said else ""))
        if found.reason:
            out.append(f"  {word('reason')}: {found.reason}")
        if found.other:
            out.append(f"  {word('pair', other=found.other)}")
        out.append("")
    if comparison.long:
        names = ", ".join(comparison.long)
        out.append(word("long", count=len(comparison.long), limit=LIMIT // SECOND, names=names))
    declared = sum(1 for found in comparison.differences if found.declared)
    findings = len(comparison.differences) - declared
    counts = {"scripts": comparison.scripts, "agree": comparison.agree, "kernel": comparison.kernel}
    out.append(word("summary", declared=declared, findings=findings, **counts))
    return out
