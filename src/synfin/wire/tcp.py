"""TCP segments as values (RFC 9293 3.1).  Numbers here are wire numbers: unsigned 32 bit, wrapped (law 4).

Parsing checks lengths, checksum and the data offset; whether the segment is acceptable is left to `tcp`.
"""

from __future__ import annotations

import struct
from typing import Final, final

from synfin.errors import UsageError, WireError
from synfin.mypyc import mypyc_attr
from synfin.wire.addresses import Address
from synfin.wire.checksum import ones_sum
from synfin.wire.tcp_options import NO_OPTIONS, TcpOptions, encode_options, parse_options

PROTOCOL: Final = 6
CHECKSUM_AT: Final = 16  # where the checksum lies in the header

FIN: Final = 0x001
SYN: Final = 0x002
RST: Final = 0x004
PSH: Final = 0x008
ACK: Final = 0x010
URG: Final = 0x020
ECE: Final = 0x040
CWR: Final = 0x080
AE: Final = 0x100
RESERVED: Final = 0xE00

# From the right of the header, but SYN before FIN: names read as people say them (SYN ACK, FIN ACK, PSH ACK).
_FLAG_NAMES: Final = (
    (SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (ACK, "ACK"), (URG, "URG"), (ECE, "ECE"), (CWR, "CWR"),
    (AE, "AE"), (0x200, "R200"), (0x400, "R400"), (0x800, "R800"),
)  # fmt: skip

_HEADER: Final = struct.Struct(">HHIIHHHH")
_HEADER_OCTETS: Final = 20
_MAX_LENGTH: Final = 0xFFFF


@final
@mypyc_attr(acyclic=True)
class Segment:
    """One TCP segment.

    `seq`, `ack`, `urgent` are wire numbers; `flags` holds the 12 bits beside the data offset (8 flags, AE, 3 reserved);
    `window` is the unscaled field.  `mss` is 0 or the size into which `payload` (up to 64 KiB) is to be cut, or, of a
    segment that has arrived, from which a device has put it together; `pieces` counts those.  `why` is the rule that
    built it, empty for segments from the wire; `ecn` is the ECN field of the IP packet that it travels in (RFC 3168 5:
    0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE).  Two segments are equal when what TCP puts on the wire means the same; `mss`,
    `why` and `ecn` are not part of that.
    """

    __slots__ = (
        "ack", "dst_port", "ecn", "flags", "mss", "options", "payload", "seq", "src_port", "urgent", "why", "window",
    )  # fmt: skip

    def __init__(
        self,
        src_port: int,
        dst_port: int,
        seq: int,
        ack: int,
        flags: int,
        window: int = 0,
        urgent: int = 0,
        options: TcpOptions = NO_OPTIONS,
        payload: bytes = b"",
        mss: int = 0,
        why: str = "",
        ecn: int = 0,
    ) -> None:
        self.src_port = src_port
        self.dst_port = dst_port
        self.seq = seq
        self.ack = ack
        self.flags = flags
        self.window = window
        self.urgent = urgent
        self.options = options
        self.payload = payload
        self.mss = mss
        self.why = why
        self.ecn = ecn

    @property
    def pieces(self) -> int:
        """How many segments on the wire this is."""
        return -(-len(self.payload) // self.mss) if 0 < self.mss < len(self.payload) else 1

    @property
    def length(self) -> int:
        """SEG.LEN: octets of text, plus one for SYN and one for FIN (RFC 9293 3.4)."""
        return len(self.payload) + (1 if self.flags & SYN else 0) + (1 if self.flags & FIN else 0)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Segment):
            return NotImplemented
        return (
            self.src_port == other.src_port
            and self.dst_port == other.dst_port
            and self.seq == other.seq
            and self.ack == other.ack
            and self.flags == other.flags
            and self.window == other.window
            and self.urgent == other.urgent
            and self.options == other.options
            and self.payload == other.payload
        )

    def __hash__(self) -> int:
        return hash((self.src_port, self.dst_port, self.seq, self.ack, self.flags, len(self.payload)))

    def __repr__(self) -> str:
        return (
            f"Segment({self.src_port} > {self.dst_port} {' '.join(flag_names(self.flags))} seq={self.seq} "
            f"ack={self.ack} win={self.window} len={len(self.payload)} {self.options!r})"
        )


def flag_names(flags: int) -> list[str]:
    """The names of the bits that are set, such as `["SYN", "ACK"]`; reserved bits show as `R200`, `R400`, `R800`."""
    return [name for bit, name in _FLAG_NAMES if flags & bit]


def parse_segment(data: bytes, src: Address, dst: Address, verify: bool = True) -> Segment:
    """Read the TCP part of a packet from `src` to `dst` [RFC9293-E01].

    The checksum is always verified [MUST-3], except with `verify=False`, which is for captures and devices where the
    checksum was left to hardware.  Raises `WireError`: `tcp-truncated`, `tcp-bad-offset`, `tcp-bad-checksum`,
    `tcp-option-bad-length`.
    """
    total = int.from_bytes(src, "big") + int.from_bytes(dst, "big") + PROTOCOL + len(data) if verify else -1
    return read_segment(data, 0, len(data), total)


def read_segment(data: bytes, at: int, end: int, pseudo: int) -> Segment:
    """As `parse_segment`, of the octets `at` to `end` of a packet; the text is copied out of it, once.

    `pseudo` is the sum over the pseudo-header, or -1 where the checksum needs no verifying.
    """
    size = end - at
    if size < _HEADER_OCTETS:
        raise WireError("tcp-truncated", f"{size} octets, a header takes 20")
    src_port, dst_port, seq, ack, offset_flags, window, _, urgent = _HEADER.unpack_from(data, at)
    offset = offset_flags >> 12 << 2
    if offset < _HEADER_OCTETS or offset > size:
        raise WireError("tcp-bad-offset", f"data offset {offset} in {size} octets")
    # 2**16 is 1 modulo 0xFFFF, so addresses and words of any width add up as they are (see checksum.py).
    if pseudo >= 0 and (pseudo + ones_sum(data[at:end])) % 0xFFFF:
        raise WireError("tcp-bad-checksum")
    text = at + offset
    options = NO_OPTIONS if offset == _HEADER_OCTETS else parse_options(data[at + _HEADER_OCTETS : text])
    return Segment(src_port, dst_port, seq, ack, offset_flags & 0xFFF, window, urgent, options, data[text:end])


def build_segment(segment: Segment, src: Address, dst: Address) -> bytes:
    """The octets of a segment from `src` to `dst`, with its checksum [MUST-2].

    Raises `UsageError` for a value that does not fit its field, options over 40 octets, more than 65,535 octets.
    """
    payload = segment.payload
    header = build_header(segment, src, dst)
    return header + payload if payload else header


def build_header(segment: Segment, src: Address, dst: Address, partial: bool = False) -> bytes:
    """Header and options of a segment without its text, for those who put both together later, or never.

    The checksum covers the text all the same; with `partial` it is only the sum over the pseudo-header, to which a
    device adds the rest (see `Frame.sum_from`).  Raises as `build_segment`.
    """
    options = segment.options
    extra = b"" if options is NO_OPTIONS else encode_options(options)
    payload = segment.payload
    size = _HEADER_OCTETS + len(extra) + len(payload)
    flags = segment.flags
    if size > _MAX_LENGTH or flags > 0xFFF:
        raise UsageError(f"a TCP segment of {size} octets with flags {flags:#x} does not fit")
    src_port = segment.src_port
    dst_port = segment.dst_port
    seq = segment.seq
    ack = segment.ack
    window = segment.window
    urgent = segment.urgent
    offset_flags = (_HEADER_OCTETS + len(extra)) << 10 | flags
    total = int.from_bytes(src, "big") + int.from_bytes(dst, "big") + PROTOCOL + size
    if partial:
        check = total % 0xFFFF
    else:
        # The header's fields are added as they are instead of packing the header twice (see checksum.py).
        total += src_port + dst_port + seq + ack + offset_flags + window + urgent
        if extra:
            total += int.from_bytes(extra, "big")
        if payload:
            total += ones_sum(payload)
        check = -total % 0xFFFF
    try:
        header = _HEADER.pack(src_port, dst_port, seq, ack, offset_flags, window, check, urgent)
    except struct.error as error:
        raise UsageError(f"a TCP header field does not fit: {error} in {segment!r}") from None
    return header + extra if extra else header
