"""UDP endpoints (RFC 768, RFC 1122 4.1)."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from synfin.errors import UsageError
from synfin.host import Host, HostConfig, UdpEndpoint
from synfin.wire.addresses import Endpoint, as_address
from synfin.wire.icmpv4 import unreachable
from synfin.wire.udp import UdpDatagram, build_udp
from tests.host.support import A4, A6, B4, B6, FAMILIES, LAYERS, Pair, give, icmp4, ip, make_host, udp, udp_in


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("layer", LAYERS)
def test_a_datagram_and_its_answer(family: str, layer: int) -> None:
    """[RFC768-01] [RFC768-05] [RFC1122-34]"""
    pair = Pair(layer=layer)
    a, b = (A4, B4) if family == "v4" else (A6, B6)

    def echo(endpoint: UdpEndpoint, now: int) -> None:
        while (message := endpoint.recvfrom()) is not None:
            assert message.local == b
            endpoint.sendto(message.payload.upper(), message.remote, now, source=message.local)

    pair.b.udp(7, handler=echo)
    client = pair.a.udp(0)
    assert client.sendto(b"hello", (b, 7), 0) == 5
    pair.run(100)
    message = client.recvfrom()
    assert message.payload == b"HELLO"
    assert message.remote == Endpoint(b, 7)
    assert message.local == a
    assert client.recvfrom() is None
    prefix = "Udp" if family == "v4" else "Udp6"
    assert pair.b.counters[prefix + "InDatagrams"] == pair.b.counters[prefix + "OutDatagrams"] == 1


def test_an_empty_datagram_is_delivered() -> None:
    """[RFC768-07] [RFC768-04]"""
    host = make_host("A")
    endpoint = host.udp(7)
    give(host, udp(b"", src_port=0))
    assert endpoint.readable
    assert endpoint.recvfrom() == (b"", Endpoint(B4, 0), A4)


def test_octets_beyond_the_length_are_ignored() -> None:
    """[RFC768-02]"""
    host = make_host("A")
    endpoint = host.udp(7)
    datagram = build_udp(UdpDatagram(5000, 7, b"four"), B4, A4)
    give(host, ip(datagram + b"excess", 17))
    assert endpoint.recvfrom().payload == b"four"
    give(host, ip(datagram[:-1], 17))
    assert host.rules == {"udp-bad-length": 1}
    assert not endpoint.readable


def test_checksum_is_generated_verified_and_may_be_absent_in_ipv4() -> None:
    """[RFC1122-33] [RFC768-03] [RFC8200-15]"""
    host = make_host("A")
    endpoint = host.udp(7)
    endpoint.sendto(b"x", (B4, 9), 0)
    [frame] = host.poll(0)
    assert udp_in(frame.data).checksummed
    give(host, ip(build_udp(UdpDatagram(5000, 7, b"none", checksummed=False), B4, A4), 17))
    assert endpoint.recvfrom().payload == b"none"
    zero = build_udp(UdpDatagram(5000, 7, b"zero"), B6, A6)
    give(host, ip(zero[:6] + b"\x00\x00" + zero[8:], 17, B6, A6))
    assert not endpoint.readable
    packet = udp(b"hello")
    for bit in range(20 * 8, len(packet) * 8):
        broken = bytearray(packet)
        broken[bit // 8] ^= 0x80 >> (bit % 8)
        give(host, bytes(broken))
        assert not endpoint.readable, bit
    endpoint.checksum = False
    endpoint.sendto(b"x", (B4, 9), 0)
    assert not udp_in(host.poll(0)[0].data).checksummed
    endpoint.sendto(b"x", (B6, 9), 0)
    assert udp_in(host.poll(0)[0].data).checksummed  # IPv6 has no choice


def test_queue_is_limited_in_number_and_octets() -> None:
    host = make_host("A", config=HostConfig(udp_queue_datagrams=4, udp_queue_bytes=2_000))
    endpoint = host.udp(7)
    for _ in range(10):
        give(host, udp(b"x"))
    assert host.rules == {"udp-queue-full": 6}
    assert host.counters["UdpRcvbufErrors"] == 6
    while endpoint.recvfrom() is not None:
        pass
    assert endpoint.bytes_queued == 0
    for _ in range(3):
        give(host, udp(bytes(900)))
    assert endpoint.bytes_queued == 2 * 964
    assert host.counters["UdpRcvbufErrors"] == 7


def test_handler_is_called_once_for_what_is_there() -> None:
    host = make_host("A")
    calls: list[int] = []
    endpoint = host.udp(7, handler=lambda endpoint, now: calls.append(now))
    give(host, udp(b"1"), 5)
    give(host, udp(b"2"), 6)
    assert calls == [5, 6]
    assert [endpoint.recvfrom().payload for _ in range(2)] == [b"1", b"2"]


def test_an_exception_of_a_handler_belongs_to_the_caller() -> None:
    host = make_host("A")

    def fail(endpoint: UdpEndpoint, now: int) -> None:
        raise RuntimeError("mine")

    endpoint = host.udp(7, handler=fail)
    with pytest.raises(RuntimeError, match="mine"):
        give(host, udp(b"1"))
    assert endpoint.recvfrom().payload == b"1"
    assert host.poll(0) == []
    endpoint.handler = None
    give(host, udp(b"2"))
    assert endpoint.recvfrom().payload == b"2"


def test_ports_in_use() -> None:
    host = make_host("A")
    host.udp(7)
    for address in (None, "10.0.0.1", "0.0.0.0", "::", "fd00::1"):
        with pytest.raises(OSError, match="UDP port 7 is in use") as caught:
            host.udp(7, address=address)
        assert caught.value.errno == errno.EADDRINUSE
    host.udp(8, address="10.0.0.1")
    host.udp(8, address="fd00::1")
    for address in (None, "10.0.0.1", "0.0.0.0"):
        with pytest.raises(OSError, match="in use"):
            host.udp(8, address=address)
    four = host.udp(9, address="0.0.0.0")
    six = host.udp(9, address="::")
    give(host, udp(b"x", dst_port=9))
    give(host, udp(b"y", dst_port=9, src=B6, dst=A6))
    assert four.recvfrom().payload == b"x"
    assert six.recvfrom().payload == b"y"
    with pytest.raises(OSError, match="not an address of this host") as caught:
        host.udp(10, address="10.0.0.9")
    assert caught.value.errno == errno.EADDRNOTAVAIL
    with pytest.raises(UsageError, match="between 0 and 65535"):
        host.udp(65_536)


def test_a_closed_endpoint_gives_its_port_back() -> None:
    host = make_host("A")
    endpoint = host.udp(7)
    give(host, udp(b"x"))
    endpoint.close()
    endpoint.close()
    assert not endpoint.readable
    assert len(give(host, udp(b"x"))) == 1  # port unreachable
    with pytest.raises(OSError, match="closed"):
        endpoint.sendto(b"x", (B4, 7), 0)
    host.udp(7)
    assert len(host._udp) == 1


def test_endpoints_and_ephemeral_ports_are_limited() -> None:
    host = make_host("A", config=HostConfig(udp_endpoints=5, ephemeral_port_first=40_000, ephemeral_port_last=40_003))
    assert {host.udp(0).port for _ in range(4)} == {40_000, 40_001, 40_002, 40_003}
    with pytest.raises(OSError, match="no local port is free") as caught:
        host.udp(0)
    assert caught.value.errno == errno.EADDRNOTAVAIL
    host.udp(7)
    with pytest.raises(OSError, match="5 UDP endpoints already") as caught:
        host.udp(8)
    assert caught.value.errno == errno.ENOBUFS


def connected() -> tuple[Host, UdpEndpoint, bytes]:
    host = make_host("A")
    endpoint = host.udp(5000)
    endpoint.connect(B4, 7, 0)
    endpoint.send(b"x", 0)
    return host, endpoint, host.poll(0)[0].data


def test_a_connected_endpoint_hears_one_peer_only() -> None:
    """[RFC768-05]"""
    host, endpoint, _ = connected()
    give(host, udp(b"no", 8, 5000))
    give(host, udp(b"no", 7, 5000, src=as_address("10.0.0.9")))
    assert not endpoint.readable
    assert host.rules["udp-no-port"] == 2
    give(host, udp(b"yes", 7, 5000))
    assert endpoint.recvfrom().payload == b"yes"


def test_errors_are_passed_to_a_connected_endpoint() -> None:
    """[RFC1122-32] [RFC1122-17]"""
    host, endpoint, packet = connected()
    give(host, icmp4(unreachable(1, packet)))
    assert endpoint.recvfrom() is None  # a hint only
    give(host, icmp4(unreachable(3, packet)))
    assert endpoint.readable
    with pytest.raises(ConnectionRefusedError):
        endpoint.recvfrom()
    assert endpoint.recvfrom() is None
    give(host, icmp4(unreachable(3, packet)))
    with pytest.raises(ConnectionRefusedError):
        endpoint.send(b"x", 0)
    endpoint.send(b"x", 0)
    assert [kind for kind, _ in endpoint.errors] == ["host-unreachable", "port-unreachable", "port-unreachable"]


def test_what_came_before_an_error_can_still_be_read() -> None:
    host, endpoint, packet = connected()
    give(host, udp(b"before", 7, 5000))
    give(host, icmp4(unreachable(3, packet)))
    assert endpoint.recvfrom().payload == b"before"
    with pytest.raises(ConnectionRefusedError):
        endpoint.recvfrom()


def test_errors_that_wait_are_limited() -> None:
    host, endpoint, packet = connected()
    for _ in range(50):
        give(host, icmp4(unreachable(1, packet)))
    assert len(endpoint.errors) == 16


def test_a_handler_hears_of_errors_too() -> None:
    host = make_host("A")
    calls: list[str] = []
    endpoint = host.udp(5000, handler=lambda endpoint, now: calls.append(endpoint.errors[-1][0]))
    endpoint.sendto(b"x", (B4, 7), 0)
    packet = host.poll(0)[0].data
    give(host, icmp4(unreachable(3, packet)))
    assert calls == ["port-unreachable"]


def test_broadcasts_are_sent_only_on_demand_and_heard_by_all() -> None:
    """[RFC768-08]"""
    pair = Pair(layer=2)
    plain = pair.a.udp(0)
    for address in ("10.0.0.255", "255.255.255.255"):
        with pytest.raises(PermissionError, match="broadcast=True"):
            plain.sendto(b"x", (address, 7), 0)
        with pytest.raises(PermissionError):
            plain.connect(address, 7, 0)
    loud = pair.a.udp(0, broadcast=True)
    hears = pair.b.udp(7)
    deaf = pair.b.udp(8, address="10.0.0.2")
    for address in ("10.0.0.255", "255.255.255.255"):
        for port in (7, 8, 9):
            loud.sendto(b"x", (address, port), pair.now)
    pair.run(10)
    assert [hears.recvfrom().local for _ in range(2)] == [as_address("10.0.0.255"), as_address("255.255.255.255")]
    assert not deaf.readable
    assert pair.b.counters["UdpIgnoredMulti"] == 4
    assert pair.sent("B") == []  # no error about a broadcast


def test_multicast_is_heard_by_wildcard_endpoints() -> None:
    pair = Pair(layer=2)
    hears = pair.b.udp(7)
    pair.a.udp(0).sendto(b"x", ("ff02::1", 7), 0)
    pair.run(10)
    assert hears.recvfrom().local == as_address("ff02::1")


@pytest.mark.parametrize(
    ("call", "number"),
    [
        (lambda endpoint: endpoint.sendto(b"x", ("192.0.2.1", 7), 0), errno.ENETUNREACH),
        (lambda endpoint: endpoint.connect("192.0.2.1", 7, 0), errno.ENETUNREACH),
        (lambda endpoint: endpoint.sendto(bytes(65_508), (B4, 7), 0), errno.EMSGSIZE),
        (lambda endpoint: endpoint.sendto(bytes(65_528), (B6, 7), 0), errno.EMSGSIZE),
        (lambda endpoint: endpoint.send(b"x", 0), errno.ENOTCONN),
        (lambda endpoint: endpoint.sendto(b"x", (B4, 7), 0, source="10.0.0.9"), errno.EADDRNOTAVAIL),
        (lambda endpoint: endpoint.sendto(b"x", (B4, 7), 0, source=A6), errno.EADDRNOTAVAIL),
    ],
)
def test_mistakes_of_the_caller(call: Any, number: int) -> None:
    endpoint = make_host("A").udp(5000)
    with pytest.raises(OSError) as caught:  # noqa: PT011
        call(endpoint)
    assert caught.value.errno == number


def test_bad_ports_are_refused() -> None:
    endpoint = make_host("A").udp(5000)
    with pytest.raises(UsageError):
        endpoint.sendto(b"x", (B4, 0), 0)
    with pytest.raises(UsageError):
        endpoint.connect(B4, 65_536, 0)


def test_ttl_and_traffic_class_can_be_set() -> None:
    """[RFC1122-09] [RFC1122-11]"""
    host = make_host("A", config=HostConfig(hop_limit=7))
    endpoint = host.udp(5000)
    endpoint.traffic_class = 0xB8
    endpoint.sendto(b"x", (B4, 7), 0)
    endpoint.hop_limit = 3
    endpoint.sendto(b"x", (B6, 7), 0)
    four, six = [frame.data for frame in host.poll(0)]
    assert (four[8], four[1]) == (7, 0xB8)
    assert (six[7], int.from_bytes(six[:4], "big") >> 20 & 0xFF) == (3, 0xB8)


def test_flow_label_is_the_same_for_a_flow_and_not_to_be_guessed() -> None:
    """[RFC8200-18]"""
    host = make_host("A")
    endpoint = host.udp(5000)
    labels = []
    for port in (7, 7, 8, 9):
        endpoint.sendto(b"x", (B6, port), 0)
        labels.append(int.from_bytes(host.poll(0)[0].data[:4], "big") & 0xF_FFFF)
    assert labels[0] == labels[1]
    assert len(set(labels)) == 3


def test_datagrams_to_ourselves() -> None:
    host = make_host("A")
    receiver = host.udp(7)
    sender = host.udp(5000)
    for address in (A4, A6, "127.0.0.1", "::1"):
        sender.sendto(b"x", (address, 7), 0)
    assert host.poll(0) == []
    assert len([None for _ in range(4) if receiver.recvfrom() is not None]) == 4


def test_errors_from_ourselves() -> None:
    host = make_host("A")
    for address in (A4, A6, "127.0.0.1", "::1"):
        endpoint = host.udp(0)
        endpoint.connect(address, 9, 0)
        endpoint.send(b"x", 0)
        host.poll(0)
        with pytest.raises(ConnectionRefusedError):
            endpoint.recvfrom()


def test_a_loop_inside_a_host_does_not_hang_it() -> None:
    """Two endpoints that answer each other for ever: each poll does a bounded amount of work."""
    host = make_host("A", config=HostConfig(loopback_packets=32))

    def back(endpoint: UdpEndpoint, now: int) -> None:
        while (message := endpoint.recvfrom()) is not None:
            for _ in range(2):
                endpoint.sendto(message.payload, message.remote, now)

    host.udp(7, address=A4, handler=back)
    host.udp(8, address=A4, handler=back).sendto(b"x", (A4, 7), 0)
    for now in range(20):
        assert host.poll(now) == []
        assert host.next_deadline() == now
        assert len(host._core.loopback) <= 32
    assert host.rules["loopback-full"] > 0


def test_peeking_and_taking_the_error_of_an_endpoint() -> None:
    """[RFC1122-32]: what a socket layer needs, without changing what the application finds."""
    pair = Pair()
    server = pair.b.udp(7)
    client = pair.a.udp(0)
    client.sendto(b"one", (B4, 7), 0)
    pair.run(50)
    peeked = server.peek()
    assert peeked is not None
    assert peeked.payload == b"one"
    assert server.recvfrom() == peeked
    assert server.peek() is None
    client.connect(B4, 9, pair.now)
    client.send(b"x", pair.now)
    pair.run(50)
    error = client.take_error()
    assert error is not None
    assert error.errno == errno.ECONNREFUSED
    assert client.take_error() is None
    assert client.recvfrom() is None
