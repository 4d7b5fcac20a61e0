"""TUN and TAP devices, private namespaces and rtnetlink, each in a process and a namespace of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from synfin.device.tun import check_name
from synfin.errors import UsageError
from tests.interop.harness import environment, require_namespace

PRELUDE = """
import errno, json, os, socket, subprocess, sys, time
from synfin.device.namespace import Prefix, configure, enter_private_namespace
from synfin.device.rtnetlink import Rtnetlink
from synfin.device.tun import Tun
from synfin.errors import UsageError
from synfin.wire.addresses import parse_address, parse_prefix
from synfin.wire.frame import Frame

def prefixes(*texts):
    return [Prefix(*parse_prefix(text)) for text in texts]

def refusal(call):
    try:
        call()
    except OSError as error:
        return [errno.errorcode[error.errno], error.strerror]
    return []
"""


def in_namespace(body: str, enter: bool = True) -> Any:
    """The JSON that `body` prints, run in a fresh process, inside a private namespace."""
    require_namespace()
    code = PRELUDE + ("enter_private_namespace()\n" if enter else "") + body
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["a" * 16, "a b", "a/b", "a:b", ".", "..", "a%d%d", "a%s", "ééééééééé"])
def test_names_that_linux_does_not_take(name: str) -> None:
    with pytest.raises(UsageError, match="no interface name"):
        check_name(name)


@pytest.mark.parametrize("name", ["tun0", "a" * 15, "synfin%d", "é"])
def test_names_that_linux_takes(name: str) -> None:
    check_name(name)


@pytest.mark.interop
def test_a_frame_comes_out_of_the_kernel_and_goes_back_in() -> None:
    seen = in_namespace(
        """
tun = Tun(offload=False)
configure(tun.name, prefixes("10.77.0.1/24"), quiet=True)
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(("10.77.0.1", 4000))
sender.sendto(b"hello", ("10.77.0.2", 5000))
data = tun.read(None).data
answer = bytearray(data)
answer[12:16], answer[16:20] = data[16:20], data[12:16]
answer[20:22], answer[22:24] = data[22:24], data[20:22]
tun.write(Frame(bytes(answer)))  # the checksums do not mind the exchange
sender.settimeout(20)
print(json.dumps([data[0], data[28:].decode(), sender.recvfrom(100)[1], tun.layer, tun.mtu, tun.name]))
"""
    )
    assert seen == [0x45, "hello", ["10.77.0.2", 5000], 3, 1500, "synfin0"]


@pytest.mark.interop
def test_reading_ends_at_the_deadline_and_not_before() -> None:
    waited, at_once = in_namespace(
        """
tun = Tun()
start = time.monotonic_ns()
assert tun.read(start + 20_000_000) is None
waited = time.monotonic_ns() - start
assert tun.read(0) is None
assert tun.read(time.monotonic_ns()) is None
print(json.dumps([waited, True]))
"""
    )
    assert waited >= 20_000_000
    assert at_once


@pytest.mark.interop
def test_what_the_kernel_does_not_take_is_lost_and_counted() -> None:
    assert in_namespace(
        """
tun = Tun()
tun.write(Frame(bytes(40)))  # the interface is down
down = tun.dropped
configure(tun.name, prefixes("10.77.0.1/24"), quiet=True)
tun.write(Frame(b"\\x00"))   # neither IPv4 nor IPv6
print(json.dumps([down, tun.dropped]))
"""
    ) == [1, 2]


@pytest.mark.interop
def test_a_deleted_interface_ends_the_reading() -> None:
    assert in_namespace(
        """
tun = Tun()
subprocess.run(["ip", "link", "delete", tun.name], check=True)
print(json.dumps(refusal(lambda: tun.read(None))))
"""
    )[0] in ("EBADFD", "EIO")


@pytest.mark.interop
def test_a_tap_device_carries_ethernet() -> None:
    first, layer = in_namespace(
        """
tap = Tun("tap%d", layer=2)
configure(tap.name, prefixes("10.77.0.1/24"), quiet=True)
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("10.77.0.2", 5000))
while (data := tap.read(None).data)[12:14] != b"\\x08\\x06":
    pass
print(json.dumps([data[:6].hex(), tap.layer]))
"""
    )
    assert (first, layer) == ("ffffffffffff", 2)  # ARP asks everybody


@pytest.mark.interop
def test_refusals_say_what_to_do() -> None:
    held, kind, missing = in_namespace(
        """
tun = Tun("mine")
print(json.dumps([refusal(lambda: Tun("mine")), refusal(lambda: Tun("lo")), refusal(lambda: configure("none", []))]))
"""
    )
    assert held == ["EBUSY", "interface mine is held by another program; choose another name"]
    assert kind == ["EINVAL", "interface lo exists and is no tun device; choose another name"]
    assert missing == ["ENODEV", "there is no interface none"]


@pytest.mark.interop
def test_configuring_twice_changes_nothing_and_both_families_work() -> None:
    mtu, flags, own = in_namespace(
        """
tun = Tun()
for _ in range(2):
    configure(tun.name, prefixes("10.77.0.1/24", "fd77::1/64"), mtu=1400, quiet=True)
with Rtnetlink() as netlink:
    link = netlink.link(tun.name)
    own = [str(Prefix(a.address, a.length)) for a in netlink.addresses() if a.ifindex == link.ifindex]
print(json.dumps([link.mtu, link.flags & 1, own]))
"""
    )
    assert (mtu, flags) == (1400, 1)
    assert own == ["10.77.0.1/24", "fd77::1/64"]  # and no link-local one


@pytest.mark.interop
def test_addresses_of_others_are_not_taken() -> None:
    ours, theirs = in_namespace(
        """
one, two = Tun("one"), Tun("two")
configure("one", prefixes("10.77.0.1/24"), quiet=True)
print(json.dumps([
    refusal(lambda: configure("two", prefixes("10.77.0.1/24"))),
    refusal(lambda: configure("two", [], foreign=[parse_address("10.77.0.1")])),
]))
"""
    )
    assert ours == theirs == ["EADDRINUSE", "10.77.0.1 is in use by interface one"]


@pytest.mark.interop
def test_routes_lead_out_of_a_device() -> None:
    assert in_namespace(
        """
tun = Tun()
configure(tun.name, prefixes("10.77.0.1/24", "fd77::1/64"), quiet=True)
with Rtnetlink() as netlink:
    index = netlink.link(tun.name).ifindex
    netlink.add_route(parse_address("0.0.0.0"), 0, index, via=parse_address("10.77.0.2"))
    netlink.add_route(parse_address("fd99::"), 64, index)
    again = refusal(lambda: netlink.add_route(parse_address("fd99::"), 64, index))
kinds = []
for family, target in ((socket.AF_INET, "192.0.2.9"), (socket.AF_INET6, "fd99::9")):
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", (target, 9))
    kinds.append(tun.read(time.monotonic_ns() + 20_000_000_000).data[0] >> 4)
print(json.dumps([kinds, again[0]]))
"""
    ) == [[4, 6], "EEXIST"]


@pytest.mark.interop
def test_the_namespace_is_new_and_nothing_but_loopback_is_in_it() -> None:
    inside, names, answered = in_namespace(
        """
with Rtnetlink() as netlink:
    names = [link.name for link in netlink.links()]
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
    answered = True
print(json.dumps([os.readlink("/proc/self/ns/net"), names, answered]))
"""
    )
    assert inside != os.readlink("/proc/self/ns/net")
    assert names == ["lo"]
    assert answered


@pytest.mark.interop
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_is_root_in_the_namespace_or_learns_the_command() -> None:
    user, mapped, device, outside = in_namespace(
        """
import getpass, ctypes, random, select  # whatever the user may not be allowed to read later
os.setgid(65534); os.setuid(65534)
ctypes.CDLL(None).prctl(4, 1)  # PR_SET_DUMPABLE, as for a process that a user starts: /proc/self is his
outside = refusal(lambda: Tun())
enter_private_namespace()
print(json.dumps([os.geteuid(), open("/proc/self/uid_map").read().split(), refusal(lambda: Tun()), outside]))
""",
        enter=False,
    )
    assert user == 0
    assert mapped == ["0", "65534", "1"]
    if device:  # /dev/net/tun is not for everybody here
        assert device == ["EACCES", "cannot open /dev/net/tun: permission denied; run: sudo chmod 666 /dev/net/tun"]
        assert outside == device
    else:
        assert outside[0] == "EPERM"
        assert "run: sudo ip tuntap add dev synfin0 mode tun user" in outside[1]


@pytest.mark.interop
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_who_may_not_configure_learns_the_commands() -> None:
    refused = in_namespace(
        """
tun = Tun("mine")
os.setgid(65534); os.setuid(65534)
print(json.dumps(refusal(lambda: configure("mine", prefixes("10.77.0.1/24"), mtu=1400))))
"""
    )
    assert refused == [
        "EPERM",
        (
            "configuring mine needs the right CAP_NET_ADMIN; "
            "run: sudo ip address add 10.77.0.1/24 dev mine && sudo ip link set dev mine up mtu 1400"
        ),
    ]


@pytest.mark.interop
def test_a_missing_device_file_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    from synfin.device import tun

    monkeypatch.setattr(tun, "TUN_PATH", "/does/not/exist")
    with pytest.raises(FileNotFoundError, match="run: sudo modprobe tun"):
        tun.Tun()
