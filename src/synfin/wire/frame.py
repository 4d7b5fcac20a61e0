"""What travels between a host and a device: octets, and what the octets themselves do not say."""

from __future__ import annotations

from typing import final

from synfin.mypyc import mypyc_attr


@final
@mypyc_attr(acyclic=True)
class Frame:
    """One layer-2 frame or, on a layer-3 device such as TUN, one IP packet.

    `mss` is 0, or the segment size of a super-segment of up to 64 KiB: into what a device is to cut it on its way out,
    out of what it was put together on its way in.  `note` is the name of the rule that made it be sent (captures show
    it); `interface` is the index of the host's interface.

    The octets lie in two places, so that nobody has to join them who does not need to: in `raw` from `at` on, and in
    `text` behind that.  `data` is all of them in one piece.

    `sum_from` is 0, or the offset from which a checksum is still to be added up; its field lies `sum_at` octets behind
    and holds the sum over the pseudo-header (CHECKSUM_PARTIAL, VIRTIO_NET_HDR_F_NEEDS_CSUM).  `checked`: the checksum
    of the transport protocol is known to be right, or the packet never left this machine, so nobody verifies it again.
    """

    __slots__ = ("at", "checked", "interface", "mss", "note", "raw", "sum_at", "sum_from", "text")

    def __init__(
        self,
        data: bytes,
        mss: int = 0,
        note: str = "",
        interface: int = 0,
        text: bytes = b"",
        sum_from: int = 0,
        sum_at: int = 0,
        checked: bool = False,
        at: int = 0,
    ) -> None:
        self.raw = data
        self.at = at
        self.text = text
        self.mss = mss
        self.note = note
        self.interface = interface
        self.sum_from = sum_from
        self.sum_at = sum_at
        self.checked = checked

    @property
    def data(self) -> bytes:
        """All octets in one piece; joined once."""
        if self.at or self.text:
            self.flatten()
        return self.raw

    def flatten(self) -> None:
        """Bring all octets into `raw`, from its first on."""
        if self.at:
            self.raw = self.raw[self.at :]
            self.at = 0
        if self.text:
            self.raw += self.text
            self.text = b""

    def __len__(self) -> int:
        return len(self.raw) - self.at + len(self.text)
