"""The pictures of the documentation are those that the renderers draw now, and the documents show all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.timeline.pictures import STORED, pictures

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"pictures/([\w.-]+\.svg)")


def test_stored_pictures_are_up_to_date() -> None:
    """After a change on purpose: make pictures."""
    drawn = pictures()
    assert sorted(path.name for path in STORED.glob("*.svg")) == sorted(drawn)
    assert [name for name, text in drawn.items() if (STORED / name).read_text(encoding="utf-8") != text] == []


@pytest.mark.parametrize("name", ["docs/timeline.md"])
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(
        r"^```python\n(.*?)^```$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    exec(compile(example, name, "exec"), {"__name__": "example"})  # our own documentation
    assert (tmp_path / "run.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert "报文段" in (tmp_path / "run.html").read_text(encoding="utf-8")


def test_documents_show_pictures_that_exist_and_none_is_left_over() -> None:
    shown: set[str] = set()
    for path in (*ROOT.glob("README*.md"), *(ROOT / "docs").glob("timeline*.md")):
        found = set(SHOWN.findall(path.read_text(encoding="utf-8")))
        assert all((STORED / name).exists() for name in found), path
        shown |= found
    assert shown == {path.name for path in STORED.glob("*.svg")}
