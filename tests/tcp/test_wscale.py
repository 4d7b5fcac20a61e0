"""The window scale option (RFC 7323 2)."""

from __future__ import annotations

import pytest

from synfin.tcp import State, TcpConfig
from synfin.wire.tcp_options import TcpOptions
from tests.harness import Established, Listening, Opened

WRAP_AROUND = True


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("theirs", [3, None])
def test_scaling_needs_both_sides(ours: bool, theirs: int | None) -> None:
    """[RFC7323-01]: the option in one SYN alone changes nothing."""
    t = Established(mss=1000, window_scaling=ours, ws=theirs, receive_buffer_bytes=200_000, win=10_000)
    assert (t.sent[0].options.window_scale is not None) is ours
    t.inject("A win=10000")
    on = ours and theirs is not None
    assert t.connection.info().snd_wnd == (10_000 << 3 if on else 10_000)
    t.inject("A len=1000").inject("A len=1000")
    window = t.drain()[-1].win
    assert window <= (200_000 >> 2 if on else 65_535)
    assert window >= (190_000 >> 2 if on else 65_535)


@pytest.mark.parametrize("theirs", [3, None])
def test_a_syn_ack_offers_it_only_when_the_syn_did(theirs: int | None) -> None:
    """[RFC7323-01]: passive side."""
    t = Listening(ws=theirs)
    t.inject("S")
    answer = t.expect("SA")
    assert (answer.options.window_scale is not None) is (theirs is not None)


def test_windows_of_syn_and_syn_ack_are_never_scaled() -> None:
    """[RFC7323-02]: neither ours nor the peer's."""
    t = Opened(receive_buffer_bytes=200_000, ws=7, win=5000, mss=1000)
    assert t.sent[0].win == 65_535
    t.inject("SA")
    assert t.connection.info().snd_wnd == 5000
    t = Listening(receive_buffer_bytes=200_000, ws=7)
    t.inject("S")
    assert t.expect("SA").win == 65_535


@pytest.mark.parametrize("shift", [15, 255])
def test_shifts_above_fourteen_count_as_fourteen(shift: int) -> None:
    """[RFC7323-03]: the connection goes on."""
    t = Established(ws=shift, win=100)
    t.inject("A win=100")
    assert t.state is State.ESTABLISHED
    assert t.connection.info().snd_wnd == 100 << 14
    assert t.connection.info().snd_wscale == 14


def test_incoming_windows_are_shifted_by_the_peers_count() -> None:
    """[RFC7323-04]: and used to the last octet that fits."""
    t = Established(mss=1000, ws=2, win=5000, initial_cwnd_segments=100)
    t.app.write(b"x" * 100_000)
    t.drain()
    t.inject("A ack=5001 win=5000")
    assert sum(s.len for s in t.drain()) == 20_000


def test_outgoing_windows_are_shifted_by_our_count() -> None:
    """[RFC7323-04]: the field times 2**shift is the room we have."""
    t = Established(mss=1000, ws=0, receive_buffer_bytes=1_000_000)
    shift = t.sent[0].options.window_scale
    assert shift == 4
    t.inject("A len=1000").inject("A len=1000")
    sent = t.drain()[-1]
    assert 1_000_000 - 2000 - 16 <= sent.win << shift <= 1_000_000 - 2000 + 16


def test_the_shift_covers_the_buffer_and_can_be_chosen() -> None:
    """[RFC7323-04]: the smallest that does; or what the configuration says."""
    for size, shift in ((1000, 0), (65_535, 0), (65_536, 1), (1 << 20, 5), (1 << 30, 14)):
        assert Opened(receive_buffer_bytes=size).sent[0].options.window_scale == shift
    assert Opened(window_scale=9).sent[0].options.window_scale == 9
    assert Opened(config=TcpConfig.linux()).sent[0].options.window_scale == 8


def test_whatever_was_offered_is_honoured() -> None:
    """[RFC7323-05]: text up to the highest right edge ever told is taken, scale rounding included."""
    t = Established(mss=1000, ws=0, window_scale=10, receive_buffer_bytes=100_000, ack_delay_ms=0)
    edge = 0
    seq = 1
    while seq < 30_000:
        t.inject(f"A seq={seq} len=77")
        seq += 77
        for sent in t.drain():
            edge = max(edge, sent.ack + (sent.win << 10))
    while seq < edge:
        length = min(1000, edge - seq)
        t.inject(f"A seq={seq} len={length}")
        seq += length
        for sent in t.drain():
            edge = max(edge, sent.ack + (sent.win << 10))
    assert len(t.app.read()) == seq - 1


def test_the_option_outside_a_syn_is_ignored() -> None:
    """[RFC7323-01]: it cannot change the scale later."""
    t = Established(mss=1000, ws=2, win=1000)
    segment = t.segment("A win=1000")
    segment.options = TcpOptions(window_scale=9)
    t.inject_segment(segment)
    assert t.connection.info().snd_wnd == 4000
