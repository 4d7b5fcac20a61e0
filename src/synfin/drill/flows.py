"""Which packet belongs to which connection of a script.

A script names ports only where it has to.  Without them: a SYN opens a new connection unless it repeats the one of a
connection that is still open; every other packet belongs to the connection that was used last.  What the stack under
test sends is told apart by its ports; packets of connections that no line of the script has opened are ignored.
"""

from __future__ import annotations

from random import Random
from typing import Final, final

from synfin.drill.model import TcpPacket
from synfin.drill.numbers import MODULO, Flow
from synfin.timeline.capture.observed import Observed
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import FIN, RST, SYN

FIRST_PORT: Final = 40_000  # of the remote side; counts up


@final
class Flows:
    """The connections of one run; `current` is the one used last."""

    __slots__ = ("_accepting", "_next_port", "_rng", "all", "current")

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._next_port = FIRST_PORT
        self._accepting: list[Flow] = []
        self.all: list[Flow] = []
        self.current: Flow | None = None

    def _add(self, local_port: int | None, remote_port: int) -> Flow:
        flow = Flow(local_port, remote_port, self._rng.getrandbits(32))
        self.all.append(flow)
        self.current = flow
        return flow

    # What calls tell

    def connecting(self, fd: int, address: Endpoint) -> None:
        """The script's socket `fd` connects to `address`; its SYN will tell the port."""
        self._add(None, address.port).fd = fd

    def accepted(self, fd: int) -> None:
        """accept() gave the oldest connection that was not accepted yet the descriptor `fd`."""
        if self._accepting:
            self._accepting.pop(0).fd = fd

    def closed(self, fd: int) -> None:
        """The script's socket `fd` was closed: a SYN may open another connection now."""
        for flow in self.all:
            if flow.fd == fd:
                flow.ended = True
                flow.fd = None

    # Packets that the script injects

    def for_injected(self, packet: TcpPacket, bind_port: int) -> Flow:
        """The connection of a packet, a new one if need be."""
        opens = "S" in packet.flags and not packet.ack_flag
        if packet.ports is not None:
            remote, local = packet.ports
            for flow in reversed(self.all):
                if flow.remote_port == remote and flow.local_port in (local, None):
                    if opens and flow.ended:
                        flow.local_known = False  # the next incarnation has another initial number (RFC 6191)
                    self.current = flow
                    return flow
            return self._passive(local, remote, opens)
        current = self.current
        if current is None or (opens and current.ended and current.local_port is not None):
            return self._passive(bind_port, self._free_port(), opens)
        return current

    def _free_port(self) -> int:
        port = self._next_port
        self._next_port += 1
        return port

    def _passive(self, local: int, remote: int, opens: bool) -> Flow:
        flow = self._add(local, remote)
        if opens:
            self._accepting.append(flow)
        return flow

    def note_injected(self, flow: Flow, packet: TcpPacket) -> None:
        """Remember what the packet does to the connection."""
        if "R" in packet.flags or ("F" in packet.flags and flow.local_fin):
            flow.ended = True
        flow.remote_fin = flow.remote_fin or "F" in packet.flags

    # Packets of the stack under test

    def for_observed(self, observed: Observed) -> Flow | None:
        """The connection of a segment, None for those that the script does not know."""
        segment = observed.segment
        if segment is None:
            return None
        for flow in reversed(self.all):
            if flow.remote_port == segment.dst_port and flow.local_port == segment.src_port:
                return flow
        for flow in self.all:
            if flow.local_port is None and flow.remote_port == segment.dst_port and segment.flags & SYN:
                flow.local_port = segment.src_port
                return flow
        return None

    def learn(self, flow: Flow, expected: TcpPacket, observed: Observed) -> None:
        """The first SYN of the stack under test tells its initial number."""
        segment = observed.segment
        assert segment is not None
        if segment.flags & SYN:
            first = expected.sequence.first
            flow.learn(segment.seq, first)

    def is_repeat(self, flow: Flow, observed: Observed) -> bool:
        """Whether a segment only repeats what a line of the script has seen and nothing has acknowledged."""
        segment = observed.segment
        if segment is None or segment.length == 0 or flow.highest is None:
            return False
        return (flow.highest - segment.seq - segment.length) % MODULO < MODULO // 2

    def note_observed(self, flow: Flow, observed: Observed) -> None:
        """Remember what the segment does to the connection."""
        segment = observed.segment
        assert segment is not None
        self.current = flow
        end = (segment.seq + segment.length) % MODULO
        if flow.highest is None or (end - flow.highest) % MODULO < MODULO // 2:
            flow.highest = end
        if segment.flags & FIN:
            flow.local_fin = True
        if segment.flags & RST or (flow.local_fin and flow.remote_fin):
            flow.ended = True
