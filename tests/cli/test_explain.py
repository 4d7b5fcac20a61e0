"""`synfin explain`, as people and programs call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from synfin.cli.main import EXIT_BAD_FILE, EXIT_OK, EXIT_USAGE, run
from synfin.lab.scenarios import run as play
from synfin.timeline.width import width


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A connection that loses its FIN."""
    path = tmp_path / "fin-lost.pcapng"
    with path.open("wb") as stream:
        play("fin-lost").write_capture(stream)
    return path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    code = run(["explain", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_ladder_with_states_and_losses(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = told(capsys, str(capture), "--lang", "en")
    assert (code, err) == (EXIT_OK, "")
    for part in ("states are inferred", "SYN_RECEIVED", "✗ lost", "↻ resent", "FIN_WAIT_2"):
        assert part in out
    assert out.endswith("As far as it shows, at the end: A TIME_WAIT, B CLOSED\n")
    assert "A: 5 segments, 0 octets, sent again: 1; B: 3 segments" in out
    assert max(width(line) for line in out.splitlines()) <= 100


def test_in_chinese_and_in_ascii(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, chinese, _ = told(capsys, str(capture), "--lang", "zh")
    assert "推断" in chinese
    assert "就抓包所见，最终状态：A TIME_WAIT，B CLOSED" in chinese
    _, plain, _ = told(capsys, str(capture), "--lang", "en", "--ascii")
    assert plain.isascii()


def test_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ports.pcapng"
    with path.open("wb") as stream:
        play("time-wait-ports").write_capture(stream)
    code, out, _ = told(capsys, str(path), "--list", "--lang", "en")
    assert code == EXIT_OK
    first = out.splitlines()[1].split()
    assert first[:4] == ["1", "10.0.0.1:40000", ">", "10.0.0.2:80"]
    _, text, _ = told(capsys, str(path), "--list", "--json")
    value = json.loads(text)
    assert value["schema"] == 1
    assert value["connections"][0]["client"] == "10.0.0.1:40000"
    _, second, _ = told(capsys, str(path), "--connection", "2", "--lang", "en")
    assert "10.0.0.1:40001" in second


def test_json(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = told(capsys, str(capture), "--json")
    value = json.loads(text)
    assert value["schema"] == 1
    assert value["capture"] == "fin-lost.pcapng"
    assert value["connection"] == 1
    assert value["remarks"][0]["id"] == "capture.inferred"
    assert value["final"] == {"A": "TIME_WAIT", "B": "CLOSED"}
    assert value["connections"][0]["parties"][0]["lost"] == 1
    assert {event["kind"] for event in value["events"]} >= {"send", "recv", "drop", "state"}


def test_what_cannot_be_read(tmp_path: Path, capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no capture", encoding="utf-8")
    code, out, err = told(capsys, str(text))
    assert (code, out) == (EXIT_BAD_FILE, "")
    assert err.startswith(f"synfin: {text}: this is neither pcapng nor pcap")
    code, _, err = told(capsys, str(tmp_path / "nothing.pcapng"), "--lang", "en")
    assert (code, err) == (
        EXIT_BAD_FILE,
        f"synfin: cannot read {tmp_path / 'nothing.pcapng'}: No such file or directory\n",
    )
    code, _, err = told(capsys, str(capture), "--connection", "5")
    assert code == EXIT_BAD_FILE
    assert "there is no connection 5; there are 1: 10.0.0.1:40000 > 10.0.0.2:80" in err


def test_help_is_there() -> None:
    from synfin.cli.explain import explain

    assert "--connection" in CliRunner().invoke(explain, ["--help"]).output


def test_why_tells_the_arithmetic(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, str(capture), "--why", "--lang", "en")
    assert code == EXIT_OK
    assert "• ack = 1 = 0 + 1: A's SYN had number 0 and consumes one; B expects 1 next." in out
    assert "a FIN that goes once more keeps its number" in " ".join(out.split())
    _, plain, _ = told(capsys, str(capture), "--why", "--lang", "en", "--ascii")
    assert plain.isascii()


def test_a_term_in_every_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = told(capsys, "--term", "time-wait", "--lang", "en")
    assert (code, err) == (EXIT_OK, "")
    heads = [line for line in out.splitlines() if line and not line.startswith(" ")]
    assert heads[0].startswith("state TIME_WAIT: waits until all old segments are gone")
    assert heads[1].startswith("timer time-wait: 2MSL is over")
    assert "  Linux: 60 s" in out
    assert max(width(line) for line in out.splitlines()[1:]) <= 100
    _, out, _ = told(capsys, "--term", "SYN", "--lang", "zh")
    assert out.startswith("规则 syn：本端主动打开：")
    assert "本端 " not in out.splitlines()[0]
    assert "标志 SYN：同步序列号" in out
    _, out, _ = told(capsys, "--term", "syn_sent->established", "--lang", "en", "--ascii")
    assert out.startswith("move SYN_SENT -> ESTABLISHED")
    assert out.isascii()


def test_a_term_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, text, _ = told(capsys, "--term", "wscale", "--json", "--lang", "en")
    value = json.loads(text)
    assert (value["schema"], value["items"][0]["kind"]) == (1, "option")
    assert value["items"][0]["rfc"] == "RFC 7323 2"
    assert value["items"][0]["linux"]


def test_a_term_that_nobody_knows_and_none_at_all(capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = told(capsys, "--term", "tiem_wait", "--lang", "en")
    assert (code, out) == (EXIT_USAGE, "")
    assert "nothing named 'tiem_wait' can be explained; did you mean time-wait" in err
    assert told(capsys, "--lang", "en")[0] == EXIT_USAGE
    code, _, err = told(capsys, str(capture), "--term", "SYN", "--lang", "en")
    assert code == EXIT_USAGE
    assert "not both" in err
