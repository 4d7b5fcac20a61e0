"""docs/performance.md from the JSON of two runs: `python -m bench.report INTERPRETED.json COMPILED.json > FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

# Measurement, figure, what it is, what to reach (compiled), digits.
ROWS: Final = (
    ("receive", "MB/s", "bulk receive over TUN, MB/s", "≥ 40", 0),
    ("send", "MB/s", "bulk send over TUN, MB/s", "≥ 40", 0),
    ("connects", "1/s", "whole connections a second, one after the other", "≥ 1500", 0),
    ("parallel-connects", "1/s", "whole connections a second, 32 at a time", "≥ 1500", 0),
    ("ping-pong", "p50 ms", "1-octet ping-pong, median ms", "≤ 0.3", 3),
    ("ping-pong", "p99 ms", "1-octet ping-pong, 99th percentile ms", "", 3),
    ("memory", "idle bytes", "octets per idle connection", "≤ 4096", 0),
    ("memory", "time-wait bytes", "octets per TIME_WAIT record", "≤ 300", 0),
    ("lab-segments", "segments/s", "segments a second between two lab hosts", "", 0),
    ("start-up", "version s", "start of `synfin --version`, s", "≤ 0.3", 3),
    ("start-up", "demo s", "whole run of `synfin demo`, s", "", 3),
    ("start-up", "python s", "of which the interpreter alone, s", "", 3),
)

TEXT: Final = """# Performance

Made by `python -m bench.report` from the JSON of two runs of the same tree; do not edit.

    make bench > interpreted.json
    make compile
    make bench > compiled.json
    python -m bench.report interpreted.json compiled.json > docs/performance.md

Python {python}, {cores} cores, {machine}, Linux {kernel}. Of {rounds} the best counts.

| what | aim | interpreted | compiled | kernel to kernel | compiled / kernel |
|---|---|---|---|---|---|
{rows}

How it is measured:

- Over TUN: a private network namespace, MTU 1500, no offloads on synfin's side; synfin serves and an ordinary blocking
  socket of the kernel is the client. Every segment of synfin's is one system call, and both sides share the cores.
- *Kernel to kernel*: the same client against a plain Python server on kernel sockets over loopback with MTU 1500, in
  the same run. There the kernel has all its offloads, which is what its lead in bulk comes from.
- A whole connection is handshake, one FIN each way, both acknowledged.
- Memory is what the allocator holds for live objects (`tracemalloc`), per end, between two hosts in one process, at
  10,000 of them.
- Start-up is the median of nine.
- The lab counts segments of both directions and includes the simulated cable.
"""


def _figure(document: dict[str, Any], side: str, name: str, key: str, digits: int) -> str:
    value = document["results"].get(name, {}).get(side, {}).get(key)
    return "" if value is None else f"{value:,.{digits}f}"


def render(interpreted: dict[str, Any], compiled: dict[str, Any]) -> str:
    """The page; raises `SystemExit` when the runs are not what they should be."""
    if (interpreted["mode"], compiled["mode"]) != ("interpreted", "compiled"):
        raise SystemExit("give the interpreted run first and the compiled one second")
    rows = []
    for name, key, text, aim, digits in ROWS:
        ratio = _figure(compiled, "ratio", name, key, 2)
        cells = [_figure(document, "synfin", name, key, digits) for document in (interpreted, compiled)]
        rows.append(
            f"| {text} | {aim} | {' | '.join(cells)} | {_figure(compiled, 'kernel', name, key, digits)} | {ratio} |"
        )
    system = compiled["system"]
    return TEXT.format(
        python=compiled["python"],
        cores=system["cores"],
        machine=system["machine"],
        kernel=system["kernel"].split("-")[0],
        rounds=f"{compiled['rounds']} runs",
        rows="\n".join(rows),
    )


def main() -> None:
    """Read both files and print the page."""
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    first, second = (json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:])
    print(render(first, second), end="")


if __name__ == "__main__":
    main()
