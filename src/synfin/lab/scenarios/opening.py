"""Scenarios of opening a connection: S01 to S11."""

from __future__ import annotations

from functools import partial
from typing import Final

from synfin.lab.node import Node
from synfin.lab.scenarios.stage import CLIENT_PORT, MSS, PORT, Scenario, Stage, old_syn
from synfin.tcp import Event
from synfin.wire.tcp import ACK, RST, SYN, Segment
from synfin.wire.tcp_options import TcpOptions

WAVE: Final = "handshake-and-wave"
NOTES: Final = "handshake-notes"
TALK: Final = "interview-dialogue"
STATES: Final = "states-in-detail"


def handshake(stage: Stage) -> None:
    """S01: rows 0 to 4 of its table."""
    stage.a.on(Event.CONNECTED, lambda: stage.a.write(b"hello"), after="30ms")
    stage.open()


def syn_data(stage: Stage) -> None:
    """S02 a: text on a SYN, to a server that does not do fast open."""
    stage.b.listen()
    stage.a.connect(data=b"hello", cookie=b"\x5a" * 8, fast_open=True)


def fast_open(stage: Stage) -> None:
    """S02 b: the first connection asks for a cookie, the second one uses it."""

    def again() -> None:
        cookie = None if stage.a.connection is None else stage.a.connection.fast_open_cookie
        stage.a.connect(local_port=CLIENT_PORT + 1, data=b"hello", cookie=cookie, fast_open=True)

    stage.b.listen(fast_open=True)
    stage.b.on(Event.EOF, stage.b.close)
    stage.a.on(Event.CONNECTED, stage.a.close, after="50ms")
    stage.a.connect(cookie=b"", fast_open=True)
    stage.at("300ms", again)


def fast_open_bad_cookie(stage: Stage) -> None:
    """S02 c."""
    stage.b.listen(fast_open=True)
    stage.a.connect(data=b"hello", cookie=b"\x5a" * 8, fast_open=True)


def ack_with_data(stage: Stage) -> None:
    """S03 b: the application writes as soon as connect() returns, before the ACK has left."""
    stage.a.on(Event.CONNECTED, lambda: stage.a.write(b"abc"))
    stage.open()


def open_states(stage: Stage) -> None:
    """S04: what does not move SYN_SENT and LISTEN, and what does."""
    stage.fault("hold(B>A,SYN+ACK,1)")
    stage.open()
    to_a = partial(stage.inject, to_b=False, rule="injected-by-hand")
    stage.at("30ms", lambda: to_a(Segment(PORT, CLIENT_PORT, 300, 101, ACK, 65_535)))
    stage.at("60ms", lambda: to_a(Segment(PORT, CLIENT_PORT, 300, 0, RST)))
    stray = Segment(CLIENT_PORT + 1, PORT, 7_000, 8_000, ACK, 65_535)
    stage.at("90ms", lambda: stage.inject(stray, rule="injected-by-hand"))
    stage.at("150ms", stage.world.release)


def old_duplicate_syn(stage: Stage) -> None:
    """S05, figure 8 of RFC 9293: the old SYN comes first, the reset before the real one."""
    stage.fault("delay(A>B,SYN,1,50ms)")
    stage.open()
    stage.at("5ms", partial(stage.inject, old_syn(90)))


def old_duplicate_syn_closed(stage: Stage) -> None:
    """S05, variant: A knows of no connection at all."""
    stage.b.listen()
    stage.at("5ms", partial(stage.inject, old_syn(90)))


def old_duplicate_syn_race(stage: Stage) -> None:
    """S05, variant: the real SYN overtakes the reset."""
    stage.open()
    stage.at("5ms", partial(stage.inject, old_syn(90)))


def just_open(stage: Stage) -> None:
    """B listens and A connects; the faults do the rest."""
    stage.open()


def open_and_write(stage: Stage) -> None:
    """A sends soon after it is connected."""
    stage.a.on(Event.CONNECTED, lambda: stage.a.write(b"hello"), after="30ms")
    stage.open()


def server_waits(stage: Stage) -> None:
    """S08 iii: B has something to say as soon as accept() returns."""
    stage.b.on(Event.CONNECTED, lambda: stage.b.write(b"welcome"))
    stage.open()


def ack_never(stage: Stage) -> None:
    """S08 i, to the end: B gives up, A still believes; then A sends."""
    stage.open()
    stage.at("300s", lambda: stage.a.write(b"hello"))


def accept_queue_full(stage: Stage) -> None:
    """S08: a first client fills the accept queue, the second one's ACK is ignored until somebody calls accept()."""
    stage.b.listen(accept=False, backlog=1)
    stage.a.connect(local_port=CLIENT_PORT)
    stage.at("5ms", lambda: stage.a.connect(local_port=CLIENT_PORT + 1))
    stage.at("2500ms", stage.b.accept)


def syn_received(stage: Stage) -> None:
    """S09: the third segment is kept back; meanwhile B is in SYN_RECEIVED for everybody to see."""
    stage.open()
    stage.at("500ms", stage.world.release)


def flood(stage: Stage, *, cookies: bool) -> None:
    """S10: SYNs from addresses that do not exist, then an honest client."""
    stage.b.listen(syn_backlog=2, syn_cookies=cookies)
    for number in range(3):
        forged = Segment(1_000 + number, PORT, 5_000 * (number + 1), 0, SYN, 1_024, options=TcpOptions(mss=MSS))
        where = f"10.0.0.{66 + number}"
        stage.at(f"{5 * (number + 1)}ms", partial(stage.inject, forged, rule="injected-spoofed", source=where))
    stage.a.on(Event.CONNECTED, lambda: stage.a.write(b"hello"), after="30ms")
    stage.at("50ms", stage.a.connect)


def syn_flood(stage: Stage) -> None:
    """S10 without cookies."""
    flood(stage, cookies=False)


def syn_flood_cookies(stage: Stage) -> None:
    """S10 with cookies."""
    flood(stage, cookies=True)


def cookies_ack_lost(stage: Stage) -> None:
    """S08, SYN cookies: B kept no state, the ACK is lost, and B was to speak first."""
    stage.b.listen(syn_backlog=0, syn_cookies=True)
    stage.b.on(Event.CONNECTED, lambda: stage.b.write(b"welcome"))
    stage.a.connect()


def simultaneous_open(stage: Stage) -> None:
    """S11: both connect to each other's port at the same time."""
    node_a: Node = stage.host_a
    stage.a.connect("B", CLIENT_PORT + 1, CLIENT_PORT)
    stage.b.connect(node_a.name, CLIENT_PORT, CLIENT_PORT + 1)


SCENARIOS: Final = (
    Scenario("handshake", "S01", NOTES, handshake),
    Scenario("syn-data", "S02", WAVE, syn_data),
    Scenario("fast-open", "S02", WAVE, fast_open, isn_a=(100, 1_100), isn_b=(300, 1_300)),
    Scenario("fast-open-bad-cookie", "S02", WAVE, fast_open_bad_cookie),
    Scenario("ack-with-data", "S03", WAVE, ack_with_data),
    Scenario("open-states", "S04", STATES, open_states),
    Scenario("old-duplicate-syn", "S05", NOTES, old_duplicate_syn, isn_b=(300, 400)),
    Scenario("old-duplicate-syn-closed", "S05", NOTES, old_duplicate_syn_closed),
    Scenario("old-duplicate-syn-race", "S05", NOTES, old_duplicate_syn_race, isn_b=(300, 400)),
    Scenario("syn-lost", "S06", TALK, open_and_write, ("drop(A>B,SYN,1)",)),
    Scenario("syn-never-answered", "S06", TALK, just_open, ("drop(A>B,SYN,all)",)),
    Scenario("synack-lost", "S07", TALK, just_open, ("drop(B>A,SYN+ACK,1)",)),
    Scenario("ack-lost", "S08", TALK, just_open, ("drop(A>B,ACK,1)",)),
    Scenario("ack-lost-data", "S08", TALK, open_and_write, ("drop(A>B,ACK,1)",)),
    Scenario("ack-lost-server-first", "S08", TALK, server_waits, ("drop(A>B,ACK,1)",)),
    Scenario("ack-lost-always", "S08", TALK, ack_never, ("drop(A>B,ACK,all)",)),
    Scenario("syn-cookie-ack-lost", "S08", TALK, cookies_ack_lost, ("drop(A>B,ACK,1)",)),
    Scenario("accept-queue-full", "S08", TALK, accept_queue_full, isn_a=(100, 1_100), isn_b=(300, 1_300)),
    Scenario("syn-received", "S09", STATES, syn_received, ("hold(A>B,ACK,1)",)),
    Scenario("syn-flood", "S10", STATES, syn_flood, isn_b=(300, 310, 320, 330), until="4s"),
    Scenario("syn-flood-cookies", "S10", STATES, syn_flood_cookies, isn_b=(300, 310, 320, 330), until="900ms"),
    Scenario("simultaneous-open", "S11", STATES, simultaneous_open),
)
