"""The demonstrations: all there, all run, the same seed gives the same bytes, numbers are those of the tables."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from synfin.errors import UsageError
from synfin.lab.scenarios import DEFAULT, SCENARIOS, build, run
from synfin.lab.world import World
from synfin.timeline.document import document
from synfin.timeline.world import timeline_of
from synfin.trace import SEND, AppRecord, RuleRecord, SegmentRecord, StateRecord
from synfin.wire.tcp import flag_names
from tests.lab import captures

ROOT = Path(__file__).resolve().parents[2]
SECOND = 1_000_000_000
ISSUE_NAMES = (
    "handshake", "syn-lost", "synack-lost", "ack-lost", "ack-lost-data", "old-duplicate-syn", "simultaneous-open",
    "close", "three-way-close", "half-close", "simultaneous-close", "last-ack-lost", "time-wait-reuse", "refused",
    "half-open", "syn-flood",
)  # fmt: skip

Line = tuple[str, int, int, str]


def sent(world: World) -> list[Line]:
    """(host, SEQ, ACK, flags) of what was sent, in order."""
    return [
        (r.host, r.segment.seq, r.segment.ack, ",".join(flag_names(r.segment.flags)))
        for r in world.records
        if isinstance(r, SegmentRecord) and r.kind == SEND
    ]


def moves(world: World, host: str) -> list[str]:
    """States that a host's connections entered, listeners left out."""
    return [
        r.to_state for r in world.records if isinstance(r, StateRecord) and r.host == host and r.remote.port
    ]  # fmt: skip


def rules(world: World, host: str) -> list[str]:
    """Rules that decided at a host."""
    return [r.rule for r in world.records if isinstance(r, RuleRecord) and r.host == host]


def final(name: str, preset: str = "rfc") -> dict[str, str]:
    """The states at the end."""
    return timeline_of(run(name, preset=preset)).final()


def test_every_scenario_of_the_list_has_a_demo() -> None:
    numbers = {number for scenario in SCENARIOS.values() for number in scenario.number.split()}
    assert numbers == {f"S{number:02}" for number in range(1, 27)}
    assert set(ISSUE_NAMES) <= SCENARIOS.keys()
    assert DEFAULT in SCENARIOS


@pytest.mark.parametrize("preset", ["rfc", "linux"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_it_runs_to_an_end_and_can_be_drawn(name: str, preset: str) -> None:
    world = run(name, preset=preset, max_events=20_000)
    assert sent(world)
    lines = timeline_of(world).lines("zh")
    assert len(lines) > 5
    assert document(world.records, ["A", "B"])["final"].keys() == {"A", "B"}


@pytest.mark.parametrize(
    "fault", ["drop(*,*)", "drop(*,SYN)", "drop(A>B,DATA)", "dup(*,*)", "delay(*,*,3s)", "drop(*,30%)"]
)
@pytest.mark.parametrize("name", SCENARIOS)
def test_no_fault_of_the_user_breaks_a_program(name: str, fault: str) -> None:
    """Programs meet connections that never come to be, or die early."""
    world = run(name, faults=(fault,), max_events=50_000)
    assert timeline_of(world).lines()


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(UsageError, match="no scenario 'nonsense'"):
        build("nonsense")


PRINT_DIGESTS = """
import hashlib, io, sys
from synfin.lab.scenarios import SCENARIOS, run
from synfin.timeline.document import document, dump
from synfin.timeline.world import timeline_of
for name in SCENARIOS:
    world = run(name, seed=7, faults=("drop(*,*,2%)",))
    stream = io.BytesIO()
    world.write_capture(stream)
    text = dump(document(world.records, ["A", "B"], scenario=name)) + timeline_of(world).text("zh")
    print(name, hashlib.sha256(stream.getvalue()).hexdigest(), hashlib.sha256(text.encode()).hexdigest())
"""


def digests(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", PRINT_DIGESTS], env=environment, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_same_seed_same_bytes_whatever_the_hash_seed() -> None:
    """Law 2, for the capture, the JSON and the drawing of each scenario."""
    first = digests("1")
    assert first == digests("4242")
    assert len(first.splitlines()) == len(SCENARIOS)


def test_every_python_makes_the_captures_that_are_on_file() -> None:
    """Law 2 across versions and between interpreted and compiled: all of them are compared with one list."""
    assert captures.digests() == captures.STORED.read_text(encoding="utf-8").splitlines()


def test_another_seed_gives_other_bytes() -> None:
    def fingerprint(seed: int) -> str:
        return hashlib.sha256(repr(sent(run("isn", seed=seed))).encode()).hexdigest()

    assert fingerprint(1) == fingerprint(1)
    assert fingerprint(1) != fingerprint(2)


# The numbers of the tables


def test_s01_handshake() -> None:
    world = run("handshake")
    assert sent(world)[:4] == [
        ("A", 100, 0, "SYN"),
        ("B", 300, 101, "SYN,ACK"),
        ("A", 101, 301, "ACK"),
        ("A", 101, 301, "PSH,ACK"),
    ]
    assert moves(world, "A") == ["SYN_SENT", "ESTABLISHED"]
    assert moves(world, "B") == ["SYN_RECEIVED", "ESTABLISHED"]


def test_s02_data_on_a_syn_is_taken_by_the_rfc_and_left_by_linux() -> None:
    assert sent(run("syn-data"))[1] == ("B", 300, 106, "SYN,ACK")
    assert sent(run("syn-data", preset="linux"))[1] == ("B", 300, 101, "SYN,ACK")


def test_s02_fast_open_delivers_before_the_handshake_ends() -> None:
    world = run("fast-open")
    reads = [r for r in world.records if isinstance(r, AppRecord) and r.host == "B" and r.call == "read"]
    assert "fast-open-accepted" in rules(world, "B")
    established = [
        r.now for r in world.records if isinstance(r, StateRecord) and r.host == "B" and r.to_state == "ESTABLISHED"
    ]
    assert reads[0].now < established[1]


def test_s05_old_duplicate_syn() -> None:
    """Figure 8 of RFC 9293."""
    world = run("old-duplicate-syn")
    assert sent(world) == [
        ("A", 100, 0, "SYN"),
        ("B", 300, 91, "SYN,ACK"),
        ("A", 91, 0, "RST"),
        ("B", 400, 101, "SYN,ACK"),
        ("A", 101, 401, "ACK"),
    ]
    assert moves(world, "B") == ["SYN_RECEIVED", "LISTEN", "SYN_RECEIVED", "ESTABLISHED"]
    assert moves(world, "A") == ["SYN_SENT", "ESTABLISHED"]


@pytest.mark.parametrize(
    ("preset", "seconds"), [("rfc", [0, 1, 3, 7, 15, 31, 63, 123]), ("linux", [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67])]
)
def test_s06_schedule_of_syns(preset: str, seconds: list[int]) -> None:
    world = run("syn-never-answered", preset=preset)
    times = [r.now // SECOND for r in world.records if isinstance(r, SegmentRecord) and r.kind == SEND]
    assert times[: len(seconds)] == seconds
    assert all(line == ("A", 100, 0, "SYN") for line in sent(world))
    end = world.now // SECOND
    assert (end >= 180) if preset == "rfc" else (len(times) == 11 and 131 <= end <= 135)


def test_s08_ack_lost_and_data_completes() -> None:
    world = run("ack-lost-data")
    assert ("A", 101, 301, "PSH,ACK") in sent(world)
    assert [line for line in sent(world) if line[3] == "SYN,ACK"] == [("B", 300, 101, "SYN,ACK")]
    assert final("ack-lost-data") == {"A": "ESTABLISHED", "B": "ESTABLISHED"}


def test_s10_cookies_let_the_honest_client_in() -> None:
    assert final("syn-flood")["A"] == "SYN_SENT"
    assert final("syn-flood-cookies")["A"] == "ESTABLISHED"


def test_s11_simultaneous_open() -> None:
    world = run("simultaneous-open")
    assert sent(world) == [
        ("A", 100, 0, "SYN"), ("B", 300, 0, "SYN"), ("B", 300, 101, "SYN,ACK"), ("A", 100, 301, "SYN,ACK"),
    ]  # fmt: skip
    assert moves(world, "A") == moves(world, "B") == ["SYN_SENT", "SYN_RECEIVED", "ESTABLISHED"]


def test_s12_four_way_close() -> None:
    """Figure 12 of RFC 9293."""
    world = run("close")
    assert sent(world)[3:] == [
        ("A", 100, 300, "FIN,ACK"), ("B", 300, 101, "ACK"), ("B", 300, 101, "FIN,ACK"), ("A", 101, 301, "ACK"),
    ]  # fmt: skip
    assert moves(world, "A")[2:] == ["FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSED"]
    assert moves(world, "B")[2:] == ["CLOSE_WAIT", "LAST_ACK", "CLOSED"]


def test_s13_half_close_carries_24_octets() -> None:
    world = run("half-close")
    assert ("A", 101, 324, "ACK") in sent(world)
    assert ("A", 101, 325, "ACK") in sent(world)


def test_s15_three_segments() -> None:
    world = run("three-way-close")
    assert sent(world)[3:] == [("A", 100, 300, "FIN,ACK"), ("B", 300, 101, "FIN,ACK"), ("A", 101, 301, "ACK")]
    assert moves(world, "A")[2:] == ["FIN_WAIT_1", "TIME_WAIT", "CLOSED"]


def test_s16_both_pass_through_closing() -> None:
    for name in ("simultaneous-close", "simultaneous-close-ack-lost"):
        world = run(name)
        for host in ("A", "B"):
            assert moves(world, host)[2:] == ["FIN_WAIT_1", "CLOSING", "TIME_WAIT", "CLOSED"]


@pytest.mark.parametrize(("preset", "duration"), [("rfc", 240), ("linux", 60)])
def test_s17_time_wait_lasts_2msl_after_the_last_fin_seen(preset: str, duration: int) -> None:
    world = run("last-ack-lost", preset=preset)
    assert "time-wait-fin-again" in rules(world, "A")
    arrived = [r for r in world.records if isinstance(r, SegmentRecord) and r.kind == "recv" and r.host == "A"]
    fins = [r.now for r in arrived if "FIN" in flag_names(r.segment.flags)]
    assert len(fins) == 2
    assert world.now == fins[-1] + duration * SECOND


def test_s18_reuse_starts_above_the_old_numbers() -> None:
    world = run("time-wait-reuse")
    assert "time-wait-reopened" in [r.why for r in world.records if isinstance(r, StateRecord)]
    new = [line for line in sent(world) if line[3] == "SYN,ACK"][-1]
    assert new[1] == 301 + 65_537
    assert final("time-wait-reuse") == {"A": "ESTABLISHED", "B": "ESTABLISHED"}


def test_s18_without_time_wait_old_data_is_taken_for_new() -> None:
    stage = build("time-wait-missing")
    stage.world.run("1600ms")
    assert stage.b.received.endswith(b"old order" * 2)


@pytest.mark.parametrize(("preset", "state"), [("rfc", "TIME_WAIT"), ("linux", "CLOSED")])
def test_s18_an_old_reset_ends_time_wait_on_linux_only(preset: str, state: str) -> None:
    stage = build("time-wait-reset", preset=preset)
    stage.world.run("31s")
    assert timeline_of(stage.world).final()["A"] == state


def test_s19_the_fifth_connect_fails() -> None:
    world = run("time-wait-ports")
    failed = [r.detail for r in world.records if isinstance(r, AppRecord) and r.call == "failed"]
    assert failed == ["connect EADDRNOTAVAIL"]


@pytest.mark.parametrize(("preset", "states"), [("rfc", ["TIME_WAIT", "CLOSED"]), ("linux", ["CLOSED"])])
def test_s21_fin_wait_2_has_an_end_on_linux_only(preset: str, states: list[str]) -> None:
    world = run("fin-wait-2", preset=preset)
    assert moves(world, "A")[4:] == states
    assert any(line[0] == "A" and "RST" in line[3] for line in sent(world)) is (preset == "linux")


def test_s22_refused_and_half_open() -> None:
    assert sent(run("refused")) == [("A", 100, 0, "SYN"), ("B", 0, 101, "RST,ACK")]
    assert sent(run("half-open"))[-1] == ("A", 100, 0, "RST")
    assert rules(run("reset-checks"), "B") == ["rst-outside-window", "rst-in-window", "syn-in-window", "rst-exact"]


def test_s25_same_ports_grow_by_the_clock() -> None:
    syns = [line[1] for line in sent(run("isn")) if line[3] == "SYN"]
    assert (syns[2] - syns[0]) % (1 << 32) == 2 * SECOND // 4_000
    assert abs(syns[1] - syns[0]) > 1_000_000


def test_s26_nothing_is_sent_for_a_day() -> None:
    world = run("just-state")
    times = [r.now for r in world.records if isinstance(r, SegmentRecord)]
    assert max(b - a for a, b in pairwise(times)) > 86_000 * SECOND
    assert final("just-state") == {"A": "ESTABLISHED", "B": "ESTABLISHED"}
    assert not [r for r in world.records if isinstance(r, RuleRecord) and "retransmit" in r.rule]


def test_a_timer_that_was_stopped_keeps_no_run_alive() -> None:
    """Without connections that wait for something, a run ends with its last segment."""
    world = run("handshake")
    assert world.now == max(r.now for r in world.records if isinstance(r, SegmentRecord)) < SECOND // 2


def test_default_demo_lives_and_dies() -> None:
    world = run(DEFAULT)
    assert moves(world, "A") == ["SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSED"]
    assert final(DEFAULT) == {"A": "CLOSED", "B": "CLOSED"}
    texts = {r.host for r in world.records if isinstance(r, SegmentRecord) and r.segment.payload}
    assert texts == {"A", "B"}
