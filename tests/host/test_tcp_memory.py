"""The memory that all connections of a host share, and the order in which it is taken back (synfin.tcp.memory)."""

from __future__ import annotations

import errno
from random import Random

import pytest

from synfin.config import TcpConfig
from synfin.host import HostConfig
from synfin.tcp import Connection, Event, Listener
from synfin.tcp.memory import FULL, PRUNE, SHRINK
from synfin.wire.frame import Frame
from synfin.wire.tcp import ACK, SYN, Segment
from tests.host.support import B4, Pair, give, make_host, segment_in, tcp

LIMIT = 100_000


def opened(pair: Pair, count: int = 1) -> tuple[list[Connection], list[Connection]]:
    """`count` connections from A to B: A's ends and B's ends, in the same order."""
    accepted: list[Connection] = []

    def take(listener: Listener, connection: Connection, now: int) -> None:
        taken = listener.accept()
        assert taken is not None
        accepted.append(taken)

    pair.b.listen(80, pair.now, handler=take)
    ours = [pair.a.connect(B4, 80, pair.now) for _ in range(count)]
    pair.run(100)
    assert len(accepted) == count
    return ours, accepted


def test_what_connections_hold_is_on_the_account() -> None:
    pair = Pair()
    [ours], [theirs] = opened(pair)
    ours.write(b"x" * 50_000, pair.now)
    assert pair.a.tcp_memory.used == 50_000
    pair.run(1_000)
    pair.run(5_000)
    assert (pair.a.tcp_memory.used, pair.b.tcp_memory.used) == (0, 50_000)
    theirs.read(20_000, pair.now)
    assert pair.b.tcp_memory.used == 30_000
    theirs.abort(pair.now)
    pair.run(100)
    assert (pair.a.tcp_memory.used, pair.b.tcp_memory.used) == (0, 0)


def test_a_host_that_crashes_has_an_empty_account() -> None:
    pair = Pair()
    [ours], _ = opened(pair)
    ours.write(b"x" * 50_000, pair.now)
    pair.a.poll(pair.now)
    pair.a.crash(pair.now)
    assert pair.a.tcp_memory.used == 0


def test_windows_shrink_to_two_segments_but_never_take_back() -> None:
    """SHRINK: the right edge stays [SHLD-14], and opens no further than two segments beyond what was read."""
    pair = Pair(config=HostConfig(tcp_memory_bytes=LIMIT))
    (busy, other), (_, theirs) = opened(pair, 2)
    busy.write(b"x" * (LIMIT * 3 // 4), pair.now)
    pair.run(1_000)
    assert pair.b.tcp_memory.level == SHRINK
    edge = theirs.tcb.receive_window.edge
    other.write(b"y" * 10, pair.now)
    pair.run(1_000)
    assert theirs.tcb.receive_window.edge - edge < 1 << theirs.tcb.receive_window.shift  # rounded up to the scale
    assert theirs.tcb.receive_window.gain(theirs.tcb.rcv_nxt, 0) < 0


def test_out_of_order_text_is_forgotten_and_sent_again() -> None:
    """[RFC2018-09]: PRUNE; all of it arrives in the end."""
    pair = Pair(config=HostConfig(tcp_memory_bytes=LIMIT), tcp=TcpConfig(receive_buffer_bytes=LIMIT))
    (busy, other), (theirs, late) = opened(pair, 2)

    def lose_the_first(name: str, frame: Frame) -> bool:
        return name == "A" and b"first" in frame.data and not pair.b.rules.get("tcp-memory-pruned")

    pair.lost = lose_the_first
    text = b"first" + Random(1).randbytes(20_000)
    other.write(text, pair.now)
    pair.run(5)
    assert late.tcb.reassembly is not None
    busy.write(b"x" * 90_000, pair.now)
    got = b""
    for _ in range(400):
        pair.run(50)
        if late.readable and pair.b.rules.get("tcp-memory-pruned"):
            got += late.read(1 << 20, pair.now)
        if pair.b.tcp_memory.level >= PRUNE and pair.b.rules.get("tcp-memory-pruned"):
            theirs.read(30_000, pair.now)
    assert pair.b.counters["TcpExtOfoPruned"] >= 1
    assert pair.b.counters["TcpExtTCPMemoryPressures"] >= 1
    assert got == text


def test_a_full_host_refuses_connections_and_text_until_somebody_reads() -> None:
    """FULL: a SYN gets no answer, an OPEN fails, text of a connection that holds some is not taken."""
    host = make_host("A", config=HostConfig(tcp_memory_bytes=5_000))
    listener = host.listen(80, 0)
    [answer] = give(host, tcp(Segment(5000, 80, 100, 0, SYN, 65_535)))
    iss = segment_in(answer).seq
    give(host, tcp(Segment(5000, 80, 101, iss + 1, ACK, 65_535)))
    connection = listener.accept()
    assert connection is not None
    for seq in range(101, 5_101, 1_000):
        give(host, tcp(Segment(5000, 80, seq, iss + 1, ACK, 65_535, payload=b"x" * 1_000)))
    assert host.tcp_memory.level == FULL
    assert give(host, tcp(Segment(5001, 80, 100, 0, SYN, 65_535))) == []
    assert host.rules["tcp-memory-refused"] == 1
    with pytest.raises(OSError, match="hold 5000 octets") as refused:
        host.connect(B4, 80, 0)
    assert refused.value.errno == errno.ENOBUFS
    give(host, tcp(Segment(5000, 80, 5_101, iss + 1, ACK, 65_535, payload=b"late")))
    assert connection.readable == 5_000
    assert host.counters["TcpExtTCPRcvQDrop"] == 1
    assert connection.write(b"z" * 10_000, 0) == 536  # whoever has nothing to send may always send one segment
    assert connection.write(b"z", 0) == 0
    assert len(connection.read(4_000, 0)) == 4_000
    host.poll(0)
    give(host, tcp(Segment(5000, 80, 5_101, iss + 1, ACK, 65_535, payload=b"late")))
    assert connection.readable == 1_004
    assert len(give(host, tcp(Segment(5001, 80, 100, 0, SYN, 65_535)))) == 1


def test_little_memory_makes_transfers_slow_but_stops_none() -> None:
    """Eight transfers that could hold twenty times as much: all complete, and the limit is kept."""
    count, size = 8, 120_000
    pair = Pair(config=HostConfig(tcp_memory_bytes=LIMIT), tcp=TcpConfig(rto_min_ms=200, send_buffer_bytes=50_000))
    ours, theirs = opened(pair, count)
    texts = [Random(number).randbytes(size) for number in range(count)]
    rest = list(texts)
    got = [b""] * count
    for _ in range(3_000):
        for number in range(count):
            if rest[number]:
                taken = ours[number].write(rest[number], pair.now)
                rest[number] = rest[number][taken:]
            if theirs[number].readable:
                got[number] += theirs[number].read(5_000, pair.now)
        pair.run(20)
        if all(len(text) == size for text in got):
            break
    assert got == texts
    # The last write, or the last segment, and one segment for each connection that held nothing.
    assert LIMIT // 2 < pair.a.tcp_memory.most <= LIMIT + 50_000 + count * 1_460
    assert LIMIT // 2 < pair.b.tcp_memory.most <= LIMIT + (count + 1) * 1_460
    pair.run(1_000)  # the last acknowledgments
    assert pair.a.tcp_memory.used == pair.b.tcp_memory.used == 0
    assert Event.RESET not in [event for connection in ours for event in connection.take_events()]
