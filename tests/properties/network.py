"""Two connections, a path with faults chosen by the test, virtual time, and checks on every segment that passes.

The path knows nothing of hosts: the server side is a `Listener` until it accepts, and a segment for a connection
that is gone is answered as a closed port would.
"""

from __future__ import annotations

import heapq
from random import Random

from synfin.config import MILLISECOND, SECOND, TcpConfig
from synfin.tcp import Connection, Event, Listener, State
from synfin.tcp.resets import reset_for
from synfin.tcp.seq import unwrap
from synfin.wire.addresses import Endpoint, parse_address
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment
from tests.harness import split

LATENCY = 20 * MILLISECOND
OK, DROP, DUPLICATE, REORDER, DELAY = "ok", "drop", "duplicate", "reorder", "delay"
FAULTS = (DROP, DUPLICATE, REORDER, DELAY)
ENDS = (Event.EOF, Event.REFUSED, Event.RESET, Event.TIMEOUT)
PLACES = (
    Endpoint(parse_address("192.0.2.1"), 40_000),
    Endpoint(parse_address("192.0.2.2"), 80),
)


class Side:
    """One end: its connection, what its application wrote and read, and what was told to the peer about windows."""

    def __init__(self, config: TcpConfig) -> None:
        self.config = config
        self.connection: Connection | None = None
        self.written = bytearray()
        self.received = bytearray()
        self.events: list[Event] = []
        self.shut = False
        self.ended = False  # a call raised the connection's error
        self.base: int | None = None  # absolute number of the SYN
        self.shift = 0  # our window scale once both sides agreed
        self.offered = 0  # highest right edge the peer has learned from us, counted from the peer's SYN
        self.top = 0  # highest number sent, counted from the SYN

    def end(self) -> Event | None:
        """The one event that ended the reading, if any."""
        found = [event for event in self.events if event in ENDS]
        assert len(found) <= 1, f"told {found}"
        return found[0] if found else None


class Network:
    """Side 0 opens actively, side 1 listens.  `faults` are used up by the segments sent, one each, in order."""

    def __init__(self, configs: tuple[TcpConfig, TcpConfig], seed: int) -> None:
        self.now = 0
        self.sides = (Side(configs[0]), Side(configs[1]))
        self.faults: list[str] = []
        self.cut = False
        self.scaled = configs[0].window_scaling and configs[1].window_scaling
        self._queue: list[tuple[int, int, int, Segment]] = []
        self._count = 0
        self.listener = Listener(configs[1], rng=Random(seed + 1), local=PLACES[1])
        client = Connection(configs[0], rng=Random(seed), local=PLACES[0], remote=PLACES[1])
        self.sides[0].connection = client
        client.open(0)
        self.pump()

    # What the applications do

    def write(self, index: int, data: bytes) -> None:
        """SEND as much as fits."""
        side = self.sides[index]
        if side.connection is None or side.shut or side.connection.error is not None:
            return
        if side.connection.state is State.CLOSED:
            return
        taken = side.connection.write(data, self.now)
        side.written += data[:taken]
        self.pump()

    def read(self, index: int, limit: int) -> None:
        """RECEIVE; an error that the connection raises is remembered."""
        side = self.sides[index]
        if side.connection is None:
            return
        try:
            side.received += side.connection.read(limit, self.now)
        except OSError:
            side.ended = True
        peer = self.sides[1 - index]
        assert peer.written.startswith(side.received), "what arrives is not what was sent"
        self.pump()

    def shutdown(self, index: int) -> None:
        """No more to send; not before the answer to the SYN, because that would be giving up."""
        side = self.sides[index]
        if side.connection is None or side.shut or side.connection.state in (State.CLOSED, State.SYN_SENT):
            return
        side.shut = True
        side.connection.shutdown(self.now)
        self.pump()

    def abort(self, index: int) -> bool:
        """ABORT; False when there is nothing to abort."""
        side = self.sides[index]
        if side.connection is None:
            return False
        side.shut = True
        side.connection.abort(self.now)
        self.pump()
        return True

    # Time and the path

    def deadline(self) -> int | None:
        """The next thing that happens by itself."""
        known = [self._queue[0][0]] if self._queue else []
        for source in (self.sides[0].connection, self.sides[1].connection, self.listener):
            if source is not None:
                when = source.next_deadline()
                if when is not None:
                    known.append(when)
        return min(known) if known else None

    def run(self, until: int) -> None:
        """Let time pass up to `until` ns; at most so many steps that nothing can spin unnoticed."""
        for _ in range(200_000):
            when = self.deadline()
            if when is None or when > until:
                self.now = max(self.now, until)
                return
            self.now = max(self.now, when)
            while self._queue and self._queue[0][0] <= self.now:
                _, _, index, segment = heapq.heappop(self._queue)
                self._deliver(index, segment)
                self.pump()
            self.pump()
        raise AssertionError("the network does not come to rest")

    def settled(self) -> bool:
        """Nothing is under way and nothing will happen within a minute."""
        when = self.deadline()
        return not self._queue and (when is None or when > self.now + 60 * SECOND)

    def pump(self) -> None:
        """Poll both ends, put what they send on the path, take their events."""
        for index, side in enumerate(self.sides):
            if side.connection is not None:
                for segment in side.connection.poll(self.now):
                    self._send(index, segment)
                side.events += side.connection.take_events()
        for endpoint, segment in self.listener.poll(self.now):
            assert endpoint == PLACES[0]
            self._send(1, segment)
        if self.sides[1].connection is None:
            self.sides[1].connection = self.listener.accept()
            if self.sides[1].connection is not None:
                self.sides[1].events += self.sides[1].connection.take_events()
        self._check_limits()

    def _send(self, index: int, segment: Segment) -> None:
        for piece in split(segment):
            self._check_sent(index, piece)
            fault = self.faults.pop(0) if self.faults else OK
            if self.cut or fault == DROP:
                continue
            delay = {REORDER: 5 * LATENCY // 2, DELAY: 3 * SECOND}.get(fault, LATENCY)
            for copy in range(2 if fault == DUPLICATE else 1):
                self._count += 1
                heapq.heappush(self._queue, (self.now + delay + copy * LATENCY // 4, self._count, 1 - index, piece))

    def _deliver(self, index: int, segment: Segment) -> None:
        self._learn(1 - index, segment)
        connection = self.sides[index].connection
        if connection is not None and connection.state is not State.CLOSED:
            connection.receive(segment, self.now)
        elif index == 1 and connection is None:
            self.listener.receive(segment, PLACES[0], self.now)
        else:
            answer = reset_for(segment)
            if answer is not None:
                self._count += 1
                heapq.heappush(self._queue, (self.now + LATENCY, self._count, 1 - index, answer))

    # Checks

    def _learn(self, index: int, segment: Segment) -> None:
        """The peer of `index` now knows of this window."""
        side, peer = self.sides[index], self.sides[1 - index]
        if segment.flags & SYN and self.scaled and segment.options.window_scale is not None:
            side.shift = segment.options.window_scale
        if segment.flags & ACK and not segment.flags & RST and peer.base is not None:
            shift = 0 if segment.flags & SYN else side.shift
            ack = unwrap(segment.ack, peer.base + peer.top) - peer.base
            side.offered = max(side.offered, ack + (segment.window << shift))

    def _check_sent(self, index: int, segment: Segment) -> None:
        side, peer = self.sides[index], self.sides[1 - index]
        if segment.flags & RST:
            return
        if side.base is None:
            assert segment.flags & SYN
            side.base = segment.seq
        seq = unwrap(segment.seq, side.base + side.top) - side.base
        text = segment.payload
        if text:
            assert text == bytes(side.written[seq - 1 : seq - 1 + len(text)]), "other octets for the same numbers"
            probe = 1 if len(text) == 1 else 0
            assert seq + len(text) <= peer.offered + probe, "beyond the peer's window"
        if segment.flags & FIN:
            assert side.shut, "a FIN that nobody asked for"
            assert seq + len(text) == len(side.written) + 1, "the FIN is not behind the last octet"
        side.top = max(side.top, seq + segment.length)

    def _check_limits(self) -> None:
        for side in self.sides:
            if side.connection is None:
                continue
            assert side.connection.readable <= side.config.receive_buffer_bytes * 3 // 2 + (1 << side.shift)
            waiting = len(side.written) - max(side.connection.info().bytes_acked - side.shut, 0)
            assert waiting <= side.config.send_buffer_bytes + side.shut
