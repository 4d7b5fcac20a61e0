"""What travels between a host and a device: octets, and what the octets themselves do not say."""

from __future__ import annotations

from typing import final


@final
class Frame:
    """One layer-2 frame or, on a layer-3 device such as TUN, one IP packet.

    `mss` is 0, or the segment size into which a super-segment of up to 64 KiB is to be cut; `note` is the name of the
    rule that made it be sent (captures show it); `interface` is the index of the host's interface.
    """

    __slots__ = ("data", "interface", "mss", "note")

    def __init__(self, data: bytes, mss: int = 0, note: str = "", interface: int = 0) -> None:
        self.data = data
        self.mss = mss
        self.note = note
        self.interface = interface
