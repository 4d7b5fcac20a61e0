"""Counters and rules do not depend on whether anybody watches."""

from __future__ import annotations

import pytest

from synfin.host import Host
from synfin.trace import Record
from synfin.wire.frame import Frame
from tests.host.support import B4, B6, FAMILIES, make_host


def exchange(family: str, watched: bool) -> tuple[Host, Host]:
    """A handshake, text that overtakes other text, and the SYN again, too often."""
    records: list[Record] | None = [] if watched else None
    a, b = make_host("A", records=records), make_host("B", records=records)
    b.listen(80, 0)
    connection = a.connect(B4 if family == "v4" else B6, 80, 0)
    syn: list[Frame] = []
    for now in range(4):
        for frame in a.poll(now):
            syn.append(frame)
            b.receive(frame, now)
        for frame in b.poll(now):
            a.receive(frame, now)
    connection.configure(4, nodelay=True)
    connection.write(b"one", 4)
    first = a.poll(4)
    connection.write(b"two", 5)
    for frame in [*a.poll(5), *first, *[syn[0]] * 20]:
        b.receive(frame, 6)
    return a, b


@pytest.mark.parametrize("family", FAMILIES)
def test_counts_are_the_same_with_a_trace_and_without(family: str) -> None:
    watched, alone = exchange(family, watched=True)[1], exchange(family, watched=False)[1]
    assert alone.counters == watched.counters
    assert alone.rules == watched.rules
    assert alone.counters["TcpExtTCPOFOQueue"] == 1
    assert alone.counters["TcpExtTCPACKSkippedChallenge"] == 10
    assert alone.rules["text-out-of-order"] == 1


def test_a_listener_counts_without_a_trace_too() -> None:
    a, b = make_host("A"), make_host("B")
    b.listen(80, 0, backlog=0)
    a.connect(B4, 80, 0)
    for now in range(4):
        for frame in a.poll(now):
            b.receive(frame, now)
        for frame in b.poll(now):
            a.receive(frame, now)
    assert b.rules["accept-queue-full"] == 1
    assert b.counters["TcpExtListenOverflows"] == 1
