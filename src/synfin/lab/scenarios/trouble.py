"""Scenarios of resets, flags, headers, numbers, and of what a connection is: S22 to S26."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from synfin.lab.scenarios.closing import BEFORE
from synfin.lab.scenarios.opening import STATES, TALK, WAVE
from synfin.lab.scenarios.stage import CLIENT_PORT, PORT, Scenario, Stage
from synfin.tcp import Event
from synfin.wire.tcp import ACK, FIN, PSH, RST, SYN, URG, Segment

OPTIONS: Final[dict[str, Any]] = {"timestamps": True, "window_scaling": True, "receive_buffer_bytes": 262_144}


def refused(stage: Stage) -> None:
    """S22: nobody listens on the port."""
    stage.a.connect()


def half_open(stage: Stage) -> None:
    """S22, figure 10: A loses its memory, B sends."""
    stage.open()
    stage.at("100ms", stage.host_a.crash)
    stage.at("500ms", stage.host_a.restart)
    stage.at("1s", lambda: stage.b.write(b"are you there?"))


def half_open_reconnect(stage: Stage) -> None:
    """S22, figure 9: A loses its memory and connects again from the same port."""
    stage.open()
    stage.at("100ms", stage.host_a.crash)
    stage.at("500ms", stage.host_a.restart)
    stage.at("1s", stage.a.connect)


def reset_checks(stage: Stage) -> None:
    """S22, RFC 5961: resets and a SYN from a blind attacker, outside of the window, inside, and exact."""
    stage.open()

    def forge(time: str, seq: int, flags: int) -> None:
        segment = Segment(CLIENT_PORT, PORT, seq, 0, flags, 1_024)
        stage.at(time, lambda: stage.inject(segment, rule="injected-spoofed"))

    forge("100ms", 2_000_000_000, RST)
    forge("200ms", 5_000, RST)
    forge("300ms", 5_000, SYN)
    forge("400ms", 100, RST)


def abort(stage: Stage) -> None:
    """S22: the application breaks off."""
    stage.b.on(Event.CONNECTED, lambda: stage.b.write(b"a long story"))
    stage.a.on(Event.CONNECTED, stage.a.abort, after="100ms")
    stage.open()


def flags(stage: Stage) -> None:
    """S23: combinations that no sane sender uses, to a port where somebody listens."""
    stage.b.listen()
    for number, bits in enumerate((0, FIN, FIN | PSH | URG, SYN | RST, SYN | FIN, ACK)):
        segment = Segment(CLIENT_PORT + number, PORT, 100, 0, bits, 1_024)
        stage.at(f"{100 * number}ms", partial(stage.inject, segment, rule="injected-by-hand"))


def urgent(stage: Stage) -> None:
    """S23: urgent data is a mark in the stream, no second channel."""
    stage.a.on(Event.CONNECTED, lambda: stage.a.write(b"stop!", urgent=True), after="30ms")
    stage.open()


def bad_checksum(stage: Stage) -> None:
    """S24: one bit is turned on the way."""
    stage.a.on(Event.CONNECTED, lambda: stage.a.write(b"hello"), after="30ms")
    stage.open()


def options(stage: Stage) -> None:
    """S24: what both SYNs agree on."""
    stage.a.on(Event.CONNECTED, lambda: stage.a.write(bytes(4_000)), after="30ms")
    stage.open()


def isn(stage: Stage) -> None:
    """S25: three connections; the third one has the ports of the first."""
    stage.b.listen()
    for second, port in enumerate((CLIENT_PORT, CLIENT_PORT + 1, CLIENT_PORT)):
        stage.at(f"{second}s", partial(stage.a.connect, local_port=port))
        stage.at(f"{second}.1s", stage.a.abort)


def just_state(stage: Stage) -> None:
    """S26: a day without a network, and then data as if nothing had been."""
    stage.open()
    stage.at("1s", lambda: stage.world.partition(stage.host_a, stage.host_b))
    stage.at("24h", stage.world.heal)
    stage.at("24h", lambda: stage.a.write(b"good morning"))


def keep_alive(stage: Stage) -> None:
    """S26: B vanishes; only keep-alive finds out."""
    stage.b.listen()
    stage.a.connect(keep_alive=True)
    stage.at("1s", stage.host_b.crash)


SCENARIOS: Final = (
    Scenario("refused", "S22", TALK, refused),
    Scenario("half-open", "S22", TALK, half_open, **BEFORE),
    Scenario("half-open-reconnect", "S22", TALK, half_open_reconnect, isn_a=(99, 64_099), isn_b=(299, 64_299)),
    Scenario("reset-checks", "S22", TALK, reset_checks, **BEFORE),
    Scenario("abort", "S22", STATES, abort, **BEFORE),
    Scenario("flags", "S23", STATES, flags),
    Scenario("urgent", "S23", STATES, urgent),
    Scenario("bad-checksum", "S24", WAVE, bad_checksum, ("corrupt(A>B,DATA,1)",)),
    Scenario("options", "S24", WAVE, options, settings_a=OPTIONS, settings_b=OPTIONS),
    Scenario("isn", "S25", TALK, isn, isn_a=None, isn_b=None),
    Scenario("just-state", "S26", TALK, just_state),
    Scenario("keep-alive", "S26", TALK, keep_alive),
)
