"""Networks to measure in: for each stack a server behind an address, in private namespaces.

Responsible for bringing up one `Setup` and for taking it down again, with every process ended by its id.
`place(setup)` must be called in a namespace of its own, which ends with the process (`session` sees to it).  Nothing
here touches the machine's own interfaces.

| peer                | client                        | server                                            |
|---------------------|-------------------------------|---------------------------------------------------|
| synfin, lwIP, gVisor plain | this namespace, `bench0` | a process that holds the TUN device `bench0`     |
| gVisor offload      | this namespace, `bench0`      | a packet socket on `bench1`, the pair's other end |
| PyTCP               | this namespace, `tun0`        | its daemon, which holds the TUN device `tun0`     |
| kernel              | this namespace, `bench0`      | a second namespace, `bench1`                      |
| slirp4netns, pasta  | a second namespace, their TAP | this namespace's kernel, on the loopback          |
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from bench import tools
from bench.setups import Setup
from synfin.device.namespace import Prefix, configure
from synfin.wire.addresses import parse_prefix

NEAR: Final = "10.77.0.1"  # the client's
FAR: Final = "10.77.0.2"  # the server's
EXTRA: Final = tuple(f"10.77.0.{number}" for number in range(101, 109))  # the client's for many connections
_OUTER: Final = ("10.99.0.2", "10.99.0.1")  # pasta wants an interface with an address and a gateway
_DEVICE: Final = "bench0"
_OTHER: Final = "bench1"
_NOTHING: Final = ("sh", "-c", "echo ready; exec sleep 3600")
_READY: Final = 30.0  # seconds that a server gets to come up

_SIOCETHTOOL: Final = 0x8946
# linux/ethtool.h: scatter-gather last on the way up and first on the way down takes segmentation with it.
_OFFLOADS: Final = {"rx": 0x15, "tx": 0x17, "sg": 0x19, "tso": 0x1F, "gso": 0x24, "gro": 0x2C}

_SETTINGS: Final = {
    "net/ipv4/ip_local_port_range": "1024 65000",
    "net/ipv4/tcp_max_tw_buckets": "0",  # the client keeps no TIME_WAIT, so that it never runs out of ports
    "net/ipv4/tcp_no_metrics_save": "1",
    "net/core/somaxconn": "4096",
    "net/ipv4/tcp_max_syn_backlog": "4096",
}


class Place:
    """A server that is up: where it is, how a client gets there, and which processes it consists of."""

    def __init__(self, address: str, processes: Sequence[int], prefix: Sequence[str] = ()) -> None:
        self.address = address
        self.processes = tuple(processes)
        self.prefix = list(prefix)


@contextmanager
def place(setup: Setup) -> Iterator[Place]:
    """Bring `setup` up, and take it down at the end.  Raises `OSError` or `RuntimeError` when it does not come up."""
    makers = {
        "synfin": _synfin,
        "kernel": _kernel,
        "gvisor": _gvisor,
        "lwip": _lwip,
        "slirp4netns": _slirp4netns,
        "pasta": _pasta,
        "pytcp": _pytcp,
    }
    with ExitStack() as stack:
        _apply_settings()
        yield makers[setup.peer](setup, stack)


def _synfin(setup: Setup, stack: ExitStack) -> Place:
    command = [sys.executable, "-m", "bench.serve", _DEVICE, "--workers", str(setup.workers)]
    if setup.offload:
        command.append("--offload")
    server = start(stack, command, ready=True, env=tools.environment_for(setup.compiled))
    _near(_DEVICE, setup.mtu)
    return Place(FAR, [server.pid])


def _lwip(setup: Setup, stack: ExitStack) -> Place:
    server = start(stack, [str(tools.lwip()), _DEVICE, FAR, "255.255.255.0"], ready=True)
    _near(_DEVICE, setup.mtu)
    return Place(FAR, [server.pid])


def _gvisor(setup: Setup, stack: ExitStack) -> Place:
    program = str(tools.gvisor())
    if not setup.offload:
        server = start(stack, [program, "tun", _DEVICE, FAR, "-"], ready=True)
        _near(_DEVICE, setup.mtu)
        return Place(FAR, [server.pid])
    _pair()
    _run("ip", "link", "set", _OTHER, "up")
    _near(_DEVICE, setup.mtu)
    server = start(stack, [program, "packet", _OTHER, FAR, _mac(_OTHER)], ready=True)
    return Place(FAR, [server.pid])


def _pytcp(setup: Setup, stack: ExitStack) -> Place:
    device = "tun0"  # it goes by the name
    _run("ip", "tuntap", "add", "dev", device, "mode", "tun")
    _near(device, setup.mtu)
    script = tools.HERE / "peers" / "pytcp" / "server.py"
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-pytcp-"))
    server = start(stack, [str(tools.pytcp()), str(script), device, f"{FAR}/24", folder], ready=True)
    return Place(FAR, [server.pid])


def _kernel(setup: Setup, stack: ExitStack) -> Place:
    program = str(tools.kernel())
    second = _second_namespace(stack)
    _pair()
    for end in (_DEVICE, _OTHER):
        set_offloads(end, setup.offload)
    _run("ip", "link", "set", _OTHER, "netns", str(second))
    inside = _inside(second)
    _run(*inside, "ip", "link", "set", "lo", "up")
    _run(*inside, "ip", "address", "add", f"{FAR}/24", "dev", _OTHER)
    _run(*inside, "ip", "link", "set", _OTHER, "up")
    _near(_DEVICE, setup.mtu)
    _apply_settings(inside)
    server = start(stack, [*inside, program, FAR], ready=True)
    return Place(FAR, [server.pid])


def _slirp4netns(setup: Setup, stack: ExitStack) -> Place:
    second = _second_namespace(stack)
    start(stack, [str(tools.kernel()), "127.0.0.1"], ready=True)
    command = [str(tools.slirp4netns()), "--configure", f"--mtu={setup.mtu}", str(second), _DEVICE]
    relay = start(stack, command)
    return _behind(relay, second, "10.0.2.2")


def _pasta(setup: Setup, stack: ExitStack) -> Place:
    address, gateway = _OUTER
    _run("ip", "link", "add", "outer", "type", "veth", "peer", "name", "outer1")
    _run("ip", "address", "add", f"{address}/24", "dev", "outer")
    _run("ip", "link", "set", "outer1", "up")
    _run("ip", "link", "set", "outer", "up")
    _run("ip", "route", "add", "default", "via", gateway)
    start(stack, [str(tools.kernel()), "127.0.0.1"], ready=True)
    command = [str(tools.pasta()), "--foreground", "--quiet", "--config-net", "--ipv4-only", "--mtu", str(setup.mtu)]
    command += ["--ns-ifname", _DEVICE, "-t", "none", "-u", "none", "-T", "none", "-U", "none"]
    if os.geteuid() == 0:
        command += ["--runas", "0:0"]
    # It makes the second namespace itself, and ends with the command in it.
    relay = start(stack, [*command, "--", *_NOTHING], ready=True)
    (second,) = descendants(relay.pid)
    return _behind(relay, second, gateway)


def _behind(relay: subprocess.Popen[str], second: int, address: str) -> Place:
    """A place behind a relay, once its device is configured in the second namespace."""
    inside = _inside(second)
    _apply_settings(inside)
    limit = time.monotonic() + _READY
    while time.monotonic() < limit:
        if relay.poll() is not None:
            raise RuntimeError(f"{relay.args!r} ended: {relay.stderr.read() if relay.stderr else ''}")
        shown = subprocess.run([*inside, "ip", "route", "get", address], capture_output=True, text=True, check=False)
        if f"dev {_DEVICE}" in shown.stdout:
            return Place(address, [relay.pid], inside)
        select.select([], [], [], 0.02)
    raise RuntimeError(f"{relay.args!r} did not configure {_DEVICE}")


def start(
    stack: ExitStack, command: Sequence[str], *, ready: bool = False, env: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a process that ends with `stack` (and with us); `ready`: wait until it has said so."""
    process = subprocess.Popen(
        list(command),
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_end_with_parent,  # noqa: PLW1509  # there is one thread only
    )
    stack.callback(_end, process)
    if ready:
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], _READY)
        line = process.stdout.readline() if readable else ""
        if line.strip() != "ready":
            process.kill()
            assert process.stderr is not None
            raise RuntimeError(f"{command[0]} did not come up: {line}{process.stderr.read()[-800:]}")
    return process


def _end_with_parent() -> None:
    """PR_SET_PDEATHSIG (prctl(2)): whatever happens to us, no server stays."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and what it has started."""
    for pid in [*descendants(process.pid), process.pid]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def descendants(pid: int) -> list[int]:
    """The processes below `pid`, the youngest first."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[1]
                )
    found: list[int] = []
    level = [pid]
    while level:
        level = [child for child, parent in parents.items() if parent in level]
        found = [*level, *found]
    return found


def _second_namespace(stack: ExitStack) -> int:
    """A process that does nothing in a network namespace of its own."""
    process = start(stack, ["unshare", "--net", *_NOTHING], ready=True)
    return process.pid


def _inside(pid: int) -> list[str]:
    return ["nsenter", f"--net=/proc/{pid}/ns/net", "--"]


def _pair() -> None:
    _run("ip", "link", "add", _DEVICE, "type", "veth", "peer", "name", _OTHER)


def _near(device: str, mtu: int) -> None:
    """The client's side of `device`."""
    addresses = [Prefix(*parse_prefix(f"{address}/24")) for address in (NEAR, *EXTRA)]
    configure(device, addresses, mtu=mtu, quiet=True)


def _apply_settings(inside: Sequence[str] = ()) -> None:
    """sysctls of the namespace; what an ordinary user may not set there stays as it is."""
    lines = "; ".join(f"echo {value} > /proc/sys/{name}" for name, value in _SETTINGS.items())
    subprocess.run([*inside, "sh", "-c", lines], stderr=subprocess.DEVNULL, check=False)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


def set_offloads(device: str, on: bool) -> None:
    """Checksums, segmentation and coalescing in the device, all on or all off (SIOCETHTOOL, as ethtool -K)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        for command in _OFFLOADS.values():
            value = ctypes.create_string_buffer(struct.pack("=II", command, int(on)))
            request = struct.pack("16sP8x", device.encode(), ctypes.addressof(value))
            with suppress(OSError):  # one that the device cannot change
                fcntl.ioctl(end, _SIOCETHTOOL, request)


def _mac(device: str) -> str:
    """The hardware address (SIOCGIFHWADDR); /sys shows the interfaces of another namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        answer = fcntl.ioctl(end, 0x8927, struct.pack("16s24x", device.encode()))
    return answer[18:24].hex(":")
