"""`synfin drill explain`: each line of a script beside the steps that it stands for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from synfin.cli.main import run
from synfin.drill.explain import explained
from synfin.drill.parser import load
from synfin.drill.play import Plan, play
from synfin.drill.texts import TEXTS, text
from synfin.timeline.style import Style
from synfin.timeline.width import width
from tests.drill.play import OPEN, OPEN_LINES
from tests.drill.samples import KERNEL

WRITE = OPEN + "+0 write(4, ..., 2500) = 2500\n+0 > P. 1:2001(2000) ack 1\n"


def lines_of(path: Path, cells: int = 100, lang: str = "en") -> list[str]:
    outcome = play(load(path), Plan(lang=lang))
    return explained(outcome, lang, style=Style(), cells=cells)


def numbered(lines: list[str]) -> list[int]:
    """The numbers of script lines, in order."""
    return [int(found[1]) for line in lines if (found := re.match(r" *([0-9]+) │", line))]


@pytest.mark.parametrize("cells", [80, 120])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("path", KERNEL, ids=lambda path: path.stem)
def test_every_line_is_shown_once_and_fits(path: Path, lang: str, cells: int) -> None:
    lines = lines_of(path, cells, lang)
    shown = numbered(lines)
    script = path.read_text(encoding="utf-8").splitlines()
    assert shown == [number for number, line in enumerate(script, 1) if line.strip()]
    assert max(map(width, lines)) <= cells


def test_calls_stand_before_what_they_bring_about_and_expectations_before_what_they_match(tmp_path: Path) -> None:
    path = tmp_path / "x.pkt"
    path.write_text(WRITE)
    lines = lines_of(path)
    at = [place for place, line in enumerate(lines) if "write(4" in line or "● write" in line or "1:2001" in line]
    assert "write(4, ..., 2500)" in lines[at[0]]
    assert "the program hands 2500 octets to socket 4" in lines[at[0] + 1]
    assert "● write 2500 octets" in lines[at[1]]
    assert "> P. 1:2001(2000)" in lines[at[2]]
    assert "synfin must send this at once" in lines[at[2] + 1]
    assert "len=1000" in lines[at[2] + 2]
    assert any("SYN_RECEIVED" in line for line in lines)


def test_timers_stand_before_the_line_that_expects_their_work() -> None:
    path = next(path for path in KERNEL if path.stem == "keepalive-probe-and-timeout")
    lines = lines_of(path)
    expects = [place for place, line in enumerate(lines) if "+.8~+1.3 > . 0:0(0)" in line]
    assert len(expects) == 3
    for place in expects:
        assert "between 0.8 and 1.3 s after the line before" in lines[place + 1]
        assert "ACK" in "".join(lines[place + 2 : place + 4])


def test_both_languages_have_all_texts() -> None:
    names = {
        "who": "A", "fd": "3", "size": "1", "new": "4", "value": "v", "time": "1", "end": "2", "name": "n",
        "what": "w", "expected": "e", "actual": "a", "note": "o", "count": "2", "counts": "c",
    }  # fmt: skip
    for message, (english, chinese) in TEXTS.items():
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", chinese)), message
        assert text("en", message, **names) != text("zh", message, **names)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.pkt"
    path.write_text(OPEN)
    assert run(["drill", "explain", str(path), "--lang", "zh"]) == 0
    assert "程序创建套接字，脚本中称为 3" in capsys.readouterr().out
    path.write_text(OPEN + "+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 2\n")
    assert run(["drill", "explain", str(path), "--lang", "en"]) == 1
    out = capsys.readouterr().out
    assert f"x.pkt:{OPEN_LINES + 2}:1: the packet is not the expected one" in out
    assert "expected ack 2, got ack 1" in out
    path.write_text("0 socket(")
    assert run(["drill", "explain", str(path)]) == 3
    assert run(["drill", "explain", str(tmp_path / "nothing")]) == 3
