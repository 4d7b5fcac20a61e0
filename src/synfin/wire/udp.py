"""UDP datagrams (RFC 768, RFC 8200 8.1).  Ports and sockets are left to `host`."""

from __future__ import annotations

import struct
from typing import Final, final

from synfin.errors import UsageError, WireError
from synfin.wire.addresses import Address
from synfin.wire.checksum import ones_sum, pseudo_header_sum

PROTOCOL: Final = 17
HEADER_OCTETS: Final = 8

_HEADER: Final = struct.Struct(">HHHH")


@final
class UdpDatagram:
    """One datagram; `checksummed` False stands for a checksum field of 0, which only IPv4 has."""

    __slots__ = ("checksummed", "dst_port", "payload", "src_port")

    def __init__(self, src_port: int, dst_port: int, payload: bytes = b"", checksummed: bool = True) -> None:
        self.src_port = src_port
        self.dst_port = dst_port
        self.payload = payload
        self.checksummed = checksummed

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, UdpDatagram):
            return NotImplemented
        return (
            self.src_port == other.src_port
            and self.dst_port == other.dst_port
            and self.payload == other.payload
            and self.checksummed == other.checksummed
        )

    def __hash__(self) -> int:
        return hash((self.src_port, self.dst_port, self.payload, self.checksummed))


def parse_udp(data: bytes, src: Address, dst: Address, verify: bool = True) -> UdpDatagram:
    """Read the UDP part of a packet from `src` to `dst`; octets beyond its length are ignored [RFC768-02].

    A checksum of 0 means none over IPv4 [RFC768-03] and is an error over IPv6 [RFC8200-15]; any other is always
    verified [RFC1122-33], except with `verify=False`, which is for captures.
    Raises `WireError`: `udp-truncated`, `udp-bad-length`, `udp-zero-checksum`, `udp-bad-checksum`.
    """
    size = len(data)
    if size < HEADER_OCTETS:
        raise WireError("udp-truncated", f"{size} octets, a header takes 8")
    src_port, dst_port, length, check = _HEADER.unpack_from(data)
    if length < HEADER_OCTETS or length > size:
        raise WireError("udp-bad-length", f"length {length} in {size} octets")
    if length < size:
        data = data[:length]
    if check == 0:
        if len(src) == 16:
            raise WireError("udp-zero-checksum")
    elif verify and (pseudo_header_sum(src, dst, PROTOCOL, length) + ones_sum(data)) % 0xFFFF:
        raise WireError("udp-bad-checksum")
    return UdpDatagram(src_port, dst_port, data[HEADER_OCTETS:], check != 0)


def build_udp(datagram: UdpDatagram, src: Address, dst: Address) -> bytes:
    """The octets of a datagram from `src` to `dst`; a checksum that comes out as 0 is sent as FFFF [RFC768-03].

    Raises `UsageError` for a value that does not fit its field, and for no checksum over IPv6 [RFC8200-15].
    """
    length = HEADER_OCTETS + len(datagram.payload)
    if length > 0xFFFF:
        raise UsageError(f"a UDP datagram carries 65527 octets at most, not {len(datagram.payload)}")
    check = 0
    if datagram.checksummed:
        total = (
            pseudo_header_sum(src, dst, PROTOCOL, length)
            + datagram.src_port
            + datagram.dst_port
            + length
            + ones_sum(datagram.payload)
        )
        check = -total % 0xFFFF or 0xFFFF
    elif len(src) == 16:
        raise UsageError("UDP over IPv6 needs its checksum")
    try:
        return _HEADER.pack(datagram.src_port, datagram.dst_port, length, check) + datagram.payload
    except struct.error:
        raise UsageError(f"UDP ports are 0 to 65535, not {datagram.src_port} and {datagram.dst_port}") from None
