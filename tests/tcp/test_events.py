"""Events are handed over, not shared."""

from __future__ import annotations

from random import Random

from synfin.tcp import Connection, Event, TcpConfig


def test_the_list_of_events_belongs_to_whoever_took_it() -> None:
    connection = Connection(TcpConfig(), rng=Random(1), local=("192.0.2.1", 40_000), remote=("192.0.2.2", 80))
    taken = connection.take_events()
    assert taken == []
    taken.append(Event.CONNECTED)  # an application that collects what it is told
    assert connection.take_events() == []
