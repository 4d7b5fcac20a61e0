"""The files that `synfin demo` writes beside what it prints: capture, pictures, page, diagram, plot.

Responsible for options and for telling which file cannot be written; what is in a file is `timeline`'s affair.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from synfin.cli.main import EXIT_USAGE, Failure

if TYPE_CHECKING:
    from synfin.lab.scenarios import Scenario
    from synfin.lab.world import World
    from synfin.timeline import Catalog
    from synfin.timeline.run import Timeline

PLOT_KINDS: Final = ("sequence", "window", "rtt", "throughput", "flight", "all")  # those of timeline.plots


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options; a command gets their values under the names that `write_files` takes."""
    for option in reversed(
        (
            click.option("--pcap", metavar="FILE", help="Record all packets as pcapng."),
            click.option("--svg", metavar="FILE", help="Draw the ladder, or with --header the segment."),
            click.option("--html", metavar="FILE", help="Write a page with ladder, states, segments, explanations."),
            click.option("--mermaid", metavar="FILE", help="Write a Mermaid sequence diagram."),
            click.option("--plot", metavar="FILE", help="Plot to a .png, .svg or .pdf file; needs matplotlib."),
            click.option(
                "--plot-kind", type=click.Choice(PLOT_KINDS), default="all", help="What --plot draws [all]."
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def write_files(
    world: World,
    scenario: Scenario,
    faults: tuple[str, ...],
    texts: Catalog,
    *,
    pcap: str | None = None,
    svg: str | None = None,
    html: str | None = None,
    mermaid: str | None = None,
    plot: str | None = None,
    plot_kind: str = "all",
    header: int | None = None,
) -> None:
    """Write every file that was asked for; raises `Failure` with the name of one that cannot be written.

    `header`: the picture is that of the headers of this segment.
    """
    from synfin.timeline.world import timeline_of

    timeline = timeline_of(world)
    if pcap is not None:
        _guarded(pcap, texts, lambda: _capture(world, Path(pcap)))
    if svg is not None and header is not None:
        from synfin.cli.header import header_picture

        picture = header_picture(world, header, texts)
        _guarded(svg, texts, lambda: _text(Path(svg), picture))
    elif svg is not None:
        _guarded(svg, texts, lambda: _save(timeline, Path(svg), "svg", world, scenario, faults, texts))
    if html is not None:
        _guarded(html, texts, lambda: _save(timeline, Path(html), "html", world, scenario, faults, texts))
    if mermaid is not None:
        _guarded(mermaid, texts, lambda: _text(Path(mermaid), timeline.mermaid(texts.language)))
    if plot is not None:
        from synfin.timeline.plots import save_plots

        for told in _guarded(plot, texts, lambda: save_plots(timeline, plot, plot_kind, lang=texts.language)):
            click.echo(told, err=True)


def _guarded(path: str, texts: Catalog, write: Callable[[], Any]) -> Any:
    """Do it, and say so properly where the file cannot be written."""
    try:
        return write()
    except OSError as error:
        raise Failure(texts.text("error.write", path=path, reason=error.strerror or str(error)), EXIT_USAGE) from None


def _capture(world: World, path: Path) -> None:
    with path.open("wb") as stream:
        world.write_capture(stream)


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _save(
    timeline: Timeline, path: Path, kind: str, world: World, scenario: Scenario, faults: tuple[str, ...], texts: Catalog
) -> None:
    """The picture or the page, whatever the file is called."""
    from synfin.timeline.notes import caption_of, notes_of

    caption = caption_of(scenario, texts, preset=world.preset, seed=world.seed, faults=(*scenario.faults, *faults))
    if kind == "svg":
        _text(path, timeline.svg(texts.language, caption=caption))
    else:
        _text(path, timeline.html(texts.language, caption=caption, notes=tuple(notes_of(scenario, texts))))
