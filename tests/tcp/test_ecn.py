"""Classic ECN (RFC 3168, RFC 8311) and the receiver of DCTCP (RFC 8257): what goes out, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from synfin.config import ECN_CHOICES, TcpConfig
from synfin.errors import UsageError
from synfin.tcp.congestion import base
from synfin.tcp.congestion.base import register
from synfin.tcp.congestion.newreno import NewReno
from tests.harness import Context, Established, Listening, Opened
from tests.notation import ECN_FIELDS


class Agreed(Context):
    """ESTABLISHED with classic ECN, by an active open or by a passive one; nothing sent yet."""

    def __init__(self, passive: bool = False, **options: Any) -> None:
        super().__init__(passive=passive, ecn="on", **options)
        if passive:
            self.inject("SEC seq=0").expect("SAE seq=0 ack=1")
            self.inject("A")
            self.accept()
        else:
            self.app.open()
            self.expect("SEC seq=0")
            self.inject("SAE seq=0 ack=1").expect("A seq=1")


def test_only_known_choices() -> None:
    with pytest.raises(UsageError, match="must be one of off, on, accept"):
        TcpConfig(ecn="always")
    assert TcpConfig().ecn == "accept"
    assert TcpConfig.linux().ecn == "accept"


# Negotiation


@pytest.mark.parametrize("choice", ECN_CHOICES)
def test_what_our_syn_asks_for(choice: str) -> None:
    """[RFC3168-01] [RFC9768-01]: and a SYN is Not-ECT [RFC3168-02]."""
    wanted = {"on": "SEC", "on_accept_accecn": "SEC", "accecn": "SECN"}.get(choice, "S")
    t = Opened(ecn=choice)
    assert set(t.sent[0].flags) == set(wanted)
    assert t.sent[0].ip == "not-ect"


@pytest.mark.parametrize(
    ("flags", "ip", "answer"),
    [
        ("SEC", "not-ect", "SAE"),
        ("S", "not-ect", "SA"),
        ("SE", "not-ect", "SA"),
        ("SC", "not-ect", "SA"),
        ("SN", "not-ect", "SA"),
        ("SECN", "not-ect", "SAE"),  # AccECN asked of one who does not know it
        ("SEC", "ect0", "SA"),  # no ECN-setup SYN is ECT
        ("SEC", "ce", "SA"),
        ("SECN", "ce", "SAE"),
    ],
)
@pytest.mark.parametrize("choice", ["on", "accept"])
def test_answer_to_a_syn(flags: str, ip: str, answer: str, choice: str) -> None:
    """[RFC3168-01] [RFC8311-05] [SHLD-8]: all combinations; no SYN is dropped for its mark; a SYN-ACK is Not-ECT."""
    t = Listening(ecn=choice)
    sent = t.inject(f"{flags} seq=0 ip={ip}").expect(f"{answer} seq=0 ack=1")
    assert sent.ip == "not-ect"  # [RFC3168-02]
    t.inject("A")
    assert t.accept() is not None
    t.app.write(b"x" * 100)
    assert t.expect("PA seq=1 len=100").ip == ("ect0" if answer == "SAE" else "not-ect")  # [RFC3168-03]


def test_off_means_off() -> None:
    t = Listening(ecn="off")
    t.inject("SEC seq=0").expect("SA seq=0")


@pytest.mark.parametrize("answer", ["SA", "SAC", "SAEC", "SAN", "SACN", "SAECN", "SAEN"])
def test_syn_ack_that_refuses(answer: str) -> None:
    """[RFC3168-01]: everything but ECE alone is a refusal; nothing is ECT and no mark is reported [RFC3168-03]."""
    t = Opened(ecn="on")
    t.inject(f"{answer} seq=0 ack=1").expect("A seq=1 ip=not-ect")
    t.expect_rule("ecn-refused")
    t.app.write(b"x" * 100)
    t.expect("PA seq=1 len=100 ip=not-ect")
    t.inject("AE ack=101 len=10 ip=ce")
    t.advance(ms=500)
    t.expect("A ack=11")
    assert t.connection.info().options & 8 == 0


def test_unasked_ece_on_a_syn_ack_changes_nothing() -> None:
    t = Opened()
    t.inject("SAE seq=0 ack=1").expect("A seq=1")
    t.app.write(b"x")
    t.expect("PA seq=1 ip=not-ect")


def test_lost_syn_falls_back() -> None:
    """[RFC3168-09]: and whoever has sent a SYN without ECN may not send ECT, whatever the late answer says."""
    t = Opened(ecn="on")
    t.advance(ms=1_000)
    t.expect("S seq=0")
    t.expect_rule("ecn-fallback")
    t.inject("SAE seq=0 ack=1").expect("A seq=1")
    t.app.write(b"x" * 10)
    t.expect("PA seq=1 ip=not-ect")
    t.inject("A ack=11 len=10 ip=ce").expect("AE ack=11")  # marks are reported all the same


def test_no_fall_back_without_the_setting() -> None:
    t = Opened(ecn="on", ecn_fallback=False)
    t.advance(ms=1_000)
    t.expect("SEC seq=0")


def test_peer_that_repeats_its_syn_without_ecn() -> None:
    """RFC 3168 6.1.1: a host that has got a SYN without ECN should not send ECT."""
    t = Listening(ecn="on")
    t.inject("SEC seq=0").expect("SAE seq=0")
    t.inject("S seq=0").expect("SAE seq=0")
    t.inject("A seq=1 ack=1")
    t.accept()
    t.app.write(b"x")
    t.expect("PA seq=1 ip=not-ect")


def test_simultaneous_open() -> None:
    """Both ask, both agree."""
    t = Opened(ecn="on")
    t.inject("SEC seq=0").expect("SAE seq=0 ack=1")
    t.inject("SAE seq=0 ack=1")
    t.outbox.clear()
    t.app.write(b"x")
    t.expect("PA seq=1 ip=ect0")


def test_simultaneous_open_when_we_have_not_asked() -> None:
    """RFC 3168 6.1.1: our own SYN was no ECN-setup SYN, so ECT is forbidden."""
    t = Opened(ecn="accept")
    t.inject("SEC seq=0").expect("SA seq=0 ack=1")


# Sending


def test_only_new_text_is_ect() -> None:
    """[RFC3168-02] [RFC3168-13] [RFC8311-02] [RFC8311-04]: not pure ACKs, FIN, repetitions, probes."""
    t = Agreed(mss=1000, nodelay=True)
    t.app.write(b"x" * 1500)
    t.expect("A seq=1 len=1000 ip=ect0")
    t.expect("PA seq=1001 len=500 ip=ect0")
    t.inject("A ack=1 len=100 ip=ect0")
    t.advance(ms=3_000)
    again = [sent for sent in t.drain() if sent.seq == 1 and sent.len]
    assert again
    assert all(sent.ip == "not-ect" and "C" not in sent.flags for sent in again)
    t.inject("A ack=1501")
    assert all(sent.ip == "not-ect" for sent in t.drain() if not sent.len)
    t.app.shutdown()
    t.expect("FA ip=not-ect")


def test_window_probe_is_not_ect() -> None:
    """[RFC3168-02]: RFC 3168 6.1.6."""
    t = Agreed(zero_window_probe_octet=True)
    t.inject("A ack=1 win=0")
    t.app.write(b"x" * 10)
    probe = t.advance_until_sent()
    assert probe.why == "zero-window-probe"
    assert probe.len == 1
    assert probe.ip == "not-ect"


def test_traffic_class_of_the_first_segment_after_time_out() -> None:
    """[RFC3168-06]: whatever has reduced the window, CWR says so, on new text and once."""
    t = Agreed(mss=1000)
    t.app.write(b"x" * 1000)
    t.expect("PA len=1000 ip=ect0")
    t.advance(ms=1_000)
    assert (t.outbox[0].seq, t.outbox.pop(0).ip) == (1, "not-ect")
    t.inject("A ack=1001")
    t.app.write(b"x" * 3000)
    first = t.outbox.pop(0)
    assert first.seq == 1001
    assert "C" in first.flags
    assert first.ip == "ect0"
    assert all("C" not in sent.flags for sent in t.drain())


def test_ece_reduces_once_per_window() -> None:
    """[RFC3168-06] [RFC3168-08]: as for one loss; no slow start; not again for what was in flight; CWR once."""
    t = Agreed(mss=1000)
    t.app.write(b"x" * 20_000)
    sent = t.drain()
    assert all(one.ip == "ect0" for one in sent)
    before = t.connection.tcb.congestion.cwnd
    t.inject("AE ack=1001")
    after = t.connection.tcb.congestion.cwnd
    assert before // 2 - 1000 <= after <= before * 7 // 10 + 1000
    t.expect_rule("ecn-congestion-told")
    for ack in range(2001, 10_001, 1000):
        t.inject(f"AE ack={ack}")
        assert t.connection.tcb.congestion.cwnd <= after
    assert t.rules.count("ecn-congestion-told") == 1
    assert t.connection.tcb.congestion.cwnd > 1000
    marked = [one for one in t.drain() if "C" in one.flags]
    assert len(marked) == 1
    assert marked[0].len
    t.inject(f"AE ack={t.peer.rcv_nxt}")
    assert t.rules.count("ecn-congestion-told") == 2


def test_loss_and_mark_in_one_window_are_one_reduction() -> None:
    """RFC 3168 6.1.2: react once a window, be it to a loss or to a mark."""
    t = Agreed(mss=1000)
    t.app.write(b"x" * 20_000)
    t.inject("AE ack=1001")
    ssthresh = t.connection.tcb.congestion.ssthresh
    for _ in range(3):
        t.inject("A ack=1001")
    assert any(sent.why.startswith("retransmit") for sent in t.outbox)
    assert t.connection.tcb.congestion.ssthresh == ssthresh


def test_mark_with_a_window_of_one_segment_waits() -> None:
    """[RFC3168-07]: the window cannot become smaller, so the retransmission timer lets the next segment go."""
    t = Agreed(mss=1000)
    t.app.write(b"x" * 1000)
    t.drain()
    t.advance(ms=1_000)
    t.drain()
    t.app.write(b"y" * 1000)
    t.connection.tcb.ecn.reduced_until = 0  # type: ignore[union-attr]
    t.connection.tcb.congestion.cwnd = 1000
    rto = t.connection.tcb.rtt.rto()
    t.inject("AE ack=1001").expect_nothing()
    start = t.now
    sent = t.advance_until_sent()
    assert sent.seq == 1001
    assert start < t.now <= start + rto


def test_ece_means_nothing_without_ecn() -> None:
    """[RFC3168-03]."""
    t = Established(mss=1000)
    t.app.write(b"x" * 20_000)
    t.drain()
    before = t.connection.tcb.congestion.cwnd
    t.inject("AE ack=1001")
    assert t.connection.tcb.congestion.cwnd >= before
    assert t.connection.tcb.ecn is None


# Receiving


def test_ece_until_cwr() -> None:
    """[RFC3168-05] [RFC3168-04]: on every ACK, also of other text, until CWR; a mark beside CWR starts anew."""
    t = Agreed(passive=True, quick_acks=100)
    t.inject("PA len=100 ip=ect0").expect("A ack=101")
    t.inject("PA len=100 ip=ce").expect("AE ack=201")
    t.expect_rule("ce-received")
    for ack in (301, 401):
        t.inject("PA len=100 ip=ect0").expect(f"AE ack={ack}")
    t.app.write(b"answer")
    t.expect("PAE len=6 ip=ect0")
    t.inject("PAC len=100 ip=ect0").expect("A ack=501")
    t.inject("PA len=100 ip=ect0").expect("A ack=601")
    t.inject("PAC len=100 ip=ce").expect("AE ack=701")


def test_first_mark_and_cwr_are_acknowledged_at_once() -> None:
    """RFC 3168 6.1.3: the peer's window may be small, a delayed ACK would stall it."""
    t = Agreed(passive=True)
    t.inject("PA len=100 ip=ect0").expect_nothing()
    t.advance(ms=500)
    t.expect("A ack=101")
    sent = t.inject("PA len=100 ip=ce").expect("AE ack=201")
    assert sent.why == "ack-congestion"
    t.inject("PA len=100 ip=ect0").expect("AE ack=301")
    t.drain()
    sent = t.inject("PAC len=100 ip=ect0").expect("A ack=401")
    assert sent.why == "ack-window-reduced"


def test_mark_outside_the_window_is_ignored() -> None:
    """[RFC3168-12]."""
    t = Agreed(passive=True)
    t.inject("PA seq=-500 len=100 ip=ce")
    t.inject("PA seq=900000 len=100 ip=ce")
    assert all(sent.flags == "A" for sent in t.drain())
    t.inject("PA seq=1 len=100 ip=ect0")
    t.advance(ms=500)
    t.expect("A ack=101")


def test_mark_of_a_pure_ack_is_ignored() -> None:
    """RFC 3168 6.1.4: only data packets carry marks that count."""
    t = Agreed(passive=True)
    t.inject("A ip=ce").expect_nothing()
    t.app.write(b"x")
    t.expect("PA seq=1")


def test_mark_of_text_out_of_order_counts() -> None:
    t = Agreed(passive=True)
    t.inject("PA seq=101 len=100 ip=ce").expect("AE ack=1")


def test_ecn_shows_in_info() -> None:
    """TCPI_OPT_ECN, TCPI_OPT_ECN_SEEN and tcpi_delivered_ce."""
    t = Agreed(mss=1000)
    assert t.connection.info().options & 24 == 8
    t.inject("PA len=100 ip=ect0")
    assert t.connection.info().options & 24 == 24
    t.app.write(b"x" * 4000)
    t.inject("AE ack=2001")
    assert t.connection.info().delivered_ce == 2


# The receiver of DCTCP


@pytest.fixture
def precise() -> Iterator[None]:
    """A congestion control that wants exact marks, as DCTCP does."""

    class Precise(NewReno):
        ecn = "precise"
        seen: ClassVar[list[int]] = []

        def on_ack(self, sample: Any) -> None:
            type(self).seen.append(sample.ce)

    register("test-precise")(Precise)
    yield
    del base._REGISTRY["test-precise"]


@pytest.mark.usefixtures("precise")
def test_precise_receiver_tells_each_change() -> None:
    """RFC 8257 3.2: ECE as the text that is acknowledged; a change is told at once, with what came before it."""
    t = Agreed(passive=True, congestion="test-precise")
    t.inject("PA len=100 ip=ect0").expect_nothing()
    t.inject("PA len=100 ip=ce")
    t.expect("A ack=101")  # what was delayed, with the state before
    t.expect("AE ack=201")
    t.inject("PA len=100 ip=ce").expect_nothing()  # no change: delayed ACKs go on
    t.inject("PA len=100 ip=ect0")
    t.expect("AE ack=301")
    t.expect("A ack=401")
    t.inject("PAC len=100 ip=ce").expect("AE ack=501")  # CWR does not clear it


@pytest.mark.usefixtures("precise")
def test_precise_changes_between_two_polls() -> None:
    """Several frames read at once: each state is acknowledged by itself."""
    t = Agreed(passive=True, congestion="test-precise")
    with t.batch():
        for ip in ("ect0", "ce", "ce", "ect0"):
            t.inject(f"PA len=100 ip={ip}")
    assert [(sent.flags, sent.ack) for sent in t.drain()] == [("A", 101), ("AE", 301), ("A", 401)]


@pytest.mark.usefixtures("precise")
def test_precise_sender_learns_octets() -> None:
    """`AckSample.ce`: the octets that an ACK with ECE acknowledges; the algorithm itself reduces."""
    t = Agreed(mss=1000, congestion="test-precise")
    seen: list[int] = type(t.connection.tcb.congestion).seen  # type: ignore[attr-defined]
    seen.clear()
    t.app.write(b"x" * 6000)
    before = t.connection.tcb.congestion.cwnd
    t.inject("AE ack=2001").inject("A ack=3001").inject("AE ack=4001")
    assert seen == [2000, 0, 1000]
    assert t.connection.tcb.congestion.cwnd == before


@pytest.mark.parametrize("field", ECN_FIELDS)
def test_marks_mean_nothing_without_ecn(field: str) -> None:
    t = Established()
    t.inject(f"PA len=2000 ip={field}")
    t.advance(ms=500)
    assert {sent.flags for sent in t.drain()} == {"A"}
