"""Files and pipes of scripts on this stack: in memory, for one run.

Responsible for what read(2), write(2) and poll(2) do on them; sockets are `synfin.sockets`'.
"""

from __future__ import annotations

import errno
from abc import ABC, abstractmethod
from typing import Final, final

from synfin.drill.constants import CONSTANTS
from synfin.sockets import failure

PIPE_OCTETS: Final = 65_536  # that a pipe holds, as Linux has it
FILE_LIMIT_OCTETS: Final = 1 << 26

_POLLIN: Final = CONSTANTS["POLLIN"] | CONSTANTS["POLLRDNORM"]
_POLLOUT: Final = CONSTANTS["POLLOUT"] | CONSTANTS["POLLWRNORM"]
_POLLERR: Final = CONSTANTS["POLLERR"]
_POLLHUP: Final = CONSTANTS["POLLHUP"]
_ACCESS: Final = 3  # the bits of O_RDONLY, O_WRONLY and O_RDWR


class File(ABC):
    """A descriptor that is no socket; EAGAIN (`BlockingIOError`) where a call would wait."""

    @abstractmethod
    def read(self, size: int) -> bytes:
        """read(2)."""

    @abstractmethod
    def write(self, data: bytes) -> int:
        """write(2): octets taken."""

    def readiness(self) -> int:
        """All poll(2) events that hold."""
        return _POLLIN | _POLLOUT

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """close(2)."""


@final
class Device(File):
    """`/dev/zero` with `endless`, else `/dev/null`."""

    def __init__(self, endless: bool) -> None:
        self.endless = endless

    def read(self, size: int) -> bytes:
        """Zeros, or nothing."""
        return bytes(size) if self.endless else b""

    def write(self, data: bytes) -> int:
        """Everything is taken and forgotten."""
        return len(data)


@final
class StoredFile(File):
    """A temporary file that was opened; `content` is shared by all who have opened it."""

    def __init__(self, content: bytearray, flags: int) -> None:
        self.content = content
        self.position = 0
        self._flags = flags
        if flags & CONSTANTS["O_TRUNC"]:
            del content[:]

    def read(self, size: int) -> bytes:
        """What follows the position; EBADF where it is open for writing only."""
        data = self.read_at(self.position, size)
        self.position += len(data)
        return data

    def read_at(self, offset: int, size: int) -> bytes:
        """What follows `offset`, whatever the position."""
        if self._flags & _ACCESS == CONSTANTS["O_WRONLY"]:
            raise failure(errno.EBADF)
        return bytes(self.content[offset : offset + size])

    def write(self, data: bytes) -> int:
        """At the position, or at the end with O_APPEND; EBADF where it is open for reading only, EFBIG."""
        if self._flags & _ACCESS == CONSTANTS["O_RDONLY"]:
            raise failure(errno.EBADF)
        if self._flags & CONSTANTS["O_APPEND"]:
            self.position = len(self.content)
        if self.position + len(data) > FILE_LIMIT_OCTETS:
            raise failure(errno.EFBIG)
        if self.position > len(self.content):
            self.content.extend(bytes(self.position - len(self.content)))
        self.content[self.position : self.position + len(data)] = data
        self.position += len(data)
        return len(data)


@final
class PipeEnd(File):
    """One end of a pipe; both share `held`, the octets on their way."""

    def __init__(self, held: bytearray, writes: bool) -> None:
        self.held = held
        self.writes = writes
        self.other: PipeEnd | None = None
        self.open = True

    def _other_open(self) -> bool:
        return self.other is not None and self.other.open

    @property
    def room(self) -> int:
        """Octets that can be written now."""
        return PIPE_OCTETS - len(self.held)

    def peek(self, size: int) -> bytes:
        """What read(2) would give: nothing once the writing end is closed; EAGAIN, EBADF."""
        if self.writes:
            raise failure(errno.EBADF)
        if not self.held and self._other_open():
            raise failure(errno.EAGAIN)
        return bytes(self.held[:size])

    def drop(self, size: int) -> None:
        """Take octets out that were looked at."""
        del self.held[:size]

    def read(self, size: int) -> bytes:
        """What is there; EAGAIN."""
        data = self.peek(size)
        self.drop(len(data))
        return data

    def write(self, data: bytes) -> int:
        """As much as there is room for: EAGAIN, EPIPE once the reading end is closed, EBADF."""
        if not self.writes:
            raise failure(errno.EBADF)
        if not self._other_open():
            raise failure(errno.EPIPE)
        if not self.room and data:
            raise failure(errno.EAGAIN)
        taken = data[: self.room]
        self.held.extend(taken)
        return len(taken)

    def readiness(self) -> int:
        """As pipe(7) has it."""
        if self.writes:
            return (_POLLOUT if self.room else 0) | (0 if self._other_open() else _POLLERR)
        return (_POLLIN if self.held else 0) | (0 if self._other_open() else _POLLHUP)

    def close(self) -> None:
        """The other end is told."""
        self.open = False


def make_pipe() -> tuple[PipeEnd, PipeEnd]:
    """The reading and the writing end of a new pipe."""
    held = bytearray()
    reading, writing = PipeEnd(held, writes=False), PipeEnd(held, writes=True)
    reading.other, writing.other = writing, reading
    return reading, writing


@final
class Files:
    """The temporary files of one run, by name."""

    def __init__(self) -> None:
        self._contents: dict[str, bytearray] = {}

    def open(self, name: str, flags: int) -> File:
        """open(2): ENOENT, EEXIST."""
        if name in ("/dev/zero", "/dev/null"):
            return Device(name == "/dev/zero")
        content = self._contents.get(name)
        if content is None:
            if not flags & CONSTANTS["O_CREAT"]:
                raise failure(errno.ENOENT)
            content = self._contents[name] = bytearray()
        elif flags & CONSTANTS["O_CREAT"] and flags & CONSTANTS["O_EXCL"]:
            raise failure(errno.EEXIST)
        return StoredFile(content, flags)
