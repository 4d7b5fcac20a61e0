"""What each congestion control makes of a path: rate, fairness, queues, loss (a small part of the grid)."""

from __future__ import annotations

import pytest

from synfin.config import MILLISECOND
from synfin.tcp.congestion import Bbr
from synfin.tcp.congestion.bbr import DRAIN, PROBE_CRUISE, PROBE_REFILL, PROBE_RTT, PROBE_UP, STARTUP
from tests.lab.bulk import Bulk, jain

BDP = 125_000  # octets of 10 Mbit/s and 100 ms
PAYLOAD = 1448 / 1500  # of a packet that is full
CLEAN = {"rate": "10Mbit", "delay": "50ms", "queue": BDP}


@pytest.mark.parametrize("congestion", ["cubic", "newreno", "bbr"])
def test_a_clean_path_is_filled(congestion: str) -> None:
    """At least 90 % of the rate where nothing but the queue of one BDP loses, from the third second on."""
    flow = Bulk(congestion, **CLEAN)
    assert flow.share(3, 15, 10) >= 0.90
    assert sum(flow.received) > 0


def test_cubic_reaches_the_rate_soon_and_loses_little_for_it() -> None:
    """HyStart++ leaves slow start before the queue overflows by a whole window."""
    losses = {}
    for hystart in (True, False):
        flow = Bulk("cubic", rate="10Mbit", delay="50ms", queue=4 * BDP, hystart=hystart)
        assert flow.share(0, 5, 10) >= 0.75
        losses[hystart] = flow.connections[0].info().total_retrans
    assert losses[True] < losses[False] / 2


@pytest.mark.parametrize("seed", [1, 2])
def test_bbr_fills_a_path_that_loses_at_random(seed: int) -> None:
    """1 % of all packets at 100 ms: at least 80 % of what can arrive, where CUBIC takes every loss for congestion."""
    most = PAYLOAD * 0.99
    assert Bulk("bbr", **CLEAN, loss=0.01, seed=seed).share(2, 22, 10) >= 0.80 * most
    assert Bulk("cubic", **CLEAN, loss=0.01, seed=seed).share(2, 12, 10) < 0.40 * most


def test_ten_cubic_flows_share_fairly() -> None:
    """Jain's index of at least 0.95 over twenty seconds, the flows a third of a round trip apart."""
    flows = Bulk("cubic", rate="10Mbit", delay="20ms", queue=BDP * 4 // 5, flows=10, spread_ms=13)
    flows.run(5)
    before = list(flows.received)
    flows.run(25)
    shares = [after - begin for after, begin in zip(flows.received, before, strict=True)]
    assert jain(shares) >= 0.95
    assert sum(shares) * 8 / 20 >= 0.9 * 10e6


def test_bbr_keeps_the_queue_short() -> None:
    """Four BDP of queue: CUBIC fills half of it at least, BBR's round trip stays below 1.5 of the empty path's."""
    trips = {}
    for congestion in ("bbr", "cubic"):
        flow = Bulk(congestion, rate="10Mbit", delay="20ms", queue=4 * 50_000).run(6)
        samples = []
        for step in range(40):
            flow.run(6 + step * 0.1)
            samples.append(flow.connections[0].info().rtt / 40_000)
        trips[congestion] = sum(samples) / len(samples)
    assert trips["bbr"] < 1.5
    assert trips["cubic"] > 2.0


def test_bbr_visits_its_phases() -> None:
    """STARTUP, DRAIN, the cycle of ProbeBW and, when the path's delay was not seen for five seconds, ProbeRTT."""
    flow = Bulk("bbr", **CLEAN)
    seen: list[int] = []
    smallest = 1 << 40
    for step in range(1, 1300):
        flow.run(step * 0.01)
        if flow.connections[0].info().unacked:
            algorithm = flow.connections[0].tcb.congestion
            assert isinstance(algorithm, Bbr)
            if not seen or seen[-1] != algorithm.state:
                seen.append(algorithm.state)
            if step > 300:
                smallest = min(smallest, flow.connections[0].tcb.board.pipe())
    assert seen[:2] == [STARTUP, DRAIN]
    assert set(seen) >= {PROBE_CRUISE, PROBE_REFILL, PROBE_UP, PROBE_RTT}
    assert smallest <= 0.75 * BDP, "ProbeRTT has emptied the pipe"
    assert flow.connections[0].info().min_rtt * 1_000 < 102 * MILLISECOND


def test_bbr_flows_that_begin_together_do_not_march_in_step() -> None:
    """The waits between probes come from the connection's own numbers."""
    flows = Bulk("bbr", rate="20Mbit", delay="20ms", queue=100_000, flows=3).run(5)
    waits = set()
    for connection in flows.connections:
        algorithm = connection.tcb.congestion
        assert isinstance(algorithm, Bbr)
        waits.add(algorithm.bw_probe_wait)
    assert len(waits) == 3


def test_the_same_seed_gives_the_same_transfer() -> None:
    """Law 2 holds for paced flows with losses."""
    first, second = (Bulk("bbr", **CLEAN, loss=0.02, seed=9).run(4) for _ in range(2))
    assert first.received == second.received
    assert first.world.scheduler.now == second.world.scheduler.now
    assert first.connections[0].info() == second.connections[0].info()


def test_the_largest_pacing_rate_holds() -> None:
    """SO_MAX_PACING_RATE on any algorithm, also when it is set later."""
    flow = Bulk("cubic", **CLEAN, max_pacing_rate=250_000)
    assert flow.share(1, 5, 10) == pytest.approx(250_000 * 8 / 10e6, rel=0.05)
    flow.connections[0].configure(flow.world.now, max_pacing_rate=500_000)
    assert flow.share(6, 10, 10) == pytest.approx(500_000 * 8 / 10e6, rel=0.05)
    assert flow.connections[0].info().pacing_rate == 500_000
    flow.connections[0].configure(flow.world.now, max_pacing_rate=None)
    assert flow.share(11, 15, 10) > 0.9
