"""One packet as it was seen on a wire: what of it can be read, and what is wrong with it.

Responsible for one packet alone, whether it comes from a capture or from a device.  Never raises for what is in it.
"""

from __future__ import annotations

from typing import final

from synfin.errors import WireError
from synfin.wire import icmpv4, icmpv6
from synfin.wire import tcp as wire
from synfin.wire import udp as wire_udp
from synfin.wire.addresses import Address
from synfin.wire.ipv4 import parse_ipv4
from synfin.wire.ipv6 import parse_ipv6
from synfin.wire.tcp import Segment, parse_segment


@final
class Observed:
    """One IP packet, seen at `time` (ns): it has one of `segment`, `udp` and `icmp`, or none of them.

    `options` are the exact octets of the option list; `rule` is the name of the rule that made our stack send it.
    `broken` is what is wrong with it, such as a bad checksum.
    """

    __slots__ = (
        "broken",
        "data",
        "dst",
        "flow_label",
        "icmp",
        "options",
        "rule",
        "segment",
        "sizes",
        "src",
        "time",
        "tos",
        "ttl",
        "udp",
    )

    def __init__(self, time: int, data: bytes, rule: str = "") -> None:
        self.time = time
        self.data = data
        self.rule = rule
        self.segment: Segment | None = None
        self.udp: wire_udp.UdpDatagram | None = None
        self.icmp: icmpv4.Icmpv4Message | icmpv6.Icmpv6Message | None = None
        self.options = b""
        self.broken = ""
        self.src = self.dst = Address(b"")
        self.tos = self.ttl = self.flow_label = 0
        self.sizes: list[int] = []  # lengths of the segments that were put together into this one
        try:
            self._read(data)
        except WireError as error:
            self.broken = str(error)

    def _read(self, data: bytes) -> None:
        if data[:1] and data[0] >> 4 == 6:
            six = parse_ipv6(data)
            self.src, self.dst = six.src, six.dst
            self.tos, self.ttl, self.flow_label = six.traffic_class, six.hop_limit, six.flow_label
            protocol, payload = six.next_header, six.payload
        else:
            four = parse_ipv4(data)
            self.src, self.dst, self.tos, self.ttl = four.src, four.dst, four.tos, four.ttl
            protocol, payload = four.protocol, four.payload
        if protocol == wire.PROTOCOL:
            self._read_segment(payload)
        elif protocol == wire_udp.PROTOCOL:
            self._read_datagram(payload)
        elif protocol == icmpv4.PROTOCOL and len(self.src) == 4:
            self.icmp = icmpv4.parse_icmpv4(payload)
        elif protocol == icmpv6.PROTOCOL and len(self.src) == 16:
            self.icmp = icmpv6.parse_icmpv6(payload, self.src, self.dst)

    def _read_datagram(self, payload: bytes) -> None:
        try:
            self.udp = wire_udp.parse_udp(payload, self.src, self.dst)
        except WireError:
            self.udp = wire_udp.parse_udp(payload, self.src, self.dst, verify=False)
            self.broken = "the UDP checksum is wrong"

    def _read_segment(self, payload: bytes) -> None:
        try:
            self.segment = parse_segment(payload, self.src, self.dst)
        except WireError:
            self.segment = parse_segment(payload, self.src, self.dst, verify=False)
            self.broken = "the TCP checksum is wrong"
        offset = (payload[12] >> 4) * 4
        self.options = payload[20:offset]
        self.sizes = [len(self.segment.payload)]

    def joined(self, other: Observed) -> Observed:
        """This segment and the one behind it as one, with the PSH of the last."""
        assert self.segment is not None
        assert other.segment is not None
        whole = Observed(self.time, self.data, self.rule)
        first, last = self.segment, other.segment
        whole.segment = Segment(
            first.src_port, first.dst_port, first.seq, last.ack, first.flags & ~wire.PSH | last.flags, last.window,
            last.urgent, first.options, first.payload + last.payload,
        )  # fmt: skip
        whole.sizes = [*self.sizes, len(last.payload)]
        whole.broken = self.broken or other.broken
        return whole
