"""Private network namespaces, and the kernel's side of a device: address, MTU, up (namespaces(7)).

Responsible for entering a namespace in which a TUN device may be made without being root, and for configuring an
interface through rtnetlink, which needs no program and no package.  Leaves the device itself to `tun`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import Final, NamedTuple

from synfin.device.rtnetlink import IFF_UP, Rtnetlink
from synfin.wire.addresses import Address, format_address

_CLONE_NEWUSER: Final = 0x1000_0000
_CLONE_NEWNET: Final = 0x4000_0000


class Prefix(NamedTuple):
    """An address with the length of its network's prefix, as `10.77.0.1/24` is written."""

    address: Address
    length: int

    def __str__(self) -> str:
        return f"{format_address(self.address)}/{self.length}"


def enter_private_namespace() -> None:
    """Move this process, which must have one thread only, into a new network namespace with `lo` up.

    A process that may do so takes only a network namespace, so that it keeps its rights over files; any other takes a
    user namespace as well and is root inside it (user_namespaces(7)).  Raises `OSError` whose `strerror` names the
    command that helps when the system allows neither.
    """
    try:
        _unshare(_CLONE_NEWNET)
    except PermissionError:
        _enter_user_and_network()
    with Rtnetlink() as netlink:
        loopback = netlink.link("lo")
        if loopback is not None:
            netlink.set_link(loopback.ifindex, up=True)


def _enter_user_and_network() -> None:
    user, group = os.geteuid(), os.getegid()
    try:
        _unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        # Without "deny" an ordinary user may not write its group map.
        _put("/proc/self/setgroups", "deny")
        _put("/proc/self/uid_map", f"0 {user} 1")
        _put("/proc/self/gid_map", f"0 {group} 1")
    except OSError as error:
        raise type(error)(error.errno, f"cannot make a private namespace: {error.strerror}; {_help(error)}") from None


def _help(error: OSError) -> str:
    """The command that lets an ordinary user make namespaces on this system."""
    for setting, value in (
        ("kernel.apparmor_restrict_unprivileged_userns", "0"),
        ("kernel.unprivileged_userns_clone", "1"),
    ):
        try:
            with open("/proc/sys/" + setting.replace(".", "/"), encoding="utf-8") as file:
                if file.read().strip() != value:
                    return f"run: sudo sysctl {setting}={value}"
        except OSError:
            continue
    if error.errno == errno.ENOSPC:
        return "run: sudo sysctl user.max_user_namespaces=10000"
    return "run the same command as root (sudo)"


def _put(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _unshare(flags: int) -> None:
    """unshare(2), which Python has as `os.unshare` only from 3.12 on."""
    native = getattr(os, "unshare", None)
    if native is not None:
        native(flags)
        return
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def configure(
    name: str,
    addresses: Sequence[Prefix],
    *,
    mtu: int | None = None,
    quiet: bool = False,
    foreign: Sequence[Address] = (),
) -> None:
    """Give the kernel's side of interface `name` its addresses and MTU, and bring it up.

    What is already so is left alone, so a device that root has prepared can be used without privilege.  `quiet`: no
    link-local IPv6 address and no router solicitation.  `foreign` are addresses of the stack behind the device, which
    the kernel must not hold itself.  Raises `OSError`: EADDRINUSE when the kernel holds one of them or has one of
    `addresses` elsewhere, EPERM with the command that helps, ENODEV when there is no such interface.
    """
    with Rtnetlink() as netlink:
        link = netlink.link(name)
        if link is None:
            raise OSError(errno.ENODEV, f"there is no interface {name}")
        held = netlink.addresses()
        names = {other.ifindex: other.name for other in netlink.links()}
        wanted = {prefix.address for prefix in addresses}
        for entry in held:
            elsewhere = entry.address in wanted and entry.ifindex != link.ifindex
            if entry.address in foreign or elsewhere:
                text = format_address(entry.address)
                raise OSError(errno.EADDRINUSE, f"{text} is in use by interface {names.get(entry.ifindex, '?')}")
        own = {Prefix(entry.address, entry.length) for entry in held if entry.ifindex == link.ifindex}
        missing = [prefix for prefix in addresses if prefix not in own]
        try:
            if mtu not in (None, link.mtu) or not link.flags & IFF_UP:
                if quiet:
                    netlink.set_quiet(link.ifindex)
                netlink.set_link(link.ifindex, up=True, mtu=mtu)
            for prefix in missing:
                netlink.add_address(link.ifindex, prefix.address, prefix.length)
        except PermissionError:
            raise PermissionError(errno.EPERM, _privilege_text(name, missing, mtu)) from None


def _privilege_text(name: str, missing: Sequence[Prefix], mtu: int | None) -> str:
    commands = [f"sudo ip address add {prefix} dev {name}" for prefix in missing]
    commands.append(f"sudo ip link set dev {name} up" + (f" mtu {mtu}" if mtu is not None else ""))
    return f"configuring {name} needs the right CAP_NET_ADMIN; run: {' && '.join(commands)}"
