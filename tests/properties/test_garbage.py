"""Nothing that comes from the wire may raise, loop, or break a limit (laws 8 and 9)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from synfin.tcp import State
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment
from synfin.wire.tcp_options import TcpOptions
from tests import harness
from tests.properties.settings import repeatable

STATES: dict[str, type[harness.Context]] = {
    "LISTEN": harness.Listening,
    "SYN_SENT": harness.Opened,
    "SYN_RECEIVED": harness.SynReceived,
    "ESTABLISHED": harness.Established,
    "FIN_WAIT_1": harness.FinWait1,
    "FIN_WAIT_2": harness.FinWait2,
    "CLOSING": harness.Closing,
    "TIME_WAIT": harness.TimeWait,
    "CLOSE_WAIT": harness.CloseWait,
    "LAST_ACK": harness.LastAck,
}
WIRE = st.integers(0, (1 << 32) - 1)
NEAR = st.sampled_from([-70_000, -1_000, -1, 0, 1, 2, 3, 10, 1_000, 65_534, 65_535, 65_536, 300_000, 1 << 31])
OPTIONS = st.builds(
    TcpOptions,
    mss=st.none() | st.integers(0, 65_535),
    window_scale=st.none() | st.integers(0, 255),
    sack_permitted=st.booleans(),
    sack=st.lists(st.tuples(WIRE, WIRE), max_size=4).map(tuple),
    ts_val=st.none() | WIRE,
    ts_ecr=WIRE,
    user_timeout=st.none() | st.integers(0, 65_535),
    fast_open=st.none() | st.binary(max_size=16),
)
FLAGS = st.one_of(
    st.sampled_from([ACK, ACK | FIN, SYN, SYN | ACK, RST, RST | ACK, 0, FIN, SYN | FIN, SYN | RST]),
    st.integers(0, 0xFFF),
)


@st.composite
def conversations(draw: st.DrawFn) -> list[tuple[object, ...]]:
    """Segments (numbers near the live ones or anywhere), pauses and application calls."""
    step = st.one_of(
        st.tuples(
            st.just("segment"),
            NEAR,
            NEAR,
            FLAGS,
            st.integers(0, 65_535),
            st.integers(0, 65_535),
            OPTIONS,
            st.sampled_from([0, 0, 1, 100, 1_460, 30_000]),
        ),
        st.tuples(st.just("anywhere"), WIRE, WIRE, FLAGS),
        st.tuples(st.just("wait"), st.sampled_from([1, 50, 1_500, 70_000])),
        st.tuples(st.just("write"), st.integers(1, 5_000)),
        st.tuples(st.just("read"), st.integers(1, 5_000)),
        st.tuples(st.just("icmp"), st.sampled_from(["host-unreachable", "port-unreachable", "packet-too-big"]), NEAR),
    )
    return draw(st.lists(step, min_size=1, max_size=25))


def play(t: harness.Context, steps: list[tuple[object, ...]]) -> None:
    """Do what the steps say; application calls may raise `OSError`, nothing else may."""
    peer = t.peer
    for step in steps:
        kind, *rest = step
        try:
            if kind == "segment":
                seq, ack, flags, window, urgent, options, length = rest
                base = peer.isn + peer.snd_nxt + int(seq)  # type: ignore[call-overload]
                far = peer.iss + peer.rcv_nxt + int(ack)  # type: ignore[call-overload]
                t.inject_segment(
                    Segment(
                        peer.endpoint.port,
                        t.local.port,
                        base % (1 << 32),
                        far % (1 << 32),
                        flags,  # type: ignore[arg-type]
                        window,  # type: ignore[arg-type]
                        urgent,  # type: ignore[arg-type]
                        options,  # type: ignore[arg-type]
                        bytes(length),  # type: ignore[call-overload]
                    )
                )
            elif kind == "anywhere":
                t.inject_segment(Segment(peer.endpoint.port, t.local.port, *rest))  # type: ignore[arg-type]
            elif kind == "wait":
                t.advance(ms=rest[0])  # type: ignore[arg-type]
            elif peer.connection is None:
                t.accept()
            elif kind == "write":
                t.app.write(bytes(rest[0]))  # type: ignore[call-overload]
            elif kind == "read":
                t.app.read(rest[0])  # type: ignore[arg-type]
            else:
                t.icmp(str(rest[0]), seq=peer.rcv_nxt + int(rest[1]), mtu=600)  # type: ignore[call-overload]
        except OSError:
            assert kind in ("write", "read")


@given(name=st.sampled_from(sorted(STATES)), steps=conversations(), options=st.booleans())
@repeatable(600)
def test_garbage_is_survived_in_every_state(name: str, steps: list[tuple[object, ...]], options: bool) -> None:
    """[MUST-34] [MUST-7] [RFC9293-E06]: no exception, no spinning timer, no buffer beyond its limit."""
    harness.contexts.clear()
    settings = {"ts": 1, "ws": 3, "sackok": True} if options else {}
    t = STATES[name](receive_buffer_bytes=20_000, send_buffer_bytes=20_000, reassembly_segments=8, **settings)
    play(t, steps)
    t.advance(ms=600_000)
    connection = t.peer.connection
    if connection is not None:
        assert connection.readable <= 20_000 + 8
        assert connection.state in State
        connection.info()


@given(steps=conversations(), family=st.sampled_from([4, 6]))
@repeatable(150)
def test_a_listener_survives_garbage_and_still_serves(steps: list[tuple[object, ...]], family: int) -> None:
    """[RFC9293-E14]: afterwards a proper client is served."""
    harness.contexts.clear()
    t = harness.Listening(family=family)
    play(t, steps)
    t.advance(ms=1_000_000)
    with t.talking_as(t.add_peer(port=50_000, isn=77)):
        t.handshake()
        t.inject("PA data=hello")
        assert t.app.read() == b"hello"
