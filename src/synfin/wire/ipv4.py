"""IPv4 packets (RFC 791): the header, its options as octets, and the fields that fragmentation needs.

Reassembly, forwarding, and what an option asks for are left to `host`.
"""

from __future__ import annotations

import struct
from typing import Final, final

from synfin.errors import UsageError, WireError
from synfin.mypyc import mypyc_attr
from synfin.wire.addresses import Address
from synfin.wire.checksum import ones_sum

ETHERTYPE: Final = 0x0800
MIN_HEADER_OCTETS: Final = 20
MAX_HEADER_OCTETS: Final = 60
MAX_PACKET_OCTETS: Final = 0xFFFF

OPTION_EOL: Final = 0
OPTION_NOP: Final = 1
OPTION_RECORD_ROUTE: Final = 7
OPTION_TIMESTAMP: Final = 68
OPTION_SECURITY: Final = 130
OPTION_LOOSE_SOURCE_ROUTE: Final = 131
OPTION_STRICT_SOURCE_ROUTE: Final = 137
OPTION_ROUTER_ALERT: Final = 148

_HEADER: Final = struct.Struct(">BBHHHBBH4s4s")
_RESERVED: Final = 0x8000
_DONT_FRAGMENT: Final = 0x4000
_MORE_FRAGMENTS: Final = 0x2000


@final
@mypyc_attr(acyclic=True)
class Ipv4Packet:
    """One IPv4 packet or fragment.

    `fragment_offset` is in octets, a multiple of 8; `tos` is the DSCP and ECN octet; `options` holds the option octets
    with their padding; `reserved` is the unused flag bit, zero when sent [RFC791-11].
    """

    __slots__ = (
        "dont_fragment", "dst", "fragment_offset", "identification", "more_fragments", "options", "payload", "protocol",
        "reserved", "src", "tos", "ttl",
    )  # fmt: skip

    def __init__(
        self,
        src: Address,
        dst: Address,
        protocol: int,
        payload: bytes = b"",
        ttl: int = 64,
        tos: int = 0,
        identification: int = 0,
        dont_fragment: bool = False,
        more_fragments: bool = False,
        fragment_offset: int = 0,
        options: bytes = b"",
        reserved: bool = False,
    ) -> None:
        self.src = src
        self.dst = dst
        self.protocol = protocol
        self.payload = payload
        self.ttl = ttl
        self.tos = tos
        self.identification = identification
        self.dont_fragment = dont_fragment
        self.more_fragments = more_fragments
        self.fragment_offset = fragment_offset
        self.options = options
        self.reserved = reserved

    @property
    def is_fragment(self) -> bool:
        """Whether reassembly is needed before the payload can be read (RFC 791 3.2)."""
        return self.more_fragments or self.fragment_offset > 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ipv4Packet):
            return NotImplemented
        return (
            self.src == other.src
            and self.dst == other.dst
            and self.protocol == other.protocol
            and self.payload == other.payload
            and self.ttl == other.ttl
            and self.tos == other.tos
            and self.identification == other.identification
            and self.dont_fragment == other.dont_fragment
            and self.more_fragments == other.more_fragments
            and self.fragment_offset == other.fragment_offset
            and self.options == other.options
            and self.reserved == other.reserved
        )

    def __hash__(self) -> int:
        return hash((self.src, self.dst, self.protocol, self.identification, self.fragment_offset))


def parse_ipv4(data: bytes, verify: bool = True) -> Ipv4Packet:
    """Read one packet; octets beyond the total length are link padding and are left out [RFC791-01] [RFC791-03].

    The header checksum is always verified [RFC1122-06], except with `verify=False`, which is for captures.
    Raises `WireError`: `ipv4-truncated`, `ipv4-bad-version`, `ipv4-bad-header-length`, `ipv4-bad-total-length`,
    `ipv4-bad-checksum`.
    """
    size = len(data)
    if size < MIN_HEADER_OCTETS:
        raise WireError("ipv4-truncated", f"{size} octets, a header takes 20")
    first, tos, total_length, identification, flags, ttl, protocol, _, src, dst = _HEADER.unpack_from(data)
    if first >> 4 != 4:
        raise WireError("ipv4-bad-version", f"version {first >> 4}")
    header_octets = (first & 0x0F) << 2
    if header_octets < MIN_HEADER_OCTETS:
        raise WireError("ipv4-bad-header-length", f"header length {header_octets}")
    if header_octets > size:
        raise WireError("ipv4-truncated", f"{size} octets, the header says {header_octets}")
    if total_length < header_octets or total_length > size:
        raise WireError("ipv4-bad-total-length", f"total length {total_length}, header {header_octets}, {size} octets")
    if verify and int.from_bytes(data[:header_octets], "big") % 0xFFFF:
        raise WireError("ipv4-bad-checksum")
    return Ipv4Packet(
        src,
        dst,
        protocol,
        data[header_octets:total_length],
        ttl,
        tos,
        identification,
        flags & _DONT_FRAGMENT != 0,
        flags & _MORE_FRAGMENTS != 0,
        (flags & 0x1FFF) << 3,
        data[MIN_HEADER_OCTETS:header_octets] if header_octets > MIN_HEADER_OCTETS else b"",
        flags & _RESERVED != 0,
    )


def build_ipv4(packet: Ipv4Packet) -> bytes:
    """The octets of a packet, header checksum included [RFC791-02]; options are padded to 32 bits [RFC791-05].

    Raises `UsageError` for a value that does not fit its field.
    """
    options = packet.options
    if len(options) % 4:
        options += bytes(-len(options) % 4)
    header_octets = MIN_HEADER_OCTETS + len(options)
    total_length = header_octets + len(packet.payload)
    if header_octets > MAX_HEADER_OCTETS or total_length > MAX_PACKET_OCTETS:
        raise UsageError(f"an IPv4 packet of {total_length} octets with {len(options)} octets of options does not fit")
    offset = packet.fragment_offset
    if offset & 7 or not 0 <= offset <= 0xFFF8:
        raise UsageError(f"fragment offset {offset} is not a multiple of 8 up to 65528")
    src = packet.src
    dst = packet.dst
    if len(src) != 4 or len(dst) != 4:
        raise UsageError("an IPv4 packet needs two IPv4 addresses")
    flags = offset >> 3
    if packet.dont_fragment:
        flags |= _DONT_FRAGMENT
    if packet.more_fragments:
        flags |= _MORE_FRAGMENTS
    if packet.reserved:
        flags |= _RESERVED
    first_word = (0x40 | header_octets >> 2) << 8 | packet.tos
    time_protocol = packet.ttl << 8 | packet.protocol
    total = (
        first_word + total_length + packet.identification + flags + time_protocol
        + int.from_bytes(src, "big") + int.from_bytes(dst, "big")
    )  # fmt: skip
    if options:
        total += ones_sum(options)
    try:
        header = _HEADER.pack(
            first_word >> 8, packet.tos, total_length, packet.identification, flags, packet.ttl, packet.protocol,
            -total % 0xFFFF, src, dst,
        )  # fmt: skip
    except struct.error as error:
        raise UsageError(f"an IPv4 header field does not fit: {error}") from None
    return header + options + packet.payload


def build_ipv4_header(src: Address, dst: Address, protocol: int, length: int, ttl: int = 64, tos: int = 0) -> bytes:
    """The header alone of a packet with `length` octets behind it, without options, not to be fragmented.

    Its Identification is 0, which means nothing where DF is set (RFC 6864 4) [RFC6864-01].  Raises `UsageError` for a
    value that does not fit its field.
    """
    total_length = MIN_HEADER_OCTETS + length
    if total_length > MAX_PACKET_OCTETS or len(src) != 4 or len(dst) != 4:
        raise UsageError(f"an IPv4 packet of {total_length} octets between {src!r} and {dst!r} does not fit")
    total = (
        (0x4500 | tos) + total_length + _DONT_FRAGMENT + (ttl << 8 | protocol)
        + int.from_bytes(src, "big") + int.from_bytes(dst, "big")
    )  # fmt: skip
    try:
        return _HEADER.pack(0x45, tos, total_length, 0, _DONT_FRAGMENT, ttl, protocol, -total % 0xFFFF, src, dst)
    except struct.error as error:
        raise UsageError(f"an IPv4 header field does not fit: {error}") from None


def iter_ipv4_options(options: bytes) -> list[tuple[int, int, bytes]]:
    """The options one by one as (kind, offset in the header, value), up to End-of-Options [RFC791-05] [RFC1122-12].

    Raises `WireError` `ipv4-option-bad-length` for a length that cannot be walked over.
    """
    out: list[tuple[int, int, bytes]] = []
    at = 0
    size = len(options)
    while at < size:
        kind = options[at]
        if kind == OPTION_EOL:
            break
        if kind == OPTION_NOP:
            at += 1
            continue
        length = options[at + 1] if at + 1 < size else 0
        if length < 2 or at + length > size:
            raise WireError("ipv4-option-bad-length", f"kind {kind} at octet {MIN_HEADER_OCTETS + at} says {length}")
        out.append((kind, MIN_HEADER_OCTETS + at, options[at + 2 : at + length]))
        at += length
    return out


def options_for_fragments(options: bytes) -> bytes:
    """The options that go into every fragment, those with the copied bit, padded to 32 bits [RFC791-07]."""
    out = b""
    for kind, _, value in iter_ipv4_options(options):
        if kind & 0x80:
            out += bytes((kind, 2 + len(value))) + value
    return out + bytes(-len(out) % 4)
