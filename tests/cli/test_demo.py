"""`synfin demo`, as people and programs call it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from synfin.cli.demo import demo
from synfin.lab.scenarios import SCENARIOS
from synfin.pcap import read_capture
from synfin.timeline import fold
from synfin.timeline.width import width

ROOT = Path(__file__).resolve().parents[2]


def synfin(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, in a plain UTF-8 environment."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG"))}
    for name in ("NO_COLOR", "FORCE_COLOR"):
        env.pop(name, None)
    env |= {"PYTHONPATH": str(ROOT / "src"), "LANG": "C.UTF-8", "PYTHONUTF8": "1", **environment}
    return subprocess.run(
        [sys.executable, "-m", "synfin", "demo", *arguments],
        env=env, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120,
    )  # fmt: skip


def test_without_a_name_a_connection_lives_and_dies() -> None:
    done = synfin()
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_2", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "len=5"):
        assert word in done.stdout
    assert "At the end: A CLOSED, B CLOSED" in done.stdout
    assert "\x1b" not in done.stdout
    assert max(width(line) for line in done.stdout.splitlines()) <= 100


def test_the_language_comes_from_the_locale_or_the_option() -> None:
    assert "最终状态：A CLOSED，B CLOSED" in synfin("close", LANG="zh_CN.UTF-8").stdout
    assert "At the end" in synfin("close", "--lang", "en", LANG="zh_CN.UTF-8").stdout
    assert "最终状态" in synfin("close", "--lang", "zh").stdout
    assert "At the end" in synfin("close", LANG="de_DE.UTF-8").stdout


def test_title_faults_and_notes_frame_the_ladder() -> None:
    done = synfin("syn-lost", "--fault", "drop(B>A,SYN+ACK,1)", "--seed", "9", "--preset", "linux")
    head = done.stdout.splitlines()[:4]
    assert head[0] == "syn-lost (S06): the first SYN is lost"
    assert head[1] == "preset linux, seed 9"
    assert head[2:4] == ["fault: drop(A>B,SYN,1)", "fault: drop(B>A,SYN+ACK,1)"]
    assert done.stdout.count("✗ lost") + done.stdout.count("lost ✗") == 2
    assert "tcp_syn_linear_timeouts" in done.stdout


def test_why_explains_at_length() -> None:
    done = synfin("handshake", "--why", "--lang", "en")
    assert (done.returncode, done.stderr) == (0, "")
    assert "• ack = 1 = 0 + 1: A's SYN had number 0 and consumes one; B expects 1 next." in done.stdout
    assert "{peer}" not in done.stdout
    assert len(done.stdout.splitlines()) > 2 * len(synfin("handshake", "--lang", "en").stdout.splitlines())
    assert "• ack = 1 = 0 + 1：A 的 SYN 序号是 0" in synfin("handshake", "--why", "--lang", "zh").stdout
    assert synfin("handshake", "--why", "--ascii", "--lang", "en").stdout.isascii()


def test_json_follows_the_schema() -> None:
    done = synfin("handshake", "--json", "--seed", "5", "--preset", "linux")
    value = json.loads(done.stdout)
    assert done.stderr == ""
    assert {key: value[key] for key in ("schema", "scenario", "seed", "preset", "hosts", "final")} == {
        "schema": 1, "scenario": "handshake", "seed": 5, "preset": "linux", "hosts": ["A", "B"],
        "final": {"A": "ESTABLISHED", "B": "ESTABLISHED"},
    }  # fmt: skip
    syn = next(event for event in value["events"] if event["kind"] == "send")
    assert (syn["seq"], syn["flags"], syn["rel_seq"], syn["rel_ack"]) == (100, ["SYN"], 0, None)


def test_the_same_command_gives_the_same_bytes(tmp_path: Path) -> None:
    results = []
    for number in ("1", "2"):
        path = tmp_path / f"{number}.pcapng"
        done = synfin(
            "whole-life", "--json", "--fault", "drop(*,*,20%)", "--pcap", str(path), PYTHONHASHSEED=number
        )  # fmt: skip
        results.append((done.stdout, path.read_bytes()))
    assert results[0] == results[1]
    assert '"drop"' in results[0][0]


def test_the_capture_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "close.pcapng"
    done = synfin("close", "--pcap", str(path))
    assert done.returncode == 0
    with path.open("rb") as stream:
        packets = list(read_capture(stream))
    assert [p.comment for p in packets if p.direction == "out"] == [
        "syn", "syn-ack", "handshake-ack", "fin", "ack-of-fin", "fin", "ack-of-fin",
    ]  # fmt: skip


def test_a_capture_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    done = synfin("close", "--pcap", str(tmp_path / "missing" / "x.pcapng"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "No such file" in done.stderr


def test_pictures_and_page_are_written_beside_the_ladder(tmp_path: Path) -> None:
    names = {"--svg": "a.svg", "--html": "a.html", "--mermaid": "a.mmd", "--plot": "a.png"}
    arguments = [part for option, name in names.items() for part in (option, str(tmp_path / name))]
    done = CliRunner().invoke(demo, ["fin-lost", "--lang", "zh", "--fault", "drop(B>A,FIN,1)", *arguments])
    assert done.exit_code == 0, done.output
    assert "FIN_WAIT_2" in done.output
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg ")
    assert "fin-lost（S12）：第一个 FIN 丢失" in svg
    assert "故障：drop(B&gt;A,FIN,1)" in svg
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "四次" in page
    assert (tmp_path / "a.mmd").read_text(encoding="utf-8").startswith("sequenceDiagram")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("option", ["--svg", "--html", "--mermaid", "--plot"])
def test_a_file_that_cannot_be_written_is_one_line(option: str, tmp_path: Path) -> None:
    suffix = ".png" if option == "--plot" else ".x"
    done = synfin("handshake", option, str(tmp_path / "missing" / f"a{suffix}"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "cannot write" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_list_has_a_line_for_each_demo_with_its_note(lang: str) -> None:
    done = synfin("--list", "--lang", lang)
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(SCENARIOS)
    assert all(scenario.note in line for line, scenario in zip(lines[1:], SCENARIOS.values(), strict=True))
    notes = {scenario.note for scenario in SCENARIOS.values()}
    assert notes == {"handshake-and-wave", "handshake-notes", "interview-dialogue", "states-in-detail"}
    starts = {
        width(line[: line.index(scenario.note)]) for line, scenario in zip(lines[1:], SCENARIOS.values(), strict=True)
    }
    assert len(starts) == 1  # the columns stand under each other


def test_the_list_as_json() -> None:
    value = json.loads(synfin("--list", "--json").stdout)
    assert value["schema"] == 1
    assert [entry["name"] for entry in value["scenarios"]] == list(SCENARIOS)


@pytest.mark.parametrize(("lang", "words"), [("en", "did you mean"), ("zh", "您要找的是不是")])
def test_an_unknown_name_brings_close_ones(lang: str, words: str) -> None:
    done = synfin("syn-lots", "--lang", lang)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert "syn-lost" in done.stderr


@pytest.mark.parametrize(("lang", "words"), [("en", "expected SYN, SYN+ACK"), ("zh", "此处应为：SYN、SYN+ACK")])
def test_a_bad_fault_points_at_the_character(lang: str, words: str) -> None:
    done = synfin("--fault", "drop(A>B,SYM,1)", "--lang", lang)
    assert done.returncode == 2
    assert done.stdout == ""
    shown, caret, expected = done.stderr.splitlines()
    assert shown[caret.index("^") :].startswith("SYM")
    assert words in expected


def test_an_unknown_host_in_a_fault_is_told() -> None:
    done = synfin("--fault", "drop(A>C,SYN,1)")
    assert done.returncode == 2
    assert "A, B" in done.stderr


def test_colour_follows_the_conventions() -> None:
    assert "\x1b[" in synfin("close", FORCE_COLOR="1").stdout
    assert "\x1b[" not in synfin("close", NO_COLOR="1").stdout
    assert "\x1b[" not in synfin("close").stdout


def test_ascii_on_request_and_where_nothing_else_can_be_shown() -> None:
    asked = synfin("syn-lost", "--ascii")
    assert asked.returncode == 0
    assert asked.stdout.isascii()
    forced = synfin("close", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert forced.returncode == 0
    assert "-->" in forced.stdout


def test_a_bad_option_is_a_usage_error() -> None:
    assert synfin("--preset", "bsd").returncode == 2
    assert synfin("--seed", "x").returncode == 2
    assert synfin("--lang", "fr").returncode == 2


def test_without_a_command_there_is_help() -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "synfin"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr.startswith("Usage: synfin")
    assert "\n  demo " in asked.stderr


def test_uneventful_runs_are_folded_unless_one_wants_to_see_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """No demo is long enough by itself; with smaller limits `whole-life` is."""
    monkeypatch.setattr(fold, "FOLD_HEAD", 0)
    monkeypatch.setattr(fold, "FOLD_LEAST", 1)
    folded, whole = (
        CliRunner().invoke(demo, ["whole-life", "--lang", "en", option], standalone_mode=False).output
        for option in ("--fold", "--no-fold")
    )
    assert "… B: 1 data segment, 12 octets; " in folded
    assert "data segment" not in whole
    assert "len=12" in whole
    assert "len=12" not in folded
    assert whole == synfin("whole-life", "--lang", "en").stdout


def test_a_header_is_shown_field_by_field() -> None:
    done = synfin("options", "--header", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Segment 1: SYN, 10.0.0.1:40000 → 10.0.0.2:80, 0.000 s\n")
    assert "|      Source port = 40000      |     Destination port = 80     | 9c 40 00 50" in done.stdout
    assert "MSS 1460" in done.stdout or "MSS = 1460" in done.stdout
    assert "->" in synfin("options", "--header", "1", "--ascii").stdout
    assert synfin("options", "--header", "2", "--ascii").stdout.isascii()
    assert "序列号 = 100" in synfin("options", "--header", "1", "--lang", "zh").stdout


def test_a_header_as_json_holds_every_bit() -> None:
    value = json.loads(synfin("options", "--header", "2", "--json").stdout)
    assert (value["schema"], value["segment"]) == (1, 2)
    bits = sum(field["bits"] for layer in value["layers"] for field in layer["fields"])
    assert bits == 4 * len(value["hex"])


def test_a_header_that_is_not_there_is_told() -> None:
    done = synfin("handshake", "--header", "99")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no segment 99" in done.stderr


def test_pictures_of_the_ladder_and_of_a_header(tmp_path: Path) -> None:
    ladder, header = tmp_path / "ladder.svg", tmp_path / "header.svg"
    assert "TIME_WAIT" in synfin("close", "--svg", str(ladder)).stdout, "the ladder is printed as well"
    assert "TIME_WAIT" in ladder.read_text(encoding="utf-8")
    assert synfin("close", "--header", "1", "--svg", str(header)).stdout == ""
    assert "Sequence number" in header.read_text(encoding="utf-8")
    lost = synfin("close", "--header", "1", "--svg", str(tmp_path / "no" / "where.svg"))
    assert lost.returncode == 2
    assert "cannot write" in lost.stderr
