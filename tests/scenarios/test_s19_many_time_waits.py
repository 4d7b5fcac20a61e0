"""S19: too many TIME_WAIT: memory and ports, and what the well-known parameters do."""

from __future__ import annotations

from errno import EADDRNOTAVAIL
from typing import Any

import pytest

from synfin.host import HostConfig
from synfin.tcp import Event
from tests.scenarios.play import CLIENT, PRESETS, TWO_MSL, Play, established, left_time_wait, waiting

FOUR_PORTS = HostConfig(ephemeral_port_first=50_000, ephemeral_port_last=50_003)


def four_ports(preset: str, **settings: Any) -> Play:
    """A has four ephemeral ports; B listens on two ports and closes at EOF."""
    play = Play(preset, isn_a=None, isn_b=None, config_a=FOUR_PORTS, **settings)
    play.b.listen(81)
    play.b.listen()
    return play


def once(play: Play, port: int = 80) -> int:
    """Connect from any port, close at once, and wait until A is in TIME_WAIT; gives the port."""
    play.b.on_eof_close()
    play.a.on(Event.CONNECTED, play.a.close)
    connection = play.a.connect("B", port, local_port=0)
    play.run(more="100ms")
    assert connection.state.name == "TIME_WAIT"
    return connection.local.port


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("timestamps", [False, True])
def test_fifth_connection_of_four_ports(preset: str, timestamps: bool) -> None:
    """S19: range of 4 ports, 6 connects: from the 5th on EADDRNOTAVAIL (measured) [RFC6056-06].

    With timestamps as well: TIME_WAIT is not reused for outgoing connections, as with tcp_tw_reuse=0.
    """
    play = four_ports(preset, timestamps=timestamps)
    assert {once(play) for _ in range(4)} == {50_000, 50_001, 50_002, 50_003}
    for _ in range(2):
        with pytest.raises(OSError, match="no local port is free") as caught:
            play.a.connect("B", local_port=0)
        assert caught.value.errno == EADDRNOTAVAIL
    assert len(play.a.node.host.time_wait) == 4


@pytest.mark.parametrize("preset", PRESETS)
def test_ports_come_back_after_2msl(preset: str) -> None:
    """S19: when the first TIME_WAIT is over, there is a port again."""
    play = four_ports(preset)
    first = once(play)
    for _ in range(3):
        once(play)
    play.run(f"{TWO_MSL[preset]}s")
    with pytest.raises(OSError, match="no local port is free"):
        play.a.connect("B", local_port=0)
    play.run(more="100ms")
    assert once(play) == first


@pytest.mark.parametrize("preset", PRESETS)
def test_limit_is_per_destination(preset: str) -> None:
    """S19: the limit holds for one (local address, remote address, remote port); another one has its own four."""
    play = four_ports(preset)
    for port in (80, 81):
        assert len({once(play, port) for _ in range(4)}) == 4
    assert len(play.a.node.host.time_wait) == 8


@pytest.mark.parametrize("preset", PRESETS)
def test_server_side_has_no_port_problem(preset: str) -> None:
    """S19: hundreds of TIME_WAIT on port 80 of a server that closes first: the next client gets in as ever."""
    play = Play(preset, isn_a=None, isn_b=None)
    play.b.listen()
    for number in range(300):
        play.b.on(Event.CONNECTED, play.b.close)
        play.a.on_eof_close()
        play.a.connect("B", local_port=10_000 + number)
        play.run(more="70ms")
    assert len(play.b.node.host.time_wait) == 300
    assert len(play.a.node.host.time_wait) == 0
    play.a.connect("B", local_port=20_000)
    play.run(more="100ms")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")


@pytest.mark.parametrize("preset", PRESETS)
def test_listen_on_a_port_with_time_wait(preset: str) -> None:
    """S19: a service that is started again gets its port although its old connections are in TIME_WAIT."""
    play = established(preset)
    play.a.on_eof_close()
    play.b.close()
    play.run("1s")
    assert len(play.b.node.host.time_wait) == 1
    assert play.b.listener is not None
    play.b.listener.close(play.now)
    play.b.listen()
    play.a.connect("B", local_port=CLIENT + 1)
    play.run("2s")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")


def test_fin_timeout_does_not_change_time_wait() -> None:
    """S19: tcp_fin_timeout=4 and TIME_WAIT is still 60 s (measured): it limits orphans in FIN_WAIT_2."""
    play = waiting("linux", fin_wait_2_timeout_ms=4_000)
    play.run()
    assert left_time_wait(play) == 60.22

    play = established("linux", fin_wait_2_timeout_ms=4_000)
    play.a.close()
    play.run()
    assert play.wire.moves("A")[-1].why == "fin-wait-2-timeout"
    assert play.wire.moves("A")[-1].now == 4_220_000_000


@pytest.mark.parametrize("preset", PRESETS)
def test_linger_zero(preset: str) -> None:
    """S19: SO_LINGER(1,0): close sends RST,ACK, no TIME_WAIT, unsent text is lost (F10) [E36]."""
    play = established(preset, linger_ms=0)
    play.cut("B>A")
    play.a.write(200_000)  # more than the window lets out
    play.run(more="5ms")
    play.skip()
    play.a.close()
    play.run("10s")
    [row] = [row for row in play.rows if row.ends[0] == "A"]
    assert row.segment.flags == 0x14
    assert row.segment.payload == b""
    assert play.a.idle
    assert play.b.end == "reset"
    assert 0 < len(play.b.received) < 65_536


@pytest.mark.parametrize("preset", PRESETS)
def test_linger_with_time(preset: str) -> None:
    """S19: SO_LINGER(1,n>0) sends what is queued and closes as usual; it only makes close() wait."""
    play = established(preset, linger_ms=5_000)
    play.b.on_eof_close()
    play.a.write(200_000)
    play.a.close()
    play.run("10s")
    assert len(play.b.received) == 200_000
    assert play.b.end == "eof"
    assert play.wire.moves("A")[-1].to_state == "TIME_WAIT"


@pytest.mark.parametrize("preset", PRESETS)
def test_letting_the_peer_close_first(preset: str) -> None:
    """S19: who closes second has no TIME_WAIT at all."""
    play = established(preset)
    play.a.on_eof_close()
    play.b.close()
    play.run("1s")
    assert play.a.idle
    assert len(play.b.node.host.time_wait) == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_keep_alive_has_nothing_to_do_with_it(preset: str) -> None:
    """S19: SO_KEEPALIVE neither avoids nor shortens TIME_WAIT."""
    play = waiting(preset, keep_alive=True, keep_alive_idle_ms=1_000)
    play.run()
    assert left_time_wait(play) == 0.22 + TWO_MSL[preset]
    assert len(play.take()) == 0


@pytest.mark.parametrize("preset", PRESETS)
def test_memory_per_record_is_small(preset: str) -> None:
    """S19: what is kept is a short record, not a connection."""
    play = waiting(preset)
    assert play.a.node.host.connections() == []
    assert len(play.a.node.host.time_wait) == 1
