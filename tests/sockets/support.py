"""Two hosts with sockets in virtual time, for tests that look at one thing."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import contextmanager, suppress
from typing import Any, Final

import pytest

from synfin.config import MILLISECOND
from synfin.lab.world import World
from synfin.sockets import Sockets, TcpSocket
from synfin.sockets.constants import POLLIN

A, B = "10.0.0.1", "10.0.0.2"
PORT: Final = 7_000


class Net:
    """Hosts A and B on one cable; `a` and `b` are their sockets."""

    def __init__(self, *, preset: str = "linux", seed: int = 1, delay: str = "1ms", **link: Any) -> None:
        self.world = World(seed=seed, preset=preset)
        self.nodes = [self.world.host(name) for name in "AB"]
        prefixes = [[f"10.0.0.{number}/24", f"fd00::{number}/64"] for number in (1, 2)]
        self.cable = self.world.link(*self.nodes, delay=delay, addresses=(prefixes[0], prefixes[1]), **link)
        self.a, self.b = [Sockets(node.host, lambda: self.world.now, node.wake) for node in self.nodes]

    def run(self, ms: int = 50) -> None:
        """Let virtual time pass."""
        self.world.run(until=self.world.now + ms * MILLISECOND)

    def until(self, done: Callable[[], Any], ms: int = 60_000) -> None:
        """Let time pass until something is true."""
        for _ in range(ms):
            if done():
                return
            self.run(1)
        pytest.fail(f"not within {ms} ms")

    def listener(self, backlog: int = 8, port: int = PORT, **options: Any) -> TcpSocket:
        """A listening socket on B."""
        listener = self.b.tcp()
        listener.bind(("", port))
        listener.listen(backlog)
        return listener

    def pair(self) -> tuple[TcpSocket, TcpSocket]:
        """An established connection: A's end and B's end."""
        listener = self.listener()
        client = self.a.tcp()
        with suppress(BlockingIOError):
            client.connect((B, PORT))
        self.until(lambda: listener.poll(POLLIN))
        server, _ = listener.accept()
        listener.close()
        return client, server


@contextmanager
def fails(*numbers: int) -> Any:
    """The block raises an `OSError` with one of these errno."""
    with pytest.raises(OSError) as caught:  # noqa: PT011  # its errno is looked at
        yield caught
    names = [errno.errorcode.get(number, number) for number in (*numbers, caught.value.errno)]
    assert caught.value.errno in numbers, names
