"""Readers of the transport layer: TCP with all its options (RFC 9293 3.1), and UDP (RFC 768)."""

from __future__ import annotations

from typing import Final

from synfin.timeline.headers.fields import Sheet, Walk, read_options
from synfin.wire import tcp_options as kinds
from synfin.wire.checksum import ones_sum, pseudo_header_sum
from synfin.wire.tcp import ACK, SYN, URG

TCP: Final = 6
UDP: Final = 17
_FLAGS: Final = ("CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN")
_NAMES: Final[dict[int, str]] = {
    kinds.EOL: "end",
    kinds.NOP: "nop",
    kinds.MSS: "mss",
    kinds.WINDOW_SCALE: "window_scale",
    kinds.SACK_PERMITTED: "sack_permitted",
    kinds.SACK: "sack",
    kinds.TIMESTAMPS: "timestamps",
    kinds.MD5: "md5",
    kinds.USER_TIMEOUT: "user_timeout",
    kinds.AO: "ao",
    kinds.MPTCP: "mptcp",
    kinds.FAST_OPEN: "fast_open",
    kinds.ACCECN_0: "accecn0",
    kinds.ACCECN_1: "accecn1",
    kinds.EXPERIMENT_1: "experiment",
    kinds.EXPERIMENT_2: "experiment",
}
_MAX_SHIFT: Final = 14  # RFC 7323 2.3


def transport_checksum(walk: Walk, sheet: Sheet, name: str, protocol: int, end: int) -> None:
    """A checksum field over the pseudo-header and everything up to octet `end`."""
    found = sheet.peek(name, 16)
    if sheet.cut:
        return
    if not walk.whole or not walk.src:
        sheet.hexed(name, 16, "value.unverified")
        return
    octets = walk.data[walk.at : end]
    total = ones_sum(octets) if protocol == 1 else ones_sum(octets) + pseudo_header_sum(
        walk.src, walk.dst, protocol, len(octets)
    )  # fmt: skip
    right = -(total - found) % 0xFFFF
    if protocol == UDP and right == 0:
        right = 0xFFFF  # 0 stands for no checksum [RFC768-03]
    good = found % 0xFFFF == right % 0xFFFF and (found != 0 or protocol not in (1, UDP) or total != 0)
    sheet.number(
        name, 16, "value.checksum_good" if good else "value.checksum_bad", shown=f"0x{found:04x}", valid=good,
        expected=f"0x{right:04x}",
    )  # fmt: skip


def read_tcp(walk: Walk) -> None:
    """The header, its twelve flag bits one by one, and every option by name; the checksum is verified [MUST-3]."""
    sheet = walk.sheet()
    flags = int.from_bytes(walk.data[walk.at + 12 : walk.at + 14], "big") & 0xFFF if sheet.left >= 14 else 0
    sheet.number("tcp.src_port", 16)
    sheet.number("tcp.dst_port", 16)
    sheet.number("tcp.seq", 32, "value.isn" if flags & SYN else "")
    sheet.number("tcp.ack", 32, "" if flags & ACK else "value.without", flag="ACK")
    size = sheet.peek("tcp.data_offset", 4) * 4
    good = 20 <= size <= sheet.end - sheet.start
    sheet.number("tcp.data_offset", 4, "value.words", valid=None if good else False, octets=size)
    sheet.number("tcp.reserved", 3)
    sheet.number("tcp.ae", 1, "flag.AE")
    for flag in _FLAGS:
        sheet.number("tcp.ack_flag" if flag == "ACK" else f"tcp.{flag.lower()}", 1, f"flag.{flag}")
    sheet.number("tcp.window", 16, "value.window_syn" if flags & SYN else "value.window_scaled")
    transport_checksum(walk, sheet, "tcp.checksum", TCP, walk.end)
    sheet.number("tcp.urgent", 16, "" if flags & URG else "value.without", flag="URG")
    if good and size > 20:
        sheet.end = walk.at + size
        read_options(sheet, "tcp_option", _NAMES, _value)  # in any order and alignment [MUST-64]
    walk.done("tcp", sheet)


def _value(sheet: Sheet, kind: int, size: int) -> None:
    """What is inside a known option whose length fits it; nothing is read of any other."""
    if kind == kinds.MSS and size == 2:
        sheet.number("tcp.mss", 16, "value.octets", count=sheet.peek("tcp.mss", 16))
    elif kind == kinds.WINDOW_SCALE and size == 1:
        shift = sheet.peek("tcp.window_scale", 8)
        sheet.number("tcp.window_scale", 8, "value.scale", factor=1 << min(shift, _MAX_SHIFT))
    elif kind == kinds.SACK and size > 0 and size % 8 == 0:
        for _ in range(size // 8):
            sheet.number("tcp.sack_left", 32)
            sheet.number("tcp.sack_right", 32)
    elif kind == kinds.TIMESTAMPS and size == 8:
        sheet.number("tcp.ts_val", 32)
        sheet.number("tcp.ts_ecr", 32)
    elif kind == kinds.USER_TIMEOUT and size == 2:
        minutes = sheet.number("tcp.user_timeout_unit", 1, f"value.user_timeout.{sheet.peek('tcp.user_timeout', 1)}")
        count = sheet.peek("tcp.user_timeout", 15)
        sheet.number("tcp.user_timeout", 15, "value.minutes" if minutes else "value.seconds", count=count)
    elif kind == kinds.FAST_OPEN:
        sheet.octets("tcp.cookie", size)
    elif kind == kinds.MD5 and size == 16:
        sheet.octets("tcp.digest", size)
    elif kind == kinds.AO and size >= 2:
        sheet.number("tcp.ao_key", 8)
        sheet.number("tcp.ao_next_key", 8)
        sheet.octets("tcp.ao_mac", size - 2)
    elif kind == kinds.MPTCP and size >= 1:
        sheet.number("tcp.mptcp_subtype", 4)
        sheet.number("tcp.mptcp_flags", 4)
    elif kind in (kinds.ACCECN_0, kinds.ACCECN_1) and size % 3 == 0:
        order = ("e0", "ce", "e1") if kind == kinds.ACCECN_0 else ("e1", "ce", "e0")
        for name in order[: size // 3]:
            sheet.number(f"tcp.accecn_{name}", 24)
    elif kind in (kinds.EXPERIMENT_1, kinds.EXPERIMENT_2) and size >= 2:
        sheet.hexed("tcp.experiment", 16)


def read_udp(walk: Walk) -> None:
    """Four fields; a checksum of 0 means none over IPv4 [RFC768-03] and is an error over IPv6 [RFC8200-15]."""
    available = walk.end - walk.at
    sheet = walk.sheet()
    sheet.number("udp.src_port", 16)
    sheet.number("udp.dst_port", 16)
    length = sheet.peek("udp.length", 16)
    fits = 8 <= length <= available
    sheet.number(
        "udp.length", 16, "value.octets" if fits else "value.length", valid=None if fits else False, count=length,
        there=available,
    )  # fmt: skip
    if sheet.left >= 2 and sheet.peek("udp.checksum", 16) == 0:
        six = len(walk.src) == 16
        sheet.hexed("udp.checksum", 16, "value.checksum_missing" if six else "value.checksum_none")
        if six:
            sheet.doubt()
    elif fits:
        transport_checksum(walk, sheet, "udp.checksum", UDP, walk.at + length)
    else:
        sheet.hexed("udp.checksum", 16, "value.unverified")
    start = walk.at
    walk.done("udp", sheet)
    if fits:
        walk.end = start + length
