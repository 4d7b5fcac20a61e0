"""TIME_WAIT (RFC 9293 3.6.1, 3.10.7.4; RFC 1337; RFC 6191) as a record of its own, and the compact table of them.

One logic serves both: a `Connection` that is still held by its application keeps a `TimeWait` in its block; a host
moves the others into a `TimeWaitTable`, which stores each as one short octet string.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final, final

from synfin.config import TcpConfig
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment
from synfin.wire.tcp_options import NO_OPTIONS, TcpOptions

IGNORE: Final = 0
REPLY: Final = 1  # acknowledge
REPLY_AND_RESTART: Final = 2  # acknowledge and restart 2MSL
RESTART: Final = 3
DELETE: Final = 4
REOPEN: Final = 5  # a new SYN that may open the connection anew


@final
class TimeWait:
    """What TIME_WAIT has to remember.

    Numbers are wire numbers, `expires` and `duration` are in ns, `ts_recent` is None without RFC 7323.
    """

    __slots__ = ("duration", "expires", "rcv_nxt", "rule", "snd_nxt", "ts_offset", "ts_recent", "window")

    def __init__(
        self,
        snd_nxt: int,
        rcv_nxt: int,
        window: int,
        expires: int,
        duration: int,
        ts_recent: int | None = None,
        ts_offset: int = 0,
    ) -> None:
        self.snd_nxt = snd_nxt
        self.rcv_nxt = rcv_nxt
        self.window = window  # octets of receive window, for the acceptability test
        self.expires = expires
        self.duration = duration  # 2MSL in ns
        self.ts_recent = ts_recent
        self.ts_offset = ts_offset
        self.rule = ""  # the rule that decided about the last segment

    def judge(self, segment: Segment, now: int, config: TcpConfig) -> int:
        """Decide about a segment: one of the constants above; `rule` names why and `expires` moves with a restart."""
        if segment.flags & RST:
            return self._judge_rst(segment, config)
        if segment.flags & SYN and not segment.flags & ACK:
            return self._judge_syn(segment, config)
        answer = self._judge_other(segment, config)
        if answer in (REPLY_AND_RESTART, RESTART):
            self.expires = now + self.duration
        return answer

    def _judge_rst(self, segment: Segment, config: TcpConfig) -> int:
        if config.rfc1337:  # [RFC1337-02]
            self.rule = "time-wait-rst-ignored"
            return IGNORE
        ahead = (segment.seq - self.rcv_nxt) & 0xFFFF_FFFF
        if ahead == 0:
            self.rule = "time-wait-rst"
            return DELETE
        if ahead < self.window:
            self.rule = "rst-in-window"  # [RFC5961-03]
            return REPLY if config.time_wait_challenge_rst else IGNORE
        self.rule = "rst-outside-window"
        return IGNORE

    def _judge_syn(self, segment: Segment, config: TcpConfig) -> int:
        """RFC 6191 section 2: newer by timestamp, else by sequence number beyond the FIN's [RFC6191-07]."""
        later = 0 < ((segment.seq - self.rcv_nxt + 1) & 0xFFFF_FFFF) < 0x8000_0000
        ts_val = segment.options.ts_val
        if self.ts_recent is not None and ts_val is not None:
            ahead = (ts_val - self.ts_recent) & 0xFFFF_FFFF
            accept = 0 < ahead < 0x8000_0000 or (ahead == 0 and later)  # [RFC6191-01] [RFC6191-02]
        elif self.ts_recent is None and ts_val is not None:
            accept = True  # [RFC6191-04]
        else:
            accept = later  # [RFC6191-03] [RFC6191-05]
        if accept:
            self.rule = "time-wait-reopened"
            return REOPEN
        self.rule = "time-wait-old-syn"  # [RFC6191-06]
        return REPLY if config.time_wait_answer_old_syn else IGNORE

    def _judge_other(self, segment: Segment, config: TcpConfig) -> int:
        ts_val = segment.options.ts_val
        if self.ts_recent is not None and ts_val is not None:
            behind = (self.ts_recent - ts_val) & 0xFFFF_FFFF
            if 0 < behind < 0x8000_0000:
                self.rule = "time-wait-paws"
                return REPLY_AND_RESTART if config.time_wait_restart_on_any else REPLY
        end = segment.seq + segment.length
        if segment.flags & FIN and (end - self.rcv_nxt) & 0xFFFF_FFFF == 0:
            self.rule = "time-wait-fin-again"  # [RFC9293-E30]
            return REPLY_AND_RESTART
        if self._acceptable(segment):
            if not segment.flags & ACK:
                self.rule = "ack-missing"  # [RFC9293-E25]
                return IGNORE
            if segment.length == 0:
                self.rule = "time-wait-acceptable"
                return RESTART if config.time_wait_restart_on_any else IGNORE
        self.rule = "time-wait-old-segment"
        return REPLY_AND_RESTART if config.time_wait_restart_on_any else REPLY

    def _acceptable(self, segment: Segment) -> bool:
        """RFC 9293 3.10.7.4 first step [RFC9293-E06]."""
        first = (segment.seq - self.rcv_nxt) & 0xFFFF_FFFF
        length = segment.length
        if length == 0:
            return first == 0 or first < self.window
        return first < self.window or (first + length - 1) & 0xFFFF_FFFF < self.window

    def reply(self, segment: Segment, now: int) -> Segment:
        """`<SEQ=SND.NXT><ACK=RCV.NXT><ACK>` to the sender of `segment`."""
        options = NO_OPTIONS
        if self.ts_recent is not None:
            ts_val = (now // 1_000_000 + self.ts_offset) & 0xFFFF_FFFF
            options = TcpOptions(ts_val=ts_val, ts_ecr=self.ts_recent)
        why = "ack-of-fin" if self.rule == "time-wait-fin-again" else "ack-now"
        window = min(self.window, 0xFFFF)
        return Segment(
            segment.dst_port, segment.src_port, self.snd_nxt, self.rcv_nxt, ACK, window, options=options, why=why
        )

    def new_isn(self) -> int:
        """Lowest ISN for a connection that reopens this one: above all old numbers (RFC 1122 4.2.2.13), as on Linux."""
        return (self.snd_nxt + 65_537) & 0xFFFF_FFFF


_PACKED: Final = Struct("!IIIqqBII")
_DEAD_LIMIT: Final = 512  # deleted places at the front of a dict before it is made anew
Expired = Callable[[bytes, TimeWait], None]


@final
class _Queue:
    """Records that wait equally long: a dict keeps them in the order of their expiry."""

    __slots__ = ("dead", "records")

    def __init__(self) -> None:
        self.records: dict[bytes, bytes] = {}
        self.dead = 0

    def drop(self, key: bytes) -> None:
        """Delete a record; keep finding the first one cheap."""
        del self.records[key]
        self.dead += 1
        if self.dead > _DEAD_LIMIT:
            self.records = dict(self.records)
            self.dead = 0


@final
class TimeWaitTable:
    """TIME_WAIT records by key (any octet string that names the four-tuple), at most `limit` of them.

    An entry costs a dict slot, the key and one packed string.
    """

    __slots__ = ("_queues", "limit", "overflows")

    def __init__(self, limit: int = 65_536) -> None:
        self.limit = limit
        self.overflows = 0
        self._queues: dict[int, _Queue] = {}  # by duration; applications choose those, peers cannot

    def __len__(self) -> int:
        count = 0
        for queue in self._queues.values():
            count += len(queue.records)
        return count

    def __contains__(self, key: bytes) -> bool:
        return self._find(key) is not None

    def add(self, key: bytes, record: TimeWait) -> bool:
        """Enter a record; False (and counted) when the table is full: the connection is then simply forgotten."""
        self.remove(key)
        if len(self) >= self.limit:
            self.overflows += 1
            return False
        queue = self._queues.get(record.duration)
        if queue is None:
            queue = _Queue()
            self._queues[record.duration] = queue
        queue.records[key] = _pack(record)
        return True

    def get(self, key: bytes) -> TimeWait | None:
        """The record of `key`."""
        queue = self._find(key)
        return None if queue is None else _unpack(queue.records[key])

    def update(self, key: bytes, record: TimeWait) -> None:
        """Write a record back after `judge` may have moved its expiry; a restarted one goes to the end."""
        queue = self._find(key)
        if queue is None:
            return
        if _unpack(queue.records[key]).expires == record.expires:
            queue.records[key] = _pack(record)
            return
        queue.drop(key)
        queue.records[key] = _pack(record)

    def remove(self, key: bytes) -> None:
        """Forget `key` if it is there."""
        queue = self._find(key)
        if queue is not None:
            queue.drop(key)

    def next_deadline(self) -> int | None:
        """When the next record expires."""
        soonest: int | None = None
        for queue in self._queues.values():
            for packed in queue.records.values():
                expires = _unpack(packed).expires
                if soonest is None or expires < soonest:
                    soonest = expires
                break
        return soonest

    def expire(self, now: int, expired: Expired | None = None) -> int:
        """Delete what has expired; `expired` is called with each key and record.  Returns how many."""
        count = 0
        for queue in self._queues.values():
            over: list[tuple[bytes, TimeWait]] = []
            for key, packed in queue.records.items():
                record = _unpack(packed)
                if record.expires > now:
                    break
                over.append((key, record))
            for key, record in over:
                queue.drop(key)
                if expired is not None:
                    expired(key, record)
            count += len(over)
        return count

    def keys(self) -> list[bytes]:
        """All keys; those that wait equally long in the order of their expiry."""
        return [key for queue in self._queues.values() for key in queue.records]

    def _find(self, key: bytes) -> _Queue | None:
        for queue in self._queues.values():
            if key in queue.records:
                return queue
        return None


def _pack(record: TimeWait) -> bytes:
    return _PACKED.pack(
        record.snd_nxt,
        record.rcv_nxt,
        record.window & 0xFFFF_FFFF,
        record.expires,
        record.duration,
        0 if record.ts_recent is None else 1,
        record.ts_recent or 0,
        record.ts_offset & 0xFFFF_FFFF,
    )


def _unpack(packed: bytes) -> TimeWait:
    snd_nxt, rcv_nxt, window, expires, duration, has_ts, ts_recent, ts_offset = _PACKED.unpack(packed)
    return TimeWait(snd_nxt, rcv_nxt, window, expires, duration, ts_recent if has_ts else None, ts_offset)
