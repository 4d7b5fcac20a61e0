"""A captured connection in a script's numbers, as one of its ends saw it: `Step` by `Step`.

Responsible for sequence numbers from 0, for timestamps that start at small numbers, and for what is new text, what is
an answer, what is a probe.  Which calls a program must have made is `infer`'s affair.
"""

from __future__ import annotations

from typing import Final, final

from synfin.drill.capture import SERVER, Captured, RecordError, Seen
from synfin.drill.icmp import names
from synfin.drill.live import ECN_BITS
from synfin.drill.match import decode_options
from synfin.drill.model import IcmpPacket, IpInfo, Option, Packet, Range, TcpPacket
from synfin.drill.numbers import MODULO, Flow, nearest
from synfin.errors import WireError
from synfin.wire import icmpv6
from synfin.wire.addresses import Endpoint
from synfin.wire.checksum import pseudo_header_sum
from synfin.wire.quote import parse_quote
from synfin.wire.tcp import ACK, PROTOCOL, RST, SYN, Segment

OWN_STAMP: Final = 100  # the first timestamp of the judged end, in the script
PEER_STAMP: Final = 1_000

_LETTERS: Final = (("S", 0x2), ("F", 0x1), ("R", 0x4), ("P", 0x8), ("U", 0x20), ("E", 0x40), ("W", 0x80), ("A", 0x100))


@final
class Step:
    """One packet: `out` was sent by the judged end.  `first` and `end` are in the script's numbers.

    `new` counts octets of text that were not sent before; `window` is in octets; `own_end` is the number behind the
    last octet that the judged end had sent before, `acked` what of it was acknowledged.
    """

    __slots__ = ("ack", "acked", "end", "first", "line", "new", "out", "own_end", "segment", "time", "window")

    def __init__(self, time: int, out: bool, segment: Segment | None, line: Packet) -> None:
        self.time = time
        self.out = out
        self.segment = segment
        self.line = line
        self.first = self.end = self.new = self.window = self.own_end = self.acked = 0
        self.ack: int | None = None

    def has(self, flag: int) -> bool:
        """Whether it is a segment with that flag."""
        return self.segment is not None and bool(self.segment.flags & flag)

    @property
    def text(self) -> int:
        """Octets of text."""
        return 0 if self.segment is None else len(self.segment.payload)


@final
class Story:
    """The steps of `captured` as its end `which` saw them.

    `skipped` counts packets that arrived damaged; `cut`: the judged end began anew with another initial number.
    """

    def __init__(self, captured: Captured, which: str) -> None:
        self.own = captured.end(which)
        self.passive = which == SERVER
        self.own_syn: Segment | None = None
        self.peer_syn: Segment | None = None
        self.skipped = 0
        self.cut = False
        seen = captured.seen_by(which)
        segments = [one for one in seen if one.observed.segment is not None]
        for one in segments:
            segment = one.observed.segment
            assert segment is not None
            if segment.flags & SYN:
                if self._is_own(one) and self.own_syn is None:
                    self.own_syn = segment
                elif not self._is_own(one) and self.peer_syn is None:
                    self.peer_syn = segment
        if self.own_syn is not None and not self.own_syn.flags & ACK:
            self.passive = False  # both have opened at once
        if (self.peer_syn if self.passive else self.own_syn) is None:
            raise RecordError("the SYN of this connection was not seen at that end; choose the other with --end")
        peer = captured.client if which == SERVER else captured.server
        self._out = Flow(self.own.port, peer.port, self._isn(self.peer_syn))
        self._in = Flow(peer.port, self.own.port, self._isn(self.own_syn))
        self._out.local_base, self._in.local_base = self._in.remote_base, self._out.remote_base
        self._stamps: dict[bool, int] = {}
        self._near = {True: 0, False: 0}
        self.shifts = self._window_shifts()
        self.steps: list[Step] = []
        for one in seen:
            segment = one.observed.segment
            if (
                segment is not None
                and segment.flags & SYN
                and self._is_own(one)
                and segment.seq != self._isn(self.own_syn)
            ):
                self.cut = True
                break
            step = self._step(one)
            if step is not None:
                self.steps.append(step)
        self._follow()

    @staticmethod
    def _isn(syn: Segment | None) -> int:
        return 0 if syn is None else syn.seq

    def _is_own(self, seen: Seen) -> bool:
        segment = seen.observed.segment
        return segment is not None and Endpoint(seen.observed.src, segment.src_port) == self.own

    def _window_shifts(self) -> dict[bool, int]:
        """By how much the windows of each end (True: the judged one) are shifted, where both have agreed on it."""
        own, peer = self.own_syn, self.peer_syn
        if own is None or peer is None or own.options.window_scale is None or peer.options.window_scale is None:
            return {True: 0, False: 0}
        return {True: own.options.window_scale, False: peer.options.window_scale}

    def _step(self, seen: Seen) -> Step | None:
        segment = seen.observed.segment
        if segment is None:
            message = self._icmp(seen)
            return None if message is None else Step(seen.time, False, None, message)
        out = self._is_own(seen)
        if not out and seen.observed.broken and not _is_offloaded(seen, segment):
            self.skipped += 1
            return None
        flow = self._out if out else self._in
        first = max(nearest(flow.outbound_seq(segment.seq), self._near[out]), 0)
        ack = max(nearest(flow.outbound_ack(segment.ack), self._near[not out]), 0) if segment.flags & ACK else None
        line = TcpPacket(
            not out,
            "".join([letter for letter, bit in _LETTERS if segment.flags & bit]),
            Range(first, first + len(segment.payload), len(segment.payload)),
            bool(segment.flags & ACK),
            None,
            ack,
            None if out else segment.window,
            False,
            segment.urgent or None,
            self._options(seen, out),
            IpInfo(next(name for name, bits in ECN_BITS.items() if bits == seen.observed.tos & 3))
            if seen.observed.tos & 3
            else IpInfo(),
        )
        step = Step(seen.time, out, segment, line)
        step.first, step.end, step.ack = first, first + segment.length, ack
        step.window = segment.window << (0 if segment.flags & SYN else self.shifts[out])
        if not segment.flags & RST:
            self._near[out] = max(self._near[out], step.end)
        return step

    def _options(self, seen: Seen, out: bool) -> tuple[Option, ...]:
        """The options, timestamps counted from small numbers."""
        segment = seen.observed.segment
        assert segment is not None
        found: list[Option] = []
        for option in decode_options(seen.observed.options, self._out if out else self._in):
            if option.name == "TS":
                val, ecr = (number or 0 for number in option.numbers)
                self._stamps.setdefault(out, (val - (OWN_STAMP if out else PEER_STAMP)) % MODULO)
                val = (val - self._stamps[out]) % MODULO
                echoes = segment.flags & ACK and (not out) in self._stamps  # RFC 7323 3.2: without ACK it says nothing
                ecr = (ecr - self._stamps[not out]) % MODULO if echoes else ecr
                option = Option("TS", (val, ecr))
            found.append(option)
        return tuple(found)

    def _icmp(self, seen: Seen) -> IcmpPacket | None:
        """An ICMP error about a segment of the judged end."""
        message = seen.observed.icmp
        assert message is not None
        try:
            quote = parse_quote(message.body)
        except WireError:
            return None
        seq, ports = quote.seq, quote.ports
        if seq is None or ports is None or Endpoint(quote.src, ports[0]) != self.own:
            return None
        six = len(seen.observed.src) == 16
        kind, code = names(message.type, message.code, six)
        first = max(nearest(self._out.outbound_seq(seq), self._near[True]), 0)
        header = 40 if six else 20
        offset = (quote.transport[12] >> 4) * 4 if len(quote.transport) > 12 else 20
        length = max(quote.total_length - header - offset, 0)
        wants_mtu = code == "frag_needed" or (six and message.type == icmpv6.PACKET_TOO_BIG)
        return IcmpPacket(True, kind, code, message.rest if wants_mtu else None, Range(first, first + length, length))

    def _follow(self) -> None:
        """What had been sent and acknowledged before each step."""
        own_end = acked = 1
        for step in self.steps:
            step.own_end, step.acked = own_end, acked
            if step.segment is None or step.has(RST):
                continue
            if step.out and not step.has(SYN):
                text_end = step.first + step.text
                step.new = max(text_end - max(own_end, step.first), 0)
                own_end = max(own_end, text_end)
            elif not step.out and step.ack is not None:
                acked = max(acked, min(step.ack, own_end))

    def full_size(self) -> int:
        """The most text that fits one segment of the judged end, by what both had announced (RFC 9293 3.7.1)."""
        sizes = [syn.options.mss or 536 for syn in (self.own_syn, self.peer_syn) if syn is not None]
        stamps = 12 if any(option.name == "TS" for option in self._sample()) else 0
        return min(sizes) - stamps

    def _sample(self) -> tuple[Option, ...]:
        for step in self.steps:
            if step.out and step.text and isinstance(step.line, TcpPacket) and step.line.options:
                return step.line.options
        return ()


def _is_offloaded(seen: Seen, segment: Segment) -> bool:
    """Whether the checksum was left to the hardware: then the field holds the sum of the pseudo-header alone."""
    observed = seen.observed
    data = observed.data
    header = 40 if len(observed.src) == 16 else (data[0] & 15) * 4
    length = len(data) - header
    wanted = pseudo_header_sum(observed.src, observed.dst, PROTOCOL, length) % 0xFFFF
    return int.from_bytes(data[header + 16 : header + 18], "big") % 0xFFFF == wanted
