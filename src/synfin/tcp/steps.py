"""First to fourth step of RFC 9293 3.10.7.4: sequence number, RST, security, SYN; with PAWS before (RFC 7323 5.3).

Each step returns CONTINUE or STOP; whoever stops names the rule.
"""

from __future__ import annotations

from typing import Final

from synfin.config import SECOND
from synfin.tcp import ecn_setup
from synfin.tcp.endings import dissolve, fail, finish, refused, reset
from synfin.tcp.events import Event
from synfin.tcp.resets import reset_for
from synfin.tcp.segment import Arrival
from synfin.tcp.seq import unwrap
from synfin.tcp.state import CLOSING, LAST_ACK, SYN_RECEIVED
from synfin.tcp.tcb import NO_NUMBER, Tcb
from synfin.wire.tcp import ACK, FIN, RST, SYN, Segment

CONTINUE: Final = True
STOP: Final = False
PAWS_IDLE_LIMIT: Final = 24 * 24 * 3600 * SECOND  # [RFC7323-15]


def stop(tcb: Tcb, rule: str) -> bool:
    """End the processing of a segment because of `rule`."""
    tcb.note(rule)
    return STOP


def challenge(tcb: Tcb) -> None:
    """Ask for an ACK that the peer could not have been made to expect, as often as the limit allows [RFC5961-10]."""
    if tcb.challenge_allowed():
        tcb.challenge = True
    else:
        tcb.note("challenge-limited")


def check_sequence(tcb: Tcb, arrival: Arrival) -> bool:
    """First step: acceptable or not; trims what lies outside the window [RFC9293-E06] [RFC9293-E21]."""
    if tcb.timestamps and not _check_timestamp(tcb, arrival):
        return STOP
    if tcb.state is SYN_RECEIVED and arrival.flags & SYN and not _repeated_syn(tcb, arrival):
        return STOP
    rcv_nxt = tcb.rcv_nxt
    edge = tcb.receive_window.edge
    length = arrival.length()
    seq = arrival.seq
    if seq == rcv_nxt and seq + length <= edge:
        pass  # what nearly always happens
    elif length == 0:
        if not (seq == rcv_nxt or rcv_nxt <= seq < edge):
            return _unacceptable(tcb, arrival)
    elif rcv_nxt >= edge:
        if seq != rcv_nxt:
            return _unacceptable(tcb, arrival)
        # Nothing fits, but RST, ACK and URG are still looked at, and the answer tells our window [MUST-66] [E40]
        tcb.note("seq-zero-window")
        tcb.ack_now = "ack-now"
        arrival.text = b""
        arrival.flags &= ~FIN
    elif seq < edge and seq + length > rcv_nxt:
        if seq < rcv_nxt and not arrival.flags & SYN:
            report_duplicate(tcb, seq, rcv_nxt)
        _trim(arrival, rcv_nxt, edge)
    else:
        return _unacceptable(tcb, arrival)
    if tcb.timestamps:
        _remember_timestamp(tcb, arrival.segment, seq)
    return CONTINUE


def _trim(arrival: Arrival, rcv_nxt: int, edge: int) -> None:
    """Leave only what lies in the window: FIN is the last octet; SYN, the first, is kept to be judged by its step."""
    before = rcv_nxt - arrival.seq
    if before > 0:
        if arrival.flags & SYN:
            before -= 1
        arrival.text = arrival.text[before:]
        arrival.seq = rcv_nxt
    beyond = arrival.seq + arrival.length() - edge
    if beyond > 0:
        if arrival.flags & FIN:
            arrival.flags &= ~FIN
            beyond -= 1
        if beyond > 0:
            arrival.text = arrival.text[: len(arrival.text) - beyond]


def _check_timestamp(tcb: Tcb, arrival: Arrival) -> bool:
    """PAWS [RFC7323-12]; RST is exempt [RFC7323-13]; a missing option is not forgiven [RFC7323-06]."""
    if arrival.flags & RST:
        return CONTINUE
    ts_val = arrival.segment.options.ts_val
    if ts_val is None:
        return CONTINUE if tcb.config.accept_missing_timestamps else stop(tcb, "timestamp-missing")
    if (ts_val - tcb.ts_recent) & 0xFFFF_FFFF < 0x8000_0000:
        return CONTINUE
    if tcb.now - tcb.ts_recent_at > PAWS_IDLE_LIMIT:
        tcb.ts_recent = unwrap(ts_val, tcb.ts_recent)
        tcb.ts_recent_at = tcb.now
        return CONTINUE
    if arrival.length():
        tcb.ack_now = "ack-now"
        _report_old_text(tcb, arrival)  # [RFC2883-07]
    else:
        challenge(tcb)
    return stop(tcb, "paws")


def _remember_timestamp(tcb: Tcb, segment: Segment, seq: int) -> None:
    """TS.Recent, from segments that start at or before the last ACK sent [RFC7323-11]."""
    ts_val = segment.options.ts_val
    if ts_val is None or segment.flags & RST or seq > tcb.last_ack_sent:
        return
    value = unwrap(ts_val, tcb.ts_recent)
    if value >= tcb.ts_recent:
        tcb.ts_recent = value
        tcb.ts_recent_at = tcb.now


def _unacceptable(tcb: Tcb, arrival: Arrival) -> bool:
    """Outside the window: answer with our numbers, a RST with silence [RFC9293-E20] [RFC5961-01]."""
    flags = arrival.flags
    if flags & RST:
        return stop(tcb, "rst-outside-window")
    if arrival.length() and not flags & SYN:
        tcb.ack_now = "ack-now"
        _report_old_text(tcb, arrival)
    else:
        challenge(tcb)  # [RFC5961-12] [RFC1337-04]: empty segments could answer each other for ever
    return stop(tcb, "seq-outside-window")


def _report_old_text(tcb: Tcb, arrival: Arrival) -> None:
    end = arrival.seq + len(arrival.text)
    if arrival.text and end <= tcb.rcv_nxt and not arrival.flags & SYN:
        report_duplicate(tcb, arrival.seq, end)


def report_duplicate(tcb: Tcb, start: int, end: int) -> None:
    """Octets `start` to `end` came once more: the next ACK says so, once [RFC2883-01] [RFC2883-02] [RFC2883-08]."""
    if tcb.peer_sack and tcb.config.dsack and tcb.dsack_start == NO_NUMBER:
        tcb.dsack_start = start
        tcb.dsack_end = end
        tcb.note("text-duplicate" if end <= tcb.rcv_nxt else "text-duplicate-held")


def _repeated_syn(tcb: Tcb, arrival: Arrival) -> bool:
    """The SYN that we have had, again: answer it again, or go on with the crossing SYN-ACK of figure 7 [MUST-10]."""
    if arrival.seq != tcb.irs or arrival.flags & RST:
        return CONTINUE
    if not arrival.flags & ACK:
        if not ecn_setup.take_syn_again(tcb, arrival.segment):
            answer = reset_for(arrival.segment, "reset-syn-received")
            if answer is not None:
                tcb.reply(answer)
            if tcb.embryonic():
                dissolve(tcb, "accecn-mixed-syn")
            else:
                fail(tcb, reset(), Event.RESET, "accecn-mixed-syn")
            return STOP
        tcb.syn_now = True
        return stop(tcb, "syn-retransmitted")
    if not tcb.passive:
        arrival.flags &= ~SYN
        arrival.seq += 1
    return CONTINUE


def check_reset(tcb: Tcb, arrival: Arrival) -> bool:
    """Second step: RST; only its exact number counts [RFC5961-02] [RFC5961-03]; text on it is ignored [SHLD-2]."""
    if not arrival.flags & RST:
        return CONTINUE
    ahead = (arrival.segment.seq - tcb.rcv_nxt) & 0xFFFF_FFFF
    if ahead >= 0x8000_0000:  # old, though its text reaches into the window [RFC5961-01]
        return stop(tcb, "rst-outside-window")
    if ahead:
        challenge(tcb)
        return stop(tcb, "rst-in-window")
    tcb.note("rst-exact")
    state = tcb.state
    if tcb.embryonic():
        dissolve(tcb, "rst-returns-to-listen")
    elif state is SYN_RECEIVED and not tcb.passive:
        fail(tcb, refused(), Event.REFUSED, "rst-exact")
    elif state is CLOSING or state is LAST_ACK:
        finish(tcb, "rst-exact")
    else:
        fail(tcb, reset(), Event.RESET, "rst-exact")
    return STOP


def check_syn(tcb: Tcb, arrival: Arrival) -> bool:
    """Fourth step (the third, security, has nothing to check here): SYN [RFC9293-E24] [RFC5961-06]."""
    if not arrival.flags & SYN:
        return CONTINUE
    if tcb.embryonic():
        if tcb.config.reset_syn_received_on_syn:
            answer = reset_for(arrival.segment, "reset-syn-received")
            if answer is not None:
                tcb.reply(answer)
        dissolve(tcb, "syn-returns-to-listen")
        return STOP
    challenge(tcb)
    return stop(tcb, "syn-in-window")
