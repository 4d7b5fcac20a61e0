"""Numbers over time of one direction of a connection, ready to be plotted, from trace records as they come.

Responsible for the data alone: sequence numbers as tcptrace draws them, windows, round-trip times, throughput, and what
is in flight.  `plots` and the web page draw them.  Everything is told from where `host` is: when it sent, and when the
answers reached it; a capture taken there has all that is needed.  Only the values of the control block (`window`, and
the stack's own estimates in `rtt`) need `TcbRecord`s, which a run has after `world.probe()`.

Memory is bounded: see `decimate` for what becomes of long runs.  The dict, schema 1, is made of parallel arrays, times
in seconds since the start of the run (of the capture):

    schema, host, local, remote      whose direction; addresses with ports
    probed                           whether control block values were there
    duration_s, sent_bytes, acknowledged_bytes, retransmitted_bytes, lost_segments, retransmitted_segments
    sequence.segments                time_s, start_seq, end_seq, kind ("new", "retransmitted", "lost", "duplicate")
    sequence.acks                    time_s, ack_seq: the acknowledgment number, a step line
    sequence.window                  time_s, right_edge_seq: as far as the peer allows, a step line
    sequence.sack                    time_s, start_seq, end_seq: blocks that the peer has beyond the acknowledgment
    sequence.marks                   time_s, seq, kind ("SYN", "FIN", "RST", "peer-SYN", "peer-FIN", "peer-RST")
    window                           time_s, cwnd_bytes, ssthresh_bytes (null: none yet), a step line; probed runs only
    rtt.samples                      time_s, rtt_s: from sending to the first acknowledgment, never of what was resent
    rtt.estimate                     time_s, srtt_s, rto_s; without a probe srtt_s is worked out (RFC 6298 2), no rto_s
    throughput                       bin_s, time_s, sent_bits_per_s, acknowledged_bits_per_s: of text, without headers
    flight                           time_s, flight_bytes (sent, not acknowledged, not SACKed), peer_window_bytes
    thinned                          for what was thinned out: one point stands for up to so many

Sequence numbers count from the initial one: SYN is 0, the first octet of text 1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, Final, final

from synfin.config import MILLISECOND, SECOND
from synfin.errors import UsageError
from synfin.timeline.decimate import Bars, Bins, Line
from synfin.timeline.sender import SenderNumbers, Timing
from synfin.trace import CORRUPT, DROP, DUPLICATE, RECEIVE, SEND, Record, SegmentRecord, TcbRecord, TcbValue
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment

SCHEMA: Final = 1
KINDS: Final = ("new", "retransmitted", "lost", "duplicate")
PENDING_LIMIT: Final = 1_024  # segments sent last, whose loss can still be told
PROBES: Final = ("zero-window-probe", "keep-alive-probe")  # rules: their octet is sent, and yet SND.NXT stays
MISSED_LIMIT: Final = 1 << 20  # octets that a capture may have missed; what acknowledges more is not believed
CONNECTION_LIMIT: Final = 65_536  # connections that are counted in order to find the busiest
BINS_SHOWN: Final = 120
CLOCK_NS: Final = 10**15  # a first record later than this was timed by a clock: times count from it, not from 0

Ends = tuple[Endpoint, Endpoint]


def connections(records: Iterable[Record], host: str) -> dict[Ends, int]:
    """The connections of a host, (local, remote), with the octets of text that it sent on each, in order of time."""
    found: dict[Ends, int] = {}
    for record in records:
        if isinstance(record, SegmentRecord) and record.host == host and record.kind in (SEND, RECEIVE):
            ends = (record.src, record.dst) if record.kind == SEND else (record.dst, record.src)
            if ends in found or len(found) < CONNECTION_LIMIT:
                sent = len(record.segment.payload) if record.kind == SEND else 0
                found[ends] = found.get(ends, 0) + sent
    return found


def series(records: Sequence[Record], host: str, connection: Ends | None = None) -> dict[str, Any]:
    """The series of what `host` sends on a connection (local, remote); None: on the one on which it sends most.

    Raises `UsageError` where the host has no such connection.
    """
    known = connections(records, host)
    if connection is None and known:
        connection = max(known, key=lambda ends: known[ends])
    if connection is None or connection not in known:
        raise UsageError(f"host {host!r} has no such connection in these records")
    builder = SeriesBuilder(host, connection)
    for record in records:
        builder.feed(record)
    return builder.result()


@final
class SeriesBuilder:
    """Takes records one by one; `result` can be asked for at any time."""

    def __init__(self, host: str, connection: Ends) -> None:
        self.host = host
        self.local, self.remote = connection
        self._origin: int | None = None
        self._last = 0
        self._numbers = SenderNumbers()
        self._timing = Timing()
        self._bars = {kind: Bars() for kind in KINDS}
        self._pending: deque[tuple[Segment, int, int, int, str]] = deque()
        self._acks = Line()
        self._edges = Line()
        self._sacks = Bars()
        self._marks: dict[str, Line] = {}
        self._windows = Line(2)
        self._samples = Line(joined=False)
        self._estimates = Line(2)
        self._flight = Line(2)
        self._bins: Bins | None = None
        self._tcb: dict[str, TcbValue] = {}
        self._counts = {"sent_bytes": 0, "retransmitted_bytes": 0, "lost_segments": 0, "retransmitted_segments": 0}
        self._srtt = 0.0

    def feed(self, record: Record) -> None:
        """Take one record; those of other hosts and other connections are passed over."""
        if record.host != self.host:
            return
        if isinstance(record, SegmentRecord):
            if (record.src, record.dst) == (self.local, self.remote):
                self._begin(record.now)
                self._own(record)
            elif (record.src, record.dst) == (self.remote, self.local) and record.kind == RECEIVE:
                self._begin(record.now)
                self._peers(record.now, record.segment)
        elif isinstance(record, TcbRecord) and (record.local, record.remote) == (self.local, self.remote):
            self._begin(record.now)
            self._block(record)

    def _begin(self, now: int) -> None:
        if self._origin is None:
            self._origin = now if now >= CLOCK_NS else 0
            self._bins = Bins(now, 2, MILLISECOND)

    # What the host sends

    def _own(self, record: SegmentRecord) -> None:
        if record.kind == SEND:
            self._sent(record.now, record.segment, record.rule)
        elif record.kind in (DROP, CORRUPT):
            self._lost(record.segment)
        elif record.kind == DUPLICATE and record.segment.length:
            start = self._numbers.own(record.segment.seq)
            self._bars["duplicate"].add(record.now, start, start + record.segment.length)

    def _sent(self, now: int, segment: Segment, rule: str) -> None:
        numbers = self._numbers
        if numbers.begins(segment):
            self._timing = Timing()
        start = numbers.send(segment)
        end = start + segment.length
        self._last = max(self._last, now)
        for flag, name in ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST")):
            if segment.flags & flag:
                self._mark(now, name, end - 1 if flag == FIN else start)
        if end == start:
            return
        again = start < numbers.high
        size = len(segment.payload)
        if again:
            self._timing.resent(start, end)
            self._counts["retransmitted_segments"] += 1
            self._counts["retransmitted_bytes"] += size
        elif rule not in PROBES:
            self._timing.sent(now, start, end)
            numbers.high = end
        self._counts["sent_bytes"] += size
        if self._bins is not None:
            self._bins.add(now, 0, size)
        self._pending.append((segment, now, start, end, "retransmitted" if again else "new"))
        if len(self._pending) > PENDING_LIMIT:
            self._settle(self._pending.popleft())
        self._in_flight(now)

    def _settle(self, pending: tuple[Segment, int, int, int, str]) -> None:
        _, now, start, end, kind = pending
        self._bars[kind].add(now, start, end)

    def _lost(self, segment: Segment) -> None:
        for place in range(len(self._pending) - 1, -1, -1):
            found, now, start, end, kind = self._pending[place]
            if found is segment and kind != "lost":
                self._pending[place] = (found, now, start, end, "lost")
                self._counts["lost_segments"] += 1
                return

    def _mark(self, now: int, kind: str, seq: int) -> None:
        self._marks.setdefault(kind, Line(joined=False)).add(now, seq)

    # What the peer answers

    def _peers(self, now: int, segment: Segment) -> None:
        numbers = self._numbers
        self._last = max(self._last, now)
        numbers.heard(segment)
        for flag, name in ((SYN, "peer-SYN"), (FIN, "peer-FIN"), (RST, "peer-RST")):
            if segment.flags & flag:
                self._mark(now, name, numbers.own(segment.ack) if segment.flags & ACK else numbers.acked)
        if not segment.flags & ACK or segment.flags & RST:
            return
        ack = numbers.own(segment.ack)
        if ack > numbers.high + MISSED_LIMIT:
            return
        before = numbers.acked_text()
        newest = ack >= numbers.acked
        numbers.acked = max(numbers.acked, ack)
        numbers.high = max(numbers.high, ack)  # a capture may have missed what is acknowledged here
        numbers.board.forget(numbers.acked)
        if self._bins is not None and numbers.acked_text() > before:
            self._bins.add(now, 1, numbers.acked_text() - before)
        self._acks.add(now, numbers.acked)
        if newest:  # one that was overtaken tells an old window (RFC 9293 3.10.7.4, SND.WL1 and SND.WL2)
            numbers.window = numbers.scaled(segment)
            self._edges.add(now, ack + numbers.window)
        sample = self._timing.acknowledged(numbers.acked)
        for left, right in segment.options.sack:
            start, end = numbers.own(left), numbers.own(right)
            sample = max(sample, self._timing.sacked(start, end))
            if start >= ack:
                self._sacks.add(now, start, end)
                numbers.board.add(start, min(end, numbers.high))
        if sample >= 0:
            self._measured(now, (now - sample) / SECOND)
        self._in_flight(now)

    def _measured(self, now: int, rtt: float) -> None:
        self._samples.add(now, rtt)
        self._srtt = rtt if self._srtt == 0 else self._srtt + (rtt - self._srtt) / 8
        if not self._tcb:
            self._estimates.add(now, self._srtt, None)

    def _in_flight(self, now: int) -> None:
        numbers = self._numbers
        flying = numbers.high - numbers.acked - numbers.board.octets
        self._flight.add(now, max(flying, 0), numbers.window)

    # What the host keeps

    def _block(self, record: TcbRecord) -> None:
        if not self._tcb:
            self._estimates = Line(2)
        values = self._tcb
        values.update(record.values)
        changed = record.values
        if "cwnd" in changed or "ssthresh" in changed:
            self._windows.add(record.now, _number(values, "cwnd"), _number(values, "ssthresh") or None)
        if "srtt_ns" in changed or "rto_ns" in changed:
            srtt, rto = _number(values, "srtt_ns"), _number(values, "rto_ns")
            self._estimates.add(record.now, srtt / SECOND if srtt else None, rto / SECOND if rto else None)

    # The dict

    def result(self) -> dict[str, Any]:
        """All series so far."""
        for pending in self._pending:
            self._settle(pending)
        self._pending.clear()
        windows = _arrays(self._windows, self._start, "cwnd_bytes", "ssthresh_bytes")
        estimate = _arrays(self._estimates, self._start, "srtt_s", "rto_s")
        return {
            "schema": SCHEMA,
            "host": self.host,
            "local": str(self.local),
            "remote": str(self.remote),
            "probed": bool(self._tcb),
            "duration_s": (self._last - self._start) / SECOND if self._origin is not None else 0.0,
            **self._counts,
            "acknowledged_bytes": self._numbers.acked_text(),
            "sequence": {
                "segments": self._segments(),
                "acks": _arrays(self._acks, self._start, "ack_seq"),
                "window": _arrays(self._edges, self._start, "right_edge_seq"),
                "sack": self._blocks(),
                "marks": self._all_marks(),
            },
            "window": windows,
            "rtt": {"samples": _arrays(self._samples, self._start, "rtt_s"), "estimate": estimate},
            "throughput": self._throughput(),
            "flight": _arrays(self._flight, self._start, "flight_bytes", "peer_window_bytes"),
            "thinned": self._thinned(),
        }

    @property
    def _start(self) -> int:
        return self._origin or 0

    def _blocks(self) -> dict[str, list[Any]]:
        rows = self._sacks.rows()
        return {
            "time_s": _seconds([row[0] for row in rows], self._start),
            "start_seq": [row[1] for row in rows],
            "end_seq": [row[2] for row in rows],
        }

    def _segments(self) -> dict[str, list[Any]]:
        """The bars of all kinds in order of time."""
        rows = [
            (now, KINDS.index(kind), start, end) for kind, bars in self._bars.items() for now, start, end in bars.rows()
        ]
        rows.sort(key=lambda row: row[0])
        return {
            "time_s": _seconds([row[0] for row in rows], self._start),
            "start_seq": [row[2] for row in rows],
            "end_seq": [row[3] for row in rows],
            "kind": [KINDS[row[1]] for row in rows],
        }

    def _all_marks(self) -> dict[str, list[Any]]:
        rows = []
        for kind, line in self._marks.items():
            times, columns = line.points()
            rows += [(now, seq, kind) for now, seq in zip(times, columns[0], strict=True)]
        rows.sort(key=lambda row: row[0])
        return {
            "time_s": _seconds([row[0] for row in rows], self._start),
            "seq": [row[1] for row in rows],
            "kind": [row[2] for row in rows],
        }

    def _throughput(self) -> dict[str, Any]:
        """In bins of at least a round trip, so that the bursts of a window do not look like a changing rate."""
        bins = self._bins
        if bins is None or not bins.sums[0]:
            return {"bin_s": 0.0, "time_s": [], "sent_bits_per_s": [], "acknowledged_bits_per_s": []}
        shown = Bins(bins.origin, 2, bins.width, bins.limit)
        shown.sums = [list(sums) for sums in bins.sums]
        rtts = [value for value in self._samples.points()[1][0] if value is not None]
        least = min(rtts, default=0.0) * SECOND
        while len(shown.sums[0]) > BINS_SHOWN or (shown.width < least and len(shown.sums[0]) > 8):
            shown.widen()
        rates = [[octets * 8 * SECOND / shown.width for octets in sums] for sums in shown.sums]
        times = [shown.origin + place * shown.width for place in range(len(rates[0]))]
        return {
            "bin_s": shown.width / SECOND,
            "time_s": _seconds(times, self._start),
            "sent_bits_per_s": rates[0],
            "acknowledged_bits_per_s": rates[1],
        }

    def _thinned(self) -> dict[str, int]:
        lines: dict[str, Line | Bars] = {
            "sequence.acks": self._acks,
            "sequence.window": self._edges,
            "sequence.sack": self._sacks,
            "window": self._windows,
            "rtt.samples": self._samples,
            "rtt.estimate": self._estimates,
            "flight": self._flight,
        }
        for kind, bars in self._bars.items():
            lines[f"sequence.segments.{kind}"] = bars
        return {name: line.thinned for name, line in lines.items() if line.thinned > 1}


def _number(values: dict[str, TcbValue], name: str) -> int:
    value = values.get(name, 0)
    return value if isinstance(value, int) else 0


def _seconds(times: list[int], origin: int) -> list[float]:
    return [(now - origin) / SECOND for now in times]


def _arrays(line: Line, origin: int, *names: str) -> dict[str, list[Any]]:
    times, columns = line.points()
    return {"time_s": _seconds(times, origin), **dict(zip(names, columns, strict=True))}
