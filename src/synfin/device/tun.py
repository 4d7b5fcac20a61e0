"""A TUN or TAP device of the Linux kernel (Documentation/networking/tuntap.rst).

Responsible for opening `/dev/net/tun`, for the offloads that it has, for reading frames until a deadline and writing
them, and for errors that say what to do.  Leaves to others: addresses of the kernel's side (`namespace`), the loop
(`drive`), what a virtio header means (`vnet`).
"""

from __future__ import annotations

import errno
import fcntl
import getpass
import os
import select
import sys
import time
from collections.abc import Callable
from struct import Struct
from typing import Final, final

from synfin.device.base import ETHERNET_HEADER, ETHERNET_LAYER, IP_LAYER, Device, split
from synfin.device.rtnetlink import Rtnetlink
from synfin.device.vnet import HEADER_OCTETS, NO_OFFLOAD, parse_virtio, virtio_header
from synfin.errors import UsageError
from synfin.mypyc import own_caches
from synfin.wire.frame import Frame

TUN_PATH = "/dev/net/tun"  # not Final: tests put another in its place, which a compiled constant would ignore

_TUNSETIFF: Final = 0x400454CA
_TUNSETOFFLOAD: Final = 0x400454D0
_TUNSETVNETHDRSZ: Final = 0x400454D8
_IFF_TUN: Final = 0x0001
_IFF_TAP: Final = 0x0002
_IFF_NO_PI: Final = 0x1000
_IFF_MULTI_QUEUE: Final = 0x0100
_IFF_VNET_HDR: Final = 0x4000
_OFFLOAD_CHECKSUM: Final = 0x01  # TUN_F_CSUM, without which there are no others
_OFFLOAD_TSO: Final = 0x02 | 0x04  # TUN_F_TSO4, TUN_F_TSO6
_OFFLOAD_ECN: Final = 0x08  # TUN_F_TSO_ECN
_OFFLOAD_USO: Final = 0x20 | 0x40  # TUN_F_USO4, TUN_F_USO6: Linux 6.2
# From the most that is wanted down to nothing: a kernel refuses a whole set for one flag that it does not know.
_OFFLOADS: Final = (
    _OFFLOAD_CHECKSUM | _OFFLOAD_TSO | _OFFLOAD_ECN | _OFFLOAD_USO,
    _OFFLOAD_CHECKSUM | _OFFLOAD_TSO | _OFFLOAD_ECN,
    _OFFLOAD_CHECKSUM | _OFFLOAD_TSO,
    _OFFLOAD_CHECKSUM,
    0,
)
_IFREQ: Final = Struct("16sH22x")
_NAME_LIMIT: Final = 15
_READ_SIZE: Final = HEADER_OCTETS + 65_535 + ETHERNET_HEADER + 4  # the largest IP packet, in Ethernet with a VLAN tag
_JOINED: Final = 4_096
_MILLISECOND: Final = 1_000_000

# The frame is lost, the device is not: queue full, interface down, a packet the kernel's checks refuse.
_LOST: Final = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM, errno.EIO, errno.EINVAL, errno.EMSGSIZE})


@final
class Tun(Device):
    """Opens (or creates) interface `name`; an empty name or one with `%d` lets the kernel choose.

    `layer` is 3 for TUN, 2 for TAP.  With `offload`, super-segments of up to 64 KiB and partial checksums go both ways
    as far as the kernel has it: `offload` then tells whether it does, `offloads` which (TUN_F_ bits).  `malformed`
    counts received frames whose virtio header made no sense; they are dropped.  `multi_queue` opens one queue of
    several; all of them must ask for it.  `clock` gives the ns that `read` is told to wait until.  The device goes away
    when it is closed, unless it was made persistent by `ip tuntap`.  Raises `UsageError` for a name that cannot be and
    `OSError` with a text that names the remedy: ENOENT (no /dev/net/tun), EPERM or EACCES (privilege), EBUSY (another
    program holds the device), EINVAL (the name belongs to an interface of another kind).
    """

    def __init__(
        self,
        name: str = "synfin%d",
        *,
        layer: int = IP_LAYER,
        offload: bool = True,
        multi_queue: bool = False,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        if layer not in (ETHERNET_LAYER, IP_LAYER):
            raise UsageError(f"layer is {layer}; it must be 2 (TAP) or 3 (TUN)")
        check_name(name)
        self.malformed = 0
        self._fd = -1
        self.name, self._fd, self.virtio = _open(name, layer, offload, multi_queue)
        self.offloads = _set_offloads(self._fd, self.virtio)
        self._clock = clock
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        super().__init__(self.interface_mtu(), layer, self.offloads & _OFFLOAD_TSO != 0)

    def interface_mtu(self) -> int:
        """The MTU that the interface has now."""
        with Rtnetlink() as netlink:
            link = netlink.link(self.name)
        if link is None:
            raise OSError(errno.ENODEV, f"interface {self.name} is gone")
        return link.mtu

    def fileno(self) -> int:
        """The descriptor to poll for frames."""
        return self._fd

    def read(self, until: int | None) -> Frame | None:
        """The next frame, waiting until `until` at most; raises `OSError` when the interface was deleted."""
        while True:
            try:
                data = os.read(self._fd, _READ_SIZE)
            except BlockingIOError:
                pass
            else:
                if not self.virtio:
                    return Frame(data)
                frame = parse_virtio(data)
                if frame is not None:
                    return frame
                self.malformed += 1
                continue
            timeout = None
            if until is not None:
                left = until - self._clock()
                if left <= 0:
                    return None
                timeout = -(-left // _MILLISECOND)  # rounded up: never before the deadline
            self._poll.poll(timeout)

    def write(self, frame: Frame) -> None:
        """Hand a frame to the kernel; what the kernel does not take is lost and counted in `dropped`."""
        if self.offload:
            if frame.at:
                frame.flatten()
            header = virtio_header(frame, self.layer)
            if header is not None:
                self._write(header + frame.raw, frame.text)
                return
        for piece in split(frame, self.layer):
            self._write(NO_OFFLOAD + piece.raw if self.virtio else piece.raw, piece.text)

    def _write(self, data: bytes, text: bytes) -> None:
        try:
            if len(text) > _JOINED:  # a vector saves the copy, but costs more than copying little
                os.writev(self._fd, (data, text))
            else:
                os.write(self._fd, data + text)
        except OSError as error:
            if error.errno not in _LOST:
                raise
            self.dropped += 1

    def close(self) -> None:
        """Close the descriptor; the kernel removes an interface that is not persistent."""
        if self._fd >= 0:
            self._poll.unregister(self._fd)
            os.close(self._fd)
            self._fd = -1


def check_name(name: str) -> None:
    """Raise `UsageError` for what Linux does not take as the name of an interface."""
    if len(name.encode()) > _NAME_LIMIT:
        raise UsageError(f"{name!r} is no interface name: at most {_NAME_LIMIT} octets are allowed")
    if name in (".", "..") or any(character in "/:" or character.isspace() for character in name):
        raise UsageError(f"{name!r} is no interface name: no white space, '/' or ':' is allowed")
    if "%" in name and (name.count("%") > 1 or "%d" not in name):
        raise UsageError(f"{name!r} is no interface name: '%' is allowed once, as '%d'")


def _open(name: str, layer: int, offload: bool, multi_queue: bool) -> tuple[str, int, bool]:
    """The name that the kernel settled on, the non-blocking descriptor, and whether frames have virtio headers."""
    try:
        fd = os.open(TUN_PATH, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        text = f"{TUN_PATH} is missing; run: sudo modprobe tun (in a container: docker run --device {TUN_PATH} ...)"
        raise FileNotFoundError(errno.ENOENT, text) from None
    except PermissionError as error:
        text = f"cannot open {TUN_PATH}: permission denied; run: sudo chmod 666 {TUN_PATH}"
        raise PermissionError(error.errno, text) from None
    except OSError as error:
        text = f"cannot open {TUN_PATH}: {error.strerror}; run: sudo modprobe tun"
        raise OSError(error.errno, text) from None
    kind = (_IFF_TUN if layer == IP_LAYER else _IFF_TAP) | _IFF_NO_PI
    if multi_queue:
        kind |= _IFF_MULTI_QUEUE
    try:
        answer = fcntl.ioctl(fd, _TUNSETIFF, _IFREQ.pack(name.encode(), kind | (_IFF_VNET_HDR if offload else 0)))
        if offload:
            fcntl.ioctl(fd, _TUNSETVNETHDRSZ, HEADER_OCTETS.to_bytes(4, sys.byteorder))
    except OSError as error:
        os.close(fd)
        raise _explained(error, name, layer) from None
    return answer[:16].rstrip(b"\0").decode(), fd, offload


def _set_offloads(fd: int, virtio: bool) -> int:
    """Ask for as many offloads as the kernel has; without virtio headers for none, whoever had the device before."""
    for flags in _OFFLOADS if virtio else (0,):
        try:
            fcntl.ioctl(fd, _TUNSETOFFLOAD, flags)
        except OSError:
            continue
        return flags
    return 0


def _explained(error: OSError, name: str, layer: int) -> OSError:
    """The kernel's refusal with what to do about it."""
    mode = "tun" if layer == IP_LAYER else "tap"
    shown = name if name and "%" not in name else "synfin0"
    if error.errno == errno.EPERM:
        text = (
            f"making interface {shown} needs the right CAP_NET_ADMIN; "
            f"run: sudo ip tuntap add dev {shown} mode {mode} user {_user()}"
        )
        return PermissionError(errno.EPERM, text)
    if error.errno == errno.EBUSY:
        return OSError(errno.EBUSY, f"interface {name} is held by another program; choose another name")
    if error.errno == errno.EINVAL:
        return OSError(errno.EINVAL, f"interface {name} exists and is no {mode} device; choose another name")
    return OSError(error.errno, f"cannot make interface {shown}: {error.strerror}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


own_caches(Device)  # with Tun among those below it
