"""IP packets on their way out: header, Identification, fragmentation, and the link layer below.

Responsible for both families (RFC 791, RFC 1122 3.3, RFC 6864, RFC 8200).  Which path a packet takes is `routes`, who
has which MAC address is `neighbors`; what is in the packet is its sender's affair.
"""

from __future__ import annotations

from hashlib import blake2s
from typing import Final, final

from synfin.host.arp import Arp
from synfin.host.core import Core
from synfin.host.interfaces import Interface, has_link_scope
from synfin.host.ndp import Ndp
from synfin.host.neighbors import NeighborCache
from synfin.host.pmtu import MIN_MTU_V6, PathMtuTable
from synfin.host.routes import Path, RouteTable
from synfin.wire.addresses import BROADCAST_MAC, Address, Endpoint, is_multicast, multicast_mac
from synfin.wire.ethernet import ETHERTYPE_IPV4, ETHERTYPE_IPV6, EthernetFrame, build_ethernet
from synfin.wire.frame import Frame
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4, build_ipv4_header
from synfin.wire.ipv6 import (
    FRAGMENT,
    FragmentHeader,
    Ipv6Packet,
    build_fragment_header,
    build_ipv6,
    build_ipv6_header,
)

_V4_HEADER: Final = 20
_V6_HEADER: Final = 40
_FRAGMENT_HEADER: Final = 8


@final
class IpOutput:
    """The way out of one host."""

    __slots__ = ("_arp", "_core", "_flow_key", "_identification_limit", "_identifications", "_ndp", "pmtu", "routes")

    def __init__(self, core: Core, routes: RouteTable, arp: Arp, ndp: Ndp) -> None:
        self._core = core
        self._arp = arp
        self._ndp = ndp
        self.routes = routes
        self.pmtu = PathMtuTable(core.config)
        self._identifications: dict[bytes, int] = {}
        self._identification_limit = core.config.identification_entries
        self._flow_key = core.rng.randbytes(16)

    def reply_path(self, interface: Interface, remote: Address) -> Path | None:
        """The way back to `remote`, whose packet came in on `interface`; link-local peers are on that link."""
        if has_link_scope(remote) and not interface.is_loopback:
            return self.routes.path_on(interface, remote)
        return self.routes.path(remote)

    def flow_label(self, src: Address, dst: Address, protocol: int, ports: bytes) -> int:
        """The same 20 bits for all packets of a flow, not to be guessed [RFC8200-18]."""
        text = src + dst + bytes((protocol,)) + ports
        return int.from_bytes(blake2s(text, key=self._flow_key, digest_size=3).digest(), "big") & 0xF_FFFF

    def send(
        self,
        path: Path,
        src: Address,
        dst: Address,
        protocol: int,
        payload: bytes,
        now: int,
        hop_limit: int,
        traffic_class: int = 0,
        fragment: bool = True,
        flow_label: int = 0,
        mss: int = 0,
        note: str = "",
    ) -> bool:
        """Send `payload`, in fragments when it must be and `fragment` allows it; False when it could not go out.

        A packet that fits and may not be fragmented on the way (`fragment` False) has DF set, so that its
        Identification means nothing [RFC6864-01] [RFC6864-02] [RFC6864-06].
        """
        if len(dst) == 4:
            return self._send_v4(path, src, dst, protocol, payload, now, hop_limit, traffic_class, fragment, mss, note)
        return self._send_v6(
            path, src, dst, protocol, payload, now, hop_limit, traffic_class, fragment, flow_label, mss, note
        )

    def _send_v4(
        self,
        path: Path,
        src: Address,
        dst: Address,
        protocol: int,
        payload: bytes,
        now: int,
        hop_limit: int,
        traffic_class: int,
        fragment: bool,
        mss: int,
        note: str,
    ) -> bool:
        counters = self._core.counters
        counters["IpOutRequests"] += 1
        size = _V4_HEADER + len(payload)
        limit = path.interface.mtu
        if size > limit and not mss:
            if not fragment:
                whole = build_ipv4(Ipv4Packet(src, dst, protocol, payload, hop_limit, traffic_class, 0, True))
                counters["IpFragFails"] += 1
                self._too_big(whole, limit, now)
                return False
            return self._fragment_v4(path, src, dst, protocol, payload, now, hop_limit, traffic_class, limit, note)
        if fragment:
            limit = self.pmtu.get(dst, now, limit)
            if size > limit:
                return self._fragment_v4(path, src, dst, protocol, payload, now, hop_limit, traffic_class, limit, note)
            identification = self._identification(src, dst, protocol)
            header = Ipv4Packet(src, dst, protocol, payload, hop_limit, traffic_class, identification)
        else:
            header = Ipv4Packet(src, dst, protocol, payload, hop_limit, traffic_class, 0, True)
        packet = build_ipv4(header)
        counters["IpExtOutOctets"] += len(packet)
        self._transmit(path, dst, packet, now, mss, note)
        return True

    def send_segment(
        self,
        path: Path,
        src: Address,
        dst: Address,
        protocol: int,
        header: bytes,
        text: bytes,
        now: int,
        hop_limit: int,
        traffic_class: int,
        flow_label: int,
        mss: int,
        sum_at: int,
        note: str,
    ) -> bool:
        """Send a segment of TCP, never in fragments; False when it could not go out.

        `header` and `text` are not joined here, so that a device which can take both need not have them joined at all.
        `sum_at` is 0, or where in `header` the checksum lies that is still to be added up.
        """
        counters = self._core.counters
        interface = path.interface
        length = len(header) + len(text)
        if len(dst) == 4:
            counters["IpOutRequests"] += 1
            size = _V4_HEADER + length
            start = build_ipv4_header(src, dst, protocol, length, hop_limit, traffic_class)
        else:
            counters["Ip6OutRequests"] += 1
            size = _V6_HEADER + length
            start = build_ipv6_header(src, dst, protocol, length, hop_limit, traffic_class, flow_label)
        frame = Frame(start + header, mss, note, interface.index, text)
        if sum_at:
            frame.sum_from = len(start)
            frame.sum_at = sum_at
        if size > interface.mtu and not mss:
            counters["IpFragFails" if len(dst) == 4 else "Ip6FragFails"] += 1
            self._too_big(frame.data, interface.mtu, now)
            return False
        if len(dst) == 4:
            counters["IpExtOutOctets"] += size
        if interface.mac is None and not interface.is_loopback:
            self._core.frames.append(frame)
        else:
            self._link(path, dst, frame, now)
        return True

    def _fragment_v4(
        self,
        path: Path,
        src: Address,
        dst: Address,
        protocol: int,
        payload: bytes,
        now: int,
        hop_limit: int,
        traffic_class: int,
        limit: int,
        note: str,
    ) -> bool:
        """RFC 791 3.2 [RFC791-06]; all fragments of one datagram have its Identification [RFC6864-04]."""
        counters = self._core.counters
        identification = self._identification(src, dst, protocol)
        step = (limit - _V4_HEADER) & ~7
        at = 0
        end = len(payload)
        while at < end:
            piece = payload[at : at + step]
            packet = build_ipv4(
                Ipv4Packet(
                    src, dst, protocol, piece, hop_limit, traffic_class, identification, False, at + step < end, at
                )
            )
            counters["IpFragCreates"] += 1
            counters["IpExtOutOctets"] += len(packet)
            self._transmit(path, dst, packet, now, 0, note)
            at += step
        counters["IpFragOKs"] += 1
        return True

    def _send_v6(
        self,
        path: Path,
        src: Address,
        dst: Address,
        protocol: int,
        payload: bytes,
        now: int,
        hop_limit: int,
        traffic_class: int,
        fragment: bool,
        flow_label: int,
        mss: int,
        note: str,
    ) -> bool:
        counters = self._core.counters
        counters["Ip6OutRequests"] += 1
        size = _V6_HEADER + len(payload)
        limit = path.interface.mtu
        if fragment:
            limit = max(self.pmtu.get(dst, now, limit), MIN_MTU_V6)
        if size <= limit or mss:
            packet = Ipv6Packet(src, dst, protocol, payload, hop_limit, traffic_class, flow_label)
            self._transmit(path, dst, build_ipv6(packet), now, mss, note)
            return True
        if not fragment:
            counters["Ip6FragFails"] += 1
            whole = build_ipv6(Ipv6Packet(src, dst, protocol, payload, hop_limit, traffic_class, flow_label))
            self._too_big(whole, limit, now)
            return False
        # Only the source fragments, never below 1280, with a number that cannot be foretold [RFC8200-13] [RFC5722-01].
        identification = self._core.rng.getrandbits(32)
        step = (limit - _V6_HEADER - _FRAGMENT_HEADER) & ~7
        at = 0
        end = len(payload)
        while at < end:
            header = build_fragment_header(FragmentHeader(protocol, at, at + step < end, identification))
            piece = header + payload[at : at + step]
            packet = Ipv6Packet(src, dst, FRAGMENT, piece, hop_limit, traffic_class, flow_label)
            counters["Ip6FragCreates"] += 1
            self._transmit(path, dst, build_ipv6(packet), now, 0, note)
            at += step
        counters["Ip6FragOKs"] += 1
        return True

    def _identification(self, src: Address, dst: Address, protocol: int) -> int:
        """A 16-bit number that does not come again soon for these three [RFC6864-04] [RFC6864-07]."""
        key = src + dst + bytes((protocol,))
        number = self._identifications.pop(key, -1)
        if number < 0:
            number = self._core.rng.getrandbits(16)
            while len(self._identifications) >= max(1, self._identification_limit):
                del self._identifications[next(iter(self._identifications))]
        self._identifications[key] = (number + 1) & 0xFFFF
        return number

    def _too_big(self, packet: bytes, mtu: int, now: int) -> None:
        self._core.rule("ip-too-big", now, f"{len(packet)} octets, the link takes {mtu}")
        self._core.undeliverable(packet, "packet-too-big", now, mtu)

    def _transmit(self, path: Path, dst: Address, packet: bytes, now: int, mss: int, note: str) -> None:
        self._link(path, dst, Frame(packet, mss, note, path.interface.index), now)

    def _link(self, path: Path, dst: Address, frame: Frame, now: int) -> None:
        """Hand a packet to the link: as it is on layer 3, in an Ethernet frame on layer 2, to ourselves on loopback."""
        core = self._core
        interface = path.interface
        if interface.mac is None:
            if interface.is_loopback:
                if len(core.loopback) >= core.config.loopback_packets:
                    core.rule("loopback-full", now, "", remote=Endpoint(dst, 0))
                    return
                core.loopback.append(frame.data)
                return
            core.frames.append(frame)
            return
        v4 = len(dst) == 4
        if is_multicast(dst) or (v4 and dst in interface.broadcasts):
            # A group goes in a link-layer group, a broadcast in a broadcast, and nothing else does [RFC1122-29].
            mac = multicast_mac(dst) if is_multicast(dst) else BROADCAST_MAC
            ethertype = ETHERTYPE_IPV4 if v4 else ETHERTYPE_IPV6
            data = build_ethernet(EthernetFrame(mac, interface.mac, ethertype, frame.data))
            core.frames.append(Frame(data, frame.mss, frame.note, interface.index))
            return
        self._cache(path).send(path.next_hop, frame, now)

    def _cache(self, path: Path) -> NeighborCache:
        """The neighbours on the link of `path`, of its family."""
        return (self._arp if len(path.next_hop) == 4 else self._ndp).cache(path.interface)

    def suspect(self, path: Path) -> None:
        """TCP gets no answer on `path` (negative advice): its next hop is checked before it is trusted again."""
        if path.interface.mac is not None:
            self._cache(path).suspect(path.next_hop)
