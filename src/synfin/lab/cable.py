"""A cable between two hosts: bandwidth, delay, a queue with a limit, an MTU, and faults, in virtual time.

Responsible for when, and whether, a frame arrives, and for the trace of what went over the wire: `send` and `recv` of
each real segment (super-segments are cut here, as by a network card) and what happened in between.  Leaves to others
what the faults mean (`faults`), who is plugged in (`world`), and all that hosts do with frames.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final, final

from synfin.config import SECOND
from synfin.errors import UsageError, WireError
from synfin.lab.faults import REORDER_LIMIT_NS, Fault
from synfin.lab.scheduler import Planned, Scheduler
from synfin.trace import CORRUPT, DELAY, DROP, DUPLICATE, HOLD, MARK, RECEIVE, SEND, SegmentRecord, Sink
from synfin.wire.addresses import Endpoint
from synfin.wire.checksum import checksum
from synfin.wire.frame import Frame
from synfin.wire.ipv4 import parse_ipv4
from synfin.wire.ipv6 import find_upper_layer, parse_ipv6
from synfin.wire.segmentation import split
from synfin.wire.tcp import ACK, FIN, Segment, parse_segment

CE: Final = 3
FIN_TABLE_LIMIT: Final = 65_536  # directions of connections whose FIN is remembered for `last`
HELD_LIMIT: Final = 65_536  # frames kept back at a time, each way
_PROTOCOL_TCP: Final = 6

Tap = Callable[[int, str, str, bytes, str], None]
"""Sees each frame: time in ns, host, `send`, `recv` or `drop`, the octets, and the rule (for captures)."""


def ecn_of(data: bytes) -> int:
    """The ECN field of an IP packet (RFC 3168 5)."""
    if len(data) < 2:
        return 0
    return data[1] & 3 if data[0] >> 4 == 4 else data[1] >> 4 & 3


def with_ecn(data: bytes, field: int) -> bytes:
    """The same IP packet with another ECN field, as a router makes it that is congested."""
    octets = bytearray(data)
    if octets[0] >> 4 == 4:
        octets[1] = octets[1] & 0xFC | field
        size = (octets[0] & 15) * 4
        octets[10:12] = b"\0\0"
        octets[10:12] = checksum(bytes(octets[:size])).to_bytes(2, "big")
    else:
        octets[1] = octets[1] & 0xCF | field << 4
    return bytes(octets)


@final
class Packet:
    """A frame on its way: its octets, why it was sent, and once `read` was called its segment (None: not TCP).

    `sum_from` and `sum_at` are those of `Frame`; `checked`: the receiver need not verify the checksum.
    """

    __slots__ = ("checked", "data", "dst", "note", "segment", "src", "sum_at", "sum_from")

    def __init__(self, data: bytes, note: str, checked: bool = False, sum_from: int = 0, sum_at: int = 0) -> None:
        self.data = data
        self.note = note
        self.checked = checked
        self.sum_from = sum_from
        self.sum_at = sum_at
        self.segment: Segment | None = None
        self.src: Endpoint | None = None
        self.dst: Endpoint | None = None

    def read(self) -> None:
        """Find the TCP segment; fragments, other protocols and broken frames have none."""
        try:
            if self.data[:1] and self.data[0] >> 4 == 4:
                ipv4 = parse_ipv4(self.data)
                if ipv4.protocol != _PROTOCOL_TCP or ipv4.is_fragment:
                    return
                source, target, payload, octet = ipv4.src, ipv4.dst, ipv4.payload, ipv4.tos
            else:
                ipv6 = parse_ipv6(self.data)
                upper = find_upper_layer(ipv6)
                if upper.protocol != _PROTOCOL_TCP or upper.fragment is not None:
                    return
                source, target, payload = ipv6.src, ipv6.dst, ipv6.payload[upper.offset :]
                octet = ipv6.traffic_class
            segment = parse_segment(payload, source, target)
        except WireError:
            return
        segment.why = self.note
        segment.ecn = octet & 3
        self.segment = segment
        self.src = Endpoint(source, segment.src_port)
        self.dst = Endpoint(target, segment.dst_port)


@final
class _Overtaken:
    """A reordered packet that waits for `left` others to pass it."""

    __slots__ = ("left", "packet", "planned")

    def __init__(self, packet: Packet, left: int) -> None:
        self.packet = packet
        self.left = left
        self.planned: Planned | None = None


@final
class Lane:
    """One direction of a cable, from host `source` to host `target`.

    `lost_bytes` counts the octets of frames that were dropped, `frames` those that the cable took: what faults count.
    """

    __slots__ = ("busy_until", "deliver", "frames", "held", "lost_bytes", "overtaken", "source", "target")

    def __init__(self, source: str, target: str) -> None:
        self.source = source
        self.target = target
        self.busy_until = 0
        self.lost_bytes = 0
        self.frames = 0
        self.deliver: Callable[[Packet], None] | None = None  # takes a frame out at `target`
        self.held: list[tuple[Fault, Packet]] = []
        self.overtaken: list[_Overtaken] = []


@final
class Cable:
    """Joins hosts `a` and `b` (names).

    `delay` ns each way; `rate` bit/s (None: no limit); `queue_limit_bytes` may wait behind the frame that is being sent
    (None: no limit); `mtu` octets of an IP packet; `loss` share of frames lost at random; `faults` is shared with the
    world, which adds to it; `sink` takes trace records.  Set `tap` to see the octets.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        rng: Random,
        a: str,
        b: str,
        faults: list[Fault],
        *,
        delay: int = 0,
        rate: int | None = None,
        queue_limit_bytes: int | None = None,
        mtu: int = 1_500,
        loss: float = 0.0,
        sink: Sink | None = None,
    ) -> None:
        if a == b:
            raise UsageError(f"a cable joins two hosts, not {a!r} with itself")
        self.delay = delay
        self.rate = rate
        self.queue_limit_bytes = queue_limit_bytes
        self.mtu = mtu
        self.loss = loss
        self.faults = faults
        self.sink = sink
        self.tap: Tap | None = None
        self.up = True
        self.lanes = (Lane(a, b), Lane(b, a))
        self._scheduler = scheduler
        self._rng = rng
        self._fins: dict[tuple[Endpoint, Endpoint], int] = {}

    def lane(self, source: str) -> Lane:
        """The direction that starts at host `source`."""
        first, second = self.lanes
        if source == first.source:
            return first
        if source == second.source:
            return second
        raise UsageError(f"host {source!r} is not on the cable between {first.source!r} and {second.source!r}")

    def attach(self, name: str, deliver: Callable[[Packet], None] | None) -> None:
        """Plug in host `name`: `deliver` is called with each frame that reaches it; None: it is switched off."""
        other = self.lanes[1] if name == self.lanes[0].source else self.lanes[0]
        if other.target != name:
            raise UsageError(f"host {name!r} is not on this cable")
        other.deliver = deliver

    def send(self, source: str, frame: Frame) -> None:
        """Host `source` puts a frame on the cable now.

        Where nobody looks at the octets and nothing can damage them, checksums are neither added up nor verified.
        """
        lane = self.lane(source)
        if self.sink is None and self.tap is None and not self.faults and not frame.mss:
            self._transmit(lane, Packet(frame.data, frame.note, True, frame.sum_from, frame.sum_at))
            return
        for piece in split(frame):
            packet = Packet(piece.data, piece.note)
            if self.sink is not None or self.faults:
                packet.read()
            self._note(SEND, source, packet, piece.note, lane.frames + 1)
            self._transmit(lane, packet)

    def inject(self, source: str, data: bytes, rule: str) -> None:
        """Let a frame that no host sends now come out at the other end at once, as if `source` had sent it before.

        An old duplicate, or one with a forged source address: `rule` says which.  Faults do not touch it.
        """
        lane = self.lane(source)
        packet = Packet(data, rule)
        packet.read()
        self._note(DUPLICATE, source, packet, rule)
        self._arrive(lane, packet)

    def release(self, fault: Fault | None = None) -> int:
        """Send the frames that `hold` keeps back (all, or those of one fault) on their way; gives their number."""
        released = 0
        for lane in self.lanes:
            staying: list[tuple[Fault, Packet]] = []
            for owner, packet in lane.held:
                if fault is not None and owner is not fault:
                    staying.append((owner, packet))
                    continue
                released += 1
                self._arrive_at(lane, packet, self._scheduler.now + self.delay)
            lane.held = staying
        return released

    def _note(self, kind: str, host: str, packet: Packet, rule: str, ordinal: int = 0) -> None:
        if self.tap is not None and kind in (SEND, RECEIVE, DROP):
            self.tap(self._scheduler.now, host, kind, packet.data, rule)
        if self.sink is not None and packet.segment is not None and packet.src is not None and packet.dst is not None:
            now = self._scheduler.now
            self.sink(SegmentRecord(now, host, kind, packet.src, packet.dst, packet.segment, rule, ordinal))

    def _transmit(self, lane: Lane, packet: Packet) -> None:
        """Queue, wire time, loss and faults of one real frame."""
        now = self._scheduler.now
        size = len(packet.data)
        refused = self._refusal(lane, size, now)
        if refused:
            lane.lost_bytes += size
            self._note(DROP, lane.source, packet, refused)
            return
        lane.frames += 1
        waiting = 0
        if self.rate is not None and lane.busy_until > now:
            waiting = (lane.busy_until - now) * self.rate // (8 * SECOND)
        start = lane.busy_until if lane.busy_until > now else now
        finish = start if self.rate is None else start + size * 8 * SECOND // self.rate
        lane.busy_until = finish
        fault = self._fault_for(lane, packet, waiting)
        if self.loss and self._rng.random() < self.loss:
            lane.lost_bytes += size
            self._note(DROP, lane.source, packet, "link-loss")
        elif fault is None:
            self._pass(lane, packet, finish + self.delay)
        else:
            self._strike(fault, lane, packet, finish + self.delay)

    def _refusal(self, lane: Lane, size: int, now: int) -> str:
        """The rule that keeps a frame off the cable, or nothing."""
        if not self.up:
            return "link-down"
        if size > self.mtu:
            return "link-mtu-exceeded"
        if self.queue_limit_bytes is not None and self.rate is not None and lane.busy_until > now:
            waiting = (lane.busy_until - now) * self.rate // (8 * SECOND)
            if waiting + size > self.queue_limit_bytes:
                return "link-queue-full"
        return ""

    def _fault_for(self, lane: Lane, packet: Packet, waiting: int) -> Fault | None:
        """The first fault that hits; every fault counts every frame that it means."""
        ecn = ecn_of(packet.data) if self.faults else 0
        covers_fin, fin_sent = self._closing(packet) if self.faults else (False, False)
        found: Fault | None = None
        for fault in self.faults:
            if fault.matches(lane.source, lane.target, packet.segment, covers_fin, fin_sent, ecn, waiting):
                if fault.strikes(self._rng) and found is None:
                    found = fault
        return found

    def _closing(self, packet: Packet) -> tuple[bool, bool]:
        """Whether the packet acknowledges its receiver's FIN, and whether its sender's FIN has been sent by now."""
        segment = packet.segment
        if segment is None or packet.src is None or packet.dst is None:
            return False, False
        there, back = (packet.src, packet.dst), (packet.dst, packet.src)
        if segment.flags & FIN:
            self._fins[there] = (segment.seq + segment.length) & 0xFFFF_FFFF
            if len(self._fins) > FIN_TABLE_LIMIT:
                del self._fins[next(iter(self._fins))]
        covers = bool(segment.flags & ACK) and self._fins.get(back) == segment.ack
        return covers, there in self._fins

    def _strike(self, fault: Fault, lane: Lane, packet: Packet, arrival: int) -> None:
        """Do to the packet what the fault says; `arrival` is when it would have come."""
        rule = f"fault-{fault.kind}"
        source = lane.source
        if fault.kind == "drop" or (fault.kind == "hold" and len(lane.held) >= HELD_LIMIT):
            lane.lost_bytes += len(packet.data)
            self._note(DROP, source, packet, rule)
        elif fault.kind == "dup":
            self._note(DUPLICATE, source, packet, rule)
            self._pass(lane, packet, arrival)
            self._arrive_at(lane, packet, arrival + (fault.time_ns or 0))
        elif fault.kind == "delay":
            self._note(DELAY, source, packet, rule)
            self._arrive_at(lane, packet, arrival + (fault.time_ns or 0))
        elif fault.kind == "corrupt":
            self._note(CORRUPT, source, packet, rule)
            self._pass(lane, self._damaged(packet), arrival)
        elif fault.kind == "mark":
            marked = Packet(with_ecn(packet.data, CE), packet.note)
            marked.read()
            self._note(MARK, source, marked, rule)
            self._pass(lane, marked, arrival)
        elif fault.kind == "hold":
            self._note(HOLD, source, packet, rule)
            lane.held.append((fault, packet))
        else:
            self._note(DELAY, source, packet, rule)
            late = _Overtaken(packet, fault.by or 1)
            limit = REORDER_LIMIT_NS if fault.time_ns is None else fault.time_ns
            late.planned = self._scheduler.at(arrival + limit, lambda: self._late(lane, late))
            lane.overtaken.append(late)

    def _damaged(self, packet: Packet) -> Packet:
        """A copy with one bit of the IP packet's payload turned, which the checksum cannot miss."""
        octets = bytearray(packet.data)
        header = (octets[0] & 15) * 4 if octets[0] >> 4 == 4 else 40
        position = self._rng.randrange(header * 8, len(octets) * 8) if len(octets) > header else 0
        octets[position // 8] ^= 1 << position % 8
        return Packet(bytes(octets), packet.note)

    def _pass(self, lane: Lane, packet: Packet, arrival: int) -> None:
        """The packet arrives in order, and overtakes the reordered ones."""
        self._arrive_at(lane, packet, arrival)
        if lane.overtaken:
            for late in lane.overtaken:
                late.left -= 1
                if late.left == 0 and late.planned is not None:
                    late.planned.cancel()
                    self._arrive_at(lane, late.packet, arrival)
            lane.overtaken = [late for late in lane.overtaken if late.left > 0]

    def _late(self, lane: Lane, late: _Overtaken) -> None:
        """Nothing overtook the packet in time; it goes on."""
        lane.overtaken.remove(late)
        self._arrive(lane, late.packet)

    def _arrive_at(self, lane: Lane, packet: Packet, time: int) -> None:
        self._scheduler.at(time, lambda: self._arrive(lane, packet))

    def _arrive(self, lane: Lane, packet: Packet) -> None:
        if not self.up:
            self._note(DROP, lane.source, packet, "link-down")
            return
        if lane.deliver is None:
            self._note(DROP, lane.source, packet, "host-down")
            return
        self._note(RECEIVE, lane.target, packet, packet.note)
        lane.deliver(packet)
