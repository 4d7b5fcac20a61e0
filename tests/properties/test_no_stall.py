"""No loss pattern that ends stalls a transfer, however losses are found and whatever the window is ruled by.

The bound is computed from time-outs: each segment that the path drops or keeps back costs at most one of them, none is
longer than `rto_max_ms`, and the rest is the transfer without faults at one segment for each round trip.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from synfin.config import MILLISECOND, SECOND, TcpConfig
from synfin.tcp.congestion import names as congestion_names
from synfin.tcp.recovery import names
from tests.properties.network import DELAY, DROP, DUPLICATE, LATENCY, OK, REORDER, Network
from tests.properties.settings import repeatable
from tests.properties.test_two_connections import content

RTO_MAX_MS = 4_000
MSS = 500
TEXT = content(0, 40_000)

RUNS = st.tuples(st.sampled_from([OK, OK, DROP, DROP, DROP, REORDER, DUPLICATE, DELAY]), st.integers(1, 12))
PATTERNS = st.lists(RUNS, max_size=25).map(lambda runs: [fault for fault, count in runs for _ in range(count)])
SENDERS = st.builds(
    TcpConfig,
    recovery=st.sampled_from(names()),
    congestion=st.sampled_from(congestion_names()),
    mss=st.just(MSS),
    timestamps=st.booleans(),
    sack=st.sampled_from([True, True, True, False]),
    frto=st.booleans(),
    tail_loss_probe=st.booleans(),
    limited_transmit=st.booleans(),
    nodelay=st.booleans(),
    initial_cwnd_segments=st.sampled_from([1, 4, 10]),
    scoreboard_records=st.sampled_from([2, 5, 16_384]),
    send_buffer_bytes=st.sampled_from([3_000, 60_000]),
    receive_buffer_bytes=st.sampled_from([2_000, 60_000]),
    reassembly_segments=st.sampled_from([2, 1_024]),
    rto_min_ms=st.sampled_from([200, 1_000]),
    rto_max_ms=st.just(RTO_MAX_MS),
    rto_after_syn_loss_ms=st.just(1_000),
    persist_max_ms=st.just(RTO_MAX_MS),
    r2_ms=st.none(),
    syn_r2_ms=st.none(),
    synack_r2_ms=st.none(),
)


def bound(faults: list[str], size: int) -> int:
    """When the transfer must be over at the latest, in ns."""
    costly = sum(fault not in (OK, DUPLICATE) for fault in faults)
    trips = 2 * -(-size // MSS) + 20
    return (costly + 2) * RTO_MAX_MS * MILLISECOND + trips * 5 * LATENCY + 10 * SECOND


def finish(net: Network, sizes: tuple[int, int], limit: int) -> bool:
    """Both sides write, read what comes, and close; whether everything arrived in time."""
    while net.now < limit:
        for index, side in enumerate(net.sides):
            net.read(index, 1 << 20)
            if len(side.written) < sizes[index]:
                net.write(index, TEXT[len(side.written) : sizes[index]])
            else:
                net.shutdown(index)
        if all(net.sides[1 - index].received == side.written and side.shut for index, side in enumerate(net.sides)):
            return all(len(side.written) == size for side, size in zip(net.sides, sizes, strict=True))
        net.run(net.now + 100 * MILLISECOND)
    return False


@given(
    client=SENDERS,
    server=SENDERS,
    before=PATTERNS,
    sizes=st.tuples(st.integers(0, 20_000), st.sampled_from([0, 1_000, 10_000])),
)
@repeatable(60)
def test_a_transfer_ends(client: TcpConfig, server: TcpConfig, before: list[str], sizes: tuple[int, int]) -> None:
    """[RFC6298-15] [RFC8985-14] [RFC6675-11] [RFC2018-08]: whatever the first segments meet, handshake included."""
    net = Network((client, server), 1)
    net.faults = list(before)
    assert finish(net, sizes, bound(before, max(sizes))), "stalled"


@given(
    sender=SENDERS,
    settled=st.integers(0, 12),
    pattern=PATTERNS,
    size=st.integers(5_000, 30_000),
)
@repeatable(60)
def test_a_transfer_that_has_begun_ends(sender: TcpConfig, settled: int, pattern: list[str], size: int) -> None:
    """The same with a window that has grown before the trouble begins."""
    net = Network((sender, sender), 2)
    net.faults = [OK] * (3 + 4 * settled) + pattern
    assert finish(net, (size, 0), bound(pattern, size)), "stalled"
