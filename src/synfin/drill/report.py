"""What is said about played scripts: for people, as JSON, as JUnit XML and as TAP.

Responsible for text only; colours are the caller's.  A failure shows the line with a caret, both sides with the field
that differs marked, the rule that made our stack act, and the ladder up to there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from synfin.drill.match import Difference
from synfin.drill.model import Event, Script
from synfin.drill.outcome import BROKEN, CRASHED, FAILED, PASSED, PLAYER, UNSUPPORTED, Failure, Outcome
from synfin.drill.printer import print_seconds
from synfin.drill.texts import text
from synfin.timeline import LiveLadder, catalog
from synfin.timeline.style import Style
from synfin.timeline.width import pad
from synfin.timeline.words import rule_source
from synfin.trace import Record

SCHEMA: Final = 1
WORDS: Final[dict[str, str]] = {
    PASSED: "ok", FAILED: "FAIL", UNSUPPORTED: "SKIP", BROKEN: "BAD", CRASHED: "CRASH",
}  # fmt: skip
_LINES_BEFORE: Final = 2
_LABEL: Final = 9  # cells


def ladder_lines(records: Sequence[Record], host: str, lang: str = "en", *, ascii_only: bool = False) -> list[str]:
    """The text ladder of a run: the stack under test on the left, the script on the right."""
    ladder = LiveLadder((host, PLAYER), catalog(lang), style=Style(ascii_only=ascii_only), one_sided=True)
    lines: list[str] = []
    for record in records:
        lines.extend(ladder.feed(record))
    lines.extend(ladder.finish())
    return lines


def place_of(outcome: Outcome) -> str:
    """`path:line:column` of a failure, or the path."""
    failure = outcome.failure
    if failure is None:
        return outcome.path
    if failure.event is None:
        last = outcome.script.events[-1].last_line if outcome.script is not None else 0
        return f"{outcome.path}:{last}"
    return f"{outcome.path}:{failure.event.line}:{failure.event.column}"


def failure_lines(outcome: Outcome, lang: str = "en") -> list[str]:
    """What went wrong, without the ladder."""
    failure, script = outcome.failure, outcome.script
    if failure is None or script is None:
        return [f"{outcome.path}: {outcome.message}" if outcome.status != BROKEN else outcome.message]
    what = text(lang, failure.key, **failure.params) if failure.key else failure.what
    lines = [f"{place_of(outcome)}: {what}"]
    if failure.event is not None:
        lines.extend(_excerpt(script, failure.event, failure.differences))
    lines.extend(_two_sides(failure, lang))
    lines.append(f"  {pad(text(lang, 'at'), _LABEL)} {print_seconds(max(failure.time, 0))} s")
    if failure.rule:
        lines.append(f"  {pad(text(lang, 'rule'), _LABEL)} {_rule_text(failure.rule, outcome.host, lang)}")
    return lines


def _rule_text(rule: str, host: str, lang: str) -> str:
    texts = catalog(lang)
    source = rule_source(rule)
    sentence = texts.text(f"rule.{rule}", who=host, peer=PLAYER) if texts.has(f"rule.{rule}") else ""
    return f"{rule}" + (f" ({source})" if source else "") + (f": {sentence}" if sentence else "")


def _excerpt(script: Script, event: Event, found: Sequence[Difference]) -> list[str]:
    """The lines up to the event, and a caret under the field that differs, or under its start."""
    lines: list[str] = []
    width = len(str(event.last_line))
    first, last = max(event.line - _LINES_BEFORE, 1), min(event.last_line, len(script.lines))
    lines.extend(f"  {number:>{width}} | {script.lines[number - 1].rstrip()}" for number in range(first, last + 1))
    line = script.lines[event.line - 1] if event.line <= len(script.lines) else ""
    column, size = event.column - 1, 1
    start = max(line.find(" > ", column) + 2, column)  # flags such as "." stand in times as well
    for difference in found:
        place = _word_at(line, difference.expected, start)
        if place >= 0:
            column, size = place, len(difference.expected)
            break
    if event.line == event.last_line:
        lead = "".join("\t" if character == "\t" else " " for character in line[:column])
        lines.append(f"  {' ' * width} | {lead}{'^' * size}")
    return lines


def _word_at(line: str, word: str, start: int) -> int:
    """Where `word` stands behind `start`: as a whole word, or else inside one; -1: nowhere."""
    if not word:
        return -1
    whole = re.search(rf"(?<!\S){re.escape(word)}(?!\S)", line[start:])
    return start + whole.start() if whole is not None else line.find(word, start)


def _two_sides(failure: Failure, lang: str) -> list[str]:
    lines: list[str] = []
    for name, side, values in (
        ("expected", failure.expected, [difference.expected for difference in failure.differences]),
        ("actual", failure.got, [difference.got for difference in failure.differences]),
    ):
        if not side:
            continue
        parts = side.split("\n")
        lines.append(f"  {pad(text(lang, name), _LABEL)} {parts[0]}")
        lines.extend(" " * 12 + part for part in parts[1:])
        marks = _marks(parts[0], values)
        if marks and len(parts) == 1:
            lines.append(" " * 12 + marks)
    nothing = text(lang, "nothing")
    for difference in failure.differences:
        sides = {"expected": difference.expected or nothing, "actual": difference.got or nothing}
        lines.append(f"  {difference.field:<{_LABEL}} {text(lang, 'differs', **sides)}")
    return lines


def _marks(line: str, values: Sequence[str]) -> str:
    """Carets under the parts of a line that differ; each is looked for as a whole word."""
    marks = [" "] * len(line)
    for value in values:
        place = f" {line} ".find(f" {value} ")
        if place < 0:
            place = line.find(value) if len(value) > 1 else -1
        if value and place >= 0:
            marks[place : place + len(value)] = "^" * len(value)
    return "".join(marks).rstrip()


def text_lines(outcome: Outcome, *, lang: str = "en", ladder: bool = False) -> list[str]:
    """One script for people: a line when it passed, all that helps when it did not."""
    lines = [f"{WORDS[outcome.status]:<5} {outcome.path}  ({outcome.seconds * 1_000:.1f} ms)"]
    if not outcome.ok:
        lines.extend(failure_lines(outcome, lang))
    lines.extend(f"  {text(lang, 'note', note=note)}" for note in dict.fromkeys(outcome.notes))
    if outcome.ladder and (ladder or outcome.status == FAILED):
        lines.append("")
        lines.extend(f"  {line}" for line in outcome.ladder)
        lines.append("")
    return lines


def summary(outcomes: Sequence[Outcome], seconds: float, lang: str = "en") -> str:
    """The last line."""
    counts = {word: sum(1 for outcome in outcomes if outcome.status == status) for status, word in WORDS.items()}
    shown = [f"{count} {word}" for word, count in counts.items() if count or word == "ok"]
    return text(lang, "summary", count=len(outcomes), counts=", ".join(shown), time=f"{seconds:.2f}")


# For programs


def as_json(outcome: Outcome) -> dict[str, Any]:
    """One outcome as JSON-ready values, schema 1."""
    failure = outcome.failure
    found: dict[str, Any] = {
        "path": outcome.path,
        "on": outcome.on,
        "status": outcome.status,
        "message": outcome.message,
        "elapsed_ns": outcome.elapsed,
        "notes": list(dict.fromkeys(outcome.notes)),
    }
    if failure is not None:
        found["failure"] = {
            "what": failure.what,
            "line": failure.event.line if failure.event is not None else None,
            "column": failure.event.column if failure.event is not None else None,
            "time_ns": failure.time,
            "expected": failure.expected,
            "got": failure.got,
            "rule": failure.rule,
            "rfc": rule_source(failure.rule) if failure.rule else "",
            "differences": [
                {"field": difference.field, "expected": difference.expected, "got": difference.got}
                for difference in failure.differences
            ],
        }
    return found


def document(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All outcomes as one JSON document."""
    counts = {status: sum(1 for outcome in outcomes if outcome.status == status) for status in WORDS}
    return {"schema": SCHEMA, "counts": counts, "scripts": [as_json(outcome) for outcome in outcomes]}


def junit(outcomes: Sequence[Outcome], seconds: float) -> str:
    """All outcomes as JUnit XML, one test case a script."""
    failures = sum(1 for outcome in outcomes if outcome.status == FAILED)
    skipped = sum(1 for outcome in outcomes if outcome.status == UNSUPPORTED)
    errors = sum(1 for outcome in outcomes if outcome.status in (BROKEN, CRASHED))
    counts = f'tests="{len(outcomes)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuite name="synfin drill" {counts} time="{seconds:.3f}">',
    ]
    for outcome in outcomes:
        head = f'  <testcase classname="drill.{outcome.on or "stack"}" name={quoteattr(outcome.path)}'
        head += f' time="{outcome.seconds:.3f}"'
        if outcome.ok:
            lines.append(f"{head}/>")
            continue
        element = {FAILED: "failure", UNSUPPORTED: "skipped"}.get(outcome.status, "error")
        text = "\n".join([*failure_lines(outcome), "", *outcome.ladder])
        lines.append(f"{head}>")
        lines.append(f"    <{element} message={quoteattr(_printable(outcome.message))}>{_xml(text)}</{element}>")
        lines.append("  </testcase>")
    lines.append("</testsuite>")
    return "\n".join(lines) + "\n"


def _printable(text: str) -> str:
    """XML 1.0 has no control characters."""
    return "".join(character if character >= " " or character in "\t\n" else "?" for character in text)


def _xml(text: str) -> str:
    return escape(_printable(text))


def tap(outcomes: Sequence[Outcome]) -> str:
    """All outcomes in the Test Anything Protocol, version 13."""
    lines = ["TAP version 13", f"1..{len(outcomes)}"]
    for number, outcome in enumerate(outcomes, 1):
        if outcome.status == UNSUPPORTED:
            lines.append(f"ok {number} - {outcome.path} # SKIP {' '.join(outcome.message.split())}")
            continue
        lines.append(f"{'ok' if outcome.ok else 'not ok'} {number} - {outcome.path}")
        if not outcome.ok:
            lines.extend(f"# {line}" for line in failure_lines(outcome))
    return "\n".join(lines) + "\n"
