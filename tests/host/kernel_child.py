"""Runs in a private network namespace: a host on a TAP device, and the kernel as its neighbour.  Prints JSON."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable
from random import Random
from typing import Any

from synfin.device.drive import Driver
from synfin.device.namespace import Prefix, configure, enter_private_namespace
from synfin.device.tun import Tun
from synfin.host import Host, UdpEndpoint
from synfin.tcp import Connection, Event
from synfin.wire.addresses import parse_prefix

LIMIT = 10_000_000_000
KERNEL = {"v4": "10.77.0.1", "v6": "fd77::1"}
OURS = {"v4": "10.77.0.2", "v6": "fd77::2"}


class Bench:
    """The host, its driver, and what the kernel's tools say."""

    def __init__(self) -> None:
        enter_private_namespace()
        self.tap = Tun(layer=2)
        prefixes = [Prefix(*parse_prefix("10.77.0.1/24")), Prefix(*parse_prefix("fd77::1/64"))]
        configure(self.tap.name, prefixes, quiet=True)
        self.host = Host("S", rng=Random(1))
        self.host.add_interface("eth0", ["10.77.0.2/24", "fd77::2/64"], mac="02:00:00:00:00:02")
        self.driver = Driver(self.host, self.tap)

    def until(self, done: Callable[[], Any]) -> bool:
        return self.driver.run(lambda: bool(done()), until=time.monotonic_ns() + LIMIT)

    def command(self, *words: str) -> str:
        """Run a tool of the kernel's side to its end."""
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            self.until(lambda: process.poll() is not None)
        finally:
            process.kill()
        return process.communicate()[0]

    def kernel_pings(self, family: str, size: int) -> str:
        out = self.command("ping", "-n", "-c", "3", "-i", "0.05", "-W", "5", "-s", str(size), OURS[family])
        return next((line for line in out.splitlines() if "packet loss" in line), out)

    def host_pings(self, family: str, size: int) -> bool:
        ping = self.host.ping(KERNEL[family], self.driver.clock(), size=size)
        self.until(lambda: ping.done)
        return ping.rtt is not None

    def udp_echo(self, family: str, size: int) -> bool:
        def echo(endpoint: UdpEndpoint, now: int) -> None:
            while (message := endpoint.recvfrom()) is not None:
                endpoint.sendto(message.payload, message.remote, now, source=message.local)

        endpoint = self.host.udp(7, address=OURS[family], handler=echo)
        with socket.socket(socket.AF_INET if family == "v4" else socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.connect((OURS[family], 7))
            sock.setblocking(False)
            text = Random(size).randbytes(size)
            sock.send(text)
            got: list[bytes] = []
            self.driver.watch(sock.fileno(), 1, lambda events, now: got.append(sock.recv(65_536)))
            self.until(lambda: got)
            self.driver.unwatch(sock.fileno())
        endpoint.close()
        return got == [text]

    def closed_udp_port(self, family: str) -> str:
        with socket.socket(socket.AF_INET if family == "v4" else socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.connect((OURS[family], 9))
            sock.send(b"x")
            self.driver.run(until=time.monotonic_ns() + 200_000_000)
            try:
                sock.send(b"x")
            except OSError as error:
                return type(error).__name__
            return "no error"

    def closed_kernel_port(self, family: str) -> list[str]:
        endpoint = self.host.udp(0)
        endpoint.sendto(b"x", (KERNEL[family], 9), self.driver.clock())
        self.until(lambda: endpoint.errors)
        return [kind for kind, _ in endpoint.errors]

    def tcp(self, family: str) -> bool:
        with socket.create_server((KERNEL[family], 0), family=2 if family == "v4" else 10) as server:
            told: list[Event] = []
            text = Random(5).randbytes(5_000)

            def handler(connection: Connection, event: Event, now: int) -> None:
                told.append(event)
                if event is Event.CONNECTED:
                    connection.write(text, now)
                    connection.shutdown(now)

            port = server.getsockname()[1]
            connection = self.host.connect(KERNEL[family], port, self.driver.clock(), handler=handler)
            self.until(lambda: connection.state.name == "FIN_WAIT_2")
            peer, _ = server.accept()
            with peer:
                got = b""
                while chunk := peer.recv(65_536):
                    got += chunk
            self.until(lambda: Event.EOF in told)
            connection.close(self.driver.clock())
            return got == text and connection.state.name == "TIME_WAIT"

    def report(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for family in ("v4", "v6"):
            out[family] = {
                "kernel pings": [self.kernel_pings(family, size) for size in (56, 8_000)],
                "host pings": [self.host_pings(family, size) for size in (56, 1_472, 8_000, 60_000)],
                "echo": [self.udp_echo(family, size) for size in (1, 1_400, 30_000)],
                "closed port": self.closed_udp_port(family),
                "closed port of the kernel": self.closed_kernel_port(family),
                "tcp": self.tcp(family),
            }
        out["neighbours"] = self.command("ip", "neigh", "show", "dev", self.tap.name)
        out["host neighbours"] = self.host.neighbors("eth0")
        out["rules"] = self.host.rules
        return out


if __name__ == "__main__":
    print(json.dumps(Bench().report()))
