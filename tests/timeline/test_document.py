"""JSON, schema 1."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import synfin
from synfin.errors import UsageError
from synfin.lab.scenarios import SCENARIOS, run
from synfin.tcp import State
from synfin.timeline.document import KINDS, EventWriter, document, dump
from synfin.timeline.world import timeline_of
from synfin.trace import RECEIVE, SEND
from synfin.wire.tcp import ACK, SYN, URG
from synfin.wire.tcp_options import TcpOptions
from tests.timeline.tape import Tape

SEGMENT_FIELDS = {"src", "dst", "seq", "ack", "flags", "len", "win", "options", "rel_seq", "rel_ack"}


def test_a_segment_has_wire_numbers_and_relative_ones() -> None:
    tape = Tape()
    options = TcpOptions(
        mss=1460,
        window_scale=3,
        sack_permitted=True,
        ts_val=7,
        ts_ecr=8,
        fast_open=b"\x01\x02",
        others=((19, b"\xaa"),),
    )
    tape.flight(0, 10, "A", tape.segment("A", SYN, 100, options=options), "syn")
    tape.flight(10, 20, "B", tape.segment("B", ACK | SYN, 300, 101), "syn-ack")
    tape.flight(20, 30, "A", tape.segment("A", ACK | URG, 101, 301, b"hey", options=TcpOptions(sack=((5, 9),))))
    events = document(tape.records, ["A", "B"])["events"]
    assert events[0] == {
        "t_ns": 0, "kind": "send", "host": "A", "src": "10.0.0.1:40000", "dst": "10.0.0.2:80", "seq": 100, "ack": 0,
        "flags": ["SYN"], "len": 0, "win": 1000,
        "options": {
            "mss": 1460, "window_scale": 3, "sack_permitted": True, "timestamps": [7, 8], "fast_open": "0102",
            "others": [[19, "aa"]],
        },
        "rel_seq": 0, "rel_ack": None, "rule": "syn", "rfc": "RFC 9293 3.10.1",
    }  # fmt: skip
    assert events[1] == {**events[0], "t_ns": 10_000_000, "kind": "recv", "host": "B"}
    last = events[4]
    assert (last["seq"], last["ack"], last["rel_seq"], last["rel_ack"]) == (101, 301, 1, 1)
    assert (last["flags"], last["len"], last["options"]) == (["ACK", "URG"], 3, {"sack": [[5, 9]]})


def test_the_other_kinds() -> None:
    tape = Tape().listen()
    tape.state(1, "A", "ESTABLISHED", "FIN_WAIT_1", "close-call").timer(2, "A", "retransmit", "set")
    tape.rule(3, "B", "ack-duplicate").app(4, "A", "write", "5 octets")
    events = document(tape.records, ["A", "B"])["events"]
    state = next(e for e in events if e["kind"] == "state" and e["host"] == "A")
    assert {key: state[key] for key in ("t_ns", "from", "to", "why", "rfc")} == {
        "t_ns": 1_000_000, "from": "ESTABLISHED", "to": "FIN_WAIT_1", "why": "close-call", "rfc": "RFC 9293 3.10",
    }  # fmt: skip
    timer = next(e for e in events if e["kind"] == "timer")
    assert (timer["timer"], timer["action"], timer["deadline_ns"]) == ("retransmit", "set", 2_000_000)
    assert next(e for e in events if e["kind"] == "rule")["rule"] == "ack-duplicate"
    assert [(e["call"], e["detail"]) for e in events if e["kind"] == "app"] == [
        ("listen", "port 80"),
        ("write", "5 octets"),
    ]


@pytest.mark.parametrize(
    ("kind", "told"),
    [("drop", "drop"), ("dup", "dup"), ("hold", "hold"), ("delay", "hold"), ("corrupt", "rule"), ("mark", "rule")],
)
def test_faults_are_told_in_the_kinds_of_the_schema(kind: str, told: str) -> None:
    tape = Tape()
    segment = tape.segment("A", ACK, 101, 1)
    tape.wire(0, "A", SEND, segment).wire(0, "A", kind, segment, f"fault-{kind}")
    event = document(tape.records, ["A", "B"])["events"][1]
    assert (event["kind"], event["rule"]) == (told, f"fault-{kind}")
    assert event.keys() >= SEGMENT_FIELDS


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_event_of_every_scenario_keeps_to_the_schema(name: str) -> None:
    world = run(name)
    value = document(world.records, ["A", "B"], scenario=name, seed=1, preset="rfc")
    assert json.loads(dump(value)) == value
    assert list(value)[:5] == ["schema", "scenario", "seed", "preset", "hosts"]
    assert value["schema"] == 1
    assert len(value["events"]) == len(world.records)
    states = {state.name for state in State}
    for event in value["events"]:
        assert event["kind"] in KINDS
        assert event["host"] in ("A", "B")
        assert event["t_ns"] >= 0
        if event["kind"] in ("send", "recv", "drop", "dup", "hold"):
            assert event.keys() >= SEGMENT_FIELDS
            assert ("ACK" in event["flags"]) == (event["rel_ack"] is not None)
        elif event["kind"] == "state":
            assert {event["from"], event["to"]} <= states
            assert event["why"]
            assert event["rfc"]
    assert set(value["final"].values()) <= states


def test_final_states_are_those_of_the_drawing() -> None:
    for name in ("whole-life", "refused", "half-close", "syn-flood", "close-wait"):
        world = run(name)
        assert document(world.records, ["A", "B"])["final"] == timeline_of(world).final()
    assert document(run("refused").records, ["A", "B"])["final"] == {"A": "CLOSED", "B": "CLOSED"}
    assert document(run("close-wait").records, ["A", "B"])["final"] == {"A": "FIN_WAIT_2", "B": "CLOSE_WAIT"}


def test_one_sided_numbers_know_the_other_end_by_what_arrives() -> None:
    tape = Tape()
    tape.wire(0, "A", SEND, tape.segment("A", SYN, 100), "syn")
    tape.wire(9, "A", RECEIVE, tape.segment("B", SYN | ACK, 300, 101), "", sender="B")
    writer = EventWriter(one_sided=True)
    first, second = (writer.event(record) for record in tape.records)
    assert first is not None
    assert second is not None
    assert (first["rel_seq"], second["rel_seq"], second["rel_ack"]) == (0, 0, 1)


def test_the_public_world_draws_and_saves(tmp_path: Path) -> None:
    world = synfin.World(seed=7)
    web, db = world.host("web"), world.host("db")
    world.link(web, db, delay="20ms")
    db.listen(80)
    web.connect("db", 80)
    world.run()
    assert "SYN_SENT" in str(world.timeline())
    assert world.timeline("db", web).hosts == ("db", "web")
    world.timeline().save(tmp_path / "run.txt", lang="zh")
    world.timeline().save(tmp_path / "run.json")
    world.capture(tmp_path / "run.pcapng")
    assert "三次握手" in (tmp_path / "run.txt").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))["final"] == {
        "web": "ESTABLISHED", "db": "ESTABLISHED",
    }  # fmt: skip
    assert (tmp_path / "run.pcapng").read_bytes()[:4] == b"\n\r\r\n"
    with pytest.raises(UsageError, match=r"use \.txt"):
        world.timeline().save(tmp_path / "run.docx")
    with pytest.raises(UsageError, match="no host is named 'x'"):
        world.timeline("x")
