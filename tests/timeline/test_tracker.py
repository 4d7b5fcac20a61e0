"""The state of one end, inferred: what the captures of the demos do not show."""

from __future__ import annotations

import pytest

from synfin.timeline.capture.tracker import ESTABLISHED, LISTEN, End
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment
from synfin.wire.tcp_options import TcpOptions


def segment(
    flags: int, seq: int, ack: int = 0, size: int = 0, window: int = 1_000, scale: int | None = None
) -> Segment:
    """A segment of either end."""
    options = TcpOptions(window_scale=scale)
    return Segment(1, 2, seq % (1 << 32), ack % (1 << 32), flags, window, payload=bytes(size), options=options)


def connected(scale: int | None = None) -> End:
    """A server after the handshake: own numbers from 301, the client's from 101."""
    end = End(LISTEN, passive=True)
    end.received(segment(SYN, 100, scale=scale))
    end.sent(segment(SYN | ACK, 300, 101, scale=scale))
    end.received(segment(ACK, 101, 301))
    assert end.state == ESTABLISHED
    return end


def test_what_it_acknowledges_has_arrived_whether_or_not_it_was_captured() -> None:
    end = connected()
    assert [found.rule for found in end.received(segment(FIN | ACK, 111, 301))] == ["fin-out-of-order"]
    assert end.state == ESTABLISHED
    assert [found.to for found in end.sent(segment(ACK, 301, 112))] == ["CLOSE_WAIT"]


def test_a_gap_that_closes_brings_what_waits_behind_it() -> None:
    end = connected()
    for seq in (121, 131, 111):
        assert [found.rule for found in end.received(segment(ACK, seq, 301, 10))] == ["text-out-of-order"]
    end.received(segment(FIN | ACK, 141, 301))
    assert [found.to for found in end.received(segment(ACK, 101, 301, 10))] == ["CLOSE_WAIT"]


def test_a_segment_beyond_the_window_decides_nothing() -> None:
    end = connected()
    assert end.received(segment(FIN | ACK, 101 + 1_001, 301)) == []
    assert end.received(segment(ACK, 101 + 1_001, 301, 10)) == []
    scaled = connected(scale=3)
    scaled.sent(segment(ACK, 301, 101, window=1_000))
    assert [found.rule for found in scaled.received(segment(ACK, 101 + 1_001, 301, 10))] == ["text-out-of-order"]


def test_an_ack_of_what_was_never_sent_does_not_establish() -> None:
    end = End(LISTEN, passive=True)
    end.received(segment(SYN, 100))
    end.sent(segment(SYN | ACK, 300, 101))
    assert end.received(segment(ACK, 101, 999)) == []
    assert end.received(segment(ACK, 101, 300)) == []
    assert [found.to for found in end.received(segment(ACK, 101, 301))] == ["ESTABLISHED"]


def test_only_the_exact_number_resets() -> None:
    end = connected()
    assert end.received(segment(RST, 150)) == []
    assert [found.to for found in end.received(segment(RST, 101))] == ["CLOSED"]


def test_numbers_may_wrap() -> None:
    end = End(LISTEN, passive=True)
    end.received(segment(SYN, -1))
    end.sent(segment(SYN | ACK, -1, 0))
    assert [found.to for found in end.received(segment(ACK, 0, 0))] == ["ESTABLISHED"]
    assert end.received(segment(ACK, 0, 0, 10)) == []
    assert [found.to for found in end.received(segment(FIN | ACK, 10, 0))] == ["CLOSE_WAIT"]


@pytest.mark.parametrize("answers", [True, False])
def test_a_syn_that_is_never_answered_moves_nothing(answers: bool) -> None:
    end = End(LISTEN, passive=True)
    assert bool(end.received(segment(SYN, 100), answers=answers)) is answers


def test_a_syn_with_another_number_is_another_life() -> None:
    end = connected()
    assert [found.to for found in end.sent(segment(SYN, 9_000))] == ["SYN_SENT"]
    assert end.sent(segment(SYN, 9_000)) == []
