"""Which connection a segment is for, and what belongs to nobody (RFC 9293 3.9.2, 3.10.7.1)."""

from __future__ import annotations

import errno
from random import Random

import pytest

from synfin.config import SECOND, TcpConfig
from synfin.device.base import split
from synfin.errors import UsageError
from synfin.host import Host, HostConfig
from synfin.tcp import Connection, Event, State
from synfin.trace import RECEIVE, SEND, Record, SegmentRecord
from synfin.wire.addresses import Address, Endpoint, as_address
from synfin.wire.frame import Frame
from synfin.wire.tcp import ACK, FIN, PSH, RST, SYN, Segment, build_segment, flag_names
from tests.host.support import (
    A4,
    A6,
    B4,
    B6,
    BROADCAST,
    FAMILIES,
    LAYERS,
    Pair,
    close_at_eof,
    ethernet,
    give,
    ip,
    make_host,
    payload_of,
    rules_in,
    segment_in,
    tcp,
)  # fmt: skip


def ends(family: str) -> tuple[Address, Address]:
    return (A4, B4) if family == "v4" else (A6, B6)


def opened(pair: Pair, address: Address = B4, port: int = 80) -> tuple[Connection, Connection]:
    """A's and B's end of a new connection to a listener that is there."""
    connection = pair.a.connect(address, port, pair.now)
    pair.run(50)
    listener = next(each for each in pair.b.listeners() if each.local.port == port)
    child = listener.accept()
    assert child is not None
    return connection, child


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("layer", LAYERS)
def test_a_connection_from_syn_to_time_wait(family: str, layer: int) -> None:
    pair = Pair(layer=layer)
    _, b = ends(family)
    pair.b.listen(80, 0, handler=close_at_eof)
    told: list[Event] = []
    connection = pair.a.connect(b, 80, 0, handler=lambda connection, event, now: told.append(event))
    assert connection.state is State.SYN_SENT
    pair.run(50)
    assert connection.state is State.ESTABLISHED
    assert pair.a.counters["TcpCurrEstab"] == pair.b.counters["TcpCurrEstab"] == 1
    connection.write(b"x" * 10_000, pair.now)
    pair.run(500)
    connection.close(pair.now)
    pair.run(500)
    assert connection.state is State.TIME_WAIT
    assert pair.b.connections() == []
    assert pair.a.connections() == []
    assert len(pair.a.time_wait) == 1
    assert told == [Event.CONNECTED, Event.CLOSED]
    pair.run(240_000)
    assert connection.state is State.CLOSED
    assert len(pair.a.time_wait) == 0
    assert (pair.a.counters["TcpActiveOpens"], pair.b.counters["TcpPassiveOpens"]) == (1, 1)
    assert pair.a.counters["TcpCurrEstab"] == pair.b.counters["TcpCurrEstab"] == 0
    assert pair.a.counters["TcpEstabResets"] == pair.b.counters["TcpEstabResets"] == 0
    assert (
        pair.a.counters["TcpOutSegs"]
        == pair.b.counters["TcpInSegs"]
        == len([packet for packet in pair.sent("A") if payload_of(packet)[0] == 6])
    )
    assert pair.a.counters["TcpExtTW"] == 1
    assert pair.a.next_deadline() is None
    assert pair.b.next_deadline() is None


def test_frames_say_why_they_are_sent() -> None:
    pair = Pair()
    pair.b.listen(80, 0)
    pair.a.connect(B4, 80, 0)
    pair.run(50)
    assert [frame.note for _, _, frame in pair.seen] == ["syn", "syn-ack", "handshake-ack"]


def test_exact_listener_before_wildcard() -> None:
    host = make_host("A")
    host.add_address("eth0", "10.0.0.11/24")
    wild = host.listen(80, 0)
    exact = host.listen(80, 0, address="10.0.0.11")
    give(host, tcp(Segment(5000, 80, 1, 0, SYN), dst=A4))
    give(host, tcp(Segment(5000, 80, 1, 0, SYN), dst=as_address("10.0.0.11")))
    give(host, tcp(Segment(5000, 80, 1, 0, SYN), B6, A6))
    assert [child.local.address for child in wild.syn_queue.values()] == [A4, A6]
    assert [child.local.address for child in exact.syn_queue.values()] == [as_address("10.0.0.11")]


def test_wildcards_of_one_family() -> None:
    host = make_host("A")
    four = host.listen(80, 0, address="0.0.0.0")
    give(host, tcp(Segment(5000, 80, 1, 0, SYN)))
    [answer] = give(host, tcp(Segment(5000, 80, 1, 0, SYN), B6, A6))
    assert segment_in(answer).flags & RST
    assert len(four.syn_queue) == 1
    host.listen(80, 0, address="::")
    for address in (None, "0.0.0.0", "::"):
        with pytest.raises(OSError, match="TCP port 80 of A is in use") as caught:
            host.listen(80, 0, address=address)
        assert caught.value.errno == errno.EADDRINUSE


def test_listen_mistakes() -> None:
    host = make_host("A", config=HostConfig(listeners=4))
    with pytest.raises(OSError, match="is not an address of A") as caught:
        host.listen(80, 0, address="10.0.0.9")
    assert caught.value.errno == errno.EADDRNOTAVAIL
    with pytest.raises(UsageError):
        host.listen(65_536, 0)
    assert 1_024 <= host.listen(0, 0).local.port <= 65_535
    host.listen(80, 0)
    with pytest.raises(OSError, match="4 listeners already") as caught:
        host.listen(81, 0)
    assert caught.value.errno == errno.ENOBUFS


def test_a_closed_listener_gives_its_port_back_and_resets_its_children() -> None:
    pair = Pair()
    listener = pair.b.listen(80, 0)
    waiting = pair.a.connect(B4, 80, 0)
    pair.run(50)
    assert waiting.state is State.ESTABLISHED
    listener.close(pair.now)
    pair.run(50)
    assert isinstance(waiting.error, ConnectionResetError)
    assert pair.b.listeners() == []
    assert pair.b.connections() == []
    refused = pair.a.connect(B4, 80, pair.now)
    pair.run(50)
    assert isinstance(refused.error, ConnectionRefusedError)
    pair.b.listen(80, pair.now)
    opened(pair)
    assert pair.a.counters["TcpAttemptFails"] == 1
    assert pair.a.counters["TcpEstabResets"] == 1


# Nobody's segments

CLOSED_PORT = [
    # flags, seq, ack, text -> flags, seq, ack
    (SYN, 100, 0, b"", RST | ACK, 0, 101),
    (SYN, 100, 0, b"hello", RST | ACK, 0, 106),
    (SYN | FIN, 100, 0, b"", RST | ACK, 0, 102),
    (ACK, 100, 700, b"", RST, 700, 0),
    (SYN | ACK, 100, 700, b"", RST, 700, 0),
    (ACK | PSH, 100, 700, b"data", RST, 700, 0),
    (FIN, 100, 0, b"", RST | ACK, 0, 101),
    (FIN | ACK, 100, 700, b"", RST, 700, 0),
    (0, 100, 0, b"", RST | ACK, 0, 100),
    (PSH, 0xFFFF_FFFF, 0, b"x", RST | ACK, 0, 0),
]


@pytest.mark.parametrize(("flags", "seq", "ack", "text", "answer_flags", "answer_seq", "answer_ack"), CLOSED_PORT)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_closed_port_resets(
    flags: int, seq: int, ack: int, text: bytes, answer_flags: int, answer_seq: int, answer_ack: int, family: str
) -> None:
    """S22: RFC 9293 3.10.7.1 [RFC9293-E13]"""
    a, b = ends(family)
    host = make_host("A")
    [packet] = give(host, tcp(Segment(5000, 80, seq, ack, flags, payload=text), b, a))
    answer = segment_in(packet)
    assert (answer.src_port, answer.dst_port) == (80, 5000)
    assert (answer.flags, answer.seq, answer.ack) == (answer_flags, answer_seq, answer_ack), flag_names(answer.flags)
    assert answer.window == 0
    assert host.counters["TcpOutRsts"] == 1
    assert host.rules == {"closed-reset": 1}


def test_a_reset_is_never_answered() -> None:
    host = make_host("A")
    for flags in (RST, RST | ACK, RST | SYN, RST | FIN):
        assert give(host, tcp(Segment(5000, 80, 100, 700, flags))) == []
    assert host.rules == {"closed-dropped": 4}


def test_resets_for_closed_ports_are_limited() -> None:
    host = make_host("A", config=HostConfig(resets_per_second=10, reset_burst=5))
    answers = sum(len(give(host, tcp(Segment(5000, port, 1, 0, SYN)))) for port in range(1, 101))
    assert answers == 5
    assert host.rules == {"closed-reset": 5, "tcp-reset-limited": 95}
    assert len(give(host, tcp(Segment(5000, 80, 1, 0, SYN)), SECOND)) == 1


@pytest.mark.parametrize("dst", ["10.0.0.255", "255.255.255.255", "224.0.0.1", "ff02::1"])
@pytest.mark.parametrize("flags", [SYN, ACK, FIN, SYN | ACK])
def test_segments_to_groups_get_silence(dst: str, flags: int) -> None:
    """[MUST-57a] [MUST-57b]"""
    host = make_host("A")
    listener = host.listen(80, 0)
    address = as_address(dst)
    src = B4 if len(address) == 4 else B6
    for port in (80, 81):
        assert give(host, tcp(Segment(5000, port, 1, 1, flags), src, address)) == []
    assert host.rules == {"tcp-to-group": 2}
    assert len(listener.syn_queue) == 0


def test_a_syn_in_a_link_broadcast_gets_silence() -> None:
    """[MUST-57b] [RFC1122-30]"""
    host = make_host("A", 2)
    host.listen(80, 0)
    assert give(host, ethernet(tcp(Segment(5000, 80, 1, 0, SYN)), dst=BROADCAST)) == []
    assert host.rules == {"ip-unicast-in-link-broadcast": 1}


def test_bad_segments_are_dropped_by_name() -> None:
    """[MUST-3] [RFC9293-E01]"""
    records: list[Record] = []
    host = make_host("A", records=records)
    host.listen(80, 0)
    data = build_segment(Segment(5000, 80, 1, 0, SYN), B4, A4)
    for broken, rule in (
        (data[:19], "tcp-truncated"),
        (data[:12] + b"\x40" + data[13:], "tcp-bad-offset"),
        (data[:4] + b"\x01" + data[5:], "tcp-bad-checksum"),
    ):
        records.clear()
        assert give(host, ip(broken, 6)) == []
        assert rules_in(records) == [rule]
    assert host.counters["TcpInErrs"] == 3
    assert host.counters["TcpInCsumErrors"] == 1
    assert host.counters["TcpInSegs"] == 3


# Active opens


@pytest.mark.parametrize(
    "remote",
    ["255.255.255.255", "10.0.0.255", "224.0.0.1", "239.1.2.3", "0.0.0.0", "240.0.0.1", "ff02::1", "ff0e::1", "::",
     "192.0.2.1", "2001:db8::1"],
)  # fmt: skip
def test_connect_to_what_is_no_host_fails_without_a_packet(remote: str) -> None:
    """[MUST-46a] [MUST-46b]"""
    host = make_host("A")
    with pytest.raises(OSError, match=r"not the address of one host|no route") as caught:
        host.connect(remote, 80, 0)
    assert caught.value.errno == errno.ENETUNREACH
    assert host.poll(0) == []
    assert host.connections() == []


def test_connect_mistakes() -> None:
    host = make_host("A", config=HostConfig(connections=2))
    for port, local_port in ((0, 0), (65_536, 0), (80, -1), (80, 65_536)):
        with pytest.raises(UsageError):
            host.connect(B4, port, 0, local_port=local_port)
    for local in ("10.0.0.9", "fd00::1"):
        with pytest.raises(OSError, match="cannot be our end") as caught:
            host.connect(B4, 80, 0, local=local)
        assert caught.value.errno == errno.EADDRNOTAVAIL
    host.connect(B4, 80, 0, local_port=5000)
    with pytest.raises(OSError, match="already has a connection") as caught:
        host.connect(B4, 80, 0, local_port=5000)
    assert caught.value.errno == errno.EADDRNOTAVAIL
    host.connect(B4, 81, 0, local_port=5000)  # another four-tuple
    with pytest.raises(OSError, match="2 connections already") as caught:
        host.connect(B4, 82, 0)
    assert caught.value.errno == errno.ENOBUFS


def test_connections_from_outside_are_limited_too() -> None:
    host = make_host("A", config=HostConfig(connections=10))
    host.listen(80, 0)
    answers = sum(len(give(host, tcp(Segment(port, 80, 1, 0, SYN)))) for port in range(5000, 5100))
    assert answers == 10
    assert len(host.connections()) == 10
    assert host.rules == {"tcp-connections-full": 90}


def test_the_route_chooses_our_address_once_and_for_all() -> None:
    """[MUST-44] [MUST-45]"""
    host = Host("A", rng=Random(1))
    host.add_interface("eth0", ["10.0.0.1/24"])
    host.add_interface("eth1", ["10.1.0.1/24"])
    host.add_route("192.0.2.0/24", via="10.1.0.254")
    connection = host.connect("192.0.2.7", 80, 0)
    [frame] = host.poll(0)
    assert frame.interface == 1
    assert frame.data[12:16] == as_address("10.1.0.1")
    host.add_route("192.0.2.0/24", via="10.0.0.254")
    [frame] = host.poll(1 * SECOND)  # the SYN again
    assert frame.interface == 0
    assert frame.data[12:16] == as_address("10.1.0.1")
    assert connection.local.address == as_address("10.1.0.1")


def test_a_connection_from_another_address_of_ours() -> None:
    pair = Pair()
    pair.a.add_address("eth0", "10.0.0.11/24")
    pair.b.listen(80, 0)
    connection = pair.a.connect(B4, 80, 0, local="10.0.0.11", local_port=5000)
    pair.run(50)
    assert connection.state is State.ESTABLISHED
    assert connection.local == Endpoint(as_address("10.0.0.11"), 5000)


def test_segment_size_follows_the_interface() -> None:
    """[RFC8200-17]: 40 octets of headers over IPv4, 60 over IPv6."""
    pair = Pair(mtu=1400)
    pair.b.listen(80, 0)
    for address, size in ((B4, 1_360), (B6, 1_340)):
        pair.seen.clear()
        pair.a.connect(address, 80, pair.now)
        pair.run(50)
        segments = [segment_in(packet) for _, _, frame in pair.seen for packet in [frame.data]]
        assert [segment.options.mss for segment in segments[:2]] == [size, size]


def test_hop_limit_and_traffic_class_of_every_segment() -> None:
    """[MUST-48] [MUST-49]"""
    pair = Pair(tcp=TcpConfig(hop_limit=3, traffic_class=0xB8))
    pair.b.listen(80, 0)
    for address in (B4, B6):
        connection = pair.a.connect(address, 80, pair.now)
        pair.run(50)
        connection.write(b"x", pair.now)
        pair.run(500)
        connection.abort(pair.now)
        pair.a.connect(address, 81, pair.now)  # B resets
        pair.run(50)
    packets = pair.sent("A") + pair.sent("B")
    assert len(packets) > 12
    for packet in packets:
        if packet[0] >> 4 == 4:
            assert (packet[8], packet[1]) == (3, 0xB8)
            assert packet[6] & 0x40  # DF
        else:
            assert (packet[7], int.from_bytes(packet[:4], "big") >> 20 & 0xFF) == (3, 0xB8)
    connection = pair.a.connect(B4, 80, pair.now)
    connection.configure(pair.now, hop_limit=9)
    assert pair.a.poll(pair.now)[0].data[8] == 9


def test_flow_label_is_that_of_the_connection() -> None:
    """[RFC8200-18]"""
    pair = Pair()
    pair.b.listen(80, 0)
    opened(pair, B6)
    first = {int.from_bytes(packet[:4], "big") & 0xF_FFFF for packet in pair.sent("A")}
    pair.seen.clear()
    opened(pair, B6)
    second = {int.from_bytes(packet[:4], "big") & 0xF_FFFF for packet in pair.sent("A")}
    assert len(first) == len(second) == 1
    assert first != second


def test_simultaneous_open_is_one_connection() -> None:
    """S11: both hosts call each other's fixed port."""
    pair = Pair()
    left = pair.a.connect(B4, 2000, 0, local_port=1000)
    right = pair.b.connect(A4, 1000, 0, local_port=2000)
    pair.run(100)
    assert left.state is right.state is State.ESTABLISHED
    assert len(pair.a.connections()) == len(pair.b.connections()) == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "fd00::1"])
def test_a_connection_within_one_host(address: str) -> None:
    host = make_host("A")
    received = bytearray()

    def serve(connection: Connection, event: Event, now: int) -> None:
        if event is Event.READABLE:
            received.extend(connection.read(1 << 20, now))
        if event is Event.EOF:
            connection.close(now)

    host.listen(80, 0, handler=lambda listener, child, now: setattr(child, "handler", serve))
    connection = host.connect(address, 80, 0)
    host.poll(0)
    assert connection.state is State.ESTABLISHED
    text = Random(1).randbytes(300_000)
    now = sent = 0
    while len(received) < len(text):
        sent += connection.write(text[sent:], now)
        assert host.poll(now) == []
        now = max(now + 1_000_000, host.next_deadline() or 0)
    assert bytes(received) == text
    connection.close(now)
    host.poll(now)
    assert connection.state is State.TIME_WAIT


def test_segments_are_traced_as_they_enter_and_leave() -> None:
    records: list[Record] = []
    pair = Pair(records=records)
    pair.b.listen(80, 0)
    connection = pair.a.connect(B4, 80, 0)
    pair.run(50)
    seen = [
        (record.host, record.kind, flag_names(record.segment.flags), record.rule, record.src, record.now)
        for record in records
        if isinstance(record, SegmentRecord)
    ]
    a, b = connection.local, connection.remote
    assert seen == [
        ("A", SEND, ["SYN"], "syn", a, 0),
        ("B", RECEIVE, ["SYN"], "", a, 1_000_000),
        ("B", SEND, ["SYN", "ACK"], "syn-ack", b, 1_000_000),
        ("A", RECEIVE, ["SYN", "ACK"], "", b, 2_000_000),
        ("A", SEND, ["ACK"], "handshake-ack", a, 2_000_000),
        ("B", RECEIVE, ["ACK"], "", a, 3_000_000),
    ]


def test_rules_of_tcp_are_counted_while_there_is_a_trace() -> None:
    records: list[Record] = []
    host = make_host("A", records=records)
    host.listen(80, 0)
    give(host, tcp(Segment(5000, 80, 1, 0, SYN)))
    give(host, tcp(Segment(5000, 80, 2, 700, ACK)))
    assert host.rules == {rule: rules_in(records).count(rule) for rule in rules_in(records)}
    assert "ack-bad-in-syn-received" in host.rules


def test_super_segments_leave_whole_when_the_device_cuts_them() -> None:
    host = Host("A", rng=Random(1))
    host.add_interface("eth0", ["10.0.0.1/24"], push_limit=60_000)
    peer = make_host("B")
    listener = peer.listen(80, 0)
    connection = host.connect(B4, 80, 0)
    text = Random(2).randbytes(100_000)
    connection.write(text, 0)
    received = b""
    child = None
    largest = 0
    for now in range(0, 60_000_000, 1_000_000):
        for frame in host.poll(now):
            largest = max(largest, len(frame.data))
            assert frame.mss in (0, 1_448)
            assert frame.mss > 0 or len(frame.data) <= 1_500
            for each in split(frame):
                assert len(each.data) <= 1_500
                peer.receive(Frame(each.data), now)
        child = child or listener.accept()
        received += child.read(1 << 20, now) if child is not None else b""
        for frame in peer.poll(now):
            host.receive(Frame(frame.data), now)
    assert received == text
    assert largest > 10_000
    assert host.counters["IpFragCreates"] == 0


def test_many_frames_before_one_poll_are_acknowledged_together() -> None:
    """[MUST-58] [MUST-59]"""
    host = make_host("A")
    listener = host.listen(80, 0)
    [answer] = give(host, tcp(Segment(5000, 80, 100, 0, SYN, 65_535)))
    iss = segment_in(answer).seq
    give(host, tcp(Segment(5000, 80, 101, iss + 1, ACK, 65_535)))
    child = listener.accept()
    assert child is not None
    for number in range(10):
        segment = Segment(5000, 80, 101 + number * 500, iss + 1, ACK, 65_535, payload=bytes(500))
        host.receive(Frame(tcp(segment)), 0)
    [answer] = [frame.data for frame in host.poll(0)]
    assert segment_in(answer).ack == 101 + 5_000


def test_connections_with_nothing_to_do_are_not_polled() -> None:
    """A poll costs nothing for the others."""
    pair = Pair()
    pair.b.listen(80, 0)
    connections = [opened(pair)[0] for _ in range(20)]
    out = pair.a._out
    assert not out.busy
    before = [connection.tcb.now for connection in connections]
    pair.run(10)
    connections[7].write(b"x", pair.now)
    assert out.busy
    pair.a.poll(pair.now)
    changed = [number for number in range(20) if connections[number].tcb.now != before[number]]
    assert changed == [7]
    assert not out.busy


def test_timers_of_connections_that_are_gone_leave_nothing_behind() -> None:
    pair = Pair(tcp=TcpConfig(keep_alive=True))
    pair.b.listen(80, 0, handler=close_at_eof)
    anchors = [pair.a.connect(B4, 80, 0)]  # stays, and its timer comes before all others
    pair.run(3_500)
    for _ in range(300):
        connection = pair.a.connect(B4, 80, pair.now)
        pair.run(3_500)  # until only the keep-alive timers are left, two hours ahead
        assert connection.state is State.ESTABLISHED
        connection.abort(pair.now)
        pair.run(10)
    assert pair.a.connections() == anchors
    assert len(pair.a._core.deadlines) <= 200
    assert len(pair.b._core.deadlines) <= 200
    anchors[0].abort(pair.now)
    pair.run(10)
    assert pair.a.next_deadline() is None
    assert pair.b.next_deadline() is None


def test_defaults_that_change_count_for_records_of_time_wait() -> None:
    """With RFC 1337 switched off later, a RST at RCV.NXT ends a TIME_WAIT that is nobody's by then [RFC1337-02]."""
    pair = Pair()
    pair.b.listen(80, 0, handler=close_at_eof)
    connection = pair.a.connect(B4, 80, 0)
    pair.run(50)
    connection.close(pair.now)
    pair.run(500)
    local, remote = connection.local, connection.remote
    reset = tcp(Segment(remote.port, local.port, connection.tcb.rcv_nxt & 0xFFFF_FFFF, 0, RST))
    for rfc1337, left in ((True, 1), (False, 0)):
        pair.a.tcp = pair.a.tcp.but(rfc1337=rfc1337)
        give(pair.a, reset, pair.now)
        assert len(pair.a.time_wait) == left
