"""Frames for the tests of headers: real ones, made ones, and one of every option and message."""

from __future__ import annotations

import random

from synfin.pcap.model import LINK_ETHERNET
from synfin.timeline.headers import Layer
from synfin.wire import icmpv4, icmpv6, tcp, udp
from synfin.wire.addresses import Address, parse_address
from synfin.wire.arp import REPLY, REQUEST, ArpPacket, build_arp
from synfin.wire.ethernet import EthernetFrame, build_ethernet
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from synfin.wire.ipv6 import FragmentHeader, Ipv6Packet, build_fragment_header, build_ipv6
from synfin.wire.tcp_options import TcpOptions
from tests.wire.decode import CAPTURES, build_transport, golden_frames
from tests.wire.test_tshark import random_frame

MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
A4, B4 = parse_address("192.0.2.1"), parse_address("192.0.2.2")
A6, B6 = parse_address("2001:db8::1"), parse_address("2001:db8::2")

TCP_OPTIONS = (
    "020405b4 0402 080a0000000100000002 01 030307",
    "01 01 050a0000000a00000014",
    "0101 05120000000a000000140000001e00000028",
    "13120123456789abcdef0123456789abcdef 0101",
    "1c048005 2202 0101",
    "220a0123456789abcdef 0101",
    "1d100102000102030405060708090a0b",
    "1e0c0081000102030405 0607",
    "ac0b000001000002000003 01",
    "ae08000001000002",
    "fd04f989 feee0000",
    "63040102 00000000",
    "0206000000 00 01 0101",
)  # kind, length and value, in hex
V4_OPTIONS = (
    "94040000",
    "01 0707040a000001 00",
    "440c0501 0a000001 00000064",
    "830704c0000209 00",
    "890704c0000209 00",
    "820b0000000000000000 00 00",
    "de04 0102",
)


def link(ethertype: int, payload: bytes) -> bytes:
    """An Ethernet frame."""
    return build_ethernet(EthernetFrame(MAC_B, MAC_A, ethertype, payload))


def over4(protocol: int, payload: bytes, options: bytes = b"", **more: int) -> bytes:
    """A frame with an IPv4 packet."""
    return link(0x0800, build_ipv4(Ipv4Packet(A4, B4, protocol, payload, options=options, **more)))  # type: ignore[arg-type]


def over6(next_header: int, payload: bytes) -> bytes:
    """A frame with an IPv6 packet."""
    return link(0x86DD, build_ipv6(Ipv6Packet(A6, B6, next_header, payload, flow_label=0x12345, traffic_class=0xB9)))


def tcp_segment(options: bytes = b"", flags: int = tcp.ACK, text: bytes = b"text") -> bytes:
    """A segment from A4 to B4 with an option list as it is given."""
    raw = options + bytes(-len(options) % 4)
    segment = tcp.Segment(50_001, 60_001, 0x89AB_CDEF, 0x0123_4567, flags, 0x2345, 0x6789, TcpOptions(raw=raw), text)
    return tcp.build_segment(segment, A4, B4)


def _icmp6(message: icmpv6.Icmpv6Message) -> bytes:
    return icmpv6.build_icmpv6(message, A6, B6)


def _datagram(src: Address, dst: Address) -> bytes:
    return udp.build_udp(udp.UdpDatagram(50_002, 60_002, b"datagram"), src, dst)


def made_frames() -> list[bytes]:
    """One of everything, well-formed unless the name of the option says otherwise."""
    frames = [over4(6, tcp_segment(bytes.fromhex(options))) for options in TCP_OPTIONS]
    frames += [over4(6, tcp_segment(flags=flags)) for flags in (tcp.SYN, 0x1FF, 0xE00, tcp.RST)]
    frames += [over4(17, _datagram(A4, B4), bytes.fromhex(options)) for options in V4_OPTIONS]
    frames += [over4(17, _datagram(A4, B4)[:8], more_fragments=True), over4(17, b"rest", fragment_offset=8)]
    frames.append(over4(17, udp.build_udp(udp.UdpDatagram(1, 2, b"unsigned", checksummed=False), A4, B4)))
    for operation in (REQUEST, REPLY):
        frames.append(link(0x0806, build_arp(ArpPacket(operation, MAC_A, A4, bytes(6), B4)) + bytes(18)))
    frames.append(link(0x8100, bytes.fromhex("b0640800") + over4(6, tcp_segment())[14:]))
    quoted = over4(17, _datagram(A4, B4))[14:]
    messages = [
        icmpv4.echo_request(1, 2, b"ping"),
        icmpv4.unreachable(icmpv4.FRAGMENTATION_NEEDED, quoted, 1_400),
        icmpv4.unreachable(icmpv4.PORT_UNREACHABLE, quoted),
        icmpv4.time_exceeded(0, quoted),
        icmpv4.parameter_problem(9, quoted),
        icmpv4.Icmpv4Message(icmpv4.REDIRECT, 1, 0xC000_0209, quoted),
        icmpv4.Icmpv4Message(icmpv4.TIMESTAMP_REQUEST, 0, 0x0001_0002, bytes(range(12))),
    ]
    frames += [over4(1, icmpv4.build_icmpv4(message)) for message in messages]
    return frames + _made_over6()


def _made_over6() -> list[bytes]:
    udp6 = _datagram(A6, B6)
    quoted = over6(17, udp6)[14:]
    target = Address(b"\xfe\x80" + bytes(13) + b"\x09")
    prefix = bytes.fromhex("030440c0 00278d00 00093a80 00000000") + bytes(A6)
    advertisement = bytes.fromhex("0000ea60 000003e8") + b"\x01\x01" + MAC_A + prefix
    advertisement += bytes.fromhex("05010000 000005dc")
    messages = [
        icmpv6.echo_request(1, 2, b"ping"),
        icmpv6.unreachable(icmpv6.PORT_UNREACHABLE, quoted),
        icmpv6.packet_too_big(1_280, quoted),
        icmpv6.time_exceeded(0, quoted),
        icmpv6.parameter_problem(1, 40, quoted),
        icmpv6.router_solicitation(MAC_A),
        icmpv6.Icmpv6Message(icmpv6.ROUTER_ADVERTISEMENT, 0, 0x40C0_0708, advertisement),
        icmpv6.neighbor_solicitation(target, MAC_A),
        icmpv6.neighbor_advertisement(target, MAC_B, solicited=True, override=True),
        icmpv6.Icmpv6Message(icmpv6.REDIRECT, 0, 0, bytes(target) + bytes(B6) + b"\x02\x01" + MAC_B),
    ]
    frames = [over6(58, _icmp6(message)) for message in messages]
    hop_by_hop = bytes.fromhex("1100 05020000 0100")
    destination = bytes.fromhex("1100 010400000000")
    routing = bytes.fromhex("11020000 00000000") + bytes(B6)
    fragment = build_fragment_header(FragmentHeader(17, 0, False, 0x0102_0304))
    auth = bytes.fromhex("1104 0000 00000001 00000002") + bytes(12)
    frames += [
        over6(kind, header + udp6)
        for kind, header in ((0, hop_by_hop), (60, destination), (43, routing), (44, fragment), (51, auth))
    ]
    frames.append(over6(50, bytes.fromhex("00000001 00000002") + b"secret"))
    frames.append(over6(6, build_transport(tcp.Segment(1, 2, 3, 4, tcp.ACK | tcp.PSH, 5, payload=b"six"), A6, B6)))
    return frames


def golden() -> list[bytes]:
    """What two kernels said to each other."""
    return [frame for name in CAPTURES for frame in golden_frames(name)]


def all_frames() -> list[bytes]:
    """Golden, made and random ones; all are Ethernet."""
    rng = random.Random(5)
    return golden() + made_frames() + [random_frame(rng) for _ in range(60)]


def untiled(frame: bytes, layers: list[Layer]) -> str:
    """What keeps fields from covering each bit of the frame exactly once, or values from being their bits."""
    at = 0
    for layer in layers:
        if layer.offset != at:
            return f"{layer.name} starts at {layer.offset}, the layer before ends at {at}"
        octets = frame[layer.offset : layer.offset + layer.length]
        bits = 0
        for field in layer.fields:
            if field.offset != bits or field.bits <= 0:
                return f"{field.name} starts at bit {field.offset}, the field before ends at {bits}"
            whole = int.from_bytes(octets, "big")
            raw = whole >> (layer.length * 8 - bits - field.bits) & (1 << field.bits) - 1
            if isinstance(field.value, int) and field.value != raw:
                return f"{field.name} is {field.value}, its bits are {raw}"
            bits += field.bits
        if bits != layer.length * 8:
            return f"{layer.name} has {layer.length} octets and fields for {bits} bits"
        at += layer.length
    return "" if at == len(frame) else f"{len(frame) - at} octets are in no layer"


__all__ = ["LINK_ETHERNET", "all_frames", "golden", "made_frames", "over4", "over6", "tcp_segment", "untiled"]
