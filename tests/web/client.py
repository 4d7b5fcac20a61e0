"""A client of the web server without a network: requests go straight into the application."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from synfin.web.app import Server, make_app
from synfin.web.guard import App

TOKEN = "a-token-for-tests"
BASE = "http://127.0.0.1:8421"


class Client:
    """Asks one server; the token comes along unless `token` is None."""

    def __init__(self, token: str | None = TOKEN, *, app: App | None = None) -> None:
        self.server = Server("en")
        self.app = app if app is not None else make_app(self.server, token=TOKEN)
        self.token = token

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """One request and its answer."""
        given = {} if self.token is None else {"x-synfin-token": self.token}
        given.update(headers or {})

        async def talk() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                return await client.request(method, path, headers=given, **more)

        return asyncio.run(talk())

    def get(self, path: str, **more: Any) -> httpx.Response:
        """GET."""
        return self.ask("GET", path, **more)

    def post(self, path: str, value: Any, **more: Any) -> httpx.Response:
        """POST of a JSON value."""
        return self.ask("POST", path, json=value, **more)

    def run(self, scenario: str, *, lang: str = "en", **plan: Any) -> dict[str, Any]:
        """The run document of a plan."""
        answer = self.post("/api/run", {"plan": {"scenario": scenario, **plan}, "lang": lang})
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def refused(self, path: str, value: Any, **more: Any) -> tuple[int, dict[str, Any]]:
        """Status and body of a POST that is answered with a mistake."""
        answer = self.post(path, value, **more)
        assert 400 <= answer.status_code < 500, answer.text
        told: dict[str, Any] = answer.json()
        assert told["schema"] == 1
        assert told["error"]
        return answer.status_code, told
