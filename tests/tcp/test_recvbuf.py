"""The receive buffer as the application meets it (RFC 9293 3.10.3)."""

from __future__ import annotations

from synfin.tcp import Event, State
from synfin.tcp.recvbuf import ReceiveBuffer
from tests.harness import Established

WRAP_AROUND = True


def test_read_gives_octets_in_order_and_in_any_portion() -> None:
    """[RFC9293-E38]: segment borders are not visible; PSH is not needed for delivery [RFC9293-MAY-17]."""
    t = Established(mss=1000)
    t.inject("A data=hello,")
    t.inject("PA data=world")
    assert t.connection.readable
    assert t.app.read(3) == b"hel"
    assert t.app.read(6) == b"lo,wor"
    assert t.app.read() == b"ld"
    assert t.app.read() == b""
    assert not t.connection.readable


def test_readable_is_told() -> None:
    """[RFC9293-E38]: the application hears that there is something to read."""
    t = Established(mss=1000)
    assert Event.READABLE not in t.events
    t.inject("A data=x")
    assert Event.READABLE in t.events


def test_end_comes_after_the_buffered_octets() -> None:
    """[RFC9293-E38]: in CLOSE_WAIT what is buffered comes first, then the end."""
    t = Established(mss=1000)
    t.inject("FPA data=bye")
    assert t.state is State.CLOSE_WAIT
    assert not t.connection.at_eof
    assert t.app.read() == b"bye"
    assert t.connection.at_eof
    assert t.app.read() == b""
    assert t.events.count(Event.EOF) == 1


def test_the_window_shows_the_room_that_is_left() -> None:
    """[SHLD-14]: unread octets shrink the window from the left only."""
    t = Established(mss=1000, receive_buffer_bytes=10_000)
    t.inject("A len=1000").inject("A len=1000")
    t.expect("A ack=2001 win=8000")
    t.app.read()
    t.drain()
    t.inject("A len=1000").inject("A len=1000")
    assert t.drain()[-1].win == 8000 or t.sent[-1].win == 10_000


def test_text_beyond_the_window_is_cut_off() -> None:
    """[RFC9293-E21]: only what was offered is kept."""
    t = Established(mss=1460, receive_buffer_bytes=1000)
    t.inject("PA len=1400")
    t.advance(ms=40)
    t.expect("A ack=1001 win=0")
    assert len(t.app.read()) == 1000


def test_many_small_pieces_are_joined() -> None:
    """Reading across thousands of chunks keeps the order and forgets what was read."""
    buffer = ReceiveBuffer()
    for number in range(5000):
        buffer.append(bytes([number % 251]))
    out = bytearray()
    while len(buffer) > 10:
        out += buffer.read(7)
    out += buffer.read(1000)
    assert bytes(out) == bytes(number % 251 for number in range(5000))
    assert len(buffer) == 0
    assert buffer.read(1) == b""


def test_tiny_segments_cost_no_more_than_their_text() -> None:
    """A peer that sends an octet or two at a time cannot make a full window cost many times its size."""
    buffer = ReceiveBuffer()
    expected = b""
    for number in range(5_000):
        buffer.append(number.to_bytes(2, "big"))
        expected += number.to_bytes(2, "big")
    assert len(buffer) == 10_000
    assert len(buffer._chunks) < 40
    assert buffer.read(3) + buffer.read(9_000) + buffer.read(9_000) == expected
    assert len(buffer) == 0
