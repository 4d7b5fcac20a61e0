"""Worlds: names, addresses, programs, crashes, records and captures."""

from __future__ import annotations

import io
from random import Random
from typing import Any

import pytest

from synfin.errors import UsageError
from synfin.lab.faults import FaultError
from synfin.lab.world import World
from synfin.pcap import read_capture
from synfin.tcp import Connection, Event, Listener, State
from synfin.trace import RECEIVE, SEND, SegmentRecord, StateRecord

SECOND = 1_000_000_000


class Echo:
    """A server that sends back what comes and closes at the end."""

    def __init__(self, world: World, name: str = "B", port: int = 7) -> None:
        self.node = world.nodes[name]
        self.node.listen(port, self.accepted)

    def accepted(self, listener: Listener, connection: Connection, now: int) -> None:
        taken = listener.accept()
        assert taken is not None
        taken.handler = self.hear
        self.hear(taken, Event.READABLE, now)

    def hear(self, connection: Connection, event: Event, now: int) -> None:
        if event is Event.READABLE:
            data = self.node.read(connection)
            if data:
                self.node.write(connection, data)
        elif event is Event.EOF:
            self.node.close(connection)


class Ask:
    """A client that sends some text, reads until the end, and closes."""

    def __init__(self, world: World, text: bytes, peer: str = "B", name: str = "A") -> None:
        self.node = world.nodes[name]
        self.text = text
        self.heard = b""
        self.events: list[Event] = []
        self.connection = self.node.connect(peer, 7, self.hear)

    def hear(self, connection: Connection, event: Event, now: int) -> None:
        self.events.append(event)
        if event is Event.CONNECTED:
            self.node.write(connection, self.text)
            self.node.shutdown(connection)
        elif event is Event.READABLE:
            self.heard += self.node.read(connection)
        elif event is Event.EOF:
            self.heard += self.node.read(connection)
            self.node.close(connection)


def pair(seed: int = 1, *, link: dict[str, Any] | None = None, **settings: Any) -> World:
    world = World(seed, **settings)
    world.link(world.host("A"), world.host("B"), **(link or {}))
    return world


def test_hosts_get_addresses_and_find_each_other_by_name() -> None:
    world = World(1)
    a, b, c = (world.host(name) for name in ("a", "b", "c"))
    world.link(a, b)
    world.link(b, c)
    assert a.addresses == ["10.0.0.1", "fd00::1"]
    assert b.addresses == ["10.0.0.2", "fd00::2", "10.0.1.1", "fd00:0:0:1::1"]
    assert world.resolve("b", a) == "10.0.0.2"
    assert world.resolve("b", c) == "10.0.1.1"
    assert world.resolve("192.0.2.7") == "192.0.2.7"
    with pytest.raises(UsageError, match="did you mean"):
        world.resolve("bb")


def test_addresses_can_be_named() -> None:
    world = World(1)
    world.link(world.host("A"), world.host("B"), addresses=(["192.0.2.1/24"], ["192.0.2.2/24"]))
    Echo(world)
    ask = Ask(world, b"hello")
    world.run()
    assert ask.heard == b"hello"
    assert str(ask.connection.remote) == "192.0.2.2:7"


@pytest.mark.parametrize("peer", ["10.0.0.2", "fd00::2"])
def test_both_families_carry_a_connection(peer: str) -> None:
    world = pair()
    Echo(world)
    ask = Ask(world, b"hello" * 1000, peer)
    world.run()
    assert ask.heard == b"hello" * 1000
    assert ask.events[-1] is Event.CLOSED
    assert world.now > 240 * SECOND


def test_a_lossy_slow_link_still_carries_everything() -> None:
    world = pair(3, link={"delay": "20ms", "rate": "10Mbit", "loss": 0.05, "queue": "64KB"})
    Echo(world)
    text = Random(3).randbytes(50_000)
    ask = Ask(world, text)
    world.run()
    assert ask.heard == text
    drops = {r.rule for r in world.records if isinstance(r, SegmentRecord) and r.kind == "drop"}
    assert "link-loss" in drops


def test_mistakes_of_the_caller_are_told() -> None:
    world = World(1)
    a, b = world.host("A"), world.host("B")
    with pytest.raises(UsageError, match="already a host"):
        world.host("A")
    with pytest.raises(UsageError, match="cannot name a host"):
        world.host("a>b")
    with pytest.raises(UsageError, match="no setting 'mmss'"):
        world.host("C", mmss=1)
    with pytest.raises(UsageError, match="unknown unit"):
        world.link(a, b, delay="20m")
    with pytest.raises(UsageError, match="itself"):
        world.link(a, a)
    with pytest.raises(UsageError, match="no link joins"):
        world.partition(a, b)
    with pytest.raises(UsageError, match="rfc and linux"):
        World(1, preset="bsd")
    with pytest.raises(UsageError, match="no address yet"):
        _ = a.address
    world.link(a, b)
    world.run("1s")
    with pytest.raises(UsageError, match="has passed"):
        world.at("500ms", lambda: None)


def test_a_fault_names_hosts_of_this_world() -> None:
    world = pair()
    world.fault("drop(A>B,SYN,1)")
    with pytest.raises(FaultError) as caught:
        world.fault("drop(A>C,SYN,1)")
    assert caught.value.position == 7
    assert "A, B" in str(caught.value)


def test_presets_and_settings_reach_the_stack() -> None:
    world = World(1, preset="linux")
    a, b = world.host("A", mss=700), world.host("B", preset="rfc")
    assert (a.tcp.msl_ms, a.tcp.mss) == (30_000, 700)
    assert b.tcp.msl_ms == 120_000


def test_fixed_isns_go_on_after_a_restart() -> None:
    world = World(1)
    a, b = world.host("A", isn=[100, 200]), world.host("B", isn=[300])
    world.link(a, b)
    b.listen(80)
    a.connect("B", 80)
    world.run("1s")
    a.restart()
    a.connect("B", 80)
    world.run("2s")
    syns = [r.segment.seq for r in world.records if isinstance(r, SegmentRecord) and r.host == "A" and r.kind == SEND]
    assert syns[0] == 100
    assert 200 in syns


def test_a_crash_forgets_everything_silently() -> None:
    world = pair()
    Echo(world)
    ask = Ask(world, b"hello" * 1000)
    world.run("50ms")
    before = len([r for r in world.records if isinstance(r, SegmentRecord)])
    world.nodes["A"].crash()
    gone = [r for r in world.records if isinstance(r, StateRecord) and r.why == "host-crashed"]
    assert [(r.host, r.to_state) for r in gone] == [("A", "CLOSED")]
    assert len([r for r in world.records if isinstance(r, SegmentRecord)]) == before
    world.run("10s")
    late = [r for r in world.records if isinstance(r, SegmentRecord)][before:]
    assert {r.host for r in late} == {"B"}
    assert {r.rule for r in late if r.kind == "drop"} == {"host-down"}
    world.nodes["A"].restart()
    assert world.nodes["A"].host.connections() == []
    assert world.nodes["A"].addresses == ["10.0.0.1", "fd00::1"]
    assert ask.connection.state is not State.CLOSED  # nobody told the application


def test_partition_and_heal() -> None:
    world = pair()
    a, b = world.nodes["A"], world.nodes["B"]
    Echo(world)
    world.partition(a, b)
    ask = Ask(world, b"hello")
    world.run("5s")
    assert ask.heard == b""
    world.heal()
    world.run()
    assert ask.heard == b"hello"


def test_release_lets_held_frames_go() -> None:
    world = pair()
    world.fault("hold(B>A,SYN+ACK,1..99)")
    Echo(world)
    ask = Ask(world, b"hello")
    world.run("500ms")
    assert ask.connection.state is State.SYN_SENT
    assert world.release() == 1
    world.run()
    assert ask.heard == b"hello"


def test_records_tell_the_wire_in_order_of_time() -> None:
    world = pair()
    Echo(world)
    Ask(world, bytes(10_000))
    world.run()
    times = [record.now for record in world.records]
    assert times == sorted(times)
    sizes = [len(r.segment.payload) for r in world.records if isinstance(r, SegmentRecord) and r.kind == SEND]
    assert max(sizes) <= 1460
    sent = [r.segment for r in world.records if isinstance(r, SegmentRecord) and r.kind == SEND]
    received = [r.segment for r in world.records if isinstance(r, SegmentRecord) and r.kind == RECEIVE]
    assert len(sent) == len(received)


def test_records_have_a_limit() -> None:
    world = World(1, record_limit=10)
    world.link(world.host("A"), world.host("B"))
    Echo(world)
    Ask(world, b"hello")
    world.run()
    assert len(world.records) == 10
    assert world.records_lost > 10


def test_nothing_is_recorded_when_it_is_not_wanted() -> None:
    world = pair(record=False)
    Echo(world)
    ask = Ask(world, b"hello")
    world.run()
    assert ask.heard == b"hello"
    assert world.records == []


def test_watchers_see_records_as_they_are_made() -> None:
    world = pair()
    seen: list[int] = []
    world.watchers.append(lambda record: seen.append(world.now - record.now))
    Echo(world)
    Ask(world, b"hello")
    world.run("1s")
    assert len(seen) == len(world.records)
    assert set(seen) == {0}


def test_the_capture_holds_both_ends_with_their_rules() -> None:
    world = pair()
    world.fault("drop(A>B,SYN,1)")
    Echo(world)
    Ask(world, b"hello")
    world.run("3s")
    stream = io.BytesIO()
    world.write_capture(stream)
    stream.seek(0)
    reader = read_capture(stream)
    packets = list(reader)
    assert [interface.name for interface in reader.interfaces] == ["A", "B"]
    assert packets[0].comment == "syn; lost: fault-drop"
    assert [(p.interface, p.comment) for p in packets[1:4]] == [
        (0, "retransmit-timeout"), (1, "retransmit-timeout"), (1, "syn-ack")
    ]  # fmt: skip
    assert packets[1].now_ns == SECOND


def test_the_same_seed_gives_the_same_capture() -> None:
    def capture(seed: int) -> bytes:
        world = pair(seed, link={"loss": "10%", "rate": "10Mbit"})
        Echo(world)
        Ask(world, bytes(30_000))
        world.run()
        stream = io.BytesIO()
        world.write_capture(stream)
        return stream.getvalue()

    assert capture(1) == capture(1)
    assert capture(1) != capture(2)


def test_a_run_that_nobody_records_takes_the_same_course() -> None:
    """Checksums are left out where nobody looks; times, events and all that the ends have measured stay the same."""
    courses = []
    for record in (True, False):
        world = World(5, record=record)
        world.host("A")
        world.host("B")
        world.link(world.nodes["A"], world.nodes["B"], delay="10ms", rate="20Mbit", loss=0.02, queue="64KB")
        Echo(world)
        ask = Ask(world, bytes(range(256)) * 400)
        world.run(until="60s")
        assert len(ask.heard) == 256 * 400
        courses.append((ask.events, ask.heard, ask.connection.info(0), world.cables[0].lanes[0].lost_bytes))
    assert courses[0][3] > 0
    assert courses[0] == courses[1]
