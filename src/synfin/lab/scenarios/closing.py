"""Scenarios of closing a connection: S12 to S21."""

from __future__ import annotations

from typing import Any, Final

from synfin.host import HostConfig
from synfin.lab.scenarios.opening import NOTES, STATES, TALK, WAVE
from synfin.lab.scenarios.stage import CLIENT_PORT, PORT, Scenario, Stage
from synfin.tcp import Event
from synfin.wire.tcp import ACK, PSH, RST, Segment

# With these both ends' SND.NXT are 100 and 300 after the handshake, as in figure 12 of RFC 9293.
BEFORE: Final[dict[str, Any]] = {"isn_a": (99,), "isn_b": (299,)}


FOUR_PORTS: Final = HostConfig(ephemeral_port_first=40_000, ephemeral_port_last=40_003)


def whole_life(stage: Stage) -> None:
    """Handshake, some data both ways, four-way close, TIME_WAIT, CLOSED."""
    stage.a.on(Event.CONNECTED, lambda: stage.a.write(b"hello"), after="30ms")
    stage.b.on(Event.READABLE, lambda: stage.b.write(b"hello to you"), after="10ms")
    stage.converse(close_after="150ms")


def close(stage: Stage) -> None:
    """S12, figure 12: A closes, B a little later."""
    stage.converse()


def three_way_close(stage: Stage) -> None:
    """S15, and S12 as Linux shows it: B closes as soon as it reads the end, so ACK and FIN share a segment."""
    stage.b.on(Event.EOF, stage.b.close)
    stage.a.on(Event.CONNECTED, stage.a.close, after="100ms")
    stage.open()


def half_close(stage: Stage) -> None:
    """S13: A has nothing more to say, B has 24 octets."""
    stage.b.on(Event.EOF, lambda: stage.b.write(b"the rest of the answer.\n"), after="30ms")
    stage.b.on(Event.EOF, stage.b.close, after="200ms")
    stage.a.on(Event.EOF, stage.a.close)
    stage.a.on(Event.CONNECTED, stage.a.shutdown, after="100ms")
    stage.open()


def close_then_data(stage: Stage) -> None:
    """S13, contrast: A has closed for good, and B's data come too late."""
    stage.b.on(Event.EOF, lambda: stage.b.write(b"too late"), after="30ms")
    stage.a.on(Event.CONNECTED, stage.a.close, after="100ms")
    stage.open()


def close_unread(stage: Stage) -> None:
    """S13, contrast: A closes without having read what came."""
    stage.a.reading = False
    stage.b.on(Event.CONNECTED, lambda: stage.b.write(b"read me"))
    stage.a.on(Event.CONNECTED, stage.a.close, after="100ms")
    stage.open()


def fin_number(stage: Stage) -> None:
    """S14: three octets and the FIN in one segment; the acknowledgment counts four."""

    def say_and_close() -> None:
        stage.a.write(b"bye")
        stage.a.close()

    stage.b.on(Event.EOF, stage.b.close, after="100ms")
    stage.a.on(Event.CONNECTED, say_and_close, after="30ms")
    stage.open()


def fin_before_data(stage: Stage) -> None:
    """S14: the FIN arrives, the octets before it do not."""
    stage.b.on(Event.EOF, stage.b.close, after="100ms")
    stage.a.on(Event.CONNECTED, lambda: stage.a.write(b"bye"), after="30ms")
    stage.a.on(Event.CONNECTED, stage.a.close, after="35ms")
    stage.open()


def simultaneous_close(stage: Stage) -> None:
    """S16, figure 13: both applications close before they know of each other."""
    stage.open()
    stage.at("200ms", stage.a.close)
    stage.at("200ms", stage.b.close)


def time_wait_old_duplicate(stage: Stage) -> None:
    """S18: data of long ago, and a bare ACK, reach A in TIME_WAIT."""
    stage.converse()
    old = Segment(PORT, CLIENT_PORT, 0xFFFF_FFFF - 199, 100, ACK | PSH, 65_535, payload=b"old news")
    stage.at("30s", lambda: stage.inject(old, to_b=False))
    stage.at("40s", lambda: stage.inject(Segment(PORT, CLIENT_PORT, 301, 101, ACK, 65_535), to_b=False))


def time_wait_reset(stage: Stage) -> None:
    """S18 c: an old reset with exactly the expected number."""
    stage.converse()
    stage.at("30s", lambda: stage.inject(Segment(PORT, CLIENT_PORT, 301, 0, RST), to_b=False))


def time_wait_reuse(stage: Stage) -> None:
    """S18 d: the server closed first and is in TIME_WAIT; the client comes again from the same port."""
    stage.a.on(Event.EOF, stage.a.close, after="30ms")
    stage.b.on(Event.CONNECTED, stage.b.close, after="100ms")
    stage.open()
    stage.at("20s", stage.a.connect)


def time_wait_missing(stage: Stage) -> None:
    """S18, RFC 1337: TIME_WAIT is cut short, the pair of ports used again, and old data are taken for new."""

    def again() -> None:
        stage.host_a.restart()
        stage.a.connect()

    stage.b.on(Event.EOF, stage.b.close)
    stage.a.on(Event.CONNECTED, lambda: stage.a.write(bytes(51)), after="30ms")
    stage.a.on(Event.CONNECTED, lambda: stage.a.write(b"old order"), after="60ms")
    stage.a.on(Event.CONNECTED, stage.a.close, after="100ms")
    stage.open()
    stage.at("1s", again)
    ghost = Segment(CLIENT_PORT, PORT, 151, 401, ACK | PSH, 65_535, payload=b"old order")
    stage.at("1500ms", lambda: stage.inject(ghost))


def old_data(stage: Stage) -> None:
    """S18, S25: what guards a connection against data of the one before it, on the same pair of ports."""
    stage.b.on(Event.EOF, stage.b.close)
    stage.a.on(Event.CONNECTED, lambda: stage.a.write(b"old order"), after="30ms")
    stage.a.on(Event.CONNECTED, stage.a.close, after="100ms")
    stage.open()
    stage.at("1500ms", stage.a.connect)


def time_wait_ports(stage: Stage) -> None:
    """S19: four ports, a new connection each 100 ms, and nothing to wait for but 2MSL."""
    stage.b.listen()

    def once() -> None:
        stage.a.on(Event.CONNECTED, stage.a.close)
        stage.b.on(Event.EOF, stage.b.close)
        stage.a.connect(local_port=0)

    for number in range(5):
        stage.at(f"{100 * number}ms", once)


def linger_reset(stage: Stage) -> None:
    """S19: SO_LINGER with time 0."""
    stage.b.listen()
    stage.a.on(Event.CONNECTED, stage.a.close, after="100ms")
    stage.a.connect(linger_ms=0)


def close_wait(stage: Stage) -> None:
    """S20: B's application never closes."""
    stage.a.on(Event.CONNECTED, stage.a.shutdown, after="100ms")
    stage.open()


def fin_wait_2(stage: Stage) -> None:
    """S21: A has closed, B closes ninety seconds later."""
    stage.converse(answer_after="90s")


SCENARIOS: Final = (
    Scenario("whole-life", "S01 S12 S17", WAVE, whole_life),
    Scenario("close", "S12", WAVE, close, **BEFORE),
    Scenario("fin-lost", "S12", WAVE, close, ("drop(A>B,FIN,1)",), **BEFORE),
    Scenario("fin-ack-lost", "S12", WAVE, close, ("drop(B>A,ACK,last)",), **BEFORE),
    Scenario("second-fin-lost", "S12", WAVE, close, ("drop(B>A,FIN,1)",), **BEFORE),
    Scenario("half-close", "S13", WAVE, half_close, **BEFORE),
    Scenario("close-then-data", "S13", WAVE, close_then_data, **BEFORE),
    Scenario("close-unread", "S13", WAVE, close_unread, **BEFORE),
    Scenario("fin-number", "S14", STATES, fin_number, **BEFORE),
    Scenario("fin-before-data", "S14", STATES, fin_before_data, ("drop(A>B,DATA,1)",), **BEFORE),
    Scenario("three-way-close", "S15", STATES, three_way_close, **BEFORE),
    Scenario("simultaneous-close", "S16", STATES, simultaneous_close, **BEFORE),
    Scenario("simultaneous-close-ack-lost", "S16", STATES, simultaneous_close, ("drop(B>A,ACK,last)",), **BEFORE),
    Scenario("last-ack-lost", "S17", WAVE, close, ("drop(A>B,ACK,last)",), **BEFORE),
    Scenario("time-wait-old-duplicate", "S18", TALK, time_wait_old_duplicate, **BEFORE),
    Scenario("time-wait-reset", "S18", TALK, time_wait_reset, **BEFORE),
    Scenario("time-wait-reuse", "S18", TALK, time_wait_reuse, isn_a=(99, 64_099), isn_b=(299, 299)),
    Scenario("time-wait-missing", "S18", TALK, time_wait_missing, isn_a=(99, 150), isn_b=(299, 400)),
    Scenario("old-data", "S18", TALK, old_data, ("dup(A>B,DATA,1,2s)",), isn_a=None, isn_b=None),
    Scenario("time-wait-ports", "S19", TALK, time_wait_ports, host_config_a=FOUR_PORTS, until="1s"),
    Scenario("linger-reset", "S19", NOTES, linger_reset, **BEFORE),
    Scenario("close-wait", "S20", STATES, close_wait, **BEFORE),
    Scenario("fin-wait-2", "S21", STATES, fin_wait_2, **BEFORE),
)
