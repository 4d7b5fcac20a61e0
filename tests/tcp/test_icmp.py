"""ICMP errors at a connection (RFC 9293 3.9.2.2, RFC 5927)."""

from __future__ import annotations

import pytest

from synfin.errors import UsageError
from synfin.tcp import Event, State
from tests.harness import Established, Opened, SynReceived

WRAP_AROUND = True

HARD = ["protocol-unreachable", "port-unreachable"]
SOFT = [
    "net-unreachable",
    "admin-prohibited",
    "host-unreachable",
    "source-route-failed",
    "time-exceeded",
    "parameter-problem",
]


@pytest.mark.parametrize("kind", HARD)
def test_a_hard_error_ends_an_opening_connection(kind: str) -> None:
    """[SHLD-26] [RFC5927-03] [MUST-54]: connect() fails fast."""
    t = Opened()
    t.icmp(kind, seq=0)
    assert t.connection.state is State.CLOSED
    assert t.events.count(Event.REFUSED) == 1
    assert isinstance(t.connection.error, ConnectionRefusedError | OSError)
    t.advance(ms=1_000_000)
    t.expect_nothing()


@pytest.mark.parametrize("kind", SOFT)
def test_a_soft_error_does_not_end_an_opening_connection(kind: str) -> None:
    """[MUST-56a] [MUST-56b] [MUST-56c] [SHLD-25]: told, and the SYN is sent again."""
    t = Opened()
    t.icmp(kind, seq=0)
    assert t.state is State.SYN_SENT
    assert Event.SOFT_ERROR in t.events
    assert t.advance_until_sent().flags == "S"


@pytest.mark.parametrize("kind", HARD + SOFT)
def test_no_error_ends_an_established_connection(kind: str) -> None:
    """[RFC5927-02] [MUST-56a] [MUST-56b] [MUST-56c] [SHLD-25] [MUST-47]: soft in synchronized states."""
    t = Established(mss=1000)
    t.app.write(b"x" * 100)
    t.icmp(kind, seq=1)
    assert t.state is State.ESTABLISHED
    assert t.events.count(Event.SOFT_ERROR) == 1
    assert t.connection.error is None
    t.inject("A ack=101")
    assert t.app.write(b"y") == 1


@pytest.mark.parametrize("seq", [0, -1000, 101, 102, 100_000])
def test_a_quoted_number_outside_the_flight_is_ignored(seq: int) -> None:
    """[RFC5927-01]: SND.UNA <= SEQ < SND.NXT."""
    t = Established(mss=1000)
    t.app.write(b"x" * 100)
    t.icmp("host-unreachable", seq=seq)
    assert Event.SOFT_ERROR not in t.events
    t.expect_rule("icmp-bad-sequence")


def test_a_forged_number_cannot_end_an_opening_connection() -> None:
    """[RFC5927-01] [RFC5927-03]: the SYN's number must be quoted."""
    t = Opened()
    t.icmp("port-unreachable", seq=5)
    assert t.state is State.SYN_SENT


def test_there_is_no_source_quench_and_a_wrong_name_is_the_callers_mistake() -> None:
    """[MUST-55] [RFC5927-04]: a host cannot even hand it in; the error names what there is (law 8)."""
    t = Established(mss=1000)
    t.app.write(b"x")
    with pytest.raises(UsageError, match="port-unreachable"):
        t.icmp("source-quench", seq=1)
    assert t.state is State.ESTABLISHED
    assert Event.SOFT_ERROR not in t.events


def test_a_too_big_packet_is_sent_again_in_smaller_pieces() -> None:
    """[RFC5927-05] [SHLD-26]: code 4 feeds path MTU discovery; nothing ends, cwnd stays."""
    t = Established(mss=1460)
    t.app.write(b"x" * 14_600)
    assert {s.len for s in t.drain()} == {1460}
    t.icmp("packet-too-big", seq=1, mtu=1000)
    again = t.drain()
    assert again
    assert again[0].seq == 1
    assert max(s.len for s in again) == 960
    assert t.state is State.ESTABLISHED
    t.inject("A ack=14601")
    t.app.write(b"x" * 5000)
    assert max(s.len for s in t.drain()) == 960


def test_a_larger_mtu_than_what_was_sent_is_discarded() -> None:
    """[RFC5927-06]: it cannot be true."""
    t = Established(mss=1000)
    t.app.write(b"x" * 5000)
    t.drain()
    t.icmp("packet-too-big", seq=1, mtu=1500)
    t.expect_nothing()
    t.inject("A ack=5001")
    t.app.write(b"x" * 3000)
    assert max(s.len for s in t.drain()) == 1000


@pytest.mark.parametrize(("family", "floor"), [(4, 68), (6, 1280)])
def test_a_tiny_mtu_is_bounded(family: int, floor: int) -> None:
    """[RFC5927-09]: an attacker cannot make us send octet by octet."""
    t = Established(mss=1440, family=family, link_mss=1440)
    t.app.write(b"x" * 10_000)
    t.drain()
    t.icmp("packet-too-big", seq=1, mtu=20)
    t.inject("A ack=10001")
    t.drain()
    t.app.write(b"x" * 5000)
    header = 40 if family == 4 else 60
    assert max(s.len for s in t.drain()) >= floor - header


@pytest.mark.parametrize(("told", "size"), [(20, 512), (551, 512), (600, 560)])
def test_the_smallest_mtu_can_be_chosen(told: int, size: int) -> None:
    """[RFC5927-09]: Linux goes down to 552 octets only (min_pmtu)."""
    t = Established(mss=1440, link_mss=1440, path_mtu_min=552)
    t.app.write(b"x" * 10_000)
    t.drain()
    t.icmp("packet-too-big", seq=1, mtu=told)
    assert t.connection.tcb.mss == size


def test_a_hard_error_is_told_once() -> None:
    """It ended the attempt: there is nothing soft left to be told afterwards."""
    t = Opened()
    t.icmp("port-unreachable", seq=0)
    assert isinstance(t.connection.error, ConnectionRefusedError)
    assert t.connection.soft_error is None


def test_errors_stay_with_their_connection() -> None:
    """[RFC5927-08]: another connection to the same host notices nothing."""
    one, other = Opened(), Opened()
    one.icmp("port-unreachable", seq=0)
    assert one.connection.state is State.CLOSED
    assert other.state is State.SYN_SENT
    assert other.events == []


def test_a_hard_error_does_not_end_a_simultaneous_opening() -> None:
    """[RFC5927-03]: in SYN_RECEIVED it may; the peer has been heard already, so it is soft here."""
    t = SynReceived(passive=False)
    t.icmp("port-unreachable", seq=0)
    assert t.state is State.SYN_RECEIVED
    assert Event.SOFT_ERROR in t.events
    t.inject("A")
    assert t.state is State.ESTABLISHED


def test_r2_after_soft_errors_still_ends_the_connection() -> None:
    """[MUST-20b] [SHLD-25]: an error that stays is a time-out in the end."""
    t = Established(mss=1000)
    t.app.write(b"x")
    t.drain()
    while t.connection.state is not State.CLOSED:
        t.advance_until_sent() if t.ms < 123_000 else t.advance(ms=60_000)
        if t.connection.state is not State.CLOSED:
            t.icmp("host-unreachable", seq=1)
        assert t.ms < 400_000
    assert t.events.count(Event.TIMEOUT) == 1
