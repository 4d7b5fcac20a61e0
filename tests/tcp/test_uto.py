"""The user timeout option (RFC 5482): what is told, what is heard, and what follows for giving up."""

from __future__ import annotations

import pytest

from synfin.config import TcpConfig
from synfin.errors import UsageError
from synfin.tcp import Event, State
from synfin.tcp.uto import UserTimeout, decode, encode
from synfin.wire.tcp_options import NO_OPTIONS, options_length
from tests.harness import Context, Established, Listening, Opened, SynReceived
from tests.notation import Sent


def told(sent: Sent) -> int | None:
    """The user timeout that a segment carries, in seconds."""
    value = sent.options.user_timeout
    return None if value is None else decode(value) // 1_000


def tell(t: Context, text: str, value: int) -> Context:
    """Inject a segment with the option."""
    segment = t.segment(text)
    if segment.options is NO_OPTIONS:
        raise AssertionError("the notation shares no options")
    segment.options.user_timeout = value
    return t.inject_segment(segment)


def gives_up_at(t: Context) -> float:
    """When the connection fails after text that nobody acknowledges, in s."""
    start = t.ms
    t.app.write(b"x")
    while t.connection.state is not State.CLOSED:
        deadline = t.next_deadline()
        assert deadline is not None
        t.advance(to_ms=deadline / 1e6)
    return round((t.ms - start) / 1_000)


# Octets


@pytest.mark.parametrize(
    ("milliseconds", "value"),
    [
        (0, None),
        (1, 1),
        (1_000, 1),
        (1_001, 2),
        (32_767_000, 32_767),
        (32_767_001, 0x8000 | 547),
        (60_000 * 32_767, 0xFFFF),
        (60_000 * 99_999, 0xFFFF),
    ],
)
def test_granularity(milliseconds: int, value: int | None) -> None:
    """[RFC5482-05]: seconds, then minutes, rounded up; zero is reserved and not sent."""
    assert encode(milliseconds) == value
    if value is not None and milliseconds <= 60_000 * 32_767:
        assert decode(value) >= milliseconds


@pytest.mark.parametrize(
    ("advertised", "remote", "adopted"),
    [
        (300, 0, 0),  # the peer has said nothing
        (300, 200, 300),
        (300, 400, 400),
        (1, 1, 100),  # L_LIMIT
        (300, 9_999, 3_600),  # U_LIMIT
        (9_999, 1, 3_600),
    ],
)
def test_formula(advertised: int, remote: int, adopted: int) -> None:
    """[RFC5482-03] [RFC5482-04]: min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT))."""
    uto = UserTimeout(advertised * 1_000)
    assert uto.on_option(remote) == (remote != 0)
    assert uto.adopted(100_000, 3_600_000, 1_000) == adopted * 1_000


def test_lower_limit_is_above_the_retransmission_time_out() -> None:
    """[RFC5482-04]."""
    uto = UserTimeout(1_000)
    uto.on_option(1)
    assert uto.adopted(100, 200, 60_000) == 60_001


def test_limits_are_checked() -> None:
    with pytest.raises(UsageError, match="user_timeout_least_ms"):
        TcpConfig(user_timeout_least_ms=10, user_timeout_most_ms=9)


# Telling


def test_off_by_default_and_then_silent() -> None:
    """[RFC5482-08]: a stack that does not use it ignores it."""
    t = Established()
    tell(t, "PA len=5", 10)
    t.app.write(b"x")
    assert all(told(sent) is None for sent in t.sent)
    assert t.connection.tcb.uto is None
    assert t.connection.tcb.user_timeout() == 0


def test_told_on_syn_and_first_segments() -> None:
    """[RFC5482-06] [RFC5482-07]: on the SYN and the segments after it, more than once because they may be lost."""
    t = Opened(user_timeout_option=True)
    assert told(t.sent[0]) == 300
    t.inject("SA")
    t.app.write(b"one")
    t.inject("A")
    t.app.write(b"two")
    t.inject("A")
    assert [told(sent) for sent in t.sent[1:]] == [300, 300, None]


def test_told_on_syn_ack() -> None:
    """[RFC5482-06]: also by who is called; ours is what the application has set [RFC5482-01]."""
    t = Listening(user_timeout_option=True, user_timeout_ms=20_000)
    t.inject("S seq=0")
    assert told(t.outbox[0]) == 20


def test_told_again_when_it_changes() -> None:
    """[RFC5482-06]."""
    t = Established(user_timeout_option=True)
    for _ in range(3):
        t.app.write(b"x")
        t.inject("A")
    t.drain()
    t.app.configure(user_timeout_ms=40_000)
    t.app.write(b"x")
    assert told(t.drain()[0]) == 40
    t.inject("A")
    t.app.configure(nodelay=True)
    t.app.write(b"x")
    assert told(t.drain()[0]) == 40  # the second time, in case the first was lost
    t.inject("A")
    t.app.write(b"x")
    assert told(t.drain()[0]) is None


def test_text_with_the_option_is_smaller() -> None:
    """[RFC6691-02]."""
    t = Established(user_timeout_option=True, mss=1000, link_mss=1000, ts=1)
    t.app.write(b"x" * 5_000)
    assert all(sent.len + options_length(sent.options) <= 1_000 for sent in t.drain())


# Hearing


def test_peers_time_out_is_adopted() -> None:
    """[RFC5482-03]: instead of R2, which is 100 s."""
    t = Established(user_timeout_option=True, user_timeout_advertised_ms=150_000)
    tell(t, "PA len=5", 200)
    t.expect_rule("user-timeout-adopted")
    assert gives_up_at(t) == 200
    assert t.events.count(Event.TIMEOUT) == 1


def test_peers_time_out_on_the_syn_is_adopted() -> None:
    t = Listening(user_timeout_option=True, user_timeout_advertised_ms=120_000)
    tell(t, "S seq=0", 200)
    t.inject("A")
    t.accept()
    assert gives_up_at(t) == 200


def test_longer_of_both_is_taken() -> None:
    t = Established(user_timeout_option=True)
    tell(t, "PA len=5", 0x8000 | 2)  # two minutes
    assert gives_up_at(t) == 300


@pytest.mark.parametrize(("value", "seconds"), [(1, 100), (0xFFFF, 1_000)])
def test_extremes_are_limited(value: int, seconds: int) -> None:
    """[RFC5482-04]: one second, and 32767 minutes."""
    t = Established(
        user_timeout_option=True, user_timeout_advertised_ms=1_000, user_timeout_most_ms=1_000_000, r2_ms=50_000
    )
    tell(t, "PA len=5", value)
    assert gives_up_at(t) == seconds


def test_zero_is_ignored() -> None:
    """[RFC5482-05]: reserved."""
    t = Established(user_timeout_option=True)
    tell(t, "PA len=5", 0)
    tell(t, "PA len=5", 0x8000)
    assert t.connection.tcb.user_timeout() == 0


def test_application_has_the_last_word() -> None:
    """[RFC5482-01] [RFC5482-02]: a time-out of its own is not changed by the peer's, which is heard all the same."""
    t = Established(user_timeout_option=True, user_timeout_ms=20_000)
    tell(t, "PA len=5", 200)
    t.expect_rule("user-timeout-ignored")
    assert t.connection.tcb.uto is not None
    assert t.connection.tcb.uto.remote == 200_000
    assert gives_up_at(t) == 20


def test_application_sets_it_later() -> None:
    """[RFC5482-01]: from then on nothing that the peer says changes it."""
    t = Established(user_timeout_option=True)
    tell(t, "PA len=5", 400)
    assert t.connection.tcb.user_timeout() == 400_000
    t.app.configure(user_timeout_ms=30_000)
    tell(t, "PA len=5", 500)
    assert t.connection.tcb.user_timeout() == 30_000


def test_only_in_synchronized_states() -> None:
    """[RFC5482-10]: openings have the default time-outs."""
    opened = Opened(user_timeout_option=True, user_timeout_advertised_ms=500_000)
    start = opened.ms
    while opened.connection.state is not State.CLOSED:
        deadline = opened.next_deadline()
        assert deadline is not None
        opened.advance(to_ms=deadline / 1e6)
    plain = Opened()
    while plain.connection.state is not State.CLOSED:
        deadline = plain.next_deadline()
        assert deadline is not None
        plain.advance(to_ms=deadline / 1e6)
    assert opened.ms - start == plain.ms
    passive = SynReceived(user_timeout_option=True)
    assert passive.listener is not None
    child = next(iter(passive.listener.syn_queue.values()))
    assert child.tcb.user_timeout() == 0


def test_keep_alive_waits_longer() -> None:
    """[RFC5482-09]: no probe before the adopted time-out is over."""
    t = Established(user_timeout_option=True, keep_alive=True, keep_alive_idle_ms=60_000)
    tell(t, "PA len=5", 400)
    t.advance(ms=500)
    t.drain()
    start = t.ms
    probe = t.advance_until_sent()
    assert probe.why == "keep-alive-probe"
    assert t.ms - start > 399_000


def test_option_that_is_lost_does_no_harm() -> None:
    """[RFC5482-07]: what is not heard is not waited for; the repetition tells it again."""
    t = Opened(user_timeout_option=True)
    t.inject("SA")
    t.app.write(b"one")
    t.drain()
    t.advance(ms=1_000)
    assert told(t.drain()[-1]) in (300, None)
    assert t.connection.tcb.user_timeout() == 0
