"""English: what each setting of a plan does, and each action; `setting.host.NAME`, `action.link.NAME`."""

from __future__ import annotations

from typing import Final

HOST: Final[dict[str, str]] = {
    "setting.host.nodelay": "send small pieces at once (TCP_NODELAY): switches the Nagle algorithm off",
    "setting.host.ack_delay": "how long an ACK of data may wait for company, below half a second",
    "setting.host.quick_acks": "so many first data segments are acknowledged at once",
    "setting.host.msl": "the longest life of a segment; TIME_WAIT lasts twice as long",
    "setting.host.rto_min": "the retransmission time-out is never shorter",
    "setting.host.rto_max": "the retransmission time-out never grows longer",
    "setting.host.rto_initial": "the time-out before there is a measured round trip",
    "setting.host.mss": "the most text in one segment, sent and announced",
    "setting.host.receive_buffer": "how much may wait to be read: what the window is made of",
    "setting.host.send_buffer": "how much may wait to be sent or acknowledged",
    "setting.host.window_scaling": "windows above 64 KB (RFC 7323)",
    "setting.host.congestion": "the algorithm that finds out how much the network takes",
    "setting.host.initial_cwnd": "segments that may be sent at the start without any ACK",
    "setting.host.recovery": "how lost segments are recognised where SACK is on",
    "setting.host.sack": "tell the sender which pieces have arrived (RFC 2018)",
    "setting.host.timestamps": "a clock value on every segment: round trips are measured, old ones refused (RFC 7323)",
    "setting.host.ecn": "routers may mark packets instead of losing them (RFC 3168, RFC 9768)",
    "setting.host.limited_transmit": "the first two duplicate ACKs let a new segment go (RFC 3042)",
    "setting.host.tail_loss_probe": "a probe instead of a long wait when the end of a burst is lost (RFC 8985)",
    "setting.host.pacing": "spread a window over the round trip instead of sending it in one burst",
    "setting.host.cork": "hold back what does not fill a segment (TCP_CORK)",
    "setting.host.keep_alive": "ask a silent peer now and then whether it is still there",
    "setting.host.keep_alive_idle": "silence before the first keep-alive probe",
    "setting.host.keep_alive_interval": "time between two keep-alive probes",
    "setting.host.keep_alive_probes": "so many unanswered probes mean that the peer is gone",
    "setting.host.user_timeout": "give up when data stay unacknowledged for so long (RFC 5482)",
    "setting.host.linger": "close() waits for the rest to be sent for so long; 0 resets the connection instead",
    "setting.host.fin_wait_2_timeout": "how long an abandoned connection waits for the peer's FIN",
    "setting.host.rfc1337": "a reset does not end TIME_WAIT",
    "setting.host.syn_retries": "how often a SYN is sent again before connect() fails",
    "setting.host.synack_retries": "how often a SYN,ACK is sent again before it is forgotten",
    "setting.host.backlog": "finished connections that may wait for accept()",
    "setting.host.syn_backlog": "connections that may wait for the last ACK of the handshake",
    "setting.host.syn_cookies": "answer without remembering anything when the SYN queue is full (RFC 4987)",
    "setting.host.defer_accept": "the third segment alone does not complete the handshake: data must come",
    "setting.host.abort_on_overflow": "reset instead of silence when the accept queue is full",
    "setting.host.fast_open": "data on the SYN of the second connection (RFC 7413)",
    "setting.host.isn": "the initial sequence number; none: from the clock and a secret (RFC 6528)",
    "setting.host.teach_establish_on_syn": "against the RFC, for a lesson: a SYN alone makes a connection",
    "setting.host.teach_no_time_wait": "against the RFC, for a lesson: there is no TIME_WAIT",
    "setting.host.teach_constant_isn": "against the RFC, for a lesson: every connection starts from this number",
}

LINK: Final[dict[str, str]] = {
    "setting.link.delay": "how long a frame travels, one way",
    "setting.link.rate": "how fast the link carries bits; none: no limit",
    "setting.link.queue": "octets that may wait for the link; what does not fit is lost",
    "setting.link.loss": "the share of frames that are lost, by the seed's dice",
}

ACTIONS: Final[dict[str, str]] = {
    "action.host.close": "close(): no more to send, no more to read",
    "action.host.shutdown": "shutdown(): no more to send, reading goes on",
    "action.host.abort": "abort: throw everything away and reset",
    "action.host.crash": "the machine loses its power and forgets everything",
    "action.host.restart": "the machine starts again and remembers nothing",
    "action.host.stop-reading": "the application stops reading: its window fills up",
    "action.host.read": "the application reads so much, or everything from now on",
    "action.host.write": "the application writes so many octets",
    "action.host.open": "connect or listen (again)",
    "action.host.set": "change a setting",
    "action.link.cut": "cut the link: everything on it is lost",
    "action.link.heal": "mend the link",
    "action.link.release": "let go of what the network holds back",
    "action.link.set": "change the link",
}

MESSAGES: Final[dict[str, str]] = {**HOST, **LINK, **ACTIONS}
