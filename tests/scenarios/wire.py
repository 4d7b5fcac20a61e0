"""What went over the cable, row by row, in the notation of RFC 9293 3.5: numbers, flags, fate, both ends' states.

A row such as ::

    10ms  B>A <SEQ=300><ACK=101><SYN,ACK>      SYN_SENT     SYN_RECEIVED   lost

reads: when it was sent, by whom, its numbers, flags and octets of text (`[5]`), the states of A and B after the sender
had sent and the receiver had processed it, before its application reacted, and what the network did to it.  Tables in
tests are written the same way; what a line leaves out is not compared, and PSH only where the line has it.
"""

from __future__ import annotations

import re
from typing import Final, final

from synfin.trace import (
    CORRUPT,
    DELAY,
    DROP,
    DUPLICATE,
    HOLD,
    RECEIVE,
    SEND,
    AppRecord,
    Record,
    RuleRecord,
    SegmentRecord,
    StateRecord,
    TimerRecord,
)
from synfin.units import parse_duration
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, Segment

FLAG_BITS: Final = (
    ("SYN", SYN), ("FIN", FIN), ("RST", RST), ("PSH", PSH), ("URG", URG), ("ACK", ACK), ("ECE", ECE), ("CWR", CWR),
)  # fmt: skip
FATES: Final = {DROP: "lost", HOLD: "held", DELAY: "late", DUPLICATE: "twice", CORRUPT: "damaged"}
STATES: Final = (
    "CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING",
    "LAST_ACK", "TIME_WAIT",
)  # fmt: skip
CALLS: Final = ("open", "write", "read", "shutdown", "close", "abort")

_LINE: Final = re.compile(
    r"(?:(?P<time>[0-9.]+(?:ns|us|ms|s|min|h))\s+)?"
    r"(?P<src>\w)>(?P<dst>\w)\s+"
    r"<SEQ=(?P<seq>\d+)>(?:<ACK=(?P<ack>\d+)>)?<(?P<flags>[A-Z,]*)>(?:\[(?P<length>\d+)\])?"
    r"(?P<rest>(?:\s+\S+)*)\s*"
)


@final
class Line:
    """One written row."""

    def __init__(self, text: str) -> None:
        found = _LINE.fullmatch(text.strip())
        assert found is not None, f"cannot read the row {text!r}"
        self.text = text.strip()
        self.time = None if found["time"] is None else parse_duration(found["time"])
        self.ends = (found["src"], found["dst"])
        self.seq = int(found["seq"])
        self.ack = None if found["ack"] is None else int(found["ack"])
        self.length = int(found["length"] or 0)
        self.flags = 0
        for name in filter(None, found["flags"].split(",")):
            self.flags |= dict(FLAG_BITS)[name]
        assert (self.ack is not None) == bool(self.flags & ACK), f"ACK without its number or its flag: {text!r}"
        words = found["rest"].split()
        self.fate = ""
        self.old = False
        self.states: list[str] = []
        for word in words:
            if word in FATES.values():
                self.fate = word
            elif word == "old":
                self.old = True
            else:
                name = word.replace("SYN_RCVD", "SYN_RECEIVED")
                assert name in STATES or name == "*", f"unknown word {word!r} in {text!r}"
                self.states.append(name)
        assert len(self.states) in (0, 2), f"states of both ends, or of none: {text!r}"


@final
class Row:
    """One segment on the cable."""

    def __init__(self, time: int, ends: tuple[str, str], record: SegmentRecord, states: list[str], old: bool) -> None:
        self.time = time
        self.ends = ends
        self.record = record
        self.segment: Segment = record.segment
        self.states = states  # of A and B
        self.old = old  # nobody sent it now
        self.fate = ""
        self.arrivals: list[int] = []

    @property
    def why(self) -> str:
        """The rule that built it."""
        return self.record.rule

    def __str__(self) -> str:
        segment = self.segment
        names = [name for name, bit in FLAG_BITS if segment.flags & bit]
        ack = f"<ACK={segment.ack}>" if segment.flags & ACK else ""
        text = f"[{len(segment.payload)}]" if segment.payload else ""
        head = f"{self.time / 1_000_000:g}ms {'>'.join(self.ends)} <SEQ={segment.seq}>{ack}<{','.join(names)}>{text}"
        fate = " ".join(filter(None, ["old" if self.old else "", self.fate]))
        return f"{head:<58} {self.states[0]:<13} {self.states[1]:<13} {fate:<7} {self.why}"

    def differs(self, line: Line) -> str:
        """What the row has that the line says otherwise; empty when they agree."""
        segment = self.segment
        flags = segment.flags if line.flags & PSH else segment.flags & ~PSH
        pairs: list[tuple[str, object, object]] = [
            ("direction", self.ends, line.ends),
            ("seq", segment.seq, line.seq),
            ("flags", flags, line.flags),
            ("ack", segment.ack, line.ack or 0),
            ("length", len(segment.payload), line.length),
            ("fate", (self.old, self.fate), (line.old, line.fate)),
        ]
        if line.time is not None:
            pairs.append(("time", self.time, line.time))
        for name, have, want in zip("AB", self.states, line.states, strict=False):
            if want != "*":
                pairs.append((f"state of {name}", have, want))
        return ", ".join(f"{name} is {have}, not {want}" for name, have, want in pairs if have != want)


@final
class Wire:
    """Watches a world of hosts A and B and makes the rows; `feed` takes each record."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.records: list[Record] = []
        self._states: dict[tuple[str, Endpoint, Endpoint], str] = {}
        self._listening: set[tuple[str, int]] = set()
        self._by_segment: dict[int, Row] = {}  # by identity: the cable hands the same segment on
        self._settling: tuple[Row, str, Endpoint, Endpoint, int] | None = None

    def feed(self, record: Record) -> None:
        """Take the next record."""
        self.records.append(record)
        if isinstance(record, SegmentRecord):
            self._settling = None
            self._segment(record)
        elif isinstance(record, StateRecord):
            self._move(record)
        elif isinstance(record, AppRecord):
            if record.call in CALLS:
                self._settling = None
        elif isinstance(record, TimerRecord):
            if record.action == "fire":
                self._settling = None
        elif isinstance(record, RuleRecord) and record.rule == "host-crashed":
            self._listening = {(host, port) for host, port in self._listening if host != record.host}
            for key in self._states:
                if key[0] == record.host:
                    self._states[key] = "CLOSED"

    def moves(self, host: str) -> list[StateRecord]:
        """Every move of a connection's state at `host`, in order."""
        return [r for r in self.records if isinstance(r, StateRecord) and r.host == host and r.remote.port != 0]

    def state(self, host: str, local: Endpoint, remote: Endpoint) -> str:
        """The state of the connection at `host`, LISTEN where a listener would take it."""
        known = self._states.get((host, local, remote))
        if known is None:
            return "LISTEN" if (host, local.port) in self._listening else "CLOSED"
        return known

    def _segment(self, record: SegmentRecord) -> None:
        if record.kind == SEND or record.rule.startswith("injected"):
            if record.kind == SEND or record.kind == DUPLICATE:
                self._start(record)
                return
        row = self._by_segment.get(id(record.segment))
        if row is None:
            return  # a damaged copy
        if record.kind == RECEIVE:
            row.arrivals.append(record.now)
            self._note_states(row, record.src, record.dst, "AB".index(row.ends[1]))
            self._settling = (row, row.ends[1], record.dst, record.src, record.now)
        else:
            row.fate = FATES[record.kind]

    def _start(self, record: SegmentRecord) -> None:
        ends = (record.host, "B" if record.host == "A" else "A")
        row = Row(record.now, ends, record, ["", ""], record.kind != SEND)
        self._note_states(row, record.src, record.dst, 0)
        self._note_states(row, record.src, record.dst, 1)
        self.rows.append(row)
        self._by_segment[id(record.segment)] = row

    def _note_states(self, row: Row, src: Endpoint, dst: Endpoint, end: int) -> None:
        name = "AB"[end]
        local, remote = (src, dst) if row.ends[0] == name else (dst, src)
        row.states[end] = self.state(name, local, remote)

    def _move(self, record: StateRecord) -> None:
        if record.to_state == "LISTEN" and record.from_state == "CLOSED" and record.remote.port == 0:
            self._listening.add((record.host, record.local.port))
            return
        self._states[record.host, record.local, record.remote] = record.to_state
        if self._settling is not None:
            row, host, local, remote, now = self._settling
            if (host, local, remote, now) == (record.host, record.local, record.remote, record.now):
                row.states["AB".index(host)] = self.state(host, local, remote)


def compare(rows: list[Row], table: str) -> str:
    """The rows against a table; empty when they agree, else both beside each other."""
    lines = [Line(text) for text in table.strip().splitlines() if text.strip()]
    if len(rows) == len(lines) and not any(row.differs(line) for row, line in zip(rows, lines, strict=True)):
        return ""
    report = [f"{len(rows)} segments, {len(lines)} expected"]
    for index in range(max(len(rows), len(lines))):
        row = rows[index] if index < len(rows) else None
        line = lines[index] if index < len(lines) else None
        report.append(f"  {'seen':<9}{row if row is not None else '-'}")
        if row is None or line is None or row.differs(line):
            report.append(f"  {'EXPECTED':<9}{line.text if line is not None else '-'}")
            if row is not None and line is not None:
                report.append(f"           {row.differs(line)}")
    return "\n".join(report)
