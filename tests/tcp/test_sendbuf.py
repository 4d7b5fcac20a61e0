"""The send buffer as the application meets it: its limit, what it keeps, when room is told (RFC 9293 3.10.2)."""

from __future__ import annotations

import pytest

from synfin.errors import UsageError
from synfin.tcp import Event, State, TcpConfig
from synfin.tcp.sendbuf import SendBuffer
from tests.harness import Established, Opened

WRAP_AROUND = True


def test_write_takes_what_fits_and_no_more() -> None:
    """[RFC9293-E37]: a full buffer takes 0 octets; nothing raises (law 9)."""
    t = Established(mss=1000, win=0, send_buffer_bytes=5000)
    assert t.app.write(b"x" * 3000) == 3000
    assert t.app.write(b"y" * 3000) == 2000
    assert t.app.write(b"z") == 0
    assert not t.connection.writable
    assert t.connection.info().notsent_bytes == 5000


def test_room_is_told_when_acknowledgments_make_it() -> None:
    """[RFC9293-E27]: acknowledged octets leave the buffer; the application hears of the room."""
    t = Established(mss=1000, send_buffer_bytes=5000)
    assert t.app.write(b"x" * 6000) == 5000
    before = t.events.count(Event.WRITABLE)
    t.inject("A ack=5001")
    assert t.events.count(Event.WRITABLE) == before + 1
    assert t.connection.writable
    assert t.app.write(b"x" * 6000) == 5000


def test_acknowledged_octets_are_never_sent_again() -> None:
    """[RFC9293-E27] [RFC6298-13]: retransmission starts at SND.UNA, also in the middle of a segment."""
    t = Established(mss=1000)
    t.app.write(b"x" * 1000)
    t.drain()
    t.inject("A ack=501")
    again = t.advance_until_sent()
    assert (again.seq, again.len) == (501, 500)


def test_retransmitted_octets_are_the_original_ones() -> None:
    """[RFC2525-04]: the same number always carries the same octet, however segments are cut."""
    t = Established(mss=1000)
    data = bytes(i * 7 % 251 for i in range(20_000))
    t.app.write(data)
    for _ in range(5):
        t.advance_until_sent()
    t.inject("A ack=701")
    t.advance(ms=100_000)
    for sent in t.sent:
        assert sent.data == data[sent.seq - 1 : sent.seq - 1 + sent.len] or sent.len == 0


def test_write_before_the_handshake_ends_is_queued() -> None:
    """[RFC9293-E37]: SEND in SYN_SENT queues; the octets leave when the connection is established."""
    t = Opened(mss=1000)
    assert t.app.write(b"early") == 5
    t.expect_nothing()
    t.inject("SA")
    sent = t.drain()
    assert b"".join(s.data for s in sent) == b"early"
    assert t.state is State.ESTABLISHED


def test_write_of_nothing_sends_nothing() -> None:
    """[RFC9293-E37]: an empty SEND is no segment."""
    t = Established(mss=1000)
    assert t.app.write(b"") == 0
    t.expect_nothing()


def test_a_buffer_needs_room() -> None:
    """A size of zero is refused when the configuration is made (law 8)."""
    with pytest.raises(UsageError, match="send_buffer_bytes"):
        TcpConfig(send_buffer_bytes=0)


def test_slices_across_a_release() -> None:
    """Numbers stay with their octets when the front is released."""
    buffer = SendBuffer(100, 10)
    assert buffer.append(b"0123456789abc") == 10
    buffer.release(104)
    assert (buffer.start, buffer.end, len(buffer), buffer.free) == (104, 110, 6, 4)
    assert buffer.append(b"ABCDEF") == 4
    assert buffer.slice(104, 100) == b"456789ABCD"
    assert buffer.slice(108, 3) == b"89A"
    buffer.release(90)
    assert buffer.start == 104
    buffer.release(114)
    assert (buffer.start, len(buffer)) == (114, 0)


def test_memory_that_was_lent_is_given_back_when_it_is_acknowledged() -> None:
    """A read-only view is kept, not copied, for as long as its octets may have to be sent again, and no longer."""
    buffer = SendBuffer(0, 100_000)
    memory = bytearray(b"x" * 5_000)
    assert buffer.append(memoryview(memory).toreadonly()) == 5_000
    buffer.append(b"y" * 5_000)
    buffer.release(4_999)
    with pytest.raises(BufferError):
        memory.append(0)
    buffer.release(5_000)
    memory.append(0)
    assert buffer.slice(5_000, 2) == b"yy"
