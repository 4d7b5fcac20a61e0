"""The picture of a run: for every scenario it is well-formed, complete, in order, and nothing covers anything else."""

from __future__ import annotations

from functools import cache
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest

from synfin.errors import UsageError
from synfin.lab.scenarios import SCENARIOS, run
from synfin.timeline import Timeline
from synfin.timeline.caption import Caption
from synfin.timeline.layout import Row
from synfin.timeline.messages import LANGUAGES, catalog
from synfin.timeline.model import DEPARTURE, LOST
from synfin.timeline.svg.arrange import LEFT, RIGHT, SAME_WAY, TURN, Arrangement
from synfin.timeline.svg.flights import COPY, END, GUEST, START, WHOLE
from synfin.timeline.svg.ladder import draw_ladder, story_of
from synfin.timeline.svg.shapes import meet, turned
from synfin.timeline.svg.writer import A4_WIDTH, Drawing
from synfin.timeline.words import Words
from synfin.timeline.world import timeline_of
from synfin.wire.tcp import ACK, FIN, SYN
from tests.timeline.tape import Tape
from tests.timeline.test_fold import transfer

SVG = "{http://www.w3.org/2000/svg}"
PARTS = {WHOLE: 2, START: 1, END: 1, COPY: 1, GUEST: 1}


@cache
def timeline(name: str) -> Timeline:
    return timeline_of(run(name, seed=1))


def arranged(name: str, lang: str = "en") -> Arrangement:
    run_of = timeline(name)
    words = Words(run_of.hosts, catalog(lang))
    return Arrangement(story_of(run_of, words), words, 100)


def drawn(records: Tape) -> Drawing:
    return draw_ladder(Timeline(records.records, ("A", "B")))


def texts(drawing: Drawing) -> list[str]:
    return [element.text or "" for element in ET.fromstring(drawing.svg()).iter(f"{SVG}text")]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_covers_anything_and_all_is_on_the_page(name: str, lang: str) -> None:
    drawing = draw_ladder(timeline(name), lang, caption=Caption(name, ("a detail",)))
    covered = [(one[0], other[0]) for one, other in combinations(drawing.labels, 2) if meet(one[1], other[1])]
    assert covered == []
    for text, corners in drawing.labels:
        assert all(0 <= x <= A4_WIDTH and 0 <= y <= drawing.height for x, y in corners), text
    root = ET.fromstring(drawing.svg())
    assert (root.get("width"), root.get("role"), root.get("lang")) == (str(A4_WIDTH), "img", lang)
    told = root.find(f"{SVG}desc")
    assert told is not None
    assert told.text == timeline(name).text(lang)


@pytest.mark.parametrize("name", SCENARIOS)
def test_later_stands_lower_and_arrows_fall(name: str) -> None:
    arrangement = arranged(name)
    points = sorted(arrangement.points, key=lambda point: point.step.order)
    for above, below in pairwise(points):
        assert above.y <= below.y
        assert above.step.now <= below.step.now
        if above.side == below.side:
            assert above.y < below.y
        if above.side == below.side and above.step.flight is not None and below.step.flight is not None:
            assert below.y - above.y >= (SAME_WAY if above.step.kind == below.step.kind else TURN)
    for arrow in arrangement.arrows:
        if arrow.start is not None and arrow.end is not None:
            assert 0 < arrangement.fall(arrow) <= 320


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_segment_is_drawn(name: str) -> None:
    """Each departure and each arrival belongs to exactly one arrow, and each state move is named."""
    arrangement = arranged(name)
    rows = [line for line in timeline(name).folded() if isinstance(line, Row)]
    wanted = sorted(step.order for row in rows for step in (row.departure, row.arrival) if step is not None)
    found = [step.order for arrow in arrangement.arrows for step in (arrow.start, arrow.end) if step is not None]
    assert sorted(found) == wanted
    moved = {step.order for row in rows for step in row.steps() if step.moves}
    assert moved <= {point.step.order for point in arrangement.points if point.note}


@pytest.mark.parametrize("fault", ["", "drop(A>B,DATA,100)", "dup(A>B,DATA,5%)", "reorder(A>B,DATA,5%)"])
def test_long_transfers_are_drawn_without_what_is_folded(fault: str) -> None:
    run_of = transfer(fault, 200_000)
    drawing = draw_ladder(run_of)
    covered = [(one[0], other[0]) for one, other in combinations(drawing.labels, 2) if meet(one[1], other[1])]
    assert covered == []
    assert any(text.startswith("… A: ") for text in texts(drawing))
    words = Words(run_of.hosts, catalog("en"))
    arrangement = Arrangement(story_of(run_of, words), words, 0)
    rows = [line for line in run_of.folded() if isinstance(line, Row)]
    wanted = sorted(step.order for row in rows for step in (row.departure, row.arrival) if step is not None)
    found = [step.order for arrow in arrangement.arrows for step in (arrow.start, arrow.end) if step is not None]
    assert sorted(found) == wanted


def test_the_same_run_gives_the_same_picture() -> None:
    first = timeline_of(run("fin-lost", seed=1)).svg("zh")
    assert first == timeline_of(run("fin-lost", seed=1)).svg("zh")


def test_a_loss_is_told_by_dashes_a_cross_a_word_and_colour() -> None:
    tape = Tape().listen()
    syn = tape.segment("A", SYN, 99)
    tape.wire(0, "A", "send", syn, "syn").wire(0, "A", "drop", syn, "fault-drop")
    drawing = drawn(tape)
    svg = drawing.svg()
    assert {"lost", "SYN", "seq=0(99) win=1000"} <= set(texts(drawing))
    assert 'stroke-dasharray="5 4"' in svg
    assert "stroke-vermilion" in svg
    words = Words(("A", "B"), catalog("en"))
    (arrow,) = Arrangement(story_of(Timeline(tape.records, ("A", "B")), words), words, 0).arrows
    assert (arrow.part, arrow.kind, arrow.flight.fate) == (START, "lost", LOST)


def test_what_is_sent_again_is_told_by_dashes_a_sign_a_word_and_colour() -> None:
    tape = Tape().listen()
    tape.flight(0, 10, "A", tape.segment("A", SYN, 99), "syn")
    tape.flight(50, 60, "A", tape.segment("A", SYN, 99), "retransmit-timeout")
    drawing = drawn(tape)
    assert "SYN resent" in texts(drawing)
    assert 'stroke-dasharray="8 3"' in drawing.svg()
    assert "stroke-orange" in drawing.svg()


def test_a_copy_and_a_late_segment_are_told_apart() -> None:
    tape = Tape().listen()
    data = tape.segment("A", ACK, 100, 300, b"x")
    tape.wire(0, "A", "send", data).wire(0, "A", "dup", data, "fault-dup")
    tape.wire(10, "B", "recv", data).wire(12, "B", "recv", data)
    late = tape.segment("A", ACK, 101, 300, b"y")
    tape.wire(20, "A", "send", late).wire(20, "A", "delay", late, "fault-delay").wire(50, "B", "recv", late)
    drawing = drawn(tape)
    found = texts(drawing)
    assert [text for text in found if "len=1" in text] == ["ACK len=1 doubled", "ACK len=1 copy", "ACK len=1 late"]
    for colour, dashes in (("purple", "2 3"), ("sky", "10 3 2 3")):
        assert f'class="stroke-{colour}" x1=' in drawing.svg()
        assert f'stroke-dasharray="{dashes}"' in drawing.svg()


def test_labels_of_arrows_that_cross_keep_away_from_both() -> None:
    tape = Tape()
    mine, theirs = tape.segment("A", FIN | ACK, 100, 300), tape.segment("B", FIN | ACK, 300, 100)
    tape.wire(0, "A", "send", mine, "fin").wire(0, "B", "send", theirs, "fin")
    tape.wire(10, "B", "recv", mine, "fin").wire(10, "A", "recv", theirs, "fin")
    drawing = drawn(tape)
    assert '<polygon class="fill-ground"' not in drawing.svg()  # which is under a label that a line crosses
    assert texts(drawing).count("FIN,ACK") == 2
    widths = [corners[1][0] - corners[0][0] for text, corners in drawing.labels if text.startswith("seq=")]
    assert max(widths) < (RIGHT - LEFT) / 2


def test_a_long_silence_is_a_break_and_not_a_distance() -> None:
    tape = Tape().listen()
    tape.flight(0, 10, "A", tape.segment("A", SYN, 99), "syn")
    near = drawn(tape).height
    tape.flight(86_400_000, 86_400_010, "A", tape.segment("A", SYN, 99), "retransmit-timeout")
    drawing = drawn(tape)
    assert "24 hours later" in texts(drawing)
    assert drawing.height < near + 200


def test_a_segment_that_waits_through_a_silence_is_drawn_in_two_parts() -> None:
    tape = Tape().listen()
    syn = tape.segment("A", SYN, 99)
    tape.wire(0, "A", "send", syn, "syn").wire(0, "A", "hold", syn, "fault-hold")
    tape.app(0, "A", "write", "5 octets").app(900, "A", "close")
    tape.wire(900, "B", "recv", syn, "syn")
    found = texts(drawn(tape))
    assert found.count("1") == 2
    assert {"SYN held back", "SYN released"} <= set(found)


def test_one_side_alone_can_be_drawn() -> None:
    tape = Tape()
    tape.wire(0, "A", "send", tape.segment("A", SYN, 99), "syn")
    tape.wire(20, "A", "recv", tape.segment("B", SYN | ACK, 299, 100), "")
    drawing = draw_ladder(Timeline(tape.records, ("A", "B"), one_sided=True))
    assert {"SYN", "SYN,ACK"} <= set(texts(drawing))


def test_nothing_at_all_can_be_drawn() -> None:
    assert texts(draw_ladder(Timeline([], ("A", "B"))))[0] == "A and B"


def test_names_and_titles_are_only_text() -> None:
    run_of = timeline("handshake")
    named = Timeline(run_of.records, run_of.hosts, labels=("<script>", "&amp;"))
    root = ET.fromstring(named.svg(caption=Caption("</svg>", ("<b>",))))
    assert {"<script>", "&amp;", "</svg>", "<b>"} <= {element.text for element in root.iter(f"{SVG}text")}


def test_ports_are_told_once_there_are_two_connections() -> None:
    assert any(text.startswith("40001>80 ") for text in texts(draw_ladder(timeline("isn"))))
    assert not any(text.startswith("40000>80 ") for text in texts(draw_ladder(timeline("close"))))


def test_wide_numbers_go_to_the_note() -> None:
    tape = Tape()
    first, second = 4_000_000_000, 3_000_000_000
    tape.flight(0, 10, "A", tape.segment("A", SYN, first), "syn")
    tape.flight(10, 20, "B", tape.segment("B", SYN | ACK, second, first + 1, window=65_535), "syn-ack")
    found = texts(drawn(tape))
    assert "seq=0 ack=1 win=65535" in found
    assert f"wire: seq={second} ack={first + 1}" in found


def test_shapes_meet_where_they_share_an_area() -> None:
    square = turned(0, 0, 10, 10, 0, 0, 0)
    assert meet(square, turned(9, 9, 20, 20, 0, 0, 0))
    assert not meet(square, turned(10, 0, 20, 10, 0, 0, 0))
    # The upright box around this one would meet the square, the turned one does not.
    assert not meet(square, turned(11, 0, 21, 10, 45, 16, 18))
    assert meet(square, turned(8, 8, 18, 18, 45, 13, 13))


def test_saving_as_svg(tmp_path: object) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    run_of = timeline("handshake")
    run_of.save(tmp_path / "run.svg", "zh", caption=Caption("标题"))
    assert "标题" in (tmp_path / "run.svg").read_text(encoding="utf-8")
    with pytest.raises(UsageError, match=r"\.svg"):
        run_of.save(tmp_path / "run.bmp")


def test_departures_say_why() -> None:
    arrangement = arranged("whole-life")
    notes = {
        point.step.flight.rule: [line.text for line in point.note]
        for point in arrangement.points
        if point.step.kind == DEPARTURE and point.step.flight is not None
    }
    assert notes["syn"][:2] == ["A asks for a connection and tells the number it", "starts from"]
    assert "[syn, RFC 9293 3.10.1]" in notes["syn"]
