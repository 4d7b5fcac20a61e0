"""The scripts that continuous integration and `make` lean on: they must not say "fine" when it is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "scripts"

GOOD = "<testcase classname='t' name='a'/><testcase classname='t' name='b'/>"
SKIPPED = "<testcase classname='t' name='c'><skipped message='no /dev/net/tun'/></testcase>"
FAILED = "<testcase classname='t' name='d'><failure message='x'/></testcase>"
ERROR = "<testcase classname='t' name='e'><error message='x'/></testcase>"


def summary(folder: Path, **reports: str) -> tuple[int, list[str]]:
    """Exit code and lines for reports with these test cases; an empty one is not written at all."""
    for name, cases in reports.items():
        if cases:
            (folder / f"{name}.xml").write_text(f"<testsuites><testsuite time='1'>{cases}</testsuite></testsuites>")
    command = [sys.executable, str(SCRIPTS / "ci-summary"), str(folder), *reports]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_summary_adds_up(tmp_path: Path) -> None:
    code, lines = summary(tmp_path, one=GOOD + SKIPPED, two=GOOD)
    assert (code, lines[-1]) == (0, "4 passed, 0 failed, 1 skipped")
    assert "     1 x t: no /dev/net/tun" in lines


def test_summary_counts_failures_and_errors(tmp_path: Path) -> None:
    code, lines = summary(tmp_path, one=GOOD + FAILED, two=ERROR)
    assert (code, lines[-1]) == (1, "2 passed, 2 failed, 0 skipped")
    assert "  one: t::d" in lines
    assert "  two: t::e" in lines


def test_run_without_a_report_is_a_failure(tmp_path: Path) -> None:
    code, lines = summary(tmp_path, one=GOOD, two="")
    assert (code, lines[-1]) == (1, "2 passed, 1 failed, 0 skipped")
    (tmp_path / "three.xml").write_text("<testsuites><testsuite>")  # killed while it was written
    code, lines = summary(tmp_path, three="")
    assert (code, lines[-1]) == (1, "0 passed, 1 failed, 0 skipped")


def find_python(*arguments: str, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
    """Run find-python where no version manager is known."""
    environment = {"PATH": path, "HOME": "/nonexistent", "PYENV_ROOT": "/nonexistent"}
    command = [str(SCRIPTS / "find-python"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def fake(folder: Path, name: str, body: str) -> None:
    """An executable shell script."""
    script = folder / name
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)


def test_a_working_python_is_taken_as_it_is() -> None:
    done = find_python(sys.executable)
    assert done.returncode == 0
    version = subprocess.run([done.stdout.strip(), "-V"], capture_output=True, text=True, check=True).stdout
    assert version.split()[1].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")


def test_a_shim_that_points_nowhere_is_passed_over(tmp_path: Path) -> None:
    fake(tmp_path, "python3", "echo 'command not found' >&2; exit 127")
    fake(tmp_path, "python3.14", "echo 3.14 /nowhere; exit 127")
    fake(tmp_path, "python3.11", f'exec {sys.executable} "$@"')
    done = find_python("python3", path=f"{tmp_path}:/usr/bin:/bin")
    assert done.returncode == 0
    assert Path(done.stdout.strip()).exists()
    assert find_python("--all", path=f"{tmp_path}:/usr/bin:/bin").stdout.count("/nowhere") == 0


def test_an_unusable_wish_is_mentioned(tmp_path: Path) -> None:
    fake(tmp_path, "python3.11", f'exec {sys.executable} "$@"')
    done = find_python("python2", path=f"{tmp_path}:/usr/bin:/bin")
    assert done.returncode == 0
    assert "'python2' is no CPython 3.11" in done.stderr
    assert find_python("python3", path=f"{tmp_path}:/usr/bin:/bin").stderr == ""


def test_without_any_python_the_message_says_what_helps(tmp_path: Path) -> None:
    for tool in ("sh", "sort", "tail"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    done = find_python(path=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "apt-get install" in done.stderr
