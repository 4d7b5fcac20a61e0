"""`OSError`s as the socket calls raise them: Linux's errno, and its text (law 8: the caller's mistakes)."""

from __future__ import annotations

import errno
from typing import Final

_TEXTS: Final[dict[int, str]] = {
    errno.EACCES: "Permission denied",
    errno.EADDRINUSE: "Address already in use",
    errno.EADDRNOTAVAIL: "Cannot assign requested address",
    errno.EAFNOSUPPORT: "Address family not supported by protocol",
    errno.EDOM: "Numerical argument out of domain",
    errno.EAGAIN: "Resource temporarily unavailable",
    errno.EALREADY: "Operation already in progress",
    errno.EBADF: "Bad file descriptor",
    errno.ECONNABORTED: "Software caused connection abort",
    errno.ECONNREFUSED: "Connection refused",
    errno.ECONNRESET: "Connection reset by peer",
    errno.EDESTADDRREQ: "Destination address required",
    errno.EEXIST: "File exists",
    errno.EHOSTUNREACH: "No route to host",
    errno.EINPROGRESS: "Operation now in progress",
    errno.EINVAL: "Invalid argument",
    errno.EISCONN: "Transport endpoint is already connected",
    errno.EMSGSIZE: "Message too long",
    errno.ENETUNREACH: "Network is unreachable",
    errno.ENOBUFS: "No buffer space available",
    errno.ENOENT: "No such file or directory",
    errno.ENOPROTOOPT: "Protocol not available",
    errno.ENOTCONN: "Transport endpoint is not connected",
    errno.ENOTTY: "Inappropriate ioctl for device",
    errno.EOPNOTSUPP: "Operation not supported",
    errno.EPERM: "Operation not permitted",
    errno.EPIPE: "Broken pipe",
    errno.EPROTONOSUPPORT: "Protocol not supported",
    errno.ESOCKTNOSUPPORT: "Socket type not supported",
    errno.ETIMEDOUT: "Connection timed out",
}


def failure(number: int) -> OSError:
    """The exception for an errno; `OSError` itself picks the subclass (`BlockingIOError`, `BrokenPipeError`, ...)."""
    return OSError(number, _TEXTS.get(number, errno.errorcode.get(number, "Unknown error")))
