"""Coalescing in software: several small segments of one flow, read in a row, become one super-segment (GRO).

Responsible for what a network card with receive offload does.  A driver hands in what it read in one batch; segments
are put together only where nothing that a receiver could tell apart is lost: the headers must be equal octet for octet
but for lengths, checksums, IPv4 identification and a sequence number that goes on where the one before has ended.
`segmentation.split` cuts the result into the same segments again, identification aside.  What a segment means is left
to `tcp`; nothing here waits for more to come.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, final

from synfin.wire.checksum import checksum, ones_sum
from synfin.wire.frame import Frame
from synfin.wire.segmentation import ETHERNET_HEADER, ETHERNET_LAYER, IP_LAYER
from synfin.wire.tcp import ACK, PROTOCOL, PSH

TEXT_MAX: Final = 64_000  # octets of text that are put together at most: fits into any IP packet with its headers
_LEAST_TEXT: Final = 256  # octets; joining less than this costs more than it saves

_U16: Final = Struct("!H")
_U32: Final = Struct("!I")


@final
class _Run:
    """Segments that go together so far: offsets are those in `first`."""

    __slots__ = ("end", "first", "frames", "ip", "last_flags", "mss", "next_seq", "tcp", "text", "texts", "total")

    def __init__(self, first: Frame, ip: int, tcp: int, text: int, end: int, seq: int) -> None:
        data = first.data
        self.first = first
        self.frames = 1
        self.ip = ip
        self.tcp = tcp
        self.text = text
        self.end = end
        self.mss = end - text
        self.total = end - text
        self.next_seq = (seq + end - text) & 0xFFFF_FFFF
        self.last_flags = data[tcp + 13]
        self.texts: list[bytes] = [data[text:end]]


def coalesce(frames: list[Frame], layer: int = IP_LAYER) -> list[Frame]:
    """`frames` in their order, those of one flow that follow each other directly put together.

    Only whole TCP segments with text and no flag but ACK and PSH take part, whose checksums are right: equal addresses,
    ports, type of service, hop limit, flow label, acknowledgment, window and options; all of one size, which becomes
    `mss`, but the last, which may be shorter; a PSH ends the run.  All else is handed back as it is.
    """
    out: list[Frame] = []
    run: _Run | None = None
    for frame in frames:
        candidate = _read(frame, layer)
        if candidate is None:
            if run is not None:
                out.append(_joined(run))
                run = None
            out.append(frame)
        elif run is not None and _extends(run, candidate):
            run.frames += 1
            run.texts.append(candidate.texts[0])
            run.total += candidate.total
            run.next_seq = candidate.next_seq
            run.last_flags = candidate.last_flags
        else:
            if run is not None:
                out.append(_joined(run))
            run = candidate
    if run is not None:
        out.append(_joined(run))
    return out


def _read(frame: Frame, layer: int) -> _Run | None:
    """Where things are in a frame that may be put together with others, or None."""
    if frame.mss or frame.sum_from:
        return None
    data = frame.data
    size = len(data)
    ip = ETHERNET_HEADER if layer == ETHERNET_LAYER else 0
    if size < ip + 40:
        return None
    if data[ip] == 0x45:
        tcp = ip + 20
        end: int = ip + _U16.unpack_from(data, ip + 2)[0]
        # A fragment is not whole, and a packet that may be fragmented has an identification that means something.
        if data[ip + 9] != PROTOCOL or data[ip + 6] != 0x40 or data[ip + 7]:
            return None
        if int.from_bytes(data[ip:tcp], "big") % 0xFFFF:
            return None
        addresses = data[ip + 12 : ip + 20]
    elif data[ip] >> 4 == 6 and size >= ip + 60:
        tcp = ip + 40
        end = tcp + _U16.unpack_from(data, ip + 4)[0]
        if data[ip + 6] != PROTOCOL:
            return None
        addresses = data[ip + 8 : ip + 40]
    else:
        return None
    if end > size or end - tcp < 20:
        return None
    text = tcp + (data[tcp + 12] >> 4) * 4
    if text < tcp + 20 or end - text < _LEAST_TEXT or data[tcp + 12] & 0x0F or data[tcp + 13] & ~PSH != ACK:
        return None
    if not frame.checked:
        # The words of the addresses add up in any width, as everywhere (see checksum.py) [MUST-3].
        if (ones_sum(addresses) + PROTOCOL + end - tcp + ones_sum(data[tcp:end])) % 0xFFFF:
            return None
    seq: int = _U32.unpack_from(data, tcp + 4)[0]
    return _Run(frame, ip, tcp, text, end, seq)


def _extends(run: _Run, new: _Run) -> bool:
    """Whether `new` goes on exactly where `run` has ended."""
    if run.last_flags & PSH or run.total != run.frames * run.mss:  # a shorter one was the last
        return False
    if new.mss > run.mss or run.total + new.total > TEXT_MAX:
        return False
    a = run.first.data
    b = new.first.data
    if run.text != new.text or _U32.unpack_from(b, run.tcp + 4)[0] != run.next_seq:
        return False
    ip = run.ip
    tcp = run.tcp
    if a[:ip] != b[:ip]:
        return False
    if a[ip] == 0x45:  # all but length, identification and checksum
        if a[ip + 1] != b[ip + 1] or a[ip + 6 : ip + 10] != b[ip + 6 : ip + 10] or a[ip + 12 : tcp] != b[ip + 12 : tcp]:
            return False
    elif a[ip : ip + 4] != b[ip : ip + 4] or a[ip + 6 : tcp] != b[ip + 6 : tcp]:
        return False
    return (
        a[tcp : tcp + 4] == b[tcp : tcp + 4]  # ports
        and a[tcp + 8 : tcp + 13] == b[tcp + 8 : tcp + 13]  # acknowledgment, data offset
        and a[tcp + 14 : tcp + 16] == b[tcp + 14 : tcp + 16]  # window
        and a[tcp + 18 : run.text] == b[tcp + 18 : run.text]  # urgent pointer, options
    )


def _joined(run: _Run) -> Frame:
    """One frame for the whole run; its TCP checksum is left to be added up, for whoever needs it."""
    if run.frames == 1:
        return run.first
    first = run.first
    header = bytearray(first.data[: run.text])
    ip = run.ip
    tcp = run.tcp
    header[tcp + 13] |= run.last_flags & PSH
    length = run.text - tcp + run.total
    if header[ip] == 0x45:
        _U16.pack_into(header, ip + 2, tcp - ip + length)
        _U16.pack_into(header, ip + 10, 0)
        _U16.pack_into(header, ip + 10, checksum(bytes(header[ip:tcp])))
        addresses = bytes(header[ip + 12 : ip + 20])
    else:
        _U16.pack_into(header, ip + 4, length)
        addresses = bytes(header[ip + 8 : ip + 40])
    _U16.pack_into(header, tcp + 16, (ones_sum(addresses) + PROTOCOL + length) % 0xFFFF)
    whole = b"".join([bytes(header), *run.texts])
    return Frame(whole, run.mss, first.note, first.interface, b"", tcp, 16, checked=True)
