"""`struct tcp_info` as octets, as getsockopt(2) gives it, to fields by name."""

from __future__ import annotations

import struct
from typing import Final

TCP_INFO: Final = 11
INFO_SIZE: Final = 512  # more than any kernel fills

_OCTETS: Final = ("state", "ca_state", "retransmits", "probes", "backoff", "options")
_LAYOUT: Final = """
I rto ato snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent last_ack_sent last_data_recv last_ack_recv
I pmtu rcv_ssthresh rtt rttvar snd_ssthresh snd_cwnd advmss reordering rcv_rtt rcv_space total_retrans
Q pacing_rate max_pacing_rate bytes_acked bytes_received
I segs_out segs_in notsent_bytes min_rtt data_segs_in data_segs_out
Q delivery_rate busy_time rwnd_limited sndbuf_limited
I delivered delivered_ce
Q bytes_sent bytes_retrans
I dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash
H total_rto total_rto_recoveries
I total_rto_time
"""


def read_tcp_info(raw: bytes) -> dict[str, int]:
    """`struct tcp_info` by field names; older kernels give fewer fields."""
    found = dict(zip(_OCTETS, raw, strict=False))
    if len(raw) >= 8:
        found["snd_wscale"], found["rcv_wscale"] = raw[6] & 15, raw[6] >> 4
        found["delivery_rate_app_limited"], found["fastopen_client_fail"] = raw[7] & 1, raw[7] >> 1 & 3
    at = 8
    for group in _LAYOUT.strip().splitlines():
        form, *names = group.split()
        for name in names:
            if at + struct.calcsize(form) > len(raw):
                return found
            found[name] = struct.unpack_from(f"={form}", raw, at)[0]
            at += struct.calcsize(form)
    return found
