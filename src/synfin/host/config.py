"""Frozen configuration of a host below TCP: limits of its tables and queues, and its rates, with units in the names.

What a TCP connection can be told is in `synfin.config.TcpConfig`; nothing here changes how a segment is answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from synfin.config import changed, check_ranges
from synfin.errors import UsageError

_MINIMUM: Final[dict[str, int]] = {
    "hop_limit": 1,
    "connections": 1,
    "listeners": 1,
    "neighbor_entries": 1,
    "neighbor_queue_packets": 1,
    "neighbor_retransmit_ms": 1,
    "neighbor_tries": 1,
    "reassembly_datagrams": 1,
    "reassembly_bytes": 576,
    "reassembly_fragments": 2,
    "reassembly_timeout_ms": 1,
    "ephemeral_port_first": 1,
    "ephemeral_port_last": 1,
    "udp_queue_datagrams": 1,
    "udp_queue_bytes": 1,
    "loopback_packets": 1,
    "fast_open_servers": 1,
}
_MAXIMUM: Final[dict[str, int]] = {
    "hop_limit": 255,
    "ephemeral_port_first": 65_535,
    "ephemeral_port_last": 65_535,
}


@dataclass(frozen=True, slots=True)
class HostConfig:
    """Everything about a host below TCP that can be chosen; checked once, when it is made.

    Raises `UsageError` for a value out of range.  A rate of 0 per second means "never".
    """

    # IP
    hop_limit: int = 64  # IPv4 TTL and IPv6 hop limit of what is not TCP [RFC1122-11]
    reassembly_datagrams: int = 64  # incomplete datagrams kept at most, both families together
    reassembly_bytes: int = 4_194_304  # octets in incomplete datagrams
    reassembly_fragments: int = 2_048  # pieces of one datagram
    reassembly_timeout_ms: int = 60_000  # [RFC1122-26] [RFC8200-07]
    pmtu_entries: int = 1_024  # destinations with a path MTU below the link's
    pmtu_timeout_ms: int = 600_000  # RFC 8201 4: after this the larger size is tried again
    route_cache_entries: int = 4_096  # destinations whose route and source address are remembered
    identification_entries: int = 1_024  # IPv4 Identification counters, per source, destination, protocol
    loopback_packets: int = 1_024  # packets to our own addresses that wait, and that one poll() handles

    # Neighbours: ARP and IPv6 neighbour discovery (RFC 4861 10)
    neighbor_entries: int = 1_024  # per interface and family
    neighbor_queue_packets: int = 16  # that wait for one unresolved neighbour; the oldest is dropped
    neighbor_retransmit_ms: int = 1_000  # at most one request per second and destination [RFC1122-01]
    neighbor_tries: int = 3
    neighbor_reachable_ms: int = 30_000
    neighbor_delay_ms: int = 5_000

    # ICMP
    icmp_errors_per_second: int = 100  # error messages sent [RFC4443-05]
    icmp_error_burst: int = 50
    echo_replies: bool = True
    pings: int = 1_024  # echo requests that wait for their reply

    # UDP
    udp_endpoints: int = 65_536
    udp_queue_datagrams: int = 256  # per endpoint
    udp_queue_bytes: int = 212_992  # per endpoint

    # TCP tables and ports
    connections: int = 1_048_576
    listeners: int = 65_536
    time_wait_entries: int = 262_144
    tcp_memory_bytes: int = 1_073_741_824  # text that all connections hold together (synfin.tcp.memory); 0: no limit
    fast_open_servers: int = 1_024  # whose cookies, and whose failures, are remembered (RFC 7413 4.1.3)
    fast_open_cookie_ms: int = 172_800_000  # how long a cookie is used
    fast_open_block_ms: int = 60_000  # how long fast open is not tried again after a first failure
    fast_open_key_ms: int = 86_400_000  # how long cookies are made with one key; 0: until it is replaced by a call
    resets_per_second: int = 1_000  # for segments that belong to no connection
    reset_burst: int = 1_000
    ephemeral_port_first: int = 1_024  # RFC 6056 3.2: the largest range
    ephemeral_port_last: int = 65_535

    def __post_init__(self) -> None:
        check_ranges(self, _MINIMUM, _MAXIMUM)
        if self.ephemeral_port_first > self.ephemeral_port_last:
            raise UsageError(
                f"HostConfig.ephemeral_port_first {self.ephemeral_port_first} is above "
                f"ephemeral_port_last {self.ephemeral_port_last}"
            )

    def but(self, **changes: Any) -> HostConfig:
        """A copy with some values changed; raises `UsageError` for a name that does not exist."""
        return changed(self, changes)
