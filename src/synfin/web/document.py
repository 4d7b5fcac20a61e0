"""A run as the page wants it: rows in drawing order, what changed in the control blocks, and who talked to whom.

Responsible for the shape of rows, events and flights (docs/web.md).  What belongs together is decided by
`timeline.model`, which steps share a row by `timeline.layout`; times are ns, numbers those of the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias, final

from synfin.timeline.layout import Layout, Row
from synfin.timeline.messages import Catalog, catalog
from synfin.timeline.model import ARRIVAL, MOVE, RULE, TIMER, Flight, Model, Step
from synfin.timeline.words import Words, rule_source
from synfin.trace import Record, SegmentRecord, TcbRecord
from synfin.web.words import numbers_text, options_text, rule_text
from synfin.wire.addresses import Address, Endpoint
from synfin.wire.tcp import flag_names

SCHEMA: Final = 1

Json: TypeAlias = dict[str, Any]


@final
class Book:
    """Numbers flights and connections, in order of appearance.

    `ends` numbers the connections, from 0, by the ends of the left and of the right host.  With `limit` only so many
    flights and connections are remembered, the latest ones: for what goes on for ever.
    """

    def __init__(self, hosts: tuple[str, str], *, limit: int | None = None) -> None:
        self.hosts = hosts
        self.ends: dict[tuple[Endpoint, Endpoint], int] = {}
        self._limit = limit
        self._flights: dict[Flight, int] = {}
        self._flight_count = 0
        self._end_count = 0

    def note(self, rows: Iterable[Row]) -> None:
        """Number what is new in these rows."""
        for row in rows:
            for step in row.steps():
                self.connection(step.host, step.local, step.remote)
                if step.flight is not None:
                    self.number(step.flight)

    def number(self, flight: Flight) -> int:
        """The number of a flight, from 1."""
        found = self._flights.get(flight)
        if found is None:
            self._flight_count += 1
            found = self._flights[flight] = self._flight_count
            if self._limit is not None and len(self._flights) > self._limit:
                del self._flights[next(iter(self._flights))]
        return found

    def ends_of(self, connection: int) -> tuple[Endpoint, Endpoint] | None:
        """The left and the right end of a connection; None for a number that there is not."""
        return next((ends for ends, number in self.ends.items() if number == connection), None)

    def flights(self) -> list[Flight]:
        """All that are remembered, in the order of their numbers."""
        return list(self._flights)

    def again(self, flight: Flight) -> int | None:
        """The number of the flight whose octets it sends again."""
        return None if flight.again is None else self._flights.get(flight.again)

    def connection(self, host: str, local: Endpoint, remote: Endpoint) -> int | None:
        """The number of a connection, from 0; None for what belongs to none, such as a listener."""
        if remote.port == 0:
            return None
        ends = (local, remote) if host == self.hosts[0] else (remote, local)
        found = self.ends.get(ends)
        if found is None:
            found = self.ends[ends] = self._end_count
            self._end_count += 1
            if self._limit is not None and len(self.ends) > self._limit:
                del self.ends[next(iter(self.ends))]
        return found

    def connections(self, first: int = 0) -> list[Json]:
        """Who talked to whom, in order of appearance, from the number `first` on."""
        return [
            {"id": number, "left": str(left), "right": str(right)}
            for (left, right), number in self.ends.items()
            if number >= first
        ]


@final
class Writer:
    """Turns rows into JSON-ready values in one language; `number` is that of the next row."""

    def __init__(self, book: Book, texts: Catalog, number: int = 0) -> None:
        self.book = book
        self.texts = texts
        self.number = number
        self._words = Words(book.hosts, texts)
        self._rules: dict[tuple[str, str], str] = {}

    def row(self, row: Row) -> Json:
        """One row."""
        sides: list[Json | None] = [None, None]
        for step in row.steps():
            sides[0 if step.host == self.book.hosts[0] else 1] = self.event(step)
        flight = row.flight
        self.number += 1
        return {
            "i": self.number - 1,
            "left": sides[0],
            "right": sides[1],
            "flight": None if flight is None else self.flight(flight),
        }

    def event(self, step: Step) -> Json:
        """What happened at one end."""
        moves = [
            {
                "from": move.from_state,
                "to": move.to_state,
                "why": move.why,
                "text": self._rule(move.why, step.host),
                "rfc": move.rfc,
            }
            for move in step.moves
        ]
        rules = [
            {
                "rule": rule.rule,
                "rfc": rule.rfc,
                "detail": rule.detail,
                "text": self._rule(rule.rule, step.host),
            }
            for rule in step.rules
        ]
        return {
            "t": step.now,
            "kind": step.kind,
            "call": step.call,
            "state": step.state,
            "before": step.before,
            "text": self._words.event(step) or self._alone(step, moves, rules),
            "moves": moves,
            "rules": rules,
            "connection": self.book.connection(step.host, step.local, step.remote),
            "copy": step.kind == ARRIVAL and not step.first,
        }

    def flight(self, flight: Flight) -> Json:
        """One segment; rows that show parts of the same one show the same number."""
        segment, numbers, book = flight.segment, flight.numbers, self.book
        return {
            "n": book.number(flight),
            "from": flight.sender,
            "to": self._peer(flight.sender),
            "ordinal": flight.ordinal,
            "t0": flight.sent_at,
            "t1": flight.arrived_at,
            "fate": flight.fate,
            "fault": flight.fault,
            "fault_text": self._rule(flight.fault, flight.sender),
            "flags": flag_names(segment.flags),
            "seq": segment.seq,
            "ack": segment.ack,
            "rel_seq": numbers.seq,
            "rel_ack": numbers.ack,
            "len": len(segment.payload),
            "win": numbers.window,
            "options": options_text(segment),
            "again": book.again(flight),
            "twin": flight.twin,
            "foreign": flight.foreign,
            "rule": flight.rule,
            "rfc": rule_source(flight.rule) if flight.rule else "",
            "label": f"{self._words.flags(flight)} {numbers_text(flight)}",
            "text": self._rule(flight.rule, flight.sender),
        }

    def tcb(self, record: TcbRecord) -> Json:
        """What has changed in a connection's variables."""
        return {
            "t": record.now,
            "host": record.host,
            "connection": self.book.connection(record.host, record.local, record.remote),
            "set": record.values,
        }

    def _alone(self, step: Step, moves: list[Json], rules: list[Json]) -> str:
        """What to say of a timer that had no effect, and of a step that is nothing but a rule or a move."""
        if step.kind == TIMER:
            key = f"timer.{step.call}"
            return self.texts.text(key if self.texts.has(key) else "timer.other", call=step.call)
        if step.kind not in (MOVE, RULE):
            return ""
        text: str = next((told["text"] for told in (*moves, *rules) if told["text"]), "")
        return text

    def _rule(self, rule: str, who: str) -> str:
        """The sentence about a rule; empty where there is none."""
        if not rule:
            return ""
        found = self._rules.get((rule, who))
        if found is None:
            found = self._rules[rule, who] = rule_text(rule, who, self._peer(who), self.texts)
        return found

    def _peer(self, host: str) -> str:
        left, right = self.book.hosts
        return right if host == left else left


@final
class Story:
    """A whole run, put together once: rows, book and the states at the end.  Documents of any language come from it."""

    def __init__(
        self,
        records: list[Record],
        hosts: tuple[str, str],
        labels: tuple[str, str],
        owned: dict[str, list[Address]] | None = None,
    ) -> None:
        self.hosts = hosts
        self.labels = labels
        self.records = len(records)
        model = Model(hosts, owned=owned)
        layout = Layout(hosts)
        self.rows: list[Row] = []
        for record in records:
            group = model.feed(record)
            if group:
                self.rows.extend(layout.place(group))
        self.rows.extend(layout.place(model.flush()))
        self.book = Book(hosts)
        self.book.note(self.rows)
        self.flights = self.book.flights()
        self._tcb = [record for record in records if isinstance(record, TcbRecord) and record.host in hosts]
        for change in self._tcb:
            self.book.connection(change.host, change.local, change.remote)
        self.final = {host: model.final(host) for host in hosts}
        self.duration_ns = max((record.now for record in records), default=0)
        self.segments = sum(1 for record in records if isinstance(record, SegmentRecord) and record.kind == "send")

    def shape(self, texts: Catalog, first: int = 0, count: int | None = None) -> Iterator[Json]:
        """`count` rows (None: all) from the `first` on."""
        writer = Writer(self.book, texts, first)
        last = len(self.rows) if count is None else min(first + count, len(self.rows))
        for row in self.rows[first:last]:
            yield writer.row(row)

    def tcb(self) -> list[Json]:
        """What changed in the variables of connections, in order."""
        writer = Writer(self.book, catalog("en"))  # there is no text in it
        return [writer.tcb(record) for record in self._tcb]

    def counts(self) -> Json:
        """How much there is of everything."""
        flights = self.flights
        fates: dict[str, int] = {}
        for flight in flights:
            fates[flight.fate] = fates.get(flight.fate, 0) + 1
        return {
            "rows": len(self.rows),
            "records": self.records,
            "segments": self.segments,
            "resent": sum(1 for flight in flights if flight.numbers.again and not flight.foreign),
            "fates": fates,
        }

    def document(self, texts: Catalog, rows: int | None = None) -> Json:
        """The part of the run document that follows from the trace, with at most so many rows."""
        return {
            "hosts": [{"name": name, "label": label} for name, label in zip(self.hosts, self.labels, strict=True)],
            "final": self.final,
            "duration_ns": self.duration_ns,
            "counts": self.counts(),
            "connections": self.book.connections(),
            "rows": list(self.shape(texts, 0, rows)),
            "tcb": self.tcb(),
        }
