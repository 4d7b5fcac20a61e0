"""The measurements' own arithmetic, and one short session of each kind, so that `make bench` does not rot."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bench import budget, places, report, run, tools
from bench.inside import lab_scale, memory, time_wait
from bench.plot import draw
from bench.session import figures_of
from bench.setups import MEASURES, SETUPS, Setup, measures_of
from tests.interop.harness import require_namespace

ROOT = Path(__file__).parents[1]
FAST = "synfin compiled offload"


def document(**median: dict[str, Any]) -> dict[str, Any]:
    """A run with these medians by setup, `_` for blanks."""
    return {
        "schema": 2,
        "python": "3.11.2",
        "system": {"cores": 2, "machine": "x86_64", "kernel": "6.1.0-1"},
        "load": [0.5, 2.0],
        "rounds": 5,
        "seconds": 2.0,
        "skipped": {"pytcp": "pmd-pytcp is not installed"},
        "median": {name.replace("_", " "): measures for name, measures in median.items()},
        "inside": {"compiled": {"lab-scale": {"us/segment at 1000": 5.0, "us/segment at 10000": 5.5}}},
        "runs": {"synfin compiled offload": {"receive": [{"Gbit/s": 13.5}, {"error": "x"}, {"Gbit/s": 14.25}]}},
        "budget": {"compiled": {"plain": {"parse": 1.25, "demux": 0.5, "octets": 1448.0}}},
    }


def test_every_setup_has_its_own_name() -> None:
    names = [setup.name for setup in SETUPS]
    assert len(set(names)) == len(names)
    assert FAST in names


def test_median_of_the_rounds_that_gave_a_figure() -> None:
    rounds: list[dict[str, Any]] = [{"1/s": 3.0}, {"error": "took too long"}, {"1/s": 1.0}, {"1/s": 2.0}]
    broken: list[dict[str, Any]] = [{"error": "a"}, {"error": "b"}]
    assert run.medians({"x": {"connects": rounds, "send": broken}}) == {
        "x": {"connects": {"1/s": 2.0}, "send": {"error": "a"}}
    }


def test_figures_of_bulk_count_text_in_the_window_and_cpu_over_all() -> None:
    raw = {"octets": 2_000_000_000, "seconds": 2.0, "total": 4_000_000_000}
    assert figures_of(MEASURES["receive"], raw, 1.0) == {"Gbit/s": 8.0, "CPU s/GB": 0.25}


def test_figures_of_ping_pong_are_microseconds() -> None:
    raw = {"count": 100, "total": 200, "seconds": 2.0, "p50": 50e-6, "p99": 90e-6}
    figures = figures_of(MEASURES["ping-pong"], raw, 0.01)
    assert figures == pytest.approx({"p50 us": 50, "p99 us": 90, "1/s": 50, "CPU us": 50})


def test_idle_connections_are_measured_where_the_process_holds_them() -> None:
    names = list(MEASURES)
    assert "idle-10000" in measures_of(Setup("synfin", compiled=True), names)
    assert "idle-10000" in measures_of(Setup("lwip"), names)
    assert "idle-10000" not in measures_of(Setup("kernel"), names)
    assert "idle-10000" not in measures_of(Setup("synfin", offload=True), names)
    assert "receive" not in measures_of(Setup("synfin", offload=True, workers=2), names)


def test_options_name_what_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.parse(["--only", "receive", "--peers", "none"]).stacks == []
    assert "idle-100000" not in run.parse(["--quick"]).names
    with pytest.raises(SystemExit):
        run.parse(["--peers", "synfin,qnx"])
    assert "'qnx' is not one of synfin, kernel" in capsys.readouterr().err


def test_page_says_what_is_missed() -> None:
    page = report.render(
        document(
            synfin_compiled_offload={"receive": {"Gbit/s": 13.5}, "send": {"Gbit/s": 19.0}},
            synfin_interpreted_offload={"receive": {"Gbit/s": 2.9}, "send": {"Gbit/s": 5.1}},
            gvisor_offload={"receive": {"Gbit/s": 9.0}, "send": {"error": "no progress"}},
            lwip={"send": {"Gbit/s": 3.8}},
        )
    )
    lines = page.splitlines()
    assert "| receive, Gbit/s | ≥ 12 | 13.50 | 14.25 | 2.90 **missed** |" in lines
    assert "| send, Gbit/s | ≥ 20 | 19.00 **missed** |  | 5.10 |" in lines
    assert "| receive beside gVisor's best (gvisor offload) | ≥ 1 times | 1.50 times | | 0.32 times |" in lines
    assert "| send beside the best in user space, MTU 1500 (lwip) | ≥ 1 times | 5.00 times | | 1.34 times |" in lines
    assert "| MB with 100,000 connections | ≤ 400 | not measured |  | not measured |" in lines
    assert any(line.startswith("| gvisor offload | 1.50 |") for line in lines)
    assert "- pytcp: pmd-pytcp is not installed" in lines
    assert "| parse |  |  | 1.25 |  | " + budget.STAGES["parse"] + " |" in lines
    assert not [line for line in lines if "{" in line]


def test_a_later_run_takes_the_place_of_what_it_measured_again() -> None:
    first = document(synfin_compiled_offload={"receive": {"Gbit/s": 13.5}, "send": {"Gbit/s": 19.0}})
    assert "Measured again" not in report.render(first)
    later = document(synfin_compiled_offload={"send": {"Gbit/s": 21.0}})
    first["again"] = report.replace(first, {**later, "runs": {}, "inside": {}})
    lines = report.render(first).splitlines()
    assert "Measured again for synfin alone in a later run, after a change: send." in lines
    assert any(line.startswith("| receive, Gbit/s | ≥ 12 | 13.50 |") for line in lines)
    assert any(line.startswith("| send, Gbit/s | ≥ 20 | 21.00 |") for line in lines)


def test_picture_is_well_formed_and_tells_its_figures() -> None:
    text = draw(document(synfin_compiled_offload={"receive": {"Gbit/s": 12.5}}, lwip={"receive": {"Gbit/s": 2.0}}))
    root = ET.fromstring(text)
    assert root.get("role") == "img"
    words = " ".join(root.itertext())
    assert "12.50" in words
    assert "lwip" in words


def test_table_names_what_was_skipped_and_what_failed() -> None:
    text = run.table(document(lwip={"receive": {"Gbit/s": 2.0}, "send": {"error": "x"}}))
    assert "2.00" in text
    assert "failed" in text
    assert "skipped: pytcp: pmd-pytcp is not installed" in text


def test_what_runs_inside_counts_real_things() -> None:
    assert 100 < memory(200)["time-wait bytes"] < 2_000
    assert 80 < time_wait(20_000)["time-wait bytes"] < 300
    assert lab_scale(1_000)["us/segment at 1000"] > 0


def test_stages_of_the_budget_are_all_timed() -> None:
    figures = budget.protocol(True)
    assert set(figures) == {*budget.STAGES, "octets"} - {"read", "write", "split"}
    assert figures["octets"] > 10_000
    assert all(value >= 0 for value in figures.values())


def session(setup: dict[str, Any], *names: str) -> dict[str, Any]:
    """Run a session and return its figures."""
    answer = subprocess.run(
        [sys.executable, "-m", "bench.session"],
        input=json.dumps({"setup": setup, "measures": names, "seconds": 0.2}),
        env=tools.environment_for(False),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return dict(json.loads(line) for line in answer.stdout.splitlines())


@pytest.mark.interop
@pytest.mark.parametrize("peer", ["synfin", "kernel"])
def test_a_session_measures(peer: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    require_namespace()
    for program in ("cc", "ip", "unshare", "nsenter"):
        if shutil.which(program, path="/usr/bin:/bin:/usr/sbin:/sbin") is None:
            pytest.skip(f"{program} is not installed")
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    figures = session({"peer": peer, "offload": True}, "receive", "send", "connects-64", "ping-pong")
    assert set(figures) == {"receive", "send", "connects-64", "ping-pong"}
    assert not [values for values in figures.values() if "error" in values]
    assert figures["receive"]["Gbit/s"] > 0
    assert figures["ping-pong"]["p99 us"] >= figures["ping-pong"]["p50 us"] > 0


def test_processes_below_are_found() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 30 & wait"]) as process:
        try:
            found: list[int] = []
            while not found:
                found = places.descendants(process.pid)
            assert len(found) == 1
        finally:
            for pid in [*places.descendants(process.pid), process.pid]:
                subprocess.run(["kill", str(pid)], check=False)
