"""`connection.info()`: the fields of Linux's `struct tcp_info`, with its names and units."""

from __future__ import annotations

import pytest

from synfin.tcp import State, TcpConfig
from tests.harness import Established, Opened

FIELDS = """
state ca_state retransmits probes backoff options snd_wscale rcv_wscale delivery_rate_app_limited
fastopen_client_fail rto ato snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent last_ack_sent
last_data_recv last_ack_recv pmtu rcv_ssthresh rtt rttvar snd_ssthresh snd_cwnd advmss reordering rcv_rtt rcv_space
total_retrans pacing_rate max_pacing_rate bytes_acked bytes_received segs_out segs_in notsent_bytes min_rtt
data_segs_in data_segs_out delivery_rate busy_time rwnd_limited sndbuf_limited delivered delivered_ce bytes_sent
bytes_retrans dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash total_rto total_rto_recoveries total_rto_time
"""


@pytest.mark.parametrize("name", FIELDS.split())
def test_every_field_exists_under_both_names(name: str) -> None:
    """The names of linux/tcp.h, with and without their prefix, as integers."""
    info = Established(ts=1, ws=2, sackok=True).connection.info()
    value = getattr(info, name)
    assert isinstance(value, int)
    assert getattr(info, f"tcpi_{name}") == value


def test_an_unknown_field_is_an_error() -> None:
    """A typing mistake does not pass silently."""
    info = Established().connection.info()
    with pytest.raises(AttributeError):
        info.no_such_field  # noqa: B018
    with pytest.raises(AttributeError):
        info.tcpi_no_such_field  # noqa: B018


def test_state_has_the_numbers_of_linux() -> None:
    """1 is ESTABLISHED, 2 SYN_SENT."""
    assert Established().connection.info().state == State.ESTABLISHED.value == 1
    assert Opened().connection.info().state == 2


def test_sizes_and_options() -> None:
    """MSS both ways, scales, and the option bits: timestamps 1, SACK 2, window scale 4."""
    info = Established(mss=1400, ts=1, ws=5, sackok=True, window_scale=3).connection.info()
    assert info.snd_mss == 1388
    assert info.advmss == 1448
    assert (info.snd_wscale, info.rcv_wscale) == (5, 3)
    assert info.options & 7 == 7
    assert Established().connection.info().options & 7 == 0


def test_counters_of_segments_and_octets() -> None:
    """Everything that was sent and received so far; retransmitted octets apart."""
    t = Established(mss=1000)
    start = t.connection.info()
    t.app.write(b"x" * 3000)
    t.inject("A ack=1001")
    t.inject("PA ack=1001 len=500")
    t.advance(ms=2500)
    t.inject("A ack=3001")
    info = t.connection.info()
    assert info.bytes_acked - start.bytes_acked == 3000
    assert info.bytes_received - start.bytes_received == 500
    assert info.data_segs_in == 1
    assert info.segs_in - start.segs_in == 3
    assert info.total_retrans == 1
    assert info.bytes_retrans == 1000
    assert info.bytes_sent == 4000
    assert info.data_segs_out == 4
    assert info.segs_out - start.segs_out == 5


def test_what_is_in_flight_is_counted_in_segments() -> None:
    """`unacked`, `snd_cwnd` and `snd_ssthresh` are segments, `notsent_bytes` octets."""
    t = Established(mss=1000)
    t.app.write(b"x" * 25_000)
    info = t.connection.info()
    assert info.unacked == 10
    assert info.snd_cwnd == 10
    assert info.notsent_bytes == 15_000
    assert info.snd_ssthresh == 0x7FFF_FFFF


def test_times_are_in_the_units_of_linux() -> None:
    """RTT, RTTVAR, RTO and ATO in microseconds; `last_*` in milliseconds before now."""
    t = Opened()
    t.advance(ms=200)
    t.inject("SA")
    t.app.write(b"x")
    t.advance(ms=30)
    t.inject("PA ack=1 data=y")
    t.advance(ms=50)
    info = t.connection.info()
    assert (info.rtt, info.rttvar, info.min_rtt) == (200_000, 100_000, 200_000)
    assert info.rto == 1_000_000
    assert info.ato == 40_000
    assert info.last_data_recv == 50
    assert info.last_data_sent == 80
    assert info.last_ack_recv == 50


def test_retransmissions_in_a_row() -> None:
    """`retransmits` and `backoff` count expiries without progress."""
    t = Established(mss=1000)
    t.app.write(b"x")
    t.advance(ms=3500)
    info = t.connection.info()
    assert (info.retransmits, info.backoff) == (2, 2)
    assert info.rto == 4_000_000
    t.inject("A ack=2")
    assert t.connection.info().retransmits == 0


def test_probes_are_counted() -> None:
    """Unanswered zero-window and keep-alive probes."""
    t = Established(mss=1000, win=0)
    t.app.write(b"x" * 10)
    t.advance(ms=3500)
    assert t.connection.info().probes == 2
    t = Established(keep_alive=True)
    t.advance(ms=7_200_000 + 75_000)
    assert t.connection.info().probes == 2


def test_out_of_order_segments_are_counted() -> None:
    """`rcv_ooopack`."""
    t = Established(mss=1000)
    t.inject("A seq=1001 len=10").inject("A seq=2001 len=10").inject("A seq=1 len=10")
    assert t.connection.info().rcv_ooopack == 2


def test_the_linux_preset_shows_in_the_rto() -> None:
    """200 ms above the round-trip time."""
    t = Opened(config=TcpConfig.linux())
    t.advance(ms=20)
    t.inject("SA")
    assert t.connection.info().rto == 220_000


def test_info_of_a_closed_connection_can_be_read() -> None:
    """After the end too (law 8: never an exception for looking)."""
    t = Established()
    t.app.abort()
    assert t.connection.info().state == State.CLOSED.value
