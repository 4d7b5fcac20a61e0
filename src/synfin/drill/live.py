"""Live packets: building those that a script injects, reading those that the stack under test sends.

Responsible for octets and header fields; ICMP is `icmp`'s.  Which numbers are meant is `numbers`' affair, whether a
packet is the expected one `match`'s.
"""

from __future__ import annotations

import struct
from typing import Final

from synfin.drill.errors import UnsupportedError
from synfin.drill.model import IpInfo, Option, TcpPacket
from synfin.drill.numbers import Flow
from synfin.wire import tcp as wire
from synfin.wire import udp as wire_udp
from synfin.wire.addresses import Address
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from synfin.wire.ipv6 import Ipv6Packet, build_ipv6
from synfin.wire.tcp import Segment, build_segment
from synfin.wire.tcp_options import NO_OPTIONS, TcpOptions

FLAG_BITS: Final[dict[str, int]] = {
    "S": wire.SYN, "F": wire.FIN, "R": wire.RST, "P": wire.PSH, "U": wire.URG, "E": wire.ECE, "W": wire.CWR,
    "A": wire.AE,
}  # fmt: skip
ECN_BITS: Final[dict[str, int]] = {"noecn": 0, "ect1": 1, "ect0": 2, "ce": 3, "ect01": 2}
DEFAULT_TTL: Final = 255


# What goes to the stack under test


def flag_bits(packet: TcpPacket) -> int:
    """The bits of the TCP header that the letters, the dot and the ACE count stand for."""
    bits = wire.ACK if packet.ack_flag else 0
    for letter in packet.flags:
        bits |= FLAG_BITS[letter]
    if packet.ace is not None:
        bits |= (wire.AE if packet.ace & 4 else 0) | (wire.CWR if packet.ace & 2 else 0)
        bits |= wire.ECE if packet.ace & 1 else 0
    return bits


def option_octets(option: Option, flow: Flow, inbound: bool) -> bytes:
    """The octets of one option with live numbers, as the side that `inbound` says sends it."""
    name, numbers, data = option.name, option.numbers, option.data
    if name in ("nop", "eol"):
        return b"\x01" if name == "nop" else b"\x00"
    if name == "mss":
        return struct.pack(">BBH", 2, 4, numbers[0])
    if name == "wscale":
        return struct.pack(">BBB", 3, 3, numbers[0])
    if name == "sackOK":
        return b"\x04\x02"
    if name == "sack":
        edges = [_edge(flow, number or 0, inbound) for number in numbers]
        return struct.pack(f">BB{len(edges)}I", 5, (2 + 4 * len(edges)) & 0xFF, *edges)
    if name == "TS":
        return struct.pack(">BBII", 8, 10, *_stamps(numbers, flow, inbound))
    if name == "FO":
        return bytes((34, 2 + len(data))) + data
    if name == "FOEXP":
        return bytes((254, 4 + len(data), 0xF9, 0x89)) + data
    if name == "md5":
        return bytes((19, 2 + len(data))) + data
    if name == "kind":
        return bytes((numbers[0] or 0, 2 + len(data))) + data
    if name in ("ECN", "ECN1"):
        return _accurate_ecn(172 if name == "ECN" else 174, numbers)
    return data  # raw


def _edge(flow: Flow, number: int, inbound: bool) -> int:
    return flow.inbound_ack(number) if inbound else flow.inbound_seq(number)


def _stamps(numbers: tuple[int | None, ...], flow: Flow, inbound: bool) -> tuple[int, int]:
    val, ecr = numbers
    if inbound:
        return val or 0, 0 if ecr in (None, 0) else flow.inbound_echo(ecr)
    return 0 if val is None else flow.inbound_echo(val), ecr or 0


def _accurate_ecn(kind: int, numbers: tuple[int | None, ...]) -> bytes:
    """RFC 9768 3.2.3: three octets a counter, in the order of the kind; missing ones only at the end."""
    body = b""
    for number in numbers:
        if number is None:
            break
        body += number.to_bytes(3, "big")
    return bytes((kind, 2 + len(body))) + body


def options_octets(options: tuple[Option, ...], flow: Flow, inbound: bool) -> bytes:
    """An option list with live numbers, padded by End-of-Option-List; raises `UnsupportedError` beyond 40 octets."""
    raw = b"".join([option_octets(option, flow, inbound) for option in options])
    raw += bytes(-len(raw) % 4)
    if len(raw) > 40:
        raise UnsupportedError(f"TCP options take {len(raw)} octets, 40 fit")
    return raw


def tcp_packet(packet: TcpPacket, flow: Flow, src: Address, dst: Address) -> bytes:
    """The IP packet that a line of TCP injects; its payload is zeros."""
    raw = options_octets(packet.options or (), flow, inbound=True)
    sequence = packet.sequence
    for option in packet.options or ():
        if option.name == "TS" and option.numbers[0] is not None:
            flow.injected_stamps.add(option.numbers[0])
    assert flow.local_port is not None
    segment = Segment(
        flow.remote_port,
        flow.local_port,
        flow.inbound_seq(sequence.first, sequence.absolute),
        0 if packet.ack is None else flow.inbound_ack(packet.ack, sequence.absolute),
        flag_bits(packet),
        packet.window or 0,
        packet.urgent or 0,
        TcpOptions(raw=raw) if raw else NO_OPTIONS,
        bytes(sequence.length),
    )
    return ip_packet(build_segment(segment, src, dst), wire.PROTOCOL, packet.ip, src, dst)


def ip_packet(payload: bytes, protocol: int, info: IpInfo, src: Address, dst: Address) -> bytes:
    """An IP packet of the family of `src`; what the script does not say is 0, the TTL is 255."""
    tos = (info.tos or 0) | ECN_BITS.get(info.ecn, 0)
    ttl = DEFAULT_TTL if info.ttl is None else info.ttl
    if len(src) == 4:
        return build_ipv4(Ipv4Packet(src, dst, protocol, payload, ttl=ttl, tos=tos))
    return build_ipv6(Ipv6Packet(src, dst, protocol, payload, ttl, tos, info.flow_label or 0))


def udp_packet(length: int, info: IpInfo, src: Address, dst: Address, ports: tuple[int, int]) -> bytes:
    """A datagram of zeros."""
    datagram = wire_udp.UdpDatagram(ports[0], ports[1], bytes(length))
    return ip_packet(wire_udp.build_udp(datagram, src, dst), wire_udp.PROTOCOL, info, src, dst)
