"""TIME_WAIT: 2MSL, repeated FINs, old duplicates, RFC 1337, RFC 6191, and the compact table (S17, S18)."""

from __future__ import annotations

import sys
import tracemalloc

import pytest

from synfin.config import SECOND, TcpConfig
from synfin.errors import UsageError
from synfin.tcp import State
from synfin.tcp.timewait import TimeWait as Record
from synfin.tcp.timewait import TimeWaitTable
from tests.harness import Closing, Context, Established, FinWait1, FinWait2, TimeWait, octets

WRAP_AROUND = True
LINUX = TcpConfig.linux()


def left_after(t: Context) -> float:
    """How many milliseconds from now the connection stays in TIME_WAIT."""
    start = t.ms
    while t.state is State.TIME_WAIT:
        deadline = t.next_deadline()
        assert deadline is not None, "TIME_WAIT without a timer"
        t.advance(to_ms=deadline / 1_000_000)
    assert t.state is State.CLOSED
    return t.ms - start


@pytest.mark.parametrize(
    ("config", "lasts_ms"), [(TcpConfig(), 240_000), (LINUX, 60_000), (TcpConfig(msl_ms=500), 1_000)]
)
def test_time_wait_lasts_two_msl(config: TcpConfig, lasts_ms: int) -> None:
    """[MUST-13]: 4 minutes by the RFC, 60 s on Linux [RFC9293-E39]."""
    t = TimeWait(config=config)
    assert left_after(t) == pytest.approx(lasts_ms, abs=100)
    t.expect_nothing()


def test_each_way_into_time_wait_starts_two_msl() -> None:
    """FIN_WAIT_1, FIN_WAIT_2 and CLOSING [MUST-13]."""
    direct, crossed = FinWait1(), Closing()
    direct.inject("FA ack=2")
    crossed.inject("A ack=2")
    for t in (direct, crossed):
        assert t.state is State.TIME_WAIT
        assert left_after(t) == pytest.approx(240_000, abs=1)


def test_repeated_fin_is_acknowledged_and_restarts() -> None:
    """S17 [RFC9293-E30]: the last ACK was lost; exactly 2MSL after the last FIN seen."""
    t = TimeWait()
    t.advance(ms=200_000)
    t.inject("FA seq=1 ack=2")
    t.expect("A seq=2 ack=2 len=0")
    t.expect_rule("time-wait-fin-again")
    assert left_after(t) == pytest.approx(240_000, abs=1)


def test_repeated_fin_with_its_text_restarts() -> None:
    """S17: the FIN comes again together with text received before [RFC9293-E30]."""
    t = FinWait2()
    t.inject("FPA ack=2 len=30")
    t.drain()
    t.advance(ms=100_000)
    t.inject("FPA seq=1 ack=2 len=30")
    t.expect("A seq=2 ack=32")
    assert left_after(t) == pytest.approx(240_000, abs=1)


def test_fin_that_acknowledges_nothing_new_still_restarts() -> None:
    """S16: the peer in CLOSING repeats its FIN with the old ACK field [RFC9293-E30]."""
    t = Closing()
    t.inject("A ack=2")
    t.advance(ms=100_000)
    t.inject("FA seq=1 ack=1")
    t.expect("A seq=2 ack=2")
    assert left_after(t) == pytest.approx(240_000, abs=1)


OLD = ["PA seq=-499 ack=2 len=100", "A seq=0 ack=2", "PA seq=1 ack=2 len=1", "A seq=100000 ack=2"]


@pytest.mark.parametrize("text", OLD)
def test_old_duplicate_is_acknowledged_without_restart(text: str) -> None:
    """S18 (a): the RFC restarts 2MSL for a retransmitted FIN only."""
    t = TimeWait()
    t.advance(ms=100_000)
    t.inject(text)
    t.expect("A seq=2 ack=2 len=0")
    assert not t.connection.readable
    assert left_after(t) == pytest.approx(140_000, abs=1)


@pytest.mark.parametrize("text", OLD)
def test_linux_restarts_for_any_old_segment(text: str) -> None:
    """S18 (a), measured."""
    t = TimeWait(config=LINUX)
    t.advance(ms=30_000)
    t.inject(text)
    t.expect("A seq=2 ack=2 len=0")
    assert left_after(t) == pytest.approx(60_000, abs=100)


@pytest.mark.parametrize(("config", "left_ms"), [(TcpConfig(), 210_000), (LINUX, 60_000)])
def test_acceptable_ack_draws_no_answer(config: TcpConfig, left_ms: int) -> None:
    """S18 (b): Linux restarts its timer all the same."""
    t = TimeWait(config=config)
    t.advance(ms=30_000)
    t.inject("A seq=2 ack=2").expect_nothing()
    assert left_after(t) == pytest.approx(left_ms, abs=100)


# RFC 1337


@pytest.mark.parametrize("text", ["R seq=2", "RA seq=2 ack=2", "R seq=100", "R seq=-5", "R seq=2 len=10"])
def test_no_reset_ends_time_wait(text: str) -> None:
    """[RFC1337-02]: fix F1, on by default."""
    t = TimeWait()
    t.advance(ms=100_000)
    t.inject(text).expect_nothing()
    t.expect_rule("time-wait-rst-ignored")
    assert left_after(t) == pytest.approx(140_000, abs=1)


def test_assassination_without_the_protection() -> None:
    """RFC 1337 figure 1: old duplicate, ACK, RST, and TIME_WAIT is gone [RFC1337-01] [RFC9293-E23]."""
    t = TimeWait(rfc1337=False)
    t.inject("PA seq=-300 ack=2 len=100")
    answer = t.expect("A seq=2 ack=2")
    t.inject(f"R seq={answer.ack}").expect_nothing()
    assert t.state is State.CLOSED
    t.expect_rule("time-wait-rst")


def test_assassination_with_the_protection() -> None:
    """The same exchange with F1 [RFC1337-01] [RFC1337-02]."""
    t = TimeWait()
    t.inject("PA seq=-300 ack=2 len=100")
    answer = t.expect("A seq=2 ack=2")
    t.inject(f"R seq={answer.ack}").expect_nothing()
    assert t.state is State.TIME_WAIT


@pytest.mark.parametrize(("text", "answer"), [("R seq=3", "A seq=2 ack=2"), ("R seq=1", None), ("R seq=70000", None)])
def test_only_the_exact_reset_kills_without_the_protection(text: str, answer: str | None) -> None:
    """RFC 5961 3.2 applies there as well [RFC5961-01] [RFC5961-03]."""
    t = TimeWait(rfc1337=False)
    t.inject(text)
    if answer is not None:
        t.expect(answer)
    t.expect_nothing()
    assert t.state is State.TIME_WAIT


def test_reset_inside_the_window_draws_nothing_on_linux() -> None:
    """Without `time_wait_challenge_rst` (both/states/time-wait/rst-elsewhere.pkt)."""
    t = TimeWait(rfc1337=False, time_wait_challenge_rst=False)
    t.inject("R seq=3").expect_nothing()
    t.expect_rule("rst-in-window")
    assert t.state is State.TIME_WAIT


def test_hazard_1_old_text_in_a_new_incarnation() -> None:
    """[RFC1337-03]: without timestamps an old duplicate inside the new window is taken - why TIME_WAIT exists; with
    them PAWS stops it (S18)."""
    new = Established(isn=999_000)
    new.inject("PA seq=1 ack=1", data=b"old" * 10)
    assert new.app.read() == b"old" * 10
    guarded = Established(isn=999_000, ts=50_000)
    guarded.inject("PA seq=1 ack=1 ts=40000 len=50")
    assert not guarded.connection.readable
    guarded.expect_rule("paws")


def test_hazard_3_old_ack_makes_a_reset_that_must_match() -> None:
    """[RFC1337-05]: the RST drawn by an old duplicate ACK in SYN_SENT has the old number; a half-open server end
    that is somewhere else is not reset by it."""
    t = Established()
    t.inject("PA len=1000")
    t.drain()
    t.inject("R seq=1").expect_nothing()
    assert t.state is State.ESTABLISHED


# RFC 6191: a new SYN in TIME_WAIT, judged by the record


def judged(seq: int, ts_val: int | None, ts_recent: int | None, config: TcpConfig | None = None) -> tuple[str, int]:
    """What the record of a connection whose last FIN had number 1 says to a SYN: (rule, decision)."""
    t = TimeWait(config=config)
    record = Record(
        snd_nxt=(t.peer.iss + 2) % (1 << 32),
        rcv_nxt=(t.peer.isn + 2) % (1 << 32),
        window=65_535,
        expires=t.now + 1,
        duration=SECOND,
        ts_recent=ts_recent,
        ts_offset=0,
    )
    t.peer.timestamps = None
    segment = t.segment(f"S seq={seq} bare" + (f" ts={ts_val}" if ts_val is not None else ""))
    decision = record.judge(segment, t.now, config or TcpConfig())
    return record.rule, decision


@pytest.mark.parametrize(
    ("seq", "ts_val", "ts_recent", "accepted"),
    [
        # 1: both used timestamps, newer: accepted whatever the number [RFC6191-01]
        (5000, 1001, 1000, True),
        (-5000, 1001, 1000, True),
        (0, 5, (1 << 32) - 5, True),
        # 2: equal timestamp, the number decides [RFC6191-02]
        (5000, 1000, 1000, True),
        (2, 1000, 1000, True),
        (1, 1000, 1000, False),
        (0, 1000, 1000, False),
        (-5000, 1000, 1000, False),
        # 3: the old used them, the new does not [RFC6191-03]
        (5000, None, 1000, True),
        (-5000, None, 1000, False),
        # 4: the old did not, the new does [RFC6191-04]
        (5000, 7, None, True),
        (-5000, 7, None, True),
        # 5: nobody uses them [RFC6191-05]; the last number is the FIN's (1), not the next one [RFC6191-07]
        (5000, None, None, True),
        (2, None, None, True),
        (1, None, None, False),
        (0, None, None, False),
        (-5000, None, None, False),
        # 6: everything else [RFC6191-06]
        (5000, 999, 1000, False),
        (-5000, 999, 1000, False),
    ],
)
def test_new_syn(seq: int, ts_val: int | None, ts_recent: int | None, accepted: bool) -> None:
    """[SHLD-4] [MAY-2]."""
    rule, _ = judged(seq, ts_val, ts_recent)
    assert rule == ("time-wait-reopened" if accepted else "time-wait-old-syn")


def test_old_syn_is_dropped_silently() -> None:
    """[RFC6191-06]."""
    t = TimeWait()
    t.advance(ms=1_000)
    t.inject("S seq=-5000").expect_nothing()
    t.expect_rule("time-wait-old-syn")
    assert t.state is State.TIME_WAIT
    assert left_after(t) == pytest.approx(239_000, abs=1)


def test_linux_acknowledges_an_old_syn() -> None:
    """S18 (d), measured."""
    t = TimeWait(config=LINUX)
    t.inject("S seq=-5000")
    t.expect("A seq=2 ack=2")
    assert t.state is State.TIME_WAIT


def test_new_isn_is_above_the_old_numbers() -> None:
    """S18 (d): 65,536 and more above the old SND.NXT (RFC 1122 4.2.2.13)."""
    record = Record((1 << 32) - 10, 500, 1000, 0, SECOND, None, 0)
    assert (record.new_isn() - ((1 << 32) - 10)) % (1 << 32) >= 65_536


def test_paws_in_time_wait() -> None:
    """An old duplicate with an old timestamp is answered and changes nothing (RFC 7323 5.3)."""
    t = TimeWait(ts=50_000)
    t.inject("FA seq=1 ack=2 ts=40000")
    t.expect("A seq=2 ack=2")
    t.expect_rule("time-wait-paws")


def test_answers_in_time_wait_carry_timestamps() -> None:
    """RFC 7323 3.2: once negotiated, in every segment but RST."""
    t = TimeWait(ts=50_000)
    assert t.sent[-1].options.ts_val is not None
    before = t.sent[-1].options.ts_val
    t.advance(ms=10_000)
    t.inject("FA seq=1 ack=2")
    sent = t.expect("A seq=2 ack=2")
    assert sent.options.ts_val is not None
    assert 9_000 <= sent.options.ts_val - before <= 11_000


def test_what_was_received_can_be_read_in_time_wait() -> None:
    """S13: RECEIVE after the peer's FIN gives the rest, then the end [RFC9293-E38]."""
    t = FinWait2()
    t.inject("FPA ack=2 len=30")
    assert t.state is State.TIME_WAIT
    t.advance(ms=100_000)
    assert t.app.read() == octets(1, 30)
    assert t.connection.at_eof


# The compact table


def record(created: int, duration: int = 240 * SECOND, ts_recent: int | None = None) -> Record:
    return Record(7, 9, 65_535, created + duration, duration, ts_recent, 3)


def test_table_gives_back_what_was_put_in() -> None:
    top = (1 << 32) - 1
    table = TimeWaitTable()
    for key, values in {
        b"a": (1, 2, 3, 4 * SECOND, SECOND, 5, 6),
        b"b": (top, 0, 1 << 30, 5, SECOND, None, top),
    }.items():
        assert table.add(key, Record(*values))
        found = table.get(key)
        assert found is not None
        assert values == (
            found.snd_nxt,
            found.rcv_nxt,
            found.window,
            found.expires,
            found.duration,
            found.ts_recent,
            found.ts_offset,
        )
    assert table.get(b"c") is None
    assert b"a" in table
    assert b"c" not in table
    assert len(table) == 2


def test_table_expires_in_time() -> None:
    """[MUST-13]."""
    table = TimeWaitTable()
    gone: list[bytes] = []
    for number, key in enumerate((b"a", b"b", b"c")):
        table.add(key, record(number * SECOND))
    assert table.next_deadline() == 240 * SECOND
    assert table.expire(240 * SECOND - 1, lambda key, _: gone.append(key)) == 0
    assert table.expire(241 * SECOND, lambda key, _: gone.append(key)) == 2
    assert gone == [b"a", b"b"]
    assert table.keys() == [b"c"]
    assert table.next_deadline() == 242 * SECOND
    assert table.expire(999 * SECOND) == 1
    assert table.next_deadline() is None
    assert len(table) == 0


def test_table_honours_a_restart() -> None:
    """A record whose 2MSL was restarted stays, the ones behind it still leave in time [RFC9293-E30]."""
    t = TimeWait()
    fin = t.segment("FA seq=1 ack=2")
    table = TimeWaitTable()
    gone: list[bytes] = []
    for number in range(3):
        fresh = record(number * SECOND)
        fresh.rcv_nxt = (fin.seq + 1) % (1 << 32)
        table.add(b"%d" % number, fresh)
    restarted = table.get(b"0")
    assert restarted is not None
    restarted.judge(fin, 100 * SECOND, TcpConfig())
    assert restarted.rule == "time-wait-fin-again"
    table.update(b"0", restarted)
    assert table.next_deadline() == 241 * SECOND
    table.expire(339 * SECOND, lambda key, _: gone.append(key))
    assert gone == [b"1", b"2"]
    assert table.next_deadline() == 340 * SECOND
    table.expire(340 * SECOND, lambda key, _: gone.append(key))
    assert gone == [b"1", b"2", b"0"]


def test_every_record_leaves_at_its_time() -> None:
    """Polled at each deadline, whatever was restarted, removed or waits another time [MUST-13]."""
    table = TimeWaitTable()
    ends = {}
    for number in range(60):
        key = b"%d" % number
        fresh = record(number * SECOND, duration=(240, 60, 10)[number % 3] * SECOND)
        ends[key] = fresh.expires
        table.add(key, fresh)
        back = b"%d" % (number - 6)
        if number % 2 and back in ends:
            found = table.get(back)
            assert found is not None
            found.expires = ends[back] = number * SECOND + found.duration
            table.update(back, found)
        if number % 10 == 9:
            table.remove(key)
            del ends[key]
    left: dict[bytes, int] = {}
    deadline = table.next_deadline()
    while deadline is not None:
        at = deadline

        def expired(key: bytes, _: Record, at: int = at) -> None:
            left[key] = at

        assert table.expire(at, expired) > 0
        deadline = table.next_deadline()
    assert left == ends


def test_table_has_a_limit() -> None:
    """Law 9: counted, and the connection is simply forgotten (S19, tcp_max_tw_buckets)."""
    table = TimeWaitTable(limit=2)
    assert table.add(b"a", record(1))
    assert table.add(b"b", record(2))
    assert not table.add(b"c", record(3))
    assert table.add(b"a", record(5))
    assert (len(table), table.overflows) == (2, 1)


def test_table_forgets_a_removed_record() -> None:
    """As when the connection is reopened (RFC 6191)."""
    table = TimeWaitTable()
    table.add(b"a", record(SECOND))
    table.add(b"b", record(2 * SECOND))
    table.remove(b"a")
    table.remove(b"zzz")
    assert table.get(b"a") is None
    assert table.next_deadline() == 242 * SECOND
    table.add(b"a", record(3 * SECOND))
    assert table.expire(242 * SECOND) == 1
    assert table.keys() == [b"a"]


def test_keys_that_come_and_go_leave_nothing_behind() -> None:
    """More than the table keeps as deleted places."""
    table = TimeWaitTable()
    for turn in range(5_000):
        table.add(b"a", record(turn * SECOND))
        table.add(b"b%d" % turn, record(turn * SECOND))
        table.remove(b"b%d" % turn)
    assert len(table) == 1
    assert table.next_deadline() == (4_999 + 240) * SECOND
    assert table.keys() == [b"a"]


def test_table_is_compact() -> None:
    """At most 300 octets for each entry, keys and containers counted."""
    count = 20_000
    entries = [(number.to_bytes(12, "big"), record(number)) for number in range(count)]
    table = TimeWaitTable(limit=100_000)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for key, entry in entries:
            table.add(key, entry)
        used = tracemalloc.get_traced_memory()[0] - before + sum(sys.getsizeof(key) for key, _ in entries)
    finally:
        tracemalloc.stop()
    assert 50 < used / count <= 300


def test_connection_moved_to_a_table_tells_the_truth() -> None:
    """The host keeps the record, the application its connection."""
    t = TimeWait(how="close")
    table = TimeWaitTable()
    assert t.connection.move_to(table, b"k")
    assert t.state is State.TIME_WAIT
    assert t.connection.next_deadline() is None
    assert table.next_deadline() == 240 * SECOND
    table.expire(240 * SECOND)
    assert t.state is State.CLOSED


def test_only_time_wait_can_be_moved() -> None:
    with pytest.raises(UsageError):
        Established().connection.move_to(TimeWaitTable(), b"k")
