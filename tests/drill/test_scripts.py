"""Our scripts in all the ways in which they must pass on the stack; the plugin plays each in one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from synfin.drill.parser import load
from synfin.drill.play import Plan, play
from synfin.drill.plugin import QUIET_END
from synfin.drill.report import failure_lines
from tests.drill.samples import OURS, SCRIPTS, remarks

PRESETS_OF = {"both": ("linux", "rfc"), "kernel": ("linux",), "rfc": ("rfc",)}


def meant_for(path: Path, preset: str, version: str) -> bool:
    """Whether a script must pass in this way: its folder says so, unless an option of its own says otherwise."""
    script = load(path)
    presets = (script.option("preset"),) if script.option("preset") else PRESETS_OF[path.relative_to(SCRIPTS).parts[0]]
    versions = (script.option("ip_version"),) if script.option("ip_version") else ("ipv4", "ipv6")
    return preset in presets and version in versions and not remarks(path, "kernel only")


@pytest.mark.parametrize("version", ["ipv4", "ipv6"])
@pytest.mark.parametrize("preset", ["linux", "rfc"])
def test_scripts_pass_in_every_way_that_they_are_meant_for(preset: str, version: str) -> None:
    failed: list[str] = []
    for path in OURS:
        if meant_for(path, preset, version):
            outcome = play(load(path), Plan(preset=preset, version=version, quiet_end=QUIET_END))
            if not outcome.ok:
                failed.extend([str(path), *failure_lines(outcome)])
    assert not failed, "\n".join(failed)


def test_every_script_of_the_rfcs_says_so_itself() -> None:
    """`synfin drill` chooses the preset by the script, not by the folder."""
    for path in OURS:
        if path.relative_to(SCRIPTS).parts[0] == "rfc":
            assert load(path).option("preset") == "rfc", path
