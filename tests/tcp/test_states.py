"""The eleven states: figure 5, the one door between them, and what each application call does in each (3.10.1-6)."""

from __future__ import annotations

from typing import Final

import pytest

from synfin.tcp import Event, State
from synfin.tcp.state import MOVES
from tests.harness import (
    Closed,
    CloseWait,
    Closing,
    Context,
    Established,
    FinWait1,
    FinWait2,
    LastAck,
    Opened,
    SynReceived,
    TimeWait,
    octets,
)

WRAP_AROUND = True

# The arrows of RFC 9293 figure 5, written down anew
FIGURE_5: Final = {
    ("CLOSED", "LISTEN"),
    ("CLOSED", "SYN_SENT"),
    ("LISTEN", "CLOSED"),
    ("LISTEN", "SYN_RECEIVED"),
    ("LISTEN", "SYN_SENT"),
    ("SYN_SENT", "CLOSED"),
    ("SYN_SENT", "SYN_RECEIVED"),
    ("SYN_SENT", "ESTABLISHED"),
    ("SYN_RECEIVED", "ESTABLISHED"),
    ("SYN_RECEIVED", "FIN_WAIT_1"),
    ("SYN_RECEIVED", "LISTEN"),
    ("ESTABLISHED", "FIN_WAIT_1"),
    ("ESTABLISHED", "CLOSE_WAIT"),
    ("FIN_WAIT_1", "FIN_WAIT_2"),
    ("FIN_WAIT_1", "CLOSING"),
    ("FIN_WAIT_1", "TIME_WAIT"),
    ("FIN_WAIT_2", "TIME_WAIT"),
    ("CLOSE_WAIT", "LAST_ACK"),
    ("CLOSING", "TIME_WAIT"),
    ("LAST_ACK", "CLOSED"),
    ("TIME_WAIT", "CLOSED"),
}


def test_every_arrow_of_figure_5_is_allowed() -> None:
    allowed = {(start.name, end.name) for start, ends in MOVES.items() for end in ends}
    assert allowed >= FIGURE_5


def test_what_is_allowed_beyond_figure_5_is_in_the_text() -> None:
    """ABORT, RST and time-outs lead to CLOSED (3.10.5, 3.10.7.4, 3.10.8); a listener's child is born with its SYN;
    RFC 6191 reopens; no move leads back into synchronized states."""
    allowed = {(start.name, end.name) for start, ends in MOVES.items() for end in ends}
    extra = {move for move in allowed - FIGURE_5 if move[1] != "CLOSED"}
    assert extra <= {
        ("CLOSED", "SYN_RECEIVED"),
        ("CLOSED", "ESTABLISHED"),  # SYN cookies
        ("LISTEN", "ESTABLISHED"),
        ("SYN_RECEIVED", "CLOSE_WAIT"),  # FIN on the third segment
        ("TIME_WAIT", "SYN_RECEIVED"),  # RFC 6191
    }


def test_there_are_eleven_states() -> None:
    assert len(State) == 11
    assert set(MOVES) == set(State)


LIVES: Final = {
    "active closer": (
        ["open", "SA", "close", "A ack=2", "FA ack=2", "+240000"],
        ["SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSED"],
    ),
    "active closer, FIN and ACK at once": (
        ["open", "SA", "close", "FA ack=2", "+240000"],
        ["SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "TIME_WAIT", "CLOSED"],
    ),
    "simultaneous close": (
        ["open", "SA", "close", "FA ack=1", "A ack=2", "+240000"],
        ["SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "CLOSING", "TIME_WAIT", "CLOSED"],
    ),
    "passive closer": (
        ["open", "SA", "FA", "close", "A ack=2"],
        ["SYN_SENT", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED"],
    ),
    "simultaneous open": (
        ["open", "S", "A ack=1", "FA", "close", "A ack=2"],
        ["SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED"],
    ),
    "refused": (["open", "RA ack=1"], ["SYN_SENT", "CLOSED"]),
    "refused in SYN_RECEIVED": (["open", "S", "R"], ["SYN_SENT", "SYN_RECEIVED", "CLOSED"]),
    "given up": (["open", "close"], ["SYN_SENT", "CLOSED"]),
    "aborted": (["open", "SA", "abort"], ["SYN_SENT", "ESTABLISHED", "CLOSED"]),
    "reset": (["open", "SA", "R"], ["SYN_SENT", "ESTABLISHED", "CLOSED"]),
    "nobody there": (["open", "+400000"], ["SYN_SENT", "CLOSED"]),
}


@pytest.mark.parametrize("life", list(LIVES))
def test_lives(life: str) -> None:
    """Whole lives, state by state [RFC9293-E29] [RFC9293-E31] [RFC9293-E35] [RFC9293-E36] [RFC9293-E39]."""
    steps, states = LIVES[life]
    t = Closed()
    for step in steps:
        if step.startswith("+"):
            t.advance(ms=int(step))
        elif step in ("open", "close", "abort"):
            getattr(t.app, step)()
        else:
            t.inject(step)
    t.expect_states(*states)
    assert t.state is State.CLOSED
    assert t.events.count(Event.CLOSED) == 1
    assert t.next_deadline() is None


EVERY: Final = {
    "CLOSED": Closed,
    "SYN_SENT": Opened,
    "SYN_RECEIVED": lambda: SynReceived(passive=False),
    "ESTABLISHED": Established,
    "FIN_WAIT_1": FinWait1,
    "FIN_WAIT_2": FinWait2,
    "CLOSE_WAIT": CloseWait,
    "CLOSING": Closing,
    "LAST_ACK": LastAck,
    "TIME_WAIT": TimeWait,
}


@pytest.mark.parametrize("name", ["SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "CLOSE_WAIT"])
def test_send_is_taken(name: str) -> None:
    """Queued before ESTABLISHED, sent in ESTABLISHED and CLOSE_WAIT (3.10.2) [RFC9293-E37]."""
    t: Context = EVERY[name]()
    assert t.app.write(b"hello") == 5
    if name in ("ESTABLISHED", "CLOSE_WAIT"):
        t.expect("PA seq=1 len=5")
    t.expect_nothing()


@pytest.mark.parametrize("name", ["FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "LAST_ACK", "TIME_WAIT"])
def test_send_after_close_is_refused(name: str) -> None:
    """ "connection closing" (3.10.2) [RFC9293-E37]."""
    t: Context = EVERY[name]()
    with pytest.raises(BrokenPipeError):
        t.app.write(b"hello")
    t.expect_nothing()


def test_send_without_connection_is_refused() -> None:
    """ "connection does not exist" (3.10.2)."""
    t = Closed()
    with pytest.raises(OSError, match=r".*"):
        t.app.write(b"hello")
    t.expect_nothing()


@pytest.mark.parametrize("name", ["SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2"])
def test_receive_waits(name: str) -> None:
    """Nothing there yet, and not the end (3.10.3) [RFC9293-E38]."""
    t: Context = EVERY[name]()
    assert t.app.read() == b""
    assert not t.connection.at_eof
    assert not t.connection.readable


@pytest.mark.parametrize("name", ["CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"])
def test_receive_after_the_peers_fin_is_at_the_end(name: str) -> None:
    """3.10.3 [RFC9293-E38]."""
    t: Context = EVERY[name]()
    assert t.app.read() == b""
    assert t.connection.at_eof


@pytest.mark.parametrize(
    ("name", "fin", "after"),
    [
        ("SYN_SENT", None, "CLOSED"),
        ("ESTABLISHED", "FA seq=1 ack=1", "FIN_WAIT_1"),
        ("CLOSE_WAIT", "FA seq=1 ack=2", "LAST_ACK"),
        ("FIN_WAIT_1", None, "FIN_WAIT_1"),
        ("FIN_WAIT_2", None, "FIN_WAIT_2"),
        ("CLOSING", None, "CLOSING"),
        ("LAST_ACK", None, "LAST_ACK"),
        ("TIME_WAIT", None, "TIME_WAIT"),
    ],
)
@pytest.mark.parametrize("call", ["shutdown", "close"])
def test_close_in_each_state(name: str, fin: str | None, after: str, call: str) -> None:
    """3.10.4 [RFC9293-E35]."""
    t: Context = EVERY[name]()
    getattr(t.app, call)()
    if fin is not None:
        t.expect(fin)
    t.expect_nothing()
    assert t.state is State[after]


@pytest.mark.parametrize("name", list(EVERY))
def test_state_is_told_by_info(name: str) -> None:
    """STATUS (3.10.6)."""
    t: Context = EVERY[name]()
    assert t.state is State[name]
    assert t.connection.info().state in (t.state, t.state.value, t.state.name)


@pytest.mark.parametrize("name", list(EVERY))
def test_abort_leaves_nothing(name: str) -> None:
    """3.10.5 [RFC9293-E36]: CLOSED, no timer, and a second abort does nothing."""
    t: Context = EVERY[name]()
    t.app.abort()
    t.drain()
    assert t.state is State.CLOSED
    assert t.next_deadline() is None
    t.app.abort()
    t.expect_nothing()


def test_user_timeout() -> None:
    """3.10.8: flush, tell the user, CLOSED [RFC9293-E39] [MUST-21]."""
    t = Established(user_timeout_ms=10_000)
    t.app.write(b"hello")
    t.drain()
    t.advance(ms=11_500)
    t.drain()
    assert t.state is State.CLOSED
    assert isinstance(t.connection.error, TimeoutError)
    assert t.events.count(Event.TIMEOUT) == 1
    with pytest.raises(TimeoutError):
        t.connection.read(1, t.now)
    t.advance(ms=500_000).expect_nothing()


def test_user_timeout_in_last_ack_ends_the_block() -> None:
    """3.10.8 [RFC9293-E39] [MUST-20b]."""
    t = LastAck()
    t.advance(ms=500_000)
    assert t.state is State.CLOSED


def test_retransmission_resends_the_front_of_the_queue() -> None:
    """3.10.8 [RFC9293-E39]."""
    t = Established(mss=1000, nodelay=True)
    t.app.write(octets(1, 3000))
    t.drain()
    again = t.advance_until_sent()
    assert (again.seq, again.len) == (1, 1000)
    assert again.data == octets(1, 1000)
    assert again.ms == pytest.approx(1000, abs=100)


@pytest.mark.parametrize("name", ["ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_2"])
def test_idle_connection_stays_for_ever(name: str) -> None:
    """S26: a day without a packet, no timer, then text flows [MUST-25]."""
    t: Context = EVERY[name]()
    assert t.next_deadline() is None
    t.advance(ms=86_400_000).expect_nothing()
    assert t.state is State[name]
    if name != "CLOSE_WAIT":
        t.inject("PA len=5")
        assert t.app.read() == octets(1, 5)


@pytest.mark.parametrize("name", [name for name in EVERY if name != "CLOSED"])
def test_one_end_is_told(name: str) -> None:
    """I6: exactly one of EOF, REFUSED, RESET and TIMEOUT, whatever happens to a connection."""
    for ending in ("R", "FA", "A ack=2", "wait"):
        t: Context = EVERY[name]()
        if ending == "wait":
            t.advance(ms=500_000)
        else:
            t.inject(ending)
            t.advance(ms=500_000)
        ends = [e for e in t.events if e in (Event.EOF, Event.REFUSED, Event.RESET, Event.TIMEOUT)]
        assert len(ends) <= 1
        if t.state is State.CLOSED:
            assert len(ends) == 1, f"{name}, {ending}: {t.events}"
