"""A running host in the page: the way of its records, and who may watch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from synfin.config import TcpConfig
from synfin.device.memory import MemoryPair
from synfin.host import Host, HostConfig
from synfin.trace import SEND, Record, SegmentRecord, StateRecord, TcbRecord
from synfin.web.limits import LIVE_PROBED, LIVE_STATES, WATCHER_QUEUE, WATCHERS
from synfin.web.live import Feed, LiveTrace, Studio, Watcher
from synfin.wire.addresses import Endpoint, parse_address
from synfin.wire.tcp import ACK, Segment

US = Endpoint(parse_address("10.77.0.2"), 7)
MS = 1_000_000


def peer(port: int) -> Endpoint:
    return Endpoint(parse_address("10.77.0.1"), port)


def state(port: int, to: str = "ESTABLISHED") -> StateRecord:
    return StateRecord(1, "synfin", US, peer(port), "SYN_RECEIVED", to, "ack-establishes", "RFC 9293 3.10.7.4")


def data(now: int, port: int = 1, text: bytes = b"abc") -> SegmentRecord:
    return SegmentRecord(now, "synfin", SEND, US, peer(port), Segment(7, port, now, 1, ACK, payload=text), "data")


class Pair:
    """Host `synfin`, whose trace goes to a feed, and a peer on the other end of a wire, in steps of a millisecond."""

    def __init__(self, feed: Feed) -> None:
        self.now = 0
        self.feed = feed
        ends = MemoryPair()
        self.hosts = []
        for number, device in enumerate((ends.a, ends.b)):
            trace = LiveTrace("synfin", feed) if number == 0 else None
            host = Host("synfin" if number == 0 else "peer", rng=Random(number), config=HostConfig(), tcp=TcpConfig(),
                        trace=trace)  # fmt: skip
            host.add_interface("eth0", addresses=[f"10.77.0.{2 - number}/24"], mtu=1_500)
            self.hosts.append((host, device))

    def pass_time(self, steps: int = 4) -> None:
        for _ in range(steps):
            self.now += MS
            for host, device in self.hosts:
                while (frame := device.read(0)) is not None:
                    host.receive(frame, self.now)
                for out in host.poll(self.now):
                    device.write(out)
            self.feed.look(self.hosts[0][0], self.now)

    def talk(self) -> None:
        """The peer connects to port 7 and says three octets."""
        connection = self.hosts[1][0].connect("10.77.0.2", 7, self.now)
        self.pass_time()
        connection.write(b"abc", self.now)
        self.pass_time()


def in_loop(work: Callable[[], Any]) -> Any:
    """Do something where a task can be made."""

    async def run() -> Any:
        return work()

    return asyncio.run(run())


def read(watcher: Watcher) -> list[dict[str, Any]]:
    """Every message that waits."""
    found = []
    while not watcher.messages.empty():
        message = watcher.messages.get_nowait()
        assert message is not None
        found.append(json.loads(message))
    return found


def test_nothing_is_recorded_while_nobody_watches() -> None:
    feed = Feed("synfin")
    pair = Pair(feed)
    pair.hosts[0][0].listen(7, 0)
    pair.talk()
    assert feed.waiting() == 0
    assert [(record.local.port, record.to_state) for record in feed.begin()] == [(7, "ESTABLISHED")]


def test_a_connection_is_told_as_it_happens() -> None:
    feed = Feed("synfin", about={"seed": 5, "labels": {"synfin": "10.77.0.2/24"}})
    pair = Pair(feed)
    pair.hosts[0][0].listen(7, 0)

    def watch() -> list[dict[str, Any]]:
        studio = Studio(feed)
        watcher = studio.join("en")
        pair.talk()
        studio.step()
        return read(watcher)

    hello, told = in_loop(watch)
    assert (hello["schema"], hello["live"], hello["seed"], hello["rows"]) == (1, True, 5, [])
    assert hello["hosts"] == [{"name": "synfin", "label": "10.77.0.2/24"}, {"name": "kernel", "label": ""}]
    assert [row["i"] for row in told["rows"]] == list(range(len(told["rows"])))
    flags = [row["flight"]["flags"] for row in told["rows"] if row["flight"]]
    assert flags[:3] == [["SYN"], ["SYN", "ACK"], ["ACK"]]
    (connection,) = told["connections"]
    assert connection["left"] == "10.77.0.2:7"
    assert told["dropped"] == 0
    first, *later = told["tcb"]
    assert {"iss", "snd_una", "cwnd", "rcv_nxt"} <= first["set"].keys()
    assert first["connection"] == connection["id"]
    assert any(change["set"].get("rcv_nxt") == 4 for change in [first, *later])  # SYN and three octets


def test_who_comes_later_knows_the_states() -> None:
    feed = Feed("synfin")
    pair = Pair(feed)
    pair.hosts[0][0].listen(7, 0)
    pair.talk()

    def watch() -> list[dict[str, Any]]:
        studio = Studio(feed)
        watcher = studio.join("zh")
        pair.hosts[1][0].connections()[0].shutdown(pair.now)
        pair.pass_time()
        studio.step()
        return read(watcher)

    hello, told = in_loop(watch)
    assert hello["lang"] == "zh"
    arrival = told["rows"][0]["left"]
    assert (arrival["before"], arrival["state"]) == ("ESTABLISHED", "CLOSE_WAIT")
    assert arrival["moves"][0]["text"] != ""


def test_what_comes_too_fast_is_dropped_and_counted() -> None:
    feed = Feed("synfin", limit=10)

    def watch() -> list[dict[str, Any]]:
        studio = Studio(feed)
        watcher = studio.join("en")
        for now in range(25):
            feed.take(data(now))
        assert feed.waiting() == 10
        studio.step()
        studio.step()
        return read(watcher)

    _, told = in_loop(watch)
    assert told["dropped"] == 15
    assert len(told["rows"]) == 10


def test_a_slow_watcher_loses_rows_and_is_told_how_many() -> None:
    feed = Feed("synfin")

    def watch() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        studio = Studio(feed)
        slow, quick = studio.join("en"), studio.join("en")
        seen = read(quick)
        for now in range(WATCHER_QUEUE + 5):
            feed.take(data(now))
            studio.step()
            seen.extend(read(quick))
        late = read(slow)
        feed.take(data(1_000))
        studio.step()
        return seen, late + read(slow)

    quick, slow = in_loop(watch)
    assert sum(message["dropped"] for message in quick) == 0
    assert len(slow) == WATCHER_QUEUE + 1
    assert slow[-1]["dropped"] == 6  # the first message took one place
    assert sum(len(message["rows"]) + message["dropped"] for message in slow) == WATCHER_QUEUE + 6


def test_text_that_passes_by_is_not_kept() -> None:
    feed = Feed("synfin")
    feed.begin()
    text = b"secret" * 10_000
    record = data(1, text=text)
    feed.take(record)
    feed.take(data(2, text=text))
    first, second = (kept for kept in feed.drain() if isinstance(kept, SegmentRecord))
    assert first.segment.payload == bytes(60_000)
    assert first.segment.payload is second.segment.payload
    assert record.segment.payload is text  # others may read it too


def test_states_are_kept_for_so_many_connections() -> None:
    feed = Feed("synfin")
    for port in range(LIVE_STATES + 10):
        feed.take(state(port + 1))
    kept = feed.begin()
    assert (len(kept), kept[0].remote.port) == (LIVE_STATES, 11)
    feed.take(state(LIVE_STATES + 10, "CLOSED"))
    assert len(feed.begin()) == LIVE_STATES - 1


def test_so_many_connections_are_looked_into_and_places_become_free() -> None:
    feed = Feed("synfin")
    pair = Pair(feed)
    host = pair.hosts[0][0]
    host.listen(7, 0)
    feed.begin()
    others = [pair.hosts[1][0].connect("10.77.0.2", 7, 0) for _ in range(LIVE_PROBED + 6)]
    pair.pass_time()

    def looked() -> int:
        return len({record.remote for record in feed.drain() if isinstance(record, TcbRecord)})

    assert looked() == LIVE_PROBED
    for connection in others[:3]:
        connection.abort(pair.now)
    pair.pass_time()
    feed.drain()
    for connection in others:
        if connection.state.name == "ESTABLISHED":
            connection.write(b"x", pair.now)
    pair.pass_time()
    assert looked() == LIVE_PROBED


def test_the_last_one_switches_off_the_light() -> None:
    feed = Feed("synfin")

    async def watch() -> None:
        studio = Studio(feed)
        watchers = [studio.join("en") for _ in range(WATCHERS)]
        assert studio.full
        for watcher in watchers:
            assert feed.watched
            studio.leave(watcher)
        assert not feed.watched
        feed.take(data(1))
        assert feed.waiting() == 0
        studio.leave(watchers[0])
        studio.join("en")
        assert feed.watched

    asyncio.run(watch())


@pytest.mark.parametrize("watched", [False, True])
def test_the_trace_makes_records_only_for_watchers(watched: bool) -> None:
    feed = Feed("synfin")
    made: list[Record] = []

    def sink(record: Record) -> None:
        made.append(record)
        feed.take(record)

    trace = LiveTrace("synfin", feed)
    trace.sink = sink
    if watched:
        feed.begin()
    trace.segment(1, SEND, US, peer(1), Segment(7, 1, 1, 1, ACK), "data")
    trace.rule(1, US, peer(1), "data", "")
    trace.timer(1, US, peer(1), "retransmit", "set", 5)
    trace.app(1, US, peer(1), "read")
    assert len(made) == feed.waiting() == (4 if watched else 0)


def test_a_drawing_that_fails_ends_the_view_instead_of_leaving_it_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = Feed("synfin")
    told: list[dict[str, Any]] = []

    async def watch() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
        studio = Studio(feed)
        slow, quick = studio.join("en"), studio.join("en")
        for _ in range(WATCHER_QUEUE):
            slow.offer({"rows": []}, 0)
        read(quick)
        monkeypatch.setattr(studio, "step", lambda: 1 // 0)
        assert await asyncio.wait_for(quick.messages.get(), 20) is None
        last = [slow.messages.get_nowait() for _ in range(slow.messages.qsize())]
        assert (len(last), last[-1]) == (WATCHER_QUEUE, None)
        studio.leave(slow)
        studio.leave(quick)

    asyncio.run(watch())
    assert [type(context["exception"]) for context in told] == [ZeroDivisionError]
