"""The list of connections of a run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from synfin.lab.scenarios import run
from synfin.timeline import LiveLadder, catalog
from synfin.timeline import connections as connections_module
from synfin.timeline import flights as flights_module
from synfin.timeline import model as model_module
from synfin.timeline.connections import BY_FIN, BY_RESET, OPEN, ConnectionFacts
from synfin.timeline.model import Model
from synfin.timeline.run import Timeline
from synfin.timeline.world import timeline_of
from synfin.trace import DROP, RECEIVE, SEND, Record, SegmentRecord
from synfin.wire.addresses import Endpoint, parse_address
from synfin.wire.tcp import ACK, SYN, Segment
from tests.timeline.tape import A, B, Tape


def facts(name: str) -> list[ConnectionFacts]:
    """The connections of a scenario."""
    return timeline_of(run(name)).connections()


@pytest.mark.parametrize(
    ("name", "opened", "simultaneous", "closed", "how"),
    [
        ("whole-life", "A", False, "A", BY_FIN),
        ("simultaneous-open", "A", True, "", OPEN),
        ("three-way-close", "A", False, "A", BY_FIN),
        ("refused", "A", False, "B", BY_RESET),
        ("linger-reset", "A", False, "A", BY_RESET),
        ("close-unread", "A", False, "A", BY_RESET),
    ],
)
def test_who_opened_and_who_closed(name: str, opened: str, simultaneous: bool, closed: str, how: str) -> None:
    first = facts(name)[0]
    assert (first.opened_by, first.simultaneous, first.closed_by, first.how) == (opened, simultaneous, closed, how)


def test_what_went_each_way() -> None:
    [one] = facts("whole-life")
    client, server = one.parties
    assert (client.host, server.host) == ("A", "B")
    assert (client.data, client.octets, server.data, server.octets) == (1, 5, 1, 12)
    assert (client.isn, server.isn) == (100, 300)
    assert (client.again, client.lost) == (0, 0)
    assert one.began == 0
    assert one.party(server.end) is server
    [lost] = facts("syn-lost")
    assert (lost.parties[0].lost, lost.parties[0].again) == (1, 1)


def test_a_port_that_is_used_again_is_another_connection() -> None:
    assert len(facts("time-wait-reuse")) == 2
    assert len(facts("whole-life")) == 1
    numbers = [one.number for one in facts("time-wait-ports")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 2


def test_what_was_injected_belongs_to_none() -> None:
    [one] = facts("time-wait-old-duplicate")
    assert one.parties[1].octets == sum(
        len(record.segment.payload)
        for record in run("time-wait-old-duplicate").records
        if isinstance(record, SegmentRecord) and record.kind == SEND and record.host == "B"
    )


def test_they_are_fit_for_json() -> None:
    [one] = facts("whole-life")
    value = json.loads(json.dumps(one.as_dict()))
    assert value["opened_by"] == "A"
    assert value["parties"][0]["octets"] == 5


def test_only_one_side_was_watched() -> None:
    tape = Tape()
    tape.wire(0, "A", SEND, tape.segment("A", SYN, 100))
    tape.wire(10, "A", RECEIVE, tape.segment("B", SYN | ACK, 300, 101))
    [one] = Timeline(tape.records, ("A", "B"), one_sided=True).connections()
    assert [party.segments for party in one.parties] == [1, 1]
    assert [party.host for party in one.parties] == ["A", "B"]


def stream(segments: int, *, every: int = 0, ports: int = 1) -> Iterator[Record]:
    """A transfer as it would come from a watched network: nothing of it is kept by whoever makes it.

    40 segments are always on their way, each is acknowledged; of `every` so many one is lost and sent again; `ports`
    connections take turns.
    """
    flying: list[tuple[Endpoint, Segment]] = []
    text = bytes(1_000)
    rest = segments
    number = 0
    while rest > 0:
        turn, port = number // ports, 40_000 + number % ports
        client = Endpoint(A.address, port)
        now = number * 1_000
        number += 1
        segment = Segment(port, B.port, (101 + turn * 1_000) % (1 << 32), 301, ACK, 1_000, payload=text)
        yield SegmentRecord(now, "A", SEND, client, B, segment, "data")
        rest -= 1
        if every and number % every == 0:
            yield SegmentRecord(now, "A", DROP, client, B, segment, "fault-drop")
            segment = Segment(port, B.port, segment.seq, 301, ACK, 1_000, payload=text)
            yield SegmentRecord(now + 1, "A", SEND, client, B, segment, "retransmit-fast")
            rest -= 1
        flying.append((client, segment))
        if len(flying) > 40:
            client, segment = flying.pop(0)
            yield SegmentRecord(now + 100, "B", RECEIVE, client, B, segment, "data")
            answer = Segment(B.port, client.port, 301, (segment.seq + 1_000) % (1 << 32), ACK, 1_000)
            yield SegmentRecord(now + 100, "B", SEND, B, client, answer, "ack-now")
            yield SegmentRecord(now + 200, "A", RECEIVE, B, client, answer, "ack-now")
            rest -= 1


def shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a short run meets, so that a test sees them hold."""
    for module, name, limit in (
        (model_module, "GROUP_LIMIT", 64),
        (flights_module, "FLIGHT_LIMIT", 50),
        (flights_module, "ORIGINAL_LIMIT", 100),
        (connections_module, "CONNECTION_LIMIT", 20),
    ):
        monkeypatch.setattr(module, name, limit)


def test_every_table_keeps_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)
    model = Model(("A", "B"))
    most: dict[str, int] = {}
    for count, record in enumerate(stream(10_000, every=7, ports=60)):
        model.feed(record)
        if count % 50 == 0:
            for name, (held, limit) in model.tables().items():
                assert held <= limit, name
                most[name] = max(most.get(name, 0), held)
    assert most["connections"] == 20
    assert model.connections.forgotten > 0
    assert most["originals"] > 90
    assert most["flights"] >= 40


def test_a_long_transfer_needs_no_more_than_a_short_one() -> None:
    """What is held after some thousand segments is what is held ever after: nothing grows with the number."""
    model = Model(("A", "B"))
    held: list[dict[str, int]] = []
    for record in stream(30_000, every=50):
        model.feed(record)
        if isinstance(record, SegmentRecord) and record.kind == SEND and record.now % 4_000_000 == 0:
            held.append({name: size for name, (size, _) in model.tables().items()})
    after = held[1:]
    assert len(after) >= 2
    for name in after[0]:
        if name != "group":  # between nothing and its limit, wherever one looks
            assert len({sizes[name] for sizes in after}) == 1, name


def test_a_very_long_transfer() -> None:
    """Drawn as they come: the ladder stays short, and every table within its limit.

    A million segments take a minute, and are sent with SYNFIN_LONG=1 (CI does); otherwise a twentieth of that.
    """
    many = 1_000_000 if os.environ.get("SYNFIN_LONG") == "1" else 50_000
    ladder = LiveLadder(("A", "B"), catalog("en"), fold=True)
    lines = 0
    for count, record in enumerate(stream(many)):
        lines += len(ladder.feed(record))
        if count % 10_000 == 0:
            assert all(size <= limit for size, limit in ladder.model.tables().values())
    lines += len(ladder.finish())
    assert lines < 20
    [one] = ladder.model.connections
    assert sum(party.segments for party in one.parties) == many


def test_the_address_of_a_listener_is_nobodys_connection() -> None:
    tape = Tape().listen()
    assert Timeline(tape.records, ("A", "B")).connections() == []
    assert parse_address("0.0.0.0") not in (A.address, B.address)
