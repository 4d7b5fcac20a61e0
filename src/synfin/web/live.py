"""A running host in the page: from its trace, over a bounded queue, to everybody who watches.

Responsible for the way between two threads: the host's, which must not wait, and the web server's.  Where nobody
watches a record is not even made.  What comes too fast is dropped and counted, and the page is told how much.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from threading import Lock
from typing import Any, Final, final

from synfin.timeline.layout import Layout
from synfin.timeline.messages import Catalog, catalog
from synfin.timeline.model import Model
from synfin.trace import AppRecord, Record, RuleRecord, SegmentRecord, StateRecord, TimerRecord, Trace
from synfin.web.document import SCHEMA, Book, Writer
from synfin.web.limits import LIVE_PERIOD, LIVE_QUEUE, LIVE_RECORDS, LIVE_STATES, WATCHER_QUEUE, WATCHERS
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import Segment

OTHER: Final = "kernel"  # the end that is not observed


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
    """What a host called `host` says: `take` is called in its thread, everything else in the web server's.

    `about` stands in the first message to a watcher.  At most `limit` records wait; `dropped` counts those that found
    no room.
    """

    def __init__(self, host: str, *, about: dict[str, Any] | None = None, limit: int = LIVE_QUEUE) -> None:
        self.hosts = (host, OTHER)
        self.about = about or {}
        self.watched = False
        self.dropped = 0
        self._limit = limit
        self._queue: deque[Record] = deque()
        self._lock = Lock()
        self._states: dict[tuple[Endpoint, Endpoint], StateRecord] = {}

    def take(self, record: Record) -> None:
        """The sink of the trace: never waits."""
        if isinstance(record, StateRecord):
            self._note(record)
        if self.watched:
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

    def begin(self) -> list[StateRecord]:
        """Somebody watches from now on: the latest state of every connection, oldest first."""
        self._queue.clear()
        self.watched = True
        with self._lock:
            return list(self._states.values())

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
class Watcher:
    """One client: messages wait for it in a bounded queue; `lost` counts the rows of those that found no room."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.messages: asyncio.Queue[str] = asyncio.Queue(WATCHER_QUEUE)
        self.lost = 0

    def offer(self, rows: int, message: str) -> None:
        """Put a message into the queue, if there is room."""
        try:
            self.messages.put_nowait(message)
        except asyncio.QueueFull:
            self.lost += rows


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
        self._book = Book(hosts, bounded=True)
        self._connections = 0
        self._rows = 0

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
        watcher.offer(0, _text(self._hello(lang)))
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

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LIVE_PERIOD)
            self.step()

    def step(self) -> None:
        """Draw what has come since the last time, and hand it to the watchers."""
        rows = []
        for record in self.feed.drain():
            rows.extend(self._layout.place(self._model.feed(record)))
        if not self.feed.waiting():
            rows.extend(self._layout.place(self._model.settle()))
        dropped = self.feed.dropped
        if not rows and not dropped:
            return
        self.feed.dropped -= dropped
        self._book.note(rows)
        connections = self._book.connections()
        fresh, self._connections = connections[self._connections :], len(connections)
        made: dict[str, list[dict[str, Any]]] = {}
        for watcher in self.watchers:
            if watcher.lang not in made:
                writer = Writer(self._book, _texts(watcher.lang), self._rows)
                made[watcher.lang] = [writer.row(row) for row in rows]
            lost, watcher.lost = watcher.lost, 0
            message = {
                "rows": made[watcher.lang],
                "tcb": [],
                "connections": fresh,
                "dropped_records": dropped,
                "dropped_rows": lost,
            }
            if watcher.messages.full():
                watcher.lost = lost
            watcher.offer(len(rows), _text(message))
        self._rows += len(rows)


def _texts(lang: str) -> Catalog:
    return catalog(lang)


def _text(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
