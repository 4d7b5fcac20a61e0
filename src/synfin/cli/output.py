"""Where the trace of a live host goes: a ladder for people (`--watch`), JSON lines for programs (`--json`).

Responsible for choosing; drawing and serialising are the `timeline` package's.
"""

from __future__ import annotations

from typing import TextIO

from synfin.cli.common import DeviceOptions
from synfin.trace import Sink


def record_sink(options: DeviceOptions, stream: TextIO) -> Sink | None:
    """The sink that the options ask for, or None: without one the host writes no trace."""
    return None
