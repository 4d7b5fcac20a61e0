"""Readers of ICMP (RFC 792), ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861), and of what errors quote."""

from __future__ import annotations

from typing import Final

from synfin.timeline.headers.fields import Sheet, Walk
from synfin.timeline.headers.tcp import transport_checksum
from synfin.wire import icmpv4, icmpv6

_V4_TYPES: Final = (0, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14)
_V4_CODES: Final[dict[int, int]] = {3: 15, 5: 3, 11: 1, 12: 2}  # type: its highest code with a text
_V6_TYPES: Final = (1, 2, 3, 4, 128, 129, 133, 134, 135, 136, 137)
_V6_CODES: Final[dict[int, int]] = {1: 6, 3: 1, 4: 3}
_ND_OPTIONS: Final[dict[int, str]] = {1: "source_link", 2: "target_link", 3: "prefix", 4: "redirected", 5: "mtu"}


def _head(
    walk: Walk, version: str, protocol: int, types: tuple[int, ...], codes: dict[int, int]
) -> tuple[Sheet, int, int]:
    """Type, code and checksum."""
    sheet = walk.sheet()
    kind = sheet.peek("icmp.type", 8)
    code = sheet.peek("icmp.type", 16) & 0xFF
    sheet.number("icmp.type", 8, f"value.{version}.{kind}" if kind in types else "")
    sheet.number("icmp.code", 8, f"value.{version}.{kind}.{code}" if code <= codes.get(kind, -1) else "")
    transport_checksum(walk, sheet, "icmp.checksum", protocol, walk.end)
    return sheet, kind, code


def _echo(sheet: Sheet) -> None:
    sheet.number("icmp.identifier", 16)
    sheet.number("icmp.sequence", 16)


def read_icmpv4(walk: Walk) -> None:
    """The eight octets of the header, timestamps, and the packet that an error quotes."""
    sheet, kind, code = _head(walk, "icmpv4", 1, _V4_TYPES, _V4_CODES)
    if kind in (icmpv4.ECHO_REQUEST, icmpv4.ECHO_REPLY):
        _echo(sheet)
    elif kind in (icmpv4.UNREACHABLE, icmpv4.TIME_EXCEEDED):
        sheet.number("icmp.unused", 8)
        sheet.number("icmp.quote_length", 8)  # RFC 4884 4.1
        needed = kind == icmpv4.UNREACHABLE and code == icmpv4.FRAGMENTATION_NEEDED
        sheet.number("icmp.next_hop_mtu" if needed else "icmp.unused", 16)
    elif kind == icmpv4.PARAMETER_PROBLEM:
        sheet.number("icmp.pointer", 8)
        sheet.number("icmp.quote_length", 8)
        sheet.number("icmp.unused", 16)
    elif kind == icmpv4.REDIRECT:
        sheet.address("icmp.gateway", 4)
    elif kind == icmpv4.ROUTER_ADVERTISEMENT:
        sheet.number("icmp.router_count", 8)
        sheet.number("icmp.entry_size", 8)
        sheet.number("icmp.lifetime", 16, "value.seconds", count=sheet.peek("icmp.lifetime", 16))
    elif kind in (icmpv4.TIMESTAMP_REQUEST, icmpv4.TIMESTAMP_REPLY):
        _echo(sheet)
        for name in ("originate", "receive", "transmit"):
            sheet.number(f"icmp.{name}", 32)
    else:
        sheet.hexed("icmp.unused" if kind in (icmpv4.SOURCE_QUENCH, icmpv4.ROUTER_SOLICITATION) else "icmp.rest", 32)
    _finish(walk, "icmpv4", sheet, kind in icmpv4.ERROR_TYPES, "ipv4")


def read_icmpv6(walk: Walk) -> None:
    """The header, the messages of neighbour discovery with their options, and the packet that an error quotes."""
    sheet, kind, _ = _head(walk, "icmpv6", icmpv6.PROTOCOL, _V6_TYPES, _V6_CODES)
    if kind in (icmpv6.ECHO_REQUEST, icmpv6.ECHO_REPLY):
        _echo(sheet)
    elif kind == icmpv6.PACKET_TOO_BIG:
        sheet.number("icmp.mtu", 32, "value.octets", count=sheet.peek("icmp.mtu", 32))
    elif kind == icmpv6.PARAMETER_PROBLEM:
        sheet.number("icmp.pointer", 32)
    elif kind in (icmpv6.UNREACHABLE, icmpv6.TIME_EXCEEDED):
        sheet.number("icmp.quote_length", 8)
        sheet.number("icmp.unused", 24)
    elif icmpv6.ROUTER_SOLICITATION <= kind <= icmpv6.REDIRECT:
        _discovery(sheet, kind)
    else:
        sheet.hexed("icmp.rest", 32)
    _finish(walk, "icmpv6", sheet, kind in _V6_TYPES[:4], "ipv6")


def _finish(walk: Walk, name: str, sheet: Sheet, error: bool, following: str) -> None:
    """Behind an error comes as much of the packet as was quoted; its checksums cover more than that."""
    walk.done(name, sheet, following if error else "")
    if error:
        walk.quoted = True


def _discovery(sheet: Sheet, kind: int) -> None:
    """RFC 4861 4.1 to 4.5, then options."""
    if kind == icmpv6.ROUTER_ADVERTISEMENT:
        sheet.number("nd.hop_limit", 8)
        sheet.number("nd.managed", 1)
        sheet.number("nd.other", 1)
        sheet.number("nd.reserved", 6)
        sheet.number("nd.router_lifetime", 16, "value.seconds", count=sheet.peek("nd.router_lifetime", 16))
        sheet.number("nd.reachable", 32)
        sheet.number("nd.retransmit", 32)
    elif kind == icmpv6.NEIGHBOR_ADVERTISEMENT:
        for name in ("router", "solicited", "override"):
            sheet.number(f"nd.{name}", 1)
        sheet.number("nd.reserved", 29)
    else:
        sheet.number("nd.reserved", 32)
    if kind in (icmpv6.NEIGHBOR_SOLICITATION, icmpv6.NEIGHBOR_ADVERTISEMENT, icmpv6.REDIRECT):
        sheet.address("nd.target", 16)
    if kind == icmpv6.REDIRECT:
        sheet.address("nd.destination", 16)
    while sheet.left > 0 and not sheet.cut:
        _discovery_option(sheet)
    sheet.group = ""


def _discovery_option(sheet: Sheet) -> None:
    """RFC 4861 4.6; the length counts eight octets at a time, and 0 cannot be walked over [RFC4861-15]."""
    kind = sheet.peek("opt.kind", 8)
    sheet.group = _ND_OPTIONS.get(kind, "unknown")
    sheet.number("opt.kind", 8, f"value.nd_option.{sheet.group}")
    if sheet.left == 0:
        sheet.doubt()
        return
    eighths = sheet.peek("opt.length", 8)
    if eighths == 0 or eighths * 8 - 1 > sheet.left:
        sheet.number("opt.length", 8, "value.length", valid=False, count=eighths * 8, there=sheet.left + 1)
        sheet.rest("opt.unreadable")
        return
    sheet.number("opt.length", 8, "value.eighths", octets=eighths * 8)
    end = sheet.position + eighths * 8 - 2
    if kind in (1, 2) and eighths == 1:
        sheet.mac("nd.link_address")
    elif kind == icmpv6.OPTION_PREFIX and eighths == 4:
        sheet.number("nd.prefix_length", 8)
        sheet.number("nd.on_link", 1)
        sheet.number("nd.autonomous", 1)
        sheet.number("nd.reserved", 6)
        sheet.number("nd.valid_lifetime", 32, "value.seconds", count=sheet.peek("nd.valid_lifetime", 32))
        sheet.number("nd.preferred_lifetime", 32, "value.seconds", count=sheet.peek("nd.preferred_lifetime", 32))
        sheet.number("nd.reserved", 32)
        sheet.address("nd.prefix", 16)
    elif kind == icmpv6.OPTION_REDIRECTED:
        sheet.hexed("nd.reserved", 48)
    elif kind == icmpv6.OPTION_MTU and eighths == 1:
        sheet.number("nd.reserved", 16)
        sheet.number("icmp.mtu", 32, "value.octets", count=sheet.peek("icmp.mtu", 32))
    sheet.octets("opt.data", end - sheet.position)
