"""What a connection does not have while nothing is sent on it, so that an idle one costs little memory."""

from __future__ import annotations

from random import Random

import pytest

from synfin.config import TcpConfig
from synfin.errors import UsageError
from synfin.tcp import Connection
from synfin.tcp.recovery.idle import NOTHING_LOST, NOTHING_SENT
from synfin.tcp.tcb import Tcb
from synfin.tcp.timers import RETRANSMIT, Timers
from tests.harness import Established, Opened

WRAP_AROUND = True


def light(tcb: Tcb) -> bool:
    """Nothing that only sending needs is there."""
    return (
        tcb.board is NOTHING_SENT and tcb.recovery is NOTHING_LOST and tcb.sample is None and not tcb.has_congestion()
    )


def test_receiving_and_asking_need_nothing_of_what_sending_needs() -> None:
    t = Established(mss=1000, sackok=True)
    t.inject("PA len=500")
    assert len(t.app.read(1000)) == 500
    t.drain()
    t.connection.configure(t.now, nodelay=True)
    assert light(t.connection.tcb)
    t.app.write(b"x")
    t.drain()
    assert not light(t.connection.tcb)
    assert t.connection.tcb.has_congestion()


def test_a_fin_needs_it_too() -> None:
    t = Established()
    t.app.shutdown()
    assert t.drain()[-1].flags == "FA"
    assert not light(t.connection.tcb)


def test_the_first_text_finds_what_the_handshake_has_learnt() -> None:
    """A window of one segment after a lost SYN, however late the first text comes; settings made meanwhile hold."""
    t = Opened(mss=1000)
    t.advance(ms=1000)
    t.inject("SA win=65535")
    t.drain()
    t.connection.configure(t.now, congestion="newreno")
    assert light(t.connection.tcb)
    t.advance(ms=60_000)
    t.app.write(b"x" * 20_000)
    assert len(t.drain()) == 1
    assert t.connection.tcb.congestion.name == "newreno"
    assert t.connection.info(t.now).total_rto == 1


def test_a_list_of_deadlines_is_there_while_a_timer_runs() -> None:
    none_runs = Timers().deadlines
    timers = Timers()
    timers.set(RETRANSMIT, 5)
    assert timers.next() == 5
    assert timers.deadlines is not none_runs
    timers.set(RETRANSMIT, 7)
    assert timers.next() == 7
    timers.clear()
    assert timers.deadlines is none_runs
    assert not timers.running(RETRANSMIT)


def test_unknown_names_are_told_when_the_connection_is_made() -> None:
    """And not with the first text."""
    for wrong in (TcpConfig(congestion="nonsense"), TcpConfig(recovery="nonsense")):
        with pytest.raises(UsageError, match="nonsense"):
            Connection(wrong, rng=Random(1), local=("192.0.2.1", 1), remote=("192.0.2.2", 2))
