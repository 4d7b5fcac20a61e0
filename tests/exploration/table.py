"""`docs/state-pairs.md`: which pairs of states two ends can be in, and the shortest way to each."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from synfin.tcp import State
from tests.exploration.search import DELAY, DELIVER, DROP, DUPLICATE, LATE, REORDER, TIMER, Search, Step
from tests.exploration.stacks import NAMES

FILE: Final = Path(__file__).parents[2] / "docs" / "state-pairs.md"
ORDER: Final = (
    State.CLOSED,
    State.LISTEN,
    State.SYN_SENT,
    State.SYN_RECEIVED,
    State.ESTABLISHED,
    State.FIN_WAIT_1,
    State.FIN_WAIT_2,
    State.CLOSE_WAIT,
    State.CLOSING,
    State.LAST_ACK,
    State.TIME_WAIT,
)
HEAD: Final = """\
# Pairs of states

Which states can the two ends of a connection be in at the same moment? This page is made by
`python -m tests.exploration --write`; a test makes it again and compares.

Two stacks and the link between them are explored exhaustively: every order of deliveries, timers, faults (`drop`,
`duplicate`, `reorder`, `delay` beyond the next time-out) and application calls (`connect`, `listen`, `write` of one
octet, `shutdown`, `close`, `abort`). By symmetry it is enough that A connects, while B connects or listens; all other
calls may come at any time from both. Applications read at once what arrives.

Asserted in every situation: octets arrive once, in order, and none that nobody sent; an application is told exactly
one end of the stream. In every situation in which nothing more happens by itself: both ends are gone, or an
application has not closed yet (scenario S20), or FIN_WAIT_2 waits for a peer that is gone (S21). There is no other
deadlock and no livelock. The shortest way to each of these situations is repeated with a trace, on which invariants I1
to I6 are checked.

The test suite explores up to one fault (about half a million situations, five seconds).
`python -m tests.exploration --faults 2` looks at some six and a half million situations (two minutes, 0.7 GB) and finds
no further pair; `--faults 3` is for a patient machine with much memory.

What the exploration leaves out: windows never close, there are no timestamps and no SACK, acknowledgments are not
delayed, the time-out is always one second and 2MSL six. SYN cookies (S08) are off.
"""


def render(search: Search) -> str:
    """The whole page, from a search with paths."""
    lines = [HEAD, "## Table", "", "The number is how many faults it takes; `-` was not reached.", ""]
    lines.append("| A \\ B | " + " | ".join(state.name for state in ORDER) + " |")
    lines.append("|---" * (len(ORDER) + 1) + "|")
    for first in ORDER:
        cells = [str(search.pairs[first, second][0]) if (first, second) in search.pairs else "-" for second in ORDER]
        lines.append(f"| {first.name} | " + " | ".join(cells) + " |")
    lines += ["", "## The shortest way to each pair", ""]
    lines.append("`>B` is a segment that arrives at B, `B timer` a timer of B that fires, `>B drop` a fault.")
    lines += ["", "| A | B | faults | way |", "|---|---|---|---|"]
    for first in ORDER:
        for second in ORDER:
            if (first, second) in search.pairs:
                faults, where = search.pairs[first, second]
                way = ", ".join(words(step) for step in search.path(where)) or "at the start"
                lines.append(f"| {first.name} | {second.name} | {faults} | {way} |")
    return "\n".join(lines) + "\n"


def words(step: Step) -> str:
    """A step in few words."""
    what, index = step
    name = NAMES[index]
    if what == DELIVER:
        return f">{name}"
    if what in (DROP, DUPLICATE, REORDER, DELAY):
        return f">{name} {what}"
    if what == LATE:
        return f">{name} late"
    if what == TIMER:
        return f"{name} timer"
    return f"{name} {what}"
