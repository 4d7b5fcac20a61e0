"""Sixth to eighth step of RFC 9293 3.10.7.4: urgent pointer, segment text, FIN."""

from __future__ import annotations

from synfin.tcp.endings import fail, finish, reset, start_time_wait
from synfin.tcp.events import Event
from synfin.tcp.reassembly import Reassembly
from synfin.tcp.resets import reset_for
from synfin.tcp.segment import Arrival
from synfin.tcp.state import (
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
)
from synfin.tcp.steps import CONTINUE, STOP, report_duplicate, stop
from synfin.tcp.tcb import NO_NUMBER, Tcb
from synfin.tcp.timers import DELAYED_ACK, NEVER
from synfin.wire.tcp import FIN, URG


def _receiving(tcb: Tcb) -> bool:
    state = tcb.state
    return state is ESTABLISHED or state is FIN_WAIT_1 or state is FIN_WAIT_2


def check_urgent(tcb: Tcb, arrival: Arrival) -> None:
    """Sixth step: RCV.UP moves forward; the application hears of each advance once [MUST-32]."""
    if not arrival.flags & URG or not _receiving(tcb):
        return
    segment = arrival.segment
    start = arrival.seq - ((arrival.seq - segment.seq) & 0xFFFF_FFFF)  # before it was trimmed
    pointer = start + segment.urgent + (1 if tcb.config.urgent_on_last_octet else 0)
    if pointer > tcb.rcv_up and pointer > tcb.rcv_nxt - len(tcb.receive_buffer):
        tcb.rcv_up = pointer
        tcb.note("urgent-advanced")
        tcb.tell(Event.URGENT)


def check_text(tcb: Tcb, arrival: Arrival) -> bool:
    """Seventh step: deliver what is in order, keep the rest, decide about the acknowledgment."""
    text = arrival.text
    if text and tcb.peer_fin != NO_NUMBER and arrival.seq + len(text) > tcb.peer_fin:
        text = arrival.text = text[: max(tcb.peer_fin - arrival.seq, 0)]
    if not text:
        return CONTINUE
    if not _receiving(tcb):
        return stop(tcb, "text-after-fin")  # [RFC9293-E34]
    if tcb.orphan or (tcb.read_shut and tcb.state is not ESTABLISHED):
        tcb.note("text-after-close")  # [SHLD-3]
        answer = reset_for(arrival.segment, "reset-half-duplex-close")
        assert answer is not None  # a RST has not come as far as here
        tcb.reply(answer)
        if tcb.orphan:
            finish(tcb, "text-after-close")
        else:
            fail(tcb, reset(), Event.RESET, "text-after-close")
        return STOP
    tcb.text_segments_in += arrival.segment.pieces
    tcb.last_data_received = tcb.now
    if arrival.seq == tcb.rcv_nxt and tcb.reassembly is None:
        tcb.receive_buffer.append(text)
        tcb.rcv_nxt += len(text)
        tcb.tell(Event.READABLE)
        rule = tcb.ack_policy.on_text(len(text), arrival.segment.mss)
        if rule:
            tcb.ack_now = rule
        elif not tcb.ack_now and tcb.timers.deadlines[DELAYED_ACK] == NEVER:
            tcb.set_timer(DELAYED_ACK, tcb.ack_policy.delayed_until(tcb.now))
        return CONTINUE
    return _out_of_order(tcb, arrival)


def _out_of_order(tcb: Tcb, arrival: Arrival) -> bool:
    """There is a gap, or there was one: acknowledge at once [RFC5681-09] [SHLD-31]."""
    text = arrival.text
    store = tcb.reassembly
    if store is None:
        store = Reassembly(tcb.config.reassembly_segments)
        tcb.reassembly = store
    if arrival.seq > tcb.rcv_nxt:
        tcb.out_of_order += 1
        tcb.ack_now = "ack-out-of-order"
        tcb.note("text-out-of-order")
        _report_overlap(tcb, store, arrival)
        if not store.add(arrival.seq, text):
            tcb.note("reassembly-full")
        return CONTINUE
    tcb.ack_now = "ack-gap-filled"
    _report_overlap(tcb, store, arrival)
    tcb.receive_buffer.append(store.overlay(arrival.seq, text))
    tcb.rcv_nxt += len(text)
    for piece in store.take(tcb.rcv_nxt):
        tcb.receive_buffer.append(piece)
        tcb.rcv_nxt += len(piece)
    if not len(store):
        tcb.reassembly = None
    tcb.tell(Event.READABLE)
    return CONTINUE


def _report_overlap(tcb: Tcb, store: Reassembly, arrival: Arrival) -> None:
    """Part of the text is held already [RFC2883-04]."""
    found = store.overlap(arrival.seq, arrival.seq + len(arrival.text))
    if found is not None:
        report_duplicate(tcb, found[0], found[1])


def check_fin(tcb: Tcb, arrival: Arrival) -> bool:
    """Eighth step: a FIN counts once everything before it is there [RFC9293-E33] [RFC9293-E31]."""
    if arrival.flags & FIN and tcb.peer_fin == NO_NUMBER and _receiving(tcb):
        tcb.peer_fin = arrival.seq + len(arrival.text)
    if tcb.peer_fin == NO_NUMBER:
        return CONTINUE
    if not _receiving(tcb):
        return CONTINUE
    if tcb.peer_fin != tcb.rcv_nxt:
        if arrival.flags & FIN:
            tcb.ack_now = "ack-out-of-order"
            return stop(tcb, "fin-out-of-order")
        return CONTINUE
    tcb.rcv_nxt += 1
    tcb.ack_now = "ack-of-fin"
    tcb.reassembly = None
    if not tcb.orphan:
        tcb.tell(Event.EOF)
    state = tcb.state
    if state is ESTABLISHED:
        tcb.enter(CLOSE_WAIT, "fin-received")
    elif state is FIN_WAIT_2:
        start_time_wait(tcb, "fin-received")
    elif tcb.fin_seq != NO_NUMBER and tcb.snd_una > tcb.fin_seq:
        start_time_wait(tcb, "fin-received-and-acked")
    else:
        tcb.enter(CLOSING, "fin-received")
    return CONTINUE
