"""Where the trace of a live host goes: a ladder for people (`--watch`), JSON lines for programs (`--json`).

Responsible for the stream and the terminal; drawing and serialising are the `timeline` package's.  The ladder's left
column is synfin; of the other end only its segments are known, and they stand where it would.
"""

from __future__ import annotations

import json
import os
import shutil
from abc import ABC, abstractmethod
from typing import Any, Final, TextIO, final

from synfin.timeline.document import SCHEMA, EventWriter
from synfin.timeline.ladder import DEFAULT_WIDTH, LiveLadder
from synfin.timeline.messages import catalog
from synfin.timeline.style import Style
from synfin.trace import Record

HOSTS: Final = ("synfin", "kernel")


class RecordOutput(ABC):
    """Takes trace records one by one; `settle` is called before waiting, `finish` at the end.

    A reader that has gone shows as `BrokenPipeError`, once; nothing is written afterwards.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gone = False

    @abstractmethod
    def take(self, record: Record) -> None:
        """The trace sink."""

    @abstractmethod
    def settle(self) -> None:
        """Nothing will happen for a while: show all that can be shown."""

    @abstractmethod
    def finish(self) -> None:
        """Show the rest."""

    def write(self, lines: list[str]) -> None:
        """Write whole lines."""
        if lines and not self._gone:
            try:
                self._stream.write("\n".join(lines) + "\n")
            except BrokenPipeError:
                self._gone = True
                raise

    def flush(self) -> None:
        """Let the reader see what was written."""
        if not self._gone:
            try:
                self._stream.flush()
            except BrokenPipeError:
                self._gone = True
                raise


@final
class LadderOutput(RecordOutput):
    """The text ladder, live."""

    def __init__(self, stream: TextIO, lang: str) -> None:
        super().__init__(stream)
        cells = shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns if stream.isatty() else DEFAULT_WIDTH
        self._ladder = LiveLadder(HOSTS, catalog(lang), style=style_for(stream), cells=cells, digits=6, one_sided=True)

    def take(self, record: Record) -> None:
        """Draw what is complete now."""
        self.write(self._ladder.feed(record))

    def settle(self) -> None:
        """Draw what needs nothing more."""
        self.write(self._ladder.settle())
        self.flush()

    def finish(self) -> None:
        """Draw the rest."""
        self.write(self._ladder.finish())
        self.flush()


@final
class JsonOutput(RecordOutput):
    """JSON lines: one of kind `start`, then one event each, as in the `events` of `synfin demo --json`."""

    def __init__(self, stream: TextIO, start: dict[str, Any]) -> None:
        super().__init__(stream)
        self._events = EventWriter(one_sided=True)
        self.write([json.dumps({"schema": SCHEMA, "t_ns": 0, "kind": "start", **start}, ensure_ascii=False)])

    def take(self, record: Record) -> None:
        """Write the event of a record."""
        event = self._events.event(record)
        if event is not None:
            self.write([json.dumps(event, ensure_ascii=False)])

    def settle(self) -> None:
        """Let the reader see what was written."""
        self.flush()

    def finish(self) -> None:
        """Let the reader see the rest."""
        self.flush()


def style_for(stream: TextIO) -> Style:
    """Colour on terminals unless NO_COLOR is set, elsewhere with FORCE_COLOR; ASCII where there is nothing else."""
    colour = stream.isatty()
    if os.environ.get("FORCE_COLOR"):
        colour = True
    elif os.environ.get("NO_COLOR"):
        colour = False
    try:
        "─▶①↻".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return Style(ascii_only=True, colour=colour)
    return Style(colour=colour)


def make_output(stream: TextIO, *, as_json: bool, lang: str, preset: str, seed: int | None) -> RecordOutput:
    """JSON lines, or else the ladder."""
    if as_json:
        return JsonOutput(stream, {"hosts": [HOSTS[0]], "preset": preset, "seed": seed})
    return LadderOutput(stream, lang)
