"""Two connections over a faulty path: everything arrives once and in order, or both applications get an error."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from synfin.config import MILLISECOND, SECOND, TcpConfig
from synfin.tcp import Event, State
from tests.properties.network import DELAY, DROP, DUPLICATE, FAULTS, OK, REORDER, Network, Side
from tests.properties.settings import repeatable

CONFIGS = st.builds(
    TcpConfig,
    mss=st.sampled_from([100, 536, 1460]),
    timestamps=st.booleans(),
    sack=st.booleans(),
    window_scaling=st.booleans(),
    window_scale=st.sampled_from([None, 0, 4, 8]),
    nodelay=st.booleans(),
    ack_delay_ms=st.sampled_from([0, 40, 200]),
    send_buffer_bytes=st.sampled_from([500, 3_000, 20_000]),
    receive_buffer_bytes=st.sampled_from([300, 2_000, 20_000, 100_000]),
    reassembly_segments=st.sampled_from([2, 1_024]),
    zero_window_probe_octet=st.booleans(),
    limited_transmit=st.booleans(),
)
SIDES = st.integers(0, 1)


def content(start: int, count: int) -> bytes:
    """Octets that tell where they belong."""
    return bytes((start + offset) * 11 % 253 for offset in range(count))


class Transfer(RuleBasedStateMachine):
    """Writes, reads, shutdowns, time, and a few faults at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.net: Network | None = None

    @initialize(client=CONFIGS, server=CONFIGS, seed=st.integers(0, 1 << 16))
    def start(self, client: TcpConfig, server: TcpConfig, seed: int) -> None:
        """The SYN is already under way."""
        self.net = Network((client, server), seed)

    def network(self) -> Network:
        """The network under test."""
        assert self.net is not None
        return self.net

    @rule(side=SIDES, count=st.sampled_from([1, 10, 536, 1_460, 5_000, 20_000]))
    def write(self, side: int, count: int) -> None:
        """The application sends."""
        net = self.network()
        net.write(side, content(len(net.sides[side].written), count))

    @rule(side=SIDES, limit=st.sampled_from([1, 100, 5_000, 1 << 20]))
    def read(self, side: int, limit: int) -> None:
        """The application reads; what it gets is checked there."""
        self.network().read(side, limit)

    @rule(side=SIDES)
    def shutdown(self, side: int) -> None:
        """Half-close."""
        self.network().shutdown(side)

    @rule(ms=st.sampled_from([1, 15, 45, 300, 1_100, 7_000]))
    def wait(self, ms: int) -> None:
        """Time passes."""
        net = self.network()
        net.run(net.now + ms * MILLISECOND)

    @precondition(lambda self: self.net is not None and len(self.net.faults) < 5)
    @rule(faults=st.lists(st.sampled_from([OK, OK, *FAULTS]), min_size=1, max_size=4))
    def trouble(self, faults: list[str]) -> None:
        """What happens to the next segments; few enough that nobody may give up."""
        self.network().faults += faults

    @invariant()
    def nobody_gives_up(self) -> None:
        """A handful of faults is no reason for an error."""
        if self.net is None:
            return
        for side in self.net.sides:
            assert side.end() in (None, Event.EOF)
            assert not side.ended

    def teardown(self) -> None:
        """The path is good from now on: within the largest running time-out everything must be there."""
        if self.net is None:
            return
        net = self.net
        net.faults.clear()
        for index in (0, 1):
            net.read(index, 1 << 30)
        start = net.now
        waits = [side.connection.info().rto * 1_000 for side in net.sides if side.connection is not None]
        bound = start + 2 * max([*waits, 8 * SECOND]) + 130 * SECOND
        while net.now < bound and not self.complete():
            net.run(net.now + 100 * MILLISECOND)
            for index in (0, 1):
                net.read(index, 1 << 30)
                net.shutdown(index)
        assert self.complete(), f"stalled for {(net.now - start) / SECOND} s"
        net.run(net.now + 300 * SECOND)
        for side in net.sides:
            assert side.connection is not None
            assert side.connection.state is State.CLOSED
            assert side.connection.error is None
            assert side.events.count(Event.EOF) == 1

    def complete(self) -> bool:
        """Both streams arrived up to their ends."""
        net = self.network()
        return all(
            net.sides[1 - index].received == side.written and side.shut and Event.EOF in net.sides[1 - index].events
            for index, side in enumerate(net.sides)
        )


TestTransfer = Transfer.TestCase
TestTransfer.settings = repeatable(250, steps=40)


def transfer(net: Network, size: int, limit_s: int) -> None:
    """Both sides send `size` octets and close; stops when both have ended or time is over."""
    while net.now < limit_s * SECOND:
        for index, side in enumerate(net.sides):
            net.read(index, 1 << 20)
            if len(side.written) < size:
                net.write(index, content(len(side.written), size - len(side.written)))
            else:
                net.shutdown(index)
        net.run(net.now + 50 * MILLISECOND)
        if all(ended(side) for side in net.sides):
            return


def ended(side: Side) -> bool:
    """The application has read all there is and has closed, or has met an error."""
    if side.connection is None:
        return False
    return side.ended or (side.shut and side.connection.at_eof)


@given(
    pattern=st.lists(st.sampled_from([OK] * 8 + [DROP, DUPLICATE, REORDER, DELAY]), min_size=20, max_size=120),
    client=CONFIGS,
    server=CONFIGS,
)
@repeatable(40)
def test_bulk_both_ways_through_a_bad_path(pattern: list[str], client: TcpConfig, server: TcpConfig) -> None:
    """[SHLD-31] [RFC9293-E27] [MUST-36]: every octet arrives once, in order, and both ends see the end."""
    net = Network((client, server), 7)
    net.faults = list(pattern)
    transfer(net, 6_000, 2_000)
    for index in (0, 1):
        assert net.sides[index].end() is Event.EOF
        assert net.sides[index].received == net.sides[1 - index].written
        assert len(net.sides[index].received) == 6_000


@given(
    faults=st.lists(st.sampled_from([OK, DUPLICATE, REORDER]), max_size=10),
    at=st.integers(0, 2_000),
    sizes=st.tuples(st.integers(1, 10_000), st.integers(1, 10_000)),
)
@repeatable(40)
def test_a_cut_path_gives_both_applications_an_error(faults: list[str], at: int, sizes: tuple[int, int]) -> None:
    """[MUST-20b] [RFC9293-E39]: whoever has something outstanding, or keep-alive, hears TIMEOUT; nobody hears EOF."""
    config = TcpConfig(keep_alive=True, keep_alive_idle_ms=60_000, receive_buffer_bytes=5_000)
    net = Network((config, config), 3)
    net.faults = list(faults)
    net.run(at * MILLISECOND)
    for index in (0, 1):
        net.write(index, content(0, sizes[index]))
    net.cut = True
    net.run(net.now + 3_000 * SECOND)
    for index, side in enumerate(net.sides):
        net.read(index, 1 << 20)
        if side.connection is None:
            continue  # never accepted: there is no application to tell
        assert side.end() is Event.TIMEOUT
        assert side.connection.state is State.CLOSED
        net.read(index, 1 << 20)
        assert side.ended
    assert net.settled()


@given(at=st.integers(0, 300), aborter=SIDES, faults=st.lists(st.sampled_from([OK, DUPLICATE, REORDER]), max_size=6))
@repeatable(40)
def test_an_abort_reaches_the_other_side(at: int, aborter: int, faults: list[str]) -> None:
    """[RFC9293-E36] [MUST-12]: the peer hears RESET (or nothing was established), and never EOF."""
    net = Network((TcpConfig(), TcpConfig()), 5)
    net.faults = list(faults)
    net.run(at * MILLISECOND)
    for index in (0, 1):
        net.write(index, content(0, 3_000))
    net.run(net.now + 10 * MILLISECOND)
    aborted = net.abort(aborter)
    net.run(net.now + 1_000 * SECOND)
    other = net.sides[1 - aborter]
    if aborted and other.connection is not None:
        assert other.end() in (Event.RESET, Event.REFUSED)
        assert other.connection.state is State.CLOSED
    assert net.settled()
