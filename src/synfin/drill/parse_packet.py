"""Packets of scripts: TCP with flags, numbers and options, ICMP with what it quotes, UDP.

Responsible for the part of a line behind `<` or `>`.
"""

from __future__ import annotations

import re
from typing import Final

from synfin.drill.lexer import Lexer
from synfin.drill.model import ECN_ORDERS, IcmpPacket, IpInfo, Option, Packet, Range, TcpPacket, UdpPacket

ECN_WORDS: Final = ("ect0", "ect1", "ect01", "ce", "noecn")
LETTERS: Final = "SFRPUEWA"
MAX_NUMBER: Final = 0xFFFF_FFFF
MAX_SCRIPT_NUMBER: Final = 0xF_FFFF_FFFF  # scripts may count on beyond one turn of the sequence space
MAX_PORT: Final = 0xFFFF

_FLAGS: Final = re.compile(r"([SFRPUEWA]*)(\.[0-9]?)?(?=\s)|-(?=\s)")
_ICMP_WORD: Final = re.compile(r"([a-z_][a-z0-9_]*|[0-9]{1,3})(?:[ \t]+([0-9]{1,3})(?![0-9.~]))?")
_OPTION_NAMES: Final = "nop, eol, mss, wscale, sackOK, sack, TS, FO, FOEXP, md5, ECN, kind or raw"


def parse_packet(lexer: Lexer) -> Packet:
    """A packet; the next character is `<` or `>`."""
    inbound = lexer.take("<")
    if not inbound:
        lexer.expect(">", "a packet (< or >)")
    ip = _ip_info(lexer)
    word = lexer.peek_word()
    if word in ("icmp", "icmpv4", "icmpv6"):
        lexer.word("icmp")
        return _icmp(lexer, inbound, ip)
    if word == "udp":
        lexer.word("udp")
        ports = _ports(lexer)
        return UdpPacket(inbound, _length(lexer), ip, ports)
    return _tcp(lexer, inbound, ip)


def _ip_info(lexer: Lexer) -> IpInfo:
    if not lexer.peek("[") and not lexer.peek("("):
        return IpInfo()
    close = "]" if lexer.take("[") else ")"
    if close == ")":
        lexer.expect("(")
    ecn, tos, ttl, label = "", None, None, None
    while True:
        start = lexer.at
        word = lexer.word("ect0, ect1, ect01, ce, noecn, tos, ttl or flowlabel")
        if word in ECN_WORDS:
            ecn = word
        elif word == "tos":
            tos = lexer.number("a TOS octet", 0xFF)
        elif word == "ttl":
            ttl = lexer.number("a TTL", 0xFF)
        elif word == "flowlabel":
            label = lexer.number("a flow label", 0xF_FFFF)
        else:
            raise lexer.error("ect0, ect1, ect01, ce, noecn, tos, ttl or flowlabel", start)
        if not lexer.take(","):
            break
    lexer.expect(close)
    return IpInfo(ecn, tos, ttl, label)


def _ports(lexer: Lexer) -> tuple[int, int] | None:
    if not lexer.peek_number():
        return None
    source = lexer.number("the source port", MAX_PORT)
    lexer.expect(">", "'>' between two ports")
    return source, lexer.number("the destination port", MAX_PORT)


def _range(lexer: Lexer) -> Range:
    first = lexer.number("a sequence number (first:end(length))", MAX_SCRIPT_NUMBER)
    lexer.expect(":", "':' and the number behind the last octet")
    end = lexer.number("the number behind the last octet", MAX_SCRIPT_NUMBER)
    lexer.expect("(", "'(' and the length")
    start = lexer.at
    length = lexer.number("the length", 0xFFFF_FFFF)
    if (first + length - end) % (1 << 32):
        raise lexer.error(f"length {(end - first) % (1 << 32)}, which is {end} - {first},", start)
    lexer.expect(")")
    absolute = lexer.touches("!") and lexer.take("!")
    return Range(first, end, length, absolute)


# TCP


def _tcp(lexer: Lexer, inbound: bool, ip: IpInfo) -> TcpPacket:
    ports = _ports(lexer)
    start = lexer.at
    found = lexer.match(_FLAGS)
    if found is None or not found[0]:
        raise lexer.error(f"flags (letters of {LETTERS}, then '.' for ACK, or '-'), icmp or udp")
    letters = found[1] or ""
    if len(frozenset(letters)) != len(letters):
        raise lexer.error("each flag once", start)
    dot = found[2] or ""
    sequence = _range(lexer)
    ack = window = urgent = None
    any_window = False
    if lexer.take_word("ack"):
        ack = lexer.number("an acknowledgment number", MAX_SCRIPT_NUMBER)
    if lexer.take_word("win"):
        any_window = lexer.take("...")
        window = None if any_window else lexer.number("a window", 0xFFFF)
    if lexer.take_word("urg"):
        urgent = lexer.number("an urgent pointer", 0xFFFF)
    return TcpPacket(
        inbound,
        letters,
        sequence,
        bool(dot),
        int(dot[1:]) if len(dot) > 1 else None,
        ack,
        window,
        any_window,
        urgent,
        _options(lexer),
        ip,
        ports,
    )


def _options(lexer: Lexer) -> tuple[Option, ...] | None:
    if not lexer.take("<"):
        return ()
    if lexer.take("..."):
        lexer.expect(">", "'>' behind '...'")
        return None
    out: list[Option] = []
    if lexer.take(">"):
        return ()
    while True:
        out.append(_option(lexer))
        if not lexer.take(","):
            break
    lexer.expect(">", "',' and another option, or '>'")
    return tuple(out)


def _option(lexer: Lexer) -> Option:
    lexer.space()
    start = lexer.at
    name = lexer.word(f"an option ({_OPTION_NAMES})")
    if name in ("nop", "eol", "sackOK"):
        return Option(name)
    if name == "mss":
        return Option(name, (lexer.number("a segment size", 0xFFFF),))
    if name == "wscale":
        return Option(name, (lexer.number("a shift count", 0xFF),))
    if name == "sack":
        return Option(name, tuple(_sack(lexer)))
    if name == "TS":
        return Option(name, (_stamp(lexer, "val"), _stamp(lexer, "ecr")))
    if name in ("FO", "FOEXP"):
        return Option(name, (), lexer.octets("a cookie in hexadecimal") if lexer.peek_octets() else b"")
    if name in ("md5", "raw"):
        return Option(name, (), lexer.octets("octets in hexadecimal"))
    if name == "kind":
        kind = lexer.number("the kind of an option", 0xFF)
        return Option(name, (kind,), lexer.octets("octets in hexadecimal") if lexer.peek_octets() else b"")
    if name == "ECN" and lexer.peek_word() == "e1b":
        return Option("ECN1", tuple(_ecn_field(lexer, field) for field in ECN_ORDERS["ECN1"]))
    if name == "ECN":
        return Option(name, tuple(_ecn_field(lexer, field) for field in ECN_ORDERS["ECN"]))
    raise lexer.error(f"an option ({_OPTION_NAMES})", start)


def _sack(lexer: Lexer) -> list[int]:
    edges: list[int] = []
    while lexer.peek_number():
        edges.append(lexer.number("the left edge", MAX_SCRIPT_NUMBER))
        lexer.expect(":", "':' and the right edge of the block")
        edges.append(lexer.number("the right edge", MAX_SCRIPT_NUMBER))
    if not edges:
        raise lexer.error("a block (left:right)")
    return edges


def _stamp(lexer: Lexer, name: str) -> int | None:
    if not lexer.take_word(name):
        raise lexer.error(f"{name!r} of a timestamp")
    return None if lexer.take("...") else lexer.number("a timestamp or '...'", MAX_NUMBER)


def _ecn_field(lexer: Lexer, name: str) -> int | None:
    return lexer.number("a count of octets", 0xFF_FFFF) if lexer.take_word(name) else None


# ICMP


def _icmp(lexer: Lexer, inbound: bool, ip: IpInfo) -> IcmpPacket:
    found = lexer.match(_ICMP_WORD)
    if found is None:
        raise lexer.error("a type of ICMP message, such as unreachable")
    code = found[2] or ""
    if not code and lexer.peek_word() not in ("", "mtu"):
        code = lexer.word("a code")
    mtu = lexer.number("an MTU", 0xFFFF_FFFF) if lexer.take_word("mtu") else None
    quoted = quoted_udp = None
    if lexer.take("["):
        if lexer.take_word("udp"):
            quoted_udp = _length(lexer)
        else:
            quoted = _range(lexer)
        lexer.expect("]")
    return IcmpPacket(inbound, found[1], code, mtu, quoted, ip, quoted_udp)


def _length(lexer: Lexer) -> int:
    """`(length)` of a datagram."""
    lexer.expect("(", "'(' and the length of the datagram")
    length = lexer.number("the length of the datagram", MAX_PORT)
    lexer.expect(")")
    return length
