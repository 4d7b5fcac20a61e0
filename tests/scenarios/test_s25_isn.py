"""S25: the initial sequence number is random and derived from a clock."""

from __future__ import annotations

import itertools
import logging
from random import Random

import pytest

from synfin.config import SECOND
from synfin.tcp.isn import IsnGenerator
from synfin.wire.addresses import Endpoint, parse_address
from tests.scenarios.play import CLIENT, PRESETS, Play

MODULO = 1 << 32
PER_SECOND = {"rfc": 250_000, "linux": 15_625_000}
A = parse_address("10.0.0.1")
B = parse_address("10.0.0.2")


def isns(preset: str, ports: list[int], seed: int = 1, pause: str = "1ms") -> list[int]:
    """The numbers in A's SYNs from these ports, one after the other; B refuses them all."""
    play = Play(preset, isn_a=None, seed=seed, config_a=None)
    for port in ports:
        play.a.connect("B", local_port=port)
        play.run(more=pause)
        play.a.abort()
        play.run(more="30ms")
    return [row.segment.seq for row in play.rows if row.ends[0] == "A" and row.segment.flags == 2]


@pytest.mark.parametrize("preset", PRESETS)
def test_no_correlation_between_tuples(preset: str) -> None:
    """S25: across four-tuples: uniform, and none tells the next one [RFC6528-05] [MUST-9] [SHLD-1]."""
    numbers = isns(preset, list(range(20_000, 20_600)))
    assert len(set(numbers)) == len(numbers) == 600
    parts = [number / MODULO - 0.5 for number in numbers]
    mean = sum(parts) / len(parts)
    variance = sum((part - mean) ** 2 for part in parts) / len(parts)
    serial = sum((x - mean) * (y - mean) for x, y in itertools.pairwise(parts)) / len(parts) / variance
    assert abs(mean) < 0.05  # four standard deviations of 600 uniform numbers
    assert variance == pytest.approx(1 / 12, rel=0.15)
    assert abs(serial) < 0.17
    steps = [(y - x) % MODULO for x, y in itertools.pairwise(numbers)]
    assert len(set(steps)) == len(steps)


@pytest.mark.parametrize("preset", PRESETS)
def test_slope_of_one_tuple(preset: str) -> None:
    """S25: for one four-tuple it follows a clock: 4 us a tick; 64 ns, as measured, on Linux [MUST-8] [RFC6528-01]."""
    numbers = isns(preset, [CLIENT] * 20, pause="970ms")  # with the 30 ms that follow, one second
    steps = {(y - x) % MODULO for x, y in itertools.pairwise(numbers)}
    assert steps == {PER_SECOND[preset]}


@pytest.mark.parametrize(("preset", "seconds"), [("rfc", 17_180), ("linux", 275)])
def test_when_it_wraps(preset: str, seconds: int) -> None:
    """S25: 2**32 * 4 us are 4.77 h; Linux's clock comes round in 275 s."""
    assert round(MODULO / PER_SECOND[preset]) == pytest.approx(seconds, abs=1)
    play = Play(preset, isn_a=None)
    period = MODULO * {"rfc": 4_000, "linux": 64}[preset]
    for _ in range(2):
        play.a.connect("B", local_port=CLIENT)
        play.run(more="1ms")
        play.a.abort()
        play.world.run(period)
    first, second = (row.segment.seq for row in play.rows if row.segment.flags == 2)
    assert first == second


@pytest.mark.parametrize("preset", PRESETS)
def test_monotonic_numbers_reopen_time_wait(preset: str) -> None:
    """S25, S18 d: because it only grows, a client that comes again is always let out of TIME_WAIT [RFC6191-05]."""
    play = Play(preset, isn_a=None, isn_b=None)
    play.b.listen()
    for number in range(8):
        play.b.on_eof_close()
        play.a.on_eof_close()
        play.a.connect("B")
        play.run(more="50ms")
        assert play.states == ("ESTABLISHED", "ESTABLISHED"), number
        play.b.close()
        play.run(more="5s")
        assert len(play.b.node.host.time_wait) == 1
    assert len(play.b.accepted) == 8


def test_both_ends_choose_for_themselves() -> None:
    """S25: server and client have secrets of their own; another seed gives other numbers, the same one the same."""
    assert isns("rfc", [CLIENT], seed=1) == isns("rfc", [CLIENT], seed=1)
    assert isns("rfc", [CLIENT], seed=1) != isns("rfc", [CLIENT], seed=2)
    play = Play("rfc", isn_a=None, isn_b=None).open()
    assert play.wire.rows[0].segment.seq != play.wire.rows[1].segment.seq


def test_secret_changes_at_boot() -> None:
    """S25: after a restart the numbers have nothing to do with those before [RFC6528-04]."""
    play = Play("rfc", isn_a=None)
    seen = []
    for _ in range(2):
        play.a.connect("B")
        play.run(more="1ms")
        seen.append(play.wire.rows[-1].segment.seq if play.wire.rows[-1].ends[0] == "A" else -1)
        play.a.node.crash()
        play.a.node.restart()
    assert (seen[1] - seen[0]) % MODULO > 1_000_000


def test_secret_is_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    """S25: neither in a repr, nor in a log, nor in the trace [RFC6528-02]."""
    key = Random(5).randbytes(16)
    generator = IsnGenerator(Random(5))
    with caplog.at_level(logging.DEBUG):
        generator.next(Endpoint(A, 1), Endpoint(B, 2), SECOND)
        play = Play("rfc", isn_a=None).open()
        shown = repr(generator) + str(generator) + repr(play.a.node.host) + repr(play.a.the) + play.history()
    for form in (key.hex(), repr(key)[2:-1], str(int.from_bytes(key, "big"))):
        assert form not in shown + caplog.text


def test_both_halves_matter() -> None:
    """S25: clock and hash: the same tuple at the same time, with another secret, is another number [RFC6528-02]."""
    ends = Endpoint(A, 1), Endpoint(B, 2)
    first, second = IsnGenerator(Random(1)), IsnGenerator(Random(2))
    assert first.next(*ends, 0) != second.next(*ends, 0)
    swapped = first.next(ends[1], ends[0], 0)
    assert first.next(*ends, 0) != swapped
    assert (first.next(*ends, SECOND) - first.next(*ends, 0)) % MODULO == 250_000
