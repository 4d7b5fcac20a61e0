"""A run as JSON, schema 1: one event for each record, with wire numbers, relative numbers, and the RFC's state names.

Responsible for the shape, which other programs rely on; it adds nothing to the records but relative numbers.
"""

from __future__ import annotations

import json
from typing import Any, Final, final

from synfin.timeline.model import ECN_WORDS, Model
from synfin.timeline.numbers import NumberTracker
from synfin.timeline.words import rule_source
from synfin.trace import (
    CORRUPT,
    DELAY,
    DROP,
    DUPLICATE,
    HOLD,
    MARK,
    RECEIVE,
    SEND,
    AppRecord,
    Record,
    RuleRecord,
    SegmentRecord,
    StateRecord,
    TimerRecord,
)
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import Segment, flag_names

SCHEMA: Final = 1
KINDS: Final = ("send", "recv", "drop", "dup", "hold", "state", "timer", "app", "rule")

# A delayed segment is held by the network for a while; a damaged or marked one is told by the rule that did it.
_SEGMENT_KINDS: Final[dict[str, str]] = {
    SEND: "send",
    RECEIVE: "recv",
    DROP: "drop",
    DUPLICATE: "dup",
    HOLD: "hold",
    DELAY: "hold",
    CORRUPT: "rule",
    MARK: "rule",
}


@final
class EventWriter:
    """Turns records, in order, into events; keeps what relative numbers need.

    With `one_sided=True` only one end is observed: what it receives was not seen when it was sent.
    """

    def __init__(self, *, one_sided: bool = False) -> None:
        self._numbers = NumberTracker()
        self._one_sided = one_sided

    def event(self, record: Record) -> dict[str, Any] | None:
        """The event of one record; None for a record of a kind that the schema does not know."""
        if isinstance(record, SegmentRecord):
            return self._segment(record)
        event: dict[str, Any] = {"t_ns": record.now, "kind": "", "host": record.host}
        if isinstance(record, StateRecord):
            event["kind"] = "state"
            event.update(_ends(record.local, record.remote))
            event.update({"from": record.from_state, "to": record.to_state, "why": record.why, "rfc": record.rfc})
        elif isinstance(record, RuleRecord):
            event["kind"] = "rule"
            event.update(_ends(record.local, record.remote))
            event.update({"rule": record.rule, "rfc": record.rfc, "detail": record.detail})
        elif isinstance(record, TimerRecord):
            event["kind"] = "timer"
            event.update(_ends(record.local, record.remote))
            event.update({"timer": record.timer, "action": record.action, "deadline_ns": record.deadline})
        elif isinstance(record, AppRecord):
            event["kind"] = "app"
            event.update(_ends(record.local, record.remote))
            event.update({"call": record.call, "detail": record.detail})
        else:
            return None
        return event

    def _segment(self, record: SegmentRecord) -> dict[str, Any]:
        segment = record.segment
        foreign = record.kind == DUPLICATE
        if record.kind == SEND or (self._one_sided and record.kind == RECEIVE):
            numbers = self._numbers.sent(record.src, record.dst, segment, record.rule, foreign)
        else:
            numbers = self._numbers.look(record.src, record.dst, segment, record.rule)
        told: dict[str, Any] = {
            "t_ns": record.now,
            "kind": _SEGMENT_KINDS[record.kind],
            "host": record.host,
            "src": str(record.src),
            "dst": str(record.dst),
            "seq": segment.seq,
            "ack": segment.ack,
            "flags": flag_names(segment.flags),
            "len": len(segment.payload),
            "win": segment.window,
            "options": options_of(segment),
            "rel_seq": numbers.seq,
            "rel_ack": numbers.ack,
            "rule": record.rule,
            "rfc": rule_source(record.rule),
        }
        if segment.ecn:
            told["ecn"] = ECN_WORDS[segment.ecn]
        return told


def options_of(segment: Segment) -> dict[str, Any]:
    """The TCP options of a segment by name; those it does not have are left out."""
    options = segment.options
    found: dict[str, Any] = {}
    if options.mss is not None:
        found["mss"] = options.mss
    if options.window_scale is not None:
        found["window_scale"] = options.window_scale
    if options.sack_permitted:
        found["sack_permitted"] = True
    if options.sack:
        found["sack"] = [list(block) for block in options.sack]
    if options.ts_val is not None:
        found["timestamps"] = [options.ts_val, options.ts_ecr]
    if options.user_timeout is not None:
        found["user_timeout"] = options.user_timeout
    if options.fast_open is not None:
        found["fast_open"] = options.fast_open.hex()
    if options.others:
        found["others"] = [[kind, value.hex()] for kind, value in options.others]
    return found


def document(
    records: list[Record], hosts: list[str], *, scenario: str = "", seed: int = 0, preset: str = "rfc", **more: Any
) -> dict[str, Any]:
    """A whole run; `more` is added beside the fields of the schema."""
    writer = EventWriter()
    events = [event for record in records if (event := writer.event(record)) is not None]
    model = Model((hosts[0], hosts[1] if len(hosts) > 1 else hosts[0]))
    for record in records:
        model.feed(record)
    return {
        "schema": SCHEMA,
        "scenario": scenario,
        "seed": seed,
        "preset": preset,
        "hosts": hosts,
        **more,
        "events": events,
        "final": {host: model.final(host) for host in hosts},
    }


def dump(value: dict[str, Any]) -> str:
    """JSON text: one event a line, the same octets for the same run."""
    events = value.get("events", [])
    shell = json.dumps({**value, "events": []}, ensure_ascii=False)
    lines = ",\n".join(json.dumps(event, ensure_ascii=False) for event in events)
    return shell.replace('"events": []', f'"events": [\n{lines}\n]', 1) + "\n"


def _ends(local: Endpoint, remote: Endpoint) -> dict[str, str]:
    return {"local": str(local), "remote": str(remote)}
