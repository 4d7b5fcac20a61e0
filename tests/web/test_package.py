"""What is installed: the static files are in the wheel, and the extra `web` asks for what the page needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from synfin.web.assets import TYPES, read_assets
from synfin.web.serve import need_web

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "src" / "synfin" / "web" / "static"

pytest.importorskip("setuptools", reason="wheels are built by setuptools")


def static_files() -> set[str]:
    return {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()}


def test_the_wheel_has_every_static_file_and_the_texts_of_licences(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    for name in ("src", "scripts"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("*.so", "__pycache__", "*.egg-info"))
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "bdist_wheel", "--dist-dir", str(tmp_path)],
        cwd=tree, env={**os.environ, "SYNFIN_COMPILE": "0"}, capture_output=True, check=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    place = "synfin/web/static/"
    inside = {name.removeprefix(place) for name in names if name.startswith(place)}
    assert inside == static_files()
    licences = {name.rpartition("/")[2] for name in names if ".dist-info/licenses/" in name}
    assert licences == {"LICENSE", *(path.name for path in STATIC.glob("vendor/*LICENSE*"))}


def test_every_static_file_is_served_and_nothing_else() -> None:
    assert {name.rpartition(".")[2] for name in static_files()} <= TYPES.keys()
    assert set(read_assets()) == {"/", *(f"/{name}" for name in static_files())}


def test_only_files_of_known_types_are_read(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    for name in ("index.html", "js/main.js", "notes.py", ".hidden.js", "README", "js/_private.js"):
        (tmp_path / name).write_text("x" * 2_000)
    found = read_assets(tmp_path)
    assert set(found) == {"/", "/index.html", "/js/main.js"}
    assert found["/"].body == b"x" * 2_000
    assert len(found["/"].packed) < 200


def test_the_extra_asks_for_what_is_needed_and_what_is_here_is_enough() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = dict(
        re.fullmatch(r"(\w+)>=([0-9.]+)", entry).groups()  # type: ignore[union-attr]
        for entry in settings["project"]["optional-dependencies"]["web"]
    )
    assert asked.keys() == {"starlette", "uvicorn", "websockets"}
    need_web()
    for name, least in asked.items():
        assert [int(part) for part in version(name).split(".")[:2]] >= [int(part) for part in least.split(".")]
