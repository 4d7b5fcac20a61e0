"""ECN end to end: two hosts over a link that marks instead of dropping, watched on the wire."""

from __future__ import annotations

from typing import Any

import pytest

from synfin.lab.world import World
from synfin.tcp import Connection, Event, Listener
from synfin.timeline.document import document
from synfin.trace import MARK, SEND, RuleRecord, SegmentRecord
from synfin.wire.tcp import ACK, CWR, ECE, SYN

SIZE = 400_000


class Transfer:
    """A sends SIZE octets to B over 10 Mbit/s and 20 ms each way; the router marks from 15 KB on."""

    def __init__(self, ecn: str, fault: str = "mark(*,queue=15KB)", server: str = "accept_accecn", **tcp: Any) -> None:
        self.world = World(seed=3)
        self.a, self.b = self.world.host("A"), self.world.host("B")
        self.world.link(self.a, self.b, delay="20ms", rate="10Mbit", queue="60KB")
        if fault:
            self.world.fault(fault)
        self.got = b""
        self.text = bytes(range(250)) * (SIZE // 250)
        self.left = self.text
        self.b.listen(80, self._accepted, ecn=server, **tcp)
        self.connection = self.a.connect("B", 80, self._hear, ecn=ecn, **tcp)
        self.world.run(until="60s")
        self.wire = [record for record in self.world.records if isinstance(record, SegmentRecord)]
        self.rules = [record.rule for record in self.world.records if isinstance(record, RuleRecord)]

    def _accepted(self, listener: Listener, connection: Connection, now: int) -> None:
        taken = listener.accept()
        assert taken is not None
        taken.handler = self._read

    def _read(self, connection: Connection, event: Event, now: int) -> None:
        if event is Event.READABLE:
            self.got += self.b.read(connection)
        elif event is Event.EOF:
            self.b.close(connection)

    def _hear(self, connection: Connection, event: Event, now: int) -> None:
        if event in (Event.CONNECTED, Event.WRITABLE) and self.left:
            self.left = self.left[self.a.write(connection, self.left) :]
            if not self.left:
                self.a.shutdown(connection)

    def sent(self, host: str) -> list[SegmentRecord]:
        return [record for record in self.wire if record.kind == SEND and record.host == host]


@pytest.mark.parametrize("ecn", ["on", "accecn"])
def test_marks_take_the_place_of_losses(ecn: str) -> None:
    """[RFC3168-06] [RFC3168-11]: the window follows the marks, and nothing is lost or sent twice."""
    run = Transfer(ecn)
    assert run.got == run.text
    marks = sum(record.kind == MARK for record in run.wire)
    assert marks > 0
    assert not [record for record in run.wire if record.kind == "drop"]
    assert not [record for record in run.sent("A") if record.rule.startswith("retransmit")]
    reductions = run.rules.count("ecn-congestion-told")
    assert 0 < reductions <= marks
    assert run.rules.count("ce-received") == marks
    assert run.b.host.counters["IpExtInCEPkts"] == marks
    if ecn == "on":
        cwr = [record for record in run.sent("A") if record.segment.flags & (CWR | SYN) == CWR]
        assert len(cwr) == reductions
    else:
        assert run.connection.info().delivered_ce >= marks - 1  # the last one may still be under way


def test_dctcp_hears_of_every_mark() -> None:
    """RFC 8257: the receiver tells exactly which text was marked, the sender answers with less than a half."""
    run = Transfer("on", congestion="dctcp")
    assert run.got == run.text
    marks = sum(record.kind == MARK for record in run.wire)
    assert marks > 0
    assert not [record for record in run.wire if record.kind == "drop"]
    assert abs(run.connection.info().delivered_ce - marks) <= 2  # each by itself, though ACKs cover two segments


def test_without_ecn_the_same_path_has_nothing_to_mark() -> None:
    """[RFC3168-03]."""
    run = Transfer("off")
    assert run.got == run.text
    assert not [record for record in run.wire if record.kind == MARK]
    assert {record.segment.ecn for record in run.wire} == {0}


def test_only_new_text_is_ect_on_a_lossy_path() -> None:
    """[RFC3168-02] [RFC8311-04]: seen on the wire, whatever the sender was doing."""
    run = Transfer("on", "drop(A>B,DATA,3%)")
    assert run.got == run.text
    edge: dict[str, int] = {}
    for record in run.sent("A"):
        segment = record.segment
        end = segment.seq + len(segment.payload)
        new = len(segment.payload) > 0 and segment.seq >= edge.get("A", 0)
        edge["A"] = max(edge.get("A", 0), end)
        assert segment.ecn == (2 if new and not segment.flags & SYN else 0)
    assert {record.segment.ecn for record in run.sent("B")} == {0}


def test_path_that_drops_ecn_syns() -> None:
    """[RFC3168-09]: the second SYN gets through, and the transfer goes on without ECN."""
    run = Transfer("on", "drop(A>B,SYN+ECE,all)")
    assert run.got == run.text
    assert {record.segment.ecn for record in run.wire} == {0}


def test_path_that_drops_accecn_syns() -> None:
    """[RFC9768-04]: the third SYN gets through."""
    run = Transfer("accecn", "drop(A>B,SYN+ECE,all)")
    assert run.got == run.text
    syns = [record.segment.flags & (ECE | CWR) for record in run.sent("A") if record.segment.flags & SYN]
    assert syns == [ECE | CWR, ECE | CWR, 0]


def test_the_document_tells_the_field_where_it_says_something() -> None:
    run = Transfer("on", "mark(A>B,DATA,1)")
    events = document(run.world.records, ["A", "B"])["events"]
    marked = next(event for event in events if event.get("rule") == "fault-mark")
    assert (marked["kind"], marked["ecn"]) == ("rule", "ce")
    text = [event for event in events if event["kind"] == "send" and event.get("len")]
    assert text[0]["ecn"] == "ect0"
    received = [event for event in events if event["kind"] == "recv" and event.get("len")]
    assert received[0]["ecn"] == "ce"
    assert all("ecn" not in event for event in events if event["kind"] == "send" and not event.get("len"))
    assert "ECE" in next(event for event in events if event["kind"] == "send" and event["host"] == "B"
                         and "SYN" not in event["flags"])["flags"]  # fmt: skip
    assert run.sent("A")[0].segment.flags & ACK == 0
