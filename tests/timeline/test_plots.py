"""Plots: the files are the same for the same run, and the drawing holds what the series say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from synfin.errors import UsageError
from synfin.lab.scenarios import run
from synfin.timeline import catalog, plots
from synfin.timeline.plots import FONTS, KINDS, SETTINGS, draw, save_plots
from synfin.timeline.series import series
from synfin.timeline.world import timeline_of
from synfin.trace import SegmentRecord
from tests.timeline.transfer import transfer

pytest.importorskip("matplotlib")


def figure(data: dict[str, Any], kind: str, lang: str = "en") -> Any:
    """What is drawn, in English fonts."""
    import matplotlib as mpl

    settings: Any = SETTINGS
    with mpl.rc_context(settings):
        return draw(data, kind, catalog(lang))


def labels(axes: Any) -> list[str]:
    """What the legend of one part says."""
    return [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_the_same_run_gives_the_same_file(tmp_path: Path, suffix: str) -> None:
    timeline = timeline_of(transfer())
    first, second = (tmp_path / f"{name}{suffix}" for name in "ab")
    assert save_plots(timeline, first, "sequence") == []
    assert save_plots(timeline, second, "sequence") == []
    assert first.read_bytes() == second.read_bytes()
    assert len(first.read_bytes()) > 10_000


def test_a_single_plot_is_1200_by_800(tmp_path: Path) -> None:
    path = tmp_path / "one.png"
    save_plots(transfer().records, path, "window")
    head = path.read_bytes()[16:24]
    assert (int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big")) == (1_200, 800)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_svg_has_its_labels_as_text_in_both_languages(tmp_path: Path, lang: str) -> None:
    if lang == "zh" and not plots._font():
        pytest.skip(f"no font with Chinese characters is installed, such as {FONTS[0]}")
    path = tmp_path / "all.svg"
    assert save_plots(transfer().records, path, "all", lang=lang) == []
    text = path.read_text(encoding="utf-8")
    names = ["sequence", "zoom", "window", "rtt", "flight", "acks", "srtt", "peer_window", "time"]
    assert [name for name in names if catalog(lang).text(f"plot.{name}") not in text.replace("&#39;", "'")] == []


def test_without_a_chinese_font_labels_are_english_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "_font", lambda: "")
    path = tmp_path / "close.svg"
    told = save_plots(transfer().records, path, "rtt", lang="zh")
    assert told == [catalog("zh").text("plot.no_font")]
    assert catalog("en").text("plot.rtt") in path.read_text(encoding="utf-8")


def test_a_long_transfer_has_a_second_part_around_the_first_loss() -> None:
    data = series(transfer().records, "A")
    first, second = figure(data, "sequence").axes
    segments = data["sequence"]["segments"]
    lost = segments["time_s"][segments["kind"].index("lost")]
    low, high = second.get_xlim()
    assert low < lost < high < first.get_xlim()[1]
    assert second.get_title(loc="left") == "Around the first loss"
    bottom, top = second.get_ylim()
    assert bottom < segments["start_seq"][segments["kind"].index("lost")] < top


def test_a_short_run_has_one_part() -> None:
    assert len(figure(series(run("close").records, "A"), "sequence").axes) == 1


def test_lines_hold_what_the_series_say() -> None:
    data = series(transfer().records, "A")
    window = figure(data, "window").axes[0]
    assert labels(window) == ["cwnd", "ssthresh", "sent again"]
    assert list(window.lines[0].get_ydata())[:-1] == data["window"]["cwnd_bytes"]
    assert window.lines[0].get_xdata()[-1] == data["duration_s"], "the last value holds up to the end"
    rtt = figure(data, "rtt").axes[0]
    assert labels(rtt) == ["RTT samples", "SRTT", "RTO"]
    assert list(rtt.lines[0].get_ydata()) == [value * 1e3 for value in data["rtt"]["samples"]["rtt_s"]]
    assert labels(figure(data, "flight").axes[0]) == ["in flight", "cwnd", "peer's window"]
    assert labels(figure(data, "throughput").axes[0]) == ["acknowledged", "sent", "sent again"]


def test_kinds_differ_in_more_than_colour() -> None:
    sequence = figure(series(transfer().records, "A"), "sequence").axes[0]
    marked = {line.get_label(): line.get_marker() for line in sequence.lines}
    assert (marked["sent again"], marked["lost on the way"]) == ("^", "x")
    dashes = {line.get_label(): line.get_linestyle() for line in sequence.lines}
    assert (dashes["acknowledged"], dashes["edge of the peer's window"]) == ("-", "--")


def test_a_recording_without_control_blocks_says_what_is_missing(tmp_path: Path) -> None:
    seen = [record for record in transfer().records if isinstance(record, SegmentRecord)]
    assert save_plots(seen, tmp_path / "window.png", "window") == [catalog("en").text("plot.unprobed")]
    assert labels(figure(series(seen, "A"), "window").axes[0]) == ["in flight", "sent again"]
    assert save_plots(seen, tmp_path / "sequence.png", "sequence") == []


@pytest.mark.parametrize("name", ["close", "simultaneous-open", "refused"])
def test_every_plot_of_short_runs_can_be_drawn(name: str, tmp_path: Path) -> None:
    timeline = timeline_of(run(name))
    for kind in ("sequence", "all"):
        save_plots(timeline, tmp_path / f"{kind}.png", kind)
        assert (tmp_path / f"{kind}.png").stat().st_size > 5_000
    data = series(timeline.records, "A")
    for kind in KINDS:
        assert figure(data, kind).axes


def test_mistakes_are_told(tmp_path: Path) -> None:
    records = run("close").records
    with pytest.raises(UsageError, match=r"sequence, window, rtt, throughput, flight, all"):
        save_plots(records, tmp_path / "x.png", "pie")
    with pytest.raises(UsageError, match=r"\.jpg; use \.png, \.svg or \.pdf"):
        save_plots(records, tmp_path / "x.jpg")
    with pytest.raises(UsageError, match="no such connection"):
        save_plots([], tmp_path / "x.png")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_matplotlib_the_command_that_helps_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    records = run("close").records
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r'pip install "synfin\[plot\]"'):
        save_plots(records, tmp_path / "x.png", lang=lang)
