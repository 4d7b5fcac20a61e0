"""What a run of a script gives: passed, failed with one `Failure`, or not run because something is not supported."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from synfin.drill.match import Difference
from synfin.drill.model import Event, Script
from synfin.trace import Record

if TYPE_CHECKING:
    from synfin.timeline import Timeline

PLAYER: Final = "script"  # who plays the remote side
PASSED: Final = "passed"
FAILED: Final = "failed"
UNSUPPORTED: Final = "unsupported"  # the script asks for something that the runner does not do
BROKEN: Final = "broken"  # the script cannot be read
CRASHED: Final = "crashed"  # the process that played it has died


@dataclass(slots=True)
class Failure:
    """Why a script failed: `event` is the one it failed at (None: behind the last one).

    `expected` and `got` are the two sides as lines of a script; `differences` the fields that do not agree; `rule` what
    made the stack under test act.  `what` is in English; `key` and `params` say it in any language (`texts`).
    """

    what: str
    event: Event | None
    time: int
    expected: str = ""
    got: str = ""
    differences: list[Difference] = field(default_factory=list)
    rule: str = ""
    key: str = ""
    params: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Played:
    """What one event has met: `at` is the number of trace records before it, `got` what came as a script writes it.

    `sent` says which segment a line matched: ports, live number, octets of text.
    """

    event: Event
    at: int
    got: str = ""
    time: int = 0
    rule: str = ""
    sent: tuple[int, int, int, int] | None = None


@dataclass(slots=True)
class Outcome:
    """The result of one script; `elapsed` is script time in ns, `notes` what was left out on the way."""

    script: Script | None
    path: str
    status: str
    failure: Failure | None = None
    message: str = ""
    notes: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    played: list[Played] = field(default_factory=list)
    ladder: list[str] = field(default_factory=list)
    elapsed: int = 0
    seconds: float = 0.0  # real time
    on: str = ""
    host: str = ""

    @property
    def ok(self) -> bool:
        """Whether the script passed."""
        return self.status == PASSED

    @property
    def passed(self) -> bool:
        """The same as `ok`."""
        return self.ok

    @property
    def failures(self) -> list[Failure]:
        """What went wrong: at most one thing, as a script ends there."""
        return [] if self.failure is None else [self.failure]

    @property
    def trace(self) -> list[Record]:
        """Everything that happened, as typed records; empty for a run in another process (on the kernel, or `jobs`)."""
        return self.records

    def timeline(self) -> Timeline:
        """The run as a timeline: the stack under test on the left, the script on the right."""
        from synfin.timeline import Timeline

        return Timeline(self.records, (self.host or self.on, PLAYER), one_sided=True)

    def report(self, lang: str = "en") -> str:
        """The result for people: the line, both sides with what differs, the rule, and the ladder up to there."""
        from synfin.drill.report import text_lines

        return "\n".join(text_lines(self, lang=lang))
