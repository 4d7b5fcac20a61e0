"""Bulk transfers over a lossy relay in real time: kernel to kernel, synfin to kernel, kernel to synfin.

`python -m bench.lossy` prints a table with each figure and its share of kernel to kernel on the same relay; with
`--json FILE` it is kept.  Each end is a process: a kernel end has a TUN device in a network namespace of its own, a
synfin end takes its packets from a socket pair.  Between them a relay with a rate, a delay, a queue and random loss in
both directions copies packets; the same seed strikes the same packets by number.  Everything ends with the process.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import heapq
import json
import os
import random
import select
import socket
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from synfin.config import TcpConfig
from synfin.device.base import Device
from synfin.device.drive import Driver
from synfin.device.namespace import Prefix, configure, enter_private_namespace
from synfin.device.tun import Tun
from synfin.host import Host
from synfin.tcp import Connection, Event, Listener
from synfin.wire.addresses import parse_prefix
from synfin.wire.frame import Frame

ADDRESSES: Final = {"sender": "10.80.0.1", "receiver": "10.80.0.2"}
PORT: Final = 5_001
MTU: Final = 1_500
ROOM: Final = 4 << 20
CHUNK: Final = bytes(64 * 1024)
PAIRS: Final = (("kernel", "kernel"), ("synfin", "kernel"), ("kernel", "synfin"))
LIMIT: Final = 120.0  # seconds for one transfer
TCP_CONGESTION: Final = getattr(socket, "TCP_CONGESTION", 13)


class PairDevice(Device):
    """Packets from and to the relay, one datagram each."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(MTU)
        end.setblocking(False)
        self._end = end

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._end.fileno()

    def read(self, until: int | None) -> Frame | None:
        """The next packet, waiting until `until` on the monotonic clock."""
        while True:
            try:
                return Frame(self._end.recv(65_536))
            except BlockingIOError:
                pass
            timeout = None if until is None else max(until - time.monotonic_ns(), 0) / 1e9
            if timeout == 0.0 or not select.select([self._end], [], [], timeout)[0]:
                return None

    def write(self, frame: Frame) -> None:
        """Hand a packet to the relay; a full buffer loses it."""
        try:
            self._end.send(frame.data)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ENOBUFS):
                raise
            self.dropped += 1

    def close(self) -> None:
        """Close the pair's end."""
        self._end.close()


class Lane:
    """One direction of the relay."""

    def __init__(self, rate: int, delay: float, queue: int, loss: float, seed: str) -> None:
        self.rate, self.delay, self.queue, self.loss = rate, delay, queue, loss
        self.rng = random.Random(seed)
        self.busy_until = 0.0

    def arrival(self, size: int, now: float) -> float | None:
        """When a packet that is sent now comes out; None: it is lost."""
        waiting = max(self.busy_until - now, 0.0)
        if waiting * self.rate / 8 + size > self.queue:
            return None
        self.busy_until = now + waiting + size * 8 / self.rate
        lost = self.rng.random() < self.loss
        return None if lost else self.busy_until + self.delay


def relay(ends: list[int], paths: list[Lane], done: Callable[[], bool], controls: list[socket.socket]) -> None:
    """Copy packets between the two descriptors until `done`; `controls` wake it."""
    poll = select.poll()
    for descriptor in [*ends, *[control.fileno() for control in controls]]:
        poll.register(descriptor, select.POLLIN)
    flying: list[tuple[float, int, int, bytes]] = []
    number = 0
    stop = time.monotonic() + LIMIT
    while not done():
        now = time.monotonic()
        if now > stop:
            raise TimeoutError(f"no end after {LIMIT} s")
        while flying and flying[0][0] <= now:
            _, _, target, data = heapq.heappop(flying)
            with contextlib.suppress(BlockingIOError):  # a full socket buffer loses packets, as a queue does
                os.write(target, data)
        timeout = min(flying[0][0] - now, 1.0) if flying else 1.0
        for descriptor, _ in poll.poll(max(timeout, 0.0) * 1000):
            if descriptor not in ends:
                continue
            side = ends.index(descriptor)
            for _ in range(64):
                try:
                    data = os.read(descriptor, 65_536)
                except BlockingIOError:
                    break
                arrival = paths[side].arrival(len(data), time.monotonic())
                if arrival is not None:
                    number += 1
                    heapq.heappush(flying, (arrival, number, ends[1 - side], data))


def kernel_end(role: str, control: socket.socket, algorithm: str, size: int) -> None:
    """A kernel end: namespace, TUN device, one transfer; tells its seconds."""
    enter_private_namespace()
    tun = Tun("lossy", offload=False)
    configure(tun.name, [Prefix(*parse_prefix(f"{ADDRESSES[role]}/24"))], mtu=MTU, quiet=True)
    for name in ("tcp_rmem", "tcp_wmem"):
        Path(f"/proc/sys/net/ipv4/{name}").write_text(f"4096 {ROOM} {ROOM}")
    Path("/proc/sys/net/ipv4/tcp_no_metrics_save").write_text("1")
    listener = socket.create_server((ADDRESSES[role], PORT)) if role == "receiver" else None
    socket.send_fds(control, [b"ready"], [tun.fileno()])
    control.recv(2)
    if listener is not None:
        connection, _ = listener.accept()
        buffer = bytearray(1 << 20)
        while connection.recv_into(buffer):
            pass
        control.send(b"done")
    else:
        with socket.socket() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, TCP_CONGESTION, algorithm.encode())
            connection.connect((ADDRESSES["receiver"], PORT))
            left = size
            while left:
                left -= connection.send(CHUNK[:left])
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)
    control.recv(1)


def synfin_end(role: str, control: socket.socket, algorithm: str, size: int) -> None:
    """The same on a stack of ours."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    theirs.setblocking(False)
    socket.send_fds(control, [b"ready"], [theirs.fileno()])
    control.recv(2)
    tcp = TcpConfig.linux(congestion=algorithm, send_buffer_bytes=ROOM, receive_buffer_bytes=ROOM)
    host = Host(role, rng=random.Random(1), tcp=tcp)
    host.add_interface("lossy", [f"{ADDRESSES[role]}/24"], mtu=MTU)
    device = PairDevice(ours)
    with Driver(host, device) as driver:
        if role == "receiver":
            _receive(host, driver, control)
        else:
            _send(host, driver, size)
        driver.watch(control.fileno(), select.POLLIN, lambda events, now: driver.stop())
        driver.run()


def _receive(host: Host, driver: Driver, control: socket.socket) -> None:
    """Serve; tell when a peer has closed."""

    def hear(connection: Connection, event: Event, now: int) -> None:
        while connection.read(1 << 20, now):
            pass
        if connection.at_eof:
            connection.handler = None
            connection.close(now)
            control.send(b"done")

    def accept(listener: Listener, connection: Connection, now: int) -> None:
        taken = listener.accept()
        if taken is not None:
            taken.handler = hear

    host.listen(PORT, driver.clock(), handler=accept)


def _send(host: Host, driver: Driver, size: int) -> None:
    """Connect and write everything."""
    left = size

    def hear(connection: Connection, event: Event, now: int) -> None:
        nonlocal left
        if event not in (Event.CONNECTED, Event.WRITABLE):
            return
        while left:
            taken = connection.write(CHUNK[:left], now)
            left -= taken
            if taken == 0:
                return
        if not connection.tcb.fin_queued:
            connection.shutdown(now)

    host.connect(ADDRESSES["receiver"], PORT, driver.clock(), handler=hear)


ENDS: Final = {"kernel": kernel_end, "synfin": synfin_end}


def _start(kind: str, role: str, algorithm: str, size: int) -> tuple[int, socket.socket, int]:
    """Fork one end; its process id, its control socket, and the descriptor that its packets pass."""
    mine, its = socket.socketpair()
    child = os.fork()
    if child == 0:
        mine.close()
        status = 1
        try:
            ENDS[kind](role, its, algorithm, size)
            status = 0
        except BaseException as error:  # noqa: BLE001 - told, and the process ends
            print(f"{kind} {role}: {type(error).__name__}: {error}", file=sys.stderr)
        finally:
            os._exit(status)
    its.close()
    _, descriptors, _, _ = socket.recv_fds(mine, 16, 1)
    if not descriptors:
        raise SystemExit(f"the {kind} {role} did not start")
    return child, mine, descriptors[0]


def transfer(pair: tuple[str, str], algorithm: str, loss: float, options: argparse.Namespace, seed: int) -> float:
    """One transfer; its goodput in Mbit/s."""
    # The receiver first: its listener must stand before the SYN comes.
    receiver = _start(pair[1], "receiver", algorithm, options.size)
    sender = _start(pair[0], "sender", algorithm, options.size)
    queue = int(options.rate * 1e6 / 8 * options.rtt / 1e3)
    paths = [
        Lane(int(options.rate * 1e6), options.rtt / 2e3, queue, loss, f"{seed}/{name}") for name in ("there", "back")
    ]
    ended: list[float] = []

    def done() -> bool:
        if not ended and select.select([receiver[1]], [], [], 0)[0]:
            if receiver[1].recv(4) != b"done":
                raise OSError("the receiver has failed")
            ended.append(time.monotonic())
        return bool(ended)

    begun = time.monotonic()
    try:
        for end in (receiver, sender):
            end[1].send(b"go")
        relay([sender[2], receiver[2]], paths, done, [receiver[1]])
    finally:
        for child, control, descriptor in (sender, receiver):
            os.kill(child, 9)
            os.waitpid(child, 0)
            control.close()
            os.close(descriptor)
    return float(options.size * 8 / 1e6 / (ended[0] - begun))


def main() -> None:
    """Measure what the options ask for; prints a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.lossy", description=__doc__)
    parser.add_argument("--rate", type=float, default=20.0, help="Mbit/s")
    parser.add_argument("--rtt", type=float, default=40.0, help="ms")
    parser.add_argument("--loss", type=float, nargs="+", default=[0.0, 0.1, 1.0], help="per cent")
    parser.add_argument("--algorithms", nargs="+", default=["cubic", "bbr"])
    parser.add_argument("--size", type=int, default=8 << 20, help="octets of one transfer")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for algorithm in options.algorithms:
        for loss in options.loss:
            figures: dict[str, list[float]] = {" to ".join(pair): [] for pair in PAIRS}
            for seed in range(options.runs):
                for pair in PAIRS:
                    figures[" to ".join(pair)].append(transfer(pair, algorithm, loss / 100, options, seed))
            row: dict[str, Any] = {"algorithm": algorithm, "loss": loss}
            row.update({name: round(statistics.median(values), 2) for name, values in figures.items()})
            rows.append(row)
            base = row["kernel to kernel"]
            print(
                f"{algorithm:6} loss {loss:4.1f} %  "
                + "  ".join(f"{name} {row[name]:6.2f} Mbit/s ({row[name] / base:4.0%})" for name in figures),
                flush=True,
            )
    if options.json:
        about = {"rate": options.rate, "rtt": options.rtt, "size": options.size, "runs": options.runs}
        options.json.write_text(json.dumps({"relay": about, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
