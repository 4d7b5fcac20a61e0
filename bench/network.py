"""Runs one client of `clients` in a private network namespace, against synfin on a TUN device or against the kernel.

`python -m bench.network NAME PEER COUNT` prints the client's figures as JSON.  PEER is `synfin`, `synfin-no-offload` or
`kernel`.  Nothing leaves the namespace, which ends with the process.  MTU 1500; the kernel's own figure is over
loopback with the same MTU, where it has all of its offloads.
"""

from __future__ import annotations

import json
import os
import random
import resource
import socket
import sys
import threading
import time
from typing import Final

from bench.clients import CLIENTS, DISCARD, ECHO, SOURCE
from synfin.config import TcpConfig
from synfin.device.base import plug
from synfin.device.drive import Driver
from synfin.device.namespace import Prefix, configure, enter_private_namespace
from synfin.device.rtnetlink import Rtnetlink
from synfin.device.tun import Tun
from synfin.host import Host
from synfin.services.simple import Discard, Echo, Source
from synfin.wire.addresses import parse_prefix

KERNEL: Final = "10.77.0.1"
SYNFIN: Final = "10.77.0.2"
MTU: Final = 1_500
_BLOCK: Final = 1 << 18


def _client(name: str, address: str, count: int, result: int) -> None:
    """In a process of its own: run the client and write its figures, or what went wrong, to descriptor `result`."""
    try:
        answer: dict[str, object] = dict(CLIENTS[name][0](address, count))
    except OSError as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    os.write(result, json.dumps(answer).encode())
    os._exit(0)


def against_synfin(name: str, count: int, offload: bool) -> str:
    """synfin serves, the kernel is the client; returns the client's JSON."""
    enter_private_namespace()
    tun = Tun(offload=offload)
    with tun:
        configure(tun.name, [Prefix(*parse_prefix(f"{KERNEL}/24"))], mtu=MTU, quiet=True)
        tun.mtu = MTU
        host = Host("bench", rng=random.Random(1), tcp=TcpConfig(nodelay=True))
        plug(host, tun, tun.name, [f"{SYNFIN}/24"])
        with Driver(host, tun) as driver:
            now = driver.clock()
            for port, service in ((DISCARD, Discard()), (ECHO, Echo()), (SOURCE, Source())):
                host.listen(port, now, handler=service.accept)
            take, give = os.pipe()
            child = os.fork()
            if child == 0:
                _client(name, SYNFIN, count, give)
            os.close(give)
            answers: list[bytes] = []
            driver.watch(take, 1, lambda events, now: answers.append(os.read(take, 65_536)))
            driver.run(done=lambda: bool(answers))
            os.waitpid(child, 0)
            return answers[0].decode()


def _serve(end: socket.socket, port: int) -> None:
    """One accepted connection of the kernel's server."""
    with end:
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        buffer = bytearray(_BLOCK)
        try:
            if port == SOURCE:
                while True:
                    end.sendall(buffer)
            while count := end.recv_into(buffer):
                if port == ECHO:
                    end.sendall(memoryview(buffer)[:count])
        except OSError:
            return


def _accept(listener: socket.socket, port: int) -> None:
    while True:
        end, _ = listener.accept()
        if port == DISCARD:
            _serve(end, port)  # short or alone: a thread would only cost
        else:
            threading.Thread(target=_serve, args=(end, port), daemon=True).start()


def against_kernel(name: str, count: int) -> str:
    """The kernel on both sides, over loopback; returns the client's JSON."""
    enter_private_namespace()
    with Rtnetlink() as netlink:
        loopback = netlink.link("lo")
        if loopback is not None:
            netlink.set_link(loopback.ifindex, up=True, mtu=MTU)
    take, give = os.pipe()
    child = os.fork()
    if child == 0:
        for port in (DISCARD, ECHO, SOURCE):
            listener = socket.create_server(("127.0.0.1", port), backlog=512)
            threading.Thread(target=_accept, args=(listener, port), daemon=True).start()
        os.write(give, b"ready")
        while True:
            time.sleep(60)
    os.read(take, 5)
    client = os.fork()
    if client == 0:
        _client(name, "127.0.0.1", count, give)
    answer = os.read(take, 65_536).decode()
    os.waitpid(client, 0)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return answer


def main() -> None:
    """Run one measurement; see the module's docstring."""
    name, peer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(against_kernel(name, count) if peer == "kernel" else against_synfin(name, count, peer == "synfin"))


if __name__ == "__main__":
    main()
