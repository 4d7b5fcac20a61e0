"""The same stage on the kernel's sockets: two network namespaces joined by a veth pair, made for this process only.

Run as a program it plays the named scripts (all without a name) and prints what they have written, as JSON.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import select
import socket
import subprocess
import sys
import time
from typing import Any, Final

from synfin.device.namespace import enter_private_namespace
from tests.sockets.scripts import SCRIPTS, first_port
from tests.sockets.stage import ALL_BITS, NOBODY, Handle, Stage

CLONE_NEWNET: Final = 0x4000_0000
SAMPLES: Final = 3  # equal looks at the sockets, one after the other, that count as rest
PAUSE: Final = 0.000_7
LIBC: Final = ctypes.CDLL(None, use_errno=True)


class Namespaces:
    """A and B, with one veth end each."""

    def __init__(self) -> None:
        enter_private_namespace()
        self.files = {"A": os.open("/proc/self/ns/net", os.O_RDONLY)}
        self._check(LIBC.unshare(CLONE_NEWNET))
        self.files["B"] = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.enter("A")
        self.ip("link", "add", "v0", "type", "veth", "peer", "name", "v1")
        self.ip("link", "set", "v1", "netns", f"/proc/{os.getpid()}/fd/{self.files['B']}")
        for number, (host, device) in enumerate((("A", "v0"), ("B", "v1")), 1):
            self.enter(host)
            self.ip("link", "set", "lo", "up")
            self.ip("link", "set", device, "up")
            self.ip("addr", "add", f"10.0.0.{number}/24", "dev", device)
            self.ip("addr", "add", f"fd00::{number}/64", "dev", device, "nodad")
            for address in NOBODY.values():
                self.ip("neigh", "add", address, "lladdr", "02:00:00:00:00:09", "dev", device, "nud", "permanent")
            with open("/proc/sys/net/ipv4/tcp_fastopen", "w", encoding="ascii") as file:
                file.write("3")
            with open("/proc/sys/net/ipv4/tcp_syncookies", "w", encoding="ascii") as file:
                file.write("0")

    def enter(self, host: str) -> None:
        self._check(LIBC.setns(self.files[host], CLONE_NEWNET))

    def ip(self, *arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True, timeout=20)

    def _check(self, result: int) -> None:
        if result != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


class KernelSocket:
    """A non-blocking socket with our sockets' calls."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def recv(self, limit: int, flags: int = 0) -> bytes:
        if limit:
            return self.sock.recv(limit, flags)
        if LIBC.recv(self.sock.fileno(), bytes(1), 0, flags) < 0:  # Python itself does not ask the kernel
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return b""

    def accept(self) -> tuple[Any, Any]:
        child, address = self.sock.accept()
        return KernelSocket(child), address

    def sendto(self, data: bytes, address: Any, flags: int = 0) -> int:
        return self.sock.sendto(data, flags, address)

    def sendmsg(self, buffers: list[bytes], ancillary: Any = (), flags: int = 0, address: Any = None) -> int:
        return self.sock.sendmsg(buffers, ancillary, flags, address)

    def recvmsg(self, limit: int, ancillary: int = 0, flags: int = 0) -> Any:
        return self.sock.recvmsg(limit, ancillary, flags)

    def disconnect(self) -> None:
        if LIBC.connect(self.sock.fileno(), bytes(28), 28) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def ioctl(self, request: int) -> int:
        return int.from_bytes(fcntl.ioctl(self.sock.fileno(), request, bytes(4)), "little", signed=True)

    def poll(self, events: int) -> int:
        poller = select.poll()
        poller.register(self.sock.fileno(), events)
        return dict(poller.poll(0)).get(self.sock.fileno(), 0)

    def state(self) -> Any:
        """What changes while segments are under way."""
        if self.sock.type != socket.SOCK_STREAM:
            return self.poll(ALL_BITS)
        info = self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        return self.poll(ALL_BITS), info[0], info[24:28], info[120:128], info[136:144]


class KernelEpoll:
    """The kernel's epoll."""

    def __init__(self) -> None:
        self.epoll = select.epoll()
        self.handles: dict[int, Handle] = {}

    def add(self, handle: Handle, events: int) -> None:
        self.epoll.register(handle.thing.fileno(), events)
        self.handles[handle.thing.fileno()] = handle

    def modify(self, handle: Handle, events: int) -> None:
        self.epoll.modify(handle.thing.fileno(), events)

    def delete(self, handle: Handle) -> None:
        self.epoll.unregister(handle.thing.fileno())

    def wait(self, most: int = 100) -> list[tuple[Handle, int]]:
        return [(self.handles[fd], bits) for fd, bits in self.epoll.poll(0, most)]


class KernelStage(Stage):
    """The kernel's sockets in two namespaces, in real time."""

    def __init__(self, first_port: int, namespaces: Namespaces) -> None:
        super().__init__(first_port)
        self.namespaces = namespaces
        for host in "AB":
            namespaces.enter(host)
            namespaces.ip("tcp_metrics", "flush", "all")  # fast-open cookies

    def make(self, host: str, family: int, kind: int) -> KernelSocket:
        self.namespaces.enter(host)
        return KernelSocket(socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, kind))

    def make_epoll(self) -> KernelEpoll:
        return KernelEpoll()

    def rest(self) -> None:
        """Until nothing changes any more: the kernel's time is real, and nothing tells when its sockets are at rest."""
        before: Any = None
        same = 0
        while same < SAMPLES:
            time.sleep(PAUSE)
            now = [handle.thing.state() for handle in self.sockets if handle.open]
            same = same + 1 if now == before else 0
            before = now

    def wait(self, ms: int) -> None:
        """The kernel's timers run in real time; on the stack the same step moves virtual time."""
        time.sleep(ms / 1000)


def main(names: list[str]) -> None:
    """Play and print."""
    namespaces = Namespaces()
    written: dict[str, list[str]] = {}
    for name, script in SCRIPTS.items():
        if names and name not in names:
            continue
        stage = KernelStage(first_port(name), namespaces)
        script(stage)
        stage.close()
        written[name] = stage.lines
    print(json.dumps(written, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
