"""`python -m bench [NAME]... [--scale X] [--rounds N]`: measure, and print JSON.

Every network measurement is run with synfin and with the kernel on the serving side, in a namespace of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from typing import Any

import synfin
from bench.clients import CLIENTS
from bench.inside import INSIDE

REPEATED = ("lab-segments",)  # of those inside: memory is the same each time, start-up is a median already
_LIMIT = 300


def network(name: str, peer: str, count: int) -> dict[str, float]:
    """One run in a process and a namespace of its own."""
    command = [sys.executable, "-m", "bench.network", name, peer, str(count)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT, check=False)
    if answer.returncode != 0:
        raise SystemExit(f"{name} against {peer} failed:\n{answer.stderr}")
    figures: dict[str, Any] = json.loads(answer.stdout)
    if "error" in figures:
        raise SystemExit(f"{name} against {peer} failed: {figures['error']}")
    return figures


def best(runs: list[dict[str, float]]) -> dict[str, float]:
    """The best of several runs, figure by figure: rates are better high, all else low."""
    return {name: (max if name.endswith("/s") else min)(run[name] for run in runs) for name in runs[0]}


def main() -> None:
    """Read the options, measure, print."""
    names = [*CLIENTS, *INSIDE]
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure synfin; JSON on stdout.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(names)} (default: all)")
    parser.add_argument("--scale", type=float, default=1.0, help="how much work, 1 for the full amount")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, of which the best counts (default 3)")
    options = parser.parse_args()
    for name in options.names:
        if name not in names:
            parser.error(f"{name!r} is not one of {', '.join(names)}")
    results: dict[str, Any] = {}
    for name in options.names or names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        if name in CLIENTS:
            count = max(200, int(CLIENTS[name][1] * options.scale))
            ours = best([network(name, "synfin", count) for _ in range(options.rounds)])
            theirs = best([network(name, "kernel", count) for _ in range(options.rounds)])
            ratio = {key: ours[key] / theirs[key] for key in ours}
            results[name] = {"count": count, "synfin": ours, "kernel": theirs, "ratio": ratio}
        else:
            measure, amount = INSIDE[name]
            count = max(3, int(amount * options.scale))
            rounds = options.rounds if name in REPEATED else 1
            results[name] = {"count": count, "synfin": best([measure(count) for _ in range(rounds)])}
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "kernel": platform.release()}
    document = {
        "schema": 1,
        "synfin": synfin.__version__,
        "mode": "compiled" if synfin.compiled() else "interpreted",
        "python": platform.python_version(),
        "system": machine,
        "rounds": options.rounds,
        "command": f"python -m bench {' '.join(sys.argv[1:])}".strip(),
        "results": results,
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
