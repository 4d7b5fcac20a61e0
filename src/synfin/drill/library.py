"""Scripts from Python: `synfin.drill.run("handshake.pkt").ok`.

Responsible for convenient arguments; the command line is put together in the same way by `synfin.cli.drill`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from synfin.drill.errors import UnsupportedError
from synfin.drill.jobs import find_scripts, play_all
from synfin.drill.match import RELAXATIONS
from synfin.drill.model import Script
from synfin.drill.outcome import Outcome
from synfin.drill.play import KERNEL, PLACES, PRESETS, STACK, Plan, play
from synfin.drill.stage import VERSIONS
from synfin.errors import UsageError
from synfin.units import parse_duration


def run(
    script: str | Path | Script,
    on: str = STACK,
    *,
    version: str | None = None,
    preset: str | None = None,
    relax: Iterable[str] = (),
    quiet_end: str | int = 0,
    seed: int = 0,
    strict_segments: bool = False,
    defines: Mapping[str, str] | None = None,
) -> Outcome:
    """Play one script: a file, or a `Script` that was parsed (on the stack only).

    `on` is `stack` or `kernel`; `version` ipv4, ipv6 or ipv4-mapped-ipv6, `preset` linux or rfc, None for what the
    script says; `relax` some of psh, win, optorder, nops; `quiet_end` a duration such as "500ms" (or ns) during which
    nothing unexpected may follow; `defines` replace words.  Whatever is wrong with the script is in the outcome; raises
    `UsageError` for the other arguments and `OSError` where the system allows no namespace or device.
    """
    plan = _plan(on, version, preset, relax, quiet_end, seed, strict_segments, defines)
    if isinstance(script, Script):
        if on == KERNEL:
            raise UnsupportedError("a script that was parsed is played on the stack only; give its file")
        return play(script, plan)
    path = Path(script)
    if path.is_dir():
        raise UsageError(f"{path} is a folder; run_all() plays what is in it")
    return next(play_all(find_scripts([path]), plan))


def run_all(
    paths: Iterable[str | Path],
    on: str = STACK,
    *,
    jobs: int = 1,
    version: str | None = None,
    preset: str | None = None,
    relax: Iterable[str] = (),
    quiet_end: str | int = 0,
    seed: int = 0,
    strict_segments: bool = False,
    defines: Mapping[str, str] | None = None,
) -> list[Outcome]:
    """Play many scripts, in `jobs` processes; folders are searched for `*.pkt`.  Everything else is as in `run`."""
    plan = _plan(on, version, preset, relax, quiet_end, seed, strict_segments, defines)
    return list(play_all(find_scripts(list(paths)), plan, jobs))


def _plan(
    on: str,
    version: str | None,
    preset: str | None,
    relax: Iterable[str],
    quiet_end: str | int,
    seed: int,
    strict_segments: bool,
    defines: Mapping[str, str] | None,
) -> Plan:
    words = (relax,) if isinstance(relax, str) else tuple(relax)
    for value, allowed, what in (
        (on, PLACES, "on"),
        (version or VERSIONS[0], VERSIONS, "version"),
        (preset or PRESETS[0], PRESETS, "preset"),
        *((word, RELAXATIONS, "relax") for word in words),
    ):
        if value not in allowed:
            raise UsageError(f"{what}={value!r}; there are {', '.join(allowed)}")
    quiet = parse_duration(quiet_end) if isinstance(quiet_end, str) else quiet_end
    return Plan(
        on=on,
        version=version,
        preset=preset,
        relax=words,
        quiet_end=quiet,
        seed=seed,
        strict_segments=strict_segments,
        defines=dict(defines or {}),
    )
