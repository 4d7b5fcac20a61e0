"""The Mermaid diagram: golden texts in both languages, and a syntax that holds whatever is in the texts.

The golden files were drawn by Mermaid 11 and looked at.  After a change on purpose:
    python -m tests.timeline.test_mermaid
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from synfin.lab.scenarios import SCENARIOS, run
from synfin.timeline.mermaid import escape
from synfin.timeline.messages import LANGUAGES
from synfin.timeline.run import Timeline
from synfin.timeline.world import timeline_of
from synfin.trace import RECEIVE
from synfin.wire.tcp import ACK
from tests.timeline.tape import Tape

GOLDEN = Path(__file__).parent / "golden"
DRAWN = ("close", "syn-lost", "simultaneous-open", "time-wait-old-duplicate")
LINE = re.compile(
    r"sequenceDiagram"
    r"|    participant p[01] as TEXT"
    r"|    p(?:0--?(?:>>|x)p1|1--?(?:>>|x)p0): TEXT"
    r"|    Note (?:left of p0|right of p1|over p0,p1): TEXT".replace("TEXT", r"(?:[^#;%<>\n]|#[0-9]+;|<br/>)+")
)


def diagram(name: str, lang: str) -> str:
    """A scenario as a diagram."""
    return timeline_of(run(name, seed=1)).mermaid(lang)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", DRAWN)
def test_golden(name: str, lang: str) -> None:
    assert diagram(name, lang) == (GOLDEN / f"{name}.{lang}.mmd").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_line_is_a_statement(name: str, lang: str) -> None:
    for line in diagram(name, lang).splitlines():
        assert LINE.fullmatch(line), line


def test_text_cannot_end_a_statement_or_begin_another() -> None:
    assert escape('a; #b %%{x} <br/>\n \\"`') == "a#59; #35;b #37;#37;#123;x#125; #60;br/#62; " + "#92;#34;#96;".rjust(
        13
    )
    assert escape("wrap: x") == "#119;rap: x"
    assert escape("三次握手：end") == "三次握手：end"


def arrows(tape: Tape) -> list[str]:
    """The statements that draw segments."""
    lines = Timeline(tape.records, ("A", "B")).mermaid().splitlines()
    return [line.strip().partition(":")[0] for line in lines if re.match(r" *p[01]-", line)]


def test_strokes_and_ends() -> None:
    tape = Tape()
    tape.flight(0, 10, "A", tape.segment("A", ACK, 101, 1, b"x"))
    lost = tape.segment("A", ACK, 102, 1, b"y")
    tape.wire(20, "A", "send", lost).wire(20, "A", "drop", lost, "fault-drop")
    again = tape.segment("A", ACK, 102, 1, b"y")
    tape.wire(30, "A", "send", again, "retransmit-timeout").wire(30, "A", "drop", again, "fault-drop")
    damaged = tape.segment("B", ACK, 1, 102)
    tape.wire(40, "B", "send", damaged).wire(40, "B", "corrupt", damaged, "fault-corrupt")
    assert arrows(tape) == ["p0->>p1", "p0-xp1", "p0--xp1", "p1-xp0"]


def test_a_segment_that_is_overtaken_is_noted_where_it_leaves_and_drawn_where_it_arrives() -> None:
    tape = Tape()
    first, second = tape.segment("A", ACK, 101, 1, b"x"), tape.segment("A", ACK, 102, 1, b"y")
    tape.wire(0, "A", "send", first).wire(0, "A", "delay", first, "fault-delay").flight(1, 11, "A", second)
    tape.wire(30, "B", RECEIVE, first)
    lines = Timeline(tape.records, ("A", "B")).mermaid().splitlines()
    assert len(arrows(tape)) == 2
    assert [line for line in lines if "late" in line and "Note left of p0: 0.000 s (1) ACK seq=1" in line]
    assert any(re.match(r" *p0->>p1: 0.030 s \(1\) ACK seq=1", line) for line in lines)


def test_it_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "close.mmd"
    timeline_of(run("close", seed=1)).save(path, lang="zh")
    assert path.read_text(encoding="utf-8") == diagram("close", "zh")


if __name__ == "__main__":
    for scenario in DRAWN:
        for language in LANGUAGES:
            (GOLDEN / f"{scenario}.{language}.mmd").write_text(diagram(scenario, language), encoding="utf-8")
