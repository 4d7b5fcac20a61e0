"""Segmentation in software: cutting a super-segment of up to 64 KiB into the segments that go on the wire.

Responsible for what a network card with offloads does to a frame: to one with `mss` set, and to one whose checksum is
still to be added up.  Devices without offload and the cables of the lab use it at the last moment; who sets these in a
frame is the sender's affair, and the other direction is `coalesce`.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from synfin.errors import UsageError
from synfin.wire.addresses import Address
from synfin.wire.checksum import checksum, ones_sum, pseudo_header_sum
from synfin.wire.frame import Frame
from synfin.wire.tcp import CWR, FIN, PSH, RST, SYN, URG

ETHERNET_HEADER: Final = 14
IP_LAYER: Final = 3
ETHERNET_LAYER: Final = 2

_PROTOCOL_TCP: Final = 6
_UDP_FIELD: Final = 6  # where the checksum lies in a UDP header
_IPV6_CHAINED: Final = (0, 43, 60)  # hop-by-hop, routing, destination options: the headers that may precede TCP

_U16: Final = Struct("!H")
_U32: Final = Struct("!I")
_V4_CHANGING: Final = Struct("!HH4sH")  # total length, identification, fragment offset to protocol, checksum
_AFTER_FLAGS: Final = Struct("!B2sHH")  # flags, window, checksum, urgent pointer


def split(frame: Frame, layer: int = IP_LAYER) -> list[Frame]:
    """Cut a super-segment into frames of at most `frame.mss` octets of TCP text each.

    Every piece repeats the headers with its own sequence number, IPv4 identification (counting up), lengths and
    checksums; FIN and PSH stay on the last piece, SYN and CWR on the first, and URG on those before the urgent pointer.
    A frame whose text fits is handed back as it is, its checksum completed.  Raises `UsageError` for a frame that is
    not TCP over IP.
    """
    if frame.mss <= 0:
        return [complete(frame)]
    data = frame.data
    ip = ETHERNET_HEADER if layer == ETHERNET_LAYER else 0
    tcp = _find_tcp(data, ip)
    text = tcp + (data[tcp + 12] >> 4) * 4
    end = _ip_end(data, ip)
    if end - text <= frame.mss:
        return [complete(frame)]
    return _cut(frame, ip, tcp, text, end)


def complete(frame: Frame) -> Frame:
    """The frame with a whole checksum: itself, or a copy in which it was added up (RFC 1071 1)."""
    start = frame.sum_from
    if start == 0:
        return frame
    data = frame.data
    field = start + frame.sum_at
    if field + 2 > len(data):
        raise UsageError(f"a checksum field at octet {field} of {len(data)}")
    check = checksum(data[start:])
    if check == 0 and frame.sum_at == _UDP_FIELD:  # zero would say that there is none (RFC 768)
        check = 0xFFFF
    whole = data[:field] + _U16.pack(check) + data[field + 2 :]
    return Frame(whole, frame.mss, frame.note, frame.interface, checked=frame.checked)


def _find_tcp(data: bytes, ip: int) -> int:
    """Offset of the TCP header in `data`, whose IP header starts at `ip`; raises `UsageError` when there is none."""
    if len(data) >= ip + 20 and data[ip] >> 4 == 4:
        tcp = ip + (data[ip] & 15) * 4
        fragment = _U16.unpack_from(data, ip + 6)[0] & 0x3FFF
        if data[ip + 9] == _PROTOCOL_TCP and fragment == 0 and len(data) >= tcp + 20:
            return tcp
    elif len(data) >= ip + 40 and data[ip] >> 4 == 6:
        protocol = data[ip + 6]
        tcp = ip + 40
        while protocol in _IPV6_CHAINED and len(data) >= tcp + 8:
            protocol = data[tcp]
            tcp += (data[tcp + 1] + 1) * 8
        if protocol == _PROTOCOL_TCP and len(data) >= tcp + 20:
            return tcp
    raise UsageError("only a whole TCP segment over IPv4 or IPv6 can be cut; Frame.mss must be 0 for all else")


def _ip_end(data: bytes, ip: int) -> int:
    """Where the IP packet ends: Ethernet padding after it is no text."""
    if data[ip] >> 4 == 4:
        length: int = _U16.unpack_from(data, ip + 2)[0]
        return min(len(data), ip + length)
    payload: int = _U16.unpack_from(data, ip + 4)[0]
    return min(len(data), ip + 40 + payload)


def _cut(frame: Frame, ip: int, tcp: int, text: int, end: int) -> list[Frame]:
    """The pieces of a frame that is known to hold more than `frame.mss` octets of text."""
    data = frame.data
    source, destination = _addresses(data, ip)
    seq: int = _U32.unpack_from(data, tcp + 4)[0]
    urgent: int = _U16.unpack_from(data, tcp + 18)[0]
    flags = data[tcp + 13]
    # All that is the same in every header, as octets between what changes and as sums (see checksum.py).
    before_seq = data[ip + 6 : tcp + 4]
    before_flags = data[tcp + 8 : tcp + 13]
    window = data[tcp + 14 : tcp + 16]
    options = data[tcp + 20 : text]
    fixed = (
        pseudo_header_sum(source, destination, _PROTOCOL_TCP, text - tcp)
        + ones_sum(data[tcp : tcp + 4])
        + ones_sum(before_flags + b"\0")
        + ones_sum(window)
        + ones_sum(options)
    )
    start = b""
    identification = -1
    ip_sum = 0
    if data[ip] >> 4 == 4:
        start = data[: ip + 2]
        identification = _U16.unpack_from(data, ip + 4)[0]
        ip_sum = ones_sum(data[ip : ip + 2]) + ones_sum(data[ip + 6 : ip + 10]) + ones_sum(data[ip + 12 : tcp])
        before_seq = data[ip + 12 : tcp + 4]
    pieces: list[Frame] = []
    position = text
    while position < end:
        stop = position + frame.mss
        if stop > end:
            stop = end
        sent = position - text
        step = sent + 1 if sent > 0 and flags & SYN else sent  # SYN takes a number of its own
        number = (seq + step) & 0xFFFF_FFFF
        kept = _flags_of_piece(flags, sent == 0, stop == end, urgent > step)
        pointer = urgent - step if kept & URG else 0
        piece = data[position:stop]
        check = -(fixed + len(piece) + number + kept + pointer + ones_sum(piece)) % 0xFFFF
        tail = before_seq + _U32.pack(number) + before_flags + _AFTER_FLAGS.pack(kept, window, check, pointer) + options
        if identification >= 0:
            length = stop - position + text - ip
            ip_check = -(ip_sum + length + identification) % 0xFFFF
            head = start + _V4_CHANGING.pack(length, identification, data[ip + 6 : ip + 10], ip_check) + tail
            identification = (identification + 1) & 0xFFFF
        else:
            head = data[: ip + 4] + _U16.pack(stop - position + text - ip - 40) + tail
        pieces.append(Frame(head, 0, frame.note, frame.interface, piece))
        position = stop
    return pieces


def _addresses(data: bytes, ip: int) -> tuple[Address, Address]:
    """Source and destination of the packet whose header starts at `ip`."""
    if data[ip] >> 4 == 4:
        return Address(data[ip + 12 : ip + 16]), Address(data[ip + 16 : ip + 20])
    return Address(data[ip + 8 : ip + 24]), Address(data[ip + 24 : ip + 40])


def _flags_of_piece(flags: int, first: bool, last: bool, urgent: bool) -> int:
    """The flag octet of one piece of a super-segment that carried `flags`."""
    kept = flags
    if not first:
        kept &= ~(CWR | SYN)
    if not last:
        kept &= ~(FIN | PSH | RST)
    if not urgent:
        kept &= ~URG
    return kept
