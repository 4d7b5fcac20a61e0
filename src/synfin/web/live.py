"""A running host in the page: from its trace, over a bounded queue, to everybody who watches.

Responsible for the way between two threads: the host's, which must not wait, and the web server's.  Where nobody
watches a record is not even made.  What comes too fast is dropped and counted, and the page is told how much.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from threading import Lock
from typing import Any, Final, TypeAlias, final

from synfin.host import Host
from synfin.lab.probe import Probe
from synfin.timeline.layout import Layout, Row
from synfin.timeline.messages import catalog
from synfin.timeline.model import Model
from synfin.trace import (
    RECEIVE,
    AppRecord,
    Record,
    RuleRecord,
    SegmentRecord,
    StateRecord,
    TcbRecord,
    TimerRecord,
    Trace,
)
from synfin.web.document import SCHEMA, Book, Writer
from synfin.web.limits import (
    LIVE_FLIGHTS,
    LIVE_LENGTHS,
    LIVE_PERIOD,
    LIVE_PROBED,
    LIVE_QUEUE,
    LIVE_RECORDS,
    LIVE_STATES,
    WATCHER_QUEUE,
    WATCHERS,
)
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import Segment

OTHER: Final = "kernel"  # the end that is not observed

Ends: TypeAlias = tuple[Endpoint, Endpoint]  # local and remote


@final
class LiveTrace(Trace):
    """A host's trace that makes records only while `feed` is watched; of states it always takes note."""

    __slots__ = ("feed",)

    def __init__(self, host: str, feed: Feed) -> None:
        super().__init__(host, feed.take)
        self.feed = feed

    def segment(self, now: int, kind: str, src: Endpoint, dst: Endpoint, segment: Segment, rule: str) -> None:
        """Write a `SegmentRecord`."""
        if self.feed.watched:
            self.sink(SegmentRecord(now, self.host, kind, src, dst, segment, rule))

    def rule(self, now: int, local: Endpoint, remote: Endpoint, rule: str, rfc: str, detail: str = "") -> None:
        """Write a `RuleRecord`."""
        if self.feed.watched:
            self.sink(RuleRecord(now, self.host, local, remote, rule, rfc, detail))

    def timer(self, now: int, local: Endpoint, remote: Endpoint, timer: str, action: str, deadline: int) -> None:
        """Write a `TimerRecord`."""
        if self.feed.watched:
            self.sink(TimerRecord(now, self.host, local, remote, timer, action, deadline))

    def app(self, now: int, local: Endpoint, remote: Endpoint, call: str, detail: str = "") -> None:
        """Write an `AppRecord`."""
        if self.feed.watched:
            self.sink(AppRecord(now, self.host, local, remote, call, detail))


@final
class Feed:
    """What a host called `host` says: `take` and `look` are called in its thread, the rest in the web server's.

    `about` stands in the first message to a watcher, with `labels` for the two ends.  At most `limit` records wait;
    `dropped` counts those that found no room, from the start on.
    """

    def __init__(self, host: str, *, about: dict[str, Any] | None = None, limit: int = LIVE_QUEUE) -> None:
        self.hosts = (host, OTHER)
        self.about = about or {}
        self.watched = False
        self.dropped = 0
        self._limit = limit
        self._queue: deque[Record] = deque()
        self._lock = Lock()
        self._states: dict[Ends, StateRecord] = {}
        self._hollow = _Hollow()
        self._probe = Probe(host, self._put)
        self._probed: dict[Ends, bool] = {}

    # In the thread of the host

    def take(self, record: Record) -> None:
        """The sink of the trace: never waits."""
        if isinstance(record, StateRecord):
            self._note(record)
        if not self.watched:
            return
        if isinstance(record, SegmentRecord):
            record = self._hollow.record(record)
        self._put(record)
        ends = _ends(record)
        if ends is None:
            return
        if ends not in self._probed:
            if ends not in self._states or len(self._probed) >= LIVE_PROBED:
                return
            self._probed[ends] = True
        self._probe.hear(record)
        if ends not in self._states:
            self._probed.pop(ends, None)  # the other thread may have begun anew meanwhile

    def look(self, host: Host, now: int) -> None:
        """The host has nothing to do: look at the variables of connections that something has happened to."""
        if self.watched:
            self._probe.look(host, now)

    def _put(self, record: Record) -> None:
        if len(self._queue) < self._limit:
            self._queue.append(record)
        else:
            self.dropped += 1

    def _note(self, record: StateRecord) -> None:
        """Remember where every connection is, for those who begin to watch later."""
        key = (record.local, record.remote)
        with self._lock:
            self._states.pop(key, None)
            if record.to_state != "CLOSED":
                self._states[key] = record
                if len(self._states) > LIVE_STATES:
                    del self._states[next(iter(self._states))]

    # In the thread of the web server

    def begin(self) -> list[StateRecord]:
        """Somebody watches from now on: the latest state of every connection, oldest first."""
        self._queue.clear()
        self._probed = {}
        self._probe = Probe(self.hosts[0], self._put)
        with self._lock:
            states = list(self._states.values())
        self.watched = True
        return states

    def end(self) -> None:
        """Nobody watches any more."""
        self.watched = False
        self._queue.clear()

    def drain(self, count: int = LIVE_RECORDS) -> list[Record]:
        """At most `count` records that have come, in order."""
        found: list[Record] = []
        while self._queue and len(found) < count:
            found.append(self._queue.popleft())
        return found

    def waiting(self) -> int:
        """How many records wait."""
        return len(self._queue)


@final
class _Hollow:
    """Segments without their text: of megabytes that pass by, only the lengths are drawn."""

    def __init__(self) -> None:
        self._texts: dict[int, bytes] = {}

    def record(self, record: SegmentRecord) -> SegmentRecord:
        """A record that looks the same to a ladder; the text is zeros that all of its length share."""
        segment = record.segment
        if not segment.payload:
            return record
        hollow = Segment(
            segment.src_port, segment.dst_port, segment.seq, segment.ack, segment.flags, segment.window,
            segment.urgent, segment.options, self._text(len(segment.payload)), segment.mss, segment.why, segment.ecn,
        )  # fmt: skip
        return SegmentRecord(record.now, record.host, record.kind, record.src, record.dst, hollow, record.rule)

    def _text(self, length: int) -> bytes:
        found = self._texts.get(length)
        if found is None:
            if len(self._texts) >= LIVE_LENGTHS:
                del self._texts[next(iter(self._texts))]
            found = self._texts[length] = bytes(length)
        return found


def _ends(record: Record) -> Ends | None:
    """The connection of the host that a record is about; None for a listener, and for no connection at all."""
    if isinstance(record, SegmentRecord):
        ends = (record.dst, record.src) if record.kind == RECEIVE else (record.src, record.dst)
    elif isinstance(record, (StateRecord, RuleRecord, TimerRecord, AppRecord)):
        ends = (record.local, record.remote)
    else:
        return None
    return ends if ends[1].port else None


@final
class Watcher:
    """One client: messages wait for it in a bounded queue; `lost` counts the rows of those that found no room.

    None is the last message: there will not be another one.
    """

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.messages: asyncio.Queue[str | None] = asyncio.Queue(WATCHER_QUEUE)
        self.lost = 0

    def offer(self, message: dict[str, Any], dropped: int) -> None:
        """Put a message into the queue; without room, its rows count as dropped in the next one that finds some."""
        if self.messages.full():
            self.lost += dropped + len(message["rows"])
            return
        text = json.dumps({**message, "dropped": dropped + self.lost}, ensure_ascii=False, separators=(",", ":"))
        self.messages.put_nowait(text)
        self.lost = 0

    def end(self) -> None:
        """Nothing more will come."""
        if self.messages.full():
            self.messages.get_nowait()
        self.messages.put_nowait(None)


@final
class Studio:
    """Makes rows of what a feed says, for everybody who watches; all of it in the loop of the web server."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.watchers: list[Watcher] = []
        self._pump: asyncio.Task[None] | None = None
        self._start()

    def _start(self) -> None:
        hosts = self.feed.hosts
        self._model = Model(hosts, one_sided=True)
        self._layout = Layout(hosts)
        self._book = Book(hosts, limit=LIVE_FLIGHTS)
        self._rows = 0
        self._connections = 0
        self._dropped = self.feed.dropped

    @property
    def full(self) -> bool:
        """Whether nobody else can watch."""
        return len(self.watchers) >= WATCHERS

    def join(self, lang: str) -> Watcher:
        """A new watcher, whose first message is waiting."""
        watcher = Watcher(lang)
        if not self.watchers:
            self._start()
            for state in self.feed.begin():
                self._model.feed(state)
            self._model.flush()  # what was before is known, not shown
            self._pump = asyncio.create_task(self._run())
            self._pump.add_done_callback(self._ended)
        watcher.offer(self._hello(lang), 0)
        self.watchers.append(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """A watcher has gone."""
        if watcher in self.watchers:
            self.watchers.remove(watcher)
        if not self.watchers and self._pump is not None:
            self.feed.end()
            self._pump.cancel()
            self._pump = None

    def _hello(self, lang: str) -> dict[str, Any]:
        labels = self.feed.about.get("labels", {})
        return {
            "schema": SCHEMA,
            "live": True,
            "lang": lang,
            **{name: value for name, value in self.feed.about.items() if name != "labels"},
            "hosts": [{"name": name, "label": labels.get(name, "")} for name in self.feed.hosts],
            "connections": self._book.connections(),
            "rows": [],
            "tcb": [],
        }

    def _ended(self, pump: asyncio.Task[None]) -> None:
        """The pump has stopped: if that was not meant, it is reported, and nobody waits for more."""
        if pump.cancelled():
            return
        report = {"message": "the live view has failed", "exception": pump.exception()}
        asyncio.get_running_loop().call_exception_handler(report)
        for watcher in self.watchers:
            watcher.end()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LIVE_PERIOD)
            self.step()

    def step(self) -> None:
        """Draw what has come since the last time, and hand it to the watchers."""
        rows: list[Row] = []
        changes: list[TcbRecord] = []
        for record in self.feed.drain():
            if isinstance(record, TcbRecord):
                changes.append(record)
            rows.extend(self._layout.place(self._model.feed(record)))
        if not self.feed.waiting():
            rows.extend(self._layout.place(self._model.settle()))
        dropped, self._dropped = self.feed.dropped - self._dropped, self.feed.dropped
        if not rows and not changes and not dropped:
            return
        self._book.note(rows)
        for change in changes:
            self._book.connection(change.host, change.local, change.remote)
        fresh = self._book.connections(self._connections)
        if fresh:
            self._connections = fresh[-1]["id"] + 1
        made: dict[str, dict[str, Any]] = {}
        for watcher in self.watchers:
            if watcher.lang not in made:
                made[watcher.lang] = {**self._shape(watcher.lang, rows, changes), "connections": fresh}
            watcher.offer(made[watcher.lang], dropped)
        self._rows += len(rows)

    def _shape(self, lang: str, rows: list[Row], changes: list[TcbRecord]) -> dict[str, Any]:
        writer = Writer(self._book, catalog(lang), self._rows)
        shaped = [writer.row(row) for row in rows]
        told = [writer.tcb(change) for change in changes]
        return {"rows": shaped, "tcb": told}
