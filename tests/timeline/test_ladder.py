"""What a person sees."""

from __future__ import annotations

import re

import pytest

from synfin.lab.scenarios import SCENARIOS, run
from synfin.timeline import LiveLadder, catalog
from synfin.timeline.style import Style
from synfin.timeline.width import width
from synfin.timeline.words import rule_source
from synfin.timeline.world import timeline_of
from synfin.trace import RECEIVE, SEND
from synfin.wire.tcp import ACK, FIN, PSH, SYN
from synfin.wire.tcp_options import TcpOptions
from tests.timeline.tape import Tape

HANDSHAKE = """\
    0.000 SYN_SENT     ● open (connect)
    0.000 SYN_SENT     ── SYN seq=0(100) win=1000 ──────────────────────────▶ SYN_RECEIVED     0.010
    0.020 ESTABLISHED  ◀─────────── SYN,ACK seq=0(300) ack=1(101) win=1000 ── SYN_RECEIVED     0.010
    0.020 ESTABLISHED  ── ACK seq=1(101) ack=1(301) win=1000 ───────────────▶ ESTABLISHED      0.030""".splitlines()


def handshake() -> Tape:
    tape = Tape().listen()
    tape.app(0, "A", "open").state(0, "A", "CLOSED", "SYN_SENT", "active-open")
    syn, answer, ack = (
        tape.segment("A", SYN, 100), tape.segment("B", SYN | ACK, 300, 101), tape.segment("A", ACK, 101, 301),
    )  # fmt: skip
    tape.flight(0, 10, "A", syn, "syn").state(10, "B", "LISTEN", "SYN_RECEIVED", "syn-accepted")
    tape.flight(10, 20, "B", answer, "syn-ack").state(20, "A", "SYN_SENT", "ESTABLISHED", "syn-sent-established")
    tape.flight(20, 30, "A", ack, "handshake-ack").state(30, "B", "SYN_RECEIVED", "ESTABLISHED", "ack-establishes")
    return tape


def arrows(lines: list[str]) -> list[str]:
    """The lines with times, without explanations."""
    return [line for line in lines if re.match(r"^ *\d+\.\d{3}", line) or re.search(r"\d\.\d{3}$", line)]


def one(tape: Tape, **options: object) -> str:
    """The first line with a time."""
    return arrows(tape.draw(**options))[0]  # type: ignore[arg-type]


def test_times_states_flags_numbers_and_window_of_a_handshake() -> None:
    assert arrows(handshake().draw())[1:] == HANDSHAKE


def test_each_segment_says_why_with_rule_and_rfc() -> None:
    text = "\n".join(handshake().draw())
    for rule in ("syn", "syn-ack", "handshake-ack"):
        assert f"[{rule}, {rule_source(rule)}]" in text
    assert "A asks for a connection and tells the number it starts from" in text
    assert "↳ B: LISTEN → SYN_RECEIVED" in text.replace(" (waits for connections)", "")


def test_a_rule_is_explained_once_and_named_afterwards() -> None:
    tape = Tape()
    for n in range(3):
        tape.flight(n * 50, n * 50 + 10, "A", tape.segment("A", ACK, 101 + n, 1, b"x"), "data")
    text = "\n".join(tape.draw())
    assert text.count("sends what its application wrote") == 1
    assert text.count("[data, RFC 9293 3.10.2]") == 3


def test_names_are_glossed_at_first_use() -> None:
    lines = handshake().state(40, "A", "FIN_WAIT_2", "TIME_WAIT").state(50, "A", "TIME_WAIT", "CLOSED").draw("zh")
    text = "\n".join(lines)
    assert text.count("TIME_WAIT（时间等待）") == 1
    assert text.count("SYN（同步序列号）") == 1
    assert text.count("LISTEN（监听）") == 1


def test_a_lost_segment_does_not_reach_the_other_side() -> None:
    tape = Tape()
    lost = tape.segment("A", SYN, 100)
    tape.wire(0, "A", SEND, lost, "syn").wire(0, "A", "drop", lost, "fault-drop")
    line = one(tape)
    assert line.rstrip().endswith("✗ lost")
    assert "▶" not in line
    assert width(line) < 75
    tape = Tape()
    back = tape.segment("B", SYN | ACK, 300, 101)
    tape.wire(0, "B", SEND, back, "syn-ack").wire(0, "B", "drop", back, "link-loss")
    line = one(tape)
    assert "lost ✗─" in line
    assert "◀" not in line
    assert "lost by chance" in "\n".join(tape.draw())


def test_what_happened_is_told_by_symbol_stroke_and_word() -> None:
    tape = Tape()
    syn = tape.segment("A", SYN, 100)
    tape.flight(0, 10, "A", syn, "syn")
    again = tape.segment("A", SYN, 100)
    tape.flight(1000, 1010, "A", again, "retransmit-timeout")
    assert "↻ resent ╌╌" in arrows(tape.draw())[1]
    assert "⋮  0.990 s later" in "\n".join(tape.draw())
    assert "^ resent ==" in arrows(tape.draw(ascii_only=True))[1]
    assert "↻ 重传 ╌╌" in arrows(tape.draw("zh"))[1]


@pytest.mark.parametrize(
    ("kind", "rule", "sign"),
    [("hold", "fault-hold", "◌ held back"), ("delay", "fault-delay", "◷ late"), ("delay", "fault-reorder", "◷ late")],
)
def test_kept_segments_are_drawn_in_two_parts_with_one_number(kind: str, rule: str, sign: str) -> None:
    tape = Tape()
    segment = tape.segment("A", ACK, 101, 1)
    tape.wire(0, "A", SEND, segment, "ack-now").wire(0, "A", kind, segment, rule)
    tape.wire(300, "B", RECEIVE, segment, "ack-now")
    first, second = arrows(tape.draw())
    assert sign in first
    assert first.rstrip().endswith("①")
    assert "①─ ACK" in second
    assert "▶" in second


def test_copies_damage_and_injections_are_marked() -> None:
    tape = Tape()
    twin = tape.segment("A", ACK, 101, 1, b"x")
    tape.wire(0, "A", SEND, twin).wire(0, "A", "dup", twin, "fault-dup")
    tape.wire(10, "B", RECEIVE, twin).wire(10, "B", RECEIVE, twin)
    assert "⧉ doubled" in arrows(tape.draw())[0]
    assert "⧉ copy ╌╌▶" in arrows(tape.draw())[1]
    tape = Tape()
    broken = tape.segment("A", ACK, 101, 1, b"x")
    tape.wire(0, "A", SEND, broken).wire(0, "A", "corrupt", broken, "fault-corrupt")
    tape.rule(10, "B", "tcp-bad-checksum", named=False)
    assert "≠ damaged" in arrows(tape.draw())[0]
    assert "checksum does not match" in "\n".join(tape.draw())
    tape = Tape()
    ghost = tape.segment("A", SYN, 90)
    tape.wire(5, "A", "dup", ghost, "injected-old-duplicate").wire(5, "B", RECEIVE, ghost)
    line = one(tape)
    assert "✚ injected ╌" in line
    assert line.startswith(" " * 20)  # A has nothing to do with it


def test_a_segment_under_way_at_the_end_is_not_shown_as_arrived() -> None:
    tape = Tape()
    tape.wire(0, "A", SEND, tape.segment("A", SYN, 100), "syn")
    line = one(tape)
    assert "under way" in line
    assert "▶" not in line


def test_options_of_a_syn_are_listed() -> None:
    tape = Tape()
    options = TcpOptions(mss=1460, window_scale=7, sack_permitted=True, ts_val=5)
    tape.flight(0, 10, "A", tape.segment("A", SYN, 100, options=options), "syn")
    assert any("options: mss=1460 ws=7 sackok ts=5,0" in line for line in tape.draw())


def test_numbers_that_do_not_fit_go_below() -> None:
    tape = Tape()
    tape.flight(0, 10, "A", tape.segment("A", SYN, 4_000_000_000), "syn")
    text = tape.segment("A", FIN | PSH | ACK, 4_000_000_001, 3_000_000_001, b"x" * 1000, 60_000)
    lines = tape.flight(20, 30, "A", text).draw()
    assert any("FIN,PSH,ACK seq=1 ack=1 len=1000 win=60000" in line for line in lines)
    assert any("on the wire: seq=4000000001 ack=3000000001" in line for line in lines)


def test_ports_are_named_once_there_are_several_connections() -> None:
    tape = Tape()
    tape.flight(0, 10, "A", tape.segment("A", SYN, 100), "syn")
    tape.flight(20, 30, "A", tape.segment("A", SYN, 100, ports=(40_001, 80)), "syn")
    tape.flight(30, 40, "B", tape.segment("B", SYN | ACK, 100, 101, ports=(80, 40_001)), "syn-ack")
    first, second, third = arrows(tape.draw())
    assert ">80" not in first
    assert "40001>80 SYN" in second
    assert "80>40001 SYN,ACK" in third


def test_calls_and_events_stand_in_their_column() -> None:
    tape = Tape().app(0, "A", "write", "5 octets").app(0, "B", "read", "5 octets").app(0, "B", "event", "readable")
    left, right = tape.draw("zh")
    assert left.split() == ["0.000", "CLOSED", "●", "写入", "5", "字节"]
    assert right.split()[-2:] == ["CLOSED", "0.000"]
    assert width(right) == 100


def test_a_timer_is_shown_when_it_changes_something() -> None:
    tape = Tape().timer(0, "A", "delayed-ack")
    tape.timer(1000, "A", "retransmit").state(1000, "A", "SYN_SENT", "CLOSED", "retransmission-limit")
    lines = "\n".join(tape.draw())
    assert "retransmission timer fires" in lines
    assert "delayed-ACK" not in lines


def test_colour_only_adds() -> None:
    plain, coloured = handshake().draw(), handshake().draw(colour=True)
    assert "\x1b[" not in "".join(plain)
    assert "\x1b[" in "".join(coloured)
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in coloured] == plain


@pytest.mark.parametrize("cells", [72, 80, 100, 120])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_lines_fit_the_terminal(name: str, lang: str, cells: int) -> None:
    lines = timeline_of(run(name)).lines(lang, cells=cells)
    assert [line for line in lines if width(line) > cells] == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_ascii_is_ascii(name: str) -> None:
    text = timeline_of(run(name)).text(ascii_only=True)
    assert [line for line in text.splitlines() if not line.isascii()] == []


def test_a_live_ladder_gives_the_same_lines_bit_by_bit() -> None:
    world = run("whole-life")
    whole = timeline_of(world).lines()
    timeline = timeline_of(world)
    ladder = LiveLadder(timeline.hosts, catalog("en"), style=Style(), labels=timeline.labels, owned=timeline.owned)
    pieces = [ladder.feed(record) for record in world.records]
    assert [line for piece in pieces for line in piece] + ladder.finish() == whole
    assert sum(1 for piece in pieces if piece) > 10


def test_settling_shows_what_waits_for_the_next_record() -> None:
    ladder = LiveLadder(("A", "B"), catalog("en"), one_sided=True, digits=6)
    tape = Tape()
    tape.wire(0.25, "A", SEND, tape.segment("A", SYN, 100), "syn")
    assert ladder.feed(tape.records[0]) == []
    lines = ladder.settle()
    assert lines[1].split()[0] == "0.000250"
    assert "──▶" in lines[1]
    assert ladder.settle() == []
    assert ladder.finish() == []
