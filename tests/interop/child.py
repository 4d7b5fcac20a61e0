"""The process in which a scenario runs: `python -m tests.interop.child MODULE NAME PARAMETERS` (see `harness`)."""

from __future__ import annotations

import importlib
import json
import os
import random
import select
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NoReturn

from synfin.config import TcpConfig
from synfin.device.base import Device, plug
from synfin.device.drive import Driver
from synfin.device.namespace import Prefix, configure, enter_private_namespace
from synfin.device.tun import Tun
from synfin.host import Host, HostConfig
from synfin.services.base import Service
from synfin.tcp import Connection, Event, Listener
from synfin.trace import Record, SegmentRecord, StateRecord, TimerRecord, Trace
from synfin.wire.addresses import parse_prefix
from synfin.wire.tcp import flag_names
from tests.interop.harness import KERNEL, STACK, TIME_LIMIT
from tests.interop.relay import BEHIND, CLIENT, GATEWAY, Marking, RoutedLink
from tests.invariants import Checker

SECOND: Final = 1_000_000_000
HISTORY: Final = 300  # segments shown when a scenario fails
JUDGED: Final = 2_000  # records of each scenario that the invariants I1 to I6 are checked over
STEP_LIMIT: Final = 30.0  # seconds for any one wait


class Channel:
    """JSON lines between the two sides of a scenario."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end
        self._buffer = b""

    def tell(self, message: Any) -> None:
        """Send a message."""
        self.end.sendall(json.dumps(message).encode() + b"\n")

    def take(self) -> Any:
        """A message that has arrived, or None."""
        line, newline, rest = self._buffer.partition(b"\n")
        if not newline:
            return None
        self._buffer = rest
        return json.loads(line)

    def fill(self) -> bool:
        """Read what is there (waits); False at the end."""
        data = self.end.recv(1 << 20)
        self._buffer += data
        return bool(data)


class Kernel(Channel):
    """The kernel's side: ordinary sockets, and the channel to the stack's side."""

    def hear(self) -> Any:
        """The next message; fails when the other side has ended."""
        while (message := self.take()) is None:
            assert self.fill(), "the stack's side has ended"
        return message

    def connect(self, family: int, port: int, **options: int) -> socket.socket:
        """A connection to the stack."""
        return socket.create_connection((STACK[family], port), timeout=STEP_LIMIT)

    def listen(self, family: int, port: int = 0, backlog: int = 512) -> socket.socket:
        """A listening socket on the kernel's address of that family."""
        kind = socket.AF_INET if family == 4 else socket.AF_INET6
        server = socket.socket(kind)
        server.settimeout(STEP_LIMIT)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((KERNEL[family], port))
        server.listen(backlog)
        return server


class Stack(Channel):
    """The stack's side: a host on the TUN device, with its loop and its trace."""

    def __init__(self, end: socket.socket, device: Device, tcp: TcpConfig, seed: int) -> None:
        super().__init__(end)
        self.start = time.monotonic_ns()
        self.records: deque[Record] = deque(maxlen=HISTORY)
        self.states: list[tuple[str, str]] = []
        self.fired: list[str] = []
        self.received: list[SegmentRecord] = []
        self.keep_received = False
        self.judge = Checker()
        self.judged = 0
        self.verdict = ""
        self.host = Host(
            "stack", rng=random.Random(seed), config=HostConfig(), tcp=tcp, trace=Trace("stack", self._note)
        )
        plug(self.host, device, "tun", [f"{STACK[4]}/24", f"{STACK[6]}/64"], large=device.offload)
        self.driver = Driver(self.host, device, self.clock)
        self.driver.watch(end.fileno(), select.POLLIN, self._control)
        self.kernel_ended = False

    def clock(self) -> int:
        """Nanoseconds since the start."""
        return time.monotonic_ns() - self.start

    def _note(self, record: Record) -> None:
        self.records.append(record)
        if self.judged < JUDGED:
            self.judged += 1
            try:
                self.judge.feed(record)
            except AssertionError as error:
                self.judged = JUDGED
                self.verdict = str(error)
        if isinstance(record, StateRecord):
            self.states.append((record.from_state, record.to_state))
        elif isinstance(record, TimerRecord) and record.action == "fire":
            self.fired.append(record.timer)
        elif isinstance(record, SegmentRecord) and record.kind == "recv" and self.keep_received:
            self.received.append(record)

    def _control(self, events: int, now: int) -> None:
        if not self.fill():
            self.kernel_ended = True
            self.driver.unwatch(self.end.fileno())

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Drive until the condition holds; fails after a while."""
        if not self.driver.run(done=condition, until=self.clock() + int(STEP_LIMIT * SECOND)):
            raise AssertionError(f"in {STEP_LIMIT} s it did not come to this: {what}")

    def hear(self) -> Any:
        """The next message, driving meanwhile."""
        heard: list[Any] = []

        def take() -> bool:
            message = self.take()
            if message is not None:
                heard.append(message)
            return bool(heard) or self.kernel_ended

        self.until(take, "a message from the kernel's side")
        assert heard, "the kernel's side has ended"
        return heard[0]

    def hear_without_driving(self) -> Any:
        """The next message, with the stack standing still."""
        while (message := self.take()) is None:
            assert self.fill(), "the kernel's side has ended"
        return message

    def serve(self, service: Service, port: int) -> Listener:
        """Offer a service."""
        return self.host.listen(port, self.clock(), handler=service.accept)

    def accept(self, port: int, **changes: Any) -> Peer:
        """Listen, tell the port, and wait for one connection."""
        accepted: list[Connection] = []

        def take(listener: Listener, connection: Connection, now: int) -> None:
            taken = listener.accept()
            assert taken is not None
            accepted.append(taken)

        config = self.host.tcp.but(**changes) if changes else None
        self.host.listen(port, self.clock(), handler=take, config=config)
        self.tell({"port": port})
        self.until(lambda: bool(accepted), "a connection to accept")
        return Peer(self, accepted[0])

    def connect(self, family: int, port: int, **changes: Any) -> Peer:
        """Open a connection to the kernel; does not wait."""
        config = self.host.tcp.but(**changes) if changes else None
        return Peer(self, self.host.connect(KERNEL[family], port, self.clock(), config=config))

    def history(self) -> str:
        """The last segments and moves."""
        lines = []
        for record in self.records:
            at = f"{record.now / SECOND:10.6f}"
            if isinstance(record, SegmentRecord):
                s = record.segment
                lines.append(
                    f"{at} {record.kind:4} {record.src} > {record.dst} {','.join(flag_names(s.flags))} seq={s.seq} "
                    f"ack={s.ack} win={s.window} len={len(s.payload)} {record.rule}"
                )
            elif isinstance(record, StateRecord):
                lines.append(f"{at} state {record.from_state} > {record.to_state} {record.why}")
            elif isinstance(record, TimerRecord):
                lines.append(f"{at} timer {record.timer} {record.action} {record.deadline}")
        return "\n".join(lines)


class Peer:
    """A connection on the stack's side, used the way a blocking program would use it."""

    def __init__(self, stack: Stack, connection: Connection) -> None:
        self.stack = stack
        self.connection = connection
        self.events: list[Event] = connection.take_events()  # what happened before it was accepted
        connection.handler = self._told

    def _told(self, connection: Connection, event: Event, now: int) -> None:
        self.events.append(event)

    def wait(self, event: Event) -> None:
        """Until the event has been told."""
        self.stack.until(lambda: event in self.events, f"event {event.name}, events so far {self.events}")

    def wait_state(self, name: str) -> None:
        """Until a connection of the stack has come into that state, be it for a moment only."""
        self.stack.until(
            lambda: any(state == name for _, state in self.stack.states),
            f"state {name}, the moves are {self.stack.states}",
        )

    def send(self, data: bytes) -> None:
        """Write everything, waiting for room."""
        rest = memoryview(data)
        while rest:
            taken = self.connection.write(bytes(rest[:65_536]), self.stack.clock())
            rest = rest[taken:]
            if taken == 0:
                self.stack.until(lambda: self.connection.writable > 0, "room in the send buffer")

    def receive(self, size: int) -> bytes:
        """Exactly `size` octets, or fewer at the end of the stream."""
        parts: list[bytes] = []
        left = size
        while left:
            data = self.connection.read(min(left, 65_536), self.stack.clock())
            if data:
                parts.append(data)
                left -= len(data)
            elif self.connection.at_eof:
                break
            else:
                self.stack.until(lambda: self.connection.readable > 0 or self.connection.at_eof, "text or EOF")
        return b"".join(parts)

    def receive_all(self) -> bytes:
        """Everything up to the peer's FIN."""
        return self.receive(1 << 62)

    def shutdown(self) -> None:
        """No more to send."""
        self.connection.shutdown(self.stack.clock())

    def close(self) -> None:
        """Let go."""
        self.connection.close(self.stack.clock())


def open_link(mtu: int, offload: bool) -> Tun:
    """A private namespace with a TUN device, the kernel's side of it configured."""
    enter_private_namespace()
    tun = Tun(offload=offload)
    assert tun.offload is offload, "this kernel's TUN has no segmentation offload"
    addresses = [Prefix(*parse_prefix(text)) for text in (f"{KERNEL[4]}/24", f"{KERNEL[6]}/64")]
    configure(tun.name, addresses, mtu=mtu, quiet=True)
    tun.mtu = mtu
    return tun


def run_kernel_side(function: Callable[..., Any], end: socket.socket, parameters: dict[str, Any], out: int) -> NoReturn:
    """Run the kernel's side in this process and leave."""
    answer: dict[str, Any] = {}
    try:
        answer["result"] = function(Kernel(end), **parameters)
    except BaseException:  # noqa: BLE001 - the harness reports whatever it was
        answer["error"] = traceback.format_exc()
    with os.fdopen(out, "w") as stream:
        json.dump(answer, stream)
    os._exit(0)


def run_scenario(module_name: str, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Both sides of a scenario; the answer for the harness."""
    module = importlib.import_module(module_name)
    tcp = TcpConfig(**parameters.pop("tcp", {}))
    mtu, loss = parameters.pop("mtu", 1_500), parameters.pop("relay_loss", None)
    marked = parameters.pop("relay_marks", None)
    offload = parameters.pop("offload", marked is None)
    routed = RoutedLink(loss, parameters.get("seed", 1)) if loss is not None else None
    if routed is not None:
        KERNEL.update(CLIENT)
        STACK.update(BEHIND)
    tun = routed.tun if routed is not None else open_link(mtu, offload)
    ours, theirs = socket.socketpair()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        ours.close()
        tun.close()
        if routed is not None:
            routed.enter_sockets_namespace()
        run_kernel_side(getattr(module, f"kernel_{name}"), theirs, parameters, write)
    os.close(write)
    theirs.close()
    answer: dict[str, Any] = {"kernel": None, "stack": None, "error": ""}
    device: Device = tun if marked is None else Marking(tun, marked, parameters.get("seed", 1))
    stack = Stack(ours, device, tcp, parameters.get("seed", 1))
    if routed is not None:
        for family, network in ((4, "0.0.0.0/0"), (6, "::/0")):
            stack.host.add_route(network, via=GATEWAY[family])
    try:
        answer["stack"] = getattr(module, f"stack_{name}")(stack, **parameters)
        # The kernel's side may still be waiting for our last segments.
        stack.until(lambda: stack.kernel_ended, "the end of the kernel's side")
        assert not stack.verdict, stack.verdict
    except BaseException:  # noqa: BLE001 - the harness reports whatever it was
        answer["error"] = traceback.format_exc()
        os.kill(child, signal.SIGTERM)
    with os.fdopen(read) as stream:
        told = stream.read()
    os.waitpid(child, 0)
    if routed is not None:
        routed.close()
    kernel = json.loads(told) if told else {"error": "the kernel's side was ended"}
    answer["kernel"] = kernel.get("result")
    if answer["error"] or "error" in kernel:
        answer["error"] = "\n".join(
            ["--- stack", answer["error"], "--- kernel", kernel.get("error", ""), "--- history", stack.history()]
        )
    return answer


def main() -> None:
    """Run the scenario named on the command line and print its answer."""
    signal.alarm(int(TIME_LIMIT))
    module_name, name, parameters = sys.argv[1:]
    print(json.dumps(run_scenario(module_name, name, json.loads(parameters))))


if __name__ == "__main__":
    main()
