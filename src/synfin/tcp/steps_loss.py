"""What an acknowledgment says about loss, and the timers that wait for the next one (RFC 6675, 8985, 5682, 3522).

Responsible for telling detection, episode and congestion control what happened, in this order, and for which one of
the retransmission, reordering and loss-probe timers runs [RFC8985-16].  Sends nothing: output does.
"""

from __future__ import annotations

from typing import Final

from synfin.config import MILLISECOND, SECOND
from synfin.tcp.congestion.sample import AckSample
from synfin.tcp.limits import set_pace
from synfin.tcp.recovery.base import kind
from synfin.tcp.recovery.blocks import judge
from synfin.tcp.recovery.episode import FRTO_FIRST, FRTO_OFF, FRTO_SECOND, LOSS, OPEN, RECOVERY, Recovery
from synfin.tcp.recovery.facts import LossFacts
from synfin.tcp.recovery.idle import NOTHING_SENT
from synfin.tcp.recovery.prr import Prr
from synfin.tcp.recovery.scoreboard import NO_ECHO, Scoreboard
from synfin.tcp.segment import Arrival
from synfin.tcp.state import SYN_RECEIVED, SYN_SENT, UNSYNCHRONIZED
from synfin.tcp.steps_ecn import on_reduction, was_reduced
from synfin.tcp.tcb import NO_NUMBER, Tcb
from synfin.tcp.timers import NEVER, PERSIST, PROBE, REORDER, RETRANSMIT

NEVER_OLDER: Final = -(1 << 62)  # in place of an echo: the retransmission arrived first, timestamps have spoken
FRTO_WINDOW: Final = 3  # segments (RFC 5682 2.1, step 3a)


def own_board(tcb: Tcb) -> Scoreboard:
    """The connection's own scoreboard; with the first text or FIN it is made, and all else that sending needs."""
    if tcb.board is NOTHING_SENT:
        tcb.board = Scoreboard(tcb.config.scoreboard_records)
        tcb.recovery = Recovery(tcb.iss)
        if tcb.sample is None:
            tcb.sample = AckSample()
        if tcb.state not in UNSYNCHRONIZED:
            choose_recovery(tcb)
            set_pace(tcb)
    return tcb.board


def choose_recovery(tcb: Tcb) -> None:
    """SACK-based recovery needs the peer's consent; all others go by duplicates [RFC8985-01]."""
    chosen = kind(tcb.config.recovery)
    if chosen.uses_sack and not tcb.peer_sack:
        chosen = kind("newreno")
    tcb.recovery.choose(chosen)
    tcb.recovery.recover = tcb.iss


# Acknowledgments


def take_blocks(tcb: Tcb, arrival: Arrival) -> int:
    """Enter the SACK blocks of a segment into the scoreboard; returns how many octets are newly SACKed [RFC2018-07]."""
    recovery = tcb.recovery
    board = tcb.board
    floor = max(tcb.iss + 1, tcb.snd_una - max(tcb.send_window.largest, 1))
    report = judge(arrival.segment.options.sack, arrival.ack, tcb.snd_una, tcb.snd_nxt, floor)
    if report.bad:
        tcb.note("sack-block-ignored")
    if report.dsack_start != NO_NUMBER:
        _take_dsack(tcb, report.dsack_start, report.dsack_end)
    if not recovery.by_sack:
        return 0
    news = 0
    reordered = board.reordered
    for left, right in report.blocks:
        news += board.sack(left, right, tcb.now)
    if board.reordered and not reordered:
        tcb.note("reordering-seen")
    return news


def _take_dsack(tcb: Tcb, start: int, end: int) -> None:
    """The peer has received `start` to `end` twice [RFC2883-06]."""
    recovery = tcb.recovery
    tcb.note("dsack-received")
    recovery.dsacks += 1
    recovery.dsack_end = end
    if recovery.undo_una != NO_NUMBER and recovery.undo_una <= start and end <= recovery.recover:
        recovery.undo_octets -= end - start
    if recovery.probe_end != end or not recovery.probe_again:  # RFC 8985 6.2: not for what a probe sent
        recovery.detector().on_dsack(tcb.snd_una, tcb.snd_nxt)


def judge_ack(tcb: Tcb, acked: int, news: int, duplicate: bool, flight: int, in_flight: int, delivered: int) -> None:
    """Something is out of the ordinary: losses, repairs, ends and beginnings of recovery.

    `flight` and `in_flight` (without what was SACKed) are from before this ACK; it delivered `delivered` octets.
    """
    recovery = tcb.recovery
    board = tcb.board
    if acked:
        recovery.on_progress(acked, tcb.mss)
    elif news or (duplicate and not recovery.by_sack):  # [RFC6675-01]
        tcb.note("ack-duplicate")
        recovery.on_duplicate(tcb.snd_nxt, tcb.mss, tcb.config.limited_transmit)
    if recovery.probe_end != NO_NUMBER:
        _judge_probe(tcb, duplicate and not news, flight)
    if recovery.undo_una != NO_NUMBER:
        _judge_undo(tcb, acked)
    if recovery.frto != FRTO_OFF:
        _judge_timeout(tcb, acked, news, duplicate)
    if recovery.state != OPEN and tcb.snd_una >= recovery.recover:
        _leave(tcb)
    lost = board.lost_total
    lost_again = board.lost_again
    _detect(tcb, acked, news)
    if board.lost_again > lost_again:
        tcb.note("retransmission-lost")
    if recovery.state == OPEN:
        if board.lost_total > lost:
            _enter(tcb, in_flight)
    elif recovery.state == RECOVERY and board.lost_again > lost_again:
        if board.lost_again_sent_at >= recovery.reduced_at:
            _reduce_again(tcb, in_flight)
    if recovery.prr is not None:
        safe = acked > 0 and board.lost_total == lost
        recovery.prr.on_ack(delivered, board.pipe(), tcb.congestion.ssthresh, tcb.mss, safe)
    elif recovery.state == OPEN and board.calm() and acked:
        recovery.disorder_top = NO_NUMBER


def facts_of(tcb: Tcb, acked: int, news: int) -> LossFacts:
    """What detections are told."""
    facts = LossFacts()
    facts.now = tcb.now
    facts.mss = tcb.mss
    facts.srtt = tcb.rtt.srtt
    facts.min_rtt = tcb.rtt.min_rtt
    facts.snd_una = tcb.snd_una
    facts.snd_nxt = tcb.snd_nxt
    facts.acked = acked
    facts.news = news
    facts.duplicates = tcb.recovery.duplicates
    facts.recovering = tcb.recovery.state != OPEN
    return facts


def _detect(tcb: Tcb, acked: int, news: int) -> None:
    recovery = tcb.recovery
    recovery.reorder_at = 0
    if recovery.by_sack:
        if not tcb.board.calm():
            recovery.reorder_at = recovery.detector().detect(tcb.board, facts_of(tcb, acked, news))
    elif recovery.state == RECOVERY or (recovery.state == OPEN and tcb.snd_una > recovery.recover):  # [RFC6582-02]
        recovery.detector().detect(tcb.board, facts_of(tcb, acked, news))
        if recovery.state == RECOVERY and tcb.board.to_resend:
            tcb.resend_now = recovery.detector().rule


def look_again(tcb: Tcb) -> None:
    """The reordering timer fired: what was late is lost by now [RFC8985-08]."""
    recovery = tcb.recovery
    board = tcb.board
    in_flight = tcb.flight() - board.sacked
    lost = board.lost_total
    _detect(tcb, 0, 0)
    if recovery.state == OPEN and board.lost_total > lost:
        _enter(tcb, in_flight)
        if recovery.prr is not None:
            recovery.prr.on_ack(0, board.pipe(), tcb.congestion.ssthresh, tcb.mss, False)
    arm(tcb, False)


def _enter(tcb: Tcb, in_flight: int) -> None:
    """Loss was found: reduce the window once, send the first lost segment at once [RFC5681-11] [RFC6675-08]."""
    recovery = tcb.recovery
    flight = recovery.flight_at_loss(tcb.snd_una, tcb.snd_nxt)
    recovery.enter(tcb.now, tcb.snd_una, tcb.snd_nxt)
    tcb.note("recovery-by-sack" if recovery.by_sack else "recovery-by-duplicates")
    if not recovery.by_sack:
        recovery.inflation = recovery.duplicates * tcb.mss
    _reduce(tcb, flight, in_flight)
    tcb.resend_now = "retransmit-fast"


def _reduce(tcb: Tcb, flight: int, in_flight: int) -> None:
    if not was_reduced(tcb):
        tcb.congestion.on_loss(tcb.now, flight)
        on_reduction(tcb)
    recovery = tcb.recovery
    recovery.reduced_at = tcb.now
    recovery.prr = Prr(in_flight) if recovery.by_sack and tcb.congestion.uses_prr else None


def _reduce_again(tcb: Tcb, in_flight: int) -> None:
    """A retransmission of this recovery was lost as well: a second sign of congestion [RFC5681-18]."""
    tcb.recovery.recover = tcb.snd_nxt
    tcb.recovery.disarm_undo()
    _reduce(tcb, in_flight, in_flight)  # what was SACKed is not in flight any more


def _leave(tcb: Tcb) -> None:
    """Everything that was in flight when loss was found is acknowledged: cwnd = ssthresh.

    [RFC6582-03] [RFC6675-09] [RFC6937-06] [RFC9937-10]
    """
    recovery = tcb.recovery
    before = recovery.state
    recovery.finish()
    if before == RECOVERY:
        tcb.congestion.on_recovered(tcb.now, tcb.flight())
        recovery.detector().on_recovered()


# Undo


def _judge_undo(tcb: Tcb, acked: int) -> None:
    """Were the retransmissions of this episode needed?  An echo from before them says no, as does a D-SACK for each.

    RFC 3522 3.2 (Eifel detection), RFC 3708, RFC 4015.
    """
    recovery = tcb.recovery
    if recovery.undo_echo == NO_NUMBER:
        return
    if recovery.undo_octets <= 0:
        undo(tcb, "undo-dsack")
    elif acked and recovery.state != OPEN and tcb.board.echo != NO_ECHO:
        if tcb.board.echo < recovery.undo_echo:
            undo(tcb, "undo-timeout" if recovery.state == LOSS else "undo-timestamps")
        else:
            recovery.undo_echo = NEVER_OLDER


def undo(tcb: Tcb, why: str) -> None:
    """The last reduction of the window was not needed (RFC 4015 3.2): take it back, and go on with new text."""
    recovery = tcb.recovery
    tcb.note(why)
    recovery.disarm_undo()
    tcb.board.forget_losses()
    tcb.board.reordered = True
    tcb.congestion.on_undo()
    if tcb.ecn is not None:
        tcb.ecn.on_undo()
    if recovery.state == LOSS:
        tcb.rtt.backoff = 0
    if recovery.state != OPEN:
        recovery.finish()
    tcb.resend_now = ""


def _judge_timeout(tcb: Tcb, acked: int, news: int, duplicate: bool) -> None:
    """F-RTO: was the time-out spurious?  RFC 5682 2.1, and 3.1 with SACK [RFC5682-07]; what neither acknowledges nor
    repeats an acknowledgment says nothing [RFC5682-09]."""
    recovery = tcb.recovery
    if recovery.frto == FRTO_FIRST:
        if acked:
            beyond = recovery.frto_end <= tcb.snd_una < recovery.recover  # [RFC5682-02]
            recovery.frto = FRTO_SECOND if beyond and _new_text_fits(tcb) else FRTO_OFF  # [RFC5682-03] [RFC5682-06]
        elif duplicate and not recovery.by_sack:
            recovery.frto = FRTO_OFF
        return
    original = tcb.board.original_delivered
    if acked or (0 < original <= recovery.recover and news):
        if 0 < original <= recovery.recover or not recovery.by_sack:  # [RFC5682-05]
            undo(tcb, "undo-frto")
        else:
            recovery.frto = FRTO_OFF
    elif duplicate or news:  # [RFC5682-04]
        recovery.frto = FRTO_OFF
        tcb.congestion.cwnd = FRTO_WINDOW * tcb.mss  # the two new ones, and the first of what is lost


def _new_text_fits(tcb: Tcb) -> bool:
    """A whole segment was not sent yet, so that nothing holds it back, and the peer's window allows it."""
    return tcb.snd_nxt + tcb.mss <= tcb.send_buffer.end and tcb.send_window.usable(tcb.snd_una, tcb.snd_nxt) >= tcb.mss


# Tail loss probes


def _judge_probe(tcb: Tcb, bare_duplicate: bool, flight: int) -> None:
    """What became of the probe (RFC 8985 7.4)."""
    recovery = tcb.recovery
    una = tcb.snd_una
    if una < recovery.probe_end:
        return
    if not recovery.probe_again or recovery.dsack_end == recovery.probe_end or bare_duplicate:
        recovery.probe_end = NO_NUMBER  # it carried new text, or both copies have arrived
    elif una > recovery.probe_end:  # the probe repaired a loss that nothing else told of [RFC8985-15]
        recovery.probe_end = NO_NUMBER
        if recovery.state == OPEN:
            tcb.note("loss-probe-repaired")
            if not was_reduced(tcb):
                tcb.congestion.on_loss(tcb.now, flight)
                on_reduction(tcb)
            tcb.congestion.on_recovered(tcb.now, tcb.flight())


def probe_timeout(tcb: Tcb) -> int:
    """PTO from now on: two round trips, and a delayed ACK's time when it might be one [RFC8985-10]."""
    srtt = tcb.rtt.srtt
    if srtt == 0:
        return SECOND
    pto = 2 * srtt
    if tcb.board.pipe() <= tcb.mss:
        pto += tcb.config.probe_ack_delay_ms * MILLISECOND
    return max(pto, tcb.config.probe_min_ms * MILLISECOND)


def _may_probe(tcb: Tcb) -> bool:
    """[RFC8985-11] [RFC8985-12]."""
    recovery = tcb.recovery
    return (
        recovery.probes
        and recovery.state == OPEN
        and recovery.probe_end == NO_NUMBER
        and recovery.probe_sampled
        and tcb.board.sacked == 0
        and tcb.config.tail_loss_probe
    )


# Timers


def arm(tcb: Tcb, restart: bool) -> None:
    """One of three timers runs while something is unacknowledged; `restart`: the time-out counts from now."""
    deadlines = tcb.timers.deadlines
    if deadlines[PERSIST] != NEVER:
        return
    recovery = tcb.recovery
    if tcb.snd_una == tcb.snd_nxt:
        stop(tcb)
        return
    if restart:
        recovery.rto_at = tcb.now + tcb.rtt.rto()
    if tcb.state is SYN_SENT or tcb.state is SYN_RECEIVED:
        if deadlines[RETRANSMIT] == NEVER:
            tcb.set_timer(RETRANSMIT, recovery.rto_at)
        return
    if 0 < recovery.reorder_at < recovery.rto_at:
        chosen, deadline = REORDER, recovery.reorder_at
    elif recovery.probes and _may_probe(tcb):
        chosen, deadline = PROBE, min(tcb.now + probe_timeout(tcb), recovery.rto_at)
    else:
        chosen, deadline = RETRANSMIT, recovery.rto_at
    for timer in (RETRANSMIT, REORDER, PROBE):
        if timer == chosen:
            tcb.set_timer(timer, deadline)
        elif deadlines[timer] != NEVER:
            tcb.stop_timer(timer)


def stop(tcb: Tcb) -> None:
    """Nothing is unacknowledged, or the peer's window is what is waited for."""
    tcb.stop_timer(RETRANSMIT)
    tcb.stop_timer(REORDER)
    tcb.stop_timer(PROBE)


def waiting(tcb: Tcb) -> bool:
    """Whether one of the three runs."""
    deadlines = tcb.timers.deadlines
    return deadlines[RETRANSMIT] != NEVER or deadlines[PROBE] != NEVER or deadlines[REORDER] != NEVER


# Time-outs


def on_timeout(tcb: Tcb, again: bool) -> None:
    """The retransmission timer expired: what is lost now, and what the window is [RFC5681-08] [RFC2525-02]."""
    recovery = tcb.recovery
    board = tcb.board
    if recovery.state == RECOVERY:
        tcb.note("recovery-failed" if recovery.by_sack else "recovery-by-duplicates-failed")
    flight = (
        recovery.flight_at_loss(tcb.snd_una, tcb.snd_nxt) if recovery.state == OPEN else tcb.flight() - board.sacked
    )
    tcb.congestion.on_timeout(tcb.now, flight, again)
    on_reduction(tcb)
    recovery.on_timeout(tcb.now, tcb.snd_una, tcb.snd_nxt, again, tcb.config.frto)
    first = board.first()
    if first is None:
        return
    if first.sacked:  # the peer has dropped what it had reported, or its ACK would cover it [RFC2018-08]
        tcb.note("sack-reneged")
        board.forget_sacks()
        board.mark_all_lost()
    else:
        recovery.detector().on_timeout(board, facts_of(tcb, 0, 0))
    recovery.frto_end = min(first.end, first.start + tcb.mss)


def resend_all(tcb: Tcb, why: str) -> None:
    """Send again all that is unacknowledged, for a reason other than congestion, as the windows allow."""
    tcb.board.mark_all_lost()
    tcb.resend_why = why
