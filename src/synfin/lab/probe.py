"""A probe looks at the variables of a host's connections and writes down what has changed (`trace.TcbRecord`).

Responsible for which connections to look at (those that a record was about since the last look), for the values, and
for telling changes only.  When to look is the node's affair: after each frame, before and after each poll.  It only
reads: a run with a probe sends the same octets as one without.
"""

from __future__ import annotations

from typing import Final, final

from synfin.host import Host
from synfin.host.slots import key_of
from synfin.tcp import Connection
from synfin.tcp.congestion.base import INFINITE_SSTHRESH, initial_window
from synfin.tcp.recovery.episode import OPEN
from synfin.tcp.state import CLOSED, TIME_WAIT
from synfin.tcp.tcb import Tcb
from synfin.tcp.timers import NAMES, NEVER, TIME_WAIT_TIMER
from synfin.trace import (
    RECEIVE,
    AppRecord,
    Record,
    RuleRecord,
    SegmentRecord,
    Sink,
    StateRecord,
    TcbRecord,
    TcbValue,
    TimerRecord,
)
from synfin.wire.addresses import Endpoint

WATCH_LIMIT: Final = 4_096  # connections of one host that are looked at; those beyond are counted in `unwatched`
_WIRE: Final = 0xFFFF_FFFF

Ends = tuple[Endpoint, Endpoint]


@final
class _Watched:
    """One connection, and what was told of it last."""

    __slots__ = ("connection", "told")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.told: dict[str, TcbValue] = {}


@final
class Probe:
    """Looks at the connections of the host called `host`; `sink` takes the records.

    `unwatched` counts how often a connection was passed over because `WATCH_LIMIT` others are watched already.
    """

    __slots__ = ("_due", "_host", "_watched", "host", "sink", "unwatched")

    def __init__(self, host: str, sink: Sink) -> None:
        self.host = host
        self.sink = sink
        self.unwatched = 0
        self._host: Host | None = None
        self._watched: dict[Ends, _Watched] = {}
        self._due: dict[Ends, bool] = {}  # a dict, for its order

    def begin(self, host: Host) -> None:
        """The first look is at every connection that is there already."""
        for connection in host.connections():
            self._due[connection.local, connection.remote] = True

    def hear(self, record: Record) -> None:
        """Something happened to the connection that `record` is about: the next look is at it."""
        if isinstance(record, SegmentRecord):
            ends = (record.dst, record.src) if record.kind == RECEIVE else (record.src, record.dst)
        elif isinstance(record, (StateRecord, RuleRecord, TimerRecord, AppRecord)):
            ends = (record.local, record.remote)
        else:
            return
        if ends[1].port:
            self._due[ends] = True

    def look(self, host: Host, now: int) -> None:
        """Write down what has changed in the connections that something has happened to; `host` is the stack of now."""
        if host is not self._host:  # it has (re)started: nothing is left of what was
            self._host = host
            self._watched = {}
        if not self._due:
            return
        due = self._due
        self._due = {}
        for ends in due:
            self._look_at(host, ends, now)

    def _look_at(self, host: Host, ends: Ends, now: int) -> None:
        watched = self._watched.get(ends)
        if watched is None or watched.connection.tcb.state is CLOSED:
            watched = self._find(host, ends, watched)
            if watched is None:
                return
        connection = watched.connection
        values = values_of(connection.tcb)
        if connection.state is TIME_WAIT:
            values["timers"] = _time_wait_timer(host, connection, values["timers"])
        told = watched.told
        changed = {name: value for name, value in values.items() if name not in told or told[name] != value}
        watched.told = values
        if changed:
            self.sink(TcbRecord(now, self.host, ends[0], ends[1], changed))
        if connection.state is CLOSED:
            del self._watched[ends]

    def _find(self, host: Host, ends: Ends, before: _Watched | None) -> _Watched | None:
        """The connection between these ends, if the host has one that is not the one before, or has just closed it."""
        for connection in host.connections():
            if connection.local == ends[0] and connection.remote == ends[1]:
                if before is not None and connection is before.connection:
                    return before
                if before is None and len(self._watched) >= WATCH_LIMIT:
                    self.unwatched += 1
                    return None
                watched = _Watched(connection)
                self._watched[ends] = watched
                return watched
        return before


def _time_wait_timer(host: Host, connection: Connection, timers: TcbValue) -> TcbValue:
    """The timers of a connection of which the host may only keep a record."""
    local, remote = connection.local, connection.remote
    record = host.time_wait.get(key_of(local.address, local.port, remote.address, remote.port))
    return timers if record is None else ((NAMES[TIME_WAIT_TIMER], record.expires),)


def values_of(tcb: Tcb) -> dict[str, TcbValue]:
    """All values of a `TcbRecord`, as they are now."""
    iss, irs = tcb.iss, tcb.irs
    known = tcb.rcv_nxt > 0  # the peer's SYN has come
    values: dict[str, TcbValue] = {
        "iss": iss & _WIRE,
        "irs": irs & _WIRE if known else 0,
        "snd_una": tcb.snd_una - iss,
        "snd_nxt": tcb.snd_nxt - iss,
        "snd_max": max(tcb.snd_nxt, tcb.probe_end) - iss,
        "snd_wnd": tcb.send_window.size,
        "rcv_nxt": tcb.rcv_nxt - irs if known else 0,
        "rcv_wnd": max(tcb.receive_window.edge - tcb.rcv_nxt, 0) if known else 0,
        "mss": tcb.mss,
        "rto_ns": tcb.rtt.rto(),
        "srtt_ns": tcb.rtt.srtt,
        "rttvar_ns": tcb.rtt.rttvar,
        "flight_bytes": tcb.flight(),
        "send_queue_bytes": len(tcb.send_buffer),
        "receive_queue_bytes": len(tcb.receive_buffer),
        "out_of_order_bytes": 0 if tcb.reassembly is None else tcb.reassembly.size,
        "duplicate_acks": tcb.recovery.duplicates,
        "retransmitted": tcb.retransmits_total,
        "recovering": int(tcb.recovery.state != OPEN),
        "congestion": tcb.config.congestion,
        "sacked": _sacked(tcb),
        "timers": _running(tcb),
    }
    if tcb.has_congestion():
        ssthresh = tcb.congestion.ssthresh
        values["cwnd"] = tcb.congestion.cwnd
        values["ssthresh"] = 0 if ssthresh >= INFINITE_SSTHRESH else ssthresh
    else:  # asking for one would make one, which an idle connection does without
        values["cwnd"] = initial_window(tcb.mss, tcb.config.initial_cwnd_segments)
        values["ssthresh"] = 0
    return values


def _sacked(tcb: Tcb) -> tuple[tuple[int, int], ...]:
    """What the peer has said it holds beyond SND.UNA: runs, relative to the ISS."""
    board = tcb.board
    if not board.sacked:
        return ()
    runs: list[tuple[int, int]] = []
    for record in board.all():
        if record.sacked:
            start, end = record.start - tcb.iss, record.end - tcb.iss
            if runs and runs[-1][1] == start:
                runs[-1] = (runs[-1][0], end)
            else:
                runs.append((start, end))
    return tuple(runs)


def _running(tcb: Tcb) -> tuple[tuple[str, int], ...]:
    running: list[tuple[str, int]] = []
    for number, deadline in enumerate(tcb.timers.deadlines):
        if deadline != NEVER:
            running.append((NAMES[number], deadline))
    return tuple(running)
