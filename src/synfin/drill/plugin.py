"""A pytest plugin: every `*.pkt` file is a test that plays the script on this stack in virtual time.

Switch it on with `-p synfin.drill.plugin`, or import `pytest_collect_file` into a conftest.py for one folder only.  At
the end nothing unexpected may be sent for half a second, unless the script says otherwise (`--quiet_end=0`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from synfin.drill.jobs import SUFFIX
from synfin.drill.outcome import UNSUPPORTED
from synfin.drill.play import Plan, play_file
from synfin.drill.report import failure_lines

QUIET_END: Final = 500_000_000  # ns


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect script files."""
    if file_path.suffix != SUFFIX:
        return None
    collected: pytest.Collector = ScriptFile.from_parent(parent, path=file_path)
    return collected


class ScriptFile(pytest.File):
    """One file: one test."""

    def collect(self) -> Iterator[pytest.Item]:
        """The test that plays it."""
        yield ScriptItem.from_parent(self, name=self.path.stem)


class ScriptFailedError(Exception):
    """A script did not pass; the text is the report."""


class ScriptItem(pytest.Item):
    """Plays the script."""

    plan = Plan(quiet_end=QUIET_END)

    def runtest(self) -> None:
        """Play it; what the runner does not support is skipped with the reason."""
        outcome = play_file(self.path, self.plan)
        if outcome.status == UNSUPPORTED:
            pytest.skip(outcome.message)
        if not outcome.ok:
            raise ScriptFailedError("\n".join([*failure_lines(outcome), "", *outcome.ladder]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report alone: a traceback of the runner tells nobody anything."""
        if isinstance(excinfo.value, ScriptFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it is, for summaries."""
        return self.path, 0, self.name
