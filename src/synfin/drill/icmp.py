"""ICMP messages of scripts, of both families: building those that are injected, describing those that come.

Responsible for names and numbers, and for what a message quotes.  A script names the messages of both families alike
where they mean the same, so that one script serves both.
"""

from __future__ import annotations

import struct
from typing import Final

from synfin.drill.errors import UnsupportedError
from synfin.drill.live import ip_packet
from synfin.drill.model import IcmpPacket, IpInfo, Range
from synfin.drill.numbers import Flow, nearest
from synfin.errors import WireError
from synfin.timeline.capture.observed import Observed
from synfin.wire import icmpv4, icmpv6, udp
from synfin.wire import tcp as wire
from synfin.wire.addresses import Address
from synfin.wire.quote import parse_quote

_UNREACHABLE_V4: Final[dict[str, int]] = {
    "net_unreachable": 0, "host_unreachable": 1, "protocol_unreachable": 2, "port_unreachable": 3, "frag_needed": 4,
    "source_route_failed": 5, "net_unknown": 6, "host_unknown": 7, "source_host_isolated": 8, "net_prohibited": 9,
    "host_prohibited": 10, "net_unreachable_for_tos": 11, "host_unreachable_for_tos": 12, "packet_filtered": 13,
    "admin_prohibited": 13, "precedence_violation": 14, "precedence_cutoff": 15,
}  # fmt: skip
_UNREACHABLE_V6: Final[dict[str, int]] = {
    "no_route": 0, "net_unreachable": 0, "admin_prohibited": 1, "beyond_scope": 2, "not_neighbour": 2,
    "host_unreachable": 3, "addr_unreachable": 3, "address_unreachable": 3, "port_unreachable": 4,
}  # fmt: skip
_TIME_EXCEEDED: Final[dict[str, int]] = {"ttl_exceeded": 0, "reassembly_exceeded": 1}
_TYPES_V4: Final[dict[str, int]] = {
    "unreachable": icmpv4.UNREACHABLE, "source_quench": icmpv4.SOURCE_QUENCH, "redirect": icmpv4.REDIRECT,
    "time_exceeded": icmpv4.TIME_EXCEEDED, "parameter_problem": icmpv4.PARAMETER_PROBLEM,
    "echo_request": icmpv4.ECHO_REQUEST, "echo_reply": icmpv4.ECHO_REPLY,
}  # fmt: skip
_TYPES_V6: Final[dict[str, int]] = {
    "unreachable": icmpv6.UNREACHABLE, "packet_too_big": icmpv6.PACKET_TOO_BIG,
    "time_exceeded": icmpv6.TIME_EXCEEDED, "parameter_problem": icmpv6.PARAMETER_PROBLEM,
    "echo_request": icmpv6.ECHO_REQUEST, "echo_reply": icmpv6.ECHO_REPLY,
}  # fmt: skip
_ECHO: Final = ("echo_request", "echo_reply")
_ECHO_NUMBERS: Final = 1  # identifier 0, sequence number 1: Linux sums an answer of nothing but zeros up wrongly
_IP_OCTETS: Final[dict[int, int]] = {4: 20, 16: 40}  # by octets of an address
_QUOTED_OCTETS: Final = 20  # of the upper layer


def icmp_packet(
    packet: IcmpPacket, flow: Flow | None, ports: tuple[int, int], remote: Address, local: Address
) -> bytes:
    """The IP packet with the ICMP message that a line injects.

    An error quotes a segment of the stack under test, or with `[udp (length)]` a datagram from and to `ports`.
    """
    six = len(local) == 16
    kind, code = numbers(packet, six)
    echo = _is_echo(kind, six)
    rest = _ECHO_NUMBERS if echo else packet.mtu or 0
    inner = b"" if echo else _quoted(packet, flow, ports, remote, local)
    if six:
        message = icmpv6.Icmpv6Message(kind, code, rest, inner)
        return ip_packet(icmpv6.build_icmpv6(message, remote, local), icmpv6.PROTOCOL, packet.ip, remote, local)
    return ip_packet(
        icmpv4.build_icmpv4(icmpv4.Icmpv4Message(kind, code, rest, inner)), icmpv4.PROTOCOL, packet.ip, remote, local
    )


def _quoted(packet: IcmpPacket, flow: Flow | None, ports: tuple[int, int], remote: Address, local: Address) -> bytes:
    """The beginning of the packet of the stack under test that the error is about."""
    if packet.quoted_udp is not None:
        payload = struct.pack(">HHHH", ports[0], ports[1], 8 + packet.quoted_udp, 0) + bytes(packet.quoted_udp)
        inner = ip_packet(payload, udp.PROTOCOL, IpInfo(ttl=64), local, remote)
    else:
        if flow is None or flow.local_port is None:
            raise UnsupportedError("an ICMP message before there is a connection")
        quoted = packet.quoted
        seq = 0 if quoted is None else flow.inbound_ack(quoted.first, quoted.absolute)
        header = struct.pack(">HHII", flow.local_port, flow.remote_port, seq, 0) + b"\x50\x10" + bytes(6)
        inner = ip_packet(
            header + bytes(0 if quoted is None else quoted.length), wire.PROTOCOL, IpInfo(ttl=64), local, remote
        )
    return inner[: _IP_OCTETS[len(local)] + _QUOTED_OCTETS]


def _is_echo(kind: int, six: bool) -> bool:
    types = _TYPES_V6 if six else _TYPES_V4
    return any(types[name] == kind for name in _ECHO)


def numbers(packet: IcmpPacket, six: bool) -> tuple[int, int]:
    """Type and code of a line in the numbers of its family; raises `UnsupportedError` for names that it has not."""
    if six and packet.type == "unreachable" and packet.code == "frag_needed":
        return icmpv6.PACKET_TOO_BIG, 0
    types = _TYPES_V6 if six else _TYPES_V4
    kind = int(packet.type) if packet.type.isdigit() else types.get(packet.type)
    if kind is None:
        raise UnsupportedError(f"ICMP type {packet.type!r} is not known; there are {', '.join(types)}")
    if not packet.code:
        return kind, 0
    codes = _codes(kind, six)
    code = int(packet.code) if packet.code.isdigit() else codes.get(packet.code)
    if code is None:
        raise UnsupportedError(f"ICMP code {packet.code!r} is not known; there are {', '.join(codes) or 'numbers'}")
    return kind, code


def _codes(kind: int, six: bool) -> dict[str, int]:
    if kind == (icmpv6.UNREACHABLE if six else icmpv4.UNREACHABLE):
        return _UNREACHABLE_V6 if six else _UNREACHABLE_V4
    if kind == (icmpv6.TIME_EXCEEDED if six else icmpv4.TIME_EXCEEDED):
        return _TIME_EXCEEDED
    return {}


def names(kind: int, code: int, six: bool) -> tuple[str, str]:
    """Type and code in words, or in numbers where there are none; code 0 without a name is left out."""
    types, codes = _TYPES_V6 if six else _TYPES_V4, _codes(kind, six)
    return (
        next((name for name, number in types.items() if number == kind), str(kind)),
        next((name for name, number in codes.items() if number == code), str(code or "")),
    )


def described_icmp(observed: Observed, flow: Flow | None, like: IcmpPacket | None = None) -> IcmpPacket:
    """A live message as a line of a script, named as `like` names it where both mean the same."""
    message = observed.icmp
    assert message is not None
    six = len(observed.src) == 16
    if like is not None and numbers(like, six) == (message.type, message.code):
        kind, code = like.type, like.code
    else:
        kind, code = names(message.type, message.code, six)
    if _is_echo(message.type, six):
        return IcmpPacket(False, kind, code)
    mtu = message.rest if like is None or like.mtu is not None else None
    quoted, quoted_udp = _read_quote(message.body, flow, like)
    return IcmpPacket(False, kind, code, mtu or None, quoted, quoted_udp=quoted_udp)


def _read_quote(body: bytes, flow: Flow | None, like: IcmpPacket | None) -> tuple[Range | None, int | None]:
    """What a message of the stack under test quotes: a segment of ours in the script's numbers, or a datagram."""
    try:
        quote = parse_quote(body)
    except WireError:
        return None, None
    if quote.protocol == udp.PROTOCOL and len(quote.transport) >= 8:
        return None, int.from_bytes(quote.transport[4:6], "big") - 8
    seq = quote.seq
    if seq is None or flow is None or len(quote.transport) < 13:
        return None, None
    near = like.quoted.first if like is not None and like.quoted is not None else 0
    first = nearest(flow.outbound_ack(seq), near)
    length = quote.total_length - _IP_OCTETS[len(quote.src)] - (quote.transport[12] >> 4) * 4
    return Range(first, first + length, length), None
