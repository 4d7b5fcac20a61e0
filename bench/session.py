"""One setup measured in a process and namespaces of its own: `python -m bench.session` with a request on stdin.

The request is JSON: `setup` (fields of `Setup`), `measures` (names), `seconds`.  Each line of stdout is a JSON list:
name of a measurement and its figures, or `{"error": text}` in their place.  Figures carry their unit in their name.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from bench import tools
from bench.places import EXTRA, Place, descendants, place
from bench.setups import MEASURES, Measure, Setup
from synfin.device.namespace import enter_private_namespace

Figures = dict[str, Any]

_CLIENT_LIMIT: Final = 30.0  # seconds beyond the measured ones
_HOLD_LIMIT: Final = 240.0
_TICK: Final = os.sysconf("SC_CLK_TCK")
_FILES: Final = 200_000


def family(pids: tuple[int, ...]) -> list[int]:
    """These processes and all below them."""
    return sorted({*pids, *(child for parent in pids for child in descendants(parent))})


def cpu_seconds(pids: tuple[int, ...]) -> float:
    """CPU time, user and system, that these processes and those below them have used."""
    ticks = 0
    for pid in family(pids):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICK


def memory(pids: tuple[int, ...]) -> int:
    """Octets that these processes and those below them hold, shared pages divided among their holders."""
    total = 0
    for pid in family(pids):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def client(where: Place, mode: str, seconds: float, connections: int) -> Figures:
    """Run the client to its end; what it printed, or what went wrong."""
    command = [*where.prefix, str(tools.client()), mode, where.address, str(seconds), str(connections)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + _CLIENT_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return {"error": "took too long"}
    return _answer(done.stdout, done.stderr)


def _answer(text: str, otherwise: str) -> Figures:
    try:
        figures: Figures = json.loads(text)
    except ValueError:
        return {"error": (otherwise or "no answer").strip()[-300:]}
    return figures


def measure(where: Place, name: str, seconds: float) -> Figures:
    """One measurement of the stack that serves at `where`."""
    what = MEASURES[name]
    if what.mode == "hold":
        return hold(where, what.connections, seconds)
    before = cpu_seconds(where.processes)
    raw = client(where, what.mode, seconds, what.connections)
    if "error" in raw:
        return raw
    return figures_of(what, raw, cpu_seconds(where.processes) - before)


def figures_of(what: Measure, raw: Figures, cpu: float) -> Figures:
    """What is reported of the client's counts and the server's CPU time, in seconds."""
    if what.mode in ("receive", "send") and raw["seconds"]:
        return {"Gbit/s": raw["octets"] * 8e-9 / raw["seconds"], "CPU s/GB": cpu / max(raw["total"], 1) * 1e9}
    if not raw["seconds"]:
        return {"error": "nothing came back"}
    each = cpu / max(raw["total"], 1) * 1e6
    rate = raw["count"] / raw["seconds"]
    if what.mode == "connects":
        return {"1/s": rate, "CPU us": each}
    return {"p50 us": raw["p50"] * 1e6, "p99 us": raw["p99"] * 1e6, "1/s": rate, "CPU us": each}


def hold(where: Place, count: int, seconds: float) -> Figures:
    """Memory of `count` idle connections, and what they cost a busy one (`busy ratio`: 1 is nothing, less is more)."""
    alone = measure(where, "receive", seconds)
    before = memory(where.processes)
    command = [*where.prefix, str(tools.client()), "hold", where.address, str(count), *EXTRA]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        signal.signal(signal.SIGALRM, lambda number, frame: holder.kill())
        signal.alarm(int(_HOLD_LIMIT))
        try:
            raw = _answer(holder.stdout.readline(), "took too long")
            if "error" in raw:
                return raw
            held = memory(where.processes) - before
            beside = measure(where, "receive", seconds)
        finally:
            signal.alarm(0)
            holder.kill()
    figures = {"bytes": held / count, "MB": (before + held) / 1e6, "1/s": count / raw["seconds"]}
    if "error" not in alone and "error" not in beside:
        # By CPU time, which says what they cost and not what else the machine did meanwhile.
        figures["busy ratio"] = alone["CPU s/GB"] / beside["CPU s/GB"]
    return figures


def main() -> None:
    """Take the request, measure, print."""
    request = json.load(sys.stdin)
    setup = Setup(**request["setup"])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    except (ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    enter_private_namespace()
    with place(setup) as where:
        for name in request["measures"]:
            print(json.dumps([name, measure(where, name, request["seconds"])]), flush=True)


if __name__ == "__main__":
    main()
