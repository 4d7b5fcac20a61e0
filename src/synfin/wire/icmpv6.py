"""ICMPv6 messages (RFC 4443) and neighbour discovery (RFC 4861).  When to send which is left to `host`.

As in `icmpv4`, all messages have one shape (type, code, checksum, 32 bits, body), unknown types are carried exactly,
and properties name what is inside.
"""

from __future__ import annotations

import struct
from typing import Final, final

from synfin.errors import UsageError, WireError
from synfin.wire.addresses import Address, in_prefix, is_link_local, is_multicast, is_unspecified
from synfin.wire.checksum import ones_sum, pseudo_header_sum

PROTOCOL: Final = 58
HEADER_OCTETS: Final = 8

UNREACHABLE: Final = 1
PACKET_TOO_BIG: Final = 2
TIME_EXCEEDED: Final = 3
PARAMETER_PROBLEM: Final = 4
ECHO_REQUEST: Final = 128
ECHO_REPLY: Final = 129
ROUTER_SOLICITATION: Final = 133
ROUTER_ADVERTISEMENT: Final = 134
NEIGHBOR_SOLICITATION: Final = 135
NEIGHBOR_ADVERTISEMENT: Final = 136
REDIRECT: Final = 137

# Codes of UNREACHABLE (RFC 4443 3.1)
NO_ROUTE: Final = 0
PROHIBITED: Final = 1
BEYOND_SCOPE: Final = 2
ADDRESS_UNREACHABLE: Final = 3
PORT_UNREACHABLE: Final = 4

# Codes of TIME_EXCEEDED (RFC 4443 3.3)
HOP_LIMIT_EXCEEDED: Final = 0
REASSEMBLY_EXCEEDED: Final = 1

# Codes of PARAMETER_PROBLEM (RFC 4443 3.4, RFC 7112 5)
ERRONEOUS_FIELD: Final = 0
UNKNOWN_NEXT_HEADER: Final = 1
UNKNOWN_OPTION: Final = 2
INCOMPLETE_CHAIN: Final = 3

OPTION_SOURCE_LINK_ADDRESS: Final = 1
OPTION_TARGET_LINK_ADDRESS: Final = 2
OPTION_PREFIX: Final = 3
OPTION_REDIRECTED: Final = 4
OPTION_MTU: Final = 5

# An error with its base header stays within the minimum MTU (RFC 4443 2.4 c).
QUOTE_LIMIT_OCTETS: Final = 1_280 - 40 - HEADER_OCTETS

_ROUTER: Final = 0x8000_0000
_SOLICITED: Final = 0x4000_0000
_OVERRIDE: Final = 0x2000_0000
_SOLICITED_NODE: Final = Address(b"\xff\x02" + bytes(9) + b"\x01\xff" + bytes(3))
_HEADER: Final = struct.Struct(">BBHI")

# Octets in the body before the options (RFC 4861 4.1 to 4.5)
_FIXED_BODY: Final[dict[int, int]] = {
    ROUTER_SOLICITATION: 0,
    ROUTER_ADVERTISEMENT: 8,
    NEIGHBOR_SOLICITATION: 16,
    NEIGHBOR_ADVERTISEMENT: 16,
    REDIRECT: 32,
}


@final
class Icmpv6Message:
    """One ICMPv6 message; `rest` is the 32-bit number behind the checksum, `body` what follows it.

    For errors the body is the quoted packet (read it with `wire.quote`), for echo the data, for neighbour discovery
    the target and the options.
    """

    __slots__ = ("body", "code", "rest", "type")

    def __init__(self, type: int, code: int = 0, rest: int = 0, body: bytes = b"") -> None:  # noqa: A002
        self.type = type
        self.code = code
        self.rest = rest
        self.body = body

    @property
    def is_error(self) -> bool:
        """Whether the type is in the range of errors (RFC 4443 2.1)."""
        return self.type < 128

    @property
    def is_neighbor_discovery(self) -> bool:
        """Whether `check_neighbor_discovery` must pass before the message is used."""
        return ROUTER_SOLICITATION <= self.type <= REDIRECT

    @property
    def identifier(self) -> int:
        """Of an echo: the sender's number for the series."""
        return self.rest >> 16

    @property
    def sequence(self) -> int:
        """Of an echo: the number within the series."""
        return self.rest & 0xFFFF

    @property
    def mtu(self) -> int:
        """Of "packet too big": the MTU of the next hop in octets."""
        return self.rest

    @property
    def pointer(self) -> int:
        """Of a parameter problem: the octet of the quoted packet that is wrong."""
        return self.rest

    @property
    def target(self) -> Address:
        """Of neighbour solicitation and advertisement: the address asked for or told of."""
        return Address(self.body[:16])

    @property
    def router(self) -> bool:
        """Of a neighbour advertisement: the sender is a router."""
        return self.rest & _ROUTER != 0

    @property
    def solicited(self) -> bool:
        """Of a neighbour advertisement: it answers a solicitation."""
        return self.rest & _SOLICITED != 0

    @property
    def override(self) -> bool:
        """Of a neighbour advertisement: it replaces a cached link-layer address."""
        return self.rest & _OVERRIDE != 0

    def link_address(self, option: int) -> bytes | None:
        """The Ethernet address in the first option of that type (`OPTION_SOURCE_LINK_ADDRESS`, ...), or None."""
        for kind, value in neighbor_options(self):
            if kind == option and len(value) == 6:
                return value
        return None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Icmpv6Message):
            return NotImplemented
        return (
            self.type == other.type and self.code == other.code and self.rest == other.rest and self.body == other.body
        )

    def __hash__(self) -> int:
        return hash((self.type, self.code, self.rest, self.body))


def parse_icmpv6(data: bytes, src: Address, dst: Address, verify: bool = True) -> Icmpv6Message:
    """Read one message from `src` to `dst` and verify its checksum over the pseudo-header [RFC4443-01].

    Raises `WireError`: `icmpv6-truncated`, `icmpv6-bad-checksum`.
    """
    size = len(data)
    if size < HEADER_OCTETS:
        raise WireError("icmpv6-truncated", f"{size} octets, a header takes 8")
    if verify and (pseudo_header_sum(src, dst, PROTOCOL, size) + ones_sum(data)) % 0xFFFF:
        raise WireError("icmpv6-bad-checksum")
    kind, code, _, rest = _HEADER.unpack_from(data)
    return Icmpv6Message(kind, code, rest, data[HEADER_OCTETS:])


def build_icmpv6(message: Icmpv6Message, src: Address, dst: Address) -> bytes:
    """The octets of a message from `src` to `dst`; raises `UsageError` for a value that does not fit its field."""
    total = (
        pseudo_header_sum(src, dst, PROTOCOL, HEADER_OCTETS + len(message.body))
        + (message.type << 8 | message.code)
        + message.rest
        + ones_sum(message.body)
    )
    try:
        return _HEADER.pack(message.type, message.code, -total % 0xFFFF, message.rest) + message.body
    except struct.error as error:
        raise UsageError(f"an ICMPv6 field does not fit: {error}") from None


def echo_request(identifier: int, sequence: int, data: bytes = b"") -> Icmpv6Message:
    """Ask for the same data back; both numbers have 16 bits."""
    return Icmpv6Message(ECHO_REQUEST, 0, identifier << 16 | sequence, data)


def echo_reply(request: Icmpv6Message) -> Icmpv6Message:
    """The answer to an echo request: everything but the type the same (RFC 4443 4.2)."""
    return Icmpv6Message(ECHO_REPLY, 0, request.rest, request.body)


def unreachable(code: int, packet: bytes) -> Icmpv6Message:
    """`packet` could not be delivered; as much of it as fits the minimum MTU is quoted."""
    return Icmpv6Message(UNREACHABLE, code, 0, packet[:QUOTE_LIMIT_OCTETS])


def packet_too_big(mtu: int, packet: bytes) -> Icmpv6Message:
    """The next hop takes only packets of up to `mtu` octets."""
    return Icmpv6Message(PACKET_TOO_BIG, 0, mtu, packet[:QUOTE_LIMIT_OCTETS])


def time_exceeded(code: int, packet: bytes) -> Icmpv6Message:
    """The hop limit ran out on the way, or the time for reassembly did."""
    return Icmpv6Message(TIME_EXCEEDED, code, 0, packet[:QUOTE_LIMIT_OCTETS])


def parameter_problem(code: int, pointer: int, packet: bytes) -> Icmpv6Message:
    """Octet `pointer` of `packet` makes no sense."""
    return Icmpv6Message(PARAMETER_PROBLEM, code, pointer, packet[:QUOTE_LIMIT_OCTETS])


def neighbor_solicitation(target: Address, link_address: bytes | None = None) -> Icmpv6Message:
    """Ask for the link-layer address of `target`; `link_address` is ours, None from the unspecified address."""
    return Icmpv6Message(NEIGHBOR_SOLICITATION, 0, 0, target + _link_option(OPTION_SOURCE_LINK_ADDRESS, link_address))


def neighbor_advertisement(
    target: Address,
    link_address: bytes | None = None,
    solicited: bool = False,
    override: bool = False,
    router: bool = False,
) -> Icmpv6Message:
    """Tell that `target` is reached at `link_address`."""
    rest = (_ROUTER if router else 0) | (_SOLICITED if solicited else 0) | (_OVERRIDE if override else 0)
    body = target + _link_option(OPTION_TARGET_LINK_ADDRESS, link_address)
    return Icmpv6Message(NEIGHBOR_ADVERTISEMENT, 0, rest, body)


def router_solicitation(link_address: bytes | None = None) -> Icmpv6Message:
    """Ask the routers of the link to advertise themselves."""
    return Icmpv6Message(ROUTER_SOLICITATION, 0, 0, _link_option(OPTION_SOURCE_LINK_ADDRESS, link_address))


def _link_option(kind: int, link_address: bytes | None) -> bytes:
    """RFC 4861 4.6.1 for 6-octet addresses."""
    if link_address is None:
        return b""
    if len(link_address) != 6:
        raise UsageError(f"a link-layer address has 6 octets, not {len(link_address)}")
    return bytes((kind, 1)) + link_address


def neighbor_options(message: Icmpv6Message) -> list[tuple[int, bytes]]:
    """The options of a neighbour discovery message as (type, value), unknown ones included [RFC4861-16].

    Raises `WireError`: `nd-truncated` (no room for the fixed fields), `nd-option-bad-length` (0, or beyond the end)
    [RFC4861-15].
    """
    body = message.body
    size = len(body)
    at = _FIXED_BODY.get(message.type, 0)
    if size < at:
        raise WireError("nd-truncated", f"type {message.type} with {HEADER_OCTETS + size} octets")
    out: list[tuple[int, bytes]] = []
    while at < size:
        length = body[at + 1] << 3 if at + 1 < size else 0
        if length == 0 or at + length > size:
            raise WireError("nd-option-bad-length", f"type {body[at]} at octet {HEADER_OCTETS + at}")
        out.append((body[at], body[at + 2 : at + length]))
        at += length
    return out


def check_neighbor_discovery(message: Icmpv6Message, src: Address, dst: Address, hop_limit: int) -> None:
    """The validity rules of RFC 4861 6.1, 7.1 and 8.1 [RFC4861-01]; nothing is to be done with a message that fails.

    Raises `WireError`: `nd-bad-hop-limit`, `nd-bad-code`, `nd-truncated`, `nd-option-bad-length`, `nd-bad-target`,
    `nd-bad-source`, `nd-solicited-multicast`.
    """
    if hop_limit != 255:
        raise WireError("nd-bad-hop-limit", f"hop limit {hop_limit}: a router has touched it")
    if message.code != 0:
        raise WireError("nd-bad-code", f"code {message.code}")
    options = neighbor_options(message)
    kind = message.type
    if kind in (NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT) and is_multicast(message.target):
        raise WireError("nd-bad-target", "the target is multicast")
    if kind in (ROUTER_ADVERTISEMENT, REDIRECT):
        if not is_link_local(src):
            raise WireError("nd-bad-source", "a router speaks from its link-local address")
    elif kind == NEIGHBOR_ADVERTISEMENT:
        if is_multicast(dst) and message.solicited:
            raise WireError("nd-solicited-multicast", "an answer cannot go to everybody")
    elif is_unspecified(src):
        if kind == NEIGHBOR_SOLICITATION and not in_prefix(dst, _SOLICITED_NODE, 104):
            raise WireError("nd-bad-source", "from :: to something else than a solicited-node address")
        for option, _ in options:
            if option == OPTION_SOURCE_LINK_ADDRESS:
                raise WireError("nd-bad-source", "from :: with a source link-layer address")
