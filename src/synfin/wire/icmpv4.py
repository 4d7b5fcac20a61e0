"""ICMP messages (RFC 792, RFC 1191).  When to send which, and how often, is left to `host`.

All messages share one shape: type, code, checksum, four octets whose meaning depends on the type, and a body.
`Icmpv4Message` keeps that shape, so unknown types are carried exactly; properties name what is inside.
"""

from __future__ import annotations

import struct
from typing import Final, final

from synfin.errors import UsageError, WireError
from synfin.wire.checksum import ones_sum

PROTOCOL: Final = 1
HEADER_OCTETS: Final = 8

ECHO_REPLY: Final = 0
UNREACHABLE: Final = 3
SOURCE_QUENCH: Final = 4
REDIRECT: Final = 5
ECHO_REQUEST: Final = 8
ROUTER_ADVERTISEMENT: Final = 9
ROUTER_SOLICITATION: Final = 10
TIME_EXCEEDED: Final = 11
PARAMETER_PROBLEM: Final = 12
TIMESTAMP_REQUEST: Final = 13
TIMESTAMP_REPLY: Final = 14

# Codes of UNREACHABLE (RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1)
NET_UNREACHABLE: Final = 0
HOST_UNREACHABLE: Final = 1
PROTOCOL_UNREACHABLE: Final = 2
PORT_UNREACHABLE: Final = 3
FRAGMENTATION_NEEDED: Final = 4
SOURCE_ROUTE_FAILED: Final = 5
NET_UNKNOWN: Final = 6
HOST_UNKNOWN: Final = 7
NET_PROHIBITED: Final = 9
HOST_PROHIBITED: Final = 10
NET_UNREACHABLE_FOR_TOS: Final = 11
HOST_UNREACHABLE_FOR_TOS: Final = 12
COMMUNICATION_PROHIBITED: Final = 13

# Codes of TIME_EXCEEDED
TTL_EXCEEDED: Final = 0
REASSEMBLY_EXCEEDED: Final = 1

ERROR_TYPES: Final = frozenset((UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM))

QUOTE_LIMIT_OCTETS: Final = 576 - 20 - HEADER_OCTETS  # the whole error stays within 576 octets [RFC1812-04]

_HEADER: Final = struct.Struct(">BBHI")


@final
class Icmpv4Message:
    """One ICMP message; `rest` is the 32-bit number behind the checksum, `body` what follows it.

    For errors the body is the quoted packet, as it came (read it with `wire.quote`); for echo it is the data.
    """

    __slots__ = ("body", "code", "rest", "type")

    def __init__(self, type: int, code: int = 0, rest: int = 0, body: bytes = b"") -> None:  # noqa: A002
        self.type = type
        self.code = code
        self.rest = rest
        self.body = body

    @property
    def is_error(self) -> bool:
        """Whether this is one of the errors, which are never answered with an error [RFC1122-15]."""
        return self.type in ERROR_TYPES

    @property
    def identifier(self) -> int:
        """Of an echo: the sender's number for the series."""
        return self.rest >> 16

    @property
    def sequence(self) -> int:
        """Of an echo: the number within the series."""
        return self.rest & 0xFFFF

    @property
    def next_hop_mtu(self) -> int:
        """Of "fragmentation needed": the MTU in octets, 0 from old routers (RFC 1191 4)."""
        return self.rest & 0xFFFF

    @property
    def pointer(self) -> int:
        """Of a parameter problem: the octet of the quoted packet that is wrong."""
        return self.rest >> 24

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Icmpv4Message):
            return NotImplemented
        return (
            self.type == other.type and self.code == other.code and self.rest == other.rest and self.body == other.body
        )

    def __hash__(self) -> int:
        return hash((self.type, self.code, self.rest, self.body))


def parse_icmpv4(data: bytes, verify: bool = True) -> Icmpv4Message:
    """Read one message and verify its checksum [RFC792-01].

    Raises `WireError`: `icmpv4-truncated`, `icmpv4-bad-checksum`.
    """
    if len(data) < HEADER_OCTETS:
        raise WireError("icmpv4-truncated", f"{len(data)} octets, a header takes 8")
    # A sum of 0 is only reached by all-zero octets, whose checksum would have been FFFF.
    total = ones_sum(data)
    if verify and (total % 0xFFFF or total == 0):
        raise WireError("icmpv4-bad-checksum")
    kind, code, _, rest = _HEADER.unpack_from(data)
    return Icmpv4Message(kind, code, rest, data[HEADER_OCTETS:])


def build_icmpv4(message: Icmpv4Message) -> bytes:
    """The octets of a message with its checksum; raises `UsageError` for a value that does not fit its field."""
    total = (message.type << 8 | message.code) + message.rest + ones_sum(message.body)
    check = -total % 0xFFFF if total else 0xFFFF
    try:
        return _HEADER.pack(message.type, message.code, check, message.rest) + message.body
    except struct.error as error:
        raise UsageError(f"an ICMP field does not fit: {error}") from None


def echo_request(identifier: int, sequence: int, data: bytes = b"") -> Icmpv4Message:
    """Ask for the same data back; both numbers have 16 bits."""
    return Icmpv4Message(ECHO_REQUEST, 0, identifier << 16 | sequence, data)


def echo_reply(request: Icmpv4Message) -> Icmpv4Message:
    """The answer to an echo request: type 0, everything else the same [RFC792-04]."""
    return Icmpv4Message(ECHO_REPLY, 0, request.rest, request.body)


def unreachable(code: int, packet: bytes, next_hop_mtu: int = 0) -> Icmpv4Message:
    """`packet` could not be delivered; it is quoted unchanged up to the limit [RFC1122-14] [RFC1812-04]."""
    return Icmpv4Message(UNREACHABLE, code, next_hop_mtu, packet[:QUOTE_LIMIT_OCTETS])


def time_exceeded(code: int, packet: bytes) -> Icmpv4Message:
    """TTL ran out on the way, or the time for reassembly did."""
    return Icmpv4Message(TIME_EXCEEDED, code, 0, packet[:QUOTE_LIMIT_OCTETS])


def parameter_problem(pointer: int, packet: bytes, code: int = 0) -> Icmpv4Message:
    """Octet `pointer` of the header of `packet` makes no sense."""
    return Icmpv4Message(PARAMETER_PROBLEM, code, pointer << 24, packet[:QUOTE_LIMIT_OCTETS])
