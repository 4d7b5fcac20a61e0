"""The application's calls (RFC 9293 3.10.1 to 3.10.6) on a block; the caller's mistakes raise `OSError`s."""

from __future__ import annotations

from errno import ECONNABORTED, EISCONN, ENOTCONN, EPIPE

from synfin.config import TcpConfig
from synfin.tcp import ecn_setup, negotiate, timers
from synfin.tcp.autotune import ReceiveTuning
from synfin.tcp.congestion.base import check, create
from synfin.tcp.endings import finish, limit_orphan
from synfin.tcp.isn import IsnSource
from synfin.tcp.keepalive import KeepAlive
from synfin.tcp.limits import set_pace
from synfin.tcp.memory import PRESSURE
from synfin.tcp.recvbuf import Buffer
from synfin.tcp.sendbuf import Octets, SendBuffer
from synfin.tcp.state import (
    CLOSE_WAIT,
    CLOSED,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LAST_ACK,
    LISTEN,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
    UNSYNCHRONIZED,
)
from synfin.tcp.tcb import Tcb
from synfin.tcp.teaching import first_number

QUICK_ACKS = 16  # segments that are acknowledged at once after `quick_ack`
ALIVE = (
    "nodelay",
    "cork",
    "cork_ms",
    "notsent_lowat_bytes",
    "ack_delay_ms",
    "keep_alive",
    "keep_alive_idle_ms",
    "keep_alive_interval_ms",
    "keep_alive_probes",
    "user_timeout_ms",
    "user_timeout_advertised_ms",
    "user_timeout_least_ms",
    "user_timeout_most_ms",
    "linger_ms",
    "hop_limit",
    "traffic_class",
    "send_buffer_bytes",
    "receive_buffer_bytes",
    "send_buffer_max_bytes",
    "receive_buffer_max_bytes",
    "r1_retries",
    "r2_ms",
    "r2_retries",
    "fin_wait_2_timeout_ms",
    "urgent_on_last_octet",
    "idle_restart",
    "limited_transmit",
    "tail_loss_probe",
    "frto",
    "dsack",
    "congestion",
    "hystart",
    "window_validation",
    "byte_counting_segments",
    "pacing",
    "max_pacing_rate",
    "mss_limit",
    "rto_min_ms",
    "rto_max_ms",
    "rto_variance_min_ms",
    "persist_max_ms",
    "sws_override_ms",
    "msl_ms",
)


def start(tcb: Tcb, isn: IsnSource, now: int) -> None:
    """Choose the ISN and the timestamp offset of a new connection."""
    tcb.now = now
    tcb.opened_at = now
    tcb.iss = first_number(tcb.config, isn.next(tcb.local, tcb.remote, now))
    tcb.snd_una = tcb.iss
    tcb.snd_nxt = tcb.iss
    tcb.send_buffer = SendBuffer(tcb.iss + 1, tcb.config.send_buffer_bytes)
    tcb.ts_offset = isn.timestamp_offset(tcb.local, tcb.remote) if tcb.config.timestamps else 0
    tcb.progress_at = now
    if tcb.config.keep_alive:
        tcb.keep_alive = KeepAlive(tcb.config)


def open_actively(tcb: Tcb, isn: IsnSource, now: int, data: bytes, cookie: bytes | None) -> None:
    """OPEN (3.10.1), active: SYN_SENT and a SYN.  `cookie`: fast open, `b""` asks for one (RFC 7413)."""
    if tcb.state is not CLOSED or tcb.opened_at or tcb.snd_nxt:
        raise OSError(EISCONN, "connection was opened before; make a new Connection")
    start(tcb, isn, now)
    tcb.call("open", f"{len(data)} octets" if data else "")
    if tcb.config.fast_open and (cookie or not tcb.config.fast_open_send_cookieless):
        tcb.open_cookie = cookie if cookie is not None else b""  # [RFC7413-07]
    if data:
        tcb.send_buffer.append(data)
    ecn_setup.start(tcb)
    tcb.enter(SYN_SENT, "active-open")
    tcb.syn_now = True


def write(tcb: Tcb, data: Octets, urgent: bool, now: int, more: bool = False) -> int:
    """SEND (3.10.2): returns how many octets were taken, 0 when the buffer is full [RFC9293-E37]."""
    tcb.now = now
    if tcb.error is not None:
        raise tcb.error
    if tcb.fin_queued:
        raise BrokenPipeError(EPIPE, "cannot write after shutdown or close")
    state = tcb.state
    if state is CLOSED or state is LISTEN:
        raise OSError(ENOTCONN, "connection is not open")
    room = tcb.room()
    taken = tcb.send_buffer.append(data if room >= tcb.send_buffer.free else data[:room])
    if taken < len(data):
        tcb.wants_room = True
    tcb.more = more
    if urgent and taken:  # [MUST-31]
        tcb.snd_up = tcb.send_buffer.end
    if tcb.trace is not None:
        tcb.call("write", f"{taken} octets")
    return taken


def read(tcb: Tcb, limit: int, now: int) -> bytes:
    """RECEIVE (3.10.3): what is there, at most `limit` octets; tells the peer about freed room [RFC9293-E38]."""
    tcb.now = now
    if not len(tcb.receive_buffer) and tcb.error is not None:
        raise tcb.error
    if tcb.orphan:
        raise OSError(ENOTCONN, "connection was closed")
    if tcb.state is SYN_RECEIVED and not tcb.fast_opened:
        return b""
    data = tcb.receive_buffer.read(limit)
    if data:
        _taken(tcb, len(data))
    return data


def read_into(tcb: Tcb, buffer: Buffer, now: int) -> int:
    """As `read`, into memory of the application's: how many octets were put there."""
    tcb.now = now
    if not len(tcb.receive_buffer) and tcb.error is not None:
        raise tcb.error
    if tcb.orphan:
        raise OSError(ENOTCONN, "connection was closed")
    if tcb.state is SYN_RECEIVED and not tcb.fast_opened:
        return 0
    count = tcb.receive_buffer.read_into(buffer)
    if count:
        _taken(tcb, count)
    return count


def _taken(tcb: Tcb, count: int) -> None:
    """The application has taken `count` octets: there may be a window to tell."""
    if tcb.trace is not None:
        tcb.call("read", f"{count} octets")
    if tcb.config.receive_buffer_max_bytes is not None:
        _tune(tcb, count, tcb.config.receive_buffer_max_bytes)
    state = tcb.state
    if state is ESTABLISHED or state is FIN_WAIT_1 or state is FIN_WAIT_2:
        _tell_window(tcb)


def _tune(tcb: Tcb, count: int, most: int) -> None:
    """Let the receive buffer follow what is read, as long as the host has memory for that."""
    window = tcb.receive_window
    tuning = tcb.tuning
    if tuning is None:
        tuning = tcb.tuning = ReceiveTuning(tcb.last_data_received, window.capacity)
    wanted = tuning.on_read(tcb.now, count, tcb.rtt.srtt, tcb.ack_policy.rmss)
    if wanted > most:
        wanted = most
    if wanted > window.capacity:
        if tcb.memory is not None and tcb.memory.level >= PRESSURE:
            tcb.note("buffer-growth-stopped")
        else:
            window.capacity = wanted
            tcb.note("receive-buffer-grown")


def _tell_window(tcb: Tcb) -> None:
    """A window update, when the peer could be waiting for it and it is worth one [MUST-39]."""
    window = tcb.receive_window
    buffered = len(tcb.receive_buffer)
    if not window.worth_telling(tcb.rcv_nxt, buffered, tcb.ack_policy.rmss):
        return
    left = window.edge - tcb.rcv_nxt
    if left < 2 * tcb.ack_policy.rmss or 2 * window.gain(tcb.rcv_nxt, buffered) >= window.most():
        tcb.ack_now = tcb.ack_now or "window-update"


def stop_reading(tcb: Tcb, now: int) -> None:
    """The application reads no more, but has not let go: see `check_text`."""
    tcb.now = now
    tcb.read_shut = True


def quick_ack(tcb: Tcb, on: bool, now: int) -> None:
    """Leave or enter delayed acknowledgment (RFC 9293 3.8.6.3 lets the receiver choose)."""
    tcb.now = now
    tcb.ack_policy.quick = QUICK_ACKS if on else 0
    if on and tcb.ack_policy.pending and tcb.state is not CLOSED:
        tcb.ack_now = tcb.ack_now or "ack-now"


def shutdown(tcb: Tcb, now: int) -> None:
    """CLOSE (3.10.4): no more text from us; what is queued goes first, then FIN [RFC9293-E35]."""
    tcb.now = now
    if tcb.fin_queued:
        return
    state = tcb.state
    if state is CLOSED or state is LISTEN:
        if tcb.error is not None:
            return
        raise OSError(ENOTCONN, "connection is not open")
    tcb.call("shutdown")
    _close_direction(tcb)


def _close_direction(tcb: Tcb) -> None:
    state = tcb.state
    if state is SYN_SENT:
        finish(tcb, "close-call")
        return
    tcb.fin_queued = True
    if state is ESTABLISHED:
        tcb.enter(FIN_WAIT_1, "close-call")
    elif state is CLOSE_WAIT:
        tcb.enter(LAST_ACK, "close-call")


def close(tcb: Tcb, now: int) -> None:
    """Let go of the connection: no more reading either (half-duplex close) [MAY-1].

    Unread text, or `linger_ms=0`, makes it a reset at once [SHLD-3]; text that comes later draws one.
    """
    tcb.now = now
    if tcb.orphan:
        return
    state = tcb.state
    tcb.call("close")
    tcb.orphan = True
    if state is CLOSED or state is LISTEN or state is TIME_WAIT:
        return
    if tcb.config.linger_ms == 0 and state is not SYN_SENT:
        _reset(tcb, "reset-linger")
        return
    if len(tcb.receive_buffer) and state is not SYN_SENT:
        _reset(tcb, "reset-half-duplex-close")
        return
    if not tcb.fin_queued:
        _close_direction(tcb)
    limit_orphan(tcb)


def _reset(tcb: Tcb, why: str) -> None:
    """End at once, with a RST where the peer still has a connection [RFC9293-E36]."""
    state = tcb.state
    if state is not CLOSING and state is not LAST_ACK and state is not TIME_WAIT and state is not SYN_SENT:
        tcb.reset_why = why
    tcb.receive_buffer.clear()
    finish(tcb, "abort-call")


def abort(tcb: Tcb, now: int) -> None:
    """ABORT (3.10.5): RST, queues flushed; calls that are still waiting fail with ECONNABORTED."""
    tcb.now = now
    if tcb.state is CLOSED or tcb.state is LISTEN:
        return
    tcb.call("abort")
    tcb.error = ConnectionAbortedError(ECONNABORTED, "Connection aborted")
    _reset(tcb, "abort")


def configure(tcb: Tcb, config: TcpConfig, now: int) -> None:
    """Take a changed configuration; see `ALIVE` for what may change."""
    tcb.now = now
    if config.nodelay and not tcb.config.nodelay and tcb.snd_nxt < tcb.send_buffer.end:
        tcb.override = True  # switching Nagle off pushes what is queued, even when corked
    before = tcb.config
    _choose_congestion(tcb, config)
    tcb.config = config
    if tcb.uto is not None:  # [RFC5482-01] [RFC5482-06]
        tcb.uto.advertise(config.user_timeout_ms or config.user_timeout_advertised_ms)
    if config.send_buffer_max_bytes is None or config.send_buffer_bytes != before.send_buffer_bytes:
        tcb.send_buffer.limit = config.send_buffer_bytes
    if config.receive_buffer_max_bytes is None or config.receive_buffer_bytes != before.receive_buffer_bytes:
        tcb.receive_window.capacity = config.receive_buffer_bytes
    if tcb.has_congestion():
        set_pace(tcb)
    tcb.ack_policy.delay = config.ack_delay_ms * 1_000_000
    tcb.rtt.configure(config)
    if config.mss_limit != before.mss_limit and tcb.state not in UNSYNCHRONIZED:
        negotiate.set_segment_size(tcb)
    if config.keep_alive:
        keeper = KeepAlive(config)
        tcb.keep_alive = keeper
        if tcb.state not in (SYN_SENT, SYN_RECEIVED, CLOSED, LISTEN, TIME_WAIT):
            tcb.set_timer(timers.KEEP_ALIVE, max(now, tcb.refresh_idle + keeper.idle))
    else:
        tcb.keep_alive = None
        tcb.stop_timer(timers.KEEP_ALIVE)


def _choose_congestion(tcb: Tcb, config: TcpConfig) -> None:
    """Settings of congestion control; another algorithm goes on with the window of the one before [RFC9293-MAY-18]."""
    if not tcb.has_congestion():
        check(config.congestion)
        return
    before = tcb.congestion
    if config.congestion != tcb.config.congestion:
        chosen = create(config.congestion, before.mss, config.initial_cwnd_segments, config)
        chosen.seed = before.seed
        if tcb.state not in UNSYNCHRONIZED:
            chosen.adopt(before.cwnd, before.ssthresh, tcb.rtt.srtt)
        tcb.congestion = chosen
    else:
        before.configure(config)
    if tcb.pacer is not None and config.max_pacing_rate is None and not tcb.congestion.paced:
        tcb.pacer = None
