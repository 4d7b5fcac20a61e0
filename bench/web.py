"""How long the page's server takes to make a long run, and how much it sends: `python -m bench.web [MEGABYTES]`.

Each step is timed once, in wall-clock seconds of this process; a run of 10 MB is some 10,000 segments.
"""

from __future__ import annotations

import gzip
import json
import resource
import sys
import time
from typing import Any

import synfin
from synfin.lab.plan import from_json
from synfin.timeline.messages import catalog
from synfin.web.compare import compare
from synfin.web.limits import GZIP_LEVEL
from synfin.web.runs import play_run

DEFAULT_MEGABYTES = 10


def plan(megabytes: int) -> dict[str, Any]:
    """A bulk transfer over a link that loses some."""
    return {
        "scenario": "handshake",
        "until": "10min",
        "settings": [
            ["A", "window_scaling", "on"], ["B", "window_scaling", "on"], ["A", "send_buffer", "1MiB"],
            ["B", "receive_buffer", "1MiB"], ["link", "rate", "50Mbit"], ["link", "loss", "0.5%"],
        ],
        "changes": [{"at": "100ms", "host": "A", "action": "write", "value": f"{megabytes}MB"}],
    }  # fmt: skip


def figures(megabytes: int = DEFAULT_MEGABYTES) -> dict[str, float]:
    """What a bulk transfer of so many megabytes over a lossy link costs, by name with the unit."""
    asked = from_json(plan(megabytes))
    found: dict[str, float] = {}
    start = time.perf_counter()
    run = play_run(asked)
    found["play s"] = time.perf_counter() - start
    start = time.perf_counter()
    document = run.document(catalog("en"))
    found["document s"] = time.perf_counter() - start
    start = time.perf_counter()
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    found["json s"] = time.perf_counter() - start
    start = time.perf_counter()
    packed = gzip.compress(body, GZIP_LEVEL, mtime=0)
    found["gzip s"] = time.perf_counter() - start
    start = time.perf_counter()
    compare(run.story, run.story, catalog("en"))
    found["compare s"] = time.perf_counter() - start
    found["segments"] = document["counts"]["segments"]
    found["rows"] = document["counts"]["rows"]
    found["records"] = document["counts"]["records"]
    found["json MB"] = len(body) / 1e6
    found["gzip MB"] = len(packed) / 1e6
    found["process MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def main() -> None:
    """Print the figures."""
    print("compiled" if synfin.compiled() else "interpreted")
    for name, value in figures(int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_MEGABYTES).items():
        print(f"{name:12} {value:,.3f}" if isinstance(value, float) else f"{name:12} {value:,}")


if __name__ == "__main__":
    main()
