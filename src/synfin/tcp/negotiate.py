"""What the two SYNs agree on: MSS, window scale, timestamps, SACK (RFC 9293 3.7.1, RFC 7323, RFC 2018, RFC 7413)."""

from __future__ import annotations

from synfin.tcp import ecn_setup
from synfin.tcp.seq import unwrap
from synfin.tcp.tcb import MSS_FLOOR, Tcb
from synfin.tcp.window import shift_for
from synfin.wire.tcp import ACK, Segment
from synfin.wire.tcp_options import MAX_OPTION_OCTETS, TcpOptions, options_length

SHIFT_MAX = 14
TIMESTAMP_OPTION = 12  # octets, padding included


def our_shift(tcb: Tcb) -> int:
    """The window scale that we offer."""
    chosen = tcb.config.window_scale
    return chosen if chosen is not None else shift_for(tcb.config.receive_buffer_limit())


def offer(tcb: Tcb) -> TcpOptions:
    """Options of our SYN [RFC2018-01] [MUST-14] [SHLD-5a] [SHLD-5b] [RFC6691-01]."""
    config = tcb.config
    return TcpOptions(
        mss=tcb.advertised_mss,
        window_scale=our_shift(tcb) if config.window_scaling else None,
        sack_permitted=config.sack,
        ts_val=tcb.timestamp(tcb.now) & 0xFFFF_FFFF if config.timestamps else None,
        fast_open=tcb.open_cookie,
        user_timeout=tcb.uto.for_syn() if tcb.uto is not None else None,
    )


def may_carry_text(tcb: Tcb) -> bool:
    """Whether our first SYN may (RFC 7413 4.1.3): there is a cookie, or the configuration trusts without one."""
    return bool(tcb.open_cookie) or (tcb.config.fast_open and tcb.config.fast_open_send_cookieless)


def answer(tcb: Tcb) -> TcpOptions:
    """Options of our SYN-ACK: only what the peer's SYN offered too [RFC7323-01] [RFC7323-09]."""
    options = TcpOptions(
        mss=tcb.advertised_mss,
        window_scale=our_shift(tcb) if tcb.rcv_wscale_ok else None,
        sack_permitted=tcb.peer_sack,
        ts_val=tcb.timestamp(tcb.now) & 0xFFFF_FFFF if tcb.timestamps else None,
        ts_ecr=tcb.ts_recent & 0xFFFF_FFFF if tcb.timestamps else 0,
        fast_open=tcb.handshake_cookie,
        user_timeout=tcb.uto.for_syn() if tcb.uto is not None else None,
    )
    if options_length(options) > MAX_OPTION_OCTETS:  # a long cookie beside everything else
        options.user_timeout = None
    if tcb.ecn is not None and tcb.ecn.accurate is not None:
        found = tcb.ecn.accurate.option(MAX_OPTION_OCTETS - options_length(options), tcb.now, 0)
        if found is not None:
            options.others = (found,)
    return options


def learn(tcb: Tcb, segment: Segment) -> None:
    """Take the peer's offer from its SYN or SYN-ACK."""
    options = segment.options
    config = tcb.config
    if options.mss:  # 0 is no size
        tcb.peer_mss = max(options.mss, MSS_FLOOR)
    if config.window_scaling and options.window_scale is not None:
        tcb.rcv_wscale_ok = True
        tcb.send_window.shift = min(options.window_scale, SHIFT_MAX)  # [RFC7323-03]
        tcb.receive_window.shift = our_shift(tcb)
    if config.timestamps and options.ts_val is not None:
        tcb.timestamps = True
        tcb.ts_recent = options.ts_val
        tcb.ts_recent_at = tcb.now
    hear_user_timeout(tcb, segment)
    tcb.peer_sack = config.sack and options.sack_permitted
    if segment.flags & ACK:
        ecn_setup.take_syn_ack(tcb, segment)
    else:
        ecn_setup.take_syn(tcb, segment)
    set_segment_size(tcb)


def hear_user_timeout(tcb: Tcb, segment: Segment) -> None:
    """The peer's user timeout, from any segment; a stack that does not use the option passes over it [RFC5482-08]."""
    value = segment.options.user_timeout
    if value is None or tcb.uto is None or not tcb.uto.on_option(value):
        return
    ignored = tcb.config.user_timeout_ms is not None  # the application has chosen itself [RFC5482-02]
    tcb.note("user-timeout-ignored" if ignored else "user-timeout-adopted", f"{tcb.uto.remote // 1_000} s")


def set_segment_size(tcb: Tcb) -> None:
    """Eff.snd.MSS = min(SendMSS, MMS_S) less our options [MUST-16] [RFC6691-02]."""
    size = min(tcb.peer_mss, tcb.path_mss)
    limit = tcb.config.mss_limit
    if limit is not None and limit < size:  # set on the live connection: what was there before is in path_mss
        size = limit
    if tcb.timestamps:
        size -= TIMESTAMP_OPTION
    tcb.mss = max(size, 1)
    if tcb.has_congestion():
        tcb.congestion.on_mss(tcb.mss)


def echo_of(tcb: Tcb, segment: Segment) -> int:
    """The absolute timestamp of ours that `segment` echoes; 0 when it echoes none [RFC7323-08]."""
    options = segment.options
    if options.ts_val is None or not segment.flags & ACK:
        return 0
    return unwrap(options.ts_ecr, tcb.timestamp(tcb.now))
