"""Maximum segment size (RFC 9293 3.7.1, RFC 6691)."""

from __future__ import annotations

import pytest

from synfin.tcp import State, TcpConfig
from synfin.wire.tcp_options import TcpOptions
from tests.harness import Established, Listening, Opened

WRAP_AROUND = True


def largest(t: Established) -> int:
    """Size of the largest segment of a bulk write."""
    t.app.write(b"x" * 50_000)
    return max(s.len for s in t.drain())


@pytest.mark.parametrize(("family", "link", "mss"), [(4, 1460, 1460), (6, 1440, 1440), (4, 536, 536), (4, 8960, 8960)])
def test_the_syn_tells_what_the_link_carries(family: int, link: int, mss: int) -> None:
    """[MUST-14] [SHLD-5a] [SHLD-5b] [MUST-67] [RFC6691-01] [RFC9293-MAY-3]: MTU less the fixed headers."""
    assert Opened(family=family, link_mss=link).sent[0].options.mss == mss


def test_the_syn_ack_tells_it_too() -> None:
    """[MUST-14] [RFC6691-01]: not reduced for the options that will be used."""
    t = Listening(ts=1, sackok=True, ws=3)
    t.inject("S")
    t.expect("SA mss=1460")


def test_a_smaller_mss_can_be_configured() -> None:
    """[MUST-14]: for the receive direction."""
    assert Opened(config=TcpConfig(mss=900), link_mss=1460).sent[0].options.mss == 900


@pytest.mark.parametrize(("family", "link", "size"), [(4, 1460, 536), (6, 1440, 1220)])
def test_without_the_option_the_default_is_used(family: int, link: int, size: int) -> None:
    """[MUST-15a] [MUST-15b]: 536 and 1220."""
    t = Established(mss=None, family=family, link_mss=link)
    assert largest(t) == size


def test_the_peers_value_bounds_our_segments() -> None:
    """[MUST-14]: smaller than the link."""
    assert largest(Established(mss=700)) == 700


def test_the_link_bounds_our_segments() -> None:
    """[MUST-16]: smaller than what the peer takes."""
    assert largest(Established(mss=8960, link_mss=1000)) == 1000


def test_options_are_taken_off() -> None:
    """[MUST-16] [RFC6691-02] [RFC2525-18]: peer 1460, path 1400 octets, 12 octets of timestamps: 1348."""
    assert largest(Established(mss=1460, link_mss=1360, ts=1)) == 1348
    assert largest(Established(mss=1460, link_mss=1460, ts=1)) == 1448
    assert largest(Established(mss=1460, link_mss=1460)) == 1460


def test_sack_blocks_are_taken_off_too() -> None:
    """[RFC6691-02] [RFC2525-18]: a segment with SACK blocks stays within the link."""
    t = Established(mss=1460, link_mss=1460, ts=1, sackok=True)
    t.inject("A seq=1001 len=100")
    t.drain()
    t.app.write(b"x" * 50_000)
    sent = t.drain()
    assert sent[0].sack == ((1001, 1101),)
    assert {s.len for s in sent} == {1460 - 12 - 12}


@pytest.mark.parametrize("mss", [0, 1, 8, 40])
def test_a_tiny_mss_does_not_stop_us(mss: int) -> None:
    """[RFC6691-05]: payloads stay positive, and bounded from below."""
    t = Established(mss=mss, ts=1)
    t.app.write(b"x" * 500)
    sent = t.drain()
    assert sent
    assert all(s.len > 0 for s in sent)
    assert t.state is State.ESTABLISHED


@pytest.mark.parametrize(("family", "size"), [(4, 536), (6, 1220)])
def test_zero_is_no_size(family: int, size: int) -> None:
    """[MUST-15a] [MUST-15b]: as if the option were not there."""
    t = Established(mss=0, family=family)
    assert t.connection.tcb.mss == size


def test_65535_means_as_much_as_the_link_carries() -> None:
    """[RFC6691-04]: no limit of the peer's own."""
    assert largest(Established(mss=65_535, link_mss=8960, initial_cwnd_segments=10)) == 8960


def test_only_syns_carry_the_option() -> None:
    """[MUST-65]: no other segment of a whole life does."""
    t = Established(mss=1000, ts=1, sackok=True)
    t.app.write(b"x" * 5000)
    t.inject("A seq=1001 len=100")
    t.advance(ms=3000)
    t.app.shutdown()
    t.app.abort()
    assert len(t.sent) > 8
    assert [s.flags for s in t.sent if s.options.mss is not None] == ["S"]


def test_the_option_outside_a_syn_changes_nothing() -> None:
    """[MUST-65]: received late, it is ignored."""
    t = Established(mss=1000)
    segment = t.segment("A")
    segment.options = TcpOptions(mss=100)
    t.inject_segment(segment)
    assert largest(t) == 1000
