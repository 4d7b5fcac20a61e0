"""Arguments of system calls as values: numbers, octets, addresses, structures.

Responsible for what an expression of the script stands for; what a call does with it is `execute`'s affair.
"""

from __future__ import annotations

import struct
from typing import Final

from synfin.drill.constants import CONSTANTS, errno_number
from synfin.drill.errors import UnsupportedError
from synfin.drill.model import (
    Applied,
    Array,
    Either,
    Expression,
    Member,
    Number,
    Rest,
    Structure,
    Symbol,
    Text,
)
from synfin.drill.printer import print_expression
from synfin.errors import UsageError
from synfin.wire.addresses import Address, Endpoint, parse_address

_LONG: Final = struct.Struct("@l").size


def number(value: Expression, what: str = "a number") -> int:
    """An integer; raises `UnsupportedError` for what is none."""
    if isinstance(value, Number):
        return value.value
    if isinstance(value, Symbol):
        return _named(value.name)
    if isinstance(value, Either):
        total = 0
        for part in value.parts:
            total |= number(part, what)
        return total
    if isinstance(value, Array) and len(value.items) == 1:
        return number(value.items[0], what)
    if isinstance(value, Applied) and value.name in ("htons", "htonl", "ntohs", "ntohl") and len(value.arguments) == 1:
        return number(value.arguments[0], what)
    raise UnsupportedError(f"{print_expression(value)} is not {what}")


def _named(name: str) -> int:
    found = CONSTANTS.get(name)
    if found is None and name.startswith("E"):
        found = errno_number(name)
    if found is None:
        raise UnsupportedError(f"the name {name} is not known")
    return found


def number_or(value: Expression, default: int) -> int:
    """An integer, or `default` for `...`."""
    return default if isinstance(value, Rest) else number(value)


def octets(value: Expression, size: int) -> bytes:
    """What is written: zeros for `...`, else the text, filled with zeros up to `size`."""
    if isinstance(value, Text):
        return value.value.encode("latin-1", "replace")[:size].ljust(size, b"\0")
    return bytes(size)


def address(value: Expression, default: Endpoint) -> Endpoint:
    """The address of a sockaddr structure; `...` stands for `default`."""
    if not isinstance(value, Structure):
        return default
    port = value.get("sin_port") or value.get("sin6_port")
    host: Expression | None = value.get("sin_addr") or value.get("sin6_addr")
    found = default.address
    if isinstance(host, Applied) and host.name in ("inet_addr", "inet_pton") and host.arguments:
        found = _address_of(host.arguments[-1])
    elif isinstance(host, Text):
        found = _address_of(host)
    elif isinstance(host, Symbol | Number | Applied):
        found = Address((number(host) & 0xFFFF_FFFF).to_bytes(4, "big"))
    return Endpoint(found, default.port if port is None else number(port, "a port"))


def _address_of(value: Expression) -> Address:
    if not isinstance(value, Text):
        raise UnsupportedError(f"{print_expression(value)} is not an address in quotes")
    try:
        return parse_address(value.value)
    except UsageError as error:
        raise UnsupportedError(str(error)) from None


def member(value: Expression, name: str, place: int) -> Expression | None:
    """The member `name` of a structure, or the one at `place` when members have no names; None when it is missing."""
    if not isinstance(value, Structure):
        return None
    found = value.get(name)
    if found is not None:
        return found
    plain: list[Member] = [part for part in value.members if not part.name]
    return plain[place].value if place < len(plain) == len(value.members) else None


def option_value(value: Expression) -> bytes:
    """The octets of an option's value: an int, struct linger, struct timeval, or text."""
    if isinstance(value, Text):
        return value.value.encode("latin-1", "replace")
    if isinstance(value, Structure):
        onoff, linger = member(value, "onoff", 0), member(value, "linger", 1)
        seconds, micros = member(value, "tv_sec", 0), member(value, "tv_usec", 1)
        if value.get("tv_sec") is not None and seconds is not None:
            return struct.pack("@ll", _signed(number(seconds)), 0 if micros is None else _signed(number(micros)))
        if onoff is not None and linger is not None:
            return struct.pack("@ii", _signed(number(onoff)), _signed(number(linger)))
        raise UnsupportedError(f"the structure {print_expression(value)}")
    if isinstance(value, Array) and len(value.items) > 1:
        return b"".join(struct.pack("@i", _signed(number(item))) for item in value.items)
    if isinstance(value, Array) and len(value.items) == 1 and isinstance(value.items[0], Text):
        return option_value(value.items[0])
    return struct.pack("@i", _signed(number(value)))


def _signed(value: int) -> int:
    value &= 0xFFFF_FFFF
    return value - (1 << 32) if value >= 1 << 31 else value


def vector(value: Expression) -> list[tuple[Expression, int]]:
    """The buffers and sizes of an iovec array `[{..., 10}, {"x", 3}]`."""
    if not isinstance(value, Array):
        raise UnsupportedError(f"{print_expression(value)} is not a list of buffers")
    out: list[tuple[Expression, int]] = []
    for item in value.items:
        base, length = member(item, "iov_base", 0), member(item, "iov_len", 1)
        if base is None or length is None:
            raise UnsupportedError(f"{print_expression(item)} is not a buffer {{base, length}}")
        out.append((base, number(length)))
    return out


def is_rest(value: Expression) -> bool:
    """Whether anything fits: `...` or `[...]`."""
    return isinstance(value, Rest) or (
        isinstance(value, Array) and len(value.items) == 1 and isinstance(value.items[0], Rest)
    )


__all__ = ["address", "is_rest", "member", "number", "number_or", "octets", "option_value", "vector"]
