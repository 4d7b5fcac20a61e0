"""The TCP demultiplexer: which connection, TIME_WAIT record or listener a segment is for (RFC 9293 3.10.7).

Responsible for the tables, for what belongs to nobody (RFC 9293 3.10.7.1) and for reopening from TIME_WAIT (RFC 6191).
What a segment means is decided in `tcp`; sending and telling applications is `tcp_output`'s affair.  A segment costs
one dict lookup.
"""

from __future__ import annotations

from typing import Final, final

from synfin.host.core import Core, Datagram, Upper
from synfin.host.counters import ECN_V4, ECN_V6
from synfin.host.interfaces import Interface
from synfin.host.limits import TokenBucket
from synfin.host.rules import rfc_of
from synfin.host.slots import Slot, ends_of, key_of
from synfin.host.tcp_output import TcpOutput
from synfin.host.timers import Alarm
from synfin.tcp.connection import Connection
from synfin.tcp.isn import IsnSource
from synfin.tcp.listener import Listener, ListenerCounters
from synfin.tcp.memory import FULL
from synfin.tcp.resets import reset_for
from synfin.tcp.state import CLOSED, LISTEN, SYN_RECEIVED, TIME_WAIT
from synfin.tcp.timewait import DELETE, REOPEN, REPLY, REPLY_AND_RESTART, TimeWait
from synfin.trace import RECEIVE
from synfin.wire.addresses import ANY_V4, ANY_V6, Address, Endpoint
from synfin.wire.frame import Frame
from synfin.wire.tcp import ACK, FIN, PROTOCOL, PSH, SYN, Segment, parse_segment, read_segment

_SERIAL_HALF: Final = 0x8000_0000


@final
class HigherIsn(IsnSource):
    """Another source, but never below `least`: a connection that reopens TIME_WAIT starts above all old numbers."""

    __slots__ = ("_least", "_source")

    def __init__(self, source: IsnSource, least: int) -> None:
        self._source = source
        self._least = least

    def next(self, local: Endpoint, remote: Endpoint, now: int) -> int:
        """The later of both, modulo 2**32 (RFC 9293 3.6.1) [RFC1122-36]."""
        number = self._source.next(local, remote, now)
        return number if (number - self._least) & 0xFFFF_FFFF < _SERIAL_HALF else self._least

    def timestamp_offset(self, local: Endpoint, remote: Endpoint) -> int:
        """That of the other source."""
        return self._source.timestamp_offset(local, remote)


@final
class TcpDemux(Upper):
    """The way of a segment to its connection.  `out` has the connections, this class the listeners.

    `receive_direct` is the short way of nearly every segment, `receive` that of all others; what they do is the same.
    """

    __slots__ = ("_bucket", "_core", "_timer", "listeners", "out", "retired")

    def __init__(self, core: Core, out: TcpOutput) -> None:
        self._core = core
        self._bucket = TokenBucket(core.config.resets_per_second, core.config.reset_burst)
        self.out = out
        self.listeners: dict[bytes, Listener] = {}  # address (zero: any of its family) and port
        self.retired = ListenerCounters()  # of listeners that are closed
        self._timer = Alarm(self._next_expiry, self.expire)
        out.time_wait_timer = self._timer

    # Segments

    def receive_direct(self, interface: Interface, frame: Frame, ip: int, now: int) -> bool:
        """Take a frame whose IP packet starts at `ip`, if it is a whole one, without options, for a connection.

        False: nothing was done, and the frame goes through `ip_input`, which also knows why it is wrong.  What that
        checks about addresses is known here: on this interface the connection has sent to the one and from the other.
        Raises `WireError` as `receive`.
        """
        data = frame.raw
        ip += frame.at
        size = len(data)
        if size < ip + 40 or frame.text:
            return False
        counters = self._core.counters
        if data[ip] == 0x45:
            tcp = ip + 20
            slot = self._found(data[ip + 12 : ip + 24], interface)
            end = ip + (data[ip + 2] << 8 | data[ip + 3])
            if slot is None or data[ip + 9] != PROTOCOL or end > size or end < tcp:
                return False
            if data[ip + 6] & 0xBF or data[ip + 7]:  # a fragment, or the reserved bit
                return False
            if int.from_bytes(data[ip:tcp], "big") % 0xFFFF:
                return False
            traffic_class = data[ip + 1]
            counters["IpInReceives"] += 1
            counters["IpExtInOctets"] += size - ip
            counters["IpInDelivers"] += 1
            counters[ECN_V4[traffic_class & 3]] += 1
            addresses = ip + 12
        else:
            tcp = ip + 40
            slot = self._found(data[ip + 8 : ip + 44], interface)
            end = tcp + (data[ip + 4] << 8 | data[ip + 5])
            if slot is None or data[ip] >> 4 != 6 or data[ip + 6] != PROTOCOL or end > size:
                return False
            traffic_class = (data[ip] << 4 | data[ip + 1] >> 4) & 0xFF
            counters["Ip6InReceives"] += 1
            counters["Ip6InDelivers"] += 1
            counters[ECN_V6[traffic_class & 3]] += 1
            addresses = ip + 8
        counters["TcpInSegs"] += 1
        pseudo = -1
        if not frame.checked:
            pseudo = int.from_bytes(data[addresses:tcp], "big") + PROTOCOL + end - tcp
        segment = read_segment(data, tcp, end, pseudo)
        segment.ecn = traffic_class & 3
        if frame.mss:
            segment.mss = frame.mss
            counters["TcpInSegs"] += segment.pieces - 1
        if self._core.trace is not None:
            tcb = slot.connection.tcb
            self._core.trace.segment(now, RECEIVE, tcb.remote, tcb.local, segment, "")
        self._to_connection(slot, segment, now)
        return True

    def _found(self, key: bytes, interface: Interface) -> Slot | None:
        """The connection of `key`, if it lives on `interface`; not one in TIME_WAIT, which may be reopened."""
        slot = self.out.slots.get(key)
        if slot is None or slot.interface is not interface or slot.connection.tcb.state is TIME_WAIT:
            return None
        return slot

    def receive(self, datagram: Datagram, now: int) -> None:
        """SEGMENT ARRIVES: to its connection, else TIME_WAIT, else a listener, else it is reset."""
        core = self._core
        core.counters["TcpInSegs"] += 1
        src = datagram.src
        dst = datagram.dst
        payload = datagram.payload
        segment = parse_segment(payload, src, dst, not datagram.checked)
        segment.ecn = datagram.traffic_class & 3
        if datagram.mss:
            segment.mss = datagram.mss
            core.counters["TcpInSegs"] += segment.pieces - 1
        if core.trace is not None:
            local = Endpoint(dst, segment.dst_port)
            core.trace.segment(now, RECEIVE, Endpoint(src, segment.src_port), local, segment, "")
        slot = self.out.slots.get(src + dst + payload[:4])
        if slot is None:
            self._no_connection(segment, datagram, src + dst + payload[:4], now)
            return
        if slot.connection.tcb.state is TIME_WAIT and segment.flags & (SYN | ACK) == SYN:
            if self._reopen_held(slot, segment, datagram, now):
                return
        self._to_connection(slot, segment, now)

    def _to_connection(self, slot: Slot, segment: Segment, now: int) -> None:
        """SEGMENT ARRIVES at a connection; without its text where the host has no memory for that."""
        if self.out.memory.level == FULL and segment.payload and slot.held:
            tcb = slot.connection.tcb
            self._core.rule("tcp-memory-full", now, f"{len(segment.payload)} octets", tcb.local, tcb.remote)
            segment.payload = b""
            segment.mss = 0
            segment.flags &= ~(FIN | PSH)
        slot.connection.receive(segment, now)
        self.out.touch(slot)

    def _no_connection(self, segment: Segment, datagram: Datagram, key: bytes, now: int) -> None:
        local = Endpoint(datagram.dst, segment.dst_port)
        remote = Endpoint(datagram.src, segment.src_port)
        if datagram.to_group:
            self._core.rule("tcp-to-group", now, "", local, remote)  # [MUST-57a] [MUST-57b]
            return
        record = self.out.time_wait.get(key)
        if record is not None:
            self._in_time_wait(record, segment, datagram, key, now)
            return
        if self._core.strays is not None and segment.flags & (SYN | ACK) != SYN:
            if self._core.passes_on(datagram, False):
                self._core.rule("tcp-passed-on", now, "", local, remote)
                return
        listener = self.find_listener(local.address, local.port)
        if listener is not None:
            self._to_listener(listener, segment, datagram, key, now)
            return
        answer = reset_for(segment)
        if answer is None:
            self._core.rule("closed-dropped", now, "", local, remote)
        elif not self._bucket.take(now):
            self._core.rule("tcp-reset-limited", now, "", local, remote)
        else:
            self._core.rule("closed-reset", now, "", local, remote)
            self.out.answer(answer, local, remote, datagram.interface, now)

    def _to_listener(self, listener: Listener, segment: Segment, datagram: Datagram, key: bytes, now: int) -> None:
        """LISTEN processing; a child becomes a connection of ours at once."""
        local = listener.local_end(datagram.dst)
        remote = Endpoint(datagram.src, segment.src_port)
        if segment.flags & SYN and len(self.out.slots) >= self._core.config.connections:
            self._core.rule("tcp-connections-full", now, "", local, remote)
            return
        if segment.flags & SYN and self.out.memory.level == FULL:
            self._core.rule("tcp-memory-refused", now, "", local, remote)
            return
        path = self.out.path_to(datagram.interface, remote.address)
        if path is not None:
            listener.link_mss = self.out.link_mss(path)
            if path.next_hop == remote.address:  # a neighbour: all its connections share the octets of its address
                remote = Endpoint(path.next_hop, remote.port)
        child = listener.on_segment(segment, local, remote, now)
        if listener.replies:
            replies = listener.replies
            listener.replies = []
            for destination, answer in replies:
                self.out.answer(answer, local, destination, datagram.interface, now)
        if child is not None:
            self._core.counters["TcpPassiveOpens"] += 1
            slot = self.out.add(child, key, datagram.interface, SYN_RECEIVED)
            slot.listener = listener
            self.out.touch(slot)

    # TIME_WAIT

    def _in_time_wait(self, record: TimeWait, segment: Segment, datagram: Datagram, key: bytes, now: int) -> None:
        """A segment for a connection that is only a record (RFC 9293 3.10.7.4, RFC 6191, RFC 1337)."""
        local = Endpoint(datagram.dst, segment.dst_port)
        remote = Endpoint(datagram.src, segment.src_port)
        action = record.judge(segment, now, self.out.tcp)
        table = self.out.time_wait
        if action == REOPEN:
            listener = self.find_listener(local.address, local.port)
            if listener is not None:
                self._core.rule(record.rule, now, "", local, remote)
                table.remove(key)
                self._trace_end(local, remote, record.rule, now)
                self._reopen(listener, record, segment, datagram, key, now)
                return
            # Nobody listens: as for any other segment that does not fit.
            record.rule = "time-wait-old-syn"
            action = REPLY
        self._core.rule(record.rule, now, "", local, remote)
        if action == DELETE:
            table.remove(key)
            self._trace_end(local, remote, record.rule, now)
            return
        table.update(key, record)
        self._core.deadlines.arm(self._timer, table.next_deadline())
        if action in (REPLY, REPLY_AND_RESTART):
            self.out.answer(record.reply(segment, now), local, remote, datagram.interface, now)

    def _reopen_held(self, slot: Slot, segment: Segment, datagram: Datagram, now: int) -> bool:
        """A new SYN for a connection in TIME_WAIT that its application still holds; True when a child took over."""
        record = slot.connection.tcb.time_wait
        listener = self.find_listener(datagram.dst, segment.dst_port)
        if record is None or listener is None or record.judge(segment, now, slot.connection.config) != REOPEN:
            return False
        self._core.rule(record.rule, now, "", slot.connection.local, slot.connection.remote)
        tcb = slot.connection.tcb
        tcb.now = now
        tcb.enter(CLOSED, record.rule)
        self.out.touch(slot)
        self._reopen(listener, record, segment, datagram, slot.key, now)
        return True

    def _reopen(
        self, listener: Listener, record: TimeWait, segment: Segment, datagram: Datagram, key: bytes, now: int
    ) -> None:
        """RFC 6191 2: a new incarnation, whose numbers begin above the old ones."""
        source = listener.isn
        listener.isn = HigherIsn(source, record.new_isn())
        try:
            self._to_listener(listener, segment, datagram, key, now)
        finally:
            listener.isn = source

    def _next_expiry(self) -> int | None:
        return self.out.time_wait.next_deadline()

    def expire(self, now: int) -> None:
        """2MSL are over for the oldest records (RFC 9293 3.10.8)."""
        self.out.time_wait.expire(now, self._expired)
        self._core.deadlines.arm(self._timer, self.out.time_wait.next_deadline())

    def _expired(self, key: bytes, record: TimeWait) -> None:
        local, local_port, remote, remote_port = ends_of(key)
        self._trace_end(Endpoint(local, local_port), Endpoint(remote, remote_port), "time-wait-over", record.expires)

    def _trace_end(self, local: Endpoint, remote: Endpoint, rule: str, now: int) -> None:
        trace = self._core.trace
        if trace is not None:
            trace.state(now, local, remote, TIME_WAIT.name, CLOSED.name, rule, rfc_of(rule))

    # ICMP

    def icmp_error(self, kind: str, src: Address, dst: Address, quoted: bytes, now: int, mtu: int) -> None:
        """Direct an error to the connection whose segment is quoted [MUST-54]; no other is touched [RFC5927-08]."""
        if len(quoted) < 8:
            self._core.rule("icmp-error-short", now, kind, remote=Endpoint(dst, 0))
            return
        slot = self.out.slots.get(dst + src + quoted[2:4] + quoted[0:2])
        if slot is None:
            local = Endpoint(src, int.from_bytes(quoted[0:2], "big"))
            remote = Endpoint(dst, int.from_bytes(quoted[2:4], "big"))
            self._core.rule("icmp-error-about-unknown", now, kind, local, remote)
            return
        slot.connection.icmp_error(kind, int.from_bytes(quoted[4:8], "big"), now, mtu)
        self.out.touch(slot)

    # Tables

    def is_taken(self, key: bytes) -> bool:
        """Whether a connection or a TIME_WAIT record has the four-tuple of `key`."""
        return key in self.out.slots or key in self.out.time_wait

    def port_in_use(self, local: Address, port: int, remote: Address, remote_port: int) -> bool:
        """Whether a connection from `port` would be mistaken for another [RFC6056-06] or for a service [RFC6056-02]."""
        key = key_of(local, port, remote, remote_port)
        return self.is_taken(key) or self.find_listener(local, port) is not None

    def find_listener(self, address: Address, port: int) -> Listener | None:
        """The listener of exactly this address, else of any; closed ones are forgotten here."""
        tail = port.to_bytes(2, "big")
        listener = self._live(address + tail)
        return listener if listener is not None else self._live((ANY_V4 if len(address) == 4 else ANY_V6) + tail)

    def _live(self, key: bytes) -> Listener | None:
        listener = self.listeners.get(key)
        if listener is not None and listener.state is not LISTEN:
            for other in [*listener_keys(None, listener.local.port), key]:
                if self.listeners.get(other) is listener:
                    del self.listeners[other]
            add_counters(self.retired, listener.counters)
            return None
        return listener

    def listen_conflict(self, address: Address | None, port: int) -> bool:
        """Whether a new listener would share its address and port with another."""
        keys = listener_keys(address, port)
        return any([self._live(key) is not None for key in keys])  # noqa: C419  # a list is what mypyc compiles well

    def add_listener(self, address: Address | None, port: int, listener: Listener) -> None:
        """Enter a listener."""
        for key in listener_keys(address, port):
            self.listeners[key] = listener

    def open_listeners(self) -> list[Listener]:
        """Every listener in LISTEN, the oldest first."""
        found: list[Listener] = []
        for listener in self.listeners.values():
            if listener.state is LISTEN and listener not in found:
                found.append(listener)
        return found

    def count_listeners(self, counters: dict[str, int]) -> None:
        """Bring up to date what all listeners, closed ones too, have counted."""
        total = ListenerCounters()
        add_counters(total, self.retired)
        seen: list[Listener] = []
        for listener in self.listeners.values():
            if listener not in seen:
                seen.append(listener)
                add_counters(total, listener.counters)
        counters["TcpExtListenOverflows"] = total.accept_overflows
        counters["TcpExtListenDrops"] = total.accept_overflows + total.syn_overflows
        counters["TcpExtTCPReqQFullDrop"] = total.syn_overflows - total.cookies_sent
        counters["TcpExtTCPReqQFullDoCookies"] = total.cookies_sent
        counters["TcpExtSyncookiesSent"] = total.cookies_sent
        counters["TcpExtSyncookiesRecv"] = total.cookies_received
        counters["TcpExtSyncookiesFailed"] = total.cookies_failed

    def clear(self) -> None:
        """Forget all listeners and connections silently."""
        self.listeners = {}
        self.out.clear()

    def connections(self) -> list[Connection]:
        """Every connection that is more than a TIME_WAIT record, the oldest first."""
        return [slot.connection for slot in self.out.slots.values()]


def listener_keys(address: Address | None, port: int) -> list[bytes]:
    """Where a listener is entered: None stands for all addresses of both families."""
    tail = port.to_bytes(2, "big")
    if address is None:
        return [ANY_V4 + tail, ANY_V6 + tail]
    return [address + tail]


def add_counters(total: ListenerCounters, more: ListenerCounters) -> None:
    """Add the counters of one listener to a sum."""
    total.accept_overflows += more.accept_overflows
    total.syn_overflows += more.syn_overflows
    total.cookies_sent += more.cookies_sent
    total.cookies_received += more.cookies_received
    total.cookies_failed += more.cookies_failed
