"""Segments of a live connection from its variables: header, options, text (law 5); used by output and `resend` only."""

from __future__ import annotations

from typing import Final

from synfin.tcp import negotiate
from synfin.tcp.accecn import AccurateEcn
from synfin.tcp.ecn import ECT_0, Ecn
from synfin.tcp.tcb import CANCELLED, NO_NUMBER, Tcb
from synfin.tcp.timers import DELAYED_ACK, NEVER
from synfin.tcp.uto import UserTimeout
from synfin.wire.tcp import ACK, FIN, PSH, URG, Segment
from synfin.wire.tcp_options import MAX_OPTION_OCTETS, NO_OPTIONS, TcpOptions, options_length

NO_TIMER: Final = 0  # nothing has left that wants an acknowledgment
START: Final = 1  # something has: a timer runs
RESTART: Final = 2  # the time-out counts from now

USER_TIMEOUT_OCTETS: Final = 4
SACK_BLOCKS_ALONE = 4  # fit into 40 octets of options
SACK_BLOCKS_WITH_TIMESTAMPS = 3


def header(tcb: Tcb, seq: int, flags: int, options: TcpOptions, text: bytes, why: str) -> Segment:
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


def options_for(tcb: Tcb) -> TcpOptions:
    """Options of a segment after the handshake [RFC7323-06]."""
    blocks: tuple[tuple[int, int], ...] = ()
    if tcb.peer_sack and (tcb.reassembly is not None or tcb.dsack_start != NO_NUMBER):
        blocks = _blocks(tcb)
    if tcb.timestamps:
        options = TcpOptions(
            sack=blocks, ts_val=tcb.timestamp(tcb.now) & 0xFFFF_FFFF, ts_ecr=tcb.ts_recent & 0xFFFF_FFFF
        )
    else:
        options = TcpOptions(sack=blocks) if blocks else NO_OPTIONS
    if tcb.uto is not None:
        options = _with_user_timeout(tcb.uto, options)
    if tcb.ecn is not None and tcb.ecn.accurate is not None:
        return _with_counters(tcb, tcb.ecn.accurate, options)
    return options


def _blocks(tcb: Tcb) -> tuple[tuple[int, int], ...]:
    """SACK blocks [RFC2018-02] [RFC2018-03] [RFC2018-05].

    First, once, what came twice [RFC2883-01], then what holds it [RFC2883-03].
    """
    count = SACK_BLOCKS_WITH_TIMESTAMPS if tcb.timestamps else SACK_BLOCKS_ALONE
    told: list[tuple[int, int]] = []
    if tcb.dsack_start != NO_NUMBER:
        told.append((tcb.dsack_start, tcb.dsack_end))
        tcb.dsack_start = NO_NUMBER
    if tcb.reassembly is not None:
        told += tcb.reassembly.blocks(count - len(told))
    return tuple([(left & 0xFFFF_FFFF, right & 0xFFFF_FFFF) for left, right in told])


def _with_user_timeout(uto: UserTimeout, options: TcpOptions) -> TcpOptions:
    """The same options with the user timeout, on the first segments and after a change (RFC 5482 3) [RFC5482-06]."""
    if options_length(options) + USER_TIMEOUT_OCTETS > MAX_OPTION_OCTETS:
        return options
    value = uto.for_segment()
    if value is None:
        return options
    if options is NO_OPTIONS:
        return TcpOptions(user_timeout=value)
    options.user_timeout = value
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


def text_segment(tcb: Tcb, seq: int, limit: int, why: str, fin_fits: bool = True) -> Segment:
    """Text from `seq` on, at most `limit` octets, with PSH and FIN where they belong [MUST-61]."""
    options = options_for(tcb)
    size = tcb.mss
    if options.sack or options.others or options.user_timeout is not None:  # these take room too [RFC6691-02]
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
    segment = header(tcb, seq, flags, options, text, why)
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
        tcb.recovery.octets_resent += len(text)
        if tcb.rtt_seq >= seq:  # Karn [RFC6298-06] [MUST-18]
            tcb.rtt_seq = CANCELLED
    if text:
        tcb.text_segments_out += segment.pieces
        tcb.bytes_text_sent += len(text)
        tcb.last_data_sent = tcb.now
        if tcb.pacer is not None:
            tcb.pacer.sent(len(text))
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
