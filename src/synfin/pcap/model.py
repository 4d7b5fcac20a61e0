"""What a capture holds, whatever the file format, and the numbers that both reader and writer need."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from synfin.errors import UsageError

LINK_NULL: Final = 0
LINK_ETHERNET: Final = 1
LINK_RAW: Final = 101  # IPv4 or IPv6, told by the version field
LINK_LOOP: Final = 108
LINK_LINUX_SLL: Final = 113
LINK_IPV4: Final = 228
LINK_IPV6: Final = 229
LINK_LINUX_SLL2: Final = 276

BLOCK_LIMIT_OCTETS: Final = 16 * 1024 * 1024  # as libpcap has it; the largest block or record that is read
INTERFACE_LIMIT: Final = 4_096  # interfaces remembered of one file

BLOCK_SECTION: Final = 0x0A0D_0D0A
BLOCK_INTERFACE: Final = 1
BLOCK_OLD_PACKET: Final = 2
BLOCK_SIMPLE_PACKET: Final = 3
BLOCK_PACKET: Final = 6
BYTE_ORDER_MAGIC: Final = 0x1A2B_3C4D

OPTION_END: Final = 0
OPTION_COMMENT: Final = 1
OPTION_SECTION_APPLICATION: Final = 4
OPTION_INTERFACE_NAME: Final = 2
OPTION_INTERFACE_RESOLUTION: Final = 9
OPTION_INTERFACE_OFFSET: Final = 14
OPTION_PACKET_FLAGS: Final = 2

Direction: TypeAlias = Literal["in", "out"]
DIRECTION_BITS: Final[dict[str, int]] = {"in": 1, "out": 2}


class CaptureError(UsageError):
    """A capture file is not what it claims to be; `offset` is the octet of the file where that shows."""

    def __init__(self, text: str, offset: int) -> None:
        super().__init__(f"{text} (at octet {offset} of the capture)")
        self.offset = offset


class CaptureInterface(NamedTuple):
    """One interface of a capture: its name (empty if the file has none), link type, and limit on packets.

    `snaplen` is in octets, 0 stands for no limit.
    """

    name: str
    link_type: int
    snaplen: int


class CapturedPacket(NamedTuple):
    """One packet of a capture.

    `interface` is an index into the reader's `interfaces`; `now_ns` counts from the epoch of the file (Unix time for
    real captures, the start of the run for those from the lab; 0 where the file has no time); `original_length` is
    more than `len(data)` for a packet that was cut; `comment` joins several by newlines.
    """

    interface: int
    now_ns: int
    data: bytes
    original_length: int
    comment: str = ""
    direction: Direction | None = None
