"""The probe: what it tells is what the connection says of itself, and nobody notices that it looks."""

from __future__ import annotations

from io import BytesIO

import pytest

from synfin.errors import UsageError
from synfin.lab import probe as probe_module
from synfin.lab.scenarios import SCENARIOS, build
from synfin.lab.world import World
from synfin.tcp import Connection
from synfin.trace import Record, TcbRecord, TcbValue
from synfin.wire.addresses import Endpoint

MAX_EVENTS = 20_000
NAMES = {
    "iss", "irs", "snd_una", "snd_nxt", "snd_max", "snd_wnd", "rcv_nxt", "rcv_wnd", "mss", "cwnd", "ssthresh",
    "congestion", "recovering", "duplicate_acks", "retransmitted", "flight_bytes", "sacked", "rto_ns", "srtt_ns",
    "rttvar_ns", "send_queue_bytes", "receive_queue_bytes", "out_of_order_bytes", "timers",
}  # fmt: skip
Known = dict[tuple[str, Endpoint, Endpoint], dict[str, TcbValue]]


def play(name: str, *, probed: bool, preset: str = "rfc") -> World:
    """A scenario after its end."""
    stage = build(name, seed=1, preset=preset)
    if probed:
        stage.world.probe()
    stage.world.run(until=SCENARIOS[name].until, max_events=MAX_EVENTS)
    return stage.world


def fold(records: list[Record]) -> Known:
    """The variables of every connection at the end; each record must tell a change, and the first one everything."""
    known: Known = {}
    for record in records:
        if isinstance(record, TcbRecord):
            key = (record.host, record.local, record.remote)
            if "iss" in record.values and set(record.values) == NAMES:
                known[key] = {}
            assert key in known, f"the first record of {key} lacks {NAMES - set(record.values)}"
            before = known[key]
            assert record.values, "a record without a change"
            assert all(before.get(name) != value or name not in before for name, value in record.values.items())
            before.update(record.values)
    return known


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_probed_run_is_the_same_run(name: str) -> None:
    plain, probed = play(name, probed=False), play(name, probed=True)
    captures = BytesIO(), BytesIO()
    plain.write_capture(captures[0])
    probed.write_capture(captures[1])
    assert captures[0].getvalue() == captures[1].getvalue()
    others = [record for record in probed.records if not isinstance(record, TcbRecord)]
    assert [(type(r), r.now, r.host) for r in others] == [(type(r), r.now, r.host) for r in plain.records]
    for known in fold(probed.records).values():
        assert set(known) == NAMES


def transfer(*, fault: str = "", octets: int = 40_000, until: str = "30s") -> tuple[World, list[Connection]]:
    """A client writes once, a server does not read; both ends of the connection."""
    world = World(seed=3)
    a, b = world.host("A"), world.host("B")
    world.link(a, b, delay="10ms", rate="10Mbit")
    world.probe()
    ends: list[Connection] = []
    b.listen(80, lambda listener, connection, now: ends.append(connection))
    if fault:
        world.fault(fault)
    client = a.connect("B", 80)
    world.at("100ms", lambda: a.write(client, bytes(octets)) and None)
    world.run(until=until)
    return world, [client, *ends]


def latest(world: World, host: str) -> dict[str, TcbValue]:
    """The variables of the only connection of a host."""
    [values] = [values for (name, _, _), values in fold(world.records).items() if name == host]
    return values


def test_values_are_those_of_the_block() -> None:
    world, (client, server) = transfer(fault="drop(A>B,DATA,3)")
    sender, receiver = latest(world, "A"), latest(world, "B")
    block = client.tcb
    assert sender["iss"] == block.iss
    assert sender["irs"] == block.irs
    assert sender["snd_una"] == sender["snd_nxt"] == sender["snd_max"] == 40_001
    assert sender["rcv_nxt"] == 1
    assert receiver["rcv_nxt"] == 40_001
    assert receiver["receive_queue_bytes"] == server.readable == 40_000
    assert sender["snd_wnd"] == receiver["rcv_wnd"] == server.tcb.receive_window.edge - server.tcb.rcv_nxt
    assert sender["cwnd"] == block.congestion.cwnd
    assert sender["ssthresh"] == block.congestion.ssthresh
    assert sender["retransmitted"] == 1
    assert sender["send_queue_bytes"] == 0
    assert sender["srtt_ns"] == block.rtt.srtt
    assert sender["rto_ns"] == block.rtt.rto()
    assert sender["timers"] == ()
    assert sender["sacked"] == ()
    assert sender["recovering"] == 0


def test_loss_is_seen_as_it_happens() -> None:
    world, _ = transfer(fault="drop(A>B,DATA,3)")
    told = [record.values for record in world.records if isinstance(record, TcbRecord) and record.host == "A"]
    mss = 1448
    assert (1 + 3 * mss, 1 + 4 * mss) in [
        block for values in told for block in values.get("sacked", ()) if isinstance(block, tuple)
    ]
    assert [values["recovering"] for values in told if "recovering" in values] == [0, 1, 0]
    assert max(int(str(values["out_of_order_bytes"])) for values in _of(world, "B", "out_of_order_bytes")) > 0
    names = [name for values in told for name, _ in values.get("timers", ())]  # type: ignore[union-attr, misc]
    assert "loss-probe" in names or "retransmit" in names


def _of(world: World, host: str, name: str) -> list[dict[str, TcbValue]]:
    return [r.values for r in world.records if isinstance(r, TcbRecord) and r.host == host and name in r.values]


def test_time_wait_is_told_although_only_a_record_is_left() -> None:
    world = play("close", probed=True)
    timers = [
        record.values["timers"]
        for record in world.records
        if isinstance(record, TcbRecord) and record.host == "A" and "timers" in record.values
    ]
    assert timers[-2:] == [(("time-wait", 240_170_000_000),), ()]


def test_a_restarted_host_begins_anew() -> None:
    world = play("half-open-reconnect", probed=True)
    firsts = [(r.host, r.remote.port) for r in world.records if isinstance(r, TcbRecord) and set(r.values) == NAMES]
    assert len(firsts) == 4
    assert len({host for host, _ in firsts}) == 2


def test_connections_beyond_the_limit_are_counted() -> None:
    world = World(seed=1)
    a, b = world.host("A"), world.host("B")
    world.link(a, b)
    world.probe()
    b.listen(80)
    for _ in range(probe_module.WATCH_LIMIT + 3):
        a.connect("B", 80)
    world.run(until="5ms")
    assert a.probe is not None
    assert a.probe.unwatched >= 3
    assert len({record.local for record in world.records if isinstance(record, TcbRecord)}) == probe_module.WATCH_LIMIT


def test_a_host_that_joins_later_is_probed_too_and_without_records_nothing_is() -> None:
    world = World(seed=1)
    a = world.host("A")
    world.probe()
    b = world.host("B")
    world.link(a, b)
    a.connect("B", 80)
    world.run(until="1s")
    assert {record.host for record in world.records if isinstance(record, TcbRecord)} == {"A"}
    assert b.probe is not None
    with pytest.raises(UsageError, match="record=False"):
        World(seed=1, record=False).probe()
