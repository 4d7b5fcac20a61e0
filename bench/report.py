"""docs/performance.md from the JSON of a run: `python -m bench.report RUN.json [LATER.json] > docs/performance.md`.

What a later run has measured again, after a change, takes the place of what the first had, and the page says so.
Responsible for the tables and for what each target says; the figures come from `bench.run`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.budget import INWARD, OUTWARD, STAGES
from bench.run import cell
from bench.setups import MEASURES, PEERS

Document = dict[str, Any]

Columns = Sequence[tuple[str, str, int]]

BULK: Final = (
    ("receive", "Gbit/s", 2),
    ("send", "Gbit/s", 2),
    ("receive-4", "Gbit/s", 2),
    ("send-4", "Gbit/s", 2),
    ("receive", "CPU s/GB", 2),
    ("send", "CPU s/GB", 2),
)
LIVES: Final = (
    ("connects", "1/s", 0),
    ("connects-64", "1/s", 0),
    ("ping-pong", "p50 us", 0),
    ("ping-pong", "p99 us", 0),
    ("ping-pong-64", "p50 us", 0),
    ("ping-pong-64", "p99 us", 0),
    ("ping-pong-64", "CPU us", 1),
)

_OFFLOAD: Final = "synfin compiled offload"
_PLAIN: Final = "synfin compiled plain"
_SPAN: Final = 1.25  # how much dearer a segment may be at 100,000 connections to count as the same


@dataclass(frozen=True)
class Target:
    """One figure to reach: `least` or `most`, of a setup's measurement or of what runs without network."""

    text: str
    where: str  # a setup's name, or "" for what runs inside
    measure: str
    figure: str
    digits: int
    least: float | None = None
    most: float | None = None
    quarter: bool = True  # interpreted is held to a quarter of it
    reason: str = ""  # why it is missed, where it is


_BUSY: Final = (
    "a matter of time on a core. On a machine that does other things as well both ends wait for one; the CPU time per "
    "GB and per connection in the tables below depends less on that."
)
_WAKING: Final = (
    "each waits twice for the client to be woken on the other core; by `perf record` the server spends a fifth of its "
    "time in sending those interrupts, which are dear on a virtual machine. The kernel's own figure in the same run, "
    "which pays for them as well, says what this machine allows."
)
_MEMORY: Final = (
    "what the process grew by (PSS), so the server's own record of each connection, the tables' room to grow and what "
    "the allocator keeps are counted; the objects of a connection alone are in the last table but one."
)

TARGETS: Final = (
    Target("receive, Gbit/s", _OFFLOAD, "receive", "Gbit/s", 2, least=12, reason=_BUSY),
    Target("send, Gbit/s", _OFFLOAD, "send", "Gbit/s", 2, least=20, reason=_BUSY),
    Target("receive without offload, Gbit/s", _PLAIN, "receive", "Gbit/s", 2, least=1),
    Target("send without offload, Gbit/s", _PLAIN, "send", "Gbit/s", 2, least=1, reason=_BUSY),
    Target("connections a second, one after another", _OFFLOAD, "connects", "1/s", 0, least=10_000, reason=_WAKING),
    Target("connections a second, 64 at a time", _OFFLOAD, "connects-64", "1/s", 0, least=15_000, reason=_BUSY),
    Target("there and back, median, µs", _OFFLOAD, "ping-pong", "p50 us", 0, most=70, reason=_WAKING),
    Target("there and back, 99th percentile, µs", _OFFLOAD, "ping-pong", "p99 us", 0, most=200, reason=_WAKING),
    Target(
        "octets per idle connection, of 10,000",
        _PLAIN,
        "idle-10000",
        "bytes",
        0,
        most=2_000,
        reason=_MEMORY,
    ),
    Target(
        "octets per idle connection, of 100,000",
        _PLAIN,
        "idle-100000",
        "bytes",
        0,
        most=2_000,
        reason=_MEMORY,
    ),
    Target(
        "MB with 100,000 connections",
        _PLAIN,
        "idle-100000",
        "MB",
        0,
        most=400,
        reason=_MEMORY,
    ),
    Target(
        "speed of bulk beside 100,000, by CPU time", _PLAIN, "idle-100000", "busy ratio", 2, least=0.9, quarter=False
    ),
    Target("octets per TIME_WAIT record", "", "time-wait", "time-wait bytes", 0, most=200, quarter=False),
    Target("start of `synfin --version`, ms", "", "start-up", "version ms", 0, most=150),
    Target("segments a second in the lab", "", "lab-segments", "segments/s", 0, least=150_000),
)


def _value(document: Document, target: Target, mode: str) -> float | None:
    """The figure that a target speaks of."""
    if target.where:
        measures = document["median"].get(target.where.replace("compiled", mode), {})
    else:
        measures = document["inside"].get(mode, {})
    value = measures.get(target.measure, {}).get(target.figure)
    return None if value is None else float(value)


def _best(document: Document, target: Target) -> str:
    """The best round of a figure that has several."""
    rounds = document["runs"].get(target.where, {}).get(target.measure, [])
    values = [float(figures[target.figure]) for figures in rounds if target.figure in figures]
    if len(values) < 2:
        return ""
    return f"{max(values) if target.least is not None else min(values):,.{target.digits}f}"


def reached(target: Target, value: float, share: float = 1.0) -> bool:
    """Whether a figure is as good as the target, or `share` of it."""
    if target.least is not None:
        return value >= target.least * share
    assert target.most is not None
    return value <= target.most / share


def _shown(target: Target, value: float | None, share: float) -> str:
    if value is None:
        return "not measured"
    return f"{value:,.{target.digits}f}" + ("" if reached(target, value, share) else " **missed**")


def targets(document: Document) -> list[str]:
    """The table of targets, and a line for each that is missed."""
    lines = ["| what | target | compiled | its best round | interpreted (a quarter) |", "|---|---|---|---|---|"]
    for target in TARGETS:
        limit = target.least if target.least is not None else target.most
        sign = "≥" if target.least is not None else "≤"
        digits = 1 if limit is not None and limit < 1 else 0
        compiled = _shown(target, _value(document, target, "compiled"), 1.0)
        interpreted = _shown(target, _value(document, target, "interpreted"), 0.25 if target.quarter else 1.0)
        lines.append(
            f"| {target.text} | {sign} {limit:,.{digits}f} | {compiled} | {_best(document, target)} | {interpreted} |"
        )
    lines.extend(_against_peers(document))
    return lines


def _against_peers(document: Document) -> list[str]:
    """Receive no slower than gVisor, send no slower than any stack in user space."""
    lines = []
    median = document["median"]
    for name, text, peers in (
        ("receive", "receive beside gVisor's best", ("gvisor",)),
        (
            "send",
            "send beside the best in user space, MTU 1500",
            tuple(peer for peer in PEERS if peer not in ("synfin", "kernel")),
        ),
    ):
        others = {
            setup: measures[name]["Gbit/s"]
            for setup, measures in median.items()
            if setup.split()[0] in peers and "MTU" not in setup and "Gbit/s" in measures.get(name, {})
        }
        if not others:
            continue
        best = max(others, key=lambda setup: float(others[setup]))
        cells = []
        for mode in ("compiled", "interpreted"):
            own = median.get(f"synfin {mode} offload", {}).get(name, {}).get("Gbit/s")
            share = 1.0 if mode == "compiled" else 0.25
            missed = "" if own is not None and own >= others[best] * share else " **missed**"
            cells.append("not measured" if own is None else f"{own / others[best]:.2f} times{missed}")
        lines.append(f"| {text} ({best}) | ≥ 1 times | {cells[0]} | | {cells[1]} |")
    return lines


def _heads(columns: Columns, first: str) -> list[str]:
    heads = [f"{name}, {unit}".replace(" us", " µs") for name, unit, _ in columns]
    return [f"| {first} | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]


def stacks(document: Document, columns: Columns) -> list[str]:
    """All setups, a line each."""
    lines = _heads(columns, "")
    for setup, measures in document["median"].items():
        cells = [cell(measures, *column) for column in columns]
        if any(cells):
            lines.append(f"| {setup} | {' | '.join(cells)} |")
    return lines


def ratios(document: Document) -> list[str]:
    """synfin, compiled, as a multiple of each other stack: the variant with offload where that one has it."""
    names = [*BULK[:2], *BULK[4:], *LIVES]
    lines = _heads(names, "synfin compiled ÷")
    for setup, measures in document["median"].items():
        if setup.startswith("synfin"):
            continue
        own = document["median"].get(_OFFLOAD if "offload" in setup or "MTU" in setup else _PLAIN, {})
        cells = []
        for name, unit, _ in names:
            ours, theirs = own.get(name, {}).get(unit), measures.get(name, {}).get(unit)
            cells.append("" if ours is None or not theirs else f"{ours / theirs:.2f}")
        lines.append(f"| {setup} | {' | '.join(cells)} |")
    return lines


def many(document: Document) -> list[str]:
    """Many connections: memory and what they cost a busy one."""
    lines = [
        "| | connections | octets each | MB in all | speed of bulk beside them, by CPU time |",
        "|---|---|---|---|---|",
    ]
    for setup, measures in document["median"].items():
        for name, measure in MEASURES.items():
            figures = measures.get(name)
            if measure.mode != "hold" or figures is None:
                continue
            if "error" in figures:
                lines.append(f"| {setup} | {measure.connections:,} | failed: {figures['error']} | | |")
                continue
            lines.append(
                f"| {setup} | {measure.connections:,} | {figures['bytes']:,.0f} | {figures['MB']:,.0f} "
                f"| {figures.get('busy ratio', float('nan')):.2f} |"
            )
    return lines


def inside(document: Document) -> list[str]:
    """What runs without a network."""
    lines = ["| what | interpreted | compiled |", "|---|---|---|"]
    modes = [document["inside"].get(mode, {}) for mode in ("interpreted", "compiled")]
    keys = {(name, key): None for figures in modes for name, values in figures.items() for key in values}
    for name, key in keys:
        cells = []
        for figures in modes:
            value = figures.get(name, {}).get(key)
            cells.append(f"{value:,.{1 if abs(value) < 100 else 0}f}" if isinstance(value, float) else str(value or ""))
        lines.append(f"| {name}: {key} | {' | '.join(cells)} |")
    lines.append("")
    for mode, figures in zip(("Interpreted", "Compiled"), modes, strict=True):
        costs = [value for key, value in figures.get("lab-scale", {}).items() if key != "error"]
        if len(costs) > 1:
            verdict = "the same within" if max(costs) <= min(costs) * _SPAN else "**not** the same within"
            lines.append(f"{mode}: a segment costs {verdict} {_SPAN:.2f} times at every number of connections.")
    return lines


def budget(document: Document) -> list[str]:
    """The way of a segment, stage by stage."""
    columns = [(mode, kind) for mode in ("interpreted", "compiled") for kind in ("plain", "super")]
    texts = {"plain": "one MSS", "super": "super-segment"}
    lines = [
        f"| µs | {' | '.join(f'{mode}, {texts[kind]}' for mode, kind in columns)} | |",
        "|---|---|---|---|---|---|",
    ]
    figures = [document["budget"].get(mode, {}).get(kind, {}) for mode, kind in columns]
    for stages, total in ((INWARD, "**in, sum**"), (OUTWARD, "**out, sum**")):
        for stage in stages:
            cells = [f"{found[stage]:.2f}" if stage in found else "" for found in figures]
            lines.append(f"| {stage} | {' | '.join(cells)} | {STAGES[stage]} |")
        sums = [sum(found.get(stage, 0.0) for stage in stages) for found in figures]
        lines.append(f"| {total} | {' | '.join(f'{value:.2f}' for value in sums)} | |")
    sizes = [f"{found['octets']:,.0f}" if "octets" in found else "" for found in figures]
    lines.append(f"| octets of text | {' | '.join(sizes)} | |")
    return lines


def render(document: Document) -> str:
    """The page."""
    template = (Path(__file__).parent / "performance.md.in").read_text(encoding="utf-8")
    system = document["system"]
    missed: dict[str, list[str]] = {}
    for target in TARGETS:
        if target.reason and _missed(document, target):
            missed.setdefault(target.reason, []).append(target.text)
    reasons = [f"- {'; '.join(texts)}: {reason}" for reason, texts in missed.items()]
    fields = {
        "python": document["python"],
        "cores": str(system["cores"]),
        "machine": system["machine"],
        "kernel": system["kernel"].split("-")[0],
        "rounds": str(document["rounds"]),
        "seconds": f"{document['seconds']:g}",
        "load": " and ".join(f"{value:.1f}" for value in document["load"]),
        "again": _again(document.get("again", [])),
        "targets": "\n".join(targets(document)),
        "reasons": "\n".join(["What is missed, and why:", "", *reasons]) if reasons else "",
        "bulk": "\n".join(stacks(document, BULK)),
        "lives": "\n".join(stacks(document, LIVES)),
        "ratios": "\n".join(ratios(document)),
        "many": "\n".join(many(document)),
        "inside": "\n".join(inside(document)),
        "budget": "\n".join(budget(document)),
        "skipped": "\n".join(f"- {name}: {reason}" for name, reason in document["skipped"].items()) or "Nothing.",
    }
    for name, text in fields.items():
        template = template.replace("{" + name + "}", text)
    return template


def _again(names: list[str]) -> str:
    if not names:
        return ""
    return f"\nMeasured again for synfin alone in a later run, after a change: {', '.join(names)}.\n"


def replace(document: Document, later: Document) -> list[str]:
    """Put the figures of `later` into `document`; the names of what was measured again."""
    names: set[str] = set()
    for part in ("median", "runs", "inside"):
        for place, measures in later[part].items():
            document[part].setdefault(place, {}).update(measures)
            names.update(measures)
    return sorted(names)


def _missed(document: Document, target: Target) -> bool:
    value = _value(document, target, "compiled")
    return value is None or not reached(target, value)


def main() -> None:
    """Read the run and print the page."""
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    documents = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]
    if any(document.get("schema") != 2 for document in documents):
        raise SystemExit("this is not what `python -m bench --json FILE` writes")
    document = documents[0]
    if len(documents) > 1:
        document["again"] = replace(document, documents[1])
    print(render(document), end="")


if __name__ == "__main__":
    main()
