"""The packet-level context itself: it must fail when something is not as a test says."""

from __future__ import annotations

import pytest

from synfin.config import TcpConfig
from synfin.tcp import State
from synfin.wire.addresses import Endpoint
from synfin.wire.tcp import FIN, PSH, Segment
from tests import harness
from tests.harness import Closed, Established, Listening, Opened
from tests.notation import flag_bits, flag_text, octets, relative, split


@pytest.mark.parametrize(
    "text",
    [
        "A seq=1 len=5",
        "PA seq=2 len=5",
        "PA seq=1 len=4",
        "PA ack=2",
        "PA win=7",
        "PA data=hellO",
        "PA seq=@1",
        "PA urg=1",
    ],
)
def test_expect_fails_on_any_difference(text: str) -> None:
    t = Established()
    t.app.write(b"hello")
    with pytest.raises(AssertionError, match="differs in"):
        t.expect(text)


@pytest.mark.parametrize("text", ["S mss=1459", "S ws=9", "S ts=1,1", "S fo=00"])
def test_expect_compares_options(text: str) -> None:
    t = Closed()
    t.app.open()
    with pytest.raises(AssertionError, match="differs in"):
        t.expect(text)


def test_expect_fails_when_nothing_comes() -> None:
    t = Established()
    with pytest.raises(AssertionError, match="nothing was sent"):
        t.expect("A")


def test_expect_nothing_fails_when_something_comes() -> None:
    t = Established()
    t.app.write(b"hello")
    with pytest.raises(AssertionError, match="expected nothing"):
        t.expect_nothing()


def test_expectations_of_rules_and_states_can_fail() -> None:
    t = Established()
    with pytest.raises(AssertionError, match="expected rule"):
        t.expect_rule("challenge-limited")
    with pytest.raises(AssertionError, match="expected the states"):
        t.expect_states("SYN_SENT")


def test_unknown_fields_are_refused() -> None:
    t = Established()
    with pytest.raises(ValueError, match="unknown field"):
        t.inject("A sqe=1")
    with pytest.raises(KeyError):
        t.inject("Q seq=1")


def test_history_tells_the_conversation() -> None:
    t = Opened()
    t.inject("SA")
    text = "\n".join(t.history)
    for part in ("app open", "<- S seq=0", "-> SA", "SYN_SENT => ESTABLISHED", "event CONNECTED"):
        assert part in text


def test_numbers_are_relative_to_both_ends() -> None:
    t = Established(iss=0xFFFF_FFFF, isn=0xFFFF_FFFE)
    t.app.write(b"hello")
    sent = t.expect("PA seq=1 ack=1")
    assert (sent.segment.seq, sent.segment.ack) == (0, 0xFFFF_FFFF)
    assert relative(0xFFFF_FFFF, 1) == -2


def test_text_tells_its_number() -> None:
    assert octets(5, 3) + octets(8, 2) == octets(5, 5)
    t = Established()
    t.inject("PA len=10").inject("PA len=10")
    assert t.app.read() == octets(1, 20)


def test_flags_and_letters() -> None:
    for flags in range(512):
        assert flag_bits(flag_text(flags)) == flags
    assert flag_text(0) == "-"


def test_super_segments_are_cut() -> None:
    pieces = split(Segment(1, 2, 0xFFFF_FFFF, 0, FIN | PSH, payload=b"abcdefg", mss=3))
    assert [(p.seq, p.payload, p.flags) for p in pieces] == [
        (0xFFFF_FFFF, b"abc", 0),
        (2, b"def", 0),
        (5, b"g", FIN | PSH),
    ]


def test_advance_stops_at_each_deadline() -> None:
    t = Opened(config=TcpConfig(rto_initial_ms=1_000))
    t.advance(ms=7_500)
    assert [sent.ms for sent in t.drain()] == [1_000, 3_000, 7_000]
    assert t.ms == 7_500


def test_peers_are_kept_apart() -> None:
    t = Listening()
    other = t.add_peer(port=50_000)
    t.inject("S seq=0")
    with t.talking_as(other):
        t.expect_nothing()
        assert t.state is State.LISTEN
    t.expect("SA")
    assert t.peers[Endpoint(t.peer.endpoint.address, 50_000)] is other


def test_default_numbers_are_plain_again() -> None:
    assert harness.default_isns == harness.PLAIN_ISNS
