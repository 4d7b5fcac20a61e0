"""Readers of the link layer: Ethernet with VLAN tags, ARP, and what captures have instead of Ethernet."""

from __future__ import annotations

from typing import Final

from synfin.timeline.headers.fields import Sheet, Walk
from synfin.wire.addresses import BROADCAST_MAC, is_group_mac

ETHERTYPES: Final[dict[int, str]] = {
    0x0800: "IPv4",
    0x0806: "ARP",
    0x8100: "802.1Q",
    0x86DD: "IPv6",
    0x88A8: "802.1ad",
}
_FOLLOWING: Final[dict[int, str]] = {0x0800: "ipv4", 0x0806: "arp", 0x8100: "vlan", 0x86DD: "ipv6", 0x88A8: "vlan"}
_MIN_ETHERTYPE: Final = 0x0600
_FAMILIES: Final[dict[int, str]] = {2: "ipv4", 10: "ipv6", 24: "ipv6", 28: "ipv6", 30: "ipv6"}


def _about_mac(mac: bytes) -> str:
    if mac == BROADCAST_MAC:
        return "value.broadcast"
    return "value.group" if is_group_mac(mac) else ""


def _type_field(sheet: Sheet, name: str = "ethernet.type") -> int:
    """A field that holds an ethertype."""
    kind = sheet.peek(name, 16)
    say = "value.name" if kind in ETHERTYPES else ""
    return sheet.hexed(name, 16, say, name=ETHERTYPES.get(kind, ""))


def read_ethernet(walk: Walk) -> None:
    """Ethernet II, or IEEE 802.3 framing, which has a length where Ethernet II has the type (RFC 894, RFC 1042)."""
    sheet = walk.sheet()
    sheet.mac("ethernet.dst", _about_mac(walk.data[:6]))
    sheet.mac("ethernet.src")
    kind = sheet.peek("ethernet.type", 16)
    if kind < _MIN_ETHERTYPE:
        sheet.number("ethernet.length", 16, "value.octets", count=kind)
    else:
        _type_field(sheet)
    walk.done("ethernet", sheet, _FOLLOWING.get(kind, ""))
    if not sheet.cut and kind < _MIN_ETHERTYPE:
        walk.end = min(walk.end, walk.at + kind)  # what follows is padding


def read_vlan(walk: Walk) -> None:
    """The tag of IEEE 802.1Q behind its type field, and the type of what it carries."""
    sheet = walk.sheet()
    sheet.number("vlan.priority", 3)
    sheet.number("vlan.drop_eligible", 1)
    sheet.number("vlan.id", 12)
    kind = _type_field(sheet)
    walk.done("vlan", sheet, _FOLLOWING.get(kind, ""))


def read_arp(walk: Walk) -> None:
    """RFC 826; addresses are written as such for Ethernet and IPv4, and as octets for anything else."""
    sheet = walk.sheet()
    hardware = sheet.peek("arp.hardware", 16)
    sheet.number("arp.hardware", 16, "value.name" if hardware == 1 else "", name="Ethernet")
    protocol = _type_field(sheet, "arp.protocol")
    link = sheet.number("arp.hardware_length", 8, "value.octets", count=sheet.peek("arp.hardware_length", 8))
    net = sheet.number("arp.protocol_length", 8, "value.octets", count=sheet.peek("arp.protocol_length", 8))
    operation = sheet.peek("arp.operation", 16)
    sheet.number("arp.operation", 16, f"value.arp.{operation}" if operation in (1, 2) else "")
    for who in ("sender", "target"):
        if hardware == 1 and link == 6:
            sheet.mac(f"arp.{who}_link", "value.unknown_yet" if who == "target" and operation == 1 else "")
        else:
            sheet.octets(f"arp.{who}_link", link)
        if protocol == 0x0800 and net == 4:
            sheet.address(f"arp.{who}_ip", 4)
        else:
            sheet.octets(f"arp.{who}_ip", net)
    walk.done("arp", sheet)
    if walk.layers and not sheet.cut:
        walk.end = walk.at  # what follows is padding of the link


def read_null(walk: Walk) -> None:
    """The four octets of a BSD loopback capture: an address family in the byte order of the machine."""
    sheet = walk.sheet()
    raw = sheet.peek("null.family", 32)
    family = raw if raw < 0x10000 else int.from_bytes(raw.to_bytes(4, "big"), "little")
    following = _FAMILIES.get(family, "")
    sheet.hexed("null.family", 32, "value.name" if following else "", name="IPv4" if family == 2 else "IPv6")
    walk.done("null", sheet, following)


def read_sll(walk: Walk) -> None:
    """Linux "cooked" captures, version 1."""
    sheet = walk.sheet()
    sheet.number("sll.packet_type", 16)
    sheet.number("sll.hardware", 16)
    sheet.number("sll.address_length", 16)
    sheet.octets("sll.address", 8)
    kind = _type_field(sheet)
    walk.done("sll", sheet, _FOLLOWING.get(kind, ""))


def read_sll2(walk: Walk) -> None:
    """Linux "cooked" captures, version 2."""
    sheet = walk.sheet()
    kind = _type_field(sheet)
    sheet.hexed("sll.reserved", 16)
    sheet.number("sll.interface", 32)
    sheet.number("sll.hardware", 16)
    sheet.number("sll.packet_type", 8)
    sheet.number("sll.address_length", 8)
    sheet.octets("sll.address", 8)
    walk.done("sll", sheet, _FOLLOWING.get(kind, ""))
