"""Scripts on synfin's own stack: one host on a layer-3 interface, in virtual time, without any privilege.

Responsible for the host, its sockets and the time between two events; deterministic for a given seed.
"""

from __future__ import annotations

import errno
from random import Random
from typing import Final, final

from synfin.config import TcpConfig
from synfin.drill.calls import SocketCalls
from synfin.drill.errors import UnsupportedError
from synfin.drill.operation import Operation
from synfin.drill.settings import Setting, changes_for, fast_open_keys
from synfin.drill.stack_calls import StackCalls
from synfin.drill.stage import Addresses, Pending, Stage
from synfin.errors import UsageError
from synfin.host import Host
from synfin.sockets import Sockets
from synfin.timeline.capture.observed import Observed
from synfin.trace import Record, Trace
from synfin.wire.addresses import format_address
from synfin.wire.frame import Frame
from synfin.wire.segmentation import split

HOST: Final = "synfin"
INTERFACE: Final = "drill0"
ORIGIN: Final = 1_000_000_000  # the host's time at the script's time 0: not 0, which looks like "never" in places


@final
class _Tried(Pending):
    """A call that is tried again after each thing that happens."""

    def __init__(self, stage: StackStage, operation: Operation) -> None:
        self._stage = stage
        self._operation = operation
        self._done = False

    def poll(self) -> bool:
        """Try again; whether it has returned."""
        if self._done:
            return True
        try:
            self.value = self._operation.attempt()
        except BlockingIOError as error:
            if self._operation.blocks:
                return False
            self.value, self.errno = -1, error.errno or errno.EAGAIN
        except OSError as error:
            self.value, self.errno = -1, error.errno or errno.EIO
        self._done = True
        self.time = self._stage.now()
        self._stage.answer()
        return True


@final
class StackStage(Stage):
    """A host with `tcp` as its configuration; `seed` decides everything that is random.

    With `calls_first` the host is not polled before time goes on, another packet comes or one is waited for: what the
    script's program does at the time of a packet goes with the answer to it.
    """

    def __init__(
        self, addresses: Addresses, tcp: TcpConfig, *, mtu: int = 1500, seed: int = 0, calls_first: bool = False
    ) -> None:
        super().__init__()
        self._calls_first = calls_first
        self.name = HOST
        self.addresses = addresses
        self._now = ORIGIN
        self._ended = False
        trace = Trace(HOST, self._record)
        self.host = Host(HOST, rng=Random(seed), tcp=tcp, trace=trace)
        own = f"{format_address(addresses.local)}/{addresses.prefix}"
        self.host.add_interface(INTERFACE, addresses=[own], mtu=mtu)
        everything = "0.0.0.0/0" if len(addresses.remote) == 4 else "::/0"
        self.host.add_route(everything, interface=INTERFACE)
        self.calls = StackCalls(Sockets(self.host, clock=lambda: self._now))
        self.sockets: SocketCalls = self.calls
        self._waiting: Operation | None = None

    def now(self) -> int:
        """Virtual time."""
        return self._now - ORIGIN

    def _record(self, record: Record) -> None:
        if not self._ended:
            record.now -= ORIGIN
            self.records.append(record)

    def settle(self) -> None:
        """Let the host say what it has to say now."""
        for frame in self.host.poll(self._now):
            for piece in split(frame):
                self._saw(self.now(), piece.data, inbound=False, note=piece.note)
                self.observed.append(Observed(self.now(), piece.data, piece.note))

    def answer(self) -> None:
        """Let the host answer, unless it waits for the program's calls."""
        if not self._calls_first:
            self.settle()

    def wait(self, until: int) -> None:
        """Go on to the next thing that is due, at most to `until`."""
        if self._calls_first:
            before = len(self.observed)
            self.settle()
            if len(self.observed) > before:
                return
        target = until + ORIGIN
        waiting = self._waiting
        if waiting is not None and waiting.deadline is not None and waiting.deadline > self.now():
            target = min(target, waiting.deadline + ORIGIN)
        due = self.host.next_deadline()
        if due is not None and due <= target:
            self._now = max(self._now, due)
            self.settle()
        else:
            self._now = max(self._now, target)

    def inject(self, packet: bytes) -> None:
        """Give the host a packet and let it answer."""
        self._saw(self.now(), packet, inbound=True)
        if self._calls_first:
            self.settle()
        self.host.receive(Frame(packet), self._now)
        self.answer()

    def start(self, operation: Operation, may_wait: bool) -> Pending:
        """Try a call."""
        self._waiting = operation if may_wait else None
        return _Tried(self, operation)

    def apply(self, settings: list[Setting]) -> list[str]:
        """Change what connections and listeners made from now on are configured with."""
        unknown: list[str] = []
        for setting in settings:
            keys = fast_open_keys(setting)
            if keys is not None:
                self.host.fast_open.keys.set(keys)
                continue
            changes = changes_for(setting)
            try:
                if changes is not None:
                    self.host.tcp = self.host.tcp.but(**changes)
                    self.calls.configure(changes)
                    continue
            except UsageError:
                pass
            unknown.append(f"{setting.name}={setting.value}")
        return unknown

    def refuse(self, what: str) -> None:
        """An option that synfin's sockets do not have is no fault of the TCP that is judged."""
        raise UnsupportedError(f"synfin's sockets do not have this option: {what}")

    def finish(self) -> None:
        """Reset every connection."""
        self._ended = True
        for connection in self.host.connections():
            connection.abort(self._now)
        self.calls.close_all()
