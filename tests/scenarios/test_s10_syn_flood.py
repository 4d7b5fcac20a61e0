"""S10: embryonic connections, their queue, and a SYN flood.

RFC 9293 3.5.1 calls a connection half-open when one end has lost its state; what the queue holds is embryonic.
"""

from __future__ import annotations

import pytest

from synfin.tcp import Event, Listener
from synfin.wire.tcp_options import TcpOptions
from tests.scenarios.play import CLIENT, PRESETS, Play, text

FLOOD = 500


def flood(play: Play, count: int = FLOOD) -> None:
    """SYNs from addresses of which nobody answers, one millisecond apart."""
    for number in range(count):
        source = f"10.0.0.{50 + number % 200}"
        row = f"A>B <SEQ={5_000 + number}><SYN>"
        play.at(
            f"{number}ms",
            lambda row=row, source=source, port=1_000 + number: play.inject(  # type: ignore[misc]
                row, source=source, port=port, options=TcpOptions(mss=1_460)
            ),
        )


def listen(play: Play, *, cookies: bool) -> Listener:
    """listen(2) with room for eight embryonic connections."""
    return play.b.listen(backlog=2, syn_backlog=8, syn_cookies=cookies)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("cookies", [False, True])
def test_memory_is_bounded(preset: str, cookies: bool) -> None:
    """S10 pass: whatever comes, no more than the limit is kept [RFC4987-01]."""
    play = Play(preset)
    listener = listen(play, cookies=cookies)
    flood(play)
    play.run(f"{FLOOD}ms")
    assert len(listener.syn_queue) == 8
    assert len(play.b.node.host.connections()) == 8
    assert listener.accept_queue == []


@pytest.mark.parametrize("preset", PRESETS)
def test_without_cookies_the_honest_client_waits(preset: str) -> None:
    """S10 pass: its SYN is dropped while the queue is full; it gets in when embryos time out, or gives up."""
    play = Play(preset)
    listener = listen(play, cookies=False)
    flood(play)
    play.at("600ms", lambda: play.a.connect("B"))
    play.run("30s")
    assert play.a.state == "SYN_SENT"
    assert listener.counters.syn_overflows > FLOOD - 8
    play.run("1h")
    if preset == "linux":  # entries live 63 s, the attempt 131 s
        assert play.a.state == "ESTABLISHED"
    else:  # entries live 243 s from the flood on, the client's last SYN is at 183.6 s
        assert play.a.end == "timeout"


@pytest.mark.parametrize("preset", PRESETS)
def test_with_cookies_the_honest_client_gets_in(preset: str) -> None:
    """S10 pass: the connection is made from the third ACK alone, and works [RFC4987-03] [RFC4987-08]."""
    play = Play(preset)
    listener = listen(play, cookies=True)
    flood(play)
    play.at("600ms", lambda: play.a.connect("B"))
    play.a.on(Event.CONNECTED, lambda: play.a.write(3_000))
    play.run("2s")
    assert play.states == ("ESTABLISHED", "ESTABLISHED")
    assert play.b.received == text(3_000)
    assert len(listener.syn_queue) <= 8
    assert listener.counters.cookies_received == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_forged_third_ack_is_reset(preset: str) -> None:
    """S10: an ACK that acknowledges no cookie of ours is reset and counted; it opens nothing [RFC4987-04]."""
    play = Play(preset, "drop(B>A,RST,all)")
    listener = listen(play, cookies=True)
    flood(play)
    play.run("1500ms")
    play.skip()
    play.inject("A>B <SEQ=77><ACK=123456><ACK>")
    play.run("1600ms")
    play.expect("A>B <SEQ=77><ACK=123456><ACK> old * LISTEN\nB>A <SEQ=123456><RST> lost * LISTEN")
    assert listener.counters.cookies_failed == 1
    assert play.b.accepted == []


@pytest.mark.parametrize("preset", PRESETS)
def test_cookies_lose_what_they_do_not_encode(preset: str) -> None:
    """S10: the MSS survives (rounded down), window scale and SACK do not [RFC4987-05]."""
    play = Play(preset, a={"mss": 1_400, "window_scaling": True})
    play.b.listen(syn_backlog=0, syn_cookies=True)
    play.a.connect("B")
    play.run("1s")
    options = play.rows[1].segment.options
    assert (options.window_scale, options.sack_permitted) == (None, False)
    assert play.b.the.info(play.now).snd_mss == 1_360
    assert play.a.the.info(play.now).rcv_wscale == 0


@pytest.mark.parametrize("preset", PRESETS)
def test_counters_tell_the_queues_apart(preset: str) -> None:
    """S10 pass: an overflow of the SYN queue and one of the accept queue are counted by different names."""
    play = Play(preset)
    listen(play, cookies=False)
    flood(play, 20)
    play.run("1s")
    counters = play.b.node.host.counters
    assert (counters["TcpExtTCPReqQFullDrop"], counters["TcpExtListenOverflows"]) == (12, 0)
    assert counters["TcpExtListenDrops"] == 12

    play = Play(preset, isn_a=None, isn_b=None)
    play.b.listen(accept=False, backlog=0 if preset == "linux" else 1)
    for number in range(3):
        play.a.connect("B", local_port=CLIENT + number)
        play.run(more="100ms")
    counters = play.b.node.host.counters
    assert (counters["TcpExtTCPReqQFullDrop"], counters["TcpExtListenOverflows"]) == (0, 2)


@pytest.mark.parametrize(("preset", "holds"), [("rfc", 2), ("linux", 3)])
def test_accept_queue(preset: str, holds: int) -> None:
    """S10: Linux's accept queue holds backlog + 1; with it full a new SYN is dropped silently (B1, ListenOverflows)."""
    play = Play(preset, isn_a=None, isn_b=None)
    listener = play.b.listen(accept=False, backlog=2)
    connections = []
    for number in range(5):
        connections.append(play.a.connect("B", local_port=CLIENT + number))
        play.run(more="100ms")
    assert len(listener.accept_queue) == holds
    assert [c.state.name for c in connections] == ["ESTABLISHED"] * holds + ["SYN_SENT"] * (5 - holds)
    assert [row.segment.flags & 0x12 for row in play.rows if row.ends[0] == "B"] == [0x12] * holds
    assert play.b.node.host.counters["TcpExtListenOverflows"] == 5 - holds
    assert play.b.node.host.counters["TcpOutRsts"] == 0


def test_second_embryo_of_listen_1() -> None:
    """S10, G3: Linux with tcp_syncookies=1 and listen(1) answers the second simultaneous SYN without any state.

    There the SYN queue ends at the backlog, so that is what its limit is set to.
    """
    play = Play("linux")
    listener = play.b.listen(backlog=1, syn_backlog=1, syn_cookies=True)
    flood(play, 2)
    play.run("100ms")
    assert [row.why for row in play.rows if row.ends[0] == "B"] == ["syn-ack", "syn-cookie"]
    assert len(listener.syn_queue) == 1
    play.run("4s")
    assert [row.why for row in play.rows if row.ends[0] == "B"][2:] == ["retransmit-timeout", "retransmit-timeout"]


@pytest.mark.parametrize("preset", PRESETS)
def test_established_connections_do_not_suffer(preset: str) -> None:
    """S10: who was there before the flood goes on undisturbed."""
    play = Play(preset)
    listen(play, cookies=False)
    play.a.connect("B")
    play.run("100ms")
    for number in range(50):
        play.inject(f"A>B <SEQ={number}><SYN>", source="10.0.0.77", port=1_000 + number)
    play.a.write(10_000)
    play.run("1s")
    assert play.b.received == text(10_000)
