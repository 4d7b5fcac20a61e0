"""What segments of a connection with ECN bring: marks of what came, and the peer's reports about what we have sent.

Beside the steps of RFC 9293 3.10.7.4, called by them: `on_arrival` for each acceptable segment, `on_feedback` before an
acknowledgment is taken, `on_reduction` whenever recovery has reduced the window.
"""

from __future__ import annotations

from synfin.tcp.accecn import AccurateEcn
from synfin.tcp.ecn import ACCURATE, CE, QUICK_ACKS, Ecn
from synfin.tcp.ecn_setup import ace_of
from synfin.tcp.segment import Arrival
from synfin.tcp.tcb import Tcb
from synfin.tcp.timers import RETRANSMIT
from synfin.wire.tcp import ECE, SYN, Segment
from synfin.wire.tcp_options import ACCECN_0, ACCECN_1


def on_arrival(tcb: Tcb, ecn: Ecn, arrival: Arrival) -> str:
    """The mark of an acceptable segment; what lies outside the window does not come as far as here [RFC3168-12].

    Gives the rule that asks for an acknowledgment at once, or nothing.
    """
    segment = arrival.segment
    if segment.flags & SYN:
        return ""
    field = segment.ecn
    accurate = ecn.accurate
    if accurate is not None:
        octets = len(segment.payload)
        if field:
            ecn.seen = True
        rule = accurate.on_packet(field, octets, segment.pieces)
    elif arrival.text:
        rule = ecn.on_text(field, segment.flags, tcb.rcv_nxt, tcb.ack_policy.pending)
        if rule == "ack-congestion" and tcb.ack_policy.quick < QUICK_ACKS:
            tcb.ack_policy.quick = QUICK_ACKS
    else:
        return ""
    if field == CE:
        tcb.note("ce-received")
    return rule


def on_feedback(tcb: Tcb, ecn: Ecn, arrival: Arrival) -> None:
    """What an ACK within SND.UNA .. SND.NXT tells of marks: facts for the sample, and one reduction per window."""
    segment = arrival.segment
    acked = arrival.ack - tcb.snd_una
    ecn.echoed = False
    accurate = ecn.accurate
    if accurate is not None:
        marked, octets = _counted(tcb, ecn, accurate, segment, acked)
    elif segment.flags & ECE and not segment.flags & SYN:
        marked, octets = -(-acked // max(tcb.mss, 1)), acked
        ecn.echoed = True
    else:
        return
    ecn.ce_told += octets
    ecn.delivered_ce += marked
    if marked and ecn.mode == ACCURATE:
        ecn.echoed = True
    if not ecn.echoed or not ecn.may_reduce(arrival.ack):
        return
    tcb.note("ecn-congestion-told")
    if tcb.congestion.cwnd <= tcb.mss:  # [RFC3168-07]
        ecn.hold = tcb.now + tcb.rtt.rto()
    if tcb.congestion.ecn != "precise":
        tcb.congestion.on_ecn(tcb.now, tcb.flight())
    ecn.on_reduced(tcb.snd_nxt)
    ecn.marked_until = tcb.snd_nxt


def _counted(tcb: Tcb, ecn: Ecn, accurate: AccurateEcn, segment: Segment, acked: int) -> tuple[int, int]:
    """RFC 9768 3.2.2: packets and octets that the counters newly report."""
    ace = ace_of(segment.flags)
    if accurate.is_zeroed(ace):  # [RFC9768-13]
        ecn.sends = False
        tcb.note("accecn-ace-zero")
    if not ecn.sends:
        return 0, 0
    option: tuple[int, bytes] | None = None
    for kind, value in segment.options.others:
        if kind in (ACCECN_0, ACCECN_1):
            option = (kind, value)
            break
    reads = accurate.reads_options
    marked = accurate.on_feedback(ace, option, acked, max(tcb.mss, 1))
    if reads and not accurate.reads_options:
        tcb.note("accecn-option-zero")
    return marked


def hold_back(tcb: Tcb, ecn: Ecn) -> bool:
    """Whether new text has to wait: a window of one segment was reported as too much [RFC3168-07].

    The retransmission timer, set anew, lets the next segment go.
    """
    if ecn.hold <= tcb.now:
        return False
    if tcb.timers.deadlines[RETRANSMIT] < ecn.hold or not tcb.timers.running(RETRANSMIT):
        tcb.set_timer(RETRANSMIT, ecn.hold)
    return True


def on_reduction(tcb: Tcb) -> None:
    """Recovery has reduced the window: CWR tells the peer, and ECE of the same window is old news [RFC3168-06]."""
    ecn = tcb.ecn
    if ecn is not None:
        ecn.on_reduced(tcb.snd_nxt)


def was_reduced(tcb: Tcb) -> bool:
    """Whether ECN has reduced the window for what is in flight: a loss in it is no further news (RFC 3168 6.1.2).

    For algorithms that take every mark for itself (DCTCP) a loss is always news.
    """
    ecn = tcb.ecn
    return ecn is not None and tcb.congestion.ecn != "precise" and tcb.snd_una < ecn.marked_until
