"""Comparing what is not TCP: datagrams and ICMP messages that a script expects; any packet as a line of a script."""

from __future__ import annotations

from synfin.drill.icmp import described_icmp, numbers
from synfin.drill.match import (
    Difference,
    Rules,
    described,
    differences,
    ip_differences,
    ip_fields,
    payload_difference,
    port_difference,
)
from synfin.drill.model import IcmpPacket, Packet, TcpPacket, UdpPacket
from synfin.drill.numbers import Flow
from synfin.drill.printer import print_action, print_range
from synfin.timeline.capture.observed import Observed


def all_differences(expected: Packet, observed: Observed, flow: Flow | None, rules: Rules) -> list[Difference]:
    """Everything in which a packet differs from what the script expects, whatever both are."""
    if isinstance(expected, TcpPacket):
        if observed.segment is not None and flow is not None:
            return differences(expected, observed, flow, rules)
    elif isinstance(expected, UdpPacket):
        if observed.udp is not None:
            return _datagram(expected, observed, rules)
    elif observed.icmp is not None:
        return _message(expected, observed, flow)
    return [Difference("protocol", _protocol(expected), print_action(line_of(observed, flow)))]


def _protocol(expected: Packet) -> str:
    return "tcp" if isinstance(expected, TcpPacket) else "udp" if isinstance(expected, UdpPacket) else "icmp"


def line_of(observed: Observed, flow: Flow | None, like: Packet | None = None) -> Packet:
    """A live packet as a line of a script, with the fields that `like` writes if it is of the same protocol."""
    if observed.segment is not None:
        known = flow if flow is not None else Flow(observed.segment.src_port, observed.segment.dst_port, 0)
        return described(observed, known, like if isinstance(like, TcpPacket) else None)
    if observed.udp is not None:
        wanted = like if isinstance(like, UdpPacket) else UdpPacket(False, 0)
        ports = (observed.udp.src_port, observed.udp.dst_port)
        shown = ports if like is not wanted or wanted.ports is not None else None
        return UdpPacket(False, len(observed.udp.payload), ip_fields(observed, wanted.ip), shown)
    return described_icmp(observed, flow, like if isinstance(like, IcmpPacket) else None)


def _datagram(expected: UdpPacket, observed: Observed, rules: Rules) -> list[Difference]:
    datagram = observed.udp
    assert datagram is not None
    out = [Difference("checksum", "right", observed.broken)] if observed.broken else []
    out.extend(port_difference(expected.ports, (datagram.src_port, datagram.dst_port)))
    if expected.length != len(datagram.payload):
        out.append(Difference("length", f"({expected.length})", f"({len(datagram.payload)})"))
    out.extend(ip_differences(expected.ip, ip_fields(observed, expected.ip)))
    out.extend(payload_difference(datagram.payload, rules))
    return out


def _message(expected: IcmpPacket, observed: Observed, flow: Flow | None) -> list[Difference]:
    message = observed.icmp
    assert message is not None
    got = described_icmp(observed, flow, expected)
    out: list[Difference] = []
    if numbers(expected, len(observed.src) == 16) != (message.type, message.code):
        out.append(Difference("icmp", f"{expected.type} {expected.code}".rstrip(), f"{got.type} {got.code}".rstrip()))
    if expected.mtu is not None and expected.mtu != message.rest:
        out.append(Difference("mtu", f"mtu {expected.mtu}", f"mtu {message.rest}"))
    if (expected.quoted, expected.quoted_udp) != (None, None) and (expected.quoted, expected.quoted_udp) != (
        got.quoted,
        got.quoted_udp,
    ):
        out.append(Difference("quoted", _quote(expected), _quote(got)))
    out.extend(ip_differences(expected.ip, ip_fields(observed, expected.ip)))
    return out


def _quote(packet: IcmpPacket) -> str:
    if packet.quoted_udp is not None:
        return f"[udp ({packet.quoted_udp})]"
    return f"[{print_range(packet.quoted)}]" if packet.quoted is not None else "another packet"
