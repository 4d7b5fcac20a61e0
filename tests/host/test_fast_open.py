"""Fast open between two hosts: what the client's host remembers, and paths that do not let it through (RFC 7413)."""

from __future__ import annotations

from typing import Any

import pytest

from synfin.host import HostConfig
from synfin.lab.world import World
from synfin.tcp import Connection, Event, Listener
from synfin.trace import SEND, SegmentRecord
from synfin.wire.tcp import ACK, SYN, Segment


class Net:
    """A connects to B again and again; `syn` is the first SYN of the last attempt."""

    def __init__(self, *faults: str, **settings: Any) -> None:
        self.world = World(seed=5)
        self.a = self.world.host("A", config=HostConfig(**settings))
        self.b = self.world.host("B")
        self.world.link(self.a, self.b, delay="10ms")
        for fault in faults:
            self.world.fault(fault)
        self.got: list[bytes] = []
        self.b.listen(80, self._accepted, fast_open=True)
        self.events: list[Event] = []

    def _accepted(self, listener: Listener, connection: Connection, now: int) -> None:
        taken = listener.accept()
        assert taken is not None
        taken.handler = self._hear
        self._hear(taken, Event.READABLE, now)

    def _hear(self, connection: Connection, event: Event, now: int) -> None:
        if event is Event.READABLE and connection.readable:
            self.got.append(self.b.read(connection))
        elif event is Event.EOF:
            self.b.close(connection)

    def connect(self, text: bytes = b"hello", port: int = 80) -> Segment:
        before = len(self.world.records)
        client = self.a.connect("B", port, lambda *_: None, data=text, fast_open=True)
        self.world.run(until=self.world.now + 8_000_000_000)
        self.a.close(client)
        self.world.run(until=self.world.now + 2_000_000_000)
        fresh = self.world.records[before:]
        sent = [record.segment for record in fresh if isinstance(record, SegmentRecord)
                and record.kind == SEND and record.host == "A"]  # fmt: skip
        return next(segment for segment in sent if segment.flags & (SYN | ACK) == SYN)


def test_second_connection_uses_the_cookie_of_the_first() -> None:
    """[RFC7413-05] [RFC7413-07]: asked for without text, used with it, on any port of the server."""
    net = Net()
    first = net.connect()
    assert (first.options.fast_open, first.payload) == (b"", b"")
    second = net.connect()
    assert second.payload == b"hello"
    assert second.options.fast_open is not None
    assert len(second.options.fast_open) == 8
    assert net.got == [b"hello", b"hello"]
    assert net.a.host.counters["TcpExtTCPFastOpenActive"] == 1
    assert net.b.host.counters["TcpExtTCPFastOpenPassive"] == 1
    assert net.b.host.counters["TcpExtTCPFastOpenCookieReqd"] == 1
    assert net.connect(b"x" * 5_000).payload == b"x" * 1_420  # the size that B announced, less the options


def test_path_that_drops_text_on_syns() -> None:
    """[RFC7413-06] [RFC7413-10]: after one loss the next connections do without, for a time."""
    net = Net("drop(A>B,SYN+DATA,all)", fast_open_block_ms=30_000)
    net.connect()
    assert net.connect().payload == b"hello"  # lost; it came through without
    blocked = net.connect()
    assert (blocked.options.fast_open, blocked.payload) == (None, b"")
    assert net.got == [b"hello"] * 3
    assert net.a.host.counters["TcpExtTCPFastOpenBlackhole"] == 1
    net.world.run(until=net.world.now + 30_000_000_000)
    assert net.connect().payload == b"hello"  # tried again
    assert net.got == [b"hello"] * 4


def test_server_that_has_forgotten_its_key() -> None:
    """[RFC7413-09]: the text goes again and is delivered once; the fresh cookie counts."""
    net = Net()
    net.connect()
    net.b.host.fast_open.keys.set(bytes(16))
    before = net.connect().options.fast_open
    after = net.connect().options.fast_open
    assert before != after
    assert net.got == [b"hello"] * 3
    assert net.a.host.counters["TcpExtTCPFastOpenActiveFail"] == 1
    assert net.a.host.counters["TcpExtTCPFastOpenActive"] == 1


def test_server_that_has_rotated_its_key() -> None:
    """[RFC7413-04]: nothing is lost, and the client has the new cookie afterwards."""
    net = Net()
    net.connect()
    net.b.host.fast_open.keys.rotate()
    before = net.connect().options.fast_open
    after = net.connect().options.fast_open
    assert before != after
    assert net.a.host.counters["TcpExtTCPFastOpenActive"] == 2
    assert net.b.host.counters["TcpExtTCPFastOpenPassiveAltKey"] == 1


def test_refusal_of_text_on_a_syn() -> None:
    """[RFC7413-06]: a RST to a SYN with text, perhaps from a middlebox, is an ordinary refusal; next time without."""
    net = Net()
    net.connect()
    assert net.connect(port=81).payload == b"hello"
    assert net.connect(port=81).options.fast_open is None
    assert net.connect().payload == b"hello"  # other ports are not concerned


def test_server_that_no_longer_offers_it() -> None:
    """[RFC7413-06]: the text is not acknowledged and no cookie comes: not again for a while."""
    net = Net()
    net.connect()
    for listener in net.b.host.listeners():
        listener.config = listener.config.but(fast_open=False, accept_syn_data=False)
    assert net.connect().payload == b"hello"
    assert net.connect().options.fast_open is None
    assert net.got == [b"hello"] * 3


@pytest.mark.parametrize("wanted", [True, False])
def test_only_on_request(wanted: bool) -> None:
    """[RFC7413-03]."""
    net = Net()
    net.connect()
    client = net.a.connect("B", 80, lambda *_: None, data=b"hello", fast_open=wanted)
    assert (client.tcb.open_cookie is not None) == wanted


def test_crash_forgets_keys_and_cookies() -> None:
    """A server that was started anew has other cookies; a client asks again."""
    net = Net()
    net.connect()
    keys = net.b.host.fast_open.keys.get()
    net.a.host.crash(net.world.now)
    net.b.host.crash(net.world.now)
    assert len(net.a.host.fast_open.cache) == 0
    assert net.b.host.fast_open.keys.get() == b""
    net.b.listen(80, net._accepted, fast_open=True)
    assert net.connect().options.fast_open == b""
    assert net.b.host.fast_open.keys.get() != keys


def test_path_that_drops_the_option() -> None:
    """[RFC7413-06]: a SYN that only asked for a cookie was lost: perhaps for the option, so not again at once."""
    net = Net("drop(A>B,SYN,1)")
    assert net.connect().options.fast_open == b""
    assert net.connect().options.fast_open is None
    assert net.got == [b"hello"] * 2
