"""The timestamps option and PAWS (RFC 7323 3 to 5)."""

from __future__ import annotations

from random import Random

import pytest

from synfin.tcp import Connection, Event, IsnGenerator, State, TcpConfig
from synfin.wire.addresses import Endpoint, parse_address
from tests.harness import Context, Established, Listening, Opened

WRAP_AROUND = True

DAY = 24 * 3_600_000


def sent_echo(t: Context) -> int:
    """TSecr of the one segment that was just sent."""
    sent = t.drain()
    assert len(sent) == 1
    return sent[0].options.ts_ecr


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("theirs", [4000, None])
def test_active_negotiation(ours: bool, theirs: int | None) -> None:
    """[RFC7323-06] [RFC7323-09]: both SYNs must carry the option; then every segment does."""
    t = Established(mss=1000, timestamps=ours, ts=None)
    assert (t.sent[0].options.ts_val is not None) is ours
    t = Opened(mss=1000, timestamps=ours, ts=theirs if ours else None)
    t.inject("SA")
    on = ours and theirs is not None
    t.app.write(b"x" * 2500)
    t.app.shutdown()
    t.advance(ms=5000)
    later = t.sent[1:]
    assert len(later) > 4
    assert {s.options.ts_val is not None for s in later if "S" not in s.flags} == {on}


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("theirs", [4000, None])
def test_passive_negotiation(ours: bool, theirs: int | None) -> None:
    """[RFC7323-09]: the SYN+ACK carries it only if the SYN did and we want it."""
    t = Listening(timestamps=ours, ts=theirs)
    t.inject("S")
    answer = t.expect("SA")
    assert (answer.options.ts_val is not None) is (ours and theirs is not None)
    if answer.options.ts_val is not None:
        assert answer.options.ts_ecr == 4000


def test_the_syn_echoes_nothing() -> None:
    """[RFC7323-08]: TSecr is 0 without ACK."""
    t = Opened()
    assert t.sent[0].options.ts_val is not None
    assert t.sent[0].options.ts_ecr == 0


def test_a_segment_without_the_option_is_dropped_and_nothing_is_aborted() -> None:
    """[RFC7323-06]: silently."""
    t = Established(mss=1000, ts=4000)
    t.inject("PA seq=1 data=abc nots")
    t.advance(ms=1000)
    t.expect_nothing()
    t.expect_rule("timestamp-missing")
    assert t.app.read() == b""
    assert t.state is State.ESTABLISHED
    t.inject("PA seq=1 data=abc")
    assert t.app.read() == b"abc"


def test_a_segment_without_the_option_may_be_taken() -> None:
    """As Linux does; the option of later segments counts as before."""
    t = Established(mss=1000, ts=4000, accept_missing_timestamps=True)
    t.inject("PA seq=1 data=abc nots")
    assert t.app.read() == b"abc"
    t.advance(ms=500)
    assert t.drain()[-1].options.ts_ecr == 4000
    t.inject("PA seq=4 data=def ts=3000")
    t.expect_rule("paws")
    assert t.app.read() == b""


def test_a_reset_without_the_option_counts() -> None:
    """[RFC7323-06] [RFC7323-13]: RST is exempt."""
    t = Established(mss=1000, ts=4000)
    t.inject("R seq=1 nots")
    assert t.connection.state is State.CLOSED


def test_an_option_that_was_not_negotiated_is_ignored() -> None:
    """[RFC7323-07]: whatever it says."""
    t = Established(mss=1000)
    t.inject("PA data=abc ts=77,88")
    t.inject("PA data=def ts=1,2")
    assert t.app.read() == b"abcdef"
    t.app.write(b"x")
    assert t.drain()[-1].options.ts_val is None


def test_the_clock_ticks_once_per_millisecond_of_real_time() -> None:
    """[RFC7323-10] [RFC7323-14]: proportional to time, between 1 ms and 1 s."""
    t = Established(mss=1000, ts=4000, nodelay=True)
    t.app.write(b"a")
    first = t.expect("PA").options.ts_val
    t.advance(ms=750)
    t.app.write(b"b")
    second = t.expect("PA").options.ts_val
    assert first is not None
    assert second is not None
    assert (second - first) % (1 << 32) == 750


def test_clocks_of_different_pairs_are_unrelated() -> None:
    """[RFC7323-16]: a keyed offset per pair of addresses."""
    source = IsnGenerator(Random(1))
    here = Endpoint(parse_address("192.0.2.1"), 1)
    offsets = {source.timestamp_offset(here, Endpoint(parse_address(f"192.0.2.{n}"), 80)) for n in range(2, 50)}
    assert len(offsets) == 48
    assert source.timestamp_offset(here, here) != IsnGenerator(Random(2)).timestamp_offset(here, here)
    values = set()
    for seed in range(8):
        connection = Connection(TcpConfig(), rng=Random(seed), local=here, remote=("192.0.2.2", 80))
        connection.open(0)
        values.add(connection.poll(0)[0].options.ts_val)
    assert len(values) == 8


# TS.Recent (RFC 7323 4.3)


def test_delayed_acknowledgments_echo_the_first_of_their_segments() -> None:
    """[RFC7323-11] situation A: the ACK delay is a part of the measured round trip."""
    t = Established(mss=1000, ts=100)
    t.inject("A seq=1 len=10 ts=101,0")
    t.advance(ms=10)
    t.inject("A seq=11 len=10 ts=102,0")
    t.advance(ms=10)
    t.inject("A seq=21 len=10 ts=103,0")
    t.advance(ms=20)
    t.expect("A ack=31")
    assert t.sent[-1].options.ts_ecr == 101


def test_holes_and_filled_holes_echo_the_last_segment_that_moved_the_left_edge() -> None:
    """[RFC7323-11] situations B and C, the RFC's second example: A, C, B, E, D."""
    t = Established(mss=1000, ts=0, ack_delay_ms=0)
    echoes = []
    for seq, stamp in ((1, 1), (201, 3), (101, 2), (401, 5), (301, 4)):
        t.inject(f"A seq={seq} len=100 ts={stamp},0")
        echoes.append(sent_echo(t))
    assert echoes == [1, 1, 2, 2, 4]


def test_the_rfcs_first_example() -> None:
    """[RFC7323-11]: three segments acknowledged together echo the first; then the next."""
    t = Established(mss=1000, ts=0)
    with t.batch():
        for seq, stamp in ((1, 1), (101, 2), (201, 3)):
            t.inject(f"A seq={seq} len=100 ts={stamp},0")
    t.advance(ms=40)
    assert sent_echo(t) == 1
    t.inject("A seq=301 len=100 ts=4,0")
    t.advance(ms=40)
    assert sent_echo(t) == 4


def test_a_segment_above_last_ack_sent_does_not_update() -> None:
    """[RFC7323-11]: SEG.SEQ <= Last.ACK.sent is required."""
    t = Established(mss=1000, ts=0, ack_delay_ms=0)
    t.inject("A seq=1001 len=100 ts=500,0")
    assert sent_echo(t) == 0


def test_an_older_value_does_not_update() -> None:
    """[RFC7323-11] [RFC7323-12]: TS.Recent never goes back."""
    t = Established(mss=1000, ts=0, ack_delay_ms=0)
    t.inject("A seq=1 len=100 ts=500,0")
    assert sent_echo(t) == 500
    t.inject("A seq=101 len=100 ts=400,0")
    assert sent_echo(t) == 500
    assert len(t.app.read()) == 100


# PAWS (RFC 7323 5)


def test_an_old_duplicate_is_acknowledged_and_dropped() -> None:
    """[RFC7323-12]: inside the window by its number, old by its timestamp."""
    t = Established(mss=1000, ts=10_000)
    t.inject("PA seq=1 data=abc ts=10500,0")
    t.advance(ms=40)
    t.drain()
    t.inject("PA seq=4 data=OLD ts=10499,0")
    t.expect("A seq=1 ack=4 len=0")
    t.expect_rule("paws")
    assert t.app.read() == b"abc"


def test_paws_comes_before_the_window_test() -> None:
    """[RFC7323-12]: the rule that decides is PAWS although the number is outside too."""
    t = Established(mss=1000, ts=10_000)
    t.inject("A seq=1 data=abc ts=10500,0")
    t.inject("A seq=3000000 len=10 ts=9000,0")
    assert t.rules[-1] == "paws"


def test_the_same_value_is_not_old() -> None:
    """[RFC7323-12]: many segments share a tick."""
    t = Established(mss=1000, ts=10_000)
    t.inject("A data=abc ts=10500,0")
    t.inject("A data=def ts=10500,0")
    assert t.app.read() == b"abcdef"


@pytest.mark.parametrize("ahead", [1, 0x7FFF_FFFF])
def test_timestamps_wrap(ahead: int) -> None:
    """[RFC7323-12] [RFC9293-E04]: the comparison is modulo 2**32."""
    t = Established(mss=1000, ts=0xFFFF_FFF0)
    t.inject("A data=abc ts=4294967290,0")
    t.inject(f"A data=def ts={(4_294_967_290 + ahead) % (1 << 32)},0")
    assert t.app.read() == b"abcdef"
    t.inject("A data=ghi ts=4294967289,0")
    assert t.app.read() == b""


def test_an_old_fin_does_not_close() -> None:
    """[RFC7323-12]: every kind of segment is protected."""
    t = Established(mss=1000, ts=10_000)
    t.inject("FA ts=9999,0")
    assert t.state is State.ESTABLISHED
    assert Event.EOF not in t.events


def test_a_reset_with_an_old_timestamp_counts_and_updates_nothing() -> None:
    """[RFC7323-13]: RST is exempt from PAWS."""
    t = Established(mss=1000, ts=10_000)
    t.inject("R seq=1 ts=5,0")
    assert t.connection.state is State.CLOSED
    assert Event.RESET in t.events
    t = Established(mss=1000, ts=10_000, ack_delay_ms=0)
    t.inject("R seq=5 ts=99999,0")
    assert t.state is State.ESTABLISHED
    t.drain()
    t.inject("A seq=1 len=1 ts=10001,0")
    assert sent_echo(t) == 10_001


def test_after_24_idle_days_ts_recent_is_invalid() -> None:
    """[RFC7323-15]: the peer's clock may have wrapped; the segment is taken."""
    t = Established(mss=1000, ts=10_000)
    t.advance(ms=25 * DAY)
    t.drain()
    t.inject("PA seq=1 data=abc ts=9000,0")
    assert t.app.read() == b"abc"
    t = Established(mss=1000, ts=10_000)
    t.advance(ms=23 * DAY)
    t.inject("PA seq=1 data=abc ts=9000,0")
    assert t.app.read() == b""


def test_a_reset_of_ours_carries_the_option() -> None:
    """[RFC7323-17]: ABORT on a connection with timestamps."""
    t = Established(mss=1000, ts=10_000)
    t.app.abort()
    reset = t.drain()[-1]
    assert "R" in reset.flags
    assert reset.options.ts_val is not None
