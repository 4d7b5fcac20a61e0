"""Options of TCP sockets (tcp(7), and the part of socket(7) that is TCP's), and `struct tcp_info`.

Most change the socket's `TcpConfig`, where the stack finds them; so what is set on a listening socket holds for the
connections that come, and what is set on a live one takes effect where TCP still can.
"""

from __future__ import annotations

import errno
import struct
from typing import TYPE_CHECKING, Any, Final

from synfin.sockets.constants import (
    IPPROTO_TCP,
    SO_ACCEPTCONN,
    SO_KEEPALIVE,
    SO_LINGER,
    SO_MAX_PACING_RATE,
    SO_RCVBUF,
    SO_RCVLOWAT,
    SO_SNDBUF,
    SOL_SOCKET,
    TCP_CC_INFO,
    TCP_CONGESTION,
    TCP_CORK,
    TCP_DEFER_ACCEPT,
    TCP_FASTOPEN,
    TCP_FASTOPEN_CONNECT,
    TCP_FASTOPEN_KEY,
    TCP_FASTOPEN_NO_COOKIE,
    TCP_INFO,
    TCP_INQ,
    TCP_KEEPCNT,
    TCP_KEEPIDLE,
    TCP_KEEPINTVL,
    TCP_LINGER2,
    TCP_MAXSEG,
    TCP_NODELAY,
    TCP_NOTSENT_LOWAT,
    TCP_QUICKACK,
    TCP_SYNCNT,
    TCP_USER_TIMEOUT,
)
from synfin.sockets.errors import failure
from synfin.sockets.option import (
    COMMON,
    INT_MAX,
    RECEIVE_BUFFER_LEAST,
    SEND_BUFFER_LEAST,
    Option,
    attribute,
    buffer_size,
    low_water,
    number,
    within,
)
from synfin.tcp import State
from synfin.tcp.congestion import Bbr, Dctcp
from synfin.tcp.congestion.base import names
from synfin.tcp.congestion.bbr import CWND_GAIN, INFINITE, PACING_GAIN
from synfin.tcp.congestion.dctcp import ONE
from synfin.tcp.fastopen import KEY_OCTETS, FastOpenKeys
from synfin.tcp.info import TcpInfo

if TYPE_CHECKING:
    from synfin.sockets.tcp import TcpSocket

SECOND_MS: Final = 1_000
MSS_RANGE: Final = (88, 32_767)
DEFAULT_MSS: Final = 536  # before a connection has one
LINGER2_MAX_S: Final = 120
SYN_RETRIES: Final = 6  # what Linux shows, and does, unless told otherwise
CONGESTION_NAME: Final = 16  # octets of a name, with its zeros
LINUX_NAMES: Final = {"newreno": "reno"}  # ours, and what Linux calls it
_LINGER: Final = struct.Struct("<ii")
_SCALE_BASE: Final = 15
_NO_RATE: Final = (1 << 64) - 1
_BBR_INFO: Final = struct.Struct("<5I")
_DCTCP_INFO: Final = struct.Struct("<HHIII")
_DCTCP_ONE: Final = 1_024  # alpha 1.0 in Linux's structure

# struct tcp_info: the octets before the first u32, then sizes by struct codes
_INFO_HEAD: Final = struct.Struct("<8B")
_INFO_BODY: Final[tuple[tuple[str, str], ...]] = (
    (
        "I",
        "rto ato snd_mss rcv_mss unacked sacked lost retrans fackets",
    ),
    (
        "I",
        "last_data_sent last_ack_sent last_data_recv last_ack_recv pmtu rcv_ssthresh rtt rttvar snd_ssthresh snd_cwnd",
    ),
    (
        "I",
        "advmss reordering rcv_rtt rcv_space total_retrans",
    ),
    ("Q", "pacing_rate max_pacing_rate bytes_acked bytes_received"),
    ("I", "segs_out segs_in notsent_bytes min_rtt data_segs_in data_segs_out"),
    ("Q", "delivery_rate busy_time rwnd_limited sndbuf_limited"),
    ("I", "delivered delivered_ce"),
    ("Q", "bytes_sent bytes_retrans"),
    ("I", "dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash"),
    ("H", "total_rto total_rto_recoveries"),
    ("I", "total_rto_time"),
)
_LIMITS: Final = {"H": 0xFFFF, "I": 0xFFFF_FFFF, "Q": 0xFFFF_FFFF_FFFF_FFFF}


def pack_info(info: TcpInfo) -> bytes:
    """`struct tcp_info` of Linux 6.7 and later, little-endian; a field that does not fit is given as its largest."""
    parts = [
        _INFO_HEAD.pack(
            info.state,
            info.ca_state,
            min(info.retransmits, 255),
            min(info.probes, 255),
            min(info.backoff, 255),
            info.options,
            info.snd_wscale | info.rcv_wscale << 4,
            info.delivery_rate_app_limited | info.fastopen_client_fail << 1,
        )
    ]
    for code, fields in _INFO_BODY:
        parts.extend(struct.pack("<" + code, min(getattr(info, name), _LIMITS[code])) for name in fields.split())
    return b"".join(parts)


def _info(socket: TcpSocket) -> bytes:
    state = socket.tcp_state
    if socket.listener is not None:
        waiting, most = len(socket.listener.accept_queue), socket.listener.backlog
        return pack_info(TcpInfo(state=state.value, unacked=waiting, sacked=most))
    if socket.connection is None:
        return pack_info(TcpInfo(state=state.value))
    info = bytearray(pack_info(socket.connection.info(socket.env.clock())))
    info[0] = state.value
    return bytes(info)


def _switch(name: str) -> Option:
    """A setting of `TcpConfig` that is on or off."""

    def get(socket: TcpSocket) -> int:
        return int(getattr(socket.config, name))

    def put(socket: TcpSocket, raw: bytes) -> None:
        socket.configure(**{name: number(raw) != 0})

    return Option(get, put)


def _scaled(name: str, unit: int, low: int, high: int) -> Option:
    """A setting of `TcpConfig` in units of `unit`."""

    def get(socket: TcpSocket) -> int:
        return int(getattr(socket.config, name)) // unit

    def put(socket: TcpSocket, raw: bytes) -> None:
        socket.configure(**{name: within(number(raw), low, high) * unit})

    return Option(get, put)


def _set_send_buffer(socket: TcpSocket, raw: bytes) -> None:
    """From now on the buffer has this size and does not grow by itself."""
    socket.configure(send_buffer_bytes=buffer_size(raw, SEND_BUFFER_LEAST), send_buffer_max_bytes=None)


def _get_send_buffer(socket: TcpSocket) -> int:
    """Twice the size of now, as Linux has it."""
    connection = socket.connection
    return 2 * (socket.config.send_buffer_bytes if connection is None else connection.tcb.send_buffer.limit)


def _get_receive_buffer(socket: TcpSocket) -> int:
    connection = socket.connection
    return 2 * (socket.config.receive_buffer_bytes if connection is None else connection.tcb.receive_window.capacity)


def _set_receive_buffer(socket: TcpSocket, raw: bytes) -> None:
    """Set before the handshake it also decides the window scale, where the configuration would fix that.

    From now on the buffer has this size and does not grow by itself.
    """
    size = buffer_size(raw, RECEIVE_BUFFER_LEAST)
    changes: dict[str, Any] = {"receive_buffer_bytes": size, "receive_buffer_max_bytes": None}
    if socket.config.window_scale is not None:
        changes["window_scale"] = min(max(size.bit_length() - 1 - _SCALE_BASE, 0), 14)
    socket.configure(**changes)


def _get_linger(socket: TcpSocket) -> bytes:
    return _LINGER.pack(int(socket.config.linger_ms is not None), socket.linger_s)


def _set_linger(socket: TcpSocket, raw: bytes) -> None:
    if len(raw) < _LINGER.size:
        raise failure(errno.EINVAL)
    on, seconds = _LINGER.unpack_from(raw)
    if on:
        socket.linger_s = seconds if seconds >= 0 else INT_MAX
    socket.configure(linger_ms=socket.linger_s * SECOND_MS if on else None)


def _get_segment_size(socket: TcpSocket) -> int:
    if socket.connection is not None and socket.tcp_state is not State.CLOSED:
        return socket.connection.tcb.mss
    return socket.config.mss_limit or DEFAULT_MSS


def _set_segment_size(socket: TcpSocket, raw: bytes) -> None:
    value = number(raw)
    socket.configure(mss_limit=within(value, *MSS_RANGE) if value else None)


def _get_user_timeout(socket: TcpSocket) -> int:
    return socket.config.user_timeout_ms or 0


def _set_user_timeout(socket: TcpSocket, raw: bytes) -> None:
    socket.configure(user_timeout_ms=within(number(raw), 0, INT_MAX) or None)


def _get_syn_retries(socket: TcpSocket) -> int:
    return SYN_RETRIES if socket.config.syn_retries is None else socket.config.syn_retries


def _set_syn_retries(socket: TcpSocket, raw: bytes) -> None:
    socket.configure(syn_retries=within(number(raw), 1, 127), syn_r2_ms=None)


def _get_fin_timeout(socket: TcpSocket) -> int:
    timeout = socket.config.fin_wait_2_timeout_ms
    return -1 if timeout is None else timeout // SECOND_MS


def _set_fin_timeout(socket: TcpSocket, raw: bytes) -> None:
    value = number(raw)
    default = socket.env.host.tcp.fin_wait_2_timeout_ms
    timeout = 0 if value < 0 else default if value == 0 else min(value, LINGER2_MAX_S) * SECOND_MS
    socket.configure(fin_wait_2_timeout_ms=timeout)


def _retransmissions(seconds: int, first: int, most: int) -> int:
    """In how many SYN-ACKs, each twice as long after the one before, so many seconds pass."""
    count, passed, period = 0, 0, first
    while passed < seconds and count < 255:
        passed += period
        count += 1
        period = min(2 * period, most)
    return count


def _seconds(count: int, first: int, most: int) -> int:
    passed, period = 0, first
    for _ in range(count):
        passed += period
        period = min(2 * period, most)
    return passed


def _set_defer_accept(socket: TcpSocket, raw: bytes) -> None:
    """Kept as a number of SYN-ACKs, so that what is read may be more than what was set."""
    longest = max(socket.config.rto_max_ms // SECOND_MS, 1)
    count = _retransmissions(max(number(raw), 0), 1, longest)
    socket.defer_accept_s = _seconds(count, 1, longest)
    socket.configure(defer_accept=count > 0)


def _set_fast_open(socket: TcpSocket, raw: bytes) -> None:
    if socket.tcp_state not in (State.CLOSED, State.LISTEN):
        raise failure(errno.EINVAL)
    socket.fast_open_queue = within(number(raw), 0, INT_MAX)
    socket.configure(fast_open=socket.fast_open_queue > 0, fast_open_queue=socket.fast_open_queue)


def _set_fast_open_connect(socket: TcpSocket, raw: bytes) -> None:
    value = within(number(raw), 0, 1)
    if not socket.config.fast_open_client:
        raise failure(errno.EOPNOTSUPP)
    if socket.tcp_state is not State.CLOSED:
        raise failure(errno.EINVAL)
    socket.fast_open_connect = value != 0


def _get_fast_open_keys(socket: TcpSocket) -> bytes:
    """Those of the socket, else those of the host: 16 octets, 32 where the key before is still good."""
    keys = socket.listener.keys if socket.listener is not None else socket.fast_open_keys
    return (keys if keys is not None else socket.env.host.fast_open.keys).get()


def _set_fast_open_keys(socket: TcpSocket, raw: bytes) -> None:
    if len(raw) not in (KEY_OCTETS, 2 * KEY_OCTETS):
        raise failure(errno.EINVAL)
    keys = FastOpenKeys.of(raw)
    socket.fast_open_keys = keys
    if socket.listener is not None:
        socket.listener.keys = keys


def _get_no_cookie(socket: TcpSocket) -> int:
    return int(socket.config.fast_open_send_cookieless)


def _set_no_cookie(socket: TcpSocket, raw: bytes) -> None:
    on = within(number(raw), 0, 1) != 0
    if socket.tcp_state not in (State.CLOSED, State.LISTEN):
        raise failure(errno.EINVAL)
    socket.configure(fast_open_send_cookieless=on, fast_open_accept_cookieless=on)


def _get_low_water(socket: TcpSocket) -> int:
    low = socket.config.notsent_lowat_bytes
    return 0 if low is None else low


def _set_low_water(socket: TcpSocket, raw: bytes) -> None:
    socket.configure(notsent_lowat_bytes=(number(raw) & 0xFFFF_FFFF) or None)
    socket.notify(0)


def _set_receive_low_water(socket: TcpSocket, raw: bytes) -> None:
    """More than the buffer holds would never be there."""
    socket.receive_low_water = min(low_water(raw), socket.config.receive_buffer_bytes)
    socket.notify(0)


def _get_quick_ack(socket: TcpSocket) -> int:
    return int(socket.quick_ack)


def _set_quick_ack(socket: TcpSocket, raw: bytes) -> None:
    socket.quick_ack = number(raw) != 0
    if socket.connection is not None:
        socket.connection.quick_ack(socket.quick_ack, socket.env.clock())


def _get_congestion(socket: TcpSocket) -> bytes:
    name = socket.config.congestion
    return LINUX_NAMES.get(name, name).encode().ljust(CONGESTION_NAME, b"\0")


def _set_congestion(socket: TcpSocket, raw: bytes) -> None:
    asked = raw.partition(b"\0")[0].decode("ascii", "replace")
    ours = next((name for name, linux in LINUX_NAMES.items() if linux == asked), asked)
    if not raw:
        raise failure(errno.EINVAL)
    if ours not in names():
        raise failure(errno.ENOENT)
    socket.configure(congestion=ours)


def _get_congestion_info(socket: TcpSocket) -> bytes:
    """`union tcp_cc_info`: `tcp_bbr_info` or `tcp_dctcp_info`; nothing for the others, as Linux has it."""
    algorithm = None if socket.connection is None else socket.connection.tcb.congestion
    if isinstance(algorithm, Bbr):
        rate = algorithm.bw()
        trip = 0 if algorithm.min_rtt >= INFINITE else algorithm.min_rtt // 1_000
        pacing, window = PACING_GAIN[algorithm.state], CWND_GAIN[algorithm.state]
        return _BBR_INFO.pack(rate & 0xFFFF_FFFF, rate >> 32, trip, pacing * 256 // 100, window * 256 // 100)
    if isinstance(algorithm, Dctcp):
        alpha = algorithm.alpha * _DCTCP_ONE // ONE
        return _DCTCP_INFO.pack(1, 0, alpha, algorithm.marked, algorithm.acked)
    return b""


def _get_pacing_rate(socket: TcpSocket) -> bytes:
    """An unsigned long, of which a caller with room for an int gets the lower half; all ones: no limit."""
    rate = socket.config.max_pacing_rate
    return (_NO_RATE if rate is None else rate).to_bytes(8, "little")


def _set_pacing_rate(socket: TcpSocket, raw: bytes) -> None:
    """An int or an unsigned long, in octets per second [socket(7)]."""
    if len(raw) >= 8:
        rate = int.from_bytes(raw[:8], "little")
        unlimited = rate == _NO_RATE
    else:
        rate = number(raw) & 0xFFFF_FFFF
        unlimited = rate == 0xFFFF_FFFF
    socket.configure(max_pacing_rate=None if unlimited else max(rate, 1))


TABLE: Final[dict[tuple[int, int], Option]] = {
    **COMMON,
    (SOL_SOCKET, SO_RCVLOWAT): Option(lambda socket: socket.receive_low_water, _set_receive_low_water),
    (SOL_SOCKET, SO_ACCEPTCONN): Option(lambda socket: int(socket.listener is not None)),
    (SOL_SOCKET, SO_KEEPALIVE): _switch("keep_alive"),
    (SOL_SOCKET, SO_LINGER): Option(_get_linger, _set_linger),
    (SOL_SOCKET, SO_MAX_PACING_RATE): Option(_get_pacing_rate, _set_pacing_rate),
    (SOL_SOCKET, SO_SNDBUF): Option(_get_send_buffer, _set_send_buffer),
    (SOL_SOCKET, SO_RCVBUF): Option(_get_receive_buffer, _set_receive_buffer),
    (IPPROTO_TCP, TCP_NODELAY): _switch("nodelay"),
    (IPPROTO_TCP, TCP_CORK): _switch("cork"),
    (IPPROTO_TCP, TCP_MAXSEG): Option(_get_segment_size, _set_segment_size),
    (IPPROTO_TCP, TCP_KEEPIDLE): _scaled("keep_alive_idle_ms", SECOND_MS, 1, 32_767),
    (IPPROTO_TCP, TCP_KEEPINTVL): _scaled("keep_alive_interval_ms", SECOND_MS, 1, 32_767),
    (IPPROTO_TCP, TCP_KEEPCNT): _scaled("keep_alive_probes", 1, 1, 127),
    (IPPROTO_TCP, TCP_SYNCNT): Option(_get_syn_retries, _set_syn_retries),
    (IPPROTO_TCP, TCP_LINGER2): Option(_get_fin_timeout, _set_fin_timeout),
    (IPPROTO_TCP, TCP_DEFER_ACCEPT): Option(lambda socket: socket.defer_accept_s, _set_defer_accept),
    (IPPROTO_TCP, TCP_INFO): Option(_info),
    (IPPROTO_TCP, TCP_QUICKACK): Option(_get_quick_ack, _set_quick_ack),
    (IPPROTO_TCP, TCP_CONGESTION): Option(_get_congestion, _set_congestion),
    (IPPROTO_TCP, TCP_CC_INFO): Option(_get_congestion_info),
    (IPPROTO_TCP, TCP_USER_TIMEOUT): Option(_get_user_timeout, _set_user_timeout),
    (IPPROTO_TCP, TCP_FASTOPEN): Option(lambda socket: socket.fast_open_queue, _set_fast_open),
    (IPPROTO_TCP, TCP_FASTOPEN_CONNECT): Option(lambda socket: int(socket.fast_open_connect), _set_fast_open_connect),
    (IPPROTO_TCP, TCP_FASTOPEN_KEY): Option(_get_fast_open_keys, _set_fast_open_keys),
    (IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE): Option(_get_no_cookie, _set_no_cookie),
    (IPPROTO_TCP, TCP_NOTSENT_LOWAT): Option(_get_low_water, _set_low_water),
    (IPPROTO_TCP, TCP_INQ): attribute("tell_queued"),
}
