"""The notation `SERVICE:PORT` and `file:PORT=PATH` of the command line."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from synfin.errors import UsageError
from synfin.services.base import Service

NAMES: Final = ("echo", "discard", "source", "daytime", "file")
_PORT_LIMIT: Final = 65_535


class ServiceSpec(NamedTuple):
    """A service to offer: its name, the port, and the path that `file` serves (else empty)."""

    name: str
    port: int
    path: str


def parse_service(text: str) -> ServiceSpec:
    """Read `echo:7` or `file:8000=./public`; raises `UsageError` that says what is wrong."""
    name, colon, rest = text.partition(":")
    if name not in NAMES:
        raise UsageError(f"{text!r}: there is no service {name!r}; choose one of {', '.join(NAMES)}")
    number, equals, path = rest.partition("=")
    if not colon or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= _PORT_LIMIT:
        raise UsageError(f"{text!r}: after {name}: a port from 1 to {_PORT_LIMIT} is needed")
    if name == "file" and not path:
        raise UsageError(f"{text!r}: file needs a path, as in file:{number}=PATH")
    if name != "file" and equals:
        raise UsageError(f"{text!r}: only file takes a path")
    return ServiceSpec(name, int(number), path)


def make_service(spec: ServiceSpec) -> Service:
    """The service that a spec names; raises `OSError` when its path cannot be read."""
    if spec.name == "file":
        from synfin.services.files import FileService

        return FileService(spec.path)
    from synfin.services.simple import Daytime, Discard, Echo, Source

    if spec.name == "daytime":
        return Daytime(time.ctime)
    if spec.name == "echo":
        return Echo()
    return Discard() if spec.name == "discard" else Source()
