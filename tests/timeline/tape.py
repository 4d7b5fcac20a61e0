"""Trace records written by hand, for tests of what is drawn from them."""

from __future__ import annotations

from synfin.timeline import LiveLadder, catalog
from synfin.timeline.style import Style
from synfin.trace import AppRecord, Record, RuleRecord, SegmentRecord, StateRecord, TimerRecord
from synfin.wire.addresses import Endpoint, parse_address
from synfin.wire.tcp import Segment
from synfin.wire.tcp_options import NO_OPTIONS, TcpOptions

MS = 1_000_000
A = Endpoint(parse_address("10.0.0.1"), 40_000)
B = Endpoint(parse_address("10.0.0.2"), 80)
NOWHERE = Endpoint(parse_address("0.0.0.0"), 0)
ENDS = {"A": (A, B), "B": (B, A)}
LISTENING = Endpoint(parse_address("0.0.0.0"), 80)


class Tape:
    """Records in order; times in milliseconds."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def segment(
        self,
        host: str,
        flags: int,
        seq: int,
        ack: int = 0,
        text: bytes = b"",
        window: int = 1_000,
        options: TcpOptions = NO_OPTIONS,
        ports: tuple[int, int] | None = None,
    ) -> Segment:
        """A segment as `host` would send it."""
        here, there = (end.port for end in ENDS[host])
        if ports is not None:
            here, there = ports
        return Segment(here, there, seq, ack, flags, window, options=options, payload=text)

    def wire(self, ms: float, host: str, kind: str, segment: Segment, rule: str = "data", sender: str = "") -> Tape:
        """Something happened to a segment; `host` is where, `sender` who sent it (of `recv`: the other one)."""
        other = "B" if host == "A" else "A"
        origin = sender or (other if kind == "recv" else host)
        src, dst = ENDS[origin]
        source, target = Endpoint(src.address, segment.src_port), Endpoint(dst.address, segment.dst_port)
        self.records.append(SegmentRecord(int(ms * MS), host, kind, source, target, segment, rule))
        return self

    def flight(self, start: float, end: float, host: str, segment: Segment, rule: str = "data") -> Tape:
        """Sent and received, with nothing in between."""
        other = "B" if host == "A" else "A"
        return self.wire(start, host, "send", segment, rule).wire(end, other, "recv", segment, rule)

    def state(self, ms: float, host: str, before: str, after: str, why: str = "fin-acked") -> Tape:
        """A state move."""
        local, remote = ENDS[host]
        self.records.append(StateRecord(int(ms * MS), host, local, remote, before, after, why, "RFC 9293 3.10"))
        return self

    def listen(self, host: str = "B") -> Tape:
        """A listener."""
        self.records.append(AppRecord(0, host, LISTENING, NOWHERE, "listen", "port 80"))
        self.records.append(
            StateRecord(0, host, LISTENING, NOWHERE, "CLOSED", "LISTEN", "passive-open", "RFC 9293 3.10.1")
        )
        return self

    def rule(self, ms: float, host: str, rule: str, rfc: str = "RFC 9293 3.10.7.4", named: bool = True) -> Tape:
        """A rule decided."""
        local, remote = ENDS[host] if named else (NOWHERE, NOWHERE)
        self.records.append(RuleRecord(int(ms * MS), host, local, remote, rule, rfc))
        return self

    def app(self, ms: float, host: str, call: str, detail: str = "") -> Tape:
        """A call or an event."""
        local, remote = ENDS[host]
        self.records.append(AppRecord(int(ms * MS), host, local, remote, call, detail))
        return self

    def timer(self, ms: float, host: str, timer: str, action: str = "fire") -> Tape:
        """A timer."""
        local, remote = ENDS[host]
        self.records.append(TimerRecord(int(ms * MS), host, local, remote, timer, action, int(ms * MS)))
        return self

    def draw(self, lang: str = "en", *, cells: int = 100, ascii_only: bool = False, colour: bool = False) -> list[str]:
        """The ladder without its head."""
        style = Style(ascii_only=ascii_only, colour=colour)
        ladder = LiveLadder(("A", "B"), catalog(lang), style=style, cells=cells)
        lines: list[str] = []
        for record in self.records:
            lines.extend(ladder.feed(record))
        lines.extend(ladder.finish())
        return lines[1:]
