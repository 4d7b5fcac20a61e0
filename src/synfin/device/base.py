"""What a host can be plugged into: the `Device` interface.

Responsible for the shape of every device, and for plugging a host in.  Leaves to others: cutting super-segments
(`wire.segmentation`), real and virtual devices (`memory`, `tun`), recording (`capture`), and the loop that moves frames
(`drive`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Final

from synfin.errors import UsageError
from synfin.host import Host
from synfin.host.interfaces import Interface
from synfin.mypyc import mypyc_attr, own_caches
from synfin.wire.frame import Frame
from synfin.wire.segmentation import ETHERNET_HEADER, ETHERNET_LAYER, IP_LAYER, complete, split

__all__ = [
    "ETHERNET_HEADER",
    "ETHERNET_LAYER",
    "IP_LAYER",
    "PUSH_LIMIT",
    "Device",
    "complete",
    "plug",
    "split",
]

PUSH_LIMIT: Final = 65_400  # octets of text in a super-segment: an IP packet less the headers of IPv6 and TCP


@mypyc_attr(allow_interpreted_subclasses=True)
class Device(ABC):
    """A place to read frames from and to write frames to.

    `mtu` is the largest IP packet in octets, `layer` is 3 (frames are IP packets) or 2 (Ethernet frames), `offload`
    says that frames with `mss` or `sum_from` set are taken as they are; a device without it takes them too, and cuts
    and completes them itself (`split`).  `dropped` counts frames that `write` could not deliver: a device
    never blocks and never raises for a full queue, exactly as a wire loses what it cannot carry.  `one_by_one`: what
    becomes of each frame is watched, so the next one must not be read before the host has had it.
    """

    def __init__(self, mtu: int, layer: int = IP_LAYER, offload: bool = False) -> None:
        self.mtu = mtu
        self.layer = layer
        self.offload = offload
        self.dropped = 0
        self.one_by_one = False

    @abstractmethod
    def read(self, until: int | None) -> Frame | None:
        """The next frame, or None when there is none by the time `until` (ns on the device's clock; None: no limit).

        A time that has passed makes it a look without waiting.  Devices in virtual time never wait.
        """

    @abstractmethod
    def write(self, frame: Frame) -> None:
        """Send one frame; counts it in `dropped` when the device cannot take it now."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the device; calling it again does nothing."""

    def fileno(self) -> int:
        """A descriptor that becomes readable when a frame waits, or -1 when the device has none."""
        return -1

    def __enter__(self) -> Device:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


def plug(
    host: Host, device: Device, name: str, addresses: list[str], mac: str | bytes | None = None, *, large: bool = True
) -> Interface:
    """Give `host` an interface on `device`, with super-segments and checksums left to it; see `Host.add_interface`.

    `large=False` makes the host build every segment itself, as it goes on the wire.  Raises `UsageError`, also for a
    host with a switch that breaks TCP for lessons: those are for simulated networks.
    """
    teaching = host.tcp.teaching()
    if teaching:
        raise UsageError(f"{', '.join(teaching)}: for lessons in a simulated network only, not on a device")
    return host.add_interface(
        name,
        addresses,
        device.mtu,
        mac,
        push_limit=PUSH_LIMIT if large else 0,
        checksum_offload=large,
    )


own_caches(Device)
