"""Names of everything that the simulated network does to a frame, and of what happens to hosts, with where to read on.

Same purpose as `tcp/rules.py` (law 6): traces, ladders, captures and tests use these names.
"""

from __future__ import annotations

from typing import Final

_FAULTS: Final = "docs/faults.md"
_LAB: Final = "docs/lab.md"

RULES: Final[dict[str, str]] = {
    # A fault expression hit the frame
    "fault-drop": _FAULTS,
    "fault-dup": _FAULTS,
    "fault-delay": _FAULTS,
    "fault-reorder": _FAULTS,
    "fault-corrupt": _FAULTS,
    "fault-hold": _FAULTS,
    "fault-mark": _FAULTS,
    # The cable itself
    "link-loss": _LAB,
    "link-queue-full": _LAB,
    "link-mtu-exceeded": _LAB,
    "link-down": _LAB,
    "host-down": _LAB,
    # Frames that no host of this run sent now
    "injected-old-duplicate": "RFC 9293 3.5",
    "injected-spoofed": "RFC 4987 2",
    "injected-by-hand": _LAB,
    # Hosts
    "host-crashed": "RFC 9293 3.5.1",
    "host-restarted": "RFC 9293 3.5.1",
}
