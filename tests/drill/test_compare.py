"""`synfin drill compare`, and docs/linux-differences.md, which is made from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synfin.cli.main import run
from synfin.drill.compare import FINDING, KERNEL_ONLY, RFC, about, compare_all, text_lines
from synfin.drill.parser import load
from tests.drill import differences
from tests.drill.play import OPEN, OPEN_LINES
from tests.drill.samples import SCRIPTS
from tests.interop.harness import ROOT, require_namespace

WIDE = "--tolerance_usecs=100000\n"
ACKS = OPEN + "+0 < P. 1:1001(1000) ack 1 win 65535\n+{} > . 1:1(0) ack 1001\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Scripts on which both agree, or not, in each of the ways."""
    for name in ("both", "rfc", "kernel"):
        (tmp_path / name).mkdir()
    same = WIDE + OPEN + "+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n"
    (tmp_path / "both" / "same.pkt").write_text(same)
    # The RFC takes text on a SYN, Linux does not.
    syn = WIDE + OPEN.split("+0 < S")[0] + "+0 < S 0:11(11) win 65535 <mss 1000>\n+0 > S. 0:0(0) ack {} <...>\n"
    (tmp_path / "rfc" / "syn.pkt").write_text("// Text on a SYN.\n--preset=rfc\n" + syn.format(12))
    (tmp_path / "kernel" / "syn.pkt").write_text(syn.format(1))
    # What only one of the two can pass.
    stack_only = "// Whoever is judged is called synfin.\n// kernel only: a test\n" + same.replace("= 10", "= 11", 1)
    (tmp_path / "both" / "wrong-about-both.pkt").write_text(stack_only)
    return tmp_path


@pytest.mark.interop
def test_differences_are_found_and_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    require_namespace()
    assert run(["drill", "compare", str(folder), "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert f"{folder}/rfc/syn.pkt:9: ack  (the RFC has it otherwise than Linux)" in out
    assert "  stack: > S. 0:0(0) ack 12 <...>\n  kernel: > S. 0:0(0) ack 1 <...>\n  rule: syn-ack (RFC 9293" in out
    assert f"  see also {folder}/kernel/syn.pkt\n" in out
    assert "4 scripts: 3 agree, 1 differ as they say, 0 differ (Linux " in out
    assert run(["drill", "compare", str(folder / "rfc"), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["differences"]
    assert (found["kind"], found["fails"], found["line"], found["fields"]) == (RFC, "kernel", 9, ["ack"])
    assert found["about"] == "Text on a SYN."


@pytest.mark.interop
def test_what_no_script_declares_is_a_finding(folder: Path) -> None:
    """A RFC script without its option: the stack answers as Linux does, so both fail; as a kernel script of the RFC
    preset it is declared.  What the stack alone fails is a finding, unless the script says that only Linux does so."""
    require_namespace()
    # An option that Linux has and synfin's sockets have not stands for a stack that does something else.
    script = folder / "both" / "window.pkt"
    quick = WIDE + OPEN + "+0 write(4, ..., 1500) = 1500\n+0 > P. 1:1501(1500) ack 1 win 12345\n"
    script.write_text(quick)
    comparison = compare_all([script])
    (found,) = comparison.differences
    assert (found.kind, found.fails, found.line) == (FINDING, "both", OPEN_LINES + 3)
    assert not found.declared


def test_comment_of_a_script() -> None:
    lines = ["// One thing", "// and another.", "// kernel only: for a reason", "// covers: x", "--mtu=1500", "// late"]
    assert about(lines) == ("One thing and another.", "for a reason")
    assert about(["0 x"]) == ("", "")


# The page


def test_page_is_that_of_the_recorded_result() -> None:
    """`make differences` after scripts or stack have changed; `python -m tests.drill.differences --page` otherwise."""
    assert differences.PAGE.read_text(encoding="utf-8") == differences.render(differences.load())


def test_recorded_result_is_about_scripts_that_are_there() -> None:
    """Each difference names a line as it stands in the script, and none is unexplained."""
    result = differences.load()
    assert result["differences"]
    for one in result["differences"]:
        path = ROOT / one["path"]
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        line = lines[one["line"] - 1].strip() if one["line"] <= len(lines) else "no such line"
        assert line == one["text"], f"run: make differences ARGS={one['path']} (of a script that is gone: ARGS=--page)"
        assert one["kind"] in (RFC, KERNEL_ONLY), one["path"]


@pytest.mark.interop
def test_recorded_differences_are_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample of them, live: every ninth."""
    require_namespace()
    monkeypatch.chdir(ROOT)
    recorded = differences.load()["differences"][::9]
    comparison = compare_all([Path(one["path"]) for one in recorded], jobs=8)
    if comparison.kernel != differences.load()["kernel"]:
        pytest.skip(f"the result is that of Linux {differences.load()['kernel']}, this is {comparison.kernel}")
    live = {(found.path, found.kind) for found in comparison.differences}
    assert live == {(one["path"], one["kind"]) for one in recorded}


def test_folders_are_those_of_the_page() -> None:
    assert ROOT / differences.SCRIPTS == SCRIPTS


def test_scripts_that_take_long_are_named_and_not_played(tmp_path: Path) -> None:
    path = tmp_path / "long.pkt"
    path.write_text(OPEN + "+60 write(4, ..., 10) = 10\n1.5 close(4) = 0\n+1~+2 > F. 11:11(0) ack 1\n")
    assert load(path).length == 62_100_000_000
    comparison = compare_all([path])
    assert (comparison.scripts, comparison.long) == (0, (str(path),))
    assert f"1 not played, since the kernel takes more than 15 s for each: {path}" in text_lines(comparison)
