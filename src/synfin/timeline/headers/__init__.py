"""A frame, field by field: every bit of it, what the bits mean, and whether they are right.

    fields   layers and fields, and the cursor that reads them
    link     Ethernet, VLAN tags, ARP, and what captures have instead
    ip       IPv4 with options, IPv6 with extension headers
    tcp      TCP with options, UDP
    icmp     ICMP, ICMPv6, neighbour discovery
    frames   the octets of a segment of a run
    box      a layer as people draw it in RFCs: text
    document layers as JSON

`describe` takes any octets.  Whatever they are, the layers tile the frame and the fields tile the layers, nothing
raises, and what cannot be read is told as such.  Where `wire` parses in order to act and stops at what is wrong, this
reads in order to show, and goes on as far as it can.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from synfin.pcap.model import (
    LINK_ETHERNET,
    LINK_IPV4,
    LINK_IPV6,
    LINK_LINUX_SLL,
    LINK_LINUX_SLL2,
    LINK_LOOP,
    LINK_NULL,
    LINK_RAW,
)
from synfin.timeline.headers import icmp, ip, link, tcp
from synfin.timeline.headers.fields import Field, Layer, Walk

LAYER_LIMIT: Final = 32  # packets in packets, tags on tags: what lies deeper is told as payload

_READERS: Final[dict[str, Callable[[Walk], None]]] = {
    "ethernet": link.read_ethernet,
    "vlan": link.read_vlan,
    "arp": link.read_arp,
    "null": link.read_null,
    "sll": link.read_sll,
    "sll2": link.read_sll2,
    "ipv4": ip.read_ipv4,
    "ipv6": ip.read_ipv6,
    "hop_by_hop": ip.read_options_header,
    "destination": ip.read_options_header,
    "routing": ip.read_routing,
    "fragment": ip.read_fragment,
    "auth": ip.read_auth,
    "esp": ip.read_esp,
    "tcp": tcp.read_tcp,
    "udp": tcp.read_udp,
    "icmpv4": icmp.read_icmpv4,
    "icmpv6": icmp.read_icmpv6,
}
_LINKS: Final[dict[int, str]] = {
    LINK_ETHERNET: "ethernet",
    LINK_IPV4: "ipv4",
    LINK_IPV6: "ipv6",
    LINK_NULL: "null",
    LINK_LOOP: "null",
    LINK_LINUX_SLL: "sll",
    LINK_LINUX_SLL2: "sll2",
}


def describe(frame: bytes, link_type: int = LINK_RAW) -> list[Layer]:
    """The layers of a frame of a pcap link type (`LINK_RAW`: an IP packet), from its first octet to its last.

    Headers come first, then `payload` (what no reader knows, or what is carried) and `padding` (what the packet's own
    length leaves out).  Never raises, whatever the octets are.
    """
    walk = Walk(frame, _first(frame, link_type))
    while walk.following and walk.at < walk.end and len(walk.layers) < LAYER_LIMIT:
        _READERS[walk.following](walk)
    walk.leave("payload")
    walk.end = len(frame)
    walk.quoted = False
    walk.leave("padding")
    return walk.layers


def _first(frame: bytes, link_type: int) -> str:
    """What a frame begins with."""
    if link_type in _LINKS:
        return _LINKS[link_type]
    version = frame[0] >> 4 if frame else 0
    return {4: "ipv4", 6: "ipv6"}.get(version, "") if link_type == LINK_RAW else ""


__all__ = ["LAYER_LIMIT", "Field", "Layer", "describe"]
