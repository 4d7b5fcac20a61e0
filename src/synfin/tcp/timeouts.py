"""What happens when a timer fires (RFC 9293 3.10.8, 3.8.3, 3.8.4; RFC 6298 5)."""

from __future__ import annotations

from synfin.config import MILLISECOND, TcpConfig
from synfin.tcp import steps_loss, timers
from synfin.tcp.endings import dissolve, fail, finish, timed_out
from synfin.tcp.events import Event
from synfin.tcp.keepalive import GIVE_UP
from synfin.tcp.state import CLOSED, SYN_RECEIVED, SYN_SENT, TIME_WAIT
from synfin.tcp.tcb import CANCELLED, Tcb
from synfin.tcp.timers import NEVER


def on_timers(tcb: Tcb, now: int) -> None:
    """Fire every timer whose deadline has come, in the order of the deadlines."""
    tcb.now = now
    for timer in tcb.timers.due(now):
        if tcb.timers.deadlines[timer] > now:
            continue  # an earlier one has stopped or moved it
        tcb.timers.set(timer, NEVER)
        if tcb.trace is not None:
            tcb.trace.timer(now, tcb.local, tcb.remote, timers.NAMES[timer], "fire", now)
        _fire(tcb, timer)


def _fire(tcb: Tcb, timer: int) -> None:
    if timer == timers.RETRANSMIT:
        if tcb.state is SYN_SENT or tcb.state is SYN_RECEIVED:
            _synchronize_again(tcb)
        else:
            _retransmit(tcb)
    elif timer == timers.REORDER:
        steps_loss.look_again(tcb)
    elif timer == timers.PROBE:
        tcb.loss_probe = True
    elif timer == timers.DELAYED_ACK:
        tcb.ack_now = "ack-delayed"
    elif timer == timers.PERSIST:
        _persist(tcb)
    elif timer == timers.KEEP_ALIVE:
        _keep_alive(tcb)
    elif timer == timers.OVERRIDE:
        tcb.override = True
    elif timer == timers.USER:
        fail(tcb, timed_out(), Event.TIMEOUT, "user-timeout")
    elif timer == timers.FIN_WAIT_2_TIMER:
        finish(tcb, "fin-wait-2-timeout")
    elif timer == timers.PACE:
        pass  # output runs after every timer, and asks the pacer again
    elif tcb.state is TIME_WAIT:
        tcb.enter(CLOSED, "time-wait-over")


def _exhausted(tcb: Tcb) -> bool:
    """R2 is reached [MUST-20b] [SHLD-11]: by count, or by the time of the last retransmission.

    A user timeout takes R2's place [MUST-21]; its own timer ends the connection.
    """
    config = tcb.config
    if (config.user_timeout_ms is not None or tcb.user_timeout()) and tcb.state is not SYN_RECEIVED:
        return False
    if tcb.state is SYN_SENT:  # [MUST-22] [MUST-23]
        limit, period = config.syn_retries, config.syn_r2_ms
        if limit is not None and config.syn_linear_retries:
            if tcb.retransmits and tcb.now - tcb.progress_at >= _doubling_time(config, limit):
                return True
            limit += config.syn_linear_retries
    elif tcb.state is SYN_RECEIVED:
        limit, period = config.synack_retries, config.synack_r2_ms
    elif tcb.orphan and config.orphan_retries is not None:
        limit, period = config.orphan_retries, None
    else:
        limit, period = config.r2_retries, config.r2_ms
    if limit is not None and tcb.retransmits >= limit:
        return True
    return period is not None and tcb.retransmits > 0 and tcb.resent_at - tcb.progress_at >= period * MILLISECOND


def _doubling_time(config: TcpConfig, retries: int) -> int:
    """How long so many retransmissions and the wait after them take when each time-out is twice the one before.

    Linux gives up a SYN after that long also where the first ones go again without back-off (measured: with TCP_SYNCNT
    1 three SYNs and 3 s, with 2 six SYNs and 7 s).
    """
    total = 0
    timeout = config.rto_initial_ms
    for _ in range(retries + 1):
        total += timeout
        timeout = min(2 * timeout, config.rto_max_ms)
    return total * MILLISECOND


def _count_retransmission(tcb: Tcb) -> None:
    """Count towards R1 and R2; at R1 tell the application [SHLD-9] [SHLD-10] (and through it IP [MUST-20a])."""
    tcb.retransmits += 1
    if tcb.timeouts is None:
        tcb.timeouts = timers.Timeouts()
    tcb.timeouts.on_timeout(tcb.now)
    tcb.resent_at = tcb.now
    if tcb.retransmits == tcb.config.r1_retries:
        tcb.note("r1-reached")
        if tcb.soft_error is None:  # what ICMP has told says more
            tcb.soft_error = timed_out()
        tcb.tell(Event.SOFT_ERROR)


def _synchronize_again(tcb: Tcb) -> None:
    """SYN or SYN-ACK once more, or the end of the attempt."""
    if _exhausted(tcb):
        if tcb.embryonic():
            dissolve(tcb, "retransmission-limit")
        else:
            fail(tcb, timed_out(), Event.TIMEOUT, "retransmission-limit")
        return
    _count_retransmission(tcb)
    if not (tcb.state is SYN_SENT and tcb.retransmits <= tcb.config.syn_linear_retries):
        tcb.rtt.back_off()
    tcb.syn_lost = True
    tcb.syn_now = True
    tcb.resend_now = "retransmit-timeout"


def _retransmit(tcb: Tcb) -> None:
    """The earliest unacknowledged segment again, with half the window to follow [RFC6298-13] [RFC6298-14]."""
    if tcb.snd_una == tcb.snd_nxt:
        return
    if _exhausted(tcb):
        fail(tcb, timed_out(), Event.TIMEOUT, "retransmission-limit")
        return
    _count_retransmission(tcb)
    steps_loss.on_timeout(tcb, tcb.retransmits > 1)
    tcb.rtt.back_off()
    tcb.rtt_seq = CANCELLED
    tcb.board.cwnd_edge = tcb.snd_nxt  # a window of one segment is in use
    tcb.resend_now = "retransmit-timeout"
    tcb.resend_why = "retransmit-slow-start"


def _persist(tcb: Tcb) -> None:
    """Probe the closed window, ever more rarely [MUST-36] [SHLD-30]; only silence ends it [MUST-37]."""
    waiting = tcb.snd_una < tcb.snd_nxt or tcb.snd_nxt < tcb.send_buffer.end or tcb.fin_queued
    if not waiting:
        return
    tcb.retransmits = tcb.probes_unanswered
    if _exhausted(tcb):
        fail(tcb, timed_out(), Event.TIMEOUT, "retransmission-limit")
        return
    tcb.probes_unanswered += 1
    tcb.resent_at = tcb.now
    tcb.rtt.back_off()
    pause = min(tcb.rtt.rto(), tcb.config.persist_max_ms * MILLISECOND)
    tcb.set_timer(timers.PERSIST, tcb.now + pause)
    tcb.probe_now = "zero-window-probe"


def _keep_alive(tcb: Tcb) -> None:
    """Probe a connection on which nothing is outstanding and nothing was heard [MUST-26]."""
    keeper = tcb.keep_alive
    if keeper is None:
        return
    quiet = tcb.now - tcb.refresh_idle
    if tcb.uto is not None:  # [RFC5482-09]: a peer that may be away so long must not be asked before
        keeper.idle = max(tcb.config.keep_alive_idle_ms, tcb.user_timeout() + 1) * MILLISECOND
    if tcb.snd_una < tcb.snd_nxt or tcb.timers.running(timers.PERSIST):
        tcb.set_timer(timers.KEEP_ALIVE, tcb.now + keeper.idle)
        return
    if keeper.unanswered == 0 and quiet < keeper.idle:
        tcb.set_timer(timers.KEEP_ALIVE, tcb.refresh_idle + keeper.idle)
        return
    patience = tcb.config.user_timeout_ms
    if keeper.on_expiry(quiet, 0 if patience is None else patience * MILLISECOND) == GIVE_UP:
        tcb.reset_why = "keep-alive-timeout"
        fail(tcb, timed_out(), Event.TIMEOUT, "keep-alive-timeout")
        return
    tcb.probe_now = "keep-alive-probe"
    tcb.set_timer(timers.KEEP_ALIVE, tcb.now + keeper.interval)
