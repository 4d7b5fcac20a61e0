"""What docs/faults.md and docs/lab.md show works as they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from synfin.lab.faults import FaultError, parse_fault
from synfin.lab.plan import ACTIONS, LINK_ACTIONS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_expression_of_the_faults_page_can_be_read() -> None:
    text = (DOCS / "faults.md").read_text(encoding="utf-8")
    examples = re.findall(r"\b(?:drop|dup|delay|reorder|corrupt|hold|mark)\([^)]*\)", text)
    readable, wrong = [], []
    for example in examples:
        try:
            readable.append(str(parse_fault(example)))
        except FaultError:
            wrong.append(example)
    assert len(readable) >= 11
    assert sorted(set(wrong)) == ["drop(A>B,DATA,last)", "drop(A>B,SYM,1)"]  # shown as mistakes


def test_the_mistake_on_the_faults_page_looks_like_that() -> None:
    with pytest.raises(FaultError) as caught:
        parse_fault("drop(A>B,SYM,1)")
    assert str(caught.value) in (DOCS / "faults.md").read_text(encoding="utf-8")


def test_the_example_of_the_lab_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = re.search(r"```python\n(.*?)```", (DOCS / "lab.md").read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    monkeypatch.chdir(tmp_path)
    exec(compile(code[1], "lab.md", "exec"), {"__name__": "example"})
    shown = capsys.readouterr().out
    assert "b'hello\\n'" in shown
    assert "SYN_SENT" in shown
    assert (tmp_path / "run.pcapng").stat().st_size > 500


def test_the_plan_of_the_lab_page_can_be_played(capsys: pytest.CaptureFixture[str]) -> None:
    code = re.findall(r"```python\n(.*?)```", (DOCS / "lab.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    exec(compile(code, "lab.md", "exec"), {"__name__": "example"})
    shown = capsys.readouterr().out
    assert "(lost)" in shown
    assert "{'A': 'ESTABLISHED', 'B': 'ESTABLISHED'}" in shown


def test_the_lab_page_names_every_action() -> None:
    text = (DOCS / "lab.md").read_text(encoding="utf-8")
    assert f"`{' '.join(ACTIONS)}`" in text
    assert f"`{' '.join(LINK_ACTIONS)}`" in text
