"""The table of socket options, and those that all sockets have: SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6.

An option is a function that gets it and one that sets it; without one of them Linux says ENOPROTOOPT.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from synfin.sockets.base import Socket
from synfin.sockets.constants import (
    IP_TOS,
    IP_TTL,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPV6_TCLASS,
    IPV6_UNICAST_HOPS,
    IPV6_V6ONLY,
    SO_BROADCAST,
    SO_DOMAIN,
    SO_ERROR,
    SO_OOBINLINE,
    SO_PROTOCOL,
    SO_RCVLOWAT,
    SO_RCVTIMEO,
    SO_REUSEADDR,
    SO_REUSEPORT,
    SO_SNDTIMEO,
    SO_TYPE,
    SOCK_STREAM,
    SOL_SOCKET,
)
from synfin.sockets.errors import failure

BUFFER_LIMIT: Final = 4_194_304  # octets, before doubling: net.core.wmem_max and rmem_max
SEND_BUFFER_LEAST: Final = 2_304
RECEIVE_BUFFER_LEAST: Final = 1_152
INT_MAX: Final = 0x7FFF_FFFF
_TIMEVAL: Final = struct.Struct("<qq")
_ECN: Final = 0x03


class Option(NamedTuple):
    """How an option is read and written; `v6_only`: AF_INET6 sockets alone have it."""

    get: Callable[[Any], int | bytes] | None
    set: Callable[[Any, bytes], None] | None = None
    v6_only: bool = False


def number(raw: bytes) -> int:
    """A C int; raises EINVAL for fewer than four octets."""
    if len(raw) < 4:
        raise failure(errno.EINVAL)
    return int.from_bytes(raw[:4], "little", signed=True)


def number_or_octet(raw: bytes) -> int:
    """A C int, or a single octet as the options of IPPROTO_IP take too."""
    return number(raw) if len(raw) >= 4 or not raw else raw[0]


def within(value: int, low: int, high: int) -> int:
    """`value`, or EINVAL."""
    if not low <= value <= high:
        raise failure(errno.EINVAL)
    return value


def buffer_size(raw: bytes, least: int) -> int:
    """SO_SNDBUF and SO_RCVBUF: octets that we hold; Linux shows the double [socket(7)]."""
    value = number(raw)
    return BUFFER_LIMIT if value < 0 or value > BUFFER_LIMIT else max(value, least)


def attribute(name: str) -> Option:
    """A switch kept as an attribute of the socket."""

    def get(socket: Socket) -> int:
        return int(getattr(socket, name))

    def put(socket: Socket, raw: bytes) -> None:
        setattr(socket, name, number(raw) != 0)

    return Option(get, put)


def low_water(raw: bytes) -> int:
    """SO_RCVLOWAT: how much must be there for POLLIN."""
    value = number(raw)
    return INT_MAX if value < 0 else max(value, 1)


def _set_low_water(socket: Socket, raw: bytes) -> None:
    socket.receive_low_water = low_water(raw)
    socket.notify(0)


def _timeout(name: str) -> Option:
    def get(socket: Socket) -> bytes:
        value: int | None = getattr(socket, name)
        seconds, rest = divmod(value or 0, 1_000_000_000)
        return _TIMEVAL.pack(seconds, rest // 1_000)

    def put(socket: Socket, raw: bytes) -> None:
        if len(raw) < _TIMEVAL.size:
            raise failure(errno.EINVAL)
        seconds, micros = _TIMEVAL.unpack_from(raw)
        if not 0 <= micros < 1_000_000:
            raise failure(errno.EDOM)
        given = seconds * 1_000_000_000 + micros * 1_000
        setattr(socket, name, 0 if seconds < 0 else given or None)

    return Option(get, put)


def _keep_ecn(socket: Socket, before: int, value: int) -> int:
    """The ECN bits of a TCP segment belong to TCP."""
    return value & ~_ECN | before & _ECN if socket.type == SOCK_STREAM else value


def _set_tos(socket: Socket, raw: bytes) -> None:
    socket.ip_tos = _keep_ecn(socket, socket.ip_tos, number_or_octet(raw) & 0xFF)
    socket.header_changed()


def _set_ttl(socket: Socket, raw: bytes) -> None:
    value = number_or_octet(raw)
    socket.ip_ttl = socket.env.host.tcp.hop_limit if value == -1 else within(value, 1, 255)
    socket.header_changed()


def _set_hops(socket: Socket, raw: bytes) -> None:
    value = within(number(raw), -1, 255)
    socket.hops = socket.env.host.tcp.hop_limit if value == -1 else value
    socket.header_changed()


def _set_traffic_class(socket: Socket, raw: bytes) -> None:
    value = within(number(raw), -1, 255)
    socket.traffic_class = _keep_ecn(socket, socket.traffic_class, 0 if value == -1 else value)
    socket.header_changed()


def _set_v6_only(socket: Socket, raw: bytes) -> None:
    if socket.getsockname()[1]:  # bound already
        raise failure(errno.EINVAL)
    socket.v6_only = number(raw) != 0


COMMON: Final[dict[tuple[int, int], Option]] = {
    (SOL_SOCKET, SO_REUSEADDR): attribute("reuse_address"),
    (SOL_SOCKET, SO_REUSEPORT): attribute("reuse_port"),
    (SOL_SOCKET, SO_BROADCAST): attribute("broadcast"),
    (SOL_SOCKET, SO_OOBINLINE): attribute("oob_inline"),
    (SOL_SOCKET, SO_TYPE): Option(lambda socket: socket.type),
    (SOL_SOCKET, SO_DOMAIN): Option(lambda socket: socket.family),
    (SOL_SOCKET, SO_PROTOCOL): Option(lambda socket: socket.protocol),
    (SOL_SOCKET, SO_ERROR): Option(lambda socket: socket.take_error()),
    (SOL_SOCKET, SO_RCVLOWAT): Option(lambda socket: socket.receive_low_water, _set_low_water),
    (SOL_SOCKET, SO_RCVTIMEO): _timeout("receive_timeout_ns"),
    (SOL_SOCKET, SO_SNDTIMEO): _timeout("send_timeout_ns"),
    (IPPROTO_IP, IP_TOS): Option(lambda socket: socket.ip_tos, _set_tos),
    (IPPROTO_IP, IP_TTL): Option(lambda socket: socket.ip_ttl, _set_ttl),
    (IPPROTO_IPV6, IPV6_UNICAST_HOPS): Option(lambda socket: socket.hops, _set_hops, v6_only=True),
    (IPPROTO_IPV6, IPV6_TCLASS): Option(lambda socket: socket.traffic_class, _set_traffic_class, v6_only=True),
    (IPPROTO_IPV6, IPV6_V6ONLY): Option(lambda socket: int(socket.v6_only), _set_v6_only, v6_only=True),
}
