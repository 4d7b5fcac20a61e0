"""The two kinds of error that synfin knows (law 8).

`UsageError` is the caller's mistake and is raised to the caller.  `WireError` is the peer's mistake: the `wire`
package raises it while it reads bytes, and the `host` package counts and drops; it never leaves the stack.
"""

from __future__ import annotations


class SynfinError(Exception):
    """Base class of every error that synfin itself defines."""


class UsageError(SynfinError, ValueError):
    """A value handed in by the caller cannot be used; the text says what, where and what to do instead."""


class WireError(SynfinError):
    """Bytes from the wire do not form what they claim to be.

    `rule` is the stable name of what was wrong (for example `tcp-bad-checksum`); counters, traces and tests use it.
    """

    def __init__(self, rule: str, detail: str = "") -> None:
        super().__init__(f"{rule}: {detail}" if detail else rule)
        self.rule = rule
        self.detail = detail
