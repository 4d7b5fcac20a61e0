"""From a capture file to IP packets: link layers, and an account of all that could not be used.

Responsible for what is read and what is left out, with its reason; the file and everything in it is taken for hostile.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final, NamedTuple

from synfin.pcap import CaptureError, read_capture
from synfin.pcap.model import (
    LINK_ETHERNET,
    LINK_IPV4,
    LINK_IPV6,
    LINK_LINUX_SLL,
    LINK_LINUX_SLL2,
    LINK_LOOP,
    LINK_NULL,
    LINK_RAW,
)
from synfin.timeline.capture.observed import Observed

PACKET_LIMIT: Final = 500_000  # packets of one file that are kept; those beyond are counted
OCTET_LIMIT: Final = 512 * 1024 * 1024  # and their octets together

_ETHERTYPES: Final = (0x0800, 0x86DD)
_VLANS: Final = (0x8100, 0x88A8)
_HEADERS: Final[dict[int, int]] = {
    LINK_RAW: 0, LINK_IPV4: 0, LINK_IPV6: 0, LINK_NULL: 4, LINK_LOOP: 4, LINK_LINUX_SLL: 16, LINK_LINUX_SLL2: 20,
}  # fmt: skip


class Seen(NamedTuple):
    """One packet: when (ns), at which interface, which way from there ("" if unknown), what, and the file's comment."""

    time: int
    interface: int
    direction: str
    observed: Observed
    comment: str = ""


@dataclass(slots=True)
class Left:
    """What was not used of a capture, in frames: each reason has its count.

    `cut`: longer than what was captured of them; `no_ip`: not IP; `no_tcp`: another protocol, or a fragment; `broken`:
    headers that make no sense; `links`: of link types that are not understood, by type; `beyond`: over a limit.
    `error` is what ended the file too early, or None; `frames` counts all that were read.
    """

    frames: int = 0
    cut: int = 0
    no_ip: int = 0
    no_tcp: int = 0
    broken: int = 0
    beyond: int = 0
    links: dict[int, int] = field(default_factory=dict)
    error: CaptureError | None = None


def ip_packet(data: bytes, link_type: int) -> bytes | None:
    """The IP packet inside a frame, None where there is none; raises `KeyError` for an unknown link type."""
    if link_type == LINK_ETHERNET:
        at = 12
        while len(data) >= at + 4 and struct.unpack_from(">H", data, at)[0] in _VLANS:
            at += 4
        if len(data) < at + 2 or struct.unpack_from(">H", data, at)[0] not in _ETHERTYPES:
            return None
        return trimmed(data[at + 2 :])
    header = _HEADERS[link_type]
    return trimmed(data[header:]) if len(data) > header and data[header] >> 4 in (4, 6) else None


def trimmed(data: bytes) -> bytes:
    """Without what Ethernet has filled the frame up with."""
    if data[:1] and data[0] >> 4 == 4 and len(data) >= 20:
        return data[: struct.unpack_from(">H", data, 2)[0] or len(data)]
    if len(data) >= 40:
        return data[: 40 + (struct.unpack_from(">H", data, 4)[0] or len(data))]
    return data


def _fragment(data: bytes) -> bool:
    """Whether it is part of an IPv4 packet only: no upper layer is read there (IPv6 tells by another next header)."""
    return data[0] >> 4 == 4 and len(data) >= 20 and bool(data[6] & 0x3F or data[7])


def packets(
    stream: IO[bytes], left: Left, names: list[str] | None = None, *, limit: int | None = None
) -> Iterator[Seen]:
    """The IP packets of a capture in the order of the file; `left` is told of all others, `names` of the interfaces.

    At most `limit` are given, or `PACKET_LIMIT`.
    Raises `CaptureError` for what is no capture at all; one that is damaged later on is read up to there.
    """
    reader = read_capture(stream)
    octets = 0
    kept = 0
    most = PACKET_LIMIT if limit is None else limit
    while True:
        try:
            packet = next(reader)
        except StopIteration:
            break
        except CaptureError as error:
            left.error = error
            break
        left.frames += 1
        link = reader.interfaces[packet.interface].link_type
        if len(packet.data) < packet.original_length:
            left.cut += 1
        elif link != LINK_ETHERNET and link not in _HEADERS:
            left.links[link] = left.links.get(link, 0) + 1
        elif (data := ip_packet(packet.data, link)) is None:
            left.no_ip += 1
        elif _fragment(data):
            left.no_tcp += 1
        elif kept >= most or octets + len(data) > OCTET_LIMIT:
            left.beyond += 1
        else:
            kept += 1
            octets += len(data)
            observed = Observed(packet.now_ns, data)
            if observed.segment is not None:
                observed.segment.ecn = observed.tos & 3
            yield Seen(packet.now_ns, packet.interface, packet.direction or "", observed, packet.comment)
    if names is not None:
        names.extend(interface.name for interface in reader.interfaces)
