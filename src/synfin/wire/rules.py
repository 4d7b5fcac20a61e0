"""The names of everything that can be wrong with bytes from the wire, each with its source (law 6).

`WireError.rule` is always one of these.  Counters, traces and tests use the same names.
"""

from __future__ import annotations

from typing import Final

RULES: Final[dict[str, str]] = {
    "ethernet-truncated": "IEEE 802.3 3.2",
    "ethernet-length-field": "RFC 894",
    "arp-truncated": "RFC 826",
    "arp-unsupported": "RFC 826",
    "ipv4-truncated": "RFC 791 3.1",
    "ipv4-bad-version": "RFC 791 3.1",
    "ipv4-bad-header-length": "RFC 791 3.1",
    "ipv4-bad-total-length": "RFC 791 3.1",
    "ipv4-bad-checksum": "RFC 1122 3.2.1.2",
    "ipv4-option-bad-length": "RFC 791 3.1",
    "ipv6-truncated": "RFC 8200 3",
    "ipv6-bad-version": "RFC 8200 3",
    "ipv6-bad-payload-length": "RFC 8200 3",
    "ipv6-extension-truncated": "RFC 8200 4",
    "ipv6-too-many-extensions": "RFC 8504 5.3",
    "ipv6-incomplete-chain": "RFC 8200 4.5",
    "ipv6-option-bad-length": "RFC 8200 4.2",
    "ipv6-too-many-options": "RFC 8504 5.3",
    "icmpv4-truncated": "RFC 792",
    "icmpv4-bad-checksum": "RFC 792",
    "icmpv6-truncated": "RFC 4443 2.1",
    "icmpv6-bad-checksum": "RFC 4443 2.3",
    "nd-bad-hop-limit": "RFC 4861 7.1",
    "nd-bad-code": "RFC 4861 7.1",
    "nd-truncated": "RFC 4861 7.1",
    "nd-option-bad-length": "RFC 4861 4.6",
    "nd-bad-target": "RFC 4861 7.1",
    "nd-bad-source": "RFC 4861 7.1.1",
    "nd-solicited-multicast": "RFC 4861 7.1.2",
    "quote-truncated": "RFC 1122 3.2.2",
    "quote-bad-version": "RFC 1122 3.2.2",
    "quote-bad-header": "RFC 1122 3.2.2",
    "udp-truncated": "RFC 768",
    "udp-bad-length": "RFC 768",
    "udp-zero-checksum": "RFC 8200 8.1",
    "udp-bad-checksum": "RFC 1122 4.1.3.4",
    "tcp-truncated": "RFC 9293 3.1",
    "tcp-bad-offset": "RFC 9293 3.1",
    "tcp-bad-checksum": "RFC 9293 3.1",
    "tcp-option-bad-length": "RFC 9293 3.1",
}
