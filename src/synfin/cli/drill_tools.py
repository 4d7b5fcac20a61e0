"""`synfin drill record`, `explain` and `compare`: scripts from captures, scripts explained, stack beside kernel.

Responsible for options and for where results are printed; the work is the `drill` package's.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from synfin.cli.main import EXIT_BAD_FILE, EXIT_FINDING, EXIT_OK, EXIT_USAGE, Failure
from synfin.cli.messages import LANGUAGES, language, say
from synfin.cli.output import style_for

if TYPE_CHECKING:
    from synfin.drill.record import Recording

TOOLS: Final[dict[str, str]] = {
    "record": "Make a script of a captured connection.",
    "explain": "Show a script as a ladder, each line beside what it does.",
    "compare": "Play on the stack and on the kernel, and list where they differ.",
}
_VERSIONS: Final = {"4": "ipv4", "6": "ipv6", "m": "ipv4-mapped-ipv6"}
_DEFAULT_WIDTH: Final = 100


def tool_commands() -> dict[str, click.Command]:
    """The commands of `TOOLS`."""
    return {"record": record, "explain": explain, "compare": compare}


def width() -> int:
    """Cells of the terminal; 100 where output goes elsewhere."""
    return shutil.get_terminal_size((_DEFAULT_WIDTH, 24)).columns if sys.stdout.isatty() else _DEFAULT_WIDTH


# record


@click.command("record")
@click.argument("capture")
@click.option("--connection", type=click.IntRange(1), metavar="N", help="Which one, from 1 [the only one].")
@click.option("--end", type=click.Choice(["client", "server"]), help="Who is judged [where the capture was made].")
@click.option("-o", "--output", metavar="FILE", help="Write the script there [standard output].")
@click.option("--list", "show_list", is_flag=True, help="List the connections of the capture.")
@click.option("--no-check", is_flag=True, help="Do not try the script on the stack.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language [from the locale].")
def record(
    capture: str,
    connection: int | None,
    end: str | None,
    output: str | None,
    show_list: bool,
    no_check: bool,
    lang: str | None,
) -> int:
    """Make a script of a TCP connection in CAPTURE (pcap or pcapng): one end becomes the judged one.

    Exit codes: 0 written, 1 written but it does not pass on the stack, 3 the capture has no such connection.
    """
    from synfin.drill.capture import RecordError, read_connections
    from synfin.drill.record import record as make
    from synfin.pcap import CaptureError

    chosen = language(lang)
    try:
        if show_list:
            found = read_connections(capture)
            click.echo("\n".join(str(one) for one in found) or say(chosen, "record-none", path=capture))
            return EXIT_OK if found else EXIT_BAD_FILE
        recording = make(capture, connection, end, check=not no_check)
    except (RecordError, CaptureError) as error:
        text = str(error) if str(error).startswith(capture) else f"{capture}: {error}"
        raise Failure(text, EXIT_BAD_FILE) from None
    except OSError as error:
        raise Failure(f"{capture}: {error.strerror}", EXIT_BAD_FILE) from None
    if output is None:
        click.echo(recording.text, nl=False)
    else:
        try:
            Path(output).write_text(recording.text, encoding="utf-8")
        except OSError as error:
            raise Failure(f"{output}: {error.strerror}", EXIT_USAGE) from None
    return _tell_recorded(recording, chosen)


def _tell_recorded(recording: Recording, lang: str) -> int:
    from synfin.drill.report import failure_lines

    parts = {"connection": str(recording.connection), "end": recording.end}
    click.echo(say(lang, "recorded", **parts), err=True)
    for note in recording.notes:
        click.echo(say(lang, "record-note", note=note), err=True)
    outcome = recording.outcome
    if outcome is None:
        return EXIT_OK
    if outcome.ok:
        click.echo(say(lang, "record-passes", preset=recording.preset), err=True)
        return EXIT_OK
    click.echo(say(lang, "record-fails"), err=True)
    click.echo("\n".join(f"  {line}" for line in failure_lines(outcome, lang)), err=True)
    return EXIT_FINDING


# explain


@click.command("explain")
@click.argument("path", metavar="SCRIPT")
@click.option("-4", "version", flag_value="4", help="IPv4 [the script's, else this].")
@click.option("-6", "version", flag_value="6", help="IPv6.")
@click.option("-m", "version", flag_value="m", help="IPv4 packets, IPv6 sockets.")
@click.option("--preset", type=click.Choice(["linux", "rfc"]), help="Habits of the stack [the script's, else linux].")
@click.option("--seed", type=int, default=0, metavar="N", show_default=True, help="Same seed, same bytes.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language [from the locale].")
def explain(path: str, version: str | None, preset: str | None, seed: int, lang: str | None) -> int:
    """Play SCRIPT on the stack and show it as a ladder: each line of it beside the calls and segments it stands for.

    Exit codes: 0 it passes, 1 it does not, 3 it cannot be read.
    """
    from synfin.drill.errors import ScriptError
    from synfin.drill.explain import explained
    from synfin.drill.parser import load
    from synfin.drill.play import Plan, play
    from synfin.drill.report import failure_lines

    chosen = language(lang)
    try:
        script = load(path)
    except ScriptError as error:
        click.echo(error.pointer(), err=True)
        return EXIT_BAD_FILE
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}", EXIT_BAD_FILE) from None
    plan = Plan(version=None if version is None else _VERSIONS[version], preset=preset, seed=seed, lang=chosen)
    outcome = play(script, plan)
    if outcome.status == "unsupported":
        raise Failure(f"{path}: {outcome.message}", EXIT_FINDING)
    click.echo("\n".join(explained(outcome, chosen, style=style_for(sys.stdout), cells=width())))
    if outcome.ok:
        return EXIT_OK
    click.echo("\n".join(["", *failure_lines(outcome, chosen)]))
    return EXIT_FINDING


# compare


@click.command("compare")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-4", "version", flag_value="4", help="IPv4 [the script's, else this].")
@click.option("-6", "version", flag_value="6", help="IPv6.")
@click.option("-m", "version", flag_value="m", help="IPv4 packets, IPv6 sockets.")
@click.option("-j", "--jobs", type=click.IntRange(1, 256), default=4, metavar="N", help="So many processes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language [from the locale].")
def compare(paths: tuple[str, ...], version: str | None, jobs: int, as_json: bool, lang: str | None) -> int:
    """Play scripts on the stack and on the kernel, and list where they differ, with the RFC's word on it.

    Exit codes: 0 no difference that a script does not declare, 1 there is one, 3 a script cannot be read.
    """
    from synfin.drill.compare import UNREADABLE, compare_all, document, text_lines
    from synfin.drill.jobs import find_scripts

    chosen = language(lang)
    comparison = compare_all(find_scripts(paths), None if version is None else _VERSIONS[version], jobs)
    if as_json:
        click.echo(json.dumps(document(comparison), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(text_lines(comparison, chosen)))
    if any(found.kind == UNREADABLE for found in comparison.differences):
        return EXIT_BAD_FILE
    return EXIT_FINDING if any(not found.declared for found in comparison.differences) else EXIT_OK
