"""Long explanations below the lines of a ladder: each paragraph once, sums with every segment."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

import pytest

from synfin.lab.scenarios import SCENARIOS, run
from synfin.timeline import Timeline
from synfin.timeline.messages import LANGUAGES
from synfin.timeline.width import width
from synfin.timeline.world import timeline_of


@cache
def timeline(name: str) -> Timeline:
    """A demo."""
    return timeline_of(run(name))


@pytest.mark.parametrize("cells", [80, 120])
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_wider_than_the_terminal(name: str, lang: str, cells: int) -> None:
    for line in timeline(name).lines(lang, cells=cells, why=True):
        assert width(line) <= cells, line


@pytest.mark.parametrize("name", SCENARIOS)
def test_explaining_only_adds_lines(name: str) -> None:
    """What stands in the short ladder stands in the long one, in the same order."""
    rest = iter(timeline(name).lines("en", why=True))
    for line in timeline(name).lines("en"):
        assert line in rest, line


def test_each_paragraph_comes_once_and_sums_with_every_segment() -> None:
    text = "\n".join(timeline("whole-life").lines("en", why=True, cells=120))
    assert " ".join(text.split()).count("FIN stands behind the last octet and consumes one number") == 1
    assert text.count("• seq = ") == 10
    assert text.count("• ack = ") == 9
    assert "• seq = 6 = 1 + 5: A has sent text of length 5 from 1 on." in text
    assert "Linux: The window field of a SYN is 65535 at most" in text
    assert text.count("FIN_WAIT_1 → FIN_WAIT_2: ") == 1


def test_a_move_is_explained_before_the_rule_behind_it() -> None:
    """Twice the same move: the second time the rule has its turn, the third time nobody."""
    lines = timeline("isn").lines("en", why=True, cells=120)
    moves = [place for place, line in enumerate(lines) if "LISTEN → SYN_RECEIVED: " in line]
    rules = [place for place, line in enumerate(lines) if line.lstrip().startswith("syn-accepted: ")]
    assert (len(moves), len(rules)) == (1, 1)
    assert moves[0] < rules[0]
    once = "\n".join(timeline("handshake").lines("en", why=True, cells=120))
    assert "LISTEN → SYN_RECEIVED: " in once
    assert "syn-accepted: " not in once


def test_a_fin_on_text_is_explained_beside_the_text() -> None:
    lines = timeline("fin-number").lines("en", why=True, cells=120)
    assert sum(line.lstrip().startswith("fin: ") for line in lines) == 1


def test_a_lost_segment_is_explained_and_so_is_its_repetition() -> None:
    text = "\n".join(timeline("fin-lost").lines("en", why=True, cells=120))
    assert text.count("fault-drop: ") == 1
    assert "a FIN that goes once more keeps its number" in text


def test_sources_stay_on_one_line() -> None:
    for lang in LANGUAGES:
        for line, following in pairwise(timeline("whole-life").lines(lang, why=True, cells=80)):
            assert not (re.search(r"RFC( [0-9]+)?$", line) and following.lstrip()[:1].isdigit()), line


def test_ascii_holds_for_the_arrows_of_titles() -> None:
    text = "\n".join(timeline("close").lines("en", why=True, ascii_only=True))
    assert "→" not in text
    assert "* seq = " in text
