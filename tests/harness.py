"""A packet-level test context: one `Connection` (or `Listener`) in virtual time, and a peer scripted by hand.

There is no host, no clock and no network here: a test injects segments, says what must come out, and moves time.
Numbers in tests are relative: `seq=0` is the SYN, `seq=1` the first octet of text, on both sides, whatever the initial
sequence numbers are; `seq=@300` is a wire number.  A segment is written as its flags and the fields that matter::

    t = Established(mss=1000)                 # peer announces MSS 1000
    t.app.write(b"x" * 2500)
    t.expect("A seq=1 len=1000")              # flags are exact, fields that are not named are not compared
    t.inject("A ack=1001 win=65535")          # seq defaults to the peer's SND.NXT, ack to all that it has seen
    t.advance(ms=1000)                        # timers fire at their deadlines
    assert t.state is State.ESTABLISHED

`tests/notation.py` has the notation, flags and fields.
When a test fails, the history (what was injected, sent, decided, and every state) is printed: `tests/tcp/conftest.py`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from synfin.config import MILLISECOND, TcpConfig
from synfin.tcp import Connection, Event, Listener, State
from synfin.tcp.isn import FixedIsn
from synfin.trace import RECEIVE, SEND, Record, RuleRecord, SegmentRecord, StateRecord, TimerRecord, Trace
from synfin.wire.addresses import Endpoint, parse_address
from synfin.wire.tcp import ACK, RST, SYN, Segment
from synfin.wire.tcp_options import TcpOptions
from tests.notation import (
    ECN_FIELDS,
    MODULO,
    Sent,
    differences,
    fields_of,
    flag_bits,
    number_of,
    octets,
    relative,
    split,
)

PLAIN_ISNS: Final = (1_000_000, 5_000_000)
WRAP_ISNS: Final = (0xFFFF_FFF0, 0xFFFF_FFF8)  # both ends wrap within the first octets of text [RFC9293-E04]

default_isns: tuple[int, int] = PLAIN_ISNS  # (ours, the peer's); the `initial_numbers` fixture changes it
contexts: list[Context] = []  # contexts of the running test, for the history and the invariants

ADDRESSES: Final = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}


class Peer:
    """What the scripted end knows: its own numbers, and how far the stack's numbers have come (all relative)."""

    def __init__(self, endpoint: Endpoint, isn: int, iss: int, window: int) -> None:
        self.endpoint = endpoint
        self.isn = isn  # wire number of the peer's SYN
        self.iss = iss  # wire number of our SYN, learned when one is sent
        self.snd_nxt = 0
        self.rcv_nxt = 0
        self.window = window
        self.timestamps: int | None = None  # the peer's clock at time 0, when it uses timestamps
        self.ts_recent = 0
        self.connection: Connection | None = None
        self.outbox: list[Sent] = []
        self.events: list[Event] = []


class App:
    """The application above the connection: its calls carry the context's time and are followed by a poll."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def open(self, data: bytes = b"") -> None:
        """Active OPEN."""
        self._context.note(f"app open({len(data)})")
        self._context.connection.open(self._context.now, data)
        self._context.poll()

    def write(self, data: bytes, urgent: bool = False) -> int:
        """SEND; gives the octets taken."""
        self._context.note(f"app write({len(data)}{', urgent' if urgent else ''})")
        taken: int = self._context.connection.write(data, self._context.now, urgent)
        self._context.poll()
        return taken

    def read(self, limit: int = 1 << 30) -> bytes:
        """RECEIVE: what is there, up to `limit`."""
        data: bytes = self._context.connection.read(limit, self._context.now)
        self._context.note(f"app read({limit}) = {len(data)} octets")
        self._context.poll()
        return data

    def shutdown(self) -> None:
        """CLOSE of the RFC: nothing more to send."""
        self._context.note("app shutdown()")
        self._context.connection.shutdown(self._context.now)
        self._context.poll()

    def close(self) -> None:
        """Close of a socket: nothing more to send or read."""
        self._context.note("app close()")
        self._context.connection.close(self._context.now)
        self._context.poll()

    def abort(self) -> None:
        """ABORT."""
        self._context.note("app abort()")
        self._context.connection.abort(self._context.now)
        self._context.poll()

    def configure(self, **changes: Any) -> None:
        """Change settings of the live connection."""
        self._context.note(f"app configure({changes})")
        self._context.connection.configure(self._context.now, **changes)
        self._context.poll()


class Context:
    """One stack under test and its scripted peers.  The classes below bring it into each state.

    `passive`: the stack is the listener's end.  `mss`, `ws`, `sackok`, `ts`: what the peer's SYN offers (`ts` is the
    value of its clock, in ms, at time 0).  `win`: the peer's window field.  `iss`: wire number of our SYN, or those of
    several connections in turn; `isn`: of the peer's.  `family`: 4 or 6.  All other names are settings of `TcpConfig`,
    applied on top of `config`.
    """

    def __init__(
        self,
        *,
        config: TcpConfig | None = None,
        passive: bool = False,
        mss: int | None = 1460,
        win: int = 65_535,
        ws: int | None = None,
        sackok: bool = False,
        ts: int | None = None,
        iss: int | list[int] | None = None,
        isn: int | None = None,
        family: int = 4,
        seed: int = 1,
        link_mss: int = 1460,
        **settings: Any,
    ) -> None:
        self.config = (config or TcpConfig()).but(**settings)
        self.passive = passive
        self.now = 0
        self.records: list[Record] = []
        self.history: list[str] = []
        self.sent: list[Sent] = []
        self.timers: dict[str, int] = {}
        self.peer_options = (mss, ws, sackok, ts)
        self.app = App(self)
        self._polling = True
        ours, theirs = ADDRESSES[family]
        ports = (80, 40_000) if passive else (40_000, 80)
        self.local = Endpoint(parse_address(ours), ports[0])
        self._trace = Trace("A", self._record)
        self._rng = random.Random(seed)
        self._link_mss = link_mss
        numbers = [default_isns[0]] if iss is None else [iss] if isinstance(iss, int) else iss
        self._iss = numbers[0]
        self._isn_source = FixedIsn(numbers)
        self._isn = default_isns[1] if isn is None else isn
        self._win = win
        self.peers: dict[Endpoint, Peer] = {}
        self.peer = self.add_peer(theirs, ports[1])
        self.listener: Listener | None = None
        if passive:
            self.listener = Listener(
                self.config,
                rng=self._rng,
                local=self.local,
                isn=self._isn_source,
                trace=self._trace,
                link_mss=link_mss,
            )
        else:
            self.peer.connection = self._new_connection()
        contexts.append(self)

    def _new_connection(self) -> Connection:
        return Connection(
            self.config,
            rng=self._rng,
            local=self.local,
            remote=self.peer.endpoint,
            isn=self._isn_source,
            trace=self._trace,
            link_mss=self._link_mss,
        )

    def add_peer(self, address: str | None = None, port: int = 40_001, isn: int | None = None) -> Peer:
        """Another scripted end (for listeners); the default one is `t.peer`."""
        where = self.peer.endpoint.address if address is None else parse_address(address)
        endpoint = Endpoint(where, port)
        peer = Peer(endpoint, self._isn if isn is None else isn, 0 if self.passive else self._iss, self._win)
        peer.timestamps = self.peer_options[3]
        self.peers[endpoint] = peer
        return peer

    @contextmanager
    def talking_as(self, peer: Peer) -> Iterator[None]:
        """Inside the block all calls of the context are about `peer`."""
        before = self.peer
        self.peer = peer
        try:
            yield
        finally:
            self.peer = before

    # What can be looked at

    @property
    def connection(self) -> Connection:
        """The connection with the current peer; fails when there is none (not accepted yet)."""
        if self.peer.connection is None:
            self.fail("no connection has been accepted from this peer")
        return self.peer.connection

    @property
    def state(self) -> State:
        """State of the connection, or of the listener's embryonic child for this peer."""
        if self.peer.connection is not None:
            return self.peer.connection.state
        for record in reversed(self.records):
            if isinstance(record, StateRecord) and record.remote == self.peer.endpoint:
                return State[record.to_state]
        return State.LISTEN

    @property
    def events(self) -> list[Event]:
        """Everything told to the application so far."""
        return self.peer.events

    @property
    def outbox(self) -> list[Sent]:
        """What came out towards the current peer and was not expected yet."""
        return self.peer.outbox

    @property
    def rules(self) -> list[str]:
        """Names of the rules that decided about what came in or moved the state, in order."""
        names = []
        for record in self.records:
            if isinstance(record, RuleRecord):
                names.append(record.rule)
            elif isinstance(record, StateRecord):
                names.append(record.why)
        return names

    @property
    def moves(self) -> list[str]:
        """States entered, in order, for the current peer."""
        return [
            record.to_state
            for record in self.records
            if isinstance(record, StateRecord) and record.remote == self.peer.endpoint
        ]

    @property
    def ms(self) -> float:
        """The current virtual time in milliseconds."""
        return self.now / MILLISECOND

    # What the peer does

    def inject(self, text: str = "", data: bytes | None = None) -> Context:
        """Give the stack a segment as from the current peer, then poll.  Gives the context back, for chaining."""
        segment = self.segment(text, data)
        self.note(f"  -> {text}" + (f" [{len(data)} octets]" if data else ""))
        return self.inject_segment(segment)

    def inject_segment(self, segment: Segment) -> Context:
        """Give the stack a ready-made segment, then poll."""
        self.records.append(SegmentRecord(self.now, "A", RECEIVE, self.peer.endpoint, self.local, segment, segment.why))
        connection = self.peer.connection
        if connection is not None and (self.listener is None or connection.state is not State.CLOSED):
            connection.receive(segment, self.now)
        elif self.listener is not None:
            self.listener.receive(segment, self.peer.endpoint, self.now)
        self.poll()
        return self

    def segment(self, text: str, data: bytes | None = None) -> Segment:
        """The segment that `text` describes, as from the current peer; moves the peer's SND.NXT when it is next."""
        peer = self.peer
        words = text.split()
        flags = flag_bits(words[0])
        fields = fields_of(words[1:])
        seq = number_of(fields.pop("seq", str(peer.snd_nxt)), peer.isn)
        payload = data if data is not None else fields.pop("data", "").encode()
        if "len" in fields:
            payload = octets(relative(seq, peer.isn) + bool(flags & SYN), int(fields.pop("len")))
        ack = number_of(fields.pop("ack", str(peer.rcv_nxt)), peer.iss) if flags & ACK or "ack" in fields else 0
        peer.window = int(fields.pop("win", str(peer.window)))
        options = self._options(fields, bool(flags & SYN))
        field = ECN_FIELDS.index(fields.pop("ip", "not-ect"))
        urgent = int(fields.pop("urg", "0"))
        if fields:
            raise ValueError(f"unknown field {sorted(fields)} in {text!r}")
        segment = Segment(peer.endpoint.port, self.local.port, seq, ack, flags, peer.window, urgent, options, payload)
        segment.ecn = field
        if relative(seq, peer.isn) == peer.snd_nxt:
            peer.snd_nxt += segment.length
        return segment

    def _options(self, fields: dict[str, str], on_syn: bool) -> TcpOptions:
        options = TcpOptions()
        peer = self.peer
        bare = fields.pop("bare", None) is not None
        if on_syn and not bare:
            options.mss, options.window_scale, options.sack_permitted = self.peer_options[:3]
        if peer.timestamps is not None and not bare and fields.pop("nots", None) is None:
            options.ts_val = (peer.timestamps + self.now // MILLISECOND) % MODULO
            options.ts_ecr = peer.ts_recent
        if "mss" in fields:
            options.mss = int(fields.pop("mss"))
        if "ws" in fields:
            options.window_scale = int(fields.pop("ws"))
        if fields.pop("sackok", None) is not None:
            options.sack_permitted = True
        if "ts" in fields:
            value, _, echo = fields.pop("ts").partition(",")
            options.ts_val, options.ts_ecr = int(value) % MODULO, int(echo or peer.ts_recent) % MODULO
        if "sack" in fields:
            pairs = [pair.split(":") for pair in fields.pop("sack").split(",")]
            options.sack = tuple((number_of(left, peer.iss), number_of(right, peer.iss)) for left, right in pairs)
        if "fo" in fields:
            options.fast_open = bytes.fromhex(fields.pop("fo"))
        return options

    def icmp(self, kind: str, seq: int | None = None, mtu: int = 0) -> Context:
        """Tell the connection of an ICMP error that quotes our relative `seq` (default: the latest sent)."""
        quoted = self.sent[-1].seq if seq is None else seq
        self.note(f"  -> icmp {kind} quoting seq={quoted}")
        self.connection.icmp_error(kind, (quoted + self.peer.iss) % MODULO, self.now, mtu)
        self.poll()
        return self

    # What must come out

    def expect(self, text: str) -> Sent:
        """The next segment towards the current peer is as `text` says; gives it, for closer looks."""
        if not self.outbox:
            self.fail(f"expected {text!r}, nothing was sent")
        sent = self.outbox.pop(0)
        wrong = differences(text, sent)
        if wrong:
            self.fail(f"expected {text!r}, sent {sent!r}: differs in {', '.join(wrong)}")
        return sent

    def expect_nothing(self) -> Context:
        """Nothing (more) was sent towards the current peer."""
        if self.outbox:
            self.fail(f"expected nothing, but sent {self.outbox}")
        return self

    def expect_rule(self, name: str) -> Context:
        """The rule `name` decided about something that came in."""
        if name not in self.rules:
            self.fail(f"expected rule {name!r}, got {self.rules}")
        return self

    def expect_states(self, *names: str) -> Context:
        """Exactly these states were entered, in this order."""
        if tuple(self.moves) != names:
            self.fail(f"expected the states {names}, got {self.moves}")
        return self

    def drain(self) -> list[Sent]:
        """Take everything that waits in the outbox."""
        taken = list(self.outbox)
        self.outbox.clear()
        return taken

    # Time

    def advance(self, ms: float = 0, to_ms: float | None = None) -> Context:
        """Move virtual time, stopping at every deadline on the way to poll."""
        target = int(to_ms * MILLISECOND) if to_ms is not None else self.now + int(ms * MILLISECOND)
        self.note(f"     advance to {target / MILLISECOND:g} ms")
        stuck = 0
        while True:
            deadline = self.next_deadline()
            if deadline is None or deadline > target:
                break
            stuck = stuck + 1 if deadline <= self.now else 0
            if stuck > 50:
                self.fail(f"the deadline {deadline} does not move although it was polled")
            self.now = max(self.now, deadline)
            self.poll()
        self.now = target
        self.poll()
        return self

    def advance_until_sent(self, limit_ms: float = 1e7) -> Sent:
        """Move time until something is sent towards the current peer; gives it (it is taken as expected)."""
        end = self.now + int(limit_ms * MILLISECOND)
        while not self.outbox:
            deadline = self.next_deadline()
            if deadline is None or deadline > end:
                self.fail(f"nothing was sent within {limit_ms:g} ms; next deadline {deadline}")
            self.advance(to_ms=max(deadline, self.now) / MILLISECOND)
        return self.outbox.pop(0)

    def next_deadline(self) -> int | None:
        """The earliest deadline of everything under test, in ns."""
        ends: list[int | None] = [peer.connection.next_deadline() for peer in self.peers.values() if peer.connection]
        if self.listener is not None:
            ends.append(self.listener.next_deadline())
        known = [end for end in ends if end is not None]
        return min(known) if known else None

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Calls inside the block happen before one single poll, as when a host reads several frames at once."""
        self._polling = False
        try:
            yield
        finally:
            self._polling = True
            self.poll()

    def poll(self) -> None:
        """Collect what the stack has to send now, and what it tells the application."""
        if not self._polling:
            return
        for _ in range(100):
            count = len(self.sent)
            for peer in list(self.peers.values()):
                if peer.connection is not None:
                    for segment in peer.connection.poll(self.now):
                        self._collect(peer, segment)
            if self.listener is not None:
                for endpoint, segment in self.listener.poll(self.now):
                    self._collect(self.peers[endpoint], segment)
            deadline = self.next_deadline()
            if len(self.sent) == count and (deadline is None or deadline > self.now):
                break
        else:
            self.fail("poll() did not come to rest")
        for peer in self.peers.values():
            if peer.connection is not None:
                for event in peer.connection.take_events():
                    peer.events.append(event)
                    self.note(f"     event {event.name}")

    def _collect(self, peer: Peer, segment: Segment) -> None:
        for piece in split(segment):
            if piece.flags & SYN:
                peer.iss = piece.seq
            sent = Sent(self.now, piece, peer.iss, peer.isn)
            self.sent.append(sent)
            peer.outbox.append(sent)
            if not piece.flags & RST:
                peer.rcv_nxt = max(peer.rcv_nxt, sent.seq + piece.length)
            if piece.options.ts_val is not None:
                peer.ts_recent = piece.options.ts_val
            self.records.append(SegmentRecord(self.now, "A", SEND, self.local, peer.endpoint, piece, piece.why))
            self.note(f"  <- {sent!r}")

    # Listener

    def accept(self) -> Connection | None:
        """Take an accepted connection from the listener and make it its peer's; None when none waits."""
        assert self.listener is not None
        connection: Connection | None = self.listener.accept()
        if connection is not None:
            self.peers[connection.remote].connection = connection
            self.note(f"app accept() = {connection.remote}")
        self.poll()
        return connection

    def handshake(self, text: str = "A") -> Context:
        """Complete a passive opening from the current peer (SYN, SYN+ACK, `text`) and accept it."""
        self.peer.snd_nxt = 0
        self.inject("S seq=0")
        self.expect("SA seq=0 ack=1")
        self.inject(text)
        if self.accept() is None:
            self.fail("the handshake was completed but nothing can be accepted")
        return self

    # History

    def _record(self, record: Record) -> None:
        if isinstance(record, SegmentRecord):
            return  # the context writes its own, with super-segments cut
        self.records.append(record)
        if isinstance(record, StateRecord):
            self.note(f"     {record.from_state} => {record.to_state} ({record.why}; {record.rfc})")
        elif isinstance(record, RuleRecord):
            self.note(f"     rule {record.rule} ({record.rfc}) {record.detail}")
        elif isinstance(record, TimerRecord):
            if record.action == "set":
                self.timers[record.timer] = record.deadline
            else:
                self.timers.pop(record.timer, None)

    def note(self, text: str) -> None:
        """Add a line to the history."""
        self.history.append(f"{self.now / MILLISECOND:12.3f} {text}")

    def fail(self, reason: str) -> Any:
        """Fail the test; the report shows the history."""
        __tracebackhide__ = True
        self.note(f"!!!! {reason}")
        raise AssertionError(reason)

    def settle(self, state: State) -> None:
        """Check the state and start with an empty outbox."""
        if self.state is not state:
            self.fail(f"could not be brought into {state.name}, it is {self.state.name}")
        self.outbox.clear()
        self.note(f"---- {state.name}")


class Closed(Context):
    """A connection that was made but not opened."""


class Listening(Context):
    """A listener without connections."""

    def __init__(self, **options: Any) -> None:
        super().__init__(passive=True, **options)


class Opened(Context):
    """SYN_SENT: the SYN is out (`t.sent[0]`)."""

    def __init__(self, data: bytes = b"", **options: Any) -> None:
        super().__init__(**options)
        self.app.open(data)
        self.settle(State.SYN_SENT)


class SynReceived(Context):
    """SYN_RECEIVED by a passive open, or with `passive=False` by a simultaneous one; the SYN+ACK is out."""

    def __init__(self, passive: bool = True, **options: Any) -> None:
        super().__init__(passive=passive, **options)
        if not passive:
            self.app.open()
        self.inject("S")
        self.settle(State.SYN_RECEIVED)


class Established(Context):
    """ESTABLISHED by an active open, or with `passive=True` by a passive one; nothing sent or received yet."""

    def __init__(self, passive: bool = False, **options: Any) -> None:
        super().__init__(passive=passive, **options)
        if passive:
            self.handshake()
        else:
            self.app.open()
            self.inject("SA")
        self.settle(State.ESTABLISHED)


class FinWait1(Established):
    """FIN_WAIT_1: our FIN is number 1.  `how` is `shutdown` or `close`."""

    def __init__(self, how: str = "shutdown", **options: Any) -> None:
        super().__init__(**options)
        getattr(self.app, how)()
        self.settle(State.FIN_WAIT_1)


class FinWait2(FinWait1):
    """FIN_WAIT_2: our FIN (number 1) is acknowledged."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.inject("A ack=2")
        self.settle(State.FIN_WAIT_2)


class Closing(FinWait1):
    """CLOSING: both FINs (number 1 each) crossed; ours is not acknowledged."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.inject("FA ack=1")
        self.settle(State.CLOSING)


class TimeWait(FinWait2):
    """TIME_WAIT: both FINs have number 1 and are acknowledged."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.inject("FA ack=2")
        self.settle(State.TIME_WAIT)


class CloseWait(Established):
    """CLOSE_WAIT: the peer's FIN is number 1."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.inject("FA")
        self.settle(State.CLOSE_WAIT)


class LastAck(CloseWait):
    """LAST_ACK: both FINs have number 1, ours is not acknowledged.  `how` is `shutdown` or `close`."""

    def __init__(self, how: str = "shutdown", **options: Any) -> None:
        super().__init__(**options)
        getattr(self.app, how)()
        self.settle(State.LAST_ACK)
