"""Reads a frame through all layers and builds it again, as the golden, tshark and mutation tests need it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from synfin.pcap import read_capture
from synfin.wire import arp, ethernet, icmpv4, icmpv6, ipv4, ipv6, quote, tcp, udp
from synfin.wire.addresses import format_address, format_mac
from synfin.wire.tcp_options import EOL, NOP

GOLDEN: Final = Path(__file__).parent / "golden"
CAPTURES: Final = tuple(sorted(path.stem for path in GOLDEN.glob("*.pcapng")))

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def golden_frames(name: str) -> list[bytes]:
    """The frames of one golden capture."""
    with (GOLDEN / f"{name}.pcapng").open("rb") as stream:
        return [packet.data for packet in read_capture(stream)]


@dataclass
class Decoded:
    """The layers of one frame; what is not there is None."""

    ethernet: ethernet.EthernetFrame
    arp: arp.ArpPacket | None = None
    ip: Any = None  # Ipv4Packet or Ipv6Packet
    upper: ipv6.UpperLayer | None = None
    transport: Any = None  # Segment, UdpDatagram, Icmpv4Message, Icmpv6Message
    quote: quote.Quote | None = None

    def build(self) -> bytes:
        """The frame again, every layer by its own builder."""
        if self.arp is not None:
            payload = arp.build_arp(self.arp)
        elif self.ip is not None:
            payload = self._build_ip()
        else:
            payload = self.ethernet.payload
        frame = self.ethernet
        return ethernet.build_ethernet(ethernet.EthernetFrame(frame.dst, frame.src, frame.ethertype, payload))

    def _build_ip(self) -> bytes:
        ip = self.ip
        if self.transport is not None:
            octets = build_transport(self.transport, ip.src, ip.dst)
            extensions = ip.payload[: self.upper.offset] if self.upper is not None else b""
            # What follows the length that UDP claims is not UDP's to build.
            ip.payload = extensions + octets + ip.payload[len(extensions) + len(octets) :]
        return ipv4.build_ipv4(ip) if isinstance(ip, ipv4.Ipv4Packet) else ipv6.build_ipv6(ip)


def build_transport(value: Any, src: Any, dst: Any) -> bytes:
    """The octets of whichever upper layer this is."""
    if isinstance(value, tcp.Segment):
        return tcp.build_segment(value, src, dst)
    if isinstance(value, udp.UdpDatagram):
        return udp.build_udp(value, src, dst)
    if isinstance(value, icmpv4.Icmpv4Message):
        return icmpv4.build_icmpv4(value)
    return icmpv6.build_icmpv6(value, src, dst)


def decode(frame: bytes, verify: bool = True) -> Decoded:
    """Read all layers; raises `WireError`."""
    out = Decoded(ethernet.parse_ethernet(frame))
    payload = out.ethernet.payload
    if out.ethernet.ethertype == ethernet.ETHERTYPE_ARP:
        out.arp = arp.parse_arp(payload)
    elif out.ethernet.ethertype == ethernet.ETHERTYPE_IPV4:
        packet = out.ip = ipv4.parse_ipv4(payload, verify)
        ipv4.iter_ipv4_options(packet.options)
        if not packet.is_fragment:
            read_transport(out, packet.protocol, packet.payload, verify)
    elif out.ethernet.ethertype == ethernet.ETHERTYPE_IPV6:
        six = out.ip = ipv6.parse_ipv6(payload)
        upper = out.upper = ipv6.find_upper_layer(six)
        for header in upper.headers:
            if header.kind in (ipv6.HOP_BY_HOP, ipv6.DESTINATION_OPTIONS):
                ipv6.iter_ipv6_options(six.payload, header)
        if upper.fragment is None or upper.fragment.is_atomic:
            read_transport(out, upper.protocol, six.payload[upper.offset :], verify)
    return out


def read_transport(out: Decoded, protocol: int, data: bytes, verify: bool) -> None:
    """The upper layer of a whole packet, and the packet that an ICMP error quotes."""
    src, dst = out.ip.src, out.ip.dst
    if protocol == tcp.PROTOCOL:
        out.transport = tcp.parse_segment(data, src, dst, verify)
    elif protocol == udp.PROTOCOL:
        out.transport = udp.parse_udp(data, src, dst, verify)
    elif protocol == icmpv4.PROTOCOL and len(src) == 4:
        message = out.transport = icmpv4.parse_icmpv4(data, verify)
        if message.is_error:
            out.quote = quote.parse_quote(message.body)
    elif protocol == icmpv6.PROTOCOL and len(src) == 16:
        six = out.transport = icmpv6.parse_icmpv6(data, src, dst, verify)
        if six.is_error:
            out.quote = quote.parse_quote(six.body)
        elif six.is_neighbor_discovery:
            icmpv6.check_neighbor_discovery(six, src, dst, out.ip.hop_limit)
            six.link_address(icmpv6.OPTION_SOURCE_LINK_ADDRESS)


def tshark_fields(decoded: Decoded) -> dict[str, list[str]]:
    """What tshark would print for the layers that we read, in its own notation."""
    frame = decoded.ethernet
    out: dict[str, object] = {
        "eth.dst": format_mac(frame.dst),
        "eth.src": format_mac(frame.src),
        "eth.type": f"0x{frame.ethertype:04x}",
    }
    if decoded.arp is not None:
        out["arp.opcode"] = decoded.arp.operation
        out["arp.src.hw_mac"] = format_mac(decoded.arp.sender_mac)
        out["arp.src.proto_ipv4"] = format_address(decoded.arp.sender_ip)
        out["arp.dst.hw_mac"] = format_mac(decoded.arp.target_mac)
        out["arp.dst.proto_ipv4"] = format_address(decoded.arp.target_ip)
    elif isinstance(decoded.ip, ipv4.Ipv4Packet):
        out |= _ipv4_fields(decoded.ip)
    elif isinstance(decoded.ip, ipv6.Ipv6Packet):
        out |= _ipv6_fields(decoded.ip, decoded.upper)
    transport = decoded.transport
    if isinstance(transport, tcp.Segment):
        out |= _tcp_fields(transport)
    elif isinstance(transport, udp.UdpDatagram):
        out["udp.srcport"] = transport.src_port
        out["udp.dstport"] = transport.dst_port
        out["udp.length"] = 8 + len(transport.payload)
        out["udp.checksum.status"] = 1 if transport.checksummed else 3
    elif isinstance(transport, icmpv4.Icmpv4Message):
        out |= _icmpv4_fields(transport)
    elif isinstance(transport, icmpv6.Icmpv6Message):
        out |= _icmpv6_fields(transport)
    return {key: value if isinstance(value, list) else [str(value)] for key, value in out.items()}


def _ipv4_fields(packet: ipv4.Ipv4Packet) -> dict[str, object]:
    return {
        "ip.src": format_address(packet.src),
        "ip.dst": format_address(packet.dst),
        "ip.proto": packet.protocol,
        "ip.ttl": packet.ttl,
        "ip.dsfield": f"0x{packet.tos:02x}",
        "ip.id": f"0x{packet.identification:04x}",
        "ip.flags.df": int(packet.dont_fragment),
        "ip.flags.mf": int(packet.more_fragments),
        "ip.frag_offset": packet.fragment_offset // 8,
        "ip.hdr_len": 20 + len(packet.options),
        "ip.len": 20 + len(packet.options) + len(packet.payload),
        "ip.checksum.status": 1,
    }


def _ipv6_fields(packet: ipv6.Ipv6Packet, upper: ipv6.UpperLayer | None) -> dict[str, object]:
    out: dict[str, object] = {
        "ipv6.src": format_address(packet.src),
        "ipv6.dst": format_address(packet.dst),
        "ipv6.nxt": packet.next_header,
        "ipv6.hlim": packet.hop_limit,
        "ipv6.tclass": f"0x{packet.traffic_class:08x}",
        "ipv6.flow": f"0x{packet.flow_label:06x}",
        "ipv6.plen": len(packet.payload),
    }
    assert upper is not None
    if upper.fragment is not None:
        out["ipv6.fraghdr.nxt"] = upper.fragment.next_header
        out["ipv6.fraghdr.offset"] = upper.fragment.offset // 8
        out["ipv6.fraghdr.more"] = int(upper.fragment.more)
        out["ipv6.fraghdr.ident"] = f"0x{upper.fragment.identification:08x}"
    names = {ipv6.HOP_BY_HOP: "ipv6.hopopts.nxt", ipv6.DESTINATION_OPTIONS: "ipv6.dstopts.nxt"}
    for header in upper.headers:
        if header.kind in names:
            out[names[header.kind]] = packet.payload[header.offset]
    return out


def _tcp_fields(segment: tcp.Segment) -> dict[str, object]:
    options = segment.options
    out: dict[str, object] = {
        "tcp.srcport": segment.src_port,
        "tcp.dstport": segment.dst_port,
        "tcp.seq_raw": segment.seq,
        "tcp.ack_raw": segment.ack,
        "tcp.hdr_len": 20 + len(options.raw),
        "tcp.flags": f"0x{segment.flags:04x}",
        "tcp.window_size_value": segment.window,
        "tcp.urgent_pointer": segment.urgent,
        "tcp.len": len(segment.payload),
        "tcp.checksum.status": 1,
    }
    if options.raw:
        out["tcp.option_kind"] = [str(kind) for kind in option_kinds(options.raw)]
    if options.mss is not None:
        out["tcp.options.mss_val"] = options.mss
    if options.window_scale is not None:
        out["tcp.options.wscale.shift"] = options.window_scale
    if options.ts_val is not None:
        out["tcp.options.timestamp.tsval"] = options.ts_val
        out["tcp.options.timestamp.tsecr"] = options.ts_ecr
    if options.sack:
        out["tcp.options.sack_le"] = [str(left) for left, _ in options.sack]
        out["tcp.options.sack_re"] = [str(right) for _, right in options.sack]
    return out


def option_kinds(raw: bytes) -> list[int]:
    """The kinds in an option list in order, padding included."""
    out = []
    while raw:
        out.append(raw[0])
        if raw[0] == EOL:
            break
        raw = raw[1:] if raw[0] == NOP else raw[raw[1] :]
    return out


def _icmpv4_fields(message: icmpv4.Icmpv4Message) -> dict[str, object]:
    out: dict[str, object] = {"icmp.type": message.type, "icmp.code": message.code, "icmp.checksum.status": 1}
    if message.type in (icmpv4.ECHO_REQUEST, icmpv4.ECHO_REPLY):
        out["icmp.ident"] = message.identifier
        out["icmp.seq"] = message.sequence
    if message.type == icmpv4.UNREACHABLE and message.code == icmpv4.FRAGMENTATION_NEEDED:
        out["icmp.mtu"] = message.next_hop_mtu
    return out


def _icmpv6_fields(message: icmpv6.Icmpv6Message) -> dict[str, object]:
    out: dict[str, object] = {"icmpv6.type": message.type, "icmpv6.code": message.code, "icmpv6.checksum.status": 1}
    if message.type in (icmpv6.ECHO_REQUEST, icmpv6.ECHO_REPLY):
        out["icmpv6.echo.identifier"] = f"0x{message.identifier:04x}"
        out["icmpv6.echo.sequence_number"] = message.sequence
    elif message.type == icmpv6.PACKET_TOO_BIG:
        out["icmpv6.mtu"] = message.mtu
    elif message.type == icmpv6.PARAMETER_PROBLEM:
        out["icmpv6.pointer"] = message.pointer
    elif message.type == icmpv6.NEIGHBOR_SOLICITATION:
        out["icmpv6.nd.ns.target_address"] = format_address(message.target)
    elif message.type == icmpv6.NEIGHBOR_ADVERTISEMENT:
        out["icmpv6.nd.na.target_address"] = format_address(message.target)
        out["icmpv6.nd.na.flag.r"] = int(message.router)
        out["icmpv6.nd.na.flag.s"] = int(message.solicited)
        out["icmpv6.nd.na.flag.o"] = int(message.override)
    if message.is_neighbor_discovery:
        for option in (icmpv6.OPTION_SOURCE_LINK_ADDRESS, icmpv6.OPTION_TARGET_LINK_ADDRESS):
            mac = message.link_address(option)
            if mac is not None:
                out["icmpv6.opt.linkaddr"] = format_mac(mac)
    return out
