"""Plots of a run with matplotlib: sequence numbers, windows, round-trip times, throughput, what is in flight.

Responsible for how `series` looks on paper and for files (PNG, SVG, PDF by suffix), which are the same octets for the
same run.  Matplotlib is imported when a plot is asked for; it is the extra `plot`.  Kinds of segments and lines differ
in marker or dash as well as in colour; the colours are those of Okabe and Ito.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from synfin.errors import UsageError
from synfin.timeline.messages import Catalog, catalog
from synfin.timeline.run import Timeline
from synfin.timeline.series import Ends, connections, series
from synfin.trace import SEND, Record, SegmentRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS: Final = ("sequence", "window", "rtt", "throughput", "flight")
SUFFIXES: Final = (".png", ".svg", ".pdf")
DPI: Final = 100
WIDTH_INCHES: Final = 12.0
HEIGHT_INCHES: Final = 8.0
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
FONTS: Final = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC", "Microsoft YaHei",
    "Hiragino Sans GB", "Heiti SC", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK JP",
    "Droid Sans Fallback",
)  # fmt: skip
SETTINGS: Final[dict[str, Any]] = {
    "svg.hashsalt": "synfin",
    "svg.fonttype": "none",  # text stays text
    "pdf.fonttype": 42,
    "axes.unicode_minus": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "font.size": 11,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "legend.frameon": False,
    "legend.fontsize": 10,
    "path.simplify": True,
    "savefig.dpi": DPI,
    "figure.dpi": DPI,
}
# Kind of segment: colour, marker, width of the bar.
_SEGMENTS: Final[dict[str, tuple[str, str, float]]] = {
    "new": (BLUE, "", 1.6),
    "retransmitted": (ORANGE, "^", 2.4),
    "lost": (VERMILION, "x", 2.4),
    "duplicate": (BLACK, "D", 1.6),
}
_ZOOM_ROUND_TRIPS: Final = 24  # a sequence plot that spans more gets a second part around the first loss
_MANY: Final = 40  # from so many on markers are drawn smaller
_LOG_FROM: Final = 4  # from this ratio of RTO to RTT on the axis is logarithmic


def save_plots(
    source: Timeline | Sequence[Record] | dict[str, Any],
    path: str | Path,
    kind: str = "all",
    *,
    host: str | None = None,
    connection: Ends | None = None,
    lang: str = "en",
) -> list[str]:
    """Write one plot, or all of them below each other, as `.png`, `.svg` or `.pdf`.

    `source` is a timeline, its records, or what `series` made of them.  `host` is the sender whose direction is drawn
    (None: the one that sends most), `connection` its connection (None: the one on which it sends most).  Gives what is
    to be told to whoever asked: that something of what is drawn is missing, or that labels are in English for want of a
    font.  Raises `UsageError` without matplotlib, for an unknown kind or suffix, and where there is nothing to draw.
    """
    texts = catalog(lang)
    target = Path(path)
    if kind not in (*KINDS, "all"):
        raise UsageError(texts.text("plot.kind", name=kind, names=", ".join((*KINDS, "all"))))
    if target.suffix.lower() not in SUFFIXES:
        raise UsageError(texts.text("plot.suffix", name=target.suffix or repr(target.name)))
    data = source if isinstance(source, dict) else _series(source, host, connection)
    try:
        import matplotlib as mpl
    except ImportError:
        raise UsageError(texts.text("plot.missing")) from None
    told: list[str] = []
    family = ["DejaVu Sans"]
    if lang != "en":
        font = _font()
        if font:
            family.append(font)
        else:
            told.append(texts.text("plot.no_font"))
            texts = catalog("en")
    if not data["probed"] and kind in ("window", "flight", "all"):
        told.append(texts.text("plot.unprobed"))
    wanted: Any = {**SETTINGS, "font.family": family}
    if len(family) > 1:
        wanted["axes.titleweight"] = "normal"  # most Chinese fonts have one weight: half a title would be bold
    with mpl.rc_context(wanted), _without_talk():
        _save(draw(data, kind, texts), target)
    return told


def _series(source: Timeline | Sequence[Record], host: str | None, connection: Ends | None) -> dict[str, Any]:
    """The series of the host that was asked for, or of the one that sends most."""
    records = source.records if isinstance(source, Timeline) else source
    if host is None:
        senders = dict.fromkeys(
            record.host for record in records if isinstance(record, SegmentRecord) and record.kind == SEND
        )
        # Of two that send as much, the one that sent first: whoever opened the connection.
        host = max(senders, key=lambda name: sum(connections(records, name).values()), default="")
    return series(records, host, connection)


def _font() -> str:
    """A font with Chinese characters, or nothing."""
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    return next((name for name in FONTS if name in known), "")


@contextmanager
def _without_talk() -> Iterator[None]:
    """Matplotlib logs a warning for each weight that a Chinese font does not have."""
    log = logging.getLogger("matplotlib.font_manager")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def _save(figure: Figure, target: Path) -> None:
    """Without a date or version in it, so that the same run gives the same file."""
    metadata: dict[str, dict[str, Any]] = {
        ".png": {"Software": None},
        ".svg": {"Date": None, "Creator": "synfin"},
        ".pdf": {"CreationDate": None, "Creator": "synfin", "Producer": None},
    }
    suffix = target.suffix.lower()
    figure.savefig(target, format=suffix[1:], metadata=metadata[suffix])


def draw(data: dict[str, Any], kind: str, texts: Catalog) -> Figure:
    """The figure of one kind, or of all; matplotlib's settings are the caller's."""
    from matplotlib.figure import Figure as NewFigure

    kinds = list(KINDS) if kind == "all" else [kind]
    zoomed = _zoom(data) if "sequence" in kinds else None
    panels = len(kinds) + (1 if zoomed is not None else 0)
    height = HEIGHT_INCHES if panels <= 2 else 1.0 + 3.1 * panels
    figure = NewFigure(figsize=(WIDTH_INCHES, height), layout="constrained")
    # The two parts of a sequence plot have time axes of their own, so no axes are shared.
    axes = list(figure.subplots(panels, 1, squeeze=False)[:, 0])
    figure.suptitle(_title(data, texts), fontsize=12, x=0.01, ha="left")
    for name in kinds:
        if name == "sequence":
            part = axes.pop(0)
            _sequence(part, data, texts, zoomed)
            _span(part, data)
            if zoomed is not None:
                _sequence_zoom(axes.pop(0), data, texts, zoomed)
        else:
            part = axes.pop(0)
            _DRAWERS[name](part, data, texts)
            _span(part, data)
    return figure


def _title(data: dict[str, Any], texts: Catalog) -> str:
    flow = texts.text("plot.flow", host=data["host"], local=data["local"], remote=data["remote"])
    counts = texts.text(
        "plot.counts", sent=_size(data["sent_bytes"]), acknowledged=_size(data["acknowledged_bytes"]),
        resent=data["retransmitted_segments"], lost=data["lost_segments"],
    )  # fmt: skip
    return f"{flow}\n{counts}"


def _size(octets: float, _position: object = None) -> str:
    """`14480` to `14.5 kB`, for people and for axes."""
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if abs(octets) >= limit:
            return f"{octets / limit:.4g} {unit}"
    return f"{octets:.4g} B" if octets else "0"


def _count(number: float, _position: object = None) -> str:
    """A sequence number: plain while it is short."""
    return f"{number:g}" if abs(number) < 10_000 else _size(number)


def _rate(bits: float, _position: object = None) -> str:
    for limit, unit in ((1e9, "Gbit"), (1e6, "Mbit"), (1e3, "kbit")):
        if abs(bits) >= limit:
            return f"{bits / limit:.4g} {unit}"
    return f"{bits:.4g} bit" if bits else "0"


# Sequence numbers


def _zoom(data: dict[str, Any]) -> tuple[float, float] | None:
    """From when to when the part around the first loss goes, if the whole is too long to see segments in it."""
    segments = data["sequence"]["segments"]
    rtts = data["rtt"]["samples"]["rtt_s"]
    if not rtts or not segments["time_s"]:
        return None
    rtt = sorted(rtts)[len(rtts) // 2]
    if segments["time_s"][-1] - segments["time_s"][0] < _ZOOM_ROUND_TRIPS * rtt:
        return None
    for wanted in ("lost", "retransmitted"):
        for time, kind in zip(segments["time_s"], segments["kind"], strict=True):
            if kind == wanted:
                return time - 1.5 * rtt, time + 4.5 * rtt
    return None


def _bars(axes: Axes, times: list[float], starts: list[int], ends: list[int], **look: Any) -> None:
    """Upright bars."""
    from matplotlib.collections import LineCollection

    lines = [((time, start), (time, end)) for time, start, end in zip(times, starts, ends, strict=True)]
    axes.add_collection(LineCollection(lines, **look))


def _segments(axes: Axes, data: dict[str, Any], texts: Catalog, *, near: bool = False) -> None:
    """Acknowledgments, window, segments, SACK blocks; `near`: so that single segments can be seen."""
    sequence = data["sequence"]
    edge, acks, sack = sequence["window"], sequence["acks"], sequence["sack"]
    _steps(
        axes, data, edge["time_s"], edge["right_edge_seq"], texts.text("plot.right_edge"), color=SKY,
        linestyle=(0, (5, 2)), linewidth=1.2,
    )  # fmt: skip
    _steps(axes, data, acks["time_s"], acks["ack_seq"], texts.text("plot.acks"), color=GREEN, linewidth=1.4)
    if sack["time_s"]:
        label = texts.text("plot.sack")
        _bars(axes, sack["time_s"], sack["start_seq"], sack["end_seq"], colors=PURPLE, linewidths=0.9, label=label)
    segments = sequence["segments"]
    for kind, (colour, marker, width) in _SEGMENTS.items():
        chosen = [place for place, name in enumerate(segments["kind"]) if name == kind]
        if not chosen:
            continue
        times, starts, ends = (
            [segments[name][place] for place in chosen] for name in ("time_s", "start_seq", "end_seq")
        )
        _bars(
            axes, times, starts, ends, colors=colour, linewidths=2 * width if near else width,
            zorder=4 if marker else 3, label="" if marker else texts.text(f"plot.{kind}"),
        )  # fmt: skip
        if marker:
            middles = [(start + end) / 2 for start, end in zip(starts, ends, strict=True)]
            axes.plot(
                times, middles, marker, color=colour, markersize=7 if near or len(times) < _MANY else 4,
                markeredgewidth=1.8 if near or len(times) < _MANY else 1.2, linestyle="none", zorder=5,
                label=texts.text(f"plot.{kind}"),
            )  # fmt: skip


def _sequence(axes: Axes, data: dict[str, Any], texts: Catalog, zoomed: tuple[float, float] | None) -> None:
    segments, marks = data["sequence"]["segments"], data["sequence"]["marks"]
    _segments(axes, data, texts)
    top = max([*segments["end_seq"], *data["sequence"]["acks"]["ack_seq"], 1])
    edges = [edge for edge in data["sequence"]["window"]["right_edge_seq"] if edge <= top * 1.6]
    _frame(axes, texts, "plot.sequence", "plot.axis_sequence")
    axes.set_ylim(-0.04 * top, max([top * 1.08, *edges]))
    for time, seq, kind in zip(marks["time_s"], marks["seq"], marks["kind"], strict=True):
        _mark(axes, time, seq, kind, late=time > 0.8 * marks["time_s"][-1] > marks["time_s"][0])
    if zoomed is not None:
        axes.axvspan(*zoomed, color="#00000014", linewidth=0)
    axes.locator_params(axis="y", integer=True)
    axes.yaxis.set_major_formatter(_count)
    _legend(axes)


def _mark(axes: Axes, time: float, seq: int, kind: str, *, late: bool) -> None:
    """A flag of the host stands above its segment, one of the peer beside the acknowledgment that came with it."""
    own = not kind.startswith("peer-")
    colour = BLUE if own else GREEN
    place = (0, 13) if own else (0, -22) if late else (15, -9)
    axes.annotate(
        kind.removeprefix("peer-"), (time, seq + 1 if own else seq), xytext=place, textcoords="offset points",
        ha="left" if place[0] else "center", va="bottom" if own else "center", fontsize=9, color=colour,
        arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0},
        annotation_clip=False,
    )  # fmt: skip


def _sequence_zoom(axes: Axes, data: dict[str, Any], texts: Catalog, span: tuple[float, float]) -> None:
    """The same from close by, where single segments can be seen."""
    segments = data["sequence"]["segments"]
    _segments(axes, data, texts, near=True)
    inside = [
        (start, end)
        for time, start, end in zip(segments["time_s"], segments["start_seq"], segments["end_seq"], strict=True)
        if span[0] <= time <= span[1]
    ]
    acks = [
        ack
        for time, ack in zip(data["sequence"]["acks"]["time_s"], data["sequence"]["acks"]["ack_seq"], strict=True)
        if span[0] <= time <= span[1]
    ]
    low = min([start for start, _ in inside] + acks)
    high = max([end for _, end in inside] + acks)
    room = (high - low) * 0.05 or 1
    lost = "lost" in segments["kind"]
    _frame(axes, texts, "plot.zoom" if lost else "plot.zoom_resent", "plot.axis_sequence")
    axes.set_xlim(*span)
    axes.set_ylim(low - room, high + room)
    axes.yaxis.set_major_formatter(_count)
    axes.set_facecolor("#00000008")


# The others


def _steps(axes: Axes, data: dict[str, Any], times: list[float], values: list[Any], label: str, **look: Any) -> None:
    """A step line, whose last value holds up to the end of the connection; None leaves a gap."""
    heights = [float("nan") if value is None else value for value in values]
    if times:
        axes.step([*times, data["duration_s"]], [*heights, heights[-1]], where="post", label=label, **look)


def _span(axes: Axes, data: dict[str, Any]) -> None:
    """The same time for all plots, so that they can be read below each other."""
    first = min([*data["flight"]["time_s"][:1], *data["sequence"]["marks"]["time_s"][:1], data["duration_s"]])
    room = 0.02 * (data["duration_s"] - first) or 0.001
    axes.set_xlim(first - room, data["duration_s"] + room)


def _frame(axes: Axes, texts: Catalog, title: str, down: str, **params: str) -> None:
    axes.set_title(texts.text(title, **params))
    axes.set_xlabel(texts.text("plot.time"), loc="right")
    axes.set_ylabel(texts.text(down))


def _legend(axes: Axes) -> None:
    """Beside the drawing, where it hides nothing."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.3, handlelength=2.6)


def _losses(axes: Axes, data: dict[str, Any], texts: Catalog) -> None:
    """When something was sent again, along the lower edge."""
    segments = data["sequence"]["segments"]
    times = [time for time, kind in zip(segments["time_s"], segments["kind"], strict=True) if kind == "retransmitted"]
    if times:
        axes.plot(
            times, [0.015] * len(times), "|", color=ORANGE, markersize=9, transform=axes.get_xaxis_transform(),
            linestyle="none", label=texts.text("plot.retransmitted"), zorder=2,
        )  # fmt: skip


def _window(axes: Axes, data: dict[str, Any], texts: Catalog) -> None:
    """cwnd and ssthresh; without them what is in flight, which the window bounds."""
    window = data["window"]
    if window["time_s"]:
        times = window["time_s"]
        _steps(axes, data, times, window["cwnd_bytes"], texts.text("plot.cwnd"), color=BLUE, linewidth=1.6)
        _steps(
            axes, data, times, window["ssthresh_bytes"], texts.text("plot.ssthresh"), color=VERMILION,
            linestyle=(0, (6, 3)), linewidth=1.4,
        )  # fmt: skip
    else:
        _flying(axes, data, texts)
    _losses(axes, data, texts)
    _frame(axes, texts, "plot.window", "plot.axis_bytes")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(_size)
    _legend(axes)


def _flying(axes: Axes, data: dict[str, Any], texts: Catalog) -> None:
    flight = data["flight"]
    _steps(
        axes, data, flight["time_s"], flight["flight_bytes"], texts.text("plot.in_flight"), color=BLACK, linewidth=1.0
    )


def _flight(axes: Axes, data: dict[str, Any], texts: Catalog) -> None:
    """What is in flight below what bounds it; a peer's window far above is left out of the picture."""
    flight, window = data["flight"], data["window"]
    _flying(axes, data, texts)
    _steps(
        axes, data, window["time_s"], window["cwnd_bytes"], texts.text("plot.cwnd"), color=BLUE,
        linestyle=(0, (6, 3)), linewidth=1.4,
    )  # fmt: skip
    _steps(
        axes, data, flight["time_s"], flight["peer_window_bytes"], texts.text("plot.peer_window"), color=SKY,
        linestyle=(0, (2, 2)), linewidth=1.4,
    )  # fmt: skip
    most = max([*flight["flight_bytes"], *window["cwnd_bytes"], 1])
    near = [size for size in flight["peer_window_bytes"] if size <= 2 * most]
    _frame(axes, texts, "plot.flight", "plot.axis_bytes")
    axes.set_ylim(0, max([most, *near]) * 1.06)
    axes.yaxis.set_major_formatter(_size)
    _legend(axes)


def _rtt(axes: Axes, data: dict[str, Any], texts: Catalog) -> None:
    """Samples as dots, the estimate as a line, the timeout dashed."""
    from matplotlib.ticker import LogLocator, NullLocator

    samples, estimate = data["rtt"]["samples"], data["rtt"]["estimate"]
    axes.plot(
        samples["time_s"], [value * 1e3 for value in samples["rtt_s"]], ".", color=SKY, linestyle="none",
        markersize=9 if len(samples["rtt_s"]) < _MANY else 4, label=texts.text("plot.samples"),
    )  # fmt: skip
    for name, colour, dash in (("srtt", BLUE, "-"), ("rto", VERMILION, (0, (6, 3)))):
        values = [None if value is None else value * 1e3 for value in estimate[f"{name}_s"]]
        if any(value is not None for value in values):
            _steps(
                axes, data, estimate["time_s"], values, texts.text(f"plot.{name}"), color=colour, linestyle=dash,
                linewidth=1.5,
            )  # fmt: skip
    _frame(axes, texts, "plot.rtt", "plot.axis_rtt")
    timeouts = [value for value in estimate["rto_s"] if value is not None]
    if timeouts and samples["rtt_s"] and max(timeouts) > _LOG_FROM * max(samples["rtt_s"]):
        axes.set_yscale("log")
        axes.set_ylim(min(samples["rtt_s"]) * 700, max(timeouts) * 1400)
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(lambda value, _position: f"{value:g}")
    else:
        axes.set_ylim(bottom=0)
    _legend(axes)


def _throughput(axes: Axes, data: dict[str, Any], texts: Catalog) -> None:
    rates = data["throughput"]
    times = [*rates["time_s"], *[time + rates["bin_s"] for time in rates["time_s"][-1:]]]
    for name, colour, dash in (("acknowledged", GREEN, "-"), ("sent", BLUE, (0, (4, 2)))):
        values = rates[f"{name}_bits_per_s"]
        if values:
            axes.stairs(
                values, times, baseline=None, color=colour, linestyle=dash, linewidth=1.5,
                label=texts.text(f"plot.{name}_rate"),
            )  # fmt: skip
    _losses(axes, data, texts)
    width = rates["bin_s"]
    shown = f"{width:g} s" if width >= 1 else f"{width * 1e3:g} ms"
    _frame(axes, texts, "plot.throughput", "plot.axis_rate", bin=shown)
    axes.set_ylim(0, max([*rates["sent_bits_per_s"], *rates["acknowledged_bits_per_s"], 1]) * 1.06)
    axes.yaxis.set_major_formatter(_rate)
    _legend(axes)


_DRAWERS: Final = {"window": _window, "rtt": _rtt, "throughput": _throughput, "flight": _flight}
