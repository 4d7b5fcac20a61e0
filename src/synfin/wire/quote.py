"""The packet that an ICMP error quotes: usually cut short, its checksums not to be relied on.

Reading it tells which connection an error is about (RFC 1122 3.2.2, RFC 5927); whether to believe it is left to `host`
and `tcp`.
"""

from __future__ import annotations

from typing import Final, final

from synfin.errors import WireError
from synfin.wire.addresses import Address
from synfin.wire.ipv6 import walk_extensions

_TCP: Final = 6


@final
class Quote:
    """What is known of the quoted packet, as its sender sent it: `src` is therefore us.

    `total_length` is that of the whole packet in octets, header included [RFC1191-03]; `transport` the octets of the
    upper layer that were quoted (empty for a fragment that is not the first); `fragment_offset` in octets.
    """

    __slots__ = ("dst", "fragment_offset", "protocol", "src", "total_length", "transport")

    def __init__(
        self,
        src: Address,
        dst: Address,
        protocol: int,
        transport: bytes,
        total_length: int,
        fragment_offset: int = 0,
    ) -> None:
        self.src = src
        self.dst = dst
        self.protocol = protocol
        self.transport = transport
        self.total_length = total_length
        self.fragment_offset = fragment_offset

    @property
    def ports(self) -> tuple[int, int] | None:
        """Source and destination port, where the upper layer has ports and enough is quoted; else None.

        TCP, UDP, DCCP, SCTP and UDP-Lite all have them in their first four octets.
        """
        if len(self.transport) < 4 or self.protocol not in (_TCP, 17, 33, 132, 136):
            return None
        return int.from_bytes(self.transport[0:2], "big"), int.from_bytes(self.transport[2:4], "big")

    @property
    def seq(self) -> int | None:
        """The wire sequence number of a quoted TCP segment (RFC 5927 4.1), or None."""
        if self.protocol != _TCP or len(self.transport) < 8:
            return None
        return int.from_bytes(self.transport[4:8], "big")


def parse_quote(data: bytes) -> Quote:
    """Read the quoted packet of either family; it may end anywhere behind its IP header [MUST-54].

    Raises `WireError`: `quote-truncated`, `quote-bad-version`, `quote-bad-header`.
    """
    if not data:
        raise WireError("quote-truncated", "nothing is quoted")
    version = data[0] >> 4
    if version == 4:
        return _parse_v4(data)
    if version == 6:
        return _parse_v6(data)
    raise WireError("quote-bad-version", f"version {version}")


def _parse_v4(data: bytes) -> Quote:
    header_octets = (data[0] & 0x0F) << 2
    if header_octets < 20:
        raise WireError("quote-bad-header", f"header length {header_octets}")
    if header_octets > len(data):
        raise WireError("quote-truncated", f"{len(data)} octets of an IPv4 header of {header_octets}")
    total_length = int.from_bytes(data[2:4], "big")
    offset = (int.from_bytes(data[6:8], "big") & 0x1FFF) << 3
    # Octets beyond the packet may be there, such as the extensions of RFC 4884.  A slice that ends before it starts is
    # asked for nowhere: compiled code does not take it.
    transport = data[header_octets:total_length] if offset == 0 and total_length > header_octets else b""
    return Quote(Address(data[12:16]), Address(data[16:20]), data[9], transport, total_length, offset)


def _parse_v6(data: bytes) -> Quote:
    if len(data) < 40:
        raise WireError("quote-truncated", f"{len(data)} octets of an IPv6 header of 40")
    total_length = 40 + int.from_bytes(data[4:6], "big")
    payload = data[40:total_length]
    try:
        upper = walk_extensions(data[6], payload)
    except WireError as error:
        raise WireError("quote-bad-header", error.detail) from None
    offset = 0 if upper.fragment is None else upper.fragment.offset
    transport = payload[upper.offset :] if offset == 0 else b""
    return Quote(Address(data[8:24]), Address(data[24:40]), upper.protocol, transport, total_length, offset)
