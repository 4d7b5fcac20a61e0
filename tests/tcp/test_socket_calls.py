"""What socket options ask of a connection: corking, segment size, quick ACKs, low-water mark, peeking, deaf ends."""

from __future__ import annotations

import pytest

from synfin.errors import UsageError
from synfin.tcp import Event, State, TcpConfig
from synfin.tcp.recvbuf import ReceiveBuffer
from tests.harness import Established, Opened

WRAP_AROUND = True


def test_a_corked_connection_sends_full_segments_only() -> None:
    t = Established(mss=1000, nodelay=True, cork=True)
    t.app.write(b"a" * 600)
    t.expect_nothing()
    t.app.write(b"b" * 600)
    t.expect("A seq=1 len=1000")
    t.expect_nothing()
    t.app.configure(cork=False)
    t.expect("PA seq=1001 len=200")


def test_the_cork_comes_out_by_itself() -> None:
    """Nothing is in flight, so no acknowledgment will ever make it go."""
    t = Established(mss=1000, cork=True, cork_ms=150)
    t.app.write(b"a")
    t.advance(ms=149)
    t.expect_nothing()
    t.advance(ms=1)
    t.expect("PA seq=1 len=1")


def test_closing_takes_the_cork_out() -> None:
    t = Established(mss=1000, cork=True)
    t.app.write(b"a")
    t.expect_nothing()
    t.app.shutdown()
    t.expect("FPA seq=1 data=a")


def test_switching_nagle_off_pushes_what_is_corked() -> None:
    t = Established(mss=1000, cork=True)
    t.app.write(b"a")
    t.expect_nothing()
    t.app.configure(nodelay=True)
    t.expect("PA seq=1 data=a")
    t.app.write(b"b")
    t.expect_nothing()


def test_more_holds_back_like_a_cork_and_sets_no_psh() -> None:
    t = Established(mss=1000, nodelay=True)
    t.connection.write(b"a" * 1000, t.now, more=True)
    t.connection.write(b"b", t.now, more=True)
    t.poll()
    t.expect("A seq=1 len=1000")
    t.expect_nothing()
    t.connection.write(b"c", t.now)
    t.poll()
    t.expect("PA seq=1001 data=bc")


def test_full_segments_of_a_write_with_more_carry_no_psh() -> None:
    t = Established(mss=1000)
    t.connection.write(b"a" * 1000, t.now, more=True)
    t.poll()
    t.expect("A seq=1 len=1000")


def test_the_segment_size_limit_is_announced_and_kept() -> None:
    t = Opened(mss=1460, mss_limit=700)
    assert t.sent[0].segment.options.mss == 700
    t.inject("SA seq=0 ack=1")
    t.drain()
    t.app.write(b"x" * 1500)
    assert [s.len for s in t.drain()] == [700, 700]


def test_the_segment_size_limit_does_not_enlarge() -> None:
    t = Opened(mss=1460, mss_limit=9000)
    assert t.sent[0].segment.options.mss == 1460
    with pytest.raises(UsageError):
        TcpConfig(mss_limit=0)


def test_the_segment_size_limit_can_change_on_a_living_connection() -> None:
    """Up to what the handshake has settled; what is sent again is cut too."""
    t = Established(mss=1000, tail_loss_probe=False)
    t.app.write(b"x" * 1000)
    t.expect("PA seq=1 len=1000")
    t.app.configure(mss_limit=400)
    t.app.write(b"y" * 800)
    assert [s.len for s in t.drain()] == [400, 400]
    t.advance(ms=1000)
    assert t.drain()[0].len <= 400
    t.inject("A ack=1801")
    t.drain()
    t.app.configure(mss_limit=5000)
    t.app.write(b"z" * 1200)
    assert t.drain()[0].len == 1000


def test_quick_ack_sends_what_was_delayed_and_delays_no_more() -> None:
    t = Established(mss=1000)
    t.inject("PA data=a")
    t.expect_nothing()
    t.connection.quick_ack(True, t.now)
    t.poll()
    t.expect("A ack=2")
    t.inject("PA data=b")
    t.expect("A ack=3")
    t.connection.quick_ack(False, t.now)
    t.inject("PA data=c")
    t.expect_nothing()


def test_quick_ack_without_anything_to_acknowledge_is_silent() -> None:
    t = Established(mss=1000)
    t.connection.quick_ack(True, t.now)
    t.poll()
    t.expect_nothing()


def test_room_is_told_only_below_the_low_water_mark() -> None:
    """Half of the buffer is free all the time; what counts is how much was not sent."""
    t = Established(mss=1000, win=2000, send_buffer_bytes=100_000, notsent_lowat_bytes=2000)
    t.app.write(b"x" * 5000)
    t.drain()
    t.connection.tcb.wants_room = True
    t.inject("A ack=1001 win=2000")
    t.drain()
    assert t.connection.info().notsent_bytes == 2000
    assert Event.WRITABLE not in t.events
    t.inject("A ack=2001 win=2500")
    t.inject("A ack=3001 win=2500")
    t.drain()
    assert t.connection.info().notsent_bytes < 1000
    assert Event.WRITABLE in t.events


def test_peeking_takes_nothing() -> None:
    t = Established(mss=1000)
    t.inject("A data=hello")
    t.inject("PA data=world")
    assert t.connection.peek(7) == b"hellowo"
    assert t.connection.peek(3, 4) == b"owo"
    assert t.connection.peek(100, 9) == b"d"
    assert t.connection.peek(100, 10) == b""
    assert t.app.read(2) == b"he"
    assert t.connection.peek(100) == b"lloworld"
    assert t.app.read() == b"lloworld"
    assert t.connection.peek(1) == b""


def test_peek_skips_whole_chunks() -> None:
    buffer = ReceiveBuffer()
    for text in (b"ab", b"cd", b"ef"):
        buffer.append(text)
    assert buffer.read(3) == b"abc"
    assert buffer.peek(10) == b"def"
    assert buffer.peek(10, 1) == b"ef"
    assert buffer.peek(1, 2) == b"f"
    assert len(buffer) == 3


def test_text_for_a_deaf_end_is_reset_once_it_has_closed_its_direction() -> None:
    """[SHLD-3]: both directions are shut, though the application still holds the connection."""
    t = Established(mss=1000)
    t.connection.stop_reading(t.now)
    t.inject("PA data=a")
    assert t.app.read() == b"a"
    t.app.shutdown()
    t.drain()
    t.inject("PA data=b")
    t.expect("R")
    assert t.state is State.CLOSED
    assert isinstance(t.connection.error, ConnectionResetError)
    assert Event.RESET in t.events
