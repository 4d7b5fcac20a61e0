"""Fifth step of RFC 9293 3.10.7.4: the ACK field; with RTT, recovery, congestion and the send window behind it."""

from __future__ import annotations

from synfin.config import MILLISECOND
from synfin.tcp import ecn_setup, negotiate, steps_loss
from synfin.tcp.congestion.sample import AckSample
from synfin.tcp.endings import enter_fin_wait_2, finish, start_time_wait
from synfin.tcp.events import Event
from synfin.tcp.limits import set_pace
from synfin.tcp.rate import take_rate
from synfin.tcp.recovery.episode import OPEN, RECOVERY
from synfin.tcp.recovery.idle import NOTHING_SENT
from synfin.tcp.recovery.scoreboard import NO_ECHO
from synfin.tcp.resets import reset_for
from synfin.tcp.segment import Arrival
from synfin.tcp.state import CLOSING, ESTABLISHED, FIN_WAIT_1, LAST_ACK, SYN_RECEIVED, State
from synfin.tcp.steps import CONTINUE, STOP, challenge, stop
from synfin.tcp.steps_ecn import on_feedback
from synfin.tcp.tcb import CANCELLED, NO_NUMBER, Tcb
from synfin.tcp.timers import KEEP_ALIVE, NEVER, PERSIST, RETRANSMIT
from synfin.wire.tcp import ACK, FIN, SYN


def check_ack(tcb: Tcb, arrival: Arrival) -> bool:
    """Fifth step: judge the ACK field, take what it acknowledges [RFC9293-E25] [RFC9293-E27]."""
    if not arrival.flags & ACK:
        return stop(tcb, "ack-missing")
    ack = arrival.ack
    if tcb.state is SYN_RECEIVED:
        if not tcb.snd_una < ack <= tcb.snd_nxt:  # [RFC9293-E26]
            answer = reset_for(arrival.segment, "reset-syn-received")
            if answer is not None:
                tcb.reply(answer)
            return stop(tcb, "ack-bad-in-syn-received")
        if tcb.gate is not None:
            obstacle = tcb.gate.admits(len(arrival.text) > 0 or bool(arrival.flags & FIN))
            if obstacle:
                if obstacle == "reset-accept-overflow":
                    refusal = reset_for(arrival.segment, obstacle)
                    if refusal is not None:
                        tcb.reply(refusal)
                    finish(tcb, "accept-queue-full")
                    return STOP
                return stop(tcb, obstacle)
        ecn_setup.take_third(tcb, arrival.segment)
        complete_handshake(tcb, arrival, ESTABLISHED, "ack-establishes")
    elif ack > tcb.snd_nxt:
        challenge(tcb)
        return stop(tcb, "ack-beyond-snd-nxt")
    elif ack < tcb.snd_una:
        if ack < tcb.snd_una - tcb.send_window.largest:  # [RFC5961-08] [MAY-12]
            challenge(tcb)
            return stop(tcb, "ack-too-old")
        if arrival.segment.options.sack and tcb.peer_sack:
            _take_loss(tcb, arrival, 0, False)
    else:
        _take(tcb, arrival)
    return _after_ack(tcb, arrival)


def _take(tcb: Tcb, arrival: Arrival) -> None:
    """An ACK within SND.UNA .. SND.NXT: progress, losses, window."""
    segment = arrival.segment
    window = segment.window << tcb.send_window.shift
    tcb.last_ack_received = tcb.now
    ecn = tcb.ecn
    if ecn is not None:
        on_feedback(tcb, ecn, arrival)
    acked = arrival.ack - tcb.snd_una
    if acked or tcb.snd_una < tcb.snd_nxt or segment.options.sack or tcb.recovery.probe_end != NO_NUMBER:
        bare = (
            acked == 0
            and window == tcb.send_window.size
            and not segment.payload
            and not segment.flags & (SYN | FIN)
            and window > 0
        )  # [RFC5681-14]
        _take_loss(tcb, arrival, acked, bare)
    changed = tcb.send_window.update(window, arrival.seq, arrival.ack)
    if changed or tcb.timers.deadlines[PERSIST] != NEVER or (window == 0 and tcb.snd_una < tcb.snd_nxt):
        _window_changed(tcb)


def _take_loss(tcb: Tcb, arrival: Arrival, acked: int, bare: bool) -> None:
    """What was delivered, what is lost, and what follows for the window and the timers.

    `bare`: nothing but an ACK of what was acknowledged before.
    """
    board = steps_loss.own_board(tcb)
    recovery = tcb.recovery
    sample = tcb.sample
    assert sample is not None
    sample.rtt = 0
    flight = tcb.snd_nxt - tcb.snd_una
    delivered = board.delivered
    lost = board.lost_total
    in_flight = flight - board.sacked
    was_recovering = recovery.state == RECOVERY
    calm = board.calm()
    echo = NO_ECHO
    if tcb.timestamps and not calm:
        echo = negotiate.echo_of(tcb, arrival.segment) - tcb.ts_offset
    board.begin(echo, tcb.rtt.min_rtt)
    if acked:
        _advance(tcb, arrival, sample)
    news = 0
    dsack = False
    if tcb.peer_sack and arrival.segment.options.sack:
        news = steps_loss.take_blocks(tcb, arrival)
        dsack = recovery.dsack_end != NO_NUMBER
    if board.rtt:
        recovery.probe_sampled = True
    duplicate = bare and flight > 0
    if not calm or news or duplicate or dsack or recovery.state != OPEN or recovery.probe_end != NO_NUMBER:
        steps_loss.judge_ack(tcb, acked, news, bare, flight, in_flight, board.delivered - delivered)
        recovery.dsack_end = NO_NUMBER
    if board.delivered > delivered:
        sample.acked = acked
        sample.delivered = board.delivered - delivered
        sample.lost = board.lost_total - lost
        sample.flight = flight
        sample.recovering = was_recovering
        _tell_congestion(tcb, sample)
    if acked or recovery.reorder_at or not board.calm():
        _restart_timer(tcb, acked)


def _restart_timer(tcb: Tcb, acked: int) -> None:
    """New text acknowledged: the time-out counts from now [RFC6298-11] [RFC6298-12]."""
    recovery = tcb.recovery
    restart = acked > 0
    if restart and recovery.state == RECOVERY and not recovery.by_sack:
        restart = not recovery.partial  # only the first partial ACK does it [RFC6582-05]
        recovery.partial = True
    steps_loss.arm(tcb, restart)


def complete_handshake(tcb: Tcb, arrival: Arrival, state: State, why: str) -> None:
    """Our SYN is acknowledged: ESTABLISHED with the first window; what CLOSE has queued meanwhile takes effect."""
    segment = arrival.segment
    shift = 0 if segment.flags & SYN else tcb.send_window.shift
    tcb.send_window.start(segment.window << shift, arrival.seq, arrival.ack)
    if tcb.rtt_seq >= 0:
        tcb.rtt.sample(tcb.now - tcb.rtt_started)
    tcb.rtt_seq = NO_NUMBER
    tcb.establish_congestion()
    if tcb.syn_lost:
        if tcb.config.rto_after_syn_loss_ms:
            tcb.rtt.restart(tcb.config.rto_after_syn_loss_ms * MILLISECOND)  # [RFC6298-16]
        else:
            tcb.rtt.backoff = 0
    tcb.snd_una = arrival.ack
    tcb.send_buffer.release(arrival.ack)
    if tcb.board is not NOTHING_SENT:  # text has left before (RFC 7413)
        set_pace(tcb)
        tcb.board.begin(NO_ECHO, 0)
        tcb.board.acknowledge(arrival.ack, tcb.now)
        steps_loss.choose_recovery(tcb)
    tcb.retransmits = 0
    if tcb.timeouts is not None:
        tcb.timeouts.on_progress(tcb.now)
    tcb.progress_at = tcb.now
    tcb.last_ack_received = tcb.now
    tcb.stop_timer(RETRANSMIT)
    tcb.enter(state, why)
    tcb.tell(Event.CONNECTED)
    if len(tcb.receive_buffer):
        tcb.tell(Event.READABLE)
    if tcb.keep_alive is not None:
        tcb.set_timer(KEEP_ALIVE, tcb.now + tcb.keep_alive.idle)
    if tcb.fin_queued:
        tcb.enter(FIN_WAIT_1, "close-call")
    if tcb.snd_una < tcb.snd_nxt and not segment.flags & SYN:  # text that fast open has let go ahead
        steps_loss.arm(tcb, True)


def _advance(tcb: Tcb, arrival: Arrival, sample: AckSample) -> None:
    """SND.UNA moves: everything that new acknowledgment entails but for loss."""
    ack = arrival.ack
    sample.rtt = _measure(tcb, arrival)
    tcb.snd_una = ack
    tcb.send_buffer.release(ack)
    tcb.board.acknowledge(ack, tcb.now)
    tcb.retransmits = 0
    if tcb.timeouts is not None:
        tcb.timeouts.on_progress(tcb.now)
    tcb.progress_at = tcb.now
    if tcb.wants_room and tcb.has_room():
        tcb.wants_room = False
        tcb.tell(Event.WRITABLE)


def _tell_congestion(tcb: Tcb, sample: AckSample) -> None:
    """The facts of this ACK, to the congestion control; those about octets and recovery are in `sample` already."""
    board = tcb.board
    ecn = tcb.ecn
    sample.now = tcb.now
    sample.pipe = board.pipe()
    if board.rtt:
        sample.rtt = board.rtt
    sample.srtt = tcb.rtt.srtt
    sample.min_rtt = tcb.rtt.min_rtt
    sample.ce = 0
    if ecn is not None:
        sample.ce = ecn.ce_told
        ecn.ce_told = 0
    if tcb.recovery.state == RECOVERY or (ecn is not None and ecn.echoed):  # [RFC3168-08]
        sample.recovering = True
    sample.cwnd_limited = tcb.snd_una - sample.acked < board.cwnd_edge
    sample.total_delivered = board.delivered
    take_rate(sample, board, tcb.rtt.min_rtt)
    if sample.rate_interval and (
        not sample.app_limited
        or sample.rate_delivered * board.rate_interval >= board.rate_delivered * sample.rate_interval
    ):
        board.rate_delivered = sample.rate_delivered
        board.rate_interval = sample.rate_interval
        board.rate_app_limited = sample.app_limited
    tcb.congestion.on_ack(sample)
    if tcb.pacer is not None or tcb.congestion.paced:
        set_pace(tcb)


def _measure(tcb: Tcb, arrival: Arrival) -> int:
    """One RTT sample per round trip; after a retransmission only timestamps can tell (Karn) [RFC7323-10].

    Returns it, 0: none.
    """
    rtt = 0
    if tcb.rtt_seq >= 0:
        if arrival.ack > tcb.rtt_seq:
            rtt = max(tcb.now - tcb.rtt_started, 1)
    elif tcb.rtt_seq == CANCELLED and tcb.timestamps:
        echo = negotiate.echo_of(tcb, arrival.segment)
        if echo:
            rtt = max((tcb.timestamp(tcb.now) - echo) * MILLISECOND, 1)
    if rtt:
        tcb.rtt.sample(rtt)
        tcb.rtt_seq = NO_NUMBER
    return rtt


def _window_changed(tcb: Tcb) -> None:
    """Switch between the retransmission timer and the probing of a closed window [MUST-35] [MUST-37]."""
    probing = tcb.timers.deadlines[PERSIST] != NEVER
    if tcb.send_window.size == 0:
        waiting = tcb.snd_una < tcb.snd_nxt or tcb.snd_nxt < tcb.send_buffer.end
        if probing:
            tcb.probes_unanswered = 0
            tcb.progress_at = tcb.now
        elif waiting or (tcb.fin_queued and tcb.fin_seq == NO_NUMBER):
            tcb.note("window-zero")
            steps_loss.stop(tcb)
            tcb.set_timer(PERSIST, tcb.now + tcb.rtt.rto())  # [SHLD-29]
        return
    if not probing:
        return
    tcb.note("window-opened")
    tcb.stop_timer(PERSIST)
    tcb.probes_unanswered = 0
    tcb.rtt.backoff = 0
    tcb.progress_at = tcb.now
    if tcb.snd_una < tcb.snd_nxt:
        if tcb.snd_una < tcb.probe_end:
            steps_loss.resend_all(tcb, "retransmit-window-open")
        steps_loss.arm(tcb, True)
    tcb.probe_end = NO_NUMBER


def _after_ack(tcb: Tcb, arrival: Arrival) -> bool:
    """State moves that the acknowledgment of our FIN brings [RFC9293-E29]."""
    if tcb.fin_seq == NO_NUMBER or tcb.snd_una <= tcb.fin_seq:
        return CONTINUE
    state = tcb.state
    if state is FIN_WAIT_1:
        if not (arrival.flags & FIN and arrival.seq == tcb.rcv_nxt):  # a FIN here leads to TIME_WAIT at once
            enter_fin_wait_2(tcb)
    elif state is CLOSING:
        start_time_wait(tcb, "fin-acked")
        return STOP
    elif state is LAST_ACK:
        finish(tcb, "fin-acked")
        return STOP
    return CONTINUE
