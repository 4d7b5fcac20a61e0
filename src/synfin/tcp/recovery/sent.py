"""One segment in flight, and the order of sending of those whose fate is open."""

from __future__ import annotations

from typing import final

from synfin.mypyc import mypyc_attr


@final
@mypyc_attr(acyclic=True)
class Sent:
    """A segment (or super-segment) in flight: octets `start` to `end`, SYN and FIN counted."""

    __slots__ = (
        "app_limited",
        "delivered",
        "delivered_at",
        "end",
        "first_sent_at",
        "flight_sent_at",
        "lost",
        "newer",
        "older",
        "prior_lost",
        "prior_pipe",
        "queued",
        "resent",
        "retransmitted",
        "sacked",
        "sent_at",
        "start",
    )

    def __init__(self, start: int, end: int, now: int) -> None:
        self.start = start
        self.end = end
        self.sent_at = now  # when it was sent last
        self.first_sent_at = now  # when it was sent first
        self.retransmitted = 0  # how many times it was sent again
        self.sacked = False
        self.lost = False  # stays while a retransmission is on its way
        self.resent = False  # a retransmission is believed to be on its way
        # Delivery rate: what the connection's variables were when it was sent last
        self.delivered = 0  # octets delivered by then
        self.delivered_at = 0  # when the last of them was acknowledged
        self.flight_sent_at = now  # when the first segment of the sampled flight was sent
        self.app_limited = False
        self.prior_pipe = 0  # octets in the network, this segment included
        self.prior_lost = 0  # octets deemed lost by then
        # Order of sending, of those that are neither SACKed nor deemed lost
        self.queued = True
        self.older: Sent | None = None
        self.newer: Sent | None = None


@final
class SendOrder:
    """A chain through the records that are neither SACKed nor deemed lost, by the time of their last transmission."""

    __slots__ = ("newest", "oldest")

    def __init__(self) -> None:
        self.oldest: Sent | None = None
        self.newest: Sent | None = None

    def add(self, record: Sent) -> None:
        """`record` is sent now: it becomes the newest."""
        last = self.newest
        if last is None:
            self.oldest = record
        else:
            last.newer = record
            record.older = last
        self.newest = record
        record.queued = True

    def insert(self, before: Sent, record: Sent) -> None:
        """`record` was sent with `before`, right after it."""
        following = before.newer
        record.older = before
        record.newer = following
        before.newer = record
        if following is None:
            self.newest = record
        else:
            following.older = record
        record.queued = True

    def restore(self, record: Sent) -> None:
        """Put `record` back where its time and number belong, looked for from the newest end."""
        before = self.newest
        while before is not None and (
            before.sent_at > record.sent_at or (before.sent_at == record.sent_at and before.end > record.end)
        ):
            before = before.older
        if before is not None:
            self.insert(before, record)
            return
        following = self.oldest
        record.newer = following
        if following is None:
            self.newest = record
        else:
            following.older = record
        self.oldest = record
        record.queued = True

    def remove(self, record: Sent) -> None:
        """Take `record` out, if it is in."""
        if not record.queued:
            return
        older = record.older
        newer = record.newer
        if older is None:
            self.oldest = newer
        else:
            older.newer = newer
        if newer is None:
            self.newest = older
        else:
            newer.older = older
        record.older = None
        record.newer = None
        record.queued = False

    def clear(self) -> None:
        """Take all out."""
        record = self.oldest
        while record is not None:
            following = record.newer
            record.older = None
            record.newer = None
            record.queued = False
            record = following
        self.oldest = None
        self.newest = None
