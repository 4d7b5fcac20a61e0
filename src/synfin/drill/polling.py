"""poll(2) and epoll(7) of scripts, on top of what a socket layer says is ready.

Level-triggered.  With EPOLLET an event is told again only when the set of ready events has changed since, which is
less than Linux does: new text behind unread text is not told.
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
_EDGE: Final = CONSTANTS["EPOLLET"]
_ONCE: Final = CONSTANTS["EPOLLONESHOT"]
_MODES: Final = _EDGE | _ONCE | CONSTANTS["EPOLLEXCLUSIVE"]
_MILLISECOND: Final = 1_000_000
_FIRST: Final = 1 << 20  # numbers of epoll instances, far above those of sockets
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


class Watched:
    """One descriptor of an epoll instance: what is asked for, what the script calls it, what was told last."""

    __slots__ = ("armed", "data", "events", "fd", "told")

    def __init__(self, fd: int, events: int, data: Expression) -> None:
        self.fd = fd
        self.events = events
        self.data = data
        self.told = 0
        self.armed = True


class Polling:
    """Carries out poll and epoll calls; `live` maps a script's descriptor to the live one and raises EBADF."""

    def __init__(self, live: Callable[[int], int], sockets: SocketCalls, clock: Callable[[], int]) -> None:
        self._live = live
        self._sockets = sockets
        self._clock = clock
        self._sets: dict[int, dict[int, Watched]] = {}

    def close(self, live: int) -> bool:
        """Forget an epoll instance; whether there was one of this live number."""
        return self._sets.pop(live, None) is not None

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

        def attempt() -> int:
            number = _FIRST + len(self._sets)
            while number in self._sets:
                number += 1
            self._sets[number] = {}
            return number

        return Operation(attempt, opens=True)

    def _set(self, value: Expression) -> dict[int, Watched]:
        found = self._sets.get(self._live(args.number(value)))
        if found is None:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return found

    def control(self, call: Syscall) -> Operation:
        """epoll_ctl(2): `5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}`."""
        what, fd = args.number(call.arguments[1]), args.number(call.arguments[2])

        def attempt() -> int:
            watched = self._set(call.arguments[0])
            self._live(fd)
            exists = fd in watched
            if exists == (what == CONSTANTS["EPOLL_CTL_ADD"]):
                number = errno.EEXIST if exists else errno.ENOENT
                raise OSError(number, os.strerror(number))
            if what == CONSTANTS["EPOLL_CTL_DEL"]:
                del watched[fd]
            else:
                events, data = _event(call.arguments[3])
                watched[fd] = Watched(fd, events, data)
            return 0

        return Operation(attempt)

    def wait(self, call: Syscall) -> Operation:
        """epoll_wait(2): `5, {events=EPOLLIN, fd=4}, 1, timeout`, or a list of events."""
        wanted = call.arguments[1]
        expected = list(wanted.items) if isinstance(wanted, Array) else [wanted]
        limit = args.number(call.arguments[2])

        def told() -> tuple[int, list[Difference]]:
            ready = self._take(call.arguments[0], limit)
            if not ready or all(_is_anything(item) for item in expected):
                return len(ready), []
            found: list[Difference] = []
            for place, (watched, got) in enumerate(ready):
                item = expected[place] if place < len(expected) else None
                events, data = _event(item) if item is not None else (0, Rest())
                if item is None or got != events & ~_MODES or data not in (Rest(), watched.data):
                    shown = f"{{events={_names(got)}, {print_expression(watched.data)}}}"
                    found.append(Difference("event", "none" if item is None else print_expression(item), shown))
            return len(ready), found

        return self._waiting(told, args.number(call.arguments[3]))

    def _take(self, value: Expression, limit: int) -> list[tuple[Watched, int]]:
        out: list[tuple[Watched, int]] = []
        for watched in self._set(value).values():
            got = self._ready(watched.fd) & ((watched.events & ~_MODES) | _ALWAYS)
            told, watched.told = watched.told, got
            if not got or not watched.armed or (watched.events & _EDGE and got == told) or len(out) >= limit:
                continue
            if watched.events & _ONCE:
                watched.armed = False
            out.append((watched, got))
        return out


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
