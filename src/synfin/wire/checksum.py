"""The Internet checksum (RFC 1071) and the pseudo-headers that TCP, UDP and ICMPv6 put in front of it.

All sums are plain ints that are congruent to the ones' complement sum modulo 0xFFFF; they are reduced once, at the end.
That works because 2**16 is 1 modulo 0xFFFF: any number of 16-bit words read as one big number has the same remainder as
their sum.  Where the checksum sits in a header, and what a bad one means, is left to each protocol's file.
"""

from __future__ import annotations

from typing import Final

from synfin.wire.addresses import Address

_WHOLE: Final = 384  # octets up to which one conversion and one division are fastest
_QUARTERS: Final = 4_096
_PIECE: Final = 1_024  # even, so that words stay aligned


def ones_sum(data: bytes) -> int:
    """The 16-bit words of `data` added up, not reduced; an odd octet at the end counts as a high octet (RFC 1071 1).

    Any int congruent modulo 0xFFFF may come back, 0 only if all octets are 0.
    """
    size = len(data)
    if size <= _WHOLE:
        total = int.from_bytes(data, "big")
    elif size <= _QUARTERS:
        # Dividing costs more than adding, so the number is folded to a quarter of its length first.  A piece that is
        # longer than the others adds up all the same: only the low ends must line up.
        end = size - (size & 1)
        step = (end >> 2) & ~1
        total = (
            int.from_bytes(data[:step], "big")
            + int.from_bytes(data[step : 2 * step], "big")
            + int.from_bytes(data[2 * step : 3 * step], "big")
            + int.from_bytes(data[3 * step : end], "big")
        )
        if size & 1:
            total += data[end] << 8
        return total
    else:
        total = 0
        end = size - size % _PIECE
        for at in range(0, end, _PIECE):
            total += int.from_bytes(data[at : at + _PIECE], "big")
        rest = int.from_bytes(data[end:], "big")
        return total + (rest << 8 if size & 1 else rest)
    return total << 8 if size & 1 else total


def checksum(data: bytes, start: int = 0) -> int:
    """The 16-bit checksum of `data` with the words already summed up in `start`, ready for the header (RFC 1071 1)."""
    total = start + ones_sum(data)
    if total == 0:
        return 0xFFFF
    # -x modulo 0xFFFF is the complement, and never the other zero (0xFFFF) for data that is not all zero.
    return -total % 0xFFFF


def pseudo_header_sum(src: Address, dst: Address, protocol: int, length: int) -> int:
    """Sum over the pseudo-header (RFC 9293 3.1, RFC 768, RFC 8200 8.1); add it as `start` of `checksum`.

    The IPv4 and the IPv6 layouts hold the same numbers, so the address length alone tells them apart [RFC9293-E03].
    """
    return int.from_bytes(src, "big") + int.from_bytes(dst, "big") + protocol + length
