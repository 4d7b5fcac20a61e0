"""STATUS (RFC 9293 3.10.6) with the fields of Linux's `struct tcp_info`, by the same names and in the same units."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from synfin.config import SECOND
from synfin.tcp.chrono import BUFFER, BUSY, WINDOW
from synfin.tcp.congestion.base import INFINITE_SSTHRESH
from synfin.tcp.negotiate import TIMESTAMP_OPTION
from synfin.tcp.recovery.base import DUPLICATES
from synfin.tcp.recovery.episode import LOSS, RECOVERY
from synfin.tcp.state import SYN_SENT
from synfin.tcp.tcb import Tcb
from synfin.tcp.timers import KEEP_ALIVE, PERSIST
from synfin.tcp.window import WINDOW_FIELD_MAX

CA_OPEN, CA_DISORDER, CA_CWR, CA_RECOVERY, CA_LOSS = range(5)
OPTION_TIMESTAMPS, OPTION_SACK, OPTION_WSCALE, OPTION_ECN, OPTION_ECN_SEEN, OPTION_SYN_DATA = 1, 2, 4, 8, 16, 32
UNLIMITED = (1 << 64) - 1
LINUX_INFINITE_SSTHRESH = 0x7FFF_FFFF


@dataclass(frozen=True, slots=True)
class TcpInfo:
    """`struct tcp_info`: times in microseconds (`rto ato rtt rttvar rcv_rtt min_rtt`) or milliseconds (`last_*`).

    Windows and `bytes_*` are octets; `snd_cwnd`, `snd_ssthresh`, `unacked`, `lost`, `retrans` count segments.  Every
    field can also be read with Linux's prefix: `info.tcpi_snd_cwnd`.
    """

    state: int = 0
    ca_state: int = 0
    retransmits: int = 0
    probes: int = 0
    backoff: int = 0
    options: int = 0
    snd_wscale: int = 0
    rcv_wscale: int = 0
    delivery_rate_app_limited: int = 0
    fastopen_client_fail: int = 0
    rto: int = 0
    ato: int = 0
    snd_mss: int = 0
    rcv_mss: int = 0
    unacked: int = 0
    sacked: int = 0
    lost: int = 0
    retrans: int = 0
    fackets: int = 0
    last_data_sent: int = 0
    last_ack_sent: int = 0
    last_data_recv: int = 0
    last_ack_recv: int = 0
    pmtu: int = 0
    rcv_ssthresh: int = 0
    rtt: int = 0
    rttvar: int = 0
    snd_ssthresh: int = 0
    snd_cwnd: int = 0
    advmss: int = 0
    reordering: int = 0
    rcv_rtt: int = 0
    rcv_space: int = 0
    total_retrans: int = 0
    pacing_rate: int = 0
    max_pacing_rate: int = 0
    bytes_acked: int = 0
    bytes_received: int = 0
    segs_out: int = 0
    segs_in: int = 0
    notsent_bytes: int = 0
    min_rtt: int = 0
    data_segs_in: int = 0
    data_segs_out: int = 0
    delivery_rate: int = 0
    busy_time: int = 0
    rwnd_limited: int = 0
    sndbuf_limited: int = 0
    delivered: int = 0
    delivered_ce: int = 0
    bytes_sent: int = 0
    bytes_retrans: int = 0
    dsack_dups: int = 0
    reord_seen: int = 0
    rcv_ooopack: int = 0
    snd_wnd: int = 0
    rcv_wnd: int = 0
    rehash: int = 0
    total_rto: int = 0
    total_rto_recoveries: int = 0
    total_rto_time: int = 0

    def __getattr__(self, name: str) -> Any:  # not int: mypyc's slot must return an object
        """Linux's names with their prefix."""
        if name.startswith("tcpi_"):
            return getattr(self, name[5:])
        raise AttributeError(name)

    def as_dict(self) -> dict[str, Any]:
        """All fields by name, for JSON."""
        return asdict(self)


def _milliseconds_since(now: int, then: int) -> int:
    return (now - then) // 1_000_000 if then else 0


def collect(tcb: Tcb, now: int) -> TcpInfo:
    """The fields at `now`.

    0 because synfin does not measure it yet: `fackets` (as on Linux), `rcv_rtt`, `rehash`.
    """
    return TcpInfo(
        state=tcb.state.value,
        **_opening(tcb),
        **_sending(tcb),
        **_receiving(tcb),
        **_counters(tcb),
        **_spent(tcb, now),
        last_data_sent=_milliseconds_since(now, tcb.last_data_sent),
        last_ack_sent=_milliseconds_since(now, tcb.last_ack_sent_at),
        last_data_recv=_milliseconds_since(now, tcb.last_data_received),
        last_ack_recv=_milliseconds_since(now, tcb.last_ack_received),
    )


def _opening(tcb: Tcb) -> dict[str, int]:
    """What the handshake has settled."""
    options = OPTION_TIMESTAMPS if tcb.timestamps else 0
    options |= OPTION_SACK if tcb.peer_sack else 0
    options |= OPTION_WSCALE if tcb.rcv_wscale_ok else 0
    if tcb.ecn is not None and tcb.state is not SYN_SENT:
        options |= OPTION_ECN | (OPTION_ECN_SEEN if tcb.ecn.seen else 0)
    acked = tcb.syn_text > 0 and tcb.snd_una > tcb.iss + 1 and not tcb.syn_text_refused
    options |= OPTION_SYN_DATA if acked else 0
    header = 40 if len(tcb.local.address) == 4 else 60
    return {
        "options": options,
        "fastopen_client_fail": _fast_open_failure(tcb),
        "snd_wscale": tcb.send_window.shift,
        "rcv_wscale": tcb.receive_window.shift,
        "snd_mss": tcb.mss,
        "rcv_mss": tcb.ack_policy.rmss,
        "advmss": tcb.advertised_mss - (TIMESTAMP_OPTION if tcb.timestamps else 0),  # as Linux has it
        "pmtu": tcb.path_mss + header,
    }


def _fast_open_failure(tcb: Tcb) -> int:
    """Linux's `enum tcp_fastopen_client_fail`: no cookie 1, text not acknowledged 2, SYN sent again 3."""
    if tcb.passive or not tcb.config.fast_open:
        return 0
    if tcb.syn_lost or (tcb.state is SYN_SENT and tcb.retransmits > 0):
        return 3
    if tcb.syn_text_refused:
        return 2
    return 1 if tcb.open_cookie == b"" else 0


def _congestion_state(tcb: Tcb) -> int:
    """Linux's name for how the sender is doing."""
    recovery = tcb.recovery
    if recovery.state == LOSS:
        return CA_LOSS
    if recovery.state == RECOVERY:
        return CA_RECOVERY
    return CA_DISORDER if recovery.duplicates or tcb.board.sacked else CA_OPEN


def _sending(tcb: Tcb) -> dict[str, int]:
    """Timers, windows and what is in flight."""
    rtt, mss = tcb.rtt, max(tcb.mss, 1)
    board = tcb.board
    segments = -(-tcb.flight() // mss)
    probes = 0
    if tcb.keep_alive is not None and tcb.timers.running(KEEP_ALIVE):
        probes = tcb.keep_alive.unanswered
    elif tcb.timers.running(PERSIST):
        probes = tcb.probes_unanswered
    ssthresh = tcb.congestion.ssthresh
    return {
        "ca_state": _congestion_state(tcb),
        "retransmits": tcb.retransmits,
        "probes": probes,
        "backoff": rtt.backoff,
        "rto": rtt.rto() // 1_000,
        "rtt": rtt.srtt // 1_000,
        "rttvar": rtt.rttvar // 1_000,
        "min_rtt": rtt.min_rtt // 1_000,
        "unacked": segments,
        "sacked": -(-board.sacked // mss),
        "lost": -(-board.lost // mss),
        "retrans": -(-board.resent // mss),
        "snd_ssthresh": ssthresh // mss if ssthresh < INFINITE_SSTHRESH else LINUX_INFINITE_SSTHRESH,
        "snd_cwnd": max((tcb.effective_cwnd() - tcb.recovery.limited) // mss, 1),
        "reordering": max(DUPLICATES, -(-board.reordering // mss)),
        "reord_seen": board.reorderings,
        "snd_wnd": tcb.send_window.size,
        "notsent_bytes": max(tcb.send_buffer.end - max(tcb.snd_nxt, tcb.send_buffer.start), 0),
        "pacing_rate": (tcb.config.max_pacing_rate if tcb.pacer is None else tcb.pacer.rate) or UNLIMITED,
        "max_pacing_rate": tcb.config.max_pacing_rate or UNLIMITED,
        "delivery_rate": board.rate_delivered * SECOND // board.rate_interval if board.rate_interval else 0,
        "delivery_rate_app_limited": int(board.rate_app_limited),
    }


def _spent(tcb: Tcb, now: int) -> dict[str, int]:
    """Microseconds with something to send, and those of them in which it was held back."""
    chrono = tcb.chrono
    if chrono is None:
        return {}
    window, buffer = chrono.spent(WINDOW, now), chrono.spent(BUFFER, now)
    return {
        "busy_time": (chrono.spent(BUSY, now) + window + buffer) // 1_000,
        "rwnd_limited": window // 1_000,
        "sndbuf_limited": buffer // 1_000,
    }


def _receiving(tcb: Tcb) -> dict[str, int]:
    """Our window and our acknowledgments."""
    window = tcb.receive_window
    return {
        "ato": tcb.ack_policy.delay // 1_000,
        "rcv_ssthresh": window.capacity,
        "rcv_space": window.capacity,
        "rcv_wnd": min(max(window.edge - tcb.rcv_nxt, 0), WINDOW_FIELD_MAX << 14),
        "rcv_ooopack": tcb.out_of_order,
    }


def _counters(tcb: Tcb) -> dict[str, int]:
    """What was counted since the beginning."""
    timeouts = tcb.timeouts
    return {
        "delivered": int(tcb.snd_una > tcb.iss) - (-tcb.board.delivered // max(tcb.mss, 1)),  # with the SYN
        "dsack_dups": tcb.recovery.dsacks,
        "total_rto": 0 if timeouts is None else timeouts.count,
        "total_rto_recoveries": 0 if timeouts is None else timeouts.periods,
        "total_rto_time": 0 if timeouts is None else timeouts.spent(tcb.now) // 1_000_000,
        "delivered_ce": 0 if tcb.ecn is None else tcb.ecn.delivered_ce,
        "total_retrans": tcb.retransmits_total,
        "bytes_acked": max(tcb.snd_una - tcb.iss - 1, 0),
        "bytes_received": max(tcb.rcv_nxt - tcb.irs - 1, 0) if tcb.rcv_nxt else 0,
        "bytes_sent": tcb.bytes_text_sent,
        "bytes_retrans": tcb.recovery.octets_resent,
        "segs_out": tcb.segments_out,
        "segs_in": tcb.segments_in,
        "data_segs_in": tcb.text_segments_in,
        "data_segs_out": tcb.text_segments_out,
    }
