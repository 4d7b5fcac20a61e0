"""What an application may ask when it opens a connection, and the secret that each start of a host has."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from synfin.host import Host
from synfin.tcp import State
from synfin.wire.addresses import Endpoint, as_address
from synfin.wire.tcp import SYN
from tests.host.support import B4, B6, Pair, segment_in


def test_open_takes_a_local_address_and_uses_it_in_every_segment() -> None:
    """[MUST-43]: named, it is kept; it must be ours."""
    pair = Pair()
    pair.a.add_address("eth0", "10.0.0.11/24")
    pair.b.listen(80, 0)
    connection = pair.a.connect(B4, 80, 0, local="10.0.0.11", local_port=5000)
    pair.run(50)
    assert connection.local == Endpoint(as_address("10.0.0.11"), 5000)
    assert {packet[12:16] for packet in pair.sent("A")} == {as_address("10.0.0.11")}
    with pytest.raises(OSError, match="cannot be our end"):
        pair.a.connect(B4, 80, pair.now, local="10.0.0.99")


@pytest.mark.parametrize("state", [State.SYN_SENT, State.SYN_RECEIVED])
def test_listen_beside_a_connection_that_is_opening_on_the_same_port(state: State) -> None:
    """[MUST-42] [MUST-41]: the new listener takes other peers, the opening connection goes on."""
    pair = Pair()
    opening = pair.a.connect(B4, 2_000, 0, local_port=80)
    if state is State.SYN_RECEIVED:  # simultaneous open, its third segment withheld
        pair.b.connect("10.0.0.1", 80, 0, local_port=2_000)
        pair.lost = lambda name, frame: segment_in(frame.data).flags != SYN
    else:
        pair.lost = lambda name, frame: True
    pair.run(100)
    assert opening.state is state
    listener = pair.a.listen(80, pair.now)
    pair.lost = None
    other = pair.b.connect("10.0.0.1", 80, pair.now)
    pair.run(100)
    assert other.state is State.ESTABLISHED
    accepted = listener.accept()
    assert accepted is not None
    assert accepted.remote == other.local
    assert opening.state is not State.CLOSED


@pytest.mark.parametrize("address", [B4, B6])
def test_diffserv_can_change_during_the_connection_and_reaches_ip_unchanged(address: bytes) -> None:
    """[SHLD-21] [SHLD-22]: all eight bits, as they were given."""
    pair = Pair()
    pair.b.listen(80, 0)
    connection = pair.a.connect(address, 80, 0)
    pair.run(50)
    seen = []
    for value in (0x00, 0xB8, 0x04, 0xFC):
        pair.seen.clear()
        connection.configure(pair.now, traffic_class=value)
        connection.write(b"x", pair.now)
        pair.run(500)
        [packet] = [packet for packet in pair.sent("A") if segment_in(packet).payload]
        seen.append(packet[1] if len(address) == 4 else int.from_bytes(packet[:4], "big") >> 20 & 0xFF)
    assert seen == [0x00, 0xB8, 0x04, 0xFC]


def test_every_start_of_a_host_has_a_secret_of_its_own() -> None:
    """[RFC6528-04]: same pair of ends, same time, another start: initial numbers are unrelated."""
    numbers = []
    for start in range(50):
        host = Host("A", rng=Random(start))
        host.add_interface("eth0", ["10.0.0.1/24"])
        host.connect(B4, 80, 0, local_port=5_000)
        [frame] = host.poll(0)
        numbers.append(segment_in(frame.data).seq)
    assert len(set(numbers)) == 50
    steps = {(second - first) % 2**32 >> 24 for first, second in pairwise(numbers)}
    assert len(steps) > 30  # they do not follow each other at any fixed distance


def test_what_a_socket_layer_asks_before_it_opens() -> None:
    """[MUST-44] [RFC6056-06]: our address towards a host, and a port that neither we nor the caller have taken."""
    pair = Pair()
    assert pair.a.source_for(B4) == as_address("10.0.0.1")
    assert pair.a.source_for(B6) == as_address("fd00::1")
    with pytest.raises(OSError, match="no route"):
        pair.a.source_for("192.0.2.1")
    used = pair.a.connect(B4, 80, 0)
    local = as_address("10.0.0.1")
    assert pair.a.port_in_use(local, used.local.port, as_address(B4), 80)
    assert not pair.a.port_in_use(local, used.local.port, as_address(B4), 81)
    refused: list[int] = []

    def first_three(address: bytes, port: int, remote: bytes, remote_port: int) -> bool:
        refused.append(port)
        return len(refused) <= 3

    port = pair.a.choose_port(first_three, local, as_address(B4), 80)
    assert port == refused[-1]
    assert len(refused) == 4
