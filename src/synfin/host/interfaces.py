"""Interfaces of a host, their static addresses, and the question "is this address one of ours?".

Responsible for what is configured.  Where a packet to somebody else goes is `routes`; who has which link-layer address
is `neighbors`.

Host model (RFC 1122 3.3.4.2 [RFC1122-28]): weak on input, strong on output.  A packet to any of the host's addresses is
taken on every interface; an answer always bears the address that the question was sent to; a new packet bears an
address of the interface that it leaves by.  Link-local addresses and loopback addresses stay on their interface.
"""

from __future__ import annotations

from typing import Final, final

from synfin.errors import UsageError
from synfin.wire.addresses import (
    ALL_NODES_V6,
    ANY_V6,
    BROADCAST_V4,
    LOOPBACK_V4,
    LOOPBACK_V6,
    Address,
    broadcast_of,
    is_link_local,
    is_multicast,
    is_unspecified,
    solicited_node,
)

LOOPBACK_INDEX: Final = -1
LOOPBACK_MTU: Final = 65_535
ALL_HOSTS_V4: Final = Address(b"\xe0\x00\x00\x01")  # RFC 1112 4


def link_local_from_mac(mac: bytes) -> Address:
    """`fe80::/64` with the modified EUI-64 of a MAC address (RFC 4291 appendix A)."""
    return Address(b"\xfe\x80" + bytes(6) + bytes((mac[0] ^ 2,)) + mac[1:3] + b"\xff\xfe" + mac[3:])


def has_link_scope(address: Address) -> bool:
    """Whether `address` means something on one link only: link-local, or a link-local group (RFC 4291 2.7)."""
    return is_link_local(address) or (len(address) == 16 and address[0] == 0xFF and address[1] & 0x0F <= 2)


@final
class Interface:
    """One network interface.

    `mac` is None on a layer-3 device, where a frame is an IP packet.  `mtu` counts octets of an IP packet.
    `push_limit` is 0, or the octets of text in the largest super-segment that the device cuts into packets itself;
    `checksum_offload`: the device completes checksums (`Frame.sum_from`).
    """

    __slots__ = ("broadcasts", "checksum_offload", "groups", "index", "mac", "mtu", "name", "networks", "push_limit")

    def __init__(self, index: int, name: str, mtu: int, mac: bytes | None) -> None:
        self.index = index
        self.name = name
        self.mtu = mtu
        self.mac = mac
        self.push_limit = 0
        self.checksum_offload = False
        self.networks: list[tuple[Address, int]] = []  # address of ours, prefix length
        self.broadcasts: dict[Address, bool] = {BROADCAST_V4: True}
        self.groups: dict[Address, bool] = {ALL_HOSTS_V4: True, ALL_NODES_V6: True}

    @property
    def is_loopback(self) -> bool:
        """Whether packets go nowhere but back to us."""
        return self.index == LOOPBACK_INDEX

    def add_address(self, address: Address, length: int) -> None:
        """Take one more address; raises `UsageError` when it cannot be a host's address."""
        if (
            is_multicast(address)
            or is_unspecified(address)
            or (len(address) == 4 and (address[0] == 0 or address[0] >= 240))
        ):
            raise UsageError(f"interface {self.name}: a host cannot have a broadcast, multicast or 0.x address")
        broadcast = broadcast_of(address, length)
        if broadcast is not None:
            if broadcast == address:
                raise UsageError(f"interface {self.name}: the address is the broadcast address of its own subnet")
            self.broadcasts[broadcast] = True
        if len(address) == 16:
            if self.mtu < 1280:
                raise UsageError(f"interface {self.name}: IPv6 needs an MTU of 1280 or more, not {self.mtu}")
            self.groups[solicited_node(address)] = True
        self.networks.append((address, length))

    def owns(self, address: Address) -> bool:
        """Whether `address` is one of this interface's."""
        return any([own == address for own, _ in self.networks])  # noqa: C419

    def source_for(self, towards: Address) -> Address | None:
        """Our address on this interface for packets to `towards` (RFC 6724 5: scope first, then longest prefix)."""
        best: Address | None = None
        best_rank = -1
        bits = len(towards) * 8
        wanted = int.from_bytes(towards, "big")
        local_scope = has_link_scope(towards)
        for address, _ in self.networks:
            if len(address) != len(towards):
                continue
            same = bits - (int.from_bytes(address, "big") ^ wanted).bit_length()
            rank = same + (1024 if is_link_local(address) == local_scope else 0)
            if rank > best_rank:
                best = address
                best_rank = rank
        return best


@final
class Interfaces:
    """All interfaces, loopback included, and the addresses that are ours."""

    __slots__ = ("broadcasts", "by_index", "by_name", "local", "loopback")

    def __init__(self) -> None:
        self.by_index: list[Interface] = []
        self.by_name: dict[str, Interface] = {}
        self.local: dict[Address, Interface] = {}
        self.broadcasts: dict[Address, bool] = {BROADCAST_V4: True}
        self.loopback = Interface(LOOPBACK_INDEX, "lo", LOOPBACK_MTU, None)
        for address, length in ((LOOPBACK_V4, 8), (LOOPBACK_V6, 128)):
            self.loopback.add_address(address, length)
            self.local[address] = self.loopback
        self.by_name["lo"] = self.loopback

    def add(self, name: str, mtu: int, mac: bytes | None) -> Interface:
        """A new interface without addresses; raises `UsageError` for a name in use or a bad MTU or MAC."""
        if name in self.by_name:
            raise UsageError(f"there is already an interface named {name!r}")
        if not 68 <= mtu <= 65_535:
            raise UsageError(f"interface {name}: the MTU is {mtu}; it must be between 68 and 65535")
        if mac is not None and (len(mac) != 6 or mac[0] & 1):
            raise UsageError(f"interface {name}: the MAC address must be 6 octets and not a group address")
        interface = Interface(len(self.by_index), name, mtu, mac)
        self.by_index.append(interface)
        self.by_name[name] = interface
        return interface

    def add_address(self, interface: Interface, address: Address, length: int) -> None:
        """Give `interface` an address; raises `UsageError` when it cannot be used or is ours already."""
        if address in self.local:
            raise UsageError(f"interface {interface.name}: the host already has this address")
        interface.add_address(address, length)
        self.local[address] = interface
        self.broadcasts.update(interface.broadcasts)

    def is_local(self, address: Address) -> bool:
        """Whether a packet to `address` is for this very host."""
        return address in self.local or (len(address) == 4 and address[0] == 127)

    def is_ours(self, interface: Interface, address: Address) -> bool:
        """Whether a packet to `address` that came in on `interface` is for us (see the host model above)."""
        owner = self.local.get(address)
        if owner is interface:
            return True
        if owner is None:
            return interface.is_loopback and len(address) == 4 and address[0] == 127
        return interface.is_loopback or not (owner.is_loopback or is_link_local(address))

    def is_broadcast(self, address: Address) -> bool:
        """Whether `address` is the limited broadcast or that of a subnet of ours [MUST-57a]."""
        return address in self.broadcasts

    def is_bad_source(self, address: Address) -> bool:
        """Whether no host on a wire may have `address`: broadcast, multicast, unspecified, loopback [MUST-63]."""
        first = address[0]
        if len(address) == 4:
            return first == 0 or first == 127 or first >= 224 or self.is_broadcast(address)
        return first == 0xFF or address in (ANY_V6, LOOPBACK_V6)
