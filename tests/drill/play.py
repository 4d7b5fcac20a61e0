"""How tests play a script that they hold as text."""

from __future__ import annotations

from synfin.drill.outcome import Outcome
from synfin.drill.parser import parse
from synfin.drill.play import Plan, play

# A connection that is open at 0.1 s, with descriptor 4.
OPEN = """
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 5) = 0
+0 < S 0:0(0) win 65535 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+.1 < . 1:1(0) ack 1 win 65535
+0 accept(3, ..., ...) = 4
"""
OPEN_LINES = OPEN.count("\n")


def run(text: str, **plan: object) -> Outcome:
    """Play a script on the stack."""
    return play(parse(text, "test.pkt"), Plan(**plan))  # type: ignore[arg-type]


def passes(text: str, **plan: object) -> Outcome:
    """Play a script that must pass."""
    outcome = run(text, **plan)
    failure = outcome.failure
    assert outcome.ok, (
        outcome.message,
        failure and (failure.event, failure.expected, failure.got, failure.differences),
    )
    return outcome


def fails(text: str, *fields: str, **plan: object) -> Outcome:
    """Play a script that must fail, in exactly these fields."""
    outcome = run(text, **plan)
    assert outcome.status == "failed", (outcome.status, outcome.message)
    assert outcome.failure is not None
    assert [difference.field for difference in outcome.failure.differences] == list(fields)
    return outcome
