"""ARP for IPv4 over Ethernet (RFC 826).  The cache and the decisions are left to `host`."""

from __future__ import annotations

import struct
from typing import Final, final

from synfin.errors import UsageError, WireError
from synfin.wire.addresses import Address

REQUEST: Final = 1
REPLY: Final = 2

_PACKET: Final = struct.Struct(">HHBBH6s4s6s4s")
_ETHERNET: Final = 1
_IPV4: Final = 0x0800


@final
class ArpPacket:
    """One ARP packet: `operation` is REQUEST or REPLY (others are carried), link addresses are 6 octets."""

    __slots__ = ("operation", "sender_ip", "sender_mac", "target_ip", "target_mac")

    def __init__(
        self,
        operation: int,
        sender_mac: bytes,
        sender_ip: Address,
        target_mac: bytes,
        target_ip: Address,
    ) -> None:
        self.operation = operation
        self.sender_mac = sender_mac
        self.sender_ip = sender_ip
        self.target_mac = target_mac
        self.target_ip = target_ip

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ArpPacket):
            return NotImplemented
        return (
            self.operation == other.operation
            and self.sender_mac == other.sender_mac
            and self.sender_ip == other.sender_ip
            and self.target_mac == other.target_mac
            and self.target_ip == other.target_ip
        )

    def __hash__(self) -> int:
        return hash((self.operation, self.sender_mac, self.sender_ip, self.target_mac, self.target_ip))


def parse_arp(data: bytes) -> ArpPacket:
    """Read one packet; what follows its 28 octets is link padding.

    Raises `WireError`: `arp-truncated`, and `arp-unsupported` for anything but Ethernet and IPv4 [RFC826-01].
    """
    if len(data) < 8:
        raise WireError("arp-truncated", f"{len(data)} octets, a packet takes 28")
    hardware = int.from_bytes(data[0:2], "big")
    protocol = int.from_bytes(data[2:4], "big")
    if hardware != _ETHERNET or protocol != _IPV4 or data[4] != 6 or data[5] != 4:
        raise WireError("arp-unsupported", f"hardware {hardware}, protocol {protocol:#06x}, {data[4]}, {data[5]}")
    if len(data) < _PACKET.size:
        raise WireError("arp-truncated", f"{len(data)} octets, a packet takes 28")
    _, _, _, _, operation, sender_mac, sender_ip, target_mac, target_ip = _PACKET.unpack_from(data)
    return ArpPacket(operation, sender_mac, sender_ip, target_mac, target_ip)


def build_arp(packet: ArpPacket) -> bytes:
    """The 28 octets of a packet; raises `UsageError` for a value that does not fit its field."""
    if (
        len(packet.sender_mac) != 6
        or len(packet.target_mac) != 6
        or len(packet.sender_ip) != 4
        or len(packet.target_ip) != 4
        or not 0 <= packet.operation <= 0xFFFF
    ):
        raise UsageError("an ARP packet takes addresses of 6 and 4 octets and a 16-bit operation")
    return _PACKET.pack(
        _ETHERNET, _IPV4, 6, 4, packet.operation, packet.sender_mac, packet.sender_ip, packet.target_mac,
        packet.target_ip,
    )  # fmt: skip
