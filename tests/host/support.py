"""Two hosts back to back in virtual time, and frames made by hand."""

from __future__ import annotations

from random import Random
from typing import Any

from synfin.config import MILLISECOND, TcpConfig
from synfin.host import Host, HostConfig
from synfin.tcp import Connection, Event, Listener
from synfin.trace import Record, RuleRecord, Trace
from synfin.wire.addresses import Address, as_address, parse_mac
from synfin.wire.arp import ArpPacket, build_arp
from synfin.wire.ethernet import (
    ETHERTYPE_ARP,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    EthernetFrame,
    build_ethernet,
    parse_ethernet,
)
from synfin.wire.frame import Frame
from synfin.wire.icmpv4 import Icmpv4Message, build_icmpv4, parse_icmpv4
from synfin.wire.icmpv6 import Icmpv6Message, build_icmpv6, parse_icmpv6
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4, parse_ipv4
from synfin.wire.ipv6 import Ipv6Packet, build_ipv6, find_upper_layer, parse_ipv6
from synfin.wire.tcp import Segment, build_segment, parse_segment
from synfin.wire.udp import UdpDatagram, build_udp, parse_udp

A4, B4 = as_address("10.0.0.1"), as_address("10.0.0.2")
A6, B6 = as_address("fd00::1"), as_address("fd00::2")
A_MAC, B_MAC = parse_mac("02:00:00:00:00:0a"), parse_mac("02:00:00:00:00:0b")
BROADCAST = b"\xff" * 6
FAMILIES = ("v4", "v6")
LAYERS = (3, 2)
DELAY = 1 * MILLISECOND


def make_host(
    name: str = "A",
    layer: int = 3,
    config: HostConfig | None = None,
    tcp: TcpConfig | None = None,
    mtu: int = 1500,
    seed: int = 1,
    records: list[Record] | None = None,
    **more: Any,
) -> Host:
    """Host A (.1) or B (.2) with one interface of both families."""
    trace = None if records is None else Trace(name, records.append)
    host = Host(name, rng=Random(f"{seed}/{name}"), config=config, tcp=tcp, trace=trace, **more)
    last = 1 if name == "A" else 2
    mac = (A_MAC if name == "A" else B_MAC) if layer == 2 else None
    addresses = [f"10.0.0.{last}/24"] + ([f"fd00::{last}/64"] if mtu >= 1280 else [])
    host.add_interface("eth0", addresses=addresses, mtu=mtu, mac=mac)
    return host


class Pair:
    """Hosts A and B on one cable with a fixed delay; `lost` may drop a frame, `seen` holds all that were sent."""

    def __init__(self, layer: int = 3, **more: Any) -> None:
        self.layer = layer
        self.a = make_host("A", layer, **more)
        self.b = make_host("B", layer, **more)
        self.now = 0
        self.seen: list[tuple[int, str, Frame]] = []
        self.lost: Any = None
        self._flying: list[tuple[int, int, Host, Frame]] = []
        self._count = 0

    def _poll(self) -> None:
        for host, peer in ((self.a, self.b), (self.b, self.a)):
            for frame in host.poll(self.now):
                self.seen.append((self.now, host.name, frame))
                if self.lost is not None and self.lost(host.name, frame):
                    continue
                self._count += 1
                self._flying.append((self.now + DELAY, self._count, peer, Frame(frame.data)))

    def run(self, until_ms: float = 1_000) -> Pair:
        """Let everything happen that happens in the next so many milliseconds."""
        end = self.now + int(until_ms * MILLISECOND)
        while True:
            self._poll()
            times = [entry[0] for entry in self._flying[:1]]
            for host in (self.a, self.b):
                deadline = host.next_deadline()
                if deadline is not None:
                    times.append(max(deadline, self.now))
            if not times or min(times) > end:
                self.now = end
                return self
            self.now = min(times)
            while self._flying and self._flying[0][0] <= self.now:
                _, _, host, frame = self._flying.pop(0)
                host.receive(frame, self.now)

    def sent(self, name: str) -> list[bytes]:
        """IP packets that a host has sent, in order."""
        return [packet_in(frame, self.layer) for _, who, frame in self.seen if who == name and is_ip(frame, self.layer)]


def is_ip(frame: Frame, layer: int) -> bool:
    return layer == 3 or parse_ethernet(frame.data).ethertype in (ETHERTYPE_IPV4, ETHERTYPE_IPV6)


def packet_in(frame: Frame, layer: int = 3) -> bytes:
    return frame.data if layer == 3 else parse_ethernet(frame.data).payload


def ethernet(packet: bytes, src: bytes = B_MAC, dst: bytes = A_MAC, ethertype: int | None = None) -> Frame:
    """`packet` in an Ethernet frame from B to A."""
    if ethertype is None:
        ethertype = ETHERTYPE_IPV4 if packet[0] >> 4 == 4 else ETHERTYPE_IPV6
    return Frame(build_ethernet(EthernetFrame(dst, src, ethertype, packet)))


def arp(operation: int, sender_mac: bytes, sender: Address, target: Address, target_mac: bytes = bytes(6)) -> Frame:
    """An ARP frame to A."""
    data = build_arp(ArpPacket(operation, sender_mac, sender, target_mac, target))
    return ethernet(data, src=sender_mac, dst=BROADCAST, ethertype=ETHERTYPE_ARP)


def ip(payload: bytes, protocol: int, src: Address = B4, dst: Address = A4, **more: Any) -> bytes:
    """An IP packet of the family of `src`; `more` are fields of the packet."""
    if len(src) == 4:
        return build_ipv4(Ipv4Packet(src, dst, protocol, payload, **more))
    return build_ipv6(Ipv6Packet(src, dst, protocol, payload, **more))


def udp(
    payload: bytes, src_port: int = 5000, dst_port: int = 7, src: Address = B4, dst: Address = A4, **more: Any
) -> bytes:
    """A UDP datagram in an IP packet."""
    return ip(build_udp(UdpDatagram(src_port, dst_port, payload), src, dst), 17, src, dst, **more)


def tcp(segment: Segment, src: Address = B4, dst: Address = A4, **more: Any) -> bytes:
    """A TCP segment in an IP packet."""
    return ip(build_segment(segment, src, dst), 6, src, dst, **more)


def icmp4(message: Icmpv4Message, src: Address = B4, dst: Address = A4, **more: Any) -> bytes:
    return ip(build_icmpv4(message), 1, src, dst, **more)


def icmp6(message: Icmpv6Message, src: Address = B6, dst: Address = A6, **more: Any) -> bytes:
    return ip(build_icmpv6(message, src, dst), 58, src, dst, **more)


def give(host: Host, packet: bytes | Frame, now: int = 0) -> list[bytes]:
    """Hand in one packet (layer 3) or frame, and return the IP packets or frames that come out at once."""
    host.receive(packet if isinstance(packet, Frame) else Frame(packet), now)
    return [frame.data for frame in host.poll(now)]


def payload_of(packet: bytes) -> tuple[int, Address, Address, bytes]:
    """Protocol, source, destination and octets of the upper layer of an unfragmented packet."""
    if packet[0] >> 4 == 4:
        parsed = parse_ipv4(packet)
        return parsed.protocol, parsed.src, parsed.dst, parsed.payload
    parsed6 = parse_ipv6(packet)
    upper = find_upper_layer(parsed6)
    return upper.protocol, parsed6.src, parsed6.dst, parsed6.payload[upper.offset :]


def segment_in(packet: bytes) -> Segment:
    protocol, src, dst, data = payload_of(packet)
    assert protocol == 6, f"not TCP but {protocol}"
    return parse_segment(data, src, dst)


def udp_in(packet: bytes) -> UdpDatagram:
    protocol, src, dst, data = payload_of(packet)
    assert protocol == 17, f"not UDP but {protocol}"
    return parse_udp(data, src, dst)


def icmp4_in(packet: bytes) -> Icmpv4Message:
    protocol, _, _, data = payload_of(packet)
    assert protocol == 1, f"not ICMP but {protocol}"
    return parse_icmpv4(data)


def icmp6_in(packet: bytes) -> Icmpv6Message:
    protocol, src, dst, data = payload_of(packet)
    assert protocol == 58, f"not ICMPv6 but {protocol}"
    return parse_icmpv6(data, src, dst)


def rules_in(records: list[Record]) -> list[str]:
    return [record.rule for record in records if isinstance(record, RuleRecord)]


def close_at_eof(listener: Listener, connection: Connection, now: int) -> None:
    """A service that reads everything and closes when the peer has closed."""
    listener.accept()
    connection.handler = _drain


def _drain(connection: Connection, event: Event, now: int) -> None:
    if event is Event.READABLE:
        connection.read(1 << 20, now)
    elif event is Event.EOF:
        connection.close(now)
