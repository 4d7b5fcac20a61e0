"""`synfin drill` and its reports: text, JSON, JUnit, TAP, captures, exit codes; and the pytest plugin."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from synfin.cli.main import run
from synfin.pcap import read_capture
from tests.drill.play import OPEN, OPEN_LINES
from tests.interop.harness import environment

GOOD = OPEN + "+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n"
BAD = OPEN + "+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 2 <nop,nop,nop,nop>\n"
STRANGE = OPEN + "+0 mmap(4) = 0\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.pkt").write_text(GOOD)
    (tmp_path / "deep" / "a.pkt").write_text(GOOD)
    (tmp_path / "not-a-script.txt").write_text("x")
    return tmp_path


def test_folder_that_passes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["drill", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["ok", str(folder / "b.pkt")],
        ["ok", str(folder / "deep" / "a.pkt")],
    ]
    assert err.startswith("2 scripts: 2 ok in ")


def test_failure_shows_line_caret_sides_rule_and_ladder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.pkt").write_text(BAD)
    assert run(["drill", str(folder), "--lang", "en"]) == 1
    lines = capsys.readouterr().out.splitlines()
    at = lines.index(f"{folder}/bad.pkt:{OPEN_LINES + 2}:1: the packet is not the expected one")
    assert lines[at + 3 : at + 13] == [
        f"  {OPEN_LINES + 2} | +0 > P. 1:11(10) ack 2 <nop,nop,nop,nop>",
        "     |                  ^^^^^",
        "  expected  > P. 1:11(10) ack 2 <nop,nop,nop,nop>",
        "                          ^^^^^ ^^^^^^^^^^^^^^^^^",
        "  got       > P. 1:11(10) ack 1",
        "                          ^^^^^",
        "  ack       expected ack 2, got ack 1",
        "  options   expected <nop,nop,nop,nop>, got no options",
        "  at        0.1 s",
        "  rule      data (RFC 9293 3.10.2): synfin sends what its application wrote",
    ]
    assert any("SYN_RECEIVED" in line for line in lines[at:])


def test_script_that_cannot_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "broken.pkt"
    path.write_text("0 socket(..., = 3\n")
    assert run(["drill", str(path)]) == 3
    assert f"{path}:1:15: expected a value" in capsys.readouterr().out


def test_script_that_is_not_supported_is_no_success(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "strange.pkt").write_text(STRANGE)
    assert run(["drill", str(folder / "strange.pkt")]) == 1
    assert "mmap() is not known" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing-here"],
        ["--relax", "everything", "."],
        ["-D", "1=2", "."],
        ["-D", "NAME", "."],
        ["--quiet-end", "soon", "."],
        ["--json", "--tap", "."],
        ["--on", "mars", "."],
        [],
    ],
)
def test_usage(arguments: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert run(["drill", *arguments]) == 2


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.pkt").write_text(BAD)
    assert run(["drill", str(folder), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1
    assert found["counts"]["passed"] == 2
    (failed,) = [script for script in found["scripts"] if script["status"] == "failed"]
    assert failed["failure"]["line"] == OPEN_LINES + 2
    assert failed["failure"]["rule"] == "data"
    assert [difference["field"] for difference in failed["failure"]["differences"]] == ["ack", "options"]


def test_tap(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.pkt").write_text(BAD)
    (folder / "strange.pkt").write_text(STRANGE)
    assert run(["drill", str(folder), "--tap"]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
    assert lines[:2] == ["TAP version 13", "1..4"]
    assert [line.split(" - ")[0] for line in lines[2:]] == ["ok 1", "not ok 2", "ok 3", "ok 4"]
    assert "# SKIP line" in lines[5]


def test_junit(folder: Path) -> None:
    (folder / "bad.pkt").write_text(BAD)
    (folder / "strange.pkt").write_text(STRANGE)
    (folder / "unread.pkt").write_text("<&>")
    assert run(["drill", str(folder), "--junit", str(folder / "out.xml")]) == 3
    suite = ET.parse(folder / "out.xml").getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.text is not None
    assert "expected ack 2, got ack 1" in failure.text


def test_captures(folder: Path) -> None:
    assert run(["drill", str(folder / "b.pkt"), "--pcap", str(folder / "captures")]) == 0
    with (folder / "captures" / "b.stack.pcapng").open("rb") as stream:
        packets = list(read_capture(stream))
    assert [len(packet.data) for packet in packets] == [44, 44, 40, 50]


def test_ladder_of_a_script_that_passes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["drill", str(folder / "b.pkt"), "--ladder", "--lang", "zh"]) == 0
    assert "SYN_RECEIVED" in capsys.readouterr().out


def test_words_are_replaced(folder: Path) -> None:
    path = folder / "word.pkt"
    path.write_text(GOOD.replace("1:11(10)", "1:END(SIZE)"))
    assert run(["drill", str(path), "-D", "END=11", "-D", "SIZE=10"]) == 0
    assert run(["drill", str(path), "-D", "END=12", "-D", "SIZE=11"]) == 1


def test_several_processes_give_the_same_in_the_same_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.pkt").write_text(BAD)

    def play(jobs: str) -> object:
        assert run(["drill", str(folder), "--json", "-j", jobs]) == 1
        return json.loads(capsys.readouterr().out)

    assert play("3") == play("1")


def test_plugin_collects_scripts(folder: Path) -> None:
    (folder / "bad.pkt").write_text(BAD)
    (folder / "noisy.pkt").write_text(OPEN + "+0 < P. 1:11(10) ack 1 win 65535\n")
    (folder / "strange.pkt").write_text(STRANGE)
    command = [sys.executable, "-m", "pytest", "-p", "synfin.drill.plugin", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.splitlines()[-1].startswith("2 failed, 2 passed, 1 skipped")
    assert "expected ack 2, got ack 1" in done.stdout
    assert "a packet that the script does not expect" in done.stdout
    assert "Traceback" not in done.stdout
