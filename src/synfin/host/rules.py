"""Names of everything that the host decides below TCP, with the source of each decision (law 6).

`rfc_of` knows the names of `wire` and `tcp` as well, because the host counts and traces all of them.
"""

from __future__ import annotations

from typing import Final

from synfin.tcp.rules import RULES as TCP_RULES
from synfin.wire.rules import RULES as WIRE_RULES

RULES: Final[dict[str, str]] = {
    # Why a packet that is not TCP was sent
    "arp-request": "RFC 826",
    "arp-reply": "RFC 826",
    "neighbor-solicitation": "RFC 4861 7.2.2",
    "neighbor-advertisement": "RFC 4861 7.2.4",
    "echo-request": "RFC 792",
    "echo-reply": "RFC 1122 3.2.2.6",
    "icmp-error": "RFC 1122 3.2.2",
    "udp-datagram": "RFC 768",
    # Interfaces and links
    "interface-unknown": "RFC 1122 3.1",
    "link-not-for-us": "RFC 894",
    "link-own-frame": "IEEE 802.1D 7.9",
    "link-unknown-type": "RFC 1122 2.3.1",
    "frame-empty": "RFC 1122 3.1",
    "ip-bad-version": "RFC 1122 3.2.1.1",
    # ARP and neighbour discovery
    "arp-bad-sender": "RFC 826",
    "arp-address-conflict": "RFC 5227 2.4",
    "arp-not-for-us": "RFC 826",
    "nd-address-conflict": "RFC 4861 7.2.5",
    "nd-not-for-us": "RFC 4861 7.2.3",
    "nd-unknown-neighbor": "RFC 4861 7.2.5",
    "nd-router-ignored": "RFC 4861 6.3.4",
    "nd-redirect-ignored": "RFC 4861 8.3",
    "neighbor-queue-full": "RFC 1122 2.3.2.2",
    "neighbor-table-full": "RFC 1122 2.3.2.1",
    "neighbor-unreachable": "RFC 4861 7.2.2",
    # IP in
    "ip-not-for-us": "RFC 1122 3.2.1.3",
    "ip6-not-for-us": "RFC 8200 3",
    "ip-bad-source": "RFC 1122 3.2.1.3",
    "ip6-bad-source": "RFC 4291 2.5.2",
    "ip-source-is-ours": "RFC 1122 3.2.1.3",
    "ip-unicast-in-link-broadcast": "RFC 1122 3.3.6",
    "ip-source-route": "RFC 7126 4.3",
    "ip-unknown-protocol": "RFC 1122 3.2.2.1",
    "ip6-unknown-next-header": "RFC 8200 4",
    "ip6-header-bad": "RFC 8200 4",
    "ip6-option-unknown": "RFC 8200 4.2",
    "ip6-routing-header": "RFC 8200 4.4",
    "ip6-no-next-header": "RFC 8200 4.7",
    # Fragments
    "ip-fragment-empty": "RFC 815 5",
    "ip-fragment-length": "RFC 791 3.2",
    "ip-fragment-too-long": "RFC 791 3.2",
    "ip-fragment-beyond-end": "RFC 815 5",
    "ip-fragment-overlap": "RFC 5722 4",
    "ip-fragment-of-dropped": "RFC 5722 4",
    "ip-fragment-too-many": "RFC 815 5",
    "ip-fragment-table-full": "RFC 815 5",
    "ip-fragment-timeout": "RFC 1122 3.3.2",
    "ip-fragment-ecn-mixed": "RFC 3168 5.3",
    "ip6-fragment-no-header": "RFC 8200 4.5",
    # IP out
    "ip-no-route": "RFC 1122 3.3.1",
    "ip-too-big": "RFC 1122 3.3.3",
    "loopback-full": "RFC 1122 3.2.1.3",
    # ICMP
    "icmp-unknown-type": "RFC 1122 3.2.2",
    "icmp-error-about-unknown": "RFC 1122 3.2.2",
    "icmp-error-short": "RFC 1122 3.2.2",
    "icmp-error-limited": "RFC 4443 2.4",
    "icmp-error-forbidden": "RFC 1122 3.2.2",
    "icmp-source-quench": "RFC 6633 5",
    "icmp-redirect-ignored": "RFC 1122 3.2.2.2",
    "icmp-obsolete": "RFC 6918 2",
    "icmp-echo-ignored": "RFC 1122 3.2.2.6",
    "icmp-echo-to-group": "RFC 1122 3.2.2.6",
    "icmp-echo-unasked": "RFC 792",
    "icmp-mtu-not-smaller": "RFC 5927 7.2",
    "icmp-mtu-below-minimum": "RFC 8201 4",
    # UDP
    "udp-no-port": "RFC 1122 4.1.3.1",
    "udp-queue-full": "RFC 768",
    # TCP demultiplexer
    "tcp-to-group": "RFC 9293 3.9.2.3",
    "tcp-reset-limited": "RFC 9293 3.10.7.1",
    "tcp-passed-on": "RFC 9293 3.10.7.1",
    "tcp-connections-full": "RFC 9293 3.10.1",
    "tcp-memory-pressure": "RFC 9293 3.8.6",
    "tcp-memory-pruned": "RFC 2018 8",
    "tcp-memory-full": "RFC 9293 3.8.6",
    "tcp-memory-refused": "RFC 9293 3.10.1",
}

_ALL: Final[dict[str, str]] = {**WIRE_RULES, **TCP_RULES, **RULES}


def rfc_of(rule: str) -> str:
    """The source of a rule of `wire`, `tcp` or `host`; empty for a name that none of them knows."""
    return _ALL.get(rule, "")
