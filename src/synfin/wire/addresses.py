"""Addresses as values: 4 octets are IPv4, 16 octets are IPv6, and nothing above `host` asks which.

An `Address` is its network-order octets, so it hashes, compares and goes on the wire without conversion.  Link-layer
(MAC) addresses are 6 plain octets.  Which interface owns an address is left to `host`.
"""

from __future__ import annotations

import ipaddress
from typing import Final, NamedTuple, NewType, TypeAlias

from synfin.errors import UsageError

Address = NewType("Address", bytes)

ANY_V4: Final = Address(bytes(4))
ANY_V6: Final = Address(bytes(16))
BROADCAST_V4: Final = Address(b"\xff\xff\xff\xff")
LOOPBACK_V4: Final = Address(b"\x7f\x00\x00\x01")
LOOPBACK_V6: Final = Address(bytes(15) + b"\x01")
ALL_NODES_V6: Final = Address(b"\xff\x02" + bytes(13) + b"\x01")  # RFC 4291 2.7.1
ALL_ROUTERS_V6: Final = Address(b"\xff\x02" + bytes(13) + b"\x02")
BROADCAST_MAC: Final = b"\xff\xff\xff\xff\xff\xff"

_SOLICITED_NODE: Final = b"\xff\x02" + bytes(9) + b"\x01\xff"


class Endpoint(NamedTuple):
    """One end of a connection: address and port."""

    address: Address
    port: int

    def __str__(self) -> str:
        text = format_address(self.address)
        return f"[{text}]:{self.port}" if len(self.address) == 16 else f"{text}:{self.port}"


EndpointLike: TypeAlias = Endpoint | tuple[str | bytes, int]


def parse_address(text: str) -> Address:
    """`"192.0.2.1"` or `"2001:db8::1"` to an `Address`; raises `UsageError`."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise UsageError(f"{text!r} is not an IPv4 or IPv6 address") from None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        raise UsageError(f"{text!r} has a zone; write the address alone and name the interface separately")
    return Address(address.packed)


def format_address(address: Address) -> str:
    """The usual text form (RFC 5952 for IPv6)."""
    if len(address) == 4:
        return f"{address[0]}.{address[1]}.{address[2]}.{address[3]}"
    return str(ipaddress.IPv6Address(bytes(address)))


def as_address(value: object) -> Address:
    """An `Address` from its text form or from its 4 or 16 octets; raises `UsageError` for anything else."""
    if isinstance(value, str):
        return parse_address(value)
    if isinstance(value, bytes) and len(value) in (4, 16):
        return Address(value)
    raise UsageError(f"{value!r} is not an address; give text such as '192.0.2.1', or 4 or 16 octets")


def as_endpoint(value: object) -> Endpoint:
    """An `Endpoint` from an `EndpointLike`; raises `UsageError` for a bad address or port, and for anything else."""
    if not isinstance(value, tuple) or len(value) != 2:
        raise UsageError(f"{value!r} is not an endpoint; give (address, port)")
    port = value[1]
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 0xFFFF:
        raise UsageError(f"port {port!r} must be a number between 0 and 65535")
    return Endpoint(as_address(value[0]), port)


def parse_prefix(text: str) -> tuple[Address, int]:
    """`"10.0.0.1/24"` to the address as written and the prefix length; without a length, the full one.

    Raises `UsageError`.
    """
    head, slash, tail = text.partition("/")
    address = parse_address(head)
    bits = len(address) * 8
    if not slash:
        return address, bits
    if not (tail.isascii() and tail.isdigit()) or len(tail) > 3 or int(tail) > bits:
        raise UsageError(f"{text!r} is not a prefix: the length after / must be a number between 0 and {bits}")
    return address, int(tail)


def network_of(address: Address, length: int) -> Address:
    """`address` with all but its first `length` bits cleared."""
    bits = len(address) * 8
    keep = ((1 << length) - 1) << (bits - length)
    return Address((int.from_bytes(address, "big") & keep).to_bytes(len(address), "big"))


def in_prefix(address: Address, network: Address, length: int) -> bool:
    """Whether the first `length` bits of both are equal; False for different families."""
    if len(address) != len(network):
        return False
    differing = int.from_bytes(address, "big") ^ int.from_bytes(network, "big")
    return differing >> (len(address) * 8 - length) == 0


def broadcast_of(address: Address, length: int) -> Address | None:
    """The directed broadcast address of an IPv4 prefix (RFC 1122 3.2.1.3); None where there is none.

    IPv6 has none, and neither have prefixes of 31 and 32 bits (RFC 3021).
    """
    if len(address) != 4 or length > 30:
        return None
    return Address((int.from_bytes(address, "big") | ((1 << (32 - length)) - 1)).to_bytes(4, "big"))


def is_v6(address: Address) -> bool:
    """Whether this is an IPv6 address."""
    return len(address) == 16


def is_multicast(address: Address) -> bool:
    """224.0.0.0/4 (RFC 1112 4) or ff00::/8 (RFC 4291 2.7)."""
    if len(address) == 4:
        return 0xE0 <= address[0] <= 0xEF
    return address[0] == 0xFF


def is_unspecified(address: Address) -> bool:
    """0.0.0.0 or ::."""
    return not any(address)


def is_loopback(address: Address) -> bool:
    """127.0.0.0/8 (RFC 1122 3.2.1.3) or ::1 (RFC 4291 2.5.3)."""
    if len(address) == 4:
        return address[0] == 127
    return address == LOOPBACK_V6


def is_link_local(address: Address) -> bool:
    """169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291 2.5.6)."""
    if len(address) == 4:
        return address[0] == 169 and address[1] == 254
    return address[0] == 0xFE and address[1] & 0xC0 == 0x80


def is_broadcast(address: Address) -> bool:
    """The limited broadcast address 255.255.255.255 (RFC 1122 3.2.1.3)."""
    return address == BROADCAST_V4


def solicited_node(address: Address) -> Address:
    """The solicited-node multicast address of an IPv6 address (RFC 4291 2.7.1)."""
    return Address(_SOLICITED_NODE + address[13:])


def multicast_mac(address: Address) -> bytes:
    """The link-layer address for a multicast address (RFC 1112 6.4, RFC 2464 7)."""
    if len(address) == 4:
        return bytes((0x01, 0x00, 0x5E, address[1] & 0x7F, address[2], address[3]))
    return b"\x33\x33" + address[12:]


def parse_mac(text: str) -> bytes:
    """`"02:00:00:00:00:01"` (or with `-`) to 6 octets; raises `UsageError`."""
    parts = text.replace("-", ":").split(":")
    try:
        if len(parts) == 6 and all(len(part) == 2 for part in parts):
            return bytes.fromhex("".join(parts))
    except ValueError:
        pass
    raise UsageError(f"{text!r} is not a MAC address; write six octets such as '02:00:00:00:00:01'")


def format_mac(mac: bytes) -> str:
    """Lower-case octets joined by colons."""
    return mac.hex(":")


def is_group_mac(mac: bytes) -> bool:
    """Whether a link-layer destination is multicast or broadcast (the group bit of the first octet)."""
    return mac[0] & 1 == 1
