"""The few rtnetlink requests needed to configure the kernel's side of a device (rtnetlink(7)).

Responsible for links, addresses and routes of the current network namespace, over a plain netlink socket, so that
nothing has to be installed and no program's output is read.  Leaves to others what should be configured (`namespace`).
"""

from __future__ import annotations

import os
import socket
from struct import Struct
from types import TracebackType
from typing import Final, NamedTuple

from synfin.wire.addresses import Address

_HEADER: Final = Struct("=IHHII")  # length, type, flags, sequence, port
_LINK: Final = Struct("=BxHiII")  # family, type, index, flags, change
_ADDRESS: Final = Struct("=BBBBI")  # family, prefix length, flags, scope, index
_ROUTE: Final = Struct("=BBBBBBBBI")  # family, dst length, src length, tos, table, protocol, scope, type, flags
_ATTRIBUTE: Final = Struct("=HH")  # length, type
_ERROR: Final = Struct("=i")
_U32: Final = Struct("=I")

_ERROR_MESSAGE: Final = 2
_DONE: Final = 3
_NEW_LINK: Final = 16
_GET_LINK: Final = 18
_NEW_ADDRESS: Final = 20
_GET_ADDRESS: Final = 22
_NEW_ROUTE: Final = 24

_REQUEST: Final = 0x001
_ACK: Final = 0x004
_EXCLUSIVE: Final = 0x200
_DUMP: Final = 0x300
_CREATE: Final = 0x400

_IFLA_IFNAME: Final = 3
_IFLA_MTU: Final = 4
_IFLA_AF_SPEC: Final = 26
_IFLA_INET6_ADDR_GEN_MODE: Final = 8
_ADDR_GEN_NONE: Final = 1
_IFA_ADDRESS: Final = 1
_IFA_LOCAL: Final = 2
_IFA_FLAGS: Final = 8
_IFA_F_NODAD: Final = 0x02
_RTA_DST: Final = 1
_RTA_OIF: Final = 4
_RTA_GATEWAY: Final = 5
_TABLE_MAIN: Final = 254
_PROTOCOL_STATIC: Final = 4
_TYPE_UNICAST: Final = 1

IFF_UP: Final = 0x1


class Link(NamedTuple):
    """One interface of the namespace as the kernel describes it; `flags` are those of netdevice(7)."""

    ifindex: int
    name: str
    flags: int
    mtu: int


class InterfaceAddress(NamedTuple):
    """An address of the kernel's own: interface index, address, prefix length."""

    ifindex: int
    address: Address
    length: int


class Rtnetlink:
    """A conversation with the kernel about the current network namespace.

    Every request raises the `OSError` subclass that belongs to the kernel's answer (`PermissionError`,
    `FileExistsError`, ...).
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self._sequence = 0

    def __enter__(self) -> Rtnetlink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the netlink socket."""
        self._socket.close()

    def links(self) -> list[Link]:
        """All interfaces of the namespace."""
        found = []
        for body in self._ask(_GET_LINK, _DUMP, _LINK.pack(0, 0, 0, 0, 0)):
            _, _, ifindex, flags, _ = _LINK.unpack_from(body)
            attributes = _attributes(body, _LINK.size)
            name = attributes[_IFLA_IFNAME].rstrip(b"\0").decode()
            found.append(Link(ifindex, name, flags, _U32.unpack(attributes[_IFLA_MTU])[0]))
        return found

    def link(self, name: str) -> Link | None:
        """The interface of that name, or None."""
        return next((link for link in self.links() if link.name == name), None)

    def addresses(self) -> list[InterfaceAddress]:
        """All addresses the kernel holds in the namespace, of both families."""
        found = []
        for body in self._ask(_GET_ADDRESS, _DUMP, _ADDRESS.pack(0, 0, 0, 0, 0)):
            _, length, _, _, ifindex = _ADDRESS.unpack_from(body)
            attributes = _attributes(body, _ADDRESS.size)
            octets = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS)
            if octets is not None:
                found.append(InterfaceAddress(ifindex, Address(octets), length))
        return found

    def set_link(self, ifindex: int, *, up: bool = True, mtu: int | None = None) -> None:
        """Bring an interface up or down and set its MTU."""
        attributes = b"" if mtu is None else _attribute(_IFLA_MTU, _U32.pack(mtu))
        self._ask(_NEW_LINK, _ACK, _LINK.pack(0, 0, ifindex, IFF_UP if up else 0, IFF_UP) + attributes)

    def set_quiet(self, ifindex: int) -> None:
        """Keep the kernel from giving the interface an IPv6 link-local address, and so from soliciting routers."""
        mode = _attribute(_IFLA_INET6_ADDR_GEN_MODE, bytes([_ADDR_GEN_NONE]))
        attributes = _attribute(_IFLA_AF_SPEC, _attribute(socket.AF_INET6, mode))
        self._ask(_NEW_LINK, _ACK, _LINK.pack(0, 0, ifindex, 0, 0) + attributes)

    def add_address(self, ifindex: int, address: Address, length: int) -> None:
        """Give an interface an address; the IPv6 one is usable at once, without duplicate address detection."""
        family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
        attributes = _attribute(_IFA_LOCAL, address) + _attribute(_IFA_ADDRESS, address)
        if family == socket.AF_INET6:
            attributes += _attribute(_IFA_FLAGS, _U32.pack(_IFA_F_NODAD))
        body = _ADDRESS.pack(family, length, 0, 0, ifindex)
        self._ask(_NEW_ADDRESS, _ACK | _CREATE | _EXCLUSIVE, body + attributes)

    def add_route(self, network: Address, length: int, ifindex: int, via: Address | None = None) -> None:
        """Route `network`/`length` out of an interface, through the router `via` if there is one."""
        family = socket.AF_INET if len(network) == 4 else socket.AF_INET6
        attributes = _attribute(_RTA_OIF, _U32.pack(ifindex))
        if length > 0:
            attributes += _attribute(_RTA_DST, network)
        if via is not None:
            attributes += _attribute(_RTA_GATEWAY, via)
        body = _ROUTE.pack(family, length, 0, 0, _TABLE_MAIN, _PROTOCOL_STATIC, 0, _TYPE_UNICAST, 0)
        self._ask(_NEW_ROUTE, _ACK | _CREATE | _EXCLUSIVE, body + attributes)

    def _ask(self, kind: int, flags: int, body: bytes) -> list[bytes]:
        """Send one request; the bodies of all messages that answer it."""
        self._sequence += 1
        header = _HEADER.pack(_HEADER.size + len(body), kind, flags | _REQUEST, self._sequence, 0)
        self._socket.send(header + body)
        bodies: list[bytes] = []
        while not self._take(self._socket.recv(1 << 17), bodies):
            pass
        return bodies

    def _take(self, answer: bytes, bodies: list[bytes]) -> bool:
        """Collect the messages of one datagram; True when the answer is complete."""
        offset = 0
        while offset + _HEADER.size <= len(answer):
            length, kind, _, sequence, _ = _HEADER.unpack_from(answer, offset)
            body = answer[offset + _HEADER.size : offset + length]
            offset += (max(length, _HEADER.size) + 3) & ~3
            if sequence != self._sequence:
                continue
            if kind == _DONE:
                return True
            if kind == _ERROR_MESSAGE:
                error = -_ERROR.unpack_from(body)[0]
                if error:
                    raise OSError(error, os.strerror(error))
                return True
            bodies.append(body)
        return False


def _attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded to four octets."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def _attributes(body: bytes, offset: int) -> dict[int, bytes]:
    """The attributes that follow a message's fixed part."""
    found: dict[int, bytes] = {}
    while offset + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, offset)
        if length < _ATTRIBUTE.size:
            break
        found[kind & 0x3FFF] = body[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3
    return found
