"""Builds every segment of a live connection from its variables and intents (law 5).

Order: reset, SYN, retransmissions, new text and FIN, probes, and an acknowledgment if nothing above carried one.
"""

from __future__ import annotations

from typing import Final

from synfin.config import MILLISECOND
from synfin.tcp import ecn_setup, negotiate
from synfin.tcp.accecn import AccurateEcn
from synfin.tcp.ecn import ECT_0, Ecn
from synfin.tcp.events import Event
from synfin.tcp.recovery.episode import FRTO_SECOND, OPEN, RECOVERY
from synfin.tcp.recovery.sent import Sent
from synfin.tcp.state import CLOSED, LISTEN, SYN_RECEIVED, SYN_SENT, TIME_WAIT
from synfin.tcp.steps_ecn import hold_back
from synfin.tcp.steps_loss import arm, facts_of, stop, waiting
from synfin.tcp.tcb import CANCELLED, NO_NUMBER, Tcb
from synfin.tcp.timers import DELAYED_ACK, NEVER, OVERRIDE, PERSIST, RETRANSMIT, USER
from synfin.tcp.window import WINDOW_FIELD_MAX
from synfin.wire.tcp import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, Segment
from synfin.wire.tcp_options import MAX_OPTION_OCTETS, NO_OPTIONS, TcpOptions, options_length

NO_TIMER: Final = 0  # nothing has left that wants an acknowledgment
START: Final = 1  # something has: a timer runs
RESTART: Final = 2  # the time-out counts from now

SACK_BLOCKS_ALONE = 4  # fit into 40 octets of options
SACK_BLOCKS_WITH_TIMESTAMPS = 3


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
            _synchronize(tcb, out)
        if tcb.fast_opened:
            _send_new(tcb, out)
        if state is SYN_SENT:
            if tcb.config.user_timeout_ms:
                _watch_user_timeout(tcb)
            return out
    elif state is not TIME_WAIT:
        if tcb.ecn is not None:
            _feedback_first(tcb, tcb.ecn, out)
        if tcb.loss_probe:
            _loss_probe(tcb, out)
        if tcb.resend_now or tcb.board.to_resend:
            _retransmit(tcb, out)
        _send_new(tcb, out)
        if tcb.recovery.state == RECOVERY and tcb.recovery.by_sack:
            _speculate(tcb, out)
        if tcb.probe_now:
            _probe(tcb, out)
    if tcb.arm_now != NO_TIMER:
        _arm(tcb)
    if tcb.ack_now or tcb.challenge:
        _acknowledge(tcb, out)
    if tcb.config.user_timeout_ms:
        _watch_user_timeout(tcb)
    if tcb.wants_room and tcb.config.notsent_lowat_bytes is not None and tcb.has_room():
        tcb.wants_room = False
        tcb.tell(Event.WRITABLE)
    return out


def _arm(tcb: Tcb) -> None:
    """Something that wants an acknowledgment has left: the timers wait for it [RFC6298-10] [RFC8985-11]."""
    restart = tcb.arm_now == RESTART or not waiting(tcb)
    tcb.arm_now = NO_TIMER
    arm(tcb, restart)


def _watch_user_timeout(tcb: Tcb) -> None:
    """The user timeout runs while something is unacknowledged or waits for a window [MUST-21]."""
    timeout = tcb.config.user_timeout_ms
    if timeout and (tcb.snd_una < tcb.snd_nxt or tcb.timers.running(PERSIST)) and tcb.state is not TIME_WAIT:
        tcb.set_timer(USER, tcb.progress_at + timeout * MILLISECOND)
    else:
        tcb.stop_timer(USER)


def _feedback_first(tcb: Tcb, ecn: Ecn, out: list[Segment]) -> None:
    """What has to be told before anything else: marks up to a change (RFC 8257 3.2), and how the SYN-ACK came.

    RFC 9768 3.2.2.1: the first ACK of an active opening tells that only when it carries no text.
    """
    for number, echo in ecn.prior:
        segment = _header(tcb, tcb.snd_nxt, 0, _options(tcb), b"", "ack-marks-changed")
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


def _header(tcb: Tcb, seq: int, flags: int, options: TcpOptions, text: bytes, why: str) -> Segment:
    """A segment with ACK and the current window; everything that any segment does to our variables."""
    window = tcb.receive_window.field(tcb.rcv_nxt, len(tcb.receive_buffer), tcb.ack_policy.rmss)
    segment = Segment(
        tcb.local.port,
        tcb.remote.port,
        seq & 0xFFFF_FFFF,
        tcb.rcv_nxt & 0xFFFF_FFFF,
        flags | ACK,
        window,
        0,
        options,
        text,
        0,
        why,
    )
    if tcb.snd_up > seq:
        _urgent(tcb, segment, seq)
    ecn = tcb.ecn
    if ecn is not None:
        segment.flags |= ecn.flags()
        if ecn.accurate is not None:
            ecn.accurate.on_sent()
    tcb.last_ack_sent = tcb.rcv_nxt
    tcb.last_ack_sent_at = tcb.now
    tcb.ack_policy.pending = 0
    tcb.ack_now = ""
    tcb.challenge = False
    tcb.segments_out += 1
    if tcb.timers.deadlines[DELAYED_ACK] != NEVER:
        tcb.stop_timer(DELAYED_ACK)
    return segment


def _urgent(tcb: Tcb, segment: Segment, seq: int) -> None:
    """Point at the octet after the last urgent one [MUST-62]; too far away: as far as the field reaches."""
    distance = tcb.snd_up - seq
    if tcb.config.urgent_on_last_octet:
        distance -= 1
    segment.flags |= URG
    segment.urgent = min(distance, 0xFFFF)


def _options(tcb: Tcb) -> TcpOptions:
    """Options of a segment after the handshake [RFC7323-06]."""
    blocks: tuple[tuple[int, int], ...] = ()
    reassembly = tcb.reassembly
    if reassembly is not None and tcb.peer_sack and len(reassembly):
        count = SACK_BLOCKS_WITH_TIMESTAMPS if tcb.timestamps else SACK_BLOCKS_ALONE
        blocks = tuple([(left & 0xFFFF_FFFF, right & 0xFFFF_FFFF) for left, right in reassembly.blocks(count)])
    if tcb.timestamps:
        options = TcpOptions(
            sack=blocks, ts_val=tcb.timestamp(tcb.now) & 0xFFFF_FFFF, ts_ecr=tcb.ts_recent & 0xFFFF_FFFF
        )
    else:
        options = TcpOptions(sack=blocks) if blocks else NO_OPTIONS
    if tcb.ecn is not None and tcb.ecn.accurate is not None:
        return _with_counters(tcb, tcb.ecn.accurate, options)
    return options


def _with_counters(tcb: Tcb, accurate: AccurateEcn, options: TcpOptions) -> TcpOptions:
    """The same options with the AccECN option, where one is due and fits (RFC 9768 3.2.3.3)."""
    found = accurate.option(MAX_OPTION_OCTETS - options_length(options), tcb.now, tcb.rtt.srtt)
    if found is None:
        return options
    if options is NO_OPTIONS:
        return TcpOptions(others=(found,))
    options.others = (found,)
    return options


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


def _synchronize(tcb: Tcb, out: list[Segment]) -> None:
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
    if not answering and not again and tcb.open_cookie:
        room = min(tcb.peer_mss, tcb.path_mss) - 40
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


def _text_segment(tcb: Tcb, seq: int, limit: int, why: str, fin_fits: bool = True) -> Segment:
    """Text from `seq` on, at most `limit` octets, with PSH and FIN where they belong [MUST-61]."""
    options = _options(tcb)
    size = tcb.mss
    if options.sack or options.others:  # what varies takes room too [RFC6691-02] [RFC2525-18]
        size = max(size + (negotiate.TIMESTAMP_OPTION if tcb.timestamps else 0) - options_length(options), 1)
        if limit > size:
            limit = limit // size * size
    text = tcb.send_buffer.slice(seq, limit)
    end = seq + len(text)
    flags = 0
    if end == tcb.send_buffer.end:
        if text and not tcb.more:
            flags = PSH
        if tcb.fin_queued and fin_fits:
            flags |= FIN
            end += 1
            tcb.fin_seq = end - 1
    segment = _header(tcb, seq, flags, options, text, why)
    if tcb.ecn is not None and text and seq >= tcb.snd_nxt:
        _mark_new_text(tcb.ecn, segment, why)
    if len(text) > size:
        segment.mss = size
        tcb.segments_out += segment.pieces - 1
    if end > tcb.snd_nxt:
        tcb.board.sent(max(seq, tcb.snd_nxt), end, tcb.now)
        if seq >= tcb.snd_nxt and tcb.rtt_seq < 0:  # [RFC6298-07]
            tcb.rtt_seq = seq
            tcb.rtt_started = tcb.now
        if tcb.snd_nxt == tcb.snd_una:
            tcb.progress_at = tcb.now
        tcb.snd_nxt = end
    elif not why.startswith("zero"):
        tcb.retransmits_total += 1
        tcb.bytes_retransmitted += len(text)
        if tcb.rtt_seq >= seq:  # Karn [RFC6298-06] [MUST-18]
            tcb.rtt_seq = CANCELLED
    if text:
        tcb.text_segments_out += segment.pieces
        tcb.bytes_text_sent += len(text)
        tcb.last_data_sent = tcb.now
    if tcb.recovery.prr is not None:
        tcb.recovery.prr.out += end - seq  # [RFC9937-09] [RFC6937-04]
    if tcb.arm_now == NO_TIMER:
        tcb.arm_now = START
    return segment


def _mark_new_text(ecn: Ecn, segment: Segment, why: str) -> None:
    """New text is ECT(0), and tells of a reduced window; a probe of a closed window is not (RFC 3168 6.1.6).

    Nothing else that we send is ECT: no SYN, pure ACK, FIN without text or retransmission [RFC3168-02] [RFC8311-04].
    """
    if why == "zero-window-probe":
        return
    if ecn.sends:  # [RFC3168-03]
        segment.ecn = ECT_0
    segment.flags |= ecn.take_cwr()


def _retransmit(tcb: Tcb, out: list[Segment]) -> None:
    """The segment that a rule asked for, then what is lost, lowest first, as the windows allow [RFC8985-18]."""
    board = tcb.board
    recovery = tcb.recovery
    if tcb.resend_now:
        why = tcb.resend_now
        tcb.resend_now = ""
        record = board.next_lost()
        if record is None:
            record = board.first()
        if record is not None:
            _resend(tcb, record, why, out)
    if board.to_resend == 0 or recovery.frto == FRTO_SECOND:
        return
    why = recovery.kind.rule if recovery.state == RECOVERY else tcb.resend_why
    while board.to_resend:
        record = board.next_lost()
        if record is None:
            break
        pipe = board.pipe()
        if pipe > 0 and pipe + _resend_size(tcb, record) > tcb.effective_cwnd():
            break
        if record.start >= tcb.snd_una + tcb.send_window.size:
            break
        _resend(tcb, record, why, out)


def _resend(tcb: Tcb, record: Sent, why: str, out: list[Segment]) -> None:
    """One segment again, at most one MSS of it [RFC2525-14] [RFC2018-08]; small lost ones are sent as one."""
    board = tcb.board
    if record.lost and record.end - record.start < tcb.mss:
        board.gather(record, tcb.mss)
    seq = record.start
    segment = _text_segment(tcb, seq, _resend_size(tcb, record), why)
    out.append(segment)
    end = seq + segment.length
    if end < record.end:
        board.split(board.find(seq), end, True)
    board.resend(record, tcb.now)
    tcb.recovery.on_resent(record.end - seq, tcb.now // MILLISECOND)
    if seq == tcb.snd_una and tcb.recovery.by_sack:  # not earlier than one RTO after this [RFC6298-09]
        tcb.arm_now = RESTART


def _resend_size(tcb: Tcb, record: Sent) -> int:
    """Octets of text: at most one MSS."""
    size = min(record.end, tcb.send_buffer.end) - record.start
    if size > tcb.mss:
        size = tcb.mss
    allowed = tcb.snd_una + tcb.send_window.size - record.start
    if 0 < allowed < size:  # the window has shrunk [SHLD-16]
        size = allowed
    return size if size > 0 else 0


def _speculate(tcb: Tcb, out: list[Segment]) -> None:
    """In recovery there is room, but nothing that is known to be lost and nothing new: what the detection guesses."""
    recovery = tcb.recovery
    board = tcb.board
    while board.to_resend == 0 and board.pipe() + tcb.mss <= tcb.effective_cwnd():
        guess = recovery.detector().speculate(board, facts_of(tcb, 0, 0), recovery.rescued)
        if guess is None:
            return
        start, end, why = guess
        record = board.at(start)
        if record is None or record.sacked or end <= start:
            return
        if record.start < start and board.split(board.find(start), start, True):
            record = board.at(start)
            assert record is not None  # it was cut off just now
        recovery.rescued = recovery.rescued or why == "retransmit-rescue"
        _resend(tcb, record, why, out)


def _loss_probe(tcb: Tcb, out: list[Segment]) -> None:
    """A tail loss probe: new text if there is any, else the last segment again [RFC8985-13]; then the RTO's turn."""
    tcb.loss_probe = False
    recovery = tcb.recovery
    seq = tcb.snd_nxt
    if tcb.snd_una == seq:
        return
    queued = min(tcb.send_buffer.end - seq, tcb.mss)
    fits = tcb.send_window.usable(tcb.snd_una, seq)
    again = queued <= 0 or fits < queued
    if again:
        last = tcb.board.last()
        if last is None or last.sacked:
            return
        cut = last.end - tcb.mss
        if last.start < cut and tcb.board.split(tcb.board.find(cut), cut, True):
            last = tcb.board.last()
            assert last is not None  # it was cut off just now
        _resend(tcb, last, "tail-loss-probe", out)
    else:
        out.append(_text_segment(tcb, seq, queued, "tail-loss-probe", fin_fits=fits > queued))
    recovery.probe_end = tcb.snd_nxt
    recovery.probe_again = again
    recovery.probe_sampled = False
    tcb.arm_now = RESTART  # [RFC8985-14]


def _send_new(tcb: Tcb, out: list[Segment]) -> None:
    """New text as both windows, silly-window avoidance and Nagle allow, with the FIN at its end [RFC5681-01]."""
    window = tcb.send_window
    buffer_end = tcb.send_buffer.end
    if tcb.snd_nxt >= buffer_end and not (tcb.fin_queued and tcb.fin_seq == NO_NUMBER):
        return
    board = tcb.board
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
            tcb.congestion_edge = seq
            break
        flushes = closing and count == queued
        if not flushes:
            if not tcb.override and _held_back(tcb, count, queued):
                break
        why = "data" if count else "fin"
        if tcb.recovery.duplicates and seq + count - tcb.snd_una > tcb.congestion.cwnd:
            why = "limited-transmit"
        segment = _text_segment(tcb, seq, count, why, fin_fits=usable > count)
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
        seq = tcb.snd_una
        before = tcb.snd_nxt
        segment = _text_segment(tcb, seq, 1, why)
        tcb.rtt_seq = CANCELLED
        if tcb.snd_nxt > before:
            tcb.probe_end = tcb.snd_nxt
        out.append(segment)
        return
    out.append(_header(tcb, tcb.snd_una - 1, 0, _options(tcb), b"", why))  # [SHLD-12]


def _acknowledge(tcb: Tcb, out: list[Segment]) -> None:
    """A segment that only acknowledges."""
    why = "challenge-ack" if tcb.challenge and not tcb.ack_now else tcb.ack_now
    out.append(_header(tcb, tcb.snd_nxt, 0, _options(tcb), b"", why))
