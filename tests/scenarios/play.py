"""A play: two hosts, an application at each that does what the test tells it, and a cable with faults.

Hosts A (client, ISN 100) and B (server, ISN 300) are joined 10 ms apart.  Tests move virtual time with `run`, compare
what went over the cable since they last looked with `expect`, and let forged or old segments come out of the cable
with `inject`, written in the same notation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, final

from synfin.config import SECOND
from synfin.host import HostConfig
from synfin.lab.cable import Cable
from synfin.lab.node import Node
from synfin.lab.world import World
from synfin.tcp import Connection, Event, Listener
from synfin.trace import RuleRecord, TimerRecord
from synfin.units import parse_duration
from synfin.wire.tcp import PSH, Segment
from synfin.wire.tcp_options import NO_OPTIONS, TcpOptions
from tests.invariants import describe
from tests.scenarios.wire import FLAG_BITS, Line, Row, Wire, compare

SERVER: Final = 80
CLIENT: Final = 40_000
HISTORY: Final = 80
PRESETS: Final = ("rfc", "linux")
ENDS: Final = (Event.EOF, Event.REFUSED, Event.RESET, Event.TIMEOUT)


def text(length: int) -> bytes:
    """Octets that differ, so that a wrong order shows."""
    return bytes((index * 7 + index // 251) & 0xFF for index in range(length))


def _ignore(result: object) -> None:
    """Programs return nothing to the scheduler."""


@final
class App:
    """The application of one host: its connection, what it read, and what it was told.

    It reads whatever comes unless `reading` is False, and accepts whoever comes unless `listen(accept=False)`.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        self.connection: Connection | None = None
        self.listener: Listener | None = None
        self.accepted: list[Connection] = []
        self.reading = True
        self.received = b""
        self.events: list[Event] = []
        self.times: dict[Event, int] = {}  # when each was told first
        self._actions: dict[Event, list[Callable[[], object]]] = {}

    @property
    def the(self) -> Connection:
        """The connection, which must exist."""
        assert self.connection is not None, f"the application of {self.node.name} has no connection"
        return self.connection

    @property
    def state(self) -> str:
        """The state of the connection by name."""
        return self.the.state.name

    @property
    def end(self) -> str:
        """What the application was told as the end of what can be read; empty when nothing yet."""
        told = [event.value for event in self.events if event in ENDS]
        assert len(told) <= 1, f"{self.node.name} was told {told}"
        return told[0] if told else ""

    @property
    def idle(self) -> bool:
        """Nothing but passive opens: the host holds no connection, not even half of one."""
        return not self.node.host.connections() and not len(self.node.host.time_wait)

    def on(self, event: Event, action: Callable[[], object]) -> None:
        """Do `action` the first time that `event` is told."""
        self._actions.setdefault(event, []).append(action)

    def on_eof_close(self) -> None:
        """Close as soon as the end of the peer's text is told."""
        self.on(Event.EOF, self.close)

    def hear(self, connection: Connection, event: Event, now: int) -> None:
        """The connection's handler."""
        self.events.append(event)
        self.times.setdefault(event, now)
        if event is Event.READABLE and self.reading:
            self.read()
        for action in self._actions.pop(event, []):
            action()

    def listen(self, port: int = SERVER, *, accept: bool = True, **settings: Any) -> Listener:
        """Passive OPEN."""
        self.listener = self.node.listen(port, self._offered if accept else None, **settings)
        return self.listener

    def _offered(self, listener: Listener, connection: Connection, now: int) -> None:
        self.accept(listener)

    def accept(self, listener: Listener | None = None) -> Connection | None:
        """accept(): the oldest complete connection, or None."""
        chosen = listener if listener is not None else self.listener
        assert chosen is not None
        taken = chosen.accept()
        if taken is not None:
            self.accepted.append(taken)
            self.connection = taken
            taken.handler = self.hear
            for event in taken.take_events():
                self.hear(taken, event, self.node.world.now)
        return taken

    def connect(self, peer: str, port: int = SERVER, *, local_port: int = CLIENT, **settings: Any) -> Connection:
        """connect(): active OPEN."""
        self.connection = self.node.connect(peer, port, self.hear, local_port=local_port, **settings)
        return self.connection

    def write(self, data: bytes | int, urgent: bool = False) -> int:
        """SEND; a number stands for so many octets."""
        return self.node.write(self.the, text(data) if isinstance(data, int) else data, urgent)

    def read(self) -> bytes:
        """RECEIVE all that is there."""
        data = self.node.read(self.the)
        self.received += data
        return data

    def shutdown(self) -> None:
        """shutdown(WR)."""
        self.node.shutdown(self.the)

    def close(self) -> None:
        """close()."""
        self.node.close(self.the)

    def abort(self) -> None:
        """ABORT."""
        self.node.abort(self.the)


@final
class Play:
    """Hosts A and B; `preset` and `settings` are both ends', `a` and `b` those of one.

    Timestamps and window scaling are off unless asked for, so that hand-written segments need no options and windows
    are what their field says.
    """

    def __init__(
        self,
        preset: str = "rfc",
        *faults: str,
        isn_a: int | list[int] | None = 100,
        isn_b: int | list[int] | None = 300,
        delay: str = "10ms",
        a: dict[str, Any] | None = None,
        b: dict[str, Any] | None = None,
        config_a: HostConfig | None = None,
        config_b: HostConfig | None = None,
        seed: int = 1,
        **settings: Any,
    ) -> None:
        self.world = World(seed, preset=preset)
        self.wire = Wire()
        self.world.watchers.append(self.wire.feed)
        both = {  # what the notes of the scenarios have; their times are those of the retransmission timer
            "timestamps": False,
            "window_scaling": False,
            "receive_buffer_bytes": 65_535,
            "tail_loss_probe": False,
            **settings,
        }
        fixed_a = [isn_a] if isinstance(isn_a, int) else isn_a
        fixed_b = [isn_b] if isinstance(isn_b, int) else isn_b
        self.a = App(self.world.host("A", isn=fixed_a, config=config_a, **{**both, **(a or {})}))
        self.b = App(self.world.host("B", isn=fixed_b, config=config_b, **{**both, **(b or {})}))
        self.cable: Cable = self.world.link(self.a.node, self.b.node, delay=delay)
        self._seen = 0
        for expression in faults:
            self.world.fault(expression)

    # Time

    @property
    def now(self) -> int:
        """Virtual time in ns."""
        return self.world.now

    def at(self, time: str, action: Callable[[], object]) -> None:
        """Do something at a time of the run."""
        self.world.at(time, lambda: _ignore(action()))

    def run(self, until: str | None = None, *, more: str | None = None) -> Play:
        """Let time pass until `until`, for `more`, or until nothing is left to happen."""
        self.world.run(until if more is None else self.now + parse_duration(more))
        return self

    def open(self, **settings: Any) -> Play:
        """B listens and A connects; what that takes on the wire is not looked at any more."""
        self.b.listen()
        self.a.connect("B", **settings)
        self.run(more="200ms")
        assert self.states == ("ESTABLISHED", "ESTABLISHED"), self.history()
        self.skip()
        return self

    # The wire

    def inject(
        self,
        row: str,
        *,
        port: int = CLIENT,
        server: int = SERVER,
        window: int = 65_535,
        options: TcpOptions = NO_OPTIONS,
        source: str | None = None,
        payload: bytes | None = None,
        flags: int = 0,
    ) -> None:
        """Let a segment come out of the cable now; `port` is that of A's end, `source` a forged address."""
        line = Line(row)
        ports = (port, server) if line.ends[0] == "A" else (server, port)
        octets = payload if payload is not None else text(line.length)
        segment = Segment(*ports, line.seq, line.ack or 0, line.flags | flags, window, options=options, payload=octets)
        ends = (self.a.node, self.b.node) if line.ends[0] == "A" else (self.b.node, self.a.node)
        self.world.inject(*ends, segment, source=source)

    def cut(self, direction: str) -> None:
        """From now on nothing arrives in one direction, such as `A>B`: the end there hears only what is injected."""
        self.world.fault(f"drop({direction},*,all)")

    @property
    def rows(self) -> list[Row]:
        """What went over the cable since the last look."""
        return self.wire.rows[self._seen :]

    def skip(self) -> None:
        """Look at everything that has happened so far, and ask nothing of it."""
        self._seen = len(self.wire.rows)

    def take(self) -> list[Row]:
        """The rows since the last look, which are then looked at."""
        rows = self.rows
        self.skip()
        return rows

    def expect(self, table: str = "") -> None:
        """Exactly these segments went over the cable since the last look, in this order."""
        report = compare(self.take(), table)
        assert not report, f"{report}\n{self.history()}"

    def times(self, source: str, flags: str) -> list[float]:
        """When (in seconds) `source` sent segments with exactly these flags (`"SYN,ACK"`; PSH does not count)."""
        bits = sum(bit for name, bit in FLAG_BITS if name in flags.split(","))
        return [
            row.time / SECOND
            for row in self.wire.rows
            if row.ends[0] == source and not row.old and row.segment.flags & ~PSH == bits
        ]

    # What is true

    @property
    def states(self) -> tuple[str, str]:
        """The states of both applications' connections."""
        return self.a.state, self.b.state

    def rules(self, host: str) -> list[str]:
        """The rules that have decided at `host`, in order."""
        return [r.rule for r in self.wire.records if isinstance(r, RuleRecord) and r.host == host]

    def timers(self, host: str, name: str, action: str = "set") -> list[TimerRecord]:
        """What happened to a timer at `host`."""
        return [
            r
            for r in self.wire.records
            if isinstance(r, TimerRecord) and (r.host, r.timer, r.action) == (host, name, action)
        ]

    def history(self) -> str:
        """Everything, for a failure report."""
        lines = [describe(record) for record in self.wire.records if not isinstance(record, TimerRecord)]
        return "\n".join(["history:", *lines[-HISTORY:]])


def established(preset: str, *faults: str, **settings: Any) -> Play:
    """Both ESTABLISHED with SND.NXT=100 at A and 300 at B, as in figures 12 and 13 of RFC 9293."""
    return Play(preset, *faults, **{"isn_a": 99, "isn_b": 299, **settings}).open()


def waiting(preset: str, *faults: str, held: bool = False, **settings: Any) -> Play:
    """A in TIME_WAIT since 220 ms with SND.NXT=101 and RCV.NXT=301, B CLOSED, and A heard by nobody any more.

    `held`: A's application still has the connection, so that the record is not yet in the table.
    """
    play = established(preset, *faults, **settings)
    play.b.on(Event.EOF, play.b.close)
    if held:
        play.a.shutdown()
    else:
        play.a.close()
    play.run("1s")
    play.skip()
    play.cut("A>B")
    assert play.wire.moves("A")[-1].to_state == "TIME_WAIT"
    return play


def left_time_wait(play: Play, host: str = "A") -> float:
    """When the last connection of a host left TIME_WAIT, in seconds; it must have."""
    last = play.wire.moves(host)[-1]
    assert (last.from_state, last.to_state) == ("TIME_WAIT", "CLOSED"), play.history()
    return last.now / SECOND


TWO_MSL: Final = {"rfc": 240, "linux": 60}
