"""Writes pcapng with nanosecond timestamps, several interfaces, and a comment on each packet.

Nothing but what the caller hands in goes into the file: no clock, no host name, always little-endian.  The same calls
therefore give the same octets on every machine (law 2).
"""

from __future__ import annotations

import struct
from typing import IO, Final

from synfin.errors import UsageError
from synfin.pcap.model import (
    BLOCK_INTERFACE,
    BLOCK_LIMIT_OCTETS,
    BLOCK_PACKET,
    BLOCK_SECTION,
    BYTE_ORDER_MAGIC,
    DIRECTION_BITS,
    INTERFACE_LIMIT,
    OPTION_COMMENT,
    OPTION_END,
    OPTION_INTERFACE_NAME,
    OPTION_INTERFACE_RESOLUTION,
    OPTION_PACKET_FLAGS,
    OPTION_SECTION_APPLICATION,
    Direction,
)

_UNKNOWN_LENGTH: Final = 0xFFFF_FFFF_FFFF_FFFF
_NANOSECONDS: Final = 9
_PACKET: Final = struct.Struct("<IIIIIII")
_MAX_OPTION_OCTETS: Final = 0xFFFF


class PcapngWriter:
    """One section of a pcapng file on a binary stream, which stays the caller's to flush and close."""

    def __init__(self, stream: IO[bytes], comment: str = "") -> None:
        self._stream = stream
        self._snaplens: list[int] = []
        options = _text_option(OPTION_COMMENT, comment) if comment else b""
        options += _text_option(OPTION_SECTION_APPLICATION, "synfin")
        self._write_block(BLOCK_SECTION, struct.pack("<IHHQ", BYTE_ORDER_MAGIC, 1, 0, _UNKNOWN_LENGTH), options)

    def add_interface(self, name: str, link_type: int, snaplen: int = 0) -> int:
        """Add an interface and return its index; packets longer than `snaplen` octets are cut (0: none is).

        Raises `UsageError` for a number out of range.
        """
        if not 0 <= link_type <= 0xFFFF or not 0 <= snaplen <= 0xFFFF_FFFF:
            raise UsageError(f"link type {link_type} or snaplen {snaplen} does not fit a pcapng interface")
        if len(self._snaplens) == INTERFACE_LIMIT:
            raise UsageError(f"a capture has {INTERFACE_LIMIT} interfaces at most")
        options = _text_option(OPTION_INTERFACE_NAME, name) if name else b""
        options += _option(OPTION_INTERFACE_RESOLUTION, bytes((_NANOSECONDS,)))
        self._write_block(BLOCK_INTERFACE, struct.pack("<HHI", link_type, 0, snaplen), options)
        self._snaplens.append(snaplen)
        return len(self._snaplens) - 1

    def write(
        self, interface: int, now_ns: int, data: bytes, comment: str = "", direction: Direction | None = None
    ) -> None:
        """Write one packet seen on `interface` at `now_ns`.

        `direction` is seen from the interface: `"in"` or `"out"`.  Raises `UsageError` for an interface that was not
        added, a time that does not fit 64 bits, or a comment over 65,535 octets.
        """
        if not 0 <= interface < len(self._snaplens):
            raise UsageError(f"interface {interface} was not added to this capture")
        if not 0 <= now_ns < 1 << 64:
            raise UsageError(f"time {now_ns} ns does not fit a capture")
        original_length = len(data)
        if original_length > BLOCK_LIMIT_OCTETS >> 1:
            raise UsageError(f"a packet of {original_length} octets does not fit a capture")
        snaplen = self._snaplens[interface]
        if snaplen and original_length > snaplen:
            data = data[:snaplen]
        options = b""
        if comment:
            options += _text_option(OPTION_COMMENT, comment)
        if direction is not None:
            bits = DIRECTION_BITS.get(direction)
            if bits is None:
                raise UsageError(f"direction {direction!r} must be 'in', 'out' or None")
            options += _option(OPTION_PACKET_FLAGS, bits.to_bytes(4, "little"))
        if options:
            options += b"\0\0\0\0"
        padding = -len(data) % 4
        total = 32 + len(data) + padding + len(options)
        # One write for each packet, so that a reader that follows the file sees whole blocks.
        self._stream.write(
            b"".join(
                (
                    _PACKET.pack(
                        BLOCK_PACKET, total, interface, now_ns >> 32, now_ns & 0xFFFF_FFFF, len(data), original_length
                    ),
                    data,
                    bytes(padding),
                    options,
                    total.to_bytes(4, "little"),
                )
            )
        )

    def _write_block(self, kind: int, body: bytes, options: bytes) -> None:
        """A block with its options closed and its length on both ends; `body` is a multiple of 4 octets."""
        options += struct.pack("<HH", OPTION_END, 0)
        total = 12 + len(body) + len(options)
        self._stream.write(struct.pack("<II", kind, total) + body + options + struct.pack("<I", total))


def _option(code: int, value: bytes) -> bytes:
    """One option, padded to 32 bits."""
    if len(value) > _MAX_OPTION_OCTETS:
        raise UsageError(f"a text of {len(value)} octets does not fit a capture; {_MAX_OPTION_OCTETS} do")
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def _text_option(code: int, text: str) -> bytes:
    """One option in UTF-8; lone surrogates, as in odd file names, become question marks."""
    return _option(code, text.encode("utf-8", "replace"))
