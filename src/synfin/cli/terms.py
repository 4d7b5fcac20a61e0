"""`synfin explain --term NAME`: what a rule, state, move, flag, option, timer or error means, at length.

Responsible for finding what a name may mean, and for how it is printed; the texts are `timeline.explain`'s.
"""

from __future__ import annotations

import json as json_module
import shutil
import sys
from dataclasses import asdict
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import click

from synfin.errors import UsageError

if TYPE_CHECKING:
    from synfin.timeline import Catalog
    from synfin.timeline.style import Style

SCHEMA: Final = 1
MAX_CELLS: Final = 100  # a paragraph in longer lines is hard to read
QUOTES: Final = str.maketrans({"“": '"', "”": '"', "…": "...", "→": "->"})  # for terminals that have ASCII only
CLOSE: Final = 0.6  # how alike a name has to be to be proposed


def show_term(name: str, texts: Catalog, style: Style, as_json: bool) -> None:
    """Print everything that bears the name; raises `UsageError`, with names that are close, where nothing does."""
    from synfin.timeline.explain import explain_term, find_terms, terms_by_name

    found = find_terms(name, texts)
    if not found:
        close = get_close_matches(name.lower(), list(terms_by_name(texts)), 3, CLOSE)
        parts = [texts.text("error.term", name=name)]
        if close:
            parts.append(texts.text("error.close", names=", ".join(close)))
        raise UsageError(("; " if texts.language == "en" else "；").join(parts))
    told = [(kind, explain_term(kind, known, texts)) for kind, known in found]
    if as_json:
        items = [{"kind": kind, **asdict(one)} for kind, one in told]
        click.echo(json_module.dumps({"schema": SCHEMA, "items": items}, ensure_ascii=False, indent=1))
        return
    lines: list[str] = []
    for kind, one in told:
        head = texts.text(f"kind.{kind}", name=style.paint("bold", one.title))
        if one.short:
            head += texts.text("ui.colon") + one.short
        lines.extend([*([""] if lines else []), f"{head} [{one.rfc}]" if one.rfc else head])
        lines.extend(_paragraph(one.long))
        if one.linux is not None:
            lines.extend(_paragraph(texts.text("ui.linux", text=one.linux)))
    text = "\n".join(lines)
    click.echo(text.translate(QUOTES) if style.ascii else text, color=True)


def _paragraph(text: str) -> list[str]:
    from synfin.timeline.width import wrap

    cells = shutil.get_terminal_size((MAX_CELLS, 24)).columns if sys.stdout.isatty() else MAX_CELLS
    return [f"  {line}" for line in wrap(text, min(cells, MAX_CELLS) - 4)]
