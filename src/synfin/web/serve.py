"""Sockets and uvicorn: where the page is found, and how it ends.

Responsible for the listening socket, for the address that a user opens, and for saying what to install where the extra
`web` is missing.
"""

from __future__ import annotations

import ipaddress
import socket
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, final

from synfin.errors import UsageError
from synfin.web.limits import CONNECTIONS, TARGET_OCTETS

if TYPE_CHECKING:
    import uvicorn

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8_421
_BACKLOG: Final = 64
_STOP_SECONDS: Final = 5.0
_KEEP_ALIVE_SECONDS: Final = 15
_MISSING: Final = 'the page needs {name}; run: pip install "synfin[web]"'


def need_web() -> None:
    """Raise `UsageError` with the command that helps, where starlette, uvicorn or websockets is missing."""
    for name in ("starlette", "uvicorn", "websockets"):
        try:
            __import__(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            raise UsageError(_MISSING.format(name=name)) from None


def listen(host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> socket.socket:
    """A listening socket at an address or name of this machine; raises `OSError` that says which could not be had."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise OSError(getattr(error, "errno", 0) or 0, f"{host}: {getattr(error, 'strerror', None) or error}") from None
    family, _, _, _, address = found[0]
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(_BACKLOG)
    except OSError as error:
        opened.close()
        raise OSError(error.errno, f"{host} port {port}: {error.strerror}") from None
    return opened


def is_loopback(opened: socket.socket) -> bool:
    """Whether only this machine can reach the socket."""
    return ipaddress.ip_address(opened.getsockname()[0].partition("%")[0]).is_loopback


def address_of(opened: socket.socket, token: str | None) -> str:
    """What a user opens in a browser."""
    name, port = opened.getsockname()[:2]
    address = ipaddress.ip_address(name.partition("%")[0])
    if address.is_unspecified:  # every address of this machine: the loopback one works here
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    shown = f"[{address}]" if address.version == 6 else str(address)
    query = f"?token={token}" if token is not None else ""
    return f"http://{shown}:{port}/{query}"


def make_server(app: Any) -> uvicorn.Server:
    """A uvicorn server for `app`, quiet and bounded; its `run(sockets=[...])` serves until a signal."""
    import uvicorn

    config = uvicorn.Config(
        app,
        access_log=False,
        h11_max_incomplete_event_size=TARGET_OCTETS,
        http="h11",
        lifespan="off",
        limit_concurrency=CONNECTIONS,
        log_level="error",
        loop="asyncio",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        ws="websockets-sansio",
        ws_per_message_deflate=False,  # it would cost the running host more than it saves on one machine
        ws_max_size=1_024,  # clients have nothing to say on the WebSocket
    )
    return uvicorn.Server(config)


@final
class Background:
    """A server in a thread of its own, on a socket that listens already; `stop` ends it."""

    def __init__(self, app: Any, opened: socket.socket) -> None:
        self._server = make_server(app)
        self._thread = Thread(
            target=self._server.run, kwargs={"sockets": [opened]}, name="synfin-web-server", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and wait for the thread, for a while."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
