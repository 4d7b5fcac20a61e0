"""A TUN or TAP device of the Linux kernel (Documentation/networking/tuntap.rst).

Responsible for opening `/dev/net/tun`, for reading frames until a deadline and writing them, and for errors that say
what to do.  Leaves to others: addresses of the kernel's side (`namespace`), the loop (`drive`), offloads (frames with
`mss` set are cut in software here).
"""

from __future__ import annotations

import errno
import fcntl
import getpass
import os
import select
import time
from collections.abc import Callable
from struct import Struct
from typing import Final, final

from synfin.device.base import ETHERNET_HEADER, ETHERNET_LAYER, IP_LAYER, Device, split
from synfin.device.rtnetlink import Rtnetlink
from synfin.errors import UsageError
from synfin.wire.frame import Frame

TUN_PATH: Final = "/dev/net/tun"

_TUNSETIFF: Final = 0x400454CA
_IFF_TUN: Final = 0x0001
_IFF_TAP: Final = 0x0002
_IFF_NO_PI: Final = 0x1000
_IFREQ: Final = Struct("16sH22x")
_NAME_LIMIT: Final = 15
_READ_SIZE: Final = 65_535 + ETHERNET_HEADER + 4  # the largest IP packet, in Ethernet with a VLAN tag
_MILLISECOND: Final = 1_000_000

# The frame is lost, the device is not: queue full, interface down, a packet the kernel's checks refuse.
_LOST: Final = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM, errno.EIO, errno.EINVAL, errno.EMSGSIZE})


@final
class Tun(Device):
    """Opens (or creates) interface `name`; an empty name or one with `%d` lets the kernel choose.

    `layer` is 3 for TUN, 2 for TAP.  `clock` gives the ns that `read` is told to wait until.  The device is removed
    when it is closed, unless it was made persistent by `ip tuntap`.  Raises `UsageError` for a name that cannot be and
    `OSError` with a text that names the remedy: ENOENT (no /dev/net/tun), EPERM or EACCES (privilege), EBUSY (another
    program holds the device), EINVAL (the name belongs to an interface of another kind).
    """

    def __init__(
        self, name: str = "synfin%d", *, layer: int = IP_LAYER, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        if layer not in (ETHERNET_LAYER, IP_LAYER):
            raise UsageError(f"layer is {layer}; it must be 2 (TAP) or 3 (TUN)")
        check_name(name)
        self.name, self._fd = _open(name, layer)
        self._clock = clock
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        super().__init__(self.interface_mtu(), layer)

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
                return Frame(os.read(self._fd, _READ_SIZE))
            except BlockingIOError:
                pass
            timeout = None
            if until is not None:
                left = until - self._clock()
                if left <= 0:
                    return None
                timeout = -(-left // _MILLISECOND)  # rounded up: never before the deadline
            self._poll.poll(timeout)

    def write(self, frame: Frame) -> None:
        """Hand a frame to the kernel; what the kernel does not take is lost and counted in `dropped`."""
        if frame.mss > 0:
            for piece in split(frame, self.layer):
                self._write(piece.data)
        else:
            self._write(frame.data)

    def _write(self, data: bytes) -> None:
        try:
            os.write(self._fd, data)
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


def _open(name: str, layer: int) -> tuple[str, int]:
    """The name that the kernel settled on and the non-blocking descriptor."""
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
    kind = _IFF_TUN if layer == IP_LAYER else _IFF_TAP
    try:
        answer = fcntl.ioctl(fd, _TUNSETIFF, _IFREQ.pack(name.encode(), kind | _IFF_NO_PI))
    except OSError as error:
        os.close(fd)
        raise _explained(error, name, layer) from None
    return answer[:16].rstrip(b"\0").decode(), fd


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
