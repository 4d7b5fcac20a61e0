"""The kernel's side of the measurements over a network: blocking sockets, the same against synfin and the kernel.

Each function connects to `address`, does its work and returns figures by name.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from typing import Final

DISCARD: Final = 9
ECHO: Final = 7
SOURCE: Final = 19

_BLOCK: Final = 1 << 18
_PARALLEL: Final = 32
_PATIENCE: Final = 60.0


def _connect(address: str, port: int) -> socket.socket:
    return socket.create_connection((address, port), timeout=_PATIENCE)


def receive(address: str, size: int) -> dict[str, float]:
    """Bulk towards the server, in MB/s (10**6); it ends when the server has taken the last octet."""
    block = bytes(_BLOCK)
    with _connect(address, DISCARD) as end:
        start = time.perf_counter()
        left = size
        while left > 0:
            end.sendall(block[:left])
            left -= len(block)
        end.shutdown(socket.SHUT_WR)
        while end.recv(_BLOCK):
            pass
        return {"MB/s": size / (time.perf_counter() - start) / 1e6}


def send(address: str, size: int) -> dict[str, float]:
    """Bulk from the server, in MB/s (10**6)."""
    buffer = bytearray(_BLOCK)
    with _connect(address, SOURCE) as end:
        start = time.perf_counter()
        got = 0
        while got < size:
            count = end.recv_into(buffer)
            if count == 0:
                raise ConnectionError(f"the source ended after {got} octets")
            got += count
        return {"MB/s": got / (time.perf_counter() - start) / 1e6}


def connects(address: str, count: int) -> dict[str, float]:
    """Whole lives of connections, one after the other: handshake, FIN each way, both acknowledged."""
    start = time.perf_counter()
    for _ in range(count):
        with _connect(address, DISCARD) as end:
            end.shutdown(socket.SHUT_WR)
            if end.recv(1):
                raise ConnectionError("discard spoke")
    return {"1/s": count / (time.perf_counter() - start)}


def parallel_connects(address: str, count: int) -> dict[str, float]:
    """The same with 32 lives at a time."""
    selector = selectors.DefaultSelector()
    begun = ended = 0
    start = time.perf_counter()
    while ended < count:
        while begun < count and begun - ended < _PARALLEL:
            end = socket.socket()
            end.setblocking(False)
            end.connect_ex((address, DISCARD))
            selector.register(end, selectors.EVENT_WRITE)
            begun += 1
        for key, events in selector.select(_PATIENCE):
            end = key.fileobj  # type: ignore[assignment]
            if events & selectors.EVENT_WRITE:
                end.shutdown(socket.SHUT_WR)
                selector.modify(end, selectors.EVENT_READ)
            elif not end.recv(1):
                selector.unregister(end)
                end.close()
                ended += 1
    return {"1/s": count / (time.perf_counter() - start)}


def ping_pong(address: str, count: int) -> dict[str, float]:
    """One octet there and back, in milliseconds: median and 99th percentile."""
    times = []
    with _connect(address, ECHO) as end:
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count + 100):
            start = time.perf_counter()
            end.send(b"x")
            end.recv(1)
            times.append(time.perf_counter() - start)
    times = sorted(times[100:])
    return {"p50 ms": times[count // 2] * 1e3, "p99 ms": times[count * 99 // 100] * 1e3}


CLIENTS: Final[dict[str, tuple[Callable[[str, int], dict[str, float]], int]]] = {
    "receive": (receive, 100_000_000),
    "send": (send, 100_000_000),
    "connects": (connects, 3_000),
    "parallel-connects": (parallel_connects, 3_000),
    "ping-pong": (ping_pong, 5_000),
}
