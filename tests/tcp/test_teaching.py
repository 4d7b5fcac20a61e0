"""The switches that break TCP for lessons do what they say, are off everywhere, and no device takes them."""

from __future__ import annotations

from random import Random

import pytest

from synfin.config import TcpConfig
from synfin.device.base import plug
from synfin.device.memory import MemoryPair
from synfin.errors import UsageError
from synfin.host import Host
from synfin.lab.plan import Plan, Played, ends, play, wire
from synfin.trace import AppRecord, RuleRecord, StateRecord, TimerRecord

GHOST = ("B", "teach_establish_on_syn", "on")
HASTY = ("A", "teach_no_time_wait", "on")
CONSTANT = (("A", "teach_constant_isn", "100"), ("B", "teach_constant_isn", "300"))


def told(played: Played, host: str) -> list[str]:
    """What the application heard, each once: accept() says "connected" once more."""
    end = played.stage.a if host == "A" else played.stage.b
    return list(dict.fromkeys(event.value for event in end.events if event.value != "closed"))


def rules(played: Played, host: str) -> list[str]:
    return [r.rule for r in played.world.records if isinstance(r, RuleRecord) and r.host == host]


def test_they_are_off_by_default_and_in_every_preset() -> None:
    assert TcpConfig().teaching() == []
    assert TcpConfig.linux().teaching() == []
    on = TcpConfig(teach_establish_on_syn=True, teach_no_time_wait=True, teach_constant_isn=0)
    assert on.teaching() == ["teach_establish_on_syn", "teach_no_time_wait", "teach_constant_isn"]


def test_a_device_refuses_them() -> None:
    host = Host("A", rng=Random(1), tcp=TcpConfig(teach_no_time_wait=True))
    with pytest.raises(UsageError, match="teach_no_time_wait: for lessons"):
        plug(host, MemoryPair().a, "eth0", ["10.0.0.1/24"])


@pytest.mark.unjudged
def test_with_two_messages_an_old_syn_makes_a_ghost() -> None:
    """S05: B's application is told of a connection that A has not asked for."""
    assert told(play(Plan("old-duplicate-syn-closed")), "B") == []
    ghost = play(Plan("old-duplicate-syn-closed", settings=(GHOST,)))
    assert told(ghost, "B") == ["connected", "reset"]
    for_ever = play(Plan("old-duplicate-syn-closed", settings=(GHOST,), faults=("drop(A>B,RST)",)))
    assert ends(for_ever.world) == {"B": "ESTABLISHED"}
    assert not for_ever.endless
    assert for_ever.stage.b.the().info().unacked == 0
    assert not [r for r in for_ever.world.records if isinstance(r, TimerRecord) and r.action == "fire"]


@pytest.mark.unjudged
def test_with_two_messages_an_honest_connection_still_works() -> None:
    played = play(Plan("whole-life", settings=(GHOST,)))
    assert played.stage.b.received == b"hello"
    assert played.stage.a.received == b"hello to you"
    at = {(r.host, r.to_state): r.now for r in played.world.records if isinstance(r, StateRecord)}
    assert at["B", "ESTABLISHED"] < at["A", "ESTABLISHED"]


@pytest.mark.unjudged
def test_without_time_wait_a_repeated_fin_meets_a_stranger() -> None:
    """S17: the last ACK is lost."""
    assert "reset" not in "".join(rules(play(Plan("last-ack-lost")), "A"))
    played = play(Plan("last-ack-lost", settings=(HASTY,)))
    assert "closed-reset" in rules(played, "A")
    assert "RST" in wire(played.world)[-1]


@pytest.mark.unjudged
def test_two_guards_against_data_of_the_connection_before() -> None:
    """S18, S25: TIME_WAIT keeps the ports, the clock of the ISN moves the window; without both old data are new."""
    with_both = play(Plan("old-data"))
    assert "connect EADDRNOTAVAIL" in [r.detail for r in with_both.world.records if isinstance(r, AppRecord)]
    clock_only = play(Plan("old-data", settings=(HASTY,)))
    assert clock_only.stage.b.received == b"old order"
    assert "seq-outside-window" in rules(clock_only, "B")
    neither = play(Plan("old-data", settings=(HASTY, *CONSTANT)))
    assert neither.stage.b.received == b"old orderold order"


def test_the_last_ack_leaves_even_when_msl_is_nothing() -> None:
    played = play(Plan("close", settings=(("A", "msl", "0ms"),)))
    assert ends(played.world) == {"A": "CLOSED", "B": "CLOSED"}
    assert played.duration < 200_000_000
