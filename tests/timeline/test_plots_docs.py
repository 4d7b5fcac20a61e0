"""docs/plots.md in both languages: its Python runs, its text and its pictures are what the commands make."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from synfin.lab.scenarios import run
from synfin.timeline.headers import describe
from synfin.timeline.plots import KINDS
from synfin.timeline.series import series
from tests.timeline.transfer import transfer

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = {"en": "plots.md", "zh": "plots.zh-CN.md"}


def blocks(lang: str, kind: str) -> list[str]:
    """The fenced blocks of one kind."""
    text = (DOCS / PAGES[lang]).read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("lang", PAGES)
def test_the_examples_can_be_pasted_one_after_the_other(
    lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    code = "".join(blocks(lang, "python"))
    exec(compile(code, PAGES[lang], "exec"), {"__name__": "example"})  # our own documentation
    shown = re.findall(r"!\[[^\]]+\]\((plot[^)]+)\)", (DOCS / PAGES[lang]).read_text(encoding="utf-8"))
    assert len(shown) == 1
    for name in shown:
        made, kept = (folder / name for folder in (tmp_path, DOCS))
        # How letters are painted depends on the version of matplotlib; the size and the rest of the head do not.
        assert made.read_bytes()[:24] == kept.read_bytes()[:24]


@pytest.mark.parametrize("lang", PAGES)
def test_what_is_said_about_the_plot_holds(lang: str) -> None:
    """Three SACKs, then the segment again."""
    code = blocks(lang, "python")[0]
    names: dict[str, object] = {"__name__": "example"}
    exec("\n".join(line for line in code.splitlines() if not line.startswith("save_plots")), names)
    world = names["world"]
    told = series(world.records, "A")  # type: ignore[attr-defined]
    segments, sack = told["sequence"]["segments"], told["sequence"]["sack"]
    again = segments["time_s"][segments["kind"].index("retransmitted")]
    assert len([time for time in sack["time_s"] if time <= again]) == 3


@pytest.mark.parametrize("lang", PAGES)
def test_the_text_is_what_the_command_prints(lang: str) -> None:
    command, _, expected = blocks(lang, "console")[1].partition("\n")
    arguments = command.removeprefix("$ synfin ").split()
    if "--lang" not in arguments:
        arguments += ["--lang", "en"]
    done = subprocess.run(
        [sys.executable, "-m", "synfin", *arguments], capture_output=True, text=True, encoding="utf-8", check=True,
        cwd=ROOT,
    )  # fmt: skip
    assert done.stdout == expected


@pytest.mark.parametrize("lang", PAGES)
def test_the_picture_of_the_header_is_what_the_command_makes(lang: str, tmp_path: Path) -> None:
    command = blocks(lang, "console")[0].strip().removeprefix("$ synfin ").split()
    picture = command[-1]
    if "--lang" not in command:
        command += ["--lang", "en"]
    made = tmp_path / "made.svg"
    arguments = [str(made) if argument == picture else argument for argument in command]
    subprocess.run([sys.executable, "-m", "synfin", *arguments], check=True, capture_output=True, cwd=ROOT)
    assert made.read_text(encoding="utf-8") == (ROOT / picture).read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", PAGES)
def test_tables_are_complete(lang: str) -> None:
    text = (DOCS / PAGES[lang]).read_text(encoding="utf-8")
    for kind in (*KINDS, "all"):
        assert f"| `{kind}` |" in text
    told = series(transfer().records, "A")
    parts = {"sequence": told["sequence"], "rtt": told["rtt"]}
    for key, value in told.items():
        assert f"`{key}`" in text or key in parts, key
        for name, arrays in {**parts.get(key, {key: value})}.items():
            for array in arrays if isinstance(arrays, dict) and key != "thinned" else ():
                assert f"`{array}`" in text, (name, array)


def test_layers_that_the_page_names_are_read() -> None:
    assert [layer.name for layer in describe(run("options").frames()[0].data)] == ["ipv4", "tcp"]
