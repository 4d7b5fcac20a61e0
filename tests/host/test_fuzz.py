"""Whatever comes in, a host never raises, and no table grows beyond its limit (laws 8 and 9)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synfin.config import MILLISECOND, TcpConfig
from synfin.host import Host, HostConfig
from synfin.host.rules import rfc_of
from synfin.tcp import Connection, Event
from synfin.wire.addresses import Address
from synfin.wire.checksum import checksum, pseudo_header_sum
from synfin.wire.frame import Frame
from synfin.wire.ipv4 import Ipv4Packet, build_ipv4
from tests.host.support import B4, B6, LAYERS, Pair, close_at_eof, make_host

LIMITS = HostConfig(
    reassembly_datagrams=8,
    reassembly_bytes=20_000,
    reassembly_fragments=32,
    neighbor_entries=16,
    neighbor_queue_packets=4,
    connections=64,
    udp_queue_datagrams=8,
    udp_queue_bytes=20_000,
    pmtu_entries=8,
    time_wait_entries=16,
    route_cache_entries=16,
    identification_entries=16,
    loopback_packets=16,
)
SERVER = TcpConfig(syn_backlog=16, backlog=8, receive_buffer_bytes=20_000, send_buffer_bytes=20_000)


def check(host: Host) -> None:
    """Every table is within its limit."""
    config = host.config
    reassembler = host._input.reassembler
    assert len(reassembler) <= config.reassembly_datagrams
    assert reassembler.bytes_held <= config.reassembly_bytes + 3_100
    assert len(host._arp.cache(host.interfaces[0])) <= config.neighbor_entries
    assert len(host._ndp.cache(host.interfaces[0])) <= config.neighbor_entries
    assert len(host.connections()) <= config.connections
    assert len(host.time_wait) <= config.time_wait_entries
    assert len(host._output.pmtu) <= config.pmtu_entries
    assert len(host._output._identifications) <= config.identification_entries
    assert len(host._routes._cache) <= config.route_cache_entries
    assert len(host._core.loopback) <= config.loopback_packets
    assert len(host._core.deadlines) <= 500
    for rule in host.rules:
        assert rfc_of(rule), f"rule {rule} has no source"


def ready(layer: int) -> Host:
    """Host A with everything open that can be attacked."""
    host = make_host("A", layer, config=LIMITS, tcp=SERVER)
    host.listen(80, 0, handler=close_at_eof)
    host.udp(7)
    return host


def traffic(layer: int) -> list[bytes]:
    """Real frames of many kinds, as they go from B to A and from A to B."""
    pair = Pair(layer=layer, config=LIMITS, tcp=SERVER)

    def serve(connection: Connection, event: Event, now: int) -> None:
        if event is Event.READABLE:
            connection.write(connection.read(1 << 20, now), now)
        if event is Event.EOF:
            connection.close(now)

    for host in (pair.a, pair.b):
        host.listen(80, 0, handler=lambda listener, child, now: setattr(child, "handler", serve))
        host.udp(7)
    for host, addresses in ((pair.b, ("10.0.0.1", "fd00::1")), (pair.a, (B4, B6))):
        for address in addresses:
            host.ping(address, pair.now, size=2_000)
            endpoint = host.udp(0)
            endpoint.sendto(bytes(3_000), (address, 7), pair.now)
            endpoint.sendto(b"closed", (address, 9), pair.now)
            connection = host.connect(address, 80, pair.now)
            connection.write(bytes(4_000), pair.now)
            connection.shutdown(pair.now)
            host.connect(address, 81, pair.now)
            pair.run(2_000)
    return [frame.data for _, _, frame in pair.seen]


TRAFFIC = {layer: traffic(layer) for layer in LAYERS}


def repair(data: bytes, layer: int) -> bytes:
    """Correct the checksums of an IPv4 packet, so that a mutation gets further in."""
    head = 14 if layer == 2 else 0
    packet = bytearray(data[head:])
    if len(packet) < 40 or packet[0] != 0x45:
        return data
    packet[10:12] = b"\x00\x00"
    packet[10:12] = checksum(bytes(packet[:20])).to_bytes(2, "big")
    at = {6: 36, 17: 26, 1: 22}.get(packet[9])
    if at is not None and len(packet) >= at + 2:
        packet[at : at + 2] = b"\x00\x00"
        start = 0
        if packet[9] != 1:
            src, dst = Address(bytes(packet[12:16])), Address(bytes(packet[16:20]))
            start = pseudo_header_sum(src, dst, packet[9], len(packet) - 20)
        packet[at : at + 2] = checksum(bytes(packet[20:]), start).to_bytes(2, "big")
    return data[:head] + bytes(packet)


def flip(rng: Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        out[rng.randrange(len(out))] = rng.choice((0, 1, 255, rng.randrange(256)))
    return bytes(out)


def shorten(rng: Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def splice(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.randrange(30)) + data[at + rng.randrange(30) :]


MUTATIONS: list[Callable[[Random, bytes], bytes]] = [flip, flip, flip, shorten, splice, lambda rng, data: data]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("seed", range(4))
def test_mutated_frames(layer: int, seed: int) -> None:
    rng = Random(f"{layer}/{seed}")
    host = ready(layer)
    now = 0
    outgoing: list[Connection] = []
    for count in range(2_500):
        data = rng.choice(MUTATIONS)(rng, rng.choice(TRAFFIC[layer]))
        if rng.random() < 0.6:
            data = repair(data, layer)
        host.receive(Frame(data), now)
        now += rng.randrange(20) * MILLISECOND
        if count % 3 == 0:
            for frame in host.poll(now):
                assert len(frame.data) <= 1_514
        if count % 100 == 0:
            check(host)
            if len(outgoing) < 8:
                outgoing.append(host.connect(rng.choice((B4, B6)), 80, now))
    check(host)
    for _ in range(2_000):
        deadline = host.next_deadline()
        if deadline is None:
            break
        now = max(now, deadline)
        host.poll(now)
    check(host)
    assert len(host._input.reassembler) == 0


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=120), max_size=8), st.sampled_from(LAYERS))
def test_random_octets(frames: list[bytes], layer: int) -> None:
    host = ready(layer)
    for number, data in enumerate(frames):
        host.receive(Frame(data), number)
        host.poll(number)
    check(host)


@settings(max_examples=300, deadline=None)
@given(
    protocol=st.sampled_from((0, 1, 6, 17, 43, 44, 51, 58, 59, 60, 200)),
    payload=st.binary(max_size=200),
    more=st.booleans(),
    offset=st.integers(0, 8191),
    options=st.binary(max_size=40),
    v6=st.booleans(),
)
def test_random_payloads_behind_a_good_header(
    protocol: int, payload: bytes, more: bool, offset: int, options: bytes, v6: bool
) -> None:
    from synfin.wire.ipv6 import Ipv6Packet, build_ipv6

    host = ready(3)
    ours = host.addresses[1] if v6 else host.addresses[0]
    if v6:
        packet = build_ipv6(Ipv6Packet(B6, ours, protocol, payload))
    else:
        packet = build_ipv4(
            Ipv4Packet(
                B4, ours, protocol, payload, more_fragments=more, fragment_offset=offset * 8 if more else 0,
                options=options,
            )
        )  # fmt: skip
    for now in (0, 70_000 * MILLISECOND):
        host.receive(Frame(packet), now)
        host.poll(now)
    check(host)


def test_traffic_is_of_all_kinds() -> None:
    """The mutations above start from what they should."""
    for layer in LAYERS:
        kinds = set()
        for data in TRAFFIC[layer]:
            packet = data[14:] if layer == 2 else data
            kinds.add((packet[0] >> 4, packet[9] if packet[0] >> 4 == 4 else packet[6]))
        assert {(4, 1), (4, 6), (4, 17), (6, 6), (6, 17), (6, 44), (6, 58)} <= kinds
