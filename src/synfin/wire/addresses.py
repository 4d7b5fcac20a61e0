"""Addresses as values: 4 octets are IPv4, 16 octets are IPv6, and nothing above `host` asks which.

An `Address` is its network-order octets, so it hashes, compares and goes on the wire without conversion.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple, NewType

from synfin.errors import UsageError

Address = NewType("Address", bytes)


class Endpoint(NamedTuple):
    """One end of a connection: address and port."""

    address: Address
    port: int

    def __str__(self) -> str:
        text = format_address(self.address)
        return f"[{text}]:{self.port}" if len(self.address) == 16 else f"{text}:{self.port}"


def parse_address(text: str) -> Address:
    """`"192.0.2.1"` or `"2001:db8::1"` to an `Address`; raises `UsageError`."""
    try:
        return Address(ipaddress.ip_address(text).packed)
    except ValueError:
        raise UsageError(f"{text!r} is not an IPv4 or IPv6 address") from None


def format_address(address: Address) -> str:
    """The usual text form (RFC 5952 for IPv6)."""
    if len(address) == 4:
        return f"{address[0]}.{address[1]}.{address[2]}.{address[3]}"
    return str(ipaddress.IPv6Address(bytes(address)))
