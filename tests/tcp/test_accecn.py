"""AccECN (RFC 9768): what two ends agree on, the counter in the flags, the option, and paths that spoil either."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from synfin.config import ECN_CHOICES
from synfin.tcp import State
from synfin.tcp.accecn import HANDSHAKE, AccurateEcn
from synfin.tcp.ecn import ACCURATE, CLASSIC
from synfin.wire.tcp import ACK, SYN
from synfin.wire.tcp_options import ACCECN_0, ACCECN_1, options_length
from tests.harness import Context, Listening, Opened
from tests.notation import Sent

FIELDS = ("not-ect", "ect1", "ect0", "ce")


def letters(ace: int) -> str:
    """AE, CWR, ECE as the notation has them."""
    return ("N" if ace & 4 else "") + ("C" if ace & 2 else "") + ("E" if ace & 1 else "")


def ace_of(sent: Sent) -> int:
    return sent.segment.flags >> 6 & 7


def counters(sent: Sent) -> tuple[int, tuple[int, ...]] | None:
    """Kind and counters of the AccECN option of a segment."""
    for kind, value in sent.options.others:
        if kind in (ACCECN_0, ACCECN_1):
            return kind, tuple(int.from_bytes(value[at : at + 3], "big") for at in range(0, len(value), 3))
    return None


class Accurate(Context):
    """ESTABLISHED with AccECN; nothing sent yet.  The peer's counter of marks is 5."""

    def __init__(self, passive: bool = False, third: str = "AC", **options: Any) -> None:
        super().__init__(passive=passive, ecn="accecn", **options)
        if passive:
            self.inject("SECN seq=0").expect("SAC seq=0 ack=1")
            self.inject(third)
            self.accept()
        else:
            self.app.open()
            self.expect("SECN seq=0")
            self.inject("SAC seq=0 ack=1").expect("AC seq=1")

    def feed(self, text: str, ace: int, option: tuple[int, bytes] | None = None) -> Context:
        """Inject a segment whose flags count `ace` marks."""
        flags, _, rest = text.partition(" ")
        segment = self.segment(f"{flags}{letters(ace)} {rest}")
        if option is not None:
            segment.options.others = (option,)
        return self.inject_segment(segment)


def option(kind: int, *values: int, tail: bytes = b"") -> tuple[int, bytes]:
    return kind, b"".join(value.to_bytes(3, "big") for value in values) + tail


# Agreement


@pytest.mark.parametrize("field", range(4))
@pytest.mark.parametrize("choice", ["accecn", "on_accept_accecn", "accept_accecn"])
def test_syn_ack_tells_how_the_syn_came(field: int, choice: str) -> None:
    """[RFC9768-01]: table 2, the first four rows; a marked SYN is not dropped [RFC8311-05]."""
    t = Listening(ecn=choice)
    sent = t.inject(f"SECN seq=0 ip={FIELDS[field]}").outbox[0]
    assert sent.segment.flags & (SYN | ACK) == SYN | ACK
    assert ace_of(sent) == (0b010, 0b011, 0b100, 0b110)[field]
    assert sent.ip == "not-ect"


@pytest.mark.parametrize("ace", range(8))
@pytest.mark.parametrize("choice", ECN_CHOICES)
def test_every_syn(ace: int, choice: str) -> None:
    """[RFC9768-01] [RFC9768-02] [RFC9768-03]: a combination without a meaning is a later AccECN's request."""
    t = Listening(ecn=choice)
    t.inject(f"S{letters(ace)} seq=0")
    answer = ace_of(t.outbox[0])
    if choice == "off" or ace == 0:
        assert answer == 0
    elif ace == 0b011:
        assert answer == 0b001
    elif "accecn" in choice:
        assert answer == 0b010
    else:
        assert answer == (0b001 if ace == 0b111 else 0)


@pytest.mark.parametrize(
    ("ace", "mode", "sends"),
    [
        (0b000, None, False),
        (0b001, CLASSIC, True),
        (0b010, ACCURATE, True),
        (0b011, ACCURATE, False),  # our SYN was Not-ECT: the path makes marks of its own (RFC 9768 3.2.2.3)
        (0b100, ACCURATE, False),
        (0b101, ACCURATE, True),  # reserved: as if unchanged
        (0b110, ACCURATE, False),
        (0b111, None, False),  # broken
    ],
)
def test_every_syn_ack(ace: int, mode: int | None, sends: bool) -> None:
    """[RFC9768-02]: table 2 at the client."""
    t = Opened(ecn="accecn")
    t.inject(f"SA{letters(ace)} seq=0 ack=1")
    ecn = t.connection.tcb.ecn
    assert (None if ecn is None else ecn.mode) == mode
    t.drain()
    t.app.write(b"x")
    assert t.outbox[0].ip == ("ect0" if sends else "not-ect")


@pytest.mark.parametrize("field", range(4))
def test_first_ack_tells_how_the_syn_ack_came(field: int) -> None:
    """[RFC9768-08]: table 3; afterwards the flags are the counter, which starts at 5 [RFC9768-07]."""
    t = Opened(ecn="accecn")
    t.inject(f"SAC seq=0 ack=1 ip={FIELDS[field]}")
    first = t.outbox.pop(0)
    assert ace_of(first) == HANDSHAKE[field]
    t.inject("ANE len=10")
    t.advance(ms=500)
    assert ace_of(t.outbox[0]) == (6 if field == 3 else 5)


def test_first_ack_goes_alone_when_text_waits() -> None:
    """[RFC9768-08]: RFC 9768 3.2.2.1: only an ACK without text can tell it."""
    t = Opened(ecn="accecn")
    t.app.write(b"early")
    t.inject("SAC seq=0 ack=1 ip=ce")
    assert [(ace_of(sent), sent.len) for sent in t.drain()] == [(0b110, 0), (6, 5)]


@pytest.mark.parametrize(
    ("ace", "sends", "told"),
    [(0b010, True, 5), (0b001, True, 5), (0b101, True, 5), (0b111, True, 5), (0b000, False, 5), (0b110, False, 6),
     (0b011, False, 5), (0b100, False, 5)],
)  # fmt: skip
def test_every_third_segment(ace: int, sends: bool, told: int) -> None:
    """Table 4: [RFC9768-13] a zero is none of them; we have sent the SYN-ACK Not-ECT, so marks on it are made up."""
    t = Accurate(passive=True, third=f"A{letters(ace)}")
    ecn = t.connection.tcb.ecn
    assert ecn is not None
    assert ecn.accurate is not None
    assert ecn.accurate.told_cep == told
    t.app.write(b"x")
    assert t.outbox[0].ip == ("ect0" if sends else "not-ect")
    t.drain()
    t.inject("PANE len=10 ip=ce").inject("PANE len=10 ip=ce")
    t.advance(ms=500)
    assert ace_of(t.drain()[-1]) == 7  # the peer still gets its feedback


def test_syn_is_tried_twice_then_without() -> None:
    """[RFC9768-04]: the same number each time; after a SYN without flags nothing is ECT."""
    t = Opened(ecn="accecn")
    first = t.sent[0]
    again = t.advance_until_sent()
    last = t.advance_until_sent()
    assert (ace_of(first), ace_of(again), ace_of(last)) == (7, 7, 0)
    assert {first.segment.seq, again.segment.seq, last.segment.seq} == {first.segment.seq}
    t.inject("SAC seq=0 ack=1")
    ecn = t.connection.tcb.ecn
    assert ecn is not None
    assert ecn.mode == ACCURATE
    t.drain()
    t.app.write(b"x")
    assert t.outbox[0].ip == "not-ect"


def test_syn_ack_loses_its_option_then_its_flags() -> None:
    """[RFC9768-14]: RFC 9768 3.2.3.2.2; the mode stays [RFC9768-05], but nothing is ECT."""
    t = Listening(ecn="accecn")
    t.inject("SECN seq=0")
    first, again, last = t.outbox.pop(0), t.advance_until_sent(), t.advance_until_sent()
    assert [(ace_of(sent), counters(sent) is not None) for sent in (first, again, last)] == [
        (2, True), (2, False), (0, False),
    ]  # fmt: skip
    t.inject("AC")
    t.accept()
    t.drain()
    t.app.write(b"x")
    assert t.outbox[0].ip == "not-ect"
    assert ace_of(t.outbox[0]) == 5
    assert counters(t.outbox[0]) is None


def test_repeated_syn_without_flags_keeps_the_mode() -> None:
    """[RFC9768-05]."""
    t = Listening(ecn="accecn")
    t.inject("SECN seq=0").expect("SAC seq=0")
    t.inject("S seq=0").expect("SAC seq=0")
    t.inject("AC seq=1")
    t.accept()
    t.app.write(b"x")
    assert t.outbox[0].ip == "not-ect"
    assert ace_of(t.outbox[0]) == 5


@pytest.mark.parametrize(("first", "then"), [("SECN", "SEC"), ("SEC", "SECN")])
def test_both_kinds_in_one_handshake_are_reset(first: str, then: str) -> None:
    """[RFC9768-06]."""
    t = Listening(ecn="accecn")
    t.inject(f"{first} seq=0")
    t.drain()
    t.inject(f"{then} seq=0")
    assert "R" in t.outbox[0].flags
    assert t.state is State.LISTEN


def test_syn_has_no_option() -> None:
    """[RFC9768-11]: never on a SYN."""
    t = Opened(ecn="accecn")
    assert not t.sent[0].options.others


# The counter in the flags


def test_counter_wraps() -> None:
    """[RFC9768-07]: three bits, from 5 on, on all segments; pure ACKs with CE count too."""
    t = Accurate(passive=True, quick_acks=1_000)
    seen = []
    for _ in range(12):
        t.inject("PANE len=10 ip=ce")
        seen.append(ace_of(t.outbox.pop()))
        t.drain()
    assert seen == [count % 8 for count in range(6, 18)]
    t.inject("ANE ip=ce")
    t.app.write(b"x")
    assert ace_of(t.outbox[0]) == 18 % 8


def test_mark_on_a_segment_out_of_window_does_not_count() -> None:
    """[RFC3168-12] holds for the counter as well."""
    t = Accurate(passive=True)
    t.inject("PANE seq=900000 len=10 ip=ce")
    assert ace_of(t.drain()[-1]) == 5


def test_acknowledged_at_once() -> None:
    """[RFC9768-09]: a mark after text without one; two marks with text; three without."""
    t = Accurate(passive=True)
    t.inject("PANE len=10 ip=ect0").expect_nothing()
    sent = t.inject("PANE len=10 ip=ce").outbox.pop()
    assert (sent.why, ace_of(sent)) == ("ack-marks-changed", 6)
    t.inject("PANE len=10 ip=ce").expect_nothing()
    sent = t.inject("PANE len=10 ip=ce").outbox.pop()
    assert (sent.why, ace_of(sent)) == ("ack-marks-count", 0)
    t.inject("ANE ip=ce").inject("ANE ip=ce").expect_nothing()
    sent = t.inject("ANE ip=ce").outbox.pop()
    assert (sent.why, ace_of(sent)) == ("ack-marks-count", 3)


def test_reported_marks_reduce_once_per_window() -> None:
    """The same reaction as to ECE (RFC 3168 6.1.2), no growth with it, and no CWR: that bit counts."""
    t = Accurate(mss=1000)
    t.app.write(b"x" * 20_000)
    t.drain()
    before = t.connection.tcb.congestion.cwnd
    t.feed("A ack=1001", 6)
    after = t.connection.tcb.congestion.cwnd
    assert after < before
    t.feed("A ack=2001", 7)
    assert t.connection.tcb.congestion.cwnd == after
    assert t.rules.count("ecn-congestion-told") == 1
    assert t.connection.info().delivered_ce == 2
    assert {ace_of(sent) for sent in t.sent if sent.len} == {5}
    t.feed(f"A ack={t.peer.rcv_nxt}", 7)
    t.feed(f"A ack={t.peer.rcv_nxt}", 0)
    assert t.rules.count("ecn-congestion-told") == 2


def test_counter_that_may_have_come_round() -> None:
    """[RFC9768-10]: many packets acknowledged at once, and no option to tell: the worst that is likely."""
    one = AccurateEcn()
    assert one.on_feedback(6, None, 20_000, 1000) == (17, 17_000)  # 1, 9 or 17 marks
    assert AccurateEcn().on_feedback(6, None, 7_000, 1000) == (1, 1_000)
    assert AccurateEcn().on_feedback(5, None, 20_000, 1000) == (16, 16_000)
    # An option tells that nothing, or little, was marked
    assert AccurateEcn().on_feedback(5, option(ACCECN_0, 20_001, 0, 1), 20_000, 1000) == (0, 0)
    assert AccurateEcn().on_feedback(6, option(ACCECN_0, 19_001, 1_000, 1), 20_000, 1000) == (1, 1_000)
    assert AccurateEcn().on_feedback(6, option(ACCECN_0, 3_001, 17_000, 1), 20_000, 1000) == (17, 17_000)


def test_safe_estimate_is_never_below_what_happened() -> None:
    """[RFC9768-10]: with lost ACKs the estimate has the right remainder, and covers what was marked."""
    rng = Random(5)
    for _ in range(300):
        counter = AccurateEcn()
        packets = rng.randrange(1, 40)
        marks = rng.randrange(0, packets + 1)
        told, _ = counter.on_feedback((5 + marks) % 8, None, packets * 1000, 1000)
        assert told % 8 == marks % 8
        assert told >= marks or packets < 8
        assert told <= packets


# The option


def test_option_counts_octets_by_mark() -> None:
    """[RFC9768-11]: kind 172 starts with ECT(0), 174 with ECT(1), three counters of 24 bits."""
    t = Accurate(passive=True, quick_acks=1_000)
    t.inject("PANE len=100 ip=ect0")
    assert counters(t.outbox.pop()) == (ACCECN_0, (101, 0, 1))
    t.inject("PANE len=50 ip=ce")
    assert counters(t.outbox.pop()) == (ACCECN_0, (101, 50, 1))
    t.inject("PANE len=20 ip=ect1")
    assert counters(t.outbox.pop()) == (ACCECN_1, (21, 50, 101))


def test_option_leaves_off_what_does_not_fit() -> None:
    """[RFC9768-11]: lengths 11, 8, 5, and none; beside SACK and timestamps the list never exceeds 40 octets."""
    for room, fields in ((40, 3), (12, 3), (11, 3), (10, 2), (8, 2), (7, 1), (5, 1), (4, 0)):
        found = AccurateEcn().option(room, 0, 0)
        assert (0 if found is None else len(found[1]) // 3) == fields
    t = Accurate(passive=True, sackok=True, ts=1, ws=2)
    for seq in (2001, 4001, 6001, 8001):
        t.inject(f"ANE seq={seq} len=100 ip=ect0")
    assert all(options_length(sent.options) <= 40 for sent in t.drain())


def test_text_with_an_option_is_smaller() -> None:
    """[RFC6691-02]: what the option takes is taken off the segment."""
    t = Accurate(passive=True, mss=1000, link_mss=1000)
    t.inject("PANE len=100 ip=ect0")
    t.app.write(b"x" * 3000)
    for sent in t.drain():
        assert sent.len + options_length(sent.options) <= 1000


def test_option_is_repeated_as_a_beacon() -> None:
    """RFC 9768 3.2.3.3: at least three times a round trip while there is something to send."""
    t = Context(passive=True, ecn="accecn", mss=1000)
    t.inject("SECN seq=0")
    t.drain()
    t.advance(ms=90)
    t.inject("AC")
    t.accept()
    found = []
    for _ in range(10):
        t.advance(ms=40)
        t.app.write(b"x" * 1000)
        found.append(any(counters(sent) for sent in t.drain()))
        t.inject("ANE")
    assert all(found)


@pytest.mark.parametrize(
    ("kind", "values", "tail", "marked"),
    [
        (ACCECN_0, (101, 50, 1), b"", 50),
        (ACCECN_1, (1, 50, 101), b"", 50),
        (ACCECN_0, (101, 50), b"", 50),
        (ACCECN_0, (101, 50), b"\x01\x02", 50),  # [RFC9768-12]
        (ACCECN_0, (101, 50, 1), b"\x00\x00\x09\x09", 50),
        (ACCECN_0, (101,), b"", 1000),  # only the flags tell then: one packet
        (ACCECN_0, (), b"", 1000),
        (ACCECN_0, (), b"\x05", 1000),
    ],
)
def test_option_is_read(kind: int, values: tuple[int, ...], tail: bytes, marked: int) -> None:
    """[RFC9768-11] [RFC9768-12]: whole counters of any length, in both orders."""
    counter = AccurateEcn()
    assert counter.on_feedback(6, option(kind, *values, tail=tail), 3000, 1000) == (1, marked)


def test_option_that_goes_back_is_old() -> None:
    counter = AccurateEcn()
    assert counter.on_feedback(6, option(ACCECN_0, 101, 500, 1), 3000, 1000) == (1, 500)
    assert counter.on_feedback(6, option(ACCECN_0, 51, 400, 1), 3000, 1000) == (0, 0)
    assert counter.told_ceb == 500


def test_option_wraps() -> None:
    counter = AccurateEcn()
    counter.told_ceb = (1 << 24) - 10
    assert counter.on_feedback(6, option(ACCECN_0, 1, 40, 1), 3000, 1000) == (1, 50)


# Paths that spoil it


def test_zeroed_counter_stops_ect() -> None:
    """[RFC9768-13]: no peer starts with zero; our text is Not-ECT from then on, our feedback goes on."""
    t = Accurate(mss=1000)
    t.app.write(b"x" * 3000)
    assert all(sent.ip == "ect0" for sent in t.drain())
    t.feed(f"A ack={t.peer.rcv_nxt}", 0)
    t.expect_rule("accecn-ace-zero")
    t.app.write(b"x" * 1000)
    sent = t.drain()[-1]
    assert (sent.ip, ace_of(sent)) == ("not-ect", 5)


def test_counter_may_be_zero_later() -> None:
    t = Accurate(mss=1000)
    t.app.write(b"x" * 2000)
    t.feed("A ack=1001", 5)
    t.feed("A ack=2001", 0)
    assert "accecn-ace-zero" not in t.rules


def test_zeroed_option_is_ignored() -> None:
    """RFC 9768 3.2.3.2.4: the counters of text start at one, so a zero comes from the path."""
    t = Accurate(mss=1000)
    t.app.write(b"x" * 3000)
    t.feed("A ack=1001", 5, option(ACCECN_0, 0, 0, 0))
    t.expect_rule("accecn-option-zero")
    t.feed("A ack=2001", 6, option(ACCECN_0, 0, 77, 0))
    assert t.connection.tcb.ecn.accurate.told_ceb == 0  # type: ignore[union-attr]


def test_super_segments_only_while_the_counter_has_no_cwr() -> None:
    """Whoever cuts a super-segment leaves CWR to the first piece, which would spoil the counter of the others."""
    t = Accurate(passive=True, mss=1000, quick_acks=1_000, initial_cwnd_segments=40)
    t.connection.tcb.push_limit = 64_000
    t.app.write(b"x" * 20_000)
    assert len({ace_of(sent) for sent in t.drain()}) == 1
    t.feed(f"A ack={t.peer.rcv_nxt}", 5)
    t.inject("PANE len=10 ip=ce")
    t.drain()
    t.app.write(b"x" * 20_000)
    assert {ace_of(sent) for sent in t.drain() if sent.len} == {6}


def test_duplicates_are_told_beside_the_counters() -> None:
    """[RFC9768-15]: RFC 2883 with SACK, so that a pure ACK for marks is no duplicate ACK in the peer's eyes."""
    t = Accurate(passive=True, sackok=True)
    t.inject("PANE seq=1 len=100 ip=ect0")
    t.drain()
    t.inject("PANE seq=1 len=100 ip=ect0")
    assert t.drain()[-1].sack == ((1, 101),)


def test_packets_that_a_device_has_put_together_are_counted() -> None:
    """[RFC9768-07]: a super-segment with CE stands for as many marked packets as it was made of."""
    t = Accurate(passive=True, quick_acks=1_000)
    segment = t.segment("PANE len=2500 ip=ce")
    segment.mss = 1_000
    t.inject_segment(segment)
    assert ace_of(t.drain()[-1]) == (5 + 3) % 8
