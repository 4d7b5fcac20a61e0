"""`synfin explain`: a captured connection as a ladder, with the states of both ends inferred; or a term.

Responsible for options and for where things are printed; reading and drawing is `timeline`'s work, terms are `terms`'.
"""

from __future__ import annotations

import json as json_module
import shutil
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from synfin.cli.main import EXIT_BAD_FILE, EXIT_OK, Failure
from synfin.cli.messages import LANGUAGES, language
from synfin.errors import UsageError

if TYPE_CHECKING:
    from synfin.timeline import Catalog
    from synfin.timeline.capture import Captured, Contents, Loaded
    from synfin.timeline.connections import ConnectionFacts
    from synfin.timeline.style import Style

SCHEMA: Final = 1
MAX_CELLS: Final = 120
QUOTES: Final = str.maketrans({"“": '"', "”": '"', "…": "..."})  # for terminals that have ASCII only


@click.command("explain")
@click.argument("path", metavar="[FILE]", required=False)
@click.option("--connection", type=int, metavar="N", help="Which connection, by its number in the list [the first].")
@click.option("--list", "show_list", is_flag=True, help="List the connections of the capture.")
@click.option("--fold/--no-fold", default=True, help="Tell long runs of uneventful segments in one line [fold].")
@click.option("--why", is_flag=True, help="Explain at length, with the arithmetic of each segment.")
@click.option("--term", metavar="NAME", help="Explain a rule, state, flag, option, timer or error instead of a file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language [from the locale].")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw without box characters.")
def explain(
    path: str | None,
    connection: int | None,
    show_list: bool,
    fold: bool,
    why: bool,
    term: str | None,
    as_json: bool,
    lang: str | None,
    ascii_only: bool,
) -> int:
    """Show a TCP connection of FILE (pcapng or pcap): both ends' states, what was lost, repeated or out of order.

    With --term NAME tell what a name means, such as TIME_WAIT, SYN, rst-exact, wscale, persist or ECONNRESET.

    Exit codes: 0 shown, 3 the file cannot be read, or has no such connection.
    """
    from synfin.timeline import catalog
    from synfin.timeline.capture import contents_of, load

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    texts = catalog(language(lang))
    if (path is None) == (term is None):
        raise UsageError(texts.text("error.file_or_term"))
    if term is not None:
        from synfin.cli.terms import show_term

        show_term(term, texts, _style(ascii_only), as_json)
        return EXIT_OK
    assert path is not None
    try:
        if show_list:
            _print_list(contents_of(path), texts, as_json)
            return EXIT_OK
        loaded = load(path, connection, lang=texts.language)
    except UsageError as error:
        raise Failure(str(error), EXIT_BAD_FILE) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise Failure(texts.text("error.read", path=path, reason=reason), EXIT_BAD_FILE) from None
    if as_json:
        _print_json(loaded, path)
    else:
        _print_text(loaded, texts, ascii_only, fold, why)
    return EXIT_OK


def _print_json(loaded: Loaded, path: str) -> None:
    from synfin.timeline.document import dump

    timeline = loaded.timeline
    facts = [one.as_dict() for one in timeline.connections()]
    value = timeline.document(
        scenario="", preset="", capture=Path(path).name, connection=loaded.chosen.number, connections=facts
    )
    sys.stdout.write(dump(value))


def _style(ascii_only: bool) -> Style:
    """How to draw on standard output."""
    from synfin.cli.output import style_for
    from synfin.timeline.style import Style

    style = style_for(sys.stdout)
    return Style(ascii_only=True, colour=style.colour) if ascii_only else style


def _print_text(loaded: Loaded, texts: Catalog, ascii_only: bool, fold: bool, why: bool) -> None:
    from synfin.timeline.ladder import DEFAULT_WIDTH

    style = _style(ascii_only)
    cells = shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns if sys.stdout.isatty() else DEFAULT_WIDTH
    timeline = loaded.timeline
    lines = timeline.lines(
        texts.language, ascii_only=style.ascii, colour=style.colour, cells=min(cells, MAX_CELLS), fold=fold, why=why
    )  # fmt: skip
    states = texts.text("ui.comma").join(f"{host} {state}" for host, state in timeline.final().items())
    lines.extend(
        ["", *(_summary(one, texts) for one in timeline.connections()), texts.text("capture.final", states=states)]
    )
    text = "\n".join(lines)
    click.echo(text.translate(QUOTES) if style.ascii else text, color=True)


def _summary(facts: ConnectionFacts, texts: Catalog) -> str:
    """What went each way."""
    one, other = facts.parties
    return texts.text(
        "capture.summary",
        who=one.host, segments=one.segments, octets=f"{one.octets:,}", again=one.again,
        peer=other.host, segments_back=other.segments, octets_back=f"{other.octets:,}", again_back=other.again,
    )  # fmt: skip


def _print_list(contents: Contents, texts: Catalog, as_json: bool) -> None:
    """All connections: one line each, or JSON."""
    from synfin.timeline.width import pad, width

    if as_json:
        value = {"schema": SCHEMA, "connections": [_entry(one) for one in contents.connections]}
        click.echo(json_module.dumps(value, ensure_ascii=False, indent=1))
        return
    rows = [tuple(texts.text(f"capture.list_{part}") for part in ("head", "ends", "packets", "how"))]
    for one in contents.connections:
        how = " ".join(one.kinds()) or texts.text("capture.list_quiet")
        how += "" if one.whole else texts.text("ui.comma") + texts.text("capture.list_middle")
        rows.append((str(one.number), f"{one.client} > {one.server}", str(len(one.packets)), how))
    cells = [max(width(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        click.echo("".join(pad(text, cells[place] + 2) for place, text in enumerate(row[:3])) + row[3])


def _entry(one: Captured) -> dict[str, Any]:
    return {
        "number": one.number,
        "client": str(one.client),
        "server": str(one.server),
        "packets": len(one.packets),
        "flags": one.kinds(),
        "whole": one.whole,
    }
