"""`SERVICE:PORT` as it is written on the command line."""

from __future__ import annotations

import pytest

from synfin.errors import UsageError
from synfin.services.spec import ServiceSpec, make_service, parse_service


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("echo:7", ServiceSpec("echo", 7, "")),
        ("source:65535", ServiceSpec("source", 65_535, "")),
        ("file:8000=a=b:c", ServiceSpec("file", 8_000, "a=b:c")),
    ],
)
def test_what_is_understood(text: str, spec: ServiceSpec) -> None:
    assert parse_service(text) == spec


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no service"),
        ("telnet:23", "choose one of echo, discard, source, daytime, file"),
        ("echo", "port from 1 to 65535"),
        ("echo:", "port from 1 to 65535"),
        ("echo:0", "port from 1 to 65535"),
        ("echo:65536", "port from 1 to 65535"),
        ("echo:٧", "port from 1 to 65535"),
        ("echo:-1", "port from 1 to 65535"),
        ("echo:7=x", "only file takes a path"),
        ("file:80", "file:80=PATH"),
        ("file:80=", "file:80=PATH"),
    ],
)
def test_what_is_wrong_is_said(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        parse_service(text)


@pytest.mark.parametrize("name", ["echo", "discard", "source", "daytime"])
def test_every_service_can_be_made(name: str) -> None:
    assert make_service(ServiceSpec(name, 1, "")).name == name


def test_a_path_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        make_service(ServiceSpec("file", 1, "/does/not/exist"))
