"""SEGMENT ARRIVES (RFC 9293 3.10.7): which handler a segment meets; CLOSED, SYN-SENT and TIME-WAIT are handled here.

LISTEN is `listener.py`; the eight steps of all other states are `steps.py`, `steps_ack.py` and `steps_text.py`.
"""

from __future__ import annotations

from synfin.tcp import negotiate
from synfin.tcp.endings import fail, refused
from synfin.tcp.events import Event
from synfin.tcp.resets import reset_for
from synfin.tcp.segment import Arrival
from synfin.tcp.seq import unwrap
from synfin.tcp.state import CLOSED, ESTABLISHED, LISTEN, SYN_RECEIVED, SYN_SENT, TIME_WAIT
from synfin.tcp.steps import challenge, check_reset, check_sequence, check_syn
from synfin.tcp.steps_ack import check_ack, complete_handshake
from synfin.tcp.steps_ecn import on_arrival
from synfin.tcp.steps_text import check_fin, check_text, check_urgent
from synfin.tcp.tcb import Tcb
from synfin.tcp.timers import TIME_WAIT_TIMER
from synfin.tcp.timewait import DELETE, REOPEN, REPLY, REPLY_AND_RESTART
from synfin.wire.tcp import ACK, RST, SYN, Segment


def segment_arrives(tcb: Tcb, segment: Segment, now: int) -> None:
    """Process one segment whose checksum was right; answers are left as intents."""
    tcb.now = now
    tcb.segments_in += segment.pieces
    tcb.refresh_idle = now
    if tcb.keep_alive is not None:
        tcb.keep_alive.on_received()
    state = tcb.state
    if state is SYN_SENT:
        _in_syn_sent(tcb, segment)
    elif state is TIME_WAIT:
        _in_time_wait(tcb, segment)
    elif state is CLOSED or state is LISTEN:
        _in_closed(tcb, segment)
    else:
        ack = unwrap(segment.ack, tcb.snd_una) if segment.flags & ACK else 0
        arrival = Arrival(segment, unwrap(segment.seq, tcb.rcv_nxt), ack)
        if (
            check_sequence(tcb, arrival)
            and check_reset(tcb, arrival)
            and check_syn(tcb, arrival)
            and check_ack(tcb, arrival)
        ):
            _rest(tcb, arrival)


def _rest(tcb: Tcb, arrival: Arrival) -> None:
    """Sixth to eighth step."""
    if tcb.uto is not None:
        negotiate.hear_user_timeout(tcb, arrival.segment)
    ecn = tcb.ecn
    rule = on_arrival(tcb, ecn, arrival) if ecn is not None else ""
    check_urgent(tcb, arrival)
    if check_text(tcb, arrival):
        check_fin(tcb, arrival)
    if rule:
        tcb.ack_now = rule


def _in_closed(tcb: Tcb, segment: Segment) -> None:
    """3.10.7.1."""
    answer = reset_for(segment)
    if answer is None:
        tcb.note("closed-dropped")
        return
    tcb.note("closed-reset")
    tcb.reply(answer)


def _in_syn_sent(tcb: Tcb, segment: Segment) -> None:
    """3.10.7.3; the order of its checks is the RFC's."""
    flags = segment.flags
    ack = unwrap(segment.ack, tcb.snd_una) if flags & ACK else 0
    if flags & ACK and not tcb.iss < ack <= tcb.snd_nxt:  # [RFC9293-E15]
        tcb.note("syn-sent-bad-ack")
        answer = reset_for(segment, "reset-syn-sent")
        if answer is not None:
            tcb.reply(answer)
        return
    if flags & RST:  # [RFC9293-E16] [RFC5961-05]
        if flags & ACK:
            tcb.note("syn-sent-refused")
            fail(tcb, refused(), Event.REFUSED, "syn-sent-refused")
        else:
            tcb.note("syn-sent-rst-ignored")
        return
    if not flags & SYN:  # [RFC9293-E18]
        tcb.note("syn-sent-no-syn")
        return
    tcb.irs = segment.seq
    tcb.rcv_nxt = segment.seq + 1
    tcb.rcv_up = tcb.rcv_nxt
    negotiate.learn(tcb, segment)
    if segment.options.fast_open:
        tcb.handshake_cookie = segment.options.fast_open
    arrival = Arrival(segment, tcb.rcv_nxt, ack)
    arrival.flags &= ~SYN
    if flags & ACK:
        tcb.receive_window.edge = tcb.rcv_nxt + tcb.receive_window.offered
        complete_handshake(tcb, arrival, ESTABLISHED, "syn-sent-established")
        if tcb.syn_text:
            tcb.syn_text_refused = ack == tcb.iss + 1
            tcb.note("fast-open-text-refused" if tcb.syn_text_refused else "fast-open-text-acked")
        if ack < tcb.snd_nxt:  # fast open: the peer left our text unacknowledged [RFC9293-E19] [RFC7413-09]
            tcb.snd_nxt = ack
        tcb.ack_now = "handshake-ack"
        if tcb.config.accept_syn_data:
            _rest(tcb, arrival)  # text and FIN of the SYN-ACK [RFC9293-E19]
        elif arrival.length():
            tcb.note("syn-data-ignored")
        return
    _simultaneous_open(tcb, arrival)


def _simultaneous_open(tcb: Tcb, arrival: Arrival) -> None:
    """A SYN without ACK crosses ours: answer with the same ISN [MUST-10] [RFC9293-E17]; keep its text for later."""
    segment = arrival.segment
    tcb.receive_window.edge = tcb.rcv_nxt + tcb.receive_window.offered
    tcb.send_window.start(segment.window, segment.seq, 0)
    tcb.enter(SYN_RECEIVED, "simultaneous-open")
    if arrival.text and tcb.config.accept_syn_data:
        text = arrival.text[: tcb.receive_window.offered]
        tcb.receive_buffer.append(text)
        tcb.rcv_nxt += len(text)
    tcb.syn_now = True


def _in_time_wait(tcb: Tcb, segment: Segment) -> None:
    """RFC 9293 3.10.7.4 as far as it concerns TIME-WAIT; reopening needs a listener and is the host's business."""
    record = tcb.time_wait
    if record is None:
        return
    expires = record.expires
    action = record.judge(segment, tcb.now, tcb.config)
    if action == REOPEN:  # nobody listens, or the host would not have asked us: a SYN like any other [RFC5961-06]
        record.rule = "time-wait-old-syn"
        action = REPLY
    tcb.note(record.rule)
    if record.expires != expires:
        tcb.set_timer(TIME_WAIT_TIMER, record.expires)
    if action == DELETE:
        tcb.enter(CLOSED, record.rule)
    elif action in (REPLY, REPLY_AND_RESTART):
        if segment.length == 0 or segment.flags & SYN:
            challenge(tcb)
        else:
            tcb.ack_now = "ack-of-fin" if record.rule == "time-wait-fin-again" else "ack-now"
