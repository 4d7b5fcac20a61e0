"""Nagle's algorithm, PSH and the packing of segments (RFC 9293 3.7.4, 3.9.1.2)."""

from __future__ import annotations

from tests.harness import Established

WRAP_AROUND = True


def test_small_writes_wait_while_something_is_unacknowledged() -> None:
    """[SHLD-7] [RFC9293-E44]: the second small write waits for the ACK and is then sent with the third, in one."""
    t = Established(mss=1000)
    t.app.write(b"a")
    t.expect("PA seq=1 data=a")
    t.app.write(b"b")
    t.app.write(b"c")
    t.expect_nothing()
    t.inject("A ack=2")
    t.expect("PA seq=2 data=bc")
    t.expect_nothing()


def test_a_full_segment_does_not_wait() -> None:
    """[SHLD-7]: Nagle holds short segments only."""
    t = Established(mss=1000)
    t.app.write(b"a")
    t.app.write(b"b" * 2500)
    t.expect("PA seq=1 len=1")
    assert [(s.seq, s.len) for s in t.drain()] == [(2, 1000), (1002, 1000)]
    t.inject("A ack=2002")
    t.expect("PA seq=2002 len=500")


def test_partial_acknowledgment_does_not_release_a_short_segment() -> None:
    """[RFC9293-E44]: *any* unacknowledged data holds it."""
    t = Established(mss=1000)
    t.app.write(b"a" * 2000)
    t.app.write(b"b")
    assert len(t.drain()) == 2
    t.inject("A ack=1001")
    t.expect_nothing()
    t.inject("A ack=2001")
    t.expect("PA seq=2001 data=b")


def test_nodelay_sends_each_write_at_once() -> None:
    """[MUST-17]: Nagle off for this connection."""
    t = Established(mss=1000, nodelay=True)
    for number, letter in enumerate("abc"):
        t.app.write(letter.encode())
        t.expect(f"PA seq={1 + number} data={letter}")


def test_nodelay_can_be_switched_on_a_live_connection() -> None:
    """[MUST-17]: what waits is sent at once; switched back, small writes wait again."""
    t = Established(mss=1000)
    t.app.write(b"a")
    t.app.write(b"b")
    t.expect("PA data=a")
    t.app.configure(nodelay=True)
    t.expect("PA data=b")
    t.app.configure(nodelay=False)
    t.app.write(b"c")
    t.expect_nothing()
    t.inject("A ack=3")
    t.expect("PA data=c")


def test_with_full_segments_in_flight_the_tail_need_not_wait() -> None:
    """Minshall's variant, which Linux has: only a small segment in flight makes another one wait."""
    t = Established(mss=1000, nagle_small_only=True)
    t.app.write(b"a" * 2500)
    assert [s.len for s in t.drain()] == [1000, 1000, 500]
    t.app.write(b"b" * 10)
    t.expect_nothing()
    t.inject("A ack=2001")  # the small one is still out
    t.expect_nothing()
    t.inject("A ack=2501")
    t.expect("PA seq=2501 len=10")
    t.inject("A ack=2511")
    t.app.write(b"c" * 1000)
    t.app.write(b"d" * 10)
    assert [s.len for s in t.drain()] == [1000, 10]


def test_urgent_text_does_not_wait() -> None:
    """RFC 9293 3.8.5: what is urgent is not held back for company [MUST-30]."""
    t = Established(mss=1000)
    t.app.write(b"a")
    t.expect("PA seq=1 data=a")
    t.app.write(b"!", urgent=True)
    sent = t.outbox[0]
    assert (sent.seq, sent.len) == (2, 1)
    assert "U" in sent.flags
    t.drain()
    t.app.write(b"b")  # nothing urgent about it
    t.expect_nothing()


def test_the_last_segment_of_what_is_queued_carries_psh() -> None:
    """[MUST-61] [SHLD-28]: 3,000 octets are 1460+1460+80 and only the last has PSH."""
    t = Established(mss=1460, nodelay=True)
    t.app.write(b"x" * 3000)
    t.expect("A seq=1 len=1460")
    t.expect("A seq=1461 len=1460")
    t.expect("PA seq=2921 len=80")
    t.expect_nothing()


def test_psh_is_no_record_boundary() -> None:
    """[SHLD-27] [SHLD-28]: five writes queued behind a closed window leave as full segments, PSH on the last only."""
    t = Established(mss=1000, win=0)
    for _ in range(5):
        t.app.write(b"x" * 500)
    t.drain()
    t.inject("A win=20000")
    t.inject("A ack=1001 win=20000")
    flags = [(s.flags, s.len) for s in t.drain()]
    assert [flag for flag, _ in flags[:-1]] == ["A"] * (len(flags) - 1)
    assert flags[0][1] == 1000
    t.inject("A ack=2001")
    t.drain()
    assert t.connection.info().bytes_sent >= 2500


def test_bulk_data_fills_every_segment() -> None:
    """[SHLD-28]: every segment but the last has exactly the effective segment size."""
    t = Established(mss=1000, initial_cwnd_segments=100)
    t.app.write(b"x" * 50_500)
    sizes = [s.len for s in t.drain()]
    assert sizes == [1000] * 50
    t.inject("A ack=50001")
    t.expect("PA len=500")


def test_a_single_octet_is_not_kept() -> None:
    """[MUST-60]: without further writes and with an open window it leaves at once."""
    t = Established(mss=1000)
    t.app.write(b"x")
    t.expect("PA seq=1 len=1")


def test_held_octets_leave_with_the_fin() -> None:
    """[RFC2525-15] [MUST-60]: close does not wait for the ACK; what Nagle held goes with the FIN."""
    t = Established(mss=1000)
    t.app.write(b"a")
    t.expect("PA data=a")
    t.app.write(b"b")
    t.expect_nothing()
    t.app.shutdown()
    t.expect("FPA seq=2 data=b")


def test_writes_before_one_poll_share_a_segment() -> None:
    """[RFC9293-MAY-16]: sends that come together may be put together."""
    t = Established(mss=1000)
    with t.batch():
        t.app.write(b"a")
        t.app.write(b"b")
        t.app.write(b"c")
    assert b"".join(s.data for s in t.drain()) + b"" in (b"a", b"abc")
    t.inject("A")
    assert b"".join(s.data for s in t.sent) == b"abc"
