"""One row, one segment, one direction of a run, looked at closely.

Responsible for finding what a request names, and for the shape of the answers; what is in them comes from
`timeline.explain` and `timeline.headers`.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from synfin.timeline.explain import Explanation, explain_all, explain_step, explain_term
from synfin.timeline.headers import describe
from synfin.timeline.headers.document import layers_document
from synfin.timeline.headers.frames import frame_of, segment_bytes
from synfin.timeline.layout import Row
from synfin.timeline.messages import Catalog
from synfin.timeline.series import series
from synfin.trace import SEND, SegmentRecord
from synfin.web.asked import RequestError
from synfin.web.document import SCHEMA
from synfin.web.runs import Run


def explain_row(run: Run, number: int, texts: Catalog) -> dict[str, Any]:
    """Everything that can be said about a row, in the order in which it happened."""
    rows = run.story.rows
    if number >= len(rows):
        raise RequestError(f"there is no row {number}; this run has {len(rows)}", "row")
    return {"schema": SCHEMA, "items": [_item(one) for one in _said(run, rows[number], texts)]}


def _said(run: Run, row: Row, texts: Catalog) -> list[Explanation]:
    left, right = run.story.hosts
    found: list[Explanation] = []
    flight = row.flight
    if flight is not None:
        found.extend(explain_all(flight, texts))
    for step in row.steps():
        found.extend(explain_step(step, texts, right if step.host == left else left))
    return found


def explain_name(kind: str, name: str, texts: Catalog) -> dict[str, Any]:
    """A term by its kind and name; raises `UsageError` for one that there is not."""
    return {"schema": SCHEMA, "items": [_item(explain_term(kind, name, texts))]}


def _item(explanation: Explanation) -> dict[str, Any]:
    return {**asdict(explanation), "arithmetic": list(explanation.arithmetic)}


def segment_document(run: Run, number: int, texts: Catalog) -> dict[str, Any]:
    """The octets of a segment, by its number in the run document, with every field of its headers."""
    flights = run.story.flights
    if not 1 <= number <= len(flights):
        raise RequestError(f"there is no segment {number}; this run has {len(flights)}", "flight")
    flight = flights[number - 1]
    if run.world is not None and not flight.foreign:
        record = SegmentRecord(
            flight.sent_at, flight.sender, SEND, flight.src, flight.dst, flight.segment, flight.rule
        )  # fmt: skip
        octets = frame_of(run.world, record)
    else:
        octets = segment_bytes(flight.segment, flight.src, flight.dst)
    return {"schema": SCHEMA, "flight": number, **layers_document(octets, describe(octets), texts)}


def series_document(run: Run, host: str, connection: int | None) -> dict[str, Any]:
    """Numbers over time of what a host sends on a connection of the run document (None: on its busiest one)."""
    hosts = run.story.hosts
    if host not in hosts:
        raise RequestError(f"there is no host {host[:50]!r}; there are {' and '.join(hosts)}", "host")
    ends = None
    if connection is not None:
        ends = run.story.book.ends_of(connection)
        if ends is None:
            raise RequestError(f"there is no connection {connection}", "connection")
        if host != hosts[0]:
            ends = (ends[1], ends[0])
    return series(run.timeline.records, host, ends)
