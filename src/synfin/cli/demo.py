"""`synfin demo`: play a scenario in virtual time and show both ends, step by step.

Responsible for options, for where things are printed and for how errors look; playing is `lab.scenarios`' work, drawing
`timeline`'s.
"""

from __future__ import annotations

import json as json_module
import shutil
import sys
from difflib import get_close_matches
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Final

import click

from synfin.cli.demo_files import file_options, write_files
from synfin.cli.main import EXIT_FINDING, EXIT_OK, EXIT_USAGE, Failure
from synfin.cli.messages import LANGUAGES, language
from synfin.errors import UsageError

if TYPE_CHECKING:
    from synfin.lab.scenarios import Scenario
    from synfin.lab.world import World
    from synfin.timeline import Catalog
    from synfin.timeline.style import Style

SCHEMA: Final = 1
DEFAULT_SEED: Final = 1
QUOTES: Final = str.maketrans({"“": '"', "”": '"', "…": "..."})  # for terminals that have ASCII only
MAX_EVENTS: Final = 1_000_000


@click.command("demo")
@click.argument("name", required=False)
@click.option("--list", "show_list", is_flag=True, help="List all demos, with the study note that each belongs to.")
@click.option(
    "--fault", "faults", metavar="EXPR", multiple=True, help='Such as "drop(B>A,SYN+ACK,1)"; may be repeated.'
)
@click.option("--seed", metavar="N", type=int, default=DEFAULT_SEED, show_default=True, help="Same seed, same bytes.")
@click.option("--preset", type=click.Choice(["rfc", "linux"]), default="rfc", help="Timers and habits [rfc].")
@click.option("--json", "as_json", is_flag=True, help="Print all events as one JSON document.")
@file_options
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language [from the locale].")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw without box characters.")
@click.option("--fold/--no-fold", default=True, help="Tell long runs of uneventful segments in one line [fold].")
@click.option("--why", is_flag=True, help="Explain at length, with the arithmetic of each segment.")
@click.option("--header", metavar="N", type=int, help="The octets of the Nth segment instead, field by field.")
def demo(
    name: str | None,
    show_list: bool,
    faults: tuple[str, ...],
    seed: int,
    preset: str,
    as_json: bool,
    lang: str | None,
    ascii_only: bool,
    fold: bool,
    why: bool,
    header: int | None,
    **files: Any,
) -> int:
    """Show a connection live and die, with both ends' states.

    Without NAME: handshake, some data, close, TIME_WAIT, CLOSED.
    """
    from synfin.lab.scenarios import DEFAULT, SCENARIOS
    from synfin.timeline import catalog

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a character still shows the rest
    texts = catalog(language(lang))
    if show_list:
        _print_list(texts, as_json)
        return EXIT_OK
    chosen = name if name is not None else DEFAULT
    scenario = SCENARIOS.get(chosen)
    if scenario is None:
        raise UsageError(_unknown(chosen, list(SCENARIOS), texts))
    world, endless = _play(scenario, seed, preset, faults, texts, probe=files["plot"] is not None)
    if world is None:
        return EXIT_USAGE
    if any(value for name, value in files.items() if name != "plot_kind"):
        write_files(world, scenario, faults, texts, header=header, **files)
    if header is not None:
        if files["svg"] is None:
            _print_header(world, header, texts, as_json, ascii_only)
    elif as_json:
        _print_json(world, scenario, seed, preset, faults)
    else:
        _print_text(world, scenario, faults, texts, ascii_only, fold, why)
    if endless:
        raise Failure(texts.text("error.endless"))
    return EXIT_OK


def _play(
    scenario: Scenario, seed: int, preset: str, faults: tuple[str, ...], texts: Catalog, *, probe: bool
) -> tuple[World | None, bool]:
    """The world after the run, and whether the run had to be stopped; None when a fault cannot be read."""
    from synfin.lab.faults import FaultError
    from synfin.lab.scenarios import build
    from synfin.lab.scheduler import EndlessRunError

    try:
        stage = build(scenario.name, seed=seed, preset=preset, faults=faults)
    except FaultError as error:
        what = texts.text(f"fault.{error.expected}", **error.params)
        click.echo(f"{error.pointer()}\n{texts.text('fault.expected', what=what)}", err=True)
        return None, False
    if probe:
        stage.world.probe()
    try:
        stage.world.run(until=scenario.until, max_events=MAX_EVENTS)
    except EndlessRunError:
        return stage.world, True
    return stage.world, False


def _unknown(name: str, names: list[str], texts: Catalog) -> str:
    """There is no such demo; these are close."""
    parts = [texts.text("error.scenario", name=name)]
    close = get_close_matches(name, names, 3, 0.5) or [other for other in names if name and name in other][:3]
    if close:
        parts.append(texts.text("error.close", names=", ".join(close)))
    parts.append(texts.text("error.list"))
    return "; ".join(parts) if texts.language == "en" else "；".join(parts)


def _print_header(world: World, number: int, texts: Catalog, as_json: bool, ascii_only: bool) -> None:
    from synfin.cli.header import show_header
    from synfin.cli.output import style_for

    show_header(world, number, texts, as_json=as_json, ascii_only=ascii_only or style_for(sys.stdout).ascii)


def _print_json(world: World, scenario: Scenario, seed: int, preset: str, faults: tuple[str, ...]) -> None:
    from synfin.timeline.document import document, dump

    applied = [*scenario.faults, *faults]
    value = document(
        world.records, list(world.nodes), scenario=scenario.name, seed=seed, preset=preset, faults=applied
    )  # fmt: skip
    sys.stdout.write(dump(value))


def _print_text(
    world: World, scenario: Scenario, faults: tuple[str, ...], texts: Catalog, ascii_only: bool, fold: bool, why: bool
) -> None:
    from synfin.cli.output import style_for
    from synfin.timeline.ladder import DEFAULT_WIDTH
    from synfin.timeline.style import Style
    from synfin.timeline.world import timeline_of

    style = style_for(sys.stdout)
    if ascii_only:
        style = Style(ascii_only=True, colour=style.colour)
    cells = shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns if sys.stdout.isatty() else DEFAULT_WIDTH
    cells = min(cells, 120)
    timeline = timeline_of(world)
    lines = _title(world, scenario, faults, texts, style)
    lines.extend(
        timeline.lines(texts.language, ascii_only=style.ascii, colour=style.colour, cells=cells, fold=fold, why=why)
    )  # fmt: skip
    states = texts.text("ui.comma").join(f"{host} {state}" for host, state in timeline.final().items())
    lines.extend(["", texts.text("ui.final", states=states)])
    lines.extend(_notes(scenario, texts, style, cells))
    text = "\n".join(lines)
    click.echo(text.translate(QUOTES) if style.ascii else text, color=True)


def _title(world: World, scenario: Scenario, faults: tuple[str, ...], texts: Catalog, style: Style) -> list[str]:
    """Name, what it shows, preset, seed and faults."""
    name = style.paint("bold", texts.text("ui.scenario", name=scenario.name, number=scenario.number))
    about = texts.text(f"scenario.{scenario.name}")
    lines = [f"{name}{texts.text('ui.colon')}{about}"]
    details = [texts.text("ui.preset", preset=world.preset, seed=world.seed)]
    details.extend(texts.text("ui.fault", fault=fault) for fault in (*scenario.faults, *faults))
    details.append(texts.text("ui.legend"))
    lines.extend(style.paint("dim", detail) for detail in details)
    lines.append("")
    return lines


def _notes(scenario: Scenario, texts: Catalog, style: Style, cells: int) -> list[str]:
    from synfin.timeline.notes import notes_of
    from synfin.timeline.width import wrap
    from synfin.timeline.words import NO_BREAK

    lines: list[str] = []
    for note in notes_of(scenario, texts):
        text = note.replace(".  ", ". ").replace("RFC ", f"RFC{NO_BREAK}")
        for place, line in enumerate(wrap(text, cells - 4)):
            lines.append(f"{style.note if place == 0 else ' '} {line.replace(NO_BREAK, ' ')}")
    return ["", style.paint("bold", texts.text("ui.note")), *lines] if lines else []


def _print_list(texts: Catalog, as_json: bool) -> None:
    """All demos: one line each, or JSON."""
    from synfin.lab.scenarios import SCENARIOS
    from synfin.timeline.width import pad, width

    rows = [
        (scenario.name, scenario.number, scenario.note, texts.text(f"scenario.{scenario.name}"))
        for scenario in SCENARIOS.values()
    ]
    if as_json:
        keys = ("name", "number", "note", "about")
        value = {"schema": SCHEMA, "scenarios": [dict(zip(keys, row, strict=True)) for row in rows]}
        click.echo(json_module.dumps(value, ensure_ascii=False, indent=1))
        return
    head = tuple(texts.text(f"ui.list_{part}") for part in ("head", "number", "note", "about"))
    cells = [max(width(row[column]) for row in [head, *rows]) for column in range(3)]
    for row in [head, *rows]:
        columns = [pad(text, cells[place] + 2) for place, text in enumerate(row[:3])]
        click.echo("".join(columns) + row[3])
    click.echo(texts.text("ui.list_use"), err=True)


__all__ = ["EXIT_FINDING", "demo"]
