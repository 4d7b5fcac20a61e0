"""Sends what a live connection has to send, from its variables and intents (law 5); parts: `build`, `resend`.

Order: reset, SYN, retransmissions, new text and FIN, probes, and an acknowledgment if nothing above carried one.
"""

from __future__ import annotations

from synfin.config import MILLISECOND
from synfin.tcp import ecn_setup, negotiate
from synfin.tcp.build import NO_TIMER, header, options_for, text_segment
from synfin.tcp.ecn import Ecn
from synfin.tcp.events import Event
from synfin.tcp.limits import may_leave, note_limits
from synfin.tcp.recovery.episode import FRTO_SECOND, OPEN, RECOVERY
from synfin.tcp.resend import arm_timers, probe_tail, retransmit, speculate
from synfin.tcp.state import CLOSED, LISTEN, SYN_RECEIVED, SYN_SENT, TIME_WAIT
from synfin.tcp.steps_ecn import hold_back
from synfin.tcp.steps_loss import own_board, stop
from synfin.tcp.tcb import CANCELLED, NO_NUMBER, Tcb
from synfin.tcp.timers import OVERRIDE, PERSIST, RETRANSMIT, USER
from synfin.tcp.window import WINDOW_FIELD_MAX
from synfin.wire.tcp import ACK, CWR, ECE, PSH, RST, SYN, Segment
from synfin.wire.tcp_options import MAX_OPTION_OCTETS, NO_OPTIONS, TcpOptions


def output(tcb: Tcb, now: int) -> list[Segment]:
    """The segments to send at `now`, in order; empty when there is nothing to say."""
    tcb.now = now
    out: list[Segment] = []
    if tcb.replies is not None:
        out = tcb.replies
        tcb.replies = None
    if tcb.reset_why:
        _reset(tcb, out)
        return out
    state = tcb.state
    if state is CLOSED or state is LISTEN:
        return out
    if state is SYN_SENT or state is SYN_RECEIVED:
        if tcb.syn_now:
            synchronize(tcb, out)
        if tcb.fast_opened:
            _send_new(tcb, out)
        if state is SYN_SENT:
            if tcb.config.user_timeout_ms or tcb.uto is not None:
                _watch_user_timeout(tcb)
            return out
    elif state is not TIME_WAIT:
        if tcb.ecn is not None:
            _feedback_first(tcb, tcb.ecn, out)
        if tcb.loss_probe:
            probe_tail(tcb, out)
        if tcb.resend_now or tcb.board.to_resend:
            retransmit(tcb, out)
        _send_new(tcb, out)
        if tcb.recovery.state == RECOVERY and tcb.recovery.by_sack:
            speculate(tcb, out)
        if tcb.probe_now:
            _probe(tcb, out)
        if tcb.bytes_text_sent:
            note_limits(tcb)
    if tcb.arm_now != NO_TIMER:
        arm_timers(tcb)
    if tcb.ack_now or tcb.challenge:
        _acknowledge(tcb, out)
    if tcb.config.user_timeout_ms or tcb.uto is not None:
        _watch_user_timeout(tcb)
    if tcb.wants_room and tcb.config.notsent_lowat_bytes is not None and tcb.has_room():
        tcb.wants_room = False
        tcb.tell(Event.WRITABLE)
    return out


def _watch_user_timeout(tcb: Tcb) -> None:
    """The user timeout runs while something is unacknowledged or waits for a window [MUST-21]."""
    timeout = tcb.user_timeout()
    if timeout and (tcb.snd_una < tcb.snd_nxt or tcb.timers.running(PERSIST)) and tcb.state is not TIME_WAIT:
        tcb.set_timer(USER, tcb.progress_at + timeout * MILLISECOND)
    else:
        tcb.stop_timer(USER)


def _feedback_first(tcb: Tcb, ecn: Ecn, out: list[Segment]) -> None:
    """What has to be told before anything else: marks up to a change (RFC 8257 3.2), and how the SYN-ACK came.

    RFC 9768 3.2.2.1: the first ACK of an active opening tells that only when it carries no text.
    """
    for number, echo in ecn.prior:
        segment = header(tcb, tcb.snd_nxt, 0, options_for(tcb), b"", "ack-marks-changed")
        window = (tcb.receive_window.edge - number) >> tcb.receive_window.shift
        segment.ack = number & 0xFFFF_FFFF
        segment.flags = segment.flags & ~ECE | (ECE if echo else 0)
        segment.window = min(window, WINDOW_FIELD_MAX)
        tcb.ack_now = "ack-marks-changed"
        out.append(segment)
    if ecn.prior:
        ecn.prior = []
    if ecn.accurate is not None and ecn.accurate.handshake and tcb.ack_now:
        _acknowledge(tcb, out)


def _reset(tcb: Tcb, out: list[Segment]) -> None:
    """`<SEQ=SND.NXT><ACK=RCV.NXT><RST,ACK>` and nothing after it [RFC9293-E36]."""
    options = NO_OPTIONS
    if tcb.timestamps:  # [RFC7323-17]
        options = TcpOptions(ts_val=tcb.timestamp(tcb.now) & 0xFFFF_FFFF, ts_ecr=tcb.ts_recent & 0xFFFF_FFFF)
    segment = Segment(
        tcb.local.port,
        tcb.remote.port,
        tcb.snd_nxt & 0xFFFF_FFFF,
        tcb.rcv_nxt & 0xFFFF_FFFF,
        RST | ACK,
        options=options,
        why=tcb.reset_why,
    )
    tcb.reset_why = ""
    tcb.segments_out += 1
    out.append(segment)


def synchronize(tcb: Tcb, out: list[Segment]) -> None:
    """SYN in SYN_SENT, SYN-ACK in SYN_RECEIVED; repeated ones have the same ISN."""
    again = tcb.snd_nxt > tcb.iss
    tcb.syn_now = False
    limit = tcb.config.syn_window if tcb.config.syn_window is not None else 0xFFFF
    answering = tcb.state is SYN_RECEIVED
    window = tcb.receive_window.open(tcb.rcv_nxt, limit - min(limit, len(tcb.receive_buffer)))
    options = negotiate.answer(tcb) if answering else negotiate.offer(tcb)
    if again:  # [RFC7413-10] [RFC7413-12] [RFC9768-14]: the path may be what dropped it
        options.fast_open = None
        options.others = ()
        if answering and tcb.ecn is not None and tcb.ecn.accurate is not None:
            tcb.ecn.accurate.sends_options = False
    text = b""
    if not answering and not again and negotiate.may_carry_text(tcb):
        room = min(tcb.syn_mss or tcb.peer_mss, tcb.path_mss) - MAX_OPTION_OCTETS
        text = tcb.send_buffer.slice(tcb.iss + 1, max(room, 0))
    segment = Segment(
        tcb.local.port,
        tcb.remote.port,
        tcb.iss & 0xFFFF_FFFF,
        tcb.rcv_nxt & 0xFFFF_FFFF if answering else 0,
        SYN | ACK | ecn_setup.syn_ack_flags(tcb) if answering else SYN | ecn_setup.syn_flags(tcb),
        window,
        options=options,
        payload=text,
        why=tcb.resend_now or ("syn-ack" if answering else "syn"),  # also the SYN-ACK to a crossing or repeated SYN
    )
    tcb.resend_now = ""
    if again:
        tcb.retransmits_total += 1
        tcb.rtt_seq = CANCELLED  # [RFC6298-06]
    else:
        tcb.snd_nxt = tcb.iss + 1 + len(text)
        tcb.syn_text = len(text)
        tcb.rtt_seq = tcb.iss
        tcb.rtt_started = tcb.now
        tcb.progress_at = tcb.now
    if answering:
        tcb.last_ack_sent = tcb.rcv_nxt
        tcb.ack_now = ""
    tcb.segments_out += 1
    if not tcb.timers.running(RETRANSMIT):
        tcb.set_timer(RETRANSMIT, tcb.now + tcb.rtt.rto())
    out.append(segment)


def _send_new(tcb: Tcb, out: list[Segment]) -> None:
    """New text as both windows, silly-window avoidance and Nagle allow, with the FIN at its end [RFC5681-01]."""
    window = tcb.send_window
    buffer_end = tcb.send_buffer.end
    if tcb.snd_nxt >= buffer_end and not (tcb.fin_queued and tcb.fin_seq == NO_NUMBER):
        return
    board = own_board(tcb)
    if board.to_resend and tcb.recovery.frto != FRTO_SECOND:
        return
    ecn = tcb.ecn
    if ecn is not None and ecn.hold and hold_back(tcb, ecn):
        return
    if tcb.snd_nxt == tcb.snd_una:
        _restart_after_idle(tcb)
    limit = tcb.mss if tcb.push_limit <= tcb.mss else tcb.push_limit // tcb.mss * tcb.mss
    if ecn is not None and ecn.flags() & CWR:  # a bit of a count: whoever cuts super-segments would clear it
        limit = tcb.mss
    burst = 0  # segments of this burst
    while True:
        seq = tcb.snd_nxt
        queued = buffer_end - seq
        closing = tcb.fin_queued and tcb.fin_seq == NO_NUMBER
        if queued <= 0 and not closing:
            break
        usable = window.usable(tcb.snd_una, seq)
        if usable <= 0:
            _blocked_by_window(tcb)
            break
        flight = board.pipe()
        if not tcb.config.limited_transmit and tcb.recovery.state == OPEN:
            flight += board.sacked  # [RFC3042-03] is a SHOULD with a switch
        count = min(queued, usable, limit)
        if count > tcb.mss:
            count = min(count, max(tcb.effective_cwnd() - flight, tcb.mss)) // tcb.mss * tcb.mss
        if flight > 0 and flight + count > tcb.effective_cwnd():
            board.cwnd_edge = seq
            break
        if tcb.pacer is not None and count:
            count = may_leave(tcb, tcb.pacer, count)
            if count == 0:
                break
        flushes = closing and count == queued
        if not flushes:
            if not tcb.override and _held_back(tcb, count, queued):
                break
        why = "data" if count else "fin"
        if tcb.recovery.duplicates and tcb.recovery.state == OPEN and seq + count - tcb.snd_una > tcb.congestion.cwnd:
            why = "limited-transmit"
        segment = text_segment(tcb, seq, count, why, fin_fits=usable > count)
        out.append(segment)
        if count and tcb.config.push_bursts:
            burst += (count + tcb.mss - 1) // tcb.mss
            if burst % 2 == 0 or 2 * count > window.largest or tcb.override:
                segment.flags |= PSH
        if 0 < count < tcb.mss:
            tcb.small_end = seq + count
        tcb.override = False
        if tcb.timers.running(OVERRIDE):
            tcb.stop_timer(OVERRIDE)


def _held_back(tcb: Tcb, count: int, queued: int) -> bool:
    """Whether `count` octets of `queued` wait for company: corked, or for silly-window avoidance and Nagle.

    Not for ever: when nothing is in flight that could bring an acknowledgment, a timer sends them [MUST-38].
    """
    flight = tcb.snd_nxt - tcb.snd_una
    corked = (tcb.config.cork or tcb.more) and count < tcb.mss
    if not corked:
        # Nagle does not wait for a SYN, and not with urgent text
        idle = tcb.config.nodelay or flight == 0 or tcb.snd_nxt == tcb.iss + 1 or tcb.snd_up > tcb.snd_nxt
        if tcb.config.nagle_small_only and tcb.small_end <= tcb.snd_una:
            idle = True
        if tcb.send_window.worth_sending(count, queued, tcb.mss, idle):
            return False
    if flight == 0 and not tcb.timers.running(OVERRIDE):
        patience = tcb.config.cork_ms if corked else tcb.config.sws_override_ms
        tcb.set_timer(OVERRIDE, tcb.now + patience * MILLISECOND)
    return True


def _restart_after_idle(tcb: Tcb) -> None:
    """Nothing sent for more than one RTO: restart window [RFC5681-15]."""
    if tcb.bytes_text_sent and tcb.now - tcb.last_data_sent > tcb.rtt.rto():
        tcb.congestion.on_idle(tcb.now)


def _blocked_by_window(tcb: Tcb) -> None:
    """Text or FIN waits for a window that is closed: probe it [MUST-36] [SHLD-29]."""
    if tcb.snd_una < tcb.snd_nxt and tcb.send_window.size > 0:
        return  # the window is merely full: acknowledgments will come
    if not tcb.timers.running(PERSIST) and tcb.snd_una == tcb.snd_nxt:
        stop(tcb)
        tcb.set_timer(PERSIST, tcb.now + tcb.rtt.rto())


def _probe(tcb: Tcb, out: list[Segment]) -> None:
    """A zero-window probe or a keep-alive probe."""
    why = tcb.probe_now
    tcb.probe_now = ""
    if why == "zero-window-probe" and tcb.config.zero_window_probe_octet:  # [RFC9293-E41]
        own_board(tcb)
        seq = tcb.snd_una
        before = tcb.snd_nxt
        segment = text_segment(tcb, seq, 1, why)
        tcb.rtt_seq = CANCELLED
        if tcb.snd_nxt > before:
            tcb.probe_end = tcb.snd_nxt
        out.append(segment)
        return
    out.append(header(tcb, tcb.snd_una - 1, 0, options_for(tcb), b"", why))  # [SHLD-12]


def _acknowledge(tcb: Tcb, out: list[Segment]) -> None:
    """A segment that only acknowledges."""
    why = "challenge-ack" if tcb.challenge and not tcb.ack_now else tcb.ack_now
    out.append(header(tcb, tcb.snd_nxt, 0, options_for(tcb), b"", why))
