"""Pictures and page of a small run, octet by octet, in both languages.

The golden files were looked at in a browser, light and dark.  After a change on purpose:
python -m tests.timeline.test_svg_golden
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from synfin.timeline import Timeline
from synfin.timeline.caption import Caption
from synfin.timeline.messages import LANGUAGES
from synfin.timeline.svg.states import draw_states
from synfin.wire.tcp import ACK, FIN, SYN
from synfin.wire.tcp_options import TcpOptions
from tests.timeline.tape import Tape

_TERM = re.compile(r'<div class="term">.*?</div>\n', re.DOTALL)  # long explanations have tests of their own
GOLDEN = Path(__file__).parent / "golden"


def small() -> Timeline:
    """A SYN, a loss, a repetition, a copy, a silence and crossing FINs."""
    tape = Tape().listen()
    syn = tape.segment("A", SYN, 99, options=TcpOptions(mss=1_460))
    tape.app(0, "A", "open").state(0, "A", "CLOSED", "SYN_SENT", "active-open").flight(0, 10, "A", syn, "syn")
    tape.state(10, "B", "LISTEN", "SYN_RECEIVED", "syn-accepted")
    lost = tape.segment("B", SYN | ACK, 299, 100)
    tape.wire(10, "B", "send", lost, "syn-ack").wire(10, "B", "drop", lost, "fault-drop")
    again = tape.segment("B", SYN | ACK, 299, 100)
    tape.timer(1_010, "B", "retransmit").wire(1_010, "B", "send", again, "retransmit-timeout")
    tape.wire(1_010, "B", "dup", again, "fault-dup")
    tape.wire(1_020, "A", "recv", again).state(1_020, "A", "SYN_SENT", "ESTABLISHED", "syn-sent-established")
    tape.wire(1_025, "A", "recv", again)
    mine, theirs = tape.segment("A", FIN | ACK, 100, 300), tape.segment("B", FIN | ACK, 300, 100)
    tape.wire(1_030, "A", "send", mine, "fin").wire(1_030, "B", "send", theirs, "fin")
    tape.wire(1_040, "B", "recv", mine, "fin").wire(1_040, "A", "recv", theirs, "fin")
    return Timeline(tape.records, ("A", "B"), labels=("10.0.0.1", "10.0.0.2"))


def files(lang: str) -> dict[str, str]:
    """Name and text of each golden file."""
    caption = Caption("A small run", ("with everything",))
    return {
        f"small.{lang}.svg": small().svg(lang, caption=caption),
        f"small.states.{lang}.svg": draw_states(small(), "A", lang).svg(),
        f"small.{lang}.html": _TERM.sub("", small().html(lang, caption=caption, notes=("A note.",))),
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_golden(lang: str) -> None:
    for name, text in files(lang).items():
        assert text == (GOLDEN / name).read_text(encoding="utf-8"), name


if __name__ == "__main__":
    for language in LANGUAGES:
        for path, content in files(language).items():
            (GOLDEN / path).write_text(content, encoding="utf-8")
