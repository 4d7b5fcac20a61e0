"""Sequence numbers: absolute inside, wrapped to 32 bits on the wire only (RFC 9293 3.4, law 4)."""

from __future__ import annotations

from typing import Final

MODULUS: Final = 1 << 32
HALF: Final = 1 << 31


def wrap(number: int) -> int:
    """The 32-bit wire number of an absolute one."""
    return number & 0xFFFF_FFFF


def unwrap(wire: int, near: int) -> int:
    """The absolute number closest to `near` whose low 32 bits are `wire` [RFC9293-E04]."""
    ahead = (wire - near) & 0xFFFF_FFFF
    return near + ahead if ahead < 0x8000_0000 else near + ahead - 0x1_0000_0000
