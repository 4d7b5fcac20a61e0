"""Connections of a host: who has something to send or to tell, and their segments on the way out.

Responsible for polling exactly the connections that need it, for their deadlines, for moving them into the TIME_WAIT
table, and for calling applications.  Which segments are sent is decided in `tcp/output`, the packet is `ip_output`'s.
"""

from __future__ import annotations

from collections import deque
from typing import Final, final

from synfin.config import TcpConfig
from synfin.host.core import Core
from synfin.host.counters import WHY_COUNTERS
from synfin.host.fast_open import FastOpen
from synfin.host.interfaces import Interface
from synfin.host.ip_output import IpOutput
from synfin.host.routes import Path
from synfin.host.rules import rfc_of
from synfin.host.slots import Slot, Touched
from synfin.host.timers import Timed
from synfin.tcp.congestion.sample import AckSample
from synfin.tcp.connection import Connection
from synfin.tcp.events import Event
from synfin.tcp.isn import IsnSource
from synfin.tcp.memory import EASY, PRUNE, SHRINK, MemoryPool
from synfin.tcp.state import CLOSE_WAIT, CLOSED, ESTABLISHED, LISTEN, SYN_RECEIVED, SYN_SENT, TIME_WAIT, State
from synfin.tcp.timewait import TimeWaitTable
from synfin.trace import SEND
from synfin.wire.addresses import Address, Endpoint
from synfin.wire.tcp import CHECKSUM_AT, PROTOCOL, RST, SYN, Segment, build_header

V4_HEADERS: Final = 40
V6_HEADERS: Final = 60  # [RFC8200-17]
DSCP: Final = 0xFC  # the part of the traffic class that is configured; the other two bits are TCP's [RFC3168-03]
RETRANSMITS: Final[dict[str, bool]] = {
    "retransmit-timeout": True,
    "retransmit-fast": True,
    "retransmit-partial-ack": True,
    "retransmit-sack": True,
    "retransmit-unsure": True,
    "retransmit-rescue": True,
    "retransmit-rack": True,
    "retransmit-tail-probe": True,
    "retransmit-slow-start": True,
    "retransmit-window-open": True,
    "retransmit-smaller-mtu": True,
}
EMPTY_PLACES: Final = 1_024  # a table with so many more deleted places than connections is made anew


@final
class TcpOutput(Touched):
    """The connections by key, and the queues of those that have something to do."""

    __slots__ = (
        "_core", "_delivering", "_detached", "_notices", "_output", "_pending", "_sample", "_wake", "established",
        "fast_open", "isn", "memory", "slots", "tcp", "time_wait", "time_wait_timer",
    )  # fmt: skip

    def __init__(self, core: Core, output: IpOutput, tcp: TcpConfig, isn: IsnSource, fast_open: FastOpen) -> None:
        self._core = core
        self._output = output
        self.tcp = tcp
        self.fast_open = fast_open
        self.isn = isn  # shared by all connections
        self.slots: dict[bytes, Slot] = {}
        self.time_wait = TimeWaitTable(core.config.time_wait_entries)
        self.time_wait_timer: Timed | None = None
        self.established = 0  # TcpCurrEstab
        self.memory = MemoryPool(core.config.tcp_memory_bytes)
        self._pending: deque[Slot] = deque()
        self._notices: deque[Slot] = deque()
        self._sample = AckSample()  # good for one ACK: all connections fill the same
        self._wake = self.on_call  # one for all connections
        self._delivering = False
        self._detached = 0  # since the table was made

    # Tables

    def add(self, connection: Connection, key: bytes, interface: Interface, state: State) -> Slot:
        """Enter a connection."""
        slot = Slot(self, connection, key, interface, state)
        self.slots[key] = slot
        connection.slot = slot
        connection.wake = self._wake
        if len(connection.local.address) == 16:
            slot.flow_label = self._output.flow_label(
                connection.local.address, connection.remote.address, PROTOCOL, key[-4:]
            )
        connection.tcb.push_limit = interface.push_limit
        connection.tcb.memory = self.memory
        connection.tcb.sample = self._sample
        return slot

    def detach(self, slot: Slot) -> None:
        """Take a connection out of the tables; what it still has to send or to tell is done."""
        if not slot.gone:
            slot.gone = True
            slot.connection.wake = None
            slot.connection.slot = None
            del self.slots[slot.key]
            self._detached += 1
            if self._detached > EMPTY_PLACES + 2 * len(self.slots):
                self.slots = dict(self.slots)  # a dict never shrinks by itself
                self._detached = 0
            self._core.deadlines.forget(slot)
            self._count_state(slot)
            self.memory.change(-slot.held)

    def clear(self) -> None:
        """Forget everything silently (the host has crashed)."""
        for slot in self.slots.values():
            slot.gone = True
            slot.connection.wake = None
            slot.connection.slot = None
            self._core.deadlines.forget(slot)
            self.memory.change(-slot.held)
        self.slots = {}
        self.time_wait = TimeWaitTable(self._core.config.time_wait_entries)
        self.established = 0
        self._pending.clear()
        self._notices.clear()

    # Work

    @property
    def busy(self) -> bool:
        """Whether `poll` has something to do."""
        return bool(self._pending) or bool(self._notices)

    def on_call(self, connection: Connection) -> None:
        """The application has called `connection`."""
        slot = connection.slot
        if isinstance(slot, Slot):
            self.touch(slot)

    def touch(self, slot: Slot) -> None:
        """A connection was called, has received or is due: it will be polled, and its events told."""
        if not slot.queued:
            slot.queued = True
            self._pending.append(slot)
        self._account(slot)
        self._settle(slot)

    def poll(self, now: int) -> None:
        """Send what the connections that were touched have to send; deadlines are set anew."""
        pending = self._pending
        while pending:
            slot = pending.popleft()
            slot.queued = False
            connection = slot.connection
            if self.memory.level >= SHRINK:
                connection.tcb.receive_window.squeezed = 2 * connection.tcb.ack_policy.rmss
            elif connection.tcb.receive_window.squeezed:
                connection.tcb.receive_window.squeezed = 0
            segments = connection.poll(now)
            if segments:
                for segment in segments:
                    self._transmit(slot, segment, now)
            if not slot.gone:
                tcb = connection.tcb
                if tcb.state is TIME_WAIT and tcb.orphan:
                    self._retire(slot)
                else:
                    self._core.deadlines.arm(slot, connection.next_deadline())
            self._settle(slot)

    def _account(self, slot: Slot) -> None:
        """Bring the host's account up to date with what a connection holds; squeeze where that is too much."""
        if slot.gone:
            return
        now = self._core.now
        tcb = slot.connection.tcb
        held = len(tcb.send_buffer) + len(tcb.receive_buffer)
        if tcb.reassembly is not None:
            held += tcb.reassembly.size
        memory = self.memory
        if held != slot.held:
            before = memory.level
            risen = memory.change(held - slot.held)
            slot.held = held
            if risen:
                if before == EASY:
                    self._core.rule("tcp-memory-pressure", now, f"{memory.used} of {memory.limit} octets")
                if memory.level >= PRUNE > before:
                    for other in self.slots.values():
                        self._prune(other, now)
                    return
        if memory.level >= PRUNE:
            self._prune(slot, now)

    def _prune(self, slot: Slot, now: int) -> None:
        """Forget out-of-order text; what was told of it by SACK is no promise [RFC2018-09]."""
        tcb = slot.connection.tcb
        if tcb.reassembly is None or slot.gone:
            return
        count = tcb.reassembly.size
        tcb.reassembly = None
        self.memory.change(-count)
        slot.held -= count
        self._core.rule("tcp-memory-pruned", now, f"{count} octets", tcb.local, tcb.remote)

    def deliver(self, now: int) -> None:
        """Call handlers.  An exception from an application passes; what is left is told next time."""
        if self._delivering:
            return
        self._delivering = True
        notices = self._notices
        try:
            while notices:
                slot = notices[0]
                connection = slot.connection
                listener = slot.listener
                if listener is not None:
                    if connection.tcb.state is not SYN_RECEIVED:
                        slot.listener = None
                    listener.on_child(connection, now)
                tcb = connection.tcb
                while connection.handler is not None and (event := tcb.next_event()) is not None:
                    connection.handler(connection, event, now)
                notices.popleft()
                slot.noticed = False
        finally:
            self._delivering = False

    def _settle(self, slot: Slot) -> None:
        """Look at what has become of a connection."""
        tcb = slot.connection.tcb
        state = tcb.state
        if state is not slot.state:
            self._count_state(slot)
            if state is CLOSED or state is LISTEN:
                self.detach(slot)
        if not slot.noticed and (tcb.events is not None or slot.listener is not None):
            slot.noticed = True
            self._notices.append(slot)

    def _count_state(self, slot: Slot) -> None:
        """The counters that go with a move (RFC 4022)."""
        before = slot.state
        after = slot.connection.tcb.state
        if before is after:
            return
        slot.state = after
        was_up = before is ESTABLISHED or before is CLOSE_WAIT
        is_up = after is ESTABLISHED or after is CLOSE_WAIT
        counters = self._core.counters
        if before is SYN_SENT and slot.connection.config.fast_open:
            self.fast_open.learn(slot.connection, self._core.now)
        if was_up != is_up:
            self.established += 1 if is_up else -1
        if after is CLOSED or after is LISTEN:
            if before is SYN_SENT or before is SYN_RECEIVED:
                counters["TcpAttemptFails"] += 1
            elif was_up:
                counters["TcpEstabResets"] += 1
                if isinstance(slot.connection.error, TimeoutError):
                    counters["TcpExtTCPAbortOnTimeout"] += 1

    def _retire(self, slot: Slot) -> None:
        """TIME_WAIT that nobody holds becomes a record (RFC 9293 3.6.1); the application is told that it is over."""
        connection = slot.connection
        counters = self._core.counters
        connection.tcb.tell(Event.CLOSED)
        if connection.move_to(self.time_wait, slot.key):
            counters["TcpExtTW"] += 1
        else:
            self._forget(connection)
        self.detach(slot)
        if self.time_wait_timer is not None:
            self._core.deadlines.arm(self.time_wait_timer, self.time_wait.next_deadline())

    def _forget(self, connection: Connection) -> None:
        """No room for one more TIME_WAIT record: the connection is CLOSED at once, and the trace says so."""
        core = self._core
        rule = "time-wait-table-full"
        core.rule(rule, core.now, "", connection.local, connection.remote)
        if core.trace is not None:
            core.trace.state(
                core.now, connection.local, connection.remote, TIME_WAIT.name, CLOSED.name, rule, rfc_of(rule)
            )

    # Packets

    def path_to(self, interface: Interface, remote: Address) -> Path | None:
        """The path to a remote end that was met on `interface`."""
        return self._output.reply_path(interface, remote)

    def link_mss(self, path: Path) -> int:
        """The octets of text that fit into one packet on `path` (RFC 6691)."""
        return path.interface.mtu - (V4_HEADERS if len(path.source) == 4 else V6_HEADERS)

    def answer(self, segment: Segment, local: Endpoint, remote: Endpoint, interface: Interface, now: int) -> None:
        """Send a segment that belongs to no connection: a reset, a SYN cookie, an answer from TIME_WAIT."""
        path = self._output.reply_path(interface, remote.address)
        if path is None:
            self._core.no_route(now, "", local, remote)
            return
        self._emit(path, segment, local, remote, self.tcp.hop_limit, self.tcp.traffic_class, 0, now)

    def _transmit(self, slot: Slot, segment: Segment, now: int) -> None:
        connection = slot.connection
        generation = self._output.routes.generation
        path = slot.path
        if path is None or slot.generation != generation:
            path = self._output.reply_path(slot.interface, connection.remote.address)
            slot.path = path
            slot.generation = generation
        if path is None:
            self._core.no_route(now, "", connection.local, connection.remote)
            connection.icmp_error("net-unreachable", segment.seq, now)
            return
        config = connection.tcb.config
        if segment.why == "retransmit-timeout" and connection.tcb.retransmits == config.r1_retries:
            self._output.suspect(path)  # [MUST-20a]
            slot.path = None
        self._emit(
            path, segment, connection.local, connection.remote, config.hop_limit, config.traffic_class,
            slot.flow_label, now,
        )  # fmt: skip

    def _emit(
        self,
        path: Path,
        segment: Segment,
        local: Endpoint,
        remote: Endpoint,
        hop_limit: int,
        traffic_class: int,
        flow_label: int,
        now: int,
    ) -> None:
        """Build, count, trace and send one segment, never in fragments [MUST-48] [MUST-49]."""
        core = self._core
        counters = core.counters
        why = segment.why
        counters["TcpOutSegs"] += segment.pieces
        if why in RETRANSMITS:
            counters["TcpRetransSegs"] += 1
            if segment.flags & SYN:
                counters["TcpExtTCPSynRetrans"] += 1
        if segment.flags & RST:
            counters["TcpOutRsts"] += 1
        counter = WHY_COUNTERS.get(why)
        if counter is not None:
            counters[counter] += 1
        if core.trace is not None:
            core.trace.segment(now, SEND, local, remote, segment, why)
        partial = path.interface.checksum_offload
        header = build_header(segment, local.address, remote.address, partial)
        self._output.send_segment(
            path, local.address, remote.address, PROTOCOL, header, segment.payload, now, hop_limit,
            traffic_class & DSCP | segment.ecn, flow_label, segment.mss, CHECKSUM_AT if partial else 0, why,
        )  # fmt: skip
