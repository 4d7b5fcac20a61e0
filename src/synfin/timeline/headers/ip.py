"""Readers of the internet layer: IPv4 with its options (RFC 791), IPv6 with its extension headers (RFC 8200)."""

from __future__ import annotations

from typing import Final

from synfin.timeline.headers.fields import Sheet, Walk, read_options
from synfin.wire.checksum import ones_sum
from synfin.wire.ipv4 import (
    OPTION_EOL,
    OPTION_LOOSE_SOURCE_ROUTE,
    OPTION_NOP,
    OPTION_RECORD_ROUTE,
    OPTION_ROUTER_ALERT,
    OPTION_SECURITY,
    OPTION_STRICT_SOURCE_ROUTE,
    OPTION_TIMESTAMP,
)
from synfin.wire.ipv6 import (
    AUTHENTICATION,
    DESTINATION_OPTIONS,
    ENCAPSULATION,
    FRAGMENT,
    HOP_BY_HOP,
    NO_NEXT_HEADER,
    OPTION_JUMBO,
    OPTION_PAD1,
    OPTION_PADN,
    ROUTING,
)
from synfin.wire.ipv6 import OPTION_ROUTER_ALERT as OPTION_ROUTER_ALERT_V6

PROTOCOLS: Final[dict[int, str]] = {
    HOP_BY_HOP: "IPv6 Hop-by-Hop",
    1: "ICMP",
    2: "IGMP",
    4: "IPv4",
    6: "TCP",
    17: "UDP",
    41: "IPv6",
    ROUTING: "IPv6 Routing",
    FRAGMENT: "IPv6 Fragment",
    ENCAPSULATION: "ESP",
    AUTHENTICATION: "AH",
    58: "ICMPv6",
    NO_NEXT_HEADER: "IPv6 No Next Header",
    DESTINATION_OPTIONS: "IPv6 Destination Options",
    132: "SCTP",
}
_COMMON: Final[dict[int, str]] = {4: "ipv4", 6: "tcp", 17: "udp", 41: "ipv6"}
_AFTER_V4: Final[dict[int, str]] = {**_COMMON, 1: "icmpv4"}
_AFTER_V6: Final[dict[int, str]] = {
    **_COMMON,
    58: "icmpv6",
    HOP_BY_HOP: "hop_by_hop",
    ROUTING: "routing",
    FRAGMENT: "fragment",
    DESTINATION_OPTIONS: "destination",
    AUTHENTICATION: "auth",
    ENCAPSULATION: "esp",
}
_SOURCE_ROUTES: Final = (OPTION_RECORD_ROUTE, OPTION_LOOSE_SOURCE_ROUTE, OPTION_STRICT_SOURCE_ROUTE)
_V4_OPTIONS: Final[dict[int, str]] = {
    OPTION_EOL: "end",
    OPTION_NOP: "nop",
    OPTION_RECORD_ROUTE: "record_route",
    OPTION_TIMESTAMP: "timestamp",
    OPTION_SECURITY: "security",
    OPTION_LOOSE_SOURCE_ROUTE: "loose_route",
    OPTION_STRICT_SOURCE_ROUTE: "strict_route",
    OPTION_ROUTER_ALERT: "router_alert",
}
_V6_OPTIONS: Final[dict[int, str]] = {
    OPTION_PAD1: "pad1",
    OPTION_PADN: "padn",
    OPTION_ROUTER_ALERT_V6: "router_alert",
    OPTION_JUMBO: "jumbo",
}
_CHECKSUM_AT: Final = 10


def _protocol(sheet: Sheet, name: str) -> int:
    """A field with the number of the protocol that follows."""
    number = sheet.peek(name, 8)
    return sheet.number(name, 8, "value.name" if number in PROTOCOLS else "", name=PROTOCOLS.get(number, ""))


def _service(sheet: Sheet) -> None:
    """DSCP and ECN, in both versions (RFC 2474 3, RFC 3168 5)."""
    sheet.number("ip.dscp", 6)
    sheet.number("ip.ecn", 2, f"value.ecn.{sheet.peek('ip.ecn', 2)}")


# IPv4


def read_ipv4(walk: Walk) -> None:
    """The header with its checksum verified; what the total length leaves out is padding of the link [RFC791-01]."""
    start, available = walk.at, walk.end - walk.at
    sheet = walk.sheet()
    words = sheet.peek("ip.version", 8) & 15
    size = words * 4
    sheet.number("ip.version", 4, valid=None if sheet.peek("ip.version", 4) == 4 else False)
    sheet.number("ipv4.header_length", 4, "value.words", valid=None if size >= 20 else False, octets=size)
    _service(sheet)
    total = sheet.peek("ipv4.total_length", 16)
    fits = size <= total <= available
    sheet.number(
        "ipv4.total_length", 16, "value.octets" if fits else "value.length", valid=None if fits else False, count=total,
        there=available,
    )  # fmt: skip
    sheet.hexed("ipv4.identification", 16)
    sheet.number("ipv4.reserved", 1)
    sheet.number("ipv4.dont_fragment", 1)
    more = sheet.number("ipv4.more_fragments", 1)
    eighths = sheet.peek("ipv4.fragment_offset", 13)
    sheet.number("ipv4.fragment_offset", 13, "value.eighths", octets=eighths * 8)
    sheet.number("ip.ttl", 8)
    protocol = _protocol(sheet, "ipv4.protocol")
    header = walk.data[start : start + size] if 20 <= size <= available else b""
    _checksum(sheet, header)
    walk.src = sheet.address("ip.src", 4)
    walk.dst = sheet.address("ip.dst", 4)
    walk.whole = total <= available and not more and eighths == 0
    if not sheet.cut and size > 20:
        sheet.end = start + min(size, available)
        read_options(sheet, "ipv4_option", _V4_OPTIONS, _value)
    following = _AFTER_V4.get(protocol, "") if eighths == 0 and size >= 20 else ""
    walk.done("ipv4", sheet, following)
    if size <= total < available:
        walk.end = start + total


def _checksum(sheet: Sheet, header: bytes) -> None:
    """The header checksum; `header` is empty where it is not all there."""
    found = sheet.peek("ipv4.checksum", 16)
    if not header:
        sheet.hexed("ipv4.checksum", 16, "value.unverified")
        return
    right = -(ones_sum(header) - found) % 0xFFFF
    told_right = found % 0xFFFF == right % 0xFFFF
    sheet.number(
        "ipv4.checksum", 16, "value.checksum_good" if told_right else "value.checksum_bad", shown=f"0x{found:04x}",
        valid=told_right, expected=f"0x{right:04x}",
    )  # fmt: skip


def _value(sheet: Sheet, kind: int, size: int) -> None:
    """What is inside a known option (RFC 791 3.1, RFC 2113); of others, and of what is too short, nothing is read."""
    end = sheet.position + size
    if kind in _SOURCE_ROUTES and size >= 1:
        sheet.number("opt.pointer", 8)
        while end - sheet.position >= 4:
            sheet.address("opt.address", 4)
    elif kind == OPTION_TIMESTAMP and size >= 2:
        sheet.number("opt.pointer", 8)
        sheet.number("opt.overflow", 4)
        sheet.number("opt.flag", 4)
        while end - sheet.position >= 4:
            sheet.number("opt.stamp", 32)
    elif kind == OPTION_ROUTER_ALERT and size == 2:
        sheet.number("opt.router_alert", 16)


# IPv6


def read_ipv6(walk: Walk) -> None:
    """The fixed header (RFC 8200 3)."""
    start = walk.at
    sheet = walk.sheet()
    sheet.number("ip.version", 4, valid=None if sheet.peek("ip.version", 4) == 6 else False)
    _service(sheet)
    sheet.hexed("ipv6.flow_label", 20)
    available = walk.end - start - 40
    length = sheet.peek("ipv6.payload_length", 16)
    fits = length <= available
    sheet.number(
        "ipv6.payload_length", 16, "value.octets" if fits else "value.length", valid=None if fits else False,
        count=length, there=max(available, 0),
    )  # fmt: skip
    following = _protocol(sheet, "ipv6.next_header")
    sheet.number("ipv6.hop_limit", 8)
    walk.src = sheet.address("ip.src", 16)
    walk.dst = sheet.address("ip.dst", 16)
    walk.whole = fits
    walk.done("ipv6", sheet, _AFTER_V6.get(following, ""))
    jumbo = length == 0 and following == HOP_BY_HOP  # RFC 2675 3: the length is in an option
    if fits and not sheet.cut and not jumbo:
        walk.end = start + 40 + length


def _extension(walk: Walk, unit: int, extra: int) -> tuple[Sheet, int]:
    """Next header and length, which counts units of `unit` octets without `extra` of them."""
    sheet = walk.sheet()
    following = _protocol(sheet, "ext.next_header")
    octets = (sheet.peek("ext.length", 8) + extra) * unit
    fits = octets <= walk.end - walk.at
    sheet.number(
        "ext.length", 8, "value.octets" if fits else "value.length", valid=None if fits else False, count=octets,
        there=walk.end - walk.at,
    )  # fmt: skip
    sheet.end = min(walk.end, walk.at + max(octets, 2))
    return sheet, following


def read_options_header(walk: Walk) -> None:
    """Hop-by-hop and destination options (RFC 8200 4.3, 4.6)."""
    name = walk.following
    sheet, following = _extension(walk, 8, 1)
    while sheet.left > 0 and not sheet.cut:
        kind = sheet.peek("opt.kind", 8)
        sheet.group = _V6_OPTIONS.get(kind, "unknown")
        sheet.number("opt.kind", 8, f"value.ipv6_option.{sheet.group}")
        if kind == OPTION_PAD1:
            continue
        if sheet.left == 0:
            sheet.doubt()
            break
        length = sheet.peek("opt.length", 8)
        if length > sheet.left - 1:
            sheet.number("opt.length", 8, "value.length", valid=False, count=length, there=sheet.left - 1)
            sheet.rest("opt.unreadable")
            break
        sheet.number("opt.length", 8, "value.octets", count=length)
        if kind == OPTION_ROUTER_ALERT_V6 and length == 2:
            sheet.number("opt.router_alert", 16)
        elif kind == OPTION_JUMBO and length == 4:
            sheet.number("opt.jumbo", 32, "value.octets", count=sheet.peek("opt.jumbo", 32))
        else:
            sheet.octets("opt.padding" if kind == OPTION_PADN else "opt.data", length)
    walk.done(name, sheet, _AFTER_V6.get(following, ""))


def read_routing(walk: Walk) -> None:
    """RFC 8200 4.4; the addresses of types 0 (RFC 5095: no longer in use) and 2 (RFC 6275) are told one by one."""
    sheet, following = _extension(walk, 8, 1)
    kind = sheet.number("routing.type", 8)
    segments = sheet.number("routing.segments_left", 8)
    if kind in (0, 2):
        sheet.hexed("routing.reserved", 32)
        while sheet.left >= 16 and not sheet.cut:
            sheet.address("routing.address", 16)
    sheet.rest("routing.data")
    if segments:
        walk.whole = False  # the pseudo-header has the last address, not that of the header (RFC 8200 8.1)
    walk.done("routing", sheet, _AFTER_V6.get(following, ""))


def read_fragment(walk: Walk) -> None:
    """RFC 8200 4.5; behind one that is not the first there is nothing to read."""
    sheet = walk.sheet()
    following = _protocol(sheet, "ext.next_header")
    sheet.hexed("fragment.reserved", 8)
    eighths = sheet.peek("fragment.offset", 13)
    sheet.number("fragment.offset", 13, "value.eighths", octets=eighths * 8)
    sheet.number("fragment.reserved_bits", 2)
    more = sheet.number("fragment.more", 1)
    sheet.hexed("fragment.identification", 32)
    if more or eighths:
        walk.whole = False
    walk.done("fragment", sheet, "" if eighths else _AFTER_V6.get(following, ""))


def read_auth(walk: Walk) -> None:
    """RFC 4302 2."""
    sheet, following = _extension(walk, 4, 2)
    sheet.hexed("auth.reserved", 16)
    sheet.hexed("auth.spi", 32)
    sheet.number("auth.sequence", 32)
    sheet.rest("auth.icv")
    walk.done("auth", sheet, _AFTER_V6.get(following, ""))


def read_esp(walk: Walk) -> None:
    """RFC 4303 2: what follows is encrypted."""
    sheet = walk.sheet()
    sheet.hexed("auth.spi", 32)
    sheet.number("auth.sequence", 32)
    walk.done("esp", sheet)
