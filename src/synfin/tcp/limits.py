"""Who holds text back: the pacer, the window, the application; how long, and what it means for rates.

Called by `output` and `steps_ack`; the advisers behind it (`pacing`, `rate`, `chrono`) never see the block.
"""

from __future__ import annotations

from synfin.tcp.chrono import BUFFER, BUSY, IDLE, WINDOW, Chronometer
from synfin.tcp.pacing import Pacer
from synfin.tcp.rate import text_ran_short
from synfin.tcp.tcb import Tcb
from synfin.tcp.timers import PACE


def set_pace(tcb: Tcb) -> None:
    """The rate anew: after an ACK, and when settings change."""
    pacer = tcb.pacer
    limit = tcb.config.max_pacing_rate
    if pacer is None:
        if limit is None and not tcb.congestion.paced:
            return
        pacer = Pacer(limit)
        tcb.pacer = pacer
    pacer.limit = limit or 0
    pacer.update(tcb.congestion, tcb.rtt.srtt)


def may_leave(tcb: Tcb, pacer: Pacer, count: int) -> int:
    """How much of `count` octets the pacer lets go now, in whole segments; 0: a timer is set for when it does."""
    room = pacer.room(tcb.now)
    if room >= count:
        return count
    if room >= tcb.mss:
        return room // tcb.mss * tcb.mss
    pacer.held = True
    tcb.set_timer(PACE, pacer.next_at)
    return 0


def note_limits(tcb: Tcb) -> None:
    """Output has done what it could: what keeps the connection from sending more?"""
    waiting = tcb.send_buffer.end - tcb.snd_nxt
    state = BUSY
    if waiting > 0 and tcb.send_window.usable(tcb.snd_una, tcb.snd_nxt) < min(waiting, tcb.mss):
        state = WINDOW
    elif waiting < tcb.mss:
        board = tcb.board
        if board.to_resend == 0 and board.pipe() < tcb.effective_cwnd():
            text_ran_short(board)
        if waiting <= 0:
            state = IDLE if tcb.snd_una == tcb.snd_nxt else BUFFER if tcb.wants_room else BUSY
    chrono = tcb.chrono
    if chrono is None:
        chrono = Chronometer(tcb.opened_at)
        tcb.chrono = chrono
    if chrono.state != state:
        chrono.switch(state, tcb.now)
