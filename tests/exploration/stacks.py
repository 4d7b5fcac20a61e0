"""One end as a small automaton: a stack and its application, with a clock of its own.

A `Stack` is copied before each step and described by `fingerprint`, so that two ways that lead to the same situation
meet.  All times count from the stack's own clock, which makes a step depend on nothing but the stack and its input.
What is left out of the fingerprint (statistics, round-trip times, congestion windows) cannot decide anything here: one
octet and a FIN are all that is ever in flight, and the retransmission time-out is fixed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from synfin.config import MILLISECOND, TcpConfig
from synfin.errors import UsageError
from synfin.tcp import Connection, Event, FixedIsn, Listener, State
from synfin.tcp.resets import reset_for
from synfin.trace import RECEIVE, SEND, Trace
from synfin.wire.addresses import Endpoint, parse_address
from synfin.wire.tcp import Segment
from synfin.wire.tcp_options import TcpOptions
from tests.exploration.clone import COMPILED, clone, plain

PLACES: Final = (Endpoint(parse_address("192.0.2.1"), 1_000), Endpoint(parse_address("192.0.2.2"), 2_000))
NAMES: Final = ("A", "B")
ISNS: Final = ((100, 5_100, 10_100), (300, 5_300, 10_300))
OCTETS: Final = (b"a", b"b")
START: Final = 1_000 * MILLISECOND  # no clock starts at 0: some code takes that for "never"
NEVER: Final = 1 << 62
ENDS: Final = (Event.EOF, Event.REFUSED, Event.RESET, Event.TIMEOUT)
GONE: Final = (State.CLOSED, State.LISTEN)

CONNECT, LISTEN, WRITE, SHUTDOWN, CLOSE, ABORT = "connect", "listen", "write", "shutdown", "close", "abort"
CALLS: Final = (CONNECT, LISTEN, WRITE, SHUTDOWN, CLOSE, ABORT)

CONFIG: Final = TcpConfig(
    timestamps=False,
    sack=False,
    window_scaling=False,
    idle_restart=False,
    receive_buffer_bytes=10_000,
    send_buffer_bytes=10_000,
    rto_initial_ms=1_000,
    rto_min_ms=1_000,
    rto_max_ms=1_000,
    rto_after_syn_loss_ms=0,
    ack_delay_ms=0,
    msl_ms=3_000,
    challenge_ack_limit=1_000,
)


class Stack:
    """One end: `phase` says what its application has done so far; `sent` collects what leaves."""

    __slots__ = (
        "_trace",
        "connection",
        "history",
        "index",
        "isn",
        "listener",
        "now",
        "phase",
        "received",
        "sent",
        "shut",
        "told",
        "wrote",
    )

    def __init__(self, index: int, trace: Trace | None = None) -> None:
        self.index = index
        self.now = START
        self.phase = "new"  # new, listening, open, done
        self.wrote = False
        self.shut = False
        self.received = b""
        self.told: tuple[str, ...] = ()
        self.connection: Connection | None = None
        self.listener: Listener | None = None
        self.isn = FixedIsn(list(ISNS[index]))
        self.sent: list[Segment] = []
        self.history: list[tuple[Callable[..., None], tuple[Any, ...]]] = []  # all steps so far
        self._trace = trace

    def copy(self) -> Stack:
        """An independent copy; compiled classes cannot be copied, so there everything is done once more."""
        if not COMPILED:
            made: Stack = clone(self)
            return made
        made = Stack(self.index)
        for step, arguments in self.history:
            step(made, *arguments)
        made.sent = []
        return made

    def fingerprint(self) -> tuple[Any, ...]:
        """Everything that decides what this end will do, and what its application knows."""
        listener = self.listener
        children = listener.syn_queue.values() if listener is not None else ()
        return (
            self.phase,
            self.wrote,
            self.shut or self.phase == "done",
            self.received,
            self.told,
            describe(self.connection, self.now),
            tuple([describe(child, self.now) for child in children]),
            listener is not None and listener.state.name,
            plain(self.isn, self.now),
        )

    # What is seen from outside

    @property
    def block(self) -> Connection | None:
        """The connection, or the listener's child that is not accepted yet."""
        if self.connection is not None and self.connection.state not in GONE:
            return self.connection
        if self.listener is not None:
            for child in self.listener.syn_queue.values():
                return child
        return None

    @property
    def state(self) -> State:
        """The state of this end."""
        block = self.block
        if block is not None:
            return block.state
        if self.listener is not None and self.listener.state is State.LISTEN and self.connection is None:
            return State.LISTEN
        return State.CLOSED

    def wait(self) -> int:
        """Nanoseconds until the next timer, or NEVER."""
        deadlines = [source.next_deadline() for source in (self.connection, self.listener) if source is not None]
        known = [deadline for deadline in deadlines if deadline is not None]
        return max(min(known) - self.now, 0) if known else NEVER

    def calls(self) -> tuple[str, ...]:
        """What the application may do now."""
        if self.phase == "new":
            return (CONNECT, LISTEN)
        if self.phase == "done":
            return ()
        if self.phase == "listening" and self.connection is None:
            return (CLOSE,)
        connection = self.connection
        if connection is None or connection.state in GONE:
            return ()
        found = [CLOSE, ABORT]
        if not self.shut:
            found.insert(0, SHUTDOWN)
            if not self.wrote:
                found.insert(0, WRITE)
        return tuple(found)

    # Steps

    def call(self, name: str) -> None:
        """The application acts."""
        self.history.append((Stack.call, (name,)))
        if name == CONNECT:
            self.connection = Connection(
                CONFIG, isn=self.isn, local=PLACES[self.index], remote=PLACES[1 - self.index], trace=self._trace
            )
            self.connection.open(self.now)
            self.phase = "open"
        elif name == LISTEN:
            self.listener = Listener(CONFIG, rng=NoRandom(), local=PLACES[self.index], isn=self.isn, trace=self._trace)
            self.phase = "listening"
        else:
            self._call_connection(name)
        self._poll()

    def _call_connection(self, name: str) -> None:
        connection = self.connection
        if connection is None:
            assert self.listener is not None
            self.listener.close(self.now)
            self.phase = "done"
        elif name == WRITE:
            self.wrote = connection.write(OCTETS[self.index], self.now) == 1
        elif name == SHUTDOWN:
            self.shut = True
            connection.shutdown(self.now)
        elif name == CLOSE:
            self.phase = "done"
            connection.close(self.now)
        else:
            self.phase = "done"
            connection.abort(self.now)

    def take(self, segment: Segment) -> None:
        """A segment arrives."""
        self.history.append((Stack.take, (segment,)))
        if self._trace is not None:
            self._trace.segment(self.now, RECEIVE, PLACES[1 - self.index], PLACES[self.index], segment, segment.why)
        connection = self.connection
        if self.listener is not None and (self.listener.state is State.LISTEN or self.block is not None):
            self.listener.receive(segment, PLACES[1 - self.index], self.now)
        elif connection is not None and connection.state is not State.CLOSED:
            connection.receive(segment, self.now)
        else:
            answer = reset_for(segment)
            if answer is not None:
                self._emit(answer)
        self._poll()

    def advance(self, nanoseconds: int) -> None:
        """Time passes, no timer is due before its end."""
        self.history.append((Stack.advance, (nanoseconds,)))
        self.now += nanoseconds

    def fire(self) -> None:
        """The timers that are due now fire."""
        self.history.append((Stack.fire, ()))
        self._poll()

    def _emit(self, segment: Segment) -> None:
        self.sent.append(segment)
        if self._trace is not None:
            self._trace.segment(self.now, SEND, PLACES[self.index], PLACES[1 - self.index], segment, segment.why)

    def _poll(self) -> None:
        """Collect what leaves, accept, read, and note what the application is told."""
        for _ in range(20):
            count = len(self.sent)
            if self.listener is not None:
                for _, segment in self.listener.poll(self.now):
                    self._emit(segment)
                if self.connection is None:
                    self.connection = self.listener.accept()
                    if self.connection is not None and self.phase == "listening":
                        self.phase = "open"
            elif self.connection is not None:
                for segment in self.connection.poll(self.now):
                    self._emit(segment)
            self._listen_to_events()
            if len(self.sent) == count and self.wait() > 0:
                return
        raise AssertionError("an end does not come to rest")

    def _listen_to_events(self) -> None:
        connection = self.connection
        if connection is None:
            return
        for event in connection.take_events():
            if event in ENDS:
                self.told += (event.name,)
        if self.phase != "done" and connection.readable:
            self.received += connection.read(1_000, self.now)
            assert OCTETS[1 - self.index].startswith(self.received), "octets that nobody sent, or twice"
        assert len(self.told) <= 1, f"I6: told {self.told}"


def describe(connection: Connection | None, now: int) -> Any:
    """What a connection will do: all its variables while it lives, a few afterwards."""
    if connection is None:
        return None
    state = connection.state
    if state in GONE:
        return state.name
    if state is State.TIME_WAIT:
        return plain(connection.tcb.time_wait, now)
    return plain(connection, now)


class NoRandom:
    """A generator that gives the same octets each time: nothing here may depend on it."""

    def randbytes(self, count: int) -> bytes:
        """`count` octets."""
        return bytes(count)

    def __getattr__(self, name: str) -> Any:
        raise UsageError(f"random {name} is not expected here")


def shape(segment: Segment) -> tuple[Any, ...]:
    """What tells two segments apart."""
    options: TcpOptions = segment.options
    return (segment.flags, segment.seq, segment.ack, segment.payload, options.mss)
