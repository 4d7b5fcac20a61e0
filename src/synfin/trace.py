"""Typed trace records: what happened, where, when, and which named rule decided (law 6).

A `Trace` belongs to one host and hands each record to a sink.  Everything that draws, explains, counts or checks a run
reads these records; nothing else observes the stack.  `now` is in integer nanoseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import Segment

SEND: Final = "send"  # the stack gave a segment to the network
RECEIVE: Final = "recv"  # the stack took a segment from the network
DROP: Final = "drop"  # the network lost it
DUPLICATE: Final = "dup"
HOLD: Final = "hold"  # the network keeps it back until released
DELAY: Final = "delay"
CORRUPT: Final = "corrupt"
MARK: Final = "mark"  # the network says that it is congested: Congestion Experienced (RFC 3168)


class Record:
    """Common part of all records: `now` in ns and the name of the host it happened at."""

    __slots__ = ("host", "now")

    def __init__(self, now: int, host: str) -> None:
        self.now = now
        self.host = host


class SegmentRecord(Record):
    """A segment was sent, received, or met a fault; `kind` is one of the constants above.

    `rule` says why it was sent (from `Segment.why`) or which fault hit it.  For fault records `host` is the sender.
    `ordinal`: of what was sent over a cable, the number of the frame in this direction as faults count it, from 1; 0
    where nobody counts.  What the cable refuses (`link-...`, right after it was sent) has a number that comes again.
    """

    __slots__ = ("dst", "kind", "ordinal", "rule", "segment", "src")

    def __init__(
        self,
        now: int,
        host: str,
        kind: str,
        src: Endpoint,
        dst: Endpoint,
        segment: Segment,
        rule: str,
        ordinal: int = 0,
    ) -> None:
        super().__init__(now, host)
        self.kind = kind
        self.src = src
        self.dst = dst
        self.segment = segment
        self.rule = rule
        self.ordinal = ordinal


class StateRecord(Record):
    """A connection moved between two states; names are the RFC's (`SYN_RECEIVED`, `FIN_WAIT_1`)."""

    __slots__ = ("from_state", "local", "remote", "rfc", "to_state", "why")

    def __init__(
        self, now: int, host: str, local: Endpoint, remote: Endpoint, from_state: str, to_state: str, why: str, rfc: str
    ) -> None:
        super().__init__(now, host)
        self.local = local
        self.remote = remote
        self.from_state = from_state
        self.to_state = to_state
        self.why = why
        self.rfc = rfc


class RuleRecord(Record):
    """A named rule decided about what came in; `rfc` is its source, for example `RFC 9293 3.10.7.4`."""

    __slots__ = ("detail", "local", "remote", "rfc", "rule")

    def __init__(
        self, now: int, host: str, local: Endpoint, remote: Endpoint, rule: str, rfc: str, detail: str = ""
    ) -> None:
        super().__init__(now, host)
        self.local = local
        self.remote = remote
        self.rule = rule
        self.rfc = rfc
        self.detail = detail


class TimerRecord(Record):
    """A timer was set to `deadline` (ns), stopped, or fired; `action` is `set`, `stop` or `fire`."""

    __slots__ = ("action", "deadline", "local", "remote", "timer")

    def __init__(
        self, now: int, host: str, local: Endpoint, remote: Endpoint, timer: str, action: str, deadline: int
    ) -> None:
        super().__init__(now, host)
        self.local = local
        self.remote = remote
        self.timer = timer
        self.action = action
        self.deadline = deadline


class AppRecord(Record):
    """An application call (`open`, `write`, `read`, `shutdown`, `close`, `abort`) or an event told to it."""

    __slots__ = ("call", "detail", "local", "remote")

    def __init__(self, now: int, host: str, local: Endpoint, remote: Endpoint, call: str, detail: str = "") -> None:
        super().__init__(now, host)
        self.local = local
        self.remote = remote
        self.call = call
        self.detail = detail


TcbValue: TypeAlias = int | str | tuple[tuple[int, int], ...] | tuple[tuple[str, int], ...]


class TcbRecord(Record):
    """What has changed in a connection's variables since the last record of this kind; the first has all of them.

    Sequence numbers count from the initial ones (ISS = 0, IRS = 0), all sizes are octets, `..._ns` and deadlines ns:

    - `iss irs` (as on the wire), `snd_una snd_nxt snd_max snd_wnd rcv_nxt rcv_wnd` (RFC 9293 3.3.1; `snd_max`: the end
      of all that was ever sent), `mss`. What comes from the peer is 0 as long as its SYN has not come.
    - `cwnd ssthresh` (0: none yet, RFC 5681 3.1), `congestion` (the algorithm's name), `recovering` (0 or 1),
      `duplicate_acks`, `retransmitted` (segments sent again so far), `flight_bytes` (SND.NXT - SND.UNA), `sacked`
      (pairs: first number and number after the last of what the peer has and SND.UNA does not tell).
    - `rto_ns` (with back-off), `srtt_ns` (0: no sample yet), `rttvar_ns`.
    - `send_queue_bytes` (written and not acknowledged), `receive_queue_bytes` (not read yet), `out_of_order_bytes`.
    - `timers`: pairs of name and deadline of those that run.
    """

    __slots__ = ("local", "remote", "values")

    def __init__(self, now: int, host: str, local: Endpoint, remote: Endpoint, values: dict[str, TcbValue]) -> None:
        super().__init__(now, host)
        self.local = local
        self.remote = remote
        self.values = values


Sink: TypeAlias = Callable[[Record], None]


class Trace:
    """One host's way to write records; `sink` is called with each."""

    __slots__ = ("host", "sink")

    def __init__(self, host: str, sink: Sink) -> None:
        self.host = host
        self.sink = sink

    def segment(self, now: int, kind: str, src: Endpoint, dst: Endpoint, segment: Segment, rule: str) -> None:
        """Write a `SegmentRecord`."""
        self.sink(SegmentRecord(now, self.host, kind, src, dst, segment, rule))

    def state(
        self, now: int, local: Endpoint, remote: Endpoint, from_state: str, to_state: str, why: str, rfc: str
    ) -> None:
        """Write a `StateRecord`."""
        self.sink(StateRecord(now, self.host, local, remote, from_state, to_state, why, rfc))

    def rule(self, now: int, local: Endpoint, remote: Endpoint, rule: str, rfc: str, detail: str = "") -> None:
        """Write a `RuleRecord`."""
        self.sink(RuleRecord(now, self.host, local, remote, rule, rfc, detail))

    def timer(self, now: int, local: Endpoint, remote: Endpoint, timer: str, action: str, deadline: int) -> None:
        """Write a `TimerRecord`."""
        self.sink(TimerRecord(now, self.host, local, remote, timer, action, deadline))

    def app(self, now: int, local: Endpoint, remote: Endpoint, call: str, detail: str = "") -> None:
        """Write an `AppRecord`."""
        self.sink(AppRecord(now, self.host, local, remote, call, detail))
