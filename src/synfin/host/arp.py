"""ARP (RFC 826, RFC 1122 2.3.2): questions and answers on the wire.  The cache with its timers is `neighbors`."""

from __future__ import annotations

from typing import Final, final

from synfin.host.interfaces import Interface
from synfin.host.neighbors import Solicitor
from synfin.wire.addresses import ANY_V4, BROADCAST_MAC, Address, Endpoint, is_group_mac
from synfin.wire.arp import REPLY, REQUEST, ArpPacket, build_arp, parse_arp
from synfin.wire.ethernet import ETHERTYPE_ARP, ETHERTYPE_IPV4, EthernetFrame, build_ethernet
from synfin.wire.frame import Frame

_NO_MAC: Final = bytes(6)


@final
class Arp(Solicitor):
    """ARP for all interfaces of one host."""

    __slots__ = ()

    def receive(self, interface: Interface, data: bytes, now: int) -> None:
        """Packet reception as RFC 826 has it [RFC826-02]; raises `WireError` for what is not ARP of ours [RFC826-01].

        Only a question or answer directed to us makes a new entry [RFC826-04] [RFC826-05].
        """
        packet = parse_arp(data)
        sender = packet.sender_ip
        mac = packet.sender_mac
        remote = Endpoint(sender, 0)
        if is_group_mac(mac) or mac == _NO_MAC:
            self._core.rule("arp-bad-sender", now, "", remote=remote)  # [RFC826-08]
            return
        if interface.owns(sender):
            if mac != interface.mac:
                self._core.rule("arp-address-conflict", now, "", remote=remote)
            return
        cache = self.cache(interface)
        for_us = interface.owns(packet.target_ip)
        entry = cache.get(sender)
        if sender == ANY_V4:
            pass  # a probe (RFC 5227): answered, never remembered
        elif entry is not None and packet.operation == REPLY and for_us:
            cache.answered(entry, mac, now)
        elif entry is not None or (for_us and packet.operation == REQUEST):
            cache.learn(sender, mac, now)
        if packet.operation != REQUEST:
            return
        if not for_us:
            self._core.count("arp-not-for-us")
            return
        self._send(interface, ArpPacket(REPLY, interface.mac or _NO_MAC, packet.target_ip, mac, sender), mac)

    def solicit(self, interface: Interface, target: Address, mac: bytes, packet: bytes, now: int) -> None:
        """Broadcast a request, or ask the neighbour itself (RFC 1122 2.3.2.1)."""
        source: Address | None = Address(packet[12:16]) if len(packet) >= 20 else None
        if source is None or not interface.owns(source):
            source = interface.source_for(target)
        if source is not None:
            request = ArpPacket(REQUEST, interface.mac or _NO_MAC, source, _NO_MAC, target)
            self._send(interface, request, mac or BROADCAST_MAC)

    def unreachable(self, packet: bytes, now: int) -> None:
        """Tell whoever sent `packet`; no ICMP message goes out [RFC1122-03]."""
        self._core.undeliverable(packet, "host-unreachable", now, 0)

    def encapsulate(self, interface: Interface, mac: bytes, packet: bytes) -> bytes:
        """An Ethernet frame of type IPv4."""
        return build_ethernet(EthernetFrame(mac, interface.mac or _NO_MAC, ETHERTYPE_IPV4, packet))

    def _send(self, interface: Interface, packet: ArpPacket, to: bytes) -> None:
        source = interface.mac or _NO_MAC
        data = build_ethernet(EthernetFrame(to, source, ETHERTYPE_ARP, build_arp(packet)))
        note = "arp-request" if packet.operation == REQUEST else "arp-reply"
        self._core.frames.append(Frame(data, 0, note, interface.index))
