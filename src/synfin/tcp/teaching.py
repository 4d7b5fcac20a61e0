"""What a TCP would be without some of its rules: the switches of `TcpConfig` whose names begin with `teach_`.

Each breaks RFC 9293 on purpose, so that a lesson can show what the rule is good for (docs/learn.md).  They are off by
default, devices refuse them (`device.base.plug`), and no other module than this one and its three callers knows them.
"""

from __future__ import annotations

from typing import Final

from synfin.config import MILLISECOND, TcpConfig
from synfin.tcp.events import Event
from synfin.tcp.state import ESTABLISHED
from synfin.tcp.tcb import NO_NUMBER, Tcb
from synfin.tcp.timers import RETRANSMIT

SHORTEST: Final = 1  # ns of TIME_WAIT: the last ACK has to leave first


def establish_on_syn(tcb: Tcb) -> None:
    """`teach_establish_on_syn`: two messages are enough.  The SYN-ACK is built, and nobody waits for an answer to it.

    Against RFC 9293 3.5: a SYN from long ago makes a connection that its sender knows nothing of (figure 8).
    """
    tcb.stop_timer(RETRANSMIT)
    tcb.snd_una = tcb.snd_nxt  # taken for granted
    tcb.rtt_seq = NO_NUMBER
    tcb.gate = None
    tcb.establish_congestion()
    tcb.progress_at = tcb.now
    tcb.last_ack_received = tcb.now
    tcb.enter(ESTABLISHED, "teach-established-on-syn")
    tcb.tell(Event.CONNECTED)
    if len(tcb.receive_buffer):
        tcb.tell(Event.READABLE)


def first_number(config: TcpConfig, isn: int) -> int:
    """`teach_constant_isn`: each connection begins with the same number, against RFC 9293 3.4.1."""
    constant = config.teach_constant_isn
    return isn if constant is None else constant


def time_wait(tcb: Tcb) -> int:
    """2MSL in ns; with `teach_no_time_wait` next to nothing, against RFC 9293 3.6."""
    if tcb.config.teach_no_time_wait:
        tcb.note("teach-no-time-wait")
        return SHORTEST
    return max(2 * tcb.config.msl_ms * MILLISECOND, SHORTEST)
