"""Reads pcapng, and classic pcap of both byte orders with micro- or nanoseconds; one packet at a time.

The file is taken for hostile: every length is checked before it is used, memory is bounded by `BLOCK_LIMIT_OCTETS` and
`INTERFACE_LIMIT`, and whatever is wrong is a `CaptureError` with the place.  All packets before that place are given.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, Final

from synfin.pcap.model import (
    BLOCK_INTERFACE,
    BLOCK_LIMIT_OCTETS,
    BLOCK_OLD_PACKET,
    BLOCK_PACKET,
    BLOCK_SECTION,
    BLOCK_SIMPLE_PACKET,
    BYTE_ORDER_MAGIC,
    INTERFACE_LIMIT,
    OPTION_COMMENT,
    OPTION_END,
    OPTION_INTERFACE_NAME,
    OPTION_INTERFACE_OFFSET,
    OPTION_INTERFACE_RESOLUTION,
    OPTION_PACKET_FLAGS,
    CapturedPacket,
    CaptureError,
    CaptureInterface,
    Direction,
)

_SECOND: Final = 1_000_000_000
_MICROSECONDS: Final = 6
_DIRECTIONS: Final[tuple[Direction | None, ...]] = (None, "in", "out", None)

# The first four octets of a classic file: byte order, and nanoseconds for one unit of the fraction.
_CLASSIC: Final[dict[bytes, tuple[str, int]]] = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}


class CaptureReader:
    """An iterator over the packets of a capture, from `read_capture`.

    `interfaces` grows as the file tells of them: a packet's interface is always there by the time the packet is.
    """

    def __init__(self, packets: Iterator[CapturedPacket], interfaces: list[CaptureInterface]) -> None:
        self._packets = packets
        self.interfaces = interfaces

    def __iter__(self) -> Iterator[CapturedPacket]:
        return self

    def __next__(self) -> CapturedPacket:
        return next(self._packets)


def read_capture(stream: IO[bytes]) -> CaptureReader:
    """Read a capture from a binary stream (which need not seek, such as a pipe); the stream stays the caller's.

    Raises `CaptureError` at once for something that is no capture, and while iterating for a damaged one.
    """
    source = _Source(stream)
    magic = source.take(4, "the file type")
    classic = _CLASSIC.get(magic)
    if classic is not None:
        return _classic_reader(source, classic[0], classic[1])
    if magic == BLOCK_SECTION.to_bytes(4, "big"):
        sections = _PcapngSections(source)
        return CaptureReader(sections.packets(), sections.interfaces)
    if magic[:2] == b"\x1f\x8b":
        raise CaptureError("this is a gzip file; unpack it first", 0)
    raise CaptureError(f"this is neither pcapng nor pcap: it starts with {magic.hex()}", 0)


class _Source:
    """A stream that counts, and that gives all the octets asked for or an error."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.offset = 0

    def take(self, size: int, what: str) -> bytes:
        """Exactly `size` octets."""
        data = self.take_or_end(size, what)
        if len(data) < size:
            raise CaptureError(f"the file ends before {what}", self.offset)
        return data

    def take_or_end(self, size: int, what: str) -> bytes:
        """Exactly `size` octets, or none at the end of the file."""
        data = self._stream.read(size)
        while 0 < len(data) < size:  # a pipe gives what it has
            more = self._stream.read(size - len(data))
            if not more:
                raise CaptureError(f"the file ends in the middle of {what}", self.offset + len(data))
            data += more
        self.offset += len(data)
        return data


def _classic_reader(source: _Source, order: str, unit: int) -> CaptureReader:
    """A classic file: one header, one link type, records to the end."""
    start = source.offset
    major, _minor, _zone, _accuracy, snaplen, network = struct.unpack(f"{order}HHIIII", source.take(20, "the header"))
    if major != 2:
        raise CaptureError(f"pcap version {major} is unknown", start)
    # The upper bits say whether frames carry a check sequence; the link type is below them.
    interface = CaptureInterface("", network & 0xFFFF, snaplen)
    return CaptureReader(_classic_packets(source, struct.Struct(f"{order}IIII"), unit), [interface])


def _classic_packets(source: _Source, header: struct.Struct, unit: int) -> Iterator[CapturedPacket]:
    while True:
        start = source.offset
        head = source.take_or_end(header.size, "a record header")
        if not head:
            return
        seconds, fraction, size, original = header.unpack(head)
        if size > BLOCK_LIMIT_OCTETS:
            raise CaptureError(f"a record of {size} octets is above the limit of {BLOCK_LIMIT_OCTETS}", start)
        data = source.take(size, "a packet") if size else b""
        yield CapturedPacket(0, seconds * _SECOND + fraction * unit, data, original)


class _Clock:
    """How the timestamps of one interface count (`if_tsresol`, `if_tsoffset`)."""

    __slots__ = ("offset_ns", "units")

    def __init__(self, resolution: int, offset_seconds: int) -> None:
        exponent = resolution & 0x7F
        self.units = 1 << exponent if resolution & 0x80 else 10**exponent
        self.offset_ns = offset_seconds * _SECOND

    def to_ns(self, stamp: int) -> int:
        """Nanoseconds, rounded down."""
        return stamp * _SECOND // self.units + self.offset_ns


class _PcapngSections:
    """The sections of a pcapng file; interfaces of all sections go into one list."""

    def __init__(self, source: _Source) -> None:
        self.interfaces: list[CaptureInterface] = []
        self._source = source
        self._clocks: list[_Clock] = []
        self._order = "<"
        self._first = 0  # index of the section's first interface

    def packets(self) -> Iterator[CapturedPacket]:
        """Read block by block; the first block type was already taken from the source."""
        order = self._read_section(0)
        while True:
            start = self._source.offset
            head = self._source.take_or_end(4, "a block")
            if not head:
                return
            kind = int.from_bytes(head, "big" if order == ">" else "little")
            if kind == BLOCK_SECTION:
                order = self._read_section(start)
                continue
            body = self._read_body(start, order)
            if kind == BLOCK_INTERFACE:
                self._read_interface(body, start)
            elif kind == BLOCK_PACKET:
                yield self._read_packet(body, start, f"{order}IIIII")
            elif kind == BLOCK_OLD_PACKET:
                yield self._read_packet(body, start, f"{order}HxxIIII")
            elif kind == BLOCK_SIMPLE_PACKET:
                yield self._read_simple_packet(body, start)

    def _read_section(self, start: int) -> str:
        """A section header behind its type; it tells the byte order of all that follows."""
        head = self._source.take(8, "the section header")
        for order in ("<", ">"):
            length, magic = struct.unpack(f"{order}II", head)
            if magic == BYTE_ORDER_MAGIC:
                break
        else:
            raise CaptureError(f"a section with byte order {head[4:].hex()} is unknown", start)
        self._order = order
        body = self._read_rest(start, length, 12, order)
        if len(body) < 12:
            raise CaptureError(f"a section header of {length} octets is too short", start)
        major = struct.unpack_from(f"{order}H", body)[0]
        if major != 1:
            raise CaptureError(f"pcapng version {major} is unknown", start)
        self._first = len(self.interfaces)
        return order

    def _read_body(self, start: int, order: str) -> bytes:
        """What is between the two lengths of a block."""
        length = struct.unpack(f"{order}I", self._source.take(4, "a block length"))[0]
        return self._read_rest(start, length, 8, order)

    def _read_rest(self, start: int, length: int, taken: int, order: str) -> bytes:
        """The rest of a block of `length` octets of which `taken` are read, without its second length."""
        if length < taken + 4 or length % 4:
            raise CaptureError(f"a block of {length} octets is impossible", start)
        if length > BLOCK_LIMIT_OCTETS:
            raise CaptureError(f"a block of {length} octets is above the limit of {BLOCK_LIMIT_OCTETS}", start)
        rest = self._source.take(length - taken, "the end of a block")
        again = struct.unpack(f"{order}I", rest[-4:])[0]
        if again != length:
            raise CaptureError(f"a block says {length} octets at its start and {again} at its end", start)
        return rest[:-4]

    def _read_options(self, body: bytes, at: int, start: int) -> list[tuple[int, bytes]]:
        """The options from `at` to the end of `body`; the closing one may be missing."""
        out: list[tuple[int, bytes]] = []
        while at + 4 <= len(body):
            code, length = struct.unpack_from(f"{self._order}HH", body, at)
            if code == OPTION_END:
                break
            at += 4
            if at + length > len(body):
                raise CaptureError(f"option {code} of {length} octets leads out of its block", start)
            out.append((code, body[at : at + length]))
            at += length + (-length % 4)
        return out

    def _read_interface(self, body: bytes, start: int) -> None:
        if len(body) < 8:
            raise CaptureError("an interface block is too short", start)
        if len(self.interfaces) == INTERFACE_LIMIT:
            raise CaptureError(f"more than {INTERFACE_LIMIT} interfaces", start)
        link_type, snaplen = struct.unpack_from(f"{self._order}HxxI", body)
        name = ""
        resolution = _MICROSECONDS
        offset = 0
        for code, value in self._read_options(body, 8, start):
            if code == OPTION_INTERFACE_NAME:
                name = _text(value)
            elif code == OPTION_INTERFACE_RESOLUTION and len(value) == 1:
                resolution = value[0]
            elif code == OPTION_INTERFACE_OFFSET and len(value) == 8:
                offset = struct.unpack(f"{self._order}q", value)[0]
        self.interfaces.append(CaptureInterface(name, link_type, snaplen))
        self._clocks.append(_Clock(resolution, offset))

    def _interface(self, number: int, start: int) -> int:
        """The index in `interfaces` of the section's interface `number`."""
        index = self._first + number
        if index >= len(self.interfaces):
            raise CaptureError(f"a packet on interface {number}, which the section does not have", start)
        return index

    def _read_packet(self, body: bytes, start: int, layout: str) -> CapturedPacket:
        """An enhanced packet block, or the older form, whose fields stand in the same places."""
        if len(body) < 20:
            raise CaptureError("a packet block is too short", start)
        number, high, low, size, original = struct.unpack_from(layout, body)
        index = self._interface(number, start)
        end = 20 + size
        if end > len(body):
            raise CaptureError(f"a packet of {size} octets leads out of its block", start)
        comments: list[str] = []
        direction: Direction | None = None
        for code, value in self._read_options(body, end + (-size % 4), start):
            if code == OPTION_COMMENT:
                comments.append(_text(value))
            elif code == OPTION_PACKET_FLAGS and len(value) == 4:
                direction = _DIRECTIONS[struct.unpack(f"{self._order}I", value)[0] & 3]
        now_ns = self._clocks[index].to_ns(high << 32 | low)
        return CapturedPacket(index, now_ns, body[20:end], original, "\n".join(comments), direction)

    def _read_simple_packet(self, body: bytes, start: int) -> CapturedPacket:
        """A simple packet block: no time, always the first interface, cut to its limit."""
        if len(body) < 4:
            raise CaptureError("a simple packet block is too short", start)
        index = self._interface(0, start)
        original = struct.unpack_from(f"{self._order}I", body)[0]
        snaplen = self.interfaces[index].snaplen
        size = min(original, snaplen) if snaplen else original
        if 4 + size > len(body):
            raise CaptureError(f"a packet of {size} octets leads out of its block", start)
        return CapturedPacket(index, 0, body[4 : 4 + size], original)


def _text(value: bytes) -> str:
    """UTF-8; what is not becomes U+FFFD."""
    return value.decode("utf-8", "replace")
