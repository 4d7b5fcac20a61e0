"""Connections in a host: events, ICMP errors, TIME_WAIT, crashes, lost frames."""

from __future__ import annotations

import sys
from random import Random
from typing import Any

import pytest

from synfin.config import MILLISECOND, SECOND, TcpConfig
from synfin.host import Host, HostConfig
from synfin.tcp import Connection, Event, Listener, State
from synfin.tcp.isn import FixedIsn
from synfin.trace import Record, StateRecord
from synfin.wire import icmpv4, icmpv6
from synfin.wire.addresses import Address, as_address
from synfin.wire.frame import Frame
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment
from synfin.wire.tcp_options import TcpOptions
from tests.host.support import (
    A4,
    A6,
    B4,
    B6,
    Pair,
    close_at_eof,
    give,
    icmp4,
    icmp6,
    make_host,
    rules_in,
    segment_in,
    tcp,
)  # fmt: skip

R4, R6 = as_address("10.0.0.254"), as_address("fd00::ff")
PLAIN = TcpConfig(timestamps=False, window_scaling=False, sack=False)


# Events


def test_events_reach_the_handler_in_order() -> None:
    pair = Pair()
    server: list[tuple[Event, bytes]] = []
    client: list[Event] = []

    def serve(connection: Connection, event: Event, now: int) -> None:
        server.append((event, connection.read(100, now) if event is Event.READABLE else b""))
        if event is Event.EOF:
            connection.close(now)

    def accept(listener: Listener, connection: Connection, now: int) -> None:
        assert listener.accept() is connection
        connection.handler = serve

    pair.b.listen(80, 0, handler=accept)
    connection = pair.a.connect(B4, 80, 0, handler=lambda connection, event, now: client.append(event))
    pair.run(50)
    connection.write(b"hello", pair.now)
    pair.run(50)
    connection.shutdown(pair.now)
    pair.run(50)
    assert server == [
        (Event.CONNECTED, b""), (Event.READABLE, b"hello"), (Event.EOF, b""), (Event.CLOSED, b""),
    ]  # fmt: skip
    assert client == [Event.CONNECTED, Event.EOF]
    connection.close(pair.now)
    pair.run(50)
    assert client == [Event.CONNECTED, Event.EOF, Event.CLOSED]


def test_without_a_handler_events_wait() -> None:
    pair = Pair()
    listener = pair.b.listen(80, 0)
    connection = pair.a.connect(B4, 80, 0)
    pair.run(50)
    connection.write(b"hello", pair.now)
    pair.run(50)
    child = listener.accept()
    assert child is not None
    assert child.take_events() == [Event.CONNECTED, Event.READABLE]
    assert child.read(10, pair.now) == b"hello"


class Clumsy:
    """A handler that raises at the events it is told to."""

    def __init__(self, *events: Event) -> None:
        self.raises = list(events)
        self.told: list[Event] = []

    def __call__(self, connection: Connection, event: Event, now: int) -> None:
        self.told.append(event)
        if event in self.raises:
            self.raises.remove(event)
            raise RuntimeError(f"clumsy at {event}")


def test_an_exception_while_receiving_loses_nothing() -> None:
    host = make_host("A", tcp=PLAIN)
    handler = Clumsy(Event.CONNECTED)
    connection = host.connect(B4, 80, 0, local_port=5000, handler=handler)
    iss = segment_in(host.poll(0)[0].data).seq
    with pytest.raises(RuntimeError, match="clumsy at connected"):
        host.receive(Frame(tcp(Segment(80, 5000, 700, iss + 1, SYN | ACK, 1000))), 0)
    assert connection.state is State.ESTABLISHED
    [acknowledgment] = [frame.data for frame in host.poll(0)]
    assert segment_in(acknowledgment).ack == 701
    give(host, tcp(Segment(80, 5000, 701, iss + 1, ACK, 1000, payload=b"x")))
    assert handler.told == [Event.CONNECTED, Event.READABLE]


def test_an_exception_does_not_eat_the_events_and_frames_of_others() -> None:
    host = make_host("A", tcp=PLAIN)
    handlers = [Clumsy(Event.TIMEOUT if number == 1 else Event.URGENT) for number in range(3)]
    config = PLAIN.but(syn_retries=0)
    connections = [host.connect(B4, 80, 0, config=config, handler=handler) for handler in handlers]
    host.connect(B4, 81, 0)
    assert len(host.poll(0)) == 4
    with pytest.raises(RuntimeError, match="clumsy at timeout"):
        host.poll(1 * SECOND)
    frames = host.poll(1 * SECOND)
    assert [segment_in(frame.data).dst_port for frame in frames] == [81]  # its SYN again
    assert [handler.told for handler in handlers] == [[Event.TIMEOUT, Event.CLOSED]] * 3
    assert all(isinstance(connection.error, TimeoutError) for connection in connections)
    assert len(host.connections()) == 1


def test_an_exception_of_an_accepting_handler() -> None:
    host = make_host("A", tcp=PLAIN)

    def accept(listener: Listener, connection: Connection, now: int) -> None:
        raise RuntimeError("cannot serve")

    listener = host.listen(80, 0, handler=accept)
    iss = segment_in(give(host, tcp(Segment(5000, 80, 100, 0, SYN, 1000)))[0]).seq
    with pytest.raises(RuntimeError, match="cannot serve"):
        host.receive(Frame(tcp(Segment(5000, 80, 101, iss + 1, ACK, 1000, payload=b"hello"))), 0)
    assert host.poll(0) == []  # the acknowledgment is delayed
    child = listener.accept()
    assert child is not None
    assert child.read(10, 0) == b"hello"
    assert listener.accept() is None
    [acknowledgment] = [frame.data for frame in host.poll(500 * MILLISECOND)]
    assert segment_in(acknowledgment).ack == 106


def test_handlers_may_call_anything() -> None:
    """Opening and closing from within a handler."""
    pair = Pair()
    opened: list[Connection] = []

    def chain(connection: Connection, event: Event, now: int) -> None:
        if event is Event.CONNECTED and len(opened) < 5:
            opened.append(pair.a.connect(B4, 80, now, handler=chain))
            connection.close(now)

    pair.b.listen(80, 0, handler=close_at_eof)
    opened.append(pair.a.connect(B4, 80, 0, handler=chain))
    pair.run(500)
    assert [connection.state for connection in opened] == [State.TIME_WAIT] * 4 + [State.ESTABLISHED]


# ICMP errors


def sending(v6: bool, host: Host, port: int = 80) -> tuple[Connection, bytes]:
    """A connection in SYN_SENT and its SYN as an IP packet."""
    connection = host.connect(B6 if v6 else B4, port, 0)
    [frame] = host.poll(0)
    return connection, frame.data


def established(pair: Pair, address: Address = B4) -> tuple[Connection, Connection]:
    listener = pair.b.listen(80, pair.now)
    connection = pair.a.connect(address, 80, pair.now)
    pair.run(50)
    child = listener.accept()
    assert child is not None
    return connection, child


def refuse(packet: bytes, code: int, octets: int = 28) -> bytes:
    return icmp4(icmpv4.unreachable(code, packet[:octets]), src=R4)


def test_an_error_reaches_the_connection_that_is_quoted_and_no_other() -> None:
    """[MUST-54] [RFC5927-08] [RFC5927-03]: eight octets of TCP header are enough."""
    host = make_host("A")
    first, packet = sending(False, host, 80)
    second, _ = sending(False, host, 81)
    give(host, refuse(packet, icmpv4.PORT_UNREACHABLE))
    assert isinstance(first.error, ConnectionRefusedError)
    assert first.state is State.CLOSED
    assert second.error is None
    assert second.soft_error is None
    assert host.counters["TcpAttemptFails"] == 1


@pytest.mark.parametrize("octets", [20, 22, 24, 27])
def test_a_quote_that_is_too_short_is_not_used(octets: int) -> None:
    host = make_host("A")
    connection, packet = sending(False, host)
    give(host, refuse(packet, icmpv4.PORT_UNREACHABLE, octets))
    assert connection.state is State.SYN_SENT
    assert host.rules == {"icmp-error-short": 1}


@pytest.mark.parametrize("code", [0, 1, 5, 13])
def test_soft_errors_do_not_end_a_connection(code: int) -> None:
    """[MUST-56a]"""
    host = make_host("A")
    told: list[Event] = []
    connection, packet = sending(False, host)
    connection.handler = lambda connection, event, now: told.append(event)
    give(host, refuse(packet, code))
    assert connection.state is State.SYN_SENT
    assert told == [Event.SOFT_ERROR]
    assert connection.soft_error is not None


@pytest.mark.parametrize("v6", [False, True])
def test_errors_about_an_established_connection(v6: bool) -> None:
    """[RFC5927-02] [RFC5927-01] [MUST-56b] [MUST-56c]"""
    pair = Pair()
    connection, _ = established(pair, B6 if v6 else B4)
    connection.write(b"hello", pair.now)
    [frame] = pair.a.poll(pair.now)
    for kind, code in ((1, 4), (3, 0), (4, 0)) if v6 else ((3, 2), (3, 3), (11, 0), (12, 0)):
        if v6:
            give(pair.a, icmp6(icmpv6.Icmpv6Message(kind, code, 0, frame.data), src=R6), pair.now)
        else:
            give(pair.a, icmp4(icmpv4.Icmpv4Message(kind, code, 0, frame.data), src=R4), pair.now)
        assert connection.state is State.ESTABLISHED
        assert connection.error is None
        assert connection.soft_error is not None


def test_too_big_makes_segments_smaller() -> None:
    pair = Pair()
    connection, child = established(pair)
    connection.write(bytes(1_400), pair.now)
    [frame] = pair.a.poll(pair.now)
    assert len(frame.data) > 1_400
    error = icmpv4.unreachable(icmpv4.FRAGMENTATION_NEEDED, frame.data, 700)
    pair.a.receive(Frame(icmp4(error, src=R4)), pair.now)
    frames = pair.a.poll(pair.now)
    assert frames
    assert all(len(each.data) <= 700 for each in frames)
    for each in frames:
        pair.b.receive(Frame(each.data), pair.now)
    pair.run(3_000)
    assert len(child.read(2_000, pair.now)) == 1_400


def test_source_quench_changes_nothing() -> None:
    """[MUST-55]"""
    pair = Pair()
    connection, _ = established(pair)
    connection.write(bytes(1_000), pair.now)
    [frame] = pair.a.poll(pair.now)
    before = connection.info(pair.now)
    give(pair.a, icmp4(icmpv4.Icmpv4Message(icmpv4.SOURCE_QUENCH, 0, 0, frame.data), src=R4), pair.now)
    after = connection.info(pair.now)
    assert after.snd_cwnd == before.snd_cwnd
    assert after.snd_ssthresh == before.snd_ssthresh
    assert connection.soft_error is None


def test_a_neighbour_that_does_not_answer_is_a_soft_error() -> None:
    """[RFC826-06] [RFC1122-03]: the handshake goes on, the next SYN asks anew."""
    pair = Pair(layer=2)
    pair.lost = lambda name, frame: name == "B" and pair.now < 4 * SECOND
    pair.b.listen(80, 0)
    told: list[Event] = []
    connection = pair.a.connect(B4, 80, 0, handler=lambda connection, event, now: told.append(event))
    pair.run(3_500)
    assert connection.state is State.SYN_SENT
    assert told == [Event.SOFT_ERROR]
    assert connection.soft_error is not None
    pair.run(10_000)
    assert connection.state is State.ESTABLISHED


def test_a_route_that_disappears_is_a_soft_error() -> None:
    host = make_host("A")
    host.add_route("192.0.2.0/24", via="10.0.0.254")
    connection = host.connect("192.0.2.1", 80, 0)
    host.poll(0)
    host._routes._v4[24].clear()
    host._routes.changed()
    assert host.poll(1 * SECOND) == []
    assert connection.state is State.SYN_SENT
    assert connection.soft_error is not None
    assert host.rules["ip-no-route"] == 1


# TIME_WAIT


class Waiting:
    """Host A with one TIME_WAIT record of a connection that B had opened to its port 80."""

    def __init__(self, config: TcpConfig = PLAIN, listen: bool = True, close: bool = True, **more: Any) -> None:
        self.records: list[Record] = []
        self.host = make_host("A", tcp=config, records=self.records, **more)
        listener = self.host.listen(80, 0)
        iss = segment_in(give(self.host, tcp(Segment(5000, 80, 100, 0, SYN, 1000)))[0]).seq
        give(self.host, tcp(Segment(5000, 80, 101, iss + 1, ACK, 1000)))
        child = listener.accept()
        assert child is not None
        self.child = child
        child.shutdown(0)
        self.host.poll(0)
        self.fin = Segment(5000, 80, 101, iss + 2, FIN | ACK, 1000)
        give(self.host, tcp(self.fin))
        if close:
            child.close(0)
            self.host.poll(0)
        assert child.state is State.TIME_WAIT
        assert len(self.host.time_wait) == (1 if close else 0)
        self.snd_nxt = iss + 2
        self.rcv_nxt = 102
        if not listen:
            listener.close(0)
        self.records.clear()

    def give(
        self, flags: int, seq: int, ack: int = 0, now: int = SECOND, text: bytes = b"", **more: Any
    ) -> list[Segment]:
        segment = Segment(5000, 80, seq, ack, flags, 1000, payload=text, **more)
        return [segment_in(packet) for packet in give(self.host, tcp(segment), now)]


def test_a_closed_connection_becomes_a_record() -> None:
    waiting = Waiting()
    assert waiting.host.connections() == []
    assert waiting.child.state is State.TIME_WAIT
    assert waiting.host.next_deadline() == 240 * SECOND
    waiting.host.poll(240 * SECOND)
    assert waiting.child.state is State.CLOSED
    assert len(waiting.host.time_wait) == 0
    ends = [record for record in waiting.records if isinstance(record, StateRecord)]
    assert [(record.from_state, record.to_state, record.why, record.now) for record in ends] == [
        ("TIME_WAIT", "CLOSED", "time-wait-over", 240 * SECOND)
    ]
    assert (ends[0].local, ends[0].remote) == (waiting.child.local, waiting.child.remote)


def test_a_connection_that_is_still_held_stays_what_it_is() -> None:
    waiting = Waiting(close=False)
    assert waiting.host.connections() == [waiting.child]
    waiting.child.close(0)
    waiting.host.poll(0)
    assert waiting.host.connections() == []
    assert len(waiting.host.time_wait) == 1


@pytest.mark.parametrize("close", [False, True])
def test_a_repeated_fin_is_acknowledged_and_restarts_the_time(close: bool) -> None:
    """S17: RFC 9293 3.10.7.4 [RFC9293-E30]"""
    waiting = Waiting(close=close)
    [answer] = waiting.give(FIN | ACK, 101, waiting.snd_nxt, now=100 * SECOND)
    assert (answer.flags, answer.seq, answer.ack) == (ACK, waiting.snd_nxt, 102)
    assert waiting.host.next_deadline() == 340 * SECOND
    assert "time-wait-fin-again" in rules_in(waiting.records)


@pytest.mark.parametrize("close", [False, True])
def test_old_segments_are_answered_and_resets_ignored(close: bool) -> None:
    """S18 [RFC1337-02]"""
    waiting = Waiting(close=close)
    [answer] = waiting.give(ACK, 50, waiting.snd_nxt, text=b"old")
    assert (answer.flags, answer.seq, answer.ack) == (ACK, waiting.snd_nxt, 102)
    assert waiting.give(RST, 102) == []
    assert waiting.child.state is State.TIME_WAIT
    assert rules_in(waiting.records) == ["time-wait-old-segment", "time-wait-rst-ignored"]


@pytest.mark.parametrize("close", [False, True])
def test_a_new_syn_reopens_above_the_old_numbers(close: bool) -> None:
    """[RFC6191-05] [RFC1122-36]: the listener's own number would be below."""
    waiting = Waiting(close=close, isn=FixedIsn([1_000, 5]))
    [answer] = waiting.give(SYN, 200)
    assert (answer.flags, answer.ack) == (SYN | ACK, 201)
    assert answer.seq == waiting.snd_nxt + 65_537
    assert len(waiting.host.time_wait) == 0
    assert [connection.state for connection in waiting.host.connections()] == [State.SYN_RECEIVED]
    assert waiting.child.state is State.CLOSED
    assert "time-wait-reopened" in rules_in(waiting.records)
    states = [(r.from_state, r.to_state) for r in waiting.records if isinstance(r, StateRecord)]
    assert states == [("TIME_WAIT", "CLOSED"), ("LISTEN", "SYN_RECEIVED")]
    assert waiting.host.counters["TcpExtTWRecycled"] == 1
    waiting.give(ACK, 201, answer.seq + 1)
    assert waiting.host.connections()[0].state is State.ESTABLISHED
    [other] = [segment_in(each) for each in give(waiting.host, tcp(Segment(5001, 80, 1, 0, SYN, 1000)), SECOND)]
    assert other.seq == 64_005  # the third of the list: only the reopened connection starts higher


@pytest.mark.parametrize("close", [False, True])
def test_an_old_syn_does_not_reopen(close: bool) -> None:
    """[RFC6191-06]"""
    waiting = Waiting(close=close)
    assert waiting.give(SYN, 50) == []
    assert waiting.child.state is State.TIME_WAIT
    assert rules_in(waiting.records)[-1] == "time-wait-old-syn"


def test_a_newer_timestamp_reopens() -> None:
    """[RFC6191-04]"""
    waiting = Waiting()
    [answer] = waiting.give(SYN, 50, options=TcpOptions(ts_val=77))
    assert answer.flags == SYN | ACK


def test_nothing_reopens_without_a_listener() -> None:
    waiting = Waiting(listen=False)
    [answer] = waiting.give(SYN, 200)
    assert (answer.flags, answer.seq, answer.ack) == (ACK, waiting.snd_nxt, 102)
    assert waiting.child.state is State.TIME_WAIT


def test_a_reset_ends_time_wait_where_rfc_1337_is_switched_off() -> None:
    """[RFC1337-01]"""
    waiting = Waiting(PLAIN.but(rfc1337=False))
    assert waiting.give(RST, 102) == []
    assert waiting.child.state is State.CLOSED
    assert waiting.host.counters["TcpExtTWKilled"] == 1
    [answer] = waiting.give(ACK, 102, 5)
    assert answer.flags == RST


def test_time_wait_table_is_limited() -> None:
    pair = Pair(config=HostConfig(time_wait_entries=3))
    pair.b.listen(80, 0, handler=close_at_eof)
    connections = []
    for _ in range(5):
        connections.append(pair.a.connect(B4, 80, pair.now))
        pair.run(20)
        connections[-1].close(pair.now)
        pair.run(20)
    assert len(pair.a.time_wait) == 3
    assert [connection.state for connection in connections] == [State.TIME_WAIT] * 3 + [State.CLOSED] * 2
    assert pair.a.rules == {"time-wait-table-full": 2}
    assert pair.a.counters["TcpExtTCPTimeWaitOverflow"] == 2


# Crashes


def test_the_table_of_connections_shrinks_after_many() -> None:
    pair = Pair()
    connections = [pair.a.connect(B4, 80, 0) for _ in range(3_000)]
    full = sys.getsizeof(pair.a._out.slots)
    for connection in connections:
        connection.abort(pair.now)
    pair.run(50)
    assert not pair.a.connections()
    assert sys.getsizeof(pair.a._out.slots) < full / 2


def test_half_open_connection_is_discovered_by_sending() -> None:
    """S26, RFC 9293 figure 10: A has forgotten everything, B sends, A resets."""
    pair = Pair()
    connection, child = established(pair)
    pair.a.crash(pair.now)
    assert pair.a.connections() == []
    assert pair.sent("A")[3:] == []
    child.write(b"still there?", pair.now)
    pair.run(100)
    assert isinstance(child.error, ConnectionResetError)
    connection.write(b"ghost", pair.now)  # nobody looks after the old object
    pair.run(100)
    assert pair.a.poll(pair.now) == []


def test_half_open_connection_is_discovered_by_connecting_again() -> None:
    """S26, RFC 9293 figure 9: the new SYN draws an ACK, that a reset, and the next SYN succeeds."""
    pair = Pair()
    pair.b.listen(80, 0)
    first = pair.a.connect(B4, 80, 0, local_port=5000)
    pair.run(50)
    assert first.state is State.ESTABLISHED
    pair.a.crash(pair.now)
    again = pair.a.connect(B4, 80, pair.now, local_port=5000)
    pair.run(3_000)
    assert again.state is State.ESTABLISHED
    assert len(pair.b.connections()) == 1


def test_a_crash_is_silent_and_complete() -> None:
    pair = Pair(layer=2)
    established(pair)
    pair.b.udp(7)
    pair.b.ping(A4, pair.now)
    pair.b.ping(A6, pair.now)
    pair.run(1)
    assert len(pair.b.neighbors("eth0")) == 2
    pair.b.crash(pair.now)
    assert pair.b.poll(pair.now) == []
    assert pair.b.listeners() == []
    assert pair.b.next_deadline() is None
    assert pair.b.neighbors("eth0") == []
    assert pair.b.counters["TcpCurrEstab"] == 0
    pair.b.listen(80, pair.now)
    pair.b.udp(7)
    connection = pair.a.connect(B4, 80, pair.now)
    pair.run(100)
    assert connection.state is State.ESTABLISHED


# Trouble on the way


@pytest.mark.parametrize("address", [B4, B6])
@pytest.mark.parametrize("layer", [2, 3])
def test_text_arrives_exactly_once_over_a_bad_link(address: Address, layer: int) -> None:
    rng = Random(11)
    pair = Pair(layer=layer)
    received = bytearray()

    def serve(connection: Connection, event: Event, now: int) -> None:
        if event is Event.READABLE:
            received.extend(connection.read(1 << 20, now))
        if event is Event.EOF:
            connection.close(now)

    pair.b.listen(80, 0, handler=lambda listener, child, now: setattr(child, "handler", serve))
    text = rng.randbytes(150_000)
    sent = 0

    def feed(connection: Connection, event: Event, now: int) -> None:
        nonlocal sent
        if event in (Event.CONNECTED, Event.WRITABLE) and sent < len(text):
            sent += connection.write(text[sent:], now)
            if sent == len(text):
                connection.shutdown(now)

    pair.lost = lambda name, frame: rng.random() < 0.05
    connection = pair.a.connect(address, 80, 0, handler=feed)
    for _ in range(600):
        pair.run(1_000)
        if connection.state is State.TIME_WAIT:
            break
    assert bytes(received) == text
    assert connection.error is None
    assert pair.a.counters["TcpRetransSegs"] > 0
    assert pair.b.connections() == []


def test_the_same_seed_gives_the_same_octets() -> None:
    """Law 2."""

    def once(seed: int) -> list[tuple[int, str, bytes]]:
        pair = Pair(layer=2, seed=seed)
        pair.b.listen(80, 0, handler=close_at_eof)
        pair.a.ping(B6, 0, size=3_000)
        for _ in range(3):
            connection = pair.a.connect(B6, 80, pair.now)
            connection.write(b"hello" * 1_000, pair.now)
            connection.shutdown(pair.now)
        pair.run(5_000)
        return [(now, name, frame.data) for now, name, frame in pair.seen]

    assert once(1) == once(1)
    assert once(1) != once(2)


def test_counters_of_a_listener_that_overflows() -> None:
    """TcpExtListenOverflows and ListenDrops, also after the listener is gone."""
    host = make_host("A", tcp=PLAIN.but(backlog=1, syn_backlog=2))
    listener = host.listen(80, 0)
    for port in range(5000, 5010):
        give(host, tcp(Segment(port, 80, 1, 0, SYN, 1000)))
    assert host.counters["TcpExtTCPReqQFullDrop"] == 8
    assert host.counters["TcpExtListenDrops"] == 8
    listener.close(0)
    host.poll(0)
    give(host, tcp(Segment(5000, 80, 1, 0, SYN, 1000)))
    assert host.counters["TcpExtListenDrops"] == 8


def test_syn_cookies_through_a_host() -> None:
    host = make_host("A", tcp=PLAIN.but(syn_backlog=1, syn_cookies=True))
    listener = host.listen(80, 0)
    give(host, tcp(Segment(5000, 80, 1, 0, SYN, 1000)))
    [answer] = give(host, tcp(Segment(5001, 80, 100, 0, SYN, 1000)))
    cookie = segment_in(answer)
    assert cookie.flags == SYN | ACK
    assert len(host.connections()) == 1
    give(host, tcp(Segment(5001, 80, 101, cookie.seq + 1, ACK, 1000, payload=b"hello")))
    child = listener.accept()
    assert child is not None
    assert child.read(10, 0) == b"hello"
    assert host.counters["TcpExtSyncookiesSent"] == host.counters["TcpExtSyncookiesRecv"] == 1
    assert A4 != A6
