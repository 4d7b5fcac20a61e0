"""IPv6 packets (RFC 8200): the base header, and the walk over the extension headers to the upper layer.

What a routing header or an option asks for, and reassembly, are left to `host`; the walk says where everything is.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple, final

from synfin.errors import UsageError, WireError
from synfin.mypyc import mypyc_attr
from synfin.wire.addresses import Address

ETHERTYPE: Final = 0x86DD
HEADER_OCTETS: Final = 40
MIN_MTU: Final = 1_280  # RFC 8200 5
MAX_PAYLOAD_OCTETS: Final = 0xFFFF

HOP_BY_HOP: Final = 0
ROUTING: Final = 43
FRAGMENT: Final = 44
ENCAPSULATION: Final = 50
AUTHENTICATION: Final = 51
ICMPV6: Final = 58
NO_NEXT_HEADER: Final = 59
DESTINATION_OPTIONS: Final = 60

EXTENSION_HEADER_LIMIT: Final = 16
OPTION_LIMIT: Final = 64  # per header; padding counts, as it costs as much to read (RFC 8504 5.3)

OPTION_PAD1: Final = 0
OPTION_PADN: Final = 1
OPTION_ROUTER_ALERT: Final = 5
OPTION_JUMBO: Final = 0xC2

# What the top two bits of an unknown option ask for [RFC8200-04].
SKIP: Final = 0
DISCARD: Final = 1
DISCARD_AND_TELL: Final = 2
DISCARD_AND_TELL_UNLESS_MULTICAST: Final = 3

_HEADER: Final = struct.Struct(">IHBB16s16s")
_FRAGMENT: Final = struct.Struct(">BBHI")
_WALKED: Final = frozenset((HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION_OPTIONS))


@final
@mypyc_attr(acyclic=True)
class Ipv6Packet:
    """One IPv6 packet; `payload` is everything behind the base header, extension headers included.

    `traffic_class` is the DSCP and ECN octet, `flow_label` has 20 bits.
    """

    __slots__ = ("dst", "flow_label", "hop_limit", "next_header", "payload", "src", "traffic_class")

    def __init__(
        self,
        src: Address,
        dst: Address,
        next_header: int,
        payload: bytes = b"",
        hop_limit: int = 64,
        traffic_class: int = 0,
        flow_label: int = 0,
    ) -> None:
        self.src = src
        self.dst = dst
        self.next_header = next_header
        self.payload = payload
        self.hop_limit = hop_limit
        self.traffic_class = traffic_class
        self.flow_label = flow_label

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ipv6Packet):
            return NotImplemented
        return (
            self.src == other.src
            and self.dst == other.dst
            and self.next_header == other.next_header
            and self.payload == other.payload
            and self.hop_limit == other.hop_limit
            and self.traffic_class == other.traffic_class
            and self.flow_label == other.flow_label
        )

    def __hash__(self) -> int:
        return hash((self.src, self.dst, self.next_header, self.flow_label, self.payload))


class ExtensionHeader(NamedTuple):
    """Where one extension header lies: `offset` into the payload, `length` in octets, `kind` its own number."""

    kind: int
    offset: int
    length: int


class FragmentHeader(NamedTuple):
    """The fields of a fragment header (RFC 8200 4.5); `offset` is in octets, a multiple of 8."""

    next_header: int
    offset: int
    more: bool
    identification: int

    @property
    def is_atomic(self) -> bool:
        """Offset 0 and nothing to come: the packet is whole and is read alone [RFC8200-12]."""
        return self.offset == 0 and not self.more


class UpperLayer(NamedTuple):
    """Where the walk ended.

    `protocol` is the number of the upper layer (or of what the walk does not know), `offset` where it starts in the
    payload, `pointer` where in the packet (base header included) the field is that names it: the pointer of a
    Parameter Problem [RFC8200-03].  `headers` are the extension headers in order; `fragment` is the fragment header,
    if there is one.  Behind a fragment header with an offset above 0 there is nothing to read: `protocol` then is what
    the fragment header says the fragmented part begins with.
    """

    protocol: int
    offset: int
    pointer: int
    headers: tuple[ExtensionHeader, ...]
    fragment: FragmentHeader | None


def parse_ipv6(data: bytes) -> Ipv6Packet:
    """Read one packet; octets beyond the payload length are link padding and are left out [RFC8200-01].

    Raises `WireError`: `ipv6-truncated`, `ipv6-bad-version`, `ipv6-bad-payload-length`.
    """
    size = len(data)
    if size < HEADER_OCTETS:
        raise WireError("ipv6-truncated", f"{size} octets, a header takes 40")
    word, length, next_header, hop_limit, src, dst = _HEADER.unpack_from(data)
    if word >> 28 != 6:
        raise WireError("ipv6-bad-version", f"version {word >> 28}")
    end = HEADER_OCTETS + length
    if end > size:
        raise WireError("ipv6-bad-payload-length", f"payload length {length} in {size} octets")
    return Ipv6Packet(src, dst, next_header, data[HEADER_OCTETS:end], hop_limit, word >> 20 & 0xFF, word & 0xF_FFFF)


def build_ipv6(packet: Ipv6Packet) -> bytes:
    """The octets of a packet; raises `UsageError` for a value that does not fit its field."""
    payload = packet.payload
    header = build_ipv6_header(
        packet.src, packet.dst, packet.next_header, len(payload), packet.hop_limit, packet.traffic_class,
        packet.flow_label,
    )  # fmt: skip
    return header + payload


def build_ipv6_header(
    src: Address,
    dst: Address,
    next_header: int,
    length: int,
    hop_limit: int = 64,
    traffic_class: int = 0,
    flow_label: int = 0,
) -> bytes:
    """The fixed header alone of a packet with `length` octets behind it; raises as `build_ipv6`."""
    if length > MAX_PAYLOAD_OCTETS:
        raise UsageError(f"an IPv6 packet carries {MAX_PAYLOAD_OCTETS} octets at most, not {length}")
    if len(src) != 16 or len(dst) != 16:
        raise UsageError("an IPv6 packet needs two IPv6 addresses")
    if not (0 <= flow_label <= 0xF_FFFF and 0 <= traffic_class <= 0xFF):
        raise UsageError(f"flow label {flow_label:#x} or traffic class {traffic_class:#x} does not fit")
    word = 0x6000_0000 | traffic_class << 20 | flow_label
    try:
        return _HEADER.pack(word, length, next_header, hop_limit, src, dst)
    except struct.error as error:
        raise UsageError(f"an IPv6 header field does not fit: {error}") from None


def find_upper_layer(packet: Ipv6Packet) -> UpperLayer:
    """Walk over the extension headers, strictly in order [RFC8200-02].

    Hop-by-hop options are walked over at the start only; elsewhere the walk ends there, as at a header it does not
    know.  It also ends at No Next Header [RFC8200-19], at ESP, and at a fragment that is not the first.
    Raises `WireError`: `ipv6-extension-truncated`, `ipv6-too-many-extensions`, and `ipv6-incomplete-chain` for a first
    fragment that does not hold all extension headers (Parameter Problem code 3) [RFC8200-10].
    """
    next_header = packet.next_header
    if next_header not in _WALKED:
        return UpperLayer(next_header, 0, 6, (), None)
    return walk_extensions(next_header, packet.payload)


def walk_extensions(next_header: int, payload: bytes) -> UpperLayer:
    """`find_upper_layer` for a payload alone, such as the one that reassembly or an ICMP error gives."""
    at = 0
    pointer = 6
    size = len(payload)
    headers: list[ExtensionHeader] = []
    fragment: FragmentHeader | None = None
    while next_header in _WALKED and not (next_header == HOP_BY_HOP and at > 0):
        if len(headers) == EXTENSION_HEADER_LIMIT:
            raise WireError("ipv6-too-many-extensions", f"more than {EXTENSION_HEADER_LIMIT}")
        length = _extension_length(next_header, payload, at)
        if length == 0 or at + length > size:
            incomplete = fragment is not None and fragment.more
            raise WireError(
                "ipv6-incomplete-chain" if incomplete else "ipv6-extension-truncated",
                f"header {next_header} at {at} in {size} octets",
            )
        headers.append(ExtensionHeader(next_header, at, length))
        beyond_first = False
        if next_header == FRAGMENT:
            found = _read_fragment_header(payload, at)
            beyond_first = found.offset > 0
            # Only the outermost real fragment can be reassembled; what is inside shows when it is whole.
            if fragment is None or fragment.is_atomic:
                fragment = found
        next_header = payload[at]
        pointer = HEADER_OCTETS + at
        at += length
        if beyond_first:
            break
    return UpperLayer(next_header, at, pointer, tuple(headers), fragment)


def _extension_length(kind: int, payload: bytes, at: int) -> int:
    """Octets of the extension header at `at`, 0 where even its first eight octets are not all there."""
    if at + 8 > len(payload):
        return 0
    if kind == FRAGMENT:
        return 8
    if kind == AUTHENTICATION:
        return (payload[at + 1] + 2) << 2  # RFC 4302 2.2 counts words of 32 bits, minus 2
    return (payload[at + 1] + 1) << 3


def _read_fragment_header(payload: bytes, at: int) -> FragmentHeader:
    """The fields at `at`, whose 8 octets are known to be there."""
    next_header, _, offset_flags, identification = _FRAGMENT.unpack_from(payload, at)
    return FragmentHeader(next_header, offset_flags & 0xFFF8, offset_flags & 1 == 1, identification)


def build_fragment_header(header: FragmentHeader) -> bytes:
    """The 8 octets of a fragment header; raises `UsageError` for a value that does not fit its field."""
    if header.offset & 7 or not 0 <= header.offset <= 0xFFF8:
        raise UsageError(f"fragment offset {header.offset} is not a multiple of 8 up to 65528")
    try:
        return _FRAGMENT.pack(header.next_header, 0, header.offset | (1 if header.more else 0), header.identification)
    except struct.error as error:
        raise UsageError(f"a fragment header field does not fit: {error}") from None


def iter_ipv6_options(payload: bytes, header: ExtensionHeader) -> list[tuple[int, int, bytes]]:
    """The options of a hop-by-hop or destination options header as (type, offset in the payload, value), no padding.

    Raises `WireError`: `ipv6-option-bad-length`, `ipv6-too-many-options`.
    """
    out: list[tuple[int, int, bytes]] = []
    at = header.offset + 2
    end = header.offset + header.length
    seen = 0
    while at < end:
        kind = payload[at]
        seen += 1
        if seen > OPTION_LIMIT:
            raise WireError("ipv6-too-many-options", f"more than {OPTION_LIMIT}")
        if kind == OPTION_PAD1:
            at += 1
            continue
        if at + 2 > end or at + 2 + payload[at + 1] > end:
            raise WireError("ipv6-option-bad-length", f"type {kind} at octet {at}")
        length = payload[at + 1]
        if kind != OPTION_PADN:
            out.append((kind, at, payload[at + 2 : at + 2 + length]))
        at += 2 + length
    return out


def option_action(kind: int) -> int:
    """What to do with an option of an unknown type: SKIP, DISCARD, ... (RFC 8200 4.2) [RFC8200-04]."""
    return kind >> 6
