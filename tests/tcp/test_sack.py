"""Selective acknowledgments, the receiver's half (RFC 2018)."""

from __future__ import annotations

import pytest

from tests.harness import Established, Listening, Opened

WRAP_AROUND = True


def receiver(**options: object) -> Established:
    """A connection on which SACK was negotiated."""
    return Established(mss=1000, sackok=True, **options)


def test_it_is_offered_and_can_be_switched_off() -> None:
    """[RFC2018-01]: in the SYN, and in the SYN+ACK when the SYN has it."""
    assert Opened().sent[0].options.sack_permitted
    assert not Opened(sack=False).sent[0].options.sack_permitted
    for offered in (True, False):
        t = Listening(sackok=offered)
        t.inject("S")
        assert t.expect("SA").options.sack_permitted is offered


@pytest.mark.parametrize(("ours", "theirs"), [(True, False), (False, True)])
def test_no_blocks_without_permission(ours: bool, theirs: bool) -> None:
    """[RFC2018-02]: both must have said so."""
    t = Established(mss=1000, sackok=theirs, sack=ours)
    t.inject("A seq=1001 len=1000")
    assert t.expect("A ack=1").sack == ()


def test_a_hole_is_reported_with_its_edges() -> None:
    """[RFC2018-03] [RFC2018-06]: left is the first number held, right the one after the last."""
    t = receiver()
    t.inject("A seq=1001 len=500")
    t.expect("A ack=1 sack=1001:1501")
    t.inject("A seq=1501 len=500")
    t.expect("A ack=1 sack=1001:2001")


def test_no_blocks_when_nothing_is_missing() -> None:
    """[RFC2018-03]: nor after the hole has been filled."""
    t = receiver()
    t.inject("A seq=1001 len=1000")
    t.expect("A ack=1 sack=1001:2001")
    t.inject("A seq=1 len=1000")
    assert t.expect("A ack=2001").sack == ()


def test_the_first_block_holds_the_latest_segment() -> None:
    """[RFC2018-04] [RFC2018-05]: then those told before, the most recent first."""
    t = receiver()
    t.inject("A seq=1001 len=100")
    t.expect("A ack=1 sack=1001:1101")
    t.inject("A seq=3001 len=100")
    t.expect("A ack=1 sack=3001:3101,1001:1101")
    t.inject("A seq=2001 len=100")
    t.expect("A ack=1 sack=2001:2101,3001:3101,1001:1101")
    t.inject("A seq=1101 len=100")
    t.expect("A ack=1 sack=1001:1201,2001:2101,3001:3101")


def test_joined_blocks_are_one() -> None:
    """[RFC2018-04] [RFC2018-06]: the block of the latest segment has grown over its neighbours."""
    t = receiver()
    t.inject("A seq=1001 len=100").inject("A seq=1201 len=100")
    t.drain()
    t.inject("A seq=1101 len=100")
    t.expect("A ack=1 sack=1001:1301")


def test_as_many_blocks_as_fit() -> None:
    """[RFC2018-05]: four, the oldest one is left out."""
    t = receiver()
    for number in range(1, 6):
        t.inject(f"A seq={number * 1000 + 1} len=100")
    blocks = t.drain()[-1].sack
    assert blocks == ((5001, 5101), (4001, 4101), (3001, 3101), (2001, 2101))


def test_with_timestamps_three_blocks_fit() -> None:
    """[RFC2018-05]: 40 octets of options."""
    t = receiver(ts=1)
    for number in range(1, 6):
        t.inject(f"A seq={number * 1000 + 1} len=100")
    assert t.drain()[-1].sack == ((5001, 5101), (4001, 4101), (3001, 3101))


def test_every_acknowledgment_below_the_highest_number_reports() -> None:
    """[RFC2018-03]: also when a hole was filled in part, and also the ACK that data carries."""
    t = receiver()
    t.inject("A seq=1001 len=1000").inject("A seq=3001 len=1000")
    t.drain()
    t.inject("A seq=1 len=1000")
    t.expect("A ack=2001 sack=3001:4001")
    t.app.write(b"x")
    t.expect("PA ack=2001 sack=3001:4001")


def test_a_duplicate_of_held_text_is_reported_first() -> None:
    """[RFC2018-04] [RFC2883-03]: the segment that triggered the ACK, then the block around it."""
    t = receiver()
    t.inject("A seq=1001 len=100").inject("A seq=3001 len=100")
    t.drain()
    t.inject("A seq=1001 len=100")
    assert t.drain()[-1].sack == ((1001, 1101), (1001, 1101), (3001, 3101))


def test_refused_text_is_not_reported() -> None:
    """[RFC2018-09]: what the limit of the queue keeps out was not received."""
    t = receiver(reassembly_segments=2)
    t.inject("A seq=1001 len=100").inject("A seq=2001 len=100")
    t.drain()
    t.inject("A seq=3001 len=100")
    assert set(t.drain()[-1].sack) <= {(1001, 1101), (2001, 2101)}


def test_sack_blocks_from_the_peer_do_not_free_anything() -> None:
    """[RFC2018-07] [RFC2018-08]: only the cumulative ACK does; a peer that reneges gets everything again."""
    t = receiver()
    t.app.write(b"x" * 5000)
    first = t.drain()
    t.inject("A ack=1 sack=1001:5001")
    t.inject("A ack=1 sack=1001:5001")
    t.advance(ms=1000)
    t.drain()
    t.inject("A ack=1001")
    for _ in range(6):
        top = max((s.seq + s.len for s in t.drain() if s.len), default=0)
        if top:
            t.inject(f"A ack={top}")
        else:
            t.advance(ms=4000)
    assert t.connection.info().unacked == 0
    assert len(first) == 5


def test_odd_sack_options_are_harmless() -> None:
    """[RFC2018-10]: blocks that are reversed, empty, or far away."""
    t = receiver()
    t.app.write(b"x" * 5000)
    t.drain()
    t.inject("A ack=1 sack=5001:1001")
    t.inject("A ack=1 sack=1001:1001")
    t.inject("A ack=1 sack=900000:910000")
    t.inject("A ack=5001 sack=1:5001")
    assert t.connection.info().unacked == 0
