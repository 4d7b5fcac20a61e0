"""The run of a plan as a pytest test that anybody can keep: what went over the wire, and how both ends ended.

Responsible for the text of the test, and for the lines that it compares.
"""

from __future__ import annotations

import re
from typing import Final

from synfin.lab.plan.model import Change, Plan
from synfin.lab.plan.play import play
from synfin.lab.world import World
from synfin.trace import DROP, DUPLICATE, HOLD, SEND, SegmentRecord, StateRecord
from synfin.wire.tcp import SYN, Segment, flag_names

MAX_LINES: Final = 400  # segments that a generated test compares
_FATES: Final = {DROP: "lost", HOLD: "held", DUPLICATE: "came twice"}


def wire(world: World, limit: int | None = None) -> list[str]:
    """What was sent, one line each: `0.020000000 A>B ACK seq=1 ack=1 len=5 win=65535`, with what became of it.

    Numbers count from the initial sequence numbers.  At most `limit` lines.
    """
    lines: list[str] = []
    starts: dict[object, int] = {}
    last: Segment | None = None
    names = list(world.nodes)
    for record in world.records:
        if not isinstance(record, SegmentRecord):
            continue
        injected = record.kind == DUPLICATE and record.segment is not last
        if record.kind in _FATES and record.segment is last:
            lines[-1] += f" ({_FATES[record.kind]})"
        elif record.kind == SEND or injected:
            if limit is not None and len(lines) >= limit:
                break
            other = names[1] if record.host == names[0] else names[0]
            segment = record.segment
            last = None if injected else segment
            if segment.flags & SYN:
                starts[record.src, record.dst] = segment.seq
            seq = starts.get((record.src, record.dst), 0)
            ack = starts.get((record.dst, record.src), 0)
            line = f"{_seconds(record.now)} {record.host}>{other} {_line(segment, seq, ack)}"
            lines.append(f"{line} (injected)" if injected else line)
    return lines


def _seconds(now: int) -> str:
    return f"{now // 1_000_000_000}.{now % 1_000_000_000:09}"


def _line(segment: Segment, seq: int, ack: int) -> str:
    names = flag_names(segment.flags)
    text = f"{'+'.join(names) or 'none'} seq={(segment.seq - seq) & 0xFFFF_FFFF}"
    if "ACK" in names:
        text += f" ack={(segment.ack - ack) & 0xFFFF_FFFF}"
    return f"{text} len={len(segment.payload)} win={segment.window}"


def ends(world: World) -> dict[str, str]:
    """The last state that each host's connections entered; a host that never had one is not there."""
    found: dict[str, str] = {}
    for record in world.records:
        if isinstance(record, StateRecord) and record.remote.port:
            found[record.host] = record.to_state
    return found


_TEMPLATE: Final = '''"""{title}: made by synfin from a run.  Run it with pytest."""

from synfin.lab.plan import {imports}


def test_{name}() -> None:
    plan = {plan}
    played = play(plan, probe=False)
    assert played.endless is {endless}
    assert wire(played.world{limit}) == [{lines}]
    assert ends(played.world) == {ends}
'''


def test_source(plan: Plan) -> str:
    """A Python file with one pytest test: the plan, and what happened when it was played.  It passes."""
    played = play(plan, probe=False)
    lines = wire(played.world, MAX_LINES + 1)
    cut = len(lines) > MAX_LINES
    rows = "".join(f"\n        {_quoted(line)}," for line in lines[:MAX_LINES])
    imports = ["Plan", "ends", "play", "wire"]
    if plan.changes:
        imports.insert(0, "Change")
    return _TEMPLATE.format(
        title=f"The scenario {plan.scenario}" + (" with changes" if plan != Plan(plan.scenario) else ""),
        imports=", ".join(imports),
        name=re.sub(r"\W", "_", plan.scenario),
        plan=_plan(plan),
        endless=played.endless,
        limit=f", {MAX_LINES}" if cut else "",
        lines=f"{rows}\n    " if rows else "",
        ends="{" + ", ".join(f"{_quoted(host)}: {_quoted(state)}" for host, state in ends(played.world).items()) + "}",
    )


def _quoted(text: str) -> str:
    """A Python string with double quotes."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")


def _plan(plan: Plan) -> str:
    """The plan as an expression over several lines; what has its default is left out."""
    default = Plan(plan.scenario)
    parts = [_quoted(plan.scenario)]
    if plan.preset != default.preset:
        parts.append(f"preset={_quoted(plan.preset)}")
    if plan.seed != default.seed:
        parts.append(f"seed={plan.seed}")
    if plan.faults:
        parts.append(f"faults=({', '.join(map(_quoted, plan.faults))},)")
    if plan.changes:
        rows = "".join(f"\n            {_change(change)}," for change in plan.changes)
        parts.append(f"changes=({rows}\n        )")
    if plan.settings:
        rows = "".join(f"\n            ({', '.join(map(_quoted, entry))})," for entry in plan.settings)
        parts.append(f"settings=({rows}\n        )")
    if not plan.own_faults:
        parts.append("own_faults=False")
    if plan.until is not None:
        parts.append(f"until={plan.until:_}")
    return "Plan(" + "".join(f"\n        {part}," for part in parts) + "\n    )"


def _change(change: Change) -> str:
    parts = [f"{change.at:_}", _quoted(change.host), _quoted(change.action)]
    if change.value or change.name:
        parts.append(_quoted(change.value))
    if change.name:
        parts.append(_quoted(change.name))
    return f"Change({', '.join(parts)})"


test_source.__test__ = False  # type: ignore[attr-defined]  # where it is imported, pytest must not take it for a test
