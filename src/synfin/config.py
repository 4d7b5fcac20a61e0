"""Frozen configuration of a TCP connection and of a host, in units that the names state.

Defaults are what the RFCs ask for.  `TcpConfig.linux()` holds what Linux 6.18 was measured to do where that differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from synfin.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000

_MINIMUM: Final[dict[str, int]] = {
    "mss": 1,
    "mss_limit": 1,
    "send_buffer_bytes": 1,
    "receive_buffer_bytes": 1,
    "user_timeout_advertised_ms": 1,
    "user_timeout_least_ms": 1,
    "rto_initial_ms": 1,
    "rto_min_ms": 1,
    "rto_max_ms": 1,
    "initial_cwnd_segments": 1,
    "byte_counting_segments": 1,
    "max_pacing_rate": 1,
    "reassembly_segments": 1,
    "scoreboard_records": 2,
    "isn_tick_ns": 1,
    "hop_limit": 1,
}
_MAXIMUM: Final[dict[str, int]] = {
    "mss": 65_535,
    "window_scale": 14,
    "syn_window": 65_535,
    "ack_delay_ms": 499,
    "hop_limit": 255,
    "traffic_class": 255,
    "receive_buffer_bytes": 1 << 30,
    "receive_buffer_max_bytes": 1 << 30,
    "keep_alive_probes": 1_000,
    "teach_constant_isn": 0xFFFF_FFFF,
}

# In the order of Linux's tcp_ecn, 0 to 5: what our SYNs ask for, and what SYNs that come may ask for.
ECN_CHOICES: Final = (
    "off",  # nothing, nothing
    "on",  # classic ECN, the same
    "accept",  # nothing, classic ECN
    "accecn",  # AccECN, both (either may fall back to classic ECN)
    "on_accept_accecn",  # classic ECN, both
    "accept_accecn",  # nothing, both
)


Settings = TypeVar("Settings", bound="DataclassInstance")


def check_ranges(settings: DataclassInstance, minimum: Mapping[str, int], maximum: Mapping[str, int]) -> None:
    """Raise `UsageError` for the first number that is below its minimum (0 unless named) or above its maximum."""
    for field in fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, bool) or not isinstance(value, int):
            continue
        low = minimum.get(field.name, 0)
        high = maximum.get(field.name)
        if value < low or (high is not None and value > high):
            allowed = f"at least {low}" if high is None else f"between {low} and {high}"
            raise UsageError(f"{type(settings).__name__}.{field.name} is {value}; it must be {allowed}")


def changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """A copy of `settings` with some values changed; raises `UsageError` for a name that does not exist."""
    names = {field.name for field in fields(settings)}
    for name in changes:
        if name not in names:
            kind = type(settings).__name__
            raise UsageError(f"{kind} has no setting {name!r}; see help(synfin.{kind})")
    return replace(settings, **changes)


@dataclass(frozen=True, slots=True)
class TcpConfig:
    """Everything about a TCP connection that can be chosen; checked once, when it is made.

    Raises `UsageError` for a value out of range.  `None` means "no limit" or "work it out", as each comment says.
    """

    # Segments and options
    mss: int | None = None  # octets of text we accept in one segment; None: from the interface (RFC 6691)
    path_mtu_min: int = 68  # no ICMP error makes IPv4 packets smaller than this (RFC 1191 3)
    mss_limit: int | None = None  # neither announce nor send segments with more text than this
    window_scaling: bool = True  # offer RFC 7323 window scale
    window_scale: int | None = None  # our shift count; None: the smallest that covers the receive buffer
    timestamps: bool = True  # offer RFC 7323 timestamps (and with them PAWS)
    accept_missing_timestamps: bool = False  # take segments without the option that was agreed on (RFC 7323 3.2)
    sack: bool = True  # offer SACK-permitted (RFC 2018)
    syn_window: int | None = None  # window field of our SYN; None: as much of the receive buffer as fits
    accept_syn_data: bool = True  # queue text on a SYN (RFC 9293 3.10.7.2); False: acknowledge the SYN only, as Linux
    ecn: str = "accept"  # RFC 3168, RFC 9768: one of ECN_CHOICES
    ecn_fallback: bool = True  # a SYN that is lost is repeated without ECN (RFC 3168 6.1.1.1)
    fast_open: bool = False  # RFC 7413, client and server [RFC7413-03]
    fast_open_client: bool = True  # False: sockets may not ask for fast open when they connect
    fast_open_server: bool = True  # False: nor when they listen
    fast_open_send_cookieless: bool = False  # text on a SYN without a cookie; only in networks where all are trusted
    fast_open_accept_cookieless: bool = False  # take it from such SYNs
    fast_open_queue: int = 128  # connections that have spoken before their handshake ended, for one listener
    hop_limit: int = 64  # IPv4 TTL / IPv6 hop limit of our segments [MUST-49]
    traffic_class: int = 0  # IPv4 TOS / IPv6 traffic class octet [MUST-48]

    # Buffers
    send_buffer_bytes: int = 262_144
    receive_buffer_bytes: int = 262_144
    send_buffer_max_bytes: int | None = None  # grows up to here, to twice the congestion window; None: stays as it is
    receive_buffer_max_bytes: int | None = None  # grows up to here with what is read in a round-trip time; None: stays
    reassembly_segments: int = 1_024  # out-of-order pieces kept at most, and one more for each 512 octets of them

    # Sending and acknowledging
    nodelay: bool = False  # True switches Nagle off [MUST-17]
    nagle_small_only: bool = False  # Nagle waits only for small segments in flight (Minshall), not for full ones
    cork: bool = False  # hold back what does not fill a segment, until it does or `cork_ms` are over
    cork_ms: int = 200
    notsent_lowat_bytes: int | None = None  # tell WRITABLE only while less than half of this waits to be sent
    ack_delay_ms: int = 40  # below 500 [MUST-40]
    quick_acks: int = 0  # how many first data segments are acknowledged at once
    zero_window_probe_octet: bool = True  # probe with one octet (RFC 9293 3.8.6.1); False: empty, one below SND.UNA
    push_bursts: bool = False  # PSH also on every second segment of a burst, and on one of more than half the window
    urgent_on_last_octet: bool = False  # urgent pointer names the last urgent octet instead of the one after it
    sws_override_ms: int = 500  # silly-window override time-out, 100 to 1000 (RFC 9293 3.8.6.2.1)

    # Congestion control
    congestion: str = "cubic"  # RFC 9438; docs/congestion.md lists the algorithms
    initial_cwnd_segments: int = 10  # RFC 6928
    cwnd_after_syn_loss_segments: int = 1  # initial window when a SYN or SYN-ACK was lost (RFC 5681 3.1)
    limited_transmit: bool = True  # RFC 3042
    idle_restart: bool = True  # RFC 5681 4.1
    hystart: bool = True  # leave the first slow start when a queue builds up (RFC 9406)
    window_validation: bool = True  # RFC 7661
    byte_counting_segments: int = 2  # what one ACK adds in slow start at most (L of RFC 3465); 1: RFC 5681
    pacing: bool = False  # spread a window over its round trip; BBR does so in any case
    max_pacing_rate: int | None = None  # octets per second, SO_MAX_PACING_RATE

    # Loss recovery
    recovery: str = "rack"  # how loss is found where SACK is on: "rack" (RFC 8985), "sack" (RFC 6675) or "newreno"
    tail_loss_probe: bool = True  # RFC 8985 7, with "rack"
    probe_ack_delay_ms: int = 200  # how long a peer may delay the ACK of a single segment (RFC 8985 7.2)
    probe_min_ms: int = 10  # a probe waits at least so long: ACKs of a near peer come late when it is busy
    dsack: bool = True  # report what came twice (RFC 2883)
    frto: bool = True  # RFC 5682
    scoreboard_records: int = 16_384  # segments in flight that are remembered one by one; more than that are joined

    # Retransmission (RFC 6298, RFC 9293 3.8.3)
    rto_initial_ms: int = 1_000
    rto_min_ms: int = 1_000
    rto_max_ms: int = 60_000
    rto_variance_min_ms: int = 0  # floor of the 4*RTTVAR term
    rto_after_syn_loss_ms: int = 3_000  # RFC 6298 5.7; 0: keep the initial value
    r1_retries: int = 3  # [SHLD-10] tell the application and IP
    r2_ms: int | None = 100_000  # [SHLD-11] give up after; None: only by r2_retries
    r2_retries: int | None = None  # give up after so many retransmissions; None: only by r2_ms
    syn_r2_ms: int | None = 180_000  # [MUST-23]
    syn_retries: int | None = None
    syn_linear_retries: int = 0  # so many first SYN retransmissions come without back-off
    synack_r2_ms: int | None = 180_000
    synack_retries: int | None = None
    orphan_retries: int | None = None  # replaces R2 once the application has let go of the connection
    user_timeout_ms: int | None = None  # replaces R2 [MUST-21]; 0: never
    user_timeout_option: bool = False  # tell it to the peer, and follow the peer's where we have none (RFC 5482)
    user_timeout_advertised_ms: int = 300_000  # what is told while user_timeout_ms is None
    user_timeout_least_ms: int = 100_000  # the peer's wishes are followed between these limits [RFC5482-04]
    user_timeout_most_ms: int = 3_600_000
    persist_max_ms: int = 60_000

    # Opening
    backlog: int = 128  # accept queue
    syn_backlog: int = 256  # SYN queue (embryonic connections)
    syn_cookies: bool = False  # answer without state when the SYN queue is full (RFC 4987)
    abort_on_overflow: bool = False  # RST instead of silence when the accept queue is full
    accept_queue_extra: int = 0  # Linux holds backlog + 1
    defer_accept: bool = False  # a bare third ACK does not complete the handshake
    drop_syn_fin: bool = False  # SYN+FIN to a listener: silence
    reset_syn_received_on_syn: bool = False  # new SYN inside the window in SYN_RECEIVED also draws RST,ACK
    isn_tick_ns: int = 4_000  # RFC 9293 3.4.1: one ISN step each 4 microseconds

    # Attacks
    challenge_ack_limit: int = 10  # per connection and period (RFC 5961 7)
    challenge_ack_period_ms: int = 5_000

    # Closing
    msl_ms: int = 120_000  # TIME_WAIT lasts twice this
    fin_wait_2_timeout_ms: int | None = None  # orphans only; None: for ever, as the RFC has it
    linger_ms: int | None = None  # 0: close() resets; None or more: close() sends what is queued
    rfc1337: bool = True  # RST does not end TIME_WAIT (RFC 1337 3, F1)
    time_wait_restart_on_any: bool = False  # any unacceptable segment restarts 2MSL, not only a repeated FIN
    time_wait_answer_old_syn: bool = False  # ACK to an unacceptable SYN; False: silence (RFC 6191 2)
    time_wait_challenge_rst: bool = True  # without rfc1337: a RST in the window, not at RCV.NXT, is challenged

    # Keep-alive (RFC 9293 3.8.4)
    keep_alive: bool = False
    keep_alive_idle_ms: int = 7_200_000
    keep_alive_interval_ms: int = 75_000
    keep_alive_probes: int = 9

    # Teaching: each breaks the RFC on purpose, to show what the rule is good for (docs/learn.md).  Never on by
    # default, in no preset, and refused by devices.
    teach_establish_on_syn: bool = False  # a SYN is enough for a listener, against RFC 9293 3.5
    teach_no_time_wait: bool = False  # no 2MSL, against RFC 9293 3.6
    teach_constant_isn: int | None = None  # all connections begin with it, against RFC 9293 3.4.1

    def __post_init__(self) -> None:
        check_ranges(self, _MINIMUM, _MAXIMUM)
        if self.user_timeout_least_ms > self.user_timeout_most_ms:
            raise UsageError(
                f"TcpConfig.user_timeout_least_ms {self.user_timeout_least_ms} is above "
                f"user_timeout_most_ms {self.user_timeout_most_ms}"
            )
        if self.ecn not in ECN_CHOICES:
            raise UsageError(f"TcpConfig.ecn is {self.ecn!r}; it must be one of {', '.join(ECN_CHOICES)}")
        if self.rto_min_ms > self.rto_max_ms:
            raise UsageError(f"TcpConfig.rto_min_ms {self.rto_min_ms} is above rto_max_ms {self.rto_max_ms}")
        for size, most in (
            ("send_buffer_bytes", self.send_buffer_max_bytes),
            ("receive_buffer_bytes", self.receive_buffer_max_bytes),
        ):
            if most is not None and most < getattr(self, size):
                raise UsageError(f"TcpConfig.{size} {getattr(self, size)} is above {size[:-6]}_max_bytes {most}")

    def receive_buffer_limit(self) -> int:
        """The largest receive buffer that there can be: what the window scale has to cover (RFC 7323 2.3)."""
        most = self.receive_buffer_max_bytes
        return self.receive_buffer_bytes if most is None else most

    def teaching(self) -> list[str]:
        """Names of the switches that are on and break the RFC on purpose."""
        return [
            field.name
            for field in fields(self)
            if field.name.startswith("teach_") and getattr(self, field.name) is not field.default
        ]

    def but(self, **changes: Any) -> TcpConfig:
        """A copy with some values changed; raises `UsageError` for a name that does not exist."""
        return changed(self, changes)

    @classmethod
    def linux(cls, **changes: Any) -> TcpConfig:
        """What Linux 6.18 was measured to do (docs/deviations.md lists the measurements)."""
        return cls(**LINUX).but(**changes)


LINUX: Final[dict[str, Any]] = {
    "syn_window": 65_535,
    "window_scale": 8,
    "accept_syn_data": False,
    "quick_acks": 16,
    "zero_window_probe_octet": False,
    "push_bursts": True,
    "nagle_small_only": True,
    "accept_missing_timestamps": True,
    "path_mtu_min": 552,
    "sws_override_ms": 200,
    "cwnd_after_syn_loss_segments": 10,
    "byte_counting_segments": 65_535,  # each ACK adds all that it acknowledges
    "rto_min_ms": 200,
    "rto_max_ms": 120_000,
    "rto_variance_min_ms": 200,
    "rto_after_syn_loss_ms": 0,
    "r2_ms": None,
    "r2_retries": 15,
    "syn_r2_ms": None,
    "syn_retries": 6,
    "syn_linear_retries": 4,
    "synack_r2_ms": None,
    "synack_retries": 5,
    "orphan_retries": 8,
    "persist_max_ms": 120_000,
    "accept_queue_extra": 1,
    "drop_syn_fin": True,
    "reset_syn_received_on_syn": True,
    "isn_tick_ns": 64,
    "challenge_ack_limit": 1,
    "challenge_ack_period_ms": 500,
    "msl_ms": 30_000,
    "fin_wait_2_timeout_ms": 60_000,
    "rfc1337": False,
    "time_wait_restart_on_any": True,
    "time_wait_answer_old_syn": True,
    "time_wait_challenge_rst": False,
}
