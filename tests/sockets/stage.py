"""A stage on which one script of socket calls is played, on our sockets or on the kernel's, and what it writes down.

There are two hosts, A and B, on one wire.  Each call is written as one line with its result or errno; afterwards the
wire comes to rest and the poll bits of all open sockets are written.  Ports and addresses get names, so that the lines
of both worlds can be compared: `P1` is the first port of the script, `E1` the first that somebody else has chosen.
"""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from synfin.lab.world import World
from synfin.sockets import Epoll, Socket, Sockets
from synfin.sockets import constants as c

ADDRESSES: Final = {("A", 4): "10.0.0.1", ("B", 4): "10.0.0.2", ("A", 6): "fd00::1", ("B", 6): "fd00::2"}
NOBODY: Final = {4: "10.0.0.9", 6: "fd00::9"}  # on the wire, but never answers
REST_NS: Final = 10_000_000
POLL_BITS: Final = (
    ("IN", c.POLLIN), ("PRI", c.POLLPRI), ("OUT", c.POLLOUT), ("ERR", c.POLLERR), ("HUP", c.POLLHUP),
    ("RDNORM", c.POLLRDNORM), ("WRNORM", c.POLLWRNORM), ("RDHUP", c.POLLRDHUP),
)  # fmt: skip
ALL_BITS: Final = sum(bit for _, bit in POLL_BITS)


class Handle:
    """A socket or an epoll set of a script: its name, and the world's object."""

    def __init__(self, name: str, thing: Any) -> None:
        self.name = name
        self.thing = thing
        self.open = True

    def __repr__(self) -> str:
        return self.name


class Stage(ABC):
    """What scripts call; `lines` is what they leave behind."""

    def __init__(self, first_port: int) -> None:
        self.lines: list[str] = []
        self.sockets: list[Handle] = []
        self._first_port = first_port
        self._chosen: dict[int, str] = {}
        self._made = 0

    # The worlds differ in these

    @abstractmethod
    def make(self, host: str, family: int, kind: int) -> Any:
        """A new socket of a host."""

    @abstractmethod
    def make_epoll(self) -> Any:
        """A new epoll set."""

    @abstractmethod
    def rest(self) -> None:
        """Let the wire come to rest."""

    @abstractmethod
    def wait(self, ms: int) -> None:
        """Let time pass."""

    # What scripts say

    def port(self, number: int = 1) -> int:
        """The script's first, second ... port."""
        return self._first_port + number

    def at(self, host: str, number: int = 1, family: int = 4) -> tuple[Any, ...]:
        """The address of a host (`A`, `B`, `any`, `nobody`, `self`) with a port of the script; number 0: port 0."""
        if host == "any":
            text = "0.0.0.0" if family == 4 else "::"
        elif host == "nobody":
            text = NOBODY[family]
        elif host == "self":
            text = "127.0.0.1" if family == 4 else "::1"
        else:
            text = ADDRESSES[host, family]
        return text, (self.port(number) if number else 0)

    def tcp(self, host: str = "A", family: int = 4) -> Handle:
        """A stream socket, named after its host."""
        return self._new(host, self.make(host, family, c.SOCK_STREAM))

    def udp(self, host: str = "A", family: int = 4) -> Handle:
        """A datagram socket."""
        return self._new(host, self.make(host, family, c.SOCK_DGRAM))

    def _new(self, host: str, thing: Any) -> Handle:
        self._made += 1
        handle = Handle(f"{host.lower()}{self._made}", thing)
        self.sockets.append(handle)
        return handle

    def epoll(self) -> Handle:
        """An epoll set."""
        return Handle("epoll", self.make_epoll())

    def quiet(self, handle: Handle, call: str, *arguments: Any, show: Callable[[Any], Any] | None = None) -> Any:
        """One call, without a rest afterwards; `show` makes of the result what is written."""
        try:
            result = getattr(handle.thing, call)(*arguments)
        except OSError as error:
            result, text = None, errno.errorcode.get(error.errno or 0, str(error))
        else:
            if call == "accept":
                child, address = result
                result = self._new(handle.name[0].upper(), child)
                text = f"{result} {self.normal(address)}"
            elif call == "wait":
                text = self.normal(sorted((repr(data), bits_text(bits)) for data, bits in result))
            else:
                text = self.normal(result if show is None else show(result))
        given = ", ".join(self.normal(argument) for argument in arguments)
        self.lines.append(f"{handle}.{call}({given}) = {text}")
        if call == "close":
            handle.open = False
        return result

    def do(self, handle: Handle, call: str, *arguments: Any, show: Callable[[Any], Any] | None = None) -> Any:
        """One call, a rest, and the poll bits of all."""
        result = self.quiet(handle, call, *arguments, show=show)
        self.look()
        return result

    def look(self) -> None:
        """Come to rest and write the poll bits of all open sockets."""
        self.rest()
        seen = [f"{handle}:{bits_text(handle.thing.poll(ALL_BITS))}" for handle in self.sockets if handle.open]
        self.lines.append("  " + " ".join(seen))

    def pair(self, family: int = 4, number: int = 1) -> tuple[Handle, Handle]:
        """An established connection: (client on A, server's end on B); its opening is not written."""
        kept, self.lines = self.lines, []
        listener = self.tcp("B", family)
        listener.thing.bind(self.at("any", number, family))
        listener.thing.listen(8)
        client = self.tcp("A", family)
        with suppress(BlockingIOError):
            client.thing.connect(self.at("B", number, family))
        self.rest()
        client.thing.connect(self.at("B", number, family))
        self.normal(client.thing.getsockname())
        server = self._new("B", listener.thing.accept()[0])
        listener.thing.close()
        self.sockets.remove(listener)
        self.lines = kept
        return client, server

    def fill(self, handle: Handle) -> int:
        """Send until EAGAIN; how much that was is the world's affair."""
        total = 0
        refused = 0
        while refused < 3:  # a buffer may grow, and a delayed ACK still come
            try:
                total += handle.thing.send(bytes(65_536))
                refused = 0
            except BlockingIOError:
                refused += 1
                self.wait(50)
            self.rest()
        self.lines.append(f"{handle} filled")
        self.look()
        return total

    def empty(self, handle: Handle) -> int:
        """Receive until nothing comes any more."""
        total = 0
        while True:
            self.rest()
            try:
                text = handle.thing.recv(1 << 20)
            except BlockingIOError:
                break
            if not text:
                break
            total += len(text)
        self.lines.append(f"{handle} emptied")
        self.look()
        return total

    def close(self) -> None:
        """Close what the script has left open."""
        for handle in self.sockets:
            if handle.open:
                handle.open = False
                handle.thing.close()
        self.rest()

    # Writing

    def normal(self, value: Any) -> str:
        """Text of a value that is the same in both worlds."""
        if (
            isinstance(value, tuple)
            and len(value) in (2, 4)
            and isinstance(value[0], str)
            and isinstance(value[1], int)
        ):
            return f"{self._address(value[0])}:{self._port_name(value[1])}"
        if isinstance(value, tuple | list):
            inner = ", ".join(self.normal(item) for item in value)
            return f"[{inner}]" if isinstance(value, list) else f"({inner})"
        if isinstance(value, Handle):
            return value.name
        if isinstance(value, bytes) and len(value) > 64:
            return f"<{len(value)} octets>"
        return repr(value)

    def _address(self, text: str) -> str:
        for (host, _), address in ADDRESSES.items():
            text = text.removesuffix(address) + host if text.endswith(address) else text
        return text

    def _port_name(self, port: int) -> str:
        if self._first_port < port < self._first_port + 10:
            return f"P{port - self._first_port}"
        if port == 0:
            return "0"
        return self._chosen.setdefault(port, f"E{len(self._chosen) + 1}")


def bits_text(bits: int) -> str:
    """`IN|OUT`, and `-` for nothing."""
    return "|".join(name for name, bit in POLL_BITS if bits & bit) or "-"


class LabSocket:
    """Our socket with the few calls that the kernel's one has in another form."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket

    def __getattr__(self, name: str) -> Any:
        return getattr(self.socket, name)

    def accept(self) -> tuple[Any, Any]:
        child, address = self.socket.accept()  # type: ignore[attr-defined]
        return LabSocket(child), address

    def disconnect(self) -> None:
        self.socket.connect(None)


class LabEpoll:
    """Our epoll set."""

    def __init__(self) -> None:
        self.epoll = Epoll()

    def add(self, handle: Handle, events: int) -> None:
        self.epoll.register(handle.thing.socket, events, handle)

    def modify(self, handle: Handle, events: int) -> None:
        self.epoll.modify(handle.thing.socket, events)

    def delete(self, handle: Handle) -> None:
        self.epoll.unregister(handle.thing.socket)

    def wait(self, most: int = 100) -> list[tuple[Handle, int]]:
        return self.epoll.wait(most)


class LabStage(Stage):
    """Our sockets on two hosts of a world in virtual time."""

    def __init__(self, first_port: int, preset: str = "linux") -> None:
        super().__init__(first_port)
        self.world = World(seed=1, preset=preset)
        self.layers: dict[str, Sockets] = {}
        nodes = [self.world.host(name) for name in "AB"]
        prefixes = [[f"10.0.0.{number}/24", f"fd00::{number}/64"] for number in (1, 2)]
        self.world.link(*nodes, delay="100us", addresses=(prefixes[0], prefixes[1]))
        for node in nodes:
            self.layers[node.name] = Sockets(node.host, clock=lambda: self.world.now, wake=node.wake)

    def make(self, host: str, family: int, kind: int) -> LabSocket:
        return LabSocket(self.layers[host].socket(c.AF_INET if family == 4 else c.AF_INET6, kind))

    def make_epoll(self) -> LabEpoll:
        return LabEpoll()

    def rest(self) -> None:
        self.world.run(until=self.world.now + REST_NS)

    def wait(self, ms: int) -> None:
        self.world.run(until=self.world.now + ms * 1_000_000)
