"""`Connection`: the façade over one block.  Segments and time go in, segments and events come out; no I/O (law 1)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final, final

from synfin.config import TcpConfig
from synfin.errors import UsageError
from synfin.tcp import calls, icmp
from synfin.tcp.arrives import segment_arrives
from synfin.tcp.events import Event
from synfin.tcp.info import TcpInfo, collect
from synfin.tcp.isn import IsnGenerator, IsnSource
from synfin.tcp.output import output
from synfin.tcp.recvbuf import Buffer
from synfin.tcp.sendbuf import Octets
from synfin.tcp.state import CLOSED, SYN_RECEIVED, TIME_WAIT, State
from synfin.tcp.tcb import Tcb
from synfin.tcp.timeouts import on_timers
from synfin.tcp.timers import NEVER
from synfin.tcp.timewait import TimeWaitTable
from synfin.trace import Trace
from synfin.wire.addresses import Endpoint, EndpointLike, as_endpoint
from synfin.wire.tcp import Segment

DEFAULT_LINK_MSS: Final = 1460  # IPv4 over Ethernet: 1500 less two headers of 20


@final
class Connection:
    """One TCP connection without a network, for hosts, tests and tools.

    `local` and `remote` are (address, port); `link_mss` is what fits into one packet of the interface (MTU less the
    fixed headers).  `now` is integer nanoseconds everywhere and must not go back.  `data` is free for the application.
    """

    __slots__ = ("_table", "_table_key", "data", "handler", "isn", "slot", "tcb", "wake")

    def __init__(
        self,
        config: TcpConfig,
        *,
        rng: Random | None = None,
        local: EndpointLike,
        remote: EndpointLike,
        isn: IsnSource | None = None,
        trace: Trace | None = None,
        link_mss: int = DEFAULT_LINK_MSS,
    ) -> None:
        if isn is None:
            if rng is None:
                raise UsageError("Connection needs rng= (a random.Random) or isn= (an IsnSource)")
            isn = IsnGenerator(rng, config.isn_tick_ns)
        self.isn = isn
        self.tcb = Tcb(config, as_endpoint(local), as_endpoint(remote), trace, link_mss)
        self.handler: Callable[[Connection, Event, int], None] | None = None
        self.data: Any = None
        self.wake: Callable[[Connection], None] | None = None  # set by a host: the application has called, so poll me
        self.slot: object = None  # set by a host: what it keeps beside me
        self._table: TimeWaitTable | None = None  # where the record lives once a host has moved it
        self._table_key = b""

    def __repr__(self) -> str:
        return f"<Connection {self.local} - {self.remote} {self.state.name}>"

    @property
    def local(self) -> Endpoint:
        """Our address and port; the address never changes [MUST-45]."""
        return self.tcb.local

    @property
    def remote(self) -> Endpoint:
        """The peer's address and port."""
        return self.tcb.remote

    @property
    def config(self) -> TcpConfig:
        """The settings in force; change them by `configure`."""
        return self.tcb.config

    @property
    def state(self) -> State:
        """The state; LISTEN says that an embryonic connection went back into its listener."""
        if self._table is not None:
            record = self._table.get(self._table_key)
            moved = self.tcb.time_wait
            if record is None or moved is None or record.snd_nxt != moved.snd_nxt or record.rcv_nxt != moved.rcv_nxt:
                return CLOSED
            return TIME_WAIT
        return self.tcb.state

    @property
    def readable(self) -> int:
        """Octets that `read` would return now."""
        tcb = self.tcb
        if tcb.state is SYN_RECEIVED and not tcb.fast_opened:  # [RFC9293-E19]
            return 0
        return len(tcb.receive_buffer)

    @property
    def writable(self) -> int:
        """Octets that `write` would take now."""
        tcb = self.tcb
        return 0 if tcb.fin_queued or tcb.error is not None else tcb.room()

    @property
    def at_eof(self) -> bool:
        """The peer's FIN has come and everything before it was read."""
        tcb = self.tcb
        return tcb.peer_fin >= 0 and tcb.rcv_nxt > tcb.peer_fin and not len(tcb.receive_buffer)

    @property
    def error(self) -> OSError | None:
        """Why the connection failed, or None."""
        return self.tcb.error

    @property
    def soft_error(self) -> OSError | None:
        """The last trouble that did not end it [MUST-47]."""
        return self.tcb.soft_error

    @property
    def urgent_remaining(self) -> int:
        """Octets still to be read up to the end of the urgent text [MUST-33]."""
        tcb = self.tcb
        fin = 1 if 0 <= tcb.peer_fin < tcb.rcv_nxt else 0  # RCV.NXT has counted it
        read_upto = tcb.rcv_nxt - fin - len(tcb.receive_buffer)
        return max(tcb.rcv_up - read_upto, 0) if tcb.rcv_up else 0

    @property
    def fast_open_cookie(self) -> bytes | None:
        """The cookie that the peer gave in its SYN-ACK, for the next `open` (RFC 7413)."""
        return self.tcb.handshake_cookie if not self.tcb.passive else None

    def open(self, now: int, data: bytes = b"", cookie: bytes | None = None) -> None:
        """OPEN, active (RFC 9293 3.10.1).  With `fast_open`, `data` rides on the SYN if `cookie` is known.

        Raises `OSError` EISCONN if it was opened before.
        """
        calls.open_actively(self.tcb, self.isn, now, data, cookie)
        if self.wake is not None:
            self.wake(self)

    def write(self, data: Octets, now: int, urgent: bool = False, more: bool = False) -> int:
        """SEND: returns the octets taken; 0 means that the buffer is full, WRITABLE will tell.

        `bytes` and read-only views of at least a page are not copied here: what such a view shows must not change
        before it is acknowledged.  All else is copied.

        `more`: more will follow at once, so that what does not fill a segment waits for it, and no PSH is set yet.
        `urgent` makes the last octet taken the end of urgent text [MUST-30]; new programs should not use it [SHLD-13].
        Raises `BrokenPipeError` after `shutdown`, the connection's `error` after a failure, ENOTCONN when not open.
        """
        taken = calls.write(self.tcb, data, urgent, now, more)
        if self.wake is not None:
            self.wake(self)
        return taken

    def read(self, limit: int, now: int) -> bytes:
        """RECEIVE: at most `limit` octets; `b""` when there are none (`at_eof` tells whether more may come).

        Raises the connection's `error` once everything that came before it was read.
        """
        text = calls.read(self.tcb, limit, now)
        if self.wake is not None:
            self.wake(self)
        return text

    def read_into(self, buffer: Buffer, now: int) -> int:
        """As `read`, into `buffer` from its start: how many octets were put there; raises as `read`."""
        count = calls.read_into(self.tcb, buffer, now)
        if self.wake is not None:
            self.wake(self)
        return count

    def peek(self, limit: int, skip: int = 0) -> bytes:
        """What `read` would return after `skip` octets, without taking it."""
        return self.tcb.receive_buffer.peek(min(limit, self.readable - skip), skip)

    def stop_reading(self, now: int) -> None:
        """Nobody will read any more: once we have closed our direction too, further text is reset as after `close`."""
        calls.stop_reading(self.tcb, now)

    def quick_ack(self, on: bool, now: int) -> None:
        """Acknowledge the next segments at once, and what was delayed now; off: delay from now on."""
        calls.quick_ack(self.tcb, on, now)
        if self.wake is not None:
            self.wake(self)

    def shutdown(self, now: int) -> None:
        """CLOSE (RFC 9293 3.10.4): no more to send; reading goes on (half-close).  Raises ENOTCONN when not open."""
        calls.shutdown(self.tcb, now)
        if self.wake is not None:
            self.wake(self)

    def close(self, now: int) -> None:
        """Let go: FIN after what is queued; unread text, or text that still comes, draws a RST (RFC 9293 3.6.1)."""
        calls.close(self.tcb, now)
        if self.wake is not None:
            self.wake(self)

    def abort(self, now: int) -> None:
        """ABORT (RFC 9293 3.10.5): RST, everything queued is lost."""
        calls.abort(self.tcb, now)
        if self.wake is not None:
            self.wake(self)

    def configure(self, now: int, **changes: Any) -> None:
        """Change settings of the live connection, by their names in `TcpConfig`.

        Raises `UsageError` for one that cannot change any more (`synfin.tcp.calls.ALIVE` lists those that can).
        """
        for name in changes:
            if name not in calls.ALIVE and self.tcb.state is not CLOSED:
                raise UsageError(f"{name} cannot change once the connection is open; can: {', '.join(calls.ALIVE)}")
        calls.configure(self.tcb, self.tcb.config.but(**changes), now)
        if self.wake is not None:
            self.wake(self)

    def receive(self, segment: Segment, now: int) -> None:
        """SEGMENT ARRIVES (RFC 9293 3.10.7): never raises for what the peer sent; answers wait for `poll`."""
        segment_arrives(self.tcb, segment, now)

    def icmp_error(self, kind: str, seq: int, now: int, mtu: int = 0) -> None:
        """An ICMP error quoted our segment with wire number `seq`; kinds are in `synfin.tcp.icmp.KINDS`."""
        icmp.icmp_error(self.tcb, kind, seq, mtu, now)

    def poll(self, now: int) -> list[Segment]:
        """Fire the timers that are due, then the segments to send now, in order."""
        tcb = self.tcb
        if tcb.timers.next() <= now:
            on_timers(tcb, now)
        return output(tcb, now)

    def next_deadline(self) -> int | None:
        """When `poll` must be called at the latest, in ns; None: not before something else happens."""
        deadline = self.tcb.timers.next()
        return None if deadline == NEVER else deadline

    def take_events(self) -> list[Event]:
        """What has happened since the last call; the list is the caller's."""
        events = self.tcb.events
        self.tcb.events = None
        return [] if events is None else events

    def info(self, now: int | None = None) -> TcpInfo:
        """STATUS with the fields of Linux's TCP_INFO; `now` defaults to the time of the last call."""
        return collect(self.tcb, self.tcb.now if now is None else now)

    def move_to(self, table: TimeWaitTable, key: bytes) -> bool:
        """Hand TIME_WAIT over to a compact table; False if it is full (then the connection is gone at once)."""
        record = self.tcb.time_wait
        if record is None or self.tcb.state is not TIME_WAIT:
            raise UsageError("only a connection in TIME_WAIT can be moved")
        kept = table.add(key, record)
        self._table = table
        self._table_key = key
        self.tcb.timers.clear()
        return kept
