"""Ethernet II frames (RFC 894).  A VLAN tag is kept as an ethertype (0x8100) with its tag in the payload."""

from __future__ import annotations

import struct
from typing import Final, final

from synfin.errors import UsageError, WireError

HEADER_OCTETS: Final = 14

ETHERTYPE_IPV4: Final = 0x0800
ETHERTYPE_ARP: Final = 0x0806
ETHERTYPE_VLAN: Final = 0x8100
ETHERTYPE_IPV6: Final = 0x86DD

_MIN_ETHERTYPE: Final = 0x0600
_HEADER: Final = struct.Struct(">6s6sH")


@final
class EthernetFrame:
    """One frame without preamble and check sequence; `dst` and `src` are 6 octets.

    `payload` includes padding to the minimum frame size: only the packet inside knows how long it is.
    """

    __slots__ = ("dst", "ethertype", "payload", "src")

    def __init__(self, dst: bytes, src: bytes, ethertype: int, payload: bytes = b"") -> None:
        self.dst = dst
        self.src = src
        self.ethertype = ethertype
        self.payload = payload

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EthernetFrame):
            return NotImplemented
        return (
            self.dst == other.dst
            and self.src == other.src
            and self.ethertype == other.ethertype
            and self.payload == other.payload
        )

    def __hash__(self) -> int:
        return hash((self.dst, self.src, self.ethertype, self.payload))


def parse_ethernet(data: bytes) -> EthernetFrame:
    """Read one frame.

    Raises `WireError`: `ethernet-truncated`, and `ethernet-length-field` for IEEE 802.3 framing, which has a length
    where Ethernet II has the type.
    """
    if len(data) < HEADER_OCTETS:
        raise WireError("ethernet-truncated", f"{len(data)} octets, a header takes 14")
    dst, src, ethertype = _HEADER.unpack_from(data)
    if ethertype < _MIN_ETHERTYPE:
        raise WireError("ethernet-length-field", f"type field {ethertype:#06x}")
    return EthernetFrame(dst, src, ethertype, data[HEADER_OCTETS:])


def build_ethernet(frame: EthernetFrame) -> bytes:
    """The octets of a frame, not padded to the minimum size; raises `UsageError` for a value that does not fit."""
    if len(frame.dst) != 6 or len(frame.src) != 6 or not _MIN_ETHERTYPE <= frame.ethertype <= 0xFFFF:
        raise UsageError(
            f"an Ethernet header takes two addresses of 6 octets and a type from 0x0600, not {frame.dst!r}, "
            f"{frame.src!r}, {frame.ethertype:#x}"
        )
    return _HEADER.pack(frame.dst, frame.src, frame.ethertype) + frame.payload
