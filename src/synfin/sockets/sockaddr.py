"""Socket addresses as Python's `socket` writes them, to and from `Endpoint`s.

`("192.0.2.1", 80)` for AF_INET; `("2001:db8::1", 80[, flowinfo[, scope_id]])` for AF_INET6, where `::ffff:192.0.2.1`
stands for an IPv4 address (RFC 4291 2.5.5.2).  An empty host means "any".  Names are not looked up here: that is the
affair of whoever knows some.
"""

from __future__ import annotations

import errno
from typing import Any, Final, TypeAlias

from synfin.errors import UsageError
from synfin.sockets.constants import AF_INET, AF_INET6
from synfin.sockets.errors import failure
from synfin.wire.addresses import ANY_V4, ANY_V6, Address, Endpoint, format_address, parse_address

SockAddr: TypeAlias = tuple[Any, ...]  # (host, port) or (host, port, flowinfo, scope_id)

_MAPPED: Final = bytes(10) + b"\xff\xff"  # ::ffff:0:0/96


def unmapped(address: Address) -> Address:
    """The IPv4 address inside `::ffff:a.b.c.d`; any other address as it is."""
    return Address(address[12:]) if address[:12] == _MAPPED and len(address) == 16 else address


def parse(family: int, address: object) -> Endpoint:
    """The endpoint that `address` names to a socket of `family`; of IPv4 when it is a mapped one.

    Raises `UsageError` for what is no address, `OSError` EAFNOSUPPORT for one of the other family.
    """
    if not isinstance(address, tuple) or not 2 <= len(address) <= (2 if family == AF_INET else 4):
        wanted = "(host, port)" if family == AF_INET else "(host, port[, flowinfo[, scope_id]])"
        raise UsageError(f"{address!r} is not a socket address; give {wanted}")
    host, port = address[0], address[1]
    if not isinstance(host, str) or not isinstance(port, int) or not 0 <= port <= 0xFFFF:
        raise UsageError(f"{address!r}: the host must be text and the port a number between 0 and 65535")
    if host == "":
        return Endpoint(ANY_V4 if family == AF_INET else ANY_V6, port)
    where = parse_address(host.partition("%")[0])
    if family == AF_INET and len(where) == 16:
        raise failure(errno.EAFNOSUPPORT)
    if family == AF_INET6 and len(where) == 4:
        raise failure(errno.EINVAL)
    return Endpoint(unmapped(where), port)


def present(family: int, endpoint: Endpoint | None) -> SockAddr:
    """What `getsockname` and the like return for `endpoint`; None is the unspecified address and port 0."""
    if family == AF_INET:
        return ("0.0.0.0", 0) if endpoint is None else (format_address(endpoint.address), endpoint.port)
    if endpoint is None:
        return ("::", 0, 0, 0)
    text = format_address(endpoint.address)
    if len(endpoint.address) == 4:
        text = "::" if endpoint.address == ANY_V4 else "::ffff:" + text
    return (text, endpoint.port, 0, 0)
