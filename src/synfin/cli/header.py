"""`synfin demo NAME --header N`: the octets of one segment, field by field, as text, JSON or SVG.

Responsible for finding the segment and for where its headers are printed; what they mean is `timeline.headers`' work.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from synfin.errors import UsageError

if TYPE_CHECKING:
    from synfin.lab.world import World
    from synfin.timeline import Catalog
    from synfin.timeline.headers import Layer

SCHEMA: Final = 1
PLAIN: Final = str.maketrans({"→": "->", "…": "..."})  # for terminals that have ASCII only


def show_header(world: World, number: int, texts: Catalog, *, as_json: bool = False, ascii_only: bool = False) -> None:
    """Print the headers of the segment with that number, counted from 1 in the order of sending.

    Raises `UsageError` where the run has no such segment.
    """
    from synfin.timeline.headers.box import frame_lines
    from synfin.timeline.headers.document import layers_document

    heading, frame, layers = _find(world, number, texts)
    if as_json:
        value = {"schema": SCHEMA, "segment": number, **layers_document(frame, layers, texts)}
        click.echo(json.dumps(value, ensure_ascii=False, indent=1))
        return
    text = "\n".join([heading, "", *frame_lines(frame, layers, texts)])
    click.echo(text.translate(PLAIN) if ascii_only else text)


def header_picture(world: World, number: int, texts: Catalog) -> str:
    """The SVG of the same; raises as `show_header`."""
    from synfin.timeline.svg.headers import header_svg

    heading, frame, layers = _find(world, number, texts)
    return header_svg(frame, layers, texts, heading)


def _find(world: World, number: int, texts: Catalog) -> tuple[str, bytes, list[Layer]]:
    """What the segment is, its frame, and its layers."""
    from synfin.config import SECOND
    from synfin.timeline.headers import describe
    from synfin.timeline.headers.frames import frame_of, sent_segments
    from synfin.wire.tcp import flag_names

    sent = sent_segments(world.records)
    if not 1 <= number <= len(sent):
        raise UsageError(texts.text("box.none", number=number, count=len(sent)))
    record = sent[number - 1]
    heading = texts.text(
        "box.segment", number=number, flags=" ".join(flag_names(record.segment.flags)), src=record.src,
        dst=record.dst, time=f"{record.now / SECOND:.3f}",
    )  # fmt: skip
    frame = frame_of(world, record)
    return heading, frame, describe(frame)
