"""The packets of a run: injecting those that a script sends, choosing the one that a line expects.

Responsible for which connection or datagram socket a packet belongs to, and for lines that stand for several segments.
When things happen is the runner's affair, whether a packet is the expected one `match`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from synfin.drill import live
from synfin.drill.errors import UnsupportedError
from synfin.drill.execute import Executor
from synfin.drill.flows import Flows
from synfin.drill.icmp import icmp_packet
from synfin.drill.match import continues
from synfin.drill.model import Event, IcmpPacket, Packet, Script, TcpPacket, UdpPacket
from synfin.drill.numbers import Flow
from synfin.drill.stage import Stage
from synfin.timeline.capture.observed import Observed

# Lets time pass until there may be another packet; False: it is as late as that already.
Wait = Callable[[int, Event | None], bool]

PIECES_WITHIN: Final = 2_000_000_000  # ns between two segments that one line stands for: a paced burst takes its time


class Packets:
    """What goes over the wire between the script and the stack under test."""

    def __init__(self, script: Script, stage: Stage, flows: Flows, executor: Executor, wait: Wait) -> None:
        self.stage = stage
        self.flows = flows
        self.executor = executor
        self._wait = wait
        lines = [event.action for event in script.events]
        # Where a script does not speak of them, datagrams and messages are nobody's business.
        self._datagrams = any(isinstance(line, UdpPacket) for line in lines)
        self._messages = any(isinstance(line, IcmpPacket) and not line.inbound for line in lines)

    def inject(self, packet: Packet, bind_port: int) -> None:
        """Give the stack under test what a line with `<` says."""
        addresses = self.stage.addresses
        if isinstance(packet, UdpPacket):
            remote, local = packet.ports if packet.ports is not None else self._datagram_ports(bind_port)
            self.executor.datagram_peer = remote
            self.stage.inject(
                live.udp_packet(packet.length, packet.ip, addresses.remote, addresses.local, (remote, local))
            )
            return
        for observed in self.stage.observed:
            self.flows.for_observed(observed)  # a SYN that no line expects tells the port all the same
        if isinstance(packet, IcmpPacket):
            remote, local = self._datagram_ports(bind_port)
            data = icmp_packet(packet, self.flows.current, (local, remote), addresses.remote, addresses.local)
            self.stage.inject(data)
            return
        flow = self.flows.for_injected(packet, bind_port)
        if flow.local_port is None:
            raise UnsupportedError("a packet for a connection whose SYN has not been sent yet")
        self.stage.inject(live.tcp_packet(packet, flow, addresses.remote, addresses.local))
        self.flows.note_injected(flow, packet)

    def _datagram_ports(self, bind_port: int) -> tuple[int, int]:
        """(remote, local) of the datagram socket used last."""
        executor = self.executor
        local = bind_port
        live_fd = executor.live.get(executor.datagram_fd) if executor.datagram_fd is not None else None
        if live_fd is not None:
            local = self.stage.sockets.local_port(live_fd) or bind_port
        return executor.datagram_peer, local

    def next(self, until: int, event: Event | None) -> tuple[Observed, Flow | None] | None:
        """The next packet that is the script's business (or a broken one), waiting until `until` at most."""
        while True:
            while self.stage.observed:
                observed = self.stage.observed.popleft()
                flow = self.flows.for_observed(observed)
                if flow is not None:
                    return observed, flow
                if observed.dst == self.stage.addresses.remote and (
                    (observed.udp is not None and self._datagrams) or (observed.icmp is not None and self._messages)
                ):
                    if observed.udp is not None:
                        self.executor.datagram_peer = observed.udp.dst_port
                    return observed, self.flows.current
            if not self._wait(until, event):
                return None

    def collect(self, packet: TcpPacket, first: Observed, event: Event) -> Observed:
        """The segments that one line of a script stands for, as one."""
        whole = first
        wanted = packet.sequence.length
        while whole.segment is not None and 0 < len(whole.segment.payload) < wanted:
            if not self.stage.observed:
                found = self.next(self.stage.now() + PIECES_WITHIN, event)
                if found is None:
                    break
                self.stage.observed.appendleft(found[0])
            piece = self.stage.observed[0]
            if not continues(whole, piece, packet):
                break
            self.stage.observed.popleft()
            whole = whole.joined(piece)
        return whole
