"""What was sent and is not cumulatively acknowledged yet: one record per segment, and what SACK says about it.

Responsible for the records, their order in sequence and in time, the counts from which the pipe follows (RFC 6675 4),
and the facts about delivery that RACK (RFC 8985 6.2, steps 1 to 3) and delivery-rate samples need.  What is lost is
decided by a `LossDetection`; what is sent, by output.  All numbers are absolute; times in ns.

While nothing is lost a segment costs one record appended and one left behind: O(1), and no search.
"""

from __future__ import annotations

from typing import Final, final

from synfin.config import MILLISECOND
from synfin.tcp.recovery.sent import SendOrder, Sent

NO_ECHO: Final = -1
COMPACT_FROM: Final = 64  # so many records are left behind before the list is shortened


@final
class Scoreboard:
    """The records of one connection, at most `limit` of them (RFC 2018 5, RFC 6675 3)."""

    __slots__ = (
        "_head", "_hint", "_records", "app_limited", "cwnd_edge", "delivered", "delivered_at", "echo", "fack",
        "first_sent_at", "limit", "lost", "lost_again", "lost_again_sent_at", "lost_total", "min_rtt", "order",
        "original_delivered", "overflows", "rate_app_limited", "rate_delivered", "rate_interval", "rate_record",
        "recent_end", "recent_rtt", "recent_sent_at", "reordered", "reordering", "reorderings", "resent", "rtt",
        "sacked", "sacked_end", "to_resend", "top", "una", "undone",
    )  # fmt: skip

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.overflows = 0  # how often the limit was met
        self._records: list[Sent] = []
        self._head = 0  # records before this index are acknowledged
        self.order = SendOrder()  # of those that are neither SACKed nor deemed lost
        self.una = 0  # what the records cover: from here
        self.top = 0  # to here
        self._hint = 0  # no record below this number waits to be sent again
        # Octets by state
        self.sacked = 0
        self.lost = 0
        self.resent = 0
        self.to_resend = 0  # lost, and not sent again yet
        self.lost_total = 0  # ever deemed lost
        self.lost_again = 0  # retransmissions deemed lost, ever
        self.lost_again_sent_at = 0  # when the latest of them was sent
        self.undone = 0  # how often losses were forgotten
        self.sacked_end = 0  # end of the highest SACKed octet
        # RACK: the most recently sent segment that was delivered
        self.fack = 0
        self.recent_sent_at = 0
        self.recent_end = 0
        self.recent_rtt = 0
        self.reordered = False
        self.reordering = 0  # the farthest that something was overtaken by, octets
        self.reorderings = 0  # how often
        # Delivery
        self.delivered = 0
        self.delivered_at = 0
        self.first_sent_at = 0
        self.app_limited = 0  # samples up to this number of delivered octets are limited by the application
        self.cwnd_edge = 0  # SND.NXT when cwnd, and nothing else, kept text from being sent last
        self.rate_delivered = 0  # the delivery rate that counts: octets in so many ns
        self.rate_interval = 0
        self.rate_app_limited = False
        # Facts about the acknowledgment at hand
        self.echo = NO_ECHO
        self.min_rtt = 0
        self.rtt = 0
        self.original_delivered = 0  # highest end of a never retransmitted record that it delivers
        self.rate_record: Sent | None = None

    def __len__(self) -> int:
        return len(self._records) - self._head

    # Sending

    def sent(self, start: int, end: int, now: int) -> None:
        """New octets leave [RFC8985-02]."""
        records = self._records
        count = len(records)
        if count == self._head:
            self.first_sent_at = now
            self.delivered_at = now
            self.una = start
        elif count - self._head >= self.limit and self._widen(end, now):
            return
        self.top = end
        record = Sent(start, end, now)
        record.delivered = self.delivered
        record.delivered_at = self.delivered_at
        record.flight_sent_at = self.first_sent_at
        if self.app_limited > 0:
            record.app_limited = True
        record.prior_lost = self.lost_total
        record.prior_pipe = end - self.una - self.sacked - self.lost + self.resent
        records.append(record)
        order = self.order
        last = order.newest
        order.newest = record
        if last is None:
            order.oldest = record
        else:
            last.newer = record
            record.older = last

    def _widen(self, end: int, now: int) -> bool:
        """No room for another record: the last one grows."""
        self.overflows += 1
        last = self._records[-1]
        if last.sacked or last.lost or last.retransmitted:
            return False
        last.end = end
        last.sent_at = now
        self.top = end
        return True

    def resend(self, record: Sent, now: int) -> None:
        """`record` leaves once more [RFC8985-02]."""
        octets = record.end - record.start
        if record.lost and not record.resent:
            self.to_resend -= octets
        if not record.resent:
            record.resent = True
            self.resent += octets
        record.retransmitted += 1
        record.sent_at = now
        record.delivered = self.delivered
        record.delivered_at = self.delivered_at
        record.flight_sent_at = self.first_sent_at
        record.app_limited = self.app_limited > 0
        record.prior_lost = self.lost_total
        record.prior_pipe = self.top - self.una - self.sacked - self.lost + self.resent
        self.order.remove(record)
        self.order.add(record)

    # Acknowledgments

    def begin(self, echo: int, min_rtt: int) -> None:
        """An acknowledgment comes; `echo`: TSecr as ms of our clock, or NO_ECHO; `min_rtt`: 0 if not known."""
        self.echo = echo
        self.min_rtt = min_rtt
        self.rtt = 0
        self.original_delivered = 0
        self.rate_record = None

    def acknowledge(self, ack: int, now: int) -> None:
        """Everything below `ack` has arrived; only this frees records [RFC2018-07] [RFC6675-13]."""
        records = self._records
        head = self._head
        count = len(records)
        while head < count:
            record = records[head]
            if record.end > ack:
                if record.start < ack:
                    self._shorten(record, ack, now)
                break
            octets = record.end - record.start
            if record.queued:
                self.order.remove(record)
            if record.sacked:
                self.sacked -= octets
            else:
                if record.lost or record.resent:
                    self._settle(record, octets)
                self._deliver(record, octets, record.end, now)
            head += 1
        if head == count:
            records.clear()
            head = 0
        elif head >= COMPACT_FROM and 2 * head >= count:
            del records[:head]
            head = 0
        self._head = head
        self.una = ack

    def _shorten(self, record: Sent, ack: int, now: int) -> None:
        """The first part of a record is acknowledged (a partial ACK, or one piece of a super-segment)."""
        octets = ack - record.start
        if record.sacked:
            self.sacked -= octets
        else:
            if record.lost:
                self.lost -= octets
                if not record.resent:
                    self.to_resend -= octets
            if record.resent:
                self.resent -= octets
            self._deliver(record, octets, ack, now)
        record.start = ack

    def _settle(self, record: Sent, octets: int) -> None:
        """A record that was deemed lost or sent again has arrived."""
        if record.lost:
            self.lost -= octets
            if not record.resent:
                self.to_resend -= octets
            record.lost = False
        if record.resent:
            self.resent -= octets
            record.resent = False

    def _deliver(self, record: Sent, octets: int, end: int, now: int) -> None:
        """Octets are known to have arrived: RACK's steps 2 and 3 [RFC8985-04] [RFC8985-05], and the rate sample."""
        self.delivered += octets
        self.delivered_at = now
        sampled = self.rate_record
        if sampled is None or record.sent_at >= sampled.sent_at:
            self.rate_record = record
        rtt = now - record.sent_at
        if record.retransmitted:
            # Which transmission arrived?  Not this one if the echo is older, or if it was faster than the path
            if (self.echo != NO_ECHO and self.echo < record.sent_at // MILLISECOND) or rtt < self.min_rtt:
                return
        else:
            if end > self.original_delivered:
                self.original_delivered = end
            if end < self.fack:
                self.reordered = True
                self.reorderings += 1
                if self.fack - record.start > self.reordering:
                    self.reordering = self.fack - record.start
            self.rtt = rtt if rtt > 0 else 1
        if end > self.fack:
            self.fack = end
        if record.sent_at > self.recent_sent_at or (record.sent_at == self.recent_sent_at and end > self.recent_end):
            self.recent_sent_at = record.sent_at
            self.recent_end = end
            self.recent_rtt = rtt

    def sack(self, left: int, right: int, now: int) -> int:
        """Octets `left` to `right` have arrived out of order; returns how many of them are news.

        Neighbours that are SACKed become one record, so that a block that is told again and again costs one step.
        """
        records = self._records
        index = self.find(left)
        first = index
        news = 0
        while index < len(records):
            record = records[index]
            if record.start >= right:
                break
            if not record.sacked:
                if record.start < left:
                    if not self.split(index, left):
                        index += 1
                        first = index
                        continue
                    index += 1
                    first = index
                    record = records[index]
                if record.end > right and not self.split(index, right):
                    break
                news += record.end - record.start
                self._take_sack(record, now)
            index += 1
        if news:
            self._merge(first, index)
        return news

    def _take_sack(self, record: Sent, now: int) -> None:
        octets = record.end - record.start
        if record.queued:
            self.order.remove(record)
        self._settle(record, octets)
        record.sacked = True
        self.sacked += octets
        if record.end > self.sacked_end:
            self.sacked_end = record.end
        self._deliver(record, octets, record.end, now)

    def _merge(self, first: int, stop: int) -> None:
        """Make one record of the SACKed ones from index `first` to `stop` and those that touch them."""
        records = self._records
        if first > self._head and records[first - 1].sacked:
            first -= 1
        if stop < len(records) and records[stop].sacked:
            stop += 1
        if stop - first > 1:
            whole = records[first]
            whole.end = records[stop - 1].end
            del records[first + 1 : stop]

    # Records

    def find(self, seq: int) -> int:
        """Index of the record that holds `seq`, or of the first one above it."""
        records = self._records
        low = self._head
        high = len(records)
        while low < high:
            middle = (low + high) // 2
            if records[middle].end <= seq:
                low = middle + 1
            else:
                high = middle
        return low

    def at(self, seq: int) -> Sent | None:
        """The record that holds `seq`, or the first one above it."""
        index = self.find(seq)
        return self._records[index] if index < len(self._records) else None

    def first(self) -> Sent | None:
        """The record at SND.UNA."""
        return self._records[self._head] if self._head < len(self._records) else None

    def last(self) -> Sent | None:
        """The record with the highest numbers."""
        return self._records[-1] if self._head < len(self._records) else None

    def all(self) -> list[Sent]:
        """The records in the order of their numbers (a copy: for tests and tools)."""
        return self._records[self._head :]

    def split(self, index: int, seq: int, at_any_rate: bool = False) -> bool:
        """Cut the record at `index` in two before `seq`; False when the limit forbids it."""
        records = self._records
        if not at_any_rate and len(records) - self._head >= self.limit:
            self.overflows += 1
            return False
        record = records[index]
        rest = Sent(seq, record.end, record.sent_at)
        rest.first_sent_at = record.first_sent_at
        rest.retransmitted = record.retransmitted
        rest.sacked = record.sacked
        rest.lost = record.lost
        rest.resent = record.resent
        rest.delivered = record.delivered
        rest.delivered_at = record.delivered_at
        rest.flight_sent_at = record.flight_sent_at
        rest.app_limited = record.app_limited
        rest.prior_pipe = record.prior_pipe
        rest.prior_lost = record.prior_lost
        record.end = seq
        records.insert(index + 1, rest)
        rest.queued = record.queued
        if record.queued:
            self.order.insert(record, rest)
        return True

    def clear(self) -> None:
        """Forget all records: nothing is in flight any more."""
        self.order.clear()
        self._records = []
        self._head = 0
        self.top = self.una
        self.sacked = 0
        self.lost = 0
        self.resent = 0
        self.to_resend = 0

    # Loss

    def mark_lost(self, record: Sent) -> None:
        """A detection deems `record`, or its retransmission, lost [RFC8985-08] [RFC6675-02]."""
        octets = record.end - record.start
        if record.sacked or (record.lost and not record.resent):
            return
        if record.queued:
            self.order.remove(record)
        if record.resent:
            record.resent = False
            self.resent -= octets
            self.lost_again += 1
            if record.sent_at > self.lost_again_sent_at:
                self.lost_again_sent_at = record.sent_at
        if not record.lost:
            record.lost = True
            self.lost += octets
        self.to_resend += octets
        self.lost_total += octets
        if record.start < self._hint or self.to_resend == octets:
            self._hint = record.start

    def mark_all_lost(self) -> None:
        """Whatever is not SACKed is lost."""
        for index in range(self._head, len(self._records)):
            self.mark_lost(self._records[index])

    def mark_lost_between(self, low: int, high: int) -> None:
        """Records from number `low` to `high` that are not SACKed and were never deemed lost are lost now."""
        records = self._records
        for index in range(self.find(low), len(records)):
            record = records[index]
            if record.start >= high:
                break
            if not record.sacked and not record.lost:
                self.mark_lost(record)

    def lost_edge(self, runs: int, octets: int) -> int:
        """Below this number IsLost holds for all that is not SACKed: `runs` separate SACKed runs lie above it, or more
        than `octets` SACKed octets (RFC 6675 4) [RFC6675-02]; 0: nowhere."""
        if self.sacked == 0:
            return 0
        records = self._records
        index = self.find(self.sacked_end - 1)
        seen = 0
        total = 0
        while index >= self._head:
            record = records[index]
            if record.sacked:
                seen += 1
                total += record.end - record.start
                if seen >= runs or total > octets:
                    return record.start
            index -= 1
        return 0

    def first_unsure(self) -> Sent | None:
        """The lowest record that is neither SACKed nor deemed lost nor sent again."""
        for index in range(self._head, len(self._records)):
            record = self._records[index]
            if not record.sacked and not record.lost and not record.resent:
                return record
        return None

    def forget_losses(self) -> None:
        """Nothing was lost after all: what was deemed lost is only late."""
        self.undone += 1
        for index in range(self._head, len(self._records)):
            record = self._records[index]
            if record.lost:
                record.lost = False
                if not record.resent:
                    self.order.restore(record)
        self.lost = 0
        self.to_resend = 0

    def forget_sacks(self) -> None:
        """The peer may have dropped what it had reported: all of it counts as not received [RFC2018-08]."""
        for index in range(self._head, len(self._records)):
            record = self._records[index]
            if record.sacked:
                record.sacked = False
                record.resent = False
        self.sacked = 0
        self.sacked_end = 0

    def next_lost(self) -> Sent | None:
        """The lowest record that is lost and not sent again yet [RFC6675-04]."""
        if self.to_resend == 0:
            return None
        records = self._records
        for index in range(self.find(self._hint), len(records)):
            record = records[index]
            if record.lost and not record.resent:
                self._hint = record.start
                return record
        return None

    def gather(self, record: Sent, limit: int) -> None:
        """Let the lost `record` grow to at most `limit` octets by lost ones behind it (many small segments)."""
        records = self._records
        index = self.find(record.start)
        stop = index + 1
        while stop < len(records):
            following = records[stop]
            if not following.lost or following.resent or following.end - record.start > limit:
                break
            stop += 1
        if stop > index + 1:
            record.end = records[stop - 1].end
            del records[index + 1 : stop]

    def pipe(self) -> int:
        """Octets believed to be in the network, with retransmissions (RFC 6675 4, SetPipe) [RFC6675-03]."""
        return self.top - self.una - self.sacked - self.lost + self.resent

    def calm(self) -> bool:
        """Nothing was SACKed, deemed lost or sent again: everything is in the order in which it was sent."""
        return self.sacked == 0 and self.lost == 0 and self.resent == 0
