"""A lossy way between the kernel and the stack: a relay between two TUN devices, and a router behind it.

    kernel's sockets - TUN `a` - relay - TUN `b` - a kernel that forwards - TUN `c` - the stack

The sockets live in one network namespace, the router in another.  The relay is a process that copies packets from `a`
to `b` and back and loses some of them, by the throw of a seeded generator.
"""

from __future__ import annotations

import ctypes
import os
import random
import select
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

from synfin.device.base import Device, split
from synfin.device.namespace import Prefix, configure, enter_private_namespace
from synfin.device.rtnetlink import Rtnetlink
from synfin.device.tun import Tun
from synfin.lab.cable import CE, ecn_of, with_ecn
from synfin.wire.addresses import Address, parse_address, parse_prefix
from synfin.wire.frame import Frame

CLIENT: Final = {4: "10.78.0.1", 6: "fd78::1"}
ROUTER: Final = {4: "10.78.0.2", 6: "fd78::2"}
GATEWAY: Final = {4: "10.79.0.1", 6: "fd79::1"}
BEHIND: Final = {4: "10.79.0.2", 6: "fd79::2"}
LENGTH: Final = {4: 24, 6: 64}
_CLONE_NEWNET: Final = 0x4000_0000
_PR_SET_PDEATHSIG: Final = 1


class RoutedLink:
    """Both namespaces, the relay, and `tun`, the stack's device; this process ends up in the router's namespace."""

    def __init__(self, loss: float, seed: int) -> None:
        enter_private_namespace()
        near = self._device("a", CLIENT)
        with Rtnetlink() as netlink:
            link = netlink.link("a")
            assert link is not None
            for family, anywhere in ((4, bytes(4)), (6, bytes(16))):
                via = parse_address(ROUTER[family])
                netlink.add_route(Address(anywhere), 0, link.ifindex, via=via)
        self._sockets_namespace = os.open("/proc/self/ns/net", os.O_RDONLY)
        _call("unshare", _CLONE_NEWNET)
        far = self._device("b", ROUTER)
        self.tun = self._device("c", GATEWAY)
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        Path("/proc/sys/net/ipv6/conf/all/forwarding").write_text("1")
        self._relay = os.fork()
        if self._relay == 0:
            _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL)  # however this process ends, the relay ends too
            relay(near, far, loss, seed)
        near.close()
        far.close()

    def _device(self, name: str, addresses: dict[int, str]) -> Tun:
        tun = Tun(name, offload=False)
        prefixes = [Prefix(*parse_prefix(f"{text}/{LENGTH[family]}")) for family, text in addresses.items()]
        configure(name, prefixes, quiet=True)
        return tun

    def enter_sockets_namespace(self) -> None:
        """For the process with the kernel's sockets."""
        _call("setns", self._sockets_namespace, _CLONE_NEWNET)

    def close(self) -> None:
        """End the relay."""
        os.kill(self._relay, signal.SIGKILL)
        os.waitpid(self._relay, 0)


class Marking(Device):
    """A device behind a congested router: it marks `share` of the packets that may be marked, both ways (RFC 3168)."""

    def __init__(self, inner: Device, share: float, seed: int) -> None:
        super().__init__(inner.mtu, inner.layer, offload=False)
        self._inner = inner
        self._share = share
        self._rng = random.Random(seed)
        self.marked = 0

    def _pass(self, frame: Frame) -> Frame:
        if ecn_of(frame.data) in (1, 2) and self._rng.random() < self._share:
            self.marked += 1
            return Frame(with_ecn(frame.data, CE), frame.mss, frame.note, frame.interface)
        return frame

    def read(self, until: int | None) -> Frame | None:
        """What comes from the kernel."""
        frame = self._inner.read(until)
        return None if frame is None else self._pass(frame)

    def write(self, frame: Frame) -> None:
        """What goes to it, cut into packets."""
        for piece in split(frame):
            self._inner.write(self._pass(piece))

    def close(self) -> None:
        """Close the device behind."""
        self._inner.close()

    def fileno(self) -> int:
        """Of the device behind."""
        return self._inner.fileno()


def relay(near: Tun, far: Tun, loss: float, seed: int) -> None:
    """Copy packets both ways for ever, losing some."""
    rng = random.Random(seed)
    poll = select.poll()
    for tun in (near, far):
        poll.register(tun.fileno(), select.POLLIN)
    other = {near.fileno(): (near, far), far.fileno(): (far, near)}
    while True:
        for descriptor, _ in poll.poll():
            source, target = other[descriptor]
            while (frame := source.read(0)) is not None:
                if rng.random() >= loss:
                    target.write(frame)


def _call(name: str, *arguments: int) -> None:
    """A system call that Python has only from 3.12 on."""
    library = ctypes.CDLL(None, use_errno=True)
    function: Callable[..., int] = getattr(library, name)
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
