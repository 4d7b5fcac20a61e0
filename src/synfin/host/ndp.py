"""IPv6 neighbour discovery between hosts (RFC 4861): solicitations and advertisements on the wire.

The cache with its states is `neighbors`.  Routers are not discovered yet (routes are static) and redirects are ignored;
duplicate address detection is not done for static addresses.
"""

from __future__ import annotations

from typing import Final, final

from synfin.host.core import Datagram
from synfin.host.interfaces import Interface
from synfin.host.neighbors import Solicitor
from synfin.wire.addresses import (
    ALL_NODES_V6,
    Address,
    Endpoint,
    is_group_mac,
    is_unspecified,
    multicast_mac,
    solicited_node,
)
from synfin.wire.ethernet import ETHERTYPE_IPV6, EthernetFrame, build_ethernet
from synfin.wire.frame import Frame
from synfin.wire.icmpv6 import (
    NEIGHBOR_ADVERTISEMENT,
    NEIGHBOR_SOLICITATION,
    OPTION_SOURCE_LINK_ADDRESS,
    OPTION_TARGET_LINK_ADDRESS,
    PROTOCOL,
    REDIRECT,
    ROUTER_SOLICITATION,
    Icmpv6Message,
    build_icmpv6,
    check_neighbor_discovery,
    neighbor_advertisement,
    neighbor_solicitation,
)
from synfin.wire.ipv6 import Ipv6Packet, build_ipv6

_NO_MAC: Final = bytes(6)
_HOP_LIMIT: Final = 255


@final
class Ndp(Solicitor):
    """Neighbour discovery for all interfaces of one host."""

    __slots__ = ()

    def receive(self, message: Icmpv6Message, datagram: Datagram, now: int) -> None:
        """Types 133 to 137; raises `WireError` for a message that is not valid [RFC4861-01] [RFC4861-02]."""
        check_neighbor_discovery(message, datagram.src, datagram.dst, datagram.hop_limit)
        interface = datagram.interface
        if message.type == NEIGHBOR_SOLICITATION:
            self._core.counters["Icmp6InNeighborSolicits"] += 1
            if interface.mac is not None:
                self._solicited(message, datagram, now)
        elif message.type == NEIGHBOR_ADVERTISEMENT:
            self._core.counters["Icmp6InNeighborAdvertisements"] += 1
            if interface.mac is not None:
                self._advertised(message, datagram, now)
        elif message.type == REDIRECT:
            self._core.counters["Icmp6InRedirects"] += 1
            self._core.rule("nd-redirect-ignored", now, "", remote=Endpoint(datagram.src, 0))
        else:
            solicits = message.type == ROUTER_SOLICITATION
            self._core.counters["Icmp6InRouterSolicits" if solicits else "Icmp6InRouterAdvertisements"] += 1
            self._core.rule("nd-router-ignored", now, "", remote=Endpoint(datagram.src, 0))

    def _solicited(self, message: Icmpv6Message, datagram: Datagram, now: int) -> None:
        """Answer for an address of ours (RFC 4861 7.2.3, 7.2.4) [RFC4861-06]."""
        interface = datagram.interface
        target = message.target
        if not interface.owns(target):
            self._core.count("nd-not-for-us")
            return
        mac = message.link_address(OPTION_SOURCE_LINK_ADDRESS)
        if mac is not None and is_group_mac(mac):
            mac = None
        if is_unspecified(datagram.src):
            # Somebody tests whether the address is free; the cache stays as it is [RFC4861-18].
            answer = neighbor_advertisement(target, interface.mac, solicited=False, override=True)
            self._send(interface, target, ALL_NODES_V6, multicast_mac(ALL_NODES_V6), answer)
            return
        cache = self.cache(interface)
        if mac is not None:
            cache.learn(datagram.src, mac, now)
        answer = neighbor_advertisement(target, interface.mac, solicited=True, override=True)
        entry = cache.get(datagram.src)
        if entry is not None and entry.mac:
            self._send(interface, target, datagram.src, entry.mac, answer)
        else:
            packet = self._packet(target, datagram.src, answer)
            cache.send(datagram.src, Frame(packet, 0, "neighbor-advertisement", interface.index), now)

    def _advertised(self, message: Icmpv6Message, datagram: Datagram, now: int) -> None:
        """RFC 4861 7.2.5; an advertisement makes no entry [RFC4861-07]."""
        interface = datagram.interface
        target = message.target
        if interface.owns(target):
            self._core.rule("nd-address-conflict", now, "", remote=Endpoint(target, 0))
            return
        cache = self.cache(interface)
        entry = cache.get(target)
        if entry is None:
            self._core.count("nd-unknown-neighbor")
            return
        mac = message.link_address(OPTION_TARGET_LINK_ADDRESS)
        if mac is not None and is_group_mac(mac):
            mac = None
        cache.advertised(entry, mac or b"", message.solicited, message.override, now)

    def solicit(self, interface: Interface, target: Address, mac: bytes, packet: bytes, now: int) -> None:
        """Ask the solicited-node group of `target`, or `target` itself (RFC 4861 7.2.2)."""
        source: Address | None = Address(packet[8:24]) if len(packet) >= 40 else None
        if source is None or not interface.owns(source):
            source = interface.source_for(target)
        if source is None:
            return
        destination = target if mac else solicited_node(target)
        message = neighbor_solicitation(target, interface.mac)
        self._send(interface, source, destination, mac or multicast_mac(destination), message)

    def unreachable(self, packet: bytes, now: int) -> None:
        """Tell whoever sent `packet` (RFC 4861 7.2.2)."""
        self._core.undeliverable(packet, "host-unreachable", now, 0)

    def encapsulate(self, interface: Interface, mac: bytes, packet: bytes) -> bytes:
        """An Ethernet frame of type IPv6."""
        return build_ethernet(EthernetFrame(mac, interface.mac or _NO_MAC, ETHERTYPE_IPV6, packet))

    def _packet(self, src: Address, dst: Address, message: Icmpv6Message) -> bytes:
        counters = self._core.counters
        counters["Icmp6OutMsgs"] += 1
        if message.type == NEIGHBOR_SOLICITATION:
            counters["Icmp6OutNeighborSolicits"] += 1
        else:
            counters["Icmp6OutNeighborAdvertisements"] += 1
        return build_ipv6(Ipv6Packet(src, dst, PROTOCOL, build_icmpv6(message, src, dst), _HOP_LIMIT))

    def _send(self, interface: Interface, src: Address, dst: Address, mac: bytes, message: Icmpv6Message) -> None:
        data = self.encapsulate(interface, mac, self._packet(src, dst, message))
        note = "neighbor-solicitation" if message.type == NEIGHBOR_SOLICITATION else "neighbor-advertisement"
        self._core.frames.append(Frame(data, 0, note, interface.index))
