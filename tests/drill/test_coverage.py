"""SEGMENT ARRIVES (RFC 9293 3.10.7), each state and each kind of segment: which script plays it.

A script below `*/states/<state>/` names its cells in a comment, `// covers: established/rst/inside`.  Every cell must
be played on Linux (folders `both` and `kernel`) and by the RFCs (`both` and `rfc`); a kind is a control bit or `text`,
what comes with it (`rst+text`), and where it stands in the receive window or what it acknowledges.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drill.samples import OURS, SCRIPTS, remarks

# Around the receive window: received before, reaching into it, at RCV.NXT, beyond a gap, at the last octet, outside.
TEXT = ("text/old", "text/left-edge", "text/next", "text/inside", "text/right-edge", "text/outside")
FIN = ("fin/old", "fin/next", "fin/inside", "fin/outside", "fin+text")
RST = ("rst/exact", "rst/inside", "rst/right-edge", "rst/outside", "rst+ack", "rst+text", "rst+syn+fin")
SYN = ("syn/old", "syn/inside", "syn/outside", "syn+text", "syn+fin")
SYN_ACK = ("syn-ack/old", "syn-ack/inside", "syn-ack/outside")
ACK = ("ack/old", "ack/duplicate", "ack/new", "ack/beyond")
BARE = ("no-ack", "no-ack/outside", "none", "urg")
SYNCHRONIZED = TEXT + FIN + RST + SYN + SYN_ACK + ACK + BARE

UNSYNCHRONIZED = ("rst", "rst+ack", "rst+text", "rst+syn+fin", "ack", "text+ack", "fin+ack", "syn-ack", "syn",
                  "syn+text", "syn+fin", "text", "fin", "fin+text", "none", "urg")  # fmt: skip

# What must be played, and what is special to a state and played as well.
CELLS = {
    "closed": UNSYNCHRONIZED,
    "listen": (*UNSYNCHRONIZED, "syn/old"),
    "syn-sent": (*UNSYNCHRONIZED, "ack/bad", "text+ack/bad", "fin+ack/bad", "syn-ack/bad", "rst+ack/bad",
                 "syn-ack+text", "syn-ack+fin"),
    # An ACK of SND.UNA acknowledges nothing of ours yet: it is an old one.
    "syn-received": tuple(kind for kind in SYNCHRONIZED if kind != "ack/duplicate"),
    "established": SYNCHRONIZED,
    "fin-wait-1": SYNCHRONIZED,
    "fin-wait-2": tuple(kind for kind in SYNCHRONIZED if kind != "ack/new"),  # everything is acknowledged
    "close-wait": SYNCHRONIZED,
    "closing": SYNCHRONIZED,
    "last-ack": SYNCHRONIZED,
    "time-wait": SYNCHRONIZED,
}  # fmt: skip
ALSO = {
    "closed": ("half-open", "listener-closed"),
    "syn-sent": ("close",),
    "syn-received": (
        "rst/old", "active/ack", "active/ack-bad", "active/ack-old", "active/rst", "active/rst-inside",
        "active/rst-outside", "active/syn", "active/syn-old", "active/syn-ack", "active/no-ack",
    ),
    "established": (
        "ack/too-old", "ack/before-connection", "ack/outside-window", "zero-window/text", "zero-window/ack",
        "zero-window/rst", "zero-window/fin",
    ),
    "fin-wait-2": (
        "orphan/fin", "orphan/text", "orphan/text-old", "orphan/rst", "orphan/rst-inside", "orphan/syn-inside",
    ),
    "close-wait": ("ack/of-fin",),
    "time-wait": ("ack/inside", "ack/outside-window", "rst/old", "syn/next"),
}  # fmt: skip
EDGES = ("rst/old", "rst/beyond-right-edge", "text/across-right-edge", "fin/right-edge", "fin/across-right-edge")
STATE_SCRIPTS = [path for path in OURS if path.relative_to(SCRIPTS).parts[1] == "states"]


def cells(path: Path) -> list[str]:
    """What a script says that it covers."""
    return [cell for line in remarks(path, "covers") for cell in line.split()]


def covered_by(*folders: str) -> set[str]:
    return {cell for path in STATE_SCRIPTS if path.relative_to(SCRIPTS).parts[0] in folders for cell in cells(path)}


@pytest.mark.parametrize("state", CELLS)
def test_every_kind_of_segment_is_played_in_every_state(state: str) -> None:
    wanted = {f"{state}/{kind}" for kind in CELLS[state] + ALSO.get(state, ())}
    assert not wanted - covered_by("both", "kernel"), "on Linux"
    assert not wanted - covered_by("both", "rfc"), "by the RFCs"


@pytest.mark.parametrize("path", STATE_SCRIPTS, ids=lambda path: path.relative_to(SCRIPTS).as_posix())
def test_scripts_say_what_they_cover(path: Path) -> None:
    state = path.parent.name
    known = {f"{state}/{kind}" for kind in (*CELLS[state], *ALSO.get(state, ()), *EDGES)}
    assert cells(path), "no // covers: comment"
    assert set(cells(path)) <= known


def test_what_linux_does_otherwise_has_its_counterpart() -> None:
    """Scripts come in pairs where the RFCs and Linux differ: both folders have the same cells."""
    ours, linux = covered_by("rfc"), covered_by("kernel")
    both = covered_by("both")
    assert ours - both == linux - both
