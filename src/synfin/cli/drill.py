"""`synfin drill`: play packet scripts against this stack or against the kernel.

Responsible for options and for where results are printed; playing and reporting are the `drill` package's.  What else
can be done with scripts (record, explain, compare) is in `drill_tools`.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from synfin.cli.drill_tools import TOOLS, tool_commands
from synfin.cli.main import EXIT_BAD_FILE, EXIT_FINDING, EXIT_OK, EXIT_USAGE, Failure
from synfin.cli.messages import LANGUAGES, language
from synfin.errors import UsageError

if TYPE_CHECKING:
    from synfin.drill.outcome import Outcome
    from synfin.drill.play import Plan

RELAXATIONS: Final = ("psh", "win", "optorder", "nops")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PROGRESS_AFTER: Final = 1.0  # s
_VERSIONS: Final = {"4": "ipv4", "6": "ipv6", "m": "ipv4-mapped-ipv6"}


class _Drill(click.Command):
    """Plays scripts, or carries out one of `TOOLS` when that is the first word."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        tool = tool_commands().get(args[0]) if args else None
        if tool is not None:
            return tool.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Other commands (a folder of such a name is ./record)"):
            formatter.write_dl([(f"{ctx.command_path} {name}", text) for name, text in TOOLS.items()])


@click.command("drill", cls=_Drill)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--on", type=click.Choice(["stack", "kernel"]), default="stack", show_default=True, help="Who is judged.")
@click.option("-4", "version", flag_value="4", help="IPv4 [the script's, else this].")
@click.option("-6", "version", flag_value="6", help="IPv6.")
@click.option("-m", "version", flag_value="m", help="IPv4 packets, IPv6 sockets.")
@click.option("-j", "--jobs", type=click.IntRange(1, 256), default=1, metavar="N", help="So many processes.")
@click.option("--preset", type=click.Choice(["linux", "rfc"]), help="Habits of the stack [the script's, else linux].")
@click.option("--relax", metavar="WORDS", default="", help=f"Overlook some of {', '.join(RELAXATIONS)}.")
@click.option("--quiet-end", metavar="TIME", help='Nothing more may be sent for so long, such as "500ms".')
@click.option("--strict-segments", is_flag=True, help="One line stands for one segment.")
@click.option("-D", "defines", multiple=True, metavar="NAME=VALUE", help="Replace a word; may be repeated.")
@click.option("--seed", type=int, default=0, metavar="N", show_default=True, help="Same seed, same bytes.")
@click.option("--pcap", metavar="DIR", help="Record the packets of each script there.")
@click.option("--ladder", is_flag=True, help="Show the ladder of scripts that pass as well.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--tap", "as_tap", is_flag=True, help="Print TAP.")
@click.option("--junit", metavar="FILE", help="Write JUnit XML as well.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of ladders and rules [from the locale].")
def drill(
    paths: tuple[str, ...],
    on: str,
    version: str | None,
    jobs: int,
    preset: str | None,
    relax: str,
    quiet_end: str | None,
    strict_segments: bool,
    defines: tuple[str, ...],
    seed: int,
    pcap: str | None,
    ladder: bool,
    as_json: bool,
    as_tap: bool,
    junit: str | None,
    lang: str | None,
) -> int:
    """Play packet scripts: files, or folders that are searched for *.pkt.

    Exit codes: 0 all passed, 1 a script failed or could not be played, 3 a script cannot be read.
    """
    from synfin.drill import report
    from synfin.drill.jobs import find_scripts, play_all

    if as_json and as_tap:
        raise UsageError("--json and --tap both want standard output; choose one")
    chosen = language(lang)
    plan = _plan(on, version, preset, relax, quiet_end, strict_segments, defines, seed, pcap, ladder, chosen)
    scripts = find_scripts(paths)
    outcomes: list[Outcome] = []
    started = time.perf_counter()
    try:
        for outcome in play_all(scripts, plan, jobs):
            outcomes.append(outcome)
            if not as_json and not as_tap:
                click.echo("\n".join(report.text_lines(outcome, lang=chosen, ladder=ladder)))
            _progress(len(outcomes), len(scripts), time.perf_counter() - started, quiet=not (as_json or as_tap))
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise Failure(f"{where}{error.strerror or error}", EXIT_BAD_FILE if error.filename else EXIT_FINDING) from None
    seconds = time.perf_counter() - started
    if as_json:
        click.echo(json.dumps(report.document(outcomes), ensure_ascii=False, indent=1))
    elif as_tap:
        click.echo(report.tap(outcomes), nl=False)
    if junit is not None:
        try:
            Path(junit).write_text(report.junit(outcomes, seconds), encoding="utf-8")
        except OSError as error:
            raise Failure(f"{junit}: {error.strerror}", EXIT_USAGE) from None
    click.echo(report.summary(outcomes, seconds, chosen), err=True)
    return _exit_code(outcomes)


def _plan(
    on: str,
    version: str | None,
    preset: str | None,
    relax: str,
    quiet_end: str | None,
    strict_segments: bool,
    defines: tuple[str, ...],
    seed: int,
    pcap: str | None,
    ladder: bool,
    lang: str,
) -> Plan:
    from synfin.drill.play import Plan
    from synfin.units import parse_duration

    words = tuple(word for word in relax.replace(" ", ",").split(",") if word)
    for word in words:
        if word not in RELAXATIONS:
            raise UsageError(f"--relax {word}: there are {', '.join(RELAXATIONS)}")
    values: dict[str, str] = {}
    for text in defines:
        name, equals, value = text.partition("=")
        if not equals or not _NAME.fullmatch(name):
            raise UsageError(f"-D {text}: give NAME=VALUE")
        values[name] = value
    return Plan(
        on=on,
        version=None if version is None else _VERSIONS[version],
        preset=preset,
        relax=words,
        quiet_end=0 if quiet_end is None else parse_duration(quiet_end),
        seed=seed,
        strict_segments=strict_segments,
        defines=values,
        pcap=pcap,
        ladder=ladder,
        lang=lang,
        ascii_only=not _draws(),
    )


def _draws() -> bool:
    """Whether standard output can take what ladders are drawn with."""
    try:
        "─▶①↻".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _progress(done: int, total: int, seconds: float, *, quiet: bool) -> None:
    """A line on stderr for each tenth, where nothing else is printed meanwhile and it takes long."""
    if quiet or seconds < _PROGRESS_AFTER or total < 10 or done % (total // 10):
        return
    click.echo(f"{done} of {total} scripts", err=True)


def _exit_code(outcomes: list[Outcome]) -> int:
    from synfin.drill.outcome import BROKEN

    if any(outcome.status == BROKEN for outcome in outcomes):
        return EXIT_BAD_FILE
    return EXIT_OK if all(outcome.ok for outcome in outcomes) else EXIT_FINDING
