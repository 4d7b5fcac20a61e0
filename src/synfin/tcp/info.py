"""STATUS (RFC 9293 3.10.6) with the fields of Linux's `struct tcp_info`, by the same names and in the same units."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from synfin.tcp.congestion.base import INFINITE_SSTHRESH
from synfin.tcp.state import CLOSED, LISTEN
from synfin.tcp.tcb import Tcb
from synfin.tcp.timers import KEEP_ALIVE, PERSIST
from synfin.tcp.window import WINDOW_FIELD_MAX

CA_OPEN, CA_DISORDER, CA_CWR, CA_RECOVERY, CA_LOSS = range(5)
OPTION_TIMESTAMPS, OPTION_SACK, OPTION_WSCALE = 1, 2, 4
UNLIMITED = (1 << 64) - 1
LINUX_INFINITE_SSTHRESH = 0x7FFF_FFFF


@dataclass(frozen=True, slots=True)
class TcpInfo:
    """`struct tcp_info`: times in microseconds (`rto ato rtt rttvar rcv_rtt min_rtt`) or milliseconds (`last_*`).

    Windows and `bytes_*` are octets; `snd_cwnd`, `snd_ssthresh`, `unacked`, `lost`, `retrans` count segments.  Every
    field can also be read with Linux's prefix: `info.tcpi_snd_cwnd`.
    """

    state: int
    ca_state: int
    retransmits: int
    probes: int
    backoff: int
    options: int
    snd_wscale: int
    rcv_wscale: int
    delivery_rate_app_limited: int
    fastopen_client_fail: int
    rto: int
    ato: int
    snd_mss: int
    rcv_mss: int
    unacked: int
    sacked: int
    lost: int
    retrans: int
    fackets: int
    last_data_sent: int
    last_ack_sent: int
    last_data_recv: int
    last_ack_recv: int
    pmtu: int
    rcv_ssthresh: int
    rtt: int
    rttvar: int
    snd_ssthresh: int
    snd_cwnd: int
    advmss: int
    reordering: int
    rcv_rtt: int
    rcv_space: int
    total_retrans: int
    pacing_rate: int
    max_pacing_rate: int
    bytes_acked: int
    bytes_received: int
    segs_out: int
    segs_in: int
    notsent_bytes: int
    min_rtt: int
    data_segs_in: int
    data_segs_out: int
    delivery_rate: int
    busy_time: int
    rwnd_limited: int
    sndbuf_limited: int
    delivered: int
    delivered_ce: int
    bytes_sent: int
    bytes_retrans: int
    dsack_dups: int
    reord_seen: int
    rcv_ooopack: int
    snd_wnd: int
    rcv_wnd: int
    rehash: int
    total_rto: int
    total_rto_recoveries: int
    total_rto_time: int

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
    """The fields at `now`.  What synfin does not measure is 0 (delivery rate, pacing, busy times, DSACK)."""
    recovery, rtt, window = tcb.recovery, tcb.rtt, tcb.receive_window
    recovering = recovery.resend_nxt < recovery.resend_end
    ca_state = CA_LOSS if tcb.retransmits or recovering else CA_RECOVERY if recovery.recovering else CA_OPEN
    if ca_state == CA_OPEN and recovery.duplicates:
        ca_state = CA_DISORDER
    flight = tcb.flight()
    mss = max(tcb.mss, 1)
    segments = -(-flight // mss)
    ssthresh = tcb.congestion.ssthresh
    options = OPTION_TIMESTAMPS if tcb.timestamps else 0
    options |= OPTION_SACK if tcb.peer_sack else 0
    options |= OPTION_WSCALE if tcb.rcv_wscale_ok else 0
    header = 40 if len(tcb.local.address) == 4 else 60
    opened = tcb.state is not CLOSED and tcb.state is not LISTEN
    return TcpInfo(
        state=tcb.state.value,
        ca_state=ca_state,
        retransmits=tcb.retransmits,
        probes=tcb.keep_alive.unanswered
        if tcb.keep_alive is not None and tcb.timers.running(KEEP_ALIVE)
        else tcb.probes_unanswered
        if tcb.timers.running(PERSIST)
        else 0,
        backoff=rtt.backoff,
        options=options,
        snd_wscale=tcb.send_window.shift,
        rcv_wscale=window.shift,
        delivery_rate_app_limited=0,
        fastopen_client_fail=0,
        rto=rtt.rto() // 1_000,
        ato=tcb.ack_policy.delay // 1_000,
        snd_mss=tcb.mss,
        rcv_mss=tcb.ack_policy.rmss,
        unacked=segments,
        sacked=0,
        lost=segments if ca_state == CA_LOSS else 1 if ca_state == CA_RECOVERY else 0,
        retrans=1 if ca_state in (CA_LOSS, CA_RECOVERY) else 0,
        fackets=0,
        last_data_sent=_milliseconds_since(now, tcb.last_data_sent),
        last_ack_sent=_milliseconds_since(now, tcb.last_ack_sent_at),
        last_data_recv=_milliseconds_since(now, tcb.last_data_received),
        last_ack_recv=_milliseconds_since(now, tcb.last_ack_received),
        pmtu=tcb.path_mss + header,
        rcv_ssthresh=window.capacity,
        rtt=rtt.srtt // 1_000,
        rttvar=rtt.rttvar // 1_000,
        snd_ssthresh=ssthresh // mss if ssthresh < INFINITE_SSTHRESH else LINUX_INFINITE_SSTHRESH,
        snd_cwnd=max((tcb.congestion.cwnd + recovery.inflation) // mss, 1),
        advmss=tcb.advertised_mss,
        reordering=3,
        rcv_rtt=0,
        rcv_space=window.capacity,
        total_retrans=tcb.retransmits_total,
        pacing_rate=UNLIMITED,
        max_pacing_rate=UNLIMITED,
        bytes_acked=max(tcb.snd_una - tcb.iss - 1, 0) if opened or tcb.snd_una else 0,
        bytes_received=max(tcb.rcv_nxt - tcb.irs - 1, 0) if tcb.rcv_nxt else 0,
        segs_out=tcb.segments_out,
        segs_in=tcb.segments_in,
        notsent_bytes=max(tcb.send_buffer.end - max(tcb.snd_nxt, tcb.send_buffer.start), 0),
        min_rtt=rtt.min_rtt // 1_000,
        data_segs_in=tcb.text_segments_in,
        data_segs_out=tcb.text_segments_out,
        delivery_rate=0,
        busy_time=0,
        rwnd_limited=0,
        sndbuf_limited=0,
        delivered=0,
        delivered_ce=0,
        bytes_sent=tcb.bytes_text_sent,
        bytes_retrans=tcb.bytes_retransmitted,
        dsack_dups=0,
        reord_seen=0,
        rcv_ooopack=tcb.out_of_order,
        snd_wnd=tcb.send_window.size,
        rcv_wnd=min(max(window.edge - tcb.rcv_nxt, 0), WINDOW_FIELD_MAX << 14),
        rehash=0,
        total_rto=0,
        total_rto_recoveries=0,
        total_rto_time=0,
    )
