"""All measurements in one run: `python -m bench`, with options that `--help` lists.

Responsible for which setups and measurements run in which order, for medians, and for what is printed.  Rounds go over
all setups, so that a busy minute of the machine meets all of them alike.  Every session is a process with namespaces of
its own and a limit of time; what a machine cannot run is skipped and named.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import synfin
from bench import budget, tools
from bench.inside import INSIDE
from bench.setups import IDLE, MEASURES, PEERS, SETUPS, Setup, measures_of

Figures = dict[str, Any]
Runs = dict[str, dict[str, list[Figures]]]  # by setup and measurement, one for each round

SCHEMA: Final = 2
_SESSION_LIMIT: Final = 120.0  # seconds beyond those that are measured
_IDLE_LIMIT: Final = 600.0
_INSIDE_LIMIT: Final = 900.0
_MODES: Final = ("interpreted", "compiled")
_PREPARE: Final[dict[str, Callable[[], Path]]] = {
    "kernel": tools.kernel,
    "gvisor": tools.gvisor,
    "lwip": tools.lwip,
    "slirp4netns": tools.slirp4netns,
    "pasta": tools.pasta,
    "pytcp": tools.pytcp,
}


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def available(setups: Iterable[Setup]) -> tuple[list[Setup], dict[str, str]]:
    """Those setups that this machine can run, and why it cannot run the others, by name."""
    usable, skipped = [], {}
    for setup in setups:
        try:
            if setup.peer == "synfin":
                tools.synfin(setup.compiled)
            else:
                _PREPARE[setup.peer]()
            if setup.peer in ("slirp4netns", "pasta"):
                tools.kernel()
        except (tools.MissingToolError, OSError) as error:
            skipped[setup.name] = str(error)
            continue
        usable.append(setup)
    return usable, skipped


def session(setup: Setup, names: list[str], seconds: float, limit: float) -> dict[str, Figures]:
    """One process that measures `names`; what did not come is an error with its reason."""
    request = {"setup": asdict(setup), "measures": names, "seconds": seconds}
    with subprocess.Popen(
        [sys.executable, "-m", "bench.session"],
        env=tools.environment_for(False),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            out, problem = process.communicate(json.dumps(request), timeout=limit + seconds * 3 * len(names))
        except subprocess.TimeoutExpired:
            process.terminate()  # it takes its servers with it
            try:
                out, problem = process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                out, problem = process.communicate()
            problem = problem or "took too long"
    found = dict(json.loads(line) for line in out.splitlines())
    last = problem.strip().splitlines()[-1:] or ["no answer"]
    return {name: found.get(name, {"error": last[0]}) for name in names}


def measure_network(setups: list[Setup], names: list[str], rounds: int, seconds: float) -> Runs:
    """`rounds` of everything but idle connections, then those once."""
    runs: Runs = {setup.name: {} for setup in setups}
    for number in range(rounds):
        for setup in setups:
            chosen = [name for name in measures_of(setup, names) if name not in IDLE]
            if not chosen:
                continue
            say(f"round {number + 1} of {rounds}: {setup.name}")
            for name, figures in session(setup, chosen, seconds, _SESSION_LIMIT).items():
                runs[setup.name].setdefault(name, []).append(figures)
    for setup in setups:
        for name in measures_of(setup, [name for name in names if name in IDLE]):
            say(f"{name}: {setup.name}")
            runs[setup.name][name] = [session(setup, [name], seconds, _IDLE_LIMIT)[name]]
    return runs


def medians(runs: Runs) -> dict[str, dict[str, Figures]]:
    """The median of each figure over the rounds that gave one; only errors where none did."""
    result: dict[str, dict[str, Figures]] = {}
    for setup, measures in runs.items():
        result[setup] = {}
        for name, rounds in measures.items():
            good = [figures for figures in rounds if "error" not in figures]
            if not good:
                result[setup][name] = rounds[0]
                continue
            keys = [key for key in good[0] if all(key in figures for figures in good)]
            result[setup][name] = {key: statistics.median(figures[key] for figures in good) for key in keys}
    return result


def measure_inside(names: Iterable[str], scale: float, modes: Iterable[str]) -> dict[str, dict[str, Figures]]:
    """What needs no network, by mode and name."""
    result: dict[str, dict[str, Figures]] = {}
    for mode in modes:
        result[mode] = {}
        for name in names:
            say(f"{name}: synfin {mode}")
            amount = INSIDE[name][1] if name == "start-up" else max(1_000, int(INSIDE[name][1] * scale))
            result[mode][name] = _python(mode, "bench.inside", name, str(amount))
    return result


def measure_budget(modes: Iterable[str]) -> dict[str, Figures]:
    """Microseconds of each stage of a segment's way, by mode."""
    result = {}
    for mode in modes:
        say(f"budget: synfin {mode}")
        result[mode] = _python(mode, "bench.budget", "--json")
    return result


def _python(mode: str, module: str, *arguments: str) -> Figures:
    """The JSON that a module of ours prints when synfin is interpreted or compiled."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=tools.environment_for(mode == "compiled"),
            cwd=tools.ROOT,
            capture_output=True,
            text=True,
            timeout=_INSIDE_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": "took too long"}
    if done.returncode != 0:
        return {"error": (done.stderr.strip().splitlines() or ["failed"])[-1]}
    figures: Figures = json.loads(done.stdout)
    if figures.pop("kind", mode) != mode:
        return {"error": f"was not {mode}"}
    return figures


def table(document: Figures) -> str:
    """Medians as text, a line for each setup."""
    heads = [(name, unit) for name, unit, _ in COLUMNS]
    width = max(len(name) for name in document["median"]) if document["median"] else 0
    lines = [" " * width + "".join(f"{name:>14}" for name, _ in heads)]
    lines.append(" " * width + "".join(f"{unit:>14}" for _, unit in heads))
    for setup, measures in document["median"].items():
        cells = [cell(measures, *column) for column in COLUMNS]
        lines.append(f"{setup:{width}}" + "".join(f"{text:>14}" for text in cells))
    for name, reason in document["skipped"].items():
        lines.append(f"skipped: {name}: {reason}")
    return "\n".join(lines)


COLUMNS: Final = (
    ("receive", "Gbit/s", 2),
    ("send", "Gbit/s", 2),
    ("receive-4", "Gbit/s", 2),
    ("send-4", "Gbit/s", 2),
    ("connects", "1/s", 0),
    ("connects-64", "1/s", 0),
    ("ping-pong", "p50 us", 0),
    ("ping-pong", "p99 us", 0),
    ("ping-pong-64", "CPU us", 1),
    ("idle-10000", "bytes", 0),
)


def cell(measures: dict[str, Figures], name: str, unit: str, digits: int) -> str:
    """One figure as text; empty when it was not measured."""
    figures = measures.get(name)
    if figures is None:
        return ""
    if unit not in figures:
        return "failed"
    return f"{figures[unit]:,.{digits}f}"


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options, checked."""
    names = [*MEASURES, *INSIDE, "budget"]
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure synfin beside other stacks; a table on stdout."
    )
    parser.add_argument("--quick", action="store_true", help="one short round, without 100,000 connections")
    parser.add_argument("--only", metavar="NAME,...", help=f"only these: {', '.join(names)}")
    parser.add_argument("--peers", metavar="NAME,...", help=f"only these stacks: {', '.join(PEERS)}, or none")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the median counts (default 5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement (default 2)")
    parser.add_argument("--interpreted", action="store_true", help="leave out what needs mypy to compile")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all figures")
    parser.add_argument("--plot", metavar="FILE", type=Path, help="write a picture as SVG")
    options = parser.parse_args(arguments)
    options.names = options.only.split(",") if options.only else names
    options.stacks = (
        list(PEERS) if options.peers is None else [name for name in options.peers.split(",") if name != "none"]
    )
    for kind, chosen, known in (("--only", options.names, names), ("--peers", options.stacks, list(PEERS))):
        for name in chosen:
            if name not in known:
                parser.error(f"{kind}: {name!r} is not one of {', '.join(known)}")
    if options.quick:
        options.rounds, options.seconds = 1, 0.5
        options.names = [name for name in options.names if name != "idle-100000"]
    return options


def _cannot_compile(skipped: dict[str, str]) -> bool:
    """Whether compiled setups were wanted and could not be made."""
    try:
        tools.synfin(True)
    except (tools.MissingToolError, OSError) as error:
        skipped["synfin compiled"] = str(error)
        return True
    return False


def main() -> None:
    """Read the options, measure, print."""
    options = parse()
    try:
        tools.client()
    except tools.MissingToolError as error:
        raise SystemExit(str(error)) from None
    wanted = [
        setup for setup in SETUPS if setup.peer in options.stacks and not (options.interpreted and setup.compiled)
    ]
    setups, skipped = available(wanted)
    for name, reason in skipped.items():
        say(f"skipped: {name}: {reason}")
    modes = [mode for mode in _MODES if mode == "interpreted" or not (options.interpreted or _cannot_compile(skipped))]
    load = [os.getloadavg()[0]]
    runs = measure_network(
        setups, [name for name in options.names if name in MEASURES], options.rounds, options.seconds
    )
    inside = measure_inside([name for name in options.names if name in INSIDE], 0.1 if options.quick else 1.0, modes)
    load.append(os.getloadavg()[0])
    document = {
        "schema": SCHEMA,
        "synfin": synfin.__version__,
        "python": platform.python_version(),
        "system": {"cores": os.cpu_count(), "machine": platform.machine(), "kernel": platform.release()},
        "load": load,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "setups": [dict(asdict(setup), name=setup.name) for setup in setups],
        "skipped": skipped,
        "median": medians(runs),
        "inside": inside,
        "budget": measure_budget(modes) if "budget" in options.names else {},
        "stages": list(budget.STAGES),
        "runs": runs,
    }
    if options.json:
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if options.plot:
        from bench.plot import draw

        options.plot.write_text(draw(document), encoding="utf-8")
    print(table(document))
    for mode, figures in inside.items():
        print(f"{mode}: {json.dumps(figures)}")


if __name__ == "__main__":
    main()
