"""Series: every number is the one that the segments (and the control block) say."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.errors import UsageError
from synfin.lab.scenarios import run
from synfin.timeline.capture import from_capture
from synfin.timeline.decimate import Bars, Bins, Line
from synfin.timeline.series import PENDING_LIMIT, SeriesBuilder, connections, series
from synfin.trace import Record, SegmentRecord, TcbRecord, TcbValue
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment
from synfin.wire.tcp_options import TcpOptions
from tests.timeline.tape import MS, A, B, Tape
from tests.timeline.transfer import transfer

ISS = 0xFFFF_FF00  # wraps within the first segments
IRS = 5_000


def syn(tape: Tape, scale: tuple[int | None, int | None] = (2, 3)) -> Tape:
    """A handshake of 20 ms each way."""
    a, b = (TcpOptions(mss=1_460, window_scale=one) for one in scale)
    tape.flight(0, 20, "A", tape.segment("A", SYN, ISS, window=1_000, options=a))
    tape.flight(20, 40, "B", tape.segment("B", SYN | ACK, IRS, ISS + 1, window=1_000, options=b))
    return tape.flight(40, 60, "A", tape.segment("A", ACK, ISS + 1, IRS + 1))


def text(tape: Tape, ms: float, seq: int, size: int = 100, lost: bool = False) -> Segment:
    """A sends text; it arrives 20 ms later, or it is lost."""
    segment = tape.segment("A", ACK, (ISS + seq) % 2**32, IRS + 1, bytes(size))
    tape.wire(ms, "A", "send", segment)
    if lost:
        tape.wire(ms, "A", "drop", segment, "fault-drop")
    else:
        tape.wire(ms + 20, "B", "recv", segment)
    return segment


def answer(tape: Tape, ms: float, ack: int, sack: tuple[tuple[int, int], ...] = (), window: int = 1_000) -> None:
    """An ACK of B comes to A."""
    blocks = tuple(((ISS + left) % 2**32, (ISS + right) % 2**32) for left, right in sack)
    segment = tape.segment("B", ACK, IRS + 1, (ISS + ack) % 2**32, window=window, options=TcpOptions(sack=blocks))
    tape.wire(ms - 20, "B", "send", segment).wire(ms, "A", "recv", segment)


def rows(arrays: dict[str, list[Any]]) -> list[tuple[Any, ...]]:
    """Parallel arrays as rows."""
    return list(zip(*arrays.values(), strict=True))


def test_segments_are_numbered_from_the_syn_across_the_wrap() -> None:
    tape = syn(Tape())
    text(tape, 50, 1, 200)
    text(tape, 51, 201, 200)
    told = series(tape.records, "A")["sequence"]["segments"]
    assert rows(told) == [(0.0, 0, 1, "new"), (0.05, 1, 201, "new"), (0.051, 201, 401, "new")]


def test_kinds_tell_what_was_lost_resent_and_doubled() -> None:
    tape = syn(Tape())
    text(tape, 50, 1, lost=True)
    twin = text(tape, 51, 101)
    tape.wire(51, "A", "dup", twin, "fault-dup")
    text(tape, 200, 1)
    text(tape, 300, 1, 150)
    told = series(tape.records, "A")
    kinds = told["sequence"]["segments"]["kind"]
    assert kinds == ["new", "lost", "new", "duplicate", "retransmitted", "retransmitted"]
    assert (told["lost_segments"], told["retransmitted_segments"]) == (1, 2)
    assert (told["sent_bytes"], told["retransmitted_bytes"]) == (450, 250)


def test_a_loss_is_told_of_the_sending_that_it_befell() -> None:
    """The same segment sent twice is two sendings; the first is lost, the second is not."""
    tape = syn(Tape())
    text(tape, 50, 1, lost=True)
    text(tape, 250, 1)
    assert series(tape.records, "A")["sequence"]["segments"]["kind"] == ["new", "lost", "retransmitted"]


def test_both_copies_of_a_segment_that_are_lost_are_one_loss() -> None:
    tape = syn(Tape())
    segment = text(tape, 50, 1, lost=True)
    tape.wire(55, "A", "drop", segment, "link-down")
    assert series(tape.records, "A")["lost_segments"] == 1


def test_acks_window_and_flight_as_the_sender_sees_them() -> None:
    tape = syn(Tape())
    text(tape, 50, 1)
    text(tape, 51, 101)
    answer(tape, 90, 101, window=500)
    told = series(tape.records, "A")
    assert rows(told["sequence"]["acks"]) == [(0.04, 1), (0.09, 101)]
    assert rows(told["sequence"]["window"]) == [(0.04, 1 + 1_000), (0.09, 101 + 500 * 8)], "scaled, but not in the SYN"
    assert rows(told["flight"]) == [
        (0.0, 1, 0), (0.04, 0, 1_000), (0.05, 100, 1_000), (0.051, 200, 1_000), (0.09, 100, 4_000),
    ]  # fmt: skip
    assert told["acknowledged_bytes"] == 100


@pytest.mark.parametrize("scale", [(None, 3), (2, None)])
def test_windows_are_scaled_only_if_both_offered(scale: tuple[int | None, int | None]) -> None:
    """[RFC7323-01]"""
    tape = syn(Tape(), scale)
    text(tape, 50, 1)
    answer(tape, 90, 101, window=500)
    assert series(tape.records, "A")["sequence"]["window"]["right_edge_seq"][-1] == 601


def test_sacked_octets_are_not_in_flight_and_blocks_are_shown() -> None:
    tape = syn(Tape())
    for place in range(4):
        text(tape, 50 + place, 1 + 100 * place, lost=place == 0)
    answer(tape, 91, 1, ((101, 201),))
    answer(tape, 92, 1, ((101, 301),))
    answer(tape, 93, 1, ((301, 401), (101, 301)))
    text(tape, 94, 401)
    answer(tape, 190, 401)
    told = series(tape.records, "A")
    assert rows(told["sequence"]["sack"]) == [
        (0.091, 101, 201), (0.092, 101, 301), (0.093, 301, 401), (0.093, 101, 301),
    ]  # fmt: skip
    assert told["flight"]["flight_bytes"][-5:] == [300, 200, 100, 200, 100]


def test_round_trips_are_timed_to_the_first_acknowledgment_and_never_of_what_was_resent() -> None:
    """[RFC6298-07] Karn's rule."""
    tape = syn(Tape())
    text(tape, 50, 1, lost=True)
    text(tape, 52, 101)
    answer(tape, 95, 1, ((101, 201),))
    text(tape, 200, 1)
    answer(tape, 240, 201)
    told = series(tape.records, "A")["rtt"]
    assert rows(told["samples"]) == [(0.04, 0.04), (0.095, 0.043)]
    assert told["estimate"]["srtt_s"] == [0.04, pytest.approx(0.04 + 0.003 / 8)]
    assert told["estimate"]["rto_s"] == [None, None]


def test_what_acknowledges_far_more_than_was_sent_is_not_believed() -> None:
    tape = syn(Tape())
    text(tape, 50, 1)
    answer(tape, 90, 2_000_000_000)
    answer(tape, 91, 1, ((51, 2_000_000_000),))
    told = series(tape.records, "A")
    assert told["sequence"]["acks"]["ack_seq"][-1] == 1
    assert told["flight"]["flight_bytes"][-1] == 50, "and a SACK block covers no more than was sent"


def test_an_ack_that_was_overtaken_tells_no_window() -> None:
    tape = syn(Tape())
    text(tape, 50, 1)
    text(tape, 51, 101)
    answer(tape, 90, 201, window=900)
    answer(tape, 91, 101, window=100)
    assert series(tape.records, "A")["sequence"]["window"]["right_edge_seq"][-1] == 201 + 900 * 8


def test_a_window_probe_does_not_make_the_text_after_it_a_repetition() -> None:
    tape = syn(Tape())
    probe = tape.segment("A", ACK, ISS + 1, IRS + 1, b"x")
    tape.wire(50, "A", "send", probe, "zero-window-probe")
    text(tape, 90, 1)
    assert series(tape.records, "A")["sequence"]["segments"]["kind"] == ["new", "new", "new"]


def test_another_connection_between_the_same_ends_begins_anew() -> None:
    tape = syn(Tape())
    for place in range(3):
        text(tape, 50 + place, 1 + 100 * place)
    tape.wire(500, "A", "send", tape.segment("A", SYN, 77))
    tape.wire(540, "A", "recv", tape.segment("B", SYN | ACK, IRS, 78))
    told = series(tape.records, "A")
    assert told["sequence"]["segments"]["start_seq"][-1] == 0
    assert told["rtt"]["samples"]["rtt_s"][-1] == pytest.approx(0.04)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-(10**9), 10**9),
            st.sampled_from(["send", "recv", "drop", "dup"]),
            st.booleans(),
            st.integers(0, 2**32 - 1),
            st.integers(0, 2**32 - 1),
            st.sampled_from([SYN, SYN | ACK, ACK, ACK | FIN, RST, 0]),
            st.integers(0, 300),
            st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)), max_size=3),
        ),
        max_size=40,
    )
)
def test_no_record_can_break_it(rows_of_noise: list[tuple[Any, ...]]) -> None:
    """Captures are hostile input: any numbers in any order, and clocks that are set back."""
    builder = SeriesBuilder("A", (A, B))
    for now, kind, own, seq, ack, flags, size, sack in rows_of_noise:
        src, dst = (A, B) if own else (B, A)
        options = TcpOptions(sack=tuple(sack))
        segment = Segment(src.port, dst.port, seq, ack, flags, 500, options=options, payload=bytes(size))
        builder.feed(SegmentRecord(now + 2 * 10**9, "A", kind, src, dst, segment, ""))
    told = builder.result()
    json.dumps(told, allow_nan=False)
    assert all(size >= 0 for size in told["flight"]["flight_bytes"])
    assert told["acknowledged_bytes"] >= 0


def test_flags_are_marked_with_the_number_they_take() -> None:
    tape = syn(Tape())
    text(tape, 50, 1)
    fin = tape.segment("A", ACK | FIN, (ISS + 101) % 2**32, IRS + 1)
    tape.flight(60, 80, "A", fin)
    tape.flight(80, 100, "B", tape.segment("B", ACK | FIN, IRS + 1, (ISS + 102) % 2**32))
    tape.flight(101, 121, "B", tape.segment("B", RST, IRS + 2))
    told = series(tape.records, "A")
    assert rows(told["sequence"]["marks"]) == [
        (0.0, 0, "SYN"), (0.04, 1, "peer-SYN"), (0.06, 101, "FIN"), (0.1, 102, "peer-FIN"), (0.121, 102, "peer-RST"),
    ]  # fmt: skip
    assert told["acknowledged_bytes"] == 100, "neither SYN nor FIN is text"


def test_control_block_values_are_folded_and_replace_what_was_worked_out() -> None:
    tape = syn(Tape())
    first: dict[str, TcbValue] = {"cwnd": 4_000, "ssthresh": 0, "srtt_ns": 0, "rto_ns": 10**9}
    changes: list[tuple[int, dict[str, TcbValue]]] = [
        (41, first), (90, {"cwnd": 5_000}), (91, {"ssthresh": 2_500}), (92, {"srtt_ns": 40 * MS, "rto_ns": 10**9}),
    ]  # fmt: skip
    for ms, values in changes:
        tape.records.append(TcbRecord(ms * MS, "A", A, B, values))
    told = series(tape.records, "A")
    assert told["probed"] is True
    assert rows(told["window"]) == [(0.041, 4_000, None), (0.09, 5_000, None), (0.091, 5_000, 2_500)]
    assert rows(told["rtt"]["estimate"]) == [(0.041, None, 1.0), (0.092, 0.04, 1.0)]


def test_throughput_counts_text_sent_and_acknowledged() -> None:
    world = transfer(size=300_000, loss=0.0)
    told = series(world.records, "A")
    rates = told["throughput"]
    for name in ("sent", "acknowledged"):
        assert sum(rates[f"{name}_bits_per_s"]) * rates["bin_s"] / 8 == pytest.approx(300_000)
    assert max(rates["acknowledged_bits_per_s"]) <= 10e6, "the rate of the link"
    assert rates["bin_s"] >= min(told["rtt"]["samples"]["rtt_s"])


def test_a_run_with_losses_adds_up() -> None:
    world = transfer()
    told = series(world.records, "A")
    assert told["acknowledged_bytes"] == 1_000_000
    assert told["sent_bytes"] - told["retransmitted_bytes"] == 1_000_000
    kinds = told["sequence"]["segments"]["kind"]
    drops = [one for one in world.records if isinstance(one, SegmentRecord) and one.kind == "drop" and one.host == "A"]
    assert kinds.count("lost") == told["lost_segments"] == len(drops) > 3
    assert all(later >= before for before, later in pairwise(told["sequence"]["acks"]["ack_seq"]))
    cwnd = dict(rows({k: told["window"][k] for k in ("time_s", "cwnd_bytes")}))
    assert len(cwnd) > 20
    assert max(told["flight"]["flight_bytes"]) <= max(cwnd.values()) * 1.05
    json.dumps(told, allow_nan=False)


def test_a_recording_of_segments_alone_is_enough() -> None:
    """As from a capture: what one end sent and received, by the clock, without control block or drops."""
    epoch = 1_700_000_000 * 10**9
    seen: list[Record] = []
    for record in transfer().records:
        if isinstance(record, SegmentRecord) and record.host == "A" and record.kind in ("send", "recv"):
            parts = (record.kind, record.src, record.dst, record.segment, "")
            seen.append(SegmentRecord(record.now + epoch, "A", *parts))
    told, whole = series(seen, "A"), series(transfer().records, "A")
    assert told["probed"] is False
    assert told["sequence"]["acks"] == whole["sequence"]["acks"], "times count from the first segment"
    assert told["flight"] == whole["flight"]
    assert "lost" not in told["sequence"]["segments"]["kind"]
    assert told["rtt"]["estimate"]["srtt_s"]


def test_the_connection_on_which_most_is_sent_is_taken_unless_one_is_named() -> None:
    tape = syn(Tape())
    text(tape, 50, 1, 10)
    other = tape.segment("A", ACK, 1, 1, bytes(500), ports=(40_001, 80))
    tape.wire(60, "A", "send", other)
    elsewhere = Endpoint(A.address, 40_001)
    assert connections(tape.records, "A") == {(A, B): 10, (elsewhere, B): 500}
    assert series(tape.records, "A")["local"] == str(elsewhere)
    assert series(tape.records, "A", (A, B))["sent_bytes"] == 10
    with pytest.raises(UsageError, match="no such connection"):
        series(tape.records, "A", (B, A))
    with pytest.raises(UsageError, match="no such connection"):
        series([], "A")


@pytest.mark.parametrize("name", ["close", "simultaneous-open", "refused"])
def test_scenarios_of_both_hosts_have_series(name: str) -> None:
    world = run(name)
    for host in world.nodes:
        told = series(world.records, host)
        json.dumps(told, allow_nan=False)
        starts = told["sequence"]["segments"]["start_seq"]
        assert starts[:1] in ([0], []), "SYN comes first, or nothing that takes a number"


def test_loss_of_a_segment_long_ago_is_not_searched_for() -> None:
    tape = syn(Tape())
    first = text(tape, 50, 1, 1)
    for place in range(PENDING_LIMIT + 10):
        text(tape, 51, 2 + place, 1)
    tape.wire(99, "A", "drop", first, "link-down")
    assert series(tape.records, "A")["lost_segments"] == 0


# Bounded


def test_a_line_keeps_its_extremes_and_its_ends() -> None:
    rng = Random(3)
    line = Line(2, limit=64)
    points = [(place, rng.gauss(0, 1), rng.random()) for place in range(10_000)]
    points[5_000] = (5_000, 99.0, 0.5)
    points[7_001] = (7_001, -99.0, 0.5)
    for now, *values in points:
        line.add(now, *values)
        assert len(line.points()[0]) <= 64 + 2 + 4
    times, (first, second) = line.points()
    assert times == sorted(times)
    kept = list(zip(times, first, second, strict=True))
    assert set(kept) <= set(points)
    assert {points[0], points[5_000], points[7_001], points[-1]} <= set(kept)
    thirds = [sum(1 for now in times if start <= now < start + 2_500) for start in range(0, 10_000, 2_500)]
    assert max(thirds) <= 3 * min(thirds), "as dense at the beginning as at the end"


def test_level_stretches_of_a_line_take_two_points() -> None:
    line, dots = Line(), Line(joined=False)
    for now in range(100):
        line.add(now, 7.0 if now < 50 else None)
        dots.add(now, 7.0)
    assert line.points() == ([0, 49, 50, 99], [[7.0, 7.0, None, None]])
    assert len(dots.points()[0]) == 100


@pytest.mark.parametrize("limit", [15, 16])
def test_bars_are_put_together_and_cover_the_same(limit: int) -> None:
    bars = Bars(limit)
    for place in range(1_000):
        bars.add(place, place * 10, place * 10 + 10)
        assert len(bars.rows()) <= limit
    told = bars.rows()
    assert (told[0][1], told[-1][2]) == (0, 10_000)
    assert all(one[2] == other[1] for one, other in pairwise(told))
    sizes = {end - start for _, start, end in told[:-1]}
    assert sizes == {bars.thinned * 10}, "bars of one size all along"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 1), st.integers(0, 1_000)), max_size=60))
def test_bins_lose_nothing_when_they_widen(amounts: list[tuple[int, int, int]]) -> None:
    bins = Bins(0, 2, 1, limit=8)
    for now, column, amount in sorted(amounts):
        bins.add(now, column, amount)
    assert len(bins.sums[0]) <= 8
    for column in (0, 1):
        assert sum(bins.sums[column]) == sum(amount for _, where, amount in amounts if where == column)


def test_a_long_run_stays_small() -> None:
    """A million segments would, too: 60,000 of them reach every limit."""
    builder = SeriesBuilder("A", (A, B))
    rng = Random(1)
    for place in range(60_000):
        now, seq = place * MS, 1 + place * 100
        sent = Segment(A.port, B.port, seq % 2**32, 1, ACK, payload=b"x" * 100)
        builder.feed(SegmentRecord(now, "A", "send", A, B, sent, ""))
        back = Segment(B.port, A.port, 1, (seq - rng.randrange(5) * 100) % 2**32, ACK, 60_000)
        builder.feed(SegmentRecord(now, "A", "recv", B, A, back, ""))
    told = builder.result()
    assert told["acknowledged_bytes"] > 5_990_000
    assert told["thinned"]["sequence.segments.new"] == 8
    assert len(json.dumps(told)) < 2_000_000


def test_a_capture_of_a_run_has_the_series_of_the_run(tmp_path: Path) -> None:
    world = transfer()
    path = tmp_path / "run.pcapng"
    with path.open("wb") as stream:
        world.write_capture(stream)
    timeline = from_capture(path)
    captured, lived = series(timeline.records, timeline.hosts[0]), series(world.records, "A")
    for part in ("acks", "window", "sack"):
        assert captured["sequence"][part] == lived["sequence"][part], part
    assert captured["flight"] == lived["flight"]
    assert captured["rtt"]["samples"] == lived["rtt"]["samples"]
    assert captured["sent_bytes"] == lived["sent_bytes"]
    assert (captured["probed"], lived["probed"]) == (False, True)
