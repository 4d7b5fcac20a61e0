"""Every name that a `WireError` can carry is in the table, has a source, and can be reached."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

import synfin.wire
from synfin.errors import WireError
from synfin.wire import arp, ethernet, icmpv4, icmpv6, ipv4, ipv6, quote, tcp, udp
from synfin.wire.addresses import ALL_NODES_V6, ANY_V6, parse_address
from synfin.wire.icmpv6 import Icmpv6Message
from synfin.wire.rules import RULES

A4, A6 = parse_address("192.0.2.1"), parse_address("2001:db8::1")
IPV4 = ipv4.build_ipv4(ipv4.Ipv4Packet(A4, A4, 6))
IPV6 = ipv6.build_ipv6(ipv6.Ipv6Packet(A6, A6, 6, b"x"))
TCP = tcp.build_segment(tcp.Segment(1, 2, 3, 4, tcp.ACK), A4, A4)
BAD_OPTION = tcp.Segment(1, 2, 3, 4, tcp.ACK, options=tcp.TcpOptions(raw=b"\2\0\0\0"))
UDP = udp.build_udp(udp.UdpDatagram(1, 2), A4, A4)
HEADER = ipv6.ExtensionHeader(60, 0, 72)
NS = icmpv6.neighbor_solicitation(A6)
FRAGMENT = ipv6.build_fragment_header(ipv6.FragmentHeader(60, 0, True, 1))

REACHED_BY: Final = {
    "ethernet-truncated": lambda: ethernet.parse_ethernet(bytes(13)),
    "ethernet-length-field": lambda: ethernet.parse_ethernet(bytes(60)),
    "arp-truncated": lambda: arp.parse_arp(b""),
    "arp-unsupported": lambda: arp.parse_arp(bytes(28)),
    "ipv4-truncated": lambda: ipv4.parse_ipv4(IPV4[:19]),
    "ipv4-bad-version": lambda: ipv4.parse_ipv4(IPV6[:20]),
    "ipv4-bad-header-length": lambda: ipv4.parse_ipv4(b"\x44" + IPV4[1:]),
    "ipv4-bad-total-length": lambda: ipv4.parse_ipv4(IPV4[:3] + b"\xff" + IPV4[4:]),
    "ipv4-bad-checksum": lambda: ipv4.parse_ipv4(IPV4[:8] + b"\x07" + IPV4[9:]),
    "ipv4-option-bad-length": lambda: ipv4.iter_ipv4_options(b"\7\0\0\0"),
    "ipv6-truncated": lambda: ipv6.parse_ipv6(IPV6[:39]),
    "ipv6-bad-version": lambda: ipv6.parse_ipv6(bytes(40)),
    "ipv6-bad-payload-length": lambda: ipv6.parse_ipv6(IPV6[:-1]),
    "ipv6-extension-truncated": lambda: ipv6.walk_extensions(60, bytes(7)),
    "ipv6-too-many-extensions": lambda: ipv6.walk_extensions(60, (b"\x3c" + bytes(7)) * 20),
    "ipv6-incomplete-chain": lambda: ipv6.walk_extensions(44, FRAGMENT),
    "ipv6-option-bad-length": lambda: ipv6.iter_ipv6_options(b"\6\0\5\xff" + bytes(68), HEADER),
    "ipv6-too-many-options": lambda: ipv6.iter_ipv6_options(bytes(72), HEADER),
    "icmpv4-truncated": lambda: icmpv4.parse_icmpv4(bytes(7)),
    "icmpv4-bad-checksum": lambda: icmpv4.parse_icmpv4(bytes(8)),
    "icmpv6-truncated": lambda: icmpv6.parse_icmpv6(bytes(7), A6, A6),
    "icmpv6-bad-checksum": lambda: icmpv6.parse_icmpv6(bytes(8), A6, A6),
    "nd-bad-hop-limit": lambda: icmpv6.check_neighbor_discovery(NS, A6, A6, 64),
    "nd-bad-code": lambda: icmpv6.check_neighbor_discovery(Icmpv6Message(135, 1), A6, A6, 255),
    "nd-truncated": lambda: icmpv6.check_neighbor_discovery(Icmpv6Message(135), A6, A6, 255),
    "nd-option-bad-length": lambda: icmpv6.neighbor_options(Icmpv6Message(135, 0, 0, bytes(24))),
    "nd-bad-target": lambda: icmpv6.check_neighbor_discovery(icmpv6.neighbor_solicitation(ALL_NODES_V6), A6, A6, 255),
    "nd-bad-source": lambda: icmpv6.check_neighbor_discovery(NS, ANY_V6, A6, 255),
    "nd-solicited-multicast": lambda: icmpv6.check_neighbor_discovery(
        icmpv6.neighbor_advertisement(A6, solicited=True), A6, ALL_NODES_V6, 255
    ),
    "quote-truncated": lambda: quote.parse_quote(b""),
    "quote-bad-version": lambda: quote.parse_quote(bytes(40)),
    "quote-bad-header": lambda: quote.parse_quote(b"\x44" + bytes(40)),
    "udp-truncated": lambda: udp.parse_udp(UDP[:7], A4, A4),
    "udp-bad-length": lambda: udp.parse_udp(UDP[:5] + b"\7" + UDP[6:], A4, A4),
    "udp-zero-checksum": lambda: udp.parse_udp(UDP[:6] + b"\0\0", A6, A6),
    "udp-bad-checksum": lambda: udp.parse_udp(UDP[:6] + b"\0\1", A4, A4),
    "tcp-truncated": lambda: tcp.parse_segment(TCP[:19], A4, A4),
    "tcp-bad-offset": lambda: tcp.parse_segment(TCP[:12] + b"\x40" + TCP[13:], A4, A4),
    "tcp-bad-checksum": lambda: tcp.parse_segment(TCP[:16] + b"\0\0" + TCP[18:], A4, A4),
    "tcp-option-bad-length": lambda: tcp.parse_segment(tcp.build_segment(BAD_OPTION, A4, A4), A4, A4),
}


def rules_raised() -> set[str]:
    """The first argument of every `WireError(...)` in the package, both arms where it depends on something."""
    found = set()
    for path in Path(synfin.wire.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "WireError":
                first = node.args[0]
                for part in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
                    assert isinstance(part, ast.Constant), f"{path.name}:{node.lineno}: not a plain name"
                    assert isinstance(part.value, str)
                    found.add(part.value)
    return found


def test_the_table_holds_exactly_what_is_raised() -> None:
    assert rules_raised() == set(RULES) == set(REACHED_BY)


@pytest.mark.parametrize("rule", RULES)
def test_rule_is_reached(rule: str) -> None:
    with pytest.raises(WireError) as caught:
        REACHED_BY[rule]()
    assert caught.value.rule == rule


@pytest.mark.parametrize(("rule", "source"), RULES.items())
def test_rule_has_a_stable_form(rule: str, source: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule)
    assert re.fullmatch(r"(RFC \d+|IEEE 802\.3)( [\d.]+)?", source)
