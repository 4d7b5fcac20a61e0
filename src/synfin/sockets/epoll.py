"""epoll(7) over sockets: level- and edge-triggered, EPOLLONESHOT; and poll(2) on a list.

No waiting: `wait` returns what is ready now, and `on_ready` is called when that may have become more, so that whoever
drives the world can block, or wake a task.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final, final

from synfin.sockets.base import Socket
from synfin.sockets.constants import (
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLONESHOT,
    POLLERR,
    POLLHUP,
    POLLNVAL,
)
from synfin.sockets.errors import failure

_BEHAVIOUR: Final = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE
_ALWAYS: Final = POLLERR | POLLHUP


def poll(sockets: Iterable[tuple[Socket, int]]) -> list[tuple[Socket, int]]:
    """poll(2) without waiting: of (socket, events) those for which something holds, with `revents`."""
    found = [(socket, socket.poll(events)) for socket, events in sockets]
    return [(socket, revents) for socket, revents in found if revents]


@final
class _Item:
    """One registered socket."""

    __slots__ = ("data", "events", "queued", "socket")

    def __init__(self, socket: Socket, events: int, data: Any) -> None:
        self.socket = socket
        self.events = events
        self.data = data
        self.queued = False


@final
class Epoll:
    """A set of sockets and what is wanted of each.

    `on_ready()` is called each time a socket enters the queue of those that may be ready.
    """

    def __init__(self, on_ready: Callable[[], None] | None = None) -> None:
        self.on_ready = on_ready
        self.closed = False
        self._items: dict[Socket, _Item] = {}
        self._ready: deque[_Item] = deque()

    def register(self, socket: Socket, events: int, data: Any = None) -> None:
        """EPOLL_CTL_ADD.  `data` (the socket itself when None) is what `wait` gives back.  EEXIST, EBADF."""
        self._check_open(socket)
        if socket in self._items:
            raise failure(errno.EEXIST)
        item = _Item(socket, events | _ALWAYS, socket if data is None else data)
        self._items[socket] = item
        socket.watch(self._changed)
        self._look(item)

    def modify(self, socket: Socket, events: int, data: Any = None) -> None:
        """EPOLL_CTL_MOD, which also arms EPOLLONESHOT again.  `data` None: as it is.  ENOENT, EBADF."""
        self._check_open(socket)
        item = self._items.get(socket)
        if item is None:
            raise failure(errno.ENOENT)
        item.events = events | _ALWAYS
        if data is not None:
            item.data = data
        self._look(item)

    def unregister(self, socket: Socket) -> None:
        """EPOLL_CTL_DEL.  ENOENT; EBADF for a socket that is closed, which has left by itself."""
        self._check_open(socket)
        if socket not in self._items:
            raise failure(errno.ENOENT)
        self._forget(socket)

    def wait(self, most: int = 0x7FFF_FFFF) -> list[tuple[Any, int]]:
        """Up to `most` of (data, events) that are ready now, those that became ready first coming first.

        A level-triggered socket that is told goes to the end of the queue and is told again while it is ready; an
        edge-triggered one is told again when something new happens; a one-shot one after `modify`.  EINVAL, EBADF.
        """
        if self.closed:
            raise failure(errno.EBADF)
        if most <= 0:
            raise failure(errno.EINVAL)
        told: list[tuple[Any, int]] = []
        again: list[_Item] = []
        while self._ready and len(told) < most:
            item = self._ready.popleft()
            item.queued = False
            bits = self._bits(item)
            if not bits:
                continue
            told.append((item.data, bits))
            if item.events & EPOLLONESHOT:
                item.events &= _BEHAVIOUR
            elif not item.events & EPOLLET:
                again.append(item)
        for item in again:
            if not item.queued:
                item.queued = True
                self._ready.append(item)
        return told

    def close(self) -> None:
        """Forget all."""
        self.closed = True
        for socket in list(self._items):
            self._forget(socket)

    def _check_open(self, socket: Socket) -> None:
        if self.closed or socket.closed:
            raise failure(errno.EBADF)

    def _bits(self, item: _Item) -> int:
        return item.socket.readiness() & item.events & ~_BEHAVIOUR

    def _look(self, item: _Item) -> None:
        if self._bits(item):
            self._queue(item)

    def _queue(self, item: _Item) -> None:
        if not item.queued:
            item.queued = True
            self._ready.append(item)
        if self.on_ready is not None:
            self.on_ready()

    def _changed(self, socket: Socket, bits: int) -> None:
        item = self._items.get(socket)
        if item is None:
            return
        if bits & POLLNVAL:
            self._forget(socket)
        elif item.events & ~_BEHAVIOUR and (not bits or bits & item.events):
            self._queue(item)

    def _forget(self, socket: Socket) -> None:
        item = self._items.pop(socket)
        socket.unwatch(self._changed)
        if item.queued:
            self._ready.remove(item)
