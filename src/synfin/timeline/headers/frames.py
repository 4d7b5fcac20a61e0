"""The octets of a segment of a run: as they were captured, or as the stack builds them.

Responsible for finding the frame that belongs to a trace record; a record holds the segment as a value only.
"""

from __future__ import annotations

from typing import Final

from synfin.errors import UsageError
from synfin.lab.cable import Packet
from synfin.lab.world import World
from synfin.trace import SEND, Record, SegmentRecord
from synfin.wire.addresses import Endpoint
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from synfin.wire.ipv6 import Ipv6Packet, build_ipv6
from synfin.wire.tcp import PROTOCOL, Segment, build_segment

TTL: Final = 64


def sent_segments(records: list[Record]) -> list[SegmentRecord]:
    """The segments that were put on the wire, in order: number 1 is the first of any host."""
    return [record for record in records if isinstance(record, SegmentRecord) and record.kind == SEND]


def sent_segment(records: list[Record], number: int) -> SegmentRecord:
    """The segment with that number, counted from 1; raises `UsageError` where there is none."""
    sent = sent_segments(records)
    if not 1 <= number <= len(sent):
        raise UsageError(f"there is no segment {number}; this run has {len(sent)}")
    return sent[number - 1]


def segment_bytes(segment: Segment, src: Endpoint, dst: Endpoint) -> bytes:
    """The IP packet of a segment, with right checksums.

    From the TCP header on these are the octets that were on the wire, its options laid out as they were parsed; the IP
    header is the one that the stack writes, as far as the segment tells (ECN, but not the flow label of IPv6, which is
    0).  Raises `UsageError` for a segment that does not fit into a packet.
    """
    octets = build_segment(segment, src.address, dst.address)
    if len(src.address) == 4:
        packet = Ipv4Packet(
            src.address, dst.address, PROTOCOL, octets, TTL, segment.ecn, dont_fragment=True
        )  # fmt: skip
        return build_ipv4(packet)
    return build_ipv6(Ipv6Packet(src.address, dst.address, PROTOCOL, octets, TTL, segment.ecn))


def frame_of(world: World, record: SegmentRecord) -> bytes:
    """The IP packet that the record is about, as it went over the wire; built anew if it was not kept."""
    for packet in world.frames():
        if (packet.now, packet.host, packet.kind) == (record.now, record.host, record.kind):
            found = Packet(packet.data, "")
            found.read()
            if (found.src, found.dst, found.segment) == (record.src, record.dst, record.segment):
                return packet.data
    return segment_bytes(record.segment, record.src, record.dst)
