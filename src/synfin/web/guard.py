"""Who may ask, and what every answer says: token, Host, Origin, headers.

Responsible for everything that is checked before a request is looked at.  The server listens on this machine, where any
web page that is open in the same browser can reach it: the token keeps strangers out, Host keeps out names that have
been made to point here (DNS rebinding), Origin keeps out pages of others.  Written as plain ASGI, so that WebSockets
are checked as well.
"""

from __future__ import annotations

import ipaddress
import json
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final, TypeAlias, final
from urllib.parse import parse_qs, urlsplit

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

TOKEN_OCTETS: Final = 24  # of randomness
TOKEN_HEADER: Final = b"x-synfin-token"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS: Final[tuple[tuple[bytes, bytes], ...]] = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_PRIVATE: Final = ("/api/", "/ws/")  # what needs the token
_SAFE: Final = ("GET", "HEAD")
_POLICY_VIOLATION: Final = 1_008  # RFC 6455 7.4.1


def make_token() -> str:
    """A new random token, as it stands in the URL."""
    return secrets.token_urlsafe(TOKEN_OCTETS)


@final
class Guard:
    """Lets requests through to `app` that may be answered.

    `token` None: everybody on this machine may ask.  `names` are the host names that a client may call the server by,
    beside `localhost` and addresses written as numbers, which no DNS server can forge.
    """

    def __init__(self, app: App, token: str | None, names: Iterable[str] = ()) -> None:
        self._app = app
        self._token = None if token is None else token.encode()
        self._names = {name.lower() for name in names} | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self.refusal(scope)
        if refusal is not None:
            await _refuse(scope, receive, send, *refusal)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Why a request is not answered: status and text; None for one that is."""
        hosts = _values(scope, b"host")
        if len(hosts) != 1 or not self._known(hosts[0]):
            return 421, "this server is not known by that name; use the address that it printed"
        origins = _values(scope, b"origin")
        writing = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if writing and any(not _same_place(origin, hosts[0]) for origin in origins):
            return 403, "requests from other pages are not answered"
        if any(site not in ("same-origin", "none") for site in _values(scope, b"sec-fetch-site")) and writing:
            return 403, "requests from other pages are not answered"
        if scope["path"].startswith(_PRIVATE) and not self._trusted(scope):
            return 401, "the token is missing or wrong; use the address that the server printed"
        return None

    def _known(self, host: str) -> bool:
        """Whether a Host header names this server."""
        name = host_name(host)
        if name is None:
            return False
        if name.lower() in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _trusted(self, scope: Scope) -> bool:
        """Whether the token came along; every candidate is compared in constant time."""
        if self._token is None:
            return True
        found = [value for name, value in scope["headers"] if name.lower() == TOKEN_HEADER]
        query = scope.get("query_string", b"").decode("ascii", "replace")
        try:
            asked = parse_qs(query, max_num_fields=64)
        except ValueError:
            return False
        found.extend(value.encode() for value in asked.get("token", []))
        return len(found) == 1 and secrets.compare_digest(found[0], self._token)


def host_name(host: str) -> str | None:
    """The name in a Host header, without port and brackets; None for what is no Host header (RFC 9110 7.2)."""
    if host.startswith("["):
        name, closed, rest = host[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            return None
        port = rest[1:]
    else:
        name, _, port = host.partition(":")
    if port and not (port.isascii() and port.isdigit()):
        return None
    return name or None


def _same_place(origin: str, host: str) -> bool:
    """Whether a page of that origin came from this server (RFC 6454 7)."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, text: str) -> None:
    if scope["type"] == "websocket":
        await receive()  # the request to connect; closing before accepting answers it with 403
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": text})
        return
    body = json.dumps({"schema": 1, "error": text}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),  # a body that nobody will read may be on its way
        *HEADERS,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})
