"""poll(2) and epoll(7) of scripts: what is asked for, what is told, and waiting until something is.

What is ready is the socket layer's to say: on this stack `synfin.sockets.Epoll`, on the kernel the kernel.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Final

from synfin.drill import arguments as args
from synfin.drill.calls import SocketCalls
from synfin.drill.constants import CONSTANTS
from synfin.drill.errors import UnsupportedError
from synfin.drill.match import Difference
from synfin.drill.model import Array, Expression, Rest, Structure, Syscall
from synfin.drill.operation import Operation
from synfin.drill.printer import print_expression

_ALWAYS: Final = CONSTANTS["POLLERR"] | CONSTANTS["POLLHUP"] | CONSTANTS["POLLNVAL"]
_MODES: Final = CONSTANTS["EPOLLET"] | CONSTANTS["EPOLLONESHOT"] | CONSTANTS["EPOLLEXCLUSIVE"]
_MILLISECOND: Final = 1_000_000
_SHOWN: Final = (
    "POLLIN",
    "POLLPRI",
    "POLLOUT",
    "POLLERR",
    "POLLHUP",
    "POLLNVAL",
    "POLLRDNORM",
    "POLLWRNORM",
    "POLLRDHUP",
)


class Polling:
    """Carries out poll and epoll calls; `live` maps a script's descriptor to the live one and raises EBADF."""

    def __init__(self, live: Callable[[int], int], sockets: SocketCalls, clock: Callable[[], int]) -> None:
        self._live = live
        self._sockets = sockets
        self._clock = clock
        self._data: dict[tuple[int, int], Expression] = {}  # epoll and descriptor, live -> what the script calls it

    # poll

    def poll(self, call: Syscall) -> Operation:
        """poll(2): `[{fd=4, events=POLLIN, revents=POLLIN}], 1, timeout`."""
        entries = call.arguments[0]
        if not isinstance(entries, Array):
            raise UnsupportedError(f"poll() of {print_expression(entries)}")
        wanted = [self._entry(item) for item in entries.items]

        def told() -> tuple[int, list[Difference]]:
            count = 0
            found: list[Difference] = []
            for item, (fd, events, expected) in zip(entries.items, wanted, strict=True):
                got = self._ready(fd) & (events | _ALWAYS)
                count += got != 0
                if expected is not None and got != expected:
                    found.append(Difference("revents", print_expression(item), _names(got)))
            return count, found

        return self._waiting(told, args.number(call.arguments[2]))

    def _entry(self, item: Expression) -> tuple[int, int, int | None]:
        fd, events, expected = (
            args.member(item, "fd", 0),
            args.member(item, "events", 1),
            args.member(item, "revents", 2),
        )
        if fd is None or events is None:
            raise UnsupportedError(f"poll() of {print_expression(item)}")
        anything = expected is None or isinstance(expected, Rest)
        return args.number(fd), args.number(events), None if anything or expected is None else args.number(expected)

    def _ready(self, script: int) -> int:
        try:
            return self._sockets.ready(self._live(script))
        except OSError:
            return CONSTANTS["POLLNVAL"]

    def _waiting(self, told: Callable[[], tuple[int, list[Difference]]], timeout_ms: int) -> Operation:
        """An operation that waits until `told` counts something, or the time is over."""
        operation = Operation(lambda: 0, blocks=timeout_ms != 0, native=False)
        if timeout_ms >= 0:
            operation.deadline = self._clock() + timeout_ms * _MILLISECOND

        def attempt() -> int:
            count, found = told()
            over = operation.deadline is not None and self._clock() >= operation.deadline
            if count == 0 and not over:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            operation.checks.extend(found)
            return count

        operation.attempt = attempt
        return operation

    # epoll

    def create(self) -> Operation:
        """epoll_create(2)."""
        return Operation(self._sockets.epoll_create, opens=True)

    def control(self, call: Syscall) -> Operation:
        """epoll_ctl(2): `5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}`."""
        epoll, what, fd = (args.number(argument) for argument in call.arguments[:3])
        removes = what == CONSTANTS["EPOLL_CTL_DEL"]
        events, data = (0, Rest()) if removes else _event(call.arguments[3])

        def attempt() -> int:
            live = self._live(fd)
            self._sockets.epoll_control(self._live(epoll), what, live, events)
            self._data[self._live(epoll), live] = data
            return 0

        return Operation(attempt)

    def wait(self, call: Syscall) -> Operation:
        """epoll_wait(2): `5, {events=EPOLLIN, fd=4}, 1, timeout`, or a list of events."""
        wanted = call.arguments[1]
        expected = list(wanted.items) if isinstance(wanted, Array) else [wanted]
        epoll, limit = args.number(call.arguments[0]), args.number(call.arguments[2])

        def told() -> tuple[int, list[Difference]]:
            live = self._live(epoll)
            ready = self._sockets.epoll_wait(live, limit)
            if not ready or all(_is_anything(item) for item in expected):
                return len(ready), []
            found: list[Difference] = []
            for place, (fd, got) in enumerate(ready):
                own = self._data.get((live, fd), Rest())
                item = expected[place] if place < len(expected) else None
                events, data = _event(item) if item is not None else (0, Rest())
                if item is None or got != events & ~_MODES or data not in (Rest(), own):
                    shown = f"{{events={_names(got)}, {print_expression(own)}}}"
                    found.append(Difference("event", "none" if item is None else print_expression(item), shown))
            return len(ready), found

        return self._waiting(told, args.number(call.arguments[3]))


def _is_anything(value: Expression) -> bool:
    """`...` or `{...}`."""
    if isinstance(value, Structure):
        return len(value.members) == 1 and isinstance(value.members[0].value, Rest) and not value.members[0].name
    return isinstance(value, Rest)


def _event(value: Expression) -> tuple[int, Expression]:
    """The events and the data (fd, ptr, u32 or u64) of struct epoll_event."""
    if not isinstance(value, Structure):
        raise UnsupportedError(f"{print_expression(value)} is not an event of epoll")
    events = value.get("events")
    data = next((value.get(name) for name in ("fd", "ptr", "u32", "u64") if value.get(name) is not None), None)
    return 0 if events is None else args.number(events), Rest() if data is None else data


def _names(events: int) -> str:
    return "|".join([name for name in _SHOWN if events & CONSTANTS[name]]) or "0"
