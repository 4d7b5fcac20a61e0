"""Reporting what came twice (RFC 2883), the receiver's half: the examples of section 4, and what must not be said."""

from __future__ import annotations

from tests.harness import Established, Sent

WRAP_AROUND = True


def receiver(**options: object) -> Established:
    """A connection on which SACK was negotiated; octets up to 4000 have arrived."""
    t = Established(mss=1000, sackok=True, **options)
    for _ in range(8):
        t.inject("A len=500")
    t.drain()
    return t


def told(t: Established, text: str) -> Sent:
    """The acknowledgment that a segment draws."""
    t.inject(f"A {text}")
    return t.drain()[-1]


def test_a_duplicate_below_the_acknowledgment() -> None:
    """[RFC2883-01] [RFC2883-08], example 4.1.1: the duplicate segment alone."""
    t = receiver()
    assert told(t, "seq=3001 len=500").sack == ((3001, 3501),)
    assert t.outbox == []


def test_out_of_order_and_duplicate() -> None:
    """[RFC2883-01] [RFC2883-02], example 4.1.2: first the gap, then the D-SACK with the block behind it, then only
    the block."""
    t = receiver()
    assert told(t, "seq=4501 len=500").sack == ((4501, 5001),)
    assert told(t, "seq=3001 len=500").sack == ((3001, 3501), (4501, 5001))
    assert told(t, "seq=5001 len=500").sack == ((4501, 5501),)


def test_a_duplicate_beyond_the_gap_comes_with_the_block_around_it() -> None:
    """[RFC2883-03], example 4.1.3: the second block holds the first."""
    t = receiver()
    told(t, "seq=4501 len=500")
    told(t, "seq=5001 len=500")
    assert told(t, "seq=5001 len=500").sack == ((5001, 5501), (4501, 5501))


def test_a_partial_duplicate_below_the_acknowledgment() -> None:
    """[RFC2883-04], example 4.2.1: a larger segment whose first half was there."""
    t = receiver()
    assert told(t, "seq=4501 len=500").sack == ((4501, 5001),)
    sent = told(t, "seq=3501 len=1000")
    assert (sent.ack, sent.sack) == (5001, ((3501, 4001),))


def test_a_partial_duplicate_that_fills_the_gap() -> None:
    """[RFC2883-04], example 4.2.2: what follows the gap was held."""
    t = receiver()
    told(t, "seq=4501 len=500")
    sent = told(t, "seq=4001 len=1000")
    assert (sent.ack, sent.sack) == (5001, ((4501, 5001),))


def test_of_two_duplicate_parts_the_first_is_reported() -> None:
    """[RFC2883-04], example 4.2.3: two held pieces lie within the new segment."""
    t = receiver()
    told(t, "seq=4501 len=100")
    told(t, "seq=4801 len=100")
    assert told(t, "seq=4401 len=600").sack[0] == (4501, 4601)


def test_each_duplicate_is_reported_once() -> None:
    """[RFC2883-02]: two duplicates, two D-SACKs; text of our own afterwards says nothing of it."""
    t = receiver()
    assert told(t, "seq=3001 len=500").sack == ((3001, 3501),)
    assert told(t, "seq=3001 len=500").sack == ((3001, 3501),)
    t.app.write(b"x")
    assert t.drain()[-1].sack == ()


def test_a_duplicate_that_paws_rejects_is_reported() -> None:
    """[RFC2883-07]: an old timestamp on old text."""
    t = receiver(ts=1000)
    sent = told(t, "seq=3001 len=500 ts=1")
    assert "paws" in t.rules
    assert sent.sack == ((3001, 3501),)


def test_nothing_is_reported_without_permission_or_when_switched_off() -> None:
    """[RFC2018-02] [RFC2883-08]: SACK-permitted is needed; `dsack` is a setting."""
    for options in ({"sackok": False}, {"sackok": True, "dsack": False}):
        t = Established(mss=1000, **options)
        t.inject("A len=500").inject("A seq=1 len=500")
        assert all(sent.sack == () for sent in t.drain())


def test_new_text_is_no_duplicate() -> None:
    """[RFC2883-01]: neither in order, nor out of order, nor what fills a gap exactly."""
    t = receiver()
    told(t, "seq=4501 len=500")
    sent = told(t, "seq=4001 len=500")
    assert (sent.ack, sent.sack) == (5001, ())
    assert "text-duplicate" not in t.rules


def test_room_is_kept_for_the_blocks_that_matter() -> None:
    """[RFC2018-05] [RFC2883-03]: never more than fit, the D-SACK among them."""
    for ts, most in ((None, 4), (1, 3)):
        t = receiver(ts=ts)
        for number in range(6):
            t.inject(f"A seq={5001 + 1000 * number} len=100")
        t.drain()
        sent = told(t, "seq=3001 len=500")
        assert len(sent.sack) == most
        assert sent.sack[0] == (3001, 3501)
