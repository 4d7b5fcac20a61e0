"""The header that virtio puts before each frame: what is left to do about its checksum and its size.

Responsible for `struct virtio_net_hdr` (Virtual I/O Device specification 5.1.6) in the form that TUN and TAP use: ten
octets in the byte order of this machine.  What a device says here is believed, because it is the kernel of the same
machine that says it; what cannot be is refused.  Reading and writing descriptors is `tun`.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from synfin.wire.frame import Frame
from synfin.wire.segmentation import ETHERNET_HEADER, ETHERNET_LAYER
from synfin.wire.tcp import CHECKSUM_AT, CWR, SYN, URG

HEADER_OCTETS: Final = 10
NO_OFFLOAD: Final = bytes(HEADER_OCTETS)

NEEDS_CHECKSUM: Final = 1  # VIRTIO_NET_HDR_F_NEEDS_CSUM
DATA_VALID: Final = 2  # VIRTIO_NET_HDR_F_DATA_VALID

GSO_NONE: Final = 0
GSO_TCPV4: Final = 1
GSO_TCPV6: Final = 4
GSO_UDP_L4: Final = 5
GSO_ECN: Final = 0x80  # the first of the segments has CWR set, and no other

_HEADER: Final = Struct("=BBHHHH")  # flags, GSO type, header length, GSO size, checksum start, checksum offset
_SIZED: Final = (GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4)


def parse_virtio(data: bytes) -> Frame | None:
    """The frame behind the header in `data`, or None when the header makes no sense."""
    size = len(data) - HEADER_OCTETS
    if size <= 0:
        return None
    flags, kind, _, mss, start, field = _HEADER.unpack_from(data)
    if kind == GSO_NONE:
        mss = 0  # it says nothing then
    elif kind & ~GSO_ECN not in _SIZED or mss == 0 or not flags & NEEDS_CHECKSUM:
        return None
    if not flags & NEEDS_CHECKSUM:
        return Frame(data, checked=flags & DATA_VALID != 0, at=HEADER_OCTETS)
    if start == 0 or start + field + 2 > size:
        return None
    return Frame(data, mss, sum_from=start, sum_at=field, checked=True, at=HEADER_OCTETS)


def virtio_header(frame: Frame, layer: int) -> bytes | None:
    """The header for a frame on its way to the kernel; None where a device would not cut it as TCP wants it cut.

    That is a super-segment with an urgent pointer or a SYN, which only software segmentation gets right, and one whose
    checksum is complete already.
    """
    start = frame.sum_from
    mss = frame.mss
    if start == 0:
        return NO_OFFLOAD if mss == 0 else None
    raw = frame.raw
    if mss == 0:
        return _HEADER.pack(NEEDS_CHECKSUM, GSO_NONE, 0, 0, start, frame.sum_at)
    length = start + (raw[start + 12] >> 4) * 4
    if len(frame) - length <= mss:
        return _HEADER.pack(NEEDS_CHECKSUM, GSO_NONE, 0, 0, start, frame.sum_at)
    flags = raw[start + 13]
    if flags & (URG | SYN) or frame.sum_at != CHECKSUM_AT:
        return None
    ip = ETHERNET_HEADER if layer == ETHERNET_LAYER else 0
    kind = GSO_TCPV4 if raw[ip] >> 4 == 4 else GSO_TCPV6
    if flags & CWR:
        kind |= GSO_ECN
    return _HEADER.pack(NEEDS_CHECKSUM, kind, length, mss, start, frame.sum_at)
