"""IP packets on their way in: is it for us, is its sender possible, is it whole, who gets it?

Responsible for both families (RFC 791, RFC 1122 3.2, RFC 8200): addresses, options, extension headers, reassembly.
What an upper protocol does with its octets, and how an ICMP error is worded, is left to others.
"""

from __future__ import annotations

from typing import Final, final

from synfin.errors import WireError
from synfin.host.core import Core, Datagram, Upper
from synfin.host.counters import ECN_V4, ECN_V6
from synfin.host.fragments import MAX_PAYLOAD, Partial, Reassembler
from synfin.host.icmp_errors import IcmpErrors
from synfin.host.interfaces import Interface, Interfaces
from synfin.wire.addresses import Address, Endpoint, is_unspecified
from synfin.wire.icmpv6 import ERRONEOUS_FIELD, INCOMPLETE_CHAIN, UNKNOWN_NEXT_HEADER, UNKNOWN_OPTION
from synfin.wire.ipv4 import (
    OPTION_LOOSE_SOURCE_ROUTE,
    OPTION_STRICT_SOURCE_ROUTE,
    Ipv4Packet,
    iter_ipv4_options,
    parse_ipv4,
)
from synfin.wire.ipv6 import (
    DESTINATION_OPTIONS,
    DISCARD,
    DISCARD_AND_TELL,
    FRAGMENT,
    HEADER_OCTETS,
    HOP_BY_HOP,
    ICMPV6,
    NO_NEXT_HEADER,
    OPTION_ROUTER_ALERT,
    ROUTING,
    SKIP,
    ExtensionHeader,
    Ipv6Packet,
    UpperLayer,
    find_upper_layer,
    iter_ipv6_options,
    option_action,
    parse_ipv6,
    walk_extensions,
)

_PAYLOAD_LENGTH_AT: Final = 4  # of the field in the IPv6 header
# Octets of the upper-layer header that a first fragment must have (RFC 7112 5); for others one is enough.
_UPPER_HEADER: Final[dict[int, int]] = {6: 20, 17: 8, 58: 4, NO_NEXT_HEADER: 0}


@final
class IpInput:
    """The way into one host.  `uppers` maps protocol numbers to who takes them."""

    __slots__ = ("_core", "_errors", "_interfaces", "reassembler", "uppers")

    def __init__(self, core: Core, interfaces: Interfaces, errors: IcmpErrors) -> None:
        self._core = core
        self._interfaces = interfaces
        self._errors = errors
        self.uppers: dict[int, Upper] = {}
        self.reassembler = Reassembler(core.config, self._on_timeout)

    def receive(
        self, interface: Interface, data: bytes, now: int, link_group: bool, mss: int = 0, checked: bool = False
    ) -> None:
        """Take one packet; `link_group`: it came in a link-layer broadcast or multicast; the rest: see `Frame`.

        Raises `WireError` for what is dropped because of its octets.
        """
        if not data:
            raise WireError("frame-empty")
        version = data[0] >> 4
        if version == 4:
            self.receive_v4(interface, data, now, link_group, mss, checked)
        elif version == 6:
            self.receive_v6(interface, data, now, link_group, mss, checked)
        else:
            raise WireError("ip-bad-version", f"version {version}")  # [RFC1122-05]

    # IPv4

    def receive_v4(
        self, interface: Interface, data: bytes, now: int, link_group: bool, mss: int = 0, checked: bool = False
    ) -> None:
        """As `receive`, for what must be IPv4 [RFC1122-05]."""
        core = self._core
        core.counters["IpInReceives"] += 1
        core.counters["IpExtInOctets"] += len(data)
        packet = parse_ipv4(data)
        core.counters[ECN_V4[packet.tos & 3]] += 1
        dst = packet.dst
        to_group = False
        if not self._interfaces.is_ours(interface, dst):
            if dst in interface.broadcasts:
                core.counters["IpExtInBcastPkts"] += 1
            elif dst in interface.groups:
                core.counters["IpExtInMcastPkts"] += 1
            else:
                self._drop("ip-not-for-us", packet.src, dst, now)  # [RFC1122-08]
                return
            to_group = True
        elif link_group:
            self._drop("ip-unicast-in-link-broadcast", packet.src, dst, now)  # [RFC1122-30]
            return
        if not interface.is_loopback and not self._source_is_possible(packet.src, dst, now):
            return
        if packet.options:
            self._check_options(packet)
        if packet.more_fragments or packet.fragment_offset:
            self._fragment_v4(interface, packet, data, now, not to_group)
            return
        core.counters["IpInDelivers"] += 1
        self._deliver(
            Datagram(
                packet.src, dst, packet.protocol, packet.payload, interface, data, packet.ttl, packet.tos, to_group,
                not to_group, 9, mss, checked,
            ),
            now,
        )  # fmt: skip

    def _source_is_possible(self, src: Address, dst: Address, now: int) -> bool:
        """Silence towards senders that cannot exist [RFC1122-08] [MUST-63]: groups, loopback, and our own addresses."""
        interfaces = self._interfaces
        if interfaces.is_bad_source(src):
            self._drop("ip-bad-source" if len(src) == 4 else "ip6-bad-source", src, dst, now)
            return False
        if src in interfaces.local:
            self._drop("ip-source-is-ours", src, dst, now)
            return False
        return True

    def _check_options(self, packet: Ipv4Packet) -> None:
        """Options are walked over and ignored [MUST-50] [RFC1122-12], but nothing is forwarded by a source route."""
        for kind, _, value in iter_ipv4_options(packet.options):
            if kind in (OPTION_LOOSE_SOURCE_ROUTE, OPTION_STRICT_SOURCE_ROUTE):
                # A route that ends here has its pointer behind the list; then we are the last hop.
                if not value or value[0] <= len(value) + 2:
                    raise WireError("ip-source-route", "the route goes on from here")

    def _fragment_v4(self, interface: Interface, packet: Ipv4Packet, data: bytes, now: int, quotable: bool) -> None:
        """Reassembly (RFC 791 3.2, RFC 815) [RFC1122-25]."""
        counters = self._core.counters
        counters["IpReasmReqds"] += 1
        size = len(packet.payload)
        offset = packet.fragment_offset
        if size == 0:
            raise WireError("ip-fragment-empty")
        if packet.more_fragments and size & 7:
            raise WireError("ip-fragment-length", f"{size} octets with more to come")
        if offset + size + 20 + len(packet.options) > MAX_PAYLOAD:
            raise WireError("ip-fragment-too-long", f"ends at {offset + size}")  # [RFC791-10]
        identification = packet.identification.to_bytes(2, "big")
        key = packet.src + packet.dst + bytes((packet.protocol,)) + identification  # [RFC791-08]
        partial = self._partial(key, interface, now, "IpReasmFails")
        if offset == 0:
            self.reassembler.keep_first(partial, data, quotable)
        whole = self.reassembler.add(partial, offset, packet.payload, packet.more_fragments, strict=False)
        partial.marks |= 1 << (packet.tos & 3)
        if whole is None:
            return
        ecn = self._mark_of(partial, "IpReasmFails")
        counters["IpReasmOKs"] += 1
        counters["IpInDelivers"] += 1
        self._deliver(
            Datagram(
                packet.src, packet.dst, packet.protocol, whole, interface, partial.first, packet.ttl,
                packet.tos & ~3 | ecn, not quotable, quotable, 9,
            ),
            now,
        )  # fmt: skip

    # IPv6

    def receive_v6(
        self, interface: Interface, data: bytes, now: int, link_group: bool, mss: int = 0, checked: bool = False
    ) -> None:
        """As `receive`, for what must be IPv6."""
        core = self._core
        core.counters["Ip6InReceives"] += 1
        packet = parse_ipv6(data)
        core.counters[ECN_V6[packet.traffic_class & 3]] += 1
        dst = packet.dst
        to_group = False
        if not self._interfaces.is_ours(interface, dst):
            if dst not in interface.groups:
                self._drop("ip6-not-for-us", packet.src, dst, now)
                return
            to_group = True
        elif link_group:
            self._drop("ip-unicast-in-link-broadcast", packet.src, dst, now)
            return
        if not interface.is_loopback and not self._source_is_possible_v6(packet, now):
            return
        quotable = not to_group and not is_unspecified(packet.src)
        if packet.next_header in self.uppers:
            core.counters["Ip6InDelivers"] += 1
            self._deliver(
                Datagram(
                    packet.src, dst, packet.next_header, packet.payload, interface, data, packet.hop_limit,
                    packet.traffic_class, to_group, quotable, 6, mss, checked,
                ),
                now,
            )  # fmt: skip
            return
        try:
            upper = find_upper_layer(packet)
        except WireError:
            self._headers_cut(packet, data, quotable, interface, now)
            raise
        if self._walk(packet, upper, data, interface, to_group, quotable, now):
            core.counters["Ip6InDelivers"] += 1
            self._deliver(
                Datagram(
                    packet.src, dst, upper.protocol, packet.payload[upper.offset :], interface, data,
                    packet.hop_limit, packet.traffic_class, to_group, quotable, upper.pointer, mss, checked,
                ),
                now,
            )  # fmt: skip

    def _source_is_possible_v6(self, packet: Ipv6Packet, now: int) -> bool:
        """As for IPv4; only ICMPv6 may come from the unspecified address (RFC 4861 7.1.1)."""
        if is_unspecified(packet.src) and packet.next_header == ICMPV6:
            return True
        return self._source_is_possible(packet.src, packet.dst, now)

    def _headers_cut(self, packet: Ipv6Packet, data: bytes, quotable: bool, interface: Interface, now: int) -> None:
        """A first fragment must hold all headers; whoever cut them is told [RFC8200-10]."""
        if packet.next_header == FRAGMENT and len(packet.payload) >= 8:
            offset_flags = int.from_bytes(packet.payload[2:4], "big")
            if offset_flags & 0xFFF9 == 1 and quotable:  # offset 0, more to come
                self._errors.parameter_problem_v6(packet, data, interface, INCOMPLETE_CHAIN, HEADER_OCTETS, now)

    def _walk(
        self,
        packet: Ipv6Packet,
        upper: UpperLayer,
        data: bytes,
        interface: Interface,
        to_group: bool,
        quotable: bool,
        now: int,
    ) -> bool:
        """Process the extension headers strictly in order [RFC8200-02]; True: the upper layer is to be delivered."""
        fragments = 0
        for header in upper.headers:
            if header.kind == FRAGMENT:
                fragments += 1
                if fragments > 1:
                    raise WireError("ip6-header-bad", "a fragment in a fragment")
                if upper.fragment is not None and not upper.fragment.is_atomic:
                    self._fragment_v6(packet, upper, header, data, interface, quotable, now)
                    return False
            elif header.kind in (HOP_BY_HOP, DESTINATION_OPTIONS):
                if not self._options_v6(packet, header, data, interface, to_group, now):
                    return False
            elif header.kind == ROUTING and packet.payload[header.offset + 3] > 0:
                # We are not a router, and type 0 is no longer used at all (RFC 5095) [RFC8200-06].
                self._drop("ip6-routing-header", packet.src, packet.dst, now)
                if quotable:
                    at = HEADER_OCTETS + header.offset + 2
                    self._errors.parameter_problem_v6(packet, data, interface, ERRONEOUS_FIELD, at, now)
                return False
        if upper.protocol == NO_NEXT_HEADER:
            self._core.count("ip6-no-next-header")  # [RFC8200-19]
            return False
        return True

    def _options_v6(
        self,
        packet: Ipv6Packet,
        header: ExtensionHeader,
        data: bytes,
        interface: Interface,
        to_group: bool,
        now: int,
    ) -> bool:
        """An unknown option says itself what is to be done with it [RFC8200-04] [RFC8200-05]."""
        for kind, offset, _ in iter_ipv6_options(packet.payload, header):
            action = option_action(kind)
            if kind == OPTION_ROUTER_ALERT or action == SKIP:
                continue
            self._drop("ip6-option-unknown", packet.src, packet.dst, now)
            if action != DISCARD and (action == DISCARD_AND_TELL or not to_group) and not is_unspecified(packet.src):
                at = HEADER_OCTETS + offset
                self._errors.parameter_problem_v6(packet, data, interface, UNKNOWN_OPTION, at, now)
            return False
        return True

    def _fragment_v6(
        self,
        packet: Ipv6Packet,
        upper: UpperLayer,
        header: ExtensionHeader,
        data: bytes,
        interface: Interface,
        quotable: bool,
        now: int,
    ) -> None:
        """Reassembly (RFC 8200 4.5)."""
        counters = self._core.counters
        counters["Ip6ReasmReqds"] += 1
        fragment = upper.fragment
        assert fragment is not None
        start = header.offset + header.length
        piece = packet.payload[start:]
        at = -1
        if fragment.more and len(piece) & 7:
            at = _PAYLOAD_LENGTH_AT  # [RFC8200-08]
        elif fragment.offset + len(piece) + header.offset > MAX_PAYLOAD:
            at = HEADER_OCTETS + header.offset + 2  # [RFC8200-09]
        if at >= 0:
            if quotable:
                self._errors.parameter_problem_v6(packet, data, interface, ERRONEOUS_FIELD, at, now)
            raise WireError("ip-fragment-length" if at == _PAYLOAD_LENGTH_AT else "ip-fragment-too-long")
        if not piece:
            raise WireError("ip-fragment-empty")
        if fragment.offset == 0 and len(packet.payload) - upper.offset < _UPPER_HEADER.get(upper.protocol, 1):
            if quotable:
                self._errors.parameter_problem_v6(packet, data, interface, INCOMPLETE_CHAIN, HEADER_OCTETS, now)
            raise WireError("ip6-fragment-no-header")  # [RFC8200-10]
        key = packet.src + packet.dst + fragment.identification.to_bytes(4, "big")
        partial = self._partial(key, interface, now, "Ip6ReasmFails")
        if fragment.offset == 0:
            self.reassembler.keep_first(partial, data, quotable)
        whole = self.reassembler.add(partial, fragment.offset, piece, fragment.more, strict=True)
        partial.marks |= 1 << (packet.traffic_class & 3)
        if whole is None:
            return
        ecn = self._mark_of(partial, "Ip6ReasmFails")
        counters["Ip6ReasmOKs"] += 1
        self._reassembled_v6(packet, partial, whole, ecn, interface, quotable, now)

    def _reassembled_v6(
        self,
        packet: Ipv6Packet,
        partial: Partial,
        whole: bytes,
        ecn: int,
        interface: Interface,
        quotable: bool,
        now: int,
    ) -> None:
        """The headers behind the fragment header are read now, as those of the first fragment name them."""
        first = parse_ipv6(partial.first)
        chain = find_upper_layer(first)
        protocol = FRAGMENT
        for header in chain.headers:
            if header.kind == FRAGMENT:
                protocol = first.payload[header.offset]
        upper = walk_extensions(protocol, whole)
        inner = Ipv6Packet(
            packet.src, packet.dst, protocol, whole, packet.hop_limit, packet.traffic_class, packet.flow_label
        )
        if upper.fragment is not None:
            raise WireError("ip6-header-bad", "a fragment in a fragment")
        if not self._walk(inner, upper, partial.first, interface, not quotable, quotable, now):
            return
        self._core.counters["Ip6InDelivers"] += 1
        self._deliver(
            Datagram(
                packet.src, packet.dst, upper.protocol, whole[upper.offset :], interface, partial.first,
                packet.hop_limit, packet.traffic_class & ~3 | ecn, not quotable, quotable, HEADER_OCTETS,
            ),
            now,
        )  # fmt: skip

    # Both families

    def _partial(self, key: bytes, interface: Interface, now: int, failed: str) -> Partial:
        partial, evicted = self.reassembler.get(key, interface, now)
        self._core.deadlines.arm(self.reassembler, self.reassembler.next_deadline())
        for _ in range(evicted):
            self._core.rule("ip-fragment-table-full", now)
            self._core.counters[failed] += 1
        return partial

    def _mark_of(self, partial: Partial, failed: str) -> int:
        """The ECN field of a datagram whose last fragment has come; raises `WireError` where they contradict."""
        ecn = partial.ecn()
        if ecn < 0:
            self._core.counters[failed] += 1
            raise WireError("ip-fragment-ecn-mixed", "Not-ECT beside others")
        return ecn

    def _deliver(self, datagram: Datagram, now: int) -> None:
        upper = self.uppers.get(datagram.protocol)
        if upper is not None:
            upper.receive(datagram, now)
            return
        v4 = len(datagram.src) == 4
        self._core.counters["IpInUnknownProtos" if v4 else "Ip6InUnknownProtos"] += 1
        self._drop("ip-unknown-protocol" if v4 else "ip6-unknown-next-header", datagram.src, datagram.dst, now)
        if v4:
            self._errors.protocol_unreachable(datagram, now)  # [RFC1122-16]
        else:
            self._errors.unknown_next_header(datagram, UNKNOWN_NEXT_HEADER, now)  # [RFC8200-03]

    def _on_timeout(self, partial: Partial, now: int) -> None:
        """The time for reassembly is over [RFC1122-26] [RFC8200-07]."""
        v4 = len(partial.key) == 11
        self._core.counters["IpReasmTimeout" if v4 else "Ip6ReasmTimeout"] += 1
        self._core.counters["IpReasmFails" if v4 else "Ip6ReasmFails"] += 1
        self._core.rule("ip-fragment-timeout", now)
        if partial.first and partial.quotable:
            self._errors.reassembly_time_exceeded(partial.first, partial.interface, now)

    def _drop(self, rule: str, src: Address, dst: Address, now: int) -> None:
        self._core.rule(rule, now, "", Endpoint(dst, 0), Endpoint(src, 0))
