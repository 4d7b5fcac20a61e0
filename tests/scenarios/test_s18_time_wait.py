"""S18: TIME_WAIT turns old duplicates away: which segment does what to it."""

from __future__ import annotations

from typing import Any

import pytest

from synfin.wire.tcp_options import TcpOptions
from tests.scenarios.play import PRESETS, TWO_MSL, Play, established, left_time_wait, waiting

HELD = [False, True]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("held", HELD)
def test_old_text(preset: str, held: bool) -> None:
    """S18: old text <SEQ=RCV.NXT-500> is acknowledged and thrown away [E20].

    a) The RFC restarts 2MSL for a repeated FIN only, Linux for any such segment (57 -> 59 s, F1c).
    """
    play = waiting(preset, held=held, isn_b=10_299)
    play.run("4s")
    play.inject("B>A <SEQ=9801><ACK=101><ACK>[100]")
    play.run("5s")
    play.expect("""
        B>A <SEQ=9801><ACK=101><ACK>[100]  TIME_WAIT  CLOSED  old
        A>B <SEQ=101><ACK=10301><ACK>      TIME_WAIT  CLOSED  lost
    """)
    assert play.a.received == b""
    play.run()
    assert left_time_wait(play) == {"rfc": 240.22, "linux": 64}[preset]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("held", HELD)
def test_acceptable_ack(preset: str, held: bool) -> None:
    """S18 b: an acceptable pure ACK draws no answer, but restarts Linux's time as well."""
    play = waiting(preset, held=held)
    play.run("4s")
    play.inject("B>A <SEQ=301><ACK=101><ACK>")
    play.run("5s")
    play.expect("B>A <SEQ=301><ACK=101><ACK> old TIME_WAIT CLOSED")
    play.run()
    assert left_time_wait(play) == {"rfc": 240.22, "linux": 64}[preset]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("held", HELD)
def test_reset(preset: str, held: bool) -> None:
    """S18 c: a RST at RCV.NXT kills Linux's TIME_WAIT (F1d); with RFC 1337's fix it does not [RFC1337-02]."""
    play = waiting(preset, held=held)
    play.run("4s")
    play.inject("B>A <SEQ=301><RST>")
    play.run("5s")
    state = {"rfc": "TIME_WAIT", "linux": "CLOSED"}[preset]
    play.expect(f"B>A <SEQ=301><RST> old {state} CLOSED")
    play.run()
    assert left_time_wait(play) == {"rfc": 240.22, "linux": 4}[preset]


@pytest.mark.parametrize("held", HELD)
def test_linux_with_rfc1337(held: bool) -> None:
    """S18 c: tcp_rfc1337=1 [RFC1337-02]."""
    play = waiting("linux", held=held, rfc1337=True)
    play.inject("B>A <SEQ=301><RST>")
    play.run()
    assert left_time_wait(play) == 60.22


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("seq", [300, 10, 301 + 70_000])
def test_reset_outside_the_window(preset: str, seq: int) -> None:
    """S18 c: any other RST from outside of the window does nothing [RFC5961-01]."""
    play = waiting(preset)
    play.inject(f"B>A <SEQ={seq}><RST>")
    play.run("5s")
    play.expect(f"B>A <SEQ={seq}><RST> old TIME_WAIT CLOSED")


def test_assassination() -> None:
    """S18, RFC 1337 figure 1: old duplicate, ACK from TIME_WAIT, and B, which knows nothing, resets [RFC1337-01]."""
    for preset, survives in (("rfc", True), ("linux", False)):
        play = waiting(preset)
        play.world.faults.clear()
        play.inject("B>A <SEQ=290><ACK=101><ACK>[5]")
        play.run("1100ms")
        state = "TIME_WAIT" if survives else "CLOSED"
        play.expect(f"""
            B>A <SEQ=290><ACK=101><ACK>[5]  TIME_WAIT  CLOSED  old
            A>B <SEQ=101><ACK=301><ACK>     TIME_WAIT  CLOSED
            B>A <SEQ=301><RST>              {state}    CLOSED
        """)


def server_waiting(preset: str, *, held: bool = False, isn_a: int = 5_000, **settings: Any) -> Play:
    """B has closed first and is in TIME_WAIT with SND.NXT=301, RCV.NXT=101; A is CLOSED, its next ISN is `isn_a`."""
    play = established(preset, isn_a=[99, isn_a], isn_b=[299, 299], **settings)
    play.a.on_eof_close()
    if held:
        play.b.shutdown()
    else:
        play.b.close()
    play.run("2s")
    play.skip()
    assert play.wire.moves("B")[-1].to_state == "TIME_WAIT"
    return play


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("held", HELD)
def test_new_syn_reopens(preset: str, held: bool) -> None:
    """S18 d: a SYN with a larger number opens the connection anew at once (F1e) [MAY-2] [RFC6191-05].

    The new ISN is 65537 above the old SND.NXT, as measured on Linux.
    """
    play = server_waiting(preset, held=held)
    play.a.connect("B")
    play.run("3s")
    play.expect("""
        2000ms A>B <SEQ=5000><SYN>                    SYN_SENT     SYN_RCVD
        2010ms B>A <SEQ=65838><ACK=5001><SYN,ACK>     ESTABLISHED  SYN_RCVD
        2020ms A>B <SEQ=5001><ACK=65839><ACK>         ESTABLISHED  ESTABLISHED
    """)
    assert len(play.b.accepted) == 2
    play.b.write(10)
    play.run("4s")
    assert len(play.a.received) == 10


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("held", HELD)
@pytest.mark.parametrize("seq", [50, 99])
def test_old_syn_does_not(preset: str, held: bool, seq: int) -> None:
    """S18 d: lower number: Linux acknowledges, RFC 6191 is silent; both stay in TIME_WAIT [RFC6191-06] [RFC6191-07]."""
    play = server_waiting(preset, held=held)
    play.cut("B>A")
    play.inject(f"A>B <SEQ={seq}><SYN>")
    play.run("3s")
    answer = "B>A <SEQ=301><ACK=101><ACK> CLOSED TIME_WAIT lost" if preset == "linux" else ""
    play.expect(f"A>B <SEQ={seq}><SYN> old CLOSED TIME_WAIT\n{answer}")
    play.run()
    assert left_time_wait(play, "B") == 0.22 + TWO_MSL[preset]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("held", HELD)
def test_newer_timestamp_reopens(preset: str, held: bool) -> None:
    """S18 d: with timestamps the newer one decides, although the number is lower [RFC6191-01] [SHLD-4]."""
    play = server_waiting(preset, held=held, isn_a=50, timestamps=True)
    play.a.connect("B")
    play.run("3s")
    assert play.take()[0].states == ["SYN_SENT", "SYN_RECEIVED"]
    assert play.states == ("ESTABLISHED", "ESTABLISHED")


@pytest.mark.parametrize("preset", PRESETS)
def test_older_timestamp_does_not(preset: str) -> None:
    """S18 d: an older timestamp keeps it closed, although the number is larger [RFC6191-06]."""
    play = server_waiting(preset, timestamps=True)
    play.cut("B>A")
    play.inject("A>B <SEQ=5000><SYN>", options=TcpOptions(ts_val=10))
    play.run("3s")
    assert play.take()[0].states == ["CLOSED", "TIME_WAIT"]


@pytest.mark.parametrize("preset", PRESETS)
def test_nobody_listens_any_more(preset: str) -> None:
    """S18 d: without a listener there is nothing to reopen; TIME_WAIT lasts."""
    play = server_waiting(preset)
    assert play.b.listener is not None
    play.b.listener.close(play.now)
    play.cut("B>A")
    play.inject("A>B <SEQ=5000><SYN>")
    play.run("3s")
    assert play.wire.moves("B")[-1].to_state == "TIME_WAIT"


def second_life(**settings: Any) -> Play:
    """A forgets TIME_WAIT and uses the same pair of ports again, with numbers close to the old ones."""
    play = established("rfc", isn_a=[99, 120], isn_b=[299, 299], **settings)
    play.b.on_eof_close()
    play.a.close()
    play.run("1s")
    play.a.node.crash()
    play.a.node.restart()
    play.run("5s")
    play.a.connect("B")
    play.run("6s")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")
    play.skip()
    return play


GHOST = "A>B <SEQ=121><ACK=300><ACK>[8]"  # sent by the first life, arrives in the second


def test_why_the_wait_exists() -> None:
    """S18: after a forced early end an old segment inside the new window is taken for new [RFC1337-03]."""
    play = second_life()
    play.inject(GHOST, payload=b"OLD NEWS")
    play.run("7s")
    assert play.b.received == b"OLD NEWS"


def test_paws_stops_the_ghost() -> None:
    """S18: with timestamps the old segment is recognized by its time and thrown away (RFC 7323 5) [RFC7323-12]."""
    play = second_life(timestamps=True)
    play.inject(GHOST, payload=b"OLD NEWS", options=TcpOptions(ts_val=900, ts_ecr=20))
    play.run("7s")
    assert play.b.received == b""
    assert "paws" in play.rules("B")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")
    play.a.write(b"fresh")
    play.run("8s")
    assert play.b.received == b"fresh"


@pytest.mark.parametrize("preset", PRESETS)
def test_desynchronised_ends_do_not_talk_for_ever(preset: str) -> None:
    """S18, RFC 1337 hazard H2: two ends that disagree stop exchanging ACKs soon [RFC1337-04] [RFC5961-12]."""
    play = established(preset)
    play.inject("A>B <SEQ=100><ACK=300><ACK>[8]")  # B has octets now that A never sent
    play.run("300ms")
    play.skip()
    play.run("60s")
    assert len(play.take()) <= 22


@pytest.mark.parametrize("preset", PRESETS)
def test_paws_in_time_wait(preset: str) -> None:
    """S18: an old timestamp in TIME_WAIT: acknowledged, thrown away [RFC7323-12]."""
    play = waiting(preset, timestamps=True)
    play.inject("B>A <SEQ=301><ACK=101><ACK>[3]", options=TcpOptions(ts_val=1, ts_ecr=1))
    play.run("2s")
    assert play.rules("A")[-1] == "time-wait-paws"
    assert [row.states[0] for row in play.take()] == ["TIME_WAIT", "TIME_WAIT"]
    assert play.a.received == b""
