"""DCTCP's sender (RFC 8257): the window shrinks by the share of marked octets."""

from __future__ import annotations

import pytest

from synfin.config import MILLISECOND
from synfin.tcp.congestion import Dctcp, create
from synfin.tcp.congestion.dctcp import ONE
from tests.tcp.acking import MSS, sample

RTT = MILLISECOND


def one_window(algorithm: Dctcp, now: int, marked: int, segments: int = 100) -> int:
    """A window of `segments` is acknowledged, the first `marked` of them marked; returns the time after it."""
    for number in range(segments):
        now += RTT // segments
        ce = MSS if number < marked else 0
        left = segments - number
        algorithm.on_ack(sample(now, MSS, left * MSS if left > 1 else (segments + 1) * MSS, srtt=RTT, ce=ce))
    return now


def started(segments: int = 100) -> Dctcp:
    """In congestion avoidance, at the beginning of an observation window."""
    algorithm = Dctcp(MSS, 10)
    algorithm.end_first_slow_start()
    algorithm.cwnd = algorithm.ssthresh = segments * MSS
    algorithm.left = segments * MSS
    return algorithm


def test_it_wants_to_hear_of_every_mark() -> None:
    """RFC 8257 3: precise feedback; and alpha begins at 1 (4.2)."""
    assert Dctcp.ecn == "precise"
    assert isinstance(create("dctcp", MSS, 10), Dctcp)
    assert started().alpha == ONE


@pytest.mark.parametrize("marked", [0, 1, 10, 50, 100])
def test_alpha_follows_the_share_of_marked_octets(marked: int) -> None:
    """RFC 8257 3.3: alpha = alpha * (1 - 1/16) + 1/16 * M, once per window."""
    algorithm = started()
    alpha = 1.0
    now = 0
    for _ in range(30):
        now = one_window(algorithm, now, marked)
        alpha = alpha * 15 / 16 + marked / 100 / 16
        assert algorithm.alpha / ONE == pytest.approx(alpha, abs=0.001)


def test_the_window_shrinks_once_per_window_by_half_of_alpha() -> None:
    """RFC 8257 3.3 (3): cwnd = cwnd * (1 - alpha / 2), however many marks there are."""
    algorithm = started()
    algorithm.alpha = ONE // 4
    algorithm.on_ack(sample(RTT, MSS, 100 * MSS, srtt=RTT, ce=MSS))
    assert algorithm.cwnd == algorithm.ssthresh == 100 * MSS * 7 // 8
    for _ in range(20):
        algorithm.on_ack(sample(RTT, MSS, 99 * MSS, srtt=RTT, ce=MSS))
    assert algorithm.cwnd == 100 * MSS * 7 // 8


def test_few_marks_cost_little_and_many_a_half() -> None:
    """The point of it: 1 % of marks costs about half a per cent of the window."""
    few, many = started(), started()
    now = 0
    for _ in range(100):
        now = one_window(few, now, 1)
        one_window(many, now, 100)
    before = few.cwnd
    few.on_ack(sample(now, MSS, 100 * MSS, srtt=RTT, ce=MSS))
    assert 0.98 * before < few.cwnd < before
    assert many.cwnd <= 2 * MSS


def test_loss_is_answered_as_ever() -> None:
    """RFC 8257 3.5: half."""
    algorithm = started()
    algorithm.alpha = 0
    algorithm.on_loss(RTT, 100 * MSS)
    assert algorithm.cwnd == 50 * MSS


def test_the_window_stays_a_segment() -> None:
    """RFC 8257 3.3: never less."""
    algorithm = started(1)
    for number in range(20):
        algorithm.on_ack(sample(RTT * number, MSS, MSS, srtt=RTT, ce=MSS))
    assert algorithm.cwnd == MSS
