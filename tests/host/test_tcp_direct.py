"""The short way in for segments of connections does exactly what the long way does."""

from __future__ import annotations

from random import Random

import pytest

from synfin.config import TcpConfig
from synfin.host import Host
from synfin.tcp import Connection
from synfin.wire.addresses import Address
from synfin.wire.frame import Frame
from synfin.wire.tcp import ACK, PSH, SYN, Segment, build_segment
from synfin.wire.tcp_options import TcpOptions
from tests.host.support import A4, A6, B4, B6, ip, make_host, segment_in, tcp

ENDS = {"v4": (B4, A4), "v6": (B6, A6)}


def whole(data: bytes, **more: bool) -> Frame:
    """A frame in one piece, which may take the short way."""
    return Frame(data, **more)


def apart(data: bytes, **more: bool) -> Frame:
    """The same octets, text apart: the short way takes no such frame."""
    return Frame(data[:-1], text=data[-1:], **more)


class Side:
    """A host with one established connection, and everything that can be seen of it."""

    def __init__(self, src: Address, dst: Address) -> None:
        self.src, self.dst = src, dst
        self.host: Host = make_host("A", tcp=TcpConfig(timestamps=False), seed=5)
        self.listener = self.host.listen(80, 0)
        self.now = 0
        [answer] = self.give(tcp(Segment(5000, 80, 100, 0, SYN, 60_000), src, dst))
        self.iss = segment_in(answer).seq

    def give(self, data: bytes | Frame) -> list[bytes]:
        self.now += 1_000_000
        self.host.receive(data if isinstance(data, Frame) else Frame(data), self.now)
        return [frame.data for frame in self.host.poll(self.now)]

    def establish(self, iss: int) -> Connection:
        self.give(tcp(Segment(5000, 80, 101, iss + 1, ACK, 60_000), self.src, self.dst))
        connection = self.listener.accept()
        assert connection is not None
        return connection


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("family", ["v4", "v6"])
def test_both_ways_do_the_same_with_any_octets(family: str, checked: bool) -> None:
    """Segments in order, damaged in any octet, cut short, with padding: the same answers, counts, rules and text."""
    src, dst = ENDS[family]
    sides = [Side(src, dst), Side(src, dst)]
    assert sides[0].iss == sides[1].iss >= 0
    connections = [side.establish(side.iss) for side in sides]
    rng = Random(3)
    seq = 101
    for _ in range(1_500):
        text = rng.randbytes(rng.choice([0, 1, 40, 700]))
        segment = Segment(5000, 80, seq, sides[0].iss + 1, ACK | PSH, 60_000, payload=text)
        if rng.random() < 0.1:
            segment.options = TcpOptions(others=((253, b"xy"),))
        packet = bytearray(ip(build_segment(segment, src, dst), 6, src, dst))
        damage = rng.random()
        if damage < 0.5:
            packet[rng.randrange(min(len(packet), 80))] ^= 1 << rng.randrange(8)
        elif damage < 0.6:
            del packet[rng.randrange(len(packet)) :]
        elif damage < 0.7:
            packet += bytes(rng.randrange(1, 20))
        data = bytes(packet)
        if not data:
            continue
        answers = [sides[0].give(whole(data, checked=checked)), sides[1].give(apart(data, checked=checked))]
        assert answers[0] == answers[1], data.hex()
        assert sides[0].host.counters == sides[1].host.counters, data.hex()
        assert sides[0].host.rules == sides[1].host.rules, data.hex()
        if connections[0].error is not None or not sides[0].host.connections():
            break  # a damaged segment that was believed has ended it
        read = [connection.read(1 << 20, side.now) for connection, side in zip(connections, sides, strict=True)]
        assert read[0] == read[1]
        seq = connections[0].tcb.rcv_nxt & 0xFFFF_FFFF
    rules = sides[0].host.rules
    if not checked:
        assert seq > 20_000
        assert rules["tcp-bad-checksum"] > 50


def test_fragments_of_a_connection_wait_for_each_other() -> None:
    """Not even the first, which has all of the TCP header, is taken for a whole segment."""
    side = Side(B4, A4)
    connection = side.establish(side.iss)
    segment = build_segment(Segment(5000, 80, 101, side.iss + 1, ACK, 60_000, payload=b"x" * 100), B4, A4)
    side.give(ip(segment[:64], 6, identification=7, more_fragments=True))
    assert connection.readable == 0
    assert side.host.counters["TcpInErrs"] == 0
    side.give(ip(segment[64:], 6, identification=7, fragment_offset=64))
    assert connection.readable == 100


@pytest.mark.parametrize("family", ["v4", "v6"])
def test_what_a_device_has_verified_is_not_verified_again(family: str) -> None:
    """And only that [MUST-3]."""
    src, dst = ENDS[family]
    side = Side(src, dst)
    connection = side.establish(side.iss)
    data = bytearray(tcp(Segment(5000, 80, 101, side.iss + 1, ACK, 60_000, payload=b"hello"), src, dst))
    data[-1] ^= 1
    side.give(bytes(data))
    assert (connection.readable, side.host.counters["TcpInCsumErrors"]) == (0, 1)
    side.give(Frame(bytes(data), checked=True))
    assert connection.read(10, side.now) == b"helln"
