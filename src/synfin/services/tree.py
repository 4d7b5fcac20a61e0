"""Files below one path, and never outside of it: neither `..` nor symbolic links lead out.

Responsible for the way from a name to an open file.  A link may point to another place inside the tree; a name is
resolved first and then opened step by step without following links, so that a link put there in between changes
nothing.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import final


@final
class OpenFile:
    """A regular file that is being served; `etag` is strong as long as size and time of change tell versions apart."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        status = os.fstat(descriptor)
        self.size = status.st_size
        self.modified = status.st_mtime
        self.etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` octets from `offset`; empty at the end of the file and when it cannot be read."""
        try:
            return os.pread(self._descriptor, length, offset)
        except OSError:
            return b""

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@final
class Tree:
    """What is served: `root`, a directory, or one file (`single`) of which `root` is the directory.

    Raises `OSError` when the path does not exist or cannot be read.
    """

    def __init__(self, path: str) -> None:
        real = os.path.realpath(path, strict=True)
        self.single = "" if os.path.isdir(real) else real
        self.root = os.path.dirname(real) if self.single else real
        if not os.access(real, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        if self.single and not os.path.isfile(real):
            raise OSError(errno.EINVAL, "neither a file nor a directory", path)

    def resolve(self, path: str, url: str) -> str:
        """The real path of `path`, which was made from the request target `url`.

        Raises `FileNotFoundError` when nothing is there or when it lies outside of the tree.
        """
        if self.single and url.partition("?")[0] == "/":
            return self.single
        real = os.path.realpath(path, strict=True)
        if self.single:
            inside = real == self.single
        else:
            inside = real == self.root or real.startswith(self.root.rstrip("/") + "/")
        if not inside:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return real

    def open(self, real: str) -> OpenFile:
        """Open a regular file by a path that `resolve` has given; raises `OSError` for anything else."""
        steps = os.path.relpath(real, self.root).split("/")
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        place = os.open(self.root, flags | os.O_DIRECTORY)
        for index, step in enumerate(steps):
            last = index == len(steps) - 1
            try:
                # O_NONBLOCK: opening a pipe must not wait for its writer.
                following = os.open(step, flags | (os.O_NONBLOCK if last else os.O_DIRECTORY), dir_fd=place)
            finally:
                os.close(place)
            place = following
        if not stat.S_ISREG(os.fstat(place).st_mode):
            os.close(place)
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), real)
        return OpenFile(place)
