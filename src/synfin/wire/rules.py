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
    "tcp-truncated": "RFC 9293 3.1",
    "tcp-bad-offset": "RFC 9293 3.1",
    "tcp-bad-checksum": "RFC 9293 3.1",
    "tcp-option-bad-length": "RFC 9293 3.1",
}
