"""Figure 5 of RFC 9293 as a picture, and the way that a connection took on it."""

from __future__ import annotations

import json
from functools import cache
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from synfin.lab.scenarios import SCENARIOS, run
from synfin.tcp.state import MOVES as ALLOWED
from synfin.tcp.state import State
from synfin.timeline import Timeline
from synfin.timeline.messages import LANGUAGES, catalog
from synfin.timeline.svg.figure5 import BOX, END, HEIGHT, MOVES, STATE_POSITIONS, WIDTH, figure
from synfin.timeline.svg.shapes import meet
from synfin.timeline.svg.states import draw_states, path_of
from synfin.timeline.world import timeline_of

SVG = "{http://www.w3.org/2000/svg}"
# RFC 9293 3.3.2, figure 5, read off by hand
FIGURE_5 = {
    "CLOSED": "LISTEN SYN_SENT",
    "LISTEN": "CLOSED SYN_RECEIVED SYN_SENT",
    "SYN_SENT": "CLOSED SYN_RECEIVED ESTABLISHED",
    "SYN_RECEIVED": "LISTEN ESTABLISHED FIN_WAIT_1",
    "ESTABLISHED": "FIN_WAIT_1 CLOSE_WAIT",
    "FIN_WAIT_1": "FIN_WAIT_2 CLOSING",
    "FIN_WAIT_2": "TIME_WAIT",
    "CLOSE_WAIT": "LAST_ACK",
    "CLOSING": "TIME_WAIT",
    "LAST_ACK": "CLOSED",
    "TIME_WAIT": "CLOSED",
}


@cache
def timeline(name: str) -> Timeline:
    return timeline_of(run(name, seed=1))


def test_the_figure_has_the_arrows_of_the_rfc() -> None:
    drawn = sorted((move.origin, move.target) for move in MOVES if move.drawn)
    assert drawn == sorted((origin, target) for origin, targets in FIGURE_5.items() for target in targets.split())
    assert STATE_POSITIONS.keys() == {state.name for state in State}


def test_every_move_that_the_stack_allows_has_a_way() -> None:
    known = {(move.origin, move.target) for move in MOVES}
    allowed = {(origin.name, target.name) for origin, targets in ALLOWED.items() for target in targets}
    assert known == allowed


@pytest.mark.parametrize("move", MOVES, ids=lambda move: f"{move.origin}-{move.target}")
def test_ways_lead_from_box_to_box_and_stay_on_the_canvas(move: object) -> None:
    from synfin.timeline.svg.figure5 import Move

    assert isinstance(move, Move)
    for name, (x, y), lower in ((move.origin, move.way[0], False), (move.target, move.way[-1], True)):
        places = [STATE_POSITIONS[name]] + ([END] if name == "CLOSED" and lower else [])
        assert any(abs(x - left) <= BOX[0] / 2 + 3 and abs(y - top) <= BOX[1] / 2 + 3 for left, top in places)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in move.way)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_covers_anything(name: str, lang: str) -> None:
    for host in timeline(name).hosts:
        drawing = draw_states(timeline(name), host, lang)
        assert [(a[0], b[0]) for a, b in combinations(drawing.labels, 2) if meet(a[1], b[1])] == []
        assert all(0 <= x <= WIDTH and 0 <= y <= drawing.height for _, corners in drawing.labels for x, y in corners)
        assert ET.fromstring(drawing.svg()).get("role") == "img"


def test_the_way_is_told_in_numbers_and_words() -> None:
    run_of = timeline("whole-life")
    assert [(move.from_state, move.to_state) for move in path_of(run_of.records, "B")] == [
        ("CLOSED", "LISTEN"),
        ("LISTEN", "SYN_RECEIVED"),
        ("SYN_RECEIVED", "ESTABLISHED"),
        ("ESTABLISHED", "CLOSE_WAIT"),
        ("CLOSE_WAIT", "LAST_ACK"),
        ("LAST_ACK", "CLOSED"),
    ]
    root = ET.fromstring(draw_states(run_of, "A").svg())
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert "FIN_WAIT_2 → TIME_WAIT" in texts
    assert [text for text in texts if text in set("123456")] == [*"123456", *"123456"]
    told = root.find(f"{SVG}desc")
    assert told is not None
    assert told.text == (
        "The connection took this way: CLOSED → SYN_SENT, SYN_SENT → ESTABLISHED, ESTABLISHED → FIN_WAIT_1, "
        "FIN_WAIT_1 → FIN_WAIT_2, FIN_WAIT_2 → TIME_WAIT, TIME_WAIT → CLOSED"
    )


def test_a_mere_listener_and_a_host_without_moves_are_drawn() -> None:
    records = [record for record in timeline("refused").records if record.host == "A"]
    still = Timeline(records, ("A", "B"))
    assert catalog("en").text("figure.still") in draw_states(still, "B").svg()
    listener = timeline("open-states")
    assert path_of(listener.records, "B")[0].to_state == "LISTEN"


def test_moves_that_the_figure_lacks_are_dashed() -> None:
    assert 'stroke-dasharray="6 3"' in draw_states(timeline("abort"), "A").svg()
    assert "stroke-dasharray" not in draw_states(timeline("close"), "A").svg()


def test_the_figure_as_values_is_json() -> None:
    value = json.loads(json.dumps(figure()))
    assert value["states"]["LISTEN"] == [200, 120]
    texts = {text for move in value["moves"] for text in (move["event"], move["action"]) if text}
    for lang in LANGUAGES:
        assert all(catalog(lang).has(text) for text in texts)
