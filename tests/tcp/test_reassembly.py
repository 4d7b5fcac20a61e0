"""Out-of-order text (RFC 9293 3.10.7.4): kept, trimmed, limited, and never delivered twice or changed."""

from __future__ import annotations

from synfin.tcp import Event, State
from synfin.tcp.reassembly import Reassembly
from tests.harness import Established

WRAP_AROUND = True


def test_out_of_order_text_is_kept_for_later() -> None:
    """[SHLD-31] [RFC2525-05]: 2, 3, 4, then 1: one cumulative ACK covers all."""
    t = Established(mss=1000)
    for seq in (1001, 2001, 3001):
        t.inject(f"A seq={seq} len=1000")
        t.expect("A ack=1")
    t.inject("A seq=1 len=1000")
    t.expect("A ack=4001")
    assert t.app.read() == bytes(i % 251 for i in range(1, 4001))


def test_the_first_copy_of_an_octet_is_kept() -> None:
    """[RFC9293-E21]: an overlapping later copy fills only what is missing."""
    t = Established(mss=1000)
    t.inject("A seq=5", b"EFGH")
    t.inject("A seq=3", b"cdefghij")
    t.inject("A seq=1", b"ABxxxxxxxxxxKL")
    assert t.app.read() == b"ABcdEFGHijxxKL"


def test_text_that_is_half_old_is_trimmed() -> None:
    """[RFC9293-E21]: only the new octets count."""
    t = Established(mss=1000)
    t.inject("A seq=1 len=100")
    t.inject("A seq=51 len=100")
    assert t.app.read() == bytes(i % 251 for i in range(1, 151))


def test_old_text_is_acknowledged_and_dropped() -> None:
    """[RFC9293-E20]: a duplicate of what was read."""
    t = Established(mss=1000)
    t.inject("A seq=1 len=100")
    t.app.read()
    t.advance(ms=40)
    t.drain()
    t.inject("A seq=1 len=100")
    t.expect("A ack=101")
    assert t.app.read() == b""


def test_a_fin_ahead_of_a_gap_is_held() -> None:
    """[RFC9293-E33]: the end comes after the text (scenario S14)."""
    t = Established(mss=1000)
    t.inject("FA seq=11 len=10")
    assert t.state is State.ESTABLISHED
    assert Event.EOF not in t.events
    t.expect("A ack=1")
    t.inject("A seq=1 len=10")
    assert t.state is State.CLOSE_WAIT
    t.expect("A ack=22")
    assert len(t.app.read()) == 20
    assert t.connection.at_eof


def test_a_bare_fin_ahead_of_a_gap_is_held() -> None:
    """[RFC9293-E33]: without text of its own."""
    t = Established(mss=1000)
    t.inject("FA seq=11")
    assert t.state is State.ESTABLISHED
    t.inject("PA seq=1 len=10")
    assert t.state is State.CLOSE_WAIT
    assert t.sent[-1].ack == 12


def test_text_beyond_the_fin_is_not_delivered() -> None:
    """[RFC9293-E34]: nothing follows the FIN's number."""
    t = Established(mss=1000)
    t.inject("A seq=12 data=EVIL")
    t.inject("FA seq=11")
    t.inject("A seq=1 len=10")
    assert len(t.app.read()) == 10
    assert t.state is State.CLOSE_WAIT


def test_text_that_reaches_over_a_held_fin_is_cut_off_there() -> None:
    """[RFC9293-E34] [RFC9293-E33]: whatever order it comes in."""
    t = Established(mss=1000)
    t.inject("FA seq=11")
    t.inject("A seq=6 len=20")
    t.inject("A seq=1 len=5")
    assert t.app.read() == bytes(range(1, 11))
    assert t.state is State.CLOSE_WAIT
    assert t.sent[-1].ack == 12
    t = Established(mss=1000)
    t.inject("FA seq=11")
    t.inject("A seq=1 len=30")
    assert t.app.read() == bytes(range(1, 11))
    assert t.sent[-1].ack == 12


def test_a_fin_beyond_the_window_is_not_processed() -> None:
    """[RFC9293-E21]: trimmed together with the text beyond the right edge."""
    t = Established(mss=1460, receive_buffer_bytes=1000)
    t.inject("FA len=1200")
    t.advance(ms=40)
    t.expect("A ack=1001 win=0")
    assert t.state is State.ESTABLISHED
    assert len(t.app.read()) == 1000


def test_the_limit_of_pieces_holds_and_the_transfer_still_completes() -> None:
    """[RFC2018-09]: refused pieces come again (law 9)."""
    t = Established(mss=1000, reassembly_segments=3)
    for seq in (201, 401, 601, 801, 1001):
        t.inject(f"A seq={seq} len=100")
    assert "reassembly-full" in t.rules
    for seq in range(1, 1101, 100):
        t.inject(f"A seq={seq} len=100")
    assert t.app.read() == bytes(i % 251 for i in range(1, 1101))


def test_the_window_counts_out_of_order_text() -> None:
    """[SHLD-14]: text above a gap does not widen what was promised."""
    t = Established(mss=1000, receive_buffer_bytes=10_000)
    t.inject("A seq=5001 len=1000")
    first = t.drain()[-1]
    assert first.ack + first.win == 10_001
    t.inject("A seq=10000 len=100")
    t.inject("A seq=1 len=1000")
    for seq in range(1001, 5001, 1000):
        t.inject(f"A seq={seq} len=1000")
    last = t.drain()[-1]
    assert (last.ack, last.ack + last.win) == (6001, 10_001)


def test_pieces_that_touch_are_reported_as_one_block() -> None:
    """[RFC2018-06]: the store joins for the report."""
    store = Reassembly(10)
    assert store.add(100, b"aa")
    assert store.add(104, b"cc")
    assert store.add(102, b"bb")
    assert store.blocks(4) == [(100, 106)]
    assert store.take(99) == []
    assert b"".join(store.take(101)) == b"abbcc"
    assert store.size == 0


def test_urgent_pointer_of_out_of_order_text_counts_at_once() -> None:
    """[MUST-32]: urgency is told when it is seen, not when the gap closes."""
    t = Established(mss=1000)
    t.inject("UA seq=101 len=10 urg=10")
    assert t.events.count(Event.URGENT) == 1


def test_full_segments_are_limited_by_the_window_only() -> None:
    """The limit is one of crumbs: a fast path holds thousands of whole segments while one is repeated."""
    store = Reassembly(3)
    assert all(store.add(1 + 1_000 * number, bytes(1_000)) for number in range(500))
    crumbs = Reassembly(3)
    assert [crumbs.add(1 + 20 * number, b"crumb") for number in range(6)] == [True] * 3 + [False] * 3
