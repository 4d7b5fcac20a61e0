"""TCP without I/O, to be read beside RFC 9293.

==========================  =====================================================================
RFC 9293                    file
==========================  =====================================================================
3.1, 3.2 header, options    `synfin.wire.tcp`, `synfin.wire.tcp_options`; `negotiate` (what the SYNs agree on)
3.3.1 variables             `tcb`
3.3.2 states, figure 5      `state`
3.4 sequence numbers, ISN   `seq`, `isn`
3.5 opening                 `calls`, `listener`, `cookies`, `arrives`
3.5.2, 3.5.3 resets         `resets`, `output`, `steps`
3.6 closing, TIME-WAIT      `calls`, `endings`, `timewait`
3.7.1 MSS; 3.7.4 Nagle      `negotiate`; `window`, `output`
3.8.1 retransmission, RTO   `rtt`, `timeouts`, `recovery`, `steps_loss`, `resend`, `sendbuf`
3.8.2 congestion control    `congestion`
3.8.3 R1, R2                `timeouts`
3.8.4 keep-alive            `keepalive`, `timeouts`
3.8.5 urgent                `steps_text`, `output`
3.8.6 windows, delayed ACK  `window`, `ack_policy`, `reassembly`, `recvbuf`
3.9.1, 3.10.1-6 calls       `connection` (façade), `calls`, `info`, `events`
3.9.2.2 ICMP                `icmp`
3.10.7 SEGMENT ARRIVES      `arrives`, `listener`, `steps`, `steps_ack`, `steps_loss`, `steps_text`
3.10.8 time-outs            `timeouts`, `timers`
==========================  =====================================================================
"""

from __future__ import annotations

from synfin.config import TcpConfig
from synfin.mypyc import own_caches
from synfin.tcp.connection import Connection
from synfin.tcp.events import Event
from synfin.tcp.info import TcpInfo
from synfin.tcp.isn import FixedIsn, IsnGenerator, IsnSource
from synfin.tcp.listener import Listener
from synfin.tcp.state import State
from synfin.tcp.timewait import TimeWaitTable
from synfin.wire.tcp import Segment

__all__ = [
    "Connection",
    "Event",
    "FixedIsn",
    "IsnGenerator",
    "IsnSource",
    "Listener",
    "Segment",
    "State",
    "TcpConfig",
    "TcpInfo",
    "TimeWaitTable",
]

own_caches(IsnSource)
