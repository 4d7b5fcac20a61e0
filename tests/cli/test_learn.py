"""`synfin learn`: the list, a chapter, answers, JSON, both languages."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from synfin.cli.learn import learn
from synfin.cli.main import run
from synfin.learn import CHAPTERS

pytestmark = pytest.mark.unjudged  # some chapters break TCP on purpose


def test_it_lists_the_chapters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", "--lang", "en"]) == 0
    out = capsys.readouterr()
    assert [line.split()[0] for line in out.out.splitlines()] == list(CHAPTERS)
    assert "synfin learn CHAPTER" in out.err
    assert run(["learn", "--json", "--lang", "zh"]) == 0
    assert json.loads(capsys.readouterr().out)["chapters"][0]["title"] == "为什么是三次握手"


def test_a_chapter_shows_text_ladder_and_questions(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", "three-way", "--lang", "en"]) == 0
    out = capsys.readouterr()
    assert "Why three messages  [S01]" in out.out
    assert "SYN,ACK seq=0(300) ack=1(101)" in out.out
    assert "Where the common notes are wrong" in out.out
    assert "   b) 101" in out.out
    assert "Right" not in out.out
    assert "--answers a,b,c" in out.err
    assert max(map(len, out.out.splitlines())) <= 120


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", CHAPTERS)
def test_every_chapter_can_be_shown(name: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", name, "--show", "--lang", lang]) == 0
    out = capsys.readouterr().out
    assert out.count("Answer: " if lang == "en" else "答案：") == 3
    assert "{" not in out


def test_another_run_can_be_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", "two-messages", "--watch", "ghost", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "two messages are enough" in out
    assert "[teach-established-on-syn, RFC 9293 3.5]" in out


def test_answers_are_graded(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", "three-way", "--answers", "b,SYN_RECEIVED,101", "--lang", "en"]) == 0
    assert "3 of 3 right" in capsys.readouterr().out
    assert run(["learn", "three-way", "--answers", "a,b,b", "--lang", "zh"]) == 1
    out = capsys.readouterr().out
    assert "不对。答案是：101" in out
    assert "3 题答对 2 题" in out


def test_json_has_the_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["learn", "resets", "--json", "--answers", "c,a,b", "--lang", "en"]) == 1
    value = json.loads(capsys.readouterr().out)
    assert [verdict["right"] for verdict in value["verdicts"]] == [True, False, True]
    assert "answer" not in value["questions"][0]
    assert run(["learn", "resets", "--json", "--show", "--lang", "en"]) == 0
    assert json.loads(capsys.readouterr().out)["questions"][0]["answer"] == "101"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["learn", "thre-way"], "did you mean three-way"),
        (["learn", "three-way", "--answers", "a"], "3 questions; answers given: 1"),
        (["learn", "three-way", "--answers", "a,b,z"], "'z' is none of"),
        (["learn", "three-way", "--watch", "ghost"], "there are plain"),
        (["learn", "--show"], "name a chapter"),
        (["learn", "three-way", "--show", "--answers", "a,b,c"], "--answers"),
    ],
)
def test_mistakes_are_told(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*arguments, "--lang", "en"]) == 2
    assert told in capsys.readouterr().err


def test_on_a_terminal_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no choice is asked again; the end of input ends it."""
    monkeypatch.setattr("synfin.cli.learn.on_terminal", lambda: True)
    done = CliRunner().invoke(learn, ["three-way", "--lang", "en"], input="z\nb\nb\na\n", standalone_mode=False)
    assert done.return_value == 1
    assert "This is no answer: 'z' is none of" in done.output
    assert "2 of 3 right" in done.output
    cut = CliRunner().invoke(learn, ["three-way", "--lang", "en"], input="b\n")
    assert cut.exit_code == 1


def test_ascii_is_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    for name in CHAPTERS:
        assert run(["learn", name, "--ascii", "--show", "--lang", "en"]) == 0
        out = capsys.readouterr().out
        assert out.isascii(), [line for line in out.splitlines() if not line.isascii()][:3]
