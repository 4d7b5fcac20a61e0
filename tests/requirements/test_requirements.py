"""Every binding requirement is covered by a test or explained; every tag stands for a requirement."""

from __future__ import annotations

import re

import pytest

from tests.requirements import table
from tests.requirements.table import Requirement

KNOWN = table.requirements()
SMALL = {
    item.id: item
    for item in [
        Requirement("RFC9293-MUST-1", 9293, "3.1", "MUST", "one"),
        Requirement("RFC9293-MUST-20a", 9293, "3.8", "MUST NOT", "two"),
        Requirement("RFC9293-MUST-20b", 9293, "3.8", "SHOULD", "three"),
        Requirement("RFC9293-MAY-1", 9293, "3.8", "MAY", "four"),
        Requirement("RFC5961-10", 5961, "7", "MUST", "five"),
        Requirement("RFC1191-01", 1191, "3", "MUST", "six"),
    ]
}


def find(text: str) -> list[str]:
    """Ids of the tags in a source text, brackets written as braces so that this file has no tags of its own."""
    return [place.id for place in table.tags_in(text.replace("<", "[").replace(">", "]"), "x.py", SMALL)]


def test_list_is_complete() -> None:
    """The list says itself how long it is."""
    declared = re.search(r"^  count: (\d+)$", table.LIST.read_text(encoding="utf-8"), re.MULTILINE)
    assert declared is not None
    assert len(KNOWN) == int(declared[1])
    assert sum(item.binding for item in KNOWN.values()) > 150


def test_every_binding_requirement_is_covered_or_explained() -> None:
    tests = table.tags_below("tests", KNOWN)
    excused = table.deviations(table.DEVIATIONS.read_text(encoding="utf-8"))
    missing = table.uncovered(KNOWN, tests, excused)
    assert not missing, "\n" + "\n".join(f"{item.id} ({item.level}): {item.text}" for item in missing)


def test_every_tag_stands_for_a_requirement() -> None:
    places = [*table.tags_below("src", KNOWN), *table.tags_below("tests", KNOWN)]
    unknown = [f"{place.file}:{place.line} {place.id[1:]}" for place in places if place.id.startswith("?")]
    assert not unknown, "\n" + "\n".join(unknown)


def test_every_deviation_has_an_id_and_a_reason() -> None:
    excused = table.deviations(table.DEVIATIONS.read_text(encoding="utf-8"))
    assert excused.keys() <= KNOWN.keys()
    assert all(len(reason) > 20 for reason in excused.values())


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("# <MUST-1>", ["RFC9293-MUST-1"]),
        ("# <RFC9293-MUST-1>", ["RFC9293-MUST-1"]),
        ("# <RFC5961-10> <MAY-1>", ["RFC5961-10", "RFC9293-MAY-1"]),
        ("# <MUST-1, RFC5961-10>", ["RFC9293-MUST-1", "RFC5961-10"]),
        ("# <MUST-20>", ["RFC9293-MUST-20a", "RFC9293-MUST-20b"]),
        ("# <MUST-20b>", ["RFC9293-MUST-20b"]),
        ("# <MUST-999>", ["?MUST-999"]),
        ("# <RFC5961-99>", ["?RFC5961-99"]),
        ("# <E77>", ["?E77"]),
        ("x = list<MUST>", []),
        ("# MUST-1", []),
    ],
)
def test_tag_grammar(text: str, ids: list[str]) -> None:
    assert find(text) == ids


def test_place_names_the_function() -> None:
    text = "class C:\n    def f(self):\n        '''<MUST-1>'''\n\ndef g():\n    pass  # <MAY-1>\n"
    places = list(table.tags_in(text.replace("<", "[").replace(">", "]"), "src/synfin/tcp/x.py", SMALL))
    assert [str(place) for place in places] == ["tcp/x.py `C.f`", "tcp/x.py `g`"]


def test_scripts_have_tags_too() -> None:
    text = "// What it is <MUST-1>\n+0 < S 0:0(0) win 1000 <mss 1000>\n".replace("<M", "[M").replace("1>", "1]", 1)
    places = list(table.tags_in(text, "tests/drill/scripts/both/x.pkt", SMALL))
    assert [str(place) for place in places] == ["drill/scripts/both/x.pkt"]


def test_missing_requirement_is_found() -> None:
    places = list(table.tags_in("# <MUST-1> <MUST-20a>".replace("<", "[").replace(">", "]"), "t.py", SMALL))
    excused = table.deviations("| id | reason |\n|---|---|\n| RFC9293-MUST-20b | not here, because of that |\n")
    assert [item.id for item in table.uncovered(SMALL, places, excused)] == ["RFC5961-10"]


def test_table_shows_code_tests_and_deviations() -> None:
    code = [table.Place("src/synfin/tcp/x.py", "f", 1, "RFC5961-10")]
    tests = [table.Place("tests/tcp/test_x.py", "test_f", 1, "RFC5961-10")]
    text = table.render(SMALL, code, tests, {"RFC9293-MUST-1": "reason"})
    assert "| RFC5961-10 | MUST | 7 | five | tcp/x.py `f` | tcp/test_x.py `test_f` |" in text
    assert "| RFC9293-MUST-1 | MUST | 3.1 | one |  | see deviations |" in text
    assert "Of 4 binding requirements" in text
    assert "1 are covered by tests and 1 are explained" in text
    assert "RFC1191-01" not in text
