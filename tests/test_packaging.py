"""Which wheel `pip install .` builds, and that it says so; .ci/run builds both kinds for real."""

from __future__ import annotations

import importlib.util
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]

pytest.importorskip("setuptools", reason="the build backend is setuptools'")


def load() -> ModuleType:
    """scripts/build_backend.py, as a build front end finds it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    (folder,) = settings["backend-path"]
    spec = importlib.util.spec_from_file_location("synfin_backend", ROOT / folder / f"{settings['build-backend']}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BACKEND = load()


@pytest.fixture
def headers(tmp_path: Path) -> Path:
    """A folder with Python's headers."""
    (tmp_path / "Python.h").write_text("")
    return tmp_path


def have(*programs: str) -> Callable[[str], str | None]:
    """`shutil.which` on a machine that has these programs."""
    return {name: f"/usr/bin/{name}" for name in programs}.get


def test_compiled_where_there_is_a_compiler(headers: Path) -> None:
    plan = BACKEND.plan({"CC": "mycc -pthread"}, headers, have("mycc"))
    assert (plan.compile, plan.required) == (True, False)


def test_pure_without_a_compiler_and_says_which(headers: Path) -> None:
    plan = BACKEND.plan({"CC": "mycc -pthread"}, headers, have("cc"))
    assert not plan.compile
    assert plan.reason == "there is no C compiler (mycc)"


def test_pure_without_headers(tmp_path: Path) -> None:
    plan = BACKEND.plan({"CC": "mycc"}, tmp_path, have("mycc"))
    assert not plan.compile
    assert str(tmp_path / "Python.h") in plan.reason


def test_pure_on_demand(headers: Path) -> None:
    plan = BACKEND.plan({"CC": "mycc", "SYNFIN_PURE": "1"}, headers, have("mycc"))
    assert (plan.compile, plan.reason) == (False, "SYNFIN_PURE=1")


def test_compiled_or_nothing_on_demand(tmp_path: Path) -> None:
    plan = BACKEND.plan({"CC": "mycc", "SYNFIN_COMPILE": "1"}, tmp_path, have())
    assert (plan.compile, plan.required) == (True, True)


def test_both_demands_at_once_are_a_mistake(headers: Path) -> None:
    with pytest.raises(SystemExit, match="contradict"):
        BACKEND.plan({"SYNFIN_PURE": "1", "SYNFIN_COMPILE": "1"}, headers, have())


class Builds:
    """Stands in for setuptools: notes how each wheel was to be made, and fails compiled ones if told."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], error: BaseException | None
    ) -> None:
        self.modes: list[str | None] = []
        self.error = error
        for name in ("SYNFIN_PURE", "SYNFIN_COMPILE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(BACKEND.build_meta, "build_wheel", self.build)
        monkeypatch.setattr(BACKEND.build_meta, "get_requires_for_build_wheel", lambda settings: ["other"])
        monkeypatch.setattr(BACKEND.build_meta, "get_requires_for_build_editable", lambda settings: ["other"])
        monkeypatch.setattr(BACKEND.importlib.util, "find_spec", lambda name: object())

    def build(self, folder: str, settings: object, metadata: object) -> str:
        """`setuptools.build_meta.build_wheel`."""
        self.modes.append(os.environ.get("SYNFIN_COMPILE"))
        if self.modes[-1] == "1" and self.error is not None:
            raise self.error
        return f"wheel-{self.modes[-1]}"


@pytest.fixture
def can_compile(monkeypatch: pytest.MonkeyPatch, headers: Path) -> None:
    """A machine with compiler and headers, whatever this one has."""
    monkeypatch.setenv("CC", "sh")
    monkeypatch.setattr(BACKEND.sysconfig, "get_path", lambda name: str(headers))


@pytest.mark.usefixtures("can_compile")
def test_compiled_wheel(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    builds = Builds(monkeypatch, {}, None)
    assert BACKEND.build_wheel("out") == "wheel-1"
    assert builds.modes == ["1"]
    assert "SYNFIN_COMPILE" not in os.environ
    assert capfd.readouterr().err == "synfin: built with compiled modules (a C compiler was found)\n"


@pytest.mark.usefixtures("can_compile")
@pytest.mark.parametrize("error", [SystemExit("boom"), RuntimeError("boom")])
def test_failed_compilation_falls_back(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    builds = Builds(monkeypatch, {}, error)
    assert BACKEND.build_wheel("out") == "wheel-0"
    assert builds.modes == ["1", "0"]
    last = capfd.readouterr().err.splitlines()[-1]
    assert last.startswith("synfin: built as pure Python (the compiler failed")
    assert "boom" in last


@pytest.mark.usefixtures("can_compile")
def test_failed_compilation_that_was_demanded_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    builds = Builds(monkeypatch, {"SYNFIN_COMPILE": "1"}, RuntimeError("boom"))
    with pytest.raises(RuntimeError, match="boom"):
        BACKEND.build_wheel("out")
    assert builds.modes == ["1"]
    assert os.environ["SYNFIN_COMPILE"] == "1"


@pytest.mark.usefixtures("can_compile")
def test_without_mypy_it_is_pure(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    builds = Builds(monkeypatch, {}, None)
    monkeypatch.setattr(BACKEND.importlib.util, "find_spec", lambda name: None)
    assert BACKEND.build_wheel("out") == "wheel-0"
    assert builds.modes == ["0"]
    assert "mypy is not installed" in capfd.readouterr().err


@pytest.mark.usefixtures("can_compile")
@pytest.mark.parametrize(
    ("environment", "wheel", "editable"),
    [({}, True, False), ({"SYNFIN_PURE": "1"}, False, False), ({"SYNFIN_COMPILE": "1"}, True, True)],
)
def test_mypy_is_fetched_only_where_it_is_used(
    environment: dict[str, str], wheel: bool, editable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    Builds(monkeypatch, environment, None)
    assert (BACKEND.MYPY in BACKEND.get_requires_for_build_wheel()) is wheel
    assert (BACKEND.MYPY in BACKEND.get_requires_for_build_editable()) is editable
    assert "other" in BACKEND.get_requires_for_build_wheel()


def test_mypy_is_the_one_of_the_group() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    assert BACKEND.MYPY in groups["compile"]
