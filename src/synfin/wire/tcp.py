"""TCP segments as values (RFC 9293 3.1).  Numbers here are wire numbers: unsigned 32 bit, wrapped (law 4)."""

from __future__ import annotations

from typing import Final, final

from synfin.wire.tcp_options import NO_OPTIONS, TcpOptions

FIN: Final = 0x001
SYN: Final = 0x002
RST: Final = 0x004
PSH: Final = 0x008
ACK: Final = 0x010
URG: Final = 0x020
ECE: Final = 0x040
CWR: Final = 0x080
AE: Final = 0x100


@final
class Segment:
    """One TCP segment.

    `seq`, `ack`, `urgent` are wire numbers; `flags` holds the 12 bits beside the data offset (8 flags, AE, 3 reserved);
    `window` is the unscaled field.  `mss` is 0 or the size into which `payload` (up to 64 KiB) is to be cut;
    `why` is the rule that built it, empty for segments from the wire.
    """

    __slots__ = (
        "ack",
        "dst_port",
        "flags",
        "mss",
        "options",
        "payload",
        "seq",
        "src_port",
        "urgent",
        "why",
        "window",
    )

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

    @property
    def length(self) -> int:
        """SEG.LEN: octets of text, plus one for SYN and one for FIN (RFC 9293 3.4)."""
        return len(self.payload) + (1 if self.flags & SYN else 0) + (1 if self.flags & FIN else 0)
