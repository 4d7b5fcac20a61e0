"""Ephemeral ports (RFC 6056)."""

from __future__ import annotations

import errno
from itertools import pairwise
from random import Random

import pytest

from synfin.host import Host, HostConfig
from synfin.host.ports import EphemeralPorts
from synfin.tcp import State
from synfin.wire.addresses import Address
from tests.host.support import A4, B4, Pair, close_at_eof, make_host


def free(local: Address, port: int, remote: Address, remote_port: int) -> bool:
    return False


def test_ports_towards_one_destination_follow_each_other() -> None:
    """[RFC6056-03] [RFC6056-07]: algorithm 3 uses a port again as late as possible."""
    ports = EphemeralPorts(Random(1), 1_024, 65_535)
    chosen = [ports.choose(free, A4, B4, 80) for _ in range(300)]
    assert len(set(chosen)) == 300
    assert all((second - first) % 64_512 == 1 for first, second in pairwise(chosen))


def test_ports_towards_different_destinations_are_unrelated() -> None:
    """[RFC6056-01] [RFC6056-03]"""
    ports = EphemeralPorts(Random(1), 1_024, 65_535)
    chosen = [ports.choose(free, A4, B4, port) for port in range(1, 200)]
    steps = {(second - first) % 64_512 for first, second in pairwise(chosen)}
    assert len(steps) > 190
    other = EphemeralPorts(Random(2), 1_024, 65_535)
    assert [other.choose(free, A4, B4, port) for port in range(1, 200)] != chosen


def test_every_port_of_the_range_is_tried_before_giving_up() -> None:
    """[RFC6056-06]"""
    taken: set[int] = set()
    ports = EphemeralPorts(Random(3), 2_000, 2_099)
    for count in range(100):
        port = ports.choose(lambda local, port, remote, remote_port: port in taken, A4, B4, 80)
        assert 2_000 <= port <= 2_099
        assert port not in taken, count
        taken.add(port)
    with pytest.raises(OSError, match="all 100 of the ephemeral range") as caught:
        ports.choose(lambda local, port, remote, remote_port: port in taken, A4, B4, 80)
    assert caught.value.errno == errno.EADDRNOTAVAIL


def small(name: str) -> Host:
    return make_host(name, config=HostConfig(ephemeral_port_first=40_000, ephemeral_port_last=40_003))


def test_fifth_connection_from_four_ports_fails_while_they_are_in_time_wait() -> None:
    """S19: the limit is per destination, and TIME_WAIT counts [RFC6056-06]."""
    pair = Pair(config=HostConfig(ephemeral_port_first=40_000, ephemeral_port_last=40_003))
    for port in (80, 81):
        pair.b.listen(port, 0, handler=close_at_eof)
    for count in range(4):
        connection = pair.a.connect(B4, 80, pair.now)
        pair.run(50)
        connection.close(pair.now)
        pair.run(50)
        assert len(pair.a.time_wait) == count + 1
        assert connection.state is State.TIME_WAIT
    with pytest.raises(OSError, match="no local port is free") as caught:
        pair.a.connect(B4, 80, pair.now)
    assert caught.value.errno == errno.EADDRNOTAVAIL
    pair.a.connect(B4, 81, pair.now)  # another destination has its own four
    with pytest.raises(OSError, match="no route"):
        pair.a.connect("192.0.2.1", 80, pair.now)
    pair.run(240_000)  # 2MSL
    assert len(pair.a.time_wait) == 0
    assert pair.a.connect(B4, 80, pair.now).local.port in range(40_000, 40_004)


def test_ports_of_open_connections_are_not_given_twice() -> None:
    host = small("A")
    ports = {host.connect(B4, 80, 0).local.port for _ in range(4)}
    assert ports == {40_000, 40_001, 40_002, 40_003}
    with pytest.raises(OSError, match="no local port is free"):
        host.connect(B4, 80, 0)


def test_ports_with_a_listener_are_left_out() -> None:
    """[RFC6056-02]"""
    host = small("A")
    host.listen(40_001, 0)
    assert {host.connect(B4, 80, 0).local.port for _ in range(3)} == {40_000, 40_002, 40_003}
    with pytest.raises(OSError, match="no local port is free"):
        host.connect(B4, 80, 0)
