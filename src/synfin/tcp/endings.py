"""The ways in which a connection ends, used by steps, calls and timers alike."""

from __future__ import annotations

from errno import ECONNREFUSED, ECONNRESET, ETIMEDOUT

from synfin.config import MILLISECOND
from synfin.tcp.events import Event
from synfin.tcp.state import CLOSED, FIN_WAIT_2, LISTEN, TIME_WAIT
from synfin.tcp.tcb import Tcb
from synfin.tcp.teaching import time_wait
from synfin.tcp.timers import FIN_WAIT_2_TIMER, TIME_WAIT_TIMER
from synfin.tcp.timewait import TimeWait


def refused() -> OSError:
    """What connect() reports when a RST answers the SYN."""
    return ConnectionRefusedError(ECONNREFUSED, "Connection refused")


def reset() -> OSError:
    """What the application reads after a RST."""
    return ConnectionResetError(ECONNRESET, "Connection reset by peer")


def timed_out() -> OSError:
    """What the application reads when the peer does not answer any more."""
    return TimeoutError(ETIMEDOUT, "Connection timed out")


def fail(tcb: Tcb, error: OSError, event: Event, why: str) -> None:
    """Flush the queues, tell the application, delete the block [RFC9293-E23] [RFC9293-E39]."""
    tcb.error = error
    tcb.drop_buffers()
    tcb.ack_now = ""
    tcb.challenge = False
    tcb.resend_now = ""
    tcb.probe_now = ""
    if not tcb.orphan:
        tcb.tell(event)
    tcb.enter(CLOSED, why)


def finish(tcb: Tcb, why: str) -> None:
    """Delete the block without an error: both directions are closed."""
    tcb.drop_buffers()
    tcb.enter(CLOSED, why)


def dissolve(tcb: Tcb, why: str) -> None:
    """A passive SYN_RECEIVED returns to LISTEN: the child disappears into its listener [RFC9293-E22] [MUST-11]."""
    tcb.drop_buffers()
    tcb.enter(LISTEN, why)
    tcb.timers.clear()
    tcb.tell(Event.CLOSED)


def start_time_wait(tcb: Tcb, why: str) -> None:
    """Enter TIME_WAIT for 2MSL, all other timers off [MUST-13]."""
    tcb.enter(TIME_WAIT, why)
    tcb.timers.clear()
    tcb.resend_now = ""
    tcb.probe_now = ""
    duration = time_wait(tcb)
    tcb.receive_window.field(tcb.rcv_nxt, len(tcb.receive_buffer), tcb.ack_policy.rmss)  # as the last ACK will tell
    window = max(tcb.receive_window.edge - tcb.rcv_nxt, 0)
    tcb.time_wait = TimeWait(
        tcb.snd_nxt & 0xFFFF_FFFF,
        tcb.rcv_nxt & 0xFFFF_FFFF,
        window,
        tcb.now + duration,
        duration,
        tcb.ts_recent & 0xFFFF_FFFF if tcb.timestamps else None,
        tcb.ts_offset & 0xFFFF_FFFF,
    )
    tcb.set_timer(TIME_WAIT_TIMER, tcb.now + duration)


def enter_fin_wait_2(tcb: Tcb) -> None:
    """Our FIN is acknowledged; an orphan does not wait for ever where the configuration says so."""
    tcb.enter(FIN_WAIT_2, "fin-acked")
    limit_orphan(tcb)


def limit_orphan(tcb: Tcb) -> None:
    """Start the FIN_WAIT_2 timer of a connection that nobody holds any more."""
    timeout = tcb.config.fin_wait_2_timeout_ms
    if timeout is not None and tcb.orphan and tcb.state is FIN_WAIT_2:
        tcb.set_timer(FIN_WAIT_2_TIMER, tcb.now + timeout * MILLISECOND)
