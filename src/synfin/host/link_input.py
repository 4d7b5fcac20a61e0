"""Frames on their way in: is it for us, and which protocol is in it?

Responsible for the link layer, Ethernet (RFC 894) or none.  Addresses of packets are `ip_input`'s affair; segments of
connections take a shorter way (`TcpDemux.receive_direct`).
"""

from __future__ import annotations

from typing import Final, final

from synfin.host.arp import Arp
from synfin.host.core import Core
from synfin.host.demux import TcpDemux
from synfin.host.interfaces import Interface
from synfin.host.ip_input import IpInput
from synfin.wire.addresses import is_group_mac
from synfin.wire.ethernet import (
    ETHERTYPE_ARP,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    HEADER_OCTETS,
    parse_ethernet,
)
from synfin.wire.frame import Frame

_VERSIONS: Final[dict[bytes, int]] = {b"\x08\x00": 4, b"\x86\xdd": 6}  # by ethertype


@final
class LinkInput:
    """The way of a frame to whoever takes it."""

    __slots__ = ("_arp", "_core", "_demux", "_input")

    def __init__(self, core: Core, arp: Arp, ip_input: IpInput, demux: TcpDemux) -> None:
        self._core = core
        self._arp = arp
        self._input = ip_input
        self._demux = demux

    def receive(self, interface: Interface, frame: Frame, now: int) -> None:
        """Take a frame that came in on `interface`; raises `WireError` for what is dropped because of its octets."""
        mac = interface.mac
        if mac is None:
            if not self._demux.receive_direct(interface, frame, 0, now):
                self._input.receive(interface, frame.data, now, False, frame.mss, frame.checked)
            return
        at = frame.at
        raw = frame.raw
        if len(raw) > at + HEADER_OCTETS and raw[at : at + 6] == mac and raw[at + 6 : at + 12] != mac:
            plain = _VERSIONS.get(raw[at + 12 : at + HEADER_OCTETS]) == raw[at + HEADER_OCTETS] >> 4
            if plain and self._demux.receive_direct(interface, frame, HEADER_OCTETS, now):
                return
        ethernet = parse_ethernet(frame.data)
        group = False
        if ethernet.dst != mac:
            if not is_group_mac(ethernet.dst):
                self._core.count("link-not-for-us")
                return
            group = True
        if ethernet.src == mac:
            self._core.count("link-own-frame")
        elif ethernet.ethertype == ETHERTYPE_IPV4:
            self._input.receive_v4(interface, ethernet.payload, now, group, frame.mss, frame.checked)
        elif ethernet.ethertype == ETHERTYPE_IPV6:
            self._input.receive_v6(interface, ethernet.payload, now, group, frame.mss, frame.checked)
        elif ethernet.ethertype == ETHERTYPE_ARP:
            self._arp.receive(interface, ethernet.payload, now)
        else:
            self._core.count("link-unknown-type")
