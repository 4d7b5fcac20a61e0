"""The half of output that sends again: what is lost, guesses, tail loss probes; and the timers for it."""

from __future__ import annotations

from synfin.config import MILLISECOND
from synfin.tcp.build import NO_TIMER, RESTART, text_segment
from synfin.tcp.limits import may_leave
from synfin.tcp.recovery.episode import FRTO_SECOND, RECOVERY
from synfin.tcp.recovery.sent import Sent
from synfin.tcp.steps_loss import arm, facts_of, waiting
from synfin.tcp.tcb import Tcb
from synfin.wire.tcp import Segment


def retransmit(tcb: Tcb, out: list[Segment]) -> None:
    """The segment that a rule asked for, then the lost, lowest first, as windows allow [RFC8985-18] [RFC6675-10]."""
    board = tcb.board
    recovery = tcb.recovery
    if tcb.resend_now:
        why = tcb.resend_now
        tcb.resend_now = ""
        record = board.next_lost()
        if record is None:
            record = board.first()
        if record is not None:
            _resend(tcb, record, why, out)
    if board.to_resend == 0 or recovery.frto == FRTO_SECOND:
        return
    why = recovery.kind.rule if recovery.state == RECOVERY else tcb.resend_why
    while board.to_resend:
        record = board.next_lost()
        if record is None:
            break
        pipe = board.pipe()
        size = _resend_size(tcb, record)
        if pipe > 0 and pipe + size > tcb.effective_cwnd():
            break
        if tcb.pacer is not None and may_leave(tcb, tcb.pacer, size) == 0:
            break
        if record.start >= tcb.snd_una + tcb.send_window.size:
            break
        _resend(tcb, record, why, out)


def _resend(tcb: Tcb, record: Sent, why: str, out: list[Segment]) -> None:
    """One segment again, at most one MSS of it [RFC2525-14] [RFC2018-08]; small lost ones are sent as one."""
    board = tcb.board
    if record.lost and record.end - record.start < tcb.mss:
        board.gather(record, tcb.mss)
    seq = record.start
    segment = text_segment(tcb, seq, _resend_size(tcb, record), why)
    out.append(segment)
    end = seq + segment.length
    if end < record.end:
        board.split(board.find(seq), end, True)
    board.resend(record, tcb.now)
    tcb.recovery.on_resent(record.end - seq, tcb.now // MILLISECOND)
    if seq == tcb.snd_una and tcb.recovery.by_sack:  # not earlier than one RTO after this [RFC6298-09]
        tcb.arm_now = RESTART


def _resend_size(tcb: Tcb, record: Sent) -> int:
    """Octets of text: at most one MSS."""
    size = min(record.end, tcb.send_buffer.end) - record.start
    if size > tcb.mss:
        size = tcb.mss
    allowed = tcb.snd_una + tcb.send_window.size - record.start
    if 0 < allowed < size:  # the window has shrunk [SHLD-16]
        size = allowed
    return size if size > 0 else 0


def speculate(tcb: Tcb, out: list[Segment]) -> None:
    """In recovery there is room, but nothing that is known to be lost and nothing new: what the detection guesses."""
    recovery = tcb.recovery
    board = tcb.board
    while board.to_resend == 0 and board.pipe() + tcb.mss <= tcb.effective_cwnd():
        guess = recovery.detector().speculate(board, facts_of(tcb, 0, 0), recovery.rescued)
        if guess is None:
            return
        start, end, why = guess
        record = board.at(start)
        if record is None or record.sacked or end <= start:
            return
        if record.start < start and board.split(board.find(start), start, True):
            record = board.at(start)
            assert record is not None  # it was cut off just now
        recovery.rescued = recovery.rescued or why == "retransmit-rescue"
        _resend(tcb, record, why, out)


def probe_tail(tcb: Tcb, out: list[Segment]) -> None:
    """A tail loss probe: new text if there is any, else the last segment again [RFC8985-13]; then the RTO's turn."""
    tcb.loss_probe = False
    tcb.arm_now = RESTART  # [RFC8985-14]
    recovery = tcb.recovery
    seq = tcb.snd_nxt
    if tcb.snd_una == seq:
        return
    queued = min(tcb.send_buffer.end - seq, tcb.mss)
    fits = tcb.send_window.usable(tcb.snd_una, seq)
    again = queued <= 0 or fits < queued
    if again:
        last = tcb.board.last()
        if last is None or last.sacked:
            return
        cut = last.end - tcb.mss
        if last.start < cut and tcb.board.split(tcb.board.find(cut), cut, True):
            last = tcb.board.last()
            assert last is not None  # it was cut off just now
        _resend(tcb, last, "retransmit-tail-probe", out)
    else:
        out.append(text_segment(tcb, seq, queued, "tail-loss-probe", fin_fits=fits > queued))
    recovery.probe_end = tcb.snd_nxt
    recovery.probe_again = again
    recovery.probe_sampled = False


def arm_timers(tcb: Tcb) -> None:
    """Something that wants an acknowledgment has left: the timers wait for it [RFC6298-10] [RFC8985-11]."""
    restart = tcb.arm_now == RESTART or not waiting(tcb)
    tcb.arm_now = NO_TIMER
    arm(tcb, restart)
