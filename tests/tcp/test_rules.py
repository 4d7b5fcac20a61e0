"""Names of the rules of `tcp`."""

from __future__ import annotations

from pathlib import Path

import synfin
from synfin.tcp.rules import RULES

# The lab gives a listener its first state and tells of hosts that crash, by the names that `tcp` has for it.
SOURCES = [
    path
    for part in ("tcp", "host", "lab")
    for path in (Path(synfin.__file__).parent / part).rglob("*.py")
    if path.name != "rules.py"
]


def test_every_rule_is_used_and_has_a_source() -> None:
    """Law 6."""
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    assert [rule for rule in RULES if f'"{rule}"' not in text] == []
    assert all(rfc.startswith("RFC ") for rfc in RULES.values())
