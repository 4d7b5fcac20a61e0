"""Names of rules and counters."""

from __future__ import annotations

from pathlib import Path

import pytest

import synfin.host
from synfin.host.counters import NAMES, RULE_COUNTERS, WHY_COUNTERS, new_counters
from synfin.host.rules import RULES, rfc_of
from synfin.tcp.rules import RULES as TCP_RULES
from synfin.wire.rules import RULES as WIRE_RULES

SOURCES = [
    path for path in Path(synfin.host.__file__).parent.glob("*.py") if path.name not in ("rules.py", "counters.py")
]


def test_every_rule_is_used_and_has_a_source() -> None:
    """Law 6."""
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    assert [rule for rule in RULES if f'"{rule}"' not in text] == []
    assert all(rfc_of(rule).startswith(("RFC ", "IEEE ")) for rule in RULES)
    assert rfc_of("no-such-rule") == ""


def test_parts_do_not_share_names() -> None:
    assert not RULES.keys() & TCP_RULES.keys()
    assert not RULES.keys() & WIRE_RULES.keys()


def test_counters_that_go_with_rules_exist() -> None:
    known = set(NAMES)
    assert len(known) == len(NAMES)
    assert list(new_counters()) == list(NAMES)
    for rule, counters in RULE_COUNTERS.items():
        assert rfc_of(rule), rule
        assert set(counters) <= known
    for why, counter in WHY_COUNTERS.items():
        assert rfc_of(why), why
        assert counter in known


def test_names_are_those_of_the_kernel() -> None:
    """What users of `netstat -s` know."""
    files = [Path("/proc/net/snmp"), Path("/proc/net/netstat"), Path("/proc/net/snmp6")]
    if not all(path.exists() for path in files):
        pytest.skip("there is no /proc/net/snmp, netstat or snmp6 here")
    kernel: set[str] = set()
    for path in files[:2]:
        lines = path.read_text(encoding="ascii").splitlines()
        for head in lines[::2]:
            prefix, _, names = head.partition(":")
            kernel.update(prefix + name for name in names.split())
    kernel.update(line.split()[0] for line in files[2].read_text(encoding="ascii").splitlines())
    # The youngest ones are not in every kernel.
    young = {"IpExtReasmOverlaps", "IcmpOutRateLimitGlobal", "Icmp6OutRateLimitHost"}
    assert [name for name in NAMES if name not in kernel and name not in young] == []
